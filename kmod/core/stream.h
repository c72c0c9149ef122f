/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What tcp.c and login.c remember of a connection's messages.
 * Private to the core.
 */
#ifndef SKYPE_CORE_STREAM_H
#define SKYPE_CORE_STREAM_H

#include "inspect.h"

/* struct skype_stream.seen */
enum skype_stream_seen {
	SKYPE_SEEN_T1 = 1 << 0,	     /* 14-byte first message, kept for T1T2 */
	SKYPE_SEEN_R1 = 1 << 1,	     /* imitated ClientHello */
	SKYPE_SEEN_DH = 1 << 2,	     /* first message ends in a padding run */
	SKYPE_SEEN_L1 = 1 << 3,	     /* the client's latest message was L1 */
	SKYPE_SEEN_L3 = 1 << 4,	     /* login request; L4 is awaited */
	SKYPE_SEEN_L3_NODE = 1 << 5, /* and the node's side sent it */
	SKYPE_SEEN_ARMED = 1 << 6,   /* evidence that T2 T3 T4 may lean on */
	SKYPE_SEEN_KNOWN = 1 << 7,   /* this is it: the node answered a probe */
};

/* struct skype_stream.step: how far T2 T3 T4 have come */
enum skype_stream_step {
	SKYPE_STEP_NONE,
	SKYPE_STEP_T2,
	SKYPE_STEP_T3,
	SKYPE_STEP_OVER, /* refused, accepted or out of the question */
};

/* A direction of which bytes are missing has no first message any more. */
#define SKYPE_MESSAGES_LOST 0xff

#define SKYPE_LOGIN_RECORD 5	   /* bytes of a record header */
#define SKYPE_LOGIN_HANDSHAKE 0x16 /* its first byte */

bool skype_login_is_request(struct skype_inspection *in);
bool skype_login_is_pair(struct skype_inspection *in, bool after_l1);
bool skype_login_answer(struct skype_inspection *in, bool whole);

/* Almost no message begins as they do, and one is asked by every segment. */
static inline bool skype_login_request(struct skype_inspection *in)
{
	return skype_view_u8(&in->view, 0) == SKYPE_LOGIN_HANDSHAKE &&
	       skype_login_is_request(in);
}

/* @whole: the segment is the whole message. */
static inline bool skype_login_pair(struct skype_inspection *in, bool whole)
{
	struct skype_stream *stream = &in->flow->stream;
	bool after_l1 = stream->seen & SKYPE_SEEN_L1;

	stream->seen &= ~SKYPE_SEEN_L1;
	return whole && in->view.size == SKYPE_LOGIN_RECORD &&
	       skype_login_is_pair(in, after_l1);
}

#endif /* SKYPE_CORE_STREAM_H */
