// SPDX-License-Identifier: GPL-2.0
/*
 * The super node handshake, its disguises on ports 443 and 80, and the proofs
 * that need no key.
 *
 * Theory of Operation
 * -------------------
 *
 * After the TCP handshake, client (SC) and super node (SN) exchange messages
 * that are enciphered; their sizes and their order are not (signatures.md,
 * section 2.1):
 *
 *	SC                                        SN
 *	 |  T1   14 bytes (v1.4), or varies        |
 *	 |---------------------------------------->|
 *	 |       varies                            |
 *	 |<----------------------------------------|
 *	 |      (v2.0 only: one more each way)     |
 *	 |  T2   22..29                            |
 *	 |---------------------------------------->|
 *	 |  T3   339: refused; other, over 57:     |
 *	 |       accepted                          |
 *	 |<----------------------------------------|
 *	 |  T4   4, 15, 16 or 17                   |
 *	 |---------------------------------------->|
 *
 * Sizes prove nothing by themselves: T2 T3 T4 lean on other evidence, that the
 * node answered a probe (host.c), or one of the openings below.
 *
 * Port 443 (section 2.2): the client first sends R1, a TLS 1.0 ClientHello in
 * an SSLv2 record whose first 56 bytes never change; the node may answer by R2,
 * a ServerHello whose time and random never change.  R1's 16-byte challenge is
 * padding, so R1 proves itself (padding.c).
 *
 * Port 80: R1 is not HTTP.  In v1.4 and v2.0 the restarted key stream makes
 * high nibbles repeat 10 bytes apart.  That is weak: it arms T2 T3 T4 only.
 *
 * Proofs without a key (section 4.2; padding.c tells why they hold):
 *
 *  - KS: a direction's first message shows the key stream that restarts.
 *  - T1T2: T2 is enciphered with the key stream of T1.  What is left of the XOR
 *    of the two is a length, a constant and a counter that must fit.
 *  - DH: the first message ends in a padding run, the second has 8 bytes (or
 *    never comes, and the run is as long as R1's).
 *
 * One segment with PSH is one message; a message split by the MSS goes on until
 * PSH.  Nothing is buffered: retransmitted bytes are ignored, and after a gap
 * sizes and counts mean nothing any more; proofs within one message still do.
 */
#include "padding.h"
#include "stream.h"

#define PORT_HTTP 80
#define PORT_HTTPS 443

#define GAPS_MAX 3
#define OPENING_MESSAGES 5 /* client messages within which T4 comes */
#define OPENING_PACKETS 64 /* an opening is over after these, whatever it has shown */
#define LOGIN_PACKETS 64   /* a login without L4 is given up after these */

#define ZEROS_MAX 3 /* of an enciphered message's first 24 bytes */
#define R1_SIZE 72
#define R1_FIXED 56
#define T1_SIZE 14
#define T3_REFUSED 339
#define T3_OVER 57
#define DH_PADDING 48 /* offset of the padding run in the first message */
#define DH_STEPS_LIKELY 3
#define DH_STEPS_CERTAIN 5
#define DH_STEPS_ALONE 15 /* as many as in R1's challenge */
#define DH_SECOND 8

/* signatures.md, section 2.2: R1 and R2 of port 443 */
static const u8 r1_fixed[R1_FIXED] = {
	0x80, 0x46, 0x01, 0x03, 0x01, 0x00, 0x2d, 0x00, 0x00, 0x00, 0x10, 0x00,
	0x00, 0x05, 0x00, 0x00, 0x04, 0x00, 0x00, 0x0a, 0x00, 0x00, 0x09, 0x00,
	0x00, 0x64, 0x00, 0x00, 0x62, 0x00, 0x00, 0x08, 0x00, 0x00, 0x03, 0x00,
	0x00, 0x06, 0x01, 0x00, 0x80, 0x07, 0x00, 0xc0, 0x03, 0x00, 0x80, 0x06,
	0x00, 0x40, 0x02, 0x00, 0x80, 0x04, 0x00, 0x80,
};

