// SPDX-License-Identifier: GPL-2.0
/*
 * Evidence across flows: endpoints and id chains (4.3, 5), voice (1.2, 5),
 * super nodes and sessions (3, 5) of signatures.md.
 */
#include "core.h"

#define MINUTE 60000ULL

/* A first datagram of type 0x02 to the n-th peer; says the flow's state */
static struct talk request(struct skype_hosts *hosts, u32 peer, u16 id, u64 now)
{
	char addr[16];
	u8 bytes[24];
	struct talk t;

	snprintf(addr, sizeof(addr), "198.51.100.%u", peer);
	t = udp_talk(hosts, addr, (u16)(10000 + peer));
	t.now = now;
	memcpy(bytes, noise(24), 24);
	bytes[0] = (u8)(id >> 8);
	bytes[1] = (u8)id;
	bytes[2] = 0x02;
	datagram(&t, C, bytes, 24);
	return t;
}

/* A copy of an endpoint's entry; without one its grade is 255 */
static struct skype_endpoint endpoint_at(struct skype_hosts *hosts, const char *addr,
					 u16 port, u64 now)
{
	struct skype_addr key = v4(addr);
	struct skype_endpoint copy = { .grade = 255 };
	struct skype_endpoint *e = skype_endpoint_find(hosts, &key, htons(port), now);

	if (e) {
		copy = *e;
		skype_endpoint_put(hosts, e);
	}
	return copy;
}

/* Ask peers 1, 2, 3 ... with these ids; how many flows came to be likely */
static u32 likely_flows(struct skype_hosts *hosts, const u16 *ids, u32 count)
{
	u32 likely = 0;

	for (u32 i = 0; i < count; i++)
		likely += request(hosts, i + 1, ids[i], 1000000).flow.grade ==
			  SKYPE_GRADE_LIKELY;
	return likely;
}

/* 1.1 and 5: the eighth of a chain is the first with id-chain, later ones endpoint */
static void chain_of_eight(void **state)
{
	struct skype_endpoint e;
	struct talk first, t;

	first = request(*state, 1, 0xfff8, 1000000); /* wraps at the fifth */
	for (u32 i = 2; i < 8; i++) {
		t = request(*state, i, (u16)(0xfff8 + 2 * (i - 1)), 1000000);
		verdict_is(&t, "probe suspect: u1");
	}
	t = request(*state, 8, (u16)(0xfff8 + 14), 1000000);
	verdict_is(&t, "probe likely: u1 id-chain");
	assert_int_equal(t.flow.decided_at, 1);
	assert_true(t.found.events & SKYPE_EVENT_ENDPOINT);
	t = request(*state, 9, (u16)(0xfff8 + 16), 1000000);
	verdict_is(&t, "probe likely: u1 endpoint");
	request(*state, 9, (u16)(0xfff8 + 16), 1000000);
	request(*state, 10, 7, 1000000); /* anew */
	e = endpoint_at(*state, CLIENT, CLIENT_PORT, t.now);
	assert_int_equal(e.grade, SKYPE_GRADE_LIKELY); /* never certain by itself */
	assert_int_equal(e.requests, 11);
	assert_int_equal(e.peers, 10);
	assert_int_equal(e.chain, 9);

	/* an earlier one from its next packet on */
	datagram(&first, S, noise(60), 60);
	verdict_is(&first, "probe likely: u1 endpoint");
	assert_int_equal(first.flow.decided_at, 2);
}

/* 5: +4 to +16, even, goes on without counting; the same id is ignored */
static void steps_of_a_chain(void **state)
{
	static const u16 ids[] = { 100, 102, 106, 108, 108, 124, 126, 128,
				   144, 146, 148, 150 };
	/* counted: 100 102 108 126 128 146 148 150: the eighth is the last */
	assert_int_equal(likely_flows(*state, ids, ARRAY_SIZE(ids)), 1);
}

/* 1.1 and 5: ids are counted mod 65536 */
static void a_chain_wraps_around(void **state)
{
	static const u16 ids[] = { 65528, 65530, 65532, 65534, 0, 2, 4, 6 };

	assert_int_equal(likely_flows(*state, ids, ARRAY_SIZE(ids) - 1), 0);
	assert_int_equal(likely_flows(*state, ids, ARRAY_SIZE(ids)), 1);
}

/* 5: the same id is ignored, so it does not keep what was proven alive either */
static void the_same_id_renews_nothing(void **state)
{
	static const u16 ids[] = { 2, 4, 6, 8, 10, 12, 14, 16 };
	const u64 minute = 60000;
	u64 now = 1000000;
	struct talk t;

	assert_int_equal(likely_flows(*state, ids, ARRAY_SIZE(ids)), 1);
	t = request(*state, 20, 16, now + 29 * minute);
	verdict_is(&t, "probe likely: u1 endpoint");
	t = request(*state, 20, 16, now + 31 * minute);
	verdict_is(&t, "probe suspect: u1");

	assert_int_equal(likely_flows(*state, ids, ARRAY_SIZE(ids)), 1);
	t = request(*state, 20, 18, now + 29 * minute);
	verdict_is(&t, "probe likely: u1 endpoint");
	t = request(*state, 21, 18, now + 58 * minute);
	verdict_is(&t, "probe likely: u1 endpoint");
}

/* 4.3: a single U1 is no evidence, so it does not keep it alive either */
static void a_single_request_renews_nothing(void **state)
{
	static const u16 ids[] = { 2, 4, 6, 8, 10, 12, 14, 16 };
	struct talk t;

	assert_int_equal(likely_flows(*state, ids, ARRAY_SIZE(ids)), 1);
	t = request(*state, 20, 1001, 1000000 + 29 * MINUTE);
	verdict_is(&t, "probe likely: u1 endpoint");
	t = request(*state, 21, 2002, 1000000 + 31 * MINUTE);
	verdict_is(&t, "probe suspect: u1");
}

/* 5: evidence expires 30 minutes after the last of it, not after the first */
static void a_slow_chain(void **state)
{
	struct talk t;

	for (u32 i = 1; i <= 7; i++) {
		t = request(*state, i, (u16)(2 * i), i * 20 * MINUTE);
		verdict_is(&t, "probe suspect: u1");
	}
	t = request(*state, 8, 16, 8 * 20 * MINUTE);
	verdict_is(&t, "probe likely: u1 id-chain");
}

static void broken_chains(void **state)
{
	static const u16 seven[] = { 10, 12, 14, 16, 18, 20, 22 };
	static const u16 odd[] = { 10, 12, 14, 16, 17, 19, 21, 23, 25 };
	static const u16 far[] = { 10, 12, 14, 16, 34, 36, 38, 40, 42 };
	static const u16 down[] = { 40, 38, 36, 34, 32, 30, 28, 26, 24 };
	static const u16 by_one[] = { 10, 11, 12, 13, 14, 15, 16, 17, 18, 19 };
	static const struct {
		const u16 *ids;
		u32 count;
	} cases[] = {
		{ seven, ARRAY_SIZE(seven) }, { odd, ARRAY_SIZE(odd) },
		{ far, ARRAY_SIZE(far) },     { down, ARRAY_SIZE(down) },
		{ by_one, ARRAY_SIZE(by_one) },
	};

	for (u32 i = 0; i < ARRAY_SIZE(cases); i++) {
		struct skype_hosts *fresh = hosts_new(no_session, NULL);

		assert_int_equal(likely_flows(fresh, cases[i].ids, cases[i].count), 0);
		hosts_free(fresh);
	}
	(void)state;
}

