#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# Come and go under traffic: reloads, namespaces, policies, flushes, limits,
# clock jumps, a processor less. Every packet falls under the old policy or the
# new one, and afterwards nothing is left over.
#
#    client ---- gateway (nf_skype) ---- server          brief (nf_skype) ---- nowhere
#
# How often, by variable (make soak sets the full ones):
#   RELOADS=20 NETWORKS=20 POLICIES=200

. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/tools/tools.sh"

need nft conntrack jq taskset

RELOADS=${RELOADS:-20}
NETWORKS=${NETWORKS:-20}
POLICIES=${POLICIES:-200}

verdicts()	{ counter verdict/probe-suspect gw; }
more_than()	{ [ "$(verdicts)" -gt "$1" ]; }

# goes_on DESCRIPTION: flows are recognised, now as before
goes_on()
{
	runs "$1" wait_for 20 more_than "$(verdicts)"
}

# number NAME: packets of the rule with that comment
number()
{
	gateway nft -j list table inet churn | jq --arg name "$1" \
		'.nftables[].rule? // empty | select(.comment == $name).expr[].counter?.packets // empty'
}

# traffic PROCESSOR...: on each of them, the client sends until quiet()
traffic()
{
	local processor
	senders=()
	for processor in "$@"; do
		background client taskset -c "$processor" "$TOOLS/churn" datagrams 0
		senders+=("$PID")
	done
}

quiet()
{
	runs 'there was traffic all the time' kill "${senders[@]}"
	wait "${senders[@]}"
}

# progress DONE WHAT: for whoever watches a long run
progress()
{
	[ $(($1 % 100)) -ne 0 ] || note "$1 $2, $SECONDS s"
}

# brief COMMAND...: run it while there is a namespace of that name, which has a
# way out
brief()
{
	ip netns add brief || return
	ip -n brief -batch - <<-IP && "$@" && ip netns del brief
		link add out type dummy
		address add 10.9.0.1/24 dev out
		link set out up
		route add default dev out
	IP
}

# flood: as many packets as are sent are inspected
flood()
{
	skypectl -N brief enable enforce &&
		within brief "$TOOLS/churn" datagrams 100 >/dev/null &&
		[ "$(counter packet/inspected brief)" = 100 ]
}

# memory: what is in use that we might have left: objects, then KiB. (KASAN keeps
# for a while what was freed; there is kmemleak to tell then.)
memory()
{
	slabs nf_conntrack net_namespace
	awk '/^(Percpu|VmallocUsed):/ { print $1, $2 }' /proc/meminfo
	[ -w "$KMEMLEAK" ] || awk '/^SUnreclaim:/ { print $1, $2 }' /proc/meminfo
}

# risen: what has risen since $before, with both numbers, by as much as if every
# second namespace had left an object, or any its counters (3 KiB) or a table (70)
risen()
{
	awk -v rounds="$NETWORKS" '
		BEGIN { most["Percpu:"] = 2; most["VmallocUsed:"] = most["SUnreclaim:"] = 50 }
		NR == FNR { before[$1] = $2; next }
		$2 > before[$1] + rounds * ($1 in most ? most[$1] : 0.5) { print $1, before[$1], $2 }
	' <(printf '%s\n' "$before") <(memory)
}

tool churn
topo_routed
keep_hooks
# Silent flows are soon forgotten, or conntrack would be full of them.
gateway sysctl -qw net.netfilter.nf_conntrack_udp_timeout=5
# In memory, where a build beside this test does not change it.
cp "$MODULE" "$TMP/nf_skype.ko"
MODULE=$TMP/nf_skype.ko
load
rmmod nf_skype
leaks_forget
# The kernel keeps the first few namespaces for itself, with or without us.
for ((i = 0; i < 10; i++)); do
	brief true
done
gateway conntrack -F 2>/dev/null
sleep 2
before=$(memory)
traffic 0

# --- the module comes and goes
done=0
for ((i = 0; i < RELOADS; i++)); do
	insmod "$MODULE" flows=1024 hosts=256 || break
	gateway skypectl enable enforce || break
	rmmod nf_skype || break
	done=$((done + 1))
	progress $done reloads
done
is "$done" "$RELOADS" "the module is loaded, enabled and unloaded $RELOADS times under traffic"

