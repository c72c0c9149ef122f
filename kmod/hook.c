// SPDX-License-Identifier: GPL-2.0
/*
 * A packet's way through the module.
 *
 *	nf_skype_hook()     every packet: settled?  Almost all are, and leave here
 *	  nf_skype_first()  the first of a flow: first.c
 *	  recognise()       Skype's, by its mark: most are accepted, and leave here
 *	  recall()          the same where no mark tells
 *	  watch()           the others:
 *	    obey()          nothing to learn: what the policy said before
 *	    inspect()       skip? -> payload
 *	      start_tcp()   a SYN|ACK: its connection has an entry from now on
 *	      judge()       entry -> classify -> policy -> mark -> events: read this
 *
 * The hooks stand right behind conntrack (-200), so that all of nft's chains
 * from mangle on see the verdict on the very packet that completes it.
 */
#include <linux/in.h>
#include <uapi/linux/nf_skype.h>

#include "hook.h"
#include "judge.h"

/* Whether the rule in a word is one of the present policy. */
static __always_inline bool has_rule(u32 word)
{
	return (word & (NF_SKYPE_ENTRY_GENERATION | NF_SKYPE_ENTRY_RULE)) <
	       NF_SKYPE_ENTRY_UNKNOWN;
}

/* A Skype flow that this module has not seen to begin: the mark knows it. */
static noinline void take_over(struct nf_skype_net *sn, const struct nf_conn *ct,
			       struct nf_skype_entry *entry)
{
	struct skype_flow *flow = &entry->flow;

