// SPDX-License-Identifier: GPL-2.0
/*
 * The UDP probe: signatures.md, sections 1.1, 4.3 and 5.
 */
#include "core.h"
#include "udp.h"

/* U1 of v1.4: id, 0x02, IV, CRC (cookie A), 7 bytes of ciphertext */
static const u8 u1[18] = {
	0x4f, 0x10, 0x02, 0xa1, 0xa2, 0xa3, 0xa4, 0xc1, 0xc2,
	0xc3, 0xc4, 0x81, 0x82, 0x83, 0x84, 0x85, 0x86, 0x87,
};

/* U2: the id, low nibble 7, public address 203.0.113.5, cookie B */
static const u8 u2[11] = {
	0x4f, 0x10, 0x97, 203, 0, 113, 5, 0xb1, 0xb2, 0xb3, 0xb4,
};

/* U3: s(U1) + 5; cookie B, the node's address 198.51.100.9, cookie A */
static const u8 u3[23] = {
	0x4f, 0x10, 0x53, 0x01, 0xb1, 0xb2, 0xb3, 0xb4, 198, 51, 100, 9,
	0xc1, 0xc2, 0xc3, 0xc4, 0x71, 0x72, 0x73, 0x74, 0x75, 0x76, 0x77,
};

/* An answer of type 0x02 with an id of its own */
static const u8 *u4(u32 size)
{
	static u8 bytes[64];

	memcpy(bytes, noise(size), size);
	bytes[0] = 0x12;
	bytes[1] = 0x34;
	bytes[2] = 0x02;
	return bytes;
}

/* 5: "suspect: a single U1 past the guards" */
static void single_u1_is_a_suspect(void **state)
{
	struct talk t = udp_talk(*state, NODE, NODE_PORT);

	datagram(&t, C, u1, sizeof(u1));
	verdict_is(&t, "probe suspect: u1");
	assert_int_equal(skype_flow_decided_at(&t.flow), 0);
	assert_false(skype_flow_decided(&t.flow));
	assert_int_equal(skype_flow_state_byte(&t.flow), 0x21);
}

/* 1.1, 4.3: the full probe, positive */
static void full_probe_is_certain_at_u3(void **state)
{
	struct talk t = udp_talk(*state, NODE, NODE_PORT);

	datagram(&t, C, u1, sizeof(u1));
	datagram(&t, S, u2, sizeof(u2));
	verdict_is(&t, "probe likely: u1 u2-echo");
	assert_true(t.found.counted);
	datagram(&t, C, u3, sizeof(u3));
	verdict_is(&t, "probe certain: u1 u2-echo u3-resend");
	assert_int_equal(t.flow.decided_at, 3);
	assert_true(t.found.events & SKYPE_EVENT_ENDPOINT);
	datagram(&t, S, u4(18), 18);
	verdict_is(&t, "probe certain: u1 u2-echo u3-resend u4-positive");
	assert_int_equal(t.flow.decided_at, 3);
	assert_int_equal(t.flow.packets, 4);
	assert_int_equal(t.flow.bytes, 18 + 11 + 23 + 18);
	assert_int_equal(t.flow.version, SKYPE_VERSION_1_X);
	assert_int_equal(skype_flow_state_byte(&t.flow), 0xc1);
}

/* 1.1: a negative answer has 51 or 53 bytes; low nibble 0xd is allowed */
static void negative_answers(void **state)
{
	static const struct {
		u32 size;
		u8 type;
	} cases[] = { { 51, 0x02 }, { 53, 0x02 }, { 51, 0x6d }, { 53, 0x6d } };

	for (u32 i = 0; i < ARRAY_SIZE(cases); i++) {
		struct talk t = udp_talk(*state, NODE, (u16)(1000 + i));
		u8 bytes[64];

		datagram(&t, C, u1, sizeof(u1));
		memcpy(bytes, u4(cases[i].size), cases[i].size);
		bytes[2] = cases[i].type;
		datagram(&t, S, bytes, cases[i].size);
		verdict_is(&t, "probe suspect: u1 u4-negative");
	}
}

/* 4.1: "26 bytes as another command's answer": it neither answers U1 nor ends the probe */
static void an_answer_to_another_command(void **state)
{
	struct talk t = udp_talk(*state, NODE, NODE_PORT);
	u8 bytes[26];

	memcpy(bytes, u4(26), 26);
	bytes[2] = 0x4d;
	datagram(&t, C, u1, sizeof(u1));
	datagram(&t, S, u2, sizeof(u2));
	datagram(&t, S, bytes, 26);
	verdict_is(&t, "probe likely: u1 u2-echo");
	datagram(&t, C, u3, sizeof(u3));
	verdict_is(&t, "probe certain: u1 u2-echo u3-resend");
}

/* 1.1: U1 varies from v2.0 on, and U3 is 5 bytes longer */
static void full_probe_of_version_2(void **state)
{
	struct talk t = udp_talk(*state, NODE, NODE_PORT);
	u8 request[31], resend[36];

	memcpy(request, noise(31), 31);
	memcpy(request, u1, sizeof(u1));
	memcpy(resend, noise(36), 36);
	memcpy(resend, u3, sizeof(u3));
	datagram(&t, C, request, sizeof(request));
	datagram(&t, S, u2, sizeof(u2));
	datagram(&t, C, resend, sizeof(resend));
	verdict_is(&t, "probe certain: u1 u2-echo u3-resend");
	assert_int_equal(t.flow.version, SKYPE_VERSION_2_X);
}

