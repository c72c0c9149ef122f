// SPDX-License-Identifier: GPL-2.0
/*
 * One statement a line, so the parser is a table of statements and, within a
 * rule, a table of conditions.  It stops at the first error: a policy is loaded
 * as a whole or not at all.
 */
#include "policy.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "cmd.h"
#include "verdict.h"

#define WORD_LEN 64

/**
 * struct word - a word of the text
 * @text: it, cut to WORD_LEN; not printable characters are '?'
 * @len: its true length
 * @column: where it begins, from 1
 */
struct word {
	char text[WORD_LEN];
	size_t len;
	unsigned int column;
};

/**
 * struct parser - where the parser stands
 * @line: number of the line
 * @start: its first character
 * @at: next character
 * @end: behind its last character, or where its comment begins
 * @seen: line of each statement that stands once; 0 for not yet
 */
struct parser {
	struct policy *policy;
	struct policy_error *error;
	unsigned int line;
	const char *start;
	const char *at;
	const char *end;
	unsigned int seen[8];
};

/* Words */

const char *policy_mode_name(unsigned int mode)
{
	static const char *const names[] = {
		[NF_SKYPE_MODE_DISABLED] = "disabled",
		[NF_SKYPE_MODE_OBSERVE] = "observe",
		[NF_SKYPE_MODE_ENFORCE] = "enforce",
	};

	return mode < ARRAY_SIZE(names) ? names[mode] : NULL;
}

const char *policy_action_name(unsigned int action)
{
	static const char *const names[] = {
		[NF_SKYPE_ACTION_ACCEPT] = "accept",
		[NF_SKYPE_ACTION_DROP] = "drop",
		[NF_SKYPE_ACTION_MARK] = "mark",
	};

	return action < ARRAY_SIZE(names) ? names[action] : NULL;
}

/* The values of "mode", "default", "grade" and "class" that a text may have */

static const char *mode_value(unsigned int i)
{
	return policy_mode_name(i + NF_SKYPE_MODE_OBSERVE);
}

static const char *default_value(unsigned int i)
{
	return i <= NF_SKYPE_ACTION_DROP ? policy_action_name(i) : NULL;
}

static const char *switch_value(unsigned int i)
{
	static const char *const names[] = { "off", "on", NULL };

	return i < ARRAY_SIZE(names) ? names[i] : NULL;
}

static const char *grade_value(unsigned int i)
{
	return grade_word(i + SKYPE_GRADE_SUSPECT);
}

static const char *class_value(unsigned int i)
{
	return class_word(i + SKYPE_CLASS_PROBE);
}

/* Errors */

static bool refuse_at(struct parser *p, unsigned int column,
		      const char *format, ...)
	__attribute__((format(printf, 3, 4)));

static bool refuse_at(struct parser *p, unsigned int column,
		      const char *format, ...)
{
	va_list args;

	p->error->line = p->line;
	p->error->column = column;
	va_start(args, format);
	vsnprintf(p->error->text, sizeof(p->error->text), format, args);
	va_end(args);
	return false;
}

#define refuse(p, word, ...) refuse_at(p, (word)->column, __VA_ARGS__)

static bool refuse_unknown(struct parser *p, const struct word *word,
			   const char *kind,
			   const char *(*name)(unsigned int i))
{
	char text[sizeof(p->error->text)];

	unknown_text(text, sizeof(text), kind, word->text, word_of, &name);
	return refuse(p, word, "%s", text);
}

/* Reading */

static bool is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\r';
}

/* The next word of the line; a word of no length at its end. */
static struct word next_word(struct parser *p)
{
	struct word word = { .len = 0 };

	while (p->at < p->end && is_blank(*p->at))
		p->at++;
	word.column = (unsigned int)(p->at - p->start) + 1;
	for (; p->at < p->end && !is_blank(*p->at); p->at++)
		if (word.len++ < WORD_LEN - 1)
			word.text[word.len - 1] =
				*p->at > ' ' && *p->at < 127 ? *p->at : '?';
	return word;
}

/* A word that must be there; @what says what it should be. */
static bool want_word(struct parser *p, const struct word *behind,
		      const char *what, struct word *word)
{
	*word = next_word(p);
	if (!word->len)
		return refuse(p, word, "\"%s\" needs a value behind it: %s",
			      behind->text, what);
	if (word->len >= WORD_LEN)
		return refuse(p, word, "word too long: \"%s\"...: behind \"%s\" stands %s",
			      word->text, behind->text, what);
	return true;
}

