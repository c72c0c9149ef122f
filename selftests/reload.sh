#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# The module comes and goes under traffic; traffic does not mind.
#
#    client ---- gateway (nf_skype, now and then) ---- server

. "$(dirname "$0")/lib.sh"

need nft conntrack iperf3

topo_nat
background server iperf3 -s >/dev/null
wait_for 10 sh -c 'ip netns exec server ss -ltn | grep -q 5201' || bail 'iperf3'
background client iperf3 -c "$SERVER4" -t 60 >/dev/null
background client ping -qi 0.05 "$SERVER4" >/dev/null

rounds=0
while [ $rounds -lt 10 ]; do
	load autostart=0
	gateway skypectl enable enforce || break
	sleep 0.3
	unload || break
	rounds=$((rounds + 1))
done
is $rounds 10 'ten reloads under traffic'
load
like "$(skypectl -j status)" '"mode": *"observe"' 'loaded without parameters it observes in the first namespace'
gateway skypectl enable
runs 'and works: a start goes through' play start-1.2
between "$(gateway skypectl -j flow show grade certain | jq '.flows | length')" 3 100 'and is recognised'
runs 'pings go on' client ping -qc 2 -i 0.2 "$SERVER4"
done_testing
