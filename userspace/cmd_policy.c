// SPDX-License-Identifier: GPL-2.0
/* skypectl policy */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cmd.h"
#include "nl.h"
#include "out_policy.h"
#include "show.h"

#define SAVED_POLICY "/etc/nf_skype/policy.conf"

/* Reading files */

static char *grow(char *text, size_t size)
{
	char *larger = realloc(text, size);

	if (!larger)
		free(text);
	return larger;
}

/* The whole file, up to POLICY_TEXT_MAX; NULL after an error was printed. */
static char *read_all(const char *name, int fd, size_t *len)
{
	char *text = NULL;
	size_t room = 0;
	ssize_t n = 1;

	for (*len = 0; n > 0; *len += (size_t)n) {
		if (*len > POLICY_TEXT_MAX) {
			failed(EXIT_USAGE, "%s: more than %u bytes: no policy",
			       name, POLICY_TEXT_MAX);
			free(text);
			return NULL;
		}
		if (*len == room) {
			room = room ? 2 * room : 4096;
			text = grow(text, room);
			if (!text) {
				failed(EXIT_USAGE, "out of memory");
				return NULL;
			}
		}
		n = read(fd, text + *len, room - *len);
		if (n < 0) {
			failed(EXIT_USAGE, "%s: %s", name, strerror(errno));
			free(text);
			return NULL;
		}
	}
	return text;
}

static char *read_file(const char *path, size_t *len)
{
	char *text;
	int fd;

	if (!strcmp(path, "-"))
		return read_all("stdin", STDIN_FILENO, len);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0) {
		failed(EXIT_USAGE, "%s: %s", path, strerror(errno));
		return NULL;
	}
	text = read_all(path, fd, len);
	close(fd);
	return text;
}

static int in_file(const char *path, const struct policy_error *error)
{
	return failed(EXIT_USAGE, "%s:%u:%u: %s", path, error->line,
		      error->column, error->text);
}

static int read_policy(const char *path, struct policy *policy)
{
	const char *name = strcmp(path, "-") ? path : "stdin";
	struct policy_error error;
	bool good;
	size_t len;
	char *text = read_file(path, &len);

	if (!text)
		return EXIT_USAGE;
	good = policy_parse(policy, text, len, &error) &&
	       policy_check_marks(policy, nl_mark_shift(), &error);
	free(text);
	return good ? EXIT_DONE : in_file(name, &error);
}

static int one_file(int argc, char *const *argv)
{
	if (!argc)
		return failed(EXIT_USAGE, "which file? (\"-\" is stdin)");
	return no_more_words(argc - 1, argv + 1);
}

static int policy_check(const struct settings *set, int argc, char *const *argv)
{
	static struct policy policy;
	int status = one_file(argc, argv);

	if (!status)
		status = read_policy(argv[0], &policy);
	if (!status)
		out_done(set);
	return status;
}

/* Loading */

struct source {
	const char *name;
	const struct policy *policy;
};

/* The line of the rule that the kernel refused */
static void locate_rule(const void *arg, const struct nlmsghdr *request,
			u32 offset, char *where, size_t len)
{
	const struct source *source = arg;
	int i = codec_rule_at(request, offset);

	if (i >= 0 && i < (int)source->policy->count)
		snprintf(where, len, "%s:%u: ", source->name,
			 source->policy->rule[i].line);
}

static int send_policy(const struct policy *policy, const char *name)
{
	struct source source = { .name = name, .policy = policy };
	struct nlmsghdr *request;
	struct nl *nl;
	int status = nl_open(&nl);

	if (status)
		return status;
	request = nl_request(nl, NF_SKYPE_CMD_POLICY_SET, 0);
	codec_put_policy(request, policy);
	if (name)
		nl_locate_with(nl, locate_rule, &source);
	status = nl_run(nl, request, NULL, NULL);
	nl_close(nl);
	return status;
}

static bool take_status(const struct codec_message *message, void *arg)
{
	return codec_status(message->attr[NF_SKYPE_A_STATUS], arg);
}

/* It may be loaded before it is wanted; but what enforces looks as if it acted. */
static void warn_when_disabled(void)
{
	struct record_status record = { .mode = NF_SKYPE_MODE_OBSERVE };

	nl_simple(NF_SKYPE_CMD_STATUS_GET, 0, take_status, &record);
	if (record.mode == NF_SKYPE_MODE_DISABLED)
		fputs("Warning: nf_skype is disabled in this namespace, so no rule acts yet (enable it with: skypectl enable)\n",
		      stderr);
}

static int policy_load(const struct settings *set, int argc, char *const *argv)
{
	static struct policy policy;
	int status = one_file(argc, argv);

	if (!status)
		status = read_policy(argv[0], &policy);
	if (!status)
		status = send_policy(&policy,
				     strcmp(argv[0], "-") ? argv[0] : "stdin");
	if (status)
		return status;
	if (policy.mode == NF_SKYPE_MODE_ENFORCE)
		warn_when_disabled();
	out_done(set);
	return EXIT_DONE;
}

static int policy_reset(const struct settings *set, int argc, char *const *argv)
{
	static struct policy policy;
	int status = no_more_words(argc, argv);

	policy_default(&policy);
	if (!status)
		status = send_policy(&policy, NULL);
	if (!status)
		out_done(set);
	return status;
}

/* Showing and saving */

static bool take_policy(const struct codec_message *message, void *arg)
{
	return codec_policy(message->attr[NF_SKYPE_A_POLICY], arg);
}

static int get_policy(struct policy *policy)
{
	return nl_simple(NF_SKYPE_CMD_POLICY_GET, 0, take_policy, policy);
}

static int policy_show(const struct settings *set, int argc, char *const *argv)
{
	static struct policy policy;
	int status = no_more_words(argc, argv);

	if (!status)
		status = get_policy(&policy);
	if (!status)
		out_policy(set, &policy);
	return status;
}

static int policy_save(const struct settings *set, int argc, char *const *argv)
{
	static struct policy policy;
	const char *path = argc ? argv[0] : SAVED_POLICY;
	int status = argc ? no_more_words(argc - 1, argv + 1) : EXIT_DONE;
	char *text;

	if (!status)
		status = out_text_check(set, "policy save", path);
	if (!status)
		status = get_policy(&policy);
	if (status)
		return status;
	text = policy_text(&policy);
	if (!text)
		return failed(EXIT_USAGE, "out of memory");
	if (!argc)
		status = out_folder(path);
	if (!status)
		status = out_file(path, 0644, text);
	free(text);
	if (!status)
		out_done(set);
	return status;
}

static const struct command commands[] = {
	{ .name = "show",
	  .help = "the policy with its rules' counters",
	  .run = policy_show },
	{ .name = "load",
	  .usage = "FILE|-",
	  .help = "replace the policy, all or nothing",
	  .files = true,
	  .run = policy_load },
	{ .name = "check",
	  .usage = "FILE|-",
	  .help = "say what is wrong with a file; needs no module",
	  .files = true,
	  .run = policy_check },
	{ .name = "save",
	  .usage = "[FILE|-]",
	  .help = "write it as text, to " SAVED_POLICY,
	  .files = true,
	  .run = policy_save },
	{ .name = "reset",
	  .help = "observe, and accept everything",
	  .run = policy_reset },
	{ 0 },
};

const struct object object_policy = {
	.name = "policy", .plural = "policies", .commands = commands,
	.bare = true,
};
