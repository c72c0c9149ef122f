// SPDX-License-Identifier: GPL-2.0
/*
 * Voice pace.
 *
 * Theory of Operation
 * -------------------
 *
 * There is no silence suppression: for the whole call, datagrams flow at the
 * same pace both ways (signatures.md, section 1.2).  A flow is at voice pace
 * (section 5) when for 3 seconds
 *
 *  - each direction carries at least 15 packets a second, and
 *  - at least 9 of 10 have 30 to 120 bytes of payload (v1.4 and later), or 67
 *    to 69 bytes (v0.97).
 *
 * Pace proves nothing: RTP, games and uTP have it too.  It only tells voice
 * from other traffic on a flow that evidence has made Skype's already, so it is
 * counted on those flows alone.
 *
 * One window at a time is counted.  It starts with the first packet after more
 * than a second of silence (15 packets a second leave no such hole), so the window
 * of a call starts with the call:
 *
 *	  hold        call
 *	--|-----|---|||||||||||||||||||||||||||||||||
 *	            ^ start                 ^ start + 3 s: voice
 *
 * A window that misses is followed by the next one, until 512 packets after
 * the decision have passed without voice.  A call that begins in the middle of a
 * window needs the next one whole, and so one at pace is not broken off.
 */
#include "inspect.h"

#define WINDOW_MS 3000
#define SILENCE_MS 1000
#define RATE 15	    /* packets a second, each direction */

#define MODERN_MIN 30
#define MODERN_MAX 120
#define EARLY_MIN 67
#define EARLY_MAX 69

static void bump(u16 *counter)
{
	if (*counter != 0xffff)
		(*counter)++;
}

static void count(struct skype_pace *pace, const struct skype_inspection *in)
{
	u32 size = in->pkt->view.size;

	bump(&pace->count[in->pkt->dir & 1]);
	if (size >= MODERN_MIN && size <= MODERN_MAX)
		bump(&pace->modern);
	if (size >= EARLY_MIN && size <= EARLY_MAX)
		bump(&pace->early);
}

static bool at_voice_pace(const struct skype_pace *pace, u32 ms)
{
	const u32 least = RATE * ms / 1000;
	u32 all = (u32)pace->count[0] + pace->count[1];
	u32 fit = pace->modern > pace->early ? pace->modern : pace->early;

	return pace->count[0] >= least && pace->count[1] >= least &&
	       fit * 10 >= all * 9;
}

/**
 * skype_pace_lasts() - whether a window is at voice pace as far as it has come
 * @pace: the counts
 */
bool skype_pace_lasts(const struct skype_pace *pace)
{
	return pace->count[0] && pace->count[1] && at_voice_pace(pace, pace->last);
}

static void window_ends(struct skype_inspection *in, struct skype_pace *pace, u32 age)
{
	bool voice = at_voice_pace(pace, age) && skype_voice_allowed(in);

	if (voice) {
		if (pace->early * 10 >= (pace->count[0] + pace->count[1]) * 9)
			skype_version(in, SKYPE_VERSION_0_97);
		skype_reason(in, SKYPE_REASON_VOICE_RATE);
		skype_verdict(in, SKYPE_CLASS_VOICE, SKYPE_GRADE_LIKELY);
	}
	skype_pace_start(pace, in->pkt->now);
}

/**
 * skype_pace_packet() - count a packet towards voice pace (section 5)
 * @in: the inspection of a packet of a flow of grade likely or better
 * @pace: the flow's counts
 */
void skype_pace_packet(struct skype_inspection *in, struct skype_pace *pace)
{
	s32 age = (s32)((u32)in->pkt->now - pace->start);

	if (age - pace->last > SILENCE_MS) {
		skype_pace_start(pace, in->pkt->now);
		age = 0;
	}
	count(pace, in);
	if (age > pace->last) /* not when another processor read a later time */
		pace->last = (u16)age;
	skype_note(in, SKYPE_NOTE_VOICE_COUNTING);
	if (age >= WINDOW_MS)
		window_ends(in, pace, (u32)age);
}

/* Inspection ends with voice pace, or without. */
void skype_pace_done(struct skype_inspection *in)
{
	skype_done(in, in->flow->class == SKYPE_CLASS_VOICE ?
			       SKYPE_NOTE_VOICE_COUNTING :
			       SKYPE_NOTE_VOICE_NONE);
}