static const u8 r2_fixed[] = {
	0x16, 0x03, 0x01, 0x00, 0x4a, 0x02, 0x00, 0x00, 0x46, 0x03, 0x01, 0x40,
	0x1b, 0xe4, 0x86, 0x02, 0xad, 0xe0, 0x29, 0xe1, 0x77, 0x74, 0xe5, 0x44,
	0xb9, 0xc9, 0x9c, 0xb4, 0x31, 0x31, 0x5e, 0x02, 0xdd, 0x77, 0x9d, 0x15,
	0x4a, 0x96, 0x09, 0xba, 0x5d, 0xa8, 0x70, 0x20, 0x1c, 0xa0, 0xe4, 0xf6,
	0x4c, 0x63, 0x51, 0xae, 0x2f, 0x8e, 0x4e, 0xe1, 0xe6, 0x76, 0x6a, 0x0a,
	0x88, 0xd5, 0xd8, 0xc5, 0x5c, 0xae, 0x98, 0xc5, 0xe4, 0x81, 0xf2, 0x2a,
	0x69, 0xbf, 0x90, 0x58, 0x00, 0x05, 0x00,
};

static inline bool to_port(const struct skype_inspection *in, u16 port)
{
	return skype_node_end(in)->seen_port == htons(port);
}

static inline bool is_fallback(const struct skype_inspection *in)
{
	return to_port(in, PORT_HTTPS) || to_port(in, PORT_HTTP);
}

static void proof(struct skype_inspection *in, enum skype_reason reason)
{
	skype_reason(in, reason);
	skype_verdict(in, SKYPE_CLASS_SIGNAL, SKYPE_GRADE_CERTAIN);
}

/* Three capital letters: the method of an HTTP request. */
static bool is_http(const struct skype_view *v)
{
	u32 off;

	for (off = 0; off < 3; off++)
		if (skype_view_u8(v, off) < 'A' || skype_view_u8(v, off) > 'Z')
			return false;
	return true;
}

static bool is_tls(const struct skype_view *v)
{
	return skype_view_u8(v, 0) == 0x16 && skype_view_u8(v, 1) == 0x03;
}

/* HTTP or TLS by its first bytes, or these were not captured. */
static bool may_be_web(const struct skype_view *v)
{
	return !skype_view_has(v, 0, v->size < 3 ? v->size : 3) ||
	       is_http(v) || is_tls(v);
}

/* What was captured of R1 of port 443 is right. */
static bool is_r1(const struct skype_inspection *in, bool whole)
{
	if (!whole || in->view.size != R1_SIZE || !in->view.len)
		return false;
	if (in->view.len < R1_FIXED)
		return skype_view_is(&in->view, 0, r1_fixed, in->view.len);
	return skype_view_is(&in->view, 0, r1_fixed, R1_FIXED);
}

/* R1 of port 443, whatever the port: the prefix occurs nowhere else. */
static bool r1(struct skype_inspection *in, bool whole)
{
	if (!is_r1(in, whole))
		return false;
	in->flow->stream.seen |= SKYPE_SEEN_R1;
	if (in->view.len < R1_FIXED)
		return true;
	in->flow->stream.seen |= SKYPE_SEEN_ARMED;
	skype_reason(in, SKYPE_REASON_R1);
	if (skype_padding_steps(&in->view, R1_FIXED, R1_SIZE)) {
		proof(in, SKYPE_REASON_R1_PADDING);
	} else {
		skype_verdict(in, SKYPE_CLASS_SIGNAL, SKYPE_GRADE_LIKELY);
		skype_note(in, SKYPE_NOTE_TCP_R1_RANDOM);
	}
	return true;
}

static bool nibbles_repeat(const struct skype_view *v, u32 from, u32 to)
{
	u32 off;

	if (!skype_view_has(v, from, to + 10 - from))
		return false;
	for (off = from; off < to; off++)
		if ((skype_view_u8(v, off) ^ skype_view_u8(v, off + 10)) & 0xf0)
			return false;
	return true;
}

/* More zero bytes than an enciphered message has: small numbers in wide fields. */
static bool is_structured(const struct skype_view *v, u32 end)
{
	u32 off, zeros = 0;

	for (off = 0; off < end; off++)
		zeros += skype_view_u8(v, off) == 0;
	return zeros > ZEROS_MAX;
}

