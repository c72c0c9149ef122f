#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# source.sh: fetch Debian's source package of Linux 6.1, unpack it in the cache
# (1.5 GB, once) and print its folder.
#
# Environment: NF_SKYPE_CACHE  where kernels are kept (/var/cache/nf_skype)

set -eu

here=$(dirname "$(readlink -f "$0")")
cache=${NF_SKYPE_CACHE:-/var/cache/nf_skype}
source=$cache/source/linux-6.1
folder=$cache/source/new

# shellcheck source-path=SCRIPTDIR source=apt.sh
. "$here/apt.sh"

mkdir -p "$cache/source"
exec 9>"$cache/source/.lock"
flock 9
if [ ! -e "$source/Makefile" ]; then
	echo "# fetching Debian's source of Linux 6.1 (140 MB, once)" >&2
	rm -rf "$folder" "$source"
	mkdir -p "$folder"
	apt_private "$cache/apt/source" bookworm-security
	(cd "$folder" && apt-get "${apt_options[@]}" download linux-source-6.1)
	dpkg-deb -x "$folder"/*.deb "$folder"
	tar -xJf "$folder/usr/src/linux-source-6.1.tar.xz" -C "$folder"
	mv "$folder/linux-source-6.1" "$source"
	rm -rf "$folder"
fi
echo "$source"
