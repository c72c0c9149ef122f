# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
#
# lib.sh, sourced by every test: a network to send through, TAP to report with,
# and an end that leaves nothing behind.
#
#	. "$(dirname "$0")/lib.sh"
#	need nft python3
#	topo_nat
#	load
#	gateway skypectl enable
#	client ...; server ... &
#	is "$(marks)" 0xd1000000 'a probe is marked'
#	done_testing
#
# The network of topo_routed and topo_nat:
#
#    client 10.1.0.2-9 ----+            gateway (gw)             +---- server
#    2001:db8:1::2-9       |   c0 10.1.0.1      203.0.113.1 s0   |   203.0.113.2, and all of
#    client2 10.1.0.100 ---+   2001:db8:1::1  2001:db8:2::1          198.51.100.0/24,
#    2001:db8:1::100                                                 192.0.2.0/24, 2001:db8:100::/64
#
# The server answers for every address of its prefixes, so it can play as many
# peers as a test wants; the client has a few for the hosts of a scenario. client2 is there after topo_client2. topo_bridge has
# the same addresses with a bridge in the gateway's place: the server owns
# 10.1.0.1 then.

set -u

# shellcheck disable=SC2034	# for the tests
{
TOP=$(readlink -f "$(dirname "${BASH_SOURCE[0]}")/..")
SELFTESTS=$TOP/selftests
CLIENT4=10.1.0.2	CLIENT6=2001:db8:1::2
CLIENT2_4=10.1.0.100	CLIENT2_6=2001:db8:1::100
GATEWAY4=10.1.0.1	GATEWAY6=2001:db8:1::1
PUBLIC4=203.0.113.1	PUBLIC6=2001:db8:2::1
SERVER4=198.51.100.1	SERVER6=2001:db8:100::1
}

MODULE=${MODULE:-$TOP/nf_skype.ko}
PATH=$TOP/build:$PATH
TMP=$(mktemp -d)

# ---------------------------------------------------------------- reporting

TESTS=0
FAILED=0
SKIPPED=0

ok()		# DESCRIPTION
{
	TESTS=$((TESTS + 1))
	echo "ok $TESTS - $*"
}

not_ok()	# DESCRIPTION
{
	TESTS=$((TESTS + 1))
	FAILED=$((FAILED + 1))
	echo "not ok $TESTS - $*"
}

skip()		# DESCRIPTION, REASON
{
	TESTS=$((TESTS + 1))
	SKIPPED=$((SKIPPED + 1))
	echo "ok $TESTS - $1 # SKIP $2"
}

note()		# TEXT
{
	printf '%s\n' "$*" | sed 's/^/# /'
}

is()		# GOT, WANT, DESCRIPTION
{
	if [ "$1" = "$2" ]; then
		ok "$3"
	else
		not_ok "$3"
		note "   got: $1"
		note "  want: $2"
	fi
}

like()		# GOT, EXTENDED-REGULAR-EXPRESSION, DESCRIPTION
{
	if printf '%s\n' "$1" | grep -Eq -- "$2"; then
		ok "$3"
	else
		not_ok "$3"
		note "   got: $1"
		note "  want: $2"
	fi
}

between()	# GOT, LOWEST, HIGHEST, DESCRIPTION
{
	if [ "${1:-none}" -ge "$2" ] 2>/dev/null && [ "$1" -le "$3" ]; then
		ok "$4"
	else
		not_ok "$4"
		note "   got: ${1:-nothing}, want: $2 to $3"
	fi
}

# runs DESCRIPTION COMMAND...: the command succeeds; its words are shown when not.
runs()
{
	local description=$1 output
	shift
	if output=$("$@" 2>&1); then
		ok "$description"
	else
		not_ok "$description"
		note "  $* exited with $?"
		note "$output"
	fi
}

# fails STATUS PATTERN DESCRIPTION COMMAND...: the command exits with STATUS and
# says something that matches PATTERN on stderr.
fails()
{
	local want=$1 pattern=$2 description=$3 output status=0
	shift 3
	output=$("$@" 2>&1 >/dev/null) || status=$?
	if [ "$status" -eq "$want" ] && printf '%s\n' "$output" | grep -Eq -- "$pattern"; then
		ok "$description"
	else
		not_ok "$description"
		note "  $* exited with $status (want $want), stderr: $output"
		note "  want stderr: $pattern"
	fi
}

