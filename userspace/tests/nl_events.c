// SPDX-License-Identifier: GPL-2.0
/* Waiting for events: it ends when nobody reads stdout any more. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "../nl.c"

#define SECONDS 10 /* a wait that does not end by itself fails */

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

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(reader_of_a_pipe_goes),
		cmocka_unit_test(peer_of_a_socket_goes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