/* 4.3: eight or more *different* peers */
static void a_chain_needs_different_peers(void **state)
{
	struct talk t;

	for (u32 i = 0; i < 40; i++) {
		t = request(*state, 1 + i % 7, (u16)(2 * i), 1000000);
		verdict_is(&t, "probe suspect: u1");
	}
}

/* 5: evidence expires 30 minutes after the last of it */
static void evidence_expires(void **state)
{
	u64 proof = 1000000;
	struct talk t;

	for (u32 i = 1; i <= 8; i++)
		t = request(*state, i, (u16)(2 * i), proof);
	t = udp_talk(*state, "203.0.113.1", 4000);
	t.now = proof + 30 * MINUTE - 1000;
	datagram(&t, C, noise(44), 44);
	verdict_is(&t, "peer likely: endpoint");
	t = udp_talk(*state, "203.0.113.2", 4000);
	t.now = proof + 30 * MINUTE + 1000;
	datagram(&t, C, noise(44), 44);
	verdict_is(&t, "none none: ");
}

static void prove(struct skype_hosts *hosts, u64 now)
{
	for (u32 i = 1; i <= 8; i++)
		request(hosts, i, (u16)(2 * i), now);
}

/* 5: another UDP flow of a proven endpoint is peer, whoever opened it */
static void flows_of_an_endpoint(void **state)
{
	struct talk out = udp_talk(*state, "203.0.113.1", 4000);
	struct talk in = talk_between(*state, "203.0.113.2", 4001, CLIENT, CLIENT_PORT);
	struct talk other = talk_between(*state, CLIENT, CLIENT_PORT + 1, NODE, 53);

	prove(*state, 1000000);
	datagram(&out, C, noise(77), 77);
	verdict_is(&out, "peer likely: endpoint");
	skype_flow_start_udp(&in.flow);
	datagram(&in, C, noise(348), 348);
	verdict_is(&in, "peer likely: endpoint");
	skype_flow_start_udp(&other.flow);
	datagram(&other, C, noise(40), 40);
	verdict_is(&other, "none none: ");
}

/* A flow that was open before the proof is peer from its next packet on */
static void an_open_flow_is_adopted(void **state)
{
	struct talk t = udp_talk(*state, "203.0.113.1", 4000);

	prove(*state, 1000000);
	skype_flow_adopt_udp(&t.flow);
	data_message(&t, S, 0x5512); /* like a probe, but its first datagram has passed */
	verdict_is(&t, "peer likely: endpoint");
}

/* 5: if the evidence has expired meanwhile, it is nobody's */
static void an_open_flow_of_nobody(void **state)
{
	struct talk t = udp_talk(*state, "203.0.113.1", 4000);

	skype_flow_adopt_udp(&t.flow);
	datagram(&t, S, noise(60), 60);
	verdict_is(&t, "none none: ");
	assert_true(t.flow.done);
}

/* 1.2, 5: so many datagrams a second each way, of one size, for some time */
static void speak(struct talk *t, u32 per_second, u32 size, u64 milliseconds)
{
	u64 from = t->now;

	for (u32 i = 0; t->now - from < milliseconds && !t->flow.done; i++) {
		t->now = from + (u64)i * 1000 / per_second;
		hear(t, C, noise(size), size, 0, 0);
		t->now = from + (u64)i * 1000 / per_second + 3;
		hear(t, S, noise(size), size, 0, 0);
		t->now = from + (u64)(i + 1) * 1000 / per_second;
	}
}

/* For 4 s 40 datagrams a second each way, but of @who only the first @of 40 */
static void speak_unevenly(struct talk *t, int who, u32 of, u32 size)
{
	u64 from = t->now;

	for (u32 i = 0; i < 160 && !t->flow.done; i++) {
		t->now = from + i * 25;
		hear(t, !who, noise(size), size, 0, 0);
		t->now = from + i * 25 + 3;
		if (i * of / 40 != (i + 1) * of / 40)
			hear(t, who, noise(size), size, 0, 0);
	}
}

/* For 4 s 40 datagrams a second each way, @of 20 of them of one size, others of 200 */
static void speak_among_others(struct talk *t, u32 of, u32 size)
{
	u64 from = t->now;

	for (u32 i = 0; i < 160 && !t->flow.done; i++)
		for (int who = C; who <= S; who++) {
			u32 n = (i * 2 + who) % 20 < of ? size : 200;

			t->now = from + i * 25 + who;
			hear(t, who, noise(n), n, 0, 0);
		}
}

static struct talk call(struct skype_hosts *hosts, u32 per_second, u32 size,
			u64 milliseconds)
{
	struct talk t = udp_talk(hosts, "203.0.113.1", 4000);

	speak(&t, per_second, size, milliseconds);
	return t;
}

/* So is one that was given up as a suspect before the proof; nothing falls */
static void a_suspect_is_adopted(void **state)
{
	struct talk t = request(*state, 99, 7, 1000000);

	for (int i = 0; i < 40 && !t.flow.done; i++)
		datagram(&t, S, noise(200), 200);
	assert_true(t.flow.done);
	prove(*state, 1000000);
	skype_flow_adopt_udp(&t.flow);
	verdict_is(&t, "probe suspect: u1");
	datagram(&t, S, noise(60), 60);
	verdict_is(&t, "probe likely: u1 endpoint");
	assert_false(t.flow.done);
	speak(&t, 43, 80, 3100);
	verdict_is(&t, "voice likely: u1 endpoint voice-rate");
}

/* 5: a probe of an endpoint's flow is watched for voice, whatever is answered */
static void voice_behind_a_long_probe(void **state)
{
	struct talk t;
	u8 data[40];

	memcpy(data, noise(40), 40);
	data[2] = 0x02;
	prove(*state, 1000000);
	t = request(*state, 99, 18, 1000000);
	verdict_is(&t, "probe likely: u1 endpoint");
	for (int i = 0; i < 20; i++)
		datagram(&t, S, data, 40); /* type 0x02, no answer by its size */
	assert_false(t.flow.done);
	t.now += 1000;
	speak(&t, 43, 80, 3100);
	verdict_is(&t, "voice likely: u1 endpoint voice-rate");
}

/* 5 speaks of the UDP flows of a proven endpoint: TCP to its port is a suspect */
static void connection_to_an_endpoint(void **state)
{
	struct talk t = talk_between(*state, NODE, 40000, CLIENT, CLIENT_PORT);

	prove(*state, 1000000);
	skype_flow_start_tcp(&t.flow, 0, 0);
	say(&t, C, 40);
	verdict_is(&t, "signal suspect: endpoint");
	say(&t, S, 100);
	say(&t, C, 25);
	say(&t, S, 200);
	say(&t, C, 16);
	assert_int_equal(t.flow.grade, SKYPE_GRADE_SUSPECT);
	assert_int_equal(t.flow.class, SKYPE_CLASS_SIGNAL);
	assert_false(t.found.events & SKYPE_EVENT_SESSION_START);
}

