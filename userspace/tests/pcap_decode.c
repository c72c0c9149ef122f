// SPDX-License-Identifier: GPL-2.0
/* From a frame to a TCP segment or UDP datagram, and what is passed over. */
#include <pcap/dlt.h>

#include "frames.h"

/* Decode from memory of exactly @len bytes, so that ASan sees each excess. */
static enum capture_skip decode_cut(int link, const struct bytes *frame, u32 len,
				    struct capture_packet *packet)
{
	u8 *exact = malloc(len ? len : 1);
	struct capture_frame f = { link, exact, len, frame->len };
	enum capture_skip skip;

	assert_non_null(exact);
	memcpy(exact, frame->data, len);
	memset(packet, 0, sizeof(*packet));
	skip = capture_decode(&f, packet);
	if (skip == CAPTURE_SKIP_NONE && packet->view.len) {
		assert_true(packet->view.len <= packet->view.size);
		assert_true(packet->view.data >= exact);
		assert_true(packet->view.data + packet->view.len <= exact + len);
		/* the payload tells its own offset */
		assert_int_equal(packet->view.data[0], 0xa0);
	}
	free(exact);
	return skip;
}

static enum capture_skip decode(int link, const struct bytes *frame,
				struct capture_packet *packet)
{
	return decode_cut(link, frame, frame->len, packet);
}

static void assert_udp4(int link, const struct bytes *frame)
{
	struct capture_packet p;

	assert_int_equal(decode(link, frame, &p), CAPTURE_SKIP_NONE);
	assert_int_equal(p.proto, IPPROTO_UDP);
	assert_int_equal(ntohl(p.src.w[3]), SRC4);
	assert_int_equal(ntohl(p.dst.w[3]), DST4);
	assert_true(skype_addr_is_v4(&p.src) && skype_addr_is_v4(&p.dst));
	assert_int_equal(ntohs(p.sport), SPORT);
	assert_int_equal(ntohs(p.dport), DPORT);
	assert_int_equal(p.view.size, 18);
	assert_int_equal(p.view.len, 18);
}

static struct bytes plain_udp4(void)
{
	struct bytes udp = udp_of(18);

	return ipv4_of(&udp, IPPROTO_UDP, 0, 0);
}

static void test_ethernet(void **state)
{
	struct bytes ip = plain_udp4(), frame = ethernet_of(&ip, 0x0800);

	(void)state;
	assert_udp4(DLT_EN10MB, &frame);
	put_many(&frame, 0, 30); /* padding is no payload */
	assert_udp4(DLT_EN10MB, &frame);
	frame = ethernet_of(&ip, 0x0806);
	assert_int_equal(decode(DLT_EN10MB, &frame, &(struct capture_packet){ 0 }),
			 CAPTURE_SKIP_NOT_IP);
}

static void test_vlan(void **state)
{
	static const unsigned int outer[] = { 0x8100, 0x88a8, 0x9100 };
	struct bytes ip = plain_udp4(), tag, frame;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(outer); i++) {
		tag.len = 0;
		put16(&tag, 7);
		put16(&tag, 0x0800);
		put_bytes(&tag, &ip);
		frame = ethernet_of(&tag, outer[i]);
		assert_udp4(DLT_EN10MB, &frame);

		tag.len = 0;
		put16(&tag, 7);
		put16(&tag, 0x8100);
		put16(&tag, 8);
		put16(&tag, 0x0800);
		put_bytes(&tag, &ip);
		frame = ethernet_of(&tag, outer[i]);
		assert_udp4(DLT_EN10MB, &frame);
	}
}

static void test_cooked(void **state)
{
	struct bytes ip = plain_udp4(), frame = { .len = 0 };

	(void)state;
	put_many(&frame, 0, 14); /* type, ARPHRD, length, address */
	put16(&frame, 0x0800);
	put_bytes(&frame, &ip);
	assert_udp4(DLT_LINUX_SLL, &frame);

	frame.len = 0;
	put16(&frame, 0x0800);
	put_many(&frame, 0, 18);
	put_bytes(&frame, &ip);
	assert_udp4(DLT_LINUX_SLL2, &frame);
}

