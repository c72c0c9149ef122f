#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# What SECURITY.md promises, by construction: replies hold nothing but what was
# put there; who is not on a connection's path neither makes, changes nor evicts a
# verdict of it; and no flood makes the module talk more than it may. (Who may do
# what: permissions.sh. Look-alikes: nearmiss.sh. Floods at length: flood.sh.)
#
#    client 10.1.0.2-4 ---- gateway (nf_skype) ---- server, and everybody outside
#    client2, a neighbour ----+
#                                       other (nf_skype): a gateway of others

. "$(dirname "$0")/lib.sh"

need nft conntrack jq python3 tcpreplay

security()	{ python3 "$SELFTESTS/security.py" "$@"; }

# ask COMMAND...: of ha.py, whose client is to be harmed; its answer.
ask()
{
	local answer=
	echo "$*" >&"${VICTIM[1]}"
	read -rt 60 answer <&"${VICTIM[0]}"
	echo "$answer"
}

# picture: what the gateway has to say of the connections that are played, and of
# their hosts, as far as they are proven; times of day may follow a clock that is set
picture()
{
	local object
	for object in flow endpoint supernode session; do
		gateway skypectl -j $object show || bail "$object show"
	done | jq -cS --argjson servers "$SERVERS" '
		(.flows // [] | map(select(.server.addr | IN($servers[]))) | sort_by(.client, .server) | .[]),
		(.endpoints // [] | sort | .[] | select(.grade != "none" and (.addr | startswith("10.1.0.")))),
		(.supernodes // [] | sort | .[] | select(.addr | IN($servers[]))),
		(.sessions // [] | sort | .[] | select(.client.addr | startswith("10.1.0."))) |
		del(.first, .last, .start)'
}

forged()
{
	gateway nft -j list chain inet watch prerouting |
		jq '[.nftables[].rule? // empty | .expr[] | .counter? // empty | .packets] | add'
}

# unchanged DESCRIPTION COUNT [FILTER]: so many forged packets came since the last
# picture, and it is still that one; what FILTER takes out of it may differ
unchanged()
{
	local filter=${3:-.} now came
	now=$(picture)
	came=$(($(forged) - FORGED))
	is "$came packets $(jq -c "$filter" <<<"$now")" "$2 packets $(jq -c "$filter" <<<"$PICTURE")" "$1"
	look
}

look()
{
	PICTURE=$(picture)
	FORGED=$(forged)
}

topo_routed
topo_client2
load autostart=0 flows=256 hosts=256
gateway skypectl enable
gateway nft -f - <<-NFT || bail 'watch'
	table inet watch {
		chain prerouting {
			type filter hook prerouting priority -310
			ip id 0xbeef counter
		}
	}
NFT
# Nothing here is to end by itself, however slow the machine is.
gateway sysctl -qw net.netfilter.nf_conntrack_udp_timeout=3600 \
	net.netfilter.nf_conntrack_udp_timeout_stream=3600
kernel_lines=$(dmesg | wc -l)

coproc VICTIM { exec python3 "$SELFTESTS/ha.py" 2>"$TMP/victim"; }
# shellcheck disable=SC2153	# set by coproc
PIDS+=("$VICTIM_PID")
plan=$(ask plan)
SERVERS=$(tr ' ' '\n' <<<"$plan" | sed 's/.*=//' | jq -cRn '[inputs]')
is "$(ask play probe-marked)" '4 of 4' 'a client probes a node'
is "$(ask play session-marked)" '5 of 5' 'has a session with it'
is "$(ask play session-six)" '5 of 5' 'and one over IPv6'
is "$(ask play session-dropped 1)" '1 of 5' 'another is in the middle of its handshake'
is "$(ask play probe-dropped 1)" '1 of 4' 'and waits for an answer to its probe'
is "$(ask play web)" '2 of 2' 'a third one reads a page'
note "$(ask talk 1 ordinary)"
read -r probe node <<<"$(ask where probe-marked)"
read -r session supernode <<<"$(ask where session-marked)"
read -r handshake _ <<<"$(ask where session-dropped)"
read -r asking asked <<<"$(ask where probe-dropped)"
read -r reader page <<<"$(ask where web)"
read -r caller callee <<<"$(ask where ordinary)"
is "$(gateway skypectl -j flow show | jq -c '[.flows[] | "\(.class) \(.grade)"] | sort')" \
	'["none none","probe certain","probe suspect","supernode certain","supernode certain"]' \
	'they are what they are'

# --------------------------------------------------------------------- replies

{
	echo 'mode enforce'
	for number in $(seq 1 100); do
		echo "rule $number from 192.0.2.$number/32 class login action drop"
		echo "rule $((number + 100)) to 2001:db8:$number::/48 action mark 0x2e/0xff"
	done
} >"$TMP/policy"
gateway skypectl policy load "$TMP/policy" || bail 'policy'
note 'replies'
reports gateway python3 "$SELFTESTS/security.py" replies
gateway skypectl policy reset

# -------------------------------------------------------- not on the way at all

u1=12340211223344556677889900aabbccddee
u2=ffff07cb0071010badcafe
u4=43210211223344556677889900aabbccddee
check=$(printf 'GET /ui/0/97/en/installed HTTP/1.1\r\nHost: ui.skype.com\r\n\r\n' | od -An -tx1 | tr -d ' \n')
look
server "$SELFTESTS/security.py" forge \
	"icmp,198.51.100.250,${probe%:*},1,udp,$probe,$node,$u1" \
	"icmp,198.51.100.250,${caller%:*},1,udp,$caller,$callee,$u1" \
	"icmp,198.51.100.250,${reader%:*},1,tcp,$reader,$page,$check" \
	"icmp,198.51.100.250,${session%:*},1,tcp,$session,$supernode,$check"
unchanged 'ICMP errors that quote a flow say nothing about it' 4

# A blind guess of sequence numbers, from both sides
segments=()
for flags in R RA FA PA; do
	for seq in 0x10000000 0x50000000 0x90000000 0xd0000000; do
		segments+=("tcp,$supernode,$session,$flags,$seq,$seq,$check"
			"tcp,$session,$supernode,$flags,$seq,$seq,$check"
			"tcp,$page,$reader,$flags,$seq,$seq,$check"
			"tcp,$reader,$page,$flags,$seq,$seq,$check")
	done
done
client2 "$SELFTESTS/security.py" forge "${segments[@]}"
unchanged 'a neighbour who guesses at sequence numbers neither ends a session nor makes one' ${#segments[@]}
is "$(gateway skypectl -j session show | jq -c '[.sessions[].state] | unique')" '["active"]' 'it is up'
is "$(ask data session-marked) $(ask data web)" 'up 1 down 1 up 1 down 1' 'and so are the connections'
look

client2 "$SELFTESTS/security.py" forge "udp,$caller,$callee,$u1" "udp,$callee,$caller,$u2" \
	"udp,$callee,$caller,$u4"
unchanged "datagrams in another's name make nothing of a flow that is settled" 3
client2 "$SELFTESTS/security.py" forge "udp,$node,$probe,$u2" "udp,$node,$probe,$u4" "udp,$probe,$node,$u1"
unchanged 'nor do they change a verdict' 3 'del(.packets, .bytes)'
client2 "$SELFTESTS/security.py" forge "udp,$asked,$asking,$u2"
unchanged 'a NACK with a guessed id is no evidence' 1 'del(.packets, .bytes)'
client2 "$SELFTESTS/security.py" forge "udp,198.51.100.251:4000,$asking,$u2" "udp,198.51.100.251:4001,$asking,$u4" \
	"udp,198.51.100.252:4000,$caller,$u2" "udp,198.51.100.252:4001,$caller,$u4"
unchanged 'nor are answers that nobody has asked for' 4

# ------------------------------------------------------- the same, elsewhere

# The same addresses and ports on another gateway: there they are Skype.
namespace other elsewhere
ip link add e0 netns elsewhere type veth peer name e0 netns other
configure other <<-IP
	link set e0 up
	link add sink type dummy
	link set sink up arp off
	route add default dev sink
IP
configure elsewhere <<-IP
	link set e0 up arp off
	route add default dev e0
IP
tc -n other qdisc add dev e0 clsact
tc -n other filter add dev e0 ingress matchall action skbedit ptype host
within other sysctl -qw net.ipv4.ip_forward=1
within other skypectl enable
within elsewhere "$SELFTESTS/security.py" forge "udp,$caller,$callee,$u1" \
	"udp,$callee,$caller,1234${u2#????}"
is "$(within other skypectl -j flow show | jq -c '[.flows[] | [.client.addr, .class, .grade]]')" \
	"[[\"${caller%:*}\",\"probe\",\"likely\"]]" "a probe with the call's addresses and ports on another gateway"
unchanged 'is nothing to this one' 0

# -------------------------------------------------------------------- floods

# An entry of three silent minutes (TCP: ten) is free for others, flood or not, and a
# slow machine may need as long for the floods: so what is to be kept has spoken
# just before. What waits for an answer gets another one of no worth.
speak()
{
	local name
	for name in probe-marked session-marked session-six; do
		is "$(ask data $name)" 'up 1 down 1' "before $1, $name is used"
	done
	client2 "$SELFTESTS/security.py" forge "udp,$asked,$asking,$u2"
	look
}

flood=1500	# several times what both tables hold
sysctl -qw net.netfilter.nf_conntrack_max=262144
passed=1
for way in "client2 198.51.100.77:33033" "server $probe" "server $caller"; do
	passed=$((passed + 1))
	is "$(ask play session-dropped 1)" "$passed of 5" 'the handshake goes on'
	for kind in u1 syn; do
		speak "$kind of ${way% *} to ${way#* }"
		within "${way% *}" "$SELFTESTS/security.py" flood $kind "$flood" "${way#* }"
		unchanged "$flood forged $kind of ${way% *} to ${way#* } evict nothing" "$flood" 'del(.packets, .bytes)'
	done
done
is "$(ask play session-dropped)" '5 of 5' 'the handshake is completed'
is "$(ask play probe-dropped)" '4 of 4' 'and so is the probe'
is "$(ask data session-marked) $(ask data web)" 'up 1 down 1 up 1 down 1' 'the connections are up'
verdict()	# CLIENT:PORT
{
	gateway skypectl -j flow show client "${1%:*}" | jq -r --argjson port "${1#*:}" \
		'.flows[] | select(.client.port == $port) | "\(.class) \(.grade)"'
}
is "$(verdict "$handshake"), $(verdict "$session")" 'supernode certain, supernode certain' \
	'the handshake in the middle of it was seen, and the session is what it was'
is "$(verdict "$asking")" 'probe certain' 'and so was the probe'
is "$(verdict "$caller")$(verdict "$reader")" '' 'the call and the page still are nothing'

# ------------------------------------------------------------ how much is told

gateway conntrack -F 2>/dev/null
mac=$(ip -n gw -j link show c1 | jq -r '.[0].address')
security flood u1 20000 198.51.100.77:33033 "$TMP/flood.pcap" "$mac"
security flood u1 1 198.51.100.78:33033 "$TMP/later.pcap" "$mac"
background gateway "$SELFTESTS/security.py" listen >"$TMP/heard"
listener=$PID
wait_for 10 grep -q ready "$TMP/heard" || bail 'nobody listens'
gateway skypectl counter reset
client2 tcpreplay -q --topspeed -i c0 "$TMP/flood.pcap" >"$TMP/replay.log" 2>&1 || bail 'tcpreplay'
sleep 1.1	# the word comes with the next event, and a flood may be over in a second
client2 tcpreplay -q -i c0 "$TMP/later.pcap" >/dev/null 2>&1 || bail 'tcpreplay'
wait "$listener"
note "$(tail -n 1 "$TMP/heard"), $(grep -o 'Rated.*' "$TMP/replay.log")"
heard=0 overruns=0 seconds=0
# shellcheck disable=SC2046	# three words
declare $(tail -n 1 "$TMP/heard")
between "$heard" 1 $((2000 * (seconds + 2))) 'a flood is told in 2000 events a second at most'
lost=$(counter event/lost gw)
if [ "$lost" -gt 0 ]; then
	between "$overruns" 1 $((seconds + 2)) 'with a word about those that were not'
	between "$lost" 1 20000 'which are counted'
else
	is "$overruns" 0 'where all are told, there is no word about others'
	skip 'with a word about those that were not, which are counted' \
		"the limit is not reached: $heard events in $seconds s"
fi
is "$((heard + lost))" "$(counter verdict/probe-suspect gw)" 'so that none is unaccounted for'
is "$(dmesg | tail -n "+$((kernel_lines + 1))" | grep -c nf_skype)" 0 'nothing of all this is in the log'
[ ! -s "$TMP/victim" ] || note "$(cat "$TMP/victim")"
done_testing
