/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The steps that all inspected packets share: what the core is shown, and what
 * becomes of its finding.  Private to hook.c, for the packets of a flow that is
 * known, and first.c, for those that open one.
 */
#ifndef NF_SKYPE_JUDGE_H
#define NF_SKYPE_JUDGE_H

#include <linux/if_vlan.h>
#include <linux/netdevice.h>
#include <uapi/linux/nf_skype.h>

#include "clock.h"
#include "compat.h"
#include "core/classify.h"
#include "housekeeping.h"
#include "mark.h"
#include "message.h"
#include "net.h"
#include "payload.h"

#define SEGMENTS_MAX 128 /* 64 KiB of the smallest MSS; a tap may say any size */

/**
 * struct shown - what others see of a packet on its way
 * @pkt: what the core sees of it
 * @ends: both ends of its flow
 * @in: the core's inspection; what it has found, all segments together
 * @payload: the packet's payload
 * @told: the flow, when the packet has made something happen
 * @ended: the session that the packet's one has followed
 * @ct: the packet's conntrack
 */
struct shown {
	struct skype_packet pkt;
	struct skype_ends ends;
	struct skype_inspection in;
	struct nf_skype_payload payload;
	struct nf_skype_flow_info told;
	struct skype_client ended;
	const struct nf_conn *ct;
};

/**
 * struct pass - an inspected packet on its way; stays in registers
 * @sn: the namespace
 * @policy: the policy that holds for it
 * @ct: its conntrack
 * @shown: what others see of it
 * @rule: rule that it falls under, plus one; 0: none
 * @marks: that rule, if it marks; else NULL
 * @drops: the rule drops
 * @left: the mark as this packet leaves it
 * @marked: the state byte in the mark has changed
 */
struct pass {
	struct nf_skype_net *sn;
	const struct nf_skype_policy *policy;
	struct nf_conn *ct;
	struct shown *shown;
	const struct nf_skype_rule *marks;
	u16 rule;
	bool drops;
	bool marked;
	u32 left;
};

static inline unsigned int skip(struct nf_skype_net *sn, enum nf_skype_counter cause)
{
	nf_skype_count(sn->stats, cause);
	return NF_ACCEPT;
}

/* The same packet was here before: as the bridge's, or as the real device's. */
static __always_inline bool is_second_pass(const struct nf_skype_net *sn,
					   const struct nf_hook_state *state)
{
	const struct net_device *dev = state->in;

	if (likely(!READ_ONCE(sn->twice)) || !dev)
		return false;
	if (netif_is_l3_master(dev))
		return true;
	if (!READ_ONCE(sn->bridge) || state->pf == NFPROTO_BRIDGE)
		return false;
	if (is_vlan_dev(dev))
		dev = vlan_dev_real_dev(dev);
	/* another namespace's bridge has its hooks there */
	return netif_is_bridge_master(dev) && net_eq(dev_net(dev), sn->net);
}

static __always_inline enum nf_skype_counter
skip_cause(const struct nf_skype_net *sn, const struct nf_hook_state *state)
{
	const struct net_device *dev = state->in ? state->in : state->out;

	if (dev && dev->flags & IFF_LOOPBACK)
		return NF_SKYPE_COUNT_SKIP_LOOPBACK;
	if (is_second_pass(sn, state))
		return NF_SKYPE_COUNT_SKIP_SECOND_PASS;
	return NF_SKYPE_COUNT_PACKET_INSPECTED;
}

/* Nobody needs to look at this flow again; offloading may begin. */
static inline void settle(const struct nf_skype_policy *policy, struct nf_conn *ct)
{
	u32 done = nf_skype_mark_of_state(SKYPE_STATE_DONE);

	if (policy->offload && policy->state_byte)
		nf_skype_mark_write(ct, done, done);
}

static __always_inline void see_ends(struct shown *shown, const struct nf_conn *ct)
{
	nf_skype_conntrack_ends(ct, &shown->ends);
	shown->pkt.ends = &shown->ends;
}

/* What every packet shows; its payload is there. */
static __always_inline void show(struct pass *pass, const struct sk_buff *skb)
{
	struct shown *shown = pass->shown;

	pass->policy = rcu_dereference(pass->sn->policy);
	shown->ct = pass->ct;
	shown->pkt.ends = NULL;
	shown->pkt.now = nf_skype_now();
	shown->pkt.dir = CTINFO2DIR(skb->_nfct & NFCT_INFOMASK);
	shown->in.pkt = &shown->pkt;
	shown->in.hosts = &pass->sn->hosts;
	shown->in.found = (struct skype_finding){};
	shown->in.told = false;
	shown->told.known = false;
}

