#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# Every allocation of loading, enabling, policy loading, dumping and reporting
# fails once. The kernel does not mind, nothing is lost, the error says why, and
# an old policy stays in force. Needs the debug kernel (make check-debug).
#
#    client ---- gateway (nf_skype) ---- server

. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/tools/tools.sh"

[ -e /proc/thread-self/fail-nth ] || skip_all 'this kernel injects no faults'
need conntrack python3

# What the kernel says of an allocation that was made to fail is no complaint: a
# trace of the thread, and that kmemleak went without.
dmesg()
{
	command dmesg | grep -v -e 'RIP: 0033:' -e 'kmemleak: Cannot allocate'
}

tool faults
topo_routed
leaks_forget

# faults NAMESPACE OPERATION [MODULE.ko]
faults()
{
	local netns=$1 output status=0
	shift
	output=$(within "$netns" "$TOOLS/faults" "$@" 2>&1) || status=$?
	is "$status" 0 "$1: $output"
}

# Allocations that may wait fail too, and so do single pages; each failure is
# meant, so the kernel need not print where it was.
for kind in failslab fail_page_alloc; do
	echo N >/sys/kernel/debug/$kind/ignore-gfp-wait
	echo 0 >/sys/kernel/debug/$kind/verbose
done
echo 0 >/sys/kernel/debug/fail_page_alloc/min-order

for dependency in $(modinfo -F depends "$MODULE" | tr , ' '); do
	modprobe "$dependency"
done
faults gw load "$MODULE"
load

gateway skypectl enable enforce
play start-1.2 --seed 3 --speed 4 >/dev/null
between "$(gateway skypectl -j endpoint | jq '.endpoints | length')" 1 100 'there is something to tell'
for question in status policy-get flow endpoint supernode session counter; do
	faults gw $question
done
faults gw policy
faults gw enable

# An event is made on the packet path. The gateway sends the packet itself, so
# that this happens in a thread which can be told to fail.
# Now and then one allocation more or less comes before: hence some rounds.
gateway skypectl enable observe
for _ in 1 2 3; do
	gateway conntrack -F 2>/dev/null
	faults gw event
	gateway conntrack -F 2>/dev/null
	faults gw overrun
done

rmmod nf_skype
is "$(leaks)" '' 'nothing is lost'
done_testing
