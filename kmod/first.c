// SPDX-License-Identifier: GPL-2.0
/*
 * The first packet of a flow.
 *
 *	nf_skype_first()    most can be no request, and leave here
 *	  inspect_first()   skip? -> payload
 *	    request()       a U1, by all that one datagram can tell: a suspect, or of
 *	                    a proven endpoint; if nobody needs to hear, that is all
 *	    judge_request() other U1s, and
 *	    judge_first()   all the rest: entry -> classify -> policy -> mark -> events
 *
 * Anybody can send it, to anybody, at any rate.  So this is where a flood is
 * stopped or not, and request() does the least that the chain of section 5 needs.
 *
 * Nobody else has packets of the flow yet: its entry needs no lock.
 */
#include <linux/in.h>
#include <net/route.h>

#include "core/udp.h"
#include "hook.h"
#include "judge.h"

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

/* A claimed entry, started by the caller. */
static __always_inline u32 *open_flow(struct nf_skype_net *sn,
				      const struct nf_conn *ct, u64 now)
{
	u32 *place = nf_skype_flowtab_claim(&sn->flows, ct, now, false);

	if (unlikely(!place))
		return NULL;
	nf_skype_count(sn->stats, NF_SKYPE_COUNT_FLOW_STARTED);
	nf_skype_count(sn->stats, NF_SKYPE_COUNT_PACKET_INSPECTED);
	return place;
}

/* Others may find the entry now, if there is a flow to be found. */
static __always_inline bool close_flow(const struct pass *pass, u32 *place,
				       const struct nf_skype_entry *entry)
{
	bool nothing = is_nothing(&entry->flow);

	if (nothing || pass->drops) /* its conntrack dies with the packet */
		nf_skype_flowtab_release(place);
	else
		nf_skype_flowtab_publish(place, pass->ct);
	if (nothing)
		nf_skype_count(pass->sn->stats, NF_SKYPE_COUNT_FLOW_SETTLED);
	return nothing;
}

/* What becomes of the core's finding. */
static __always_inline unsigned int decide_first(struct pass *pass,
						 const struct sk_buff *skb, u32 *place)
{
	struct nf_skype_entry *entry = nf_skype_flowtab_at(&pass->sn->flows, place);

	count_finding(pass, 0, &entry->flow);
	decide(pass, entry);
	write_state(pass, entry);
	describe(pass, entry);
	remark(pass);
	remember(pass, entry);
	return conclude(pass, skb, close_flow(pass, place, entry));
}

/* Context: BH off. */
static noinline unsigned int judge_first(struct nf_skype_net *sn,
					 const struct sk_buff *skb, struct nf_conn *ct,
					 struct shown *shown)
{
	struct pass pass = { .sn = sn, .ct = ct, .shown = shown };
	struct skype_flow *flow;
	u32 *place;

	show(&pass, skb);
	see_ends(shown, ct);
	place = open_flow(sn, ct, shown->pkt.now);
	if (!place)
		return conclude(&pass, skb, true);
	flow = &nf_skype_flowtab_at(&sn->flows, place)->flow;
	shown->in.flow = flow;
	skype_classify_first(&shown->in);
	nf_skype_count(sn->stats, NF_SKYPE_COUNT_NOTE + shown->in.found.note);
	classify_rest(&pass);
	if (is_nothing(flow) && may_be_forwarded(sn, ct))
		skype_flow_adopt_udp(flow);
	return decide_first(&pass, skb, place);
}

/* The second half of request(), where there is more to it. */
static noinline unsigned int judge_request(struct nf_skype_net *sn,
					   const struct sk_buff *skb,
					   struct nf_conn *ct, u32 *place,
					   struct skype_endpoint *e, bool eighth)
{
	struct shown shown nf_skype_uninitialized;
	struct pass pass = { .sn = sn, .ct = ct, .shown = &shown };

	show(&pass, skb);
	see_ends(&shown, ct);
	shown.in.flow = &nf_skype_flowtab_at(&sn->flows, place)->flow;
	skype_classify_request(&shown.in, e, eighth);
	nf_skype_count(sn->stats, NF_SKYPE_COUNT_NOTE + SKYPE_NOTE_NONE);
	return decide_first(&pass, skb, place);
}

