#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# Network namespaces share the module and nothing else.
#
#    client ---- gateway (nf_skype) ---- server          other (nf_skype)

. "$(dirname "$0")/lib.sh"

need nft conntrack jq

other()	{ ip netns exec other "$@"; }

topo_nat
namespace other
load autostart=0
runs 'enable in one' gateway skypectl enable
runs 'and in the other' other skypectl enable enforce
runs 'a policy for the other' other sh -c \
	'printf "mode enforce\nrule 1 action drop\ndefault drop\n" | skypectl policy load -'
runs 'the first is not touched by it' play start-1.2
between "$(gateway skypectl -j flow show | jq '.flows | length')" 10 1000 'the first saw flows'
is "$(other skypectl -j flow show | jq -c .flows)" '[]' 'the other saw none'
is "$(other skypectl -j endpoint show | jq -c .endpoints)" '[]' 'nor endpoints'
is "$(gateway skypectl -j policy show | jq -c '[.. | .rules? // empty][0]')" '[]' 'the first has no rules'
runs 'disable the other' other skypectl disable
between "$(gateway skypectl -j flow show | jq '.flows | length')" 10 1000 'the first keeps its flows'
ip netns del gw
NAMESPACES=(client server other)
runs 'a namespace can go while it is enabled' unload

done_testing
