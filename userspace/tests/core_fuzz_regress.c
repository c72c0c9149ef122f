// SPDX-License-Identifier: GPL-2.0
/*
 * What the fuzzer of the core (../fuzz/core.c) has found, a test each.
 */
#include "core.h"

/* U1 and a NACK with its id, and the resend that proves the endpoint (1.1) */
static void prove_endpoint(struct talk *t)
{
	u8 u1[18] = { 0x4f, 0x10, 0x02 }, u3[23] = { 0x4f, 0x10, 0x93, 1 };
	u8 u2[11] = { 0x4f, 0x10, 0x27, 203, 0, 113, 1, 1, 2, 3, 4 };

	memset(u1 + 3, 0x77, sizeof(u1) - 3);
	memcpy(u3 + 4, u2 + 7, 4);
	memcpy(u3 + 8, &t->ends.end[S].own.w[3], 4);
	memcpy(u3 + 12, u1 + 7, 4);
	datagram(t, C, u1, sizeof(u1));
	datagram(t, S, u2, sizeof(u2));
	datagram(t, C, u3, sizeof(u3));
	assert_int_equal(t->flow.grade, SKYPE_GRADE_CERTAIN);
	/* anything else ends the exchange: the flow is watched for voice */
	datagram(t, S, noise(60), 60);
}

/* 60 bytes each way @times times, 25 datagrams a second and direction */
static void speak(struct talk *t, int times)
{
	for (; times > 0; times--) {
		datagram(t, C, noise(60), 60);
		t->now -= 30;
		datagram(t, S, noise(60), 60);
		t->now -= 30;
	}
}

/*
 * Section 5 wants 3 s at pace.  Two seconds of it, then silence of 33 to 65 s,
 * then one datagram were voice, because the low 16 bits of the times hid the
 * silence.
 */
static void silence_is_no_voice(void **state)
{
	struct talk t = udp_talk(*state, NODE, NODE_PORT);

	prove_endpoint(&t);
	speak(&t, 48);
	t.now += 40000;
	datagram(&t, C, noise(60), 60);
	assert_int_equal(t.flow.class, SKYPE_CLASS_PROBE);
	speak(&t, 80);
	assert_int_equal(t.flow.class, SKYPE_CLASS_VOICE);
}

/*
 * The first window of a flow that was taken up late began at time 0, so with
 * the clock's bit 31 set it never ended.
 */
static void adopted_flow_has_a_window(void **state)
{
	struct talk t = udp_talk(*state, NODE, NODE_PORT);
	struct talk late = udp_talk(*state, "198.51.100.10", NODE_PORT);

	t.now = 0x90000000;
	prove_endpoint(&t);
	late.now = t.now;
	skype_flow_adopt_udp(&late.flow);
	speak(&late, 80);
	verdict_is(&late, "voice likely: endpoint voice-rate");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		core_test(silence_is_no_voice),
		core_test(adopted_flow_has_a_window),
	};

	return cmocka_run_group_tests_name("core: fuzz", tests, NULL, NULL);
}