/* Remember a probe of which nobody needs to hear, and that no rule counts. */
static __always_inline void remember_probe(struct nf_skype_net *sn,
					   const struct nf_skype_policy *policy,
					   struct nf_conn *ct, u32 *place,
					   enum skype_grade grade)
{
	struct nf_skype_entry *entry = nf_skype_flowtab_at(&sn->flows, place);
	struct nf_skype_stats __percpu *stats = sn->stats;
	u8 state = skype_state_byte(SKYPE_CLASS_PROBE, grade, false);
	struct pass pass = { .ct = ct, .left = READ_ONCE(ct->mark) };

	nf_skype_count(stats, NF_SKYPE_COUNT_NOTE + SKYPE_NOTE_NONE);
	nf_skype_count(stats, NF_SKYPE_COUNT_REASON + SKYPE_REASON_U1);
	if (grade == SKYPE_GRADE_LIKELY) {
		skype_flow_request_proven(&entry->flow);
		nf_skype_count(stats, NF_SKYPE_COUNT_REASON + SKYPE_REASON_ENDPOINT);
	}
	nf_skype_count(stats, NF_SKYPE_COUNT_VERDICT +
			      SKYPE_CLASS_PROBE * SKYPE_GRADE_COUNT + grade);
	if (policy->state_byte && write_mark(&pass, nf_skype_mark_of_state(0xff),
					     nf_skype_mark_of_state(state)))
		nf_skype_count(stats, NF_SKYPE_COUNT_MARK_WRITTEN);
	WRITE_ONCE(entry->mark, pass.left);
	WRITE_ONCE(entry->policy, policy->generation | NF_SKYPE_ENTRY_INSPECT);
	nf_skype_flowtab_publish(place, ct);
}

/*
 * A request of a proven endpoint, or the @eighth, which proves it.  @e is locked, and
 * given back.
 */
static noinline unsigned int request_of_proven(struct nf_skype_net *sn,
					       const struct sk_buff *skb,
					       struct nf_conn *ct, u32 *place,
					       struct skype_endpoint *e, bool eighth)
{
	const struct nf_skype_policy *policy = rcu_dereference(sn->policy);

	if (eighth || policy->least <= SKYPE_GRADE_LIKELY ||
	    !skype_endpoint_has_told(e, nf_skype_now()) || nf_skype_event_wanted(sn))
		return judge_request(sn, skb, ct, place, e, eighth);
	skype_endpoint_put(&sn->hosts, e);
	remember_probe(sn, policy, ct, place, SKYPE_GRADE_LIKELY);
	return NF_ACCEPT;
}

/*
 * A plain datagram that passes the guards.
 *
 * Context: BH off.
 */
static __always_inline unsigned int request(struct nf_skype_net *sn,
					    const struct sk_buff *skb,
					    struct nf_conn *ct,
					    const struct skype_view *view)
{
	const struct nf_conntrack_tuple *tuple = nf_ct_tuple(ct, IP_CT_DIR_ORIGINAL);
	const struct nf_skype_policy *policy = rcu_dereference(sn->policy);
	struct skype_addr client = skype_addr_v4(tuple->src.u3.ip);
	struct skype_addr node = skype_addr_v4(tuple->dst.u3.ip);
	u64 now = nf_skype_now();
	struct skype_endpoint *e;
	bool eighth;
	u32 *place;

	place = open_flow(sn, ct, now);
	if (unlikely(!place)) {
		settle(policy, ct);
		return NF_ACCEPT;
	}
	skype_flow_request(&nf_skype_flowtab_at(&sn->flows, place)->flow, view,
			   SKYPE_DIR_ORIGINAL);
	e = skype_endpoint_get(&sn->hosts, &client, tuple->src.u.all, now);
	if (likely(e)) {
		eighth = skype_endpoint_request(e, skype_udp_id(view),
						skype_addr_tag(&node, tuple->dst.u.all),
						now);
		if (unlikely(eighth || e->grade != SKYPE_GRADE_NONE))
			return request_of_proven(sn, skb, ct, place, e, eighth);
		skype_endpoint_put(&sn->hosts, e);
	}
	if (unlikely(policy->least <= SKYPE_GRADE_SUSPECT ||
		     nf_skype_hosttab_has_port(&sn->hosts, nf_ct_tuple(ct, 1)->src.u.all) ||
		     nf_skype_event_wanted(sn)))
		return judge_request(sn, skb, ct, place, NULL, false);
	remember_probe(sn, policy, ct, place, SKYPE_GRADE_SUSPECT);
	return NF_ACCEPT;
}

