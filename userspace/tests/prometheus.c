// SPDX-License-Identifier: GPL-2.0
/* Prometheus' text format and naming rules. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include <ctype.h>

#include "prometheus.h"

static const struct record_status status = {
	.version = "0.1", .mode = NF_SKYPE_MODE_ENFORCE, .flows = 7,
	.flows_max = 16384, .hosts_max = 8192, .memory = 1ULL << 33,
};

/* The lines of one metric stand apart here. */
static const struct record_counter counters[] = {
	{ "packet/seen", 18446744073709551615ULL },
	{ "verdict/probe-certain", 2 },
	{ "rule/10-packets", 3 },
	{ "rule/10-bytes", 4 },
	{ "rule/default-packets", 5 },
	{ "packet/inspected", 6 },
	{ "reason/u2-echo", 8 },
	{ "something/new", 9 },
	{ "alone", 10 },
};

static char *text;

static int make_text(void **state)
{
	(void)state;
	text = prometheus_text(&status, counters, ARRAY_SIZE(counters));
	return !text;
}

static int free_text(void **state)
{
	(void)state;
	free(text);
	return 0;
}

static void has(const char *lines)
{
	const char *at = strstr(text, lines);

	if (!at || (at != text && at[-1] != '\n'))
		fail_msg("lacks: %s", lines);
}

static void values(void **state)
{
	(void)state;
	has("# HELP nf_skype_packets_total Packets by what became of them.\n"
	    "# TYPE nf_skype_packets_total counter\n"
	    "nf_skype_packets_total{event=\"seen\"} 18446744073709551615\n"
	    "nf_skype_packets_total{event=\"inspected\"} 6\n");
	has("nf_skype_verdicts_total{class=\"probe\",grade=\"certain\"} 2\n");
	has("# TYPE nf_skype_rule_packets_total counter\n"
	    "nf_skype_rule_packets_total{rule=\"10\"} 3\n"
	    "nf_skype_rule_packets_total{rule=\"default\"} 5\n");
	has("nf_skype_rule_bytes_total{rule=\"10\"} 4\n");
	has("nf_skype_reasons_total{reason=\"u2-echo\"} 8\n");
	has("nf_skype_other_total{name=\"something/new\"} 9\n");
	has("nf_skype_other_total{name=\"alone\"} 10\n");
	has("nf_skype_entries{table=\"flow\"} 7\n");
	has("nf_skype_entries_max{table=\"client\"} 8192\n");
	has("nf_skype_memory_bytes 8589934592\n");
	has("nf_skype_mode{mode=\"observe\"} 0\n"
	    "nf_skype_mode{mode=\"enforce\"} 1\n");
	has("nf_skype_info{version=\"0.1\"} 1\n");
}

/* A label value escapes backslash, quote and line feed, no other byte. */
static void labels_are_escaped(void **state)
{
	static const struct record_status odd = { .version = "1\\2\"3\n4\303\274" };
	char *found = prometheus_text(&odd, NULL, 0);

	(void)state;
	assert_non_null(found);
	assert_non_null(strstr(found, "info{version=\"1\\\\2\\\"3\\n4\303\274\"} 1\n"));
	free(found);
}

static void no_heads_without_lines(void **state)
{
	(void)state;
	assert_null(strstr(text, "nf_skype_notes_total"));
}

/*
 * Every line is a comment of its metric or a sample of the metric whose TYPE
 * came last; counters end in _total, gauges do not.
 */
static void rules_of_the_format(void **state)
{
	char *copy = strdup(text), *line, *rest = copy;
	char metric[80] = "", type[16] = "";

	(void)state;
	while ((line = strsep(&rest, "\n")) && (rest || *line)) {
		char *end;

		if (sscanf(line, "# TYPE %79s %15s", metric, type) == 2 ||
		    !strncmp(line, "# HELP ", 7))
			continue;
		assert_int_equal(strncmp(line, metric, strlen(metric)), 0);
		end = line + strlen(metric);
		assert_true(*end == '{' || *end == ' ');
		assert_int_equal(!strcmp(metric + strlen(metric) - 6, "_total"),
				 !strcmp(type, "counter"));
		end = strrchr(line, ' ');
		assert_non_null(end);
		while (*++end)
			assert_true(isdigit((unsigned char)*end));
	}
	free(copy);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(values),
		cmocka_unit_test(labels_are_escaped),
		cmocka_unit_test(no_heads_without_lines),
		cmocka_unit_test(rules_of_the_format),
	};

	return cmocka_run_group_tests(tests, make_text, free_text);
}
