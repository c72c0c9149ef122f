// SPDX-License-Identifier: GPL-2.0
/* skypectl status */
#include "cmd.h"
#include "nl.h"

static bool take_status(const struct codec_message *message, void *arg)
{
	return codec_status(message->attr[NF_SKYPE_A_STATUS], arg);
}

static int status_show(const struct settings *set, int argc, char *const *argv)
{
	struct record_status record = { 0 };
	int status = no_more_words(argc, argv);

	if (!status)
		status = nl_simple(NF_SKYPE_CMD_STATUS_GET, 0, take_status,
				   &record);
	if (!status)
		out_one(set, "status", record_status_fields, &record);
	return status;
}

static const struct command commands[] = {
	{ .help = "the module in this namespace: mode, tables, memory",
	  .run = status_show },
	{ 0 },
};

const struct object object_status = { .name = "status", .commands = commands };
