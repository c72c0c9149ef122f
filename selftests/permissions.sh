#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# Who may do what: root all, nobody nothing, root of a user namespace what
# concerns the network namespaces that it owns.

. "$(dirname "$0")/lib.sh"

need setpriv unshare jq python3

nobody()	{ setpriv --reuid=65534 --regid=65534 --clear-groups --bounding-set=-all "$@"; }
mode()		{ skypectl -j status | jq -r .status.mode; }

printf 'mode enforce\nrule 1 action drop\n' >"$TMP/policy"
chmod 755 "$TMP"
fails 3 'not loaded' 'no module: status says so' skypectl status
load

for command in enable 'enable enforce' disable "policy load $TMP/policy" 'policy reset' \
	'endpoint flush' 'supernode flush' 'session flush' 'counter reset' \
	'flow show' 'endpoint show' 'supernode show' 'session show'; do
	# shellcheck disable=SC2086	# the words of a command
	fails 3 '^Error: not permitted' "nobody may not: ${command%% /*}" nobody skypectl $command
done
status=0
nobody timeout 5 skypectl monitor >/dev/null 2>"$TMP/error" || status=$?
is "$status" 3 'nor listen to events'
like "$(cat "$TMP/error")" '^Error: ' 'and is told so'
is "$(mode)" observe 'nothing has changed by it'
is "$(skypectl -j policy show | jq -c .policy.rules)" '[]' 'no policy was loaded'
runs 'anybody may check a file' nobody skypectl policy check "$TMP/policy"

# Root of its own user namespace, on its own network namespace: all of it works.
# shellcheck disable=SC2016	# expanded in there
runs "a user namespace's root may use it on its own network" \
	nobody unshare -Urn bash -ec "
		skypectl enable enforce
		skypectl policy load $TMP/policy
		skypectl flow show
		skypectl session show
		skypectl endpoint flush
		skypectl counter reset
		[ \"\$(skypectl -j status | jq -r .status.mode)\" = enforce ]
		[ \"\$(skypectl -j policy show | jq '.policy.rules | length')\" = 1 ]
		skypectl disable"
# Its own user namespace gives it no right over the first network namespace.
for command in 'enable enforce' disable 'flow show' 'endpoint show' 'session flush' \
	"policy load $TMP/policy"; do
	# shellcheck disable=SC2086
	fails 3 '^Error: not permitted' "but not on the network it came from: ${command%% /*}" \
		nobody unshare -Ur skypectl $command
done
is "$(mode)" observe 'which is as it was'
is "$(skypectl -j policy show | jq -c .policy.rules)" '[]' 'with its policy'

# Every command there is, as the table of SECURITY.md has it, in netlink itself:
# what the header has gained and this has not makes these fail.
everything='STATUS_GET ENABLE DISABLE POLICY_GET POLICY_SET FLOW_GET ENDPOINT_GET
	ENDPOINT_FLUSH SUPERNODE_GET SUPERNODE_FLUSH SESSION_GET SESSION_FLUSH
	COUNTER_GET COUNTER_RESET events'
open='STATUS_GET'

# table WORD COMMAND...: each command with this word, but those with "yes"
table()
{
	local word=$1 name
	shift
	for name in $everything; do
		case " $* " in
		*" $name "*)	echo "$name yes" ;;
		*)		echo "$name $word" ;;
		esac
	done
}
commands=$SELFTESTS/security.py
is "$(nobody "$commands" commands)" "$(table no $open)" 'nobody: the status alone'
is "$(setpriv --bounding-set=-net_admin --inh-caps=-net_admin "$commands" commands)" \
	"$(table no $open)" 'root without CAP_NET_ADMIN: no more'
is "$(nobody unshare -Ur "$commands" commands)" "$(table no $open)" \
	"a user namespace's root, on the network it came from: no more"
is "$(nobody unshare -Urn "$commands" commands)" "$(table yes)" 'on its own network: everything'
is "$(mode)" observe 'and nothing has come of all that'
is "$("$commands" commands)" "$(table yes)" 'root: everything'
# shellcheck disable=SC2016	# expanded in there
is "$(nobody unshare -Urn bash -c 'unshare -Ur "$0" commands' "$commands")" "$(table no $open)" \
	'a user namespace inside has no right over the network of the one around it'
done_testing