# reports COMMAND...: a program that writes TAP lines without numbers; its results
# count here, and so does it when it fails without one or says nothing at all.
reports()
{
	local line before=$FAILED count=$TESTS status=0
	while IFS= read -r line; do
		case $line in
		'ok - '*)	ok "${line#ok - }" ;;
		'not ok - '*)	not_ok "${line#not ok - }" ;;
		'exit '*)	status=${line#exit } ;;
		*)		note "${line#\# }" ;;
		esac
	done < <("$@" 2>&1; echo "exit $?")
	if [ "$TESTS" -eq "$count" ] || { [ "$status" -ne 0 ] && [ "$FAILED" -eq "$before" ]; }; then
		not_ok "$1 ended with status $status"
	fi
}

# done_testing: print the plan, leave with 0 (passed), 1 (failed), 4 (skipped).
done_testing()
{
	dmesg_clean
	echo "1..$TESTS"
	[ "$FAILED" -eq 0 ] || exit 1
	[ "$TESTS" -gt $((SKIPPED + 1)) ] || [ "$SKIPPED" -eq 0 ] || exit 4
	exit 0
}

# skip_all REASON: this file cannot run here.
skip_all()
{
	echo "1..0 # SKIP $*"
	exit 4
}

# bail TEXT: the set-up failed; a result would mean nothing.
bail()
{
	not_ok "set-up: $*"
	exit 1
}

need()		# PROGRAM...
{
	local program
	for program in "$@"; do
		command -v "$program" >/dev/null || skip_all "needs $program"
	done
}

# ------------------------------------------------------------------- kernel

DMESG_LINES=$(dmesg | wc -l)

# dmesg_clean: since the test began the kernel has complained of nothing. A
# module from outside the tree taints the kernel (4096, 8192), which is no fault.
dmesg_clean()
{
	local taint complaints
	taint=$(($(cat /proc/sys/kernel/tainted) & ~(4096 | 8192)))
	complaints=$(dmesg | tail -n "+$((DMESG_LINES + 1))" |
		grep -E 'BUG|WARNING|Oops|RIP:|KASAN|UBSAN|INFO: |refcount_t|possible .* detected|leak' || true)
	is "$taint${complaints:+ $complaints}" 0 'the kernel has nothing to complain of'
}

# load [PARAMETER...]: insert the module, and what it depends on.
load()
{
	local dependency
	[ -e "$MODULE" ] || skip_all "no module at $MODULE"
	[ ! -d /sys/module/nf_skype ] || return 0
	for dependency in $(modinfo -F depends "$MODULE" | tr , ' '); do
		modprobe "$dependency" || bail "no module $dependency"
	done
	insmod "$MODULE" "$@" || bail 'insmod nf_skype.ko'
}

# counter NAME [NAMESPACE]: of the module; a name that ends in / or - is a sum
counter()
{
	skypectl ${2:+-N "$2"} -j counter show | jq --arg name "$1" '[.counters[] |
		select(.name == $name or ($name | test("[/-]$")) and (.name | startswith($name))).value] | add'
}

unload()
{
	[ ! -d /sys/module/nf_skype ] || rmmod nf_skype
}

# wait_for SECONDS COMMAND...: until the command succeeds, at most so long.
wait_for()
{
	local tries=$(($1 * 10))
	shift
	while [ $tries -gt 0 ]; do
		"$@" >/dev/null 2>&1 && return 0
		sleep 0.1
		tries=$((tries - 1))
	done
	return 1
}

# ------------------------------------------------------------------ network

NAMESPACES=()
PIDS=()

# within NAMESPACE COMMAND...: ip netns exec would copy every mount to have a /sys
# of its own, and wait for RCU twice; that is most of what a short command takes.
within()	{ nsenter --net="/run/netns/$1" "${@:2}"; }
client()	{ within client "$@"; }
client2()	{ within client2 "$@"; }
gateway()	{ within gw "$@"; }
server()	{ within server "$@"; }

# down: all namespaces go, for other ones to come.
down()
{
	local name
	for name in "${NAMESPACES[@]}"; do
		ip netns del "$name"
	done
	NAMESPACES=()
}

# background [client|client2|gateway|server] COMMAND...: run a program until the
# test ends; its number, not that of a shell around it, is in $PID.
background()
{
	local -a inside=()
	case $1 in
	gateway)		inside=(nsenter --net=/run/netns/gw); shift ;;
	client|client2|server)	inside=(nsenter --net="/run/netns/$1"); shift ;;
	esac
	"${inside[@]}" "$@" &
	PID=$!
	PIDS+=("$PID")
}

