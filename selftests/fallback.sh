#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# A client that falls back (signatures.md, sections 2.2, 2.3 and 5): UDP, the node's own port,
# 443, 80, other nodes, login servers, logins through nodes. Let through, it gets
# a session and a login; with one rule it gets neither, whatever it tries, and
# each attempt dies at the message that completes its signature or before; with a
# rule that marks, all that it says is marked.
#
#    clients 10.1.0.2-5, one of each version ---- gateway (nf_skype) ---- server

. "$(dirname "$0")/lib.sh"

need nft conntrack jq python3

VERSIONS=(0.97 1.4 2.x 5.5)

# where I: addresses of the I-th version's client and of its nodes.
where()
{
	echo --seed 3 --client "10.1.0.$((2 + $1))" --servers "198.51.100.$((64 * $1))/26"
}

# fall_back OPTION...: all versions at once; the report of each is in
# $TMP/VERSION.json.
fall_back()
{
	local i
	local -a clients=() servers=() place

	gateway conntrack -F 2>/dev/null
	for object in endpoint supernode session; do
		gateway skypectl $object flush
	done
	for i in "${!VERSIONS[@]}"; do
		read -ra place < <(where "$i")
		background server "$SELFTESTS/gen/skypegen" play server "fallback-${VERSIONS[i]}" \
			"${place[@]}" >"$TMP/server.$i"
		servers+=("$PID")
	done
	for i in "${!VERSIONS[@]}"; do
		wait_for 60 grep -q ready "$TMP/server.$i" || bail "the nodes of ${VERSIONS[i]}"
	done
	for i in "${!VERSIONS[@]}"; do
		read -ra place < <(where "$i")
		background client "$SELFTESTS/gen/skypegen" fallback "fallback-${VERSIONS[i]}" \
			"${place[@]}" --speed 4 "$@" >"$TMP/${VERSIONS[i]}.json" 2>"$TMP/${VERSIONS[i]}.told"
		clients+=("$PID")
	done
	wait "${clients[@]}"
	kill "${servers[@]}"
	wait "${servers[@]}"
}

# got VERSION: what it got.
got()
{
	jq -r '"session \(.session), login \(.login)"' "$TMP/$1.json"
}

# too_late VERSION: attempts that got further than the completing message. A
# datagram that is dropped is missed by its sender one message later.
too_late()
{
	jq -r --slurpfile plan "$TMP/$1.plan" '
		($plan[0].flows | map({(.name): .expect.decided_at}) | add) as $at |
		.attempts[] |
		select(.result != "done" and $at[.name] and
			.died_at > $at[.name] + (if .proto == "udp" then 1 else 0 end)) |
		"\(.name) died at \(.died_at), not at \($at[.name])"' "$TMP/$1.json"
}

# unmarked VERSION: flows of its attempts that ought to be marked and are not.
unmarked()
{
	jq -r --slurpfile plan "$TMP/$1.plan" --slurpfile seen "$TMP/flows.json" '
		($plan[0].flows | map({(.name): .expect.grade}) | add) as $grade |
		($seen[0].flows | map({("\(.proto) \(.client.addr) \(.client.port) \(.server.addr) \(.server.port)"): .mark}) | add) as $mark |
		.attempts[] | select(.result == "done" and ($grade[.name] // ["none"] | inside(["likely", "certain"]))) |
		select(($mark["\(.proto) \(.client.addr) \(.client.port) \(.server.addr) \(.server.port)"] // 0) % 256 != 46) |
		"\(.name) is not marked"' "$TMP/$1.json"
}

topo_routed
load autostart=0
gateway skypectl enable
for i in "${!VERSIONS[@]}"; do
	read -ra place < <(where "$i")
	"$SELFTESTS/gen/skypegen" describe "fallback-${VERSIONS[i]}" --json "${place[@]}" \
		>"$TMP/${VERSIONS[i]}.plan"
done

note 'no policy'
fall_back
for version in "${VERSIONS[@]}"; do
	is "$(got "$version")" 'session true, login true' "$version: let through, it gets all it wants"
done

note 'drop'
printf 'mode enforce\nrule 10 grade likely action drop\n' >"$TMP/policy"
runs 'one rule' gateway skypectl policy load "$TMP/policy"
fall_back --patience 2
for version in "${VERSIONS[@]}"; do
	is "$(got "$version")" 'session false, login false' "$version: no session and no login in any way"
	between "$(jq '[.attempts[] | select(.proto == "tcp")] | length' "$TMP/$version.json")" 10 100 \
		"$version: it tried them all"
	is "$(jq -r '.attempts[] | select(.proto == "tcp" and .result == "done") | .name' "$TMP/$version.json")" '' \
		"$version: not one connection went through"
	is "$(too_late "$version")" '' "$version: each died at the completing message or before"
	note "$(sed "s/^/$version: /" "$TMP/$version.told")"
done

note 'mark'
printf 'mode enforce\nrule 10 grade likely action mark 0x2e/0xff\n' >"$TMP/policy"
runs 'a rule that marks' gateway skypectl policy load "$TMP/policy"
fall_back
gateway skypectl -j flow show >"$TMP/flows.json"
is "$(jq '[.flows[] | select((.grade == "likely" or .grade == "certain") and .mark % 256 != 46)] | length' "$TMP/flows.json")" 0 \
	'every Skype flow is marked'
for version in "${VERSIONS[@]}"; do
	is "$(got "$version")" 'session true, login true' "$version: marked, it gets all it wants"
	is "$(unmarked "$version")" '' "$version: and all of it is marked"
done
done_testing