/* 1.1: the client is who sends U1, whoever opened the flow */
static void the_client_is_who_asks(void **state)
{
	struct talk t = talk_between(*state, NODE, NODE_PORT, CLIENT, CLIENT_PORT);

	skype_flow_start_udp(&t.flow);
	datagram(&t, S, u1, sizeof(u1));
	datagram(&t, C, u2, sizeof(u2));
	datagram(&t, S, u3, sizeof(u3));
	verdict_is(&t, "probe certain: u1 u2-echo u3-resend");
	assert_int_equal(t.flow.client, S);
}

/* contract.md: packets are those with payload; an empty datagram is no U1 either */
static void an_empty_datagram_is_no_message(void **state)
{
	struct talk t = udp_talk(*state, NODE, NODE_PORT);

	datagram(&t, C, NULL, 0);
	assert_false(t.found.counted);
	assert_false(t.flow.done);
	datagram(&t, C, u1, sizeof(u1));
	datagram(&t, S, NULL, 0);
	datagram(&t, S, u2, sizeof(u2));
	verdict_is(&t, "probe likely: u1 u2-echo");
	assert_int_equal(t.flow.packets, 2);
	assert_int_equal(t.flow.decided_at, 2);
}

/* 4.3: "IAX ... could look so": another size or type is no answer */
static void other_answers_are_nothing(void **state)
{
	static const u32 sizes[] = { 17, 19, 50, 52, 54 };

	for (u32 i = 0; i < ARRAY_SIZE(sizes); i++) {
		struct talk t = udp_talk(*state, NODE, (u16)(1000 + i));

		datagram(&t, C, u1, sizeof(u1));
		datagram(&t, S, u4(sizes[i]), sizes[i]);
		verdict_is(&t, "probe suspect: u1");
	}
}

/* 5: "A U4 that carries U1's own id is an echo server: no evidence." */
static void echo_server_is_no_evidence(void **state)
{
	struct talk t = udp_talk(*state, NODE, NODE_PORT);

	datagram(&t, C, u1, sizeof(u1));
	datagram(&t, S, u1, sizeof(u1));
	verdict_is(&t, "probe suspect: u1");
	assert_int_equal(t.found.note, SKYPE_NOTE_UDP_OWN_ID);
}

/* 5: "U1-U4 pairs of exact sizes with 3 different peers" are likely */
static void three_pairs_are_likely(void **state)
{
	static const char *const nodes[] = { "198.51.100.1", "198.51.100.1",
					     "198.51.100.2", "198.51.100.3",
					     "198.51.100.4" };
	static const char *const expected[] = {
		"probe suspect: u1 u4-positive", "probe suspect: u1 u4-positive",
		"probe suspect: u1 u4-positive", "probe likely: u1 u4-positive",
		"probe likely: u1 u4-positive",
	};

	for (u32 i = 0; i < ARRAY_SIZE(nodes); i++) {
		struct talk t = udp_talk(*state, nodes[i], 2000);
		u8 request[18];

		memcpy(request, u1, sizeof(u1));
		request[0] = (u8)(i * 0x33); /* no chain */
		datagram(&t, C, request, sizeof(request));
		datagram(&t, S, u4(18), 18);
		verdict_is(&t, expected[i]);
	}
}

/* Each echo of the NACK and the resend, wrong one at a time: 1.1, 4.1 */
static void a_wrong_echo_proves_nothing(void **state)
{
	static const struct {
		int u2_at, u3_at; /* byte to break, or -1 */
		u32 u3_size;
		const char *expected;
	} cases[] = {
		{ 0, -1, 23, "probe suspect: u1" },		/* U2: id */
		{ 1, -1, 23, "probe suspect: u1" },
		{ 2, -1, 23, "probe suspect: u1" },		/* nibble */
		{ -1, 0, 23, "probe likely: u1 u2-echo" },	/* U3: id */
		{ -1, 2, 23, "probe likely: u1 u2-echo" },	/* nibble */
		{ -1, 3, 23, "probe likely: u1 u2-echo" },	/* 0x01 */
		{ -1, 4, 23, "probe likely: u1 u2-echo" },	/* cookie B */
		{ -1, 7, 23, "probe likely: u1 u2-echo" },
		{ -1, 8, 23, "probe likely: u1 u2-echo" },	/* address */
		{ -1, 11, 23, "probe likely: u1 u2-echo" },
		{ -1, 12, 23, "probe likely: u1 u2-echo" },	/* cookie A */
		{ -1, 15, 23, "probe likely: u1 u2-echo" },
		{ -1, -1, 22, "probe likely: u1 u2-echo" },	/* size */
		{ -1, -1, 24, "probe likely: u1 u2-echo" },
		{ -1, 16, 23, "probe certain: u1 u2-echo u3-resend" },
	};

	for (u32 i = 0; i < ARRAY_SIZE(cases); i++) {
		struct skype_hosts *fresh = hosts_new(no_session, NULL);
		struct talk t = udp_talk(fresh, NODE, NODE_PORT);
		u8 nack[11], resend[24] = { 0 };

		memcpy(nack, u2, sizeof(u2));
		memcpy(resend, u3, sizeof(u3));
		if (cases[i].u2_at >= 0)
			nack[cases[i].u2_at] ^= 0x0f;
		if (cases[i].u3_at >= 0)
			resend[cases[i].u3_at] ^= 0x0f;
		datagram(&t, C, u1, sizeof(u1));
		datagram(&t, S, nack, sizeof(nack));
		datagram(&t, C, resend, cases[i].u3_size);
		verdict_is(&t, cases[i].expected);
		hosts_free(fresh);
	}
	(void)state;
}

