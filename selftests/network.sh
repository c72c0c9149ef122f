#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# The networks that the other tests stand on carry packets: lib.sh draws them.

. "$(dirname "$0")/lib.sh"

need ping nft

reach()		# NAME
{
	local address
	for address in "$SERVER4" 192.0.2.77 "$SERVER6" 2001:db8:100::77; do
		runs "$1: the client reaches $address" client ping -qc 1 -W 5 "$address"
	done
}

topo_routed
topo_client2
note "ready after $SECONDS s"
reach routed
runs 'routed: a second client too' client2 ping -qc 1 -W 5 "$SERVER4"
runs 'routed: a second client too, by IPv6' client2 ping -qc 1 -W 5 "$SERVER6"
down

topo_nat
reach nat
background server tcpdump -Z root -Uni s0 -w "$TMP/nat.pcap" icmp 2>/dev/null
wait_for 5 test -s "$TMP/nat.pcap"
client ping -qc 1 -W 5 "$SERVER4" >/dev/null
wait_for 5 sh -c "tcpdump -nr $TMP/nat.pcap 2>/dev/null | grep -q 'echo reply'"
like "$(tcpdump -nr "$TMP/nat.pcap" 2>/dev/null)" "IP $PUBLIC4 > $SERVER4" \
	'nat: the server sees the public address'
down

topo_bridge
reach bridge
down

topo_replay
python3 - "$TMP/two.pcap" <<'PY'
import struct, sys
def packet(source, target, ports, payload):
    udp = struct.pack(">HHHH", *ports, 8 + len(payload), 0) + payload
    head = struct.pack(">BBHHHBBH4s4s", 0x45, 0, 20 + len(udp), 1, 0, 1, 17, 0, source, target)
    return head + udp
one, two = bytes([192, 0, 2, 9]), bytes([198, 51, 100, 9])
with open(sys.argv[1], "wb") as out:
    out.write(struct.pack("<IHHiIII", 0xa1b2c3d4, 2, 4, 0, 0, 65535, 101))
    for data in (packet(one, two, (1000, 2000), b"ask"), packet(two, one, (2000, 1000), b"answer")):
        out.write(struct.pack("<IIII", 1, 0, len(data), len(data)) + data)
PY
gateway nft add table inet count
gateway nft add chain inet count forward '{ type filter hook forward priority 0; }'
gateway nft add rule inet count forward ct state established udp length 14 counter
runs 'replay: a capture plays' replay "$TMP/two.pcap"
like "$(gateway nft list ruleset)" 'counter packets 1 ' \
	'replay: the answer belongs to a connection'

done_testing
