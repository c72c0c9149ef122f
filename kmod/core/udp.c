// SPDX-License-Identifier: GPL-2.0
/*
 * The UDP probe.
 *
 * Theory of Operation
 * -------------------
 *
 * A client (SC) looks for nodes that answer (SN) by up to four datagrams on one
 * flow (signatures.md, sections 1.1 and 4.1; offsets from 0):
 *
 *	SC                                                          SN
 *	 |  U1 request   id(2) 02 IV(4) CRC(4) ciphertext            |
 *	 |---------------------------------------------------------->|
 *	 |  U2 NACK      id(2) ?7 or ?5 address(4) challenge(4)      |
 *	 |<----------------------------------------------------------|  11 bytes
 *	 |  U3 resend    id(2) ?3 01 challenge(4) SN address(4)      |
 *	 |               CRC(4) ciphertext                           |
 *	 |---------------------------------------------------------->|  s(U1) + 5
 *	 |  U4 answer    other id(2) 02 or ?d ...                    |
 *	 |<----------------------------------------------------------|  18: yes
 *	                                                                51, 53: no
 *
 * U1 is enciphered with the client's own public address.  A client that does
 * not know it yet uses 0.0.0.0, the node cannot decipher that, and its NACK
 * tells the address as seen from outside: the full probe.  From then on the
 * node answers at once: the partial probe, U1 U4.
 *
 * What that proves:
 *
 *  - One U1 proves nothing: two fixed things in 18 bytes.  The guards throw out
 *    what is known to look alike; what is left is a suspect.
 *  - U2 echoes 16 bits of the request, in a layout of its own: likely.
 *  - U3 echoes everything at once: the id, the challenge, the node's address,
 *    the CRC of the request, and its size is right to the byte: a proof.
 *  - U4 alone is only a size.  Its id is the node's own counter; one that
 *    equals U1's comes from an echo server.
 *
 * Across flows (host.c): the ids of one client's requests climb by 2 whatever
 * the destination, and all NACKs to one client carry the same address.
 */
#include "inspect.h"
#include "udp.h"

#define U2_SIZE 11
#define U3_LONGER 5
#define PROBE_PACKETS 16 /* an undecided exchange is given up after these */

#define OFF_PUBLIC 3	 /* of U2 */
#define OFF_CHALLENGE 7	 /* of U2: cookie B */
#define OFF_ONE 3	 /* of U3: always 0x01 */
#define OFF_ECHO 4	 /* of U3: cookie B */
#define OFF_DESTINATION 8
#define OFF_ECHO_CRC 12

#define NIBBLE_RESEND 0x3
#define NIBBLE_NACK_OTHER 0x5
#define NIBBLE_NACK 0x7
#define NIBBLE_ANSWER 0xd

static __be16 id_of(const struct skype_view *v)
{
	return htons(skype_udp_id(v));
}

static u8 nibble_of(const struct skype_view *v)
{
	return skype_view_u8(v, SKYPE_U1_OFF_TYPE) & 0x0f;
}

/* U2: 11 bytes that echo the id and tell an address a host can have. */
static bool is_nack(const struct skype_view *v)
{
	u8 nibble = nibble_of(v);

	return v->size == U2_SIZE && skype_view_has(v, 0, U2_SIZE) &&
	       (nibble == NIBBLE_NACK || nibble == NIBBLE_NACK_OTHER);
}

static bool address_possible(__be32 addr)
{
	u8 top = (u8)(ntohl(addr) >> 24);

	return top != 0 && top != 127 && top < 224;
}

static bool is_id_of_other(const struct skype_probe *probe, __be16 id)
{
	return probe->other.size && id == probe->other.id;
}

/* The request with this id becomes the one that U3 must echo. */
static bool is_nack_of(struct skype_probe *probe, __be16 id)
{
	struct skype_request other = probe->other;

	if (id == probe->request.id)
		return true;
	if (!is_id_of_other(probe, id))
		return false;
	probe->other = probe->request;
	probe->request = other;
	return true;
}

static void nack(struct skype_inspection *in)
{
	struct skype_probe *probe = &in->flow->probe;
	__be32 public = skype_view_be32(&in->view, OFF_PUBLIC);

	if (!is_nack_of(probe, id_of(&in->view))) {
		skype_note(in, SKYPE_NOTE_UDP_WRONG_ID);
		return;
	}
	if (!address_possible(public)) {
		skype_note(in, SKYPE_NOTE_UDP_WRONG_ADDRESS);
		return;
	}
	probe->challenge = skype_view_be32(&in->view, OFF_CHALLENGE);
	probe->seen |= SKYPE_PROBE_NACK;
	skype_reason(in, SKYPE_REASON_U2_ECHO);
	skype_verdict(in, SKYPE_CLASS_PROBE, SKYPE_GRADE_LIKELY);
	skype_learn_nack(in, public);
}

