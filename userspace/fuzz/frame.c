// SPDX-License-Identifier: GPL-2.0
/*
 * Fuzzer of the frame decoder: a link type, how much the capture cut off, and
 * the frame's bytes.
 */
#include <netinet/in.h>
#include <pcap/pcap.h>

#include "input.h"
#include "pcap.h"

static const int links[] = {
	DLT_EN10MB, DLT_LINUX_SLL, DLT_LINUX_SLL2, DLT_NULL, DLT_LOOP,
	DLT_RAW, DLT_IPV4, DLT_IPV6, DLT_PPP, DLT_PPP_SERIAL, DLT_PPP_ETHER,
	DLT_C_HDLC,
};

static void check_packet(const struct capture_frame *frame,
			 const struct capture_packet *packet)
{
	const struct skype_view *v = &packet->view;

	check(packet->proto == IPPROTO_TCP || packet->proto == IPPROTO_UDP);
	check(v->len <= v->size);
	check(v->size <= 65535 + 8 + 40 || frame->size > 65535);
	check(v->data >= frame->data && v->data <= frame->data + frame->len);
	check(v->len <= (size_t)(frame->data + frame->len - v->data));
	check(skype_addr_is_v4(&packet->src) == skype_addr_is_v4(&packet->dst) ||
	      !skype_addr_is_v4(&packet->src) || !skype_addr_is_v4(&packet->dst));
	check((packet->flags & ~0x1f) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct input in = { data, size };
	struct capture_packet packet;
	struct capture_frame frame;
	enum capture_skip skip;
	uint8_t *exact;

	frame.link = links[input_u8(&in) % (sizeof(links) / sizeof(*links))];
	frame.size = input_u8(&in);
	frame.len = (u32)in.left;
	frame.size += frame.len;
	exact = malloc(frame.len ? frame.len : 1);
	input_bytes(&in, exact, frame.len);
	frame.data = exact;
	check(capture_link_known(frame.link));
	memset(&packet, 0xa5, sizeof(packet));
	skip = capture_decode(&frame, &packet);
	check(skip < CAPTURE_SKIP_COUNT);
	if (skip == CAPTURE_SKIP_NONE)
		check_packet(&frame, &packet);
	free(exact);
	return 0;
}
