// SPDX-License-Identifier: GPL-2.0
/*
 * Generic netlink family "nf_skype": what include/nf_skype.yaml describes.
 *
 * Attributes are validated by the policies below before a handler sees them.
 * A handler takes sn->lock, asks the file that owns the thing, and replies.
 */
#include <linux/in.h>
#include <linux/module.h>
#include <linux/netfilter.h>
#include <linux/sched.h>
#include <net/genetlink.h>
#include <net/sock.h>
#include <uapi/linux/nf_skype.h>

#include "clock.h"
#include "compat.h"
#include "mark.h"
#include "message.h"
#include "net.h"
#include "netlink.h"

#define ADDRESS_POLICY { .type = NLA_BINARY, .len = sizeof(struct skype_addr) }

static const struct nla_policy rule_policy[NF_SKYPE_A_RULE_MAX + 1] = {
	[NF_SKYPE_A_RULE_NUMBER] = NLA_POLICY_MIN(NLA_U32, 1),
	[NF_SKYPE_A_RULE_CLASSES] = { .type = NLA_U32 },
	[NF_SKYPE_A_RULE_GRADE] = NLA_POLICY_RANGE(NLA_U8, SKYPE_GRADE_SUSPECT,
						   SKYPE_GRADE_CERTAIN),
	[NF_SKYPE_A_RULE_FROM] = ADDRESS_POLICY,
	[NF_SKYPE_A_RULE_FROM_LEN] = NLA_POLICY_MAX(NLA_U8, 128),
	[NF_SKYPE_A_RULE_TO] = ADDRESS_POLICY,
	[NF_SKYPE_A_RULE_TO_LEN] = NLA_POLICY_MAX(NLA_U8, 128),
	[NF_SKYPE_A_RULE_ACTION] = NLA_POLICY_MAX(NLA_U8, NF_SKYPE_ACTION_MARK),
	[NF_SKYPE_A_RULE_MARK] = { .type = NLA_U32 },
	[NF_SKYPE_A_RULE_MASK] = { .type = NLA_U32 },
};

static const struct nla_policy policy_policy[NF_SKYPE_A_POLICY_MAX + 1] = {
	[NF_SKYPE_A_POLICY_MODE] = NLA_POLICY_RANGE(NLA_U8,
						    NF_SKYPE_MODE_OBSERVE,
						    NF_SKYPE_MODE_ENFORCE),
	[NF_SKYPE_A_POLICY_OFFLOAD] = NLA_POLICY_MAX(NLA_U8, 1),
	[NF_SKYPE_A_POLICY_STATE_BYTE] = NLA_POLICY_MAX(NLA_U8, 1),
	[NF_SKYPE_A_POLICY_DEFAULT] = NLA_POLICY_MAX(NLA_U8,
						     NF_SKYPE_ACTION_DROP),
	[NF_SKYPE_A_POLICY_RULE] = NLA_POLICY_NESTED(rule_policy),
};

/* What a command does not name here it does not take. */
static const struct nla_policy no_attributes[NF_SKYPE_A_MAX + 1];

static const struct nla_policy enable_policy[NF_SKYPE_A_MAX + 1] = {
	[NF_SKYPE_A_MODE] = NLA_POLICY_RANGE(NLA_U8, NF_SKYPE_MODE_OBSERVE,
					     NF_SKYPE_MODE_ENFORCE),
};

static const struct nla_policy policy_set_policy[NF_SKYPE_A_MAX + 1] = {
	[NF_SKYPE_A_POLICY] = NLA_POLICY_NESTED(policy_policy),
};

static const struct nla_policy flow_get_policy[NF_SKYPE_A_MAX + 1] = {
	[NF_SKYPE_A_CLASS] = NLA_POLICY_MAX(NLA_U8, SKYPE_CLASS_COUNT - 1),
	[NF_SKYPE_A_GRADE] = NLA_POLICY_MAX(NLA_U8, SKYPE_GRADE_COUNT - 1),
	[NF_SKYPE_A_CLIENT] = ADDRESS_POLICY,
};

static struct nf_skype_net *net_of_request(struct genl_info *info)
{
	return nf_skype_net(genl_info_net(info));
}

static struct nf_skype_net *net_of_dump(const struct netlink_callback *cb)
{
	return nf_skype_net(sock_net(cb->skb->sk));
}

