#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# What lies below IP makes no difference: a bridge in the gateway's place, a
# gateway whose inside is a bridge, a VLAN, a VRF. There a packet may pass the
# hooks twice, and still counts once.
#
#    client ---- gateway (nf_skype) ---- server
#         \______ bridge, VLAN, VRF

. "$(dirname "$0")/lib.sh"

need nft conntrack jq python3

SCENARIOS="start-1.2 only-443"

verdicts()	# NAME
{
	note "$1"
	load autostart=0
	gateway skypectl enable
	# shellcheck disable=SC2086
	reports python3 "$SELFTESTS/gen/trial.py" $SCENARIOS
	second=$(gateway skypectl -j counter show | jq '.counters[] | select(.name == "skipped/second-pass") | .value')
	unload
}

topo_bridge
verdicts 'a bridge'
is "$second" 0 'a bridge that does not route sees each packet once'
down

# The gateway's inside address is that of a bridge.
topo_routed
configure gw <<-IP
	link add br0 type bridge forward_delay 0 mcast_snooping 0
	address flush dev c0
	link set c0 master br0
	address add 10.1.0.1/24 dev br0
	address add 2001:db8:1::1/64 dev br0 nodad
	link set br0 up
IP
verdicts 'a routed bridge'
between "$second" 10 1000 'a bridge that routes sees each packet of the inside twice'
down

topo_routed
for side in client:10.1.0.2 gw:10.1.0.1; do
	configure "${side%:*}" <<-IP
		link add link c0 name v0 type vlan id 7
		address flush dev c0
		address add ${side#*:}/24 dev v0
		link set v0 up
	IP
done
configure client <<-IP
	$(hosts | sed -n '/10\./s/c0/v0/p')
	route add default via 10.1.0.1
IP
verdicts 'a VLAN'
is "$second" 0 'a VLAN of a plain device is seen once'
down

# As a container has it whose host is the switch.
topo_routed
configure client <<-IP
	link add br0 type bridge forward_delay 0 mcast_snooping 0
	link add p0 type veth peer name p1
	link set p0 master br0
	link set br0 up
	link set p0 up
	link set p1 up
	link add link p1 name v0 type vlan id 7
	address flush dev c0
	address add 10.1.0.2/24 dev v0
	link set v0 up
	$(hosts | sed -n '/10\./s/c0/v0/p')
	route add default via 10.1.0.1
	link add link br0 name g0 type vlan id 7
	link set g0 netns gw
IP
configure gw <<-IP
	address flush dev c0
	address add 10.1.0.1/24 dev g0
	link set g0 up
IP
verdicts 'a VLAN on a bridge of another namespace'
is "$second" 0 'which sees nothing for this one'
down

topo_routed
modprobe vrf
configure gw <<-IP
	link add blue type vrf table 10
	link set blue up
	link set c0 master blue
	link set s0 master blue
	route add 198.51.100.0/24 via 203.0.113.2 table 10
	route add 192.0.2.0/24 via 203.0.113.2 table 10
IP
verdicts 'a VRF'
between "$second" 10 1000 'what comes from a device of a VRF comes from the VRF, too'
done_testing
