#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# Endpoints (signatures.md, section 5): once a host's port is proven, its other UDP flows
# are peer flows, those that were open before included, whoever opens them; other
# ports are not; a table that is flooded keeps what is proven.
#
#    client ---- gateway (nf_skype) ---- server

. "$(dirname "$0")/lib.sh"
# shellcheck source-path=SCRIPTDIR source=gen/later/later.sh
. "$(dirname "$0")/gen/later/later.sh"

need nft conntrack jq python3

carry()
{
	python3 "$SELFTESTS/gen/carry.py" "$@"
}

# verdict PORT: class, grade and reasons of all UDP flows of the client with that
# port of the server.
verdict()
{
	gateway skypectl -j flow show client "$CLIENT4" | jq -r --argjson port "$1" \
		'.flows[] | select(.server.port == $port) | "\(.class) \(.grade) \(.reasons | join(" "))"'
}

status()
{
	gateway skypectl -j status | jq ".status.$1"
}

topo_routed
can_wait
load autostart=0 hosts=512
gateway skypectl enable
reports python3 "$SELFTESTS/gen/trial.py" late-proof public-address search

# Before the proof: three flows of the port that will be proven, one of another.
forget
SEED=2
port=$("$SELFTESTS/gen/skypegen" describe public-address --seed $SEED --json | jq '.flows[0].client.port')
# One that is given up as a suspect: a request, and nothing that answers it.
python3 - "$SELFTESTS/gen" "$CLIENT4" "$port" <<-'PY'
	import random, sys
	sys.path.insert(0, sys.argv[1])
	import wire
	from carry import arrives, bound
	peer = bound("server", ("192.0.2.13", 5013))
	client = bound("client", (sys.argv[2], int(sys.argv[3])))
	arrives(client, peer, ("192.0.2.13", 5013), wire.u1(random.Random(1), 0x1000))
	for number in range(20):
	    arrives(client, peer, ("192.0.2.13", 5013), b"message %d" % number)
PY
is "$(verdict 5013)" 'probe suspect u1' 'a request without an answer is a suspect'
before=$(carry "$CLIENT4:$port" 192.0.2.1:5001 192.0.2.2:5002 192.0.2.3:5003)
is "$before" $'up 1 down 1\nup 1 down 1\nup 1 down 1' 'flows of a port'
carry "$CLIENT4:$((port + 1))" 192.0.2.4:5004 >/dev/null
is "$(verdict 5001)$(verdict 5002)$(verdict 5003)$(verdict 5004)" '' 'are nothing by themselves'
runs 'NACKs that agree' play public-address --seed $SEED
is "$(gateway skypectl -j endpoint show | jq -c '[.endpoints[] | [.addr, .port, .grade]]')" \
	"[[\"$CLIENT4\",$port,\"likely\"]]" 'prove the endpoint'
sleep 1.5	# the gateway takes its time to look for open flows
carry "$CLIENT4:$port" 192.0.2.1:5001 192.0.2.2:5002 >/dev/null
is "$(verdict 5001)" 'peer likely endpoint' 'an open flow of the port is taken up'
is "$(verdict 5002)" 'peer likely endpoint' 'another too'
carry "$CLIENT4:$port" 192.0.2.13:5013 >/dev/null
is "$(verdict 5013)" 'probe likely u1 endpoint' 'and one that was given up'
carry "$CLIENT4:$port" 192.0.2.5:5005 >/dev/null
is "$(verdict 5005)" 'peer likely endpoint' 'so is every new one'
carry "$CLIENT4:$((port + 1))" 192.0.2.4:5004 192.0.2.6:5006 >/dev/null
is "$(verdict 5004)$(verdict 5006)" '' 'another port of the host is not meant'
carry "10.1.0.3:$port" 192.0.2.7:5007 >/dev/null
is "$(gateway skypectl -j flow show client 10.1.0.3 | jq -c .flows)" '[]' 'nor is the same port of another host'
# From outside: whoever talks to a proven endpoint.
python3 - "$SELFTESTS/gen" "$CLIENT4" "$port" <<-'PY'
	import sys
	sys.path.insert(0, sys.argv[1])
	from carry import bound
	bound("server", ("192.0.2.8", 5008)).sendto(b"a call from outside", (sys.argv[2], int(sys.argv[3])))
