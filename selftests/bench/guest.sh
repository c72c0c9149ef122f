#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# guest.sh FOLDER ROW...: in the virtual machine, measure what packets cost with
# each ROW in their way. FOLDER has pktbench.ko and measure (build.sh).
#
# Prints lines of: row, case, packets, 10th percentile, median, 90th, maximum.
#
#      10.0.0.0/8 -- lan (dummy)   gateway   wan (dummy) -- 198.51.100.0/24

set -eu

folder=$1
shift
here=$(dirname "$(readlink -f "$0")")
cases=(settled tcp new candidate lookalike chain start)

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
		route add 10.0.0.0/8 dev lan
		route add 198.51.100.0/24 dev wan
	IP
	sysctl -qw net.ipv4.ip_forward=1 net.ipv4.conf.all.rp_filter=0 \
		net.ipv4.conf.lan.rp_filter=0 net.ipv4.conf.wan.rp_filter=0
	modprobe nf_conntrack
	sysctl -qw net.netfilter.nf_conntrack_buckets=524288 \
		net.netfilter.nf_conntrack_max=1048576 \
		net.netfilter.nf_conntrack_udp_timeout=7200 \
		net.netfilter.nf_conntrack_udp_timeout_stream=7200
	insmod "$folder/pktbench.ko"
}

switch()	# PARAMETER 0|1
{
	echo "$2" >"/sys/module/pktbench/parameters/$1"
}

# measure ROW CASE [COUNT]: with a connection table that knows nothing.
measure()
{
	local row=$1
	shift
	conntrack -F >/dev/null 2>&1
	"$folder/measure" "$@" | sed "s/^/$row\t/"
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
	*)	die "no such row: $1" ;;
	esac
}

network
switch conntrack 1
for name; do
	row "$name"
done
