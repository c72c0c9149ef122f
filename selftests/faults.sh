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
need python3

tool faults
topo_routed
leaks_forget

# faults NAMESPACE OPERATION [MODULE.ko]
faults()
{
	local netns=$1 output status=0
	shift
	output=$(ip netns exec "$netns" "$TOOLS/faults" "$@" 2>&1) || status=$?
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

# Events are made on the packet path, where no thread is to blame: there one of
# ten allocations that must not wait fails. (So do those of the network: what
# arrives is not looked at.)
if [ -d /sys/kernel/debug/failslab ]; then
	gateway skypectl enable observe
	background gateway skypectl monitor >/dev/null
	echo Y >/sys/kernel/debug/failslab/ignore-gfp-wait
	for scenario in start-1.2 call-in chain-gaps; do
		echo 10 >/sys/kernel/debug/failslab/probability
		echo 100 >/sys/kernel/debug/failslab/times
		echo 1 >/sys/kernel/debug/failslab/interval
		play $scenario --seed 5 --speed 8 --patience 0.5 >/dev/null 2>&1
		echo 0 >/sys/kernel/debug/failslab/probability
	done
	ok 'events: allocations of the packet path fail'
	runs 'events: the gateway answers' gateway skypectl status
fi

rmmod nf_skype
is "$(leaks)" '' 'nothing is lost'
done_testing
