#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# The generator's scenarios, played over sockets through the gateway, get the
# verdicts that signatures.md, section 5, gives them: with masquerade, over IPv6, and some
# without translation. Scenarios that are about a subject of their own are played
# by the test of that subject; every other one, also a future one, is played here.
#
#    client ---- gateway (nf_skype) ---- server

. "$(dirname "$0")/lib.sh"

need nft conntrack jq python3

scenarios=()
while read -r name; do
	case $name in
	near-*|ordinary*)				;; # nearmiss.sh
	call-*|conference)				;; # voice.sh
	supernode-role)					;; # roles.sh
	fallback-*)					;; # fallback.sh
	supernode-*|only-refused|session-*|two-clients)	;; # sessions.sh
	endpoint-*|late-proof|public-address|search)	;; # endpoint.sh
	*)	scenarios+=("$name") ;;
	esac
done < <("$SELFTESTS/gen/skypegen" list --names)

topo_nat
load autostart=0
gateway skypectl enable
note 'masquerade'
reports python3 "$SELFTESTS/gen/trial.py" "${scenarios[@]}"
note 'IPv6'
reports python3 "$SELFTESTS/gen/trial.py" --v6 start-1.2 start-5.5 only-443 udp-blocked
gateway nft delete table inet nat
note 'routed'
reports python3 "$SELFTESTS/gen/trial.py" --seed 2 start-1.2 start-5.5 start-2.0 only-80-v2.0
done_testing
