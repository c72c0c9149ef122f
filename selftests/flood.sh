#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# Floods: whatever comes, memory stays as it was, a real start is found in the
# middle of it, nobody else's verdict changes, and the counters tell the admin
# what happened. What a packet costs meanwhile is judged by bench/budget.sh.
#
#    10.0.0.0/8, spoofed -- lan (dummy)   gateway   wan (dummy) -- spoofed too
#
# FLOOD is how many requests are spoofed; half as many connections are left half
# open, and a tenth as many NACKs guess ids.

# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$(dirname "$0")/lib.sh"

need conntrack jq skypectl
bench=$TOP/build/bench/$(uname -r)
flood=${FLOOD:-1000000}
[ -e "$bench/pktbench.ko" ] || skip_all "no $bench/pktbench.ko (selftests/bench/build.sh)"

modprobe dummy numdummies=0
ip -batch - <<-IP || bail network
	link add lan type dummy
	link add wan type dummy
	link set lan arp off up
	link set wan arp off up
	route add 10.0.0.0/8 via 192.168.1.2 dev lan onlink
	route add default via 192.168.2.2 dev wan onlink
IP
sysctl -qw net.ipv4.ip_forward=1 net.ipv4.conf.all.rp_filter=0 \
	net.ipv4.conf.lan.rp_filter=0 net.ipv4.conf.wan.rp_filter=0
load
# Room for all flows until a start has been found: those of it that connection
# tracking forgets are lost to us. It is full afterwards.
sysctl -qw net.netfilter.nf_conntrack_max=262144 net.netfilter.nf_conntrack_buckets=262144 \
	net.netfilter.nf_conntrack_udp_timeout=3600 \
	net.netfilter.nf_conntrack_udp_timeout_stream=3600 \
	net.netfilter.nf_conntrack_tcp_timeout_time_wait=3600
insmod "$bench/pktbench.ko" || bail pktbench.ko

send()		# CASE COUNT [FIRST [NOISE]]
{
	local start=$SECONDS
	"$bench/measure" "$@" >"$TMP/measured" || bail "measure $*"
	note "${1##*/}: $2, $((SECONDS - start)) s"
}

status()	{ skypectl -j status | jq -r ".status.$1"; }
verdicts()	# how many flows have ever been found likely or certain
{
	skypectl -j counter show | jq '[.counters[] |
		select(.name | test("^verdict/.*-(likely|certain)$")).value] | add'
}
sessions()	{ skypectl -j session show | jq '.sessions | length'; }
early_drops()	{ conntrack -S | grep -oE '\<early_drop=[0-9]+' | awk -F = '{ sum += $2 } END { print sum }'; }
available()	{ awk '/MemAvailable/ { print int($2 / 1024) }' /proc/meminfo; }

# The verdicts of one client, in the marks of those of its flows that connection
# tracking keeps: a flow that it is not assured of may go in any flood.
marks()		# CLIENT
{
	conntrack -L -s "$1" 2>/dev/null | grep ASSURED |
		sed -E 's/ +/ /g; s/.*(tcp|udp) .* src=.*(sport=[0-9]+ dport=[0-9]+).*(mark=[0-9]+).*/\1 \2 \3/' |
		sort
}
certain()	# how many flows of each class have ever been certain
{
	skypectl -j counter show | jq -r '.counters[] |
		select(.name | test("^verdict/.*-certain$")) | "\(.name) \(.value)"'
}

# Connection tracking is sure of a flow that is answered for two seconds: then a
# flood does not push it out of that table, which would be no fault of ours.
send "$bench/start-1.2.pcap" 1 7
sleep 3
send "$bench/start-1.2.pcap" 1 7
send settled 64 899968
client_before=$(marks 10.16.0.7)
other_before=$(marks 10.0.55.238)
between "$(grep -vc 'mark=0$' <<<"$client_before")" 10 100 'a client has started before the flood'
note "$client_before"
is "$(grep -c 'mark=0$' <<<"$other_before")" 64 "another's flows are nothing"
# From here on our tables are full. A start of 4 seconds, 50,000 requests in each:
send flood-requests 30000
certain_before=$(certain)
send "$bench/start-1.2.pcap" 1 8 50000
is "$(sessions)" 2 'a start in the middle of a flood: its session is found'
is "$(certain | comm -13 <(sort <<<"$certain_before") <(sort) | grep -o '/[a-z]*' | tr '\n' ' ')" \
	'/login /probe /signal /supernode /update ' \
	'and its probe, super node, login and version check are certain'
is "$(early_drops)" 0 'and connection tracking had room for all of it'

# From here on that of connection tracking is, too, and memory is as it will be.
send flood-requests 100000 1
between "$(early_drops)" 1 100000 'connection tracking is full'
memory=$(status memory)
available_before=$(available)
found=$(verdicts)
flows_before=$(counter flow/one-sided)
endpoints_before=$(counter host/endpoint-evicted)

send flood-requests "$flood" 2
is "$(verdicts)" "$found" "of $flood spoofed requests none is likely"
send flood-half-open $((flood / 2))
is "$(verdicts)" "$found" "of $((flood / 2)) half-open connections none is likely"
send flood-nacks $((flood / 10))
between "$(verdicts)" "$found" $((found + flood / 1000000 + 3)) \
	"$((flood / 10)) guessed NACKs lead to nothing"

is "$(status memory)" "$memory" 'the tables take what they took'
# a slab object for one flow in ten would be more
between $((available_before - $(available))) -1024 32 'and nothing else grew (MB)'
is "$(marks 10.16.0.7)" "$client_before" "the Skype client's verdicts are as they were"
is "$(marks 10.0.55.238)" "$other_before" "the other client's flows, too"

note "$(skypectl counter show nonzero)"
between $(($(counter flow/one-sided) - flows_before)) $((flood / 4)) $((flood * 3)) \
	'the counters tell of undecided flows that had to go'
between $(($(counter host/endpoint-evicted) - endpoints_before)) $((flood / 4)) $((flood * 3)) \
	'and of endpoints of a single request'
between "$(counter note/udp-wrong-id)" $((flood / 100)) $((flood / 10)) 'and of wrong ids'

conntrack -F 2>/dev/null
rmmod pktbench
ip link del lan
ip link del wan
done_testing
