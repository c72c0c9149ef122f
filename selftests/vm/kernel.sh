#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# kernel.sh 6.1|6.12|7.2|debug|kcsan: fetch one of Debian's kernels with its headers, unpack
# it beside the others and print the folder. Nothing is installed: apt works
# with lists, cache and state of its own. A kernel already unpacked costs nothing.
# debug-kernel.sh builds the last two.
#
#   FOLDER/release    kernel release, as uname -r prints it
#   FOLDER/vmlinuz    what QEMU boots
#   FOLDER/modules    becomes /lib/modules in the guest
#   FOLDER/headers    KDIR of a module build
#   FOLDER/cmdline    further boot options, where there are any
#   FOLDER/memory     MiB that it wants, where that is more than usual
#
# Environment: NF_SKYPE_CACHE  where kernels are kept (/var/cache/nf_skype)

set -eu

here=$(dirname "$(readlink -f "$0")")
cache=${NF_SKYPE_CACHE:-/var/cache/nf_skype}
kernel=${1:?usage: kernel.sh 6.1|6.12|7.2|debug|kcsan}

# shellcheck source-path=SCRIPTDIR source=apt.sh
. "$here/apt.sh"

case $kernel in
6.1)	suite=bookworm-security ;;
6.12)	suite=bookworm-backports ;;
7.2)	suite=trixie-backports ;;
debug|kcsan)
	exec "$here/debug-kernel.sh" "$kernel" ;;
*)	echo "kernel.sh: no such kernel: $kernel (have 6.1, 6.12, 7.2, debug, kcsan)" >&2; exit 1 ;;
esac

root=$cache/kernels/$kernel
mkdir -p "$cache/kernels"
exec 9>"$cache/kernels/.lock-$kernel"
flock 9

if [ -e "$root/release" ]; then
	echo "$root"
	exit 0
fi

echo "# fetching Debian's Linux $kernel (100-250 MB, once)" >&2
rm -rf "$root"
mkdir -p "$root/debs"
apt_private "$cache/apt/$kernel" "$suite"
apt_private_fetch "$root/debs" linux-image-amd64 linux-headers-amd64 >&2

echo "# unpacking Linux $kernel" >&2
for deb in "$root"/debs/*.deb; do
	dpkg-deb -x "$deb" "$root"
done
rm -rf "$root/debs"

# /lib and /usr/lib are one folder on an installed system; not here.
if [ -d "$root/usr/lib/modules" ]; then
	mkdir -p "$root/lib"
	cp -al "$root/usr/lib/modules" "$root/lib/"
fi
for dir in "$root"/lib/modules/*-amd64; do
	release=${dir##*/}
done
vmlinuz=$root/boot/vmlinuz-$release
[ -e "$vmlinuz" ] || vmlinuz=$root/usr/lib/modules/$release/vmlinuz
headers=$root/usr/src/linux-headers-$release

# The headers name the common tree by its place on an installed system.
grep -rlI --include=Makefile /usr/src/linux-headers- "$headers" |
	xargs -r sed -i "s,\([ \t=]\)/usr/src/linux-headers-,\1$root/usr/src/linux-headers-,g"
find "$root/usr/src" -type l -lname '/usr/*' -print0 |
	while IFS= read -r -d '' link; do
		ln -sfn "$root$(readlink "$link")" "$link"
	done

rm -f "$root/lib/modules/$release/build" "$root/lib/modules/$release/source"
depmod -b "$root" "$release"
ln -s "$vmlinuz" "$root/vmlinuz"
ln -s "$root/lib/modules" "$root/modules"
ln -s "$headers" "$root/headers"
echo "$release" >"$root/release"
echo "$root"
