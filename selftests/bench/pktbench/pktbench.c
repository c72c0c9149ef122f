// SPDX-License-Identifier: GPL-2.0
/*
 * pktbench: what a packet costs on its way through a gateway, in instructions.
 *
 *     /dev/pktbench -> netif_receive_skb() ... ip_forward() ... dummy device
 *                      ^ rdtsc                                 rdtsc ^
 *
 * The whole way is one function call: bottom halves are off, and a dummy device
 * has no queue.  In a guest of QEMU with -icount shift=0 an instruction is a
 * nanosecond and a tick, so the difference of the two readings is the number of
 * instructions, whatever else the host does.  An interrupt in between adds to
 * one packet in a thousand: judge by the median.
 *
 * Parameters, both writable while loaded and 0 at first:
 *   conntrack   1: ask for connection tracking, with no rule that would cost
 *   hook        1: add a hook that does nothing, where nf_skype has its own
 */
#include <asm/msr.h>
#include <linux/etherdevice.h>
#include <linux/fs.h>
#include <linux/miscdevice.h>
#include <linux/module.h>
#include <linux/netdevice.h>
#include <linux/netfilter_ipv4.h>
#include <linux/nsproxy.h>
#include <linux/sched.h>
#include <linux/skbuff.h>
#include <linux/slab.h>
#include <linux/uaccess.h>
#include <linux/vmalloc.h>
#include <net/ip.h>
#include <net/net_namespace.h>
#include <net/netfilter/nf_conntrack.h>

#include "marks.h"
#include "pktbench.h"

#define SIDES 2

static char *device[SIDES] = { "lan", "wan" };
module_param_array(device, charp, NULL, 0444);
MODULE_PARM_DESC(device, "where packets arrive: the clients' side, the servers' side");

/* An open file: one measurement. */
struct bench {
	struct mutex lock;		/* protects the next 2 fields */
	u32 *cost;
	size_t costs;
	struct net_device *side[SIDES];
};

/* ------------------------------------------------------------- packets */

static struct sk_buff *bench_skb(struct net_device *dev, const char __user *data,
				 size_t length)
{
	struct sk_buff *skb;

	skb = alloc_skb(NET_SKB_PAD + ETH_HLEN + length, GFP_KERNEL);
	if (!skb)
		return ERR_PTR(-ENOMEM);
	skb_reserve(skb, NET_SKB_PAD);
	skb_put_zero(skb, ETH_HLEN);
	skb_reset_mac_header(skb);
	skb_pull(skb, ETH_HLEN);
	if (copy_from_user(skb_put(skb, length), data, length)) {
		kfree_skb(skb);
		return ERR_PTR(-EFAULT);
	}
	skb->dev = dev;
	skb->pkt_type = PACKET_HOST;
	skb->protocol = *skb->data >> 4 == 6 ? htons(ETH_P_IPV6) : htons(ETH_P_IP);
	skb->ip_summed = CHECKSUM_UNNECESSARY;	/* as a network card says */
	return skb;
}

static u32 bench_receive(struct sk_buff *skb)
{
	u64 start, end;

	local_bh_disable();
	MARK(MARK_BEGIN);
	start = rdtsc();
	netif_receive_skb(skb);
	end = rdtsc();
	MARK(MARK_END);
	local_bh_enable();
	return min_t(u64, end - start, U32_MAX);
}

static ssize_t bench_inject(struct bench *bench, const char __user *data, size_t count)
{
	struct pktbench_packet packet;
	struct sk_buff *skb;
	size_t done = 0;

	lockdep_assert_held(&bench->lock);

	while (done < count) {
		if (count - done < sizeof(packet))
			return -EINVAL;
		if (copy_from_user(&packet, data + done, sizeof(packet)))
			return -EFAULT;
		done += sizeof(packet);
		if (packet.length < sizeof(struct iphdr) ||
		    packet.length > PKTBENCH_LENGTH_MAX ||
		    packet.length > count - done || packet.side >= SIDES)
			return -EINVAL;
		if (bench->costs == PKTBENCH_COSTS_MAX)
			return -ENOSPC;
		skb = bench_skb(bench->side[packet.side], data + done, packet.length);
		if (IS_ERR(skb))
			return PTR_ERR(skb);
		done += packet.length;
		bench->cost[bench->costs++] = bench_receive(skb);
		cond_resched();
	}
	return done;
}

/* ---------------------------------------------------------------- file */

static void bench_free(struct bench *bench)
{
	int i;

	for (i = 0; i < SIDES; i++)
		dev_put(bench->side[i]);
	vfree(bench->cost);
	kfree(bench);
}