static bool line_ends(struct parser *p, const char *cure)
{
	struct word word = next_word(p);

	if (!word.len)
		return true;
	return refuse(p, &word, "unexpected word \"%s\": %s", word.text, cure);
}

/* One of the words that @name lists. */
static bool want_choice(struct parser *p, const struct word *behind,
			const char *what, const char *(*name)(unsigned int i),
			unsigned int *value)
{
	struct word word;
	int i;

	*value = 0;
	if (!want_word(p, behind, what, &word))
		return false;
	i = name_find(name, word.text);
	if (i < 0)
		return refuse_unknown(p, &word, behind->text, name);
	*value = (unsigned int)i;
	return true;
}

/* A whole number, decimal or 0x..., of 32 bits. */
static bool read_u32(const char *text, u32 *value)
{
	bool hex = text[0] == '0' && (text[1] == 'x' || text[1] == 'X');
	const char *digits = hex ? text + 2 : text;
	size_t len = strlen(digits);
	unsigned long long n;

	if (!len || len > 10 ||
	    strspn(digits, hex ? "0123456789abcdefABCDEF" : "0123456789") != len)
		return false;
	n = strtoull(digits, NULL, hex ? 16 : 10);
	if (n > 0xffffffffULL)
		return false;
	*value = (u32)n;
	return true;
}

/* Conditions of a rule */

static bool read_classes(struct parser *p, const struct word *behind,
			 struct policy_rule *rule)
{
	char *list, *name, *comma;
	struct word word, item;
	int class;

	if (!want_word(p, behind, "a list of classes, as in voice,login", &word))
		return false;
	item = word;
	for (list = word.text; list; list = comma ? comma + 1 : NULL) {
		name = list;
		comma = strchr(list, ',');
		if (comma)
			*comma = '\0';
		item.column = word.column + (unsigned int)(name - word.text);
		snprintf(item.text, sizeof(item.text), "%s", name);
		if (!*name)
			return refuse(p, &item, "a class is missing: write the list without blanks, as in voice,login");
		class = name_find(class_value, name);
		if (class < 0)
			return refuse_unknown(p, &item, "class", class_value);
		class += SKYPE_CLASS_PROBE;
		if (rule->classes & 1U << class)
			return refuse(p, &item, "class \"%s\" stands twice: keep one",
				      name);
		rule->classes |= 1U << class;
	}
	return true;
}

static bool read_grade(struct parser *p, const struct word *behind,
		       struct policy_rule *rule)
{
	unsigned int grade;

	if (!want_choice(p, behind, "suspect, likely or certain", grade_value,
			 &grade))
		return false;
	rule->grade = (u8)(grade + SKYPE_GRADE_SUSPECT);
	return true;
}

static bool is_v4_mapped(const struct policy_prefix *prefix)
{
	static const u8 mapped[12] = { [10] = 0xff, [11] = 0xff };

	return prefix->size == 16 && !memcmp(prefix->bytes, mapped, 12);
}

/* Clear the bits behind the length; whether there were any. */
static bool clear_host_bits(struct policy_prefix *prefix)
{
	unsigned int bit;
	bool any = false;

	for (bit = prefix->len; bit < prefix->size * 8U; bit++) {
		u8 mask = (u8)(0x80 >> bit % 8);

		any |= prefix->bytes[bit / 8] & mask;
		prefix->bytes[bit / 8] &= (u8)~mask;
	}
	return any;
}

static bool read_prefix_word(struct parser *p, const struct word *word,
			     struct policy_prefix *prefix)
{
	char text[POLICY_PREFIX_LEN], addr[WORD_LEN], *slash;
	u32 len;

	memcpy(addr, word->text, sizeof(addr));
	slash = strchr(addr, '/');
	if (slash)
		*slash++ = '\0';
	if (inet_pton(AF_INET, addr, prefix->bytes) == 1)
		prefix->size = 4;
	else if (inet_pton(AF_INET6, addr, prefix->bytes) == 1)
		prefix->size = 16;
	else
		return refuse(p, word, "\"%s\" is no address: write it as 192.0.2.0/24 or 2001:db8::/32",
			      word->text);
	len = prefix->size * 8U;
	if (slash && !slash[0])
		return refuse(p, word, "\"%s\" has no prefix length: write 0 to %u behind the slash",
			      word->text, prefix->size * 8U);
	if (slash && (strchr(slash, 'x') || !read_u32(slash, &len) ||
		      len > prefix->size * 8U))
		return refuse(p, word, "prefix length \"%s\" is out of range: 0 to %u",
			      slash, prefix->size * 8U);
	if (slash && slash[0] == '0' && slash[1])
		return refuse(p, word, "prefix length \"%s\" has a leading zero: write %u",
			      slash, len);
	prefix->len = (u8)len;
	if (is_v4_mapped(prefix))
		return refuse(p, word, "\"%s\" is IPv4 in IPv6: write it as IPv4",
			      word->text);
	if (clear_host_bits(prefix))
		return refuse(p, word, "\"%s\" has bits behind its length: write %s",
			      word->text, policy_prefix_text(prefix, text));
	return true;
}

