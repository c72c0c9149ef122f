#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# build.sh KERNEL [compared]: build what measures, pktbench.ko, measure and
# captures of Skype starts; print the folder, which is named after the kernel's
# release. With "compared" also what nf_skype is compared with, xt_ipp2p.ko of
# Debian's xtables-addons. Where that cannot be built, FOLDER/xt_ipp2p.missing
# tells why.

set -eu

here=$(dirname "$(readlink -f "$0")")
top=$(readlink -f "$here/../..")
kernel=${1:-6.1}
compared=${2-}
root=$("$top/selftests/vm/kernel.sh" "$kernel")
headers=$(readlink -f "$root/headers")
work=$top/build/bench/$(cat "$root/release")
log=$work/build.log
starts=(start-0.97 start-1.2 start-1.4 start-2.0 start-2.5 start-5.5)

mkdir -p "$work"
exec 9>"$work/.lock"
flock 9

# fetch_ipp2p FOLDER: its sources, which need one other file of theirs.
fetch_ipp2p()
{
	local folder=$1
	local -a archive
	local inner=modules/xtables-addons/extensions

	(cd "$folder" &&
		apt-get -qq -o APT::Sandbox::User=root download xtables-addons-source) || return
	archive=("$folder"/xtables-addons-source_*.deb)
	dpkg-deb -x "${archive[-1]}" "$folder" || return
	tar -xjf "$folder/usr/src/xtables-addons.tar.bz2" -C "$folder" \
		--strip-components=3 --wildcards "$inner/compat_*" "$inner/xt_ipp2p.*" || return
	rm -rf "${folder:?}/usr" "${archive[@]}"
	echo 'obj-m := compat_xtables.o xt_ipp2p.o' >"$folder/Kbuild"
}

if [ ! -e "$work/pktbench.ko" ] ||
   [ -n "$(find "$here/pktbench" "$headers/Makefile" -newer "$work/pktbench.ko")" ]; then
	cp "$here"/pktbench/* "$work/"
	"$top/selftests/vm/kbuild.sh" "$kernel" "$work" >"$log" 2>&1 || { cat "$log" >&2; exit 1; }
fi
if [ ! -e "$work/measure" ] ||
   [ -n "$(find "$here/measure.c" "$here/pktbench" -newer "$work/measure")" ]; then
	gcc -O2 -Wall -Wextra -Werror -o "$work/measure" "$here/measure.c" -lpcap
fi
for start in "${starts[@]}"; do
	[ "$work/$start.pcap" -nt "$top/selftests/gen/starts.py" ] ||
		"$top/selftests/gen/skypegen" pcap "$start" --link raw --client 10.16.0.1 \
			-o "$work/$start.pcap" >/dev/null
done
if [ -n "$compared" ] && [ ! -e "$work/ipp2p/xt_ipp2p.ko" ]; then
	rm -rf "$work/ipp2p"
	mkdir "$work/ipp2p"
	rm -f "$work/xt_ipp2p.missing"
	{ fetch_ipp2p "$work/ipp2p" &&
		"$top/selftests/vm/kbuild.sh" "$kernel" "$work/ipp2p"; } >"$work/xt_ipp2p.log" 2>&1 ||
		tail -n 1 "$work/xt_ipp2p.log" >"$work/xt_ipp2p.missing"
fi
echo "$work"
