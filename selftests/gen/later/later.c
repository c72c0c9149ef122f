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
 */
#include <linux/jiffies.h>
#include <linux/minmax.h>
#include <linux/module.h>
#include <linux/moduleparam.h>
#include <linux/rcupdate.h>
#include <linux/smp.h>
#include <linux/stop_machine.h>

#define STEP (10 * HZ)
#define MILLISECONDS_MAX (24 * 3600 * 1000)

/* An idle processor looks at its timers again behind an interrupt. */
static void look_again(void *unused)
{
}

/* With no tick under way, which would write what it has read before. */
static int step(void *data)
{
	u64 end = *(u64 *)data;

	if (time_before64(jiffies_64, end))
		jiffies_64 += min_t(u64, end - jiffies_64, STEP);
	return 0;
}

static int set_milliseconds(const char *text, const struct kernel_param *param)
{
	unsigned int ms;
	u64 end;
	int ret;

	ret = kstrtouint(text, 10, &ms);
	if (ret)
		return ret;
	if (ms > MILLISECONDS_MAX)
		return -ERANGE;
	end = get_jiffies_64() + msecs_to_jiffies(ms);
	while (time_before64(get_jiffies_64(), end)) {
		stop_machine(step, &end, NULL);
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