static const struct nf_skype_policy *policy_of(const struct nf_skype_net *sn)
{
	return rcu_dereference_protected(sn->policy, lockdep_is_held(&sn->lock));
}

/* Start a reply; NULL and *@ret when that fails. */
static struct sk_buff *reply_start(struct genl_info *info, size_t size,
				   void **header, int *ret)
{
	struct sk_buff *skb = genlmsg_new(size, GFP_KERNEL);

	*ret = -ENOMEM;
	if (!skb)
		return NULL;
	*header = genlmsg_put_reply(skb, info, &nf_skype_family, 0,
				    info->genlhdr->cmd);
	if (*header)
		return skb;
	nlmsg_free(skb);
	*ret = -EMSGSIZE;
	return NULL;
}

static int reply_finish(struct genl_info *info, struct sk_buff *skb,
			void *header, int failed)
{
	if (failed) {
		nlmsg_free(skb);
		GENL_SET_ERR_MSG(info, "the reply does not fit into a message");
		return -EMSGSIZE;
	}
	genlmsg_end(skb, header);
	return genlmsg_reply(skb, info);
}

/* ---- status, enable, disable ---- */

static int put_tables(struct sk_buff *skb, struct nf_skype_net *sn)
{
	struct skype_hosts *hosts = &sn->hosts;
	u64 now = nf_skype_now();

	return nla_put_u32(skb, NF_SKYPE_A_STATUS_FLOWS,
			   nf_skype_flowtab_used(&sn->flows)) ||
	       nla_put_u32(skb, NF_SKYPE_A_STATUS_FLOWS_MAX,
			   sn->flows.sets * NF_SKYPE_WAYS) ||
	       nla_put_u32(skb, NF_SKYPE_A_STATUS_ENDPOINTS,
			   nf_skype_hosttab_used(&hosts->endpoints, now)) ||
	       nla_put_u32(skb, NF_SKYPE_A_STATUS_SUPERNODES,
			   nf_skype_hosttab_used(&hosts->supernodes, now)) ||
	       nla_put_u32(skb, NF_SKYPE_A_STATUS_CLIENTS,
			   nf_skype_hosttab_used(&hosts->clients, now)) ||
	       nla_put_u32(skb, NF_SKYPE_A_STATUS_HOSTS_MAX,
			   nf_skype_hosttab_size(&hosts->endpoints)) ||
	       nla_put_u64_64bit(skb, NF_SKYPE_A_STATUS_MEMORY,
				 nf_skype_flowtab_memory(&sn->flows) +
				 nf_skype_hosttab_memory(hosts),
				 NF_SKYPE_A_STATUS_PAD);
}

static int put_status(struct sk_buff *skb, struct nf_skype_net *sn)
{
	const struct nf_skype_policy *policy = policy_of(sn);
	u8 mode = sn->enabled ? policy->mode : NF_SKYPE_MODE_DISABLED;
	struct nlattr *nest = nla_nest_start(skb, NF_SKYPE_A_STATUS);

	if (!nest ||
	    nla_put_string(skb, NF_SKYPE_A_STATUS_VERSION, THIS_MODULE->version) ||
	    nla_put_u8(skb, NF_SKYPE_A_STATUS_MODE, mode) ||
	    nla_put_u8(skb, NF_SKYPE_A_STATUS_MARK_SHIFT, nf_skype_mark_shift) ||
	    put_tables(skb, sn) ||
	    nla_put_u32(skb, NF_SKYPE_A_STATUS_RULES, policy->count) ||
	    nla_put_u8(skb, NF_SKYPE_A_STATUS_OFFLOAD, policy->offload) ||
	    nla_put_u8(skb, NF_SKYPE_A_STATUS_STATE_BYTE, policy->state_byte))
		return -EMSGSIZE;
	nla_nest_end(skb, nest);
	return 0;
}

static int status_get(struct sk_buff *request, struct genl_info *info)
{
	struct nf_skype_net *sn = net_of_request(info);
	struct sk_buff *skb;
	void *header;
	int ret;

	skb = reply_start(info, NLMSG_DEFAULT_SIZE, &header, &ret);
	if (!skb)
		return ret;
	mutex_lock(&sn->lock);
	ret = put_status(skb, sn);
	mutex_unlock(&sn->lock);
	return reply_finish(info, skb, header, ret);
}

