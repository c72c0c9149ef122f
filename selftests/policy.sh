#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# Policy: it acts in enforce mode only, on this flow only, as soon as the verdict
# stands, in both directions; a new one holds for flows that have a verdict
# already, from their next packet on; a bad file is refused as a whole, with its
# line, and the old policy stays.
#
#    client ---- gateway (nf_skype, enforce) ---- server

. "$(dirname "$0")/lib.sh"

need nft conntrack jq python3

# policy: load the text on stdin.
policy()
{
	cat >"$TMP/policy"
	gateway skypectl policy load "$TMP/policy"
}

# start SCENARIO SEED [OPTION...]: played on a gateway that has seen nothing.
start()
{
	local scenario=$1 seed=$2 object
	local -a where=(--client "$CLIENT4" --servers 198.51.100.0/24)
	shift 2
	case " $* " in
	*' --v6 '*)	where=(--client "$CLIENT6" --servers 2001:db8:100::/64) ;;
	esac
	"$SELFTESTS/gen/skypegen" describe "$scenario" --seed "$seed" --json "${where[@]}" >"$TMP/plan.json"
	gateway conntrack -F 2>/dev/null
	for object in endpoint supernode session; do
		gateway skypectl $object flush
	done
	play "$scenario" --seed "$seed" --speed 4 --patience 1.5 "$@"
}

# arrived NAME: so many messages of a flow did, each at the other side.
arrived()
{
	jq -rs --arg name "$1" '[.[].flows[] | select(.name == $name) | .passed] | min' \
		"$TMP/client.json" "$TMP/server.json"
}

# plan NAME FILTER: of a flow of the scenario.
plan()
{
	jq -r --arg name "$1" "[.flows[] | select(.name == \$name)][0] | $2" "$TMP/plan.json"
}

# stopped NAME: the message that completes its signature is the first that did
# not arrive.
stopped()
{
	is "$(arrived "$1")" "$(($(plan "$1" .expect.decided_at) - 1))" \
		"$1 stops at the message that completes its signature"
}

# whole NAME...: all messages of these flows arrived.
whole()
{
	local name
	for name in "$@"; do
		is "$(arrived "$name")" "$(plan "$name" '.messages | length')" "$name goes through"
	done
}

# rule NUMBER COUNTER
rule()
{
	gateway skypectl -j policy show | jq --argjson n "$1" ".policy.rules[] | select(.number == \$n) | .$2"
}

# rules: all that the policy says, counters aside.
rules()
{
	gateway skypectl -j policy show | jq -c '.policy | .rules |= map(del(.packets, .bytes, .flows))'
}

# carry [OPTION...] CLIENT:PORT SERVER:PORT...
carry()
{
	python3 "$SELFTESTS/gen/carry.py" "$@"
}

topo_routed
load autostart=0
printf 'mode enforce\nrule 1 action drop\n' >"$TMP/policy"
fails 0 '^Warning: .*disabled.*skypectl enable' 'a policy that enforces where nothing is enabled is loaded with a warning' \
	gateway skypectl policy load "$TMP/policy"
is "$(rules | jq .mode)" '"enforce"' 'it is loaded'
gateway skypectl enable
is "$(gateway skypectl policy load "$TMP/policy" 2>&1)" '' 'without one where it acts'

runs 'a policy that drops logins loads' policy <<-POLICY
	mode enforce
	rule 10 class login action drop
	default accept
POLICY
start start-1.2 2
stopped login
whole supernode version-check full-probe
is "$(rule 10 flows)" 1 'the rule counts one flow'
between "$(rule 10 packets)" 1 100 'and its packets'
between "$(rule 10 bytes)" 45 10000 'and their bytes'
# What nobody gets must not look like a login that went well either.
is "$(gateway skypectl -j flow show class login | jq -c '.flows[0].reasons')" '["l1-l2"]' \
	'nothing of the login was seen after that'

runs 'an exception before the rule' policy <<-POLICY
	mode enforce
	rule 5 from $CLIENT4/32 class login action accept
	rule 10 class login,supernode action drop
	default accept
POLICY
start start-1.2 3
whole login
stopped supernode
is "$(gateway skypectl -j session show | jq -c .sessions)" '[]' 'whose T4 did not arrive has no session'

# from and to; the order of numbers, not of lines; other hosts' rules.
node=$("$SELFTESTS/gen/skypegen" describe start-1.2 --seed 4 --json --servers 198.51.100.0/24 |
	jq -r '[.flows[] | select(.name == "login")][0].server.addr')
runs 'rules by address' policy <<-POLICY
	mode enforce
	rule 30 to $node/32 action drop
	rule 20 from 10.1.0.3/32 class supernode action drop
	rule 10 from 2001:db8:1::/64 class login action drop