static void voice_of_a_proven_endpoint(void **state)
{
	struct talk t;

	prove(*state, 1000000);
	t = call(*state, 43, 80, 3100); /* v1.4: 85 a second both ways */
	verdict_is(&t, "voice likely: endpoint voice-rate");
	assert_true(t.flow.done);
	t = call(*state, 70, 67, 3100); /* v0.97: 140 a second both ways */
	verdict_is(&t, "voice likely: endpoint voice-rate");
	assert_int_equal(t.flow.version, SKYPE_VERSION_0_97);
	t = call(*state, 43, 80, 2900);
	verdict_is(&t, "peer likely: endpoint");
	t = call(*state, 14, 80, 10000); /* below 15 a second */
	verdict_is(&t, "peer likely: endpoint");
	t = call(*state, 43, 29, 10000); /* below 30 bytes */
	verdict_is(&t, "peer likely: endpoint");
	t = call(*state, 43, 121, 10000); /* over 120 bytes */
	verdict_is(&t, "peer likely: endpoint");
}

/* 5: 15 a second are enough, 30 and 120 bytes too; 67 to 69 of v0.97 and no more */
static void the_edges_of_voice(void **state)
{
	static const struct {
		u32 per_second, size;
		u8 version;
	} cases[] = {
		{ 15, 80, SKYPE_VERSION_UNKNOWN },  { 43, 30, SKYPE_VERSION_UNKNOWN },
		{ 43, 120, SKYPE_VERSION_UNKNOWN }, { 70, 66, SKYPE_VERSION_UNKNOWN },
		{ 70, 67, SKYPE_VERSION_0_97 },	    { 70, 69, SKYPE_VERSION_0_97 },
		{ 70, 70, SKYPE_VERSION_UNKNOWN },
	};

	prove(*state, 1000000);
	for (u32 i = 0; i < ARRAY_SIZE(cases); i++) {
		struct talk t = call(*state, cases[i].per_second, cases[i].size, 3200);

		verdict_is(&t, "voice likely: endpoint voice-rate");
		assert_int_equal(t.flow.version, cases[i].version);
	}
}

/* 5: both directions, each at 15 or more a second */
static void voice_goes_both_ways(void **state)
{
	prove(*state, 1000000);
	for (int who = C; who <= S; who++) {
		struct talk t = udp_talk(*state, "203.0.113.1", 4000);

		speak_unevenly(&t, who, 14, 80);
		verdict_is(&t, "peer likely: endpoint");
		t = udp_talk(*state, "203.0.113.1", 4000);
		speak_unevenly(&t, who, 16, 80);
		verdict_is(&t, "voice likely: endpoint voice-rate");
	}
}

/* 5: at least 9 of 10 have the size of voice */
static void nine_of_ten_are_voice(void **state)
{
	static const struct {
		u32 of, size;
		const char *expected;
		u8 version;
	} cases[] = {
		{ 18, 80, "voice likely: endpoint voice-rate", SKYPE_VERSION_UNKNOWN },
		{ 17, 80, "peer likely: endpoint", SKYPE_VERSION_UNKNOWN },
		{ 18, 67, "voice likely: endpoint voice-rate", SKYPE_VERSION_0_97 },
		{ 17, 67, "peer likely: endpoint", SKYPE_VERSION_UNKNOWN },
	};

	prove(*state, 1000000);
	for (u32 i = 0; i < ARRAY_SIZE(cases); i++) {
		struct talk t = udp_talk(*state, "203.0.113.1", 4000);

		speak_among_others(&t, cases[i].of, cases[i].size);
		verdict_is(&t, cases[i].expected);
		assert_int_equal(t.flow.version, cases[i].version);
	}
}

/* 5: for 3 s; what came before them is no part of these */
static void voice_is_counted_anew(void **state)
{
	struct talk t = udp_talk(*state, "203.0.113.1", 4000);

	prove(*state, 1000000);
	speak(&t, 14, 80, 8000);
	speak(&t, 17, 200, 6500);
	verdict_is(&t, "peer likely: endpoint");
	assert_false(t.flow.done);
}

/* 5: voice is a proven endpoint's, whichever end it is; a lone NACK proves none */
static void voice_needs_a_proven_endpoint(void **state)
{
	struct talk t = udp_talk(*state, NODE, NODE_PORT);
	u8 request[18], nack[11] = { 0x4f, 0x10, 0x97, 203, 0, 113, 5, 1, 2, 3, 4 };

	memcpy(request, noise(18), 18);
	memcpy(request, nack, 2);
	request[2] = 0x02;
	datagram(&t, C, request, sizeof(request));
	datagram(&t, S, nack, sizeof(nack));
	verdict_is(&t, "probe likely: u1 u2-echo");
	speak(&t, 43, 80, 20000);
	verdict_is(&t, "probe likely: u1 u2-echo");
	assert_true(t.flow.done); /* as in patience_has_an_end */
	assert_in_range(t.flow.packets, 513, 1027);

	prove(*state, 1000000);
	t = talk_between(*state, "203.0.113.2", 4001, CLIENT, CLIENT_PORT);
	skype_flow_start_udp(&t.flow);
	speak(&t, 43, 80, 3200);
	verdict_is(&t, "voice likely: endpoint voice-rate");
}

/* 5: both directions; pace alone never decides */
static void pace_alone_is_nothing(void **state)
{
	struct talk t = call(*state, 50, 80, 5000);

	verdict_is(&t, "none none: ");
	prove(*state, t.now);
	t = udp_talk(*state, "203.0.113.9", 4000);
	for (int i = 0; i < 400 && !t.flow.done; i++) {
		t.now += 20;
		datagram(&t, C, noise(80), 80);
	}
	verdict_is(&t, "peer likely: endpoint");
}

/* A call on hold (1 datagram in 3 s, 1.2) is no voice; then speech is */
static void speech_after_hold(void **state)
{
	struct talk t = udp_talk(*state, "203.0.113.1", 4000);
	u64 speech;

	prove(*state, 1000000);
	for (int i = 0; i < 20; i++) {
		datagram(&t, C, noise(20), 20);
		t.now += 3000;
	}
	verdict_is(&t, "peer likely: endpoint");
	speech = t.now;
	speak(&t, 43, 80, 3100);
	verdict_is(&t, "voice likely: endpoint voice-rate");
	assert_true(t.now - speech <= 3100);
}

/* 5: inspection for voice ends after 512 packets without */
static void patience_ends(void **state)
{
	struct talk t = udp_talk(*state, "203.0.113.1", 4000);

	prove(*state, 1000000);
	for (int i = 0; i < 512; i++)
		datagram(&t, C, noise(200), 200);
	assert_false(t.flow.done);
	datagram(&t, C, noise(200), 200);
	assert_true(t.flow.done);
	verdict_is(&t, "peer likely: endpoint");
}

