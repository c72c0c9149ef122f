/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What to do with verdicts: an array of rules that is replaced as a whole.
 */
#ifndef NF_SKYPE_POLICY_H
#define NF_SKYPE_POLICY_H

#include <linux/percpu.h>
#include <linux/types.h>

#include "core/packet.h"
#include "core/verdict.h"

struct nf_skype_net;

#define NF_SKYPE_RULES_MAX 256

/**
 * struct nf_skype_prefix - an address prefix
 * @addr: its address, bits beyond @len are 0
 * @mask: ones for the bits of @len
 * @family: NFPROTO_IPV4, NFPROTO_IPV6 or 0: matches every address
 * @len: bits of the address as its family writes it
 */
struct nf_skype_prefix {
	struct skype_addr addr;
	struct skype_addr mask;
	u8 family;
	u8 len;
};

/**
 * struct nf_skype_rule - a rule, or at the end of the array the default
 * @number: as the admin wrote it; 0 for the default
 * @verdicts: set of 1 << nf_skype_policy_verdict() that it matches; written when the
 *	policy is published, from @classes and @grade
 * @classes: set of 1 << enum skype_class
 * @mark: bits of the conntrack mark to write; action mark only
 * @mask: which bits
 * @from: matches the client
 * @to: matches the server
 * @grade: at least this
 * @action: enum nf_skype_action
 * @acts: what it does in the policy's mode: where it observes, every rule accepts, and
 *	counts what it would act on; written when the policy is published
 * @masked: @mask was given; else it is all outside the state byte
 */
struct nf_skype_rule {
	u32 number;
	u32 verdicts;
	u32 classes;
	u32 mark;
	u32 mask;
	struct nf_skype_prefix from;
	struct nf_skype_prefix to;
	u8 grade;
	u8 action;
	u8 acts;
	bool masked;
};

/* A verdict as a number below 32. */
static inline unsigned int nf_skype_policy_verdict(u8 class, u8 grade)
{
	static_assert(SKYPE_CLASS_COUNT * SKYPE_GRADE_COUNT <= 32, "a set is a word");
	return class * SKYPE_GRADE_COUNT + grade;
}

struct nf_skype_rule_stats {
	u64 packets;
	u64 bytes;
	u64 flows;
};

/**
 * struct nf_skype_policy - a policy; read under RCU, never changed
 * @mode: enum nf_skype_mode: observe or enforce
 * @offload: every settled flow gets the done bit
 * @state_byte: marks are written
 * @generation: NF_SKYPE_ENTRY_GENERATION or 0: tells what entries have cached
 *	from this policy from what they had from the one before
 * @least: the lowest grade that any rule asks for; no flow has it when there is
 *	nothing to count; written when the policy is published
 * @count: rules without the default
 * @stats: counters by rule plus one, as entries have it; those of 0 are not shown
 * @rule: @count rules and the default
 */
struct nf_skype_policy {
	u8 mode;
	bool offload;
	bool state_byte;
	u8 least;
	u32 generation;
	u32 count;
	struct nf_skype_rule_stats __percpu *stats;
	struct nf_skype_rule rule[];
};

/* What nf_skype_policy_evaluate() returns when not even the default matches. */
#define NF_SKYPE_POLICY_NO_RULE 0

struct nf_skype_policy *nf_skype_policy_alloc(u32 count);
struct nf_skype_policy *nf_skype_policy_default(void);
void nf_skype_policy_free(struct nf_skype_policy *policy);
void nf_skype_policy_publish(struct nf_skype_net *sn,
			     struct nf_skype_policy *policy);
int nf_skype_policy_set_mode(struct nf_skype_net *sn, u8 mode);
u16 nf_skype_policy_evaluate(const struct nf_skype_policy *policy,
			     u8 class, u8 grade, const struct skype_ends *ends,
			     unsigned int client);

void nf_skype_policy_sum(const struct nf_skype_policy *policy, u32 i,
			 struct nf_skype_rule_stats *sum);
void nf_skype_policy_reset(const struct nf_skype_policy *policy);

#endif /* NF_SKYPE_POLICY_H */
