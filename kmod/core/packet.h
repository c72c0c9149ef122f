/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What the core sees of a packet: which way it goes, who its two ends are, and
 * a view of its payload.  Nothing in the core reads a payload byte but through
 * the readers below, and every one of them checks the length.
 *
 * Offsets count from 0.  (signatures.md counts message bytes from 1 in its
 * sections 1 and 2, and stream bytes from 0 in section 4.2.)
 */
#ifndef SKYPE_CORE_PACKET_H
#define SKYPE_CORE_PACKET_H

#include "os.h"

/**
 * struct skype_view - the payload of one packet or segment
 * @data: first byte
 * @len: bytes that may be read at @data; at most @size
 * @size: payload bytes of the packet, whether they can be read or not
 */
struct skype_view {
	const u8 *data;
	u32 len;
	u32 size;
};

/**
 * struct skype_addr - an IPv6 address, or an IPv4 address in its mapped form
 * @w: four 32-bit words in network byte order; ::ffff:a.b.c.d for IPv4
 */
struct skype_addr {
	__be32 w[4];
};

/**
 * struct skype_end - one end of a flow, as seen from both sides of a NAT
 * @own: the end's own address, as this end uses it
 * @seen: the address under which the other end knows it
 * @own_port: the end's own port, network byte order
 * @seen_port: the port under which the other end knows it
 *
 * The two differ when the gateway itself translates (signatures.md, section 5,
 * "Addresses under NAT").
 */
struct skype_end {
	struct skype_addr own;
	struct skype_addr seen;
	__be16 own_port;
	__be16 seen_port;
};

/* Directions: of the packet that opened the flow, and the other one. */
enum skype_dir { SKYPE_DIR_ORIGINAL, SKYPE_DIR_REPLY };

/**
 * struct skype_ends - both ends of a flow
 * @end: indexed by the direction in which that end sends
 */
struct skype_ends {
	struct skype_end end[2];
};

#define SKYPE_TCP_FIN 0x01
#define SKYPE_TCP_SYN 0x02
#define SKYPE_TCP_RST 0x04
#define SKYPE_TCP_PSH 0x08
#define SKYPE_TCP_ACK 0x10

/**
 * struct skype_packet - one datagram or TCP segment
 * @view: its payload; may be empty
 * @ends: the two ends of its flow, or NULL: skype_packet_see_ends() knows
 * @now: time in milliseconds from any fixed origin; never goes back
 * @seq: TCP only: sequence number of the first payload byte, host byte order
 * @dir: enum skype_dir
 * @flags: TCP only: SKYPE_TCP_*
 */
struct skype_packet {
	struct skype_view view;
	const struct skype_ends *ends;
	u64 now;
	u32 seq;
	u8 dir;
	u8 flags;
};

/*
 * What the caller provides: fills in @ends, where it was left NULL because few
 * packets need it.
 */
const struct skype_ends *skype_packet_see_ends(const struct skype_packet *pkt);

static inline const struct skype_ends *
skype_packet_ends(const struct skype_packet *pkt)
{
	return pkt->ends ? pkt->ends : skype_packet_see_ends(pkt);
}

static inline bool skype_view_has(const struct skype_view *v, u32 off, u32 len)
{
	return off <= v->len && len <= v->len - off;
}

/* The byte at @off, or 0 when there is none: check the size first. */
static inline u8 skype_view_u8(const struct skype_view *v, u32 off)
{
	return off < v->len ? v->data[off] : 0;
}

/* The big-endian 16-bit number at @off in host byte order, or 0. */
static inline u16 skype_view_u16(const struct skype_view *v, u32 off)
{
	if (!skype_view_has(v, off, 2))
		return 0;
	return (u16)(v->data[off] << 8 | v->data[off + 1]);
}

/* The 4 bytes at @off as they stand (network byte order), or 0. */
static inline __be32 skype_view_be32(const struct skype_view *v, u32 off)
{
	__be32 word = 0;

	if (skype_view_has(v, off, sizeof(word)))
		memcpy(&word, v->data + off, sizeof(word));
	return word;
}

/* Eight bytes at once, in whatever order. */
static inline u64 skype_bytes8(const void *at)
{
	u64 bytes;

	memcpy(&bytes, at, sizeof(bytes));
	return bytes;
}

/* The 8 bytes at @off as one number, in whatever order, or 0. */
static inline u64 skype_view_bytes8(const struct skype_view *v, u32 off)
{
	return skype_view_has(v, off, 8) ? skype_bytes8(v->data + off) : 0;
}

