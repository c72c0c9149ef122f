/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A conversation with the classifier core: two ends say bytes to each other,
 * and the test looks at the verdict.  What is said stands in signatures.md or
 * follows from its arithmetic; nothing is taken from the core.
 */
#ifndef TESTS_CORE_H
#define TESTS_CORE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>

#include "classify.h"
#include "hosts.h"

#define CLIENT "192.0.2.7"
#define CLIENT_PORT 35990
#define NODE "198.51.100.9"
#define NODE_PORT 33033

enum { C, S }; /* who speaks: client (the opener) or server */

struct talk {
	struct skype_hosts *hosts;
	struct skype_ends ends;
	struct skype_flow flow;
	struct skype_finding found;
	struct skype_client ended;
	u64 now;
	u32 seq[2];
};

static inline struct skype_addr v4(const char *text)
{
	struct in_addr in;

	assert_int_equal(inet_pton(AF_INET, text, &in), 1);
	return skype_addr_v4(in.s_addr);
}

static inline struct skype_end end_of(const char *addr, u16 port)
{
	struct skype_end end = {
		.own = v4(addr), .seen = v4(addr),
		.own_port = htons(port), .seen_port = htons(port),
	};

	return end;
}

static inline void no_session(void *context, const struct skype_client *client)
{
	(void)context;
	(void)client;
}

/* Fresh host tables for each test. */
static inline int setup_hosts(void **state)
{
	*state = hosts_new(no_session, NULL);
	return *state ? 0 : -1;
}

static inline int teardown_hosts(void **state)
{
	hosts_free(*state);
	return 0;
}

#define core_test(name) \
	cmocka_unit_test_setup_teardown(name, setup_hosts, teardown_hosts)

static inline struct talk talk_between(struct skype_hosts *hosts, const char *client,
				       u16 client_port, const char *node,
				       u16 node_port)
{
	struct talk talk = { .hosts = hosts, .now = 1000000 };

	talk.ends.end[C] = end_of(client, client_port);
	talk.ends.end[S] = end_of(node, node_port);
	return talk;
}

static inline struct talk udp_talk(struct skype_hosts *hosts, const char *node,
				   u16 node_port)
{
	struct talk talk =
		talk_between(hosts, CLIENT, CLIENT_PORT, node, node_port);

	skype_flow_start_udp(&talk.flow);
	return talk;
}

static inline struct talk tcp_talk(struct skype_hosts *hosts, const char *node,
				   u16 node_port)
{
	struct talk talk = talk_between(hosts, CLIENT, 40000, node, node_port);

	talk.seq[C] = 0xfffffff0; /* wraps early */
	talk.seq[S] = 7777;
	skype_flow_start_tcp(&talk.flow, talk.seq[C], talk.seq[S]);
	return talk;
}

/*
 * Of @size bytes the capture has the first @len.  Each of them is copied to the
 * heap, so that a read too far is seen.
 */
static inline void hear_part(struct talk *t, int who, const void *bytes, u32 len,
			     u32 size, u32 seq, u8 flags)
{
	u8 *copy = malloc(len ? len : 1);
	struct skype_packet pkt = {
		.view = { .data = copy, .len = len, .size = size },
		.ends = &t->ends,
		.now = t->now,
		.seq = seq,
		.dir = (u8)who,
		.flags = flags,
	};
	struct skype_inspection in = {
		.flow = &t->flow,
		.pkt = &pkt,
		.hosts = t->hosts,
	};

	assert_non_null(copy);
	if (len)
		memcpy(copy, bytes, len);
	skype_classify(&in);
	t->found = in.found;
	if (t->found.events & SKYPE_EVENT_ACCEPTED)
		t->found.events |= skype_flow_accepted(&t->flow, &t->ends,
						       t->hosts, t->now,
						       &t->ended);
	free(copy);
	t->now += 50;
}

static inline void hear(struct talk *t, int who, const void *bytes, u32 len,
			u32 seq, u8 flags)
{
	hear_part(t, who, bytes, len, len, seq, flags);
}

static inline void datagram(struct talk *t, int who, const void *bytes, u32 len)
{
	hear(t, who, bytes, len, 0, 0);
}

/* One segment with PSH: a whole message. */
static inline void message(struct talk *t, int who, const void *bytes, u32 len)
{
	hear(t, who, bytes, len, t->seq[who], SKYPE_TCP_PSH | SKYPE_TCP_ACK);
	t->seq[who] += len;
}

