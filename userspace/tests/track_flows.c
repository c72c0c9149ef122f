// SPDX-License-Identifier: GPL-2.0
/*
 * Which packets make a flow, which the classifier gets to see, and when a flow
 * is handed out.  The classifier is a stand-in here that takes notes.
 */
#include "frames.h"
#include "hosts.h"
#include "track.h"

#define SECOND 1000000ULL
#define START (1156506000 * SECOND)

/* The stand-in for the core */

static struct {
	bool wanted;
	u32 done_at; /* the flow is done on this packet; 0 for never */
	u8 closers; /* or on one with these flags */
	u32 calls;
	u32 lost;
	u32 events; /* of the next packet */
	u32 begun[2]; /* sequence bases of the latest TCP start */
	struct skype_packet last;
	u64 now;
} core;

bool skype_flow_wanted_udp(const struct skype_packet *pkt,
			   struct skype_hosts *hosts)
{
	(void)pkt;
	(void)hosts;
	return core.wanted;
}

void skype_flow_adopt_udp(struct skype_flow *flow)
{
	memset(flow, 0, sizeof(*flow));
	flow->phase = SKYPE_PHASE_PACE;
}

void skype_flow_start_tcp(struct skype_flow *flow, u32 next_original,
			  u32 next_reply)
{
	memset(flow, 0, sizeof(*flow));
	flow->tcp = 1;
	core.begun[0] = next_original;
	core.begun[1] = next_reply;
}

void skype_classify(struct skype_inspection *in)
{
	assert_true(in->pkt->now >= core.now);
	core.now = in->pkt->now;
	core.calls++;
	core.last = *in->pkt;
	in->found.counted = true;
	in->found.events = core.events;
	if (++in->flow->packets == core.done_at || in->pkt->flags & core.closers)
		in->flow->done = 1;
}

u32 skype_flow_accepted(const struct skype_flow *flow,
			const struct skype_ends *ends,
			struct skype_hosts *hosts, u64 now,
			struct skype_client *ended)
{
	(void)flow;
	(void)ends;
	(void)hosts;
	(void)now;
	memset(ended, 0, sizeof(*ended));
	return SKYPE_EVENT_SESSION_END | SKYPE_EVENT_SESSION_START;
}

void skype_flow_lost(struct skype_flow *flow, const struct skype_ends *ends,
		     struct skype_hosts *hosts, u64 now)
{
	(void)flow;
	(void)ends;
	(void)hosts;
	(void)now;
	core.lost++;
}

/* Packets */

struct run {
	struct track *track;
	struct track_flow flows[256];
	u32 count;
	u32 sessions;
	u64 time;
};

static void take_flow(void *context, const struct track_flow *flow)
{
	struct run *run = context;

	assert_true(run->count < ARRAY_SIZE(run->flows));
	run->flows[run->count++] = *flow;
}

static void take_session(void *context, const struct skype_client *client)
{
	struct run *run = context;

	(void)client;
	run->sessions++;
}

static struct run run;
static const struct track_sink sink = { take_flow, take_session, &run };

static int begin(void **state)
{
	(void)state;
	memset(&core, 0, sizeof(core));
	memset(&run, 0, sizeof(run));
	core.wanted = true;
	run.time = START;
	run.track = track_new(&sink, 8, NULL);
	return run.track ? 0 : -1;
}

static int end(void **state)
{
	(void)state;
	track_free(run.track);
	return 0;
}

/* A packet between 10.0.0.1:1000 and a peer 10.0.1.@peer:2000 */
static struct capture_packet packet(u8 proto, u32 peer, bool reply, u32 size)
{
	static const u8 payload[1500];
	struct skype_addr mine = skype_addr_v4(htonl(0x0a000001));
	struct skype_addr other = skype_addr_v4(htonl(0x0a000100 + peer));
	struct capture_packet p = {
		.view = { payload, size, size },
		.src = reply ? other : mine,
		.dst = reply ? mine : other,
		.time = run.time,
		.sport = htons(reply ? 2000 : 1000),
		.dport = htons(reply ? 1000 : 2000),
		.proto = proto,
	};