static void test_raw_and_loopback(void **state)
{
	struct bytes ip = plain_udp4(), frame = { .len = 0 };

	(void)state;
	assert_udp4(DLT_RAW, &ip);
	assert_udp4(DLT_IPV4, &ip);
	put32(&frame, 2);
	put_bytes(&frame, &ip);
	assert_udp4(DLT_LOOP, &frame);
	assert_udp4(DLT_NULL, &frame);
	frame.len = 0;
	put32(&frame, 0x02000000);
	put_bytes(&frame, &ip);
	assert_udp4(DLT_NULL, &frame);
}

static void test_ppp(void **state)
{
	struct bytes ip = plain_udp4(), frame = { .len = 0 }, ethernet;

	(void)state;
	put16(&frame, 0xff03);
	put16(&frame, 0x0021);
	put_bytes(&frame, &ip);
	assert_udp4(DLT_PPP, &frame);

	frame.len = 0;
	put8(&frame, 0x21); /* compressed protocol field */
	put_bytes(&frame, &ip);
	assert_udp4(DLT_PPP, &frame);

	frame.len = 0;
	put32(&frame, 0x11000001); /* PPPoE session */
	put16(&frame, ip.len + 2);
	put16(&frame, 0x0021);
	put_bytes(&frame, &ip);
	assert_udp4(DLT_PPP_ETHER, &frame);
	ethernet = ethernet_of(&frame, 0x8864);
	assert_udp4(DLT_EN10MB, &ethernet);

	frame.len = 0;
	put16(&frame, 0x0f00); /* Cisco HDLC */
	put16(&frame, 0x0800);
	put_bytes(&frame, &ip);
	assert_udp4(DLT_C_HDLC, &frame);
}

static void test_ipv4_headers(void **state)
{
	struct bytes udp = udp_of(18), ip = ipv4_of(&udp, IPPROTO_UDP, 0, 40);
	struct capture_packet p;

	(void)state;
	assert_udp4(DLT_RAW, &ip);
	ip = plain_udp4();
	put16(&ip, 0); /* behind the total length */
	assert_udp4(DLT_RAW, &ip);
	ip = plain_udp4();
	ip.data[0] = 0x44; /* header shorter than a header */
	assert_int_equal(decode(DLT_RAW, &ip, &p), CAPTURE_SKIP_MALFORMED);
	ip = plain_udp4();
	ip.data[3]++; /* longer than the frame */
	assert_int_equal(decode(DLT_RAW, &ip, &p), CAPTURE_SKIP_MALFORMED);
	ip.data[3] = 19;
	assert_int_equal(decode(DLT_RAW, &ip, &p), CAPTURE_SKIP_MALFORMED);
	ip.data[0] = 0x50;
	assert_int_equal(decode(DLT_RAW, &ip, &p), CAPTURE_SKIP_NOT_IP);
	ip = ipv4_of(&udp, 1, 0, 0);
	assert_int_equal(decode(DLT_RAW, &ip, &p), CAPTURE_SKIP_NOT_TCP_UDP);
}

/* Captured before the network card cut it: the length field is 0. */
static void test_segmentation_offload(void **state)
{
	struct bytes tcp = tcp_of(1, 1, 0x18, 0, 3000);
	struct bytes ip = ipv4_of(&tcp, IPPROTO_TCP, 0, 0);
	struct capture_packet p;

	(void)state;
	ip.data[2] = ip.data[3] = 0;
	assert_int_equal(decode(DLT_RAW, &ip, &p), CAPTURE_SKIP_NONE);
	assert_int_equal(p.view.size, 3000);
	ip = ipv6_of(&tcp, IPPROTO_TCP);
	ip.data[4] = ip.data[5] = 0;
	assert_int_equal(decode(DLT_RAW, &ip, &p), CAPTURE_SKIP_NONE);
	assert_int_equal(p.view.size, 3000);
}

