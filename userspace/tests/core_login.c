// SPDX-License-Identifier: GPL-2.0
/*
 * Login and version check: signatures.md, sections 2.3, 2.4, 4.2 and 5.
 */
#include "core.h"

static const u8 l1[5] = { 0x16, 0x03, 0x01, 0x00, 0x00 };
static const u8 l2[5] = { 0x17, 0x03, 0x01, 0x00, 0x00 };

/* 2.3: the start, a second record at 5 + 205, and its length in front of it */
static const u8 *l3(void)
{
	static u8 bytes[400];

	memcpy(bytes, noise(400), 400);
	memcpy(bytes, "\x16\x03\x01\x00\xcd\x41\x03\x00\x09\x80\x40\x04\x08\xc0\x01", 15);
	memcpy(bytes + 207, "\x00\x0c\x01", 3);
	memcpy(bytes + 5 + 205, "\x17\x03\x01\x00\xec", 5);
	return bytes;
}

/* 4.2: the later form */
static const u8 *l3_late(void)
{
	static u8 bytes[300];

	memcpy(bytes, noise(300), 300);
	memcpy(bytes, "\x16\x03\x01\x00\xb3\x42\xcd\xef\xe7\x40\xd7\x2f\x1d", 13);
	return bytes;
}

/* 2.3: L4 is a record of so many bytes */
static void l4(struct talk *t, u8 length)
{
	u8 bytes[5 + 255];

	memcpy(bytes, noise(sizeof(bytes)), sizeof(bytes));
	memcpy(bytes, l2, 4);
	bytes[4] = length;
	message(t, S, bytes, 5 + length);
}

/* 2.3: L1 with L2 is proof */
static void login_accepted(void **state)
{
	struct talk t = tcp_talk(*state, "212.72.49.141", 33033);

	message(&t, C, l1, 5);
	verdict_is(&t, "none none: ");
	message(&t, S, l2, 5);
	verdict_is(&t, "login certain: l1-l2");
	assert_int_equal(t.flow.decided_at, 2);
	message(&t, C, l3(), 400);
	assert_false(t.flow.done);
	l4(&t, 217);
	verdict_is(&t, "login certain: l1-l2 l3 l4-ok");
	assert_true(t.found.events & SKYPE_EVENT_LOGIN_OK);
	assert_true(t.flow.done);
	assert_int_equal(t.flow.decided_at, 2);
	assert_int_equal(skype_flow_state_byte(&t.flow), 0xd6);
}

/* 2.3: 13 bytes in a message of 18 refuse; over 100 accept; 11 is neither */
static void outcomes(void **state)
{
	static const struct {
		u8 length;
		const char *expected;
		u32 events;
	} cases[] = {
		{ 13, "login certain: l3 l4-refused", SKYPE_EVENT_LOGIN_REFUSED },
		{ 11, "login certain: l3", 0 },
		{ 12, "login certain: l3", 0 },
		{ 14, "login certain: l3", 0 },
		{ 100, "login certain: l3", 0 },
		{ 101, "login certain: l3 l4-ok", SKYPE_EVENT_LOGIN_OK },
		{ 227, "login certain: l3 l4-ok", SKYPE_EVENT_LOGIN_OK },
	};

	for (u32 i = 0; i < ARRAY_SIZE(cases); i++) {
		struct talk t = tcp_talk(*state, NODE, 443);

		message(&t, C, l3(), 400);
		verdict_is(&t, "login certain: l3");
		assert_int_equal(t.flow.decided_at, 1);
		l4(&t, cases[i].length);
		verdict_is(&t, cases[i].expected);
		assert_int_equal(t.found.events & ~SKYPE_EVENT_FLOW, cases[i].events);
		l4(&t, 217); /* later records say nothing */
		verdict_is(&t, cases[i].expected);
	}
}