	return p;
}

static void udp(u32 peer, bool reply, u32 size)
{
	struct capture_packet p = packet(IPPROTO_UDP, peer, reply, size);

	track_packet(run.track, &p);
}

static void tcp(bool reply, u8 flags, u32 seq, u32 ack, u32 size)
{
	struct capture_packet p = packet(IPPROTO_TCP, 1, reply, size);

	p.flags = flags;
	p.seq = seq;
	p.ack = ack;
	track_packet(run.track, &p);
}

enum {
	SYN = SKYPE_TCP_SYN,
	SYN_ACK = SKYPE_TCP_SYN | SKYPE_TCP_ACK,
	ACK = SKYPE_TCP_ACK,
	FIN_ACK = SKYPE_TCP_FIN | SKYPE_TCP_ACK,
	RST = SKYPE_TCP_RST,
};

static void handshake(u32 seq, u32 answer)
{
	tcp(false, SYN, seq, 0, 0);
	tcp(true, SYN_ACK, answer, seq, 0);
	tcp(false, ACK, seq, answer, 0);
}

/* UDP */

static void test_udp_flow(void **state)
{
	(void)state;
	udp(1, false, 18);
	assert_int_equal(core.last.dir, SKYPE_DIR_ORIGINAL);
	run.time += SECOND;
	udp(1, true, 11);
	assert_int_equal(core.last.dir, SKYPE_DIR_REPLY);
	assert_int_equal(core.last.view.size, 11);
	assert_int_equal(core.last.ends->end[0].own_port, htons(1000));
	assert_int_equal(core.last.ends->end[1].seen_port, htons(2000));
	assert_true(core.last.now == (START + SECOND) / 1000);
	udp(2, false, 18);
	track_finish(run.track);
	assert_int_equal(run.count, 2);
	assert_int_equal(run.flows[0].payloads, 2);
	assert_int_equal(run.flows[0].bytes, 29);
	assert_true(run.flows[0].first == START);
	assert_true(run.flows[0].last == START + SECOND);
	assert_int_equal(track_flows(run.track), 2);
}

/* contract: "UDP silence of 180 s starts a new flow object" */
static void test_udp_silence(void **state)
{
	(void)state;
	udp(1, false, 18);
	run.time += 180 * SECOND;
	udp(1, false, 18);
	run.time += 180 * SECOND + 1;
	udp(1, true, 18); /* whoever speaks first opens the new flow */
	track_finish(run.track);
	assert_int_equal(run.count, 2);
	assert_int_equal(run.flows[0].payloads, 2);
	assert_int_equal(run.flows[1].payloads, 1);
	assert_int_equal(run.flows[1].port[0], htons(2000));
	assert_int_equal(core.lost, 1);
}

static void test_udp_unwanted(void **state)
{
	(void)state;
	core.wanted = false;
	udp(1, false, 40);
	core.wanted = true; /* asked for the first datagram only */
	udp(1, true, 40);
	assert_int_equal(core.calls, 0);
	track_finish(run.track);
	assert_int_equal(run.flows[0].payloads, 2);
	assert_false(run.flows[0].state & TRACK_INSPECTED);
}

/* An open flow of an endpoint is inspected from the packet behind the proof. */
static void test_udp_adopted(void **state)
{
	struct skype_addr mine = skype_addr_v4(htonl(0x0a000001));
	struct skype_hosts *hosts = track_hosts(run.track);
	struct skype_endpoint *e;

	(void)state;
	core.wanted = false;
	udp(1, false, 40);
	e = skype_endpoint_get(hosts, &mine, htons(1000), START / 1000);
	udp(1, false, 40);
	assert_int_equal(core.calls, 0);
	skype_endpoint_prove(e, SKYPE_GRADE_LIKELY, START / 1000);
	skype_endpoint_proven(hosts, e);
	udp(1, true, 40);
	assert_int_equal(core.calls, 1);
	assert_int_equal(core.last.dir, SKYPE_DIR_REPLY);
	track_finish(run.track);
	assert_true(run.flows[0].state & TRACK_ADOPTED);
	assert_int_equal(run.flows[0].flow.phase, SKYPE_PHASE_PACE);
}

