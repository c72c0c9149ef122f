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

need nft conntrack jq skypectl
bench=$TOP/build/bench/$(uname -r | cut -d . -f 1,2)
flood=${FLOOD:-100000}
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
sysctl -qw net.netfilter.nf_conntrack_max=65536 net.netfilter.nf_conntrack_buckets=65536 \
	net.netfilter.nf_conntrack_udp_timeout=600 \
	net.netfilter.nf_conntrack_udp_timeout_stream=600
insmod "$bench/pktbench.ko" || bail pktbench.ko
cleanup_flood()
{
	conntrack -F 2>/dev/null
	rmmod pktbench
	ip link del lan
	ip link del wan
}

send()		# CASE COUNT [FIRST [NOISE]]
{
	local start=$SECONDS
	"$bench/measure" "$@" >"$TMP/measured" || bail "measure $*"
	note "${1##*/}: $2, $((SECONDS - start)) s"
}

status()	{ skypectl -j status | jq -r ".$1"; }
count()		{ skypectl -j counter show | jq -r "[.. | objects | .[\"$1\"]? // empty] | first // 0"; }
verdicts()	{ skypectl -j flow show grade "$1" | jq '.flows | length'; }

# A third host's flow, which is nothing.
send settled 1 900000
third()		{ conntrack -L -s 10.0.55.186 2>/dev/null | grep -c 'mark=0 '; }
third_before=$(third)

memory=$(status memory)
free_before=$(awk '/MemAvailable/ { print int($2 / 1024) }' /proc/meminfo)
note "$(skypectl status)"

send flood-requests "$flood"
is "$(status memory)" "$memory" "after $flood spoofed requests the tables take what they took"
is "$(verdicts likely)" 0 'none of them is likely'
send "$bench/start-1.2.pcap" 1 0 $((flood / 500))
is "$(skypectl -j session show | jq '.sessions | length')" 1 \
	'a start in the middle of a flood: its session is found'
like "$(verdicts certain)" '^[3-9]' 'and its probe, login and version check are certain'
found=$(verdicts likely)

send flood-half-open $((flood / 2))
is "$(status memory)" "$memory" "after $((flood / 2)) half-open connections, too"
send flood-nacks $((flood / 10))
is "$(status memory)" "$memory" "after $((flood / 10)) NACKs with guessed ids, too"
between "$(verdicts likely)" 0 $((found + flood / 100000 + 1)) \
	'guessing ids leads to nothing'
is "$(third)" "$third_before" "a third host's flow is as it was"

counters=$(skypectl counter show nonzero)
note "$counters"
like "$counters" 'one-sided|evicted' 'the counters tell of flows that had to go'

conntrack -F 2>/dev/null
sleep 1
free_after=$(awk '/MemAvailable/ { print int($2 / 1024) }' /proc/meminfo)
between $((free_before - free_after)) -1024 24 'no memory was kept (MB)'
cleanup_flood
done_testing
