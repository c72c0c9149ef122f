/* SPDX-License-Identifier: GPL-2.0 WITH Linux-syscall-note */
/*
 * Generic netlink interface of nf_skype.  include/nf_skype.yaml describes it;
 * a test holds this header against that description.
 *
 * Addresses are 4 or 16 bytes and ports 16 bits, both in network byte order.
 * Times are nanoseconds since 1970.  Numbers are in host byte order.
 */
#ifndef _UAPI_LINUX_NF_SKYPE_H
#define _UAPI_LINUX_NF_SKYPE_H

#define NF_SKYPE_FAMILY_NAME "nf_skype"
#define NF_SKYPE_FAMILY_VERSION 1
#define NF_SKYPE_MCGRP_EVENTS "events"

enum nf_skype_cmd {
	NF_SKYPE_CMD_UNSPEC,
	NF_SKYPE_CMD_STATUS_GET,	/* do: NF_SKYPE_A_STATUS */
	NF_SKYPE_CMD_ENABLE,		/* do: NF_SKYPE_A_MODE optional */
	NF_SKYPE_CMD_DISABLE,		/* do */
	NF_SKYPE_CMD_POLICY_GET,	/* do: NF_SKYPE_A_POLICY */
	NF_SKYPE_CMD_POLICY_SET,	/* do: NF_SKYPE_A_POLICY, all or nothing */
	NF_SKYPE_CMD_FLOW_GET,		/* dump: NF_SKYPE_A_FLOW each; filters CLASS, GRADE, CLIENT */
	NF_SKYPE_CMD_ENDPOINT_GET,	/* dump: NF_SKYPE_A_ENDPOINT each */
	NF_SKYPE_CMD_ENDPOINT_FLUSH,	/* do */
	NF_SKYPE_CMD_SUPERNODE_GET,	/* dump: NF_SKYPE_A_SUPERNODE each */
	NF_SKYPE_CMD_SUPERNODE_FLUSH,	/* do */
	NF_SKYPE_CMD_SESSION_GET,	/* dump: NF_SKYPE_A_SESSION each */
	NF_SKYPE_CMD_SESSION_FLUSH,	/* do */
	NF_SKYPE_CMD_COUNTER_GET,	/* dump: NF_SKYPE_A_COUNTER each */
	NF_SKYPE_CMD_COUNTER_RESET,	/* do */
	NF_SKYPE_CMD_EVENT,		/* multicast: NF_SKYPE_A_EVENT and what it is about */
	__NF_SKYPE_CMD_MAX
};
#define NF_SKYPE_CMD_MAX (__NF_SKYPE_CMD_MAX - 1)

enum nf_skype_mode {
	NF_SKYPE_MODE_DISABLED,
	NF_SKYPE_MODE_OBSERVE,
	NF_SKYPE_MODE_ENFORCE,
};

enum nf_skype_action {
	NF_SKYPE_ACTION_ACCEPT,
	NF_SKYPE_ACTION_DROP,
	NF_SKYPE_ACTION_MARK,
};

/* Attributes of messages */
enum nf_skype_attr {
	NF_SKYPE_A_UNSPEC,
	NF_SKYPE_A_MODE,	/* u8: enum nf_skype_mode */
	NF_SKYPE_A_STATUS,	/* nest: NF_SKYPE_A_STATUS_* */
	NF_SKYPE_A_POLICY,	/* nest: NF_SKYPE_A_POLICY_* */
	NF_SKYPE_A_FLOW,	/* nest: NF_SKYPE_A_FLOW_* */
	NF_SKYPE_A_ENDPOINT,	/* nest: NF_SKYPE_A_ENDPOINT_* */
	NF_SKYPE_A_SUPERNODE,	/* nest: NF_SKYPE_A_SUPERNODE_* */
	NF_SKYPE_A_SESSION,	/* nest: NF_SKYPE_A_SESSION_* */
	NF_SKYPE_A_COUNTER,	/* nest: NF_SKYPE_A_COUNTER_* */
	NF_SKYPE_A_EVENT,	/* string: name of the event */
	NF_SKYPE_A_CLASS,	/* u8: filter, class */
	NF_SKYPE_A_GRADE,	/* u8: filter, at least this grade */
	NF_SKYPE_A_CLIENT,	/* binary: filter, client address */
	__NF_SKYPE_A_MAX
};
#define NF_SKYPE_A_MAX (__NF_SKYPE_A_MAX - 1)

