// SPDX-License-Identifier: GPL-2.0
/* skypectl monitor */
#include "cmd.h"
#include "nl.h"

enum { ABOUT_FLOW, ABOUT_SESSION, ABOUT_ENDPOINT, ABOUT_POLICY };

static const struct argument filters[] = {
	[ABOUT_FLOW] = { .word = "flow" },
	[ABOUT_SESSION] = { .word = "session" },
	[ABOUT_ENDPOINT] = { .word = "endpoint" },
	[ABOUT_POLICY] = { .word = "policy" },
	{ 0 },
};

/* What an event is about, as far as it was said */
struct event {
	const char *name;
	bool has[4];
	struct record_flow flow;
	struct record_session session;
	struct record_endpoint endpoint;
	u8 mode; /* of a policy */
};

struct monitor {
	const struct settings *set;
	unsigned int wanted; /* bits of ABOUT_*; 0: everything */
	struct event event;
};

static bool decode(const struct codec_message *message, struct event *event)
{
	const struct nlattr *const *attr = message->attr;

	memset(event->has, 0, sizeof(event->has));
	event->name = codec_event(message);
	if (!event->name)
		return false;
	event->has[ABOUT_FLOW] = attr[NF_SKYPE_A_FLOW];
	event->has[ABOUT_SESSION] = attr[NF_SKYPE_A_SESSION];
	event->has[ABOUT_ENDPOINT] = attr[NF_SKYPE_A_ENDPOINT];
	event->has[ABOUT_POLICY] = attr[NF_SKYPE_A_MODE];
	return (!attr[NF_SKYPE_A_FLOW] ||
		codec_flow(attr[NF_SKYPE_A_FLOW], &event->flow)) &&
	       (!attr[NF_SKYPE_A_SESSION] ||
		codec_session(attr[NF_SKYPE_A_SESSION], &event->session)) &&
	       (!attr[NF_SKYPE_A_ENDPOINT] ||
		codec_endpoint(attr[NF_SKYPE_A_ENDPOINT], &event->endpoint)) &&
	       (!attr[NF_SKYPE_A_MODE] ||
		codec_mode(attr[NF_SKYPE_A_MODE], &event->mode));
}

/* The object that an event belongs to, by its name */
static unsigned int about(const char *name)
{
	if (!strncmp(name, "session", strlen("session")) ||
	    !strncmp(name, "supernode", strlen("supernode")))
		return ABOUT_SESSION;
	if (!strcmp(name, "endpoint"))
		return ABOUT_ENDPOINT;
	return strcmp(name, "policy") ? ABOUT_FLOW : ABOUT_POLICY;
}

static const char *mode_name(const struct event *event)
{
	const char *name = policy_mode_name(event->mode);

	return name ? name : "unknown";
}

static void print_json(const struct event *event)
{
	json_t *root = json_pack("{ss}", "event", event->name);

	if (event->has[ABOUT_FLOW])
		json_object_set_new(root, "flow",
				    out_json(record_flow_fields, &event->flow));
	if (event->has[ABOUT_SESSION])
		json_object_set_new(root, "session",
				    out_json(record_session_fields,
					     &event->session));
	if (event->has[ABOUT_ENDPOINT])
		json_object_set_new(root, "endpoint",
				    out_json(record_endpoint_fields,
					     &event->endpoint));
	if (event->has[ABOUT_POLICY])
		json_object_set_new(root, "mode",
				    json_string(mode_name(event)));
	out_json_line(root);
}

static void print_part(const struct settings *set,
		       const struct out_field *fields, const void *record)
{
	putchar(' ');
	out_line(set, stdout, fields, record);
}

static void print_text(const struct settings *set, const struct event *event)
{
	fputs(event->name, stdout);
	if (event->has[ABOUT_FLOW])
		print_part(set, record_flow_fields, &event->flow);
	if (event->has[ABOUT_SESSION])
		print_part(set, record_session_fields, &event->session);
	if (event->has[ABOUT_ENDPOINT])
		print_part(set, record_endpoint_fields, &event->endpoint);
	if (event->has[ABOUT_POLICY])
		printf(" mode=%s", mode_name(event));
	putchar('\n');
	fflush(stdout);
}

static void print_overrun(const struct settings *set)
{
	if (set->json)
		out_json_line(json_pack("{ss}", "event", "overrun"));
	else
		puts("overrun");
	fflush(stdout);
}

static bool take_event(const struct codec_message *message, void *arg)
{
	struct monitor *monitor = arg;
	struct event *event = &monitor->event;

	if (!message) {
		print_overrun(monitor->set);
		return true;
	}
	if (!decode(message, event))
		return false;
	/* what the kernel left out may have been what is wanted */
	if (!strcmp(event->name, "overrun"))
		print_overrun(monitor->set);
	else if (monitor->wanted && !(monitor->wanted & 1U << about(event->name)))
		return true;
	else if (monitor->set->json)
		print_json(event);
	else
		print_text(monitor->set, event);
	return true;
}

static int monitor_run(const struct settings *set, int argc, char *const *argv)
{
	static struct monitor monitor;
	const char *none;
	struct nl *nl;
	int which, status;

	monitor.set = set;
	while (argc) {
		which = argument_next(filters, &argc, &argv, &none);
		if (which < 0)
			return EXIT_USAGE;
		monitor.wanted |= 1U << which;
	}
	status = nl_open(&nl);
	if (status)
		return status;
	status = nl_subscribe(nl);
	if (!status)
		status = nl_events(nl, take_event, &monitor);
	nl_close(nl);
	return status;
}

static const struct command commands[] = {
	{ .usage = "[flow|session|endpoint|policy]...",
	  .help = "events as they come, one a line",
	  .arguments = filters,
	  .run = monitor_run },
	{ 0 },
};

const struct object object_monitor = { .name = "monitor",
				       .commands = commands };
