#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# demo.sh [CAPTURE]: what nf_skype does, shown in the virtual machine.
#
#    client ------ gateway (nf_skype, masquerade) ------ server
#
# A Skype client starts beside ordinary traffic; then a policy forbids it, and
# the second start fails while the ordinary traffic goes on. With a capture, its
# packets pass the gateway instead.

. "$(dirname "$0")/lib.sh"

capture=${1-}
bold='' dim='' red='' green='' plain=''
if [ -n "${DEMO_COLOR-}" ]; then
	bold=$'\e[1m' dim=$'\e[2m' red=$'\e[31m' green=$'\e[32m' plain=$'\e[0m'
fi
wrong=0

title()		# TEXT
{
	printf '\n%s%s%s\n' "$bold" "$*" "$plain"
}

# show COMMAND...: type it at the gateway, and show what it says.
show()
{
	printf '\n  %sgateway#%s %s\n' "$dim" "$plain" "$*"
	gateway "$@" 2>&1 | expand | sed 's/^/    /'
}

# verdict GOOD TEXT: a line with a tick, or with a cross when it should not be so.
verdict()
{
	if [ "$1" = yes ]; then
		printf '  %s✔%s %s\n' "$green" "$plain" "$2"
	else
		printf '  %s✘%s %s\n' "$red" "$plain" "$2"
		wrong=1
	fi
}

# outcome WHO: of a scenario that was played, one line for each kind of flow.
outcome()
{
	jq -r '.flows | map(.kind = if .role == "" then (.name | sub("-[0-9]+$"; "")) else .role end) |
		group_by(.kind)[] | "\(.[0].kind) \(map(select(.result == "done")) | length)/\(length)"' \
		"$TMP/$1/client.json" | sort | paste -sd, | sed 's/,/, /g' | fold -sw 88 | sed 's/^/    /'

}

# succeeded WHO ROLE: did any flow of this role go through?
succeeded()
{
	jq -e --arg role "$2" '.succeeded | index($role)' "$TMP/$1/client.json" >/dev/null &&
		echo yes || echo no
}

# two_users SEED: a Skype client and its ordinary neighbours at the same time.
two_users()
{
	local skype ordinary
	mkdir -p "$TMP/skype" "$TMP/ordinary"
	REPORT=$TMP/skype play start-1.2 --seed "$1" --speed 2 &
	skype=$!
	REPORT=$TMP/ordinary play ordinary --seed "$1" --speed 2 &
	ordinary=$!
	wait $skype
	wait $ordinary
}

count_marks()
{
	cat >count.nft <<-'NFT'
		table inet count {
		  counter skype { }
		  counter everything { }
		  chain forward {
		    type filter hook forward priority filter
		    counter name everything
		    ct mark and 0x80000000 != 0 counter name skype
		  }
		}
	NFT
	show cat count.nft
	show nft -f count.nft
}

prepare()
{
	cd "$TMP" || exit 1
	load autostart=0
	title 'The module is loaded and looks on, for now; nft counts what it marked'
	show skypectl enable observe
	count_marks
}

play_capture()
{
	topo_replay
	prepare
	title "The packets of ${capture##*/} pass the gateway"
	replay "$capture" || bail "$capture: $(tail -n 1 "$TMP/replay.log")"
	sed -n 's/^Actual: /    /p' "$TMP/replay.log"
	show skypectl flow show
	show skypectl endpoint show
	show skypectl supernode show
	show skypectl counter show nonzero
	show nft list counters table inet count
}

two_starts()
{
	cat <<-'PICTURE'

	    client                    gateway                       everyone else
	   10.1.0.2 ------- 10.1.0.1 [ nf_skype ] 203.0.113.1 ------- 198.51.100.0/24
	                              masquerade
	PICTURE
	topo_nat
	prepare

	title 'A Skype client starts, next to DNS, HTTP, TLS, SIP and RTP'
	two_users 1
	echo '  Flows of the Skype client that went through:'
	outcome skype
	echo '  Flows of ordinary traffic:'
	outcome ordinary
	verdict "$(succeeded skype login)" 'the Skype client is logged in'

	title 'What the gateway saw'
	show skypectl flow show
	show skypectl endpoint show
	show skypectl supernode show
	show nft list counters table inet count

	title 'A policy forbids the super node and the login'
	cat >no-skype.policy <<-'POLICY'
		mode enforce
		rule 10 class supernode,login action drop
		default accept
	POLICY
	show cat no-skype.policy
	show skypectl policy load no-skype.policy
	gateway conntrack -F 2>/dev/null

	title 'The second start'
	two_users 2
	echo '  Flows of the Skype client that went through:'
	outcome skype
	echo '  Flows of ordinary traffic:'
	outcome ordinary
	show skypectl policy show
	show nft list counters table inet count
	echo
	verdict "$([ "$(succeeded skype login)" = no ] && echo yes)" \
		'the Skype client is not logged in'
	verdict "$([ "$(succeeded skype supernode)" = no ] && echo yes)" \
		'it found no super node'
	verdict "$(jq -r 'if .died == 0 then "yes" else "no" end' "$TMP/ordinary/client.json")" \
		'the ordinary traffic went on'
}

title 'nf_skype: a gateway that recognises Skype'
if [ -n "$capture" ]; then
	play_capture
else
	two_starts
fi
exit $wrong