/* R1 of port 80 (section 2.2): a suspect, and T2 T3 T4 may lean on it. */
static void r1_80(struct skype_inspection *in, bool whole)
{
	u32 size = in->view.size, end = size < 24 ? size : 24;

	in->flow->stream.seen |= SKYPE_SEEN_ARMED;
	if (!whole || size < 16 || is_structured(&in->view, end))
		return;
	if (size == 16 && nibbles_repeat(&in->view, 4, 6)) {
		skype_reason(in, SKYPE_REASON_R1_80_V1);
		skype_version(in, SKYPE_VERSION_1_X);
	} else if (size > 16 && nibbles_repeat(&in->view, 5, end - 10)) {
		skype_reason(in, SKYPE_REASON_R1_80_V2);
		skype_version(in, SKYPE_VERSION_2_X);
	} else {
		return;
	}
	skype_verdict(in, SKYPE_CLASS_SIGNAL, SKYPE_GRADE_SUSPECT);
}

/* Keep of T1 what T1T2 needs of it: bytes 4, 5, 6, 10, 11, 12. */
static void remember_t1(struct skype_inspection *in)
{
	struct skype_stream *stream = &in->flow->stream;
	int i;

	for (i = 0; i < 3; i++) {
		stream->t1[i] = skype_view_u8(&in->view, 4 + i);
		stream->t1[3 + i] = skype_view_u8(&in->view, 10 + i);
	}
	stream->seen |= SKYPE_SEEN_T1;
}

/*
 * T1T2 (section 4.2).  With q = T1[4..13] ^ T2[0..9] ^ the constant of the two
 * headers: the length fits, q[8] is 0x42, and q[6..7] is q[1..2] less one.
 */
static bool t1t2(const u8 *t1, const struct skype_view *t2)
{
	u16 counter, before;

	if (!skype_view_has(t2, 0, 10) ||
	    (t1[0] ^ skype_view_u8(t2, 0)) != (u8)(2 * (t2->size - 1)))
		return false;
	before = (u16)((t1[1] ^ skype_view_u8(t2, 1) ^ 0x01) << 8 |
		       (t1[2] ^ skype_view_u8(t2, 2)));
	counter = (u16)((t1[3] ^ skype_view_u8(t2, 6)) << 8 |
			(t1[4] ^ skype_view_u8(t2, 7)));
	return (t1[5] ^ skype_view_u8(t2, 8)) == 0x42 &&
	       counter == (u16)(before - 1);
}

/* The first message of DH: remember how long its padding run is. */
static void dh_opening(struct skype_inspection *in, bool whole)
{
	u32 steps = skype_padding_steps(&in->view, DH_PADDING, in->view.size);

	if (!whole || steps < DH_STEPS_LIKELY)
		return;
	in->flow->stream.seen |= SKYPE_SEEN_DH;
	in->flow->stream.t1[0] = steps < 255 ? (u8)steps : 255;
	skype_note(in, SKYPE_NOTE_TCP_DH_OPENING);
}

static void dh(struct skype_inspection *in)
{
	struct skype_stream *stream = &in->flow->stream;

	stream->step = SKYPE_STEP_OVER;
	skype_reason(in, SKYPE_REASON_DH);
	skype_version(in, SKYPE_VERSION_5_5);
	skype_verdict(in, SKYPE_CLASS_SIGNAL,
		      stream->t1[0] >= DH_STEPS_CERTAIN ? SKYPE_GRADE_CERTAIN :
							  SKYPE_GRADE_LIKELY);
}

/* The second message has 8 bytes, or the first was no key exchange. */
static void dh_second(struct skype_inspection *in, bool whole)
{
	in->flow->stream.seen &= ~SKYPE_SEEN_DH;
	if (whole && in->view.size == DH_SECOND)
		dh(in);
}

/*
 * The client has no second message: it was reset, or has sent its FIN.  Then a
 * run as long as that of R1 is the same proof as there.
 */
static void dh_cut_short(struct skype_inspection *in)
{
	struct skype_stream *stream = &in->flow->stream;

	if (in->flow->phase != SKYPE_PHASE_STREAM ||
	    !(stream->seen & SKYPE_SEEN_DH))
		return;
	stream->seen &= ~SKYPE_SEEN_DH;
	if (stream->t1[0] >= DH_STEPS_ALONE)
		dh(in);
}

/*
 * What the host tables know of the node, where the content does not object.  A
 * connection to the port of a proven endpoint is no more than a suspect: only
 * the UDP flows of that port are Skype's (section 5).
 */
