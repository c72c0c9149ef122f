// SPDX-License-Identifier: GPL-2.0
/*
 * Super node handshake, ports 443 and 80, the keyless proofs and the order of
 * segments: signatures.md, sections 2.1, 2.2, 4.1, 4.2 and 5.
 */
#include "core.h"

/* 2.2: the 79 fixed bytes of R2 */
static const u8 r2_prefix[79] =
	"\x16\x03\x01\x00\x4a\x02\x00\x00\x46\x03\x01\x40\x1b\xe4\x86\x02"
	"\xad\xe0\x29\xe1\x77\x74\xe5\x44\xb9\xc9\x9c\xb4\x31\x31\x5e\x02"
	"\xdd\x77\x9d\x15\x4a\x96\x09\xba\x5d\xa8\x70\x20\x1c\xa0\xe4\xf6"
	"\x4c\x63\x51\xae\x2f\x8e\x4e\xe1\xe6\x76\x6a\x0a\x88\xd5\xd8\xc5"
	"\x5c\xae\x98\xc5\xe4\x81\xf2\x2a\x69\xbf\x90\x58\x00\x05\x00";

/*
 * 4.1: seed(4), then under a key stream that restarts after 10 bytes:
 * sequence(2) 00 00 00 01 flags(4) | 2n + 3, 03, n bytes of padding
 */
static const u8 *ks(u32 pad, u8 last_flag)
{
	static u8 bytes[256];
	const u8 *key = noise(300) + 33;
	u32 i;

	assert_true(16 + pad <= sizeof(bytes));
	memcpy(bytes, "\xde\xad\xbe\xef\x12\x34\x00\x00\x00\x01\x00\x00\x00", 13);
	bytes[13] = last_flag;
	bytes[14] = (u8)(2 * pad + 3);
	bytes[15] = 3;
	padding(bytes + 16, pad, 0xc7);
	for (i = 0; i < 10; i++)
		bytes[4 + i] ^= key[i];
	for (i = 0; i < pad + 2; i++)
		bytes[14 + i] ^= key[i];
	return bytes;
}

/* T1 of v1.x: 14 bytes (4.1) without any restart in sight */
static const u8 *t1(void)
{
	return ks(8, 3); /* its first 14 bytes */
}

/*
 * 4.2, T1T2: T1[4] ^ T2[0] = 2 * (s - 1); q[8] = 0x42; q[6..7] = q[1..2] - 1
 * where q = T1[4..13] ^ T2[0..9] ^ (00 01 00 00 00 01 00 00 00 01)
 */
static const u8 *t2(u32 size)
{
	static u8 bytes[64];
	static const u8 mask[10] = { 0, 1, 0, 0, 0, 1, 0, 0, 0, 1 };
	u8 q[10] = { 0, 0x35, 0x00, 0x11, 0x22, 0x33, 0x34, 0xff, 0x42, 0x77 };

	q[0] = (u8)(2 * (size - 1));
	memcpy(bytes, noise(size), size);
	for (int i = 0; i < 10; i++)
		bytes[i] = t1()[4 + i] ^ q[i] ^ mask[i];
	return bytes;
}

/* 4.2, DH: bytes from 48 to the end of the first message are one run */
static const u8 *dh(u32 size)
{
	static u8 bytes[256];

	memcpy(bytes, noise(48), 48);
	padding(bytes + 48, size - 48, 0x11);
	return bytes;
}

/* A UDP request, repeated with other ids, and its answer of 18 bytes (1.1) */
static void probe_again(struct skype_hosts *hosts, const char *client, const char *node,
			u16 port, u32 requests)
{
	struct talk t = talk_between(hosts, client, CLIENT_PORT, node, port);

	skype_flow_start_udp(&t.flow);
	for (u16 id = 0; id < requests; id++)
		data_message(&t, C, id);
	data_message(&t, S, 0x5512);
}

/* Let the client know the node (5) */
static void probe_positively(struct skype_hosts *hosts, const char *client,
			     const char *node, u16 port)
{
	probe_again(hosts, client, node, port, 1);
}

static void handshake(struct talk *t, u32 a, u32 b, u32 t2_size, u32 t3, u32 t4)
{
	say(t, C, a);
	say(t, S, b);
	say(t, C, t2_size);
	say(t, S, t3);
	say(t, C, t4);
}

/* 5: "T2 T3 T4 without any of these is nothing" */
static void sizes_alone_are_nothing(void **state)
{
	struct talk t = tcp_talk(*state, NODE, NODE_PORT);

	handshake(&t, 14, 73, 25, 587, 16);
	assert_int_equal(t.flow.grade, SKYPE_GRADE_NONE);
	assert_int_equal(t.flow.class, SKYPE_CLASS_NONE);
	assert_int_equal(t.found.note, SKYPE_NOTE_TCP_UNKNOWN_NODE);
	assert_true(t.flow.done);
	assert_int_equal(skype_flow_state_byte(&t.flow), 0);
	message(&t, C, ks(20, 1), 36); /* done is done */
	assert_int_equal(t.flow.grade, SKYPE_GRADE_NONE);
	assert_int_equal(t.flow.packets, 5);
}

/* 1.1, 2.1 and 5: to a node that this client probed positively */
static void handshake_with_a_known_node(void **state)
{
	static const u32 t2[] = { 22, 25, 28, 29 }, t4[] = { 4, 15, 16, 17 };

	probe_positively(*state, CLIENT, NODE, NODE_PORT);
	for (u32 i = 0; i < ARRAY_SIZE(t4); i++) {
		struct talk t = tcp_talk(*state, NODE, NODE_PORT);

		handshake(&t, 14, 37, t2[i], 58 + i * 200, t4[i]);
		verdict_is(&t, "supernode likely: t1 t2-t3-t4 supernode-known");
		assert_int_equal(t.flow.decided_at, 5);
		assert_int_equal(t.flow.version, SKYPE_VERSION_1_X);
		assert_false(t.flow.done);
		fin(&t, C);
		assert_true(t.flow.done);
	}
}

/* 5: the node may answer while the connection is on its way */
static void a_node_known_since(void **state)
{
	struct talk t = tcp_talk(*state, NODE, NODE_PORT);

	say(&t, C, 14);
	say(&t, S, 73);
	probe_positively(*state, CLIENT, NODE, NODE_PORT);
	say(&t, C, 25);
	say(&t, S, 587);
	say(&t, C, 16);
	verdict_is(&t, "supernode likely: t1 t2-t3-t4 supernode-known");
}

