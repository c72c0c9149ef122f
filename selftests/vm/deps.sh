#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# deps.sh GROUP...: install the Debian packages that a purpose needs
#
#   tools    skypectl
#   modules  nf_skype.ko for a kernel whose headers are installed
#   kernels  the same for one of Debian's other kernels
#   vm       the virtual machine and what the selftests run inside it
#   check    the tests in user space
#   chroot   a chroot of a newer Debian, for kernels whose tools need its libc
#   style    the static checks
#   bench    what nf_skype is compared with
#   fuzz     the fuzzers in user space
#   debug    debug kernels, which are compiled here
#
# Does nothing, and needs neither root nor network, when all are there.

set -eu

packages=()
for group in "$@"; do
	case $group in
	tools)	packages+=(build-essential pkg-config libmnl-dev libjansson-dev
			libpcap-dev) ;;
	modules) packages+=(build-essential kmod) ;;
	kernels) packages+=(build-essential gcc-12 bc kmod libelf1 xz-utils
			debian-archive-keyring) ;;
	vm)	packages+=(qemu-system-x86 busybox-static cpio iproute2 iputils-ping
			procps nftables conntrack conntrackd tcpreplay tcpdump
			ethtool iperf3 jq python3) ;;
	check)	packages+=(build-essential pkg-config libcmocka-dev python3 tshark
			chromium fonts-dejavu-core) ;;
	chroot)	packages+=(mmdebstrap debian-archive-keyring) ;;
	style)	packages+=(shellcheck clang clang-format coccinelle cppcheck sparse xz-utils) ;;
	fuzz)	packages+=(clang libclang-rt-14-dev python3) ;;
	bench)	packages+=(iptables xtables-addons-common libndpi-dev libpcap-dev
			tshark time) ;;
	debug)	packages+=(build-essential gcc-12 bc bison flex kmod cpio
			libelf-dev xz-utils debian-archive-keyring) ;;
	*)	echo "deps.sh: no such group: $group" >&2; exit 1 ;;
	esac
done

missing=()
for package in "${packages[@]}"; do
	dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null |
		grep -q '^installed' || missing+=("$package")
done
[ ${#missing[@]} -gt 0 ] || exit 0

if [ "$(id -u)" -ne 0 ]; then
	echo "These packages are missing; install them as root:" >&2
	echo "    apt-get install --no-install-recommends ${missing[*]}" >&2
	exit 1
fi

echo "# installing ${missing[*]}" >&2
log=$(mktemp)
trap 'rm -f "$log"' EXIT
export DEBIAN_FRONTEND=noninteractive
if ! { apt-get -qq update &&
	apt-get -qq -o Dpkg::Use-Pty=0 -o Acquire::Retries=3 \
		install -y --no-install-recommends "${missing[@]}"; } >"$log" 2>&1; then
	tail -n 20 "$log" >&2
	exit 1
fi