static __always_inline const u8 *transport(const struct sk_buff *skb,
					   const struct nf_conn *ct)
{
	return nf_skype_payload_transport(skb, nf_ct_l3num(ct),
					  nf_ct_protonum(ct));
}

/* Show the payload of a packet that is not plain; @buffer: NF_SKYPE_VIEW_MAX bytes. */
static inline enum nf_skype_counter open_payload(struct shown *shown, u8 *buffer,
						 const struct sk_buff *skb,
						 const struct nf_conn *ct)
{
	shown->payload.skb = skb;
	shown->payload.buffer = buffer;
	return nf_skype_payload_open(&shown->payload, nf_ct_l3num(ct),
				     nf_ct_protonum(ct), &shown->pkt);
}

/* Neither UDP nor TCP. */
static inline unsigned int pass_by(struct nf_skype_net *sn, struct nf_conn *ct)
{
	settle(rcu_dereference(sn->policy), ct);
	return NF_ACCEPT;
}

/* Inspection has ended, and it is not Skype's. */
static inline bool is_nothing(const struct skype_flow *flow)
{
	return flow->done && flow->grade == SKYPE_GRADE_NONE;
}

/* Reasons are only ever added behind the others. */
static __always_inline void count_reasons(struct pass *pass, skype_reasons_t before,
					  skype_reasons_t after)
{
	skype_reasons_t added = after ^ before;

	if (likely(!added))
		return;
	added >>= rounddown(__ffs64(added), SKYPE_REASON_BITS);
	do {
		nf_skype_count(pass->sn->stats,
			       NF_SKYPE_COUNT_REASON + skype_reasons_at(added, 0));
		added >>= SKYPE_REASON_BITS;
	} while (unlikely(added));
}

static __always_inline void count_finding(struct pass *pass, skype_reasons_t before,
					  const struct skype_flow *flow)
{
	struct nf_skype_stats __percpu *stats = pass->sn->stats;

	count_reasons(pass, before, flow->reasons);
	if (pass->shown->in.found.events & SKYPE_EVENT_FLOW)
		nf_skype_count(stats, NF_SKYPE_COUNT_VERDICT +
				      flow->class * SKYPE_GRADE_COUNT +
				      flow->grade);
	if (is_nothing(flow))
		nf_skype_count(stats,
			       NF_SKYPE_COUNT_GIVEN_UP + pass->shown->in.found.note);
}

/*
 * Show the core what comes behind the first segment of a packet that GRO has merged.
 * What is beyond SEGMENTS_MAX is a gap.
 */
static __always_inline void classify_rest(struct pass *pass)
{
	struct shown *shown = pass->shown;
	unsigned int segments = 0;

	while (unlikely(shown->payload.left) && !shown->in.flow->done &&
	       ++segments < SEGMENTS_MAX &&
	       nf_skype_payload_next(&shown->payload, &shown->pkt)) {
		skype_classify(&shown->in);
		nf_skype_count(pass->sn->stats,
			       NF_SKYPE_COUNT_NOTE + shown->in.found.note);
	}
}

/* What others write at the same time is not what we leave. */
static __always_inline bool write_mark(struct pass *pass, u32 mask, u32 value)
{
	pass->left = (pass->left & ~mask) | (value & mask);
	return nf_skype_mark_write(pass->ct, mask, value);
}

/*
 * Write the state byte, on this very packet.  If it is not as the last packet left
 * it, another tool has written all of the mark.
 */
static __always_inline void write_state(struct pass *pass, const struct nf_skype_entry *entry)
{
	u8 before = nf_skype_mark_state(entry->mark), found;
	u8 state = skype_flow_state_byte(&entry->flow);

	pass->left = READ_ONCE(pass->ct->mark);
	found = nf_skype_mark_state(pass->left);
	if (state == found || !state || !pass->policy->state_byte)
		return;
	pass->marked = write_mark(pass, nf_skype_mark_of_state(0xff),
				  nf_skype_mark_of_state(state));
	nf_skype_count(pass->sn->stats, found == before ?
						NF_SKYPE_COUNT_MARK_WRITTEN :
						NF_SKYPE_COUNT_MARK_REPAIRED);
}

/* What the rule for the flow says. */
static __always_inline void apply(struct pass *pass, u16 number)
{
	const struct nf_skype_policy *policy = pass->policy;
	const struct nf_skype_rule *rule = &policy->rule[number - 1];

	pass->rule = number;
	pass->drops = rule->acts == NF_SKYPE_ACTION_DROP;
	if (rule->acts == NF_SKYPE_ACTION_MARK && policy->state_byte)
		pass->marks = rule;
}

