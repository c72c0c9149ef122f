# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
#
# later.sh, sourced behind lib.sh: time that passes at once.

# can_wait: build $LATER/replay and build and load later.ko, for the running
# kernel, whose headers lie beside its modules.
can_wait()
{
	local headers
	LATER=$TMP/later
	cp -r "$SELFTESTS/gen/later" "$LATER"
	headers=$(awk '$5 ~ /\/lib\/modules$/ { print $4 }' /proc/self/mountinfo)
	headers=$(readlink -f "${headers%/lib/modules}/headers")
	{
		make -C "$headers" "M=$LATER" CC=gcc-12 CONFIG_DEBUG_INFO_BTF_MODULES= modules &&
			gcc -O2 -Wall -Wextra -Werror -o "$LATER/replay" "$LATER/replay.c"
	} >"$LATER/log" 2>&1 || { note "$(tail -n 20 "$LATER/log")"; bail 'cannot build later.ko'; }
	[ -d /sys/module/later ] || insmod "$LATER/later.ko" || bail 'insmod later.ko'
}

# later SECONDS: it is so much later.
later()
{
	echo "$(($1 * 1000))" >/sys/module/later/parameters/milliseconds
}
