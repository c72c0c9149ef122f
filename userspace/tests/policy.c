// SPDX-License-Identifier: GPL-2.0
/* The policy language: nf_skype(7) and contract, not the parser, say what is right. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "policy.h"
#include "verdict.h"

static struct policy policy;

static void parse(const char *text)
{
	struct policy_error error = { 0 };

	if (!policy_parse(&policy, text, strlen(text), &error))
		fail_msg("%u:%u: %s", error.line, error.column, error.text);
}

static void empty(void **state)
{
	(void)state;
	parse("");
	assert_int_equal(policy.mode, NF_SKYPE_MODE_OBSERVE);
	assert_false(policy.offload);
	assert_true(policy.state_byte);
	assert_int_equal(policy.otherwise, NF_SKYPE_ACTION_ACCEPT);
	assert_int_equal(policy.count, 0);
}

static void example(void **state)
{
	static const u8 net16[] = { 10, 1, 0, 0 }, net8[] = { 10, 0, 0, 0 };
	const struct policy_rule *r = policy.rule;

	(void)state;
	parse("mode enforce                  # or observe\n"
	      "offload off                   # on: write the done bit\n"
	      "state-byte on                 # off: leave all marks alone\n"
	      "rule 10 from 10.1.0.0/16 class login,supernode action accept\n"
	      "rule 20 from 10.0.0.0/8 grade certain action drop\n"
	      "rule 30 class voice action mark 0x2e/0xff\n"
	      "default accept\n");
	assert_int_equal(policy.mode, NF_SKYPE_MODE_ENFORCE);
	assert_int_equal(policy.count, 3);

	assert_int_equal(r[0].number, 10);
	assert_int_equal(r[0].classes, 1 << 6 | 1 << 4);
	assert_int_equal(r[0].grade, SKYPE_GRADE_LIKELY);
	assert_int_equal(r[0].from.size, 4);
	assert_memory_equal(r[0].from.bytes, net16, 4);
	assert_int_equal(r[0].from.len, 16);
	assert_int_equal(r[0].to.size, 0);
	assert_int_equal(r[0].action, NF_SKYPE_ACTION_ACCEPT);

	assert_int_equal(r[1].number, 20);
	assert_int_equal(r[1].classes, 0);
	assert_int_equal(r[1].grade, SKYPE_GRADE_CERTAIN);
	assert_memory_equal(r[1].from.bytes, net8, 4);
	assert_int_equal(r[1].from.len, 8);
	assert_int_equal(r[1].action, NF_SKYPE_ACTION_DROP);

	assert_int_equal(r[2].classes, 1 << 3);
	assert_int_equal(r[2].action, NF_SKYPE_ACTION_MARK);
	assert_int_equal(r[2].mark, 0x2e);
	assert_true(r[2].has_mask);
	assert_int_equal(r[2].mask, 0xff);
}

static void rules_are_sorted(void **state)
{
	(void)state;
	parse("rule 30 action drop\nrule 4294967295 action drop\nrule 1 action accept");
	assert_int_equal(policy.rule[0].number, 1);
	assert_int_equal(policy.rule[0].line, 3);
	assert_int_equal(policy.rule[1].number, 30);
	assert_int_equal(policy.rule[2].number, 4294967295U);
}

static void forms(void **state)
{
	(void)state;
	parse("\t rule\t1  to 2001:db8::/32 action mark 46\r\n\r\n# end");
	assert_int_equal(policy.rule[0].to.size, 16);
	assert_int_equal(policy.rule[0].to.len, 32);
	assert_int_equal(policy.rule[0].mark, 46);
	assert_false(policy.rule[0].has_mask);
	parse("rule 1 from 192.0.2.7 to 0.0.0.0/0 grade suspect action drop");
	assert_int_equal(policy.rule[0].from.len, 32);
	assert_int_equal(policy.rule[0].to.size, 4);
	assert_int_equal(policy.rule[0].to.len, 0);
	assert_int_equal(policy.rule[0].grade, SKYPE_GRADE_SUSPECT);
	parse("rule 1 from 2001:db8::7 action drop");
	assert_int_equal(policy.rule[0].from.len, 128);
}

/* A text, and where and why it must be refused */
static const struct {
	const char *text;
	unsigned int line, column;
	const char *why;
} wrong[] = {
	{ "mdoe enforce", 1, 1,
	  "unknown statement \"mdoe\" (did you mean \"mode\"?)" },
	{ "\n\n  frobnicate", 3, 3,
	  "unknown statement \"frobnicate\" (known: mode, offload, state-byte, rule, default)" },
	{ "Mode observe", 1, 1,
	  "unknown statement \"Mode\" (did you mean \"mode\"?)" },
	{ "mode", 1, 5, "\"mode\" needs a value behind it: observe or enforce" },
	{ "mode disabled", 1, 6,
	  "unknown mode \"disabled\" (known: observe, enforce)" },
	{ "mode enforc", 1, 6,
	  "unknown mode \"enforc\" (did you mean \"enforce\"?)" },
	{ "mode observe now", 1, 14,
	  "unexpected word \"now\": one statement a line" },
	{ "mode observe\nmode enforce", 2, 1,
	  "\"mode\" stands on line 1 already: keep one" },
	{ "offload yes", 1, 9, "unknown offload \"yes\" (known: off, on)" },
	{ "state-byte", 1, 11,
	  "\"state-byte\" needs a value behind it: on or off" },
	{ "default mark", 1, 9,
	  "unknown default \"mark\" (known: accept, drop)" },
	{ "default drop\n\ndefault drop", 3, 1,
	  "\"default\" stands on line 1 already: keep one" },
	{ "rule", 1, 5, "\"rule\" needs a value behind it: its number" },
	{ "rule 0 action drop", 1, 6,
	  "\"0\" is no rule number: 1 to 4294967295" },
	{ "rule 4294967296 action drop", 1, 6,
	  "\"4294967296\" is no rule number: 1 to 4294967295" },
	{ "rule -1 action drop", 1, 6,
	  "\"-1\" is no rule number: 1 to 4294967295" },
	{ "rule 0x10 action drop", 1, 6,
	  "\"0x10\" is no rule number: 1 to 4294967295" },
	{ "rule action drop", 1, 6,
	  "\"action\" is no rule number: 1 to 4294967295" },
	{ "rule 10 action drop\nrule 20 action drop\nrule 10 action accept", 3,
	  6, "rule 10 stands on line 1 already: give each its own number" },
	{ "rule 10 class voice", 1, 20,
	  "rule 10 has no action: end it with \"action accept\", \"action drop\" or \"action mark VALUE[/MASK]\"" },
	{ "rule 10 clas voice action drop", 1, 9,
	  "unknown condition \"clas\" (did you mean \"class\"?)" },
	{ "rule 10 via eth0 action drop", 1, 9,
	  "unknown condition \"via\" (known: class, grade, from, to, action)" },
	{ "rule 10 class voice class login action drop", 1, 21,
	  "\"class\" stands twice in rule 10: keep one" },
	{ "rule 10 class voice,logn action drop", 1, 21,
	  "unknown class \"logn\" (did you mean \"login\"?)" },
	{ "rule 10 class none action drop", 1, 15,
	  "unknown class \"none\" (known: probe, peer, voice, supernode, signal, login, update)" },
	{ "rule 10 class voice, login action drop", 1, 21,
	  "a class is missing: write the list without blanks, as in voice,login" },
	{ "rule 10 class ,voice action drop", 1, 15,
	  "a class is missing: write the list without blanks, as in voice,login" },
	{ "rule 10 class voice,voice action drop", 1, 21,
	  "class \"voice\" stands twice: keep one" },
	{ "rule 10 class", 1, 14,
	  "\"class\" needs a value behind it: a list of classes, as in voice,login" },
	{ "rule 10 grade none action drop", 1, 15,
	  "unknown grade \"none\" (known: suspect, likely, certain)" },
	{ "rule 10 grade certian action drop", 1, 15,
	  "unknown grade \"certian\" (did you mean \"certain\"?)" },
	{ "rule 10 from here action drop", 1, 14,
	  "\"here\" is no address: write it as 192.0.2.0/24 or 2001:db8::/32" },
	{ "rule 10 from 10.0.0 action drop", 1, 14,
	  "\"10.0.0\" is no address: write it as 192.0.2.0/24 or 2001:db8::/32" },
	{ "rule 10 from 10.0.0.0/33 action drop", 1, 14,
	  "prefix length \"33\" is out of range: 0 to 32" },
	{ "rule 10 from 10.0.0.0/-1 action drop", 1, 14,
	  "prefix length \"-1\" is out of range: 0 to 32" },
	{ "rule 10 from 10.0.0.0/ action drop", 1, 14,
	  "\"10.0.0.0/\" has no prefix length: write 0 to 32 behind the slash" },
	{ "rule 10 to 2001:db8::/129 action drop", 1, 12,
	  "prefix length \"129\" is out of range: 0 to 128" },
	{ "rule 10 from 10.1.2.3/16 action drop", 1, 14,
	  "\"10.1.2.3/16\" has bits behind its length: write 10.1.0.0/16" },
	{ "rule 10 to 2001:db8::1/64 action drop", 1, 12,
	  "\"2001:db8::1/64\" has bits behind its length: write 2001:db8::/64" },
	{ "rule 10 from ::ffff:10.0.0.1 action drop", 1, 14,
	  "\"::ffff:10.0.0.1\" is IPv4 in IPv6: write it as IPv4" },
	{ "rule 10 from 10.0.0.0/8 to 2001:db8::/32 action drop", 1, 28,
	  "\"from\" and \"to\" are of different address families: no flow matches both" },
	{ "rule 10 action", 1, 15,
	  "\"action\" needs a value behind it: accept, drop or mark VALUE[/MASK]" },
	{ "rule 10 action reject", 1, 16,
	  "unknown action \"reject\" (known: accept, drop, mark)" },
	{ "rule 10 action drop class voice", 1, 21,
	  "unexpected word \"class\": the action ends a rule, conditions stand before it" },
	{ "rule 10 action mark", 1, 20,
	  "\"mark\" needs a value behind it: VALUE or VALUE/MASK, as in 0x2e/0xff" },
	{ "rule 10 action mark 0x", 1, 21,
	  "\"0x\" is no mark: a number up to 0xffffffff, decimal or 0x..." },
	{ "rule 10 action mark 0x100000000", 1, 21,
	  "\"0x100000000\" is no mark: a number up to 0xffffffff, decimal or 0x..." },
	{ "rule 10 action mark 1/z", 1, 21,
	  "\"z\" is no mask: a number up to 0xffffffff, decimal or 0x..." },
	{ "rule 10 action mark 0/0", 1, 21,
	  "mask 0 writes nothing: name the bits to write" },
	{ "rule 10 action mark 0x1ff/0xff", 1, 21,
	  "mark 0x1ff has bits outside its mask 0xff: widen the mask or drop them" },
	{ "rule 10 from aaaaaaaaaabbbbbbbbbbccccccccccddddddddddeeeeeeeeeeffffffffffgggg action drop",
	  1, 14,
	  "word too long: \"aaaaaaaaaabbbbbbbbbbccccccccccddddddddddeeeeeeeeeeffffffffffggg\"...: behind \"from\" stands an address prefix, as in 192.0.2.0/24" },
	{ "rule 10 drop", 1, 9,
	  "an action stands behind its word: write \"action drop\"" },
	{ "rule 10 class voice accept", 1, 21,
	  "an action stands behind its word: write \"action accept\"" },
	{ "rule 10 mark 0x2e", 1, 9,
	  "an action stands behind its word: write \"action mark\"" },
	{ "rule 10 from 10.0.0.0/08 action drop", 1, 14,
	  "prefix length \"08\" has a leading zero: write 8" },
	{ "rule 10 from 0.0.0.0/00 action drop", 1, 14,
	  "prefix length \"00\" has a leading zero: write 0" },
	{ "rule 10 to 2001:db8::/032 action drop", 1, 12,
	  "prefix length \"032\" has a leading zero: write 32" },
	{ "rule 10 from 10.0.0.0/099 action drop", 1, 14,
	  "prefix length \"099\" is out of range: 0 to 32" },
	{ "\xef\xbb\xbfmode observe", 1, 1,
	  "the file begins with a byte order mark: save it as UTF-8 without BOM" },
	{ "\xef\xbb\xbf", 1, 1,
	  "the file begins with a byte order mark: save it as UTF-8 without BOM" },
	{ "mode \xc3\xbc\x01", 1, 6,
	  "unknown mode \"\?\?\?\" (known: observe, enforce)" },
};