static void test_done(void **state)
{
	(void)state;
	core.done_at = 2;
	udp(1, false, 18);
	udp(1, true, 18);
	udp(1, false, 18);
	assert_int_equal(core.calls, 2);
	track_finish(run.track);
	assert_int_equal(run.flows[0].payloads, 3);
}

/* TCP */

static void test_tcp_flow(void **state)
{
	(void)state;
	tcp(false, SYN, 101, 0, 0);
	assert_int_equal(core.begun[0], 0);
	tcp(true, SYN_ACK, 501, 101, 0);
	assert_int_equal(core.begun[0], 101);
	assert_int_equal(core.begun[1], 501);
	tcp(false, ACK, 101, 501, 0);
	assert_int_equal(core.calls, 0); /* an empty ACK says nothing */
	tcp(false, ACK | SKYPE_TCP_PSH, 101, 501, 14);
	assert_int_equal(core.calls, 1);
	assert_int_equal(core.last.seq, 101);
	tcp(true, FIN_ACK, 501, 115, 0);
	assert_int_equal(core.calls, 2);
	assert_int_equal(core.last.flags, FIN_ACK);
	track_finish(run.track);
	assert_int_equal(run.count, 1);
	assert_int_equal(run.flows[0].payloads, 1);
	assert_true(run.flows[0].state & TRACK_CLOSED);
	assert_int_equal(core.lost, 0);
}

static void test_tcp_wrong_answer(void **state)
{
	(void)state;
	tcp(false, SYN, 101, 0, 0);
	tcp(true, SYN_ACK, 501, 100, 0); /* acknowledges too little */
	tcp(false, ACK, 101, 501, 14);
	assert_int_equal(core.calls, 0);
	tcp(true, SYN_ACK, 501, 101, 0);
	tcp(false, ACK, 101, 501, 14);
	assert_int_equal(core.calls, 1);
}

static void test_tcp_picked_up(void **state)
{
	(void)state;
	tcp(false, ACK, 101, 501, 14);
	tcp(true, ACK, 501, 115, 20);
	assert_int_equal(core.calls, 0);
	handshake(9001, 7001); /* its ports are used again */
	tcp(false, ACK, 9001, 7001, 14);
	assert_int_equal(core.calls, 1);
	track_finish(run.track);
	assert_int_equal(run.count, 2);
	assert_true(run.flows[0].state & TRACK_PICKED_UP);
	assert_int_equal(run.flows[0].payloads, 2);
	assert_int_equal(core.lost, 0);
}

/* A lone SYN|ACK shows who the opener was, but not its sequence number. */
static void test_tcp_lone_answer(void **state)
{
	(void)state;
	tcp(true, SYN_ACK, 501, 101, 0);
	tcp(false, ACK, 101, 501, 14);
	assert_int_equal(core.calls, 0);
	track_finish(run.track);
	assert_int_equal(run.count, 1);
	assert_int_equal(run.flows[0].port[0], htons(1000));
}

/* contract: "a SYN after FIN or RST starts a new flow object" */
static void test_tcp_again_after_close(void **state)
{
	static const u8 closers[] = { FIN_ACK, RST };

	(void)state;
	core.closers = SKYPE_TCP_FIN | SKYPE_TCP_RST;
	for (size_t i = 0; i < ARRAY_SIZE(closers); i++) {
		handshake(101, 501);
		tcp(false, closers[i], 101, 501, 0);
		tcp(true, ACK, 501, 102, 3); /* late, of the old connection */
	}
	handshake(9001, 7001);
	track_finish(run.track);
	assert_int_equal(run.count, 3);
	assert_int_equal(run.flows[0].payloads, 1);
	assert_int_equal(run.flows[1].payloads, 1);
	assert_int_equal(run.flows[2].payloads, 0);
	assert_int_equal(core.lost, 0);
}