/* 13 bytes in a longer message are no refusal: s = 18 in all */
static void a_refusal_is_the_whole_message(void **state)
{
	struct talk t = tcp_talk(*state, NODE, 443);
	u8 bytes[40];

	memcpy(bytes, noise(40), 40);
	memcpy(bytes, "\x17\x03\x01\x00\x0d", 5);
	message(&t, C, l3(), 400);
	message(&t, S, bytes, 40);
	verdict_is(&t, "login certain: l3");
	t = tcp_talk(*state, NODE, 443);
	bytes[4] = 11; /* nor do 18 bytes alone refuse */
	message(&t, C, l3(), 400);
	message(&t, S, bytes, 18);
	verdict_is(&t, "login certain: l3");
	t = tcp_talk(*state, NODE, 443);
	bytes[4] = 13; /* closed after authentication: no PSH is needed */
	message(&t, C, l3(), 400);
	hear(&t, S, bytes, 18, t.seq[S], SKYPE_TCP_FIN | SKYPE_TCP_ACK);
	verdict_is(&t, "login certain: l3 l4-refused");
}

/* 2.3: L4 begins with 17 03 01 00, and the login server says it */
static void another_message_is_no_answer(void **state)
{
	struct talk t;
	u8 bytes[5 + 217];

	for (int at = 0; at < 4; at++) {
		memcpy(bytes, noise(sizeof(bytes)), sizeof(bytes));
		memcpy(bytes, l2, 4);
		bytes[4] = 217;
		bytes[at] ^= 1;
		t = tcp_talk(*state, NODE, 443);
		message(&t, C, l3(), 400);
		message(&t, S, bytes, sizeof(bytes));
		verdict_is(&t, "login certain: l3");
		assert_false(t.found.events & SKYPE_EVENT_LOGIN_OK);
	}
	bytes[3] ^= 1;
	t = tcp_talk(*state, NODE, 443);
	message(&t, C, l3(), 400);
	message(&t, C, bytes, sizeof(bytes));
	verdict_is(&t, "login certain: l3");
	l4(&t, 13);
	verdict_is(&t, "login certain: l3 l4-refused");
}

/* 4.2: "inside a peer connection", which the peer that logs in need not have opened */
static void a_login_from_the_other_side(void **state)
{
	struct talk t = tcp_talk(*state, NODE, NODE_PORT);
	u8 bytes[5 + 217];

	memcpy(bytes, noise(sizeof(bytes)), sizeof(bytes));
	memcpy(bytes, l2, 4);
	bytes[4] = 217;
	message(&t, S, l3(), 400);
	verdict_is(&t, "login certain: l3");
	message(&t, S, bytes, sizeof(bytes));
	verdict_is(&t, "login certain: l3");
	message(&t, C, bytes, sizeof(bytes));
	verdict_is(&t, "login certain: l3 l4-ok");
}

static void late_form(void **state)
{
	struct talk t = tcp_talk(*state, NODE, 13392);

	message(&t, C, l3_late(), 300);
	verdict_is(&t, "login certain: l3-late");
	for (u32 at = 0; at < 13; at++) {
		u8 bytes[300];

		if (at == 4)
			continue; /* nn is a length */
		memcpy(bytes, l3_late(), 300);
		bytes[at] ^= 1;
		t = tcp_talk(*state, NODE, 13392);
		message(&t, C, bytes, 300);
		verdict_is(&t, "none none: ");
	}
}