static int enable(struct sk_buff *request, struct genl_info *info)
{
	struct nf_skype_net *sn = net_of_request(info);
	u8 mode;
	int ret;

	mutex_lock(&sn->lock);
	mode = policy_of(sn)->mode;
	if (info->attrs[NF_SKYPE_A_MODE])
		mode = nla_get_u8(info->attrs[NF_SKYPE_A_MODE]);
	ret = nf_skype_enable(sn, mode, info->extack);
	sn->sequence++;
	mutex_unlock(&sn->lock);
	if (!ret)
		nf_skype_event_policy(sn, mode);
	return ret;
}

static int disable(struct sk_buff *request, struct genl_info *info)
{
	struct nf_skype_net *sn = net_of_request(info);

	mutex_lock(&sn->lock);
	nf_skype_disable(sn);
	sn->sequence++;
	mutex_unlock(&sn->lock);
	nf_skype_event_policy(sn, NF_SKYPE_MODE_DISABLED);
	return 0;
}

/* ---- policy ---- */

static int policy_get(struct sk_buff *request, struct genl_info *info)
{
	struct nf_skype_net *sn = net_of_request(info);
	struct sk_buff *skb;
	void *header;
	int ret;

	mutex_lock(&sn->lock);
	skb = reply_start(info, nf_skype_message_policy_size(policy_of(sn)),
			  &header, &ret);
	if (skb)
		ret = nf_skype_message_policy(skb, policy_of(sn));
	mutex_unlock(&sn->lock);
	return skb ? reply_finish(info, skb, header, ret) : ret;
}

static int refuse(struct netlink_ext_ack *extack, const struct nlattr *attr,
		  const char *why)
{
	NL_SET_BAD_ATTR(extack, attr);
	if (extack)
		extack->_msg = why;
	return -EINVAL;
}

static bool has_host_bits(const struct nf_skype_prefix *prefix)
{
	unsigned int i;

	for (i = 0; i < 4; i++)
		if (prefix->addr.w[i] & ~prefix->mask.w[i])
			return true;
	return false;
}

/* 4 or 16 bytes; false when it is neither. */
static bool read_addr(const struct nlattr *attr, struct skype_addr *addr)
{
	if (nla_len(attr) == sizeof(__be32))
		*addr = skype_addr_v4(nla_get_in_addr(attr));
	else if (nla_len(attr) == sizeof(*addr))
		memcpy(addr, nla_data(attr), sizeof(*addr));
	else
		return false;
	return true;
}

/* IPv4 addresses stand behind 96 bits, which are part of their prefixes. */
static struct skype_addr mask_of(unsigned int bits)
{
	struct skype_addr mask;
	unsigned int i;

	for (i = 0; i < 4; i++) {
		mask.w[i] = htonl(bits < 32 ? ~(~0U >> bits) : ~0U);
		bits -= min(bits, 32U);
	}
	return mask;
}

static int read_prefix(const struct nlattr *attr, const struct nlattr *attr_len,
		       struct nf_skype_prefix *prefix,
		       struct netlink_ext_ack *extack)
{
	unsigned int max;

	if (!attr && !attr_len)
		return 0;
	if (!attr || !attr_len)
		return refuse(extack, attr ? attr : attr_len,
			      "a prefix needs an address and a length");
	if (!read_addr(attr, &prefix->addr))
		return refuse(extack, attr, "an address has 4 or 16 bytes");
	max = nla_len(attr) * 8;
	prefix->family = max == 32 ? NFPROTO_IPV4 : NFPROTO_IPV6;
	prefix->len = nla_get_u8(attr_len);
	if (prefix->len > max)
		return refuse(extack, attr_len,
			      "the prefix is longer than its address");
	prefix->mask = mask_of(prefix->len + (128 - max));
	if (has_host_bits(prefix))
		return refuse(extack, attr,
			      "the address has bits beyond its prefix");
	return 0;
}

static int read_conditions(struct nlattr **tb, struct nf_skype_rule *rule,
			   struct netlink_ext_ack *extack)
{
	const u32 all = (1U << SKYPE_CLASS_COUNT) - 1 - (1U << SKYPE_CLASS_NONE);
	int ret;

