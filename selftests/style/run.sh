#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# run.sh [CHECK...]: the static checks, all or some of: shellcheck, checkpatch,
# sparse, coccinelle, cppcheck, analyser, paths. Each prints what it has to say about the
# tree; silence is a pass.
#
# Nothing is suppressed but what stands here with its reason.

set -u

here=$(dirname "$(readlink -f "$0")")
cd "$here/../.." || exit 1
build=build/style
mkdir -p "$build"
# Outside of the checks, whose output would be a complaint
source=$(selftests/vm/source.sh) || exit 1
headers=$(selftests/vm/kernel.sh 6.1)/headers || exit 1

mapfile -t files < <(git ls-files --cached --others --exclude-standard | sort -u |
	while IFS= read -r file; do [ ! -f "$file" ] || echo "$file"; done)

# those PATTERN: the files of the tree whose path matches
those()
{
	printf '%s\n' "${files[@]}" | grep -E -- "$1"
}

check_shellcheck()
{
	local -a scripts

	mapfile -t scripts < <(grep -lE '^(#!/bin/(ba)?sh|# shellcheck shell=)' -- "${files[@]}")
	shellcheck -- "${scripts[@]}"
}

# The kernel's own style. Left out, by file:
#
#   COMPLEX_MACRO       X-macro lists and tables of fields, which no parentheses
#                       can stand around
#   LINUX_VERSION_CODE, CONSTANT_COMPARISON
#                       compat.h is there to look at the version
#   PREFER_DEFINED_ATTRIBUTE_MACRO
#                       those macros are the kernel's: os.h defines two of them,
#                       user space has not the others
#   SPLIT_STRING, MISSING_SPACE, STRING_FRAGMENTS
#                       are about finding log messages; pages, JSON and bytes
#                       that tests compare with are long
#   VOLATILE            volatile sig_atomic_t is what C asks of signal handlers
#   EMBEDDED_FUNCTION_NAME, AVOID_EXTERNS
#                       words of the command line; a fuzzer's entry
#   UNNECESSARY_ELSE    a chain of else ifs of which one returns
check_checkpatch()
{
	local file ignore

	while IFS= read -r file; do
		case $file in
		kmod/compat.h)
			ignore=LINUX_VERSION_CODE,CONSTANT_COMPARISON ;;
		kmod/core/verdict.h|kmod/stats.h)
			ignore=COMPLEX_MACRO ;;
		kmod/core/os.h)
			ignore=PREFER_DEFINED_ATTRIBUTE_MACRO ;;
		kmod/*|include/*)
			ignore= ;;
		*)	ignore=PREFER_DEFINED_ATTRIBUTE_MACRO,SPLIT_STRING,MISSING_SPACE
			ignore+=,STRING_FRAGMENTS,VOLATILE,COMPLEX_MACRO
			ignore+=,EMBEDDED_FUNCTION_NAME,AVOID_EXTERNS,UNNECESSARY_ELSE ;;
		esac
		perl "$source/scripts/checkpatch.pl" --no-tree --quiet --no-summary \
			--show-types --terse ${ignore:+--ignore "$ignore"} -f "$file"
	done < <(those '\.[ch]$')
}

# Address spaces, byte order, locks: the module against Debian's 6.1. (The C
# library's htonl() has no such types, so sparse is for the kernel alone.)
check_sparse()
{
	rm -rf "$build/module"
	mkdir -p "$build/module"
	cp -r Kbuild kmod include "$build/module/"
	make -C "$headers" M="$PWD/$build/module" W=1 C=2 CHECK=sparse \
		CF=-D__CHECK_ENDIAN__ CC=gcc-12 CONFIG_DEBUG_INFO_BTF_MODULES= \
		"-j$(nproc)" modules >"$build/sparse.log" 2>&1 || cat "$build/sparse.log"
	grep -E 'warning|error' "$build/sparse.log"
}

# The kernel's semantic patches, those that report. Left out:
#
#   badzero, check_bq27xxx_data
#                       want an OCaml compiler; sparse says the same of 0 for
#                       NULL, and the other is about one driver
#   stream_open         is about file operations, and has words to say about itself
#   minmax, array_size  where there is no min(), no ARRAY_SIZE()
check_coccinelle()
{
	local script folder

	find "$source/scripts/coccinelle" -name '*.cocci' | while IFS= read -r script; do
		for folder in kmod userspace selftests; do
			case ${script##*/}:$folder in
			badzero.*|check_bq27xxx_data.*|stream_open.*) ;;
			minmax.*:kmod)	echo "$script" kmod/*.c ;;
			minmax.*|array_size.*:[!k]*) ;;
			*)		echo "$script $folder" ;;
			esac
		done
	done | xargs -P "$(nproc)" -I LINE bash -c 'spatch_with LINE'
}

# spatch_with SCRIPT FOLDER|FILE...: by xargs, in a shell of its own
spatch_with()
{
	local script=$1 status=0
	shift
	spatch -D report --no-show-diff --very-quiet --no-includes \
		--cocci-file "$script" "$@" 2>&1 || status=$?
	[ $status -eq 0 ] || echo "$script: spatch exits with $status"
}
export -f spatch_with

# Left out: variableScope (the kernel's style has variables at the start of a
# function), arithmetic on void pointers in the module (C of the kernel), members
# that only a table of offsets names; style in tests, which shadow for brevity.
check_cppcheck()
{
	local -a common=(-q "-j$(nproc)" --std=c11 --library="$here/cppcheck.cfg"
		--suppress=variableScope
		--template='{file}:{line}: {severity}: {id}: {message}')
	local -a tool tests module

	mapfile -t tool < <(those '^(userspace/[^/]*|userspace/fuzz/.*|kmod/core/.*)\.c$')
	mapfile -t tests < <(those '^(userspace/tests|selftests)/.*\.c$')
	mapfile -t module < <(those '^kmod/[^/]*\.c$')
	cppcheck "${common[@]}" --enable=warning,style,performance,portability \
		--suppress=unusedStructMember:userspace/out_policy.c -D_GNU_SOURCE \
		-D__GNUC__=12 -Iuserspace -Ikmod/core -Iinclude/uapi "${tool[@]}" 2>&1
	cppcheck "${common[@]}" --enable=warning,performance,portability -D_GNU_SOURCE \
		-D__GNUC__=12 -Iuserspace -Ikmod/core -Iinclude/uapi "${tests[@]}" 2>&1
	cppcheck "${common[@]}" --enable=warning,style,performance,portability \
		--suppress=arithOperationsOnVoidPointer -D__KERNEL__ -DMODULE \
		-DCONFIG_NF_CONNTRACK_MARK -Iinclude/uapi -Ikmod "${module[@]}" 2>&1
}

# Paths through the program, by clang's analyser.
check_analyser()
{
	local libraries

	libraries=$(pkg-config --cflags libmnl jansson libpcap)
	# shellcheck disable=SC2086	# several options
	those '^(userspace/([^/]*|fuzz/.*|tests/.*)|kmod/core/.*|selftests/tools/.*)\.c$' |
		xargs -P "$(nproc)" -n 4 clang --analyze --analyzer-output text \
			-D_GNU_SOURCE -Iuserspace -Ikmod/core -Iinclude/uapi \
			-std=gnu11 $libraries 2>&1
}

# Nothing in the tree may know the machine it was written on.
check_paths()
{
	those '^' | grep -v '^selftests/style/' |
		xargs grep -nIE '(^|[^.a-z])/(work|home/[a-z]+)/' --
}

[ $# -gt 0 ] || set -- shellcheck checkpatch sparse coccinelle cppcheck analyser paths
passed=0
failed=0
for check in "$@"; do
	start=$SECONDS
	"check_$check" >"$build/$check.out" 2>&1
	if [ -s "$build/$check.out" ]; then
		cat "$build/$check.out"
		echo "not ok - $check"
		failed=$((failed + 1))
	else
		echo "ok - $check ($((SECONDS - start)) s)"
		passed=$((passed + 1))
	fi
done
echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ]