/* 1.2: 140 a second, of which a window of 3 s takes 420; the one before has 130 */
static void speech_at_the_end_of_a_window(void **state)
{
	struct talk t = udp_talk(*state, "203.0.113.1", 4000);

	prove(*state, 1000000);
	for (u64 start = t.now, i = 1; i <= 60; i++) {
		datagram(&t, i % 2 ? S : C, noise(200), 200);
		t.now = start + i * 2500 / 60;
	}
	speak(&t, 70, 67, 3800);
	verdict_is(&t, "voice likely: endpoint voice-rate");
	assert_int_equal(t.flow.version, SKYPE_VERSION_0_97);
}

/* 5: in each of three seconds, both ways, 15 datagrams or more */
static void speech_with_holes(void **state)
{
	struct talk t = udp_talk(*state, "203.0.113.1", 4000);

	prove(*state, 1000000);
	for (int second = 0; second < 4; second++) {
		speak(&t, 50, 67, 400);
		t.now += 600;
	}
	verdict_is(&t, "voice likely: endpoint voice-rate");
}

/* 5: 15 a second, and not as many packets in a moment that are followed by few */
static void a_burst_is_no_voice(void **state)
{
	struct talk t = udp_talk(*state, "203.0.113.1", 4000);

	prove(*state, 1000000);
	speak(&t, 1000, 80, 50);
	for (u64 start = t.now, i = 1; i <= 6; i++) {
		t.now = start + i * 950;
		datagram(&t, i % 2 ? S : C, noise(80), 80);
	}
	verdict_is(&t, "peer likely: endpoint");
}

/* 5: what is at the pace of voice but for the sizes, or never whole, has an end */
static void patience_has_an_end(void **state)
{
	struct talk t = udp_talk(*state, "203.0.113.1", 4000);

	prove(*state, 1000000);
	for (int i = 0; i < 40 && !t.flow.done; i++) {
		speak(&t, 70, 67, 500);
		t.now += 1200;
	}
	assert_true(t.flow.done);
	verdict_is(&t, "peer likely: endpoint");
	assert_in_range(t.flow.packets, 513, 1025);
}

/* Sessions: section 3, steps 9 to 11, and section 5 */
static struct skype_client client_at(struct skype_hosts *hosts, u64 now)
{
	struct skype_addr addr = v4(CLIENT);
	struct skype_client copy = { .state = 255 };
	struct skype_client *client = skype_client_find(hosts, &addr, now);

	if (client) {
		copy = *client;
		skype_client_put(hosts, client);
	}
	return copy;
}

static u32 tick(struct skype_hosts *hosts, u64 now)
{
	struct skype_addr addr = v4(CLIENT);
	struct skype_client *client = skype_client_find(hosts, &addr, now);
	u32 events;

	assert_non_null(client);
	events = skype_session_tick(client, now);
	skype_client_put(hosts, client);
	return events;
}

/* An accepted handshake with a node that the client probed positively */
static struct talk connect_to(struct skype_hosts *hosts, const char *node, u64 now)
{
	struct talk u = udp_talk(hosts, node, 5000), t = tcp_talk(hosts, node, 5000);
	u8 bytes[18];

	u.now = t.now = now;
	memcpy(bytes, noise(18), 18);
	bytes[2] = 2;
	datagram(&u, C, bytes, 18);
	bytes[0] ^= 0xff;
	datagram(&u, S, bytes, 18);
	say(&t, C, 14);
	say(&t, S, 73);
	say(&t, C, 25);
	say(&t, S, 578);
	say(&t, C, 4);
	assert_int_equal(t.flow.class, SKYPE_CLASS_SUPERNODE);
	return t;
}

static void session_of_one_super_node(void **state)
{
	struct talk t = connect_to(*state, "198.51.100.1", 1000000);
	u64 start = t.now - 50, close;
	struct skype_client c = client_at(*state, t.now);

	assert_true(t.found.events & SKYPE_EVENT_SESSION_START);
	assert_int_equal(c.state, SKYPE_SESSION_ACTIVE);
	assert_int_equal(c.start, start);
	assert_int_equal(c.node_port, htons(5000));
	t.now += 600000;
	close = t.now;
	fin(&t, S);
	assert_int_equal(tick(*state, close + 60000), 0);
	assert_int_equal(tick(*state, close + 60001), SKYPE_EVENT_SESSION_END);
	c = client_at(*state, close + 60002);
	assert_int_equal(c.state, SKYPE_SESSION_ENDED);
	assert_int_equal(c.end, close);
	assert_int_equal(c.changes, 0);
}

/* 2.1 and 3: a lost super node is replaced, by the same procedure */
static void super_node_changes(void **state)
{
	struct talk a = connect_to(*state, "198.51.100.1", 1000000), b, c;
	struct skype_client client;

	b = connect_to(*state, "198.51.100.2", 1010000); /* while one is up */
	assert_true(b.found.events & SKYPE_EVENT_SUPERNODE_CHANGE);
	fin(&a, C);
	client = client_at(*state, b.now);
	assert_int_equal(client.state, SKYPE_SESSION_ACTIVE);
	b.now = 2000000;
	fin(&b, C);
	c = connect_to(*state, "198.51.100.3", 2059000); /* within 60 s */
	assert_true(c.found.events & SKYPE_EVENT_SUPERNODE_CHANGE);
	client = client_at(*state, c.now);
	assert_int_equal(client.changes, 2);
	assert_int_equal(client.end, 0); /* it is up again */
	c.now = 3000000;
	fin(&c, C);
	c = connect_to(*state, "198.51.100.4", 3061000); /* after 60 s: another */
	assert_int_equal(c.found.events & (SKYPE_EVENT_SESSION_END |
					   SKYPE_EVENT_SESSION_START),
			 SKYPE_EVENT_SESSION_END | SKYPE_EVENT_SESSION_START);
	assert_int_equal(c.ended.end, 3000000); /* the first one, as it was */
	assert_int_equal(c.ended.changes, 2);
	client = client_at(*state, c.now);
	assert_int_equal(client.changes, 0);
}

/* 2.1 and 3: the latest of two closes first; what is left keeps the session up */
static void the_latest_connection_closes(void **state)
{
	struct talk a = connect_to(*state, "198.51.100.1", 1000000), b;
	struct skype_client client;

	b = connect_to(*state, "198.51.100.2", 1010000);
	fin(&b, S);
	client = client_at(*state, b.now);
	assert_int_equal(client.state, SKYPE_SESSION_ACTIVE);
	assert_int_equal(client.client_port, 0); /* of which one is not known */
	assert_int_equal(tick(*state, b.now + 3600000), 0);
	a.now = 5000000;
	fin(&a, C);
	assert_int_equal(tick(*state, 5060100), SKYPE_EVENT_SESSION_END);
}

/* Who meets a connection that is up tells what is left */
static void a_connection_is_met(void **state)
{
	struct talk a = connect_to(*state, "198.51.100.1", 1000000), b;
	struct skype_addr addr = v4(CLIENT);
	struct skype_client *client;

	b = connect_to(*state, "198.51.100.2", 1010000);
	fin(&b, C);
	client = skype_client_find(*state, &addr, b.now);
	client->met = false;
	skype_session_met(client, &a.ends.end[C], &a.ends.end[S]);
	assert_true(client->met);
	assert_int_equal(client->client_port, htons(40000));
	assert_int_equal(client->node.w[3], v4("198.51.100.1").w[3]);
	skype_client_put(*state, client);
}