/* L1 alone, L2 alone, or with other bytes: no login */
static void half_a_pair_is_nothing(void **state)
{
	struct talk t = tcp_talk(*state, NODE, 443);

	message(&t, C, l1, 5);
	say(&t, S, 5);
	verdict_is(&t, "none none: ");
	t = tcp_talk(*state, NODE, 443);
	say(&t, C, 5);
	message(&t, S, l2, 5);
	verdict_is(&t, "none none: ");
	t = tcp_talk(*state, NODE, 443);
	message(&t, S, l2, 5); /* the wrong way round */
	message(&t, C, l1, 5);
	verdict_is(&t, "none none: ");
	t = tcp_talk(*state, NODE, 443); /* each is the whole message */
	part(&t, C, l1, 5);
	say(&t, C, 20);
	message(&t, S, l2, 5);
	verdict_is(&t, "none none: ");
	t = tcp_talk(*state, NODE, 443);
	message(&t, C, l1, 5);
	part(&t, S, l2, 5);
	say(&t, S, 20);
	verdict_is(&t, "none none: ");
	for (int who = C; who <= S; who++) { /* one side says both */
		t = tcp_talk(*state, NODE, 443);
		message(&t, who, l1, 5);
		message(&t, who, l2, 5);
		verdict_is(&t, "none none: ");
	}
	t = tcp_talk(*state, NODE, 443);
	message(&t, C, "\x16\x03\x01\x00\x00\x01", 6);
	message(&t, S, l2, 5);
	verdict_is(&t, "none none: ");
}

/* The client gives up, and the answer comes after its FIN */
static void answer_after_the_fin(void **state)
{
	struct talk t = tcp_talk(*state, NODE, 12350);

	message(&t, C, l1, 5);
	fin(&t, C);
	message(&t, S, l2, 5);
	verdict_is(&t, "login certain: l1-l2");
}

/* 2.3: genuine TLS 1.0 starts by 16 03 01 00 as well */
static void genuine_tls_is_nothing(void **state)
{
	struct talk t = tcp_talk(*state, NODE, 443);
	u8 hello[200];

	memcpy(hello, noise(200), 200);
	memcpy(hello, "\x16\x03\x01\x00\xc3\x01\x00\x00\xbf\x03\x01", 11);
	message(&t, C, hello, 200);
	memcpy(hello, "\x16\x03\x01\x00\x4a\x02\x00\x00\x46\x03\x01", 11);
	message(&t, S, hello, 200);
	verdict_is(&t, "none none: ");
	assert_true(t.flow.done);
}

static void no_second_record_is_no_login(void **state)
{
	for (u32 at = 207; at < 214; at++) {
		struct talk t = tcp_talk(*state, NODE, 443);
		u8 bytes[400];

		memcpy(bytes, l3(), 400);
		bytes[at] ^= 1;
		message(&t, C, bytes, 400);
		verdict_is(&t, "none none: ");
	}
}

/* 2.3: when LS is blocked, L3 and L4 travel through a super node; here is L3 */
static struct talk relayed(struct skype_hosts *hosts)
{
	struct talk t = tcp_talk(hosts, NODE, 443);

	message(&t, C, r1(), 72);
	say(&t, S, 93);
	say(&t, C, 14);
	say(&t, S, 60);
	say(&t, C, 25);
	say(&t, S, 400);
	say(&t, C, 16);
	verdict_is(&t, "supernode certain: r1 r1-padding t2-t3-t4");
	message(&t, C, l3(), 400);
	verdict_is(&t, "login certain: r1 r1-padding t2-t3-t4 l3");
	return t;
}

static void relayed_login(void **state)
{
	struct talk t = relayed(*state);

	l4(&t, 217);
	verdict_is(&t, "login certain: r1 r1-padding t2-t3-t4 l3 l4-ok");
	assert_false(t.flow.done); /* still a super node connection */
	fin(&t, S);
	assert_true(t.flow.done);
}

/* 2.3: asked again while the answer is awaited, it is a super node connection still */
static void a_relayed_login_again(void **state)
{
	struct talk t = relayed(*state);

	message(&t, C, l3(), 400);
	l4(&t, 217);
	verdict_is(&t, "login certain: r1 r1-padding t2-t3-t4 l3 l4-ok");
	assert_false(t.flow.done);
	fin(&t, S);
	assert_true(t.flow.done);
}

