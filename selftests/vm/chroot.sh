#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# chroot.sh SUITE COMMAND [ARGUMENT...]: run a command in a Debian of another
# release, which is made (once, 340 MB) under the cache. It sees this source
# tree and the unpacked kernels at their own paths; its mounts are its own.

set -eu

here=$(dirname "$(readlink -f "$0")")
top=$(readlink -f "$here/../..")
cache=${NF_SKYPE_CACHE:-/var/cache/nf_skype}
suite=$1
shift
root=$cache/chroot/$suite

# shellcheck source-path=SCRIPTDIR source=apt.sh
. "$here/apt.sh"

mkdir -p "$cache/chroot"
exec 9>"$cache/chroot/.lock-$suite"
flock 9
if [ ! -e "$root/.ready" ]; then
	"$here/deps.sh" chroot
	echo "# making a $suite chroot to build in (340 MB, once)" >&2
	rm -rf "$root"
	mmdebstrap --quiet --mode=root --variant=apt \
		--aptopt='APT::Sandbox::User "root"' \
		--include=gcc-14,make,libc6-dev,pahole,kmod,libelf1t64,bc \
		"$suite" "$root" "$(apt_uri debian)" >&2
	touch "$root/.ready"
fi
exec 9>&-

# shellcheck disable=SC2016	# expanded by the inner shell
exec unshare -m --propagation private bash -c '
	set -eu
	root=$1; shift
	for folder in "$1" "$2"; do
		mkdir -p "$root$folder"
		mount --bind "$folder" "$root$folder"
	done
	shift 2
	mount -t proc proc "$root/proc"
	mount --bind /dev "$root/dev"
	exec chroot "$root" "$@"' chroot.sh "$root" "$top" "$cache/kernels" "$@"
