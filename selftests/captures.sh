#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# Captures that others made (CAPTURES=folder): the kernel and skypectl classify
# come to the same verdicts, flow by flow.
#
#    replay ---- gateway (nf_skype) ---- nothing

. "$(dirname "$0")/lib.sh"

need nft conntrack python3 tcpreplay

[ -n "${CAPTURES-}" ] || skip_all 'no CAPTURES=folder'
topo_replay
load autostart=0
gateway skypectl enable
reports python3 "$SELFTESTS/differential.py" "$TMP" "$CAPTURES"
done_testing
