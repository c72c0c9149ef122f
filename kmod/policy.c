// SPDX-License-Identifier: GPL-2.0
/*
 * Policy: all or nothing.
 *
 * Theory of Operation
 * -------------------
 *
 * A policy is an array of rules, made complete before any packet sees it and
 * never changed after.  Every packet works with the one it finds when it comes,
 * so its verdict is that of the old policy or of the new one.
 *
 * Which rule a flow falls under changes only with its verdict, so the flow's
 * entry remembers it:
 *
 *	entry->policy = generation | rule + 1 | ...
 *
 * A rule's number means nothing in another policy.  Hence the generation, which
 * alternates: while packets may still work with the old policy, what they write
 * is no use to those of the new one.  When they are done (synchronize_rcu), the
 * whole table forgets what is of the old one, before the next policy can come with
 * its generation.
 */
#include <linux/mm.h>
#include <linux/netfilter.h>
#include <linux/rcupdate.h>
#include <linux/slab.h>
#include <uapi/linux/nf_skype.h>

#include "mark.h"
#include "net.h"

/**
 * nf_skype_policy_alloc() - room for a policy
 * @count: rules without the default
 *
 * Context: process; may sleep.
 * Return: an observing policy whose default accepts; its rules are empty.  NULL
 * when there is no memory.
 */
struct nf_skype_policy *nf_skype_policy_alloc(u32 count)
{
	struct nf_skype_policy *policy;

	policy = kvzalloc(struct_size(policy, rule, count + 1),
			  GFP_KERNEL_ACCOUNT);
	if (!policy)
		return NULL;
	policy->stats = __alloc_percpu_gfp(
		array_size(count + 2, sizeof(struct nf_skype_rule_stats)),
		__alignof__(struct nf_skype_rule_stats), GFP_KERNEL_ACCOUNT);
	if (!policy->stats) {
		kvfree(policy);
		return NULL;
	}
	policy->count = count;
	policy->mode = NF_SKYPE_MODE_OBSERVE;
	policy->state_byte = true;
	policy->rule[count] = (struct nf_skype_rule){
		.classes = ~0U,
		.grade = SKYPE_GRADE_LIKELY,
		.action = NF_SKYPE_ACTION_ACCEPT,
	};
	return policy;
}

/* What a namespace starts with: observe, accept.  NULL: no memory. */
struct nf_skype_policy *nf_skype_policy_default(void)
{
	return nf_skype_policy_alloc(0);
}

/**
 * nf_skype_policy_free() - free a policy that no packet sees
 * @policy: the policy; may be NULL
 */
void nf_skype_policy_free(struct nf_skype_policy *policy)
{
	if (!policy)
		return;
	free_percpu(policy->stats);
	kvfree(policy);
}

/* Tell the packet path which marks mean what now. */
static void set_marks(struct nf_skype_net *sn,
		      const struct nf_skype_policy *policy)
{
	u32 skype = nf_skype_mark_of_state(SKYPE_STATE_SKYPE | SKYPE_STATE_SUSPECT);
	u32 done = nf_skype_mark_of_state(SKYPE_STATE_DONE);

	if (!policy->state_byte) {
		WRITE_ONCE(sn->mark_test, 0);
		WRITE_ONCE(sn->mark_settled, 0);
	} else {
		WRITE_ONCE(sn->mark_test, policy->offload ? skype | done : skype);
		WRITE_ONCE(sn->mark_settled, policy->offload ? done : 0);
	}
}

static u32 verdicts_of(const struct nf_skype_rule *rule)
{
	u32 verdicts = 0;
	u8 class, grade;

	for (class = 0; class < SKYPE_CLASS_COUNT; class++)
		for (grade = rule->grade; grade < SKYPE_GRADE_COUNT; grade++)
			if (rule->classes & (1U << class))
				verdicts |= 1U << nf_skype_policy_verdict(class, grade);
	return verdicts;
}

/* Write what packets would have to work out from the rules again and again. */
static void prepare(struct nf_skype_policy *policy)
{
	bool enforce = policy->mode == NF_SKYPE_MODE_ENFORCE;
	u32 i;

	policy->least = SKYPE_GRADE_COUNT;
	for (i = 0; i <= policy->count; i++) {
		struct nf_skype_rule *rule = &policy->rule[i];

		rule->verdicts = verdicts_of(rule);
		rule->acts = enforce ? rule->action : NF_SKYPE_ACTION_ACCEPT;
		if (enforce || policy->count)
			policy->least = min(policy->least, rule->grade);
	}
}

/**
 * nf_skype_policy_publish() - let a policy hold from the next packet on
 * @sn: the namespace
 * @policy: the policy; belongs to the namespace from now on
 *
 * Context: process; holds sn->lock; waits for packets under way.
 */