static bool read_prefix(struct parser *p, const struct word *behind,
			struct policy_prefix *prefix,
			const struct policy_prefix *other)
{
	struct word word;

	if (!want_word(p, behind, "an address prefix, as in 192.0.2.0/24",
		       &word) ||
	    !read_prefix_word(p, &word, prefix))
		return false;
	if (other->size && other->size != prefix->size)
		return refuse(p, &word, "\"from\" and \"to\" are of different address families: no flow matches both");
	return true;
}

static bool read_from(struct parser *p, const struct word *behind,
		      struct policy_rule *rule)
{
	return read_prefix(p, behind, &rule->from, &rule->to);
}

static bool read_to(struct parser *p, const struct word *behind,
		    struct policy_rule *rule)
{
	return read_prefix(p, behind, &rule->to, &rule->from);
}

static bool read_mark(struct parser *p, const struct word *behind,
		      struct policy_rule *rule)
{
	struct word word;
	char *slash;

	if (!want_word(p, behind, "VALUE or VALUE/MASK, as in 0x2e/0xff", &word))
		return false;
	rule->mark_column = word.column;
	slash = strchr(word.text, '/');
	if (slash)
		*slash++ = '\0';
	if (!read_u32(word.text, &rule->mark))
		return refuse(p, &word, "\"%s\" is no mark: a number up to 0xffffffff, decimal or 0x...",
			      word.text);
	if (!slash)
		return true;
	rule->has_mask = true;
	if (!read_u32(slash, &rule->mask))
		return refuse(p, &word, "\"%s\" is no mask: a number up to 0xffffffff, decimal or 0x...",
			      slash);
	if (!rule->mask)
		return refuse(p, &word, "mask 0 writes nothing: name the bits to write");
	if (rule->mark & ~rule->mask)
		return refuse(p, &word, "mark 0x%x has bits outside its mask 0x%x: widen the mask or drop them",
			      rule->mark, rule->mask);
	return true;
}

static bool read_action(struct parser *p, const struct word *behind,
			struct policy_rule *rule)
{
	unsigned int action;
	struct word mark = { .text = "mark" };

	if (!want_choice(p, behind, "accept, drop or mark VALUE[/MASK]",
			 policy_action_name, &action))
		return false;
	rule->action = (u8)action;
	if (action == NF_SKYPE_ACTION_MARK && !read_mark(p, &mark, rule))
		return false;
	return line_ends(p, "the action ends a rule, conditions stand before it");
}

static const struct {
	const char *word;
	bool (*read)(struct parser *p, const struct word *behind,
		     struct policy_rule *rule);
} clauses[] = {
	{ "class", read_classes }, { "grade", read_grade }, { "from", read_from },
	{ "to", read_to },	   { "action", read_action },
};

#define ACTION_CLAUSE (ARRAY_SIZE(clauses) - 1)

static const char *clause_word(unsigned int i)
{
	return i < ARRAY_SIZE(clauses) ? clauses[i].word : NULL;
}

static bool refuse_clause(struct parser *p, const struct word *word)
{
	if (name_find(policy_action_name, word->text) >= 0)
		return refuse(p, word, "an action stands behind its word: write \"action %s\"",
			      word->text);
	return refuse_unknown(p, word, "condition", clause_word);
}

static bool read_clauses(struct parser *p, struct policy_rule *rule)
{
	unsigned int seen = 0;
	struct word word;
	int i;

	while (!(seen & 1U << ACTION_CLAUSE)) {
		word = next_word(p);
		if (!word.len)
			return refuse(p, &word, "rule %u has no action: end it with \"action accept\", \"action drop\" or \"action mark VALUE[/MASK]\"",
				      rule->number);
		i = name_find(clause_word, word.text);
		if (i < 0)
			return refuse_clause(p, &word);
		if (seen & 1U << i)
			return refuse(p, &word, "\"%s\" stands twice in rule %u: keep one",
				      word.text, rule->number);
		seen |= 1U << i;
		if (!clauses[i].read(p, &word, rule))
			return false;
	}
	return true;
}

