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
	datagram(&t, S, noise(60), 60);
	verdict_is(&t, "peer likely: endpoint");
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
	c.now = 3000000;
	fin(&c, C);
	c = connect_to(*state, "198.51.100.4", 3061000); /* after 60 s: another */
	assert_int_equal(c.found.events & (SKYPE_EVENT_SESSION_END |
					   SKYPE_EVENT_SESSION_START),
			 SKYPE_EVENT_SESSION_END | SKYPE_EVENT_SESSION_START);
	assert_int_equal(c.ended.end, 3000000); /* the first one, as it was */
	assert_int_equal(c.ended.changes, 2);
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

/* An inside host that answers positively shows its role (5) */
static void roles(void **state)
{
	struct talk t = talk_between(*state, "203.0.113.50", 3000, "10.1.0.2", 4000);
	struct skype_addr addr = v4("10.1.0.2");
	struct skype_endpoint *e;

	prove_by_chain(*state, "203.0.113.50", 3000);
	skype_flow_start_udp(&t.flow);
	data_message(&t, C, 18);
	data_message(&t, S, 0x5512);
	verdict_is(&t, "probe likely: u1 endpoint u4-positive");
	e = skype_endpoint_find(*state, &addr, htons(4000), t.now);
	assert_non_null(e);
	assert_true(e->supernode);
	skype_endpoint_put(*state, e);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		core_test(chain_of_eight),
		core_test(steps_of_a_chain),
		core_test(a_chain_wraps_around),
		core_test(broken_chains),
		core_test(the_same_id_renews_nothing),
		core_test(a_chain_needs_different_peers),
		core_test(evidence_expires),
		core_test(flows_of_an_endpoint),
		core_test(an_open_flow_is_adopted),
		core_test(a_suspect_is_adopted),
		core_test(voice_behind_a_long_probe),
		core_test(connection_to_an_endpoint),
		core_test(voice_of_a_proven_endpoint),
		core_test(pace_alone_is_nothing),
		core_test(speech_after_hold),
		core_test(patience_ends),
		core_test(speech_at_the_end_of_a_window),
		core_test(speech_with_holes),
		core_test(patience_has_an_end),
		core_test(session_of_one_super_node),
		core_test(super_node_changes),
		core_test(the_latest_connection_closes),
		core_test(a_connection_is_met),
		core_test(lost_connection),
		core_test(a_forged_reset_closes_nothing),
		core_test(no_session_without_acceptance),
		core_test(a_connection_rests),
		core_test(a_stopped_handshake),
		core_test(requests_tell_of_their_client),
		core_test(roles),
	};

	return cmocka_run_group_tests_name("core: hosts", tests, NULL, NULL);
}
