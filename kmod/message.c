// SPDX-License-Identifier: GPL-2.0
#include <linux/in.h>
#include <linux/netfilter.h>
#include <net/netlink.h>
#include <uapi/linux/nf_skype.h>

#include "clock.h"
#include "message.h"

/* Put a host address: 4 bytes for IPv4, 16 for IPv6. */
static int put_addr(struct sk_buff *skb, int type, const struct skype_addr *addr)
{
	if (skype_addr_is_v4(addr))
		return nla_put(skb, type, sizeof(addr->w[3]), &addr->w[3]);
	return nla_put(skb, type, sizeof(addr->w), addr->w);
}

static int put_time(struct sk_buff *skb, int type, u64 time, int pad)
{
	return nla_put_u64_64bit(skb, type, nf_skype_clock_wall(time), pad);
}

static int end_nest(struct sk_buff *skb, struct nlattr *nest, int failed)
{
	if (failed) {
		nla_nest_cancel(skb, nest);
		return -EMSGSIZE;
	}
	nla_nest_end(skb, nest);
	return 0;
}

static int put_flow_ends(struct sk_buff *skb,
			 const struct nf_skype_flow_info *info)
{
	const struct skype_end *client = &info->ends.end[info->flow.client];
	const struct skype_end *server = &info->ends.end[!info->flow.client];

	return nla_put_u8(skb, NF_SKYPE_A_FLOW_PROTO,
			  info->flow.tcp ? IPPROTO_TCP : IPPROTO_UDP) ||
	       put_addr(skb, NF_SKYPE_A_FLOW_CLIENT, &client->own) ||
	       nla_put_be16(skb, NF_SKYPE_A_FLOW_CLIENT_PORT, client->own_port) ||
	       put_addr(skb, NF_SKYPE_A_FLOW_SERVER, &server->seen) ||
	       nla_put_be16(skb, NF_SKYPE_A_FLOW_SERVER_PORT, server->seen_port) ||
	       nla_put_u32(skb, NF_SKYPE_A_FLOW_MARK, info->mark);
}

static int put_flow_verdict(struct sk_buff *skb, const struct skype_flow *flow)
{
	return nla_put_u8(skb, NF_SKYPE_A_FLOW_DECIDED, skype_flow_decided(flow)) ||
	       nla_put_u8(skb, NF_SKYPE_A_FLOW_DONE, flow->done) ||
	       nla_put_u8(skb, NF_SKYPE_A_FLOW_CLASS, flow->class) ||
	       nla_put_u8(skb, NF_SKYPE_A_FLOW_GRADE, flow->grade) ||
	       nla_put_u8(skb, NF_SKYPE_A_FLOW_VERSION, flow->version);
}

static int put_flow_history(struct sk_buff *skb,
			    const struct nf_skype_flow_info *info)
{
	const struct skype_flow *flow = &info->flow;
	u32 decided_at = skype_flow_decided_at(flow);
	u8 reasons[SKYPE_REASON_SLOTS];
	unsigned int count = 0;
	int reason;

	while ((reason = skype_reasons_at(flow->reasons, count)) >= 0)
		reasons[count++] = reason;
	return nla_put(skb, NF_SKYPE_A_FLOW_REASONS, count, reasons) ||
	       nla_put_u64_64bit(skb, NF_SKYPE_A_FLOW_PACKETS, flow->packets,
				 NF_SKYPE_A_FLOW_PAD) ||
	       nla_put_u64_64bit(skb, NF_SKYPE_A_FLOW_BYTES, flow->bytes,
				 NF_SKYPE_A_FLOW_PAD) ||
	       (decided_at &&
		nla_put_u32(skb, NF_SKYPE_A_FLOW_DECIDED_AT, decided_at)) ||
	       put_time(skb, NF_SKYPE_A_FLOW_FIRST, info->first,
			NF_SKYPE_A_FLOW_PAD) ||
	       put_time(skb, NF_SKYPE_A_FLOW_LAST, info->last,
			NF_SKYPE_A_FLOW_PAD);
}

/**
 * nf_skype_message_flow() - put a flow
 * @skb: the message
 * @info: the flow
 *
 * Return: 0, or -EMSGSIZE and the message is as it was.
 */