/* 1.1: the same message with another request's id */
static void with_id(struct talk *t, int who, const u8 *bytes, u32 size, u8 id)
{
	u8 copy[64];

	memcpy(copy, bytes, size);
	copy[1] = id;
	datagram(t, who, copy, size);
}

/* 4.3: a flow may carry several requests, and a NACK echoes the id of any */
static void a_nack_answers_an_earlier_request(void **state)
{
	struct talk t = udp_talk(*state, NODE, NODE_PORT);

	datagram(&t, C, u1, sizeof(u1));
	with_id(&t, C, u4(30), 30, 0x12);
	datagram(&t, S, u2, sizeof(u2));
	verdict_is(&t, "probe likely: u1 u2-echo");
	datagram(&t, C, u3, sizeof(u3));
	verdict_is(&t, "probe certain: u1 u2-echo u3-resend");
}

/* 4.3: a retransmission of one request takes no other's place */
static void retransmitted_requests(void **state)
{
	struct talk t = udp_talk(*state, NODE, NODE_PORT);

	with_id(&t, C, u1, sizeof(u1), 0x0e);
	datagram(&t, C, u1, sizeof(u1));
	with_id(&t, C, u1, sizeof(u1), 0x12);
	with_id(&t, C, u1, sizeof(u1), 0x12);
	datagram(&t, S, u2, sizeof(u2));
	verdict_is(&t, "probe likely: u1 u2-echo");
	datagram(&t, C, u1, sizeof(u1)); /* was on its way */
	with_id(&t, S, u2, sizeof(u2), 0x12);
	with_id(&t, C, u3, sizeof(u3), 0x12);
	verdict_is(&t, "probe certain: u1 u2-echo u3-resend");
}

/* 4.3: what the guards throw out is no request, however often it comes */
static void other_datagrams_are_no_requests(void **state)
{
	struct talk t = udp_talk(*state, NODE, NODE_PORT);
	u8 other[18];

	datagram(&t, C, u1, sizeof(u1));
	for (u8 i = 0; i < 3; i++) {
		memcpy(other, u4(18), 18);
		other[1] = i;
		other[2] = 0x12;
		datagram(&t, C, other, sizeof(other));
	}
	datagram(&t, S, u2, sizeof(u2));
	verdict_is(&t, "probe likely: u1 u2-echo");
}

/* 1.1: U3 echoes the cookie of a NACK, so without one it echoes nothing */
static void a_resend_needs_its_nack(void **state)
{
	struct talk t = udp_talk(*state, NODE, NODE_PORT);
	u8 resend[23];

	memcpy(resend, u3, sizeof(u3));
	memset(resend + 4, 0, 4);
	datagram(&t, C, u1, sizeof(u1));
	datagram(&t, C, resend, sizeof(resend));
	verdict_is(&t, "probe suspect: u1");
	with_id(&t, C, u1, sizeof(u1), 0x12);
	with_id(&t, C, resend, sizeof(resend), 0x12);
	verdict_is(&t, "probe suspect: u1");
}

/* A request between NACK and resend, as clients probe all the time (3) */
static void a_request_between_nack_and_resend(void **state)
{
	struct talk t = udp_talk(*state, NODE, NODE_PORT);

	datagram(&t, C, u1, sizeof(u1));
	datagram(&t, S, u2, sizeof(u2));
	with_id(&t, C, u1, sizeof(u1), 0x12);
	datagram(&t, C, u3, sizeof(u3));
	verdict_is(&t, "probe certain: u1 u2-echo u3-resend");
}

static void a_second_exchange_is_a_proof_too(void **state)
{
	struct talk t = udp_talk(*state, NODE, NODE_PORT);

	datagram(&t, C, u1, sizeof(u1));
	datagram(&t, S, u2, sizeof(u2));
	with_id(&t, C, u1, sizeof(u1), 0x12);
	with_id(&t, S, u2, sizeof(u2), 0x12);
	with_id(&t, C, u3, sizeof(u3), 0x12);
	verdict_is(&t, "probe certain: u1 u2-echo u3-resend");
}

