#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# boot.sh [OPTIONS] SCRIPT [ARGUMENT...]: run SCRIPT as root in a virtual machine
#
# The guest boots one of Debian's kernels and has this machine's files as its
# own: the root file system, read-only, with a tmpfs over it. So every program
# installed here works there, a fresh build is there without copying, and what
# the guest writes is gone when it ends. It has no network card.
#
#   -k KERNEL    6.1 (default), 6.12, 7.2, debug, kcsan, or a folder like those
#                of kernel.sh
#   -m MIB       memory (1024, or what the kernel wants)
#   -c CPUS      processors (2)
#   -i           count instructions: one is one nanosecond, one processor
#   -t SECONDS   give up after so long (300)
#   -e NAME=VALUE, -e NAME
#                pass a variable on; repeat for more
#   -o FOLDER    what the guest sees as /out, writable (a temporary one)
#   -q           no progress lines
#
# What SCRIPT writes (stdout and stderr) is streamed to stdout, and its exit
# status is that of boot.sh. 124 means time out, 125 that the guest died (a
# panic, an oops, no status): the end of its console is then on stderr.
#
# SCRIPT is a path on this machine and runs in the current folder, with PATH,
# HOME=/root, /proc, /sys, /dev, /run and /tmp as usual and lo up. $VM is 1 and
# $VM_KERNEL the kernel's release. Modules: modprobe works.
# Files for later go to /out. The console log is FOLDER/console.
#
#   selftests/vm/boot.sh /bin/uname -a
#   selftests/vm/boot.sh -k 7.2 -o build/vm selftests/run

set -eu

here=$(dirname "$(readlink -f "$0")")
kernel=6.1
memory=
cpus=2
count=
timeout=300
out=
quiet=
environment=()

usage()
{
	sed -n 's/^# \{0,1\}//; 4,31p' "$0" >&2
	exit 2
}

while getopts k:m:c:it:e:o:qh option; do
	case $option in
	k)	kernel=$OPTARG ;;
	m)	memory=$OPTARG ;;
	c)	cpus=$OPTARG ;;
	i)	count=1; cpus=1 ;;
	t)	timeout=$OPTARG ;;
	e)	[ "$OPTARG" != "${OPTARG#*=}" ] || OPTARG=$OPTARG=${!OPTARG-}
		environment+=("$OPTARG") ;;
	o)	out=$OPTARG ;;
	q)	quiet=1 ;;
	*)	usage ;;
	esac
done
shift $((OPTIND - 1))
[ $# -gt 0 ] || usage

say()
{
	[ -n "$quiet" ] || echo "# $*" >&2
}

case $kernel in
*/*)	root=$(readlink -f "$kernel") ;;
*)	root=$("$here/kernel.sh" "$kernel") ;;
esac
release=$(cat "$root/release")
cmdline=$(cat "$root/cmdline" 2>/dev/null) || cmdline=
[ -n "$memory" ] || memory=$(cat "$root/memory" 2>/dev/null) || memory=1024

temporary=$(mktemp -d "${TMPDIR:-/var/tmp}/nf_skype.XXXXXX")
trap 'rm -rf "$temporary"' EXIT
[ -n "$out" ] || out=$temporary/out
mkdir -p "$out"
out=$(readlink -f "$out")
rm -f "$out/status"

"$here/initramfs.sh" "$root" "$temporary/initramfs"

# What the guest is to do, as a script of its own: all quoting is done here.
script=$(readlink -f "$1")
{
	printf 'export %q\n' VM=1 "VM_KERNEL=$release" "${environment[@]}"
	printf 'cd %q\n' "$PWD"
	printf '%q ' "$script" "${@:2}"
	echo
} >"$out/command"

# Emulated even where KVM is at hand: the same guest on every machine. Without
# 57-bit addresses: an interrupt while the kernel looks at its first processor
# finds that feature cleared, and KASAN takes the page tables' base for wild.
accel=(-accel "tcg,thread=multi")
[ -z "$count" ] || accel=(-accel tcg -icount "shift=0,sleep=on")

say "booting Linux $release ($cpus CPU, $memory MiB)"
: >"$out/console"
status=0
timeout --foreground -k 5 "$timeout" qemu-system-x86_64 \
	-machine q35 "${accel[@]}" -cpu max,la57=off -m "$memory" -smp "$cpus" \
	-nodefaults -no-user-config -display none -no-reboot \
	-device virtio-rng-pci \
	-chardev "file,id=console,path=$out/console" -serial chardev:console \
	-chardev stdio,id=output,signal=off -serial chardev:output \
	-fsdev "local,id=host,path=/,security_model=none,readonly=on,multidevs=remap" \
	-device virtio-9p-pci,fsdev=host,mount_tag=host \
	-fsdev "local,id=out,path=$out,security_model=none" \
	-device virtio-9p-pci,fsdev=out,mount_tag=out \
	-kernel "$root/vmlinuz" -initrd "$temporary/initramfs" \
	-append "console=ttyS0 quiet no_timer_check loglevel=4 panic=-1 oops=panic $cmdline mitigations=off nokaslr vm_guest=$here/guest.sh vm_modules=$root/modules" \
	</dev/null || status=$?

if [ -s "$out/status" ]; then
	exit "$(cat "$out/status")"
fi
if [ "$status" -eq 124 ] || [ "$status" -eq 137 ]; then
	status=124
	echo "boot.sh: the guest did not end within $timeout s" >&2
else
	status=125
	echo "boot.sh: the guest died" >&2
fi
echo "--- end of its console ---" >&2
tail -n 60 "$out/console" | tr -d '\r' >&2
exit $status
