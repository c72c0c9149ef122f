#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# run.sh FOLDER SECONDS FUZZER...: run fuzzers, each for so long, from the inputs
# in FOLDER/corpus-FUZZER, where what is new stays for the next time.
#
# A finding is FOLDER/FUZZER-crash-...: mend it, then give it a test of its own
# (../tests/fuzz_regress.c).  The last line is a summary, as tests have it.

folder=$1
seconds=$2
shift 2

good=0
bad=0
for fuzzer in "$@"; do
	log=$folder/$fuzzer.log
	mkdir -p "$folder/corpus-$fuzzer"
	if "$folder/fuzz/$fuzzer" -max_total_time="$seconds" -max_len=4096 \
		-timeout=20 -rss_limit_mb=4096 -print_final_stats=1 \
		-artifact_prefix="$folder/$fuzzer-" \
		"$folder/corpus-$fuzzer" >"$log" 2>&1; then
		good=$((good + 1))
		awk -v name="$fuzzer" '
			/number_of_executed_units/ { runs = $2 }
			match($0, /cov: [0-9]+/) { edges = substr($0, RSTART + 5, RLENGTH - 5) }
			END { print "# fuzz " name ": " runs " executions, " edges " edges, no finding" }' "$log"
	else
		bad=$((bad + 1))
		grep -vE '^(#[0-9]+|INFO|NEW_FUNC)' "$log" | tail -n 60
		echo "not ok - fuzz $fuzzer: $log"
	fi
done
echo "$good passed, $bad failed"
[ "$bad" -eq 0 ]
