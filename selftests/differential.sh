#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# One classifier in two places: every capture goes through the kernel and through
# skypectl classify, and the verdicts are the same, flow by flow. Captures are
# made by the generator; with CAPTURES=folder all of that folder go too.
#
#    replay ---- gateway (nf_skype) ---- nothing

. "$(dirname "$0")/lib.sh"

need nft conntrack python3 tcpreplay

topo_replay
load autostart=0
gateway skypectl enable
reports python3 "$SELFTESTS/differential.py" "$TMP" ${CAPTURES:+"$CAPTURES"}
[ -n "${CAPTURES-}" ] || skip 'captures that others made' 'no CAPTURES=folder'
done_testing