static void test_ipv4_fragments(void **state)
{
	struct bytes udp = udp_of(100), ip;
	struct capture_packet p;

	(void)state;
	ip = ipv4_of(&udp, IPPROTO_UDP, 1, 0);
	assert_int_equal(decode(DLT_RAW, &ip, &p), CAPTURE_SKIP_FRAGMENT);
	ip = ipv4_of(&udp, IPPROTO_UDP, 0x2001, 0);
	assert_int_equal(decode(DLT_RAW, &ip, &p), CAPTURE_SKIP_FRAGMENT);
	ip = ipv4_of(&udp, IPPROTO_UDP, 0x4000, 0); /* "don't" */
	assert_int_equal(decode(DLT_RAW, &ip, &p), CAPTURE_SKIP_NONE);

	udp.len = 8 + 40; /* the first 40 of 100 bytes */
	ip = ipv4_of(&udp, IPPROTO_UDP, 0x2000, 0);
	assert_int_equal(decode(DLT_RAW, &ip, &p), CAPTURE_SKIP_NONE);
	assert_int_equal(p.view.size, 100);
	assert_int_equal(p.view.len, 40);
	ip = ipv4_of(&udp, IPPROTO_UDP, 0, 0); /* the same without "more" */
	assert_int_equal(decode(DLT_RAW, &ip, &p), CAPTURE_SKIP_MALFORMED);
}

/* An extension header of @units times 8 bytes. */
static void put_extension(struct bytes *b, unsigned int next, u32 units)
{
	put8(b, next);
	put8(b, units - 1);
	put_many(b, 0, units * 8 - 2);
}

static void test_ipv6_extensions(void **state)
{
	struct bytes udp = udp_of(18), chain = { .len = 0 }, ip;
	struct capture_packet p;

	(void)state;
	put_extension(&chain, IPPROTO_ROUTING, 1);
	put_extension(&chain, IPPROTO_DSTOPTS, 3);
	put_extension(&chain, IPPROTO_AH, 2);
	put8(&chain, IPPROTO_FRAGMENT);
	put8(&chain, 4); /* AH counts 4 bytes, less 2 */
	put_many(&chain, 0, 22);
	put32(&chain, IPPROTO_UDP << 24 | 0); /* first and last fragment */
	put32(&chain, 1);
	put_bytes(&chain, &udp);
	ip = ipv6_of(&chain, IPPROTO_HOPOPTS);
	assert_int_equal(decode(DLT_RAW, &ip, &p), CAPTURE_SKIP_NONE);
	assert_int_equal(p.view.size, 18);
	assert_int_equal(ntohl(p.src.w[0]), 0x20010db8);
	assert_int_equal(ntohl(p.dst.w[3]), 2);
	ip = ethernet_of(&ip, 0x86dd);
	assert_int_equal(decode(DLT_EN10MB, &ip, &p), CAPTURE_SKIP_NONE);
}

static void test_ipv6_refused(void **state)
{
	struct bytes udp = udp_of(18), chain = { .len = 0 }, ip;
	struct capture_packet p;

	(void)state;
	put32(&chain, IPPROTO_UDP << 24 | 8); /* fragment at offset 8 */
	put32(&chain, 1);
	put_bytes(&chain, &udp);
	ip = ipv6_of(&chain, IPPROTO_FRAGMENT);
	assert_int_equal(decode(DLT_RAW, &ip, &p), CAPTURE_SKIP_FRAGMENT);
	ip = ipv6_of(&udp, IPPROTO_ESP);
	assert_int_equal(decode(DLT_RAW, &ip, &p), CAPTURE_SKIP_NOT_TCP_UDP);
	ip = ipv6_of(&udp, IPPROTO_NONE);
	assert_int_equal(decode(DLT_RAW, &ip, &p), CAPTURE_SKIP_NOT_TCP_UDP);
	chain.len = 0;
	put_extension(&chain, IPPROTO_UDP, 1);
	chain.data[1] = 200; /* longer than the packet */
	put_bytes(&chain, &udp);
	ip = ipv6_of(&chain, IPPROTO_DSTOPTS);
	assert_int_equal(decode(DLT_RAW, &ip, &p), CAPTURE_SKIP_MALFORMED);
	ip = ipv6_of(&udp, IPPROTO_UDP);
	ip.data[5]++;
	assert_int_equal(decode(DLT_RAW, &ip, &p), CAPTURE_SKIP_MALFORMED);
	chain.len = 0;
	for (int i = 0; i < 100; i++)
		put_extension(&chain, IPPROTO_DSTOPTS, 1);
	ip = ipv6_of(&chain, IPPROTO_DSTOPTS);
	assert_int_equal(decode(DLT_RAW, &ip, &p), CAPTURE_SKIP_NOT_TCP_UDP);
}