enum nf_skype_status_attr {
	NF_SKYPE_A_STATUS_UNSPEC,
	NF_SKYPE_A_STATUS_VERSION,	/* string: of the module */
	NF_SKYPE_A_STATUS_MODE,		/* u8: enum nf_skype_mode */
	NF_SKYPE_A_STATUS_MARK_SHIFT,	/* u8 */
	NF_SKYPE_A_STATUS_FLOWS,	/* u32: entries in use */
	NF_SKYPE_A_STATUS_FLOWS_MAX,	/* u32 */
	NF_SKYPE_A_STATUS_ENDPOINTS,	/* u32: in use */
	NF_SKYPE_A_STATUS_SUPERNODES,	/* u32: in use */
	NF_SKYPE_A_STATUS_CLIENTS,	/* u32: in use (sessions and evidence) */
	NF_SKYPE_A_STATUS_HOSTS_MAX,	/* u32: of each host table */
	NF_SKYPE_A_STATUS_MEMORY,	/* u64: bytes of all tables */
	NF_SKYPE_A_STATUS_RULES,	/* u32: policy rules */
	NF_SKYPE_A_STATUS_OFFLOAD,	/* u8: 0 or 1 */
	NF_SKYPE_A_STATUS_STATE_BYTE,	/* u8: 0 or 1 */
	NF_SKYPE_A_STATUS_PAD,
	__NF_SKYPE_A_STATUS_MAX
};
#define NF_SKYPE_A_STATUS_MAX (__NF_SKYPE_A_STATUS_MAX - 1)

enum nf_skype_policy_attr {
	NF_SKYPE_A_POLICY_UNSPEC,
	NF_SKYPE_A_POLICY_MODE,		/* u8: observe or enforce */
	NF_SKYPE_A_POLICY_OFFLOAD,	/* u8: 0 or 1 */
	NF_SKYPE_A_POLICY_STATE_BYTE,	/* u8: 0 or 1 */
	NF_SKYPE_A_POLICY_DEFAULT,	/* u8: accept or drop */
	NF_SKYPE_A_POLICY_RULE,		/* nest, repeated, in order of numbers */
	__NF_SKYPE_A_POLICY_MAX
};
#define NF_SKYPE_A_POLICY_MAX (__NF_SKYPE_A_POLICY_MAX - 1)

enum nf_skype_rule_attr {
	NF_SKYPE_A_RULE_UNSPEC,
	NF_SKYPE_A_RULE_NUMBER,		/* u32: 1 and up */
	NF_SKYPE_A_RULE_CLASSES,	/* u32: bit set of 1 << class; absent: all */
	NF_SKYPE_A_RULE_GRADE,		/* u8: at least this; absent: likely */
	NF_SKYPE_A_RULE_FROM,		/* binary: client address prefix, 4 or 16 bytes */
	NF_SKYPE_A_RULE_FROM_LEN,	/* u8: bits */
	NF_SKYPE_A_RULE_TO,		/* binary: server address prefix */
	NF_SKYPE_A_RULE_TO_LEN,		/* u8: bits */
	NF_SKYPE_A_RULE_ACTION,		/* u8: enum nf_skype_action */
	NF_SKYPE_A_RULE_MARK,		/* u32: with action mark */
	NF_SKYPE_A_RULE_MASK,		/* u32: with action mark; absent: all bits outside the state byte */
	NF_SKYPE_A_RULE_PACKETS,	/* u64: read only */
	NF_SKYPE_A_RULE_BYTES,		/* u64: read only */
	NF_SKYPE_A_RULE_FLOWS,		/* u64: read only */
	NF_SKYPE_A_RULE_PAD,
	__NF_SKYPE_A_RULE_MAX
};
#define NF_SKYPE_A_RULE_MAX (__NF_SKYPE_A_RULE_MAX - 1)

enum nf_skype_flow_attr {
	NF_SKYPE_A_FLOW_UNSPEC,
	NF_SKYPE_A_FLOW_PROTO,		/* u8: IPPROTO_TCP or IPPROTO_UDP */
	NF_SKYPE_A_FLOW_CLIENT,		/* binary: address */
	NF_SKYPE_A_FLOW_CLIENT_PORT,	/* be16 */
	NF_SKYPE_A_FLOW_SERVER,		/* binary: address */
	NF_SKYPE_A_FLOW_SERVER_PORT,	/* be16 */
	NF_SKYPE_A_FLOW_DECIDED,	/* u8: 0 or 1 */
	NF_SKYPE_A_FLOW_DONE,		/* u8: 0 or 1 */
	NF_SKYPE_A_FLOW_CLASS,		/* u8 */
	NF_SKYPE_A_FLOW_GRADE,		/* u8 */
	NF_SKYPE_A_FLOW_VERSION,	/* u8 */
	NF_SKYPE_A_FLOW_REASONS,	/* binary: one byte a reason, in order seen */
	NF_SKYPE_A_FLOW_PACKETS,	/* u64: payload packets seen */
	NF_SKYPE_A_FLOW_BYTES,		/* u64: payload bytes seen */
	NF_SKYPE_A_FLOW_DECIDED_AT,	/* u32; absent while undecided */
	NF_SKYPE_A_FLOW_FIRST,		/* u64 */
	NF_SKYPE_A_FLOW_LAST,		/* u64 */
	NF_SKYPE_A_FLOW_MARK,		/* u32: the whole conntrack mark */
	NF_SKYPE_A_FLOW_PAD,
	__NF_SKYPE_A_FLOW_MAX
};
#define NF_SKYPE_A_FLOW_MAX (__NF_SKYPE_A_FLOW_MAX - 1)

