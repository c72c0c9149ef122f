#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# initramfs.sh KERNEL-FOLDER FILE: a busybox, the few modules that reach this
# machine's files over 9p, and an init that lays a tmpfs over them.

set -eu

root=$1
file=$2
release=$(cat "$root/release")
folder=$(mktemp -d "${TMPDIR:-/var/tmp}/nf_skype.XXXXXX")
trap 'rm -rf "$folder"' EXIT

mkdir -p "$folder"/{bin,modules,proc,host,root,top}
cp "$(command -v busybox)" "$folder/bin/busybox"

modprobe -d "$root" -S "$release" --show-depends -a virtio_pci 9pnet_virtio 9p overlay |
	awk '$1 == "insmod" && !seen[$2]++ { print $2 }' |
	while IFS= read -r module; do
		name=$(basename "$module")
		case $name in
		*.xz)	xz -dc "$module" >"$folder/modules/${name%.xz}" ;;
		*)	cp "$module" "$folder/modules/$name" ;;
		esac
		echo "${name%.xz}" >>"$folder/modules/order"
	done
touch "$folder/modules/order"

cat >"$folder/init" <<'INIT'
#!/bin/busybox sh
b=/bin/busybox
$b mount -t proc proc /proc
while read -r module; do $b insmod "/modules/$module"; done </modules/order
for word in $($b cat /proc/cmdline); do
	case $word in
	vm_guest=*)	guest=${word#*=} ;;
	vm_modules=*)	modules=${word#*=} ;;
	esac
done
$b mount -t 9p -o trans=virtio,version=9p2000.L,msize=512000,cache=loose,ro host /host
$b mount -t tmpfs -o size=75% tmpfs /top
$b mkdir /top/upper /top/work
$b mount -t overlay -o lowerdir=/host,upperdir=/top/upper,workdir=/top/work overlay /root
$b umount /proc
export modules
exec $b switch_root /root /bin/bash "$guest"
INIT
chmod +x "$folder/init"
(cd "$folder" && find . | cpio --quiet -o -H newc) >"$file"