static void test_tcp(void **state)
{
	struct bytes tcp = tcp_of(1000, 77, 0x18, 12, 14);
	struct bytes ip = ipv4_of(&tcp, IPPROTO_TCP, 0, 0);
	struct capture_packet p;

	(void)state;
	assert_int_equal(decode(DLT_RAW, &ip, &p), CAPTURE_SKIP_NONE);
	assert_int_equal(p.proto, IPPROTO_TCP);
	assert_int_equal(p.seq, 1000);
	assert_int_equal(p.ack, 77);
	assert_int_equal(p.flags, SKYPE_TCP_PSH | SKYPE_TCP_ACK);
	assert_int_equal(p.view.size, 14);
	tcp = tcp_of(0xffffffff, 0, 0x02, 0, 0); /* SYN counts one, and wraps */
	ip = ipv4_of(&tcp, IPPROTO_TCP, 0, 0);
	assert_int_equal(decode(DLT_RAW, &ip, &p), CAPTURE_SKIP_NONE);
	assert_int_equal(p.seq, 0);
}

static void test_tcp_malformed(void **state)
{
	static const u8 bad[] = { 0x00, 0x01, 0x03, 0x06, 0x07, 0x29, 0x3f, 0x08 };
	struct bytes tcp, ip;
	struct capture_packet p;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		tcp = tcp_of(1, 1, bad[i], 0, 0);
		ip = ipv4_of(&tcp, IPPROTO_TCP, 0, 0);
		assert_int_equal(decode(DLT_RAW, &ip, &p),
				 CAPTURE_SKIP_MALFORMED);
	}
	tcp = tcp_of(1, 1, 0x10, 0, 3);
	tcp.data[12] = 4 << 4;
	ip = ipv4_of(&tcp, IPPROTO_TCP, 0, 0);
	assert_int_equal(decode(DLT_RAW, &ip, &p), CAPTURE_SKIP_MALFORMED);
	tcp.data[12] = 6 << 4; /* 24 bytes, 23 are there */
	ip = ipv4_of(&tcp, IPPROTO_TCP, 0, 0);
	assert_int_equal(decode(DLT_RAW, &ip, &p), CAPTURE_SKIP_MALFORMED);
	tcp.len = 19;
	ip = ipv4_of(&tcp, IPPROTO_TCP, 0, 0);
	assert_int_equal(decode(DLT_RAW, &ip, &p), CAPTURE_SKIP_MALFORMED);
}

static void test_udp_lengths(void **state)
{
	struct bytes udp = udp_of(18), ip;
	struct capture_packet p;

	(void)state;
	udp.data[5] = 7;
	ip = ipv4_of(&udp, IPPROTO_UDP, 0, 0);
	assert_int_equal(decode(DLT_RAW, &ip, &p), CAPTURE_SKIP_MALFORMED);
	udp.data[5] = 27;
	ip = ipv4_of(&udp, IPPROTO_UDP, 0, 0);
	assert_int_equal(decode(DLT_RAW, &ip, &p), CAPTURE_SKIP_MALFORMED);
	udp.data[5] = 8 + 11; /* shorter than the IP payload */
	ip = ipv4_of(&udp, IPPROTO_UDP, 0, 0);
	assert_int_equal(decode(DLT_RAW, &ip, &p), CAPTURE_SKIP_NONE);
	assert_int_equal(p.view.size, 11);
	udp.len = 7;
	ip = ipv4_of(&udp, IPPROTO_UDP, 0, 0);
	assert_int_equal(decode(DLT_RAW, &ip, &p), CAPTURE_SKIP_MALFORMED);
}

