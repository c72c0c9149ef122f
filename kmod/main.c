// SPDX-License-Identifier: GPL-2.0
/*
 * nf_skype: recognise Skype's peer-to-peer traffic by its signatures.
 *
 * The way of a packet begins in hook.c, the way of a command in netlink.c.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/init.h>
#include <linux/module.h>
#include <net/net_namespace.h>
#include <net/netns/generic.h>
#include <uapi/linux/nf_skype.h>

#include "hook.h"
#include "housekeeping.h"
#include "mark.h"
#include "net.h"
#include "netlink.h"

#define FLOWS_MIN 64U
#define FLOWS_MAX (1U << 22)
#define HOSTS_MIN 64U
#define HOSTS_MAX (1U << 20)

static bool autostart = true;
module_param(autostart, bool, 0444);
MODULE_PARM_DESC(autostart, "observe the initial namespace from the start (1)");

static unsigned int flows = 16384;
module_param(flows, uint, 0444);
MODULE_PARM_DESC(flows, "undecided flows held per namespace (16384)");

static unsigned int hosts = 8192;
module_param(hosts, uint, 0444);
MODULE_PARM_DESC(hosts, "entries of each host table per namespace (8192)");

module_param_named(mark_shift, nf_skype_mark_shift, uint, 0444);
MODULE_PARM_DESC(mark_shift, "where the state byte stands in the conntrack mark (24)");

static unsigned int nf_skype_net_id __read_mostly;

/**
 * nf_skype_net() - what the module keeps for a namespace
 * @net: the namespace
 */
struct nf_skype_net *nf_skype_net(const struct net *net)
{
	return net_generic(net, nf_skype_net_id);
}

static void free_tables(struct nf_skype_net *sn)
{
	nf_skype_flowtab_free(&sn->flows);
	nf_skype_hosttab_free(&sn->hosts);
}

static int alloc_tables(struct nf_skype_net *sn)
{
	int ret = nf_skype_flowtab_init(&sn->flows, flows, sn->stats);

	if (!ret)
		ret = nf_skype_hosttab_init(&sn->hosts, hosts, sn->stats);
	if (ret)
		free_tables(sn);
	return ret;
}

/* No hook is left: those of their packets that are under way, and what these began. */
static void wait_for_packets(struct nf_skype_net *sn)
{
	synchronize_net();
	nf_skype_housekeeping_stop(sn);
}

static int start(struct nf_skype_net *sn, struct netlink_ext_ack *extack)
{
	int ret = alloc_tables(sn);

	if (ret) {
		NL_SET_ERR_MSG(extack, "no memory for the tables");
		return ret;
	}
	ret = nf_skype_hook_register(sn);
	if (ret) {
		wait_for_packets(sn); /* some hooks may have been there for a moment */
		free_tables(sn);
		NL_SET_ERR_MSG(extack, "connection tracking or its hooks are not available");
		return ret;
	}
	sn->enabled = true;
	return 0;
}

/**
 * nf_skype_enable() - inspect the packets of a namespace
 * @sn: the namespace
 * @mode: observe or enforce
 * @extack: says why not; may be NULL
 *
 * In a namespace that is enabled this changes the mode alone.
 *
 * Context: process; holds sn->lock; may sleep and load modules.
 * Return: 0 or a negative errno; then nothing has changed.
 */
int nf_skype_enable(struct nf_skype_net *sn, u8 mode,
		    struct netlink_ext_ack *extack)
{
	u8 before = rcu_dereference_protected(sn->policy,
					      lockdep_is_held(&sn->lock))->mode;
	int ret;

	/* the mode first: no packet may be dropped by one that was left over */
	ret = nf_skype_policy_set_mode(sn, mode);
	if (ret) {
		NL_SET_ERR_MSG(extack, "no memory for the policy");
		return ret;
	}
	if (sn->enabled)
		return 0;
	ret = start(sn, extack);
	if (ret)
		nf_skype_policy_set_mode(sn, before);
	return ret;
}

/**
 * nf_skype_disable() - leave the packets of a namespace alone
 * @sn: the namespace
 *
 * Verdicts in marks stay, and so does the policy; all tables are gone.
 *
 * Context: process; holds sn->lock; waits for packets under way.
 */
void nf_skype_disable(struct nf_skype_net *sn)
{
	lockdep_assert_held(&sn->lock);
	if (!sn->enabled)
		return;
	nf_skype_hook_unregister(sn);
	wait_for_packets(sn);
	sn->enabled = false;
	free_tables(sn);
}