/* 2.1: v2.0 has another pair of messages and no fixed T1 */
static void handshake_of_version_2(void **state)
{
	struct talk t = tcp_talk(*state, NODE, NODE_PORT);

	probe_positively(*state, CLIENT, NODE, NODE_PORT);
	say(&t, C, 33);
	say(&t, S, 40);
	say(&t, C, 61);
	say(&t, S, 77);
	say(&t, C, 26);
	say(&t, S, 300);
	say(&t, C, 15);
	verdict_is(&t, "supernode likely: t2-t3-t4 supernode-known");
	assert_int_equal(t.flow.version, SKYPE_VERSION_2_X);
}

/* 5: another client's probe counts only when that client is proven */
static void another_clients_probe_does_not_count(void **state)
{
	struct talk t = tcp_talk(*state, NODE, NODE_PORT);

	probe_positively(*state, "192.0.2.66", NODE, NODE_PORT);
	handshake(&t, 14, 73, 25, 587, 16);
	assert_int_equal(t.flow.grade, SKYPE_GRADE_NONE);
}

/* 5: two NACKs prove an endpoint, one does not */
static void a_lone_nack_makes_no_proven_client(void **state)
{
	static const u8 nack[11] = { 0x4f, 0x10, 0x97, 203, 0, 113, 5, 1, 2, 3, 4 };
	struct talk t = talk_between(*state, "192.0.2.66", CLIENT_PORT, NODE, NODE_PORT);

	skype_flow_start_udp(&t.flow);
	data_message(&t, C, 0x4f10);
	datagram(&t, S, nack, sizeof(nack));
	data_message(&t, S, 0x5512);
	verdict_is(&t, "probe likely: u1 u2-echo u4-positive");
	t = tcp_talk(*state, NODE, NODE_PORT);
	handshake(&t, 14, 73, 25, 587, 16);
	assert_int_equal(t.flow.grade, SKYPE_GRADE_NONE);
}

/* 5: then it counts for every client, however often it had to ask */
static void a_proven_clients_probe_counts_for_all(void **state)
{
	static const char other[] = "192.0.2.66";
	struct talk t;

	prove_by_chain(*state, other, CLIENT_PORT);
	for (u16 requests = 1; requests <= 3; requests++) {
		probe_again(*state, other, NODE, NODE_PORT + requests, requests);
		t = tcp_talk(*state, NODE, NODE_PORT + requests);
		handshake(&t, 14, 73, 25, 587, 16);
		verdict_is(&t, "supernode likely: t1 t2-t3-t4 supernode-known");
	}
}

/* 5: evidence expires, though a host that is not proven still gets answers */
static void a_proven_clients_probe_expires(void **state)
{
	static const char proven[] = "192.0.2.66", other[] = "192.0.2.67";
	struct talk t;

	prove_by_chain(*state, proven, CLIENT_PORT);
	probe_positively(*state, proven, NODE, NODE_PORT);
	t = talk_between(*state, other, CLIENT_PORT, NODE, NODE_PORT);
	skype_flow_start_udp(&t.flow);
	t.now += 20 * 60000;
	data_message(&t, C, 1);
	data_message(&t, S, 0x5512);
	t = tcp_talk(*state, NODE, NODE_PORT);
	t.now += 29 * 60000;
	handshake(&t, 14, 73, 25, 587, 16);
	verdict_is(&t, "supernode likely: t1 t2-t3-t4 supernode-known");
	t = tcp_talk(*state, NODE, NODE_PORT);
	t.now += 31 * 60000;
	handshake(&t, 14, 73, 25, 587, 16);
	verdict_is(&t, "none none: t1 t2-t3-t4");
}

/* 1.1: of v2.0 too, whose U1 has another size, and which was asked before the proof */
static void a_proven_clients_longer_probe(void **state)
{
	static const char other[] = "192.0.2.66";
	struct talk t = talk_between(*state, other, CLIENT_PORT, NODE, NODE_PORT);
	u8 request[24];

	memcpy(request, noise(24), 24);
	request[2] = 0x02;
	skype_flow_start_udp(&t.flow);
	datagram(&t, C, request, sizeof(request));
	prove_by_chain(*state, other, CLIENT_PORT);
	data_message(&t, S, 0x5512);
	t = tcp_talk(*state, NODE, NODE_PORT);
	handshake(&t, 14, 73, 25, 587, 16);
	verdict_is(&t, "supernode likely: t1 t2-t3-t4 supernode-known");
}

/* 2.1: each size wrong by one */
static void a_wrong_size_is_no_handshake(void **state)
{
	static const u32 cases[][3] = {
		{ 21, 587, 16 }, { 30, 587, 16 }, { 25, 57, 16 },
		{ 25, 587, 3 },	 { 25, 587, 5 },  { 25, 587, 14 },
		{ 25, 587, 18 },
	};

	probe_positively(*state, CLIENT, NODE, NODE_PORT);
	for (u32 i = 0; i < ARRAY_SIZE(cases); i++) {
		struct talk t = tcp_talk(*state, NODE, NODE_PORT);

		handshake(&t, 14, 73, cases[i][0], cases[i][1], cases[i][2]);
		assert_int_equal(t.flow.class, SKYPE_CLASS_NONE);
	}
}

/* 2.1: "only sizes and order count": nothing stands between T2, T3 and T4 */
static void the_order_of_a_handshake_counts(void **state)
{
	static const struct {
		int who;
		u32 size, behind; /* a message more, behind T2 or T3 */
	} cases[] = {
		{ C, 50, 2 }, { S, 57, 2 }, { C, 50, 3 },
	};

	probe_positively(*state, CLIENT, NODE, NODE_PORT);
	for (u32 i = 0; i < ARRAY_SIZE(cases); i++) {
		struct talk t = tcp_talk(*state, NODE, NODE_PORT);

		say(&t, C, 14);
		say(&t, S, 73);
		say(&t, C, 25);
		if (cases[i].behind == 2)
			say(&t, cases[i].who, cases[i].size);
		say(&t, S, 587);
		if (cases[i].behind == 3)
			say(&t, cases[i].who, cases[i].size);
		say(&t, C, 16);
		verdict_is(&t, "none none: t1");
	}
}

