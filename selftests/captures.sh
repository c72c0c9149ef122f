#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# Captures that others made (CAPTURES=folder): the kernel and skypectl classify
# come to the same verdicts, flow by flow, and the kernel finds in them what is
# known to be there: so many flows of Skype, and nothing in what is none.
#
#    replay ---- gateway (nf_skype) ---- nothing

. "$(dirname "$0")/lib.sh"
# shellcheck source-path=SCRIPTDIR source=gen/later/later.sh
. "$(dirname "$0")/gen/later/later.sh"

need nft conntrack python3 tcpreplay

[ -n "${CAPTURES-}" ] || skip_all 'no CAPTURES=folder'
topo_replay
can_wait
sysctl -qw net.netfilter.nf_conntrack_max=262144
load autostart=0 flows=524288 hosts=65536
gateway skypectl enable
reports python3 "$SELFTESTS/differential.py" "$LATER/replay" "$TMP" "$CAPTURES"
done_testing