static int __net_init nf_skype_net_init(struct net *net)
{
	struct nf_skype_net *sn = nf_skype_net(net);
	struct nf_skype_policy *policy;

	sn->net = net;
	sn->sequence = 1;
	mutex_init(&sn->lock);
	nf_skype_housekeeping_init(sn);
	sn->stats = alloc_percpu_gfp(struct nf_skype_stats, GFP_KERNEL_ACCOUNT);
	policy = nf_skype_policy_default();
	if (!sn->stats || !policy) {
		free_percpu(sn->stats);
		nf_skype_policy_free(policy);
		return -ENOMEM;
	}
	mutex_lock(&sn->lock);
	nf_skype_policy_publish(sn, policy);
	mutex_unlock(&sn->lock);
	return 0;
}

/* Packets stop here; those under way are done before nf_skype_net_exit(). */
static void __net_exit nf_skype_net_pre_exit(struct net *net)
{
	struct nf_skype_net *sn = nf_skype_net(net);

	mutex_lock(&sn->lock);
	if (sn->enabled)
		nf_skype_hook_unregister(sn);
	mutex_unlock(&sn->lock);
}

static void __net_exit nf_skype_net_exit(struct net *net)
{
	struct nf_skype_net *sn = nf_skype_net(net);

	nf_skype_housekeeping_stop(sn);
	free_tables(sn);
	nf_skype_policy_free(rcu_dereference_protected(sn->policy, true));
	free_percpu(sn->stats);
	mutex_destroy(&sn->lock);
}

static struct pernet_operations nf_skype_net_ops = {
	.init = nf_skype_net_init,
	.pre_exit = nf_skype_net_pre_exit,
	.exit = nf_skype_net_exit,
	.id = &nf_skype_net_id,
	.size = sizeof(struct nf_skype_net),
};

static int check_parameters(void)
{
	if (nf_skype_mark_shift > 24) {
		pr_err("mark_shift=%u leaves no room for the state byte (0 to 24)\n",
		       nf_skype_mark_shift);
		return -EINVAL;
	}
	if (flows < FLOWS_MIN || flows > FLOWS_MAX) {
		pr_err("flows=%u is not between %u and %u\n", flows, FLOWS_MIN,
		       FLOWS_MAX);
		return -EINVAL;
	}
	if (hosts < HOSTS_MIN || hosts > HOSTS_MAX) {
		pr_err("hosts=%u is not between %u and %u\n", hosts, HOSTS_MIN,
		       HOSTS_MAX);
		return -EINVAL;
	}
	return 0;
}

static int start_initial_namespace(void)
{
	struct nf_skype_net *sn = nf_skype_net(&init_net);
	int ret;

	mutex_lock(&sn->lock);
	ret = nf_skype_enable(sn, NF_SKYPE_MODE_OBSERVE, NULL);
	mutex_unlock(&sn->lock);
	return ret;
}

/* The hooks go behind it, so that no command meets a namespace that is gone. */
static void unregister_family(void)
{
	nf_skype_event_end();
	nf_skype_housekeeping_flush();
	genl_unregister_family(&nf_skype_family);
}

static int __init nf_skype_init(void)
{
	int ret = check_parameters();

	if (ret)
		return ret;
	ret = nf_skype_housekeeping_register();
	if (ret)
		return ret;
	ret = register_pernet_subsys(&nf_skype_net_ops);
	if (ret)
		goto err_housekeeping;
	ret = genl_register_family(&nf_skype_family);
	if (ret)
		goto err_pernet;
	ret = autostart ? start_initial_namespace() : 0;
	if (ret)
		goto err_family;
	return 0;

err_family:
	unregister_family();
err_pernet:
	unregister_pernet_subsys(&nf_skype_net_ops);
err_housekeeping:
	nf_skype_housekeeping_unregister();
	return ret;
}

static void __exit nf_skype_exit(void)
{
	unregister_family();
	unregister_pernet_subsys(&nf_skype_net_ops);
	nf_skype_housekeeping_unregister();
}

module_init(nf_skype_init);
module_exit(nf_skype_exit);

MODULE_LICENSE("GPL");
MODULE_VERSION("0.1");
MODULE_DESCRIPTION("Recognise Skype's peer-to-peer traffic");