/* 4.2: a relayed login inside a peer connection, however long that has been up */
static void a_login_inside_a_peer_connection(void **state)
{
	struct talk t = tcp_talk(*state, NODE, 443);
	u8 bytes[72];

	memcpy(bytes, r1(), 72);
	bytes[71] ^= 1;
	message(&t, C, bytes, 72);
	for (int i = 0; i < 20; i++) {
		say(&t, S, 200);
		say(&t, C, 200);
	}
	verdict_is(&t, "signal likely: r1");
	message(&t, C, l3(), 400);
	verdict_is(&t, "login certain: r1 l3");
	l4(&t, 217);
	verdict_is(&t, "login certain: r1 l3 l4-ok");
}

/* 2.3: L4 is the first record behind L3, and a refusal is 18 bytes in all */
static void relayed_answers(void **state)
{
	struct talk t = relayed(*state);
	u8 refusal[18];

	l4(&t, 13);
	verdict_is(&t, "login certain: r1 r1-padding t2-t3-t4 l3 l4-refused");

	t = relayed(*state);
	memcpy(refusal, noise(18), 18);
	memcpy(refusal, l2, 4);
	refusal[4] = 13;
	part(&t, S, refusal, 18);
	say(&t, S, 22);
	verdict_is(&t, "login certain: r1 r1-padding t2-t3-t4 l3");
	assert_false(t.flow.done);

	t = relayed(*state);
	t.seq[S] += 18; /* 5: a gap before the last message */
	l4(&t, 217);
	verdict_is(&t, "login certain: r1 r1-padding t2-t3-t4 l3");
	message(&t, C, l3(), 400);
	l4(&t, 217);
	verdict_is(&t, "login certain: r1 r1-padding t2-t3-t4 l3 l4-ok");
}

/* 5: L1-L4 need no gap before their last message */
static void a_gap_breaks_the_pair(void **state)
{
	struct talk t = tcp_talk(*state, NODE, 443);

	message(&t, C, l1, 5);
	t.seq[S] += 1;
	message(&t, S, l2, 5);
	verdict_is(&t, "none none: ");
	t = tcp_talk(*state, NODE, 443);
	message(&t, C, l3(), 400);
	t.seq[S] += 1;
	l4(&t, 217);
	verdict_is(&t, "login certain: l3");
}

/* 5: a proof within one message needs that message only */
static void a_login_behind_a_gap(void **state)
{
	struct talk t = tcp_talk(*state, NODE, 443);

	part(&t, C, noise(100), 100);
	t.seq[C] += 50;
	message(&t, C, l3(), 400);
	verdict_is(&t, "login certain: l3");
}

/* A login server that says nothing is not awaited for ever */
static void a_login_without_answer_ends(void **state)
{
	struct talk t = tcp_talk(*state, NODE, 443);

	message(&t, C, l3(), 400);
	for (int i = 0; i < 100 && !t.flow.done; i++)
		say(&t, C, 200);
	assert_true(t.flow.done);
	verdict_is(&t, "login certain: l3");
}

static void request(struct talk *t, const char *text)
{
	message(t, C, text, (u32)strlen(text));
}