/* 4.3: the resend is a proof, whatever comes between the NACK and it */
static void a_resend_behind_other_datagrams(void **state)
{
	for (int other = 0; other < 3; other++) {
		struct talk t = udp_talk(*state, NODE, (u16)(NODE_PORT + other));

		datagram(&t, C, u1, sizeof(u1));
		datagram(&t, S, u2, sizeof(u2));
		if (other == 0)
			datagram(&t, S, u4(18), 18);
		else
			datagram(&t, other == 1 ? C : S, noise(40), 40);
		datagram(&t, C, u3, sizeof(u3));
		assert_int_equal(t.flow.grade, SKYPE_GRADE_CERTAIN);
		assert_true(other || t.found.events & SKYPE_EVENT_ENDPOINT);
		assert_int_equal(t.flow.phase, other ? SKYPE_PHASE_PROBE : SKYPE_PHASE_PACE);
		datagram(&t, S, u4(18), 18);
		assert_int_equal(t.flow.phase, SKYPE_PHASE_PACE);
	}
}

/* Both enciphered before the public address was known, so both are NACKed */
static void two_exchanges_at_once(void **state)
{
	struct talk t = udp_talk(*state, NODE, NODE_PORT);

	datagram(&t, C, u1, sizeof(u1));
	with_id(&t, C, u1, sizeof(u1), 0x12);
	datagram(&t, S, u2, sizeof(u2));
	with_id(&t, S, u2, sizeof(u2), 0x12);
	datagram(&t, C, u3, sizeof(u3));
	verdict_is(&t, "probe likely: u1 u2-echo");
	with_id(&t, C, u3, sizeof(u3), 0x12);
	verdict_is(&t, "probe certain: u1 u2-echo u3-resend");
}

/* 5: whichever request an echo server sends back */
static void an_echo_of_an_earlier_request_is_no_evidence(void **state)
{
	struct talk t = udp_talk(*state, NODE, NODE_PORT);

	datagram(&t, C, u1, sizeof(u1));
	with_id(&t, C, u1, sizeof(u1), 0x12);
	datagram(&t, S, u1, sizeof(u1));
	verdict_is(&t, "probe suspect: u1");
	assert_int_equal(t.found.note, SKYPE_NOTE_UDP_OWN_ID);
}

/* 4.1, 4.3: type nibble 5 has the NACK's layout too */
static void nibble_5_is_a_nack(void **state)
{
	struct talk t = udp_talk(*state, NODE, NODE_PORT);
	u8 nack[11];

	memcpy(nack, u2, sizeof(u2));
	nack[2] = 0x35;
	datagram(&t, C, u1, sizeof(u1));
	datagram(&t, S, nack, sizeof(nack));
	verdict_is(&t, "probe likely: u1 u2-echo");
}

/* 1.1: a NACK has 11 bytes, by one more or less it is none */
static void a_nack_has_11_bytes(void **state)
{
	for (u32 size = 10; size <= 12; size += 2) {
		struct talk t = udp_talk(*state, NODE, (u16)(1000 + size));
		u8 nack[12] = { 0 };

		memcpy(nack, u2, sizeof(u2));
		datagram(&t, C, u1, sizeof(u1));
		datagram(&t, S, nack, size);
		verdict_is(&t, "probe suspect: u1");
	}
}

/* 4.3, same public address: NACKs of two peers with one address */
static void public_address_proves_the_endpoint(void **state)
{
	struct talk a = udp_talk(*state, "198.51.100.1", 2001);
	struct talk b = udp_talk(*state, "198.51.100.2", 2002);
	struct talk c = udp_talk(*state, "198.51.100.3", 2003);
	u8 request[18], nack[11];

	datagram(&a, C, u1, sizeof(u1));
	datagram(&a, S, u2, sizeof(u2));
	assert_false(a.found.events & SKYPE_EVENT_ENDPOINT);
	memcpy(request, u1, sizeof(u1));
	memcpy(nack, u2, sizeof(u2));
	request[0] = nack[0] = 0x77; /* no chain */
	datagram(&b, C, request, sizeof(request));
	datagram(&b, S, nack, sizeof(nack));
	verdict_is(&b, "probe likely: u1 u2-echo public-address");
	assert_true(b.found.events & SKYPE_EVENT_ENDPOINT);
	datagram(&c, C, noise(44), 44);
	verdict_is(&c, "peer likely: endpoint");
}

/* 1.1: ids climb whatever the destination; what repeats one is another protocol */
static void answers_to_one_id_are_no_proof(void **state)
{
	static const char *const nodes[] = { "198.51.100.1", "198.51.100.2",
					     "198.51.100.3", "198.51.100.4" };
	struct talk t;

	for (u32 i = 0; i < ARRAY_SIZE(nodes); i++) {
		t = udp_talk(*state, nodes[i], 2000);
		datagram(&t, C, u1, sizeof(u1));
		datagram(&t, S, u4(18), 18);
		verdict_is(&t, "probe suspect: u1 u4-positive");
		t = udp_talk(*state, nodes[i], 2001);
		datagram(&t, C, u1, sizeof(u1));
		datagram(&t, S, u2, sizeof(u2));
		verdict_is(&t, "probe likely: u1 u2-echo");
	}
	t = udp_talk(*state, NODE, 2000);
	datagram(&t, C, noise(44), 44);
	verdict_is(&t, "none none: ");
}

