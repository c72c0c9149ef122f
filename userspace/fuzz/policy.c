// SPDX-License-Identifier: GPL-2.0
/*
 * Fuzzer of the policy language.  What is a policy must survive being written
 * and read again; what is not must say where and why.
 */
#include "input.h"
#include "policy.h"
#include "verdict.h"

static struct policy policy, again;

static void check_rule(const struct policy_rule *rule)
{
	check(rule->number > 0);
	check(!(rule->classes & ~((1u << SKYPE_CLASS_COUNT) - 1)));
	check(rule->grade >= SKYPE_GRADE_SUSPECT &&
	      rule->grade <= SKYPE_GRADE_CERTAIN);
	check(rule->action <= NF_SKYPE_ACTION_MARK);
	check(rule->from.len <= rule->from.size * 8);
	check(rule->to.len <= rule->to.size * 8);
}

static void check_policy(void)
{
	unsigned int i;

	check(policy.mode == NF_SKYPE_MODE_OBSERVE ||
	      policy.mode == NF_SKYPE_MODE_ENFORCE);
	check(policy.otherwise == NF_SKYPE_ACTION_ACCEPT ||
	      policy.otherwise == NF_SKYPE_ACTION_DROP);
	check(policy.count <= POLICY_RULES_MAX);
	for (i = 0; i < policy.count; i++) {
		check_rule(&policy.rule[i]);
		check(i == 0 ||
		      policy.rule[i - 1].number < policy.rule[i].number);
	}
}

static void check_same_rule(const struct policy_rule *a,
			    const struct policy_rule *b)
{
	check(a->number == b->number && a->classes == b->classes);
	check(a->grade == b->grade && a->action == b->action);
	check(!memcmp(&a->from, &b->from, sizeof(a->from)));
	check(!memcmp(&a->to, &b->to, sizeof(a->to)));
	if (a->action != NF_SKYPE_ACTION_MARK)
		return;
	check(a->mark == b->mark && a->has_mask == b->has_mask);
	check(!a->has_mask || a->mask == b->mask);
}

static void check_round_trip(void)
{
	struct policy_error error = { 0 };
	char *text = policy_text(&policy);
	unsigned int i;

	check(text);
	check(policy_parse(&again, text, strlen(text), &error));
	check(again.mode == policy.mode && again.offload == policy.offload);
	check(again.state_byte == policy.state_byte);
	check(again.otherwise == policy.otherwise);
	check(again.count == policy.count);
	for (i = 0; i < policy.count; i++)
		check_same_rule(&policy.rule[i], &again.rule[i]);
	free(text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct policy_error error = { 0 };
	char *exact = malloc(size ? size : 1);
	unsigned int shift;

	if (size)
		memcpy(exact, data, size);
	if (policy_parse(&policy, exact, size, &error)) {
		check_policy();
		check_round_trip();
		for (shift = 0; shift <= 24; shift += 8)
			policy_check_marks(&policy, shift, &error);
	} else {
		check(error.line > 0 && error.column > 0);
		check(strlen(error.text) > 0);
	}
	free(exact);
	return 0;
}
