/* SPDX-License-Identifier: GPL-2.0 */
#ifndef SKYPE_CORE_UDP_H
#define SKYPE_CORE_UDP_H

#include "flow.h"

#define SKYPE_U1_MIN 18 /* header of a data message and 7 bytes of plain text */
#define SKYPE_U1_OFF_TYPE 2
#define SKYPE_U1_TYPE 0x02
#define SKYPE_U1_OFF_ID 0
#define SKYPE_U1_OFF_IV 3
#define SKYPE_U1_OFF_CRC 7 /* cookie A */

/**
 * skype_udp_maybe_request() - whether size and type are those of a U1
 * @v: payload of a datagram
 *
 * Return: false when skype_udp_guards() would find the same, and quicker.
 */
static inline bool skype_udp_maybe_request(const struct skype_view *v)
{
	return v->size >= SKYPE_U1_MIN &&
	       skype_view_u8(v, SKYPE_U1_OFF_TYPE) == SKYPE_U1_TYPE;
}

/*
 * More than one zero byte where IV and CRC stand: structured data.  All eight
 * bytes at once: adding 0x7f carries into the top bit of every byte that has a
 * lower bit set, so the top bits that stay clear belong to zero bytes.
 */
static inline bool skype_udp_has_zeros(const struct skype_view *v)
{
	const u64 low = 0x7f7f7f7f7f7f7f7fULL;
	u64 bytes = skype_view_bytes8(v, SKYPE_U1_OFF_IV);
	u64 zeros = ~(((bytes & low) + low) | bytes | low);

	return zeros & (zeros - 1);
}

/**
 * skype_udp_guards() - why a datagram is no data message of type 0x02
 * @v: its payload
 *
 * The guards of section 4.3: size, type, and what is known to look alike.
 *
 * Return: SKYPE_NOTE_NONE when it passes them all, else the note that says
 * which one it failed.
 */
static inline enum skype_note skype_udp_guards(const struct skype_view *v)
{
	if (v->size < SKYPE_U1_MIN || v->len < SKYPE_U1_MIN)
		return SKYPE_NOTE_UDP_SHORT;
	if (skype_view_u8(v, SKYPE_U1_OFF_TYPE) != SKYPE_U1_TYPE)
		return SKYPE_NOTE_UDP_TYPE;
	if (skype_view_u8(v, 0) == 0x30 && skype_view_u8(v, 1) == v->size - 2)
		return SKYPE_NOTE_UDP_BER;
	if (skype_view_u16(v, 2) == v->size)
		return SKYPE_NOTE_UDP_LENGTH;
	if (skype_udp_has_zeros(v))
		return SKYPE_NOTE_UDP_ZEROS;
	return SKYPE_NOTE_NONE;
}

/* The request id, host byte order. */
static inline u16 skype_udp_id(const struct skype_view *v)
{
	return skype_view_u16(v, SKYPE_U1_OFF_ID);
}

/* struct skype_probe.seen */
enum skype_probe_seen {
	SKYPE_PROBE_NACK = 1 << 0,
	SKYPE_PROBE_ANSWER = 1 << 1,
	SKYPE_PROBE_PROVEN = 1 << 2, /* the client's endpoint is; else it may be */
};

/* What the answers to a request must echo (section 1.1). */
static inline void skype_request_read(struct skype_request *request,
				      const struct skype_view *v)
{
	request->id = htons(skype_udp_id(v));
	request->size = (u16)v->size;
	request->crc = skype_view_be32(v, SKYPE_U1_OFF_CRC);
}

/**
 * skype_flow_request() - a flow begins with a datagram that passes the guards
 * @flow: the flow; all of its state is written, whatever it was
 * @v: the datagram's payload
 * @dir: the way it goes, enum skype_dir
 *
 * A U1, for all that one datagram can tell: a suspect (section 4.3).  Most of what
 * a client sends in a start comes here, and anybody may send it, so nothing is
 * written twice.
 */
static inline void skype_flow_request(struct skype_flow *flow,
				      const struct skype_view *v, u8 dir)
{
	flow->reasons = skype_reasons_of(SKYPE_REASON_U1);
	flow->packets = 1;
	flow->bytes = v->size;
	flow->decided_at = 1;
	flow->class = SKYPE_CLASS_PROBE;
	flow->grade = SKYPE_GRADE_SUSPECT;
	flow->done = 0;
	flow->version = SKYPE_VERSION_UNKNOWN;
	flow->client = dir;
	flow->phase = SKYPE_PHASE_PROBE;
	flow->gaps = 0;
	flow->tcp = 0;
	skype_request_read(&flow->probe.request, v);
	flow->probe.other.size = 0;
	flow->probe.seen = 0;
}

/**
 * skype_flow_request_proven() - the request comes from a proven endpoint
 * @flow: the flow, just begun by skype_flow_request()
 *
 * Then it is likely at once (section 5).
 */
static inline void skype_flow_request_proven(struct skype_flow *flow)
{
	flow->reasons = skype_reasons_of(SKYPE_REASON_U1) |
			skype_reasons_of(SKYPE_REASON_ENDPOINT) << SKYPE_REASON_BITS;
	flow->grade = SKYPE_GRADE_LIKELY;
	flow->probe.seen = SKYPE_PROBE_PROVEN;
}

#endif /* SKYPE_CORE_UDP_H */
