#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# guest.sh FOLDER ROW...: in the virtual machine, measure what packets cost with
# each ROW in their way. FOLDER has pktbench.ko and measure (build.sh), MODULE is
# nf_skype.ko.
#
# Prints lines of: row, case, packets, 10th percentile, median, 90th, maximum.
# With CASE in the environment only that case is measured, and /out/kallsyms is
# left for who profiles it.
#
#      10.0.0.0/8 -- lan (dummy)   gateway   wan (dummy) -- 198.51.100.0/24
#
# Both sides are behind routers, so that no packet makes a neighbour entry.

set -eu -o pipefail

PATH=$(readlink -f "$(dirname "$0")/../../build"):$PATH
folder=$1
shift
here=$(dirname "$(readlink -f "$0")")
cases=(settled tcp new candidate lookalike chain skype skype-tcp
	start-0.97 start-1.2 start-1.4 start-2.0 start-2.5 start-5.5)

die()
{
	echo "guest.sh: $*" >&2
	exit 1
}

network()
{
	modprobe dummy numdummies=0
	ip -batch - <<-IP
		link add lan type dummy
		link add wan type dummy
		link set lan arp off up
		link set wan arp off up
		route add 10.0.0.0/8 via 192.168.1.2 dev lan onlink
		route add 198.51.100.0/24 via 192.168.2.2 dev wan onlink
	IP
	sysctl -qw net.ipv4.ip_forward=1 net.ipv4.conf.all.rp_filter=0 \
		net.ipv4.conf.lan.rp_filter=0 net.ipv4.conf.wan.rp_filter=0
	modprobe nf_conntrack
	# so many buckets that in the median a chain of conntracks has one
	sysctl -qw net.netfilter.nf_conntrack_buckets=2097152 \
		net.netfilter.nf_conntrack_max=1048576 \
		net.netfilter.nf_conntrack_udp_timeout=7200 \
		net.netfilter.nf_conntrack_udp_timeout_stream=7200
	insmod "$folder/pktbench.ko"
}

switch()	# PARAMETER 0|1
{
	echo "$2" >"/sys/module/pktbench/parameters/$1"
}

# forget: neither connections nor Skype's hosts are known.
forget()
{
	local object

	conntrack -F >/dev/null 2>&1
	[ -d /sys/module/nf_skype ] || return 0
	for object in endpoint supernode session; do
		skypectl "$object" flush
	done
}

play()		# CASE [COUNT [FIRST]]
{
	local case=$1
	shift
	[ ! -e "$folder/$case.pcap" ] || case=$folder/$case.pcap
	"$folder/measure" "$case" "$@"
}

run()		# ROW CASE [COUNT [FIRST]]
{
	local row=$1
	shift
	if [ -n "${CASE-}" ]; then
		[ "$1" = "$CASE" ] || return 0
		cat /proc/kallsyms >/out/kallsyms
	fi
	play "$@" | sed "s/^/$row\t/"
}

# prepare CASE COUNT: what has come before, not measured
prepare()
{
	forget
	play "$@" >/dev/null
}

# measure ROW CASE [COUNT]: with tables that know nothing.
measure()
{
	forget
	run "$@"
}

