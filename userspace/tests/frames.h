/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Frames, headers and capture files for tests, put together byte by byte from
 * the standards; nothing here comes from the code under test.
 */
#ifndef TESTS_FRAMES_H
#define TESTS_FRAMES_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "pcap.h"

#define SRC4 0xc0000207 /* 192.0.2.7 */
#define DST4 0xc6336409 /* 198.51.100.9 */
#define SPORT 35990
#define DPORT 33033

/* Bytes that are appended to. */
struct bytes {
	u8 data[4096];
	u32 len;
};

static inline void put8(struct bytes *b, unsigned int value)
{
	assert_true(b->len < sizeof(b->data));
	b->data[b->len++] = (u8)value;
}

static inline void put16(struct bytes *b, unsigned int value)
{
	put8(b, value >> 8 & 0xff);
	put8(b, value & 0xff);
}

static inline void put32(struct bytes *b, u32 value)
{
	put16(b, value >> 16);
	put16(b, value & 0xffff);
}

static inline void put_many(struct bytes *b, unsigned int value, u32 count)
{
	while (count--)
		put8(b, value);
}

static inline void put_bytes(struct bytes *b, const struct bytes *more)
{
	for (u32 i = 0; i < more->len; i++)
		put8(b, more->data[i]);
}

/* Payload that tells its own offset. */
static inline void put_payload(struct bytes *b, u32 size)
{
	for (u32 i = 0; i < size; i++)
		put8(b, 0xa0 + i);
}

static inline struct bytes udp_of(u32 payload)
{
	struct bytes b = { .len = 0 };

	put16(&b, SPORT);
	put16(&b, DPORT);
	put16(&b, 8 + payload);
	put16(&b, 0);
	put_payload(&b, payload);
	return b;
}

/* @options: bytes of TCP options, a multiple of 4 */
static inline struct bytes tcp_of(u32 seq, u32 ack, unsigned int flags,
				  u32 options, u32 payload)
{
	struct bytes b = { .len = 0 };

	put16(&b, SPORT);
	put16(&b, DPORT);
	put32(&b, seq);
	put32(&b, ack);
	put8(&b, (5 + options / 4) << 4);
	put8(&b, flags);
	put16(&b, 8192);
	put32(&b, 0);
	put_many(&b, 1, options);
	put_payload(&b, payload);
	return b;
}

/* @options: bytes of IPv4 options, a multiple of 4 */
static inline struct bytes ipv4_of(const struct bytes *inner, unsigned int proto,
				   unsigned int fragment, u32 options)
{
	struct bytes b = { .len = 0 };

	put8(&b, 0x40 | (5 + options / 4));
	put8(&b, 0);
	put16(&b, 20 + options + inner->len);
	put16(&b, 1);
	put16(&b, fragment);
	put8(&b, 64);
	put8(&b, proto);
	put16(&b, 0);
	put32(&b, SRC4);
	put32(&b, DST4);
	put_many(&b, 1, options);
	put_bytes(&b, inner);
	return b;
}

/* 2001:db8::1 to 2001:db8::2; @next is the first header behind */
static inline struct bytes ipv6_of(const struct bytes *inner, unsigned int next)
{
	struct bytes b = { .len = 0 };

	put32(&b, 0x60000000);
	put16(&b, inner->len);
	put8(&b, next);
	put8(&b, 64);
	for (u32 host = 1; host <= 2; host++) {
		put32(&b, 0x20010db8);
		put32(&b, 0);
		put32(&b, 0);
		put32(&b, host);
	}
	put_bytes(&b, inner);
	return b;
}

/* Two addresses and an EtherType in front. */
static inline struct bytes ethernet_of(const struct bytes *inner,
				       unsigned int type)
{
	struct bytes b = { .len = 0 };

	put_many(&b, 0x02, 12);
	put16(&b, type);
	put_bytes(&b, inner);
	return b;
}

/* Capture files */

struct capture_file {
	char path[64];
	FILE *file;
	bool big_endian;
};

static inline void file_number(struct capture_file *f, u32 value, int size)
{
	for (int i = 0; i < size; i++) {
		int shift = 8 * (f->big_endian ? size - 1 - i : i);

		fputc((int)(value >> shift & 0xff), f->file);
	}
}

static inline struct capture_file file_begin(void)
{
	struct capture_file f = { .path = "/tmp/capture-XXXXXX" };
	int fd = mkstemp(f.path);

	assert_true(fd >= 0);
	f.file = fdopen(fd, "wb");
	assert_non_null(f.file);
	return f;
}

static inline struct capture_file file_pcap(u32 magic, u32 link, bool big_endian)
{
	struct capture_file f = file_begin();

	f.big_endian = big_endian;
	file_number(&f, magic, 4);
	file_number(&f, 2, 2);
	file_number(&f, 4, 2);
	file_number(&f, 0, 4);
	file_number(&f, 0, 4);
	file_number(&f, 65535, 4);
	file_number(&f, link, 4);
	return f;
}

static inline void file_frame(struct capture_file *f, u32 seconds, u32 fraction,
			      const struct bytes *frame)
{
	file_number(f, seconds, 4);
	file_number(f, fraction, 4);
	file_number(f, frame->len, 4);
	file_number(f, frame->len, 4);
	fwrite(frame->data, 1, frame->len, f->file);
}

static inline void file_end(struct capture_file *f)
{
	assert_int_equal(fclose(f->file), 0);
}

#endif /* TESTS_FRAMES_H */
