#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# Roles (signatures.md, section 5, "Endpoint"): an inside host that answers others' probes
# and accepts their handshakes is shown as a super node.
#
#    client ---- gateway (nf_skype) ---- server: clients of the client

. "$(dirname "$0")/lib.sh"

need nft conntrack jq python3

endpoint()	# FILTER
{
	gateway skypectl -j endpoint show | jq -c "[.endpoints[] | select($1)]"
}

topo_routed
load autostart=0
gateway skypectl enable
reports python3 "$SELFTESTS/gen/trial.py" supernode-role
reports python3 "$SELFTESTS/gen/trial.py" --v6 supernode-role
reports python3 "$SELFTESTS/gen/trial.py" --seed 3 start-1.2 start-5.5

forget
runs 'an inside host serves others' play supernode-role --seed 5
is "$(endpoint .supernode | jq -r '.[].addr')" "$CLIENT4" 'it alone is shown as a super node'
between "$(gateway skypectl -j session show | jq '[.sessions[] | select(.supernode.addr == "'$CLIENT4'")] | length')" \
	1 100 'outside clients have sessions with it'
like "$(gateway skypectl endpoint show)" "^$CLIENT4 .* yes " 'the table says so too'

forget
runs 'an inside host is only a client' play start-1.2 --seed 5 --speed 2
is "$(endpoint .supernode)" '[]' 'it is not shown as a super node'
done_testing
