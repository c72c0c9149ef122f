// SPDX-License-Identifier: GPL-2.0
/*
 * A packet's way through the module.
 *
 *	nf_skype_hook()  every packet: settled?  Almost all are, and leave here
 *	  recognise()    Skype's, by its mark: most are accepted, and leave here
 *	  recall()       the same where no mark tells
 *	  watch()        the others:
 *	    obey()       nothing to learn: what the policy said before
 *	    begin()      the first packet of a flow: most can be no request
 *	    inspect()    skip? -> payload; inspect_first() for the first of a flow
 *	      judge()    entry -> classify -> policy -> mark -> events: read this
 *
 * The hooks stand right behind conntrack (-200), so that all of nft's chains
 * from mangle on see the verdict on the very packet that completes it.
 */
#include <linux/if_vlan.h>
#include <linux/in.h>
#include <linux/netdevice.h>
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
 * @rule: rule that it falls under, plus one; 0: none acts
 * @drops: the rule drops
 * @left: the mark as this packet leaves it
 * @marked: the state byte in the mark has changed
 */
struct pass {
	struct nf_skype_net *sn;
	const struct nf_skype_policy *policy;
	struct nf_conn *ct;
	struct shown *shown;
	u16 rule;
	bool drops;
	bool marked;
	u32 left;
};

/* Whether the rule in a word is one of the present policy. */
static __always_inline bool has_rule(u32 word)
{
	return (word & (NF_SKYPE_ENTRY_GENERATION | NF_SKYPE_ENTRY_RULE)) <
	       NF_SKYPE_ENTRY_UNKNOWN;
}

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

	if (likely(!READ_ONCE(sn->twice)) || !dev)
		return false;
	if (netif_is_l3_master(dev))
		return true;
	if (!sn->bridge || state->pf == NFPROTO_BRIDGE)
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
static noinline void take_over(struct nf_skype_net *sn, const struct nf_conn *ct,
			       struct nf_skype_entry *entry)
{
	u8 state = nf_skype_mark_state(READ_ONCE(ct->mark));
	struct skype_flow *flow = &entry->flow;

	skype_flow_start_udp(flow);
	flow->tcp = nf_ct_protonum(ct) == IPPROTO_TCP;
	flow->class = state & SKYPE_STATE_CLASS;
	flow->grade = SKYPE_GRADE_SUSPECT;
	if (state & SKYPE_STATE_SKYPE)
		flow->grade = state & SKYPE_STATE_CERTAIN ? SKYPE_GRADE_CERTAIN :
							    SKYPE_GRADE_LIKELY;
	flow->done = 1;
	nf_skype_count(sn->stats, NF_SKYPE_COUNT_FLOW_TAKEN_OVER);
}

static __always_inline bool has_skype_mark(const struct pass *pass)
{
	u32 mark = READ_ONCE(pass->ct->mark);

	return pass->policy->state_byte &&
	       nf_skype_mark_state(mark) &
		       (SKYPE_STATE_SKYPE | SKYPE_STATE_SUSPECT);
}

/* A SYN|ACK tells both sequence numbers, and that somebody is there. */
static __always_inline bool is_tcp_start(const struct pass *pass)
{
	const u8 all = SKYPE_TCP_SYN | SKYPE_TCP_ACK | SKYPE_TCP_FIN |
		       SKYPE_TCP_RST;

	return unlikely(pass->shown->pkt.flags & SKYPE_TCP_SYN) &&
	       pass->shown->pkt.dir == SKYPE_DIR_REPLY &&
	       (pass->shown->pkt.flags & all) == (SKYPE_TCP_SYN | SKYPE_TCP_ACK);
}

static __always_inline void start_tcp(struct pass *pass, struct nf_skype_entry *entry)
{
	skype_flow_start_tcp(&entry->flow, pass->shown->payload.ack, pass->shown->pkt.seq + 1);
	nf_skype_count(pass->sn->stats, NF_SKYPE_COUNT_FLOW_STARTED);
}

