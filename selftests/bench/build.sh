#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# build.sh [6.1|6.12]: build what measures, pktbench.ko and measure, and print
# the folder.

set -eu

here=$(dirname "$(readlink -f "$0")")
top=$(readlink -f "$here/../..")
kernel=${1:-6.1}
work=$top/build/bench/$kernel
log=$work/build.log

headers=$(readlink -f "$("$top/selftests/vm/kernel.sh" "$kernel")/headers")
mkdir -p "$work"
if [ ! -e "$work/pktbench.ko" ] ||
   [ -n "$(find "$here/pktbench" "$headers/Makefile" -newer "$work/pktbench.ko")" ]; then
	cp "$here"/pktbench/* "$work/"
	make -C "$headers" "M=$work" W=1 CC=gcc-12 CONFIG_DEBUG_INFO_BTF_MODULES= modules \
		>"$log" 2>&1 || { cat "$log" >&2; exit 1; }
fi
if [ ! -e "$work/measure" ] ||
   [ -n "$(find "$here"/*.c "$here/pktbench" -newer "$work/measure")" ]; then
	gcc -O2 -Wall -Wextra -Werror -o "$work/measure" "$here/measure.c"
fi
echo "$work"