/* Every snap length: the size on the wire stays known, nothing is overrun. */
static void cut_everywhere(int link, const struct bytes *frame, u32 headers,
			   u32 payload)
{
	struct capture_packet p;

	for (u32 len = 0; len <= frame->len; len++) {
		enum capture_skip skip = decode_cut(link, frame, len, &p);

		if (len < headers) {
			assert_int_not_equal(skip, CAPTURE_SKIP_NONE);
			assert_int_not_equal(skip, CAPTURE_SKIP_MALFORMED);
			continue;
		}
		assert_int_equal(skip, CAPTURE_SKIP_NONE);
		assert_int_equal(p.view.size, payload);
	}
}

static void test_snap_lengths(void **state)
{
	struct bytes udp = udp_of(18), tcp = tcp_of(1, 1, 0x18, 12, 14);
	struct bytes chain = { .len = 0 }, ip, frame;

	(void)state;
	ip = ipv4_of(&udp, IPPROTO_UDP, 0, 8);
	frame = ethernet_of(&ip, 0x0800);
	cut_everywhere(DLT_EN10MB, &frame, 14 + 28 + 8, 18);
	ip = ipv4_of(&tcp, IPPROTO_TCP, 0, 0);
	frame = ethernet_of(&ip, 0x0800);
	cut_everywhere(DLT_EN10MB, &frame, 14 + 20 + 20, 14);
	put_extension(&chain, IPPROTO_UDP, 2);
	put_bytes(&chain, &udp);
	ip = ipv6_of(&chain, IPPROTO_HOPOPTS);
	cut_everywhere(DLT_RAW, &ip, 40 + 16 + 8, 18);
}

/* No bytes at all make it read what is not there (ASan judges). */
static void test_any_bytes(void **state)
{
	static const int links[] = { DLT_EN10MB, DLT_LINUX_SLL, DLT_LINUX_SLL2,
				     DLT_NULL, DLT_RAW, DLT_PPP, DLT_PPP_ETHER,
				     DLT_C_HDLC };
	struct capture_packet p;

	(void)state;
	srandom(1);
	for (int round = 0; round < 20000; round++) {
		u32 len = (u32)random() % 96;
		u8 *bytes = malloc(len ? len : 1);
		struct capture_frame f = {
			links[round % (int)ARRAY_SIZE(links)], bytes, len,
			len + (u32)random() % 64,
		};

		for (u32 i = 0; i < len; i++)
			bytes[i] = (u8)(random() >> 7);
		if (len && f.link == DLT_RAW)
			bytes[0] = random() & 1 ? 0x45 : 0x60;
		if (capture_decode(&f, &p) == CAPTURE_SKIP_NONE)
			for (u32 i = 0; i < p.view.len; i++)
				assert_int_equal(skype_view_u8(&p.view, i),
						 p.view.data[i]);
		free(bytes);
	}
}

static void test_links(void **state)
{
	struct capture_packet p;
	struct bytes ip = plain_udp4();

	(void)state;
	assert_true(capture_link_known(DLT_EN10MB));
	assert_false(capture_link_known(DLT_IEEE802_11));
	assert_int_equal(decode(DLT_IEEE802_11, &ip, &p), CAPTURE_SKIP_NOT_IP);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_ethernet),
		cmocka_unit_test(test_vlan),
		cmocka_unit_test(test_cooked),
		cmocka_unit_test(test_raw_and_loopback),
		cmocka_unit_test(test_ppp),
		cmocka_unit_test(test_ipv4_headers),
		cmocka_unit_test(test_segmentation_offload),
		cmocka_unit_test(test_ipv4_fragments),
		cmocka_unit_test(test_ipv6_extensions),
		cmocka_unit_test(test_ipv6_refused),
		cmocka_unit_test(test_tcp),
		cmocka_unit_test(test_tcp_malformed),
		cmocka_unit_test(test_udp_lengths),
		cmocka_unit_test(test_snap_lengths),
		cmocka_unit_test(test_any_bytes),
		cmocka_unit_test(test_links),
	};

	return cmocka_run_group_tests_name("pcap_decode", tests, NULL, NULL);
}
