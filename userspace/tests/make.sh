#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# make.sh: what make builds and installs, under another's flags and
# umask, for any kernel.  Prints TAP.

top=$(readlink -f "$(dirname "$0")/../..")
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
number=0
unset MAKEFLAGS MFLAGS MAKELEVEL CPPFLAGS CFLAGS PREFIX DESTDIR

# ok STATUS WHAT: one result; 0 is good
ok()
{
	number=$((number + 1))
	if [ "$1" -eq 0 ]; then
		echo "ok $number - $2"
	else
		echo "not ok $number - $2"
		sed 's/^/# /' "$folder/log"
	fi
}

# Flags of others come beside ours

make -C "$top/userspace" BUILD="$folder/flags" CPPFLAGS=-D_FORTIFY_SOURCE=2 \
	CFLAGS=-O1 "$folder/flags/user/words.o" > "$folder/log" 2>&1
ok $? "it is built with CPPFLAGS and CFLAGS of the command line"

# Installing

# install_tool: with a program in the tool's place, which says nothing of nft
install_tool()
{
	make -C "$top/userspace" -o "$folder/build/skypectl" BUILD="$folder/build" \
		DESTDIR="$folder/root" PREFIX=/opt/skype install > "$folder/log" 2>&1
}

mkdir "$folder/build"
printf '#!/bin/sh\necho of the running module\n' > "$folder/build/skypectl"
chmod 755 "$folder/build/skypectl"
definitions=$folder/root/etc/nf_skype/nf_skype.nft
umask 077
install_tool
ok $? "it is installed"
grep -qxF 'define SKYPE = 0x80000000 # likely or certain' "$definitions"
ok $? "definitions for nft are those of the default mark_shift"
[ -z "$(find "$folder/root" ! -perm -444 -print | tee "$folder/log")" ]
ok $? "all of it can be read, whatever the umask"
grep -qxF '.It Pa /opt/skype/share/doc/nf_skype/examples/ha' \
	"$folder/root/opt/skype/share/man/man7/nf_skype.7" &&
	grep -qxF 'ExecStart=/opt/skype/sbin/skypectl policy load /etc/nf_skype/policy.conf' \
	"$folder/root/lib/systemd/system/nf_skype.service"
ok $? "manual page and unit name what is installed"
echo 'define SKYPE = 0x80' > "$definitions"
install_tool && grep -qxF 'define SKYPE = 0x80' "$definitions"
ok $? "those that are there stay"

# A module for the kernel that is meant, by trees that build a file of their own

# builds TREE WHAT: the module is that of this tree, which says WHAT
builds()
{
	module=$("$folder/copy/selftests/vm/build-module.sh" "$folder/$1/linux" 2> "$folder/log") &&
		[ "$(cat "$module")" = "$2" ]
}

mkdir -p "$folder/copy/selftests/vm"
cp -r "$top/Kbuild" "$top/kmod" "$top/include" "$folder/copy"
cp "$top/selftests/vm/build-module.sh" "$folder/copy/selftests/vm"
for tree in one other; do
	mkdir -p "$folder/$tree/linux/include/generated"
	echo "$tree" > "$folder/$tree/linux/include/generated/utsrelease.h"
	# shellcheck disable=SC2016
	printf 'modules:\n\tcat include/generated/utsrelease.h > $(M)/nf_skype.ko\n' \
		> "$folder/$tree/linux/Makefile"
done
builds one one && builds other other
ok $? "a tree of the same name gets a module of its own"
builds other other && [ ! -s "$folder/log" ]
ok $? "it is built once"
echo third > "$folder/other/linux/include/generated/utsrelease.h"
builds other third
ok $? "and anew for another kernel at that place"

echo "1..$number"
