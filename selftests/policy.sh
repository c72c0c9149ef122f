#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# Policy: it acts in enforce mode only, on this flow only, as soon as the verdict
# stands; a bad file is refused as a whole and the old policy stays.
#
#    client ---- gateway (nf_skype, enforce) ---- server

. "$(dirname "$0")/lib.sh"

need nft conntrack jq

succeeded()	# ROLE
{
	jq -r --arg role "$1" '.succeeded | index($role) | if . == null then "no" else "yes" end' \
		"$TMP/client.json"
}

policy()	# TEXT on stdin
{
	cat >"$TMP/policy"
	gateway skypectl policy load "$TMP/policy"
}

topo_nat
load autostart=0
gateway skypectl enable

runs 'a policy that drops logins loads' policy <<-POLICY
	mode observe
	rule 10 class login action drop
	default accept
POLICY
play start-1.2 --speed 2
is "$(succeeded login)" yes 'in observe mode no rule acts'

runs 'the same policy, enforced' policy <<-POLICY
	mode enforce
	rule 10 class login action drop
	default accept
POLICY
gateway conntrack -F 2>/dev/null
play start-1.2 --seed 2 --speed 2
is "$(succeeded login)" no 'the login fails'
is "$(succeeded supernode)" yes 'a class that no rule names passes'

runs 'a policy with an exception' policy <<-POLICY
	mode enforce
	rule 5 from $CLIENT4/32 class login action accept
	rule 10 class login,supernode action drop
	default accept
POLICY
gateway conntrack -F 2>/dev/null
play start-1.2 --seed 3 --speed 2
is "$(succeeded login)" yes 'the first rule that matches decides'
is "$(succeeded supernode)" no 'a later rule decides for the others'

# A mark for other tools: written under its mask, seen by nft.
gateway nft -f - <<-NFT || bail 'rules'
	table inet watch {
		chain forward {
			type filter hook forward priority filter
			ct mark and 0xff == 0x2e counter comment "marked"
		}
	}
NFT
runs 'a policy that writes a mark' policy <<-POLICY
	mode enforce
	rule 1 class probe,supernode action mark 0x2e/0xff
POLICY
gateway conntrack -F 2>/dev/null
runs 'the start goes through' play start-1.2 --seed 4 --speed 2
between "$(gateway nft -j list chain inet watch forward |
	jq '[.. | .packets? // empty] | add')" 10 100000 'nft sees it'

kept=$(gateway skypectl -j policy show | jq -c '.. | .rules? // empty | map(del(.packets, .bytes, .flows))')
printf 'mode enforce\nrule 1 class probe action drop\nrule 1 class login action drop\n' >"$TMP/bad"
fails 1 'bad:3:' 'two rules with one number are refused, with file and line' \
	gateway skypectl policy load "$TMP/bad"
printf 'mode enforce\nrule 1 class telepathy action drop\n' >"$TMP/bad"
fails 1 'bad:2:.*telepathy' 'an unknown class is refused, with file and line' \
	gateway skypectl policy load "$TMP/bad"
is "$(gateway skypectl -j policy show | jq -c '.. | .rules? // empty | map(del(.packets, .bytes, .flows))')" \
	"$kept" 'the old policy stands after a refusal'

gateway skypectl policy save "$TMP/saved"
runs 'what is saved can be loaded' gateway skypectl policy load "$TMP/saved"
is "$(gateway skypectl -j policy show | jq -c '.. | .rules? // empty | map(del(.packets, .bytes, .flows))')" \
	"$kept" 'and is the same policy'
runs 'reset' gateway skypectl policy reset
gateway conntrack -F 2>/dev/null
runs 'after reset all goes through' play start-1.2 --seed 5 --speed 2

done_testing
