#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# Every scenario of the generator, played over sockets through the gateway, gets
# the verdicts that signatures.md gives it: with masquerade, and then the Skype
# start once more without, and over IPv6.
#
#    client ---- gateway (nf_skype) ---- server

. "$(dirname "$0")/lib.sh"

need nft conntrack jq python3

# verdicts DESCRIPTION SCENARIO [OPTION...]
verdicts()
{
	local description=$1 scenario=$2 wrong
	local -a where=(--client "$CLIENT4" --servers 198.51.100.0/24)
	shift 2

	[ "${1-}" != --v6 ] || where=(--client "$CLIENT6" --servers 2001:db8:100::/64)
	forget
	runs "$description: every flow goes through" play "$scenario" "$@"
	answers "$TMP/answers"
	"$SELFTESTS/gen/skypegen" describe "$scenario" --json "${where[@]}" "$@" >"$TMP/expect.json"
	wrong=$(python3 "$SELFTESTS/gen/compare.py" expect "$TMP/expect.json" "$TMP"/answers/*.json)
	is "$wrong" '' "$description: verdicts"
}

topo_nat
load autostart=0
gateway skypectl enable
for scenario in $("$SELFTESTS/gen/skypegen" list --names); do
	verdicts "$scenario" "$scenario"
done
verdicts 'start-1.2 over IPv6' start-1.2 --v6
gateway nft delete table inet nat
verdicts 'start-1.2 without NAT' start-1.2 --seed 3
done_testing
