// SPDX-License-Identifier: GPL-2.0
/*
 * The two-way street between one flow and the host tables: what its messages
 * teach about endpoints, super nodes and clients, and what these say about it.
 *
 * Nobody holds two host entries at a time.  Every function gives its one back before
 * it returns, but for skype_client_endpoint().
 */
#include "inspect.h"
#include "udp.h"

/**
 * skype_endpoint_grade() - whether one end of a UDP flow is proven
 * @hosts: the host tables
 * @end: the end
 * @now: time in milliseconds
 *
 * Return: the endpoint's grade, SKYPE_GRADE_NONE when it is not proven.
 */
enum skype_grade skype_endpoint_grade(struct skype_hosts *hosts,
				      const struct skype_end *end, u64 now)
{
	enum skype_grade grade = SKYPE_GRADE_NONE;
	struct skype_endpoint *e;

	e = skype_endpoint_find(hosts, &end->own, end->own_port, now);
	if (e) {
		grade = (enum skype_grade)e->grade;
		skype_endpoint_put(hosts, e);
	}
	return grade;
}

/* The entry of the client's endpoint, locked, or NULL. */
struct skype_endpoint *skype_client_endpoint(struct skype_inspection *in)
{
	const struct skype_end *client = skype_client_end(in);

	return skype_endpoint_get(in->hosts, &client->own, client->own_port, in->pkt->now);
}

static void prove(struct skype_inspection *in, struct skype_endpoint *e,
		  enum skype_grade grade)
{
	if (!skype_endpoint_prove(e, grade, in->pkt->now))
		return;
	in->found.events |= SKYPE_EVENT_ENDPOINT;
	skype_endpoint_proven(in->hosts, e);
}

/**
 * skype_learn_request() - a flow was opened by a U1 (id chain, section 5)
 * @in: the inspection
 * @e: the client's endpoint, locked, or NULL: there was no room; given back
 * @eighth: what skype_endpoint_request() has returned
 *
 * Return: the endpoint's grade, SKYPE_GRADE_NONE when it is not proven.
 */
enum skype_grade skype_learn_request(struct skype_inspection *in,
				     struct skype_endpoint *e, bool eighth)
{
	enum skype_grade grade;

	if (!e)
		return SKYPE_GRADE_NONE;
	if (eighth)
		prove(in, e, SKYPE_GRADE_LIKELY);
	grade = (enum skype_grade)e->grade;
	if (grade != SKYPE_GRADE_NONE) {
		in->told = skype_endpoint_has_told(e, in->pkt->now);
		if (!in->told)
			e->told = (u32)in->pkt->now;
	}
	skype_endpoint_put(in->hosts, e);
	if (eighth) {
		skype_reason(in, SKYPE_REASON_ID_CHAIN);
		skype_verdict(in, SKYPE_CLASS_PROBE, SKYPE_GRADE_LIKELY);
	}
	return grade;
}

/**
 * skype_learn_nack() - a NACK told the client's public address (section 4.3)
 * @in: the inspection
 * @public: the address, network byte order
 */
void skype_learn_nack(struct skype_inspection *in, __be32 public)
{
	struct skype_endpoint *e = skype_client_endpoint(in);
	bool agrees;

	if (!e)
		return;
	agrees = skype_endpoint_nack(e, public, ntohs(in->flow->probe.request.id),
				     skype_node_tag(in), in->pkt->now);
	if (agrees)
		prove(in, e, SKYPE_GRADE_LIKELY);
	skype_endpoint_put(in->hosts, e);
	if (agrees)
		skype_reason(in, SKYPE_REASON_PUBLIC_ADDRESS);
}

/**
 * skype_learn_resend() - a resend with every echo right proves its endpoint
 * @in: the inspection
 */
void skype_learn_resend(struct skype_inspection *in)
{
	struct skype_endpoint *e = skype_client_endpoint(in);

	if (!e)
		return;
	prove(in, e, SKYPE_GRADE_CERTAIN);
	skype_endpoint_put(in->hosts, e);
}

/* A private or translated address stands on the near side of the gateway. */
static inline bool is_inside(const struct skype_end *end)
{
	u32 v4 = ntohl(end->own.w[3]);

	if (!skype_addr_equal(&end->own, &end->seen))
		return true;
	if (!skype_addr_is_v4(&end->own))
		return (ntohl(end->own.w[0]) & 0xfe000000) == 0xfc000000;
	return (v4 & 0xff000000) == 0x0a000000 ||
	       (v4 & 0xfff00000) == 0xac100000 ||
	       (v4 & 0xffff0000) == 0xc0a80000;
}

/*
 * The node of a flow that is likely or better acts as a super node; an inside host
 * must show it (section 5).  One that does not look like inside may still be a proven
 * endpoint.
 */
static void learn_role(struct skype_inspection *in, const struct skype_end *node)
{
	bool inside = is_inside(node);
	struct skype_endpoint *e;

	if (inside)
		e = skype_endpoint_get(in->hosts, &node->own, node->own_port,
				       in->pkt->now);
	else if (skype_endpoint_maybe_proven(in->hosts, node->own_port))
		e = skype_endpoint_find(in->hosts, &node->own, node->own_port,
					in->pkt->now);
	else
		return;
	if (!e)
		return;
	if (inside || e->grade != SKYPE_GRADE_NONE) {
		e->supernode = true;
		e->last = in->pkt->now;
	}
	skype_endpoint_put(in->hosts, e);
}

