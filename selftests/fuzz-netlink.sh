#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# Any bytes as netlink messages, as root and as nobody: the module refuses them,
# or does what they say; it never falls. MESSAGES=n, 3,000 unless told
# otherwise (make soak: 1 million).

. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/tools/tools.sh"

tool netlink_fuzz
MESSAGES=${MESSAGES:-3000}

topo_routed
leaks_forget
load
gateway skypectl enable enforce
play start-1.2 --seed 3 --speed 4 >/dev/null 2>&1

output=$(gateway "$TOOLS/netlink_fuzz" "$MESSAGES" 1)
note "as root: $output"
like "$output" "^$MESSAGES messages: [1-9]" "$MESSAGES messages as root, some of them taken"
runs 'the module answers' gateway skypectl status

gateway skypectl enable enforce
gateway skypectl policy reset
before=$(gateway skypectl -j policy)
output=$(gateway "$TOOLS/netlink_fuzz" "$MESSAGES" 3 nobody)
note "as nobody: $output"
like "$output" "^$MESSAGES messages" "$MESSAGES messages as nobody"
is "$(gateway skypectl -j policy)" "$before" 'nobody has changed nothing'
runs 'the module answers' gateway skypectl -j flow

rmmod nf_skype
is "$(leaks)" '' 'no memory is lost'
done_testing