static void opening_to_host(struct skype_inspection *in, bool whole)
{
	if (may_be_web(&in->view))
		return;
	if (to_port(in, PORT_HTTP)) {
		r1_80(in, whole);
		in->flow->stream.evident = skype_client_has_evidence(in);
	}
	if (skype_node_known(in))
		in->flow->stream.seen |= SKYPE_SEEN_ARMED | SKYPE_SEEN_KNOWN;
	if (skype_end_proven(in, skype_node_end(in))) {
		skype_reason(in, SKYPE_REASON_ENDPOINT);
		skype_verdict(in, SKYPE_CLASS_SIGNAL, SKYPE_GRADE_SUSPECT);
	}
}

static void client_opening(struct skype_inspection *in, bool whole)
{
	skype_note(in, SKYPE_NOTE_TCP_OPENING);
	if (skype_update_request(in) || r1(in, whole))
		return;
	if (skype_key_stream_restart(&in->view))
		proof(in, SKYPE_REASON_KS);
	if (whole && in->view.size == T1_SIZE) {
		remember_t1(in);
		skype_reason(in, SKYPE_REASON_T1);
	}
	dh_opening(in, whole);
	opening_to_host(in, whole);
}

static void node_opening(struct skype_inspection *in)
{
	skype_note(in, SKYPE_NOTE_TCP_OPENING);
	if (skype_view_is(&in->view, 0, r2_fixed, sizeof(r2_fixed)))
		proof(in, SKYPE_REASON_R2);
	else if (skype_key_stream_restart(&in->view))
		proof(in, SKYPE_REASON_KS);
}

/* The client's second message, and behind R1 its third. */
static void client_next(struct skype_inspection *in, bool whole, u8 index)
{
	struct skype_stream *stream = &in->flow->stream;

	if (index == 1 && (stream->seen & SKYPE_SEEN_DH))
		dh_second(in, whole);
	if (index == 1 && (stream->seen & SKYPE_SEEN_R1) &&
	    skype_key_stream_restart(&in->view))
		proof(in, SKYPE_REASON_KS);
	if ((stream->seen & SKYPE_SEEN_T1) && whole &&
	    t1t2(stream->t1, &in->view)) {
		skype_version(in, SKYPE_VERSION_1_X);
		proof(in, SKYPE_REASON_T1T2);
	}
	stream->seen &= ~SKYPE_SEEN_T1;
	/* on ports 443 and 80, R3 stands in the place of T1 */
	if (index == 1 && is_fallback(in) && whole && in->view.size == T1_SIZE)
		remember_t1(in);
}

/* On port 443, the client's second message may be among what comes behind a gap. */
static void client_behind_gap(struct skype_inspection *in)
{
	if (to_port(in, PORT_HTTPS) && skype_key_stream_restart(&in->view))
		proof(in, SKYPE_REASON_KS);
}

/* What the content of a message's first segment proves. */
static void content(struct skype_inspection *in, bool whole, u8 index)
{
	skype_note(in, SKYPE_NOTE_TCP_MESSAGE);
	if (skype_login_request(in) || skype_login_pair(in, whole))
		return;
	if (index == 0 && skype_from_client(in))
		client_opening(in, whole);
	else if (index == 0)
		node_opening(in);
	else if (index <= 2 && skype_from_client(in))
		client_next(in, whole, index);
	else if (index == SKYPE_MESSAGES_LOST && skype_from_client(in))
		client_behind_gap(in);
}

static bool is_t2(const struct skype_inspection *in, u32 size)
{
	return is_fallback(in) ? size >= 23 && size <= 27 :
				 size >= 22 && size <= 29;
}

static bool is_t4(const struct skype_inspection *in, u32 size)
{
	return size == 4 || size == 15 || size == 16 ||
	       (size == 17 && !is_fallback(in));
}

/* Known when the connection began, or since; asked once, where its handshake ends. */
static bool is_known(struct skype_inspection *in)
{
	if (!(in->flow->stream.seen & SKYPE_SEEN_KNOWN) && !skype_node_known(in))
		return false;
	skype_flow_new_reason(in->flow, SKYPE_REASON_SUPERNODE_KNOWN);
	return true;
}

/* On port 80, where the opening of v2.5 proves nothing (section 5). */
static bool may_lean_on_client(const struct skype_inspection *in)
{
	return to_port(in, PORT_HTTP) &&
	       (in->flow->stream.seen & SKYPE_SEEN_ARMED);
}

/* What the connection has shown by itself. */
static bool is_likely(const struct skype_inspection *in)
{
	return skype_flow_is_likely(in->flow) ||
	       skype_reason_seen(in, SKYPE_REASON_R1_80_V1) ||
	       skype_reason_seen(in, SKYPE_REASON_R1_80_V2);
}

