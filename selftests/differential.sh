#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# One classifier in two places: every scenario of the generator goes, as a capture,
# through the kernel and through skypectl classify, and the verdicts are the same,
# flow by flow.
#
#    replay ---- gateway (nf_skype) ---- nothing

. "$(dirname "$0")/lib.sh"

need nft conntrack python3 tcpreplay

topo_replay
load autostart=0
gateway skypectl enable
reports python3 "$SELFTESTS/differential.py" "$TMP"
done_testing