/* A connection that goes without FIN (conntrack expiry) ends the session too */
static void lost_connection(void **state)
{
	struct talk t = connect_to(*state, "198.51.100.1", 1000000);

	skype_flow_lost(&t.flow, &t.ends, *state, 5000000);
	assert_true(t.flow.done);
	assert_int_equal(tick(*state, 5060001), SKYPE_EVENT_SESSION_END);
}

/* 5: after 512 packets without voice, only FIN and RST of a connection count */
static void a_connection_rests(void **state)
{
	struct talk t = connect_to(*state, "198.51.100.1", 1000000);
	u32 at = t.flow.decided_at, packets;

	while (t.flow.packets - at < 512) {
		assert_false(t.found.rests);
		say(&t, C, 200);
	}
	assert_true(t.found.rests);
	assert_false(t.flow.done);
	packets = t.flow.packets;
	say(&t, C, 200);
	say(&t, S, 300);
	assert_int_equal(t.flow.packets, packets);
	assert_false(t.found.counted);
	hear(&t, S, NULL, 0, t.seq[S] + 1000, SKYPE_TCP_RST);
	assert_false(t.flow.done);
	assert_int_equal(client_at(*state, t.now).state, SKYPE_SESSION_ACTIVE);
	fin(&t, S);
	assert_true(t.flow.done);
	assert_int_equal(client_at(*state, t.now).state, SKYPE_SESSION_CLOSING);
}

/* 1.2: voice comes from the port of the probes; here the session shows the client */
static void voice_of_a_client_with_a_session(void **state)
{
	static const u8 nack[11] = { 0x4f, 0x10, 0x97, 203, 0, 113, 5, 1, 2, 3, 4 };
	struct talk session = connect_to(*state, "198.51.100.1", 1000000), t;

	for (int up = 1; up >= 0; up--) {
		t = udp_talk(*state, "198.51.100.3", (u16)(6000 + up));
		t.now = session.now;
		data_message(&t, C, 0x4f10);
		datagram(&t, S, nack, sizeof(nack));
		speak(&t, 43, 80, 3500);
		verdict_is(&t, up ? "voice likely: u1 u2-echo voice-rate" :
				    "probe likely: u1 u2-echo");
		fin(&session, C);
	}
}

/* 2.5, 5: voice by TCP, through the super node */
static void voice_through_a_super_node(void **state)
{
	struct talk t = connect_to(*state, "198.51.100.1", 1000000);
	u64 from = t.now;

	for (u32 i = 0; i < 150 && !t.flow.done; i++) {
		t.now = from + i * 25;
		say(&t, C, 69);
		t.now = from + i * 25 + 3;
		say(&t, S, 69);
	}
	verdict_is(&t, "voice likely: t1 t2-t3-t4 supernode-known voice-rate");
	assert_false(t.flow.done); /* the session's end is to be seen yet */
	fin(&t, C);
	assert_int_equal(client_at(*state, t.now).state, SKYPE_SESSION_CLOSING);
}

/* 2.5, 5: by TCP it is segments that come 15 a second each way */
static void voice_by_tcp_has_its_pace(void **state)
{
	for (u32 per_second = 10; per_second <= 20; per_second += 10) {
		struct talk t = tcp_talk(*state, NODE, 443);
		u64 from = t.now;

		message(&t, C, r1(), 72);
		for (u32 i = 0; i < 4 * per_second && !t.flow.done; i++) {
			t.now = from + i * 1000 / per_second;
			say(&t, C, 69);
			t.now = from + i * 1000 / per_second + 3;
			say(&t, S, 69);
		}
		verdict_is(&t, per_second == 10 ?
				       "signal certain: r1 r1-padding" :
				       "voice certain: r1 r1-padding voice-rate");
		assert_int_equal(t.flow.done, per_second == 20);
	}
}

/* 5: a super node connection is inspected for FIN and RST, whatever is missing of it */
static void a_connection_with_gaps(void **state)
{
	struct talk t = connect_to(*state, "198.51.100.1", 1000000);

	for (int i = 0; i < 5; i++) {
		t.seq[S] += 1000;
		say(&t, S, 200);
		assert_false(t.flow.done);
	}
	fin(&t, S);
	assert_int_equal(client_at(*state, t.now).state, SKYPE_SESSION_CLOSING);
}

/* The last bytes come with the FIN; one of long ago closes nothing */
static void the_last_bytes_come_with_the_fin(void **state)
{
	struct talk t = connect_to(*state, "198.51.100.1", 1000000);

	hear(&t, S, NULL, 0, t.seq[S] - 100, SKYPE_TCP_FIN | SKYPE_TCP_ACK);
	hear(&t, S, NULL, 0, t.seq[S] - 100, SKYPE_TCP_RST);
	assert_int_equal(client_at(*state, t.now).state, SKYPE_SESSION_ACTIVE);
	hear(&t, S, noise(60), 60, t.seq[S], SKYPE_TCP_FIN | SKYPE_TCP_PSH | SKYPE_TCP_ACK);
	assert_int_equal(client_at(*state, t.now).state, SKYPE_SESSION_CLOSING);
}

/* 3, step 11: the *super node connection* closes, not another of the client's flows */
static void another_flow_ends_no_session(void **state)
{
	struct talk t = connect_to(*state, "198.51.100.1", 1000000);
	struct talk other = tcp_talk(*state, "198.51.100.2", 4444);
	struct talk probe = udp_talk(*state, "198.51.100.3", 4444);

	say(&other, C, 14);
	fin(&other, S);
	assert_true(other.flow.done);
	data_message(&probe, C, 7);
	skype_flow_lost(&other.flow, &other.ends, *state, t.now);
	skype_flow_lost(&probe.flow, &probe.ends, *state, t.now);
	assert_int_equal(client_at(*state, t.now).state, SKYPE_SESSION_ACTIVE);
}

/* 5: the end is dated at the close, and one that never was has no end */
static void a_session_closes_once(void **state)
{
	struct talk t = connect_to(*state, "198.51.100.1", 1000000);
	struct skype_client client, none = { .state = SKYPE_SESSION_NONE };

	fin(&t, C);
	client = client_at(*state, t.now);
	skype_session_gone(&client, client.end + 5000);
	skype_session_closed(&client, &t.ends.end[C], &t.ends.end[S], client.end + 9000);
	assert_int_equal(client.end, t.now - 50);
	skype_session_gone(&none, 5000);
	assert_int_equal(none.state, SKYPE_SESSION_NONE);
}

