#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# offline.sh [MEGABYTES]: skypectl classify against tshark and libndpi, on the
# same capture of 2 GB, which is the generator's scenarios again and again, each
# time in other networks. Prints packets per second, ratios and peak memory, and
# writes them to build/bench-offline.json. The readers run alone and in turns, each
# ROUNDS times (tshark, which takes minutes, once); the median counts. The capture
# is in memory (page cache) for all of them, in a folder that is removed.

set -eu

here=$(dirname "$(readlink -f "$0")")
top=$(readlink -f "$here/../..")
megabytes=${1:-2000}
rounds=${ROUNDS:-3}
networks=32		# that do the same at the same time
faster_than_tshark=20
faster_than_ndpi=1.5
memory_most=64		# MB

cd "$top"
work=$(mktemp -d "${TMPDIR:-/var/tmp}/nf_skype.XXXXXX")
trap 'rm -rf "$work"' EXIT
mkdir "$work/base"

gcc -O2 -Wall -Wextra -Werror -o "$work/repeat" "$here/repeat.c" -lpcap
ndpi=$work/ndpi
# shellcheck disable=SC2046	# several words
gcc -O2 -Wall -Wextra -Werror $(pkg-config --cflags libndpi) -o "$ndpi" \
	"$here/ndpi.c" $(pkg-config --libs libndpi) -lpcap 2>"$work/ndpi.log" || {
	echo "# no comparison with libndpi: $(head -n 1 "$work/ndpi.log")"
	ndpi=
}

capture=$work/capture.pcap
echo "# making $megabytes MB of packets" >&2
# (endpoint-expired waits for half an hour, which the others would as well)
selftests/gen/skypegen list | while read -r name _; do
	[ "$name" = endpoint-expired ] ||
		selftests/gen/skypegen pcap "$name" -o "$work/base/$name.pcap" >/dev/null
done
"$work/repeat" "$megabytes" $networks "$work"/base/*.pcap >"$capture"
cat "$capture" >/dev/null
packets=$(capinfos -Mc "$capture" | awk '/Number of packets/ { print $NF }')

# reader NAME COMMAND...: a line more in NAME.times: seconds of the processor, user's
# and system's (which do not depend on who else is running), and peak memory
reader()
{
	local name=$1
	shift
	/usr/bin/time -a -f '%U %S %M' -o "$work/$name.times" "$@" >"$work/$name.out"
}

for ((round = 1; round <= rounds; round++)); do
	reader skypectl build/skypectl classify "$capture"
	[ -z "$ndpi" ] || reader ndpi "$ndpi" "$capture"
done
reader tshark tshark -q -z conv,udp -r "$capture"

for name in skypectl ${ndpi:+ndpi} tshark; do
	awk '{ printf "%.2f %d\n", $1 + $2, $3 }' "$work/$name.times" |
		sort -n >"$work/$name.time"
done
awk -v packets="$packets" -v megabytes="$megabytes" -v json=build/bench-offline.json \
	-v tshark_least=$faster_than_tshark -v ndpi_least=$faster_than_ndpi \
	-v memory_most=$memory_most '
	FNR == 1 {
		name = FILENAME
		sub(".*/", "", name)
		sub("\\.time$", "", name)
	}
	{
		rounds[name] = FNR
		seconds[name, FNR] = $1
		if ($2 / 1000 > memory[name])
			memory[name] = $2 / 1000
	}
	function median(name) {
		return seconds[name, int((rounds[name] + 1) / 2)]
	}
	function line(name, title) {
		if (!(name in rounds))
			return
		printf "%-28s %8.1f %10.2f %13.1f %10d\n", title, median(name),
			packets / median(name) / 1e6, median(name) / median("skypectl"), memory[name]
		printf "%s\n  \"%s\": {\"seconds\": %s, \"fastest\": %s, \"slowest\": %s, " \
			"\"packets_per_second\": %d, \"peak_mb\": %d}", (count++ ? "," : "{"),
			name, median(name), seconds[name, 1], seconds[name, rounds[name]],
			packets / median(name), memory[name] >json
	}
	function judge(what, found, good, bound) {
		failed += !good
		printf "%s %s: %.1f, %s\n", good ? "holds   " : "MISSED  ", what, found, bound
	}
	END {
		printf "A capture of %d MB, %.1f million packets\n\n", megabytes, packets / 1e6
		printf "%-28s %8s %10s %13s %10s\n", "", "seconds", "Mpackets/s", "times as long", "peak MB"
		line("skypectl", "skypectl classify")
		line("ndpi", "libndpi (bench/ndpi.c)")
		line("tshark", "tshark -q -z conv,udp")
		printf ",\n  \"packets\": %d\n}\n", packets >json
		print ""
		ratio = median("tshark") / median("skypectl")
		judge("times as fast as tshark", ratio, ratio >= tshark_least, "at least " tshark_least)
		if ("ndpi" in rounds) {
			ratio = median("ndpi") / median("skypectl")
			judge("times as fast as libndpi", ratio, ratio >= ndpi_least,
				"at least " ndpi_least)
		}
		judge("peak memory, MB", memory["skypectl"], memory["skypectl"] <= memory_most,
			"at most " memory_most)
		exit failed > 0
	}' "$work/skypectl.time" ${ndpi:+"$work/ndpi.time"} "$work/tshark.time"