	rule->classes = ~0U;
	if (tb[NF_SKYPE_A_RULE_CLASSES]) {
		rule->classes = nla_get_u32(tb[NF_SKYPE_A_RULE_CLASSES]);
		if (!rule->classes || rule->classes & ~all)
			return refuse(extack, tb[NF_SKYPE_A_RULE_CLASSES],
				      "no class, or one that does not exist");
	}
	rule->grade = SKYPE_GRADE_LIKELY;
	if (tb[NF_SKYPE_A_RULE_GRADE])
		rule->grade = nla_get_u8(tb[NF_SKYPE_A_RULE_GRADE]);
	ret = read_prefix(tb[NF_SKYPE_A_RULE_FROM], tb[NF_SKYPE_A_RULE_FROM_LEN],
			  &rule->from, extack);
	if (ret)
		return ret;
	return read_prefix(tb[NF_SKYPE_A_RULE_TO], tb[NF_SKYPE_A_RULE_TO_LEN],
			   &rule->to, extack);
}

static int read_mark(struct nlattr **tb, struct nf_skype_rule *rule,
		     struct netlink_ext_ack *extack)
{
	const struct nlattr *mark = tb[NF_SKYPE_A_RULE_MARK];
	const struct nlattr *mask = tb[NF_SKYPE_A_RULE_MASK];
	u32 state = nf_skype_mark_of_state(0xff);

	if (rule->action != NF_SKYPE_ACTION_MARK) {
		if (mark || mask)
			return refuse(extack, mark ? mark : mask,
				      "a mark belongs to action mark only");
		return 0;
	}
	if (!mark)
		return refuse(extack, tb[NF_SKYPE_A_RULE_ACTION],
			      "action mark needs a value");
	rule->mark = nla_get_u32(mark);
	rule->masked = mask;
	rule->mask = mask ? nla_get_u32(mask) : ~state;
	if (!rule->mask)
		return refuse(extack, mask, "the mask is empty");
	if (rule->mask & state)
		return refuse(extack, mask,
			      "the mask overlaps the state byte of the mark");
	if (rule->mark & ~rule->mask)
		return refuse(extack, mark, "the mark has bits outside its mask");
	return 0;
}

static int read_rule(const struct nlattr *attr, u32 number_before,
		     struct nf_skype_rule *rule, struct netlink_ext_ack *extack)
{
	struct nlattr *tb[NF_SKYPE_A_RULE_MAX + 1];
	int ret;

	ret = nla_parse_nested(tb, NF_SKYPE_A_RULE_MAX, attr, rule_policy, extack);
	if (ret)
		return ret;
	if (!tb[NF_SKYPE_A_RULE_NUMBER] || !tb[NF_SKYPE_A_RULE_ACTION])
		return refuse(extack, attr, "a rule needs a number and an action");
	rule->number = nla_get_u32(tb[NF_SKYPE_A_RULE_NUMBER]);
	if (rule->number <= number_before)
		return refuse(extack, tb[NF_SKYPE_A_RULE_NUMBER],
			      "rules must have rising numbers");
	rule->action = nla_get_u8(tb[NF_SKYPE_A_RULE_ACTION]);
	ret = read_conditions(tb, rule, extack);
	if (ret)
		return ret;
	return read_mark(tb, rule, extack);
}

static void read_settings(struct nlattr **tb, struct nf_skype_policy *policy)
{
	if (tb[NF_SKYPE_A_POLICY_MODE])
		policy->mode = nla_get_u8(tb[NF_SKYPE_A_POLICY_MODE]);
	if (tb[NF_SKYPE_A_POLICY_OFFLOAD])
		policy->offload = nla_get_u8(tb[NF_SKYPE_A_POLICY_OFFLOAD]);
	if (tb[NF_SKYPE_A_POLICY_STATE_BYTE])
		policy->state_byte = nla_get_u8(tb[NF_SKYPE_A_POLICY_STATE_BYTE]);
	if (tb[NF_SKYPE_A_POLICY_DEFAULT])
		policy->rule[policy->count].action =
			nla_get_u8(tb[NF_SKYPE_A_POLICY_DEFAULT]);
}

static int read_rules(const struct nlattr *nest, struct nf_skype_policy *policy,
		      struct netlink_ext_ack *extack)
{
	const struct nlattr *attr;
	u32 i = 0, number = 0;
	int left, ret;

	nla_for_each_nested(attr, nest, left) {
		if (nla_type(attr) != NF_SKYPE_A_POLICY_RULE)
			continue;
		ret = read_rule(attr, number, &policy->rule[i], extack);
		if (ret)
			return ret;
		number = policy->rule[i++].number;
	}
	return 0;
}