/* The rule for the flow; remembered by its entry until either changes. */
static __always_inline void decide(struct pass *pass, const struct nf_skype_entry *entry)
{
	const u16 remembered = NF_SKYPE_ENTRY_GENERATION | NF_SKYPE_ENTRY_RULE;
	const struct nf_skype_policy *policy = pass->policy;
	const struct skype_flow *flow = &entry->flow;
	u16 known = (entry->policy & remembered) ^ policy->generation;
	u16 rule = known;

	pass->rule = 0;
	if (flow->grade < policy->least)
		return;
	if (known > policy->count + 1 ||
	    pass->shown->in.found.events & SKYPE_EVENT_FLOW)
		rule = nf_skype_policy_evaluate(policy, flow->class, flow->grade,
						skype_packet_ends(&pass->shown->pkt),
						flow->client);
	if (!rule)
		return;
	if (rule != known)
		this_cpu_inc(policy->stats[rule].flows);
	apply(pass, rule);
}

/* Write what a rule says into the rest of the mark. */
static __always_inline void remark(struct pass *pass)
{
	if (pass->marks && write_mark(pass, pass->marks->mask, pass->marks->mark))
		nf_skype_count(pass->sn->stats, NF_SKYPE_COUNT_PACKET_MARKED);
}

/* Leave a word for the packets to come: nf_skype_flowtab_word(). */
static __always_inline void remember(struct pass *pass, struct nf_skype_entry *entry)
{
	u16 word = (entry->policy & NF_SKYPE_ENTRY_REPLIED) |
		   pass->policy->generation | pass->rule;

	if (pass->drops)
		word |= NF_SKYPE_ENTRY_DROP;
	if (!entry->flow.done)
		word |= pass->shown->in.found.rests ||
				entry->policy & NF_SKYPE_ENTRY_CLOSES ?
				NF_SKYPE_ENTRY_CLOSES : NF_SKYPE_ENTRY_INSPECT;
	WRITE_ONCE(entry->policy, word);
	WRITE_ONCE(entry->mark, pass->left);
}

/* Count a packet for its rule. */
static __always_inline void count_for_rule(const struct nf_skype_policy *policy,
					   u16 rule, const struct sk_buff *skb)
{
	struct nf_skype_rule_stats __percpu *stats = &policy->stats[rule];

	this_cpu_inc(stats->packets);
	this_cpu_add(stats->bytes, skb->len);
}

/* Do what the rule says to the packet. */
static __always_inline unsigned int act(struct nf_skype_net *sn,
					const struct nf_skype_policy *policy,
					u16 rule, bool drops,
					const struct sk_buff *skb)
{
	count_for_rule(policy, rule, skb);
	if (!drops)
		return NF_ACCEPT;
	nf_skype_count(sn->stats, NF_SKYPE_COUNT_PACKET_DROPPED);
	return NF_DROP;
}

/* Remember for tell() how the flow stood when something happened to it. */
static __always_inline void describe(struct pass *pass, const struct nf_skype_entry *entry)
{
	struct nf_skype_flow_info *told = &pass->shown->told;

	if (!pass->shown->in.found.events || !nf_skype_event_wanted(pass->sn))
		return;
	told->flow = entry->flow;
	told->ends = *skype_packet_ends(&pass->shown->pkt);
	told->first = nf_skype_clock_widen(entry->first, pass->shown->pkt.now);
	told->last = pass->shown->pkt.now;
	told->mark = READ_ONCE(pass->ct->mark);
	told->known = true;
}

static __always_inline void tell(struct pass *pass)
{
	if (pass->shown->in.found.events & SKYPE_EVENT_SESSION_START)
		nf_skype_housekeeping_sessions(pass->sn);
	if (pass->shown->told.known)
		nf_skype_event_flow(pass->sn, pass->shown->in.found.events, &pass->shown->told,
				    &pass->shown->ended, pass->shown->pkt.now);
}

/* The flow's entry is done with: the rest needs no lock. */
static __always_inline unsigned int conclude(struct pass *pass, const struct sk_buff *skb,
					     bool settled)
{
	if (settled)
		settle(pass->policy, pass->ct);
	if (pass->shown->in.found.events)
		tell(pass);
	if (pass->marked && pass->drops)
		nf_skype_mark_report(pass->ct);
	return act(pass->sn, pass->policy, pass->rule, pass->drops, skb);
}

#endif /* NF_SKYPE_JUDGE_H */