/* Two processors may read the time in one order and come to the entry in the other */
static void a_nack_from_a_moment_ago_agrees(void **state)
{
	struct talk a = udp_talk(*state, "198.51.100.1", 2001);
	struct talk b = udp_talk(*state, "198.51.100.2", 2002);

	datagram(&a, C, u1, sizeof(u1));
	with_id(&b, C, u1, sizeof(u1), 0x77);
	datagram(&a, S, u2, sizeof(u2));
	b.now = a.now - 54;
	with_id(&b, S, u2, sizeof(u2), 0x77);
	verdict_is(&b, "probe likely: u1 u2-echo public-address");
}

/* A pair of exact sizes (5) with the n-th node, or a NACK of it (4.3) */
static struct talk hint(struct skype_hosts *hosts, bool nack, u8 n, u64 now)
{
	char node[] = "198.51.100.0";
	struct talk t;

	node[sizeof(node) - 2] = (char)('0' + n);
	t = udp_talk(hosts, node, nack ? 2001 : 2000);
	t.ends.end[C].own_port = htons(nack ? 5001 : 5000);
	t.now = now;
	with_id(&t, C, u1, sizeof(u1), (u8)(n * 0x33 + nack));
	if (nack)
		with_id(&t, S, u2, sizeof(u2), (u8)(n * 0x33 + nack));
	else
		datagram(&t, S, u4(18), 18);
	return t;
}

/* 5: "Evidence expires 30 minutes after the last of it", requests or not */
static void pairs_and_nacks_expire(void **state)
{
	const u64 minute = 60000;
	u64 now = 100 * minute;

	for (u8 i = 1; i <= 4; i++, now += 31 * minute)
		for (int nack = 0; nack < 2; nack++) {
			struct talk t = hint(*state, nack, i, now);

			verdict_is(&t, nack ? "probe likely: u1 u2-echo" :
					      "probe suspect: u1 u4-positive");
			t.now = now + 16 * minute; /* keeps the entry */
			t.ends.end[S].seen_port = htons(2002);
			skype_flow_start_udp(&t.flow);
			with_id(&t, C, u1, sizeof(u1), (u8)(i * 0x33 + 5));
		}
}

/* 5: and not after the first */
static void slow_pairs_and_nacks(void **state)
{
	const u64 minute = 60000;
	struct talk t;

	for (u8 i = 1; i <= 3; i++)
		t = hint(*state, false, i, (100 + 20 * i) * minute);
	verdict_is(&t, "probe likely: u1 u4-positive");
	hint(*state, true, 1, 200 * minute);
	t = hint(*state, true, 2, 220 * minute);
	verdict_is(&t, "probe likely: u1 u2-echo public-address");
}

/* 5: evidence expires 30 minutes after the last of it: a NACK or a resend, too */
static void proofs_renew_the_evidence(void **state)
{
	for (int resend = 0; resend < 2; resend++) {
		const char *client = resend ? "192.0.2.8" : "192.0.2.7";
		struct talk a = talk_between(*state, client, 5000, NODE, NODE_PORT);
		struct talk b = talk_between(*state, client, 5000, NODE, NODE_PORT + 1);
		struct talk c = talk_between(*state, client, 5000, NODE, NODE_PORT + 2);

		skype_flow_start_udp(&a.flow);
		skype_flow_start_udp(&b.flow);
		skype_flow_start_udp(&c.flow);
		datagram(&a, C, u1, sizeof(u1));
		datagram(&a, S, u2, sizeof(u2));
		datagram(&a, C, u3, sizeof(u3));
		verdict_is(&a, "probe certain: u1 u2-echo u3-resend");
		with_id(&b, C, u1, sizeof(u1), 0x77);
		if (resend)
			with_id(&b, S, u2, sizeof(u2), 0x77);
		b.now += 20 * 60000;
		with_id(&b, resend ? C : S, resend ? u3 : u2,
			resend ? sizeof(u3) : sizeof(u2), 0x77);
		c.now += 45 * 60000;
		datagram(&c, C, noise(44), 44);
		verdict_is(&c, "peer likely: endpoint");
	}
}

/* 1.1: U2 tells a public address, which no network, loopback or group is */
static void a_nack_tells_the_address_of_a_host(void **state)
{
	static const struct {
		u8 top;
		const char *expected;
	} cases[] = {
		{ 0, "probe suspect: u1" },	{ 1, "probe likely: u1 u2-echo" },
		{ 126, "probe likely: u1 u2-echo" }, { 127, "probe suspect: u1" },
		{ 128, "probe likely: u1 u2-echo" }, { 223, "probe likely: u1 u2-echo" },
		{ 224, "probe suspect: u1" },	{ 255, "probe suspect: u1" },
	};

	for (u32 i = 0; i < ARRAY_SIZE(cases); i++) {
		struct talk t = udp_talk(*state, NODE, (u16)(1000 + i));
		u8 nack[11];

		memcpy(nack, u2, sizeof(u2));
		nack[3] = cases[i].top;
		datagram(&t, C, u1, sizeof(u1));
		datagram(&t, S, nack, sizeof(nack));
		verdict_is(&t, cases[i].expected);
	}
}

