#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# The state byte in the conntrack mark: there on the packet that completes the
# signature, under its mask only, never on other traffic, back when another tool
# has overwritten it.
#
#    client ---- gateway (nf_skype, then nft in the forward chain) ---- server
#                        |
#                        nflog: every forwarded packet, with its conntrack mark

. "$(dirname "$0")/lib.sh"

need nft conntrack jq tcpdump python3

SHOWN=(start-1.2 start-5.5 only-443 only-80-v1.4 call-1.4 supernode-refused ordinary-mix near-r1)
REST=0x00abcdef

# watch FILE: from now on, every forwarded packet with its mark goes there.
watch()
{
	background gateway tcpdump -Z root -Ui nflog:7 -w "$1" 2>/dev/null
	WATCH=$PID
	wait_for 20 test -s "$1" || bail 'tcpdump'
}

# watched: the last packets are in the file.
watched()
{
	sleep 0.5
	kill "$WATCH"
	wait "$WATCH"
}

# spoken LABEL OPTION...: play the scenarios, then hold each packet's mark against
# what it ought to be; OPTIONs are those of marks.py.
spoken()
{
	local label=$1
	shift
	rm -rf "$TMP/kept" "$TMP/watch"
	mkdir "$TMP/kept"
	watch "$TMP/watch"
	note "$label"
	reports python3 "$SELFTESTS/gen/trial.py" --no-verdicts --keep "$TMP/kept" "${SCENARIOS[@]}"
	watched
	reports python3 "$SELFTESTS/gen/marks.py" "$TMP/watch" "$TMP"/kept/*.json "$@"
}

# The flow that is used below: the full probe of a start.
SEED=7
read -r PORT NODE PEER < <("$SELFTESTS/gen/skypegen" describe start-1.2 --seed $SEED --json \
	--client "$CLIENT4" --servers 198.51.100.0/24 |
	jq -r '[.flows[] | select(.name == "full-probe")][0] | "\(.client.port) \(.server.addr) \(.server.port)"')

marks()
{
	gateway conntrack -L -p udp --orig-src "$CLIENT4" --orig-dst "$NODE" 2>/dev/null |
		sed -n 's/.* mark=\([0-9]*\).*/\1/p'
}

again()
{
	client python3 - "$CLIENT4" "$PORT" "$NODE" "$PEER" <<-'PY'
		import socket, sys
		sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
		sock.bind((sys.argv[1], int(sys.argv[2])))
		sock.sendto(b"one more packet of this flow", (sys.argv[3], int(sys.argv[4])))
	PY
}

topo_nat
gateway nft -f - <<NFT || bail 'rules'
table inet watch {
	chain tag {
		type filter hook prerouting priority -195
		ct state new ct mark set $REST
	}
	chain forward {
		type filter hook forward priority filter
		meta l4proto { tcp, udp } meta mark set ct mark log group 7
	}
}
NFT
load autostart=0
gateway skypectl enable

SCENARIOS=("${SHOWN[@]}")
spoken 'every verdict' --rest $REST

# Other tools' marks: overwritten in mid-flow, on a flow under way and on one
# whose inspection has ended.
forget
runs 'a start' play start-1.2 --seed $SEED
before=$(marks)
is "$((before & 0xef000000))" $((0xc1000000)) 'conntrack shows the state byte of the probe'
is "$((before & 0x00ffffff))" $((REST)) 'and the rest as it was'
repaired=$(counter mark/repaired gw)
gateway conntrack -U -p udp --orig-src "$CLIENT4" --orig-dst "$NODE" --mark 5 >/dev/null 2>&1
is "$(marks)" 5 'another tool overwrites the whole mark'
again
is "$(marks)" "$(((before & 0xff000000) | 5))" 'the next packet brings the byte back, and nothing else'
is "$(counter mark/repaired gw)" $((repaired + 1)) 'which is counted as a repair'
for _ in 1 2 3; do again; done
is "$(counter mark/repaired gw)" $((repaired + 1)) 'and happens once'

# An nft rule that writes each packet's mark, after us and before our next look.
gateway nft add rule inet watch forward ip daddr "$NODE" ct mark set 0x00000007
repaired=$(counter mark/repaired gw)
again; again; again
is "$(marks)" 7 'a rule behind us has the last word on its packet'
is "$(counter mark/repaired gw)" $((repaired + 2)) 'but each next packet is repaired first'
gateway nft flush chain inet watch forward
again
is "$(marks)" "$(((before & 0xff000000) | 7))" 'and the byte stands when the rule has gone'

# What is not Skype stays as it is, also in conntrack's own words.
client python3 - "$CLIENT4" <<-'PY'
	import socket, sys
	sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
	sock.bind((sys.argv[1], 4000))
	sock.sendto(b"nothing that matters", ("192.0.2.99", 4000))
PY
is "$(gateway conntrack -L -p udp --orig-dst 192.0.2.99 2>/dev/null | sed -n 's/.* mark=\([0-9]*\).*/\1/p')" \
	$((REST)) 'a flow that is not Skype keeps its mark'

