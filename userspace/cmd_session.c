// SPDX-License-Identifier: GPL-2.0
/* skypectl session */
#include "cmd.h"
#include "show.h"

static bool add_session(const struct codec_message *message,
			 struct out_list *list)
{
	struct record_session session;

	if (!codec_session(message->attr[NF_SKYPE_A_SESSION], &session))
		return false;
	out_list_add(list, &session);
	return true;
}

static int session_show(const struct settings *set, int argc, char *const *argv)
{
	static const struct show sessions = {
		.cmd = NF_SKYPE_CMD_SESSION_GET,
		.key = "sessions",
		.fields = record_session_fields,
		.add = add_session,
	};
	int status = no_more_words(argc, argv);

	return status ? status : show_list(set, &sessions, NULL, NULL);
}

static int session_flush(const struct settings *set, int argc, char *const *argv)
{
	int status = no_more_words(argc, argv);

	return status ? status : show_done(set, NF_SKYPE_CMD_SESSION_FLUSH);
}

static const struct command commands[] = {
	{ .name = "show",
	  .help = "clients connected to a super node",
	  .run = session_show },
	{ .name = "flush", .help = "forget them", .run = session_flush },
	{ 0 },
};

const struct object object_session = {
	.name = "session", .plural = "sessions", .commands = commands, .bare = true,
};