/* 2.1: T3 of 339 bytes is a refusal: signal, never a super node */
static void a_refused_handshake_is_signal(void **state)
{
	struct talk t = tcp_talk(*state, NODE, NODE_PORT);

	probe_positively(*state, CLIENT, NODE, NODE_PORT);
	handshake(&t, 14, 73, 25, 339, 16);
	verdict_is(&t, "signal likely: t1 t3-refused supernode-known");

	t = tcp_talk(*state, NODE, NODE_PORT); /* no later T3 makes up for it */
	say(&t, C, 14);
	say(&t, S, 73);
	say(&t, C, 25);
	say(&t, S, 339);
	say(&t, S, 587);
	say(&t, C, 16);
	verdict_is(&t, "signal likely: t1 t3-refused supernode-known");
}

/* A T3 in segments of the MSS is one message until PSH (4.2, 5) */
static void a_split_message_is_one(void **state)
{
	struct talk t = tcp_talk(*state, NODE, NODE_PORT);

	probe_positively(*state, CLIENT, NODE, NODE_PORT);
	say(&t, C, 14);
	say(&t, S, 73);
	say(&t, C, 25);
	part(&t, S, noise(300), 300);
	say(&t, S, 39); /* 339 in all */
	verdict_is(&t, "signal likely: t1 t3-refused supernode-known");
}

/* 2.1, 2.2, 4.2: s is that of the message, which goes on until PSH */
static void a_part_of_a_message_is_no_message(void **state)
{
	struct talk t = tcp_talk(*state, NODE, 443);
	u8 bytes[16];

	part(&t, C, r1(), 72);
	say(&t, C, 10);
	verdict_is(&t, "none none: ");

	memcpy(bytes, noise(16), 16);
	bytes[0] = 0x9b;
	bytes[14] = bytes[4] ^ 3;
	bytes[15] = bytes[5] ^ 2;
	t = tcp_talk(*state, NODE, 80);
	part(&t, C, bytes, 16);
	say(&t, C, 3);
	verdict_is(&t, "none none: ");

	t = tcp_talk(*state, NODE, NODE_PORT);
	part(&t, C, t1(), 14);
	say(&t, C, 10);
	verdict_is(&t, "none none: ");

	t = tcp_talk(*state, NODE, NODE_PORT);
	message(&t, C, t1(), 14);
	say(&t, S, 73);
	part(&t, C, t2(25), 25);
	say(&t, C, 10);
	verdict_is(&t, "none none: t1");

	t = tcp_talk(*state, NODE, NODE_PORT);
	part(&t, C, dh(90), 90);
	say(&t, C, 10);
	say(&t, S, 70);
	say(&t, C, 8);
	verdict_is(&t, "none none: ");

	t = tcp_talk(*state, NODE, NODE_PORT);
	message(&t, C, dh(90), 90);
	say(&t, S, 70);
	part(&t, C, noise(8), 8);
	say(&t, C, 10);
	verdict_is(&t, "none none: ");

	t = tcp_talk(*state, NODE, NODE_PORT);
	part(&t, C, noise(50), 50);
	message(&t, C, ks(20, 1), 36);
	verdict_is(&t, "none none: ");
}

/* 2.1: a message goes on until PSH; behind a FIN nothing can go on */
static void the_last_message_ends_with_the_fin(void **state)
{
	struct talk t = tcp_talk(*state, NODE, 443);

	hear(&t, C, r1(), 72, t.seq[C], SKYPE_TCP_FIN | SKYPE_TCP_ACK);
	verdict_is(&t, "signal certain: r1 r1-padding");
}

/* 4.2, KS: 48 bits of padding and the last flag byte 1, 3 or 0x0f */
static void key_stream_restart(void **state)
{
	static const u8 flags[] = { 1, 3, 0x0f };

	for (u32 i = 0; i < ARRAY_SIZE(flags); i++) {
		struct talk t = tcp_talk(*state, NODE, NODE_PORT);

		message(&t, i == 1 ? S : C, ks(8 + i, flags[i]), 24 + i);
		verdict_is(&t, "signal certain: ks");
		assert_int_equal(t.flow.decided_at, 1);
	}
}

/* Every bit of the proof counts */
static void a_broken_key_stream_is_nothing(void **state)
{
	static const u8 at[] = { 6, 9, 12, 13, 16, 19, 22, 23 };

	for (u32 i = 0; i < ARRAY_SIZE(at); i++) {
		struct talk t = tcp_talk(*state, NODE, NODE_PORT);
		u8 bytes[40];

		memcpy(bytes, ks(24, 3), sizeof(bytes));
		bytes[at[i]] ^= 0x40;
		message(&t, C, bytes, sizeof(bytes));
		verdict_is(&t, "none none: ");
	}
}

static void key_stream_needs_24_bytes_and_the_first_message(void **state)
{
	struct talk t = tcp_talk(*state, NODE, NODE_PORT);

	message(&t, C, ks(7, 3), 23);
	verdict_is(&t, "none none: ");
	message(&t, C, ks(20, 3), 36);
	verdict_is(&t, "none none: ");
}

/* 4.2, T1T2: all three relations, then the handshake completes */
static void t1_and_t2_share_a_key_stream(void **state)
{
	struct talk t = tcp_talk(*state, NODE, NODE_PORT);

	message(&t, C, t1(), 14);
	verdict_is(&t, "none none: t1");
	say(&t, S, 73);
	message(&t, C, t2(25), 25);
	verdict_is(&t, "signal certain: t1 t1t2");
	assert_int_equal(t.flow.version, SKYPE_VERSION_1_X);
	assert_int_equal(t.flow.decided_at, 3);
	say(&t, S, 587);
	say(&t, C, 16);
	verdict_is(&t, "supernode certain: t1 t1t2 t2-t3-t4");
	assert_int_equal(t.flow.decided_at, 5);
	assert_true(t.found.events & SKYPE_EVENT_SESSION_START);
}

