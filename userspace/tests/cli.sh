#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# cli.sh SKYPECTL: the command line without a module: exit statuses, help,
# unknown words, completions, files.  Prints TAP.

skypectl=$1
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
out=$folder/out
err=$folder/err
number=0

# ok STATUS WHAT: one result; 0 is good
ok()
{
	number=$((number + 1))
	if [ "$1" -eq 0 ]; then
		echo "ok $number - $2"
	else
		echo "not ok $number - $2"
		sed 's/^/# stdout: /' "$out"
		sed 's/^/# stderr: /' "$err"
	fi
}

# expect STATUS STDERR WORD...: run, and compare exit status and stderr
expect()
{
	status=$1
	message=$2
	shift 2
	"$skypectl" "$@" > "$out" 2> "$err" < /dev/null
	found=$?
	[ "$found" -eq "$status" ] && [ "$(cat "$err")" = "$message" ]
	ok $? "skypectl $*: $status${message:+, $message}"
}

# says TEXT: the latest stdout has this line
says()
{
	grep -qxF -- "$1" "$out"
	ok $? "it says: $1"
}

# completes WORDS N WORD...: what is offered, on one line
completes()
{
	words=$1
	shift
	"$skypectl" complete "$@" > "$out" 2> "$err"
	[ "$(tr '\n' ' ' < "$out")" = "$words" ]
	ok $? "complete $*: $words"
}

# Help, version, options

expect 0 '' -h
says 'Usage: skypectl [OPTIONS] OBJECT [COMMAND] [ARGUMENTS]'
for object in status enable disable policy flow endpoint supernode session \
	counter monitor classify export nft complete; do
	grep -q "^  $object\b" "$out"
	ok $? "help lists $object"
done
for object in status enable disable policy flow endpoint supernode session \
	counter monitor classify export nft complete; do
	for words in "$object -h" "$object --help" "help $object"; do
		# shellcheck disable=SC2086
		expect 0 '' $words
		grep -q "^  $object\b" "$out"
		ok $? "$words: it is that of $object"
	done
done
for object in policy flow endpoint supernode session counter export nft; do
	expect 0 '' "$object" help
	says 'Usage:'
done
# where no command can stand, it is a word like others
expect 1 'Error: unexpected word "help"' status help
expect 1 'Error: unknown argument "help" (known: observe, enforce)' enable help
expect 1 'Error: help: No such file or directory' classify help
for words in 'flow show -h' 'policy check -h' 'policy load --help' \
	'classify --explain --help' 'classify file -h' 'help flow show'; do
	# shellcheck disable=SC2086
	expect 0 '' $words
	says 'Usage:'
done
for words in --help help; do
	expect 0 '' "$words"
	says 'Usage: skypectl [OPTIONS] OBJECT [COMMAND] [ARGUMENTS]'
done
expect 1 'Error: unknown object "flwo" (did you mean "flow"?)' help flwo
expect 0 '' -V
# one version for module and tool
says "skypectl $(sed -n 's/^MODULE_VERSION("\(.*\)");/\1/p' "$(dirname "$0")/../../kmod/main.c")"
expect 1 'Error: unknown option "-z" (see skypectl -h)' -z
for words in -xj -jx '-j -x' '-xj status'; do
	# shellcheck disable=SC2086
	expect 1 'Error: unknown option "-x" (see skypectl -h)' $words
done
expect 1 'Error: unknown option "--jsno" (did you mean "--json"?)' --jsno
expect 1 'Error: unknown option "--js" (did you mean "--json"?)' -n --js nft
expect 1 'Error: unknown option "--net" (did you mean "--netns"?)' --net
expect 1 'Error: unknown option "--co" (known: --json, --pretty, --netns, --color, --numeric, --version, --help)' --co nft
expect 1 'Error: unknown option "--col" (did you mean "--color"?)' --col=never nft
expect 1 'Error: option "--json" takes no value' --json=x nft
expect 1 'Error: option "--netns" needs a value' --netns
expect 1 'Error: option "-N" needs a value' -N
expect 1 'Error: option "-N" needs a value' -jN
expect 1 'Error: colour is auto, always or never, not "blue"' -c=blue nft
expect 0 '' -c=always nft
expect 0 '' -cnever nft
expect 0 '' -c nft
expect 1 'Error: option "-j" stands before the object: skypectl -j flow ...' flow -j
expect 1 'Error: option "--netns=x" stands before the object: skypectl --netns=x flow ...' flow --netns=x
expect 1 'Error: option "-j" stands before the object: skypectl -j classify ...' classify -j x
for word in -c -c=always -cnever -c=auto --color=never; do
	expect 1 "Error: option \"$word\" stands before the object: skypectl $word status ..." status $word