/* A plain datagram that is no request: it may be an endpoint's all the same. */
static noinline unsigned int no_request(struct nf_skype_net *sn,
					const struct sk_buff *skb,
					struct nf_conn *ct, const u8 *at)
{
	struct shown shown nf_skype_uninitialized;

	shown.payload.skb = skb;
	nf_skype_payload_plain(&shown.payload, IPPROTO_UDP, at, &shown.pkt);
	return judge_first(sn, skb, ct, &shown);
}

/* A datagram that is not plain. */
static noinline unsigned int look_through(struct nf_skype_net *sn,
					  const struct sk_buff *skb,
					  struct nf_conn *ct)
{
	u8 buffer[NF_SKYPE_VIEW_MAX] nf_skype_uninitialized;
	struct shown shown nf_skype_uninitialized;
	enum nf_skype_counter cause = open_payload(&shown, buffer, skb, ct);

	if (cause != NF_SKYPE_COUNT_PACKET_INSPECTED)
		return skip(sn, cause);
	if (skype_udp_guards(&shown.pkt.view) != SKYPE_NOTE_NONE &&
	    !maybe_of_endpoint(sn, ct))
		return leave(sn, ct);
	return judge_first(sn, skb, ct, &shown);
}

static __always_inline unsigned int look(struct nf_skype_net *sn,
					 const struct sk_buff *skb,
					 struct nf_conn *ct, const u8 *at)
{
	struct skype_view view;

	if (unlikely(!nf_skype_payload_datagram(skb, at, &view)))
		return look_through(sn, skb, ct);
	if (unlikely(skype_udp_guards(&view) != SKYPE_NOTE_NONE))
		return no_request(sn, skb, ct, at);
	return request(sn, skb, ct, &view);
}

/*
 * A datagram that may be a request or an endpoint's.  @at is its UDP header when
 * it is plain, or NULL.  (In process context, where locally generated and queued
 * packets come from, BH is on.)
 */
static noinline unsigned int inspect_first(struct nf_skype_net *sn,
					   struct sk_buff *skb,
					   const struct nf_hook_state *state,
					   struct nf_conn *ct, const u8 *at)
{
	enum nf_skype_counter cause = skip_cause(sn, state);
	bool bh_on = !softirq_count();
	unsigned int verdict;

	if (cause != NF_SKYPE_COUNT_PACKET_INSPECTED)
		return skip(sn, cause);
	if (unlikely(bh_on))
		local_bh_disable();
	verdict = look(sn, skb, ct, at);
	if (unlikely(bh_on))
		local_bh_enable();
	return verdict;
}

/**
 * nf_skype_first() - look at the first packet of a flow
 * @sn: the namespace
 * @skb: the packet
 * @state: where it is
 * @ct: its conntrack, not confirmed yet; no entry has its address
 *
 * TCP starts at its SYN|ACK, and most datagrams can be no request.
 *
 * Context: as nf_skype_hook().
 * Return: NF_ACCEPT or NF_DROP.
 */
unsigned int nf_skype_first(struct nf_skype_net *sn, struct sk_buff *skb,
			    const struct nf_hook_state *state, struct nf_conn *ct)
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

/*
 * A connection that another one has announced to conntrack has that one's mark, and
 * with it a verdict that is not its own.  (With "offload on", one of a settled flow
 * leaves before: what is announced by a flow that is nothing is nothing, too.)
 */
static void disown_mark(const struct nf_skype_net *sn, struct nf_conn *ct)
{
	if (test_bit(IPS_EXPECTED_BIT, &ct->status) &&
	    READ_ONCE(ct->mark) & READ_ONCE(sn->mark_test))
		nf_skype_mark_write(ct, nf_skype_mark_of_state(0xff), 0);
}

/* As nf_skype_first(), where @ct may have the address that another conntrack had. */
unsigned int nf_skype_first_anew(struct nf_skype_net *sn, struct sk_buff *skb,
				 const struct nf_hook_state *state,
				 struct nf_conn *ct)
{
	if (is_second_pass(sn, state))
		return skip(sn, NF_SKYPE_COUNT_SKIP_SECOND_PASS);
	nf_skype_flowtab_forget(&sn->flows, ct);
	disown_mark(sn, ct);
	return nf_skype_first(sn, skb, state, ct);
}
