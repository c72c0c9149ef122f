// SPDX-License-Identifier: GPL-2.0
/*
 * Any text: the parser must not fall, and what it takes must come out of the
 * printer as text that means the same.
 */
#include <stdint.h>
#include <stdlib.h>

#include "policy.h"

static struct policy policy, again;

static int differ(const struct policy_rule *a, const struct policy_rule *b)
{
	return a->number != b->number || a->classes != b->classes ||
	       a->grade != b->grade || a->action != b->action ||
	       a->has_mask != b->has_mask || a->mark != b->mark ||
	       a->mask != b->mask ||
	       memcmp(&a->from, &b->from, sizeof(a->from)) ||
	       memcmp(&a->to, &b->to, sizeof(a->to));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct policy_error error;
	unsigned int i;
	char *text;

	if (!policy_parse(&policy, (const char *)data, size, &error)) {
		if (!error.line || !error.column || !error.text[0])
			abort();
		return 0;
	}
	text = policy_text(&policy);
	if (!policy_parse(&again, text, strlen(text), &error) ||
	    again.count != policy.count || again.mode != policy.mode ||
	    again.offload != policy.offload ||
	    again.state_byte != policy.state_byte ||
	    again.otherwise != policy.otherwise)
		abort();
	for (i = 0; i < policy.count; i++)
		if (differ(&policy.rule[i], &again.rule[i]))
			abort();
	policy_check_marks(&policy, 24, &error);
	free(text);
	return 0;
}