/* 3, step 10: an earlier connection closes, and the latest is the client's still */
static void an_earlier_connection_closes(void **state)
{
	struct talk latest = connect_to(*state, "198.51.100.1", 1000000);
	struct skype_client client;

	for (int differs = 0; differs < 3; differs++) {
		struct skype_ends ends = latest.ends;

		if (differs == 0)
			ends.end[C].own_port = ends.end[C].seen_port = htons(40001);
		else if (differs == 1)
			ends.end[S].own_port = ends.end[S].seen_port = htons(5001);
		else
			ends.end[S].own = ends.end[S].seen = v4("198.51.100.2");
		client = client_at(*state, latest.now);
		client.up = 2;
		skype_session_closed(&client, &ends.end[C], &ends.end[S], latest.now);
		assert_int_equal(client.state, SKYPE_SESSION_ACTIVE);
		assert_int_equal(client.client_port, htons(40000));
		client.met = false;
		skype_session_met(&client, &ends.end[C], &ends.end[S]);
		assert_true(client.met);
		assert_int_equal(client.client_port, htons(40000));
		assert_int_equal(client.node.w[3], v4("198.51.100.1").w[3]);
		assert_int_equal(client.node_port, htons(5000));
	}
}

/* 5: T4 that policy drops starts no session, but shows that Skype is in use */
static void a_stopped_handshake(void **state)
{
	struct talk t = tcp_talk(*state, "198.51.100.1", 5000);

	skype_flow_stopped(&t.flow, &t.ends, *state, 7000);
	assert_true(t.flow.done);
	assert_int_equal(client_at(*state, 7000).state, SKYPE_SESSION_NONE);
	assert_int_equal(client_at(*state, 7000).last, 7000);
}

/* A proven endpoint's requests tell of their client once a second, each other flow at once */
static void requests_tell_of_their_client(void **state)
{
	struct talk t = udp_talk(*state, "203.0.113.1", 4000);
	u8 bytes[18];

	prove(*state, 1000000);
	memcpy(bytes, noise(18), 18);
	bytes[2] = 2;
	t.now = 2000000;
	datagram(&t, C, bytes, 18);
	assert_int_equal(client_at(*state, t.now).last, 2000000);
	t = udp_talk(*state, "203.0.113.2", 4000);
	t.now = 2000999;
	datagram(&t, C, bytes, 18);
	assert_int_equal(client_at(*state, t.now).last, 2000000);
	t = udp_talk(*state, "203.0.113.3", 4000);
	t.now = 2001000;
	datagram(&t, C, bytes, 18);
	assert_int_equal(client_at(*state, t.now).last, 2001000);
}

/* A RST out of its place closes nothing */
static void a_forged_reset_closes_nothing(void **state)
{
	struct talk t = connect_to(*state, "198.51.100.1", 1000000);

	hear(&t, S, NULL, 0, t.seq[S] + 1000, SKYPE_TCP_RST);
	assert_false(t.flow.done);
	hear(&t, S, "x", 1, t.seq[S] + 1000, SKYPE_TCP_RST);
	assert_false(t.flow.done);
	hear(&t, C, "x", 1, t.seq[C] + 1000, SKYPE_TCP_FIN);
	assert_false(t.flow.done);
	assert_int_equal(client_at(*state, t.now).state, SKYPE_SESSION_ACTIVE);
}

/* 2.1: a refused handshake starts no session; 5: nor does DH */
static void no_session_without_acceptance(void **state)
{
	struct talk t = tcp_talk(*state, NODE, NODE_PORT);
	u8 first[90];

	memcpy(first, noise(48), 48);
	padding(first + 48, 42, 3);
	message(&t, C, first, 90);
	say(&t, S, 100);
	say(&t, C, 8);
	say(&t, S, 100);
	say(&t, C, 25);
	say(&t, S, 500);
	say(&t, C, 16);
	verdict_is(&t, "signal certain: dh");
	assert_int_equal(client_at(*state, t.now).state, SKYPE_SESSION_NONE);
}

/* A node of this address answers positively to a client that is proven, or is not */
static struct skype_endpoint answers(struct skype_hosts *hosts, struct skype_end node,
				     bool proven)
{
	struct talk t = talk_between(hosts, "203.0.113.50", proven ? 3000 : 3001, NODE, 4000);
	struct skype_endpoint copy = { .grade = 255 }, *e;

	t.ends.end[S] = node;
	skype_flow_start_udp(&t.flow);
	data_message(&t, C, 18);
	data_message(&t, S, 0x5512);
	verdict_is(&t, proven ? "probe likely: u1 endpoint u4-positive" :
				"probe suspect: u1 u4-positive");
	e = skype_endpoint_find(hosts, &node.own, node.own_port, t.now);
	if (e)
		copy = *e;
	skype_endpoint_put(hosts, e);
	return copy;
}

/*
 * 5: an inside host that answers positively shows its role: one with a private address
 * (RFC 1918, RFC 4193), or one that the gateway translates
 */
static void roles(void **state)
{
	static const struct {
		const char *addr;
		bool inside;
	} cases[] = {
		{ "10.1.0.2", true },	     { "10.255.255.254", true },
		{ "172.16.0.1", true },	     { "172.31.255.254", true },
		{ "192.168.0.1", true },     { "192.168.255.254", true },
		{ "9.255.255.254", false },  { "11.0.0.1", false },
		{ "172.15.255.254", false }, { "172.32.0.1", false },
		{ "192.167.0.1", false },    { "192.169.0.1", false },
	};
	struct skype_end node;

	prove_by_chain(*state, "203.0.113.50", 3000);
	for (u32 i = 0; i < ARRAY_SIZE(cases); i++) {
		node = end_of(cases[i].addr, 4000);
		assert_false(answers(*state, node, false).supernode);
		assert_int_equal(answers(*state, node, true).supernode, cases[i].inside);
	}
	node = end_of("198.51.100.7", 4000);
	node.seen = v4("198.51.100.8");
	node.seen_port = htons(4001);
	assert_true(answers(*state, node, true).supernode);
	for (u32 top = 0xfb; top <= 0xfe; top++) {
		node = end_of("198.51.100.7", 4000);
		node.own.w[0] = node.seen.w[0] = htonl(top << 24 | 0x1234);
		assert_int_equal(answers(*state, node, true).supernode,
				 top == 0xfc || top == 0xfd);
	}
}

/* A copy of a super node's entry; without one its grade is 255 */
static struct skype_supernode node_at(struct skype_hosts *hosts, const char *addr, u16 port,
				      bool tcp, u64 now)
{
	struct skype_addr key = v4(addr);
	struct skype_supernode copy = { .grade = 255 };
	struct skype_supernode *s = skype_supernode_find(hosts, &key, htons(port), tcp, now);

	if (s) {
		copy = *s;
		skype_supernode_put(hosts, s);
	}
	return copy;
}

