// SPDX-License-Identifier: GPL-2.0
/*
 * From packets to verdicts.
 *
 *	packet -> messages    tcp.c takes new bytes, udp.c a datagram
 *	messages -> evidence  udp.c, tcp.c, login.c, update.c, padding.c, voice.c
 *	evidence -> hosts     evidence.c, host.c: what other flows add
 *	evidence -> verdict   flow.h: class and grade only grow
 *
 * The work per packet is bounded: a view is read in a few fixed places, in one
 * padding run, or in at most 64 header lines of one segment, and no more than a
 * few host entries are looked up, one after the other.
 */
#include "inspect.h"
#include "udp.h"

/**
 * skype_flow_wanted_udp() - whether a new UDP flow is worth inspecting
 * @pkt: its first packet
 * @hosts: the host tables
 *
 * Return: true when the datagram passes the guards of a U1 (section 4.3), or
 * when one end is a proven endpoint (section 5).  No other flow needs a state.
 */
bool skype_flow_wanted_udp(const struct skype_packet *pkt,
			   struct skype_hosts *hosts)
{
	const struct skype_ends *ends = skype_packet_ends(pkt);

	if (pkt->view.size == 0)
		return false;
	return skype_udp_guards(&pkt->view) == SKYPE_NOTE_NONE ||
	       skype_endpoint_grade(hosts, &ends->end[0], pkt->now) ||
	       skype_endpoint_grade(hosts, &ends->end[1], pkt->now);
}

/**
 * skype_flow_adopt_udp() - inspect an open flow of an endpoint proven meanwhile
 * @flow: the flow; just started, or given up without a verdict to act on
 *
 * Its first datagram has passed, so no probe can be seen any more; from the
 * next packet on it is the endpoint's, if the evidence still stands.
 */
void skype_flow_adopt_udp(struct skype_flow *flow)
{
	flow->phase = SKYPE_PHASE_PACE;
	flow->done = 0;
}

/**
 * skype_flow_start_tcp() - reset the state of a flow at its SYN|ACK
 * @flow: the flow
 * @next_original: sequence number of the opener's first byte, host byte order
 * @next_reply: the same of the other side
 */
void skype_flow_start_tcp(struct skype_flow *flow, u32 next_original,
			  u32 next_reply)
{
	*flow = (struct skype_flow){
		.tcp = 1,
		.next = { next_original, next_reply },
	};
}

/**
 * skype_classify() - inspect one packet of a flow
 * @in: flow, packet and host tables are there
 *
 * When the flow is done afterwards, no further packet needs to be shown.  A
 * packet of a flow that is done changes nothing.
 *
 * Calls for one flow are serialised by the caller; host entries are locked one
 * at a time.
 */
void skype_classify(struct skype_inspection *in)
{
	skype_look(in);
	if (in->flow->done)
		return;
	if (in->flow->tcp)
		skype_tcp_segment(in);
	else if (in->flow->phase == SKYPE_PHASE_START)
		skype_udp_first(in);
	else
		skype_udp_packet(in);
	skype_conclude(in);
}

/**
 * skype_classify_first() - inspect the first datagram of a flow
 * @in: the inspection; the flow's state is written, whatever it was
 *
 * As skype_classify() of a flow that skype_flow_start_udp() has started.
 */
void skype_classify_first(struct skype_inspection *in)
{
	skype_look(in);
	skype_udp_first(in);
	skype_conclude(in);
}

/**
 * skype_classify_request() - inspect the first datagram of a flow, known to be a U1
 * @in: the inspection; skype_flow_request() has started the flow
 * @e: the client's endpoint, locked, or NULL; given back
 * @eighth: what skype_endpoint_request() has returned
 *
 * As skype_classify_first(), for a caller that has done its first half, to find
 * that the endpoint or the node has something to say.
 */
void skype_classify_request(struct skype_inspection *in, struct skype_endpoint *e,
			    bool eighth)
{
	in->found.counted = true;
	skype_udp_request(in, e, eighth);
	skype_conclude(in);
}

/**
 * skype_flow_accepted() - a handshake with a super node is complete
 * @flow: the flow, of which a packet has brought SKYPE_EVENT_ACCEPTED
 * @ends: its ends
 * @hosts: the host tables
 * @now: time in milliseconds
 * @ended: written with SKYPE_EVENT_SESSION_END: the session before
 *
 * The client has a session (section 3, steps 9 and 10).  Not to be called when
 * the packet was dropped: the node never gets to know.
 *
 * Return: set of enum skype_event: a session start, after the end of one that
 * nobody had looked after, or a super node change.
 */
u32 skype_flow_accepted(const struct skype_flow *flow,
			const struct skype_ends *ends,
			struct skype_hosts *hosts, u64 now,
			struct skype_client *ended)
{
	const struct skype_end *end = &ends->end[flow->client];
	struct skype_client *client;
	u32 events;

	client = skype_client_get(hosts, &end->own, now);
	if (!client)
		return 0;
	client->last = now;
	events = skype_session_tick(client, now);
	if (events)
		*ended = *client;
	events |= skype_session_accepted(client, end, &ends->end[!flow->client],
					 (enum skype_version)flow->version, now);
	skype_client_put(hosts, client);
	return events;
}

/**
 * skype_flow_stopped() - the packet that completed a handshake was dropped
 * @flow: the flow; not inspected any more afterwards
 * @ends: its ends
 * @hosts: the host tables
 * @now: time in milliseconds
 *
 * There is no session, but Skype is in use.
 */
void skype_flow_stopped(struct skype_flow *flow, const struct skype_ends *ends,
			struct skype_hosts *hosts, u64 now)
{
	flow->done = 1;
	skype_client_shows(hosts, &ends->end[flow->client].own, now);
}

/**
 * skype_flow_lost() - a flow has gone, with or without a FIN or RST
 * @flow: the flow; not inspected any more afterwards
 * @ends: its ends
 * @hosts: the host tables
 * @now: time in milliseconds
 *
 * If it was a super node connection, its client has one less (section 3, 11).
 */
void skype_flow_lost(struct skype_flow *flow, const struct skype_ends *ends,
		     struct skype_hosts *hosts, u64 now)
{
	struct skype_client *client;

	flow->done = 1;
	if (!skype_flow_connected(flow))
		return;
	client = skype_client_find(hosts, &ends->end[flow->client].own,
				  now);
	if (!client)
		return;
	skype_session_closed(client, &ends->end[flow->client],
			     &ends->end[!flow->client], now);
	skype_client_put(hosts, client);
}
