#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# Who may do what: root all, nobody nothing, root of a user namespace what
# concerns the network namespaces that it owns.

. "$(dirname "$0")/lib.sh"

need setpriv unshare

nobody()	{ setpriv --reuid=65534 --regid=65534 --clear-groups "$@"; }

echo 'mode enforce' >"$TMP/policy"
chmod 755 "$TMP"
fails 3 . 'no module: status says so' skypectl status
load

for command in 'enable enforce' disable "policy load $TMP/policy" 'policy reset' \
	'endpoint flush' 'supernode flush' 'counter reset' \
	'flow show' 'endpoint show' 'supernode show'; do
	# shellcheck disable=SC2086	# the words of a command
	fails 3 'Error' "nobody may not: ${command%% /*}" nobody skypectl $command
done
like "$(skypectl -j status)" '"mode": *"observe"' 'nothing has changed by it'

# shellcheck disable=SC2016	# expanded in there
runs "a user namespace's root may use it on its own network" \
	nobody unshare -Urn sh -c 'skypectl enable enforce && skypectl flow show && skypectl disable'
# Its own user namespace gives it no right over the first network namespace.
fails 3 'Error' 'but not on the network it came from' \
	nobody unshare -Ur skypectl enable enforce
like "$(skypectl -j status)" '"mode": *"observe"' 'which is as it was'

done_testing
