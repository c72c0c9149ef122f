// SPDX-License-Identifier: GPL-2.0
/*
 * A nest is decoded by a table: which attribute goes where in the record, of
 * which kind it is, and whether it may be absent.
 */
#include "nl_codec.h"

#include <arpa/inet.h>
#include <linux/genetlink.h>

enum kind { KIND_U8, KIND_BOOL, KIND_BE16, KIND_U32, KIND_U64, KIND_ADDR,
	    KIND_REASONS, KIND_TEXT };

/**
 * struct place - where an attribute goes
 * @type: attribute; 0 ends a table
 * @kind: what it carries
 * @offset: place in the record
 * @size: bytes there
 * @optional: it may be absent
 */
struct place {
	u16 type;
	enum kind kind;
	size_t offset;
	size_t size;
	bool optional;
};

#define PLACE(record, member, type_, kind_)                                    \
	{ .type = (type_), .kind = KIND_##kind_,                               \
	  .offset = offsetof(struct record, member),                           \
	  .size = sizeof(((struct record *)0)->member) }
#define MAYBE(record, member, type_, kind_)                                    \
	{ .type = (type_), .kind = KIND_##kind_,                               \
	  .offset = offsetof(struct record, member),                           \
	  .size = sizeof(((struct record *)0)->member), .optional = true }

#define ATTRS_MAX 32

/* Attributes of a buffer by number; unknown ones are passed over. */
static bool parse(const struct nlattr **attr, u16 max, const void *data,
		  size_t len)
{
	const struct nlattr *a = data;
	size_t step;
	u16 type;

	while (len >= sizeof(*a)) {
		if (a->nla_len < sizeof(*a) || a->nla_len > len)
			return false;
		type = a->nla_type & NLA_TYPE_MASK;
		if (type <= max)
			attr[type] = a;
		step = NLA_ALIGN(a->nla_len);
		if (step >= len)
			return true;
		len -= step;
		a = (const void *)((const char *)a + step);
	}
	return len == 0;
}

static const void *payload(const struct nlattr *attr)
{
	return attr + 1;
}

static size_t payload_len(const struct nlattr *attr)
{
	return attr->nla_len - sizeof(*attr);
}

/* A fixed-size number of host byte order; its place has the same size. */
static bool take_number(const struct nlattr *attr, void *to, size_t size)
{
	if (payload_len(attr) != size)
		return false;
	memcpy(to, payload(attr), size);
	return true;
}

static bool take_be16(const struct nlattr *attr, u16 *to)
{
	if (!take_number(attr, to, sizeof(*to)))
		return false;
	*to = ntohs(*to);
	return true;
}

static bool take_bool(const struct nlattr *attr, bool *to)
{
	u8 value;

	if (!take_number(attr, &value, sizeof(value)))
		return false;
	*to = value;
	return true;
}

static bool take_addr(const struct nlattr *attr, struct skype_addr *to)
{
	__be32 v4;

	if (take_number(attr, &v4, sizeof(v4))) {
		*to = skype_addr_v4(v4);
		return true;
	}
	return take_number(attr, to, sizeof(*to));
}

static bool take_reasons(const struct nlattr *attr, struct out_reasons *to)
{
	size_t len = payload_len(attr);

	if (len > sizeof(to->reason))
		return false;
	to->count = (u8)len;
	memcpy(to->reason, payload(attr), len);
	return true;
}

/* A string, terminated or not, cut to its place. */
static bool take_text(const struct nlattr *attr, char *to, size_t size)
{
	size_t len = strnlen(payload(attr), payload_len(attr));

	if (len >= size)
		len = size - 1;
	memcpy(to, payload(attr), len);
	to[len] = '\0';
	return true;
}

static bool take(const struct place *place, const struct nlattr *attr,
		 void *record)
{
	void *to = (char *)record + place->offset;

	switch (place->kind) {
	case KIND_BOOL:
		return take_bool(attr, to);
	case KIND_BE16:
		return take_be16(attr, to);
	case KIND_ADDR:
		return take_addr(attr, to);
	case KIND_REASONS:
		return take_reasons(attr, to);
	case KIND_TEXT:
		return take_text(attr, to, place->size);
	default:
		return take_number(attr, to, place->size);
	}
}

static bool decode(const struct nlattr *nest, const struct place *place,
		   void *record)
{
	const struct nlattr *attr[ATTRS_MAX] = { 0 };

	if (!nest || !parse(attr, ATTRS_MAX - 1, payload(nest),
			    payload_len(nest)))
		return false;
	for (; place->type; place++) {
		if (attr[place->type] ? !take(place, attr[place->type], record) :
					!place->optional)
			return false;
	}
	return true;
}