/*
 * How strong T2 T3 T4 is on this connection (section 5).  The node was asked for when
 * it began, and so was the client on port 80: if he had evidence then, nobody needs
 * to be asked again.
 */
static enum skype_grade handshake_grade(struct skype_inspection *in)
{
	const struct skype_stream *stream = &in->flow->stream;

	if (stream->evident && !(stream->seen & SKYPE_SEEN_KNOWN) &&
	    may_lean_on_client(in))
		return SKYPE_GRADE_LIKELY;
	if (is_known(in) || is_likely(in))
		return SKYPE_GRADE_LIKELY;
	if (may_lean_on_client(in))
		return skype_client_has_evidence(in) ? SKYPE_GRADE_LIKELY :
						       SKYPE_GRADE_SUSPECT;
	return SKYPE_GRADE_NONE;
}

/* v1.x opens by 14 bytes; a handshake with another opening is of v2.0. */
static void guess_handshake_version(struct skype_inspection *in)
{
	if (skype_reason_seen(in, SKYPE_REASON_T1))
		skype_version(in, SKYPE_VERSION_1_X);
	else if (!is_fallback(in))
		skype_version(in, SKYPE_VERSION_2_X);
}

static void accepted(struct skype_inspection *in)
{
	enum skype_grade grade;

	in->flow->stream.step = SKYPE_STEP_OVER;
	skype_flow_new_reason(in->flow, SKYPE_REASON_T2_T3_T4);
	grade = handshake_grade(in);
	if (grade == SKYPE_GRADE_NONE) {
		skype_done(in, SKYPE_NOTE_TCP_UNKNOWN_NODE);
		return;
	}
	guess_handshake_version(in);
	skype_verdict(in, SKYPE_CLASS_SUPERNODE, grade);
	if (!skype_flow_is_likely(in->flow)) {
		in->flow->done = 1;
		return;
	}
	skype_learn_accepted(in);
	in->flow->phase = SKYPE_PHASE_CONNECTED;
	skype_pace_start(&in->flow->tcp_pace, in->pkt->now);
}

static void refused(struct skype_inspection *in)
{
	in->flow->stream.step = SKYPE_STEP_OVER;
	skype_reason(in, SKYPE_REASON_T3_REFUSED);
	if (!is_known(in))
		return;
	skype_verdict(in, SKYPE_CLASS_SIGNAL, SKYPE_GRADE_LIKELY);
}

/* T2 may come behind T1, and on ports 443 and 80 behind R3. */
static u8 first_t2(const struct skype_inspection *in)
{
	return is_fallback(in) ? 2 : 1;
}

static void client_size(struct skype_inspection *in, u32 size, u8 index)
{
	struct skype_stream *stream = &in->flow->stream;

	if (stream->step == SKYPE_STEP_T3 && is_t4(in, size)) {
		accepted(in);
	} else if (index >= first_t2(in) && index < OPENING_MESSAGES - 1 &&
		   is_t2(in, size)) {
		stream->step = SKYPE_STEP_T2;
		if (in->found.note == SKYPE_NOTE_TCP_MESSAGE)
			skype_note(in, SKYPE_NOTE_TCP_T2);
	} else {
		stream->step = SKYPE_STEP_NONE;
	}
}

static void node_size(struct skype_inspection *in, u32 size)
{
	struct skype_stream *stream = &in->flow->stream;

	if (stream->step != SKYPE_STEP_T2)
		return;
	if (size == T3_REFUSED) {
		refused(in);
	} else if (size > T3_OVER) {
		stream->step = SKYPE_STEP_T3;
		skype_note(in, SKYPE_NOTE_TCP_T3);
	} else {
		stream->step = SKYPE_STEP_NONE;
	}
}

/* A message is complete: its size is the next word of T2 T3 T4. */
static void message_ends(struct skype_inspection *in)
{
	struct skype_stream *stream = &in->flow->stream;
	u8 dir = in->pkt->dir & 1, index = stream->messages[dir];
	u32 size = stream->size[dir];

	stream->size[dir] = 0;
	if (index < SKYPE_MESSAGES_LOST - 1)
		stream->messages[dir]++;
	if (stream->step == SKYPE_STEP_OVER)
		return;
	if (skype_from_client(in))
		client_size(in, size, index);
	else
		node_size(in, size);
}

