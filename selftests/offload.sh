#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# Flow offload: with "offload on" and the documented rule, flows are offloaded on
# the packet that decides them and not before; a Skype flow under drop never is.
#
#    client --- c0 gateway s0 --- server
#                  flowtable

# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$(dirname "$0")/lib.sh"

need nft conntrack jq python3 skypectl
topo_routed
modprobe -a nf_flow_table nft_flow_offload || skip_all 'no flow tables in this kernel'
load
gateway skypectl enable

gateway nft -f - <<-NFT || bail flowtable
	table inet fast {
		flowtable ft {
			hook ingress priority filter
			devices = { c0, s0 }
		}
		chain forward {
			type filter hook forward priority filter
			ct mark and 0x10000000 != 0 flow add @ft
		}
	}
NFT

policy()	# LINE...
{
	printf '%s\n' "$@" | gateway skypectl policy load - || bail policy
}

# offloaded PORT: how many flows of this server port are in the flow table
offloaded()
{
	gateway conntrack -L 2>/dev/null | grep "dport=$1 " | grep -c OFFLOAD
}

seen()		{ gateway skypectl -j counter show | jq -r '.. | objects | .["packet/seen"]? // empty' | head -n 1; }

echo_server()	# PORT: answers each datagram by one of as many bytes that is nothing
{
	background server python3 -c '
import socket, sys
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
s.bind(("198.51.100.1", int(sys.argv[1])))
while True:
    data, who = s.recvfrom(2048)
    s.sendto(b"\x80" * len(data), who)
' "$1"
	wait_for 10 sh -c "ip netns exec server ss -uln | grep -q ':$1 '" || bail "echo server $1"
}

exchange()	# SERVER-PORT CLIENT-PORT COUNT HEX: COUNT times there and back
{
	client python3 -c '
import socket, sys
port, own, count, data = int(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3]), bytes.fromhex(sys.argv[4])
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
s.settimeout(2)
s.bind(("10.1.0.2", own))
got = 0
for _ in range(count):
    s.sendto(data, ("198.51.100.1", port))
    try:
        s.recvfrom(2048)
        got += 1
    except TimeoutError:
        pass
print(got)
' "$@"
}

plain=80818283848586878889
request=4f1002a1b2c3d4e5f6a7b8c9dadbdcdddedf

# --- off: nothing is offloaded
policy 'offload off'
echo_server 5000
is "$(exchange 5000 4000 5 $plain)" 5 'with "offload off" an ordinary flow passes'
is "$(offloaded 5000)" 0 'and is not offloaded'

# --- on: ordinary flows at once
policy 'offload on'
echo_server 5001
is "$(exchange 5001 4001 5 $plain)" 5 'with "offload on" an ordinary flow passes'
is "$(offloaded 5001)" 1 'and is offloaded'
before=$(seen)
is "$(exchange 5001 4001 200 $plain)" 200 'its next 400 packets pass'
between $(($(seen) - before)) 0 40 'by the flow table, past all hooks'

# --- a candidate is held until it is decided
echo_server 5002
is "$(exchange 5002 4002 1 $request)" 1 'a datagram that looks like a request passes'
is "$(offloaded 5002)" 0 'its flow is undecided and not offloaded'
is "$(exchange 5002 4002 20 $plain)" 20 'it turns out to be nothing'
is "$(offloaded 5002)" 1 'and is offloaded then'

# --- Skype: offloaded after the decision, or never under drop
skype_flows()	{ gateway skypectl -j flow show grade likely | jq '.flows | length'; }
undecided_offloaded()
{
	gateway conntrack -L 2>/dev/null | grep OFFLOAD | grep -c -v 'mark=[1-9]'
}
runs 'a Skype start passes' play start-1.2
between "$(skype_flows)" 1 1000 'its flows are found'
is "$(undecided_offloaded)" 0 'no flow was offloaded without a decision'

gateway conntrack -F 2>/dev/null
gateway skypectl endpoint flush
gateway skypectl supernode flush
policy 'mode enforce' 'offload on' 'rule 10 grade likely action drop'
play start-1.2 >/dev/null 2>&1
between "$(skype_flows)" 1 1000 'under drop its flows are found'
is "$(gateway conntrack -L 2>/dev/null | grep OFFLOAD |
	awk '{ for (i = 1; i <= NF; i++) if (sub("^mark=", "", $i) && $i + 0 >= 2147483648) n++ } END { print n + 0 }')" 0 \
	'a Skype flow under drop is never offloaded'

gateway nft delete table inet fast
done_testing
