/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The clock of the packet path: milliseconds of jiffies.  Reading it is one
 * load, its steps are fine enough for windows of seconds, and it never goes
 * back.  Only netlink shows times of day.
 */
#ifndef NF_SKYPE_CLOCK_H
#define NF_SKYPE_CLOCK_H

#include <linux/jiffies.h>
#include <linux/ktime.h>
#include <linux/timekeeping.h>

static __always_inline u64 nf_skype_now(void)
{
	if (MSEC_PER_SEC % HZ == 0)
		return get_jiffies_64() * (MSEC_PER_SEC / HZ);
	return jiffies64_to_msecs(get_jiffies_64());
}

/* A time whose low 32 bits were kept, given that it is not in the future. */
static inline u64 nf_skype_clock_widen(u32 low, u64 now)
{
	return now - (u32)((u32)now - low);
}

u64 nf_skype_clock_wall(u64 time);

#endif /* NF_SKYPE_CLOCK_H */
