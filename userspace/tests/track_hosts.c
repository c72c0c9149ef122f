// SPDX-License-Identifier: GPL-2.0
/* The host tables of a capture: bounded, aged, and sessions that end in time. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdlib.h>

#include "hosts.h"

#define START 1156506000000ULL
#define MINUTE 60000ULL

static struct skype_client ended[16];
static u32 ended_count;

static void take(void *context, const struct skype_client *client)
{
	assert_ptr_equal(context, &ended);
	assert_true(ended_count < ARRAY_SIZE(ended));
	ended[ended_count++] = *client;
}

static int begin(void **state)
{
	ended_count = 0;
	*state = hosts_new(take, &ended);
	return *state ? 0 : -1;
}

static int end(void **state)
{
	hosts_free(*state);
	return 0;
}

static struct skype_addr address(u32 host)
{
	return skype_addr_v4(htonl(0x0a000000 + host));
}

static void test_keys(void **state)
{
	struct skype_addr a = address(1), b = address(2);
	struct skype_hosts *hosts = *state;
	struct skype_supernode *tcp, *udp;
	struct skype_endpoint *e;

	assert_null(skype_endpoint_find(hosts, &a, 1, START));
	e = skype_endpoint_get(hosts, &a, 1, START);
	assert_non_null(e);
	assert_true(e->first == START && e->port == 1);
	assert_true(skype_addr_equal(&e->addr, &a));
	assert_ptr_equal(skype_endpoint_find(hosts, &a, 1, START), e);
	assert_null(skype_endpoint_find(hosts, &a, 2, START));
	assert_null(skype_endpoint_find(hosts, &b, 1, START));
	tcp = skype_supernode_get(hosts, &a, 1, true, START);
	udp = skype_supernode_get(hosts, &a, 1, false, START);
	assert_non_null(tcp);
	assert_ptr_not_equal(tcp, udp);
	assert_true(tcp->tcp && !udp->tcp);
}

/* section 5: evidence expires 30 minutes after the last of it */
static void test_expiry(void **state)
{
	struct skype_addr a = address(1);
	struct skype_hosts *hosts = *state;
	struct skype_endpoint *e, *list;
	size_t count;
	u64 late = START + 30 * MINUTE + 1;

	e = skype_endpoint_get(hosts, &a, 1, START);
	skype_endpoint_prove(e, SKYPE_GRADE_LIKELY, START);
	assert_true(hosts_proven(hosts, &a, 1, START + 30 * MINUTE));
	assert_false(hosts_proven(hosts, &a, 1, late));
	assert_null(skype_endpoint_find(hosts, &a, 1, late));
	e = skype_endpoint_get(hosts, &a, 1, late);
	assert_int_equal(e->grade, SKYPE_GRADE_NONE);
	assert_true(e->first == late);

	/* the report on the capture has both */
	list = hosts_endpoints(hosts, &count);
	assert_int_equal(count, 2);
	assert_int_equal(list[0].grade, SKYPE_GRADE_LIKELY);
	assert_int_equal(list[1].grade, SKYPE_GRADE_NONE);
	free(list);
}

/* A flood of single requests costs room, never a proven endpoint. */
static void test_flood(void **state)
{
	struct skype_addr good = address(0xffffff);
	struct skype_hosts *hosts = *state;
	struct skype_endpoint *list;
	size_t count;

	skype_endpoint_prove(skype_endpoint_get(hosts, &good, 7, START),
			     SKYPE_GRADE_CERTAIN, START);
	for (u32 host = 0; host < 200000; host++) {
		struct skype_addr a = address(host);

		assert_non_null(skype_endpoint_get(hosts, &a, 7, START));
	}
	assert_true(hosts_proven(hosts, &good, 7, START));
	list = hosts_endpoints(hosts, &count);
	assert_non_null(list);
	assert_true(count <= 32768);
	assert_true(hosts_evicted(hosts) >= 200000 - 32768);
	free(list);
}

static struct skype_endpoint *flooded(size_t *count)
{
	struct skype_hosts *hosts = hosts_new_sized(64, take, &ended);
	struct skype_endpoint *list;

	for (u32 host = 0; host < 1000; host++) {
		struct skype_addr a = address(host);

		skype_endpoint_get(hosts, &a, 7, START);
	}
	list = hosts_endpoints(hosts, count);
	hosts_free(hosts);
	return list;
}

/* What stays of a flood is the same each time. */
static void test_same_again(void **state)
{
	size_t count, again;
	struct skype_endpoint *list = flooded(&count), *other = flooded(&again);

	(void)state;
	assert_int_equal(count, again);
	for (size_t i = 0; i < count; i++)
		assert_true(skype_addr_equal(&list[i].addr, &other[i].addr));
	free(list);
	free(other);
}

static void test_list_order(void **state)
{
	struct skype_hosts *hosts = *state;
	struct skype_supernode *list;
	size_t count;

	for (u32 host = 100; host > 0; host--) {
		struct skype_addr a = address(host);

		skype_supernode_get(hosts, &a, 80, true,
				    START + host % 10);
	}
	list = hosts_supernodes(hosts, &count);
	assert_int_equal(count, 100);
	for (size_t i = 1; i < count; i++)
		assert_true(list[i - 1].first <= list[i].first);
	free(list);
}

/* Sessions */

static struct skype_end client_end(u16 port)
{
	struct skype_end e = { address(1), address(1), htons(port), htons(port) };

