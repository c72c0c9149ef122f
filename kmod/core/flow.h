/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The fixed-size state of a flow under inspection: its verdict so far, and what
 * the signatures remember between messages.  42 bytes, so that the kernel's
 * flow table fits key, times, policy and state into one cache line.
 *
 * A verdict only grows.  Its grade is that of the best evidence; its class is
 * the most telling one that the evidence shows: a login inside a super node
 * connection is a login, a super node connection is more than other signalling,
 * a probe more than other traffic of the endpoint, and voice more than either.
 *
 * What is done for every packet or every piece of evidence is inline.
 */
#ifndef SKYPE_CORE_FLOW_H
#define SKYPE_CORE_FLOW_H

#include "packet.h"
#include "verdict.h"

/*
 * The reasons of a verdict in the order in which they were seen: 12 slots of 5
 * bits, the first in the lowest bits, each a reason's number plus one.
 */
typedef u64 skype_reasons_t;

#define SKYPE_REASON_BITS 5
#define SKYPE_REASON_SLOTS 12
#define SKYPE_REASON_ONES 0x0084210842108421ULL /* the lowest bit of each slot */

/* Where a flow's inspection stands. */
enum skype_phase {
	SKYPE_PHASE_START,   /* no payload yet */
	SKYPE_PHASE_PROBE,   /* UDP: U1 seen, its answers may follow */
	SKYPE_PHASE_STREAM,  /* TCP: messages are matched with the signatures */
	SKYPE_PHASE_UPDATE,  /* TCP: version check seen, its Host may follow */
	SKYPE_PHASE_LOGIN,   /* TCP: login, until L4 */
	SKYPE_PHASE_PACE,    /* counting towards voice pace */
	SKYPE_PHASE_CONNECTED, /* TCP: super node connection, until its end */
	SKYPE_PHASE_CONNECTED_LOGIN, /* TCP: the same, with a login inside */
};

/* Voice pace in one window (signatures.md, section 5); time in milliseconds */
struct skype_pace {
	u32 start;    /* first packet of the window */
	u16 last;     /* time from there to the latest packet */
	u16 count[2]; /* packets by direction */
	u16 modern;   /* payload of 30 to 120 bytes: v1.4 and later */
	u16 early;    /* payload of 67 to 69 bytes: v0.97 */
} __packed __aligned(2);

/* What answers to a U1 must echo (1.1), in network byte order */
struct skype_request {
	__be32 crc;  /* cookie A: U1[7..10] */
	__be16 id;   /* U1[0..1] */
	u16 size;    /* s(U1); 0: there is none */
} __packed __aligned(2);

/* UDP probe (1.1): a flow may carry several, so the answer to the last but one counts */
struct skype_probe {
	struct skype_request request; /* the latest, or since a NACK the one that it answers */
	struct skype_request other;   /* the one before, or since a NACK the latest */
	__be32 challenge;             /* cookie B: U2[7..10], network byte order */
	u8 seen;                      /* enum skype_probe_seen */
} __packed __aligned(2);

/* TCP messages (2.1 to 2.3) */
struct skype_stream {
	u8 t1[6];      /* the bytes of T1 that T1T2 needs; of DH the steps, in the first */
	u16 size[2];   /* bytes of the unfinished message, by direction */
	u8 messages[2]; /* finished messages, by direction; saturates */
	u8 seen;       /* enum skype_stream_seen */
	u8 step : 2;   /* enum skype_stream_step */
	u8 evident : 1; /* on port 80: the client had other evidence when it opened */
} __packed __aligned(2);

/**
 * struct skype_flow - a flow under inspection
 * @reasons: evidence in the order seen
 * @packets: payload packets, retransmissions not counted; saturates
 * @bytes: payload bytes of these; saturates
 * @decided_at: number of the packet since which class and grade are what they
 *	are; 0: no evidence yet
 * @class: enum skype_class
 * @grade: enum skype_grade
 * @done: inspection has ended
 * @version: enum skype_version
 * @client: direction in which the client sends (enum skype_dir)
 * @phase: enum skype_phase
 * @gaps: TCP: gaps so far
 * @next: TCP: next sequence number by direction
 */
struct skype_flow {
	skype_reasons_t reasons;
	u32 packets;
	u32 bytes;
	u16 decided_at;
	u16 class : 3;
	u16 grade : 2;
	u16 done : 1;
	u16 version : 3;
	u16 client : 1;
	u16 phase : 3;
	u16 gaps : 2;
	u16 tcp : 1;
	union {
		struct {
			u32 next[2];
			union {
				struct skype_stream stream;
				struct skype_pace tcp_pace;
			};
		} __packed __aligned(2);
		struct skype_probe probe;
		struct skype_pace pace;
	} __packed __aligned(2);
} __packed __aligned(2);