/* 2.2, 4.2: behind R1, R3 has the place of T1; on other ports no second message has */
static void r3_and_t2_share_a_key_stream(void **state)
{
	struct talk t = tcp_talk(*state, NODE, 443);
	u8 bytes[72];

	memcpy(bytes, r1(), 72);
	bytes[71] ^= 1;
	message(&t, C, bytes, 72);
	message(&t, S, r2_prefix, 78); /* R2 may be anything */
	message(&t, C, t1(), 14);
	say(&t, S, 60);
	message(&t, C, t2(25), 25);
	verdict_is(&t, "signal certain: r1 t1t2");
	for (int whole = 0; whole < 2; whole++) { /* it is 14 bytes */
		t = tcp_talk(*state, NODE, 443);
		message(&t, C, bytes, 72);
		if (whole) {
			message(&t, C, ks(8, 3), 15);
		} else {
			part(&t, C, t1(), 14);
			say(&t, C, 3);
		}
		say(&t, S, 60);
		message(&t, C, t2(25), 25);
		verdict_is(&t, "signal likely: r1");
	}

	probe_positively(*state, CLIENT, NODE, NODE_PORT);
	t = tcp_talk(*state, NODE, NODE_PORT);
	say(&t, C, 33);
	say(&t, S, 40);
	message(&t, C, t1(), 14);
	say(&t, S, 60);
	message(&t, C, t2(25), 25);
	verdict_is(&t, "none none: ");
}

/* 4.2: T1 is 14 bytes; of another first message T2 tells nothing, whatever it is */
static void t2_needs_its_t1(void **state)
{
	static const u8 mask[10] = { 0, 1, 0, 0, 0, 1, 0, 0, 0, 1 };
	static const u8 q[10] = { 48, 0x35, 0x00, 0x11, 0x22, 0x33, 0x34, 0xff, 0x42, 0x77 };
	struct talk t = tcp_talk(*state, NODE, NODE_PORT);
	u8 bytes[25];

	memcpy(bytes, noise(25), 25);
	for (int i = 0; i < 10; i++)
		bytes[i] = q[i] ^ mask[i]; /* as behind a T1 of zeros */
	probe_positively(*state, CLIENT, NODE, NODE_PORT);
	say(&t, C, 33);
	say(&t, S, 40);
	message(&t, C, bytes, 25);
	verdict_is(&t, "none none: ");
}

static void each_relation_of_t1t2_counts(void **state)
{
	static const u8 at[] = { 0, 1, 2, 6, 7, 8 };

	for (u32 i = 0; i < ARRAY_SIZE(at); i++) {
		struct talk t = tcp_talk(*state, NODE, NODE_PORT);
		u8 bytes[25];

		memcpy(bytes, t2(25), 25);
		bytes[at[i]] ^= 0x10;
		message(&t, C, t1(), 14);
		say(&t, S, 73);
		message(&t, C, bytes, 25);
		verdict_is(&t, "none none: t1");
	}
}

/* 4.2 and 5, DH: at least 5 steps certain, 3 or 4 likely, fewer nothing */
static void key_exchange(void **state)
{
	static const struct {
		u32 size;
		const char *expected;
	} cases[] = {
		{ 51, "none none: " },	      { 52, "signal likely: dh" },
		{ 53, "signal likely: dh" },  { 54, "signal certain: dh" },
		{ 111, "signal certain: dh" },
	};

	for (u32 i = 0; i < ARRAY_SIZE(cases); i++) {
		struct talk t = tcp_talk(*state, NODE, NODE_PORT);

		message(&t, C, dh(cases[i].size), cases[i].size);
		verdict_is(&t, "none none: ");
		say(&t, S, 70);
		say(&t, C, 8);
		verdict_is(&t, cases[i].expected);
		assert_int_equal(t.flow.version, t.flow.grade ? SKYPE_VERSION_5_5 :
								SKYPE_VERSION_UNKNOWN);
	}
}

/* 4.2: the run is the proof, so 8 bytes behind another first message are nothing */
static void eight_bytes_need_a_key_exchange(void **state)
{
	struct talk t = tcp_talk(*state, NODE, NODE_PORT);

	message(&t, C, t1(), 14);
	say(&t, S, 73);
	say(&t, C, 8);
	verdict_is(&t, "none none: t1");
	t = tcp_talk(*state, NODE, NODE_PORT);
	message(&t, C, t1(), 14);
	fin(&t, C);
	verdict_is(&t, "none none: t1");
}

static void key_exchange_needs_8_bytes_and_a_whole_run(void **state)
{
	for (u32 second = 7; second <= 9; second += 2) {
		struct talk t = tcp_talk(*state, NODE, NODE_PORT);

		message(&t, C, dh(90), 90);
		say(&t, S, 70);
		say(&t, C, second);
		fin(&t, C);
		verdict_is(&t, "none none: ");
	}
	for (u32 at = 49; at < 60; at += 5) {
		struct talk t = tcp_talk(*state, NODE, NODE_PORT);
		u8 bytes[60];

		memcpy(bytes, dh(60), 60);
		bytes[at] ^= 1;
		message(&t, C, bytes, 60);
		say(&t, S, 70);
		say(&t, C, 8);
		verdict_is(&t, "none none: ");
	}
}

/* 4.2: "the server's bytes are not used", so that some are missing is nothing */
static void key_exchange_with_a_gap_of_the_server(void **state)
{
	struct talk t = tcp_talk(*state, NODE, NODE_PORT);

	message(&t, C, dh(90), 90);
	t.seq[S] += 1000;
	say(&t, S, 70);
	say(&t, C, 8);
	verdict_is(&t, "signal certain: dh");
}

/* 4.2: "to its end", which a capture may not have */
static void key_exchange_without_its_end(void **state)
{
	struct talk t = tcp_talk(*state, NODE, NODE_PORT);

	hear_part(&t, C, dh(90), 60, 90, t.seq[C], SKYPE_TCP_PSH | SKYPE_TCP_ACK);
	t.seq[C] += 90;
	say(&t, S, 70);
	say(&t, C, 8);
	verdict_is(&t, "none none: ");
}

/* Without a second message a run as long as R1's (15 steps) is the proof */
static void key_exchange_cut_short(void **state)
{
	struct talk t = tcp_talk(*state, NODE, NODE_PORT);

	message(&t, C, dh(64), 64);
	fin(&t, C);
	verdict_is(&t, "signal certain: dh");
	for (int who = C; who <= S; who++) {
		t = tcp_talk(*state, NODE, NODE_PORT);
		message(&t, C, dh(64), 64);
		hear(&t, who, NULL, 0, t.seq[who], SKYPE_TCP_RST);
		verdict_is(&t, "signal certain: dh");
		assert_true(t.flow.done);
	}
	t = tcp_talk(*state, NODE, NODE_PORT);
	message(&t, C, dh(63), 63);
	fin(&t, C);
	verdict_is(&t, "none none: ");
	t = tcp_talk(*state, NODE, NODE_PORT);
	message(&t, C, dh(64), 64);
	t.seq[C] += 4; /* there is a second one, and it is longer than 8 bytes */
	say(&t, C, 20);
	fin(&t, C);
	verdict_is(&t, "none none: ");
}

