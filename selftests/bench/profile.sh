#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# profile.sh [-a] ROW CASE [STEP/STEPS]: which functions do a packet's
# instructions belong to? Runs one case of guest.sh with connection tracking
# alone and with ROW, in a guest that counts every instruction, and prints the
# instructions per packet of each function and what ROW adds to it.
#
#    profile.sh observe settled
#    profile.sh observe start-1.2 7/81   only the 7th packet of the 81 of a start
#    profile.sh -a observe candidate     and each instruction of the module
#
# The packets are those of the case's last figure (guest.sh prints them).

set -eu

here=$(dirname "$(readlink -f "$0")")
top=$(readlink -f "$here/../..")
kernel=6.1
annotate=()

while getopts ak: option; do
	case $option in
	a)	annotate=(--module) ;;
	k)	kernel=$OPTARG ;;
	*)	exit 2 ;;
	esac
done
shift $((OPTIND - 1))
row=${1:?usage: profile.sh [-a] ROW CASE [STEP/STEPS]}
case=${2:?usage: profile.sh [-a] ROW CASE [STEP/STEPS]}
step=${3:-1/1}

cd "$top"
[ -x build/skypectl ] || make --no-print-directory tools >&2
folder=$("$here/build.sh" "$kernel")
MODULE=${MODULE:-$("$top/selftests/vm/build-module.sh" "$kernel")}
export MODULE
out=$folder/profile
mkdir -p "$out"
rm -f "$out/counts" "$out/kallsyms"
"$here/qemu.sh" "$out" profile "out=$out/counts,step=${step%/*},steps=${step#*/}"
PATH=$out:$PATH selftests/vm/boot.sh -q -i -k "$kernel" -t 400 -o "$out" -e MODULE -e "CASE=$case" \
	selftests/bench/guest.sh "$folder" conntrack "$row"
"$here/profile.py" "${annotate[@]}" "$MODULE" "$out/kallsyms" "$out/counts"
