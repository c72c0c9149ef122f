/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The single entry of the classifier core.
 *
 *	skype_flow_wanted_udp()    is a new UDP flow worth a place in the table?
 *	skype_flow_start_udp/tcp() reset the state of a flow
 *	skype_flow_adopt_udp()     the same, for an open UDP flow whose endpoint
 *	                           has been proven since it began
 *	skype_classify()           one packet: messages -> evidence -> verdict
 *	skype_classify_first()     the same, and quicker, for a flow's first datagram
 *	skype_classify_request()   the same for one that is a U1 and has been counted
 *	skype_flow_accepted()      the packet that completed a handshake goes on,
 *	skype_flow_stopped()       or does not
 *	skype_flow_lost()          a flow has gone
 *
 * The caller serialises the calls of one flow.  The core takes host entries by
 * the getters of host.h, never two at once, and only on packets that bring
 * evidence.
 */
#ifndef SKYPE_CORE_CLASSIFY_H
#define SKYPE_CORE_CLASSIFY_H

#include "flow.h"
#include "host.h"
#include "packet.h"

/**
 * struct skype_finding - what one packet brought
 * @note: enum skype_note
 * @counted: the packet carried payload that was not a retransmission
 * @rests: of what is to come, only the end of the connection tells more
 * @events: set of enum skype_event
 */
struct skype_finding {
	u8 note;
	bool counted;
	bool rests;
	u32 events;
};

/**
 * struct skype_inspection - one packet under inspection
 * @flow: its flow
 * @pkt: the packet
 * @hosts: the caller's host tables
 * @view: the core's: its payload, for TCP only the bytes that were not seen before
 * @found: what it brought; events are only ever added
 * @told: false at first, then the core's: the client's entry knows of the packet
 */
struct skype_inspection {
	struct skype_flow *flow;
	const struct skype_packet *pkt;
	struct skype_hosts *hosts;
	struct skype_view view;
	struct skype_finding found;
	bool told;
};

bool skype_flow_wanted_udp(const struct skype_packet *pkt,
			   struct skype_hosts *hosts);
void skype_flow_adopt_udp(struct skype_flow *flow);
void skype_flow_start_tcp(struct skype_flow *flow, u32 next_original,
			  u32 next_reply);
void skype_classify(struct skype_inspection *in);
void skype_classify_first(struct skype_inspection *in);
void skype_classify_request(struct skype_inspection *in, struct skype_endpoint *e,
			    bool eighth);
u32 skype_flow_accepted(const struct skype_flow *flow,
			const struct skype_ends *ends,
			struct skype_hosts *hosts, u64 now,
			struct skype_client *ended);
void skype_flow_stopped(struct skype_flow *flow, const struct skype_ends *ends,
			struct skype_hosts *hosts, u64 now);
void skype_flow_lost(struct skype_flow *flow, const struct skype_ends *ends,
		     struct skype_hosts *hosts, u64 now);

#endif /* SKYPE_CORE_CLASSIFY_H */