/* 5: a peer that answers again and again does not keep the pair of another one alive */
static void a_pair_again_renews_nothing(void **state)
{
	static const struct {
		const char *node;
		u64 minute;
	} pairs[] = {
		{ "198.51.100.1", 0 }, { "198.51.100.2", 0 }, { "198.51.100.1", 25 },
		{ "198.51.100.1", 50 }, { "198.51.100.3", 55 },
	};

	for (u8 i = 0; i < ARRAY_SIZE(pairs); i++) {
		struct talk t = udp_talk(*state, pairs[i].node, 2000);

		t.now = 1000000 + pairs[i].minute * 60000;
		with_id(&t, C, u1, sizeof(u1), (u8)(i * 0x33));
		datagram(&t, S, u4(18), 18);
		verdict_is(&t, "probe suspect: u1 u4-positive");
	}
}

/* 5: what three peers have shown lasts while they go on */
static void pairs_go_on(void **state)
{
	for (u8 i = 0; i < 9; i++) { /* three rounds, 25 minutes apart */
		char node[] = "198.51.100.0";
		struct talk t;

		node[sizeof(node) - 2] = (char)('1' + i % 3);
		t = udp_talk(*state, node, 2000);
		t.now = 1000000 + i / 3 * 25 * 60000ULL;
		with_id(&t, C, u1, sizeof(u1), (u8)(i * 0x15));
		datagram(&t, S, u4(18), 18);
		verdict_is(&t, i < 2 ? "probe suspect: u1 u4-positive" :
				       "probe likely: u1 u4-positive");
	}
}

static void another_public_address_proves_nothing(void **state)
{
	struct talk a = udp_talk(*state, "198.51.100.1", 2001);
	struct talk b = udp_talk(*state, "198.51.100.2", 2002);
	u8 nack[11];

	datagram(&a, C, u1, sizeof(u1));
	datagram(&a, S, u2, sizeof(u2));
	memcpy(nack, u2, sizeof(u2));
	nack[6] ^= 1;
	with_id(&b, C, u1, sizeof(u1), 0x77);
	with_id(&b, S, nack, sizeof(nack), 0x77);
	verdict_is(&b, "probe likely: u1 u2-echo");
}

/* 5, addresses under NAT: U3's destination before or after translation */
static void resend_under_destination_nat(void **state)
{
	for (int seen = 0; seen < 2; seen++) {
		struct talk t = udp_talk(*state, "10.9.9.9", NODE_PORT);
		struct skype_end *node = &t.ends.end[S];

		t.ends.end[C].own_port = htons((u16)(5000 + seen));
		if (seen)
			node->seen = v4("198.51.100.9");
		else
			node->own = v4("198.51.100.9");
		datagram(&t, C, u1, sizeof(u1));
		datagram(&t, S, u2, sizeof(u2));
		datagram(&t, C, u3, sizeof(u3));
		verdict_is(&t, "probe certain: u1 u2-echo u3-resend");
	}
}

/* 4.3, the guards */
static void guards(void **state)
{
	struct skype_hosts *hosts = *state;
	struct talk t = udp_talk(hosts, NODE, NODE_PORT);
	struct skype_packet pkt = { .ends = &t.ends };
	u8 bytes[18];

#define WANTED(len)                                                     \
	(pkt.view = (struct skype_view){ bytes, (len), (len) },         \
	 skype_flow_wanted_udp(&pkt, hosts))

	memcpy(bytes, u1, sizeof(u1));
	assert_true(WANTED(18));
	assert_false(WANTED(17)); /* s >= 18 */
	bytes[2] = 0x12;
	assert_false(WANTED(18)); /* type 0x02 */
	memcpy(bytes, u1, sizeof(u1));
	bytes[0] = 0x30;
	bytes[1] = 16;
	assert_false(WANTED(18)); /* BER: p[1] = s - 2 */
	bytes[1] = 15;
	assert_true(WANTED(18));
	memcpy(bytes, u1, sizeof(u1));
	bytes[3] = 0;
	assert_true(WANTED(18)); /* one zero byte in 3..10 may be */
	bytes[10] = 0;
	assert_false(WANTED(18)); /* two may not */
	bytes[10] = 1;
	bytes[11] = 0;
	assert_true(WANTED(18)); /* 11 is behind */
	memset(bytes + 3, 0x80, 8);
	assert_true(WANTED(18)); /* 0x80 is no zero */
#undef WANTED
}

/* 4.3, RADIUS: p[2..3] as a number is s; 0x02xx starts at 512 bytes */
static void guard_length(void **state)
{
	struct talk t = udp_talk(*state, NODE, NODE_PORT);
	u8 bytes[0x20a];

	memcpy(bytes, noise(sizeof(bytes)), sizeof(bytes));
	bytes[2] = 0x02;
	bytes[3] = 0x0a;
	datagram(&t, C, bytes, sizeof(bytes));
	verdict_is(&t, "none none: ");
	t = udp_talk(*state, NODE, NODE_PORT);
	datagram(&t, C, bytes, sizeof(bytes) - 1);
	verdict_is(&t, "probe suspect: u1");
}

