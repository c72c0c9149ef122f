// SPDX-License-Identifier: GPL-2.0
#include "out_policy.h"

#include "verdict.h"

/* A rule as it is shown; NULL for any address */
struct record_rule {
	struct policy_rule rule;
	const char *from;
	const char *to;
	char action[POLICY_ACTION_LEN];
};

#define F(member, type, key, title)                                            \
	OUT_FIELD(struct record_rule, member, type, key, title)
static const struct out_field rule_fields[] = {
	F(rule.number, OUT_UINT, "number", "RULE"),
	F(from, OUT_TEXT, "from", "FROM"),
	F(to, OUT_TEXT, "to", "TO"),
	F(rule.classes, OUT_CLASSES, "classes", "CLASS"),
	F(rule.grade, OUT_GRADE, "grade", "GRADE"),
	F(action, OUT_CHARS, NULL, "ACTION"),
	OUT_NAMED(struct record_rule, rule.action, policy_action_name,
		  "action", NULL),
	F(rule.flows, OUT_UINT, "flows", "FLOWS"),
	F(rule.packets, OUT_UINT, "packets", "PACKETS"),
	F(rule.bytes, OUT_UINT, "bytes", "BYTES"),
	{ 0 },
};
#undef F

/* Texts of the prefixes that a record points to */
struct rule_texts {
	char from[POLICY_PREFIX_LEN];
	char to[POLICY_PREFIX_LEN];
};

static struct record_rule record_of(const struct policy_rule *rule,
				    struct rule_texts *texts)
{
	struct record_rule record = { .rule = *rule };

	if (rule->from.size)
		record.from = policy_prefix_text(&rule->from, texts->from);
	if (rule->to.size)
		record.to = policy_prefix_text(&rule->to, texts->to);
	policy_action_text(rule, record.action);
	return record;
}

static json_t *rule_json(const struct policy_rule *rule)
{
	struct rule_texts texts;
	struct record_rule record = record_of(rule, &texts);
	json_t *object = out_json(rule_fields, &record);

	if (rule->action != NF_SKYPE_ACTION_MARK)
		return object;
	json_object_set_new(object, "mark", json_integer(rule->mark));
	json_object_set_new(object, "mask", rule->has_mask ?
			    json_integer(rule->mask) : json_null());
	return object;
}

json_t *out_policy_json(const struct policy *policy)
{
	const char *mode = policy_mode_name(policy->mode);
	const char *otherwise = policy_action_name(policy->otherwise);
	json_t *rules = json_array();
	unsigned int i;

	for (i = 0; i < policy->count; i++)
		json_array_append_new(rules, rule_json(&policy->rule[i]));
	return json_pack("{sssbsbssso}", "mode", mode ? mode : "unknown",
			 "offload", policy->offload,
			 "state_byte", policy->state_byte,
			 "default", otherwise ? otherwise : "unknown",
			 "rules", rules);
}

static void print_rules(const struct settings *set, const struct policy *policy)
{
	struct out_table *table = out_table_new(set, rule_fields);
	struct rule_texts texts;
	struct record_rule record;
	unsigned int i;

	for (i = 0; i < policy->count; i++) {
		record = record_of(&policy->rule[i], &texts);
		out_table_add(table, &record);
	}
	out_table_print(table, stdout);
	out_table_free(table);
}

void out_policy(const struct settings *set, const struct policy *policy)
{
	const char *mode = policy_mode_name(policy->mode);

	if (set->json) {
		out_document(set, json_pack("{so}", "policy",
					    out_policy_json(policy)));
		return;
	}
	printf("mode %s, offload %s, state-byte %s, default %s\n",
	       mode ? mode : "unknown", policy->offload ? "on" : "off",
	       policy->state_byte ? "on" : "off",
	       policy->otherwise == NF_SKYPE_ACTION_DROP ? "drop" : "accept");
	print_rules(set, policy);
}
