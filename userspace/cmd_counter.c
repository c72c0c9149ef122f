// SPDX-License-Identifier: GPL-2.0
/* skypectl counter */
#include "cmd.h"
#include "show.h"

static const struct argument choices[] = { { .word = "nonzero" }, { 0 } };

static bool add_counter(const struct codec_message *message,
			struct out_list *list)
{
	struct record_counter counter;

	if (!codec_counter(message->attr[NF_SKYPE_A_COUNTER], &counter))
		return false;
	out_list_add(list, &counter);
	return true;
}

static bool add_nonzero(const struct codec_message *message,
			struct out_list *list)
{
	struct record_counter counter;

	if (!codec_counter(message->attr[NF_SKYPE_A_COUNTER], &counter))
		return false;
	if (counter.value)
		out_list_add(list, &counter);
	return true;
}

static int counter_show(const struct settings *set, int argc, char *const *argv)
{
	struct show counters = {
		.cmd = NF_SKYPE_CMD_COUNTER_GET,
		.key = "counters",
		.fields = record_counter_fields,
		.add = add_counter,
	};
	const char *none;

	if (argc) {
		if (argument_next(choices, &argc, &argv, &none) < 0 ||
		    no_more_words(argc, argv))
			return EXIT_USAGE;
		counters.add = add_nonzero;
	}
	return show_list(set, &counters, NULL, NULL);
}

static int counter_reset(const struct settings *set, int argc,
			 char *const *argv)
{
	int status = no_more_words(argc, argv);

	return status ? status : show_done(set, NF_SKYPE_CMD_COUNTER_RESET);
}

static const struct command commands[] = {
	{ .name = "show",
	  .usage = "[nonzero]",
	  .help = "packets, verdicts, causes of skipping, reasons, events",
	  .arguments = choices,
	  .run = counter_show },
	{ .name = "reset", .help = "set all to zero", .run = counter_reset },
	{ 0 },
};

const struct object object_counter = {
	.name = "counter", .plural = "counters", .commands = commands,
	.bare = true,
};