/* Inspection is bounded: an exchange that goes nowhere ends */
static void a_suspect_is_given_up(void **state)
{
	struct talk t = udp_talk(*state, NODE, NODE_PORT);

	datagram(&t, C, u1, sizeof(u1));
	for (int i = 0; i < 40 && !t.flow.done; i++)
		datagram(&t, S, noise(200), 200);
	assert_true(t.flow.done);
	verdict_is(&t, "probe suspect: u1");
	assert_int_equal(skype_flow_state_byte(&t.flow), 0x31);
	assert_int_equal(skype_flow_decided_at(&t.flow), 1);
}

/* As the kernel takes a first datagram that passes the guards: in two halves. */
static void first_in_halves(struct talk *t, const u8 *bytes, u32 len)
{
	struct skype_packet pkt = {
		.view = { bytes, len, len }, .ends = &t->ends, .now = t->now,
	};
	struct skype_inspection in = { .flow = &t->flow, .pkt = &pkt, .hosts = t->hosts };
	const struct skype_end *client = &t->ends.end[C], *node = &t->ends.end[S];
	struct skype_endpoint *e;
	bool eighth;

	skype_flow_request(&t->flow, &pkt.view, SKYPE_DIR_ORIGINAL);
	e = skype_endpoint_get(t->hosts, &client->own, client->own_port, t->now);
	assert_non_null(e);
	eighth = skype_endpoint_request(e, skype_udp_id(&pkt.view),
					skype_addr_tag(&node->seen, node->seen_port), t->now);
	skype_classify_request(&in, e, eighth);
	t->found = in.found;
}

/* As the kernel takes one of a proven endpoint, where nobody needs to hear of it. */
static void first_of_proven(struct talk *t, const u8 *bytes, u32 len)
{
	struct skype_view view = { bytes, len, len };

	skype_flow_request(&t->flow, &view, SKYPE_DIR_ORIGINAL);
	skype_flow_request_proven(&t->flow);
}

static void same(const struct talk *whole, const struct talk *halves)
{
	assert_memory_equal(&whole->flow, &halves->flow, sizeof(whole->flow));
	assert_int_equal(whole->found.events, halves->found.events);
	assert_int_equal(whole->found.note, halves->found.note);
	assert_int_equal(whole->found.counted, halves->found.counted);
}

/*
 * 4.3 and 5: eight peers by ids that climb by 2 prove the endpoint, whose further
 * flows are likely, and those to it; whichever way the kernel's packets go.
 */
static void a_first_datagram_in_two_halves(void **state)
{
	struct skype_hosts *others = hosts_new(no_session, NULL);
	struct talk whole, halves, proven;
	struct skype_client *client;
	u8 bytes[sizeof(u1)];
	char node[] = "198.51.100.1";

	assert_non_null(others);
	memcpy(bytes, u1, sizeof(u1));
	for (u8 i = 0; i < 9; i++) {
		bytes[1] = (u8)(2 * i);
		node[sizeof(node) - 2] = (char)('1' + i);
		whole = udp_talk(*state, node, NODE_PORT);
		halves = udp_talk(others, node, NODE_PORT);
		datagram(&whole, C, bytes, sizeof(bytes));
		first_in_halves(&halves, bytes, sizeof(bytes));
		same(&whole, &halves);
		verdict_is(&halves, i < 7  ? "probe suspect: u1" :
				    i == 7 ? "probe likely: u1 id-chain" :
					     "probe likely: u1 endpoint");
	}
	client = skype_client_find(others, &halves.ends.end[C].own, halves.now);
	assert_non_null(client); /* it has shown to be one */
	skype_client_put(others, client);
	proven = udp_talk(others, node, NODE_PORT);
	first_of_proven(&proven, bytes, sizeof(bytes));
	assert_memory_equal(&whole.flow, &proven.flow, sizeof(whole.flow));
	whole = talk_between(*state, NODE, NODE_PORT, CLIENT, CLIENT_PORT);
	halves = talk_between(others, NODE, NODE_PORT, CLIENT, CLIENT_PORT);
	datagram(&whole, C, bytes, sizeof(bytes));
	first_in_halves(&halves, bytes, sizeof(bytes));
	same(&whole, &halves);
	verdict_is(&halves, "probe likely: u1 endpoint");
	hosts_free(others);
}

/* As the kernel takes a first datagram that fails the guards: whatever the flow was */
static void first_at_once(struct talk *t, const u8 *bytes, u32 len)
{
	struct skype_packet pkt = {
		.view = { bytes, len, len }, .ends = &t->ends, .now = t->now,
	};
	struct skype_inspection in = { .flow = &t->flow, .pkt = &pkt, .hosts = t->hosts };

	memset(&t->flow, 0xff, sizeof(t->flow));
	skype_classify_first(&in);
	t->found = in.found;
}

