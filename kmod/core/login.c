// SPDX-License-Identifier: GPL-2.0
/*
 * The login.
 *
 * Theory of Operation
 * -------------------
 *
 * One TCP connection, dressed up as TLS 1.0, closed after authentication
 * (signatures.md, section 2.3 and the login row of 4.2):
 *
 *	SC                                                    LS
 *	 |  L1   16 03 01 00 00                               |
 *	 |--------------------------------------------------->|
 *	 |  L2   17 03 01 00 00                               |
 *	 |<---------------------------------------------------|
 *	 |  L3   16 03 01 00 cd 41 03 00 09 80 40 04 08 c0 01 |
 *	 |       .. 205 bytes .. 17 03 01 00 nn ..            |
 *	 |--------------------------------------------------->|
 *	 |  L4   17 03 01 00 len ..                           |
 *	 |<---------------------------------------------------|
 *
 * No TLS peer sends a handshake record of no bytes, answered by application
 * data of no bytes: L1 with L2 is a proof.  So is L3, by its fixed start and
 * the second record where the first one's length says it is; a later form has
 * another fixed start.  L3 alone occurs too: a login that travels through a
 * super node or a peer connection.
 *
 * The first record after L3 tells the outcome: over 100 bytes, logged in; 13
 * bytes in a message of 18, refused; anything else, such as the 11 of the
 * contact list servers, neither.
 */
#include "stream.h"

#define SEAM 207	/* offset of the bytes across the two records of L3 */
#define ACCEPTED_OVER 100
#define REFUSED_LENGTH 13

static const u8 l1[] = { 0x16, 0x03, 0x01, 0x00, 0x00 };
static const u8 l2[] = { 0x17, 0x03, 0x01, 0x00, 0x00 };
static const u8 l3_start[] = { 0x16, 0x03, 0x01, 0x00, 0xcd, 0x41, 0x03, 0x00,
			       0x09, 0x80, 0x40, 0x04, 0x08, 0xc0, 0x01 };
static const u8 l3_seam[] = { 0x00, 0x0c, 0x01, 0x17, 0x03, 0x01, 0x00 };
static const u8 l3_late[] = { 0x42, 0xcd, 0xef, 0xe7, 0x40, 0xd7, 0x2f, 0x1d };

/* The connection is a login; after L4 a super node connection goes on. */
static void login_goes_on(struct skype_inspection *in)
{
	bool connected = in->flow->phase == SKYPE_PHASE_CONNECTED ||
			 in->flow->phase == SKYPE_PHASE_CONNECTED_LOGIN;

	skype_verdict(in, SKYPE_CLASS_LOGIN, SKYPE_GRADE_CERTAIN);
	in->flow->phase = connected ? SKYPE_PHASE_CONNECTED_LOGIN :
				      SKYPE_PHASE_LOGIN;
}

/**
 * skype_login_is_request() - L3, in either form (section 2.3)
 * @in: the inspection of the first segment of a message, which begins as L3 does
 *
 * Return: true when it is one; the flow then waits for L4.
 */
bool skype_login_is_request(struct skype_inspection *in)
{
	struct skype_stream *stream = &in->flow->stream;

	if (skype_view_is(&in->view, 0, l3_start, sizeof(l3_start))) {
		if (!skype_view_is(&in->view, SEAM, l3_seam, sizeof(l3_seam))) {
			skype_note(in, SKYPE_NOTE_LOGIN_NO_SEAM);
			return false;
		}
		skype_reason(in, SKYPE_REASON_L3);
	} else if (skype_view_is(&in->view, 0, l1, SKYPE_LOGIN_RECORD - 1) &&
		   skype_view_is(&in->view, SKYPE_LOGIN_RECORD, l3_late, sizeof(l3_late))) {
		skype_reason(in, SKYPE_REASON_L3_LATE);
	} else {
		return false;
	}
	login_goes_on(in);
	memset(stream, 0, sizeof(*stream));
	stream->seen = SKYPE_SEEN_L3;
	if (!skype_from_client(in))
		stream->seen |= SKYPE_SEEN_L3_NODE;
	return true;
}

/**
 * skype_login_is_pair() - L1, and L2 as the answer to it (section 2.3)
 * @in: the inspection of a message as long as they are
 * @after_l1: the message before it was L1
 *
 * Return: true when it is one of them.
 */
bool skype_login_is_pair(struct skype_inspection *in, bool after_l1)
{
	if (skype_from_client(in) && skype_view_is(&in->view, 0, l1, SKYPE_LOGIN_RECORD)) {
		in->flow->stream.seen |= SKYPE_SEEN_L1;
		skype_note(in, SKYPE_NOTE_LOGIN_L1);
		return true;
	}
	if (!skype_from_client(in) && after_l1 &&
	    skype_view_is(&in->view, 0, l2, SKYPE_LOGIN_RECORD)) {
		skype_reason(in, SKYPE_REASON_L1_L2);
		login_goes_on(in);
		return true;
	}
	return false;
}

static void outcome(struct skype_inspection *in, bool whole)
{
	u8 length = skype_view_u8(&in->view, SKYPE_LOGIN_RECORD - 1);

	if (!skype_view_is(&in->view, 0, l2, SKYPE_LOGIN_RECORD - 1)) {
		skype_note(in, SKYPE_NOTE_LOGIN_OTHER);
	} else if (length > ACCEPTED_OVER) {
		skype_reason(in, SKYPE_REASON_L4_OK);
		in->found.events |= SKYPE_EVENT_LOGIN_OK;
	} else if (length == REFUSED_LENGTH && whole &&
		   in->view.size == SKYPE_LOGIN_RECORD + REFUSED_LENGTH) {
		skype_reason(in, SKYPE_REASON_L4_REFUSED);
		in->found.events |= SKYPE_EVENT_LOGIN_REFUSED;
	} else {
		skype_note(in, SKYPE_NOTE_LOGIN_OTHER);
	}
}

/**
 * skype_login_answer() - L4, the first record after L3 (section 2.3)
 * @in: the inspection of the first segment of a message
 * @whole: the segment is the whole message
 *
 * Return: true when the message is the answer to an L3: the login is over.
 */
bool skype_login_answer(struct skype_inspection *in, bool whole)
{
	struct skype_stream *stream = &in->flow->stream;
	bool to_node = !(stream->seen & SKYPE_SEEN_L3_NODE);

	if (!(stream->seen & SKYPE_SEEN_L3) || skype_from_client(in) == to_node)
		return false;
	outcome(in, whole);
	stream->seen &= ~(SKYPE_SEEN_L3 | SKYPE_SEEN_L3_NODE);
	return true;
}
