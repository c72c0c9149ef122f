#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# The state byte in the conntrack mark: there on the packet that completes the
# signature, under its mask only, never on other traffic, back when another tool
# has overwritten it.
#
#    client ---- gateway (nf_skype, then nft at mangle) ---- server

. "$(dirname "$0")/lib.sh"

need nft conntrack jq

SEED=7
PLAN=$("$SELFTESTS/gen/skypegen" describe start-1.2 --seed $SEED --json \
	--client "$CLIENT4" --servers 198.51.100.0/24)

# plan ROLE-OR-NAME FILTER: of the first such flow of the scenario.
plan()
{
	jq -r --arg name "$1" "[.flows[] | select(.name == \$name)][0] | $2" <<<"$PLAN"
}

counter()	# COMMENT
{
	gateway nft -j list chain inet watch prerouting | jq -r --arg name "$1" \
		'.nftables[].rule? // empty | select(.comment == $name) | .expr[] | .counter? // empty | .packets'
}

topo_nat
load autostart=0
gateway skypectl enable

probe=$(plan full-probe .server.addr)
login=$(plan login .server.addr)
gateway nft -f - <<NFT || bail 'rules'
table inet watch {
	chain tag {
		type filter hook prerouting priority -195
		ct state new ct mark set 0x00abcdef
	}
	chain prerouting {
		type filter hook prerouting priority mangle
		ip saddr $probe udp length > 8 counter comment "probe answers"
		ip saddr $probe ct mark and 0xc0000000 == 0xc0000000 counter comment "probe answers, certain"
		ip daddr $probe udp length > 8 counter comment "probe requests"
		ip daddr $probe ct mark and 0xc0000000 == 0xc0000000 counter comment "probe requests, certain"
		ip saddr $login tcp flags & psh == psh ct mark and 0x40000000 != 0 counter comment "login answers, certain"
		ip daddr $login tcp flags & psh == psh ct mark and 0x40000000 != 0 counter comment "login requests, certain"
		ct mark and 0x00ffffff != 0x00abcdef counter comment "other bits changed"
		icmp type echo-request ct mark != 0x00abcdef counter comment "ping marked"
	}
}
NFT

runs 'the start goes through' play start-1.2 --seed $SEED
client ping -qc 3 -i 0.2 "$SERVER4" >/dev/null

decided=$(plan full-probe .expect.decided_at)
total=$(plan full-probe '.messages | length')
is "$(($(counter 'probe answers') + $(counter 'probe requests')))" "$total" \
	'nft sees all messages of the full probe'
is "$(($(counter 'probe answers, certain') + $(counter 'probe requests, certain')))" \
	"$((total - decided + 1))" \
	"the full probe is certain to nft from message $decided of $total on, the one that proves it"
decided=$(plan login .expect.decided_at)
total=$(plan login '.messages | length')
is "$(($(counter 'login answers, certain') + $(counter 'login requests, certain')))" \
	"$((total - decided + 1))" \
	"the login is certain to nft from message $decided of $total on"
is "$(counter 'other bits changed')" 0 "nobody's other bits of the mark are touched"
is "$(counter 'ping marked')" 0 'other traffic keeps its mark'

# A tool that knows nothing of the byte overwrites it in mid-flow.
forget
gateway nft delete table inet watch
play start-1.2 --seed $SEED
port=$(plan full-probe .client.port)
peer=$(plan full-probe .server.port)
marks()
{
	gateway conntrack -L -p udp --orig-src "$CLIENT4" --orig-dst "$probe" 2>/dev/null |
		sed -n 's/.* mark=\([0-9]*\).*/\1/p'
}
want=$((0xc0000000 | 0x01000000 | 0x10000000))
is "$(($(marks) & 0xef000000))" $((want & 0xef000000)) 'conntrack shows the state byte of the probe'
before=$(marks)
gateway conntrack -U -p udp --orig-src "$CLIENT4" --orig-dst "$probe" --mark 5 >/dev/null 2>&1
is "$(marks)" 5 'another tool overwrites the whole mark'
client python3 - "$port" "$probe" "$peer" "$CLIENT4" <<-'PY'
	import socket, sys
	sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
	sock.bind((sys.argv[4], int(sys.argv[1])))
	sock.sendto(b"one more packet of this flow", (sys.argv[2], int(sys.argv[3])))
PY
is "$(marks)" "$(((before & 0xff000000) | 5))" 'the next packet brings the byte back, and nothing else'
like "$(gateway skypectl -j counter show)" 'repair' 'the repair is counted'

done_testing