/* A close that the core does not believe, behind a gap: the next connection tells it */
static void test_tcp_again_after_gap(void **state)
{
	(void)state;
	handshake(101, 501);
	tcp(false, ACK, 101, 501, 14);
	tcp(false, RST, 215, 501, 0);
	assert_int_equal(core.lost, 0);
	handshake(9001, 7001);
	assert_int_equal(core.lost, 1);
}

/* A SYN on an open connection may be forged; the other end's answer counts. */
static void test_tcp_again_while_open(void **state)
{
	(void)state;
	handshake(101, 501);
	tcp(false, ACK, 101, 501, 14);
	tcp(false, SYN, 9001, 0, 0);
	tcp(false, ACK, 115, 501, 14);
	assert_int_equal(core.calls, 2);
	assert_int_equal(core.begun[0], 101);
	tcp(true, SYN_ACK, 7001, 9001, 0);
	assert_int_equal(core.begun[0], 9001);
	assert_int_equal(core.lost, 1);
	tcp(true, ACK, 7001, 9001, 5);
	assert_int_equal(core.last.dir, SKYPE_DIR_REPLY);
	track_finish(run.track);
	assert_int_equal(run.count, 2);
	assert_int_equal(run.flows[0].payloads, 2);
	assert_int_equal(run.flows[1].payloads, 1);
}

/* Before any payload the latest SYN|ACK counts: it is one connection. */
static void test_tcp_second_attempt(void **state)
{
	(void)state;
	handshake(101, 501);
	handshake(9001, 7001);
	assert_int_equal(core.begun[0], 9001);
	assert_int_equal(core.begun[1], 7001);
	track_finish(run.track);
	assert_int_equal(run.count, 1);
	assert_int_equal(core.lost, 0);
}

/* Repeated handshake packets do not start anything anew. */
static void test_tcp_repeated_handshake(void **state)
{
	(void)state;
	tcp(false, SYN, 101, 0, 0);
	handshake(101, 501);
	tcp(false, ACK, 101, 501, 14);
	core.begun[0] = 0;
	tcp(false, SYN, 101, 0, 0);
	tcp(true, SYN_ACK, 501, 101, 0);
	assert_int_equal(core.begun[0], 0);
	track_finish(run.track);
	assert_int_equal(run.count, 1);
}

/* UDP and TCP of the same ends are two flows. */
static void test_protocols(void **state)
{
	(void)state;
	udp(1, false, 18);
	tcp(false, SYN, 101, 0, 0);
	track_finish(run.track);
	assert_int_equal(run.count, 2);
}

/* A handshake whose client had a session, which nobody had looked after */
static void test_session_before(void **state)
{
	(void)state;
	handshake(101, 501);
	core.events = SKYPE_EVENT_ACCEPTED;
	tcp(false, ACK, 101, 501, 14);
	assert_int_equal(run.sessions, 1);
}

/* Time and room */

/* The stand-in checks that the core's clock never goes back. */
static void udp_at(u64 time, u32 peer)
{
	run.time = time;
	udp(peer, false, 18);
}

static void test_disorder(void **state)
{
	(void)state;
	udp_at(START, 1);
	udp_at(START - SECOND, 1);
	udp_at(START - SECOND, 2);
	track_finish(run.track);
	assert_true(run.flows[0].last == START);
	assert_true(run.flows[1].first == START);
}

/* Packets of two clocks: that of the core goes on as fast as either. */
static void test_two_clocks(void **state)
{
	(void)state;
	for (u64 time = START; time < START + 200 * SECOND; time += SECOND) {
		udp_at(time, 1);
		udp_at(time - 2 * SECOND, 2);
	}
	assert_true(core.last.now == (START + 199 * SECOND) / 1000);
	track_finish(run.track);
	assert_int_equal(run.count, 2);
	assert_true(run.flows[0].last == START + 197 * SECOND);
	assert_true(run.flows[1].last == START + 199 * SECOND);
}

