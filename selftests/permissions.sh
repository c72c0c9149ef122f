#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# Who may do what: root all, nobody nothing, root of a user namespace what
# concerns the network namespaces that it owns.

. "$(dirname "$0")/lib.sh"

need setpriv unshare jq

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
done_testing