static_assert(sizeof(struct skype_flow) == 42, "one cache line with its key");

/* Whether the flow is a super node connection. */
static inline bool skype_flow_connected(const struct skype_flow *flow)
{
	return flow->tcp && (flow->phase == SKYPE_PHASE_CONNECTED ||
			     flow->phase == SKYPE_PHASE_CONNECTED_LOGIN);
}

/**
 * skype_pace_start() - begin a window (section 5)
 * @pace: the counts
 * @now: time of its first packet in milliseconds
 */
static inline void skype_pace_start(struct skype_pace *pace, u64 now)
{
	pace->start = (u32)now;
	pace->last = 0;
	pace->count[SKYPE_DIR_ORIGINAL] = 0;
	pace->count[SKYPE_DIR_REPLY] = 0;
	pace->modern = 0;
	pace->early = 0;
}

bool skype_pace_lasts(const struct skype_pace *pace);

#define SKYPE_PACE_PATIENCE 512 /* packets without voice */

/**
 * skype_flow_pace_over() - whether counting voice pace has come to its end
 * @flow: a flow whose voice pace is counted (section 5)
 *
 * Return: true when voice was found, or 512 packets brought none.  A window that is
 * at voice pace then has as many again to reach its 3 seconds: v0.97 sends 420 in them.
 */
static inline bool skype_flow_pace_over(const struct skype_flow *flow)
{
	u32 without = flow->packets - flow->decided_at;

	if (flow->class == SKYPE_CLASS_VOICE)
		return true;
	if (without < SKYPE_PACE_PATIENCE)
		return false;
	return without >= 2 * SKYPE_PACE_PATIENCE ||
	       !skype_pace_lasts(flow->tcp ? &flow->tcp_pace : &flow->pace);
}

/*
 * Whether only its end can tell something more: a super node connection that has
 * been watched for voice and for a login inside (section 5).
 */
static inline bool skype_flow_rests(const struct skype_flow *flow)
{
	return flow->tcp && flow->phase == SKYPE_PHASE_CONNECTED &&
	       !flow->done && skype_flow_pace_over(flow);
}

/**
 * skype_flow_start_udp() - reset the state of a flow for its first datagram
 * @flow: the flow
 *
 * What the phases share is left as it is: each begins by writing its part.
 */
static inline void skype_flow_start_udp(struct skype_flow *flow)
{
	flow->reasons = 0;
	flow->packets = 0;
	flow->bytes = 0;
	flow->decided_at = 0;
	flow->class = SKYPE_CLASS_NONE;
	flow->grade = SKYPE_GRADE_NONE;
	flow->done = 0;
	flow->version = SKYPE_VERSION_UNKNOWN;
	flow->client = 0;
	flow->phase = SKYPE_PHASE_START;
	flow->gaps = 0;
	flow->tcp = 0;
}

/* Whether the flow is Skype's: likely or certain. */
static inline bool skype_flow_is_likely(const struct skype_flow *flow)
{
	return flow->grade >= SKYPE_GRADE_LIKELY;
}

/* Whether class and grade stand, or never will: policy may act. */
static inline bool skype_flow_decided(const struct skype_flow *flow)
{
	return skype_flow_is_likely(flow) || flow->done;
}

/* The number of the packet on which the verdict stood; 0 while undecided. */
static inline u32 skype_flow_decided_at(const struct skype_flow *flow)
{
	if (!skype_flow_decided(flow))
		return 0;
	return flow->grade ? flow->decided_at : flow->packets;
}

static inline u8 skype_flow_state_byte(const struct skype_flow *flow)
{
	return skype_state_byte(flow->class, flow->grade, flow->done);
}

/**
 * skype_flow_of_state_byte() - what is left of a flow that only its state byte tells of
 * @flow: written: class, grade and done; whatever else it had shown is lost
 * @state: the byte, unshifted
 *
 * Return: false, and @flow is as it was, when the byte is not that of a Skype flow
 * or a suspect.
 */