POLICY
start start-1.2 4
note 'to: the server by its address; from: another client is not meant'
stopped login
whole supernode
start start-1.2 5 --v6
note 'rules for IPv6 act on IPv6'
stopped login
whole supernode
is "$(rule 10 flows) $(rule 20 flows) $(rule 30 flows)" '1 0 1' 'each fell under its own rule'

# Grades: likely and better unless a rule says otherwise.
printf 'mode enforce\nrule 1 grade certain action drop\n' | policy
note 'grade certain'
start start-1.2 6
stopped full-probe
whole partial-probe partial-probe-9
printf 'mode enforce\nrule 1 class probe action drop\n' | policy
start public-address 7
is "$(arrived nack)" 1 'no grade: likely is enough, the probe stops at its NACK'
printf 'mode enforce\nrule 1 class probe grade suspect action drop\n' | policy
start public-address 8
is "$(arrived nack)" 0 'grade suspect: the first datagram is too much'
runs 'ordinary traffic goes on' play ordinary-mix --speed 4

printf 'mode enforce\nrule 1 class probe grade suspect action accept\n' | policy
start public-address 8
is "$(rule 1 flows)" "$(jq '[.flows[] | select(.expect.class == ["probe"])] | length' "$TMP/plan.json")" 'a flow is counted once, however often its verdict rises'

# Segments without payload obey too, whoever remembers the verdict.
printf 'mode enforce\nrule 1 class supernode action accept\n' | policy
start only-80-v1.4 3
with=$(rule 1 packets)
printf 'mode enforce\nstate-byte off\nrule 1 class supernode action accept\n' | policy
start only-80-v1.4 3
between "$(rule 1 packets)" $((with * 4 / 5)) $((with * 6 / 5 + 1)) 'with "state-byte off" as many packets fall under a rule'

