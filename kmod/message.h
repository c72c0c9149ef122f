/* SPDX-License-Identifier: GPL-2.0 */
/*
 * How one flow, host, session or policy stands in a netlink message.  Dumps and
 * events share these.
 */
#ifndef NF_SKYPE_MESSAGE_H
#define NF_SKYPE_MESSAGE_H

#include <linux/skbuff.h>

#include "core/flow.h"
#include "core/host.h"
#include "policy.h"

/**
 * struct nf_skype_flow_info - a flow, as it is told
 * @flow: the core's state
 * @ends: its ends
 * @first: time of the first packet, nf_skype_now()
 * @last: time of the latest
 * @mark: the conntrack mark
 * @known: it is in the flow table; else the mark is all that is known
 */
struct nf_skype_flow_info {
	struct skype_flow flow;
	struct skype_ends ends;
	u64 first;
	u64 last;
	u32 mark;
	bool known;
};

int nf_skype_message_flow(struct sk_buff *skb,
			  const struct nf_skype_flow_info *info);
int nf_skype_message_endpoint(struct sk_buff *skb,
			      const struct skype_endpoint *e);
int nf_skype_message_supernode(struct sk_buff *skb,
			       const struct skype_supernode *s);
int nf_skype_message_session(struct sk_buff *skb, const struct skype_client *c);
int nf_skype_message_policy(struct sk_buff *skb,
			    const struct nf_skype_policy *policy);
size_t nf_skype_message_policy_size(const struct nf_skype_policy *policy);

#endif /* NF_SKYPE_MESSAGE_H */