# --- namespaces come and go, with the hooks in use
load flows=1024 hosts=256
gateway skypectl enable enforce
done=0
for ((i = 0; i < NETWORKS; i++)); do
	brief flood || break
	done=$((done + 1))
	progress $done namespaces
done
is "$done" "$NETWORKS" "$NETWORKS namespaces are enabled, flooded and destroyed"
goes_on 'and the gateway has gone on'
quiet

# --- policies come and go: each is whole. What a packet was marked with is wiped
# off behind it, so the next one is marked anew or shows.
gateway conntrack -F 2>/dev/null
gateway "$TOOLS/churn" policies 1 >/dev/null
gateway nft -f - <<-NFT || bail 'rules that count'
	table inet churn {
		chain arriving {
			type filter hook prerouting priority raw
			iifname c0 udp dport 33033 counter comment "came"
		}
		chain wipe {
			ct mark set ct mark and 0xffffff00
		}
		chain leaving {
			type filter hook forward priority filter
			iifname != c0 return
			udp dport != 33033 return
			ct mark and 0xff == 0x11 counter goto wipe comment "first"
			ct mark and 0xff == 0x22 counter goto wipe comment "second"
			counter goto wipe comment "neither"
		}
	}
NFT
# One processor takes all packets: nft's writing of a mark is not atomic.
traffic 0
comes()		{ [ "$(number came)" -gt 0 ]; }
wait_for 10 comes
is "$(gateway "$TOOLS/churn" policies "$POLICIES")" "$POLICIES" "$POLICIES policies are loaded under traffic"
quiet
sleep 1
came=$(number came) first=$(number first) second=$(number second)
note "$came packets: $first under the one policy, $second under the other"
between "$came" $((10 * POLICIES)) 1000000000 'while ten times as many packets pass'
is "$(number neither)" 0 'none has neither verdict'
is $((first + second)) "$came" 'none is lost by a rule of the wrong policy'
between "$first" $((came / 10)) $((came * 9 / 10)) 'both have been in force'
gateway nft delete table inet churn

# --- conntrack is emptied, and full
traffic 0 1
for ((i = 0; i < 50; i++)); do
	gateway conntrack -F 2>/dev/null
done
goes_on 'conntrack is emptied 50 times: flows are recognised'
limit=$(sysctl -n net.netfilter.nf_conntrack_max)
sysctl -qw net.netfilter.nf_conntrack_max=50
sleep 2
between "$(gateway conntrack -S | grep -oE '(early_drop|drop)=[0-9]+' | awk -F = '{ sum += $2 } END { print sum }')" \
	1 1000000000 'conntrack is full'
goes_on 'conntrack is full: flows are recognised'
sysctl -qw net.netfilter.nf_conntrack_max="$limit"

# --- the clock jumps
now=$(date +%s)
for seconds in 86400 -86400 31536000; do
	date -s "@$((now + seconds))" >/dev/null
	goes_on "the clock jumps by $seconds s: flows are recognised"
	runs 'and hosts are listed' gateway skypectl -j endpoint
done
date -s "@$now" >/dev/null

# --- a processor goes and comes
if [ -w /sys/devices/system/cpu/cpu1/online ]; then
	for ((i = 0; i < 5; i++)); do
		echo 0 >/sys/devices/system/cpu/cpu1/online
		sleep 0.2
		echo 1 >/sys/devices/system/cpu/cpu1/online
		sleep 0.2
	done
	goes_on 'a processor goes and comes 5 times: flows are recognised'
	echo 0 >/sys/devices/system/cpu/cpu1/online
	goes_on 'a processor less: flows are recognised'
	runs 'and counters are summed' gateway skypectl -j counter
	echo 1 >/sys/devices/system/cpu/cpu1/online
else
	skip 'a processor goes and comes' 'this kernel or machine has one only'
fi

# --- and nothing is left
quiet
runs 'the module can be unloaded' rmmod nf_skype
gateway conntrack -F 2>/dev/null
# Namespaces are taken down behind our back, one after the other. Of a leak there
# would be one in every round.
for ((i = 0; i < 20; i++)); do
	[ -n "$(risen)" ] || break
	sleep 1
done
note "before: ${before//$'\n'/, }"
note "after: $(memory | tr '\n' ' ')"
is "$(risen)" '' 'no conntrack, no namespace and no table is left over'
is "$(leaks)" '' 'no memory is lost'
done_testing