/* The entry of a confirmed flow; one is made by a SYN|ACK or for a Skype mark. */
static __always_inline struct nf_skype_entry *open_entry(struct pass *pass)
{
	struct nf_skype_flowtab *tab = &pass->sn->flows;
	struct nf_skype_entry *entry = nf_skype_flowtab_lookup(tab, pass->ct);
	bool syn_ack = is_tcp_start(pass), skype;

	if (likely(entry)) {
		if (syn_ack && !entry->flow.packets && !entry->flow.done)
			start_tcp(pass, entry);
		return entry;
	}
	skype = has_skype_mark(pass);
	if (!syn_ack && !skype)
		return NULL;
	entry = nf_skype_flowtab_insert(tab, pass->ct, pass->shown->pkt.now);
	if (!entry)
		return NULL;
	if (skype)
		take_over(pass->sn, pass->ct, entry);
	else
		start_tcp(pass, entry);
	return entry;
}

/* Reasons are only ever added behind the others. */
static __always_inline void count_reasons(struct pass *pass, skype_reasons_t before,
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

static __always_inline void count_finding(struct pass *pass, skype_reasons_t before,
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
static __always_inline bool is_silent(const struct pass *pass)
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

	return tuple->src.l3num == NFPROTO_IPV4 &&
	       nf_skype_hosttab_has_port(&sn->hosts, tuple->dst.u.all) &&
	       inet_addr_type(sn->net, tuple->dst.u3.ip) == RTN_LOCAL;
}

/* Conntrack has seen neither FIN nor RST of a connection. */
static bool is_open(const struct nf_conn *ct)
{
	/* compared in memory */
	return data_race(ct->proto.tcp.state) == TCP_CONNTRACK_ESTABLISHED;
}

/*
 * A super node connection that rests: nobody has followed its sequence numbers but
 * conntrack, which has closed it now if the FIN or RST was in its place.
 */
static noinline void wait_for_end(struct nf_skype_net *sn, const struct nf_conn *ct,
				  struct skype_flow *flow,
				  const struct skype_packet *pkt)
{
	if (is_open(ct))
		return;
	skype_flow_lost(flow, skype_packet_ends(pkt), &sn->hosts, pkt->now);
	nf_skype_count(sn->stats, NF_SKYPE_COUNT_NOTE + SKYPE_NOTE_TCP_CLOSED);
}

/*
 * Show the core what the packet carries, as it was before GRO.  What is beyond
 * SEGMENTS_MAX is a gap.
 */
static __always_inline void classify(struct pass *pass, struct nf_skype_entry *entry,
				     bool first)
{
	struct nf_skype_stats __percpu *stats = pass->sn->stats;
	struct skype_flow *flow = &entry->flow;
	skype_reasons_t before = first ? 0 : flow->reasons;
	unsigned int segments = 0;

	if (!first && unlikely(entry->policy & NF_SKYPE_ENTRY_CLOSES)) {
		wait_for_end(pass->sn, pass->ct, flow, &pass->shown->pkt);
		return;
	}
	if (!first && (flow->done || (flow->tcp && is_silent(pass))))
		return;
	nf_skype_count(stats, NF_SKYPE_COUNT_PACKET_INSPECTED);
	pass->shown->in.flow = flow;
	if (first)
		skype_classify_first(&pass->shown->in);
	else
		skype_classify(&pass->shown->in);
	nf_skype_count(stats, NF_SKYPE_COUNT_NOTE + pass->shown->in.found.note);
	while (unlikely(pass->shown->payload.left) && !flow->done &&
	       ++segments < SEGMENTS_MAX &&
	       nf_skype_payload_next(&pass->shown->payload, &pass->shown->pkt)) {
		skype_classify(&pass->shown->in);
		nf_skype_count(stats, NF_SKYPE_COUNT_NOTE + pass->shown->in.found.note);
	}
	if (first && unlikely(flow->done) && !flow->grade &&
	    may_be_forwarded(pass->sn, pass->ct))
		skype_flow_adopt_udp(flow);
	count_finding(pass, before, flow);
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

/*
 * Most packets bring nothing new: the flow stands as the last one left it, and so
 * does its rule.
 */
static __always_inline bool is_as_before(struct pass *pass,
					 const struct nf_skype_entry *entry)
{
	u32 word = entry->policy ^ pass->policy->generation;

	if (pass->shown->in.found.events || pass->shown->in.found.rests ||
	    entry->flow.done || !has_rule(word) ||
	    entry->mark != READ_ONCE(pass->ct->mark))
		return false;
	pass->rule = word & NF_SKYPE_ENTRY_RULE;
	pass->drops = word & NF_SKYPE_ENTRY_DROP;
	return true;
}

/* The rule for the flow; remembered by its entry until either changes. */
static __always_inline void decide(struct pass *pass, const struct nf_skype_entry *entry)
{
	const u16 remembered = NF_SKYPE_ENTRY_GENERATION | NF_SKYPE_ENTRY_RULE;
	const struct nf_skype_policy *policy = pass->policy;
	const struct skype_flow *flow = &entry->flow;
	u16 known = (entry->policy & remembered) ^ policy->generation;

	pass->rule = 0;
	if (flow->grade < policy->least)
		return;
	if (known <= policy->count + 1 &&
	    !(pass->shown->in.found.events & SKYPE_EVENT_FLOW))
		pass->rule = known;
	else
		pass->rule = nf_skype_policy_evaluate(policy, flow->class,
						      flow->grade,
						      skype_packet_ends(&pass->shown->pkt),
						      flow->client);
	if (pass->rule && pass->rule != known)
		this_cpu_inc(policy->stats[pass->rule].flows);
	pass->drops = pass->rule &&
		      policy->rule[pass->rule - 1].action == NF_SKYPE_ACTION_DROP;
}

/* Write what a rule says into the rest of the mark. */
static __always_inline void remark(struct pass *pass)
{
	const struct nf_skype_rule *rule;

	if (!pass->rule)
		return;
	rule = &pass->policy->rule[pass->rule - 1];
	if (rule->action == NF_SKYPE_ACTION_MARK &&
	    write_mark(pass, rule->mask, rule->mark))
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

/*
 * A super node connection is up when the packet that completes its handshake
 * goes on, and as good as gone when one of its packets does not.
 */
static __always_inline void connect(struct pass *pass, struct skype_flow *flow)
{
	struct skype_hosts *hosts = &pass->sn->hosts;
	bool accepted = pass->shown->in.found.events & SKYPE_EVENT_ACCEPTED;

	if (!pass->drops) {
		if (accepted)
			pass->shown->in.found.events |=
				skype_flow_accepted(flow,
						    skype_packet_ends(&pass->shown->pkt),
						    hosts, pass->shown->pkt.now,
						    &pass->shown->ended);
	} else if (accepted) {
		skype_flow_stopped(flow, skype_packet_ends(&pass->shown->pkt), hosts,
				   pass->shown->pkt.now);
	} else if (!flow->done && skype_flow_connected(flow)) {
		skype_flow_lost(flow, skype_packet_ends(&pass->shown->pkt), hosts,
				pass->shown->pkt.now);
	}
}

/* The entry of a new UDP flow.  (A TCP flow starts at its SYN|ACK.) */
static __always_inline struct nf_skype_entry *new_entry(struct pass *pass)
{
	struct nf_skype_entry *entry;

	entry = nf_skype_flowtab_insert(&pass->sn->flows, pass->ct,
					pass->shown->pkt.now);
	if (likely(entry))
		nf_skype_count(pass->sn->stats, NF_SKYPE_COUNT_FLOW_STARTED);
	return entry;
}

/* The flow is alive; and a packet this way is an answer of the other side. */
static __always_inline void touch(const struct pass *pass, struct nf_skype_entry *entry)
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
static __always_inline bool give_back(const struct pass *pass,
				      struct nf_skype_entry *entry, bool first)
{
	const struct skype_flow *flow = &entry->flow;
	bool nothing = flow->done && flow->grade == SKYPE_GRADE_NONE;
	bool dies = first && pass->drops;

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
 * The way of a packet that may tell something about its flow; @first: it opens a
 * UDP flow.
 *
 * Context: BH off; holds the flow's lock while its state may change.
 */
static __always_inline unsigned int judge(struct pass *pass,
					  const struct sk_buff *skb, bool first)
{
	spinlock_t *lock = nf_skype_flowtab_lock(&pass->sn->flows, pass->ct);
	struct nf_skype_entry *entry;
	bool settled = false;

	spin_lock(lock);
	entry = first ? new_entry(pass) : open_entry(pass);
	if (entry) {
		if (!first)
			touch(pass, entry);
		classify(pass, entry, first);
		if (first || !is_as_before(pass, entry)) {
			decide(pass, entry);
			if (!first)
				connect(pass, &entry->flow);
			write_state(pass, entry);
			describe(pass, entry);
			remark(pass);
			remember(pass, entry);
			settled = give_back(pass, entry, first);
		}
	} else {
		settled = first || is_beyond_start(pass->ct);
	}
	spin_unlock(lock);

	if (settled)
		settle(pass->policy, pass->ct);
	if (pass->shown->in.found.events)
		tell(pass);
	if (pass->marked && pass->drops)
		nf_skype_mark_report(pass->ct);
	return act(pass->sn, pass->policy, pass->rule, pass->drops, skb);
}

static __always_inline void see_ends(struct shown *shown)
{
	nf_skype_conntrack_ends(shown->ct, &shown->ends);
	shown->pkt.ends = &shown->ends;
}

/* Described in core/packet.h. */
const struct skype_ends *skype_packet_see_ends(const struct skype_packet *pkt)
{
	struct shown *shown = container_of(pkt, struct shown, pkt);

	see_ends(shown);
	return shown->pkt.ends;
}

static __always_inline void show(struct shown *shown, struct nf_skype_net *sn,
				 const struct sk_buff *skb,
				 const struct nf_conn *ct)
{
	shown->ct = ct;
	shown->pkt.ends = NULL;
	shown->pkt.now = nf_skype_now();
	shown->pkt.dir = CTINFO2DIR(skb->_nfct & NFCT_INFOMASK);
	shown->in.pkt = &shown->pkt;
	shown->in.hosts = &sn->hosts;
	shown->in.found = (struct skype_finding){};
	shown->in.told = false;
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
	return skype_udp_guards(view) == SKYPE_NOTE_NONE ||
	       maybe_of_endpoint(sn, ct);
}

/* What is looked through is there: judge by it. */
static __always_inline unsigned int proceed(struct nf_skype_net *sn,
					    const struct sk_buff *skb,
					    struct nf_conn *ct,
					    struct shown *shown, bool first)
{
	struct pass pass = { .sn = sn, .ct = ct, .shown = shown };
	bool bh_on = !softirq_count();
	unsigned int verdict;

	show(shown, sn, skb, ct);
	if (first)
		see_ends(shown);
	pass.policy = rcu_dereference(sn->policy);
	if (unlikely(bh_on))
		local_bh_disable();
	verdict = judge(&pass, skb, first);
	if (unlikely(bh_on))
		local_bh_enable();
	return verdict;
}

/* As inspect(), for a packet that is not plain. */
static noinline unsigned int look_through(struct nf_skype_net *sn,
					  struct sk_buff *skb,
					  struct nf_conn *ct)
{
	u8 buffer[NF_SKYPE_VIEW_MAX] nf_skype_uninitialized;
	struct shown shown nf_skype_uninitialized;
	enum nf_skype_counter cause;

	shown.payload.skb = skb;
	shown.payload.buffer = buffer;
	cause = nf_skype_payload_open(&shown.payload, nf_ct_l3num(ct),
				      nf_ct_protonum(ct), &shown.pkt);
	if (cause != NF_SKYPE_COUNT_PACKET_INSPECTED)
		return skip(sn, cause);
	if (nf_ct_is_confirmed(ct))
		return proceed(sn, skb, ct, &shown, false);
	if (nf_ct_protonum(ct) == IPPROTO_UDP && is_wanted(sn, ct, &shown.pkt.view))
		return proceed(sn, skb, ct, &shown, true);
	return leave(sn, ct);
}

/*
 * A packet of a flow that is not settled, or not as far as the mark tells.  @at
 * is its transport header when it is plain, or NULL.
 * (In process context, where locally generated and queued packets come from,
 * BH is on.)
 */
static __always_inline unsigned int inspect_as(struct nf_skype_net *sn,
					       struct sk_buff *skb,
					       const struct nf_hook_state *state,
					       struct nf_conn *ct, const u8 *at,
					       u8 protocol, bool first)
{
	enum nf_skype_counter cause = skip_cause(sn, state);
	struct shown shown nf_skype_uninitialized;

	if (cause != NF_SKYPE_COUNT_PACKET_INSPECTED)
		return skip(sn, cause);
	shown.payload.skb = skb;
	if (unlikely(!nf_skype_payload_plain(&shown.payload, protocol, at, &shown.pkt)))
		return look_through(sn, skb, ct);
	return proceed(sn, skb, ct, &shown, first);
}

static noinline unsigned int inspect(struct nf_skype_net *sn,
				     struct sk_buff *skb,
				     const struct nf_hook_state *state,
				     struct nf_conn *ct, const u8 *at)
{
	return inspect_as(sn, skb, state, ct, at, nf_ct_protonum(ct), false);
}

/* The same for the first packet of a UDP flow. */
static noinline unsigned int inspect_first(struct nf_skype_net *sn,
					   struct sk_buff *skb,
					   const struct nf_hook_state *state,
					   struct nf_conn *ct, const u8 *at)
{
	return inspect_as(sn, skb, state, ct, at, IPPROTO_UDP, true);
}

static __always_inline const u8 *transport(const struct sk_buff *skb,
					   const struct nf_conn *ct)
{
	return nf_skype_payload_transport(skb, nf_ct_l3num(ct),
					  nf_ct_protonum(ct));
}

/*
 * Nothing new can be learnt from the packet: inspection of its flow has ended,
 * or it brings no payload.  @word is what its entry has told, of @policy.
 */
static noinline unsigned int obey(struct nf_skype_net *sn,
				  const struct sk_buff *skb,
				  const struct nf_hook_state *state,
				  const struct nf_skype_policy *policy, u32 word)
{
	if (is_second_pass(sn, state))
		return NF_ACCEPT;
	return act(sn, policy, word & NF_SKYPE_ENTRY_RULE,
		   word & NF_SKYPE_ENTRY_DROP, skb);
}

/* Neither UDP nor TCP. */
static noinline unsigned int pass_by(struct nf_skype_net *sn, struct nf_conn *ct)
{
	settle(rcu_dereference(sn->policy), ct);
	return NF_ACCEPT;
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
			return inspect_first(sn, skb, state, ct, at);
		return leave(sn, ct);
	}
	return pass_by(sn, ct);
}

/* The first packet of a flow whose memory may have been another conntrack's. */
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

static __always_inline bool is_ended(u32 word)
{
	return !(word & (NF_SKYPE_ENTRY_INSPECT | NF_SKYPE_ENTRY_CLOSES));
}

/*
 * A packet of a flow that may have an entry, has a Skype mark, or had one.  @word
 * is what the entry has told, its generation changed to 0 by that of @policy.
 */
static noinline unsigned int watch(struct nf_skype_net *sn, struct sk_buff *skb,
				   const struct nf_hook_state *state,
				   struct nf_conn *ct,
				   const struct nf_skype_policy *policy, u32 word)
{
	const u8 *at;

	if (!nf_ct_is_confirmed(ct))
		return begin_anew(sn, skb, state, ct);
	if (!nf_skype_conntrack_tracked(ct))
		return pass_by(sn, ct);
	if (has_rule(word) && is_ended(word))
		return obey(sn, skb, state, policy, word);
	at = transport(skb, ct);
	if (nf_ct_protonum(ct) == IPPROTO_TCP && has_rule(word) &&
	    !(word & NF_SKYPE_ENTRY_CLOSES) && nf_skype_payload_is_ack(skb, at))
		return obey(sn, skb, state, policy, word);
	return inspect(sn, skb, state, ct, at);
}

/*
 * A packet of a flow that may have an entry.  Most find there that inspection has
 * ended and that they are accepted: then its word is nothing but a rule.
 */
static __always_inline unsigned int recognise(struct nf_skype_net *sn,
					      struct sk_buff *skb,
					      const struct nf_hook_state *state,
					      struct nf_conn *ct)
{
	u64 hash = nf_skype_flowtab_hash(ct);
	const u32 *tag = nf_skype_flowtab_tag(&sn->flows, hash);
	const struct nf_skype_policy *policy;
	struct nf_skype_entry *entry;
	u32 word;

	if (unlikely(!tag))
		return watch(sn, skb, state, ct, NULL, NF_SKYPE_WORDLESS);
	entry = nf_skype_flowtab_at(&sn->flows, tag);
	word = nf_skype_flowtab_word(entry);
	if (unlikely(!nf_skype_flowtab_is_as_left(entry, ct, hash)))
		return watch(sn, skb, state, ct, NULL, NF_SKYPE_WORDLESS);
	nf_skype_flowtab_touch(entry);
	policy = rcu_dereference(sn->policy);
	word ^= policy->generation;
	if (word > NF_SKYPE_RULES_MAX + 1) {
		word ^= NF_SKYPE_ENTRY_CLOSES;
		if (unlikely(word > NF_SKYPE_RULES_MAX + 1 || !is_open(ct)))
			return watch(sn, skb, state, ct, policy,
				     word ^ NF_SKYPE_ENTRY_CLOSES);
	}
	/* compared in memory */
	if (unlikely(data_race(sn->twice)))
		return obey(sn, skb, state, policy, word);
	count_for_rule(policy, word, skb);
	return NF_ACCEPT;
}

/*
 * As recognise(), where no mark tells: a new conntrack may have an old one's
 * address.  Half of a connection's packets are bare acknowledgments, and where no
 * rule acts they need not go any further.
 */
static noinline unsigned int recall(struct nf_skype_net *sn, struct sk_buff *skb,
				    const struct nf_hook_state *state,
				    struct nf_conn *ct)
{
	if (unlikely(!nf_ct_is_confirmed(ct)))
		return begin_anew(sn, skb, state, ct);
	if (rcu_dereference(sn->policy)->mode != NF_SKYPE_MODE_ENFORCE &&
	    nf_ct_protonum(ct) == IPPROTO_TCP &&
	    nf_skype_payload_is_ack(skb, transport(skb, ct)))
		return NF_ACCEPT;
	return recognise(sn, skb, state, ct);
}

/* Confirmed, and no SYN|ACK can come: without an entry, the flow is settled. */
static __always_inline bool is_under_way(const struct nf_conn *ct)
{
	unsigned long status = READ_ONCE(ct->status);

	if (nf_ct_protonum(ct) == IPPROTO_TCP)
		return status & IPS_ASSURED;
	return status & IPS_CONFIRMED;
}

/**
 * nf_skype_hook() - look at a packet behind connection tracking
 * @priv: struct nf_skype_net of the packet's namespace
 * @skb: the packet
 * @state: where it is
 *
 * Context: RCU read lock; BH off, or on in process context.
 * Return: NF_ACCEPT or NF_DROP.
 */
unsigned int nf_skype_hook(void *priv, struct sk_buff *skb,
			   const struct nf_hook_state *state)
{
	struct nf_skype_net *sn = priv;
	struct nf_conn *ct;
	u32 known;

	nf_skype_count(sn->stats, NF_SKYPE_COUNT_PACKET_SEEN);
	ct = (struct nf_conn *)skb_nfct(skb);
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
		return recall(sn, skb, state, ct);
	/* as above */
	if (likely(is_under_way(ct)) && likely(!data_race(sn->mark_settled)))
		return NF_ACCEPT;
	return nf_ct_is_confirmed(ct) ?
		       watch(sn, skb, state, ct, NULL, NF_SKYPE_WORDLESS) :
		       begin(sn, skb, state, ct);
}
