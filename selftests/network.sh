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

down()
{
	local name
	for name in "${NAMESPACES[@]}"; do
		ip netns del "$name"
	done
	NAMESPACES=()
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
runs 'replay: a gateway between two ends' ip -n replay link show r1

done_testing
