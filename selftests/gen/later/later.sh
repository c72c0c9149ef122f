# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
#
# later.sh, sourced behind lib.sh: time that passes at once.

# can_wait: have later.ko, and $LATER/replay. make check has built them (build.sh),
# outside, where it is quick and the compiler suits the kernel.
can_wait()
{
	LATER=$TOP/build/later/$(uname -r)
	[ -e "$LATER/later.ko" ] || bail "no $LATER/later.ko: selftests/gen/later/build.sh makes it"
	[ -d /sys/module/later ] || insmod "$LATER/later.ko" || bail 'insmod later.ko'
}

# later SECONDS: it is so much later.
later()
{
	echo "$(($1 * 1000))" >/sys/module/later/parameters/milliseconds
}
