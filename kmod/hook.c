// SPDX-License-Identifier: GPL-2.0
/*
 * A packet's way through the module.
 *
 *	nf_skype_hook()  every packet: settled?  Almost all are, and leave here
 *	  recognise()    Skype's, by its mark: nothing to learn, or watch()
 *	    obey()       what the policy said before
 *	  watch()        the others:
 *	    begin()      the first packet of a flow: most can be no request
 *	    inspect()    skip? -> payload
 *	      judge()    entry -> classify -> policy -> mark -> events: read this
 *
 * The hooks stand right behind conntrack (-200), so that all of nft's chains
 * from mangle on see the verdict on the very packet that completes it.
 */
#include <linux/if_vlan.h>
#include <linux/in.h>
#include <linux/netdevice.h>
#include <linux/netfilter_bridge.h>
#include <linux/netfilter_ipv4.h>
#include <linux/netfilter_ipv6.h>
#include <net/route.h>
#include <uapi/linux/nf_skype.h>

#include "clock.h"
#include "compat.h"
#include "core/classify.h"
#include "core/udp.h"
#include "hook.h"
#include "housekeeping.h"
#include "mark.h"
#include "message.h"
#include "payload.h"

#define PRIORITY (NF_IP_PRI_CONNTRACK + 10)
#define LAST_STEP 8000 /* nf_skype_entry.last may be so far behind, in ms */
#define SEGMENTS_MAX 128 /* 64 KiB of the smallest MSS; a tap may say any size */

/**
 * struct shown - what others see of a packet on its way
 * @pkt: what the core sees of it
 * @ends: both ends of its flow
 * @in: the core's inspection; what it has found, all segments together
 * @payload: the packet's payload
 * @told: the flow, when the packet has made something happen
 * @ended: the session that the packet's one has followed
 */
struct shown {
	struct skype_packet pkt;
	struct skype_ends ends;
	struct skype_inspection in;
	struct nf_skype_payload payload;
	struct nf_skype_flow_info told;
	struct skype_client ended;
};

/**
 * struct pass - an inspected packet on its way; stays in registers
 * @sn: the namespace
 * @policy: the policy that holds for it
 * @ct: its conntrack
 * @shown: what others see of it
 * @rule: rule that it falls under, plus one; 0: none acts
 * @marked: the state byte in the mark has changed
 */
struct pass {
	struct nf_skype_net *sn;
	const struct nf_skype_policy *policy;
	struct nf_conn *ct;
	struct shown *shown;
	u16 rule;
	bool marked;
};

static unsigned int skip(struct nf_skype_net *sn, enum nf_skype_counter cause)
{
	nf_skype_count(sn->stats, cause);
	return NF_ACCEPT;
}