/* U3 has the type of a resend; is every echo in it right? */
static bool resend_echoes(const struct skype_inspection *in)
{
	const struct skype_probe *probe = &in->flow->probe;

	return skype_view_be32(&in->view, OFF_ECHO) == probe->challenge &&
	       skype_view_be32(&in->view, OFF_ECHO_CRC) == probe->request.crc &&
	       skype_end_is_v4(skype_node_end(in),
			       skype_view_be32(&in->view, OFF_DESTINATION));
}

static bool is_resend(const struct skype_inspection *in)
{
	const struct skype_probe *probe = &in->flow->probe;

	return (probe->seen & SKYPE_PROBE_NACK) &&
	       skype_view_has(&in->view, 0, SKYPE_U1_MIN) &&
	       id_of(&in->view) == probe->request.id &&
	       nibble_of(&in->view) == NIBBLE_RESEND &&
	       skype_view_u8(&in->view, OFF_ONE) == 0x01;
}

static void resend(struct skype_inspection *in)
{
	u16 size = in->flow->probe.request.size;

	if (in->view.size != (u32)size + U3_LONGER) {
		skype_note(in, SKYPE_NOTE_UDP_RESEND_SIZE);
		return;
	}
	if (!resend_echoes(in)) {
		skype_note(in, SKYPE_NOTE_UDP_RESEND_ECHO);
		return;
	}
	skype_reason(in, SKYPE_REASON_U3_RESEND);
	skype_version(in, size == SKYPE_U1_MIN ? SKYPE_VERSION_1_X : SKYPE_VERSION_2_X);
	skype_verdict(in, SKYPE_CLASS_PROBE, SKYPE_GRADE_CERTAIN);
	skype_learn_resend(in);
}

/* U4 by its type: a data message, or the low nibble 0xd in three sizes. */
static bool is_answer(const struct skype_view *v)
{
	if (nibble_of(v) == NIBBLE_ANSWER)
		return v->size == 26 || v->size == 51 || v->size == 53;
	return skype_udp_guards(v) == SKYPE_NOTE_NONE;
}

static bool is_own_id(const struct skype_probe *probe, __be16 id)
{
	return id == probe->request.id || is_id_of_other(probe, id);
}

static void answer(struct skype_inspection *in)
{
	struct skype_probe *probe = &in->flow->probe;
	bool positive = in->view.size == 18;

	if (is_own_id(probe, id_of(&in->view))) {
		skype_note(in, SKYPE_NOTE_UDP_OWN_ID);
		return;
	}
	if (positive) {
		skype_reason(in, SKYPE_REASON_U4_POSITIVE);
	} else if (in->view.size == 51 || in->view.size == 53) {
		skype_reason(in, SKYPE_REASON_U4_NEGATIVE);
	} else {
		skype_note(in, SKYPE_NOTE_UDP_ANSWER);
		return;
	}
	probe->seen |= SKYPE_PROBE_ANSWER;
	skype_learn_answer(in, positive);
}

static void from_node(struct skype_inspection *in)
{
	if (is_nack(&in->view))
		nack(in);
	else if (is_answer(&in->view))
		answer(in);
	else
		skype_note(in, SKYPE_NOTE_UDP_NOTHING);
}

/*
 * A request on a flow that has one: the same again, or a new one that takes
 * its place.  Once a NACK has fixed what U3 must echo, it stands beside it.
 */
static void request_again(struct skype_inspection *in)
{
	struct skype_probe *probe = &in->flow->probe;
	bool same = id_of(&in->view) == probe->request.id;

	skype_note(in, SKYPE_NOTE_UDP_RETRANSMIT);
	if (probe->seen & SKYPE_PROBE_NACK) {
		if (!same)
			skype_request_read(&probe->other, &in->view);
		return;
	}
	if (!same)
		probe->other = probe->request;
	skype_request_read(&probe->request, &in->view);
	probe->seen = 0;
}

/* A resend of the request that another one's NACK has put behind. */
static bool is_resend_of_other(const struct skype_inspection *in)
{
	return is_id_of_other(&in->flow->probe, id_of(&in->view)) &&
	       nibble_of(&in->view) == NIBBLE_RESEND;
}

static void from_client(struct skype_inspection *in)
{
	if (is_resend(in))
		resend(in);
	else if (is_resend_of_other(in))
		skype_note(in, SKYPE_NOTE_UDP_RESEND_ECHO);
	else if (skype_udp_guards(&in->view) == SKYPE_NOTE_NONE)
		request_again(in);
	else
		skype_note(in, SKYPE_NOTE_UDP_NOTHING);
}

/* One end of the flow is a proven endpoint: its flow is Skype's. */
static void of_endpoint(struct skype_inspection *in, enum skype_class class)
{
	skype_reason(in, SKYPE_REASON_ENDPOINT);
	skype_verdict(in, class, SKYPE_GRADE_LIKELY);
}

static bool is_of_endpoint(const struct skype_inspection *in)
{
	return skype_end_proven(in, skype_client_end(in)) ||
	       skype_end_proven(in, skype_node_end(in));
}