namespace()	# NAME...
{
	local name
	for name in "$@"; do
		ip netns add "$name" || bail "namespace $name"
		NAMESPACES+=("$name")
		# No waiting for duplicate address detection, no stray packets.
		within "$name" sysctl -qw net.ipv6.conf.all.accept_dad=0 \
			net.ipv6.conf.default.accept_dad=0 net.ipv6.conf.default.accept_ra=0 \
			net.ipv4.conf.all.rp_filter=0 net.ipv4.conf.default.rp_filter=0
		ip -n "$name" link set lo up
	done
}

# configure NAMESPACE: commands for ip(8) on stdin; all of them or the test ends.
configure()
{
	ip -n "$1" -batch - || bail "network of $1"
}

# remember: the gateway forgets a silent UDP flow after 180 s, as classify does,
# and not in the middle of a test.
remember()
{
	modprobe nf_conntrack
	gateway sysctl -qw net.netfilter.nf_conntrack_udp_timeout=180 \
		net.netfilter.nf_conntrack_udp_timeout_stream=180
}

# cables: c0 and s0, client to gateway and gateway to server.
cables()
{
	namespace client gw server
	ip link add c0 netns client type veth peer name c0 netns gw || bail 'cable c0'
	ip link add s0 netns server type veth peer name s0 netns gw || bail 'cable s0'
	remember
}

# hosts: what the hosts of a scenario are called inside.
hosts()
{
	local number
	for number in 3 4 5 6 7 8 9; do
		echo "address add 10.1.0.$number/24 dev c0"
		echo "address add 2001:db8:1::$number/64 dev c0 nodad"
	done
}

# answer_all: the server answers for whole prefixes.
answer_all()
{
	configure server <<-IP
		route add local 198.51.100.0/24 dev lo
		route add local 192.0.2.0/24 dev lo
		route add local 2001:db8:100::/64 dev lo
	IP
	server sysctl -qw net.ipv4.ip_nonlocal_bind=1 net.ipv6.ip_nonlocal_bind=1
}

# inside: the client, behind a gateway with the first address of its networks.
inside()
{
	configure client <<-IP
		address add 10.1.0.2/24 dev c0
		address add 2001:db8:1::2/64 dev c0 nodad
		$(hosts)
		link set c0 up
		route add default via 10.1.0.1
		route add default via 2001:db8:1::1
	IP
}

# outside: the server, which is all the rest of the world to a gateway.
outside()
{
	configure server <<-IP
		address add 203.0.113.2/24 dev s0
		address add 2001:db8:2::2/64 dev s0 nodad
		link set s0 up
		route add default via 203.0.113.1
		route add default via 2001:db8:2::1
	IP
	answer_all
}

topo_routed()
{
	cables
	inside
	configure gw <<-IP
		address add 10.1.0.1/24 dev c0
		address add 2001:db8:1::1/64 dev c0 nodad
		address add 203.0.113.1/24 dev s0
		address add 2001:db8:2::1/64 dev s0 nodad
		link set c0 up
		link set s0 up
		route add 198.51.100.0/24 via 203.0.113.2
		route add 192.0.2.0/24 via 203.0.113.2
		route add 2001:db8:100::/64 via 2001:db8:2::2
	IP
	outside
	gateway sysctl -qw net.ipv4.ip_forward=1 net.ipv6.conf.all.forwarding=1
}

# topo_nat: as above, and all clients look like the gateway's public address.
topo_nat()
{
	topo_routed
	gateway nft -f - <<-NFT || bail 'masquerade'
		table inet nat {
			chain postrouting {
				type nat hook postrouting priority srcnat
				oifname s0 masquerade
			}
		}
	NFT
}

# topo_client2: a second client beside the first, after topo_routed or topo_nat.
topo_client2()
{
	namespace client2
	ip link add c0 netns client2 type veth peer name c1 netns gw || bail 'cable c1'
	configure gw <<-IP
		address add fe80::1/64 dev c1 nodad
		link set c1 up
		route add 10.1.0.100/32 dev c1
		route add 2001:db8:1::100/128 dev c1
	IP
	configure client2 <<-IP
		address add 10.1.0.100/32 dev c0
		address add 2001:db8:1::100/128 dev c0 nodad
		link set c0 up
		route add 10.1.0.1 dev c0
		route add default via 10.1.0.1
		route add default via fe80::1 dev c0
	IP
}