static void wrong_texts(void **state)
{
	struct policy_error error;
	unsigned int i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(wrong); i++) {
		memset(&error, 0, sizeof(error));
		if (policy_parse(&policy, wrong[i].text, strlen(wrong[i].text),
				 &error))
			fail_msg("accepted: %s", wrong[i].text);
		if (error.line != wrong[i].line ||
		    error.column != wrong[i].column ||
		    strcmp(error.text, wrong[i].why))
			fail_msg("%s: %u:%u: %s", wrong[i].text, error.line,
				 error.column, error.text);
	}
}

static void nul_bytes_are_words(void **state)
{
	static const char text[] = "mode observe\n\0\n";
	struct policy_error error;

	(void)state;
	assert_false(policy_parse(&policy, text, sizeof(text) - 1, &error));
	assert_int_equal(error.line, 2);
}

static void number_of_rules(void **state)
{
	struct policy_error error;
	char text[300 * 32];
	size_t len = 0;
	int i;

	(void)state;
	for (i = 1; i <= 256; i++)
		len += (size_t)sprintf(text + len, "rule %d action drop\n", i);
	parse(text);
	assert_int_equal(policy.count, 256);
	sprintf(text + len, "rule 257 action drop\n");
	assert_false(policy_parse(&policy, text, strlen(text), &error));
	assert_int_equal(error.line, 257);
	assert_string_equal(error.text,
			    "more than 256 rules: join some, or let nft match the mark");
}

