// SPDX-License-Identifier: GPL-2.0
/* skypectl flow */
#include "cmd.h"
#include "show.h"

enum filter_word { FILTER_CLASS, FILTER_GRADE, FILTER_CLIENT };

static const struct argument filters[] = {
	[FILTER_CLASS] = { .word = "class", .value = class_word },
	[FILTER_GRADE] = { .word = "grade", .value = grade_word },
	[FILTER_CLIENT] = { .word = "client", .free = "ADDR" },
	{ 0 },
};

/* What "flow show" asks for; -1 and @by_client: everything */
struct flow_filter {
	int class;
	int grade;
	bool by_client;
	struct skype_addr client;
};

static int read_addr(const char *word, struct skype_addr *addr)
{
	__be32 v4;

	if (inet_pton(AF_INET, word, &v4) == 1)
		*addr = skype_addr_v4(v4);
	else if (inet_pton(AF_INET6, word, addr) != 1)
		return failed(EXIT_USAGE, "\"%s\" is no address: write it as 192.0.2.7 or 2001:db8::7",
			      word);
	return EXIT_DONE;
}

static int read_filter(struct flow_filter *filter, int which, const char *value)
{
	switch (which) {
	case FILTER_CLASS:
		filter->class = value_find("class", value, class_word);
		return filter->class < 0 ? EXIT_USAGE : EXIT_DONE;
	case FILTER_GRADE:
		filter->grade = value_find("grade", value, grade_word);
		return filter->grade < 0 ? EXIT_USAGE : EXIT_DONE;
	case FILTER_CLIENT:
		filter->by_client = true;
		return read_addr(value, &filter->client);
	default:
		return EXIT_USAGE;
	}
}

static void put_filter(struct nlmsghdr *request, const void *arg)
{
	const struct flow_filter *filter = arg;

	if (filter->class >= 0)
		mnl_attr_put_u8(request, NF_SKYPE_A_CLASS, (u8)filter->class);
	if (filter->grade >= 0)
		mnl_attr_put_u8(request, NF_SKYPE_A_GRADE, (u8)filter->grade);
	if (filter->by_client)
		codec_put_addr(request, NF_SKYPE_A_CLIENT, &filter->client);
}

static bool add_flow(const struct codec_message *message, struct out_list *list)
{
	struct record_flow flow;

	if (!codec_flow(message->attr[NF_SKYPE_A_FLOW], &flow))
		return false;
	out_list_add(list, &flow);
	return true;
}

static int flow_show(const struct settings *set, int argc, char *const *argv)
{
	static const struct show flows = {
		.cmd = NF_SKYPE_CMD_FLOW_GET,
		.key = "flows",
		.fields = record_flow_fields,
		.add = add_flow,
	};
	struct flow_filter filter = { .class = -1, .grade = -1 };
	unsigned int seen = 0;
	const char *value;
	int which;

	while (argc) {
		which = argument_next(filters, &argc, &argv, &value);
		if (which < 0 || read_filter(&filter, which, value))
			return EXIT_USAGE;
		if (seen & 1U << which)
			return failed(EXIT_USAGE, "\"%s\" stands twice: keep one",
				      filters[which].word);
		seen |= 1U << which;
	}
	return show_list(set, &flows, put_filter, &filter);
}

static const struct command commands[] = {
	{ .name = "show",
	  .usage = "[class C] [grade G] [client ADDR]",
	  .help = "flows under inspection and Skype flows, with reasons",
	  .arguments = filters,
	  .run = flow_show },
	{ 0 },
};

const struct object object_flow = {
	.name = "flow", .plural = "flows", .commands = commands, .bare = true,
};