/*
 * Nothing points to Skype, and nothing that may follow would.  Behind a gap nobody
 * knows what should have pointed to it.
 */
static bool is_hopeless(const struct skype_inspection *in)
{
	const struct skype_stream *stream = &in->flow->stream;
	u8 client = stream->messages[in->flow->client];
	u8 node = stream->messages[!in->flow->client];
	u8 hope = SKYPE_SEEN_T1 | SKYPE_SEEN_R1 | SKYPE_SEEN_DH |
		  SKYPE_SEEN_L1 | SKYPE_SEEN_ARMED;

	if (in->flow->gaps)
		return false;
	if (client == 0)
		return node > OPENING_MESSAGES;
	if (client > OPENING_MESSAGES)
		return node > 0;
	if (stream->step == SKYPE_STEP_OVER)
		return true;
	return node > 0 && !(stream->seen & hope) &&
	       !skype_reason_seen(in, SKYPE_REASON_T1);
}

/*
 * Whether the opening of a Skype connection has shown what it can.  After a gap the
 * order is lost, but the first messages behind it may still be proofs.
 */
static bool is_opening_over(const struct skype_inspection *in)
{
	const struct skype_stream *stream = &in->flow->stream;
	u8 client = stream->messages[in->flow->client];
	u8 node = stream->messages[!in->flow->client];

	if (client == SKYPE_MESSAGES_LOST)
		return node > 0;
	if (in->flow->gaps)
		return client > 1;
	return client > OPENING_MESSAGES || stream->step == SKYPE_STEP_OVER;
}

/* The opening of a connection is over: go on to what is left to see. */
static void settle(struct skype_inspection *in)
{
	const struct skype_stream *stream = &in->flow->stream;
	u8 client = stream->messages[in->flow->client];

	if (in->flow->done || in->flow->phase != SKYPE_PHASE_STREAM)
		return;
	if (!skype_flow_is_likely(in->flow)) {
		if (in->flow->packets >= OPENING_PACKETS)
			skype_done(in, SKYPE_NOTE_TCP_TOO_LONG);
		else if (is_hopeless(in))
			skype_done(in, client > OPENING_MESSAGES ?
					       SKYPE_NOTE_TCP_TOO_LONG :
					       SKYPE_NOTE_TCP_NOTHING);
	} else if (is_opening_over(in) || in->flow->packets >= OPENING_PACKETS) {
		in->flow->phase = SKYPE_PHASE_PACE;
		skype_pace_start(&in->flow->tcp_pace, in->pkt->now);
	}
}

static void opening_segment(struct skype_inspection *in)
{
	struct skype_stream *stream = &in->flow->stream;
	u8 dir = in->pkt->dir & 1;
	bool first = stream->size[dir] == 0;
	bool last = in->pkt->flags & (SKYPE_TCP_PSH | SKYPE_TCP_FIN);
	u32 size = stream->size[dir] + in->view.size;

	in->flow->phase = SKYPE_PHASE_STREAM;
	skype_note(in, SKYPE_NOTE_TCP_PART);
	if (first)
		content(in, last, stream->messages[dir]);
	if (in->flow->phase != SKYPE_PHASE_STREAM)
		return;
	stream->size[dir] = size < 0xffff ? (u16)size : 0xffff;
	if (last)
		message_ends(in);
	settle(in);
}

static void login_segment(struct skype_inspection *in)
{
	bool whole = in->pkt->flags & (SKYPE_TCP_PSH | SKYPE_TCP_FIN);

	if (skype_login_request(in))
		return;
	if (skype_login_answer(in, whole))
		in->flow->done = 1;
	else if (in->flow->packets - in->flow->decided_at >= LOGIN_PACKETS)
		skype_done(in, SKYPE_NOTE_TCP_TOO_LONG);
}

static void connected_login_segment(struct skype_inspection *in)
{
	bool whole = in->pkt->flags & (SKYPE_TCP_PSH | SKYPE_TCP_FIN);

	if (in->flow->stream.seen & SKYPE_SEEN_L3 && !skype_login_answer(in, whole))
		return;
	in->flow->phase = SKYPE_PHASE_CONNECTED;
	skype_pace_start(&in->flow->tcp_pace, in->pkt->now);
}

static void pace_segment(struct skype_inspection *in)
{
	if (skype_login_request(in))
		return;
	skype_pace_packet(in, &in->flow->tcp_pace);
	if (skype_flow_pace_over(in->flow))
		skype_pace_done(in);
}