int nf_skype_message_flow(struct sk_buff *skb,
			  const struct nf_skype_flow_info *info)
{
	struct nlattr *nest = nla_nest_start(skb, NF_SKYPE_A_FLOW);

	if (!nest)
		return -EMSGSIZE;
	return end_nest(skb, nest,
			put_flow_ends(skb, info) ||
			put_flow_verdict(skb, &info->flow) ||
			(info->known && put_flow_history(skb, info)));
}

/* As nf_skype_message_flow(), for an endpoint. */
int nf_skype_message_endpoint(struct sk_buff *skb,
			      const struct skype_endpoint *e)
{
	struct nlattr *nest = nla_nest_start(skb, NF_SKYPE_A_ENDPOINT);

	if (!nest)
		return -EMSGSIZE;
	return end_nest(skb, nest,
			put_addr(skb, NF_SKYPE_A_ENDPOINT_ADDR, &e->addr) ||
			nla_put_be16(skb, NF_SKYPE_A_ENDPOINT_PORT, e->port) ||
			nla_put_u8(skb, NF_SKYPE_A_ENDPOINT_GRADE, e->grade) ||
			nla_put_u32(skb, NF_SKYPE_A_ENDPOINT_REQUESTS, e->requests) ||
			nla_put_u32(skb, NF_SKYPE_A_ENDPOINT_PEERS, e->peers) ||
			nla_put_u32(skb, NF_SKYPE_A_ENDPOINT_CHAIN, e->chain) ||
			(e->public &&
			 nla_put_in_addr(skb, NF_SKYPE_A_ENDPOINT_PUBLIC, e->public)) ||
			nla_put_u8(skb, NF_SKYPE_A_ENDPOINT_SUPERNODE, e->supernode) ||
			put_time(skb, NF_SKYPE_A_ENDPOINT_FIRST, e->first,
				 NF_SKYPE_A_ENDPOINT_PAD) ||
			put_time(skb, NF_SKYPE_A_ENDPOINT_LAST, e->last,
				 NF_SKYPE_A_ENDPOINT_PAD));
}

/* As nf_skype_message_flow(), for a super node. */
int nf_skype_message_supernode(struct sk_buff *skb,
			       const struct skype_supernode *s)
{
	struct nlattr *nest = nla_nest_start(skb, NF_SKYPE_A_SUPERNODE);

	if (!nest)
		return -EMSGSIZE;
	return end_nest(skb, nest,
			put_addr(skb, NF_SKYPE_A_SUPERNODE_ADDR, &s->addr) ||
			nla_put_be16(skb, NF_SKYPE_A_SUPERNODE_PORT, s->port) ||
			nla_put_u8(skb, NF_SKYPE_A_SUPERNODE_PROTO,
				   s->tcp ? IPPROTO_TCP : IPPROTO_UDP) ||
			nla_put_u8(skb, NF_SKYPE_A_SUPERNODE_GRADE, s->grade) ||
			nla_put_u32(skb, NF_SKYPE_A_SUPERNODE_CLIENTS, s->clients) ||
			put_time(skb, NF_SKYPE_A_SUPERNODE_FIRST, s->first,
				 NF_SKYPE_A_SUPERNODE_PAD) ||
			put_time(skb, NF_SKYPE_A_SUPERNODE_LAST, s->last,
				 NF_SKYPE_A_SUPERNODE_PAD));
}

/* As nf_skype_message_flow(), for a client's session. */
int nf_skype_message_session(struct sk_buff *skb, const struct skype_client *c)
{
	bool ended = c->state == SKYPE_SESSION_ENDED;
	struct nlattr *nest = nla_nest_start(skb, NF_SKYPE_A_SESSION);

	if (!nest)
		return -EMSGSIZE;
	return end_nest(skb, nest,
			put_addr(skb, NF_SKYPE_A_SESSION_CLIENT, &c->addr) ||
			put_addr(skb, NF_SKYPE_A_SESSION_NODE, &c->node) ||
			nla_put_be16(skb, NF_SKYPE_A_SESSION_NODE_PORT, c->node_port) ||
			nla_put_u8(skb, NF_SKYPE_A_SESSION_ENDED, ended) ||
			put_time(skb, NF_SKYPE_A_SESSION_START, c->start,
				 NF_SKYPE_A_SESSION_PAD) ||
			(ended && put_time(skb, NF_SKYPE_A_SESSION_END, c->end,
					   NF_SKYPE_A_SESSION_PAD)) ||
			nla_put_u32(skb, NF_SKYPE_A_SESSION_CHANGES, c->changes) ||
			nla_put_u8(skb, NF_SKYPE_A_SESSION_VERSION, c->version));
}

