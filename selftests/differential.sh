#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# One classifier in two places: every capture goes through the kernel and through
# skypectl classify, and the verdicts are the same, flow by flow. Captures are
# made by the generator; with CAPTURES=folder all of that folder go too.
#
#    replay ---- gateway (nf_skype) ---- nothing

. "$(dirname "$0")/lib.sh"

need nft conntrack python3

# both NAME FILE
both()
{
	local name=$1 file=$2 wrong

	forget
	replay "$file" || { not_ok "$name: $(tail -n 1 "$TMP/replay.log")"; return; }
	gateway skypectl -j flow show >"$TMP/kernel.json" || { not_ok "$name: flow show"; return; }
	skypectl -j classify "$TMP/replay.pcap" >"$TMP/offline.json" || { not_ok "$name: classify"; return; }
	wrong=$(python3 "$SELFTESTS/gen/compare.py" same "$TMP/offline.json" "$TMP/kernel.json" 2>&1)
	is "$wrong" '' "$name: kernel and classify agree"
}

topo_replay
load autostart=0
gateway skypectl enable
for scenario in $("$SELFTESTS/gen/skypegen" list --names); do
	"$SELFTESTS/gen/skypegen" pcap "$scenario" -o "$TMP/made.pcap"
	both "$scenario" "$TMP/made.pcap"
done
if [ -n "${CAPTURES-}" ]; then
	while IFS= read -r file; do
		both "${file#"$CAPTURES"/}" "$file"
	done < <(find "$CAPTURES" -name '*.pcap*' -type f | sort)
else
	skip 'captures that others made' 'no CAPTURES=folder'
fi
done_testing
