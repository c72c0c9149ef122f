// SPDX-License-Identifier: GPL-2.0
/*
 *	group/name		-> nf_skype_METRIC{LABEL="name"}
 *	verdict/voice-likely	-> nf_skype_verdicts_total{class="voice",grade="likely"}
 *	rule/10-packets		-> nf_skype_rule_packets_total{rule="10"}
 */
#include "prometheus.h"

#include <inttypes.h>

#define PREFIX "nf_skype_"

/**
 * struct metric - how a group of counters is exported
 * @group: what stands before the slash in the names of counters
 * @ending: how those of this metric end, when not all of the group are
 * @name: metric, behind PREFIX
 * @label: label that takes what stands between
 * @second: label that takes its last word instead, or NULL
 * @help: what is counted
 */
struct metric {
	const char *group;
	const char *ending;
	const char *name;
	const char *label;
	const char *second;
	const char *help;
};

static const struct metric metrics[] = {
	{ "packet", "", "packets_total", "event", NULL,
	  "Packets by what became of them." },
	{ "skipped", "", "packets_skipped_total", "cause", NULL,
	  "Packets that were not looked at." },
	{ "flow", "", "flows_total", "event", NULL,
	  "Flows by what became of them." },
	{ "given-up", "", "flows_given_up_total", "cause", NULL,
	  "Flows that are not Skype, by what ended their inspection." },
	{ "verdict", "", "verdicts_total", "class", "grade",
	  "Flows that came to a verdict." },
	{ "reason", "", "reasons_total", "reason", NULL,
	  "Flows in which a piece of evidence was seen." },
	{ "note", "", "notes_total", "note", NULL,
	  "Packets that ruled something out or moved nothing." },
	{ "rule", "-packets", "rule_packets_total", "rule", NULL,
	  "Packets, by policy rule." },
	{ "rule", "-bytes", "rule_bytes_total", "rule", NULL,
	  "Bytes, by policy rule." },
	{ "rule", "-flows", "rule_flows_total", "rule", NULL,
	  "Flows, by policy rule." },
	{ "host", "", "hosts_total", "event", NULL,
	  "Entries of the host tables that had to go." },
	{ "mark", "", "marks_total", "event", NULL,
	  "Writes of the state byte." },
	{ "event", "", "events_total", "outcome", NULL,
	  "Events to listeners." },
};

static const struct metric other = { "", "", "other_total", "name", NULL,
				     "Other counters." };

static void head(FILE *to, const char *name, const char *type, const char *help)
{
	fprintf(to, "# HELP " PREFIX "%s %s\n# TYPE " PREFIX "%s %s\n", name,
		help, name, type);
}

/* A label's value: anything may stand in it, escaped. */
static void print_value(FILE *to, const char *value)
{
	for (; *value; value++) {
		if (*value == '\\' || *value == '"' || *value == '\n')
			fputc('\\', to);
		fputc(*value == '\n' ? 'n' : *value, to);
	}
}

static void print_status(FILE *to, const struct record_status *status)
{
	unsigned int mode;

	head(to, "info", "gauge", "Version of the module.");
	fputs(PREFIX "info{version=\"", to);
	print_value(to, status->version);
	fputs("\"} 1\n", to);
	head(to, "mode", "gauge", "1 for the mode of this namespace.");
	for (mode = 0; policy_mode_name(mode); mode++)
		fprintf(to, PREFIX "mode{mode=\"%s\"} %d\n",
			policy_mode_name(mode), mode == status->mode);
	head(to, "entries", "gauge", "Entries in use, by table.");
	fprintf(to, PREFIX "entries{table=\"flow\"} %u\n", status->flows);
	fprintf(to, PREFIX "entries{table=\"endpoint\"} %u\n",
		status->endpoints);
	fprintf(to, PREFIX "entries{table=\"supernode\"} %u\n",
		status->supernodes);
	fprintf(to, PREFIX "entries{table=\"client\"} %u\n", status->clients);
	head(to, "entries_max", "gauge", "Room for entries, by table.");
	fprintf(to, PREFIX "entries_max{table=\"flow\"} %u\n",
		status->flows_max);
	fprintf(to, PREFIX "entries_max{table=\"endpoint\"} %u\n",
		status->hosts_max);
	fprintf(to, PREFIX "entries_max{table=\"supernode\"} %u\n",
		status->hosts_max);
	fprintf(to, PREFIX "entries_max{table=\"client\"} %u\n",
		status->hosts_max);
	head(to, "memory_bytes", "gauge", "Memory of all tables.");
	fprintf(to, PREFIX "memory_bytes %" PRIu64 "\n", (u64)status->memory);
}

static bool ends_with(const char *text, const char *ending)
{
	size_t len = strlen(text), end = strlen(ending);

	return len >= end && !strcmp(text + len - end, ending);
}

static const struct metric *metric_of(const char *counter)
{
	size_t i, len = strcspn(counter, "/");
	const struct metric *m;

	for (i = 0; i < ARRAY_SIZE(metrics); i++) {
		m = &metrics[i];
		if (counter[len] && strlen(m->group) == len &&
		    !strncmp(m->group, counter, len) &&
		    ends_with(counter, m->ending))
			return m;
	}
	return &other;
}

static void print_counter(FILE *to, const struct metric *metric,
			  const struct record_counter *counter)
{
	size_t skip = metric == &other ? 0 : strlen(metric->group) + 1;
	char value[sizeof(counter->name)], *last;

	strcpy(value, counter->name + skip);
	value[strlen(value) - strlen(metric->ending)] = '\0';
	fprintf(to, PREFIX "%s{", metric->name);
	last = metric->second ? strrchr(value, '-') : NULL;
	if (last) {
		*last = '\0';
		fprintf(to, "%s=\"%s\",%s=\"%s\"", metric->label, value,
			metric->second, last + 1);
	} else {
		fprintf(to, "%s=\"%s\"", metric->label, value);
	}
	fprintf(to, "} %" PRIu64 "\n", counter->value);
}

/* The lines of a metric stand together, whatever the order of counters. */
static void print_metric(FILE *to, const struct metric *metric,
			 const struct record_counter *counter, size_t count)
{
	bool first = true;
	size_t i;

	for (i = 0; i < count; i++) {
		if (metric_of(counter[i].name) != metric)
			continue;
		if (first)
			head(to, metric->name, "counter", metric->help);
		first = false;
		print_counter(to, metric, &counter[i]);
	}
}

char *prometheus_text(const struct record_status *status,
		      const struct record_counter *counter, size_t count)
{
	char *text = NULL;
	size_t len, i;
	FILE *to = open_memstream(&text, &len);

	if (!to)
		return NULL;
	print_status(to, status);
	for (i = 0; i < ARRAY_SIZE(metrics); i++)
		print_metric(to, &metrics[i], counter, count);
	print_metric(to, &other, counter, count);
	fclose(to);
	return text;
}