enum nf_skype_endpoint_attr {
	NF_SKYPE_A_ENDPOINT_UNSPEC,
	NF_SKYPE_A_ENDPOINT_ADDR,	/* binary */
	NF_SKYPE_A_ENDPOINT_PORT,	/* be16 */
	NF_SKYPE_A_ENDPOINT_GRADE,	/* u8 */
	NF_SKYPE_A_ENDPOINT_REQUESTS,	/* u32 */
	NF_SKYPE_A_ENDPOINT_PEERS,	/* u32 */
	NF_SKYPE_A_ENDPOINT_CHAIN,	/* u32 */
	NF_SKYPE_A_ENDPOINT_PUBLIC,	/* binary: absent when unknown */
	NF_SKYPE_A_ENDPOINT_SUPERNODE,	/* u8: 0 or 1 */
	NF_SKYPE_A_ENDPOINT_FIRST,	/* u64 */
	NF_SKYPE_A_ENDPOINT_LAST,	/* u64 */
	NF_SKYPE_A_ENDPOINT_PAD,
	__NF_SKYPE_A_ENDPOINT_MAX
};
#define NF_SKYPE_A_ENDPOINT_MAX (__NF_SKYPE_A_ENDPOINT_MAX - 1)

enum nf_skype_supernode_attr {
	NF_SKYPE_A_SUPERNODE_UNSPEC,
	NF_SKYPE_A_SUPERNODE_ADDR,	/* binary */
	NF_SKYPE_A_SUPERNODE_PORT,	/* be16 */
	NF_SKYPE_A_SUPERNODE_PROTO,	/* u8 */
	NF_SKYPE_A_SUPERNODE_GRADE,	/* u8 */
	NF_SKYPE_A_SUPERNODE_CLIENTS,	/* u32 */
	NF_SKYPE_A_SUPERNODE_FIRST,	/* u64 */
	NF_SKYPE_A_SUPERNODE_LAST,	/* u64 */
	NF_SKYPE_A_SUPERNODE_PAD,
	__NF_SKYPE_A_SUPERNODE_MAX
};
#define NF_SKYPE_A_SUPERNODE_MAX (__NF_SKYPE_A_SUPERNODE_MAX - 1)

enum nf_skype_session_attr {
	NF_SKYPE_A_SESSION_UNSPEC,
	NF_SKYPE_A_SESSION_CLIENT,	/* binary */
	NF_SKYPE_A_SESSION_NODE,	/* binary: super node */
	NF_SKYPE_A_SESSION_NODE_PORT,	/* be16 */
	NF_SKYPE_A_SESSION_ENDED,	/* u8: 0 or 1 */
	NF_SKYPE_A_SESSION_START,	/* u64 */
	NF_SKYPE_A_SESSION_END,		/* u64; absent while active */
	NF_SKYPE_A_SESSION_CHANGES,	/* u32 */
	NF_SKYPE_A_SESSION_VERSION,	/* u8 */
	NF_SKYPE_A_SESSION_PAD,
	__NF_SKYPE_A_SESSION_MAX
};
#define NF_SKYPE_A_SESSION_MAX (__NF_SKYPE_A_SESSION_MAX - 1)

enum nf_skype_counter_attr {
	NF_SKYPE_A_COUNTER_UNSPEC,
	NF_SKYPE_A_COUNTER_NAME,	/* string: group/name, e.g. "skipped/no-conntrack" */
	NF_SKYPE_A_COUNTER_VALUE,	/* u64 */
	NF_SKYPE_A_COUNTER_PAD,
	__NF_SKYPE_A_COUNTER_MAX
};
#define NF_SKYPE_A_COUNTER_MAX (__NF_SKYPE_A_COUNTER_MAX - 1)

#endif /* _UAPI_LINUX_NF_SKYPE_H */
