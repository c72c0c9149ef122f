// SPDX-License-Identifier: GPL-2.0
/* skypectl endpoint */
#include "cmd.h"
#include "show.h"

static bool add_endpoint(const struct codec_message *message,
			 struct out_list *list)
{
	struct record_endpoint endpoint;

	if (!codec_endpoint(message->attr[NF_SKYPE_A_ENDPOINT], &endpoint))
		return false;
	out_list_add(list, &endpoint);
	return true;
}

static int endpoint_show(const struct settings *set, int argc, char *const *argv)
{
	static const struct show endpoints = {
		.cmd = NF_SKYPE_CMD_ENDPOINT_GET,
		.key = "endpoints",
		.fields = record_endpoint_fields,
		.add = add_endpoint,
	};
	int status = no_more_words(argc, argv);

	return status ? status : show_list(set, &endpoints, NULL, NULL);
}

static int endpoint_flush(const struct settings *set, int argc, char *const *argv)
{
	int status = no_more_words(argc, argv);

	return status ? status : show_done(set, NF_SKYPE_CMD_ENDPOINT_FLUSH);
}

static const struct command commands[] = {
	{ .name = "show",
	  .help = "addresses and UDP ports that behave as Skype clients",
	  .run = endpoint_show },
	{ .name = "flush", .help = "forget them", .run = endpoint_flush },
	{ 0 },
};

const struct object object_endpoint = {
	.name = "endpoint", .plural = "endpoints", .commands = commands, .bare = true,
};
