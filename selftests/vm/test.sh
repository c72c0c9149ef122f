#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# test.sh [-k KERNEL] [-q] SCRIPT [ARGUMENT...]: build the module for KERNEL and
# run a script of selftests/ with it in a virtual machine. What the guest leaves
# is in build/vm/KERNEL/TEST: console, dmesg, and the test's own files.

set -eu

here=$(dirname "$(readlink -f "$0")")
top=$(readlink -f "$here/../..")
kernel=6.1
options=()

while getopts k:q option; do
	case $option in
	k)	kernel=$OPTARG ;;
	q)	options+=(-q) ;;
	*)	exit 2 ;;
	esac
done
shift $((OPTIND - 1))

[ ! -t 1 ] || options+=(-e DEMO_COLOR=1)

cd "$top"
name=${2-$1}
name=${name##*/}
module=$("$here/build-module.sh" "$kernel")
exec "$here/boot.sh" "${options[@]}" -k "$kernel" -o "build/vm/$kernel/${name%.*}" -t "${VM_TIMEOUT:-2400}" \
	-e "MODULE=$module" -e CAPTURES \
	-e RELOADS -e NETWORKS -e POLICIES -e MESSAGES -e PACKETS -e FLOOD -e SEEDS -e TEST_TIMEOUT "selftests/$1" "${@:2}"
