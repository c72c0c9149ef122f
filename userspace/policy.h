/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The policy language (nf_skype(7)): text to rules and back.  Pure: no files,
 * no kernel.
 */
#ifndef SKYPECTL_POLICY_H
#define SKYPECTL_POLICY_H

#include <linux/nf_skype.h>

#include "os.h"

#define POLICY_RULES_MAX 256
#define POLICY_TEXT_MAX (1024 * 1024)
#define POLICY_SHIFT_DEFAULT 24

/**
 * struct policy_prefix - addresses that a rule is about
 * @bytes: the address, network byte order
 * @size: bytes of it, 4 or 16; 0 for any address
 * @len: bits that count
 */
struct policy_prefix {
	u8 bytes[16];
	u8 size;
	u8 len;
};

/**
 * struct policy_rule - one rule
 * @number: order of evaluation, from 1
 * @classes: bit set of 1 << enum skype_class; 0 for all
 * @grade: at least this (enum skype_grade)
 * @from: client
 * @to: server
 * @action: enum nf_skype_action
 * @has_mask: a mask was written; else all bits outside the state byte
 * @mark: for action mark
 * @mask: bits of the mark to write, when @has_mask
 * @packets: counter of the kernel
 * @bytes: counter of the kernel
 * @flows: counter of the kernel
 * @line: where the rule stands in its text; 0 when it has none
 * @mark_column: where its mark stands in that line
 */
struct policy_rule {
	u32 number;
	u32 classes;
	u8 grade;
	struct policy_prefix from;
	struct policy_prefix to;
	u8 action;
	bool has_mask;
	u32 mark;
	u32 mask;
	u64 packets;
	u64 bytes;
	u64 flows;
	unsigned int line;
	unsigned int mark_column;
};

/**
 * struct policy - a whole policy
 * @mode: enum nf_skype_mode, observe or enforce
 * @offload: write the done bit to every flow
 * @state_byte: write the state byte at all
 * @otherwise: action when no rule matches, accept or drop
 * @count: number of rules
 * @rule: rules in the order of their numbers
 */
struct policy {
	u8 mode;
	bool offload;
	bool state_byte;
	u8 otherwise;
	unsigned int count;
	struct policy_rule rule[POLICY_RULES_MAX];
};

/* Why a text is no policy; line and column count from 1, columns in bytes */
struct policy_error {
	unsigned int line;
	unsigned int column;
	char text[400];
};

/* The policy of an empty text: observe, accept everything */
void policy_default(struct policy *policy);

/**
 * policy_parse() - read a policy
 * @policy: result; undefined after an error
 * @text: the text, not terminated
 * @len: its bytes
 * @error: filled in when the text is refused
 *
 * Return: whether the text is a policy.
 */
bool policy_parse(struct policy *policy, const char *text, size_t len,
		  struct policy_error *error);

/**
 * policy_check_marks() - do the rules leave the state byte alone?
 * @policy: a policy from policy_parse()
 * @shift: where the state byte stands in the mark
 * @error: filled in when they do not
 */
bool policy_check_marks(const struct policy *policy, unsigned int shift,
			struct policy_error *error);

/* The policy as text that policy_parse() reads; to be freed, NULL: no memory */
char *policy_text(const struct policy *policy);

/* Text of a prefix; "any" when it has no size */
#define POLICY_PREFIX_LEN 56
const char *policy_prefix_text(const struct policy_prefix *prefix,
			       char text[POLICY_PREFIX_LEN]);
/* Text of a set of classes, "a,b"; "any" when empty */
#define POLICY_CLASSES_LEN 128
const char *policy_classes_text(u32 classes, char text[POLICY_CLASSES_LEN]);
/* Text of an action, "mark 0x2e/0xff" */
#define POLICY_ACTION_LEN 40
const char *policy_action_text(const struct policy_rule *rule,
			       char text[POLICY_ACTION_LEN]);

const char *policy_mode_name(unsigned int mode);
const char *policy_action_name(unsigned int action);

#endif /* SKYPECTL_POLICY_H */