static int bench_open(struct inode *inode, struct file *file)
{
	struct bench *bench;
	int i;

	bench = kzalloc(sizeof(*bench), GFP_KERNEL);
	if (!bench)
		return -ENOMEM;
	mutex_init(&bench->lock);
	bench->cost = vmalloc(array_size(PKTBENCH_COSTS_MAX, sizeof(u32)));
	if (!bench->cost) {
		bench_free(bench);
		return -ENOMEM;
	}
	for (i = 0; i < SIDES; i++) {
		bench->side[i] = dev_get_by_name(current->nsproxy->net_ns, device[i]);
		if (!bench->side[i]) {
			bench_free(bench);
			return -ENODEV;
		}
	}
	file->private_data = bench;
	return nonseekable_open(inode, file);
}

static int bench_release(struct inode *inode, struct file *file)
{
	bench_free(file->private_data);
	return 0;
}

static ssize_t bench_write(struct file *file, const char __user *data, size_t count,
			   loff_t *position)
{
	struct bench *bench = file->private_data;
	ssize_t done;

	mutex_lock(&bench->lock);
	done = bench_inject(bench, data, count);
	mutex_unlock(&bench->lock);
	return done;
}

static ssize_t bench_read(struct file *file, char __user *data, size_t count,
			  loff_t *position)
{
	struct bench *bench = file->private_data;
	ssize_t bytes;

	mutex_lock(&bench->lock);
	bytes = array_size(bench->costs, sizeof(u32));
	if (bytes > count)
		bytes = -EINVAL;
	else if (copy_to_user(data, bench->cost, bytes))
		bytes = -EFAULT;
	else
		bench->costs = 0;
	mutex_unlock(&bench->lock);
	return bytes;
}

static const struct file_operations bench_operations = {
	.owner		= THIS_MODULE,
	.open		= bench_open,
	.release	= bench_release,
	.write		= bench_write,
	.read		= bench_read,
};

static struct miscdevice bench_device = {
	.minor	= MISC_DYNAMIC_MINOR,
	.name	= "pktbench",
	.mode	= 0600,
	.fops	= &bench_operations,
};

/* ---------------------------------------------------------- parameters */

static bool conntrack;
static bool hook;

static int switch_set(const char *value, const struct kernel_param *kp,
		      int (*on)(void), void (*off)(void))
{
	bool *now = kp->arg, want;
	int error;

	error = kstrtobool(value, &want);
	if (error || want == *now)
		return error;
	if (want)
		error = on();
	else
		off();
	if (!error)
		*now = want;
	return error;
}

static int conntrack_on(void)
{
	return nf_ct_netns_get(&init_net, NFPROTO_INET);
}

static void conntrack_off(void)
{
	nf_ct_netns_put(&init_net, NFPROTO_INET);
}

static int conntrack_set(const char *value, const struct kernel_param *kp)
{
	return switch_set(value, kp, conntrack_on, conntrack_off);
}

static unsigned int empty_hook(void *priv, struct sk_buff *skb,
			       const struct nf_hook_state *state)
{
	return NF_ACCEPT;
}

static const struct nf_hook_ops empty_hook_ops = {
	.hook		= empty_hook,
	.pf		= NFPROTO_IPV4,
	.hooknum	= NF_INET_PRE_ROUTING,
	.priority	= NF_IP_PRI_CONNTRACK + 10,
};

static int hook_on(void)
{
	return nf_register_net_hook(&init_net, &empty_hook_ops);
}

static void hook_off(void)
{
	nf_unregister_net_hook(&init_net, &empty_hook_ops);
}

static int hook_set(const char *value, const struct kernel_param *kp)
{
	return switch_set(value, kp, hook_on, hook_off);
}

static const struct kernel_param_ops conntrack_ops = {
	.set = conntrack_set, .get = param_get_bool,
};
module_param_cb(conntrack, &conntrack_ops, &conntrack, 0644);
MODULE_PARM_DESC(conntrack, "track connections");

static const struct kernel_param_ops hook_ops = {
	.set = hook_set, .get = param_get_bool,
};
module_param_cb(hook, &hook_ops, &hook, 0644);
MODULE_PARM_DESC(hook, "add a hook that does nothing");

static int __init bench_init(void)
{
	return misc_register(&bench_device);
}

static void __exit bench_exit(void)
{
	misc_deregister(&bench_device);
	if (hook)
		hook_off();
	if (conntrack)
		conntrack_off();
}

module_init(bench_init);
module_exit(bench_exit);
MODULE_LICENSE("GPL");
MODULE_DESCRIPTION("Instructions per forwarded packet");