done
for word in auto always never; do
	expect 1 "Error: unknown object \"$word\" (colour: skypectl -c=$word ...)" -c $word status
	expect 1 "Error: unknown object \"$word\" (colour: skypectl -c=$word ...)" --color $word
done
expect 1 'Error: unknown option "-cx" (status takes none)' status -cx
expect 1 'Error: unknown option "-call.pcap" (classify takes --explain, --html OUT.html and --all; a file: ./-call.pcap)' classify -call.pcap
expect 1 'Error: unknown option "--foo" (status takes none)' status --foo
expect 1 'Error: unknown option "-x" (policy takes none; a file: ./-x)' policy check -x
expect 1 'Error: unknown option "-x" (classify takes --explain, --html OUT.html and --all; a file: ./-x)' classify -x
expect 1 'Error: --html stands twice: there is one page for all captures' classify --html a --html=b c
expect 1 'Error: --html needs a file name behind it' classify c --html
expect 1 'Error: --html needs a file name behind it' classify --html '' c
expect 1 'Error: "class" stands twice: keep one' flow show class voice class login
expect 0 '' help -h
says 'Usage: skypectl [OPTIONS] OBJECT [COMMAND] [ARGUMENTS]'

# Unknown words: a suggestion is shown, never taken

expect 1 'Error: unknown object "flwo" (did you mean "flow"?)' flwo
expect 1 'Error: unknown object "fl" (did you mean "flow"?)' fl
expect 1 'Error: unknown object "frobnicate" (known: status, enable, disable, policy, flow, endpoint, supernode, session, counter, monitor, classify, export, nft, complete)' frobnicate
expect 1 'Error: unknown flow command "shwo" (did you mean "show"?)' flow shwo
expect 1 'Error: unknown flow command "class" (known: show)' flow class voice
expect 1 'Error: unknown policy command "delete" (known: show, load, check, save, reset)' policy delete
expect 1 'Error: unknown argument "clas" (did you mean "class"?)' flow show clas voice
expect 1 'Error: unknown class "vioce" (did you mean "voice"?)' flow show class vioce
expect 1 'Error: unknown grade "sure" (known: none, suspect, likely, certain)' flow show grade sure
expect 1 'Error: "class" needs a value behind it' flow show class
expect 1 'Error: "here" is no address: write it as 192.0.2.7 or 2001:db8::7' flow show client here
expect 1 'Error: unknown argument "flows" (did you mean "flow"?)' monitor flows
expect 1 'Error: unknown argument "all" (known: nonzero)' counter show all
expect 1 'Error: unknown argument "force" (did you mean "enforce"?)' enable force
expect 1 'Error: unexpected word "now"' enable observe now
expect 1 'Error: unexpected word "now"' disable now
expect 1 'Error: unexpected word "x"' status x
expect 1 'Error: unexpected word "x"' session flush x
expect 1 'Error: which file? ("-" is stdin)' policy load
expect 1 'Error: unexpected word "b"' policy check a b
expect 1 'Error: unexpected word "b"' policy save a b
expect 1 'Error: unexpected word "x"' nft show x
"$skypectl" export > "$out" 2> "$err"
[ $? -eq 1 ] && head -1 "$err" | grep -qxF 'Error: export: which command?'
ok $? "export alone asks for its command"
expect 1 'Error: unknown export command "json" (known: prometheus)' export json

# No module, no permission

absent='Error: nf_skype is not loaded (load it with: modprobe nf_skype)'
if [ -d /sys/module/nf_skype ]; then
	echo "# the module is loaded here: no tests of its absence"
else
	for words in '' status enable 'enable enforce' disable flow flows \
		'flow show class voice grade certain client 192.0.2.7' \
		endpoint endpoints 'endpoint flush' supernode supernodes \
		session sessions 'session flush' counter counters \
		'counter show nonzero' 'counter reset' policy 'policy show' \
		'policy save -' 'policy reset' monitor 'monitor flow session' \
		'export prometheus'; do
		# shellcheck disable=SC2086
		expect 3 "$absent" $words
		[ ! -s "$out" ]
		ok $? "nothing on stdout"
	done
	expect 3 "$absent" -j flow
	expect 3 "$absent" -j policy save "$folder/saved"
	expect 3 "$absent" -j export prometheus "$folder/saved"
