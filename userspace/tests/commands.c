// SPDX-License-Identifier: GPL-2.0
/* What commands that write a file print beside it, with a module that is none. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include <fcntl.h>
#include <unistd.h>

#include "cmd.h"
#include "nl.h"

/* The module's answers: all of them empty */

static char request[NLMSG_HDRLEN];

int nl_open(struct nl **nl)
{
	*nl = NULL;
	return EXIT_DONE;
}

void nl_close(struct nl *nl)
{
	(void)nl;
}

struct nlmsghdr *nl_request(struct nl *nl, u8 cmd, u16 flags)
{
	(void)nl;
	(void)cmd;
	(void)flags;
	return (struct nlmsghdr *)request;
}

int nl_run(struct nl *nl, struct nlmsghdr *nlh, nl_take take, void *arg)
{
	(void)nl;
	(void)nlh;
	(void)take;
	(void)arg;
	return EXIT_DONE;
}

int nl_simple(u8 cmd, u16 flags, nl_take take, void *arg)
{
	(void)cmd;
	(void)flags;
	(void)take;
	(void)arg;
	return EXIT_DONE;
}

void nl_locate_with(struct nl *nl, nl_locate locate, const void *arg)
{
	(void)nl;
	(void)locate;
	(void)arg;
}

unsigned int nl_mark_shift(void)
{
	return POLICY_SHIFT_DEFAULT;
}

/* What a command says on stdout when it writes to /dev/null */
static void assert_says(const struct object *object, const char *name,
			bool json, const char *expected)
{
	char path[] = "/tmp/commands-XXXXXX", said[64] = "";
	const struct settings set = { .json = json };
	int to = mkstemp(path), saved = dup(STDOUT_FILENO), status;
	const struct command *command = object->commands;
	char *const words[] = { "/dev/null" };

	while (strcmp(command->name, name))
		command++;
	fflush(stdout);
	dup2(to, STDOUT_FILENO);
	status = command->run(&set, 1, words);
	fflush(stdout);
	dup2(saved, STDOUT_FILENO);
	close(saved);
	unlink(path);
	assert_true(pread(to, said, sizeof(said) - 1, 0) >= 0);
	close(to);
	assert_int_equal(status, EXIT_DONE);
	assert_string_equal(said, expected);
}

static void into_a_file(void **state)
{
	(void)state;
	assert_says(&object_policy, "save", false, "");
	assert_says(&object_policy, "save", true, "{\"schema\":1}\n");
	assert_says(&object_export, "prometheus", false, "");
	assert_says(&object_export, "prometheus", true, "{\"schema\":1}\n");
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(into_a_file),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