/* A whole message, of which the capture has no byte. */
static inline void unseen(struct talk *t, int who, u32 size)
{
	hear_part(t, who, NULL, 0, size, t->seq[who], SKYPE_TCP_PSH | SKYPE_TCP_ACK);
	t->seq[who] += size;
}

/* A segment without PSH: part of a message. */
static inline void part(struct talk *t, int who, const void *bytes, u32 len)
{
	hear(t, who, bytes, len, t->seq[who], SKYPE_TCP_ACK);
	t->seq[who] += len;
}

static inline void fin(struct talk *t, int who)
{
	hear(t, who, NULL, 0, t->seq[who], SKYPE_TCP_FIN | SKYPE_TCP_ACK);
	t->seq[who]++;
}

/* Bytes without meaning: no zero, and no run of the padding generator. */
static inline const u8 *noise(u32 len)
{
	static u8 bytes[2048];
	u32 x = 12345;

	assert_true(len <= sizeof(bytes));
	for (u32 i = 0; i < len; i++) {
		x = x * 1103515245 + 12345;
		bytes[i] = (u8)(x >> 16) | 1;
	}
	return bytes;
}

/* 18 bytes of type 0x02: the shortest U1, or a positive U4. */
static inline void data_message(struct talk *t, int who, u16 id)
{
	u8 bytes[18];

	memcpy(bytes, noise(sizeof(bytes)), sizeof(bytes));
	bytes[0] = (u8)(id >> 8);
	bytes[1] = (u8)id;
	bytes[2] = 0x02;
	datagram(t, who, bytes, sizeof(bytes));
}

/* 1.1: eight peers, asked by ids that climb by 2, prove who asks. */
static inline void prove_by_chain(struct skype_hosts *hosts, const char *client, u16 port)
{
	struct talk t;

	for (u16 i = 1; i <= 8; i++) {
		char peer[] = "203.0.113.0";

		peer[sizeof(peer) - 2] = (char)('0' + i);
		t = talk_between(hosts, client, port, peer, NODE_PORT);
		skype_flow_start_udp(&t.flow);
		data_message(&t, C, 2 * i);
	}
	assert_int_equal(t.flow.grade, SKYPE_GRADE_LIKELY);
}

static inline void say(struct talk *t, int who, u32 size)
{
	message(t, who, noise(size), size);
}

/* Padding, section 4.1: g' = (0xCD * g + 0x71) mod 256 */
static inline void padding(u8 *at, u32 len, u8 first)
{
	unsigned int g = first;

	for (u32 i = 0; i < len; i++) {
		at[i] = (u8)g;
		g = (0xCD * g + 0x71) % 256;
	}
}

/* R1: its 56 fixed bytes (2.2), and a challenge that is one run of padding (4.2) */
static inline const u8 *r1(void)
{
	static u8 bytes[72] =
		"\x80\x46\x01\x03\x01\x00\x2d\x00\x00\x00\x10\x00\x00\x05\x00\x00"
		"\x04\x00\x00\x0a\x00\x00\x09\x00\x00\x64\x00\x00\x62\x00\x00\x08"
		"\x00\x00\x03\x00\x00\x06\x01\x00\x80\x07\x00\xc0\x03\x00\x80\x06"
		"\x00\x40\x02\x00\x80\x04\x00\x80";

	padding(bytes + 56, 16, 0x5a);
	return bytes;
}

static inline const char *reasons_of(const struct talk *t)
{
	static char text[512];
	int reason, at = 0;

	text[0] = '\0';
	for (unsigned int i = 0; (reason = skype_reasons_at(t->flow.reasons, i)) >= 0; i++)
		at += snprintf(text + at, sizeof(text) - at, "%s%s",
			       i ? " " : "", skype_reason_name(reason));
	return text;
}

/* The verdict as words: "probe certain: u1 u2-echo" */
static inline void verdict_is(const struct talk *t, const char *expected)
{
	char got[600];

	snprintf(got, sizeof(got), "%s %s: %s", skype_class_name(t->flow.class),
		 skype_grade_name(t->flow.grade), reasons_of(t));
	assert_string_equal(got, expected);
}

#endif /* TESTS_CORE_H */
