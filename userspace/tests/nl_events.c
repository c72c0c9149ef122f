// SPDX-License-Identifier: GPL-2.0
/* Waiting for events: it ends when nobody reads stdout any more, or when told to. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include <sys/ioctl.h>
#include <sys/wait.h>

#include "../nl.c"

#define SECONDS 10 /* a wait that does not end by itself fails */
#define LINE "{\"event\":\"one that is longer than a part of the pipe's room\"}"

static bool take_none(const struct codec_message *message, void *arg)
{
	(void)message;
	(void)arg;
	return false;
}

/* No module is needed to wait for its events. */
static int events_into(int fd)
{
	static struct nl nl;
	int saved = dup(STDOUT_FILENO), status;

	nl.socket = mnl_socket_open(NETLINK_GENERIC);
	assert_non_null(nl.socket);
	fflush(stdout);
	dup2(fd, STDOUT_FILENO);
	close(fd);
	alarm(SECONDS);
	status = nl_events(&nl, take_none, NULL);
	alarm(0);
	dup2(saved, STDOUT_FILENO);
	close(saved);
	mnl_socket_close(nl.socket);
	return status;
}

static void reader_of_a_pipe_goes(void **state)
{
	int ends[2];

	(void)state;
	assert_int_equal(pipe(ends), 0);
	close(ends[0]);
	assert_int_equal(events_into(ends[1]), EXIT_DONE);
}

static void peer_of_a_socket_goes(void **state)
{
	int ends[2];

	(void)state;
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, ends), 0);
	close(ends[0]);
	assert_int_equal(events_into(ends[1]), EXIT_DONE);
}

static bool take_and_print(const struct codec_message *message, void *arg)
{
	(void)message;
	(void)arg;
	while (puts(LINE) >= 0 && fflush(stdout) == 0)
		;
	return true;
}

/* An event that is told without end into a pipe that nobody reads */
static void print_events(int fd)
{
	static struct nl nl = { .family = GENL_MIN_ID };
	struct {
		struct nlmsghdr header;
		struct genlmsghdr genl;
	} event = { .header.nlmsg_len = sizeof(event),
		    .header.nlmsg_type = GENL_MIN_ID };
	int ends[2];

	nl.socket = mnl_socket_open(NETLINK_GENERIC);
	if (!nl.socket || socketpair(AF_UNIX, SOCK_DGRAM, 0, ends) != 0)
		_exit(99);
	dup2(ends[0], mnl_socket_get_fd(nl.socket));
	dup2(fd, STDOUT_FILENO);
	alarm(SECONDS);
	if (send(ends[1], &event, sizeof(event), 0) > 0)
		nl_events(&nl, take_and_print, NULL);
	_exit(99);
}

static void end_by(int number)
{
	int ends[2], had = 0, before = -1, status;
	pid_t child;

	assert_int_equal(pipe(ends), 0);
	fflush(stdout);
	child = fork();
	if (child == 0)
		print_events(ends[1]);
	close(ends[1]);
	for (int i = 0; i < 10 * SECONDS && (!had || had != before); i++) {
		before = had;
		usleep(100000);
		assert_int_equal(ioctl(ends[0], FIONREAD, &had), 0);
	}
	kill(child, number);
	assert_int_equal(waitpid(child, &status, 0), child);
	close(ends[0]);
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), EXIT_DONE);
	assert_true(had > 0);
	assert_int_equal(had % strlen(LINE "\n"), 0);
}

static void told_to_end_while_nobody_reads(void **state)
{
	(void)state;
	end_by(SIGTERM);
	end_by(SIGINT);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(reader_of_a_pipe_goes),
		cmocka_unit_test(peer_of_a_socket_goes),
		cmocka_unit_test(told_to_end_while_nobody_reads),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