/* One wrong time: whatever comes behind it is dated and silent as it was. */
static void test_late_time(void **state)
{
	const u64 late = 4294967295 * SECOND;

	(void)state;
	udp_at(START, 2);
	udp_at(late, 1);
	udp_at(START, 1);
	udp_at(START + SECOND, 2);
	assert_true(core.last.now == (late + SECOND) / 1000);
	udp_at(START + 500 * SECOND, 1);
	track_finish(run.track);
	assert_int_equal(run.count, 3);
	assert_true(run.flows[0].first == START);
	assert_true(run.flows[0].last == START + SECOND);
	assert_true(run.flows[1].first == START + 500 * SECOND);
	assert_true(run.flows[2].first == late);
	assert_true(run.flows[2].last == START);
}

static void test_clock_set_back(void **state)
{
	const u64 hour = 3600 * SECOND, back = START - hour;

	(void)state;
	udp_at(START, 1);
	udp_at(START, 2);
	udp_at(START, 3);
	udp_at(back, 1);
	udp_at(back + 180 * SECOND, 2); /* silent since */
	udp_at(back + 180 * SECOND + 1, 3); /* silent for longer */
	assert_true(core.last.now == (START + 180 * SECOND) / 1000);
	track_finish(run.track);
	assert_int_equal(run.count, 4);
	assert_true(run.flows[0].first == back + 180 * SECOND + 1);
	assert_true(run.flows[1].last == back);
	assert_true(run.flows[2].last == back + 180 * SECOND);
	assert_true(run.flows[3].last == START);
}

/* As late as a time can be, there is no more to go on to. */
static void test_latest_time(void **state)
{
	(void)state;
	udp_at(CAPTURE_LATEST, 1);
	udp_at(START, 1);
	udp_at(START + SECOND, 1);
	assert_true(core.last.now == CAPTURE_LATEST / 1000);
}

/* Times before 1970 + 1 ms are no times for the host tables. */
static void test_time_zero(void **state)
{
	(void)state;
	run.time = 0;
	udp(1, false, 18);
	assert_true(core.last.now > 0);
}

/* Room for 8: each of 200 flows comes out once, a busy one stays in one piece. */
static void test_room(void **state)
{
	u32 busy = 0;

	(void)state;
	udp(0, false, 18);
	for (u32 peer = 1; peer < 200; peer++) {
		run.time += SECOND / 10;
		udp(peer, false, 18);
		udp(0, true, 18);
	}
	assert_true(track_flushed(run.track) >= 200 - 8);
	track_finish(run.track);
	assert_int_equal(run.count, 200);
	for (u32 i = 0; i < run.count; i++) {
		bool is_busy = run.flows[i].addr[1].w[3] == htonl(0x0a000100);

		busy += is_busy;
		assert_int_equal(run.flows[i].payloads, is_busy ? 200 : 1);
	}
	assert_int_equal(busy, 1);
}

static void test_order(void **state)
{
	(void)state;
	for (u32 peer = 1; peer <= 5; peer++) {
		run.time += SECOND;
		udp(peer, false, 18);
	}
	udp(1, false, 18);
	track_finish(run.track);
	assert_int_equal(run.count, 5);
	for (u32 i = 1; i < 5; i++)
		assert_true(run.flows[i].first > run.flows[i - 1].first);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_udp_flow),
		TEST(test_udp_silence),
		TEST(test_udp_unwanted),
		TEST(test_udp_adopted),
		TEST(test_done),
		TEST(test_tcp_flow),
		TEST(test_tcp_wrong_answer),
		TEST(test_tcp_picked_up),
		TEST(test_tcp_lone_answer),
		TEST(test_tcp_again_after_close),
		TEST(test_tcp_again_after_gap),
		TEST(test_tcp_again_while_open),
		TEST(test_tcp_second_attempt),
		TEST(test_tcp_repeated_handshake),
		TEST(test_protocols),
		TEST(test_session_before),
		TEST(test_disorder),
		TEST(test_two_clocks),
		TEST(test_late_time),
		TEST(test_clock_set_back),
		TEST(test_latest_time),
		TEST(test_time_zero),
		TEST(test_room),
		TEST(test_order),
	};

	return cmocka_run_group_tests_name("track_flows", tests, NULL, NULL);
}
