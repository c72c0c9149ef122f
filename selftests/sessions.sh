#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# Sessions (signatures.md, sections 3 and 5): they start with an accepted handshake, change
# with the next one, and end a minute after the last connection has gone by FIN,
# by RST or without a word. A refusal starts none. Ports 443 and 80 do.
#
#    clients 10.1.0.2-5 ---- gateway (nf_skype, masquerade) ---- server

. "$(dirname "$0")/lib.sh"

need nft conntrack jq python3

# sessions FILTER: of each session, in the order of their clients.
sessions()
{
	gateway skypectl -j session show | jq -c "[.sessions | sort_by(.client.addr)[] | $1]"
}

events()	# NAME
{
	jq -sc --arg name "$1" '[.[] | select(.event == $name)]' "$TMP/events"
}

topo_nat
load autostart=0
gateway skypectl enable

reports python3 "$SELFTESTS/gen/trial.py" supernode-refused only-refused supernode-change two-clients \
	shared-address only-443 only-80-v1.4 only-80-v2.5-evidence

forget
background gateway skypectl -j monitor >>"$TMP/events"
# who does not listen yet misses events
wait_for 30 sh -c "ip netns exec gw awk '\$2 == 16 && \$4 !~ /^0*\$/' /proc/net/netlink | grep -q ." ||
	bail 'no monitor'
runs 'logins' play login-refused --speed 4
plan=$("$SELFTESTS/gen/skypegen" describe login-refused --json)
for word in ok refused; do
	is "$(events login-$word | jq length)" \
		"$(jq "[.flows[] | select(.expect.reasons | index(\"l4-$word\"))] | length" <<<"$plan")" \
		"as many login-$word events as logins that are $word"
done
runs 'nodes that refuse' play only-refused --speed 4
is "$(sessions .)" '[]' 'no session starts with a refusal'
is "$(events session-start)" '[]' 'nor is one told'

# Four clients, and four ways in which a connection may go.
forget
: >"$TMP/events"
where=(--client "$CLIENT4" --servers 198.51.100.0/24)
background server "$SELFTESTS/gen/skypegen" play server session-ways "${where[@]}" >"$TMP/server.json"
wait_for 30 grep -q ready "$TMP/server.json" || bail 'the nodes of session-ways'
background client "$SELFTESTS/gen/skypegen" play client session-ways "${where[@]}" \
	--linger 600 >"$TMP/client.json"
wait_for 60 sh -c "[ \$(grep -c session-start $TMP/events) -eq 4 ]" || bail 'the sessions did not start'
ok 'four clients start a session each'
is "$(events session-start | jq -c '[.[].session.state] | unique')" '["active"]' 'which is active'
# the third client's connection is forgotten without a FIN
sleep 3
earliest=$(date +%s)
gateway conntrack -U -p tcp --orig-src 10.1.0.4 --timeout 1 >/dev/null 2>&1
latest=$(($(date +%s) + 8))
wait_for 30 grep -q supernode-change "$TMP/events"
is "$(events supernode-change | jq -c '[.[].session.client.addr]')" '["10.1.0.5"]' \
	'a handshake after the close is a super node change'
is "$(sessions '.changes')" '[0,0,0,1]' 'which is counted'
is "$(sessions .state | jq -c unique)" '["active"]' 'for a minute, a successor may come'
is "$(events session-end)" '[]' 'nothing has ended yet'
between "$(gateway conntrack -L -p tcp --orig-src 10.1.0.4 2>/dev/null | grep -c ESTABLISHED)" 0 0 \
	'one connection is forgotten by conntrack'

wait_for 80 sh -c "[ \$(grep -c session-end $TMP/events) -ge 3 ]"
is "$(events session-end | jq -c '[.[].session.client.addr] | sort')" '["10.1.0.2","10.1.0.3","10.1.0.4"]' \
	'sessions end by FIN, by RST, and with the connection forgotten'
is "$(sessions '[.client.addr, .state, .changes]' | jq -c sort)" \
	'[["10.1.0.2","ended",0],["10.1.0.3","ended",0],["10.1.0.4","ended",0],["10.1.0.5","active",1]]' \
	'as session show says; the one that changed goes on'
word=$(gateway skypectl -j flow show class supernode | jq -c '[.flows[] | select(.client.addr == "10.1.0.2" or
	.client.addr == "10.1.0.3") | .packets - .decided_at] | unique')
is "$word" '[512]' 'their connections were watched for 512 packets, and FIN and RST told later'
now=$(date +%s)
is "$(sessions "select(.state == \"ended\") | .end > .start and .end < $now - 59" | jq -c unique)" '[true]' \
	'the end is dated at the close, not when it was sure'
between "$(sessions 'select(.client.addr == "10.1.0.4") | .end | floor' | jq '.[0]')" \
	"$earliest" "$latest" 'or when the connection was missed'
is "$(sessions 'select(.state == "active") | .end')" '[null]' 'who is up has no end'
runs 'flush' gateway skypectl session flush
is "$(sessions .)" '[]' 'flush forgets them all'
done_testing
