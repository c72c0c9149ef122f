#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# Any packets: the gateway forwards them or not, and never falls. PACKETS=n,
# 20,000 unless told otherwise (make soak: 1 million).
#
#    tap device t0 10.9.0.1, 2001:db8:9::1 ---- gateway (nf_skype) ---- sink

. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/tools/tools.sh"

need jq conntrack python3
tool packet_fuzz
[ -e /dev/net/tun ] || modprobe tun
PACKETS=${PACKETS:-20000}

# Conversations to damage, over IPv4 and IPv6. Generated ones only: what they are
# is known, and the same everywhere.
captures=()
for scenario in start-0.97 start-1.2 start-1.4 start-2.0 start-5.5 call-in call-tcp; do
	for family in '' --v6; do
		captures+=("$TMP/$scenario$family.pcap")
		# shellcheck disable=SC2086	# none or one word
		"$SELFTESTS/gen/skypegen" pcap "$scenario" $family -o "${captures[-1]}" >/dev/null ||
			bail "capture of $scenario"
	done
done

namespace gw
leaks_forget
mkfifo "$TMP/go"
gateway "$TOOLS/packet_fuzz" t0 "$PACKETS" 7 "${captures[@]}" <"$TMP/go" >"$TMP/out" &
pid=$!
exec 7>"$TMP/go"
wait_for 10 ip -n gw link show t0 >/dev/null
ip -n gw -b - <<-IP
	address add 10.9.0.1/24 dev t0
	address add 2001:db8:9::1/64 dev t0 nodad
	link set t0 up
	link add sink type dummy
	link set sink arp off up
	route add default dev sink
IP
ip -n gw -6 route add default dev sink 2>/dev/null
gateway sysctl -qw net.ipv4.ip_forward=1 net.ipv6.conf.all.forwarding=1
# A wrong checksum is what damage would be known by.
modprobe nf_conntrack
gateway sysctl -qw net.netfilter.nf_conntrack_checksum=0
load
gateway skypectl enable enforce
printf 'mode enforce\nrule 1 grade suspect action mark 0x1/0x1\n' >"$TMP/policy"
gateway skypectl policy load "$TMP/policy"
echo >&7
wait $pid
is $? 0 "$(cat "$TMP/out")"
note "$(gateway skypectl counter show nonzero)"
between "$(counter packet/inspected gw)" $((PACKETS / 10)) "$PACKETS" 'a tenth of them, or more, is inspected'
between "$(counter skipped/ gw)" 1 "$PACKETS" 'some are skipped'
for verdict in probe-certain supernode- login-certain update-certain; do
	between "$(counter verdict/$verdict gw)" 1 "$PACKETS" "some flows are still $verdict"
done
runs 'the module answers' gateway skypectl -j flow
between "$(gateway skypectl -j flow | jq '.flows | length')" 0 100000 'flows can be listed'
rmmod nf_skype
is "$(leaks)" '' 'no memory is lost'
done_testing