/* 2.2, 4.2: R1 with its padding run; R1 with a random challenge */
static void imitated_client_hello(void **state)
{
	struct talk t = tcp_talk(*state, NODE, 443);
	u8 bytes[72];

	message(&t, C, r1(), 72);
	verdict_is(&t, "signal certain: r1 r1-padding");
	assert_int_equal(t.flow.decided_at, 1);
	memcpy(bytes, r1(), 72);
	bytes[71] ^= 1;
	t = tcp_talk(*state, NODE, 443);
	message(&t, C, bytes, 72);
	verdict_is(&t, "signal likely: r1");
}

static void a_foreign_client_hello_is_nothing(void **state)
{
	for (u32 at = 0; at < 56; at++) {
		struct talk t = tcp_talk(*state, NODE, 443);
		u8 bytes[72];

		memcpy(bytes, r1(), 72);
		bytes[at] ^= 1;
		message(&t, C, bytes, 72);
		verdict_is(&t, "none none: ");
	}
	for (u32 size = 71; size <= 73; size += 2) {
		struct talk t = tcp_talk(*state, NODE, 443);
		u8 bytes[73] = { 0 };

		memcpy(bytes, r1(), 72);
		message(&t, C, bytes, size);
		verdict_is(&t, "none none: ");
	}
}

static void imitated_server_hello(void **state)
{
	struct talk t = tcp_talk(*state, NODE, 443);
	u8 bytes[93];

	memcpy(bytes, noise(93), 93);
	memcpy(bytes, r2_prefix, 79);
	message(&t, C, r1(), 72);
	message(&t, S, bytes, 93);
	verdict_is(&t, "signal certain: r1 r1-padding r2");
	for (u32 at = 0; at < 79; at++) {
		t = tcp_talk(*state, NODE, 443);
		bytes[at] ^= 1;
		say(&t, C, 50);
		message(&t, S, bytes, 93);
		verdict_is(&t, "none none: ");
		bytes[at] ^= 1;
	}
}

/* 4.2, KS on 443: the client's second message, behind R1 */
static void key_stream_behind_r1(void **state)
{
	struct talk t = tcp_talk(*state, NODE, 443);

	message(&t, C, r1(), 72);
	message(&t, C, ks(20, 1), 36);
	verdict_is(&t, "signal certain: r1 r1-padding ks");
	t = tcp_talk(*state, NODE, 443);
	message(&t, C, r1(), 72);
	say(&t, C, 40);
	message(&t, C, ks(20, 1), 36); /* the third */
	verdict_is(&t, "signal certain: r1 r1-padding");
}

/* 5, order: proofs within one message need that message only, whatever is missing */
static void proofs_behind_a_gap(void **state)
{
	struct talk t;
	u8 bytes[93];

	memcpy(bytes, r1(), 72);
	bytes[71] ^= 1;
	t = tcp_talk(*state, NODE, 443);
	message(&t, C, bytes, 72);
	verdict_is(&t, "signal likely: r1");
	t.seq[S] += 100;
	say(&t, S, 60);
	message(&t, C, ks(20, 1), 36);
	verdict_is(&t, "signal certain: r1 ks");

	t = tcp_talk(*state, NODE, 443);
	message(&t, C, bytes, 72);
	t.seq[C] += 100;
	say(&t, C, 60);
	memcpy(bytes, noise(93), 93);
	memcpy(bytes, r2_prefix, 79);
	message(&t, S, bytes, 93);
	verdict_is(&t, "signal certain: r1 r2");
}

/* 4.2 and 5, order: KS on 443 is the client's second message, R1 captured or not */
static void key_stream_behind_a_lost_r1(void **state)
{
	struct talk t = tcp_talk(*state, NODE, 443);

	t.seq[C] += 72;
	message(&t, C, ks(20, 1), 36);
	verdict_is(&t, "signal certain: ks");

	t = tcp_talk(*state, NODE, NODE_PORT); /* elsewhere it is the first */
	t.seq[C] += 72;
	message(&t, C, ks(20, 1), 36);
	verdict_is(&t, "none none: ");

	for (u32 len = 1; len < 56; len++) { /* cut off by the capture */
		t = tcp_talk(*state, NODE, 443);
		hear_part(&t, C, r1(), len, 72, t.seq[C], SKYPE_TCP_PSH | SKYPE_TCP_ACK);
		t.seq[C] += 72;
		verdict_is(&t, "none none: ");
		message(&t, C, ks(20, 1), 36);
		verdict_is(&t, "signal certain: ks");
	}
	t = tcp_talk(*state, NODE, 443); /* proves nothing by itself */
	hear_part(&t, C, r1(), 40, 72, t.seq[C], SKYPE_TCP_PSH | SKYPE_TCP_ACK);
	t.seq[C] += 72;
	say(&t, S, 60);
	say(&t, C, 14);
	say(&t, S, 60);
	say(&t, C, 25);
	say(&t, S, 400);
	say(&t, C, 4);
	verdict_is(&t, "none none: t2-t3-t4");
}

/* 4.2 and 5, order: three connections of 2015 have two pairs L1 L2 before L3 */
static void login_behind_a_gap(void **state)
{
	static const u8 l1[] = { 0x16, 0x03, 0x01, 0x00, 0x00 };
	static const u8 l2[] = { 0x17, 0x03, 0x01, 0x00, 0x00 };
	u8 l3[200];

	memcpy(l3, noise(200), 200);
	memcpy(l3, "\x16\x03\x01\x00\xb4\x42\xcd\xef\xe7\x40\xd7\x2f\x1d", 13);
	for (int lost = 0; lost < 2; lost++) {
		struct talk t = tcp_talk(*state, NODE, NODE_PORT);

		lost == C ? (void)(t.seq[C] += 5) : message(&t, C, l1, 5);
		lost == S ? (void)(t.seq[S] += 5) : message(&t, S, l2, 5);
		say(&t, C, 5);
		say(&t, S, 5);
		say(&t, C, 5);
		say(&t, S, 5);
		message(&t, C, l3, 200);
		verdict_is(&t, "login certain: l3-late");
	}
}

/* 5: nor is a connection with a gap inspected for ever */
static void nothing_behind_a_gap(void **state)
{
	struct talk t = tcp_talk(*state, NODE, NODE_PORT);

	say(&t, C, 50);
	t.seq[S] += 1000;
	for (u32 i = 0; i < 63; i++) {
		assert_false(t.flow.done);
		say(&t, S, 1000);
	}
	assert_true(t.flow.done);
	verdict_is(&t, "none none: ");
}

