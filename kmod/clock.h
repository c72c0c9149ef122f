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

/* How much later another processor's reading may be, in milliseconds */
#define NF_SKYPE_CLOCK_AHEAD 60000U

static __always_inline u64 nf_skype_now(void)
{
	if (MSEC_PER_SEC % HZ == 0)
		return get_jiffies_64() * (MSEC_PER_SEC / HZ);
	return jiffies64_to_msecs(get_jiffies_64());
}

/*
 * Milliseconds since a time whose low 32 bits were kept; 0 when another processor
 * has stored a later time than the one read here.
 */
static inline u32 nf_skype_clock_since(u32 now, u32 low)
{
	u32 since = now - low;

	return since < -NF_SKYPE_CLOCK_AHEAD ? since : 0;
}

/* A time whose low 32 bits were kept. */
static inline u64 nf_skype_clock_widen(u32 low, u64 now)
{
	return now - nf_skype_clock_since((u32)now, low);
}

u64 nf_skype_clock_wall(u64 time);

#endif /* NF_SKYPE_CLOCK_H */
