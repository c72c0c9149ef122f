// SPDX-License-Identifier: GPL-2.0
/*
 * later: lets time pass in a virtual machine.
 *
 *	echo 1860000 >/sys/module/later/parameters/milliseconds
 *
 * makes the kernel so much older: its jiffies are put forward, by which nf_skype,
 * conntrack and every timer tell the time.  So a test of what expires after half
 * an hour takes a few seconds, and one of rates need not wait between packets.
 *
 * Long times go by in steps, each shorter than what a watchdog would take for a
 * hang, and all processors and RCU get their turn in between.
 *
 * A time below 0 takes back what a slow machine has lost, up to a second: so a
 * packet can come at its time although the machine was late.
 */
#include <linux/jiffies.h>
#include <linux/minmax.h>
#include <linux/module.h>
#include <linux/moduleparam.h>
#include <linux/rcupdate.h>
#include <linux/smp.h>
#include <linux/stop_machine.h>

#define STEP (10 * HZ)
#define MILLISECONDS_MIN (-1000)
#define MILLISECONDS_MAX (24 * 3600 * 1000)

/* An idle processor looks at its timers again behind an interrupt. */
static void look_again(void *unused)
{
}

/* With no tick under way, which would write what it has read before. */
static int step(void *data)
{
	u64 *left = data, some = min_t(u64, *left, STEP);

	jiffies_64 += some;
	*left -= some;
	return 0;
}

static int step_back(void *data)
{
	jiffies_64 -= *(u64 *)data;
	return 0;
}

static int set_milliseconds(const char *text, const struct kernel_param *param)
{
	int ret, ms;
	u64 left;

	ret = kstrtoint(text, 10, &ms);
	if (ret)
		return ret;
	if (ms < MILLISECONDS_MIN || ms > MILLISECONDS_MAX)
		return -ERANGE;
	if (ms < 0) {
		u64 back = msecs_to_jiffies(-ms);

		return stop_machine(step_back, &back, NULL);
	}
	for (left = msecs_to_jiffies(ms); left;) {
		stop_machine(step, &left, NULL);
		if (ms < MSEC_PER_SEC)
			continue;
		on_each_cpu(look_again, NULL, 1);
		synchronize_rcu();
	}
	return 0;
}

static const struct kernel_param_ops milliseconds_ops = {
	.set = set_milliseconds,
};

module_param_cb(milliseconds, &milliseconds_ops, NULL, 0200);
MODULE_PARM_DESC(milliseconds, "write a number to let so much time pass");
MODULE_DESCRIPTION("Lets time pass, for tests");
MODULE_LICENSE("GPL");
