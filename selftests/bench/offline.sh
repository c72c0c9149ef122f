#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# offline.sh [MEGABYTES]: skypectl classify against tshark and libndpi, on the
# same capture of 2 GB, which is the generator's scenarios again and again, each
# time in other networks. Prints ratios and peak memory, and writes them to
# build/bench-offline.json. Every reader runs alone; the capture is in memory
# (page cache) for all of them.

set -eu

here=$(dirname "$(readlink -f "$0")")
top=$(readlink -f "$here/../..")
megabytes=${1:-2000}
networks=32		# that do the same at the same time
faster_than_tshark=20
faster_than_ndpi=1.5
memory_most=64		# MB

cd "$top"
work=build/bench/offline
mkdir -p "$work/base"

gcc -O2 -Wall -Wextra -Werror -o "$work/repeat" "$here/repeat.c" -lpcap
ndpi=$work/ndpi
# shellcheck disable=SC2046	# several words
gcc -O2 -Wall -Wextra -Werror $(pkg-config --cflags libndpi) -o "$ndpi" \
	"$here/ndpi.c" $(pkg-config --libs libndpi) -lpcap 2>"$work/ndpi.log" || {
	echo "# no comparison with libndpi: $(head -n 1 "$work/ndpi.log")"
	ndpi=
}

capture=$work/$megabytes.pcap
if [ ! -e "$capture" ]; then
	echo "# making $capture"
	# (endpoint-expired waits for half an hour, which the others would as well)
	selftests/gen/skypegen list | while read -r name _; do
		[ "$name" = endpoint-expired ] ||
			selftests/gen/skypegen pcap "$name" -o "$work/base/$name.pcap" >/dev/null
	done
	"$work/repeat" "$megabytes" $networks "$work"/base/*.pcap >"$capture.new"
	mv "$capture.new" "$capture"
fi
cat "$capture" >/dev/null
packets=$(capinfos -Mc "$capture" | awk '/Number of packets/ { print $NF }')

# reader NAME COMMAND...: seconds and peak memory, in NAME.time
reader()
{
	local name=$1
	shift
	/usr/bin/time -f '%e %M' -o "$work/$name.time" "$@" >"$work/$name.out"
}

reader skypectl build/skypectl -j classify "$capture"
[ -z "$ndpi" ] || reader ndpi "$ndpi" "$capture"
reader tshark tshark -q -z conv,udp -r "$capture"

awk -v packets="$packets" -v megabytes="$megabytes" -v json=build/bench-offline.json \
	-v tshark_least=$faster_than_tshark -v ndpi_least=$faster_than_ndpi \
	-v memory_most=$memory_most '
	{
		name = FILENAME
		sub(".*/", "", name)
		sub("\\.time$", "", name)
		seconds[name] = $1
		memory[name] = $2 / 1000
	}
	function line(name) {
		if (!(name in seconds))
			return
		printf "%-10s %8.1f %14.0f %10.0f\n", name, seconds[name],
			packets / seconds[name], memory[name]
		printf "%s\n  \"%s\": {\"seconds\": %s, \"packets_per_second\": %d, \"peak_mb\": %d}",
			(count++ ? "," : "{"), name, seconds[name], packets / seconds[name],
			memory[name] >json
	}
	function judge(what, found, good, bound) {
		failed += !good
		printf "%s %s: %.1f, %s\n", good ? "holds   " : "MISSED  ", what, found, bound
	}
	END {
		printf "%d packets, %d MB\n\n%-10s %8s %14s %10s\n", packets, megabytes,
			"", "seconds", "packets/s", "peak MB"
		line("skypectl")
		line("ndpi")
		line("tshark")
		printf ",\n  \"packets\": %d\n}\n", packets >json
		print ""
		ratio = seconds["tshark"] / seconds["skypectl"]
		judge("times as fast as tshark", ratio, ratio >= tshark_least, "at least " tshark_least)
		if ("ndpi" in seconds) {
			ratio = seconds["ndpi"] / seconds["skypectl"]
			judge("times as fast as libndpi", ratio, ratio >= ndpi_least,
				"at least " ndpi_least)
		}
		judge("peak memory, MB", memory["skypectl"], memory["skypectl"] <= memory_most,
			"at most " memory_most)
		exit failed > 0
	}' "$work/skypectl.time" ${ndpi:+"$work/ndpi.time"} "$work/tshark.time"