/* A policy made of its message, or an ERR_PTR with the reason in @extack. */
static struct nf_skype_policy *read_policy(const struct nlattr *nest,
					   struct netlink_ext_ack *extack)
{
	struct nlattr *tb[NF_SKYPE_A_POLICY_MAX + 1];
	struct nf_skype_policy *policy;
	const struct nlattr *attr;
	u32 count = 0;
	int left, ret;

	nla_for_each_nested(attr, nest, left)
		count += nla_type(attr) == NF_SKYPE_A_POLICY_RULE;
	if (count > NF_SKYPE_RULES_MAX)
		return ERR_PTR(refuse(extack, nest, "more than 256 rules"));
	ret = nla_parse_nested(tb, NF_SKYPE_A_POLICY_MAX, nest, policy_policy,
			       extack);
	if (ret)
		return ERR_PTR(ret);
	policy = nf_skype_policy_alloc(count);
	if (!policy) {
		NL_SET_ERR_MSG(extack, "no memory for the policy");
		return ERR_PTR(-ENOMEM);
	}
	read_settings(tb, policy);
	ret = read_rules(nest, policy, extack);
	if (!ret)
		return policy;
	nf_skype_policy_free(policy);
	return ERR_PTR(ret);
}

static int policy_set(struct sk_buff *request, struct genl_info *info)
{
	struct nf_skype_net *sn = net_of_request(info);
	struct nf_skype_policy *policy;
	u8 mode;

	if (!info->attrs[NF_SKYPE_A_POLICY]) {
		GENL_SET_ERR_MSG(info, "there is no policy in the message");
		return -EINVAL;
	}
	policy = read_policy(info->attrs[NF_SKYPE_A_POLICY], info->extack);
	if (IS_ERR(policy))
		return PTR_ERR(policy);
	mutex_lock(&sn->lock);
	mode = sn->enabled ? policy->mode : NF_SKYPE_MODE_DISABLED;
	nf_skype_policy_publish(sn, policy);
	sn->sequence++;
	mutex_unlock(&sn->lock);
	nf_skype_event_policy(sn, mode);
	return 0;
}

/* ---- dumps ---- */

static void *dump_start(struct sk_buff *skb, struct netlink_callback *cb, u8 cmd)
{
	void *header;

	header = genlmsg_put(skb, NETLINK_CB(cb->skb).portid, cb->nlh->nlmsg_seq,
			     &nf_skype_family, NLM_F_MULTI, cmd);
	if (header)
		genl_dump_check_consistent(cb, header);
	return header;
}

/* Return 0, or -EMSGSIZE when the object goes into the next message. */
static int dump_finish(struct sk_buff *skb, void *header, int failed)
{
	if (failed) {
		genlmsg_cancel(skb, header);
		return -EMSGSIZE;
	}
	genlmsg_end(skb, header);
	return 0;
}

/**
 * struct flow_dump - a walk over a namespace's flows
 * @sn: the namespace
 * @skb: the message
 * @cb: where the walk stands: bucket, and flows of it that are told
 * @class: tell this class only, or -1
 * @grade: tell this grade and better
 * @of_client: tell @client's only
 * @client: whose
 * @at: flows of the present bucket met so far
 */
struct flow_dump {
	struct nf_skype_net *sn;
	struct sk_buff *skb;
	struct netlink_callback *cb;
	int class;
	u8 grade;
	bool of_client;
	struct skype_addr client;
	long at;
};

/*
 * What the mark alone tells; the module has seen nothing of this flow.  Where it
 * leaves all marks alone, they are somebody else's.
 */
static bool flow_of_mark(struct nf_skype_net *sn, const struct nf_conn *ct,
			 struct nf_skype_flow_info *info)
{
	if (!policy_of(sn)->state_byte ||
	    !skype_flow_of_state_byte(&info->flow, nf_skype_mark_state(info->mark)))
		return false;
	info->flow.tcp = nf_ct_protonum(ct) == IPPROTO_TCP;
	info->known = false;
	return true;
}

static bool flow_of_entry(struct nf_skype_net *sn, const struct nf_conn *ct,
			  struct nf_skype_flow_info *info)
{
	spinlock_t *lock = nf_skype_flowtab_lock(&sn->flows, ct);
	struct nf_skype_entry *entry;
	u64 now = nf_skype_now();

