// SPDX-License-Identifier: GPL-2.0
/*
 * skypectl export prometheus: everything that counts, in Prometheus' text
 * format, for the textfile collector of the node exporter or any other way.
 */
#include <inttypes.h>
#include <stdlib.h>

#include "cmd.h"
#include "nl.h"

#define PREFIX "nf_skype_"

/**
 * struct metric - how a group of counters is exported
 * @group: what stands before the slash in the names of counters
 * @name: metric, behind PREFIX
 * @label: label that takes what stands behind the slash
 * @help: what is counted
 */
struct metric {
	const char *group;
	const char *name;
	const char *label;
	const char *help;
};

static const struct metric metrics[] = {
	{ "packet", "packets_total", "event", "Packets by what became of them." },
	{ "skipped", "packets_skipped_total", "cause",
	  "Packets that were not looked at." },
	{ "flow", "flows_total", "event", "Flows by what became of them." },
	{ "given-up", "flows_given_up_total", "cause",
	  "Flows that are not Skype, by what ended their inspection." },
	{ "verdict", "verdicts_total", "verdict",
	  "Flows that came to a verdict, class and grade." },
	{ "reason", "reasons_total", "reason",
	  "Flows in which a piece of evidence was seen." },
	{ "note", "notes_total", "note",
	  "Packets that ruled something out or moved nothing." },
	{ "host", "hosts_total", "event",
	  "Entries of the host tables that had to go." },
	{ "mark", "marks_total", "event", "Writes of the state byte." },
	{ "event", "events_total", "outcome", "Events to listeners." },
};

static const struct metric other = { NULL, "other_total", "name",
				     "Other counters." };

/* All that is exported, as read from the module */
struct export {
	struct record_status status;
	struct policy policy;
	struct record_counter *counter;
	size_t count;
	size_t room;
};

static bool take_status(const struct codec_message *message, void *arg)
{
	struct export *export = arg;

	return codec_status(message->attr[NF_SKYPE_A_STATUS], &export->status);
}

static bool take_policy(const struct codec_message *message, void *arg)
{
	struct export *export = arg;

	return codec_policy(message->attr[NF_SKYPE_A_POLICY], &export->policy);
}

static bool take_counter(const struct codec_message *message, void *arg)
{
	struct export *export = arg;
	struct record_counter *larger;

	if (export->count == export->room) {
		export->room = export->room ? 2 * export->room : 256;
		larger = reallocarray(export->counter, export->room,
				      sizeof(*larger));
		if (!larger)
			return false;
		export->counter = larger;
	}
	return codec_counter(message->attr[NF_SKYPE_A_COUNTER],
			     &export->counter[export->count++]);
}

static void head(FILE *to, const char *name, const char *type, const char *help)
{
	fprintf(to, "# HELP " PREFIX "%s %s\n# TYPE " PREFIX "%s %s\n", name,
		help, name, type);
}

static void print_status(FILE *to, const struct record_status *status)
{
	unsigned int mode;

	head(to, "info", "gauge", "Version of the module.");
	fprintf(to, PREFIX "info{version=\"%s\"} 1\n", status->version);
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

static void print_rules(FILE *to, const struct policy *policy)
{
	unsigned int i;

	if (!policy->count)
		return;
	head(to, "rule_packets_total", "counter", "Packets, by policy rule.");
	for (i = 0; i < policy->count; i++)
		fprintf(to, PREFIX "rule_packets_total{rule=\"%u\"} %" PRIu64 "\n",
			policy->rule[i].number, policy->rule[i].packets);
	head(to, "rule_bytes_total", "counter", "Bytes, by policy rule.");
	for (i = 0; i < policy->count; i++)
		fprintf(to, PREFIX "rule_bytes_total{rule=\"%u\"} %" PRIu64 "\n",
			policy->rule[i].number, policy->rule[i].bytes);
	head(to, "rule_flows_total", "counter", "Flows, by policy rule.");
	for (i = 0; i < policy->count; i++)
		fprintf(to, PREFIX "rule_flows_total{rule=\"%u\"} %" PRIu64 "\n",
			policy->rule[i].number, policy->rule[i].flows);
}

static const struct metric *metric_of(const char *counter)
{
	size_t i, len = strcspn(counter, "/");

	for (i = 0; i < ARRAY_SIZE(metrics); i++)
		if (strlen(metrics[i].group) == len &&
		    !strncmp(metrics[i].group, counter, len))
			return &metrics[i];
	return &other;
}

static void print_counter(FILE *to, const struct metric *metric,
			  const struct record_counter *counter)
{
	const char *slash = strchr(counter->name, '/');
	const char *value = metric == &other || !slash ? counter->name :
							 slash + 1;

	fprintf(to, PREFIX "%s{%s=\"%s\"} %" PRIu64 "\n", metric->name,
		metric->label, value, counter->value);
}

/* The lines of a metric stand together, whatever the order of counters. */
static void print_metric(FILE *to, const struct metric *metric,
			 const struct export *export)
{
	bool first = true;
	size_t i;

	for (i = 0; i < export->count; i++) {
		if (metric_of(export->counter[i].name) != metric)
			continue;
		if (first)
			head(to, metric->name, "counter", metric->help);
		first = false;
		print_counter(to, metric, &export->counter[i]);
	}
}

/* To be freed; NULL: no memory */
static char *export_text(const struct export *export)
{
	char *text = NULL;
	size_t len, i;
	FILE *to = open_memstream(&text, &len);

	if (!to)
		return NULL;
	print_status(to, &export->status);
	for (i = 0; i < ARRAY_SIZE(metrics); i++)
		print_metric(to, &metrics[i], export);
	print_metric(to, &other, export);
	print_rules(to, &export->policy);
	fclose(to);
	return text;
}

static int read_module(struct export *export)
{
	struct nl *nl;
	int status = nl_open(&nl);

	if (status)
		return status;
	status = nl_run(nl, nl_request(nl, NF_SKYPE_CMD_STATUS_GET, 0),
			take_status, export);
	if (!status)
		status = nl_run(nl, nl_request(nl, NF_SKYPE_CMD_POLICY_GET, 0),
				take_policy, export);
	if (!status)
		status = nl_run(nl, nl_request(nl, NF_SKYPE_CMD_COUNTER_GET,
					       NLM_F_DUMP),
				take_counter, export);
	nl_close(nl);
	return status;
}

static int prometheus(const struct settings *set, int argc, char *const *argv)
{
	static struct export export;
	char *text = NULL;
	int status;

	(void)set;
	if (argc > 1)
		return no_more_words(argc - 1, argv + 1);
	status = read_module(&export);
	if (!status) {
		text = export_text(&export);
		status = text ? out_file(argc ? argv[0] : "-", text) :
				failed(EXIT_USAGE, "out of memory");
	}
	free(text);
	free(export.counter);
	return status;
}

static const struct command commands[] = {
	{ .name = "prometheus",
	  .usage = "[FILE]",
	  .help = "counters in Prometheus' text format",
	  .files = true,
	  .run = prometheus },
	{ 0 },
};

const struct object object_export = { .name = "export",
				      .commands = commands };
