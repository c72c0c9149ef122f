#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# make.sh: what make builds, under another's flags.  Prints TAP.

top=$(readlink -f "$(dirname "$0")/../..")
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
number=0
unset MAKEFLAGS MFLAGS MAKELEVEL CPPFLAGS CFLAGS

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

echo "1..$number"
