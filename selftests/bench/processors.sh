#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# processors.sh [-k KERNEL]: do two processors get in each other's way, while both
# forward packets of settled flows?
#
# First by construction: of every load and store of the kernel its cache line is
# noted, and the module's stores are listed with whose lines they are. A store to
# a line that the other processor uses is a failure, in TAP. Then by time: what
# a packet costs on one processor while the other forwards as well, as a ratio to
# what it costs alone, without the module and with it. Times are the host's, and
# nothing is judged by them.

set -eu

here=$(dirname "$(readlink -f "$0")")
top=$(readlink -f "$here/../..")
kernel=6.1

while getopts k: option; do
	case $option in
	k)	kernel=$OPTARG ;;
	*)	exit 2 ;;
	esac
done

cd "$top"
folder=$("$here/build.sh" "$kernel")
MODULE=${MODULE:-$("$top/selftests/vm/build-module.sh" "$kernel")}
export MODULE
out=$folder/processors
mkdir -p "$out"

boot()		# ROW
{
	selftests/vm/boot.sh -q -c 2 -k "$kernel" -t 400 -o "$out" -e MODULE \
		selftests/bench/guest.sh "$folder" "$1"
}

"$here/qemu.sh" "$out" sharing "out=$out/accesses"
PATH=$out:$PATH boot sharing >"$out/sharing"
rm "$out/qemu-system-x86_64"
boot processors >"$out/times"
"$here/processors.py" --json build/bench-processors.json "$out"