static inline bool skype_flow_of_state_byte(struct skype_flow *flow, u8 state)
{
	if (!(state & (SKYPE_STATE_SKYPE | SKYPE_STATE_SUSPECT)))
		return false;
	*flow = (struct skype_flow){
		.class = state & SKYPE_STATE_CLASS & (SKYPE_CLASS_COUNT - 1),
		.grade = !(state & SKYPE_STATE_SKYPE) ? SKYPE_GRADE_SUSPECT :
			 state & SKYPE_STATE_CERTAIN  ? SKYPE_GRADE_CERTAIN :
							SKYPE_GRADE_LIKELY,
		.done = !!(state & SKYPE_STATE_DONE),
	};
	return true;
}

/**
 * skype_reasons_at() - one reason of a list
 * @reasons: the list
 * @i: its place, from 0
 *
 * Return: enum skype_reason, or -1 behind the end.
 */
static inline int skype_reasons_at(skype_reasons_t reasons, unsigned int i)
{
	if (i >= SKYPE_REASON_SLOTS)
		return -1;
	return (int)(reasons >> (i * SKYPE_REASON_BITS) &
		     ((1 << SKYPE_REASON_BITS) - 1)) - 1;
}

/* The list of one reason. */
static inline skype_reasons_t skype_reasons_of(enum skype_reason reason)
{
	return reason + 1;
}

/**
 * skype_reasons_have() - whether a list holds a reason
 * @reasons: the list
 * @reason: what to look for
 *
 * All slots at once: the one that holds it becomes 0, and only there can the
 * subtraction borrow its top bit without one to begin with.
 *
 * Return: true when it does.
 */
static inline bool skype_reasons_have(skype_reasons_t reasons,
				      enum skype_reason reason)
{
	skype_reasons_t differ = reasons ^ SKYPE_REASON_ONES * (reason + 1);

	return (differ - SKYPE_REASON_ONES) & ~differ &
	       SKYPE_REASON_ONES << (SKYPE_REASON_BITS - 1);
}

/* The first bit behind the last reason of a list. */
static inline unsigned int skype_reasons_end(skype_reasons_t reasons)
{
	unsigned int used = reasons ? 64 - __builtin_clzll(reasons) : 0;

	return (used + SKYPE_REASON_BITS - 1) / SKYPE_REASON_BITS * SKYPE_REASON_BITS;
}

/**
 * skype_flow_new_reason() - remember a piece of evidence that is not listed yet
 * @flow: the flow
 * @reason: what was seen
 *
 * With all slots taken (no signature has so many) a further one is dropped; the
 * verdict does not depend on the list.
 */
static inline void skype_flow_new_reason(struct skype_flow *flow,
					 enum skype_reason reason)
{
	unsigned int at = skype_reasons_end(flow->reasons);

	if (at < SKYPE_REASON_SLOTS * SKYPE_REASON_BITS)
		flow->reasons |= (skype_reasons_t)(reason + 1) << at;
}

/* As skype_flow_new_reason(), for one that may be listed: it is listed once. */
static inline void skype_flow_reason(struct skype_flow *flow,
				     enum skype_reason reason)
{
	if (!skype_reasons_have(flow->reasons, reason))
		skype_flow_new_reason(flow, reason);
}

/* How telling a class is: the higher one stands. */
static inline unsigned int skype_class_rank(unsigned int class)
{
	static const u8 ranks[] = {
		[SKYPE_CLASS_NONE] = 0,
		[SKYPE_CLASS_PEER] = 1,	 [SKYPE_CLASS_SIGNAL] = 1,
		[SKYPE_CLASS_PROBE] = 2, [SKYPE_CLASS_SUPERNODE] = 2,
		[SKYPE_CLASS_LOGIN] = 3, [SKYPE_CLASS_UPDATE] = 3,
		[SKYPE_CLASS_VOICE] = 4,
	};

	static_assert(SKYPE_CLASS_COUNT == 8, "three bits");
	return ranks[class & 7];
}

/**
 * skype_flow_verdict() - let evidence raise the verdict (section 5)
 * @flow: the flow
 * @class: class that the evidence shows
 * @grade: its strength
 *
 * Neither class nor grade ever falls.
 *
 * Return: whether one of them has changed.
 */
static inline bool skype_flow_verdict(struct skype_flow *flow,
				      enum skype_class class,
				      enum skype_grade grade)
{
	bool class_up = skype_class_rank(class) > skype_class_rank(flow->class);
	bool grade_up = grade > flow->grade;

	if (class_up)
		flow->class = class;
	if (grade_up)
		flow->grade = grade;
	if (!class_up && !grade_up)
		return false;
	flow->decided_at = flow->packets < 0xffff ? flow->packets : 0xffff;
	return true;
}

#endif /* SKYPE_CORE_FLOW_H */
