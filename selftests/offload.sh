#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# Flow offload: with "offload on" and the documented rule, flows are offloaded
# when inspection of them has ended and not before; a Skype flow under drop never
# is. What it saves is measured by bench/guest.sh, row flowtable.
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

seen()		# packets that have passed the module's hook
{
	gateway skypectl -j counter show |
		jq '.counters[] | select(.name == "packet/seen") | .value'
}

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

# --- TCP may be offloaded before its first payload: it is not
background server python3 -c '
import socket
listener = socket.create_server(("198.51.100.1", 5003))
while True:
    connection, _ = listener.accept()
    while connection.recv(2048):
        connection.send(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")
'
wait_for 10 sh -c "ip netns exec server ss -tln | grep -q ':5003 '" || bail 'TCP server'
mkfifo "$TMP/go"
background client python3 -c '
import socket, sys
connection = socket.create_connection(("198.51.100.1", 5003))
print("connected", flush=True)
for line in open(sys.argv[1]):
    connection.send(b"GET / HTTP/1.1\r\nHost: example.org\r\n\r\n")
    connection.recv(2048)
    print("answered", flush=True)
' "$TMP/go" >"$TMP/tcp"
exec 7>"$TMP/go"
runs 'a TCP connection is opened' wait_for 10 grep -q connected "$TMP/tcp"
sleep 0.5
is "$(offloaded 5003)" 0 'without a payload it is not offloaded'
echo >&7
runs 'it carries something else than Skype' wait_for 10 grep -q answered "$TMP/tcp"
is "$(offloaded 5003)" 1 'and is offloaded then'
exec 7>&-

# --- a candidate is held until it is decided
echo_server 5002
is "$(exchange 5002 4002 1 $request)" 1 'a datagram that looks like a request passes'
is "$(offloaded 5002)" 0 'its flow is undecided and not offloaded'
is "$(exchange 5002 4002 20 $plain)" 20 'it turns out to be nothing'
is "$(offloaded 5002)" 1 'and is offloaded then'

# --- Skype: offloaded after the decision, or never under drop
#
# skype_node PORT: answers a request by a NACK, a resend by a positive answer
# (signatures.md 1.1), anything else by something that is nothing
skype_node()
{
	background server python3 -c '
import socket, sys
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
s.bind(("198.51.100.1", int(sys.argv[1])))
while True:
    data, who = s.recvfrom(2048)
    if len(data) == 18 and data[2] == 2:
        answer = data[:2] + b"\x67" + socket.inet_aton(who[0]) + b"\xc0\xc1\xc2\xc3"
    elif len(data) == 23:
        answer = b"\x11\x22\x02" + bytes(range(0x81, 0x90))
    else:
        answer = b"\x80" * len(data)
    s.sendto(answer, who)
' "$1"
	wait_for 10 sh -c "ip netns exec server ss -uln | grep -q ':$1 '" || bail "node $1"
}

# resend: id, type, 0x01, challenge, the node's address, the request's CRC
resend=4f105301c0c1c2c3c6336401c9dadbdce1e2e3e4e5e6e7
probe=4f1002a1b2c3d4c9dadbdcdddee1e2e3e4e5
skype_mark()	# PORT: the state byte of the flow to it
{
	printf '0x%02x\n' $(($(gateway conntrack -L 2>/dev/null | grep "dport=$1 " |
		grep -o 'mark=[0-9]*' | cut -d = -f 2) >> 24))
}

skype_node 5004
is "$(exchange 5004 4004 1 $probe) $(exchange 5004 4004 1 $resend)" '1 1' 'a node is probed'
is "$(skype_mark 5004)" 0xc1 'the flow is certain'
is "$(offloaded 5004)" 0 'it is watched for voice pace, and not offloaded'
is "$(exchange 5004 4004 300 $plain)" 300 'it has no voice pace'
is "$(skype_mark 5004)" 0xd1 'inspection has ended'
is "$(offloaded 5004)" 1 'and the flow is offloaded'

skype_flows()	{ gateway skypectl -j flow show grade likely | jq '.flows | length'; }
# offloaded_without MASK: how many flows are offloaded and have none of its bits
offloaded_without()
{
	gateway conntrack -L 2>/dev/null | grep OFFLOAD | grep -o 'mark=[0-9]*' |
		cut -d = -f 2 | while read -r mark; do
			[ $((mark & $1)) -ne 0 ] || echo "$mark"
		done | wc -l
}
runs 'a Skype start passes' play start-1.2
between "$(skype_flows)" 10 1000 'its flows are found'
is "$(offloaded_without 0x10000000)" 0 'no flow is offloaded whose inspection goes on'

forget enforce
policy 'mode enforce' 'offload on' 'rule 10 grade certain action drop'
skype_node 5005
is "$(exchange 5005 4005 1 $probe) $(exchange 5005 4005 1 $resend)" '1 0' \
	'under drop, the resend does not pass'
is "$(exchange 5005 4005 2 $plain)" 0 'nor does anything else'
like "$(skype_mark 5005)" '^0x[cd]1$' 'the flow is certain'
play start-1.2 >/dev/null 2>&1
between "$(skype_flows)" 1 1000 "a start's flows are found"
is "$(gateway conntrack -L 2>/dev/null | grep OFFLOAD | grep -o 'mark=[0-9]*' |
	awk -F = '$2 >= 2147483648' | wc -l)" 0 'a Skype flow under drop is not offloaded'


# A verdict that only the mark knows, because a full table has no place for it.
unload
load autostart=0 flows=256
gateway skypectl enable
policy 'mode enforce' 'offload on' 'default drop'
gateway nft -f - <<-NFT || bail 'marks'
	table inet marked {
		chain tag {
			type filter hook prerouting priority -195
			udp dport 7000-8199 ct state new ct mark set 0x82000000
		}
		chain forward {
			type filter hook forward priority filter
			ip saddr 198.51.100.1 udp sport 7000-8199 counter
		}
	}
NFT
is "$(python3 - "$SELFTESTS/gen" "$CLIENT4" <<-'PY'
	import sys
	sys.path.insert(0, sys.argv[1])
	from carry import arrives, bound
	asked = 0
	for port in range(7000, 8200):
	    here, there = (sys.argv[2], port), ("198.51.100.1", port)
	    with bound("client", here) as client, bound("server", there) as server:
	        asked += arrives(client, server, there, b"nothing that matters")
	        server.sendto(b"an answer", here)
	print(asked)
PY
)" 1200 'connections that somebody else marks as Skype'
is "$(gateway nft -j list chain inet marked forward | jq '[.nftables[].rule? // empty | .expr[] | .counter? // empty | .packets] | add')" \
	0 'no packet of which passes a rule that drops'
between "$(counter flow/no-room gw)" 500 2400 'though the table has room for 256'
marked()	{ gateway conntrack -L -p udp 2>/dev/null | grep 'dport=7[0-9]* '; }
between "$(marked | wc -l)" 1000 1000000 'of them all'
is "$(marked | grep -c OFFLOAD)" 0 'none is offloaded'
gateway nft delete table inet fast
done_testing
