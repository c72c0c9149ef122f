#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# kbuild.sh KERNEL FOLDER: build the modules of a test in FOLDER, where its Kbuild
# is, for one of the kernels of kernel.sh.

set -eu

here=$(dirname "$(readlink -f "$0")")
kernel=${1:?usage: kbuild.sh KERNEL FOLDER}
folder=$(readlink -f "${2:?usage: kbuild.sh KERNEL FOLDER}")
headers=$(readlink -f "$("$here/kernel.sh" "$kernel")/headers")
options=(-C "$headers" "M=$folder" CONFIG_DEBUG_INFO_BTF_MODULES= modules)

case $kernel in
7.2)	exec "$here/chroot.sh" trixie make "${options[@]}" CC=gcc-14 ;;
*)	exec make "${options[@]}" CC=gcc-12 ;;
esac
