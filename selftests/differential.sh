#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# One classifier in two places: every scenario of the generator, with SEEDS seeds
# (20 unless told otherwise), goes through the kernel and through skypectl
# classify, and the verdicts are the same, flow by flow.
#
#    replay ---- gateway (nf_skype) ---- nothing

. "$(dirname "$0")/lib.sh"
# shellcheck source-path=SCRIPTDIR source=gen/later/later.sh
. "$(dirname "$0")/gen/later/later.sh"

need nft conntrack python3 tcpreplay

topo_replay
can_wait
sysctl -qw net.netfilter.nf_conntrack_max=262144
# a slow machine looks when a batch is over, and that may be later than 10 seconds
gateway sysctl -qw net.netfilter.nf_conntrack_tcp_timeout_close=120
load autostart=0 flows=524288 hosts=65536
gateway skypectl enable
reports python3 "$SELFTESTS/differential.py" "$LATER/replay" "$TMP"
done_testing