static int put_prefix(struct sk_buff *skb, int type, int type_len,
		      const struct nf_skype_prefix *prefix)
{
	if (!prefix->family)
		return 0;
	return put_addr(skb, type, &prefix->addr) ||
	       nla_put_u8(skb, type_len, prefix->len);
}

static int put_rule_counters(struct sk_buff *skb,
			     const struct nf_skype_policy *policy, u32 i)
{
	struct nf_skype_rule_stats sum;

	nf_skype_policy_sum(policy, i, &sum);
	return nla_put_u64_64bit(skb, NF_SKYPE_A_RULE_PACKETS, sum.packets,
				 NF_SKYPE_A_RULE_PAD) ||
	       nla_put_u64_64bit(skb, NF_SKYPE_A_RULE_BYTES, sum.bytes,
				 NF_SKYPE_A_RULE_PAD) ||
	       nla_put_u64_64bit(skb, NF_SKYPE_A_RULE_FLOWS, sum.flows,
				 NF_SKYPE_A_RULE_PAD);
}

static int put_rule(struct sk_buff *skb, const struct nf_skype_policy *policy,
		    u32 i)
{
	const struct nf_skype_rule *rule = &policy->rule[i];
	struct nlattr *nest = nla_nest_start(skb, NF_SKYPE_A_POLICY_RULE);
	bool marks = rule->action == NF_SKYPE_ACTION_MARK;

	if (!nest)
		return -EMSGSIZE;
	return end_nest(skb, nest,
			nla_put_u32(skb, NF_SKYPE_A_RULE_NUMBER, rule->number) ||
			(rule->classes != ~0U &&
			 nla_put_u32(skb, NF_SKYPE_A_RULE_CLASSES, rule->classes)) ||
			nla_put_u8(skb, NF_SKYPE_A_RULE_GRADE, rule->grade) ||
			put_prefix(skb, NF_SKYPE_A_RULE_FROM,
				   NF_SKYPE_A_RULE_FROM_LEN, &rule->from) ||
			put_prefix(skb, NF_SKYPE_A_RULE_TO,
				   NF_SKYPE_A_RULE_TO_LEN, &rule->to) ||
			nla_put_u8(skb, NF_SKYPE_A_RULE_ACTION, rule->action) ||
			(marks && nla_put_u32(skb, NF_SKYPE_A_RULE_MARK, rule->mark)) ||
			(rule->masked &&
			 nla_put_u32(skb, NF_SKYPE_A_RULE_MASK, rule->mask)) ||
			put_rule_counters(skb, policy, i));
}

static int put_rules(struct sk_buff *skb, const struct nf_skype_policy *policy)
{
	u32 i;

	for (i = 0; i < policy->count; i++)
		if (put_rule(skb, policy, i))
			return -EMSGSIZE;
	return 0;
}

/* As nf_skype_message_flow(), for a policy with its counters. */
int nf_skype_message_policy(struct sk_buff *skb,
			    const struct nf_skype_policy *policy)
{
	struct nlattr *nest = nla_nest_start(skb, NF_SKYPE_A_POLICY);

	if (!nest)
		return -EMSGSIZE;
	return end_nest(skb, nest,
			nla_put_u8(skb, NF_SKYPE_A_POLICY_MODE, policy->mode) ||
			nla_put_u8(skb, NF_SKYPE_A_POLICY_OFFLOAD, policy->offload) ||
			nla_put_u8(skb, NF_SKYPE_A_POLICY_STATE_BYTE,
				   policy->state_byte) ||
			nla_put_u8(skb, NF_SKYPE_A_POLICY_DEFAULT,
				   policy->rule[policy->count].action) ||
			put_rules(skb, policy));
}

/* Bytes that nf_skype_message_policy() needs at most. */
size_t nf_skype_message_policy_size(const struct nf_skype_policy *policy)
{
	size_t rule = nla_total_size(0) +
		      4 * nla_total_size(sizeof(u32)) +
		      4 * nla_total_size(sizeof(u8)) +
		      2 * nla_total_size(sizeof(struct skype_addr)) +
		      3 * nla_total_size_64bit(sizeof(u64));

	return nla_total_size(0) + 4 * nla_total_size(sizeof(u8)) +
	       policy->count * rule;
}