	skype_flow_start_udp(flow);
	skype_flow_of_state_byte(flow, nf_skype_mark_state(READ_ONCE(ct->mark)));
	flow->tcp = nf_ct_protonum(ct) == IPPROTO_TCP;
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

/* The entry of a confirmed flow; one is made for a Skype mark. */
static __always_inline struct nf_skype_entry *open_entry(struct pass *pass)
{
	struct nf_skype_flowtab *tab = &pass->sn->flows;
	struct nf_skype_entry *entry = nf_skype_flowtab_lookup(tab, pass->ct);

	if (likely(entry) || !has_skype_mark(pass))
		return entry;
	entry = nf_skype_flowtab_insert(tab, pass->ct, pass->shown->pkt.now);
	if (entry)
		take_over(pass->sn, pass->ct, entry);
	return entry;
}

/* Confirmed, and no SYN|ACK can come: without an entry, the flow is settled. */
static __always_inline bool is_under_way(const struct nf_conn *ct)
{
	unsigned long status = READ_ONCE(ct->status);

	if (nf_ct_protonum(ct) == IPPROTO_TCP)
		return status & IPS_ASSURED;
	return status & IPS_CONFIRMED;
}

/* For a Skype mark without an entry, because there is no room: its rule acts. */
static noinline u16 rule_of_mark(const struct nf_skype_policy *policy,
				 const struct nf_conn *ct, const struct skype_packet *pkt)
{
	struct skype_flow flow;

	if (!skype_flow_of_state_byte(&flow, nf_skype_mark_state(READ_ONCE(ct->mark))) ||
	    flow.grade < policy->least)
		return 0;
	return nf_skype_policy_evaluate(policy, flow.class, flow.grade,
					skype_packet_ends(pkt), flow.client);
}

/* The flow has no entry.  Return whether it is settled. */
static __always_inline bool do_without_entry(struct pass *pass)
{
	u16 rule;

	if (likely(!has_skype_mark(pass)))
		return is_under_way(pass->ct);
	rule = rule_of_mark(pass->policy, pass->ct, &pass->shown->pkt);
	if (rule)
		apply(pass, rule);
	pass->left = READ_ONCE(pass->ct->mark);
	remark(pass);
	return false;
}

/* A segment that says nothing, to a core that knows the sequence numbers. */
static __always_inline bool is_silent(const struct pass *pass)
{
	return pass->shown->pkt.flags & SKYPE_TCP_SYN ||
	       (!pass->shown->pkt.view.size &&
		!(pass->shown->pkt.flags & (SKYPE_TCP_FIN | SKYPE_TCP_RST)));
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

/* Show the core what the packet carries, as it was before GRO. */
static __always_inline void classify(struct pass *pass, struct nf_skype_entry *entry)
{
	struct nf_skype_stats __percpu *stats = pass->sn->stats;
	struct skype_flow *flow = &entry->flow;
	skype_reasons_t before = flow->reasons;

	if (unlikely(entry->policy & NF_SKYPE_ENTRY_CLOSES)) {
		wait_for_end(pass->sn, pass->ct, flow, &pass->shown->pkt);
		return;
	}
	if (flow->done || (flow->tcp && is_silent(pass)))
		return;
	nf_skype_count(stats, NF_SKYPE_COUNT_PACKET_INSPECTED);
	pass->shown->in.flow = flow;
	skype_classify(&pass->shown->in);
	nf_skype_count(stats, NF_SKYPE_COUNT_NOTE + pass->shown->in.found.note);
	classify_rest(pass);
	count_finding(pass, before, flow);
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

/* The flow is alive; and a packet this way is an answer of the other side. */
static __always_inline void touch(const struct pass *pass, struct nf_skype_entry *entry)
{
	u8 answers = entry->flow.tcp ? SKYPE_DIR_ORIGINAL : SKYPE_DIR_REPLY;

	WRITE_ONCE(entry->last, (u32)pass->shown->pkt.now);
	if (nf_skype_flowtab_is_one_sided(entry) && pass->shown->pkt.dir == answers)
		WRITE_ONCE(entry->policy, entry->policy | NF_SKYPE_ENTRY_REPLIED);
}

/* A SYN|ACK tells both sequence numbers, and that somebody is there. */
static __always_inline bool is_tcp_start(const struct skype_packet *pkt)
{
	const u8 all = SKYPE_TCP_SYN | SKYPE_TCP_ACK | SKYPE_TCP_FIN |
		       SKYPE_TCP_RST;

	return unlikely(pkt->flags & SKYPE_TCP_SYN) && pkt->dir == SKYPE_DIR_REPLY &&
	       (pkt->flags & all) == (SKYPE_TCP_SYN | SKYPE_TCP_ACK);
}

/* The entry of a connection that has shown nothing yet; made where there is none. */
static __always_inline struct nf_skype_entry *open_blank(struct pass *pass)
{
	struct nf_skype_flowtab *tab = &pass->sn->flows;
	struct nf_skype_entry *entry = nf_skype_flowtab_lookup(tab, pass->ct);

	if (unlikely(entry))
		return entry->flow.packets || entry->flow.done ? NULL : entry;
	if (unlikely(has_skype_mark(pass)))
		return NULL;
	return nf_skype_flowtab_insert(tab, pass->ct, pass->shown->pkt.now);
}

/*
 * A connection begins by its SYN|ACK.  Return false when it is an old one, by its
 * entry or its mark, or when there is no room.
 *
 * Context: BH off; takes the flow's lock.
 */
static noinline bool start_tcp(struct nf_skype_net *sn, const struct nf_skype_policy *policy,
			       struct nf_conn *ct, struct shown *shown)
{
	struct pass pass = { .sn = sn, .policy = policy, .ct = ct, .shown = shown };
	spinlock_t *lock = nf_skype_flowtab_lock(&sn->flows, ct);
	struct nf_skype_entry *entry;

	spin_lock(lock);
	entry = open_blank(&pass);
	if (likely(entry)) {
		skype_flow_start_tcp(&entry->flow, shown->payload.ack, shown->pkt.seq + 1);
		WRITE_ONCE(entry->last, (u32)shown->pkt.now);
		pass.left = READ_ONCE(ct->mark);
		remember(&pass, entry);
		nf_skype_count(sn->stats, NF_SKYPE_COUNT_FLOW_STARTED);
	}
	spin_unlock(lock);
	return entry;
}

/* A flow that is nothing gives its entry back.  Return whether it is settled. */
static __always_inline bool give_back(const struct pass *pass,
				      struct nf_skype_entry *entry)
{
	if (!is_nothing(&entry->flow))
		return false;
	nf_skype_flowtab_remove(&pass->sn->flows, entry);
	nf_skype_count(pass->sn->stats, NF_SKYPE_COUNT_FLOW_SETTLED);
	return true;
}

/*
 * The way of a packet that may tell something about its flow.
 *
 * Context: BH off; holds the flow's lock while its state may change.
 */
static __always_inline unsigned int judge(struct pass *pass, const struct sk_buff *skb)
{
	spinlock_t *lock = nf_skype_flowtab_lock(&pass->sn->flows, pass->ct);
	struct nf_skype_entry *entry;
	bool settled = false;

	spin_lock(lock);
	entry = open_entry(pass);
	if (entry) {
		touch(pass, entry);
		classify(pass, entry);
		if (!is_as_before(pass, entry)) {
			decide(pass, entry);
			connect(pass, &entry->flow);
			write_state(pass, entry);
			describe(pass, entry);
			remark(pass);
			remember(pass, entry);
			settled = give_back(pass, entry);
		}
	} else {
		settled = do_without_entry(pass);
	}
	spin_unlock(lock);
	return conclude(pass, skb, settled);
}

/* Described in core/packet.h. */
const struct skype_ends *skype_packet_see_ends(const struct skype_packet *pkt)
{
	struct shown *shown = container_of(pkt, struct shown, pkt);

	see_ends(shown, shown->ct);
	return shown->pkt.ends;
}

/*
 * A packet of a flow that is not settled, or not as far as the mark tells.  (In
 * process context, where locally generated and queued packets come from, BH is on.)
 */
static __always_inline unsigned int proceed(struct nf_skype_net *sn,
					    const struct sk_buff *skb,
					    struct nf_conn *ct, struct shown *shown)
{
	struct pass pass = { .sn = sn, .ct = ct, .shown = shown };
	bool bh_on = !softirq_count();
	unsigned int verdict;

	show(&pass, skb);
	if (unlikely(bh_on))
		local_bh_disable();
	if (is_tcp_start(&shown->pkt) && start_tcp(sn, pass.policy, ct, shown))
		verdict = NF_ACCEPT;
	else
		verdict = judge(&pass, skb);
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
	enum nf_skype_counter cause = open_payload(&shown, buffer, skb, ct);

	if (cause != NF_SKYPE_COUNT_PACKET_INSPECTED)
		return skip(sn, cause);
	return proceed(sn, skb, ct, &shown);
}

/* @at is the packet's transport header when it is plain, or NULL. */
static noinline unsigned int inspect(struct nf_skype_net *sn,
				     struct sk_buff *skb,
				     const struct nf_hook_state *state,
				     struct nf_conn *ct, const u8 *at)
{
	enum nf_skype_counter cause = skip_cause(sn, state);
	struct shown shown nf_skype_uninitialized;

	if (cause != NF_SKYPE_COUNT_PACKET_INSPECTED)
		return skip(sn, cause);
	shown.payload.skb = skb;
	if (unlikely(!nf_skype_payload_plain(&shown.payload, nf_ct_protonum(ct), at,
					     &shown.pkt)))
		return look_through(sn, skb, ct);
	return proceed(sn, skb, ct, &shown);
}

/*
 * Nothing new can be learnt from the packet: inspection of its flow has ended,
 * or it brings no payload.  @word is what its entry has told, of @policy.
 */
static __always_inline unsigned int obey(struct nf_skype_net *sn,
					 const struct sk_buff *skb,
					 const struct nf_hook_state *state,
					 const struct nf_skype_policy *policy, u32 word)
{
	if (is_second_pass(sn, state))
		return NF_ACCEPT;
	return act(sn, policy, word & NF_SKYPE_ENTRY_RULE,
		   word & NF_SKYPE_ENTRY_DROP, skb);
}

/* The same, called where most packets have left: registers are saved here only. */
static noinline unsigned int obey_rarely(struct nf_skype_net *sn,
					 const struct sk_buff *skb,
					 const struct nf_hook_state *state,
					 const struct nf_skype_policy *policy, u32 word)
{
	return obey(sn, skb, state, policy, word);
}

static __always_inline bool is_ended(u32 word)
{
	return !(word & (NF_SKYPE_ENTRY_INSPECT | NF_SKYPE_ENTRY_CLOSES));
}

/*
 * A packet of a flow that may have an entry, has a Skype mark, or had one; or of one
 * that is not settled yet.  @word is what the entry has told, its generation changed
 * to 0 by that of @policy, or NF_SKYPE_WORDLESS, and then @policy may be NULL.
 */
static noinline unsigned int watch(struct nf_skype_net *sn, struct sk_buff *skb,
				   const struct nf_hook_state *state,
				   struct nf_conn *ct,
				   const struct nf_skype_policy *policy, u32 word)
{
	const u8 *at;

	if (!nf_ct_is_confirmed(ct))
		return nf_skype_first_anew(sn, skb, state, ct);
	if (!has_rule(word))
		return nf_skype_conntrack_tracked(ct) ?
			       inspect(sn, skb, state, ct, transport(skb, ct)) :
			       pass_by(sn, ct);
	if (is_ended(word))
		return obey(sn, skb, state, policy, word);
	at = transport(skb, ct);
	if (nf_ct_protonum(ct) == IPPROTO_TCP && !(word & NF_SKYPE_ENTRY_CLOSES) &&
	    nf_skype_payload_is_ack(skb, at))
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
		return obey_rarely(sn, skb, state, policy, word);
	count_for_rule(policy, word, skb);
	return NF_ACCEPT;
}

/*
 * As recognise(), where no mark tells: a new conntrack may have an old one's
 * address.  Half of a connection's packets are bare acknowledgments, and where no
 * rule counts they need not go any further.
 */
static noinline unsigned int recall(struct nf_skype_net *sn, struct sk_buff *skb,
				    const struct nf_hook_state *state,
				    struct nf_conn *ct)
{
	if (unlikely(!nf_ct_is_confirmed(ct)))
		return nf_skype_first_anew(sn, skb, state, ct);
	if (rcu_dereference(sn->policy)->least == SKYPE_GRADE_COUNT &&
	    nf_ct_protonum(ct) == IPPROTO_TCP &&
	    nf_skype_payload_is_ack(skb, transport(skb, ct)))
		return NF_ACCEPT;
	return recognise(sn, skb, state, ct);
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
		       nf_skype_first(sn, skb, state, ct);
}