/* 5 and contract.md: a node that answers positively, or accepts, is a super node entry */
static void super_nodes(void **state)
{
	struct talk t = connect_to(*state, "10.1.0.2", 1000000);
	struct skype_endpoint e = endpoint_at(*state, "10.1.0.2", 5000, t.now);
	struct skype_supernode udp = node_at(*state, "10.1.0.2", 5000, false, t.now);
	struct skype_supernode tcp = node_at(*state, "10.1.0.2", 5000, true, t.now);

	assert_true(e.supernode); /* it accepts handshakes */
	assert_int_equal(udp.grade, SKYPE_GRADE_SUSPECT);
	assert_int_equal(tcp.grade, SKYPE_GRADE_LIKELY);
	assert_int_equal(udp.clients, 1);
	assert_int_equal(tcp.clients, 1);
	assert_false(udp.proven);
	assert_false(tcp.proven);

	t = udp_talk(*state, "10.1.0.2", 5001);
	prove(*state, 1000000);
	data_message(&t, C, 18);
	data_message(&t, S, 0x5512);
	t = talk_between(*state, "192.0.2.66", CLIENT_PORT, "10.1.0.2", 5001);
	skype_flow_start_udp(&t.flow);
	data_message(&t, C, 18);
	data_message(&t, S, 0x5512); /* a lesser one changes nothing */
	verdict_is(&t, "probe suspect: u1 u4-positive");
	udp = node_at(*state, "10.1.0.2", 5001, false, t.now);
	assert_int_equal(udp.grade, SKYPE_GRADE_LIKELY);
	assert_int_equal(udp.clients, 2);
	assert_true(udp.proven);

	connect_to(*state, "10.1.0.2", 1010000);
	udp = node_at(*state, "10.1.0.2", 5000, false, t.now);
	assert_int_equal(udp.grade, SKYPE_GRADE_LIKELY);
	assert_int_equal(udp.clients, 1);
	assert_true(udp.proven);
	assert_int_equal(node_at(*state, "10.1.0.2", 5001, true, t.now).grade, 255);
}

/* 5: it serves those that it has answered; of many, the latest eight are known */
static void a_super_node_of_many_clients(void **state)
{
	struct skype_supernode *s = calloc(1, sizeof(*s)); /* so that a read too far is seen */

	(void)state;
	assert_non_null(s);
	for (u32 client = 1; client <= 20; client++) {
		assert_false(skype_supernode_serves(s, client, 1000));
		skype_supernode_answer(s, client, SKYPE_GRADE_SUSPECT, false, 1000);
		skype_supernode_answer(s, client, SKYPE_GRADE_SUSPECT, false, 1000);
		assert_int_equal(s->clients, client);
	}
	for (u32 client = 13; client <= 20; client++)
		assert_true(skype_supernode_serves(s, client, 1000));
	assert_false(skype_supernode_serves(s, 21, 1000));
	free(s);
}

/* 5: a super node's evidence expires 30 minutes after the last of it */
static void a_super_node_expires(void **state)
{
	for (int late = 0; late < 2; late++) {
		const char *node = late ? "198.51.100.1" : "198.51.100.2";
		struct talk t;

		for (u64 at = 0; at <= 20; at += 20) {
			t = udp_talk(*state, node, 5000);
			t.now = 1000000 + at * MINUTE;
			data_message(&t, C, 7);
			data_message(&t, S, 0x5512);
		}
		t = tcp_talk(*state, node, 5000);
		t.now = 1000000 + (late ? 51 : 45) * MINUTE;
		say(&t, C, 14);
		say(&t, S, 73);
		say(&t, C, 25);
		say(&t, S, 578);
		say(&t, C, 4);
		verdict_is(&t, late ? "none none: t1 t2-t3-t4" :
				      "supernode likely: t1 t2-t3-t4 supernode-known");
	}
}

/* 5: one that is not inside shows it when it is a proven endpoint, and only then */
static void role_of_a_proven_endpoint(void **state)
{
	struct skype_end node = end_of("198.51.100.7", 4000);
	struct talk t = talk_between(*state, "198.51.100.7", 4000, NODE, NODE_PORT);

	prove_by_chain(*state, "203.0.113.50", 3000);
	skype_flow_start_udp(&t.flow);
	data_message(&t, C, 1001); /* there is an entry, without a proof */
	assert_false(answers(*state, node, true).supernode);
	prove_by_chain(*state, "198.51.100.7", 4000);
	assert_true(answers(*state, node, true).supernode);
}

/*
 * 5 and design.md: evidence is about the addresses before the gateway's own source NAT,
 * and about nodes as their clients know them, before its destination NAT.
 */
static struct skype_end translated(const char *own, u16 own_port, const char *seen,
				   u16 seen_port)
{
	struct skype_end end = end_of(own, own_port);

	end.seen = v4(seen);
	end.seen_port = htons(seen_port);
	return end;
}

/* Two clients behind one public address are two, and one at two ports of it is one */
static void endpoints_behind_source_nat(void **state)
{
	struct talk t;

	for (u16 i = 1; i <= 8; i++) {
		t = udp_talk(*state, "198.51.100.1", (u16)(2000 + i));
		t.ends.end[C] = translated("10.0.0.5", 5000, "203.0.113.5", (u16)(61000 + i));
		data_message(&t, C, 2 * i);
	}
	verdict_is(&t, "probe likely: u1 id-chain");
	t = udp_talk(*state, "198.51.100.2", 2000);
	t.ends.end[C] = translated("10.0.0.5", 5000, "203.0.113.6", 61999);
	datagram(&t, C, noise(44), 44);
	verdict_is(&t, "peer likely: endpoint");
	speak(&t, 43, 80, 3200);
	verdict_is(&t, "voice likely: endpoint voice-rate");
	t = udp_talk(*state, "198.51.100.2", 2000);
	t.ends.end[C] = translated("10.0.0.6", 5000, "203.0.113.5", 61008);
	datagram(&t, C, noise(44), 44);
	verdict_is(&t, "none none: ");
	t.ends.end[C] = translated("10.0.0.5", 5001, "203.0.113.5", 61008);
	skype_flow_start_udp(&t.flow);
	datagram(&t, C, noise(44), 44);
	verdict_is(&t, "none none: ");
}

/* 1.1, 5: a node is where its clients send, wherever the gateway takes it */
static void nodes_behind_destination_nat(void **state)
{
	static const struct {
		const char *client, *own, *seen;
		u16 own_port, seen_port;
		const char *expected;
	} cases[] = {
		{ "10.0.0.5", "10.9.9.8", "198.51.100.9", 4001, 33033,
		  "supernode likely: t1 t2-t3-t4 supernode-known" },
		{ "10.0.0.6", "10.9.9.9", "198.51.100.9", 4000, 33033,
		  "none none: t1 t2-t3-t4" },
		{ "10.0.0.5", "10.9.9.9", "198.51.100.8", 4000, 33033,
		  "none none: t1 t2-t3-t4" },
		{ "10.0.0.5", "10.9.9.9", "198.51.100.9", 4000, 33034,
		  "none none: t1 t2-t3-t4" },
	};
	struct talk t = udp_talk(*state, NODE, NODE_PORT);

	t.ends.end[C] = translated("10.0.0.5", 5000, "203.0.113.5", 61000);
	t.ends.end[S] = translated("10.9.9.9", 4000, "198.51.100.9", 33033);
	data_message(&t, C, 7);
	data_message(&t, S, 0x5512);
	verdict_is(&t, "probe suspect: u1 u4-positive");
	for (u32 i = 0; i < ARRAY_SIZE(cases); i++) {
		t = tcp_talk(*state, NODE, NODE_PORT);
		t.ends.end[C] = translated(cases[i].client, 40000, "203.0.113.5", 61001);
		t.ends.end[S] = translated(cases[i].own, cases[i].own_port, cases[i].seen,
					   cases[i].seen_port);
		say(&t, C, 14);
		say(&t, S, 73);
		say(&t, C, 25);
		say(&t, S, 578);
		say(&t, C, 4);
		verdict_is(&t, cases[i].expected);
	}
}