/**
 * skype_learn_node() - a node answered positively, so it may be a super node (section 5)
 * @in: the inspection
 * @tcp: by accepting a handshake, not by answering a probe
 * @proven: its client is proven
 */
void skype_learn_node(struct skype_inspection *in, bool tcp, bool proven)
{
	const struct skype_ends *ends = skype_packet_ends(in->pkt);
	const struct skype_end *client = &ends->end[in->flow->client];
	const struct skype_end *node = &ends->end[!in->flow->client];
	enum skype_grade grade = (enum skype_grade)in->flow->grade;
	u64 now = in->pkt->now;
	struct skype_supernode *s;

	s = skype_supernode_get(in->hosts, &node->seen, node->seen_port, tcp, now);
	if (s) {
		skype_supernode_answer(s, skype_addr_tag(&client->own, 0), grade, proven,
				       now);
		skype_supernode_put(in->hosts, s);
	}
	if (skype_flow_is_likely(in->flow))
		learn_role(in, node);
}

/*
 * A U1-U4 pair of exact sizes; three peers with one make the flow likely.
 * Return whether the client's endpoint is proven.
 */
static bool learn_pair(struct skype_inspection *in)
{
	struct skype_endpoint *e = skype_client_endpoint(in);
	bool third, proven;

	if (!e)
		return false;
	third = skype_endpoint_pair(e, ntohs(in->flow->probe.request.id), skype_node_tag(in),
				    in->pkt->now);
	proven = e->grade != SKYPE_GRADE_NONE;
	skype_endpoint_put(in->hosts, e);
	if (third)
		skype_verdict(in, SKYPE_CLASS_PROBE, SKYPE_GRADE_LIKELY);
	return proven;
}

/**
 * skype_learn_answer() - a node answered the probe by U4 (sections 1.1, 5)
 * @in: the inspection
 * @positive: the node accepts the probe
 *
 * Pairs of exact sizes, those of v0.97 to v1.4, are counted until the endpoint is
 * proven, whose flows are likely anyway.
 */
void skype_learn_answer(struct skype_inspection *in, bool positive)
{
	const struct skype_probe *probe = &in->flow->probe;
	bool proven = probe->seen & SKYPE_PROBE_PROVEN;

	if (!proven)
		proven = probe->request.size == SKYPE_U1_MIN ?
				 learn_pair(in) :
				 skype_end_proven(in, skype_client_end(in));
	if (!positive)
		return;
	skype_learn_node(in, false, proven || in->flow->grade == SKYPE_GRADE_CERTAIN);
}

/**
 * skype_learn_closed() - a super node connection has closed (section 5)
 * @in: the inspection
 */
void skype_learn_closed(struct skype_inspection *in)
{
	skype_flow_lost(in->flow, skype_packet_ends(in->pkt), in->hosts, in->pkt->now);
}

/**
 * skype_node_known() - whether the TCP peer answered a probe before (section 5)
 * @in: the inspection
 *
 * Return: true when this client probed it positively, or a proven client did.
 */
bool skype_node_known(struct skype_inspection *in)
{
	const struct skype_end *node = skype_node_end(in);
	struct skype_supernode *s;
	bool known;

	s = skype_supernode_find(in->hosts, &node->seen, node->seen_port, false, in->pkt->now);
	if (!s)
		return false;
	known = skype_supernode_serves(s, skype_client_tag(in), in->pkt->now);
	skype_supernode_put(in->hosts, s);
	return known;
}

/**
 * skype_client_has_evidence() - other evidence of the last 10 minutes
 * @in: the inspection
 *
 * Return: true when another flow of the client was likely or better (section
 * 5, T2 T3 T4 on port 80 of v2.5).
 */
bool skype_client_has_evidence(struct skype_inspection *in)
{
	struct skype_client *client;
	bool recent;

	client = skype_client_find(in->hosts, &skype_client_end(in)->own,
				  in->pkt->now);
	if (!client)
		return false;
	recent = skype_since(in->pkt->now, client->last) <= SKYPE_RECENT_MS;
	skype_client_put(in->hosts, client);
	return recent;
}

static bool has_session(struct skype_inspection *in, const struct skype_end *end)
{
	struct skype_client *client;
	bool active;

	client = skype_client_find(in->hosts, &end->own, in->pkt->now);
	if (!client)
		return false;
	active = client->state == SKYPE_SESSION_ACTIVE;
	skype_client_put(in->hosts, client);
	return active;
}

/* A proven endpoint, or the probing port of a host that has a session. */
static bool may_speak(struct skype_inspection *in, const struct skype_end *end)
{
	struct skype_endpoint *e;
	bool proven;

	e = skype_endpoint_find(in->hosts, &end->own, end->own_port,
			       in->pkt->now);
	if (!e)
		return false;
	proven = e->grade >= SKYPE_GRADE_LIKELY;
	skype_endpoint_put(in->hosts, e);
	return proven || has_session(in, end);
}

/**
 * skype_voice_allowed() - whether a flow at voice pace may be voice (section 5)
 * @in: the inspection
 *
 * Return: true for a TCP connection that is Skype's already, and for a UDP flow
 * of which one end is a proven endpoint or the probing port of a host with a
 * session.
 */
bool skype_voice_allowed(struct skype_inspection *in)
{
	const struct skype_ends *ends = skype_packet_ends(in->pkt);

	return in->flow->tcp || may_speak(in, &ends->end[0]) ||
	       may_speak(in, &ends->end[1]);
}