bool codec_parse(struct codec_message *message, const void *data, size_t len)
{
	memset(message, 0, sizeof(*message));
	return parse(message->attr, NF_SKYPE_A_MAX, data, len);
}

bool codec_status(const struct nlattr *nest, struct record_status *status)
{
	static const struct place places[] = {
#define P(member, attr, kind)                                                  \
	PLACE(record_status, member, NF_SKYPE_A_STATUS_##attr, kind)
		P(version, VERSION, TEXT),
		P(mode, MODE, U8),
		P(mark_shift, MARK_SHIFT, U8),
		P(flows, FLOWS, U32),
		P(flows_max, FLOWS_MAX, U32),
		P(endpoints, ENDPOINTS, U32),
		P(supernodes, SUPERNODES, U32),
		P(clients, CLIENTS, U32),
		P(hosts_max, HOSTS_MAX, U32),
		P(memory, MEMORY, U64),
		P(rules, RULES, U32),
		P(offload, OFFLOAD, BOOL),
		P(state_byte, STATE_BYTE, BOOL),
		{ 0 },
#undef P
	};

	memset(status, 0, sizeof(*status));
	return decode(nest, places, status) && status->mark_shift <= 24;
}

bool codec_flow(const struct nlattr *nest, struct record_flow *flow)
{
	static const struct place places[] = {
#define P(member, attr, kind)                                                  \
	PLACE(record_flow, member, NF_SKYPE_A_FLOW_##attr, kind)
#define M(member, attr, kind)                                                  \
	MAYBE(record_flow, member, NF_SKYPE_A_FLOW_##attr, kind)
		P(proto, PROTO, U8),
		P(client.addr, CLIENT, ADDR),
		P(client.port, CLIENT_PORT, BE16),
		P(server.addr, SERVER, ADDR),
		P(server.port, SERVER_PORT, BE16),
		P(decided, DECIDED, BOOL),
		P(done, DONE, BOOL),
		P(class, CLASS, U8),
		P(grade, GRADE, U8),
		P(version, VERSION, U8),
		P(mark, MARK, U32),
		/* unknown of a flow whose verdict comes from its mark */
		M(reasons, REASONS, REASONS),
		M(packets, PACKETS, U64),
		M(bytes, BYTES, U64),
		M(decided_at, DECIDED_AT, U32),
		M(first, FIRST, U64),
		M(last, LAST, U64),
		{ 0 },
#undef P
#undef M
	};

	memset(flow, 0, sizeof(*flow));
	flow->first = flow->last = OUT_UNKNOWN;
	return decode(nest, places, flow);
}

bool codec_endpoint(const struct nlattr *nest, struct record_endpoint *endpoint)
{
	static const struct place places[] = {
#define P(member, attr, kind)                                                  \
	PLACE(record_endpoint, member, NF_SKYPE_A_ENDPOINT_##attr, kind)
		P(addr, ADDR, ADDR),
		P(port, PORT, BE16),
		P(grade, GRADE, U8),
		P(requests, REQUESTS, U32),
		P(peers, PEERS, U32),
		P(chain, CHAIN, U32),
		MAYBE(record_endpoint, public, NF_SKYPE_A_ENDPOINT_PUBLIC, ADDR),
		P(supernode, SUPERNODE, BOOL),
		P(first, FIRST, U64),
		P(last, LAST, U64),
		{ 0 },
#undef P
	};

	memset(endpoint, 0, sizeof(*endpoint));
	return decode(nest, places, endpoint);
}

bool codec_supernode(const struct nlattr *nest,
		     struct record_supernode *supernode)
{
	static const struct place places[] = {
#define P(member, attr, kind)                                                  \
	PLACE(record_supernode, member, NF_SKYPE_A_SUPERNODE_##attr, kind)
		P(addr, ADDR, ADDR),
		P(port, PORT, BE16),
		P(proto, PROTO, U8),
		P(grade, GRADE, U8),
		P(clients, CLIENTS, U32),
		P(first, FIRST, U64),
		P(last, LAST, U64),
		{ 0 },
#undef P
	};

	memset(supernode, 0, sizeof(*supernode));
	return decode(nest, places, supernode);
}

bool codec_session(const struct nlattr *nest, struct record_session *session)
{
	static const struct place places[] = {
#define P(member, attr, kind)                                                  \
	PLACE(record_session, member, NF_SKYPE_A_SESSION_##attr, kind)
		P(client, CLIENT, ADDR),
		P(node.addr, NODE, ADDR),
		P(node.port, NODE_PORT, BE16),
		P(ended, ENDED, BOOL),
		P(start, START, U64),
		MAYBE(record_session, end, NF_SKYPE_A_SESSION_END, U64),
		P(changes, CHANGES, U32),
		P(version, VERSION, U8),
		{ 0 },
#undef P
	};

	memset(session, 0, sizeof(*session));
	if (!decode(nest, places, session))
		return false;
	session->via = (u8)record_via(session->node.port);
	return true;
}

bool codec_counter(const struct nlattr *nest, struct record_counter *counter)
{
	static const struct place places[] = {
		PLACE(record_counter, name, NF_SKYPE_A_COUNTER_NAME, TEXT),
		PLACE(record_counter, value, NF_SKYPE_A_COUNTER_VALUE, U64),
		{ 0 },
	};

	memset(counter, 0, sizeof(*counter));
	return decode(nest, places, counter);
}

bool codec_mode(const struct nlattr *attr, u8 *mode)
{
	return take_number(attr, mode, sizeof(*mode));
}

const char *codec_event(const struct codec_message *message)
{
	const struct nlattr *event = message->attr[NF_SKYPE_A_EVENT];

	if (!event || !payload_len(event) ||
	    strnlen(payload(event), payload_len(event)) == payload_len(event))
		return NULL;
	return payload(event);
}

/* Policy */

static bool take_prefix(const struct nlattr *addr, const struct nlattr *len,
			struct policy_prefix *prefix)
{
	if (!addr)
		return true;
	if (payload_len(addr) != 4 && payload_len(addr) != 16)
		return false;
	prefix->size = (u8)payload_len(addr);
	memcpy(prefix->bytes, payload(addr), prefix->size);
	prefix->len = prefix->size * 8;
	return (!len || take_number(len, &prefix->len, sizeof(prefix->len))) &&
	       prefix->len <= prefix->size * 8;
}

static bool codec_rule(const struct nlattr *nest, struct policy_rule *rule)
{
	static const struct place places[] = {
#define P(member, attr, kind)                                                  \
	PLACE(policy_rule, member, NF_SKYPE_A_RULE_##attr, kind)
#define M(member, attr, kind)                                                  \
	MAYBE(policy_rule, member, NF_SKYPE_A_RULE_##attr, kind)
		P(number, NUMBER, U32),
		M(classes, CLASSES, U32),
		M(grade, GRADE, U8),
		P(action, ACTION, U8),
		M(mark, MARK, U32),
		M(mask, MASK, U32),
		M(packets, PACKETS, U64),
		M(bytes, BYTES, U64),
		M(flows, FLOWS, U64),
		{ 0 },
#undef P
#undef M
	};
	const struct nlattr *attr[ATTRS_MAX] = { 0 };

	*rule = (struct policy_rule){ .grade = SKYPE_GRADE_LIKELY };
	if (!decode(nest, places, rule) ||
	    !parse(attr, ATTRS_MAX - 1, payload(nest), payload_len(nest)))
		return false;
	rule->has_mask = attr[NF_SKYPE_A_RULE_MASK];
	return take_prefix(attr[NF_SKYPE_A_RULE_FROM],
			   attr[NF_SKYPE_A_RULE_FROM_LEN], &rule->from) &&
	       take_prefix(attr[NF_SKYPE_A_RULE_TO],
			   attr[NF_SKYPE_A_RULE_TO_LEN], &rule->to);
}

/* Rules repeat, so they are taken one by one. */
static bool codec_rules(const struct nlattr *nest, struct policy *policy)
{
	const struct nlattr *a;

	mnl_attr_for_each_nested(a, nest) {
		if (mnl_attr_get_type(a) != NF_SKYPE_A_POLICY_RULE)
			continue;
		if (policy->count == POLICY_RULES_MAX ||
		    !codec_rule(a, &policy->rule[policy->count++]))
			return false;
	}
	return true;
}

bool codec_policy(const struct nlattr *nest, struct policy *policy)
{
	static const struct place places[] = {
#define P(member, attr, kind)                                                  \
	PLACE(policy, member, NF_SKYPE_A_POLICY_##attr, kind)
		P(mode, MODE, U8),
		P(offload, OFFLOAD, BOOL),
		P(state_byte, STATE_BYTE, BOOL),
		P(otherwise, DEFAULT, U8),
		{ 0 },
#undef P
	};

	memset(policy, 0, sizeof(*policy));
	return decode(nest, places, policy) && codec_rules(nest, policy);
}

static void put_prefix(struct nlmsghdr *request, u16 type, u16 len_type,
		       const struct policy_prefix *prefix)
{
	if (!prefix->size)
		return;
	mnl_attr_put(request, type, prefix->size, prefix->bytes);
	mnl_attr_put_u8(request, len_type, prefix->len);
}

static void put_rule(struct nlmsghdr *request, const struct policy_rule *rule)
{
	struct nlattr *nest;

	nest = mnl_attr_nest_start(request, NF_SKYPE_A_POLICY_RULE);
	mnl_attr_put_u32(request, NF_SKYPE_A_RULE_NUMBER, rule->number);
	if (rule->classes)
		mnl_attr_put_u32(request, NF_SKYPE_A_RULE_CLASSES,
				 rule->classes);
	mnl_attr_put_u8(request, NF_SKYPE_A_RULE_GRADE, rule->grade);
	put_prefix(request, NF_SKYPE_A_RULE_FROM, NF_SKYPE_A_RULE_FROM_LEN,
		   &rule->from);
	put_prefix(request, NF_SKYPE_A_RULE_TO, NF_SKYPE_A_RULE_TO_LEN,
		   &rule->to);
	mnl_attr_put_u8(request, NF_SKYPE_A_RULE_ACTION, rule->action);
	if (rule->action == NF_SKYPE_ACTION_MARK) {
		mnl_attr_put_u32(request, NF_SKYPE_A_RULE_MARK, rule->mark);
		if (rule->has_mask)
			mnl_attr_put_u32(request, NF_SKYPE_A_RULE_MASK,
					 rule->mask);
	}
	mnl_attr_nest_end(request, nest);
}

/* 256 rules of at most 108 bytes: no buffer check is needed. */
void codec_put_policy(struct nlmsghdr *request, const struct policy *policy)
{
	struct nlattr *nest;
	unsigned int i;

	nest = mnl_attr_nest_start(request, NF_SKYPE_A_POLICY);
	mnl_attr_put_u8(request, NF_SKYPE_A_POLICY_MODE, policy->mode);
	mnl_attr_put_u8(request, NF_SKYPE_A_POLICY_OFFLOAD, policy->offload);
	mnl_attr_put_u8(request, NF_SKYPE_A_POLICY_STATE_BYTE,
			policy->state_byte);
	mnl_attr_put_u8(request, NF_SKYPE_A_POLICY_DEFAULT, policy->otherwise);
	for (i = 0; i < policy->count; i++)
		put_rule(request, &policy->rule[i]);
	mnl_attr_nest_end(request, nest);
}

static const struct nlattr *policy_nest(const struct nlmsghdr *request)
{
	const struct nlattr *a;

	mnl_attr_for_each(a, request, sizeof(struct genlmsghdr))
		if (mnl_attr_get_type(a) == NF_SKYPE_A_POLICY)
			return a;
	return NULL;
}

int codec_rule_at(const struct nlmsghdr *request, u32 offset)
{
	const char *at = (const char *)request + offset;
	const struct nlattr *nest = policy_nest(request), *a;
	int index = 0;

	if (!nest)
		return -1;
	mnl_attr_for_each_nested(a, nest) {
		if (mnl_attr_get_type(a) != NF_SKYPE_A_POLICY_RULE)
			continue;
		if (at >= (const char *)a && at < (const char *)a + a->nla_len)
			return index;
		index++;
	}
	return -1;
}

void codec_put_addr(struct nlmsghdr *request, u16 type,
		    const struct skype_addr *addr)
{
	if (skype_addr_is_v4(addr))
		mnl_attr_put(request, type, sizeof(addr->w[3]), &addr->w[3]);
	else
		mnl_attr_put(request, type, sizeof(*addr), addr);
}

/* Records that only the kernel has */

const struct out_field record_status_fields[] = {
#define F(member, type, title)                                                 \
	OUT_FIELD(struct record_status, member, type, #member, title)
	F(version, OUT_CHARS, "version"),
	OUT_NAMED(struct record_status, mode, policy_mode_name, "mode", "mode"),
	F(mark_shift, OUT_UINT, "mark shift"),
	F(flows, OUT_UINT, "flows in use"),
	F(flows_max, OUT_UINT, "flows at most"),
	F(endpoints, OUT_UINT, "endpoints"),
	F(supernodes, OUT_UINT, "super nodes"),
	F(clients, OUT_UINT, "clients"),
	F(hosts_max, OUT_UINT, "hosts at most"),
	F(memory, OUT_UINT, "memory (bytes)"),
	F(rules, OUT_UINT, "policy rules"),
	F(offload, OUT_BOOL, "offload"),
	F(state_byte, OUT_BOOL, "state byte"),
	{ 0 },
#undef F
};

const struct out_field record_counter_fields[] = {
	OUT_FIELD(struct record_counter, name, OUT_CHARS, "name", "NAME"),
	OUT_FIELD(struct record_counter, value, OUT_UINT, "value", "VALUE"),
	{ 0 },
};
