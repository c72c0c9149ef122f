// SPDX-License-Identifier: GPL-2.0
/*
 * Where nf_skype_hook() is called from: right behind connection tracking (-200),
 * for packets that come in and for those of the gateway itself.
 */
#include <linux/if_vlan.h>
#include <linux/netdevice.h>
#include <linux/netfilter_bridge.h>
#include <linux/netfilter_ipv4.h>
#include <linux/netfilter_ipv6.h>
#include <net/netfilter/nf_conntrack.h>

#include "hook.h"

#define PRIORITY (NF_IP_PRI_CONNTRACK + 10)

static void set_up(struct nf_skype_net *sn, struct nf_hook_ops *ops, u8 family,
		   unsigned int hooknum)
{
	*ops = (struct nf_hook_ops){
		.hook = nf_skype_hook,
		.priv = sn,
		.pf = family,
		.hooknum = hooknum,
		.priority = PRIORITY,
	};
}

/* Bridges and VRFs take packets up a second time: see is_second_pass(). */
static int device_event(struct notifier_block *nb, unsigned long event, void *info)
{
	struct nf_skype_net *sn = container_of(nb, struct nf_skype_net, devices);
	const struct net_device *dev = netdev_notifier_info_to_dev(info);

	if (is_vlan_dev(dev))
		dev = vlan_dev_real_dev(dev);
	if (event == NETDEV_REGISTER &&
	    (netif_is_l3_master(dev) || netif_is_bridge_master(dev)))
		WRITE_ONCE(sn->twice, true);
	return NOTIFY_DONE;
}

/* Bridged traffic needs nf_conntrack_bridge; without it, it goes unseen. */
static void register_bridge(struct nf_skype_net *sn)
{
	set_up(sn, &sn->bridge_hook, NFPROTO_BRIDGE, NF_BR_PRE_ROUTING);
	if (nf_ct_netns_get(sn->net, NFPROTO_BRIDGE))
		return;
	if (nf_register_net_hook(sn->net, &sn->bridge_hook)) {
		nf_ct_netns_put(sn->net, NFPROTO_BRIDGE);
		return;
	}
	WRITE_ONCE(sn->bridge, true);
}

/**
 * nf_skype_hook_register() - let packets in
 * @sn: the namespace; everything that packets need is there
 *
 * Context: process; holds sn->lock; may load modules.
 * Return: 0 or a negative errno.
 */
int nf_skype_hook_register(struct nf_skype_net *sn)
{
	int ret;

	set_up(sn, &sn->hooks[0], NFPROTO_IPV4, NF_INET_PRE_ROUTING);
	set_up(sn, &sn->hooks[1], NFPROTO_IPV4, NF_INET_LOCAL_OUT);
	set_up(sn, &sn->hooks[2], NFPROTO_IPV6, NF_INET_PRE_ROUTING);
	set_up(sn, &sn->hooks[3], NFPROTO_IPV6, NF_INET_LOCAL_OUT);
	sn->twice = false;
	sn->devices.notifier_call = device_event;
	ret = register_netdevice_notifier_net(sn->net, &sn->devices);
	if (ret)
		return ret;
	ret = nf_ct_netns_get(sn->net, NFPROTO_INET);
	if (ret)
		goto no_conntrack;
	ret = nf_register_net_hooks(sn->net, sn->hooks, NF_SKYPE_HOOKS);
	if (ret)
		goto no_hooks;
	register_bridge(sn);
	return 0;

no_hooks:
	nf_ct_netns_put(sn->net, NFPROTO_INET);
no_conntrack:
	unregister_netdevice_notifier_net(sn->net, &sn->devices);
	return ret;
}

/**
 * nf_skype_hook_unregister() - let no more packets in
 * @sn: the namespace
 *
 * Those under way are done after the next RCU grace period.
 *
 * Context: process; holds sn->lock.
 */
void nf_skype_hook_unregister(struct nf_skype_net *sn)
{
	if (sn->bridge) {
		nf_unregister_net_hook(sn->net, &sn->bridge_hook);
		nf_ct_netns_put(sn->net, NFPROTO_BRIDGE);
		WRITE_ONCE(sn->bridge, false);
	}
	nf_unregister_net_hooks(sn->net, sn->hooks, NF_SKYPE_HOOKS);
	nf_ct_netns_put(sn->net, NFPROTO_INET);
	unregister_netdevice_notifier_net(sn->net, &sn->devices);
}