void nf_skype_policy_publish(struct nf_skype_net *sn,
			     struct nf_skype_policy *policy)
{
	struct nf_skype_policy *old;

	old = rcu_dereference_protected(sn->policy, lockdep_is_held(&sn->lock));
	if (old)
		policy->generation = old->generation ^ NF_SKYPE_ENTRY_GENERATION;
	prepare(policy);
	rcu_assign_pointer(sn->policy, policy);
	set_marks(sn, policy);
	if (!old)
		return;
	synchronize_rcu();
	if (sn->enabled)
		nf_skype_flowtab_forget_policy(&sn->flows, policy->generation);
	nf_skype_policy_free(old);
}

/**
 * nf_skype_policy_set_mode() - observe or enforce, with the rules as they are
 * @sn: the namespace
 * @mode: enum nf_skype_mode
 *
 * What rules have acted on and what they would have are not to be added up: with
 * another mode, they count from 0.
 *
 * Context: process; holds sn->lock; waits for packets under way.
 * Return: 0 or -ENOMEM.
 */
int nf_skype_policy_set_mode(struct nf_skype_net *sn, u8 mode)
{
	const struct nf_skype_policy *old;
	struct nf_skype_policy *policy;

	old = rcu_dereference_protected(sn->policy, lockdep_is_held(&sn->lock));
	if (old->mode == mode)
		return 0;
	policy = nf_skype_policy_alloc(old->count);
	if (!policy)
		return -ENOMEM;
	policy->mode = mode;
	policy->offload = old->offload;
	policy->state_byte = old->state_byte;
	memcpy(policy->rule, old->rule,
	       array_size(old->count + 1, sizeof(old->rule[0])));
	nf_skype_policy_publish(sn, policy);
	return 0;
}

static __always_inline bool is_within(const struct nf_skype_prefix *prefix,
			       const struct skype_addr *addr)
{
	u64 high, low;

	high = (skype_bytes8(&addr->w[0]) ^ skype_bytes8(&prefix->addr.w[0])) &
	       skype_bytes8(&prefix->mask.w[0]);
	low = (skype_bytes8(&addr->w[2]) ^ skype_bytes8(&prefix->addr.w[2])) &
	      skype_bytes8(&prefix->mask.w[2]);
	return !(high | low) &&
	       (prefix->family == NFPROTO_IPV4 || !skype_addr_is_v4(addr));
}

static __always_inline bool prefix_matches(const struct nf_skype_prefix *prefix,
					   const struct skype_addr *addr)
{
	return !prefix->family || is_within(prefix, addr);
}

/**
 * nf_skype_policy_evaluate() - the rule that a flow falls under
 * @policy: the policy
 * @class: enum skype_class
 * @grade: enum skype_grade, suspect or better
 * @ends: the flow's ends
 * @client: direction in which the client sends
 *
 * The first rule that matches decides, else the default, which is for likely
 * and certain flows only.  The client is matched by its own address, the server
 * by the one that the client knows.
 *
 * Context: RCU read lock.
 * Return: the rule's place plus one, or NF_SKYPE_POLICY_NO_RULE.
 */
u16 nf_skype_policy_evaluate(const struct nf_skype_policy *policy,
			     u8 class, u8 grade, const struct skype_ends *ends,
			     unsigned int client)
{
	u32 verdict = 1U << nf_skype_policy_verdict(class, grade);
	const struct nf_skype_rule *rule = policy->rule;
	u32 i;

	for (i = 0; i <= policy->count; i++, rule++) {
		if ((rule->verdicts & verdict) &&
		    prefix_matches(&rule->from, &ends->end[client].own) &&
		    prefix_matches(&rule->to, &ends->end[!client].seen))
			return i + 1;
	}
	return NF_SKYPE_POLICY_NO_RULE;
}

/**
 * nf_skype_policy_sum() - what a rule has decided, over all CPUs
 * @policy: the policy
 * @i: the rule's place
 * @sum: to be filled in
 */
void nf_skype_policy_sum(const struct nf_skype_policy *policy, u32 i,
			 struct nf_skype_rule_stats *sum)
{
	int cpu;

	memset(sum, 0, sizeof(*sum));
	for_each_possible_cpu(cpu) {
		const struct nf_skype_rule_stats *stats;

		stats = per_cpu_ptr(policy->stats, cpu) + i + 1;
		sum->packets += READ_ONCE(stats->packets);
		sum->bytes += READ_ONCE(stats->bytes);
		sum->flows += READ_ONCE(stats->flows);
	}
}

/* Set the counters of all rules to zero. */
void nf_skype_policy_reset(const struct nf_skype_policy *policy)
{
	int cpu;

	for_each_possible_cpu(cpu)
		memset(per_cpu_ptr(policy->stats, cpu), 0,
		       array_size(policy->count + 2, sizeof(*policy->stats)));
}