/* Statements */

static bool read_number(struct parser *p, const struct word *behind,
			struct policy_rule *rule)
{
	const struct policy *policy = p->policy;
	struct word word;
	unsigned int i;

	if (!want_word(p, behind, "its number", &word))
		return false;
	if (strpbrk(word.text, "xX") || !read_u32(word.text, &rule->number) ||
	    !rule->number)
		return refuse(p, &word, "\"%s\" is no rule number: 1 to 4294967295",
			      word.text);
	for (i = 0; i < policy->count; i++)
		if (policy->rule[i].number == rule->number)
			return refuse(p, &word, "rule %u stands on line %u already: give each its own number",
				      rule->number, policy->rule[i].line);
	if (policy->count == POLICY_RULES_MAX)
		return refuse(p, &word, "more than %u rules: join some, or let nft match the mark",
			      POLICY_RULES_MAX);
	return true;
}

static bool read_rule(struct parser *p, const struct word *behind)
{
	struct policy_rule rule = {
		.grade = SKYPE_GRADE_LIKELY,
		.line = p->line,
	};

	if (!read_number(p, behind, &rule) || !read_clauses(p, &rule))
		return false;
	p->policy->rule[p->policy->count++] = rule;
	return true;
}

static bool read_mode(struct parser *p, const struct word *behind)
{
	unsigned int mode;

	if (!want_choice(p, behind, "observe or enforce", mode_value, &mode))
		return false;
	p->policy->mode = (u8)(mode + NF_SKYPE_MODE_OBSERVE);
	return true;
}

static bool read_switch(struct parser *p, const struct word *behind, bool *on)
{
	unsigned int value;

	if (!want_choice(p, behind, "on or off", switch_value, &value))
		return false;
	*on = value;
	return true;
}

static bool read_offload(struct parser *p, const struct word *behind)
{
	return read_switch(p, behind, &p->policy->offload);
}

static bool read_state_byte(struct parser *p, const struct word *behind)
{
	return read_switch(p, behind, &p->policy->state_byte);
}

static bool read_default(struct parser *p, const struct word *behind)
{
	unsigned int action;

	if (!want_choice(p, behind, "accept or drop", default_value, &action))
		return false;
	p->policy->otherwise = (u8)action;
	return true;
}

static const struct {
	const char *word;
	bool (*read)(struct parser *p, const struct word *behind);
	bool repeated;
} statements[] = {
	{ "mode", read_mode, false },
	{ "offload", read_offload, false },
	{ "state-byte", read_state_byte, false },
	{ "rule", read_rule, true },
	{ "default", read_default, false },
};

static const char *statement_word(unsigned int i)
{
	return i < ARRAY_SIZE(statements) ? statements[i].word : NULL;
}

static bool read_line(struct parser *p)
{
	struct word word = next_word(p);
	int i;

	if (!word.len)
		return true;
	i = name_find(statement_word, word.text);
	if (i < 0)
		return refuse_unknown(p, &word, "statement", statement_word);
	if (p->seen[i] && !statements[i].repeated)
		return refuse(p, &word, "\"%s\" stands on line %u already: keep one",
			      word.text, p->seen[i]);
	p->seen[i] = p->line;
	return statements[i].read(p, &word) &&
	       line_ends(p, "one statement a line");
}

void policy_default(struct policy *policy)
{
	memset(policy, 0, sizeof(*policy));
	policy->mode = NF_SKYPE_MODE_OBSERVE;
	policy->state_byte = true;
	policy->otherwise = NF_SKYPE_ACTION_ACCEPT;
}

static int by_number(const void *a, const void *b)
{
	const struct policy_rule *x = a, *y = b;

	return x->number < y->number ? -1 : x->number > y->number;
}

/* Editors of Windows write it in front of UTF-8. */
static const char byte_order_mark[] = "\xef\xbb\xbf";

bool policy_parse(struct policy *policy, const char *text, size_t len,
		  struct policy_error *error)
{
	struct parser p = { .policy = policy, .error = error, .line = 1 };
	size_t mark = strlen(byte_order_mark);
	const char *end = text + len, *comment, *next;