/* 2.4 */
static void version_checks(void **state)
{
	static const struct {
		const char *text, *expected;
		u8 version;
	} cases[] = {
		{ "GET /ui/0/97/en/installed HTTP/1.1\r\nUser-Agent: Skype 0.97\r\n"
		  "Host: ui.skype.com\r\n\r\n",
		  "update certain: update-installed", SKYPE_VERSION_0_97 },
		{ "GET /ui/0/97/en/getlatestversion?ver=0.97.0.6 HTTP/1.1\r\n"
		  "Host: ui.skype.com\r\nPragma: no-cache\r\n\r\n",
		  "update certain: update-check", SKYPE_VERSION_0_97 },
		{ "GET http://ui.skype.com/ui/2/1.4.0.99/de/getlatestversion?ver=1.4.0.99"
		  " HTTP/1.1\r\nconnection: Keep-Alive\r\nhost: ui.skype.com\r\n\r\n",
		  "update certain: update-check", SKYPE_VERSION_1_X },
		{ "GET /ui/0/2.5.0.151/pt-br/installed HTTP/1.0\r\nHOST:ui.skype.com\r\n\r\n",
		  "update certain: update-installed", SKYPE_VERSION_2_X },
		{ "GET /ui/0/5.10.0.116/en/installed?uhash=1abc HTTP/1.1\r\n"
		  "Host: ui.skype.com\r\n\r\n",
		  "update certain: update-installed", SKYPE_VERSION_5_5 },
		{ "GET /ui/0/5.3.0.120/en/installed HTTP/1.1\r\nHost: ui.skype.com\r\n\r\n",
		  "update certain: update-installed", SKYPE_VERSION_UNKNOWN },
		{ "GET /ui/0/5.5.0.124/en/installed HTTP/1.1\nHost:\tui.skype.com\n\n",
		  "update certain: update-installed", SKYPE_VERSION_5_5 },
		{ "GET /ui/0/5.4.0.129/en/installed HTTP/1.1\r\nHost: ui.skype.com \r\n\r\n",
		  "update certain: update-installed", SKYPE_VERSION_UNKNOWN },
		{ "GET /ui/0/7.4.0.102/en_GB/installed HTTP/1.1\r\nHost: ui.skype.com\r\n\r\n",
		  "update certain: update-installed", SKYPE_VERSION_5_5 },
		{ "GET http://ui.skype.com:80/ui/0/97/en/getlatestversion?ver=0.97.0.6 HTTP/1.0\r\n"
		  "Host: ui.skype.com:80\r\n\r\n",
		  "update certain: update-check", SKYPE_VERSION_0_97 },
		/* near misses */
		{ "GET http://ui.skype.com:/ui/0/97/en/installer HTTP/1.1\r\n"
		  "Host: ui.skype.com\r\n\r\n",
		  "none none: ", SKYPE_VERSION_UNKNOWN },
		{ "GET /ui/0/97/en/installed HTTP/1.1\r\nHost: www.skype.com\r\n\r\n",
		  "none none: update-installed", SKYPE_VERSION_0_97 },
		{ "GET /ui/0/97/en/installed HTTP/1.1\r\nHost: ui.skype.community\r\n\r\n",
		  "none none: update-installed", SKYPE_VERSION_0_97 },
		{ "GET /ui/0/97/en/installed HTTP/1.1\r\nAccept: */*\r\n\r\n",
		  "none none: update-installed", SKYPE_VERSION_0_97 },
		{ "POST /ui/0/97/en/installed HTTP/1.1\r\nHost: ui.skype.com\r\n\r\n",
		  "none none: ", SKYPE_VERSION_UNKNOWN },
		{ "GET /ui/0/97/en/uninstalled HTTP/1.1\r\nHost: ui.skype.com\r\n\r\n",
		  "none none: ", SKYPE_VERSION_UNKNOWN },
		{ "GET /ui/x/97/en/installed HTTP/1.1\r\nHost: ui.skype.com\r\n\r\n",
		  "none none: ", SKYPE_VERSION_UNKNOWN },
		{ "GET /ui/.0/97/en/installed HTTP/1.1\r\nHost: ui.skype.com\r\n\r\n",
		  "none none: ", SKYPE_VERSION_UNKNOWN },
		{ "GET /ui/0/97/en/installed HTTP/1.1\r\n\r\nHost: ui.skype.com\r\n\r\n",
		  "none none: update-installed", SKYPE_VERSION_0_97 },
		{ "GET /ui/0/97//installed HTTP/1.1\r\nHost: ui.skype.com\r\n\r\n",
		  "none none: ", SKYPE_VERSION_UNKNOWN },
		{ "GET /", "none none: ", SKYPE_VERSION_UNKNOWN },
		{ "GET /ui/0/97/en", "none none: ", SKYPE_VERSION_UNKNOWN },
	};

	for (u32 i = 0; i < ARRAY_SIZE(cases); i++) {
		struct talk t = tcp_talk(*state, NODE, 80);

		request(&t, cases[i].text);
		verdict_is(&t, cases[i].expected);
		assert_int_equal(t.flow.version, cases[i].version);
		if (t.flow.grade)
			assert_int_equal(t.flow.decided_at, 1);
		if (t.flow.reasons) /* a path, and what decides it */
			assert_true(t.flow.done);
	}
}

