// SPDX-License-Identifier: GPL-2.0
#include "show.h"

struct adding {
	const struct show *show;
	struct out_list list;
};

static bool add(const struct codec_message *message, void *arg)
{
	struct adding *adding = arg;

	return adding->show->add(message, &adding->list);
}

int show_list(const struct settings *set, const struct show *show,
	      void (*filter)(struct nlmsghdr *request, const void *arg),
	      const void *arg)
{
	struct adding adding = { .show = show };
	struct nlmsghdr *request;
	struct nl *nl;
	int status = nl_open(&nl);

	if (status)
		return status;
	request = nl_request(nl, show->cmd, NLM_F_DUMP);
	if (filter)
		filter(request, arg);
	out_list_open(&adding.list, set, show->key, show->fields);
	status = nl_run(nl, request, add, &adding);
	if (status)
		out_list_abandon(&adding.list);
	else
		out_list_close(&adding.list);
	nl_close(nl);
	return status;
}

int show_done(const struct settings *set, u8 cmd)
{
	int status = nl_simple(cmd, 0, NULL, NULL);

	if (!status)
		out_done(set);
	return status;
}