/* What waits for a proof that does not come is watched for voice, and done with */
static void a_download_behind_a_gap(void **state)
{
	struct talk t = tcp_talk(*state, NODE, 443);
	u8 bytes[72];

	memcpy(bytes, r1(), 72);
	bytes[71] ^= 1;
	message(&t, C, bytes, 72);
	say(&t, S, 100);
	t.seq[S] += 1000;
	for (int i = 0; i < 600 && !t.flow.done; i++)
		part(&t, S, noise(1000), 1000);
	assert_true(t.flow.done);
	verdict_is(&t, "signal likely: r1");
}

/* 2.2: R1 R2 R3, then T2 T3 T4 with narrower sizes */
static void handshake_over_443(void **state)
{
	static const struct {
		u32 t2, t4;
		u8 class;
	} cases[] = {
		{ 23, 4, SKYPE_CLASS_SUPERNODE },  { 27, 16, SKYPE_CLASS_SUPERNODE },
		{ 22, 4, SKYPE_CLASS_SIGNAL },	   { 28, 4, SKYPE_CLASS_SIGNAL },
		{ 25, 17, SKYPE_CLASS_SIGNAL },
	};

	for (u32 i = 0; i < ARRAY_SIZE(cases); i++) {
		struct talk t = tcp_talk(*state, NODE, 443);

		message(&t, C, r1(), 72);
		message(&t, S, r2_prefix, 79);
		say(&t, C, 14);
		say(&t, S, 60);
		say(&t, C, cases[i].t2);
		say(&t, S, 400);
		say(&t, C, cases[i].t4);
		assert_int_equal(t.flow.class, cases[i].class);
		assert_int_equal(t.flow.grade, SKYPE_GRADE_CERTAIN);
	}
}

/* 2.1, 2.2: v2.0 has another pair of messages behind R3 too */
static void handshake_of_version_2_over_443(void **state)
{
	struct talk t = tcp_talk(*state, NODE, 443);

	message(&t, C, r1(), 72);
	say(&t, S, 93);
	say(&t, C, 33);
	say(&t, S, 40);
	say(&t, C, 61);
	say(&t, S, 77);
	say(&t, C, 25);
	say(&t, S, 300);
	say(&t, C, 15);
	verdict_is(&t, "supernode certain: r1 r1-padding t2-t3-t4");
}

/* 2.2: R3 comes before T2 */
static void no_handshake_without_r3(void **state)
{
	struct talk t = tcp_talk(*state, NODE, 443);

	message(&t, C, r1(), 72);
	message(&t, S, r2_prefix, 79);
	say(&t, C, 25);
	say(&t, S, 400);
	say(&t, C, 4);
	verdict_is(&t, "signal certain: r1 r1-padding r2");
	assert_int_equal(t.flow.class, SKYPE_CLASS_SIGNAL);

	t = tcp_talk(*state, NODE, 80); /* as v2.5 begins there */
	say(&t, C, 11);
	say(&t, S, 20);
	say(&t, C, 25);
	say(&t, S, 100);
	say(&t, C, 4);
	verdict_is(&t, "none none: ");
}

/* An inspection without a verdict has an end, whatever comes one way or in one piece. */
static void nothing_is_not_inspected_for_ever(void **state)
{
	struct talk t;

	for (int push = 0; push < 2; push++) { /* an upload */
		t = tcp_talk(*state, NODE, NODE_PORT);
		for (u32 i = 0; i < 64; i++)
			push ? say(&t, C, 1000) : part(&t, C, noise(1000), 1000);
		verdict_is(&t, "none none: ");
		assert_true(t.flow.done);
	}
	t = tcp_talk(*state, NODE, NODE_PORT);
	say(&t, C, 14); /* a request like T1, and an answer in one piece */
	for (u32 i = 0; i < 63; i++)
		part(&t, S, noise(1000), 1000);
	verdict_is(&t, "none none: t1");
	assert_true(t.flow.done);
}

/* 2.2: R2 R3, then T1 to T4 with the sizes of the fallback */
static void behind_r1_of_80(struct talk *t)
{
	say(t, S, 30);
	say(t, C, 14);
	say(t, S, 30);
	say(t, C, 23);
	say(t, S, 200);
	say(t, C, 16);
}

/* 2.2, port 80 of v1.4: R1[5..6] and R1[15..16] share their high nibbles */
static void port_80_version_1(void **state)
{
	u8 bytes[16];
	struct talk t;

	memcpy(bytes, noise(16), 16);
	bytes[0] = 0x9b;
	bytes[14] = bytes[4] ^ 3; /* 4.1: C[4] ^ C[14] = 3, C[5] ^ C[15] = 2 */
	bytes[15] = bytes[5] ^ 2;
	t = tcp_talk(*state, NODE, 80);
	message(&t, C, bytes, 16);
	verdict_is(&t, "signal suspect: r1-80-v1");
	assert_int_equal(t.flow.version, SKYPE_VERSION_1_X);
	behind_r1_of_80(&t);
	verdict_is(&t, "supernode likely: r1-80-v1 t2-t3-t4");
	for (int at = 14; at < 16; at++) {
		t = tcp_talk(*state, NODE, 80);
		bytes[at] ^= 0x10;
		message(&t, C, bytes, 16);
		verdict_is(&t, "none none: ");
		bytes[at] ^= 0x10;
	}
	t = tcp_talk(*state, NODE, 8080); /* port 80 only */
	message(&t, C, bytes, 16);
	verdict_is(&t, "none none: ");
}

/* 2.2, port 80 of v2.0: R1[6..14] and R1[16..24] */
static void port_80_version_2(void **state)
{
	u8 bytes[40];
	struct talk t;

	memcpy(bytes, noise(40), 40);
	bytes[0] = 0x9b;
	for (int i = 5; i < 14; i++)
		bytes[10 + i] = (u8)((bytes[i] & 0xf0) | (i & 0x0f));
	t = tcp_talk(*state, NODE, 80);
	message(&t, C, bytes, 40);
	verdict_is(&t, "signal suspect: r1-80-v2");
	assert_int_equal(t.flow.version, SKYPE_VERSION_2_X);
	t = tcp_talk(*state, NODE, 80);
	message(&t, C, bytes, 17); /* "as far as s reaches" */
	verdict_is(&t, "signal suspect: r1-80-v2");
	for (int at = 15; at < 24; at++) {
		t = tcp_talk(*state, NODE, 80);
		bytes[at] ^= 0x80;
		message(&t, C, bytes, 40);
		verdict_is(&t, "none none: ");
		bytes[at] ^= 0x80;
	}
}