	return e;
}

static void accepted(struct skype_hosts *hosts, u16 port, u64 now)
{
	struct skype_end client = client_end(port), node = client_end(33033);
	struct skype_client *c;

	hosts_advance(hosts, now);
	c = skype_client_get(hosts, &client.own, now);
	skype_session_accepted(c, &client, &node, SKYPE_VERSION_1_X, now);
	skype_client_put(hosts, c);
}

static void closed(struct skype_hosts *hosts, u64 now)
{
	struct skype_addr client = address(1);
	struct skype_client *c;

	hosts_advance(hosts, now);
	c = skype_client_find(hosts, &client, now);
	assert_non_null(c);
	skype_session_gone(c, now);
	skype_client_put(hosts, c);
}

/* No successor within 60 s: ended, dated at the close (section 5). */
static void test_session_ends(void **state)
{
	struct skype_hosts *hosts = *state;

	accepted(hosts, 1, START);
	closed(hosts, START + MINUTE);
	hosts_advance(hosts, START + 2 * MINUTE);
	assert_int_equal(ended_count, 0);
	hosts_advance(hosts, START + 2 * MINUTE + 1);
	assert_int_equal(ended_count, 1);
	assert_int_equal(ended[0].state, SKYPE_SESSION_ENDED);
	assert_true(ended[0].start == START);
	assert_true(ended[0].end == START + MINUTE);
	hosts_finish(hosts, START + 3 * MINUTE);
	assert_int_equal(ended_count, 1);
}

static void test_session_goes_on(void **state)
{
	struct skype_hosts *hosts = *state;

	accepted(hosts, 1, START);
	closed(hosts, START + MINUTE);
	accepted(hosts, 2, START + 2 * MINUTE);
	hosts_finish(hosts, START + 10 * MINUTE);
	assert_int_equal(ended_count, 1);
	assert_int_equal(ended[0].state, SKYPE_SESSION_ACTIVE);
	assert_int_equal(ended[0].changes, 1);
}

/* A later session of the client does not swallow the first. */
static void test_two_sessions(void **state)
{
	struct skype_hosts *hosts = *state;

	accepted(hosts, 1, START);
	closed(hosts, START + MINUTE);
	accepted(hosts, 2, START + 5 * MINUTE);
	assert_int_equal(ended_count, 1);
	assert_true(ended[0].end == START + MINUTE);
	closed(hosts, START + 6 * MINUTE);
	hosts_finish(hosts, START + 6 * MINUTE);
	assert_int_equal(ended_count, 2);
	assert_int_equal(ended[1].state, SKYPE_SESSION_ENDED);
	assert_true(ended[1].start == START + 5 * MINUTE);
	assert_true(ended[1].end == START + 6 * MINUTE);
	assert_int_equal(ended[1].changes, 0);
}

static struct skype_client *session_of(struct skype_hosts *hosts, u32 host,
				       u64 now)
{
	struct skype_end client = client_end(1), node = client_end(33033);
	struct skype_client *c;

	client.own = client.seen = address(host);
	c = skype_client_get(hosts, &client.own, now);
	skype_session_accepted(c, &client, &node, SKYPE_VERSION_1_X, now);
	return c;
}

/* One that had closed when its entry made room has ended; one that is up not. */
static void test_evicted_sessions(void **state)
{
	struct skype_hosts *hosts = hosts_new_sized(8, take, &ended);
	u32 closing = 0;

	(void)state;
	for (u32 host = 1; host <= 8; host++)
		skype_session_gone(session_of(hosts, host, START), START + host);
	for (u32 host = 11; host <= 19; host++)
		session_of(hosts, host, START + MINUTE / 2);
	assert_int_equal(ended_count, 9);
	for (u32 i = 0; i < ended_count; i++) {
		if (ended[i].start != START) {
			assert_int_equal(ended[i].state, SKYPE_SESSION_ACTIVE);
			continue;
		}
		closing++;
		assert_int_equal(ended[i].state, SKYPE_SESSION_ENDED);
		assert_true(ended[i].end > START && ended[i].end <= START + 8);
	}
	assert_int_equal(closing, 8);
	hosts_free(hosts);
}

/* All clients are looked at once a second and no more often; ends stay exact. */
static void test_many_closings(void **state)
{
	const u64 due = START + MINUTE + 1;
	struct skype_hosts *hosts = *state;

	for (u32 ms = 0; ms < 10; ms++) {
		struct skype_client *c = session_of(hosts, ms, START + ms);

		skype_session_gone(c, START + ms);
		skype_client_put(hosts, c);
	}
	hosts_advance(hosts, due);
	assert_int_equal(ended_count, 1);
	for (u32 ms = 1; ms < 1000; ms++)
		hosts_advance(hosts, due + ms);
	assert_int_equal(ended_count, 1);
	hosts_advance(hosts, due + 1000);
	assert_int_equal(ended_count, 10);
	for (u32 i = 0; i < ended_count; i++)
		assert_true(ended[i].end == ended[i].start);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_keys),
		TEST(test_expiry),
		TEST(test_flood),
		TEST(test_same_again),
		TEST(test_list_order),
		TEST(test_session_ends),
		TEST(test_session_goes_on),
		TEST(test_two_sessions),
		TEST(test_evicted_sessions),
		TEST(test_many_closings),
	};

	return cmocka_run_group_tests_name("track_hosts", tests, NULL, NULL);
}