fi
for path in - /dev/stdout; do
	for words in 'policy save' 'export prometheus'; do
		# shellcheck disable=SC2086
		expect 1 "Error: -j and $words $path write to the same place: name a file behind $words" -j $words $path
		[ ! -s "$out" ]
		ok $? "nothing on stdout"
	done
done
expect 1 'Error: -j and export prometheus - write to the same place: name a file behind export prometheus' -j export prometheus
expect 1 "Error: network namespace \"none-such\": No such file or directory (/run/netns/none-such)" -N none-such flow
expect 1 "Error: network namespace \"$folder/none\": No such file or directory ($folder/none)" -N "$folder/none" flow
expect 1 "Error: network namespace \"/dev/null\": Invalid argument" -N /dev/null flow

# Policy files

cat > "$folder/good" << 'END'
mode enforce                  # or observe
offload off
state-byte on
rule 10 from 10.1.0.0/16 class login,supernode action accept
rule 20 from 10.0.0.0/8 grade certain action drop
rule 30 class voice action mark 0x2e/0xff
default accept
END
printf 'mode enforce\nrule 10 clas voice action drop\n' > "$folder/bad"
printf 'rule 1 action mark 0x1000000\n' > "$folder/mark"
expect 0 '' policy check "$folder/good"
[ ! -s "$out" ]
ok $? "nothing on stdout"
expect 0 '' -j policy check "$folder/good"
says '{"schema":1}'
bad=':2:9: unknown condition "clas" (did you mean "class"?)'
expect 1 "Error: $folder/bad$bad" policy check "$folder/bad"
expect 1 "Error: $folder/bad$bad" policy load "$folder/bad"
expect 1 "Error: $folder/mark:1:20: the mark of rule 1 covers the state byte 0xff000000: leave these bits out" policy check "$folder/mark"
expect 1 "Error: $folder/none: No such file or directory" policy check "$folder/none"
expect 1 "Error: $folder: Is a directory" policy check "$folder"
"$skypectl" policy check - < "$folder/good" > "$out" 2> "$err"
ok $? "policy check - reads stdin"
"$skypectl" policy check - < "$folder/bad" > "$out" 2> "$err"
[ $? -eq 1 ] && grep -qxF "Error: stdin$bad" "$err"
ok $? "and names it"
head -c 1048577 /dev/zero | tr '\0' '#' > "$folder/large"
expect 1 "Error: $folder/large: more than 1048576 bytes: no policy" policy check "$folder/large"
head -c 1048576 "$folder/large" > "$folder/most"
expect 0 '' policy check "$folder/most"
printf 'rule 0X10 action drop\n' > "$folder/hex"
expect 1 "Error: $folder/hex:1:6: \"0X10\" is no rule number: 1 to 4294967295" policy check "$folder/hex"
long=$(printf '%2000s' '' | tr ' ' q)
expect 1 "Error: $folder/$long: File name too long" classify "$folder/$long"

# What a terminal would take for a command

control=$(printf 'a\033[31m\r\177b\303\274')
plain=$(printf 'a?[31m??b\303\274')
for words in '' help 'policy check' classify; do
	# shellcheck disable=SC2086
	"$skypectl" $words "$control" > "$out" 2> "$err"
	[ $? -eq 1 ] && grep -qF "$plain" "$err" &&
		! LC_ALL=C grep -q '[[:cntrl:]]' "$err"
	ok $? "skypectl $words WORD: the error shows no control characters"
done

# Definitions for nft

expect 0 '' nft
says 'define SKYPE = 0x80000000 # likely or certain'
says 'define SKYPE_CLASS_MASK = 0x8f000000 # for the classes below'
says 'define SKYPE_VOICE = 0x83000000'
says 'define SKYPE_UPDATE = 0x87000000'
cmp -s "$out" "$(dirname "$0")/../nf_skype.nft"
ok $? "the file that is installed has the same"
expect 0 '' -j nft show
grep -q '^{"schema":1,"definitions":{"SKYPE":2147483648,' "$out"
ok $? "definitions as JSON"
"$skypectl" nft show > /dev/full 2> "$err"
[ $? -eq 1 ] && grep -q '^Error: cannot write the output' "$err"
ok $? "a full disk is an error"
for words in -h -V help 'flow -h'; do
	# shellcheck disable=SC2086
	"$skypectl" $words > /dev/full 2> "$err"
	[ $? -eq 1 ] && grep -q '^Error: cannot write the output' "$err"
	ok $? "also of $words"
