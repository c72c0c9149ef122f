#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# bench.sh [-k KERNEL] [-n RUNS] [-t] [ROW...]: what a packet costs with each
# row in its way, in instructions, as a table and in build/bench.json. Every run
# is a boot of its own; half as many at a time as there are processors. With -t
# only what the module may cost is judged, in TAP.
#
# Environment: MODULE, another nf_skype.ko than that of this tree.

set -eu

here=$(dirname "$(readlink -f "$0")")
top=$(readlink -f "$here/../..")
kernel=6.1
runs=3
report=(--json build/bench.json)
compared=compared

while getopts k:n:t option; do
	case $option in
	k)	kernel=$OPTARG ;;
	n)	runs=$OPTARG ;;
	t)	report=(--tap); compared= ;;
	*)	exit 2 ;;
	esac
done
shift $((OPTIND - 1))
[ $# -gt 0 ] || set -- conntrack many hook nft ipp2p observe offload accept mark drop busy \
	full flowtable scale

cd "$top"
folder=$("$here/build.sh" "$kernel" ${compared:+"$compared"})
if [ -z "${MODULE-}" ]; then
	MODULE=$("$top/selftests/vm/build-module.sh" "$kernel")
	export MODULE
fi

boot()		# RESULT ROW...
{
	local result=$1
	shift
	selftests/vm/boot.sh -q -i -k "$kernel" -t 1200 -o "$result.out" -e MODULE \
		selftests/bench/guest.sh "$folder" "$@" >"$result"
}

files=()
pids=()
status=0
for ((run = 1; run <= runs; run++)); do
	files+=("$folder/run-$run")
	[ ${#pids[@]} -lt $((($(nproc) + 1) / 2)) ] || {
		wait "${pids[0]}" || status=$?
		pids=("${pids[@]:1}")
	}
	boot "${files[-1]}" "$@" &
	pids+=($!)
done
for pid in "${pids[@]}"; do
	wait "$pid" || status=$?
done
[ $status -eq 0 ] || { cat "${files[@]}" >&2; exit 1; }
"$here/report.py" "${report[@]}" "${files[@]}" || status=1
if [ -n "$compared" ]; then
	echo
	"$here/processors.sh" -k "$kernel" || status=1
fi
exit $status