/* 2.2, 4.1: R1 of port 80 is enciphered; high nibbles of small numbers prove nothing */
static void port_80_with_small_numbers(void **state)
{
	static const u8 header[16] = { 16, 0, 0, 0, 1, 0, 0, 0, 7, 0, 0, 0, 2, 0, 0, 0 };
	struct talk t = tcp_talk(*state, NODE, 80);

	message(&t, C, header, sizeof(header));
	verdict_is(&t, "none none: ");
	behind_r1_of_80(&t);
	assert_true(t.flow.grade < SKYPE_GRADE_LIKELY);
}

/* 2.2 speaks of R1's bytes: where a capture has none, sizes on port 80 are nothing */
static void port_80_without_its_bytes(void **state)
{
	static const u32 openings[] = { 16, 24, 40 };

	for (size_t i = 0; i < ARRAY_SIZE(openings); i++) {
		struct talk t = tcp_talk(*state, NODE, 80);

		unseen(&t, C, openings[i]);
		verdict_is(&t, "none none: ");
		unseen(&t, S, 100);
		unseen(&t, C, 25);
		unseen(&t, S, 100);
		unseen(&t, C, 16);
		verdict_is(&t, "none none: ");
	}
}

/* R1[16] was captured, R1[17..24], which must repeat the nibbles, was not */
static void port_80_with_half_of_its_bytes(void **state)
{
	struct talk t = tcp_talk(*state, NODE, 80);

	hear_part(&t, C, "\x12\x34\x56\x78\x9a\x01\x02\x03\x04\x05\x06\x07\x08\x09\x0a\x0b",
		  16, 30, t.seq[C], SKYPE_TCP_PSH | SKYPE_TCP_ACK);
	verdict_is(&t, "none none: ");
}

/* 5: on port 80 v2.5 has T2 T3 T4 only: suspect, likely with other evidence */
static void port_80_version_2_5(void **state)
{
	struct talk t = tcp_talk(*state, NODE, 80);
	u8 opening[41];
	struct talk other;

	memcpy(opening, noise(41), 41);
	opening[0] = 0x9b;
	opening[15] = opening[5] ^ 0x80; /* no rule of v2.0 */
	message(&t, C, opening, 41);
	say(&t, S, 50);
	say(&t, C, 14);
	say(&t, S, 50);
	say(&t, C, 25);
	say(&t, S, 400);
	say(&t, C, 4);
	verdict_is(&t, "supernode suspect: t2-t3-t4");
	assert_false(t.found.events & SKYPE_EVENT_SESSION_START); /* likely or better */
	assert_true(t.flow.done);

	other = tcp_talk(*state, "198.51.100.77", 4444);
	message(&other, C, ks(20, 1), 36);
	t = tcp_talk(*state, NODE, 80);
	message(&t, C, opening, 41);
	say(&t, S, 50);
	say(&t, C, 14);
	say(&t, S, 50);
	say(&t, C, 25);
	say(&t, S, 400);
	say(&t, C, 4);
	verdict_is(&t, "supernode likely: t2-t3-t4");
}

/* The opening of v2.5 on port 80, up to T3: T4 is next */
static struct talk handshake_80_up_to_t3(struct skype_hosts *hosts, u64 now)
{
	struct talk t = tcp_talk(hosts, NODE, 80);

	t.now = now;
	message(&t, C, "\x9b" "an opening that is neither HTTP nor R1", 39);
	say(&t, S, 50);
	say(&t, C, 14);
	say(&t, S, 50);
	say(&t, C, 25);
	say(&t, S, 400);
	return t;
}

/* 5: the client's other evidence may be 10 minutes old, or have come meanwhile */
static void port_80_evidence_has_its_time(void **state)
{
	const u64 minute = 60 * 1000;
	struct talk other = tcp_talk(*state, "198.51.100.77", 4444), t;
	u64 start = other.now;

	message(&other, C, ks(20, 1), 36);
	verdict_is(&other, "signal certain: ks");
	t = handshake_80_up_to_t3(*state, start + 10 * minute - 1000);
	say(&t, C, 4);
	verdict_is(&t, "supernode likely: t2-t3-t4");

	other = tcp_talk(*state, "198.51.100.78", 4444);
	other.now = start + 100 * minute;
	message(&other, C, ks(20, 1), 36);
	t = handshake_80_up_to_t3(*state, start + 110 * minute + 1000);
	say(&t, C, 4);
	verdict_is(&t, "supernode suspect: t2-t3-t4");

	t = handshake_80_up_to_t3(*state, start + 200 * minute);
	other = tcp_talk(*state, "198.51.100.79", 4444);
	other.now = t.now;
	message(&other, C, ks(20, 1), 36);
	say(&t, C, 4);
	verdict_is(&t, "supernode likely: t2-t3-t4");
}

/* 5: an accepted handshake is such evidence too, whenever the client began */
static void port_80_behind_another_handshake(void **state)
{
	const u64 minute = 60 * 1000;
	struct talk t;

	probe_positively(*state, CLIENT, NODE, NODE_PORT);
	for (u64 i = 0; i < 2; i++) {
		t = tcp_talk(*state, NODE, NODE_PORT);
		t.now += i * 20 * minute;
		handshake(&t, 14, 73, 25, 587, 16);
		verdict_is(&t, "supernode likely: t1 t2-t3-t4 supernode-known");
	}
	t = handshake_80_up_to_t3(*state, t.now + 5 * minute);
	say(&t, C, 4);
	verdict_is(&t, "supernode likely: t2-t3-t4");
}

/* Port 80, but HTTP: never */
static void http_is_nothing(void **state)
{
	static const char get[] = "GET / HTTP/1.1\r\nHost: example.org\r\n\r\n";
	struct talk t = tcp_talk(*state, NODE, 80);

	message(&t, C, get, sizeof(get) - 1);
	say(&t, S, 50);
	say(&t, C, 25);
	say(&t, S, 400);
	say(&t, C, 4);
	verdict_is(&t, "none none: ");
}