/* The same packet was here before: as the bridge's, or as the real device's. */
static __always_inline bool is_second_pass(const struct nf_skype_net *sn,
					   const struct nf_hook_state *state)
{
	const struct net_device *dev = state->in;

	if (!dev)
		return false;
	if (netif_is_l3_master(dev))
		return true;
	if (likely(!sn->bridge) || state->pf == NFPROTO_BRIDGE)
		return false;
	if (is_vlan_dev(dev))
		dev = vlan_dev_real_dev(dev);
	return netif_is_bridge_master(dev);
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
static void settle(const struct nf_skype_policy *policy, struct nf_conn *ct)
{
	u32 done = nf_skype_mark_of_state(SKYPE_STATE_DONE);

	if (policy->offload && policy->state_byte)
		nf_skype_mark_write(ct, done, done);
}

/* A Skype flow that this module has not seen to begin: the mark knows it. */
static void take_over(struct pass *pass, struct nf_skype_entry *entry)
{
	u8 state = nf_skype_mark_state(READ_ONCE(pass->ct->mark));
	struct skype_flow *flow = &entry->flow;

	skype_flow_start_udp(flow);
	flow->tcp = nf_ct_protonum(pass->ct) == IPPROTO_TCP;
	flow->class = state & SKYPE_STATE_CLASS;
	flow->grade = SKYPE_GRADE_SUSPECT;
	if (state & SKYPE_STATE_SKYPE)
		flow->grade = state & SKYPE_STATE_CERTAIN ? SKYPE_GRADE_CERTAIN :
							    SKYPE_GRADE_LIKELY;
	flow->done = 1;
	entry->id |= state;
	nf_skype_count(pass->sn->stats, NF_SKYPE_COUNT_FLOW_TAKEN_OVER);
}

static bool has_skype_mark(const struct pass *pass)
{
	u32 mark = READ_ONCE(pass->ct->mark);

	return pass->policy->state_byte &&
	       nf_skype_mark_state(mark) &
		       (SKYPE_STATE_SKYPE | SKYPE_STATE_SUSPECT);
}

/* A SYN|ACK tells both sequence numbers, and that somebody is there. */
static bool is_tcp_start(const struct pass *pass)
{
	const u8 all = SKYPE_TCP_SYN | SKYPE_TCP_ACK | SKYPE_TCP_FIN |
		       SKYPE_TCP_RST;

	return pass->shown->pkt.dir == SKYPE_DIR_REPLY &&
	       (pass->shown->pkt.flags & all) == (SKYPE_TCP_SYN | SKYPE_TCP_ACK);
}

static void start_tcp(struct pass *pass, struct nf_skype_entry *entry)
{
	skype_flow_start_tcp(&entry->flow, pass->shown->payload.ack, pass->shown->pkt.seq + 1);
	nf_skype_count(pass->sn->stats, NF_SKYPE_COUNT_FLOW_STARTED);
}

/* The entry of a confirmed flow; one is made by a SYN|ACK or for a Skype mark. */
static struct nf_skype_entry *open_entry(struct pass *pass)
{
	bool syn_ack = is_tcp_start(pass), skype = has_skype_mark(pass);
	struct nf_skype_flowtab *tab = &pass->sn->flows;
	struct nf_skype_entry *entry;

	entry = nf_skype_flowtab_lookup(tab, pass->ct);
	if (entry && syn_ack && !entry->flow.packets && !entry->flow.done)
		start_tcp(pass, entry);
	if (entry || (!syn_ack && !skype))
		return entry;
	entry = nf_skype_flowtab_insert(tab, pass->ct, pass->shown->pkt.now);
	if (!entry)
		return NULL;
	if (skype)
		take_over(pass, entry);
	else
		start_tcp(pass, entry);
	return entry;
}

/* Reasons are only ever added behind the others. */
static void count_reasons(struct pass *pass, skype_reasons_t before,
			  skype_reasons_t after)
{
	skype_reasons_t added = after ^ before;
	int reason;

	for (; unlikely(added); added >>= SKYPE_REASON_BITS) {
		reason = skype_reasons_at(added, 0);
		if (reason >= 0)
			nf_skype_count(pass->sn->stats,
				       NF_SKYPE_COUNT_REASON + reason);
	}
}

static void count_finding(struct pass *pass, skype_reasons_t before,
			  const struct skype_flow *flow)
{
	struct nf_skype_stats __percpu *stats = pass->sn->stats;

	count_reasons(pass, before, flow->reasons);
	if (pass->shown->in.found.events & SKYPE_EVENT_FLOW)
		nf_skype_count(stats, NF_SKYPE_COUNT_VERDICT +
				      flow->class * SKYPE_GRADE_COUNT +
				      flow->grade);
	if (flow->done && flow->grade == SKYPE_GRADE_NONE)
		nf_skype_count(stats,
			       NF_SKYPE_COUNT_GIVEN_UP + pass->shown->in.found.note);
}

/* A segment that says nothing, to a core that knows the sequence numbers. */
static bool is_silent(const struct pass *pass)
{
	return pass->shown->pkt.flags & SKYPE_TCP_SYN ||
	       (!pass->shown->pkt.view.size &&
		!(pass->shown->pkt.flags & (SKYPE_TCP_FIN | SKYPE_TCP_RST)));
}

/*
 * Destination NAT comes behind us: when the first packet of a flow goes to an
 * address of this gateway, only the next one knows its inside end, which may be
 * an endpoint.
 */
static noinline bool may_be_forwarded(const struct nf_skype_net *sn,
				      const struct nf_conn *ct)
{
	const struct nf_conntrack_tuple *tuple = nf_ct_tuple(ct, 0);

	return !nf_ct_is_confirmed(ct) && tuple->src.l3num == NFPROTO_IPV4 &&
	       nf_skype_hosttab_has_port(&sn->hosts, tuple->dst.u.all) &&
	       inet_addr_type(sn->net, tuple->dst.u3.ip) == RTN_LOCAL;
}

/*
 * Show the core what the packet carries, as it was before GRO.  What is beyond
 * SEGMENTS_MAX is a gap.
 */
static void classify(struct pass *pass, struct nf_skype_entry *entry)
{
	struct nf_skype_stats __percpu *stats = pass->sn->stats;
	struct skype_flow *flow = &entry->flow;
	skype_reasons_t before = flow->reasons;
	unsigned int segments = 0;

	if (flow->done || (flow->tcp && is_silent(pass)))
		return;
	nf_skype_count(stats, NF_SKYPE_COUNT_PACKET_INSPECTED);
	pass->shown->in.flow = flow;
	do {
		skype_classify(&pass->shown->in);
		nf_skype_count(stats, NF_SKYPE_COUNT_NOTE + pass->shown->in.found.note);
	} while (unlikely(pass->shown->payload.left) && !flow->done &&
		 ++segments < SEGMENTS_MAX &&
		 nf_skype_payload_next(&pass->shown->payload, &pass->shown->pkt));
	if (flow->done && flow->grade == SKYPE_GRADE_NONE && !flow->tcp &&
	    may_be_forwarded(pass->sn, pass->ct))
		skype_flow_adopt_udp(flow);
	count_finding(pass, before, flow);
}

/*
 * Write the state byte, on this very packet.  It was as @entry->id says; if it
 * is not any more, another tool has written all of the mark.
 */
static void write_state(struct pass *pass, struct nf_skype_entry *entry)
{
	u8 found = nf_skype_mark_state(READ_ONCE(pass->ct->mark));
	u8 state, before = (u8)entry->id;

	if (found == before && !entry->flow.done &&
	    !(pass->shown->in.found.events & SKYPE_EVENT_FLOW))
		return;
	state = skype_flow_state_byte(&entry->flow);
	if (state != before)
		WRITE_ONCE(entry->id, (entry->id & ~0xffU) | state);
	if (state == found || !(state | before) || !pass->policy->state_byte)
		return;
	pass->marked = nf_skype_mark_write(pass->ct, nf_skype_mark_of_state(0xff),
					   nf_skype_mark_of_state(state));
	nf_skype_count(pass->sn->stats, found == before ?
						NF_SKYPE_COUNT_MARK_WRITTEN :
						NF_SKYPE_COUNT_MARK_REPAIRED);
}

/* The rule for a flow with a verdict; remembered until either changes. */
static u16 decide(struct pass *pass, struct nf_skype_entry *entry)
{
	const struct nf_skype_policy *policy = pass->policy;
	const struct skype_flow *flow = &entry->flow;
	u16 cached = entry->policy & NF_SKYPE_ENTRY_CACHED;
	u16 rule = cached & NF_SKYPE_ENTRY_RULE, found;

	if (policy->mode != NF_SKYPE_MODE_ENFORCE ||
	    flow->grade == SKYPE_GRADE_NONE)
		return 0;
	if (cached != (rule | policy->generation))
		rule = 0;
	if (rule && !(pass->shown->in.found.events & SKYPE_EVENT_FLOW))
		return rule;
	found = nf_skype_policy_evaluate(policy, flow->class, flow->grade,
					 &pass->shown->ends, flow->client);
	if (found == rule)
		return rule;
	WRITE_ONCE(entry->policy, (entry->policy & ~NF_SKYPE_ENTRY_CACHED) |
				  policy->generation | found);
	if (found <= policy->count + 1)
		this_cpu_inc(policy->stats[found - 1].flows);
	return found;
}

static bool drops(const struct nf_skype_policy *policy, u16 rule)
{
	return rule && rule <= policy->count + 1 &&
	       policy->rule[rule - 1].action == NF_SKYPE_ACTION_DROP;
}

/* Write what a rule says into the rest of the mark. */
static noinline unsigned int remark(struct nf_skype_net *sn, struct nf_conn *ct,
				    const struct nf_skype_rule *rule)
{
	if (nf_skype_mark_write(ct, rule->mask, rule->mark))
		nf_skype_count(sn->stats, NF_SKYPE_COUNT_PACKET_MARKED);
	return NF_ACCEPT;
}

/* Do what the rule says. */
static __always_inline unsigned int act(struct nf_skype_net *sn,
					const struct nf_skype_policy *policy,
					u16 number, const struct sk_buff *skb,
					struct nf_conn *ct)
{
	struct nf_skype_rule_stats __percpu *stats;
	const struct nf_skype_rule *rule;
	unsigned int i = number - 1U;

	if (i > policy->count)
		return NF_ACCEPT;
	rule = &policy->rule[i];
	stats = &policy->stats[i];
	this_cpu_inc(stats->packets);
	this_cpu_add(stats->bytes, skb->len);
	if (rule->action == NF_SKYPE_ACTION_DROP) {
		nf_skype_count(sn->stats, NF_SKYPE_COUNT_PACKET_DROPPED);
		return NF_DROP;
	}
	if (rule->action == NF_SKYPE_ACTION_MARK &&
	    (READ_ONCE(ct->mark) & rule->mask) != rule->mark)
		return remark(sn, ct, rule);
	return NF_ACCEPT;
}

/* Remember for tell() how the flow stood when something happened to it. */
static void describe(struct pass *pass, const struct nf_skype_entry *entry)
{
	struct nf_skype_flow_info *told = &pass->shown->told;

	if (!pass->shown->in.found.events || !nf_skype_event_wanted(pass->sn))
		return;
	told->flow = entry->flow;
	told->ends = pass->shown->ends;
	told->first = nf_skype_clock_widen(entry->first, pass->shown->pkt.now);
	told->last = pass->shown->pkt.now;
	told->mark = READ_ONCE(pass->ct->mark);
	told->known = true;
}

static void tell(struct pass *pass)
{
	if (pass->shown->in.found.events & SKYPE_EVENT_SESSION_START)
		nf_skype_housekeeping_sessions(pass->sn);
	if (pass->shown->told.known)
		nf_skype_event_flow(pass->sn, pass->shown->in.found.events, &pass->shown->told,
				    &pass->shown->ended, pass->shown->pkt.now);
}

/*
 * A super node connection is up when the packet that completes its handshake
 * goes on, and as good as gone when one of its packets does not.
 */
static void connect(struct pass *pass, struct skype_flow *flow)
{
	struct skype_hosts *hosts = &pass->sn->hosts;
	bool accepted = pass->shown->in.found.events & SKYPE_EVENT_ACCEPTED;

	if (!drops(pass->policy, pass->rule)) {
		if (accepted)
			pass->shown->in.found.events |=
				skype_flow_accepted(flow, &pass->shown->ends, hosts,
						    pass->shown->pkt.now,
						    &pass->shown->ended);
	} else if (accepted) {
		flow->done = 1;
	} else if (!flow->done && skype_flow_connected(flow)) {
		skype_flow_lost(flow, &pass->shown->ends, hosts, pass->shown->pkt.now);
	}
}

/* The entry of a new UDP flow.  (A TCP flow starts at its SYN|ACK.) */
static struct nf_skype_entry *new_entry(struct pass *pass)
{
	struct nf_skype_entry *entry;

	entry = nf_skype_flowtab_insert(&pass->sn->flows, pass->ct,
					pass->shown->pkt.now);
	if (!entry)
		return NULL;
	skype_flow_start_udp(&entry->flow);
	nf_skype_count(pass->sn->stats, NF_SKYPE_COUNT_FLOW_STARTED);
	return entry;
}

/* The flow is alive; and a packet this way is an answer of the other side. */
static void touch(const struct pass *pass, struct nf_skype_entry *entry)
{
	u8 answers = entry->flow.tcp ? SKYPE_DIR_ORIGINAL : SKYPE_DIR_REPLY;

	WRITE_ONCE(entry->last, (u32)pass->shown->pkt.now);
	if (pass->shown->pkt.dir == answers)
		WRITE_ONCE(entry->policy, entry->policy | NF_SKYPE_ENTRY_REPLIED);
}

/*
 * A flow that is nothing gives its entry back, and so does one whose conntrack
 * will die with its first packet.  Return whether the flow is settled.
 */
static bool give_back(const struct pass *pass, struct nf_skype_entry *entry)
{
	const struct skype_flow *flow = &entry->flow;
	bool nothing = flow->done && flow->grade == SKYPE_GRADE_NONE;
	bool dies = !nf_ct_is_confirmed(pass->ct) &&
		    drops(pass->policy, pass->rule);

	if (nothing || dies)
		nf_skype_flowtab_remove(&pass->sn->flows, entry);
	if (nothing)
		nf_skype_count(pass->sn->stats, NF_SKYPE_COUNT_FLOW_SETTLED);
	return nothing;
}

/* Without an entry there is nothing to come, unless a SYN|ACK may. */
static bool is_beyond_start(const struct nf_conn *ct)
{
	return nf_ct_protonum(ct) == IPPROTO_UDP ||
	       test_bit(IPS_ASSURED_BIT, &ct->status);
}

/*
 * The way of a packet that may tell something about its flow.
 *
 * Context: BH off; holds the flow's lock while its state may change.
 */
static unsigned int judge(struct pass *pass, const struct sk_buff *skb)
{
	spinlock_t *lock = nf_skype_flowtab_lock(&pass->sn->flows, pass->ct);
	struct nf_skype_entry *entry;
	bool settled;

	spin_lock(lock);
	entry = nf_ct_is_confirmed(pass->ct) ? open_entry(pass) : new_entry(pass);
	if (entry) {
		touch(pass, entry);
		classify(pass, entry);
		pass->rule = decide(pass, entry);
		connect(pass, &entry->flow);
		write_state(pass, entry);
		describe(pass, entry);
		settled = give_back(pass, entry);
	} else {
		settled = is_beyond_start(pass->ct);
	}
	spin_unlock(lock);

	if (settled)
		settle(pass->policy, pass->ct);
	if (pass->shown->in.found.events)
		tell(pass);
	if (pass->marked && drops(pass->policy, pass->rule))
		nf_skype_mark_report(pass->ct);
	return act(pass->sn, pass->policy, pass->rule, skb, pass->ct);
}

static __always_inline void show(struct shown *shown, struct nf_skype_net *sn,
				 const struct sk_buff *skb,
				 const struct nf_conn *ct)
{
	nf_skype_conntrack_ends(ct, &shown->ends);
	shown->pkt.ends = &shown->ends;
	shown->pkt.now = nf_skype_now();
	shown->pkt.dir = CTINFO2DIR(skb->_nfct & NFCT_INFOMASK);
	shown->in.pkt = &shown->pkt;
	shown->in.hosts = &sn->hosts;
	shown->in.found = (struct skype_finding){};
	shown->told.known = false;
}

static __always_inline bool maybe_of_endpoint(const struct nf_skype_net *sn,
					      const struct nf_conn *ct)
{
	const struct skype_hosts *hosts = &sn->hosts;

	return nf_skype_hosttab_has_port(hosts, nf_ct_tuple(ct, 0)->src.u.all) ||
	       nf_skype_hosttab_has_port(hosts, nf_ct_tuple(ct, 1)->src.u.all);
}

/* A new UDP flow that cannot be Skype's. */
static __always_inline unsigned int leave(struct nf_skype_net *sn,
					  struct nf_conn *ct)
{
	nf_skype_count(sn->stats, NF_SKYPE_COUNT_FLOW_UNWANTED);
	settle(rcu_dereference(sn->policy), ct);
	return NF_ACCEPT;
}

/* What begin() asks of plain packets, of those that had to be looked through. */
static bool is_wanted(const struct nf_skype_net *sn, const struct nf_conn *ct,
		      const struct skype_view *view)
{
	return nf_ct_is_confirmed(ct) ||
	       skype_udp_guards(view) == SKYPE_NOTE_NONE ||
	       maybe_of_endpoint(sn, ct);
}

/*
 * A packet of a flow that is not settled, or not as far as the mark tells.  @at
 * is its transport header when it is plain, or NULL.
 * (In process context, where locally generated and queued packets come from,
 * BH is on.)
 */
static noinline unsigned int inspect(struct nf_skype_net *sn,
				     struct sk_buff *skb,
				     const struct nf_hook_state *state,
				     struct nf_conn *ct, const u8 *at)
{
	u8 buffer[NF_SKYPE_VIEW_MAX] nf_skype_uninitialized;
	enum nf_skype_counter cause = skip_cause(sn, state);
	struct shown shown nf_skype_uninitialized;
	struct pass pass = { .sn = sn, .ct = ct, .shown = &shown };
	bool bh_on = !softirq_count();
	unsigned int verdict;

	if (cause != NF_SKYPE_COUNT_PACKET_INSPECTED)
		return skip(sn, cause);
	shown.payload.skb = skb;
	shown.payload.buffer = buffer;
	if (unlikely(!nf_skype_payload_plain(&shown.payload, nf_ct_protonum(ct),
					     at, &shown.pkt)))
		cause = nf_skype_payload_open(&shown.payload, nf_ct_l3num(ct),
					      nf_ct_protonum(ct), &shown.pkt);
	if (cause != NF_SKYPE_COUNT_PACKET_INSPECTED)
		return skip(sn, cause);
	if (unlikely(!at) && !is_wanted(sn, ct, &shown.pkt.view))
		return leave(sn, ct);
	show(&shown, sn, skb, ct);
	pass.policy = rcu_dereference(sn->policy);
	if (unlikely(bh_on))
		local_bh_disable();
	verdict = judge(&pass, skb);
	if (unlikely(bh_on))
		local_bh_enable();
	return verdict;
}

static __always_inline const u8 *transport(const struct sk_buff *skb,
					   const struct nf_conn *ct)
{
	return nf_skype_payload_transport(skb, nf_ct_l3num(ct),
					  nf_ct_protonum(ct));
}

/* This flow's entry, and the mark is as it was left. */
static __always_inline bool is_as_left(const struct nf_skype_entry *entry,
				       const struct nf_conn *ct, u8 mark)
{
	return entry && READ_ONCE(entry->ct) == ct &&
	       READ_ONCE(entry->id) == (nf_skype_conntrack_id(ct) | mark);
}

/*
 * The rule that a flow's entry remembers, for a packet from which nothing new
 * can be learnt.  The entry is read without its lock: if it is given to another
 * flow meanwhile, its ct is another one when we look again.
 */
static noinline unsigned int obey(struct nf_skype_net *sn, struct sk_buff *skb,
				  const struct nf_hook_state *state,
				  struct nf_conn *ct,
				  const struct nf_skype_policy *policy,
				  const struct nf_skype_entry *entry)
{
	u16 rule = READ_ONCE(entry->policy) & NF_SKYPE_ENTRY_CACHED;

	if (is_second_pass(sn, state))
		return NF_ACCEPT;
	rule ^= policy->generation;
	smp_rmb(); /* pairs with nf_skype_flowtab_insert() */
	if (unlikely(!rule || rule > NF_SKYPE_ENTRY_RULE ||
		     READ_ONCE(entry->ct) != ct))
		return inspect(sn, skb, state, ct, transport(skb, ct));
	return act(sn, policy, rule, skb, ct);
}

/*
 * Nothing new can be learnt from the packet: inspection of its flow has ended,
 * or it brings no payload.
 */
static __always_inline unsigned int stand(struct nf_skype_net *sn,
					  struct sk_buff *skb,
					  const struct nf_hook_state *state,
					  struct nf_conn *ct,
					  struct nf_skype_entry *entry)
{
	const struct nf_skype_policy *policy = rcu_dereference(sn->policy);
	u32 now = (u32)nf_skype_now();

	if (unlikely(now - READ_ONCE(entry->last) > LAST_STEP))
		WRITE_ONCE(entry->last, now);
	if (policy->mode != NF_SKYPE_MODE_ENFORCE)
		return NF_ACCEPT;
	return obey(sn, skb, state, ct, policy, entry);
}

/*
 * The first packet of a flow.  TCP starts at its SYN|ACK, and most datagrams can
 * be no request.
 */
static noinline unsigned int begin(struct nf_skype_net *sn, struct sk_buff *skb,
				   const struct nf_hook_state *state,
				   struct nf_conn *ct)
{
	u8 protocol = nf_ct_protonum(ct);
	const u8 *at;

	if (protocol == IPPROTO_TCP)
		return NF_ACCEPT;
	if (nf_ct_is_template(ct))
		return skip(sn, NF_SKYPE_COUNT_SKIP_TEMPLATE);
	if (protocol == IPPROTO_UDP) {
		at = transport(skb, ct);
		if (nf_skype_payload_may_request(skb, at) ||
		    maybe_of_endpoint(sn, ct))
			return inspect(sn, skb, state, ct, at);
		return leave(sn, ct);
	}
	settle(rcu_dereference(sn->policy), ct);
	return NF_ACCEPT;
}

/* The first packet of a flow whose memory was another conntrack's before. */
static noinline unsigned int begin_anew(struct nf_skype_net *sn,
					struct sk_buff *skb,
					const struct nf_hook_state *state,
					struct nf_conn *ct)
{
	if (is_second_pass(sn, state))
		return skip(sn, NF_SKYPE_COUNT_SKIP_SECOND_PASS);
	nf_skype_flowtab_forget(&sn->flows, ct);
	return begin(sn, skb, state, ct);
}

static bool enforces(const struct nf_skype_net *sn)
{
	return rcu_dereference(sn->policy)->mode == NF_SKYPE_MODE_ENFORCE;
}

/*
 * A packet of a flow that may have an entry, has a Skype mark, or had one.  An
 * ACK without payload has nothing to tell; but it obeys, and with "state-byte
 * off" only the entry knows what.
 */
static noinline unsigned int watch(struct nf_skype_net *sn, struct sk_buff *skb,
				   const struct nf_hook_state *state,
				   struct nf_conn *ct)
{
	u8 mark = nf_skype_mark_state(READ_ONCE(ct->mark));
	struct nf_skype_entry *entry;
	const u8 *at;

	if (!nf_ct_is_confirmed(ct))
		return begin_anew(sn, skb, state, ct);
	if (!nf_skype_conntrack_tracked(ct)) {
		settle(rcu_dereference(sn->policy), ct);
		return NF_ACCEPT;
	}
	at = transport(skb, ct);
	if (nf_ct_protonum(ct) == IPPROTO_UDP || !nf_skype_payload_is_ack(skb, at))
		return inspect(sn, skb, state, ct, at);
	if (!mark && !enforces(sn))
		return NF_ACCEPT;
	entry = nf_skype_flowtab_find(&sn->flows, ct);
	if (!is_as_left(entry, ct, mark))
		return inspect(sn, skb, state, ct, at);
	return mark ? stand(sn, skb, state, ct, entry) : NF_ACCEPT;
}

/* A packet of a flow with a Skype mark: most have nothing to add to that. */
static noinline unsigned int recognise(struct nf_skype_net *sn,
				       struct sk_buff *skb,
				       const struct nf_hook_state *state,
				       struct nf_conn *ct)
{
	u8 mark = nf_skype_mark_state(READ_ONCE(ct->mark));
	struct nf_skype_entry *entry;

	if (mark & SKYPE_STATE_DONE) {
		entry = nf_skype_flowtab_find(&sn->flows, ct);
		if (likely(is_as_left(entry, ct, mark)))
			return stand(sn, skb, state, ct, entry);
	}
	return watch(sn, skb, state, ct);
}

/* Confirmed, and no SYN|ACK can come: without an entry, the flow is settled. */
static __always_inline bool is_under_way(const struct nf_conn *ct)
{
	unsigned long status = READ_ONCE(ct->status);

	if (nf_ct_protonum(ct) == IPPROTO_TCP)
		return status & IPS_ASSURED;
	return status & IPS_CONFIRMED;
}

static unsigned int nf_skype_hook(void *priv, struct sk_buff *skb,
				  const struct nf_hook_state *state)
{
	struct nf_conn *ct = (struct nf_conn *)skb_nfct(skb);
	struct nf_skype_net *sn = priv;
	u32 known;

	nf_skype_count(sn->stats, NF_SKYPE_COUNT_PACKET_SEEN);
	if (unlikely(!ct))
		return skip(sn, NF_SKYPE_COUNT_SKIP_NO_CONNTRACK);

	/* READ_ONCE() of a mask would cost an instruction; old or new, it is right */
	known = READ_ONCE(ct->mark) & data_race(sn->mark_test);
	if (unlikely(known)) {
		/* as above */
		if (known == data_race(sn->mark_settled))
			return NF_ACCEPT;
		return recognise(sn, skb, state, ct);
	}
	if (unlikely(nf_skype_flowtab_has(&sn->flows, ct)))
		return watch(sn, skb, state, ct);
	/* as above */
	if (likely(is_under_way(ct)) && likely(!data_race(sn->mark_settled)))
		return NF_ACCEPT;
	return nf_ct_is_confirmed(ct) ? watch(sn, skb, state, ct) :
					begin(sn, skb, state, ct);
}

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
	sn->bridge = true;
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
	ret = nf_ct_netns_get(sn->net, NFPROTO_INET);
	if (ret)
		return ret;
	ret = nf_register_net_hooks(sn->net, sn->hooks, NF_SKYPE_HOOKS);
	if (ret) {
		nf_ct_netns_put(sn->net, NFPROTO_INET);
		return ret;
	}
	register_bridge(sn);
	return 0;
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
		sn->bridge = false;
	}
	nf_unregister_net_hooks(sn->net, sn->hooks, NF_SKYPE_HOOKS);
	nf_ct_netns_put(sn->net, NFPROTO_INET);
}