done

for words in monitor status -h 'policy check -' disable; do
	# shellcheck disable=SC2086
	"$skypectl" $words >&- 2> "$err" < "$folder/good"
	[ $? -eq 1 ] && [ "$(cat "$err")" = 'Error: cannot write the output: Bad file descriptor' ]
	ok $? "$words: a stdout that is closed is an error"
done

# Completions: word 0 is the tool

completes 'flow ' 1 skypectl fl
completes 'show load check save reset ' 2 skypectl policy ''
completes 'show ' 2 skypectl flows s
completes 'class grade client ' 3 skypectl flow show ''
completes 'probe peer ' 4 skypectl flow show class p
completes 'likely ' 6 skypectl flow show class voice grade l
completes '' 4 skypectl flow show client ''
completes 'observe ' 2 skypectl enable o
completes 'session ' 3 skypectl monitor flow s
completes 'policy ' 2 skypectl -j po
completes '' 2 skypectl -N ''
completes 'policy ' 3 skypectl -N client po
completes '--json ' 1 skypectl --j
completes '' 3 skypectl policy load ''
completes '' 2 skypectl classify ''
completes '' 3 skypectl classify --explain ''
completes '' 3 skypectl classify a.pcap ''
completes '' 3 skypectl classify --html ''
completes '--explain --html --all ' 2 skypectl classify -
completes '--explain ' 3 skypectl classify a.pcap --e
completes 'flow ' 2 skypectl --netns=x fl
completes '' 2 skypectl frobnicate ''
completes '' 9 skypectl flow
# what stands already is not offered again, nor what excludes it
completes '' 3 skypectl enable observe ''
completes 'observe enforce ' 2 skypectl enable ''
completes '' 4 skypectl counter show nonzero ''
completes 'grade client ' 5 skypectl flow show class probe ''
completes 'class grade ' 5 skypectl flow show client class ''
completes 'client ' 7 skypectl flow show class voice grade likely ''
completes 'flow endpoint policy ' 3 skypectl monitor session ''
completes '--explain --all ' 4 skypectl classify --html=a.html x -
completes '--all ' 5 skypectl classify --html --explain --explain --
completes '' 2 skypectl -jN ''
completes 'policy ' 3 skypectl -jN client po
completes 'policy ' 2 skypectl -cN po
completes 'help ' 1 skypectl h
completes 'flow ' 2 skypectl help fl
completes 'show load check save reset ' 3 skypectl help policy ''
completes '' 2 skypectl help h
completes '' 2 skypectl help --
completes 'policy ' 3 skypectl -j help po

# What bash makes of a command line: blanks, "=" and ":" separate COMP_WORDS

# bash_completes WORDS LINE WORD...: the last word is to be completed
bash_completes()
{
	words=$1
	shift
	PATH=$(dirname "$skypectl"):$PATH bash -c '
		. "$1"
		COMP_LINE=$2
		COMP_WORDS=("${@:3}")
		COMP_CWORD=$(($# - 3))
		_skypectl
		[ ${#COMPREPLY[@]} -eq 0 ] || printf "%s " "${COMPREPLY[@]}"' \
		bash "$completion" "$@" > "$out" 2> "$err"
	[ "$(cat "$out")" = "$words" ]
	ok $? "bash completes $1: $words"
}

completion=$(dirname "$0")/../completion/skypectl.bash
bash_completes 'flow ' 'skypectl fl' skypectl fl
bash_completes 'flow ' 'skypectl --netns=x fl' skypectl --netns = x fl
bash_completes 'flow ' 'skypectl  -N  /run/a:b fl' skypectl -N /run/a : b fl
bash_completes 'status ' 'skypectl -c=never st' skypectl -c = never st
bash_completes 'policy ' 'skypectl --color=never p' skypectl --color = never p
bash_completes 'grade ' 'skypectl flow show client 2001:db8::7 g' \
	skypectl flow show client 2001 : db8 :: 7 g
bash_completes 'show load check save reset ' 'skypectl -c=never policy ' \
	skypectl -c = never policy ''
bash_completes '' 'skypectl classify --html=' skypectl classify --html =

echo "1..$number"