/* The Host may come in a later segment */
static void host_in_a_later_segment(void **state)
{
	struct talk t = tcp_talk(*state, NODE, 80);

	part(&t, C, "GET /ui/0/97/en/installed HTTP/1.1\r\n", 36);
	verdict_is(&t, "none none: update-installed");
	part(&t, C, "Accept: */*\r\n", 13);
	verdict_is(&t, "none none: update-installed");
	request(&t, "Pragma: no-cache\r\nHost: ui.skype.com\r\n\r\n");
	verdict_is(&t, "update certain: update-installed");
	assert_int_equal(t.flow.decided_at, 3);
}

/* 2.4: the client says the Host, in its request: before the server answers, and soon */
static void host_that_does_not_come(void **state)
{
	static const char path[] = "GET /ui/0/97/en/installed HTTP/1.1\r\n";
	static const char host[] = "Host: ui.skype.com\r\n\r\n";
	struct talk t = tcp_talk(*state, NODE, 80);

	part(&t, C, path, sizeof(path) - 1);
	assert_false(t.flow.done);
	message(&t, S, host, sizeof(host) - 1);
	request(&t, host);
	verdict_is(&t, "none none: update-installed");
	assert_true(t.flow.done);

	t = tcp_talk(*state, NODE, 80);
	part(&t, C, path, sizeof(path) - 1);
	for (int i = 0; i < 100 && !t.flow.done; i++)
		part(&t, C, "Accept: */*\r\n", 13);
	assert_true(t.flow.done);
	verdict_is(&t, "none none: update-installed");
}

/*
 * Lines are told by their line feeds, wherever these stand, and by nothing that
 * looks like one in a few bits.
 */
static void host_behind_a_line_of_any_length(void **state)
{
	static const char like[] = "\x0b\x8a\x09\x1a\x4a\x0e\x02\x2a";
	char text[160];

	for (int len = 0; len < 40; len++) {
		struct talk t = tcp_talk(*state, NODE, 80);
		char line[41];

		for (int i = 0; i < len; i++)
			line[i] = like[i % 8];
		line[len] = '\0';
		snprintf(text, sizeof(text),
			 "GET /ui/0/97/en/installed HTTP/1.1\r\nX:%s\nHost: ui.skype.com\r\n\r\n",
			 line);
		request(&t, text);
		verdict_is(&t, "update certain: update-installed");

		t = tcp_talk(*state, NODE, 80);
		snprintf(text, sizeof(text),
			 "GET /ui/0/97/en/installed HTTP/1.1\r\nX:%sHost: ui.skype.com\r\n\r\n",
			 line);
		request(&t, text);
		verdict_is(&t, "none none: update-installed");
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		core_test(login_accepted),
		core_test(outcomes),
		core_test(a_refusal_is_the_whole_message),
		core_test(another_message_is_no_answer),
		core_test(a_login_from_the_other_side),
		core_test(late_form),
		core_test(half_a_pair_is_nothing),
		core_test(answer_after_the_fin),
		core_test(genuine_tls_is_nothing),
		core_test(no_second_record_is_no_login),
		core_test(relayed_login),
		core_test(a_relayed_login_again),
		core_test(a_login_inside_a_peer_connection),
		core_test(relayed_answers),
		core_test(a_gap_breaks_the_pair),
		core_test(a_login_behind_a_gap),
		core_test(a_login_without_answer_ends),
		core_test(version_checks),
		core_test(host_in_a_later_segment),
		core_test(host_that_does_not_come),
		core_test(host_behind_a_line_of_any_length),
	};

	return cmocka_run_group_tests_name("core: login and update", tests, NULL,
					   NULL);
}
