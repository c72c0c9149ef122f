// SPDX-License-Identifier: GPL-2.0
/* skypectl supernode */
#include "cmd.h"
#include "show.h"

static bool add_supernode(const struct codec_message *message,
			 struct out_list *list)
{
	struct record_supernode supernode;

	if (!codec_supernode(message->attr[NF_SKYPE_A_SUPERNODE], &supernode))
		return false;
	out_list_add(list, &supernode);
	return true;
}

static int supernode_show(const struct settings *set, int argc, char *const *argv)
{
	static const struct show supernodes = {
		.cmd = NF_SKYPE_CMD_SUPERNODE_GET,
		.key = "supernodes",
		.fields = record_supernode_fields,
		.add = add_supernode,
	};
	int status = no_more_words(argc, argv);

	return status ? status : show_list(set, &supernodes, NULL, NULL);
}

static int supernode_flush(const struct settings *set, int argc, char *const *argv)
{
	int status = no_more_words(argc, argv);

	return status ? status : show_done(set, NF_SKYPE_CMD_SUPERNODE_FLUSH);
}

static const struct command commands[] = {
	{ .name = "show",
	  .help = "nodes that answered a probe or a handshake",
	  .run = supernode_show },
	{ .name = "flush", .help = "forget them", .run = supernode_flush },
	{ 0 },
};

const struct object object_supernode = {
	.name = "supernode", .plural = "supernodes", .commands = commands, .bare = true,
};
