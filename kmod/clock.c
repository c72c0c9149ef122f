// SPDX-License-Identifier: GPL-2.0
#include <linux/atomic.h>
#include <linux/math64.h>

#include "clock.h"

#define ANCHOR_DRIFT (50 * NSEC_PER_MSEC)

/* Time of day minus the packet path's clock, in nanoseconds. */
static atomic64_t anchor;

/**
 * nf_skype_clock_wall() - the time of day of something that happened
 * @time: when, by nf_skype_now()
 *
 * The distance between the two clocks is measured anew only when it has drifted
 * or somebody has set the time, so that one flow shows one time.
 *
 * Return: nanoseconds since 1970.
 */
u64 nf_skype_clock_wall(u64 time)
{
	s64 known = atomic64_read(&anchor);
	s64 measured = ktime_get_real_ns() - nf_skype_now() * NSEC_PER_MSEC;

	if (abs(measured - known) > ANCHOR_DRIFT) {
		atomic64_set(&anchor, measured);
		known = measured;
	}
	return time * NSEC_PER_MSEC + known;
}