	policy_default(policy);
	if (len >= mark && !memcmp(text, byte_order_mark, mark))
		return refuse_at(&p, 1, "the file begins with a byte order mark: save it as UTF-8 without BOM");
	for (; text < end; text = next, p.line++) {
		p.start = p.at = text;
		p.end = memchr(text, '\n', (size_t)(end - text));
		next = p.end ? p.end + 1 : end;
		if (!p.end)
			p.end = end;
		comment = memchr(text, '#', (size_t)(p.end - text));
		if (comment)
			p.end = comment;
		if (!read_line(&p))
			return false;
	}
	qsort(policy->rule, policy->count, sizeof(policy->rule[0]), by_number);
	return true;
}

bool policy_check_marks(const struct policy *policy, unsigned int shift,
			struct policy_error *error)
{
	u32 state = (u32)0xff << shift;
	const struct policy_rule *rule;
	unsigned int i;

	for (i = 0; i < policy->count; i++) {
		rule = &policy->rule[i];
		if (rule->action != NF_SKYPE_ACTION_MARK ||
		    !((rule->has_mask ? rule->mask : rule->mark) & state))
			continue;
		error->line = rule->line;
		error->column = rule->mark_column;
		snprintf(error->text, sizeof(error->text),
			 "the mark of rule %u covers the state byte 0x%08x: leave these bits out",
			 rule->number, state);
		return false;
	}
	return true;
}

/* Printing */

const char *policy_prefix_text(const struct policy_prefix *prefix,
			       char text[POLICY_PREFIX_LEN])
{
	char addr[INET6_ADDRSTRLEN];

	if (!prefix->size)
		return strcpy(text, "any");
	inet_ntop(prefix->size == 4 ? AF_INET : AF_INET6, prefix->bytes, addr,
		  sizeof(addr));
	snprintf(text, POLICY_PREFIX_LEN, "%s/%u", addr, prefix->len);
	return text;
}

const char *policy_classes_text(u32 classes, char text[POLICY_CLASSES_LEN])
{
	const char *comma = "";
	unsigned int i;
	size_t used = 0;

	if (!classes)
		return strcpy(text, "any");
	text[0] = '\0';
	for (i = 0; i < SKYPE_CLASS_COUNT; i++) {
		if (!(classes & 1U << i) || used >= POLICY_CLASSES_LEN)
			continue;
		used += (size_t)snprintf(text + used, POLICY_CLASSES_LEN - used,
					 "%s%s", comma, skype_class_name(i));
		comma = ",";
	}
	return text;
}

const char *policy_action_text(const struct policy_rule *rule,
			       char text[POLICY_ACTION_LEN])
{
	const char *name = policy_action_name(rule->action);

	if (rule->action != NF_SKYPE_ACTION_MARK)
		snprintf(text, POLICY_ACTION_LEN, "%s", name ? name : "unknown");
	else if (rule->has_mask)
		snprintf(text, POLICY_ACTION_LEN, "mark 0x%x/0x%x", rule->mark,
			 rule->mask);
	else
		snprintf(text, POLICY_ACTION_LEN, "mark 0x%x", rule->mark);
	return text;
}

static void print_rule(FILE *to, const struct policy_rule *rule)
{
	char text[POLICY_CLASSES_LEN];

	fprintf(to, "rule %u", rule->number);
	if (rule->from.size)
		fprintf(to, " from %s", policy_prefix_text(&rule->from, text));
	if (rule->to.size)
		fprintf(to, " to %s", policy_prefix_text(&rule->to, text));
	if (rule->classes)
		fprintf(to, " class %s",
			policy_classes_text(rule->classes, text));
	if (rule->grade != SKYPE_GRADE_LIKELY)
		fprintf(to, " grade %s", skype_grade_name(rule->grade));
	fprintf(to, " action %s\n", policy_action_text(rule, text));
}

char *policy_text(const struct policy *policy)
{
	bool enforce = policy->mode == NF_SKYPE_MODE_ENFORCE;
	char *text = NULL;
	size_t len;
	FILE *to = open_memstream(&text, &len);
	unsigned int i;

	if (!to)
		return NULL;
	fprintf(to, "mode %s\n", enforce ? "enforce" : "observe");
	fprintf(to, "offload %s\n", policy->offload ? "on" : "off");
	fprintf(to, "state-byte %s\n", policy->state_byte ? "on" : "off");
	for (i = 0; i < policy->count; i++)
		print_rule(to, &policy->rule[i]);
	fprintf(to, "default %s\n",
		policy->otherwise == NF_SKYPE_ACTION_DROP ? "drop" : "accept");
	if (fclose(to) != 0) {
		free(text);
		return NULL;
	}
	return text;
}