/* 4.3, 5 and contract.md: nothing is left of an earlier flow in its place */
static void a_first_datagram_begins_anew(void **state)
{
	struct talk t = udp_talk(*state, NODE, NODE_PORT);
	struct skype_client *client;
	u8 nack[11], resend[23];

	memcpy(nack, u2, sizeof(u2));
	memcpy(resend, u3, sizeof(u3));
	first_at_once(&t, noise(44), 44);
	verdict_is(&t, "none none: ");
	assert_true(t.flow.done);
	first_at_once(&t, NULL, 0);
	verdict_is(&t, "none none: ");
	assert_false(t.flow.done);
	assert_false(t.found.counted);
	datagram(&t, C, u1, sizeof(u1));
	verdict_is(&t, "probe suspect: u1");
	assert_null(skype_client_find(*state, &t.ends.end[C].own, t.now));

	first_at_once(&t, u1, sizeof(u1));
	verdict_is(&t, "probe suspect: u1");
	assert_false(t.flow.done);
	assert_int_equal(t.flow.version, SKYPE_VERSION_UNKNOWN);
	with_id(&t, S, u2, sizeof(u2), 0xff); /* no request of this flow had these */
	nack[0] = nack[1] = 0xff;
	datagram(&t, S, nack, sizeof(nack));
	memset(resend + 4, 0xff, 4);
	datagram(&t, C, resend, sizeof(resend));
	verdict_is(&t, "probe suspect: u1");
	assert_int_equal(t.flow.packets, 4);

	prove_by_chain(*state, CLIENT, CLIENT_PORT);
	t.now += 5000;
	first_at_once(&t, noise(44), 44);
	verdict_is(&t, "peer likely: endpoint");
	assert_int_equal(t.flow.packets, 1);
	assert_int_equal(t.flow.bytes, 44);
	assert_int_equal(t.flow.client, C);
	client = skype_client_find(*state, &t.ends.end[C].own, t.now);
	assert_non_null(client);
	assert_int_equal(client->last, t.now);
	skype_client_put(*state, client);
}

/* contract.md, the state byte: what it says of a flow comes back */
static void state_byte(void **state)
{
	static const struct {
		u8 byte, class, grade, done;
	} cases[] = {
		{ 0x21, SKYPE_CLASS_PROBE, SKYPE_GRADE_SUSPECT, 0 },
		{ 0x35, SKYPE_CLASS_SIGNAL, SKYPE_GRADE_SUSPECT, 1 },
		{ 0x82, SKYPE_CLASS_PEER, SKYPE_GRADE_LIKELY, 0 },
		{ 0x93, SKYPE_CLASS_VOICE, SKYPE_GRADE_LIKELY, 1 },
		{ 0xc4, SKYPE_CLASS_SUPERNODE, SKYPE_GRADE_CERTAIN, 0 },
		{ 0xd7, SKYPE_CLASS_UPDATE, SKYPE_GRADE_CERTAIN, 1 },
	};
	struct skype_flow flow;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		memset(&flow, 0xff, sizeof(flow));
		assert_true(skype_flow_of_state_byte(&flow, cases[i].byte));
		assert_int_equal(flow.class, cases[i].class);
		assert_int_equal(flow.grade, cases[i].grade);
		assert_int_equal(flow.done, cases[i].done);
		assert_int_equal(flow.reasons, 0);
		assert_int_equal(skype_flow_state_byte(&flow), cases[i].byte);
	}
	assert_false(skype_flow_of_state_byte(&flow, 0x00));
	assert_false(skype_flow_of_state_byte(&flow, 0x10));
	assert_false(skype_flow_of_state_byte(&flow, 0x47));
	assert_int_equal(flow.class, SKYPE_CLASS_UPDATE);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		core_test(single_u1_is_a_suspect),
		core_test(full_probe_is_certain_at_u3),
		core_test(negative_answers),
		core_test(an_answer_to_another_command),
		core_test(full_probe_of_version_2),
		core_test(the_client_is_who_asks),
		core_test(an_empty_datagram_is_no_message),
		core_test(other_answers_are_nothing),
		core_test(echo_server_is_no_evidence),
		core_test(three_pairs_are_likely),
		core_test(a_wrong_echo_proves_nothing),
		core_test(a_nack_answers_an_earlier_request),
		core_test(retransmitted_requests),
		core_test(other_datagrams_are_no_requests),
		core_test(a_resend_needs_its_nack),
		core_test(a_request_between_nack_and_resend),
		core_test(a_second_exchange_is_a_proof_too),
		core_test(a_resend_behind_other_datagrams),
		core_test(two_exchanges_at_once),
		core_test(an_echo_of_an_earlier_request_is_no_evidence),
		core_test(nibble_5_is_a_nack),
		core_test(a_nack_has_11_bytes),
		core_test(public_address_proves_the_endpoint),
		core_test(answers_to_one_id_are_no_proof),
		core_test(a_nack_from_a_moment_ago_agrees),
		core_test(pairs_and_nacks_expire),
		core_test(a_pair_again_renews_nothing),
		core_test(pairs_go_on),
		core_test(slow_pairs_and_nacks),
		core_test(proofs_renew_the_evidence),
		core_test(a_nack_tells_the_address_of_a_host),
		core_test(another_public_address_proves_nothing),
		core_test(resend_under_destination_nat),
		core_test(guards),
		core_test(guard_length),
		core_test(a_suspect_is_given_up),
		core_test(a_first_datagram_in_two_halves),
		core_test(a_first_datagram_begins_anew),
		core_test(state_byte),
	};

	return cmocka_run_group_tests_name("core: udp", tests, NULL, NULL);
}
