/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What the signature families share while one packet is inspected.
 * Private to the core.
 */
#ifndef SKYPE_CORE_INSPECT_H
#define SKYPE_CORE_INSPECT_H

#include "classify.h"

static inline bool skype_from_client(const struct skype_inspection *in)
{
	return in->pkt->dir == in->flow->client;
}

static inline const struct skype_end *
skype_client_end(const struct skype_inspection *in)
{
	return &skype_packet_ends(in->pkt)->end[in->flow->client];
}

static inline const struct skype_end *
skype_node_end(const struct skype_inspection *in)
{
	return &skype_packet_ends(in->pkt)->end[!in->flow->client];
}

static inline u32 skype_client_tag(const struct skype_inspection *in)
{
	return skype_addr_tag(&skype_client_end(in)->own, 0);
}

static inline u32 skype_node_tag(const struct skype_inspection *in)
{
	const struct skype_end *node = skype_node_end(in);

	return skype_addr_tag(&node->seen, node->seen_port);
}

static inline void skype_note(struct skype_inspection *in, enum skype_note note)
{
	in->found.note = note;
}

/* Begin with a packet. */
static inline void skype_look(struct skype_inspection *in)
{
	in->view = in->pkt->view;
	in->found.note = SKYPE_NOTE_NONE;
	in->found.counted = false;
	in->found.rests = false;
}

/* The packet counts: it carries payload that was not seen before. */
static inline void skype_count(struct skype_inspection *in)
{
	struct skype_flow *flow = in->flow;
	u32 size = in->view.size;

	in->found.counted = true;
	if (flow->packets != ~0u)
		flow->packets++;
	flow->bytes = size > ~0u - flow->bytes ? ~0u : flow->bytes + size;
}

static inline void skype_reason(struct skype_inspection *in,
				enum skype_reason reason)
{
	skype_flow_reason(in->flow, reason);
}

static inline bool skype_reason_seen(const struct skype_inspection *in,
				     enum skype_reason reason)
{
	return skype_reasons_have(in->flow->reasons, reason);
}

/* Inspection of the flow ends here, whatever its verdict. */
static inline void skype_done(struct skype_inspection *in, enum skype_note note)
{
	in->flow->done = 1;
	skype_note(in, note);
}

/* A guess from the evidence; the first one stands. */
static inline void skype_version(struct skype_inspection *in,
				 enum skype_version version)
{
	if (in->flow->version == SKYPE_VERSION_UNKNOWN)
		in->flow->version = version;
}

/* evidence.c: what a flow's evidence tells the host tables, and they tell it */
enum skype_grade skype_endpoint_grade(struct skype_hosts *hosts,
				      const struct skype_end *end, u64 now);
struct skype_endpoint *skype_client_endpoint(struct skype_inspection *in);
enum skype_grade skype_learn_request(struct skype_inspection *in,
				     struct skype_endpoint *e, bool eighth);
void skype_learn_nack(struct skype_inspection *in, __be32 public);
void skype_learn_resend(struct skype_inspection *in);
void skype_learn_answer(struct skype_inspection *in, bool positive);
void skype_learn_node(struct skype_inspection *in, bool tcp, bool proven);
void skype_learn_closed(struct skype_inspection *in);
bool skype_node_known(struct skype_inspection *in);
bool skype_client_has_evidence(struct skype_inspection *in);
bool skype_voice_allowed(struct skype_inspection *in);

/* Whether one end of a flow is a proven endpoint.  Most are not, by their port. */
static inline bool skype_end_proven(const struct skype_inspection *in,
				    const struct skype_end *end)
{
	return skype_endpoint_maybe_proven(in->hosts, end->own_port) &&
	       skype_endpoint_grade(in->hosts, end, in->pkt->now);
}

/**
 * skype_verdict() - raise the verdict of the inspected flow (section 5)
 * @in: the inspection
 * @class: class that the evidence shows
 * @grade: its strength
 */
static inline void skype_verdict(struct skype_inspection *in,
				 enum skype_class class, enum skype_grade grade)
{
	if (skype_flow_verdict(in->flow, class, grade))
		in->found.events |= SKYPE_EVENT_FLOW;
}

/**
 * skype_learn_accepted() - T4 was seen on a flow of grade likely or better
 * @in: the inspection
 *
 * The node is a super node (section 5).  Whether the client has a session is the
 * caller's to say, who knows what becomes of the packet: skype_flow_accepted().
 */
static inline void skype_learn_accepted(struct skype_inspection *in)
{
	skype_learn_node(in, true, in->flow->grade == SKYPE_GRADE_CERTAIN);
	in->found.events |= SKYPE_EVENT_ACCEPTED;
}

/*
 * Behind each packet: a flow that becomes likely or better tells of its client.
 * When a handshake is accepted, what comes behind the core does.
 */
static inline void skype_conclude(struct skype_inspection *in)
{
	if ((in->found.events & (SKYPE_EVENT_FLOW | SKYPE_EVENT_ACCEPTED)) ==
		    SKYPE_EVENT_FLOW &&
	    skype_flow_is_likely(in->flow) && !in->told) {
		skype_client_shows(in->hosts, &skype_client_end(in)->own, in->pkt->now);
		in->told = true;
	}
}

/* One signature family a file */
void skype_udp_first(struct skype_inspection *in);
void skype_udp_request(struct skype_inspection *in, struct skype_endpoint *e,
		       bool eighth);
void skype_udp_packet(struct skype_inspection *in);
void skype_tcp_segment(struct skype_inspection *in);
bool skype_update_request(struct skype_inspection *in);
void skype_update_more(struct skype_inspection *in);

/* voice.c */
void skype_pace_packet(struct skype_inspection *in, struct skype_pace *pace);
void skype_pace_done(struct skype_inspection *in);

#endif /* SKYPE_CORE_INSPECT_H */
