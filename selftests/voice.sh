#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# Voice (signatures.md, sections 1.2, 2.5 and 5): by pace and size, both ways, over UDP
# and TCP, on flows that other evidence has made Skype's; found within 3 s of the
# first voice packet; kept on hold; and never on pace alone.
#
#    client ---- gateway (nf_skype) ---- server

. "$(dirname "$0")/lib.sh"

need nft conntrack jq python3

topo_nat
load autostart=0
gateway skypectl enable
# as in contract.md: 180 s of silence end a UDP flow
gateway sysctl -qw net.netfilter.nf_conntrack_udp_timeout=180 \
	net.netfilter.nf_conntrack_udp_timeout_stream=180
mapfile -t scenarios < <("$SELFTESTS/gen/skypegen" list --names | grep -E '^(call-|conference|near-voice)')
between ${#scenarios[@]} 8 100 'there are scenarios for it'
reports python3 "$SELFTESTS/gen/trial.py" "${scenarios[@]}"

# Voice has a class of its own in the mark, for queues: from 3 s on, not before.
forget
gateway nft -f - <<-NFT || bail 'rules'
	table inet watch {
		chain forward {
			type filter hook forward priority filter
			ct mark and 0x8f000000 == 0x83000000 counter comment "voice"
			ct mark and 0x80000000 != 0 counter comment "skype"
		}
	}
NFT
runs 'a call' play call-1.4 --seed 3 --speed 4
counted()
{
	gateway nft -j list chain inet watch forward | jq --arg name "$1" \
		'.nftables[].rule? // empty | select(.comment == $name) | .expr[] | .counter? // empty | .packets'
}
voice=$("$SELFTESTS/gen/skypegen" describe call-1.4 --seed 3 --json |
	jq '[.flows[] | select(.expect.class == ["voice"]) | .messages | length] | add')
between "$(counted voice)" 20 "$((voice * 6 / 10))" 'nft sees voice once 3 s have passed'
between "$(counted skype)" "$((voice * 9 / 10))" 100000 'and Skype before'
done_testing
