// SPDX-License-Identifier: GPL-2.0
/* skypectl enable, disable */
#include "cmd.h"
#include "nl.h"
#include "show.h"

static const struct argument modes[] = {
	{ .word = "observe" },
	{ .word = "enforce" },
	{ 0 },
};

static int enable(const struct settings *set, int argc, char *const *argv)
{
	struct nlmsghdr *request;
	const char *none;
	int mode = -1, status;
	struct nl *nl;

	if (argc) {
		mode = argument_next(modes, &argc, &argv, &none);
		if (mode < 0 || no_more_words(argc, argv))
			return EXIT_USAGE;
	}
	status = nl_open(&nl);
	if (status)
		return status;
	request = nl_request(nl, NF_SKYPE_CMD_ENABLE, 0);
	if (mode >= 0)
		mnl_attr_put_u8(request, NF_SKYPE_A_MODE,
				(u8)(NF_SKYPE_MODE_OBSERVE + mode));
	status = nl_run(nl, request, NULL, NULL);
	nl_close(nl);
	if (!status)
		out_done(set);
	return status;
}

static int disable(const struct settings *set, int argc, char *const *argv)
{
	int status = no_more_words(argc, argv);

	return status ? status : show_done(set, NF_SKYPE_CMD_DISABLE);
}

static const struct command enable_commands[] = {
	{ .usage = "[observe|enforce]",
	  .help = "inspect this namespace's traffic; enforce: rules act",
	  .arguments = modes,
	  .one = true,
	  .run = enable },
	{ 0 },
};

static const struct command disable_commands[] = {
	{ .help = "stop inspecting this namespace's traffic", .run = disable },
	{ 0 },
};

const struct object object_enable = { .name = "enable",
				      .commands = enable_commands };
const struct object object_disable = { .name = "disable",
				       .commands = disable_commands };
