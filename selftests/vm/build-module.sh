#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# build-module.sh 6.1|6.12|7.2|debug|kcsan|KDIR: build nf_skype.ko for one of the kernels of
# kernel.sh, or against headers installed at KDIR, and print the module's path.
#
# Each kernel gets a copy of the sources, because kbuild writes among them and
# does not notice another kernel's objects. Trees at two places may have one name,
# and one place may come to have another kernel, so the copy says what it was built
# for. For our own kernels any warning is a failure.

set -eu

here=$(dirname "$(readlink -f "$0")")
top=$(readlink -f "$here/../..")
kernel=${1:?usage: build-module.sh 6.1|6.12|7.2|debug|kcsan|KDIR}
case $kernel in
*/*)	headers=$(readlink -f "$kernel")
	work=$top/build/modules/${headers##*/} ;;
*)	headers=$(readlink -f "$("$here/kernel.sh" "$kernel")/headers")
	work=$top/build/modules/$kernel ;;
esac
module=$work/nf_skype.ko
log=$work.log

built_for=$(echo "$headers"
	cksum "$headers"/{Makefile,Module.symvers,include/generated/{autoconf,utsrelease}.h} 2>/dev/null || true)

cd "$top"
if [ -e "$module" ] && [ "$(cat "$work/built-for" 2>/dev/null)" = "$built_for" ] &&
   [ -z "$(find Kbuild kmod include -newer "$module")" ]; then
	echo "$module"
	exit 0
fi

echo "# building nf_skype.ko for ${headers##*/}" >&2
rm -rf "$work"
mkdir -p "$work"
cp -r Kbuild kmod include "$work/"

options=(-C "$headers" "M=$work" W=1 "-j$(nproc)" CONFIG_DEBUG_INFO_BTF_MODULES=)
case $kernel in
*/*)	make "${options[@]}" modules ;;
debug)	make "${options[@]}" CC=gcc-12 UBSAN_SANITIZE=y modules ;;
7.2)	"$here/chroot.sh" trixie make "${options[@]}" CC=gcc-14 modules ;;
*)	make "${options[@]}" CC=gcc-12 modules ;;
esac >"$log" 2>&1 || { cat "$log" >&2; exit 1; }

if grep -i 'warning' "$log" >&2 && [ "$kernel" = "${kernel#*/}" ]; then
	rm -f "$module"
	echo "build-module.sh: warnings are errors; the whole log: $log" >&2
	exit 1
fi
echo "$built_for" >"$work/built-for"
echo "$module"