static void count_pace(struct skype_inspection *in)
{
	in->flow->phase = SKYPE_PHASE_PACE;
	skype_pace_start(&in->flow->pace, in->pkt->now);
	skype_pace_packet(in, &in->flow->pace);
}

/**
 * skype_udp_request() - a flow's first datagram was a U1 that its endpoint knows of
 * @in: the inspection; skype_flow_request() has started the flow
 * @e: the client's endpoint, locked, or NULL; given back
 * @eighth: what skype_endpoint_request() has returned
 */
void skype_udp_request(struct skype_inspection *in, struct skype_endpoint *e,
		       bool eighth)
{
	enum skype_grade endpoint = skype_learn_request(in, e, eighth);

	in->found.events |= SKYPE_EVENT_FLOW;
	if (eighth)
		return;
	if (endpoint != SKYPE_GRADE_NONE)
		skype_flow_request_proven(in->flow);
	else if (skype_end_proven(in, skype_node_end(in)))
		of_endpoint(in, SKYPE_CLASS_PROBE);
}

/* The first datagram is a U1 by the guards: a suspect, and a step of a chain. */
static void request(struct skype_inspection *in, const struct skype_view *v)
{
	struct skype_endpoint *e;
	bool eighth;

	skype_flow_request(in->flow, v, in->pkt->dir);
	e = skype_client_endpoint(in);
	eighth = e && skype_endpoint_request(e, skype_udp_id(v), skype_node_tag(in),
					     in->pkt->now);
	skype_udp_request(in, e, eighth);
}

/* Anything else than a request needs a proof by other flows. */
static void no_request(struct skype_inspection *in, enum skype_note guard)
{
	struct skype_flow *flow = in->flow;

	skype_flow_start_udp(flow);
	flow->packets = 1;
	flow->bytes = in->view.size;
	flow->client = in->pkt->dir;
	if (is_of_endpoint(in)) {
		of_endpoint(in, SKYPE_CLASS_PEER);
		skype_note(in, SKYPE_NOTE_UDP_PEER);
		count_pace(in);
	} else {
		skype_done(in, guard);
	}
}

/* Once a NACK has come, so may the resend, whatever comes between them. */
static bool is_exchange_over(const struct skype_inspection *in)
{
	const struct skype_flow *flow = in->flow;

	if ((flow->probe.seen & SKYPE_PROBE_NACK) && flow->grade != SKYPE_GRADE_CERTAIN)
		return false;
	return (flow->probe.seen & SKYPE_PROBE_ANSWER) ||
	       in->found.note == SKYPE_NOTE_UDP_NOTHING;
}

/*
 * While the flow is a suspect, its endpoint may have been proven by another
 * flow since.  When the exchange is over, an endpoint's flow is watched for
 * voice; a suspect is given up after PROBE_PACKETS.
 */
static void after_probe(struct skype_inspection *in)
{
	const struct skype_flow *flow = in->flow;
	bool enough = flow->packets >= PROBE_PACKETS;
	bool over = enough || is_exchange_over(in);

	if (!skype_flow_is_likely(flow) && is_of_endpoint(in))
		of_endpoint(in, SKYPE_CLASS_PROBE);
	if (skype_flow_is_likely(flow) && over)
		count_pace(in);
	else if (enough)
		skype_done(in, SKYPE_NOTE_UDP_TOO_LONG);
}

/* A packet of an endpoint's flow, or of one taken up when it was proven. */
static void peer_packet(struct skype_inspection *in)
{
	if (!skype_flow_is_likely(in->flow)) {
		if (!is_of_endpoint(in)) {
			skype_done(in, SKYPE_NOTE_UDP_NOTHING);
			return;
		}
		of_endpoint(in, SKYPE_CLASS_PEER);
		skype_pace_start(&in->flow->pace, in->pkt->now);
	}
	skype_pace_packet(in, &in->flow->pace);
	if (skype_flow_pace_over(in->flow))
		skype_pace_done(in);
}

/**
 * skype_udp_packet() - inspect a datagram behind the first (sections 1.1, 1.2, 4.3)
 * @in: the inspection
 *
 * An empty datagram is no message.
 */
void skype_udp_packet(struct skype_inspection *in)
{
	if (in->view.size == 0)
		return;
	skype_count(in);
	if (in->flow->phase != SKYPE_PHASE_PROBE) {
		peer_packet(in);
		return;
	}
	if (skype_from_client(in))
		from_client(in);
	else
		from_node(in);
	after_probe(in);
}

/**
 * skype_udp_first() - inspect the first datagram of a flow (sections 1.1, 4.3, 5)
 * @in: the inspection; the flow's state is written, whatever it was
 */
void skype_udp_first(struct skype_inspection *in)
{
	const struct skype_view v = in->pkt->view;
	enum skype_note guard;

	if (v.size == 0) {
		skype_flow_start_udp(in->flow);
		return;
	}
	in->found.counted = true;
	guard = skype_udp_guards(&v);
	if (guard == SKYPE_NOTE_NONE)
		request(in, &v);
	else
		no_request(in, guard);
}
