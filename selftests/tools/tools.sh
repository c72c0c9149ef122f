# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
#
# tools.sh, sourced behind lib.sh: the programs beside it, and what the kernel
# can tell about leaks.

TOOLS=$TOP/build/tools

# tool NAME...: have programs in $TOOLS. make check has built them outside, where
# it is quick; by hand they are built here.
tool()
{
	local name
	for name in "$@"; do
		[ ! "$TOOLS/$name" -nt "$SELFTESTS/tools/$name.c" ] || continue
		TOOLS=$TMP/tools
		make -s -C "$SELFTESTS/tools" BUILD="$TMP" >&2 || bail "cannot build $*"
		return
	done
}

KMEMLEAK=/sys/kernel/debug/kmemleak

# leaks_forget: what was lost until now is not ours.
leaks_forget()
{
	[ ! -w $KMEMLEAK ] || { echo scan >$KMEMLEAK; echo clear >$KMEMLEAK; }
}

# leaks: what has been lost since, as kmemleak tells; nothing on other kernels.
# An object counts when it is older than 5 s, and was not found in two scans.
leaks()
{
	[ -w $KMEMLEAK ] || return 0
	sleep 6
	echo scan >$KMEMLEAK
	sleep 1
	echo scan >$KMEMLEAK
	head -n 60 $KMEMLEAK
}

# slabs NAME...: objects in use of kernel caches. What processors keep for
# themselves counts as used, so it is given back first.
slabs()
{
	local name
	for name in "$@"; do
		echo 1 >"/sys/kernel/slab/$name/shrink" 2>/dev/null
		awk -v name="$name" '$1 == name { print name, $2 }' /proc/slabinfo
	done
}

# Netfilter switches its hooks on by writing over instructions, when the first of
# a kind comes. Without KVM, a processor of the guest was seen to be stuck at such
# a place for ever when that happened hundreds of times under traffic; it has not
# been since some hook of every kind stays.
keep_hooks()
{
	local family
	namespace hooks
	for family in inet bridge; do
		within hooks nft -f - <<-NFT || bail 'hooks'
			table $family hooks {
				chain prerouting { type filter hook prerouting priority 0; }
				chain input { type filter hook input priority 0; }
				chain forward { type filter hook forward priority 0; }
				chain output { type filter hook output priority 0; }
				chain postrouting { type filter hook postrouting priority 0; }
			}
		NFT
	done
}