measure_all()	# ROW [CASE...]
{
	local row=$1 name
	shift
	[ $# -gt 0 ] || set -- "${cases[@]}"
	for name; do
		measure "$row" "$name"
	done
}

# pinned ROW CPU COUNT: settled flows of its own, on one processor
pinned()
{
	taskset -c "$2" "$folder/measure" settled "$3" $(($2 * 64000)) | sed "s/^/$1\tcpu$2-/"
}

alone()		# ROW COUNT
{
	forget
	pinned "$1-alone" 0 "$2"
}

pair()		# ROW COUNT
{
	forget
	pinned "$1-pair" 1 "$2" &
	pinned "$1-pair" 0 "$2"
	wait $!
}

# skype [POLICY-LINE...]: the module, on, with a policy.
skype()
{
	modprobe nf_defrag_ipv6
	insmod "$MODULE"
	printf '%s\n' "$@" | skypectl policy load -
}

row()		# NAME
{
	case $1 in
	forward)	# no connection tracking at all
		switch conntrack 0
		measure_all "$1" settled
		switch conntrack 1 ;;
	conntrack)
		measure_all "$1" ;;
	hook)
		switch hook 1
		measure_all "$1"
		switch hook 0 ;;
	nft)
		nft -f "$here/skype-rules.nft"
		measure_all "$1"
		nft delete table inet skype_by_hand ;;
	ipp2p)		# only its default, strict patterns
		if [ -e "$folder/xt_ipp2p.missing" ] || ! command -v iptables-legacy >/dev/null; then
			echo "# $1: $(cat "$folder/xt_ipp2p.missing" 2>&1 || echo 'no iptables')"
			return
		fi
		modprobe -a x_tables ip_tables iptable_filter
		insmod "$folder/ipp2p/compat_xtables.ko"
		insmod "$folder/ipp2p/xt_ipp2p.ko"
		iptables-legacy -A FORWARD -m ipp2p --edk --kazaa --gnu --dc --bit \
			--apple --soul --winmx --ares
		measure_all "$1"
		iptables-legacy -F FORWARD
		rmmod xt_ipp2p compat_xtables iptable_filter ip_tables ;;
	observe)
		skype
		measure_all "$1"
		rmmod nf_skype ;;
	offload)
		skype 'offload on'
		measure_all "$1"
		rmmod nf_skype ;;
	accept)
		skype 'mode enforce' 'rule 10 from 192.0.2.0/24 action drop' \
			'rule 20 class probe,peer,voice action accept'
		measure_all "$1"
		rmmod nf_skype ;;
	mark)
		skype 'mode enforce' 'rule 10 class voice action accept' \
			'rule 20 grade likely action mark 0x2e/0xff'
		measure_all "$1" settled skype skype-tcp
		rmmod nf_skype ;;
	drop)
		skype 'mode enforce' 'rule 10 grade likely action drop'
		measure_all "$1"
		rmmod nf_skype ;;
	busy)		# other clients have started, their endpoints are proven
		skype
		prepare start-1.2 100
		run "$1" settled
		run "$1" new 500 100000
		run "$1" candidate 1000 100000
		rmmod nf_skype ;;
	many)		# the connections of "full", without the module
		prepare candidate 65536
		run "$1" new 500 100000
		run "$1" candidate 1000 100000
		run "$1" start-1.2 50 200000
		forget ;;
	full)		# four times as many undecided flows as it has room for
		skype
		prepare candidate 65536
		run "$1" settled
		run "$1" new 500 100000
		run "$1" candidate 1000 100000
		run "$1" start-1.2 50 200000
		rmmod nf_skype ;;
	flowtable)	# what the documented rule saves
		skype 'offload on'
		nft -f - <<-NFT
			table inet fast {
				flowtable ft {
					hook ingress priority filter
					devices = { lan, wan }
				}
				chain forward {
					type filter hook forward priority filter
					ct mark and 0x10000000 != 0 flow add @ft
				}
			}
		NFT
		measure "$1" settled
		forget
		nft delete table inet fast
		rmmod nf_skype ;;
	sharing)	# both processors forward, each its own flows
		skype
		cat /proc/kallsyms >/out/kallsyms
		pair "$1" 64
		rmmod nf_skype ;;
	processors)	# one of them, then both, without the module and with it
		for round in 1 2 3 4 5; do
			alone "conntrack-$round" 5000
			pair "conntrack-$round" 5000
			skype
			alone "observe-$round" 5000
			pair "observe-$round" 5000
			rmmod nf_skype
		done ;;
	scale)		# the same flows, more and more of them, without and with it
		local flows before=0
		forget
		for flows in 1000 4096 16384 65536 262144; do
			play fill $((flows - before)) $before >/dev/null
			before=$flows
			run scale-conntrack scale "$flows"
			skype
			run scale-observe scale "$flows"
			rmmod nf_skype
		done ;;
	*)	die "no such row: $1" ;;
	esac
}

network
switch conntrack 1
for name; do
	row "$name"
done