PY
is "$(gateway skypectl -j flow show class peer | jq -c '[.flows[] | select(.client.port == 5008 or .server.port == 5008) | .grade]')" \
	'["likely"]' 'a flow that comes in to it is its too'

# The same through a port that is forwarded: whose it is, the second packet tells.
gateway nft -f - <<-NFT || bail 'port forwarding'
	table ip forwarded {
		chain prerouting {
			type nat hook prerouting priority dstnat
			ip daddr $PUBLIC4 udp dport $port dnat to $CLIENT4
		}
	}
NFT
python3 - "$SELFTESTS/gen" "$PUBLIC4" "$port" <<-'PY'
	import sys, time
	sys.path.insert(0, sys.argv[1])
	from carry import bound
	peer = bound("server", ("192.0.2.14", 5014))
	for number in range(2):
	    peer.sendto(b"a call from outside", (sys.argv[2], int(sys.argv[3])))
	    time.sleep(0.1)
PY
gateway nft delete table ip forwarded
is "$(gateway skypectl -j flow show class peer | jq -c '[.flows[] | select(.client.port == 5014 or .server.port == 5014) | .grade]')" \
	'["likely"]' 'a flow that is forwarded to it is its too'

# Flushed, nothing is left of it but the verdicts that stand.
runs 'flush' gateway skypectl endpoint flush
is "$(gateway skypectl -j endpoint show | jq -c .endpoints)" '[]' 'empties the table'
carry "$CLIENT4:$port" 192.0.2.9:5009 192.0.2.1:5001 >/dev/null
is "$(verdict 5009)" '' 'then new flows of the port are nothing'
is "$(verdict 5001)" 'peer likely endpoint' 'and old ones keep what they had'

# Evidence is worth something for 30 minutes after the last of it.
runs 'the endpoint is proven again' play public-address --seed $SEED
later $((29 * 60))
carry "$CLIENT4:$port" 192.0.2.10:5010 >/dev/null
is "$(verdict 5010)" 'peer likely endpoint' 'after 29 minutes its port is still its port'
later 120
carry "$CLIENT4:$port" 192.0.2.11:5011 >/dev/null
is "$(verdict 5011)" '' 'after 31 it is any port again'
is "$(gateway skypectl -j endpoint show | jq -c .endpoints)" '[]' 'and the endpoint is forgotten'

# Where marks are not ours to read, one that looks like a verdict hides no flow.
gateway conntrack -F 2>/dev/null
gateway skypectl endpoint flush
printf 'state-byte off\n' | gateway skypectl policy load -
carry "$CLIENT4:$port" 192.0.2.12:5012 >/dev/null
runs 'another tool marks an open flow' gateway conntrack -U -p udp --orig-dst 192.0.2.12 --mark 0x85abcdef
runs 'the endpoint is proven again' play public-address --seed $SEED
sleep 1.5
carry "$CLIENT4:$port" 192.0.2.12:5012 >/dev/null
is "$(verdict 5012)" 'peer likely endpoint' 'with state-byte off, it is taken up all the same'
gateway skypectl policy reset

# A flood of unproven ones, from seven addresses, its own among them.
runs 'the endpoint is proven again' play public-address --seed $SEED
python3 - "$SELFTESTS/gen" <<-'PY'
	import random, sys
	sys.path.insert(0, sys.argv[1])
	import wire
	from carry import bound
	rng = random.Random(1)
	for number in range(3000):
	    sock = bound("client", ("10.1.0.%d" % (2 + number % 7), 10000 + number * 13))
	    sock.sendto(wire.u1(rng, 0x4000 + number), ("192.0.2.%d" % (1 + number % 250), 7))
	    sock.close()
PY
between "$(status endpoints)" 7 $((7 * 16)) 'a flood of 3000 ports: an address takes 16 places at most'
between "$(gateway skypectl -j counter show | jq '.counters[] | select(.name == "host/endpoint-evicted") | .value')" \
	1000 3000 'which is counted'
is "$(gateway skypectl -j endpoint show | jq -c '[.endpoints[] | select(.grade != "none") | [.addr, .port]]')" \
	"[[\"$CLIENT4\",$port]]" 'the proven one stays, and no other becomes it'
done_testing
