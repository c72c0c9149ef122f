#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# What only looks like Skype: one scenario for each rule that could be broken
# from outside, and traffic of other programs. Nothing is recognised beyond what
# signatures.md, section 5, grants it.
#
#    client ---- gateway (nf_skype) ---- server

. "$(dirname "$0")/lib.sh"

need nft conntrack jq python3

mapfile -t scenarios < <("$SELFTESTS/gen/skypegen" list --names | grep -E '^(near-|ordinary)' | grep -v voice)

topo_nat
load autostart=0
gateway skypectl enable
between ${#scenarios[@]} 20 1000 'there are scenarios for it'
note 'masquerade'
reports python3 "$SELFTESTS/gen/trial.py" "${scenarios[@]}"
gateway nft delete table inet nat
note 'routed, another seed'
reports python3 "$SELFTESTS/gen/trial.py" --seed 2 near-nack near-resend near-third-host near-flood near-spoofed-node near-chain-7
done_testing
