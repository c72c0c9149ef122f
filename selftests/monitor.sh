#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# skypectl monitor: what happens is told once, in order, to those who ask for
# it; what was lost is told too; it ends when it is told to.

. "$(dirname "$0")/lib.sh"

need jq python3 nft
topo_nat
load
gateway skypectl enable

# listening COUNT: so many monitors get events. Before that they miss them.
listening()
{
	wait_for 30 sh -c "[ \$(ip netns exec gw awk '\$2 == 16 && \$4 !~ /^0*\$/' /proc/net/netlink | wc -l) -eq $1 ]" ||
		bail "no $1 monitors"
}

# events FILTER: what jq finds in the events so far
events()	{ jq -sc "$1" "$TMP/all"; }

# ends SIGNAL DESCRIPTION: the monitor of $PID ends well by it
ends()
{
	local status=0
	kill "-$1" "$PID"
	wait "$PID" || status=$?
	is "$status" 0 "$2"
}

background gateway skypectl -j monitor >"$TMP/all"
all=$PID
background gateway skypectl -j monitor session endpoint >"$TMP/some"
some=$PID
background gateway skypectl -n monitor flow >"$TMP/text"
text=$PID
listening 3

runs 'a client starts' play start-1.2 --seed 4 --speed 2
printf 'mode enforce\nrule 10 class login action accept\n' >"$TMP/policy"
runs 'a policy is loaded' gateway skypectl policy load "$TMP/policy"
wait_for 5 grep -q '"event":"policy"' "$TMP/all"

runs 'every line is an object with its event' jq -e '.event | strings' "$TMP/all"
is "$(events 'map(.event) - ["flow"] | sort')" \
	'["endpoint","login-ok","policy","session-start"]' 'what happened is told, once each'
like "$(events '[.[] | select(.event == "flow").flow | .class + " " + .grade]')" \
	'"probe certain".*"supernode certain".*"login certain"' 'flows are told in the order of their verdicts'
is "$(events 'map(select(.event == "login-ok").flow.reasons[-1])')" '["l4-ok"]' \
	'a login is told with its flow'
is "$(events 'map(select(.event == "session-start").session | .state, .changes, .end)')" \
	'["active",0,null]' 'a session is told when it starts'
is "$(events 'map(select(.event == "policy").mode)')" '["enforce"]' 'so is a policy'
node=$(events 'map(select(.event == "session-start").session.supernode)[0]')
is "$(gateway skypectl -j session | jq -c '.sessions[0].supernode')" "$node" \
	'it is the session that is shown'
is "$(jq -sc 'map(.event) | unique' "$TMP/some")" '["endpoint","session-start"]' \
	'a filter leaves the others out'
like "$(head -n 1 "$TMP/text")" \
	'^flow proto=udp client=10\.1\.0\.2:[0-9]+ server=[0-9.]+:[0-9]+ state=undecided class=probe grade=suspect reasons=u1 ' \
	'without -j it is a line of text'
is "$(grep -cv -e '^flow ' -e '^login-' "$TMP/text")" 0 'about flows only'

PID=$all;	ends TERM 'SIGTERM ends it well'
PID=$some;	ends INT 'so does SIGINT'
PID=$text;	ends TERM 'also the one that writes text'

events()	# the number of events that were sent, or lost
{
	gateway skypectl -j counter show | jq '[.counters[] | select(.name | test("^event/")) | .value] | add'
}

# A session that has ended is told of a minute later: not while events are counted.
forget enforce

# A reader that sleeps while more happens than fits into its buffer
before=$(sysctl -n net.core.rmem_max)
sysctl -qw net.core.rmem_max=8192
background gateway skypectl -j monitor >"$TMP/all"
listening 1
kill -STOP "$PID"
before_events=$(events)
for _ in $(seq 20); do
	gateway skypectl enable observe
	gateway skypectl enable enforce
done
is $(($(events) - before_events)) 40 'each of 40 events is counted, as sent or as lost'
kill -CONT "$PID"
wait_for 5 grep -qxF '{"event":"overrun"}' "$TMP/all"
like "$(grep overrun "$TMP/all")" '^\{"event":"overrun"\}$' 'lost events are told'
between "$(grep -c '"policy"' "$TMP/all")" 1 39 'with those that were not'
gateway skypectl enable observe
wait_for 5 sh -c "tail -n 1 '$TMP/all' | grep -q observe"
like "$(tail -n 1 "$TMP/all")" '"mode":"observe"' 'and it goes on'
ends TERM 'and ends well'
sysctl -qw "net.core.rmem_max=$before"

# shellcheck disable=SC2016
runs 'it ends when its reader has gone' timeout 10 ip netns exec gw \
	bash -c 'skypectl monitor | head -n 1 & sleep 1; skypectl enable enforce; wait'

done_testing