	spin_lock_bh(lock);
	entry = nf_skype_flowtab_lookup(&sn->flows, ct);
	if (entry) {
		info->flow = entry->flow;
		info->first = nf_skype_clock_widen(entry->first, now);
		info->last = nf_skype_clock_widen(entry->last, now);
		info->known = true;
	}
	spin_unlock_bh(lock);
	return entry;
}

static bool flow_matches(const struct flow_dump *dump,
			 const struct nf_skype_flow_info *info)
{
	const struct skype_flow *flow = &info->flow;

	return (dump->class < 0 || dump->class == flow->class) &&
	       flow->grade >= dump->grade &&
	       (!dump->of_client ||
		skype_addr_equal(&info->ends.end[flow->client].own,
				 &dump->client));
}

static int dump_flow(struct nf_conn *ct, void *data)
{
	struct flow_dump *dump = data;
	struct nf_skype_flow_info info;
	void *header;

	if (dump->at++ < dump->cb->args[1])
		return 0;
	info.mark = READ_ONCE(ct->mark);
	if (flow_of_entry(dump->sn, ct, &info) || flow_of_mark(dump->sn, ct, &info)) {
		nf_skype_conntrack_ends(ct, &info.ends);
		if (flow_matches(dump, &info)) {
			header = dump_start(dump->skb, dump->cb,
					    NF_SKYPE_CMD_FLOW_GET);
			if (!header ||
			    dump_finish(dump->skb, header,
					nf_skype_message_flow(dump->skb, &info)))
				return -EMSGSIZE;
		}
	}
	dump->cb->args[1] = dump->at;
	return 0;
}

static int read_flow_filters(struct flow_dump *dump, struct nlattr **attrs,
			     struct netlink_ext_ack *extack)
{
	if (!attrs)
		return 0;
	if (attrs[NF_SKYPE_A_CLASS])
		dump->class = nla_get_u8(attrs[NF_SKYPE_A_CLASS]);
	if (attrs[NF_SKYPE_A_GRADE])
		dump->grade = nla_get_u8(attrs[NF_SKYPE_A_GRADE]);
	if (!attrs[NF_SKYPE_A_CLIENT])
		return 0;
	dump->of_client = true;
	if (!read_addr(attrs[NF_SKYPE_A_CLIENT], &dump->client))
		return refuse(extack, attrs[NF_SKYPE_A_CLIENT],
			      "an address has 4 or 16 bytes");
	return 0;
}

/* All buckets from cb->args[0] on, one after the other. */
static int flow_get(struct sk_buff *skb, struct netlink_callback *cb)
{
	struct flow_dump dump = {
		.sn = net_of_dump(cb), .skb = skb, .cb = cb, .class = -1,
	};
	int ret = read_flow_filters(&dump, nf_skype_dump_attrs(cb), cb->extack);

	if (ret)
		return ret;
	mutex_lock(&dump.sn->lock);
	cb->seq = dump.sn->sequence;
	while (dump.sn->enabled && !ret &&
	       cb->args[0] < nf_skype_conntrack_buckets()) {
		dump.at = 0;
		ret = nf_skype_conntrack_bucket(dump.sn->net, cb->args[0],
						dump_flow, &dump);
		if (!ret) {
			cb->args[0]++;
			cb->args[1] = 0;
		}
		cond_resched();
	}
	mutex_unlock(&dump.sn->lock);
	return skb->len ? skb->len : ret;
}

union host {
	struct skype_endpoint endpoint;
	struct skype_supernode supernode;
	struct skype_client client;
};

static int put_host(struct sk_buff *skb, u8 cmd, const union host *host)
{
	switch (cmd) {
	case NF_SKYPE_CMD_ENDPOINT_GET:
		return nf_skype_message_endpoint(skb, &host->endpoint);
	case NF_SKYPE_CMD_SUPERNODE_GET:
		return nf_skype_message_supernode(skb, &host->supernode);
	default:
		return nf_skype_message_session(skb, &host->client);
	}
}

static int dump_host(struct sk_buff *skb, struct netlink_callback *cb, u8 cmd,
		     const union host *host)
{
	void *header;

	if (cmd == NF_SKYPE_CMD_SESSION_GET &&
	    host->client.state == SKYPE_SESSION_NONE)
		return 0;
	header = dump_start(skb, cb, cmd);
	if (!header)
		return -EMSGSIZE;
	return dump_finish(skb, header, put_host(skb, cmd, host));
}

