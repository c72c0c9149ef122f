#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# The module comes and goes, also under traffic; traffic does not mind.
#
#    client ---- gateway (nf_skype, now and then) ---- server

. "$(dirname "$0")/lib.sh"

need nft conntrack iperf3 jq

status()	# FIELD
{
	skypectl -j status | jq -r ".status.$1"
}

# refused PARAMETER TEXT: the module is not loaded with it, and dmesg says why.
refused()
{
	local before
	before=$(dmesg | wc -l)
	if insmod "$MODULE" "$1" 2>/dev/null; then
		rmmod nf_skype
		not_ok "$1 is refused"
	else
		like "$(dmesg | tail -n "+$((before + 1))")" "nf_skype: $2" "$1 is refused, and dmesg says why"
	fi
}

fails 3 'not loaded' 'without the module, status says so' skypectl status
modprobe -a nf_conntrack nf_defrag_ipv6 2>/dev/null
refused mark_shift=25 'mark_shift=25 '
refused flows=1 'flows=1 '
refused hosts=1 'hosts=1 '
is "$(ls -d /sys/module/nf_skype 2>/dev/null)" '' 'and is not there then'

load
is "$(status mode)" observe 'loaded without parameters it observes the first namespace'
is "$(status mark_shift) $(status flows_max) $(status hosts_max) $(status rules)" '24 16384 8192 0' \
	'with the parameters and the policy that are documented'
between "$(status memory)" 1000000 100000000 'it says how much memory the tables take'
runs 'unload' unload
fails 3 'not loaded' 'then it is gone' skypectl status

load autostart=0 flows=1024 hosts=512 mark_shift=8
is "$(status mode)" disabled 'with autostart=0 it waits to be enabled'
is "$(status mark_shift)" 8 'mark_shift is taken'
runs 'enable' skypectl enable
is "$(status flows_max) $(status hosts_max)" '1024 512' 'table sizes are taken'
runs 'enable again, enforcing' skypectl enable enforce
is "$(status mode)" enforce 'the mode changes'
runs 'disable' skypectl disable
is "$(status mode)" disabled 'and back'
runs 'disable again' skypectl disable
runs 'unload while it was never enabled elsewhere' unload

topo_nat
background server iperf3 -s >/dev/null
wait_for 10 sh -c 'ip netns exec server ss -ltn | grep -q 5201' || bail 'iperf3'
background client iperf3 -c "$SERVER4" -t 100 >"$TMP/iperf"
client ping -qi 0.02 -w 100 "$SERVER4" >"$TMP/ping" &
PINGS=$!

rounds=0
while [ $rounds -lt 10 ]; do
	load autostart=0
	gateway skypectl enable enforce || break
	sleep 0.2
	[ $((rounds % 2)) -eq 0 ] || gateway skypectl disable || break
	unload || break
	rounds=$((rounds + 1))
done
is $rounds 10 'ten loads and unloads under traffic'

# Enabling fails behind its first hooks, which packets have met: the last one finds
# as many others as there can be.
load autostart=0
{
	echo 'table ip6 full {'
	for n in {1..1000}; do
		echo "chain c$n { type filter hook output priority $n; }"
	done
	echo '}'
} | gateway nft -f - || bail 'a thousand chains'
for n in {1001..1100}; do
	gateway nft add chain ip6 full "c$n" "{ type filter hook output priority $n; }" 2>/dev/null || break
done
between "$n" 1002 1099 'as many hooks as there can be'
for ((rounds = 0; rounds < 20; rounds++)); do
	gateway skypectl enable 2>"$TMP/full" && break
done
is $rounds 20 'a namespace without room for a hook is not enabled'
is "$(cat "$TMP/full")" 'Error: connection tracking or its hooks are not available' 'and it is said why'
is "$(gateway skypectl -j status | jq -r '.status.mode')" disabled 'nothing is left of it'
gateway nft delete table ip6 full
runs 'with room for it, it is' gateway skypectl enable
unload

# A start under way while the module comes and goes.
mkdir "$TMP/start"
REPORT=$TMP/start play start-1.2 --seed 2 &
START=$!
rounds=0
while kill -0 $START 2>/dev/null && [ $rounds -lt 100 ]; do
	load autostart=0
	gateway skypectl enable || break
	unload || break
	rounds=$((rounds + 1))
done
wait $START
is "$?" 0 'a Skype start under way goes through'
between $rounds 1 100 'while the module came and went'

load autostart=0
gateway skypectl enable
runs 'enabled anew' play start-1.2 --seed 3
between "$(gateway skypectl -j flow show grade certain | jq '.flows | length')" 3 100 'it recognises as ever'

# The mark outlives the module: what the new one finds marked stays so.
cat >"$TMP/policy" <<-POLICY
	mode enforce
	rule 10 grade certain action drop
POLICY
read -r port node peer < <("$SELFTESTS/gen/skypegen" describe start-1.2 --seed 3 --json \
	--client "$CLIENT4" --servers 198.51.100.0/24 |
	jq -r '[.flows[] | select(.name == "full-probe")][0] | "\(.client.port) \(.server.addr) \(.server.port)"')
again()
{
	client python3 - "$CLIENT4" "$port" "$node" "$peer" <<-'PY'
		import socket, sys
		sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
		sock.bind((sys.argv[1], int(sys.argv[2])))
		sock.sendto(b"one more packet of this flow", (sys.argv[3], int(sys.argv[4])))
	PY
}
dropped()
{
	gateway skypectl -j counter show |
		jq '.counters[] | select(.name == "packet/dropped-by-policy") | .value'
}
unload
load autostart=0
gateway skypectl policy load "$TMP/policy"
gateway skypectl enable enforce
again
is "$(dropped)" 1 'a flow marked before the reload falls under the policy after it'
unload

kill -INT $PINGS
wait $PINGS
like "$(cat "$TMP/ping")" ' 0% packet loss' 'not one ping was lost all the time'
done_testing