static void marks_and_the_state_byte(void **state)
{
	struct policy_error error;

	(void)state;
	parse("rule 1 action mark 0x2e/0xff\n\nrule 2 action mark 0/0x01000000");
	assert_true(policy_check_marks(&policy, 8, &error));
	assert_false(policy_check_marks(&policy, 24, &error));
	assert_int_equal(error.line, 3);
	assert_int_equal(error.column, 20);
	assert_string_equal(error.text,
			    "the mark of rule 2 covers the state byte 0xff000000: leave these bits out");
	assert_false(policy_check_marks(&policy, 0, &error));
	assert_int_equal(error.line, 1);
	parse("rule 1 action mark 0x80000000");
	assert_false(policy_check_marks(&policy, 24, &error));
	parse("rule 1 action mark 0x800000");
	assert_true(policy_check_marks(&policy, 24, &error));
}

static void printing(void **state)
{
	static const char canonical[] =
		"mode enforce\n"
		"offload on\n"
		"state-byte off\n"
		"rule 7 from 10.1.0.0/16 to 192.0.2.1/32 class probe,voice grade suspect action mark 0x2e/0xff\n"
		"rule 9 to 2001:db8::/32 action mark 0x10\n"
		"rule 11 grade certain action drop\n"
		"rule 12 action accept\n"
		"default drop\n";
	char *text;

	(void)state;
	parse("default drop\nstate-byte off\noffload on\nmode enforce\n"
	      "rule 12 grade likely action accept\n"
	      "rule 11 grade certain action drop # comment\n"
	      "rule 9 to 2001:DB8:0::/32 action mark 16\n"
	      "rule 7 class voice,probe grade suspect to 192.0.2.1 from 10.1.0.0/16 action mark 46/255\n");
	text = policy_text(&policy);
	assert_string_equal(text, canonical);
	parse(text);
	free(text);
	text = policy_text(&policy);
	assert_string_equal(text, canonical);
	free(text);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(empty),
		cmocka_unit_test(example),
		cmocka_unit_test(rules_are_sorted),
		cmocka_unit_test(forms),
		cmocka_unit_test(wrong_texts),
		cmocka_unit_test(nul_bytes_are_words),
		cmocka_unit_test(number_of_rules),
		cmocka_unit_test(marks_and_the_state_byte),
		cmocka_unit_test(printing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