topo_bridge()
{
	cables
	configure gw <<-IP
		link add br0 type bridge forward_delay 0 mcast_snooping 0
		link set c0 master br0 up
		link set s0 master br0 up
		link set br0 up
	IP
	inside
	configure server <<-IP
		address add 10.1.0.1/24 dev s0
		address add 2001:db8:1::1/64 dev s0 nodad
		link set s0 up
	IP
	answer_all
}

# topo_replay: a gateway (c0) that takes what is played from namespace replay (r0)
# for any address, IP or hardware, forwards it into nothing and answers none: to
# its connection tracking, a capture played there is the connections it was
# taken from. One cable for both sides, because two would not keep the order.
topo_replay()
{
	namespace replay gw
	within replay sysctl -qw net.ipv6.conf.all.disable_ipv6=1 \
		net.ipv6.conf.default.disable_ipv6=1
	ip link add r0 netns replay type veth peer name c0 netns gw || bail 'cable c0'
	configure replay <<-IP
		link set r0 mtu 65535 up
	IP
	configure gw <<-IP
		link add sink type dummy
		link set sink mtu 65535 arp off up
		link set c0 mtu 65535 up
		route add default dev sink
	IP
	ip -n gw -6 route add default dev sink
	remember
	tc -n gw qdisc add dev c0 clsact
	tc -n gw filter add dev c0 ingress matchall action skbedit ptype host
	gateway sysctl -qw net.ipv4.ip_forward=1 net.ipv6.conf.all.forwarding=1 \
		net.ipv4.conf.c0.accept_local=1
	# What a capture shows has been through a network, and some was cut short.
	gateway sysctl -qw net.netfilter.nf_conntrack_checksum=0 \
		net.netfilter.nf_conntrack_tcp_be_liberal=1
	gateway nft -f - <<-NFT || bail 'replay rules'
		table inet replay {
			chain prerouting {
				type filter hook prerouting priority mangle
				ip ttl set 64
				ip6 hoplimit set 64
			}
			chain output {
				type filter hook output priority raw
				oifname != lo drop
			}
		}
	NFT
}

# replay FILE [OPTION...]: play a capture into the gateway, packet by packet in its
# order, as fast as it goes unless an option of tcpreplay says otherwise. What was
# played is in $TMP/replay.pcap.
replay()
{
	local file=$1
	shift
	[ $# -gt 0 ] || set -- --topspeed
	python3 "$SELFTESTS/ethernet.py" "$file" "$TMP/replay.pcap" >/dev/null &&
		within replay taskset -c 0 tcpreplay -q "$@" -i r0 \
			"$TMP/replay.pcap" >"$TMP/replay.log" 2>&1
}

# play SCENARIO [OPTION...]: let the generator play a scenario between client and
# server, over sockets. True when every flow went to its end; what each side saw
# is in client.json and server.json under $REPORT ($TMP). --v6 plays it over IPv6.
play()
{
	local scenario=$1 folder=${REPORT:-$TMP} status=0
	local -a where=(--client "$CLIENT4" --servers 198.51.100.0/24)
	shift

	case " $* " in
	*' --v6 '*)	where=(--client "$CLIENT6" --servers 2001:db8:100::/64) ;;
	esac
	background server "$SELFTESTS/gen/skypegen" play server "$scenario" \
		"${where[@]}" "$@" >"$folder/server.json"
	wait_for 30 grep -q ready "$folder/server.json" || bail "the server of $scenario"
	client "$SELFTESTS/gen/skypegen" play client "$scenario" \
		"${where[@]}" "$@" >"$folder/client.json" || status=$?
	kill "$PID"
	wait "$PID"
	sed -i 1d "$folder/server.json"
	return $status
}

# forget: nothing of what the gateway has seen so far is left.
forget()
{
	gateway conntrack -F 2>/dev/null
	gateway skypectl disable
	gateway skypectl enable "$@"
}

# answers FOLDER: all that the gateway has to say of what it saw, as JSON.
answers()
{
	local object
	mkdir -p "$1"
	for object in flow endpoint session supernode; do
		gateway skypectl -j "$object" show >"$1/$object.json" || bail "$object show"
	done
}

# --------------------------------------------------------------------- end

cleanup()
{
	local status=$? pid
	trap - EXIT
	for pid in "${PIDS[@]}"; do
		kill "$pid" 2>/dev/null
	done
	wait 2>/dev/null
	down
	rm -rf "$TMP"
	exit $status
}
trap cleanup EXIT
trap 'exit 1' INT TERM
