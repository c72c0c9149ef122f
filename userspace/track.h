/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Flows of a capture, tracked as conntrack and the module track them.
 *
 *	capture_packet -> flow (found or new) -> skype_classify() -> sink
 *
 * A flow is handed to the sink once, when it cannot change any more: at the end
 * of the capture, or when the table is full and its turn has come.
 */
#ifndef SKYPECTL_TRACK_H
#define SKYPECTL_TRACK_H

#include "classify.h"
#include "explain.h"
#include "pcap.h"

#define TRACK_FLOWS (1 << 17)
#define TRACK_UDP_SILENCE (180 * 1000000ULL) /* microseconds */

/* Where tracking stands; a set of bits */
enum track_state {
	TRACK_SYN = 1 << 0,	  /* TCP: opened by a SYN, no answer yet */
	TRACK_SYN_AGAIN = 1 << 1, /* TCP: another SYN on an open connection */
	TRACK_PICKED_UP = 1 << 2, /* TCP: its start is not in the capture */
	TRACK_CLOSED = 1 << 3,	  /* TCP: FIN or RST seen */
	TRACK_INSPECTED = 1 << 4, /* the classifier has state for it */
	TRACK_ADOPTED = 1 << 5,	  /* UDP: inspected since its endpoint's proof */
	TRACK_REPLACED = 1 << 6,  /* another flow of the same ends followed */
};

/**
 * struct track_flow - a flow; two cache lines, the first for looking it up
 * @addr: its ends' addresses, by direction
 * @port: their ports, network byte order
 * @hash: of the ends
 * @next: the next flow of the bucket
 * @syn: TCP: number that follows the SYN of the opener
 * @proofs: UDP: hosts_proofs() when it was last compared with the endpoints
 * @last: time of the latest packet, microseconds since 1970; before @first when
 *	the capture's clock was set back in between
 * @payloads: payload packets seen, whether inspected or not
 * @proto: IPPROTO_TCP or IPPROTO_UDP
 * @state: enum track_state
 * @chances: how often it may be passed over when room is needed
 * @used: the place holds a flow
 * @first: time of the first packet
 * @bytes: payload bytes seen
 * @messages: for explanations
 * @flow: state of the classifier
 */
struct track_flow {
	struct skype_addr addr[2];
	__be16 port[2];
	u32 hash;
	u32 next;
	union {
		u32 syn;
		u32 proofs;
	};
	u32 payloads;
	u8 proto;
	u8 state;
	u8 chances;
	u8 used;
	u64 last;
	u64 first;
	u64 bytes;
	explain_list_t messages;
	struct skype_flow flow;
} __attribute__((aligned(64)));

static_assert(sizeof(struct track_flow) == 128, "two cache lines");

/**
 * struct track_sink - where results go
 * @flow: a flow that will not change any more
 * @session: a session that will not change any more
 * @context: passed to both
 */
struct track_sink {
	void (*flow)(void *context, const struct track_flow *flow);
	void (*session)(void *context, const struct skype_client *client);
	void *context;
};

struct track;

struct track *track_new(const struct track_sink *sink, u32 flows,
			struct explain *explain);
void track_packet(struct track *track, const struct capture_packet *packet);
void track_finish(struct track *track);
void track_free(struct track *track);

struct skype_hosts *track_hosts(const struct track *track);
u64 track_flows(const struct track *track);
u64 track_flushed(const struct track *track);

/* Direction in which the client sends (enum skype_dir) */
static inline int track_client(const struct track_flow *flow)
{
	return flow->state & TRACK_INSPECTED ? flow->flow.client :
					       SKYPE_DIR_ORIGINAL;
}

#endif /* SKYPECTL_TRACK_H */