/* All places of a table from cb->args[0] on. */
static int dump_hosts(struct sk_buff *skb, struct netlink_callback *cb,
		      struct nf_skype_net *sn, struct nf_skype_hosttab *tab,
		      u8 cmd)
{
	u64 now = nf_skype_now();
	union host host;
	int ret = 0;

	mutex_lock(&sn->lock);
	cb->seq = sn->sequence;
	while (sn->enabled && cb->args[0] < nf_skype_hosttab_size(tab)) {
		if (nf_skype_hosttab_copy(tab, cb->args[0], &host, now))
			ret = dump_host(skb, cb, cmd, &host);
		if (ret)
			break;
		cb->args[0]++;
		cond_resched();
	}
	mutex_unlock(&sn->lock);
	return skb->len ? skb->len : ret;
}

static int endpoint_get(struct sk_buff *skb, struct netlink_callback *cb)
{
	struct nf_skype_net *sn = net_of_dump(cb);

	return dump_hosts(skb, cb, sn, &sn->hosts.endpoints,
			  NF_SKYPE_CMD_ENDPOINT_GET);
}

static int supernode_get(struct sk_buff *skb, struct netlink_callback *cb)
{
	struct nf_skype_net *sn = net_of_dump(cb);

	return dump_hosts(skb, cb, sn, &sn->hosts.supernodes,
			  NF_SKYPE_CMD_SUPERNODE_GET);
}

static int session_get(struct sk_buff *skb, struct netlink_callback *cb)
{
	struct nf_skype_net *sn = net_of_dump(cb);

	return dump_hosts(skb, cb, sn, &sn->hosts.clients,
			  NF_SKYPE_CMD_SESSION_GET);
}

static int flush(struct nf_skype_net *sn, struct nf_skype_hosttab *tab)
{
	mutex_lock(&sn->lock);
	if (sn->enabled)
		nf_skype_hosttab_flush(tab);
	sn->sequence++;
	mutex_unlock(&sn->lock);
	return 0;
}

static int endpoint_flush(struct sk_buff *request, struct genl_info *info)
{
	struct nf_skype_net *sn = net_of_request(info);

	return flush(sn, &sn->hosts.endpoints);
}

static int supernode_flush(struct sk_buff *request, struct genl_info *info)
{
	struct nf_skype_net *sn = net_of_request(info);

	return flush(sn, &sn->hosts.supernodes);
}

static int session_flush(struct sk_buff *request, struct genl_info *info)
{
	struct nf_skype_net *sn = net_of_request(info);

	return flush(sn, &sn->hosts.clients);
}

static int dump_counter(struct sk_buff *skb, struct netlink_callback *cb,
			const char *name, u64 value)
{
	void *header = dump_start(skb, cb, NF_SKYPE_CMD_COUNTER_GET);
	struct nlattr *nest;

	if (!header)
		return -EMSGSIZE;
	nest = nla_nest_start(skb, NF_SKYPE_A_COUNTER);
	if (!nest ||
	    nla_put_string(skb, NF_SKYPE_A_COUNTER_NAME, name) ||
	    nla_put_u64_64bit(skb, NF_SKYPE_A_COUNTER_VALUE, value,
			      NF_SKYPE_A_COUNTER_PAD))
		return dump_finish(skb, header, -EMSGSIZE);
	nla_nest_end(skb, nest);
	return dump_finish(skb, header, 0);
}

/* The @i-th counter of the rules: packets, bytes, flows of each in turn. */
static u64 rule_counter(const struct nf_skype_policy *policy, u32 i, char *name,
			size_t size)
{
	static const char *const kinds[] = { "packets", "bytes", "flows" };
	struct nf_skype_rule_stats sum;
	u32 rule = i / ARRAY_SIZE(kinds);
	const char *kind = kinds[i % ARRAY_SIZE(kinds)];

	if (rule < policy->count)
		snprintf(name, size, "rule/%u-%s", policy->rule[rule].number, kind);
	else
		snprintf(name, size, "rule/default-%s", kind);
	nf_skype_policy_sum(policy, rule, &sum);
	switch (i % ARRAY_SIZE(kinds)) {
	case 0:
		return sum.packets;
	case 1:
		return sum.bytes;
	default:
		return sum.flows;
	}
}