/* On a super node connection, voice and logins pass.  Then it rests to its end. */
static void connected_segment(struct skype_inspection *in)
{
	skype_note(in, SKYPE_NOTE_TCP_MESSAGE);
	if (!skype_login_request(in))
		skype_pace_packet(in, &in->flow->tcp_pace);
}

static void new_bytes(struct skype_inspection *in)
{
	switch (in->flow->phase) {
	case SKYPE_PHASE_UPDATE:
		skype_update_more(in);
		break;
	case SKYPE_PHASE_LOGIN:
		login_segment(in);
		break;
	case SKYPE_PHASE_PACE:
		pace_segment(in);
		break;
	case SKYPE_PHASE_CONNECTED:
		connected_segment(in);
		break;
	case SKYPE_PHASE_CONNECTED_LOGIN:
		connected_login_segment(in);
		break;
	default:
		opening_segment(in);
	}
}

/*
 * Where messages are counted, missing bytes end what leans on order.  DH does
 * not use the server's bytes.
 */
static void gap(struct skype_inspection *in)
{
	struct skype_flow *flow = in->flow;
	u8 dir = in->pkt->dir & 1;

	if (flow->phase == SKYPE_PHASE_CONNECTED_LOGIN)
		flow->stream.seen &= ~SKYPE_SEEN_L3;
	if (flow->phase >= SKYPE_PHASE_PACE)
		return;
	flow->stream.seen &= ~(SKYPE_SEEN_T1 | SKYPE_SEEN_L1 | SKYPE_SEEN_L3);
	if (skype_from_client(in))
		flow->stream.seen &= ~SKYPE_SEEN_DH;
	flow->stream.step = SKYPE_STEP_OVER;
	flow->stream.size[dir] = 0;
	flow->stream.messages[dir] = SKYPE_MESSAGES_LOST;
	if (flow->gaps < GAPS_MAX)
		flow->gaps++;
}

/* Reduce the view to bytes not seen before; false when there are none. */
static bool take_new_bytes(struct skype_inspection *in)
{
	struct skype_flow *flow = in->flow;
	u8 dir = in->pkt->dir & 1;
	u32 behind = flow->next[dir] - in->pkt->seq;
	u32 size = in->view.size;

	if (size == 0)
		return false;
	if ((s32)behind > 0) {
		skype_note(in, SKYPE_NOTE_TCP_OLD);
		if (behind >= size)
			return false;
		in->view = skype_view_from(&in->view, behind);
	} else if (behind != 0) {
		gap(in);
	}
	flow->next[dir] = in->pkt->seq + size;
	return true;
}

/*
 * A FIN or RST that is in its place.  A client that has sent its FIN may still
 * get an answer, and that may be the proof; but a super node connection closes
 * with the first FIN of either side.
 */
static void closes(struct skype_inspection *in)
{
	u32 end = in->pkt->seq + in->pkt->view.size;
	bool fin = in->pkt->flags & SKYPE_TCP_FIN;
	bool rst = in->pkt->flags & SKYPE_TCP_RST;

	if (!fin && !rst)
		return;
	if (end != in->flow->next[in->pkt->dir & 1])
		return;
	if (rst || skype_from_client(in))
		dh_cut_short(in);
	if (!rst && skype_from_client(in) && !skype_flow_connected(in->flow))
		return;
	skype_learn_closed(in);
	in->flow->done = 1;
	if (in->found.note == SKYPE_NOTE_NONE)
		skype_note(in, SKYPE_NOTE_TCP_CLOSED);
}

/**
 * skype_tcp_segment() - inspect one segment (sections 2, 4.2 and 5)
 * @in: the inspection
 *
 * Order is section 5's: a segment behind is a retransmission, one ahead a gap,
 * and after three gaps the flow is given up.
 */
void skype_tcp_segment(struct skype_inspection *in)
{
	u32 next = in->flow->next[in->pkt->dir & 1];
	bool ahead = (s32)(in->pkt->seq - next) > 0;

	if (take_new_bytes(in) && !skype_flow_rests(in->flow)) {
		skype_count(in);
		if (in->flow->gaps < GAPS_MAX)
			new_bytes(in);
		else
			skype_done(in, SKYPE_NOTE_TCP_GAPS);
	}
	if (!ahead)
		closes(in);
	in->found.rests = skype_flow_rests(in->flow);
}
