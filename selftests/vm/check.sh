#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# check.sh [-k KERNEL] [-j JOBS] [TEST...]: run selftests (policy.sh ...), or all
# of them, each in a virtual machine of its own, JOBS at a time (one for each
# processor of this machine, at most four). One TAP stream; the last line is a
# summary.
#
# check.sh --list: the tests that there are.

set -eu

here=$(dirname "$(readlink -f "$0")")
selftests=$(dirname "$here")
top=$(dirname "$selftests")
kernel=6.1
jobs=$(nproc)
[ "$jobs" -le 4 ] || jobs=4

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

# one KERNEL TEST: run a test, and show its results when they are complete. In a
# shell of its own, several at a time.
one()
{
	local kernel=$1 name=${2%.sh} status=0 log

	log=$top/build/vm/$kernel/$name.log
	mkdir -p "${log%/*}"
	"$here/test.sh" -q -k "$kernel" run "$name.sh" >"$log" 2>&1 || status=$?
	case $status in
	0|1)	;;
	*)	echo "not ok - $name: the virtual machine ended with status $status" >>"$log" ;;
	esac
	exec 9>"$top/build/vm/.lock"
	flock 9
	grep -v -e '^TAP version' -e '^1\.\.' -e '^# [0-9]* passed' "$log" || true
}

case ${1-} in
--list)	list; exit ;;
--one)	one "$2" "$3"; exit ;;
esac

while getopts k:j: option; do
	case $option in
	k)	kernel=$OPTARG ;;
	j)	jobs=$OPTARG ;;
	*)	exit 2 ;;
	esac
done
shift $((OPTIND - 1))
[ $# -gt 0 ] || mapfile -t tests < <(list)
[ $# -eq 0 ] || tests=("${@##*/}")

"$here/build-module.sh" "$kernel" >/dev/null
total=$top/build/vm/$kernel.tap
mkdir -p "${total%/*}"
echo 'TAP version 13'
echo "# ${#tests[@]} tests under Linux $kernel, $jobs at a time" >&2
printf '%s\n' "${tests[@]}" | xargs -P "$jobs" -I TEST "$0" --one "$kernel" TEST

# Voice has a pace, and so have time limits, which a virtual machine without KVM
# may miss beside others: what failed there is judged by another run, alone.
for name in "${tests[@]%.sh}"; do
	grep -q '^not ok' "$top/build/vm/$kernel/$name.log" || continue
	[ ${#tests[@]} -gt 1 ] || continue
	echo "# $name failed beside others; once more, alone:"
	"$0" --one "$kernel" "$name.sh"
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