/* 5: a peer is an address and port, as the client has asked it */
static void peers_behind_destination_nat(void **state)
{
	for (u16 differ = 0; differ < 4; differ++) { /* addresses or ports, behind or before it */
		bool seen = differ & 1;
		struct talk t;

		for (u16 i = 1; i <= 8; i++) {
			struct skype_end node = end_of(NODE, NODE_PORT);

			if (differ & 2)
				*(seen ? &node.seen_port : &node.own_port) = htons(4000 + i);
			else
				(seen ? &node.seen : &node.own)->w[3] = htonl(0xc6336400 + i);
			t = udp_talk(*state, NODE, NODE_PORT);
			t.ends.end[C] = end_of("10.0.0.5", 5000 + differ);
			t.ends.end[S] = node;
			data_message(&t, C, 2 * i);
		}
		verdict_is(&t, seen ? "probe likely: u1 id-chain" : "probe suspect: u1");
	}
}

/* 2.2, 5: port 80 is that to which the client connects; its evidence is its own */
static void fallback_behind_nat(void **state)
{
	static const char *const expected[] = {
		"none none: ", "supernode suspect: t2-t3-t4",
		"supernode likely: t2-t3-t4", "supernode suspect: t2-t3-t4",
	};
	u8 opening[41];
	struct talk t;

	memcpy(opening, noise(41), 41);
	opening[0] = 0x9b;
	opening[15] = opening[5] ^ 0x80;
	for (int i = 0; i < 4; i++) {
		bool seen = i > 0;

		t = tcp_talk(*state, NODE, 443);
		t.ends.end[C] = translated("10.0.0.5", 5001, "203.0.113.5", 61001);
		if (i == 2) /* other evidence, of one of two clients with one public address */
			message(&t, C, r1(), 72);
		t = tcp_talk(*state, NODE, 0);
		t.ends.end[C] = translated(i == 3 ? "10.0.0.6" : "10.0.0.5", 5000,
					   "203.0.113.5", 61000);
		t.ends.end[S] = translated("10.9.9.9", seen ? 8080 : 80, "198.51.100.9",
					   seen ? 80 : 8080);
		message(&t, C, opening, 41);
		say(&t, S, 50);
		say(&t, C, 14);
		say(&t, S, 50);
		say(&t, C, 25);
		say(&t, S, 400);
		say(&t, C, 4);
		verdict_is(&t, expected[i]);
	}
}

/* 5: sessions and a client's other evidence are keyed by the client's address */
static void sessions_behind_source_nat(void **state)
{
	struct skype_end one = translated("10.0.0.5", 5000, "203.0.113.5", 61000);
	struct skype_end two = translated("10.0.0.6", 5000, "203.0.113.5", 61001);
	struct skype_end node = translated("10.9.9.9", 4000, NODE, NODE_PORT);
	struct skype_ends ends = { { one, node } }, others = { { two, node } };
	struct skype_client ended, *client;
	struct skype_flow flow;

	skype_flow_start_tcp(&flow, 0, 0);
	flow.phase = SKYPE_PHASE_CONNECTED;
	assert_int_equal(skype_flow_accepted(&flow, &ends, *state, 1000, &ended),
			 SKYPE_EVENT_SESSION_START);
	assert_int_equal(skype_flow_accepted(&flow, &others, *state, 2000, &ended),
			 SKYPE_EVENT_SESSION_START);
	skype_flow_lost(&flow, &others, *state, 3000);
	client = skype_client_find(*state, &one.own, 3000);
	assert_non_null(client);
	assert_int_equal(client->state, SKYPE_SESSION_ACTIVE);
	assert_int_equal(client->client_port, htons(5000));
	assert_int_equal(client->node.w[3], v4(NODE).w[3]);
	assert_int_equal(client->node_port, htons(NODE_PORT));
	client = skype_client_find(*state, &two.own, 3000);
	assert_non_null(client);
	assert_int_equal(client->state, SKYPE_SESSION_CLOSING);
	assert_null(skype_client_find(*state, &one.seen, 3000));
	skype_flow_accepted(&flow, &ends, *state, 3000, &ended);
	skype_flow_lost(&flow, &ends, *state, 3000); /* which is left is not known */
	client = skype_client_find(*state, &one.own, 3000);
	assert_int_equal(client->state, SKYPE_SESSION_ACTIVE);
	assert_int_equal(client->client_port, 0);
	skype_flow_stopped(&flow, &others, *state, 4000);
	assert_null(skype_client_find(*state, &one.seen, 4000));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		core_test(chain_of_eight),
		core_test(steps_of_a_chain),
		core_test(a_chain_wraps_around),
		core_test(broken_chains),
		core_test(the_same_id_renews_nothing),
		core_test(a_single_request_renews_nothing),
		core_test(a_slow_chain),
		core_test(a_chain_needs_different_peers),
		core_test(evidence_expires),
		core_test(flows_of_an_endpoint),
		core_test(an_open_flow_is_adopted),
		core_test(an_open_flow_of_nobody),
		core_test(a_suspect_is_adopted),
		core_test(voice_behind_a_long_probe),
		core_test(connection_to_an_endpoint),
		core_test(voice_of_a_proven_endpoint),
		core_test(the_edges_of_voice),
		core_test(voice_goes_both_ways),
		core_test(nine_of_ten_are_voice),
		core_test(voice_is_counted_anew),
		core_test(voice_needs_a_proven_endpoint),
		core_test(pace_alone_is_nothing),
		core_test(speech_after_hold),
		core_test(patience_ends),
		core_test(speech_at_the_end_of_a_window),
		core_test(speech_with_holes),
		core_test(a_burst_is_no_voice),
		core_test(patience_has_an_end),
		core_test(session_of_one_super_node),
		core_test(super_node_changes),
		core_test(the_latest_connection_closes),
		core_test(a_connection_is_met),
		core_test(lost_connection),
		core_test(a_forged_reset_closes_nothing),
		core_test(no_session_without_acceptance),
		core_test(a_connection_rests),
		core_test(voice_of_a_client_with_a_session),
		core_test(voice_through_a_super_node),
		core_test(voice_by_tcp_has_its_pace),
		core_test(a_connection_with_gaps),
		core_test(the_last_bytes_come_with_the_fin),
		core_test(another_flow_ends_no_session),
		core_test(a_session_closes_once),
		core_test(an_earlier_connection_closes),
		core_test(a_stopped_handshake),
		core_test(requests_tell_of_their_client),
		core_test(roles),
		core_test(role_of_a_proven_endpoint),
		core_test(super_nodes),
		core_test(a_super_node_of_many_clients),
		core_test(a_super_node_expires),
		core_test(endpoints_behind_source_nat),
		core_test(nodes_behind_destination_nat),
		core_test(peers_behind_destination_nat),
		core_test(fallback_behind_nat),
		core_test(sessions_behind_source_nat),
	};

	return cmocka_run_group_tests_name("core: hosts", tests, NULL, NULL);
}
