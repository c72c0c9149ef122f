#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# guest.sh: process 1 of the virtual machine. Makes the host's files look like a
# running system, runs the command that boot.sh left in /out and reports its
# exit status there.

export PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
export HOME=/root TERM=dumb LC_ALL=C.UTF-8

mount -t proc proc /proc
mount -t sysfs sysfs /sys
mount -t devtmpfs devtmpfs /dev
mkdir -p /dev/pts /dev/shm /out
mount -t devpts devpts /dev/pts
mount -t tmpfs tmpfs /dev/shm
mount -t tmpfs tmpfs /run
mount -t debugfs debugfs /sys/kernel/debug
mkdir -p /run/netns /lib/modules
# shellcheck disable=SC2154	# set by the initramfs
mount --bind "$modules" /lib/modules
mount -t 9p -o trans=virtio,version=9p2000.L,msize=512000 out /out
ln -s /proc/self/fd /dev/fd
ln -s /proc/self/fd/0 /dev/stdin
ln -s /proc/self/fd/1 /dev/stdout
ln -s /proc/self/fd/2 /dev/stderr
hostname guest
ip link set lo up
modprobe virtio_rng

stty -F /dev/ttyS1 raw -echo
bash /out/command </dev/null >/dev/ttyS1 2>&1
status=$?
dmesg >/out/dmesg
stty -F /dev/ttyS1 raw		# waits until everything is out
echo "$status" >/out/status
sync
echo b >/proc/sysrq-trigger
sleep 60