# A new policy holds for flows that have their verdict, both ways, at once.
gateway skypectl policy reset
start start-1.2 10
read -r mine theirs < <(plan full-probe '"\(.client.addr):\(.client.port) \(.server.addr):\(.server.port)"')
is "$(carry "$mine" "$theirs")" 'up 1 down 1' 'a flow with a verdict, no policy: both ways are open'
printf 'mode enforce\nrule 1 grade certain action drop\n' | policy
is "$(carry "$mine" "$theirs")" 'up 0 down 0' 'a new policy: both ways are shut from the next packet on'
is "$(rule 1 flows)" 1 'the flow is counted for the new rule'
gateway skypectl enable observe
is "$(carry "$mine" "$theirs")" 'up 1 down 1' 'observe: open'
is "$(rule 1 flows) $(rule 1 packets)" '1 2' 'and the rule counts what it would have stopped'
gateway skypectl enable enforce
is "$(carry "$mine" "$theirs")" 'up 0 down 0' 'enforce: shut'
is "$(rule 1 flows) $(rule 1 packets)" '1 2' 'and what it has stopped is counted by itself'
gateway skypectl policy reset
is "$(carry --count 600 "$mine" "$theirs")" 'up 600 down 600' 'reset: open, until inspection has ended'
like "$(gateway conntrack -L -p udp --orig-port-src "${mine#*:}" --orig-dst "${theirs%:*}" 2>/dev/null)" \
	" mark=$((0xd1000000)) " 'which the done bit says'
printf 'mode enforce\nrule 1 class probe action drop\n' | policy
is "$(carry "$mine" "$theirs")" 'up 0 down 0' 'a flow that is done: shut by a new policy'
printf 'mode enforce\nrule 1 class probe action accept\ndefault drop\n' | policy
is "$(carry "$mine" "$theirs")" 'up 1 down 1' 'and opened by the next'
printf 'mode enforce\nrule 1 class voice action accept\ndefault drop\n' | policy
is "$(carry "$mine" "$theirs")" 'up 0 down 0' 'default drop: what no rule accepts is shut'
is "$(carry "${mine%:*}:4444" "${theirs%:*}:4444")" 'up 1 down 1' 'and what is not Skype is not meant'

# All or nothing: between two policies that both let a flow pass, it passes.
printf 'mode enforce\nrule 1 class probe action accept\ndefault drop\n' >"$TMP/one"
{
	echo 'mode enforce'
	for number in $(seq 1 255); do
		echo "rule $number from 192.0.2.$number/32 action drop"
	done
	echo 'rule 1000 grade certain action accept'
	echo 'default drop'
} >"$TMP/two"
carry --count 200 --every 0.01 "$mine" "$theirs" >"$TMP/carried" &
CARRY=$!
loads=0
while kill -0 $CARRY 2>/dev/null && [ $loads -lt 1000 ]; do
	gateway skypectl policy load "$TMP/two" || break
	gateway skypectl policy load "$TMP/one" || break
	loads=$((loads + 2))
done
wait $CARRY
is "$(cat "$TMP/carried")" 'up 200 down 200' 'no packet sees half a policy'
between $loads 6 100000 'while policies came and went'
runs '256 rules are allowed' gateway skypectl policy load "$TMP/two"
is "$(carry "$mine" "$theirs")" 'up 1 down 1' 'and the last one acts'

# The mark, written under its mask, beside the state byte and others' bits.
gateway nft -f - <<-NFT || bail 'rules'
	table inet watch {
		chain tag {
			type filter hook prerouting priority -195
			ct state new ct mark set 0x00ab0000
		}
	}
NFT
printf 'mode enforce\nrule 1 class probe,supernode action mark 0x2e/0xff\n' | policy
runs 'a policy that marks: the start goes through' start start-1.2 11
mine=$(plan supernode .client.port)
is "$(gateway conntrack -L -p tcp --orig-port-src "$mine" 2>/dev/null | sed -n 's/.* mark=\([0-9]*\).*/\1/p')" \
	$((0xc4ab002e | $(gateway skypectl -j flow show class supernode | jq '.flows[0].mark') & 0x10000000)) \
	'the mark of the super node connection: state byte, the others'\'' bits, the rule'\''s'
is "$(gateway conntrack -L 2>/dev/null | grep -c " mark=$((0x00ab0000))\( \|\$\)")" \
	"$(gateway skypectl -j flow show | jq '[.flows[] | select(.class == "none")] | length')" \
	'no flow is left without verdict or mark'
gateway nft delete table inet watch

# Refusals: the whole file, with file and line, and the old policy stands.
printf 'mode enforce\nrule 7 class voice action mark 0x5\n' | policy
kept=$(rules)
bad()		# LINE PATTERN TEXT
{
	printf '%b' "$3" >"$TMP/bad"
	fails 1 "bad:$1:.*$2" "refused: ${3//$'\n'/ }" gateway skypectl policy load "$TMP/bad"
}
bad 2 'stands on line 1' 'mode enforce\nmode observe\n'
bad 3 'rule 1 stands' 'mode enforce\nrule 1 class probe action drop\nrule 1 class login action drop\n'
bad 1 'telepathy' 'rule 1 class telepathy action drop\n'
bad 2 'no action' '# a comment\nrule 1 class probe\n'
bad 1 'no rule number' 'rule 0 action drop\n'
bad 1 'no address' 'rule 1 from 10.1.0 action drop\n'
bad 1 'out of range' 'rule 1 from 10.1.0.0/33 action drop\n'
bad 1 'behind its length' 'rule 1 from 10.1.0.1/16 action drop\n'
bad 1 'different address families' 'rule 1 from 10.1.0.0/16 to 2001:db8::/32 action drop\n'
bad 1 'outside its mask' 'rule 1 action mark 0x100/0xff\n'
bad 1 'mask 0' 'rule 1 action mark 0/0\n'
bad 2 '.' 'mode observe\nrule 1 action mark 0x80000000/0xff000000\n'
bad 1 'grade' 'rule 1 grade maybe action drop\n'
bad 1 '.' 'default perhaps\n'
bad 1 'frobnicate' 'frobnicate 1\n'
bad 1 '.' 'rule 1 action drop please\n'
{ for number in $(seq 1 257); do echo "rule $number action accept"; done; } >"$TMP/bad"
fails 1 'bad:257:.*256' 'refused: 257 rules' gateway skypectl policy load "$TMP/bad"
fails 1 'Error' 'refused: no such file' gateway skypectl policy load "$TMP/none"
is "$(rules)" "$kept" 'the old policy stands after all that'

# A mask that was given stays, the one of a rule without stays away: the state byte
# may be elsewhere when it is loaded again.
printf 'rule 7 action mark 0x5\nrule 8 action mark 0x5/0xffffff\n' | policy
gateway skypectl enable enforce
is "$(gateway skypectl policy save - | grep mark)" \
	$'rule 7 action mark 0x5\nrule 8 action mark 0x5/0xffffff' 'masks are saved as they were written'
is "$(rules | jq -c '[.rules[].mask]')" '[null,16777215]' 'and shown so'
kept=$(rules)
runs 'what is saved' gateway skypectl policy save "$TMP/saved"
gateway skypectl policy reset
is "$(rules)" '{"mode":"observe","offload":false,"state_byte":true,"default":"accept","rules":[]}' \
	'reset: the policy of the beginning'
runs 'can be loaded' gateway skypectl policy load "$TMP/saved"
is "$(rules)" "$kept" 'and is the same'
done_testing
