#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# build.sh KERNEL: build later.ko and replay into build/later, a folder for each
# kernel.

set -eu

here=$(dirname "$(readlink -f "$0")")
top=$(readlink -f "$here/../../..")
kernel=${1:-6.1}
root=$("$top/selftests/vm/kernel.sh" "$kernel")
work=$top/build/later/$(cat "$root/release")
log=$work.log

[ -z "$(find "$here" "$root/headers/Makefile" -newer "$work/replay" 2>&1)" ] && exit 0
rm -rf "$work"
mkdir -p "$work"
cp "$here"/later.c "$here"/Kbuild "$work/"
"$top/selftests/vm/kbuild.sh" "$kernel" "$work" >"$log" 2>&1 || { cat "$log" >&2; exit 1; }
gcc -O2 -Wall -Wextra -Werror -o "$work/replay" "$here/replay.c"
