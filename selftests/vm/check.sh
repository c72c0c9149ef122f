#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# check.sh [-k KERNEL] [-j JOBS] [TEST...]: run selftests (policy.sh ...), or all
# of them, each in a virtual machine of its own, JOBS at a time (one for each
# processor of this machine, at most four; one processor is left over when the
# kernel is a debug kernel, which needs it). One TAP stream, in which results come
# when a test is complete, or as they are had when it is one at a time; the last
# line is a summary.
#
# check.sh --list: the tests that there are.

set -eu

here=$(dirname "$(readlink -f "$0")")
selftests=$(dirname "$here")
top=$(dirname "$selftests")
kernel=6.1
jobs=

list()
{
	local file
	for file in "$selftests"/*.sh; do
		case ${file##*/} in
		lib.sh|demo.sh)	;;
		*)		echo "${file##*/}" ;;
		esac
	done
}

# one KERNEL TEST: run a test.
one()
{
	local kernel=$1 name=$2 status=0

	"$here/test.sh" -q -k "$kernel" run "$name.sh" 2>&1 || status=$?
	case $status in
	0|1)	;;
	*)	echo "not ok - $name: the virtual machine ended with status $status" ;;
	esac
}

results()
{
	grep --line-buffered -v -e '^TAP version' -e '^1\.\.' -e '^# [0-9]* passed' || true
}

# show KERNEL TEST JOBS: run a test, and show its results. In a shell of its own,
# several at a time.
show()
{
	local kernel=$1 name=${2%.sh} jobs=$3 log

	log=$top/build/vm/$kernel/$name.log
	mkdir -p "${log%/*}"
	if [ "$jobs" -eq 1 ]; then
		one "$kernel" "$name" | tee "$log" | results
		return
	fi
	one "$kernel" "$name" >"$log"
	exec 9>"$top/build/vm/.lock"
	flock 9
	results <"$log"
}

case ${1-} in
--list)	list; exit ;;
--show)	show "$2" "$3" "$4"; exit ;;
esac

while getopts k:j: option; do
	case $option in
	k)	kernel=$OPTARG ;;
	j)	jobs=$OPTARG ;;
	*)	exit 2 ;;
	esac
done
shift $((OPTIND - 1))
if [ -z "$jobs" ]; then
	jobs=$(nproc)
	case $kernel in
	debug|kcsan)	jobs=$((jobs - 1)) ;;
	esac
	[ "$jobs" -le 4 ] || jobs=4
	[ "$jobs" -ge 1 ] || jobs=1
fi
[ $# -gt 0 ] || mapfile -t tests < <(list)
[ $# -eq 0 ] || tests=("${@##*/}")
[ ${#tests[@]} -gt 1 ] || jobs=1

"$here/build-module.sh" "$kernel" >/dev/null
total=$top/build/vm/$kernel.tap
mkdir -p "${total%/*}"
echo 'TAP version 13'
echo "# ${#tests[@]} tests under Linux $kernel, $jobs at a time" >&2
printf '%s\n' "${tests[@]}" | xargs -P "$jobs" -I TEST "$0" --show "$kernel" TEST "$jobs"

# Voice has a pace, and so have time limits, which a virtual machine without KVM
# may miss beside others: what failed there is judged by another run, alone.
for name in "${tests[@]%.sh}"; do
	grep -q '^not ok' "$top/build/vm/$kernel/$name.log" || continue
	[ ${#tests[@]} -gt 1 ] || continue
	echo "# $name failed beside others; once more, alone:"
	"$0" --show "$kernel" "$name.sh" 1
done

for name in "${tests[@]%.sh}"; do
	grep -E '^(not )?ok ' "$top/build/vm/$kernel/$name.log" || true
done >"$total"
echo "1..$(wc -l <"$total")"
grep '^not ok' "$total" | sed 's/^/# /' || true
awk -v kernel="$kernel" -v seconds="$SECONDS" '
	/^not ok /		{ failed++; next }
	/^ok .*# SKIP/		{ skipped++; next }
	/^ok /			{ passed++ }
	END {
		printf "# %d passed, %d failed, %d skipped (Linux %s, %d s)\n",
			passed, failed, skipped, kernel, seconds
		exit failed || !(passed + skipped)
	}' "$total"
