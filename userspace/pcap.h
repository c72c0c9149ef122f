/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Captures: from a file to TCP segments and UDP datagrams.
 *
 * libpcap reads the file (pcap and pcapng, any byte order and time resolution,
 * stdin too); the decoder below takes each frame apart as the kernel would
 * before conntrack, and counts what it has to leave out, by cause.
 */
#ifndef SKYPECTL_PCAP_H
#define SKYPECTL_PCAP_H

#include "packet.h"

/* No time is later, so that 64 bits hold the nanoseconds (the year 2554) */
#define CAPTURE_LATEST (UINT64_MAX / 1000) /* microseconds */

/* X(identifier, name, what it says) */
#define CAPTURE_SKIPS(X)                                                       \
	X(NONE, "none", "")                                                    \
	X(NOT_IP, "not-ip", "no IPv4 or IPv6 in the frame")                    \
	X(NOT_TCP_UDP, "not-tcp-udp", "another transport protocol")            \
	X(FRAGMENT, "fragment", "fragment that is not the first")              \
	X(MALFORMED, "malformed", "a header contradicts itself")               \
	X(SHORT, "short", "the capture cut a header off")

enum capture_skip {
#define X(id, name, text) CAPTURE_SKIP_##id,
	CAPTURE_SKIPS(X)
#undef X
	CAPTURE_SKIP_COUNT
};

/**
 * struct capture_packet - one TCP segment or UDP datagram of a capture
 * @view: payload; @view.len is less than @view.size when the capture, or a
 *	first fragment, holds only the beginning
 * @src: source address
 * @dst: destination address
 * @time: microseconds since 1970, as the capture has it
 * @seq: TCP only: sequence number of the first payload byte, host byte order
 * @ack: TCP only: acknowledgement number, host byte order
 * @sport: source port, network byte order
 * @dport: destination port, network byte order
 * @proto: IPPROTO_TCP or IPPROTO_UDP
 * @flags: TCP only: SKYPE_TCP_*
 */
struct capture_packet {
	struct skype_view view;
	struct skype_addr src;
	struct skype_addr dst;
	u64 time;
	u32 seq;
	u32 ack;
	__be16 sport;
	__be16 dport;
	u8 proto;
	u8 flags;
};

/**
 * struct capture_frame - one frame as it was captured
 * @link: link type (DLT_* of libpcap)
 * @data: first byte
 * @len: bytes at @data
 * @size: bytes that the frame had on the wire
 */
struct capture_frame {
	int link;
	const u8 *data;
	u32 len;
	u32 size;
};

struct capture;

const char *capture_name(const char *path);
struct capture *capture_open(const char *path, char *error, size_t error_size);
int capture_next(struct capture *capture, struct capture_packet *packet);
const char *capture_error(struct capture *capture);
const char *capture_link_word(const struct capture *capture);
u64 capture_frames(const struct capture *capture);
u64 capture_bytes(const struct capture *capture);
u64 capture_skipped(const struct capture *capture, enum capture_skip cause);
const char *capture_skip_name(enum capture_skip cause);
void capture_close(struct capture *capture);

bool capture_link_known(int link);
enum capture_skip capture_decode(const struct capture_frame *frame,
				 struct capture_packet *packet);

#endif /* SKYPECTL_PCAP_H */