/* 5, order: retransmissions are ignored and not counted */
static void retransmissions_are_ignored(void **state)
{
	struct talk t = tcp_talk(*state, NODE, NODE_PORT);
	u32 first = t.seq[C];

	message(&t, C, t1(), 14);
	assert_true(t.found.counted);
	hear(&t, C, t1(), 14, first, SKYPE_TCP_PSH);
	assert_false(t.found.counted);
	assert_int_equal(t.flow.packets, 1);
	say(&t, S, 73);
	message(&t, C, t2(25), 25);
	hear(&t, C, t2(25), 25, first + 14, SKYPE_TCP_PSH);
	verdict_is(&t, "signal certain: t1 t1t2");
	assert_int_equal(t.flow.decided_at, 3);
	assert_int_equal(t.flow.bytes, 14 + 73 + 25);
}

/* 5, order: of a segment that was seen in part, the rest is new */
static void a_retransmission_may_bring_more(void **state)
{
	struct talk t = tcp_talk(*state, NODE, NODE_PORT);
	u8 bytes[4 + 25];
	u32 first = t.seq[C];

	message(&t, C, t1(), 14);
	hear(&t, C, t1() + 13, 1, first + 13, SKYPE_TCP_ACK); /* keep-alive */
	say(&t, S, 73);
	memcpy(bytes, t1() + 10, 4);
	memcpy(bytes + 4, t2(25), 25);
	hear(&t, C, bytes, sizeof(bytes), first + 10, SKYPE_TCP_PSH);
	verdict_is(&t, "signal certain: t1 t1t2");
	assert_int_equal(t.flow.packets, 3);
	assert_int_equal(t.flow.bytes, 14 + 73 + 25);
}

/* 5, order: a gap ends what leans on order; three end the inspection */
static void gaps(void **state)
{
	struct talk t = tcp_talk(*state, NODE, NODE_PORT);

	probe_positively(*state, CLIENT, NODE, NODE_PORT);
	message(&t, C, t1(), 14);
	say(&t, S, 73);
	t.seq[S] += 100; /* lost */
	say(&t, S, 50);
	message(&t, C, t2(25), 25);
	say(&t, S, 587);
	say(&t, C, 16);
	assert_int_equal(t.flow.grade, SKYPE_GRADE_NONE);

	t = tcp_talk(*state, NODE, NODE_PORT);
	t.seq[S] += 1; /* the other direction's first message proves itself */
	say(&t, S, 50);
	message(&t, C, ks(20, 1), 36);
	verdict_is(&t, "signal certain: ks");

	t = tcp_talk(*state, NODE, NODE_PORT);
	message(&t, C, "\x16\x03\x01\x00\x00", 5);
	message(&t, S, "\x17\x03\x01\x00\x00", 5);
	for (int i = 0; i < 3; i++) {
		assert_false(t.flow.done);
		t.seq[S] += 1;
		say(&t, S, 50);
	}
	assert_true(t.flow.done);
	verdict_is(&t, "login certain: l1-l2");
}

/* 4.1: a byte is never its own successor, so constant bytes are no run */
static void constant_bytes_are_no_padding(void **state)
{
	u8 bytes[96];

	for (int value = 0; value < 256; value++) {
		struct talk t = tcp_talk(*state, NODE, NODE_PORT);

		memset(bytes, value, sizeof(bytes));
		message(&t, C, bytes, sizeof(bytes));
		say(&t, S, 60);
		message(&t, C, bytes, 8);
		verdict_is(&t, "none none: ");
	}
}

/* Other traffic leaves the table early: a settled flow costs nothing */
static void other_connections_settle_early(void **state)
{
	struct talk t = tcp_talk(*state, NODE, 22);

	say(&t, S, 40);
	say(&t, C, 40);
	assert_true(t.flow.done);
	assert_int_equal(t.flow.packets, 2);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		core_test(sizes_alone_are_nothing),
		core_test(handshake_with_a_known_node),
		core_test(a_node_known_since),
		core_test(handshake_of_version_2),
		core_test(another_clients_probe_does_not_count),
		core_test(a_lone_nack_makes_no_proven_client),
		core_test(a_proven_clients_probe_counts_for_all),
		core_test(a_proven_clients_probe_expires),
		core_test(a_proven_clients_longer_probe),
		core_test(a_wrong_size_is_no_handshake),
		core_test(the_order_of_a_handshake_counts),
		core_test(a_refused_handshake_is_signal),
		core_test(a_split_message_is_one),
		core_test(a_part_of_a_message_is_no_message),
		core_test(the_last_message_ends_with_the_fin),
		core_test(key_stream_restart),
		core_test(a_broken_key_stream_is_nothing),
		core_test(key_stream_needs_24_bytes_and_the_first_message),
		core_test(t1_and_t2_share_a_key_stream),
		core_test(r3_and_t2_share_a_key_stream),
		core_test(t2_needs_its_t1),
		core_test(each_relation_of_t1t2_counts),
		core_test(key_exchange),
		core_test(eight_bytes_need_a_key_exchange),
		core_test(key_exchange_needs_8_bytes_and_a_whole_run),
		core_test(key_exchange_with_a_gap_of_the_server),
		core_test(key_exchange_without_its_end),
		core_test(key_exchange_cut_short),
		core_test(port_80_without_its_bytes),
		core_test(port_80_with_half_of_its_bytes),
		core_test(imitated_client_hello),
		core_test(a_foreign_client_hello_is_nothing),
		core_test(imitated_server_hello),
		core_test(key_stream_behind_r1),
		core_test(key_stream_behind_a_lost_r1),
		core_test(login_behind_a_gap),
		core_test(nothing_behind_a_gap),
		core_test(handshake_over_443),
		core_test(handshake_of_version_2_over_443),
		core_test(no_handshake_without_r3),
		core_test(nothing_is_not_inspected_for_ever),
		core_test(port_80_version_1),
		core_test(port_80_version_2),
		core_test(port_80_with_small_numbers),
		core_test(port_80_version_2_5),
		core_test(port_80_evidence_has_its_time),
		core_test(port_80_behind_another_handshake),
		core_test(http_is_nothing),
		core_test(retransmissions_are_ignored),
		core_test(a_retransmission_may_bring_more),
		core_test(gaps),
		core_test(proofs_behind_a_gap),
		core_test(a_download_behind_a_gap),
		core_test(constant_bytes_are_no_padding),
		core_test(other_connections_settle_early),
	};

	return cmocka_run_group_tests_name("core: tcp", tests, NULL, NULL);
}
