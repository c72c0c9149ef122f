#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# run.sh DIR: run the programs in DIR/tests and the scripts beside this file.
#
# Each prints TAP; its results are counted here, and a program that fails
# without saying which test counts as one failure.  Status 4 is a skip.  The last
# line is the total.
# With CAPTURES=folder, the captures of others are tests too.

set -u

checked=$1
here=$(dirname "$(readlink -f "$0")")
results=$checked/results
SKYPECTL=$checked/skypectl
export SKYPECTL
export CMOCKA_MESSAGE_OUTPUT=TAP
export UBSAN_OPTIONS=print_stacktrace=1
passed=0
failed=0

# run NAME COMMAND...
run()
{
	name=$1
	shift
	"$@" > "$results/$name" 2>&1
	status=$?
	if [ "$status" -eq 4 ] && grep -q '^1\.\.0 # SKIP' "$results/$name"; then
		sed -n "s/^1\.\.0 # SKIP/# $name: skipped:/p" "$results/$name"
		return
	fi
	good=$(grep -c '^ok ' "$results/$name")
	bad=$(grep -c '^not ok ' "$results/$name")
	if [ $((good + bad)) -eq 0 ] || { [ "$status" -ne 0 ] && [ "$bad" -eq 0 ]; }; then
		echo "not ok - $name ended with status $status" >> "$results/$name"
		bad=$((bad + 1))
	fi
	grep -Ev '^(# )?[0-9]+ passed, |^1\.\.' "$results/$name" |
		sed "s/^\(\(not \)\{0,1\}ok [0-9]*\) -* */\1 - $name: /"
	echo "# $name: $good ok, $bad not ok"
	passed=$((passed + good))
	failed=$((failed + bad))
}

rm -rf "$results"
mkdir -p "$results"
for source in "$here"/*.c; do
	name=$(basename "$source" .c)
	run "$name" "$checked/tests/$name"
done
for script in "$here"/*.sh "$here"/*.py; do
	name=$(basename "$script")
	case $name in
	run.sh | '*'*) ;;
	captures.py)
		[ -z "${CAPTURES:-}" ] || run "$name" "$script" "$SKYPECTL" "$CAPTURES"
		;;
	*) run "$name" "$script" "$SKYPECTL" ;;
	esac
done

echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ] && [ "$passed" -gt 0 ]