/* Whether the @len bytes at @off are there and equal @bytes. */
static inline bool skype_view_is(const struct skype_view *v, u32 off,
				 const void *bytes, u32 len)
{
	return skype_view_has(v, off, len) &&
	       memcmp(v->data + off, bytes, len) == 0;
}

static inline u32 skype_bytes4(const void *at)
{
	u32 bytes;

	memcpy(&bytes, at, sizeof(bytes));
	return bytes;
}

/*
 * As skype_view_is(), for 4 or more bytes of ASCII without case.  @word is in lower
 * case; of its bytes, letters have bit 6, and bit 5 is what their upper case lacks.
 * The last step may look again at what the one before has seen.
 */
static inline bool skype_view_is_word(const struct skype_view *v, u32 off,
				      const char *word, u32 len)
{
	u32 i = 0;

	if (!skype_view_has(v, off, len))
		return false;
	for (; len - i >= 8; i += 8) {
		u64 is = skype_bytes8(word + i);

		if ((skype_bytes8(v->data + off + i) ^ is) &
		    ~((is & 0x4040404040404040ULL) >> 1))
			return false;
	}
	while (i < len) {
		u32 at = len - i > 4 ? i : len - 4;
		u32 is = skype_bytes4(word + at);

		if ((skype_bytes4(v->data + off + at) ^ is) &
		    ~((is & 0x40404040U) >> 1))
			return false;
		i = at + 4;
	}
	return true;
}

/*
 * Offset of the first @byte from @off on, or the view's end.  Eight bytes at once:
 * one that is it, is 0 after the XOR, and of those that are marked the first is
 * true (a borrow can only begin there, and goes up).
 */
static inline u32 skype_view_find(const struct skype_view *v, u32 off, u8 byte)
{
	const u64 ones = 0x0101010101010101ULL;
	u32 beyond = v->len < 8 ? 0 : v->len - 7; /* fewer than 8 from here */

	for (; off < beyond; off += 8) {
		u64 differ = skype_le64(skype_bytes8(v->data + off)) ^ ones * byte;
		u64 marks = (differ - ones) & ~differ & ones << 7;

		if (marks)
			return off + (u32)__builtin_ctzll(marks) / 8;
	}
	while (off < v->len && v->data[off] != byte)
		off++;
	return off < v->len ? off : v->len;
}

/* The part of a view from @off on; empty when there is none. */
static inline struct skype_view skype_view_from(const struct skype_view *v,
						u32 off)
{
	struct skype_view rest = {
		.data = v->data + (off < v->len ? off : v->len),
		.len = off < v->len ? v->len - off : 0,
		.size = off < v->size ? v->size - off : 0,
	};

	return rest;
}

static inline struct skype_addr skype_addr_v4(__be32 v4)
{
	struct skype_addr addr = { { 0, 0, htonl(0xffff), v4 } };

	return addr;
}

static inline bool skype_addr_is_v4(const struct skype_addr *a)
{
	return skype_bytes8(&a->w[0]) == 0 && a->w[2] == htonl(0xffff);
}

static inline bool skype_addr_equal(const struct skype_addr *a,
				    const struct skype_addr *b)
{
	return skype_bytes8(&a->w[0]) == skype_bytes8(&b->w[0]) &&
	       skype_bytes8(&a->w[2]) == skype_bytes8(&b->w[2]);
}

/* Whether @v4 is the IPv4 address of @end, before or after the own NAT. */
static inline bool skype_end_is_v4(const struct skype_end *end, __be32 v4)
{
	return (skype_addr_is_v4(&end->own) && end->own.w[3] == v4) ||
	       (skype_addr_is_v4(&end->seen) && end->seen.w[3] == v4);
}

/**
 * skype_addr_tag() - a short fingerprint of an address and port
 * @addr: the address
 * @port: the port, network byte order; 0 for the address alone
 *
 * For the small fixed sets that count different peers or clients.  A collision
 * makes a set count one less, so nothing can be gained by making one.
 *
 * Return: 32 bits, never 0.
 */
static inline u32 skype_addr_tag(const struct skype_addr *addr, __be16 port)
{
	const u64 factor = 0x9e3779b97f4a7c15ULL;
	u64 mix = skype_bytes8(&addr->w[0]) * factor;

	mix = (mix ^ skype_bytes8(&addr->w[2]) ^ (__force u16)port) * factor;
	return (u32)(mix >> 32) | 1;
}

#endif /* SKYPE_CORE_PACKET_H */
