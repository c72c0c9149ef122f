/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What the module keeps for a network namespace.
 */
#ifndef NF_SKYPE_NET_H
#define NF_SKYPE_NET_H

#include <linux/mutex.h>
#include <linux/netfilter.h>
#include <linux/netlink.h>
#include <linux/notifier.h>
#include <linux/workqueue.h>
#include <net/net_namespace.h>

#include "event.h"
#include "flowtab.h"
#include "hosttab.h"
#include "policy.h"
#include "stats.h"

#define NF_SKYPE_HOOKS 4

/**
 * struct nf_skype_net - a network namespace
 * @stats: counters
 * @mark_test: bits of the mark that are not @mark_settled in a flow that needs
 *	more than a look at the flow table
 * @mark_settled: see @mark_test; not 0 with "offload on", when the done bit
 *	alone says that a flow is settled
 * @flows: flows under inspection
 * @policy: what to do with verdicts; never NULL
 * @twice: there was a bridge or a VRF, so a packet may come here twice
 * @hosts: evidence across flows
 * @events: who was told what
 * @sessions: housekeeping of sessions, while there are any
 * @adoption: takes up the open flows of endpoints that were just proven
 * @adopts_next: 64-bit jiffies before which it does not again
 * @net: the namespace
 * @lock: serialises commands; protects all below, and writes of @policy
 * @sequence: changes when a dump that is under way becomes inconsistent
 * @enabled: the hooks are registered
 * @bridge: so is that of the bridge
 * @hooks: of IPv4 and IPv6
 * @bridge_hook: of the bridge
 * @devices: is told of devices
 *
 * The first cache line holds what a settled packet reads.
 */
struct nf_skype_net {
	struct nf_skype_stats __percpu *stats;
	u32 mark_test;
	u32 mark_settled;
	struct nf_skype_flowtab flows;

	struct nf_skype_policy __rcu *policy;
	bool twice;
	struct skype_hosts hosts;
	struct nf_skype_events events;
	struct delayed_work sessions;
	struct delayed_work adoption;
	u64 adopts_next;
	struct net *net;

	struct mutex lock; /* outermost; the order is in flowtab.h */
	unsigned int sequence;
	bool enabled;
	bool bridge;
	struct nf_hook_ops hooks[NF_SKYPE_HOOKS];
	struct nf_hook_ops bridge_hook;
	struct notifier_block devices;
};

struct nf_skype_net *nf_skype_net(const struct net *net);

/**
 * nf_skype_event_wanted() - whether anybody listens
 * @sn: the namespace
 *
 * Looked for once a jiffy: a new listener may miss so much.
 */
static __always_inline bool nf_skype_event_wanted(struct nf_skype_net *sn)
{
	unsigned long asked = READ_ONCE(sn->events.asked);

	if (likely((asked ^ jiffies * 2) <= 1))
		return asked & 1;
	return nf_skype_event_ask(sn);
}

int nf_skype_enable(struct nf_skype_net *sn, u8 mode,
		    struct netlink_ext_ack *extack);
void nf_skype_disable(struct nf_skype_net *sn);

#endif /* NF_SKYPE_NET_H */