/* First those of nf_skype_stats, then those of the rules. */
static int counter_get(struct sk_buff *skb, struct netlink_callback *cb)
{
	struct nf_skype_net *sn = net_of_dump(cb);
	char name[NF_SKYPE_COUNTER_NAME_MAX];
	const struct nf_skype_policy *policy;
	int ret = 0;
	u64 value;

	mutex_lock(&sn->lock);
	cb->seq = sn->sequence;
	policy = policy_of(sn);
	for (; !ret && cb->args[0] < NF_SKYPE_COUNT_MAX + 3 * (policy->count + 1);
	     cb->args[0]++) {
		if (cb->args[0] >= NF_SKYPE_COUNT_MAX)
			value = rule_counter(policy,
					     cb->args[0] - NF_SKYPE_COUNT_MAX,
					     name, sizeof(name));
		else if (nf_skype_stats_name(cb->args[0], name, sizeof(name)))
			value = nf_skype_stats_sum(sn->stats, cb->args[0]);
		else
			continue;
		ret = dump_counter(skb, cb, name, value);
		if (ret)
			break;
	}
	mutex_unlock(&sn->lock);
	return skb->len ? skb->len : ret;
}

static int counter_reset(struct sk_buff *request, struct genl_info *info)
{
	struct nf_skype_net *sn = net_of_request(info);

	mutex_lock(&sn->lock);
	nf_skype_stats_reset(sn->stats);
	nf_skype_policy_reset(policy_of(sn));
	mutex_unlock(&sn->lock);
	return 0;
}

/*
 * Flows and hosts tell who talks to whom, so reading them takes the same
 * capability as writing: CAP_NET_ADMIN in the namespace's user namespace.
 */
#define OP_DO(_cmd, _doit, _policy)                                            \
	{ .cmd = NF_SKYPE_CMD_##_cmd, .doit = _doit, .policy = _policy,        \
	  .maxattr = NF_SKYPE_A_MAX, .flags = GENL_UNS_ADMIN_PERM }
#define OP_DUMP(_cmd, _dumpit, _policy)                                        \
	{ .cmd = NF_SKYPE_CMD_##_cmd, .dumpit = _dumpit, .policy = _policy,    \
	  .maxattr = NF_SKYPE_A_MAX, .flags = GENL_UNS_ADMIN_PERM }

static const struct genl_ops ops[] = {
	{ .cmd = NF_SKYPE_CMD_STATUS_GET, .doit = status_get,
	  .policy = no_attributes, .maxattr = NF_SKYPE_A_MAX },
	OP_DO(ENABLE, enable, enable_policy),
	OP_DO(DISABLE, disable, no_attributes),
	OP_DO(POLICY_GET, policy_get, no_attributes),
	OP_DO(POLICY_SET, policy_set, policy_set_policy),
	OP_DUMP(FLOW_GET, flow_get, flow_get_policy),
	OP_DUMP(ENDPOINT_GET, endpoint_get, no_attributes),
	OP_DO(ENDPOINT_FLUSH, endpoint_flush, no_attributes),
	OP_DUMP(SUPERNODE_GET, supernode_get, no_attributes),
	OP_DO(SUPERNODE_FLUSH, supernode_flush, no_attributes),
	OP_DUMP(SESSION_GET, session_get, no_attributes),
	OP_DO(SESSION_FLUSH, session_flush, no_attributes),
	OP_DUMP(COUNTER_GET, counter_get, no_attributes),
	OP_DO(COUNTER_RESET, counter_reset, no_attributes),
};

static const struct genl_multicast_group groups[] = {
	[NF_SKYPE_MULTICAST_EVENTS] = {
		.name = NF_SKYPE_MCGRP_EVENTS,
		.flags = GENL_MCAST_CAP_NET_ADMIN,
	},
};

struct genl_family nf_skype_family __ro_after_init = {
	.name = NF_SKYPE_FAMILY_NAME,
	.version = NF_SKYPE_FAMILY_VERSION,
	.maxattr = NF_SKYPE_A_MAX,
	.policy = no_attributes,
	.netnsok = true,
	.parallel_ops = true,
	.module = THIS_MODULE,
	.ops = ops,
	.n_ops = ARRAY_SIZE(ops),
	.mcgrps = groups,
	.n_mcgrps = ARRAY_SIZE(groups),
};
