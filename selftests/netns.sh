#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# Network namespaces share the module and nothing else, and may go at any time.
#
#    client ---- gateway (nf_skype) ---- server          other (nf_skype)

. "$(dirname "$0")/lib.sh"

need nft conntrack jq

other()		{ within other "$@"; }
status()	{ skypectl -N "$1" -j status | jq -r ".status.$2"; }

topo_nat
namespace other
load
is "$(skypectl -j status | jq -r .status.mode)" observe 'loaded, the first namespace is observed'
is "$(status gw mode) $(status other mode)" 'disabled disabled' 'no other is'
runs 'one is enabled' gateway skypectl enable
is "$(skypectl -j status | jq -r .status.mode) $(status gw mode) $(status other mode)" \
	'observe observe disabled' 'it alone'
runs 'and another, enforcing' other skypectl enable enforce
runs 'with a policy' other sh -c \
	'printf "mode enforce\nrule 1 action drop\ndefault drop\n" | skypectl policy load -'
background ip netns exec other skypectl -j monitor >"$TMP/events"
sleep 1
runs 'the first is not touched by it' play start-1.2
between "$(gateway skypectl -j flow show | jq '.flows | length')" 10 1000 'the first saw flows'
between "$(counter verdict/ gw)" 10 1000 'and counted verdicts'
for object in flow endpoint supernode session; do
	is "$(other skypectl -j $object show | jq -c ".${object}s")" '[]' "the other saw no $object"
done
is "$(counter verdict/ other) $(counter packet/ other)" '0 0' 'it counted nothing'
is "$(wc -l <"$TMP/events")" 0 'and nobody there heard of it'
is "$(gateway skypectl -j policy show | jq -c .policy.rules)" '[]' 'the first has no rules'
is "$(other skypectl -j policy show | jq -c '.policy.rules | length')" 1 'the other has'
runs 'flush in the other' other skypectl endpoint flush
runs 'disable the other' other skypectl disable
between "$(gateway skypectl -j endpoint show | jq '.endpoints | length')" 1 1000 'the first keeps its endpoints'
between "$(gateway skypectl -j flow show | jq '.flows | length')" 10 1000 'and flows'

# A namespace goes while it is enabled, has sessions, and packets are under way.
background client ping -qfi 0.002 -w 60 "$SERVER4" >/dev/null
runs 'more traffic' play start-1.2 --seed 2 --speed 4
is "$(gateway skypectl -j session show | jq '.sessions | length')" 1 'a session is looked after'
ip netns del gw
NAMESPACES=(client server other)
wait_for 30 sh -c '! skypectl -N gw status 2>/dev/null'
is "$(status other mode)" disabled 'the others live on when a namespace goes'
rounds=0
while [ $rounds -lt 8 ]; do
	ip netns add brief || break
	within brief skypectl enable enforce || break
	within brief sh -c 'printf "rule 1 action drop\n" | skypectl policy load -' || break
	ip netns del brief
	rounds=$((rounds + 1))
done
is $rounds 8 'namespaces come, are enabled, and go'
runs 'one more' ip netns add brief
NAMESPACES+=(brief)
within brief skypectl enable
# Who listens is told that there is nothing to hear any more, wherever he is.
ip netns exec brief skypectl -j monitor >"$TMP/events" 2>"$TMP/error" &
listener=$!
PIDS+=("$listener")
sleep 1
runs 'the module goes first' unload
gone()		{ ! kill -0 "$listener" 2>/dev/null; }
runs 'a monitor ends by that' wait_for 10 gone
gone || kill "$listener"
status=0
wait "$listener" || status=$?
is "$status $(cat "$TMP/error")" '3 Error: nf_skype has been unloaded' 'and says why'
is "$(cat "$TMP/events")" '' 'nothing else'
load autostart=0
is "$(within brief skypectl -j status | jq -r .status.mode)" disabled \
	'loaded again, a namespace is as a new one'
done_testing
