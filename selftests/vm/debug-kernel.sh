#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# debug-kernel.sh debug|kcsan: build a Linux 6.1 that watches the module, from
# Debian's source package and the fragments in config/, and print its folder,
# which is laid out like those of kernel.sh (and boot.sh -k debug finds it).
# Takes 5 to 15 minutes; once, because it is kept until a fragment changes.
#
#   debug  KASAN, lockdep, kmemleak, fault injection; any warning is a panic
#   kcsan  data races
#
# Environment: NF_SKYPE_CACHE  where kernels are kept (/var/cache/nf_skype)
#              JOBS            compilers at once (all processors)

set -eu

here=$(dirname "$(readlink -f "$0")")
cache=${NF_SKYPE_CACHE:-/var/cache/nf_skype}
kernel=${1:?usage: debug-kernel.sh debug|kcsan}
fragments=("$here/config/base.config" "$here/config/$kernel.config")
root=$cache/kernels/$kernel

case $kernel in
debug)	cmdline='panic_on_warn=1 slub_debug=P' ;;
kcsan)	cmdline='' ;;
*)	echo "debug-kernel.sh: no such kernel: $kernel (have debug, kcsan)" >&2; exit 1 ;;
esac

# Only our own files: the lists of apt move on every day.
recipe=$(cat "${fragments[@]}" | sha256sum)
recipe="$recipe $cmdline"

mkdir -p "$cache/kernels"
exec 9>"$cache/kernels/.lock-$kernel"
flock 9
if [ -e "$root/release" ] && [ "$(cat "$root/recipe")" = "$recipe" ]; then
	echo "$root"
	exit 0
fi
"$here/deps.sh" debug

# Every line of a fragment must have become true, or the kernel watches less
# than we think.
check_config()
{
	local line name status=0

	while IFS= read -r line; do
		name=${line%%=*}
		case $line in
		CONFIG_*=n)	! grep -q "^$name=" "$build/.config" ;;
		CONFIG_*)	grep -qxF "$line" "$build/.config" ;;
		esac || { echo "debug-kernel.sh: not so in the kernel: $line" >&2; status=1; }
	done < <(cat "${fragments[@]}")
	return $status
}

source=$("$here/source.sh")
echo "# building the $kernel kernel (5 to 15 minutes, once)" >&2
rm -rf "$root"
build=$root/build
mkdir -p "$build"
make=(make -C "$source" "O=$build" ARCH=x86 CC=gcc-12 "-j${JOBS:-$(nproc)}")
log=$root/log
{
	"${make[@]}" tinyconfig
	(cd "$build" && "$source/scripts/kconfig/merge_config.sh" -m -O "$build" \
		"$build/.config" "${fragments[@]}")
	"${make[@]}" olddefconfig
} >"$log" 2>&1 || { tail -n 30 "$log" >&2; exit 1; }
check_config
"${make[@]}" bzImage modules >>"$log" 2>&1 || { tail -n 30 "$log" >&2; exit 1; }
"${make[@]}" "INSTALL_MOD_PATH=$root" modules_install >>"$log" 2>&1
release=$(make -s -C "$build" kernelrelease)

rm -f "$root/lib/modules/$release/build" "$root/lib/modules/$release/source"
ln -s "$build/arch/x86/boot/bzImage" "$root/vmlinuz"
ln -s "$root/lib/modules" "$root/modules"
ln -s "$build" "$root/headers"
echo "$cmdline" >"$root/cmdline"
echo 2048 >"$root/memory"
echo "$recipe" >"$root/recipe"
echo "$release" >"$root/release"
echo "$root"