# Nor when what it was given looks like a class.
gateway nft flush chain inet watch tag
gateway nft add rule inet watch tag ct state new ct mark set 0x05abcdef
forget
runs 'ordinary traffic' play ordinary-mix --speed 4
is "$(gateway conntrack -L 2>/dev/null | grep -E '^(tcp|udp) ' | grep -vc " mark=$((0x05abcdef))")" 0 \
	'flows that are not Skype keep marks in the place of the state byte'
between "$(gateway conntrack -L 2>/dev/null | grep -Ec '^tcp ')" 3 1000 'connections too'
gateway nft flush chain inet watch tag
gateway nft add rule inet watch tag ct state new ct mark set $REST

# Switched off, and moved.
gateway nft add rule inet watch forward 'meta l4proto { tcp, udp } meta mark set ct mark log group 7'
printf '%s\n' 'mode enforce' 'state-byte off' 'rule 1 grade suspect action mark 0x2e/0xff' |
	gateway skypectl policy load -
SCENARIOS=(start-1.2 start-5.5)
spoken 'state-byte off, and a rule that would mark' --off --rest $REST
between "$(gateway skypectl -j policy show | jq '.policy.rules[0].packets')" 5 10000 'which is counted'
between "$(gateway skypectl -j flow show grade likely | jq '.flows | length')" 5 1000 \
	'verdicts are there all the same'

# Then a mark that looks like a verdict is somebody else's.
gateway nft flush chain inet watch tag
gateway nft add rule inet watch tag ct state new ct mark set 0x85abcdef
forget
runs 'ordinary traffic with marks' play ordinary-mix --speed 4
between "$(gateway conntrack -L 2>/dev/null | grep -c " mark=$((0x85abcdef))")" 5 1000 'which keeps them'
is "$(gateway skypectl -j flow show grade likely | jq '.flows | length')" 0 \
	'state-byte off: marks of others are no verdicts'
gateway nft flush chain inet watch tag
gateway nft add rule inet watch tag ct state new ct mark set $REST

# Without marks, only the entry knows a flow; not the next one of its address.
requests()	# COUNT
{
	client python3 - "$CLIENT4" "$1" <<-'PY'
		import socket, sys
		sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
		sock.bind((sys.argv[1], 4001))
		for n in range(int(sys.argv[2])):
		    sock.sendto(bytes([n, 9, 2, *range(101, 116)]), ("192.0.2.99", 4001))
	PY
}

for ((round = 0; round < 5; round++)); do
	requests 20
	gateway conntrack -D -p udp --orig-dst 192.0.2.99 >/dev/null 2>&1
	started=$(counter flow/started gw)
	requests 1
	is "$(counter flow/started gw)" $((started + 1)) 'a new flow is not taken for the one that was given up'
	gateway conntrack -D -p udp --orig-dst 192.0.2.99 >/dev/null 2>&1
done
gateway skypectl policy reset

# A connection that another has announced has its mark, and not its verdict.
forget
gateway nft -f - <<-NFT || bail 'expectation'
	table ip expect {
		ct expectation media {
			protocol udp
			dport 5555
			timeout 1m
			size 8
			l3proto ip
		}
		chain master {
			type filter hook prerouting priority -190
			ip daddr 192.0.2.99 udp dport 6000 ct mark set 0x81abcdef ct expectation set "media"
		}
	}
NFT
client python3 - "$CLIENT4" <<-'PY'
	import socket, sys
	sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
	sock.bind((sys.argv[1], 4002))
	sock.sendto(b"it will call you", ("192.0.2.99", 6000))
PY
server python3 - "$CLIENT4" <<-'PY'
	import socket, sys
	sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
	sock.bind(("192.0.2.99", 7000))
	for _ in range(2):
	    sock.sendto(b"it calls", (sys.argv[1], 5555))
PY
mark_of()	# PORT
{
	gateway conntrack -L -p udp --dport "$1" 2>/dev/null | sed -n 's/.* mark=\([0-9]*\).*/\1/p'
}
is "$(mark_of 6000)" $((0x81abcdef)) 'a connection with a verdict announces another'
is "$(mark_of 5555)" $((0x00abcdef)) 'which has its mark, but not its verdict'
gateway nft delete table ip expect

# The done bit on every flow, for flow tables.
forget
printf 'offload on\n' | gateway skypectl policy load -
runs 'offload on: ordinary traffic' play ordinary-mix --speed 4
is "$(gateway conntrack -L 2>/dev/null | grep -Ec "^(tcp|udp) .* mark=$((REST | 0x10000000))( |\$)")" \
	"$(gateway conntrack -L 2>/dev/null | grep -Ec '^(tcp|udp) ')" \
	'every settled flow has the done bit, and no other'
between "$(gateway conntrack -L 2>/dev/null | grep -Ec '^(tcp|udp) ')" 5 1000 'of several flows'

unload
load autostart=0 mark_shift=8
gateway nft flush chain inet watch tag
gateway nft add rule inet watch tag ct state new ct mark set 0xabcd00ef
gateway skypectl enable
SCENARIOS=(start-1.2 only-443 ordinary-mix)
spoken 'mark_shift=8' --shift 8 --rest 0xabcd00ef
done_testing
