// SPDX-License-Identifier: GPL-2.0
/*
 * skypectl export prometheus: everything that counts, in Prometheus' text
 * format, for the textfile collector of the node exporter or any other way.
 */
#include <stdlib.h>

#include "cmd.h"
#include "nl.h"
#include "prometheus.h"

/* All that is exported, as read from the module */
struct export {
	struct record_status status;
	struct record_counter *counter;
	size_t count;
	size_t room;
};

static bool take_status(const struct codec_message *message, void *arg)
{
	struct export *export = arg;

	return codec_status(message->attr[NF_SKYPE_A_STATUS], &export->status);
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

static int read_module(struct export *export)
{
	struct nl *nl;
	int status = nl_open(&nl);

	if (status)
		return status;
	status = nl_run(nl, nl_request(nl, NF_SKYPE_CMD_STATUS_GET, 0),
			take_status, export);
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
	const char *path = argc ? argv[0] : "-";
	char *text = NULL;
	int status;

	if (argc > 1)
		return no_more_words(argc - 1, argv + 1);
	status = out_text_check(set, "export prometheus", path);
	if (!status)
		status = read_module(&export);
	if (!status) {
		text = prometheus_text(&export.status, export.counter,
				       export.count);
		status = text ? out_file(path, 0644, text) :
				failed(EXIT_USAGE, "out of memory");
	}
	if (!status)
		out_done(set);
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
