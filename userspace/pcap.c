// SPDX-License-Identifier: GPL-2.0
/*
 * Captures: from a file to TCP segments and UDP datagrams.
 *
 * A frame is a cursor that each layer moves forward: link, then network, then
 * transport.  The cursor knows two lengths, what was captured and what was on
 * the wire, and every read asks it first.  The answers of a layer are those of
 * conntrack: what conntrack calls invalid is malformed here.
 */
#include <errno.h>
#include <netinet/in.h>
#include <pcap/pcap.h>
#include <stdio.h>
#include <stdlib.h>

#include "pcap.h"

#define READ_BUFFER (1 << 20)
#define EXTENSION_HEADERS 16
#define PEEK 5 /* bytes by which compressed files are told */

enum {
	ETHERTYPE_IPV4 = 0x0800,
	ETHERTYPE_IPV6 = 0x86dd,
	ETHERTYPE_VLAN = 0x8100,
	ETHERTYPE_QINQ = 0x88a8,
	ETHERTYPE_QINQ_OLD = 0x9100,
	ETHERTYPE_PPPOE = 0x8864,
	PPP_IPV4 = 0x0021,
	PPP_IPV6 = 0x0057,
};

/* What is left of a frame: @len bytes can be read, @size were on the wire. */
struct cursor {
	const u8 *data;
	u32 len;
	u32 size;
};

static bool cursor_has(const struct cursor *c, u32 bytes)
{
	return bytes <= c->len;
}

static void cursor_skip(struct cursor *c, u32 bytes)
{
	c->data += bytes;
	c->len -= bytes;
	c->size -= bytes;
}

/* Cut what stands behind the network layer (Ethernet padding, trailers). */
static void cursor_cut(struct cursor *c, u32 size)
{
	c->size = size;
	if (c->len > size)
		c->len = size;
}

static u16 get16(const u8 *p)
{
	return (u16)(p[0] << 8 | p[1]);
}

static u32 get32(const u8 *p)
{
	return (u32)p[0] << 24 | (u32)p[1] << 16 | (u32)p[2] << 8 | p[3];
}

/* Transport layer */

/* Flags without PSH, ECE and CWR that conntrack accepts together. */
static bool tcp_flags_valid(u8 flags)
{
	enum { URG = 0x20, MEANING = 0x37 };

	switch (flags & MEANING) {
	case SKYPE_TCP_SYN:
	case SKYPE_TCP_SYN | URG:
	case SKYPE_TCP_SYN | SKYPE_TCP_ACK:
	case SKYPE_TCP_RST:
	case SKYPE_TCP_RST | SKYPE_TCP_ACK:
	case SKYPE_TCP_FIN | SKYPE_TCP_ACK:
	case SKYPE_TCP_FIN | SKYPE_TCP_ACK | URG:
	case SKYPE_TCP_ACK:
	case SKYPE_TCP_ACK | URG:
		return true;
	}
	return false;
}

static void set_view(struct capture_packet *packet, const struct cursor *c)
{
	packet->view.data = c->data;
	packet->view.len = c->len;
	packet->view.size = c->size;
}

static enum capture_skip decode_tcp(struct cursor *c,
				    struct capture_packet *packet)
{
	u32 header;

	if (c->size < 20)
		return CAPTURE_SKIP_MALFORMED;
	if (!cursor_has(c, 20))
		return CAPTURE_SKIP_SHORT;
	header = (u32)(c->data[12] >> 4) * 4;
	if (header < 20 || header > c->size || !tcp_flags_valid(c->data[13]))
		return CAPTURE_SKIP_MALFORMED;
	memcpy(&packet->sport, c->data, 2);
	memcpy(&packet->dport, c->data + 2, 2);
	packet->flags = c->data[13] & 0x1f;
	packet->ack = get32(c->data + 8);
	packet->seq = get32(c->data + 4);
	if (packet->flags & SKYPE_TCP_SYN)
		packet->seq++;
	/* cut within the options: the payload's size is known all the same */
	if (header > c->len)
		c->data += c->len, c->size -= header, c->len = 0;
	else
		cursor_skip(c, header);
	set_view(packet, c);
	return CAPTURE_SKIP_NONE;
}

static enum capture_skip decode_udp(struct cursor *c, bool first_fragment,
				    struct capture_packet *packet)
{
	u32 length;

	if (c->size < 8)
		return CAPTURE_SKIP_MALFORMED;
	if (!cursor_has(c, 8))
		return CAPTURE_SKIP_SHORT;
	length = get16(c->data + 4);
	if (length < 8 || (length > c->size && !first_fragment))
		return CAPTURE_SKIP_MALFORMED;
	memcpy(&packet->sport, c->data, 2);
	memcpy(&packet->dport, c->data + 2, 2);
	packet->flags = 0;
	packet->seq = 0;
	packet->ack = 0;
	cursor_cut(c, length);
	cursor_skip(c, 8);
	set_view(packet, c);
	return CAPTURE_SKIP_NONE;
}

static enum capture_skip decode_transport(struct cursor *c, u8 proto,
					  bool first_fragment,
					  struct capture_packet *packet)
{
	packet->proto = proto;
	switch (proto) {
	case IPPROTO_TCP:
		return decode_tcp(c, packet);
	case IPPROTO_UDP:
		return decode_udp(c, first_fragment, packet);
	}
	return CAPTURE_SKIP_NOT_TCP_UDP;
}

/* Network layer */

static enum capture_skip decode_ipv4(struct cursor *c,
				     struct capture_packet *packet)
{
	u32 header, total;
	__be32 address;
	u16 fragment;
	u8 proto;

	if (!cursor_has(c, 20))
		return c->size < 20 ? CAPTURE_SKIP_MALFORMED :
				      CAPTURE_SKIP_SHORT;
	header = (u32)(c->data[0] & 0x0f) * 4;
	total = get16(c->data + 2);
	if (total == 0) /* segmentation offload: longer than the field can say */
		total = c->size;
	if (c->data[0] >> 4 != 4 || header < 20 || total < header ||
	    total > c->size)
		return CAPTURE_SKIP_MALFORMED;
	fragment = get16(c->data + 6);
	proto = c->data[9];
	memcpy(&address, c->data + 12, 4);
	packet->src = skype_addr_v4(address);
	memcpy(&address, c->data + 16, 4);
	packet->dst = skype_addr_v4(address);
	if (fragment & 0x1fff)
		return CAPTURE_SKIP_FRAGMENT;
	cursor_cut(c, total);
	if (!cursor_has(c, header))
		return CAPTURE_SKIP_SHORT;
	cursor_skip(c, header);
	return decode_transport(c, proto, fragment & 0x2000, packet);
}

/* The length of the extension header at the cursor, or 0: it is none. */
static u32 extension_length(const struct cursor *c, u8 next)
{
	switch (next) {
	case IPPROTO_HOPOPTS:
	case IPPROTO_ROUTING:
	case IPPROTO_DSTOPTS:
		return ((u32)c->data[1] + 1) * 8;
	case IPPROTO_FRAGMENT:
		return 8;
	case IPPROTO_AH:
		return ((u32)c->data[1] + 2) * 4;
	}
	return 0;
}

static enum capture_skip decode_extensions(struct cursor *c, u8 next,
					   struct capture_packet *packet)
{
	bool first_fragment = false;

	for (int i = 0; i < EXTENSION_HEADERS; i++) {
		u8 after;
		u32 length;

		if (next == IPPROTO_TCP || next == IPPROTO_UDP)
			break;
		if (!cursor_has(c, 8))
			return CAPTURE_SKIP_NOT_TCP_UDP;
		length = extension_length(c, next);
		if (length == 0)
			return CAPTURE_SKIP_NOT_TCP_UDP;
		if (length > c->size)
			return CAPTURE_SKIP_MALFORMED;
		if (!cursor_has(c, length))
			return CAPTURE_SKIP_SHORT;
		if (next == IPPROTO_FRAGMENT) {
			if (get16(c->data + 2) & 0xfff8)
				return CAPTURE_SKIP_FRAGMENT;
			first_fragment = c->data[3] & 1;
		}
		after = c->data[0];
		cursor_skip(c, length);
		next = after;
	}
	return decode_transport(c, next, first_fragment, packet);
}

static enum capture_skip decode_ipv6(struct cursor *c,
				     struct capture_packet *packet)
{
	u32 payload;
	u8 next;

	if (!cursor_has(c, 40))
		return c->size < 40 ? CAPTURE_SKIP_MALFORMED :
				      CAPTURE_SKIP_SHORT;
	payload = get16(c->data + 4);
	if (payload == 0) /* jumbogram or segmentation offload */
		payload = c->size - 40;
	if (c->data[0] >> 4 != 6 || payload > c->size - 40)
		return CAPTURE_SKIP_MALFORMED;
	next = c->data[6];
	memcpy(&packet->src, c->data + 8, 16);
	memcpy(&packet->dst, c->data + 24, 16);
	cursor_cut(c, payload + 40);
	cursor_skip(c, 40);
	return decode_extensions(c, next, packet);
}

static enum capture_skip decode_ip(struct cursor *c,
				   struct capture_packet *packet)
{
	if (!cursor_has(c, 1))
		return CAPTURE_SKIP_NOT_IP;
	switch (c->data[0] >> 4) {
	case 4:
		return decode_ipv4(c, packet);
	case 6:
		return decode_ipv6(c, packet);
	}
	return CAPTURE_SKIP_NOT_IP;
}

/* Link layer */

static enum capture_skip decode_ppp(struct cursor *c,
				    struct capture_packet *packet)
{
	u16 proto;

	if (cursor_has(c, 2) && c->data[0] == 0xff && c->data[1] == 0x03)
		cursor_skip(c, 2);
	if (!cursor_has(c, 2))
		return CAPTURE_SKIP_NOT_IP;
	proto = c->data[0] & 1 ? c->data[0] : get16(c->data);
	cursor_skip(c, c->data[0] & 1 ? 1 : 2);
	if (proto == PPP_IPV4 || proto == PPP_IPV6)
		return decode_ip(c, packet);
	return CAPTURE_SKIP_NOT_IP;
}

static enum capture_skip decode_ethertype(struct cursor *c, u16 type,
					  struct capture_packet *packet)
{
	while (type == ETHERTYPE_VLAN || type == ETHERTYPE_QINQ ||
	       type == ETHERTYPE_QINQ_OLD) {
		if (!cursor_has(c, 4))
			return CAPTURE_SKIP_NOT_IP;
		type = get16(c->data + 2);
		cursor_skip(c, 4);
	}
	switch (type) {
	case ETHERTYPE_IPV4:
		return decode_ipv4(c, packet);
	case ETHERTYPE_IPV6:
		return decode_ipv6(c, packet);
	case ETHERTYPE_PPPOE:
		if (!cursor_has(c, 6))
			return CAPTURE_SKIP_NOT_IP;
		cursor_skip(c, 6);
		return decode_ppp(c, packet);
	}
	return CAPTURE_SKIP_NOT_IP;
}

/* A header of @header bytes with its EtherType at @type. */
static enum capture_skip decode_header(struct cursor *c, u32 header, u32 type,
				       struct capture_packet *packet)
{
	u16 ethertype;

	if (!cursor_has(c, header))
		return CAPTURE_SKIP_NOT_IP;
	ethertype = get16(c->data + type);
	cursor_skip(c, header);
	return decode_ethertype(c, ethertype, packet);
}

/* A 4-byte address family, in the byte order of who captured: IP shows. */
static enum capture_skip decode_loopback(struct cursor *c,
					 struct capture_packet *packet)
{
	if (!cursor_has(c, 4))
		return CAPTURE_SKIP_NOT_IP;
	cursor_skip(c, 4);
	return decode_ip(c, packet);
}

/**
 * capture_link_known() - whether frames of a link type can be read
 * @link: DLT_* of libpcap
 *
 * Return: true when capture_decode() knows it.
 */
bool capture_link_known(int link)
{
	switch (link) {
	case DLT_EN10MB:
	case DLT_LINUX_SLL:
	case DLT_LINUX_SLL2:
	case DLT_NULL:
	case DLT_LOOP:
	case DLT_RAW:
	case DLT_IPV4:
	case DLT_IPV6:
	case DLT_PPP:
	case DLT_PPP_SERIAL:
	case DLT_PPP_ETHER:
	case DLT_C_HDLC:
		return true;
	}
	return false;
}

/**
 * capture_decode() - find the TCP segment or UDP datagram of a frame
 * @frame: the frame
 * @packet: filled in on success; its time is left alone
 *
 * Return: CAPTURE_SKIP_NONE, or why there is none.
 */
enum capture_skip capture_decode(const struct capture_frame *frame,
				 struct capture_packet *packet)
{
	struct cursor c = { frame->data, frame->len, frame->size };

	if (c.size < c.len)
		c.size = c.len;
	switch (frame->link) {
	case DLT_EN10MB:
		return decode_header(&c, 14, 12, packet);
	case DLT_LINUX_SLL:
		return decode_header(&c, 16, 14, packet);
	case DLT_LINUX_SLL2:
		return decode_header(&c, 20, 0, packet);
	case DLT_C_HDLC:
		return decode_header(&c, 4, 2, packet);
	case DLT_NULL:
	case DLT_LOOP:
		return decode_loopback(&c, packet);
	case DLT_RAW:
	case DLT_IPV4:
	case DLT_IPV6:
		return decode_ip(&c, packet);
	case DLT_PPP:
	case DLT_PPP_SERIAL:
		return decode_ppp(&c, packet);
	case DLT_PPP_ETHER:
		if (!cursor_has(&c, 6))
			return CAPTURE_SKIP_NOT_IP;
		cursor_skip(&c, 6);
		return decode_ppp(&c, packet);
	}
	return CAPTURE_SKIP_NOT_IP;
}

/* The file */

struct capture {
	pcap_t *pcap;
	FILE *file;
	char *buffer;
	int link;
	u64 frames;
	u64 bytes;
	u64 skipped[CAPTURE_SKIP_COUNT];
};

static int open_stream(struct capture *capture, const char *path, char *error,
		       size_t size)
{
	bool is_stdin = strcmp(path, "-") == 0;

	capture->file = is_stdin ? stdin : fopen(path, "rb");
	if (!capture->file) {
		snprintf(error, size, "%s: %s", path, strerror(errno));
		return -1;
	}
	capture->buffer = malloc(READ_BUFFER);
	if (capture->buffer && !is_stdin)
		setvbuf(capture->file, capture->buffer, _IOFBF, READ_BUFFER);
	return 0;
}

/* The first bytes, which stay there for libpcap. */
static void peek(FILE *file, char begin[PEEK + 1])
{
	size_t len = fread(begin, 1, PEEK, file);

	begin[len] = '\0';
	while (len)
		ungetc((unsigned char)begin[--len], file);
}

/* What reads a compressed file that begins so; NULL when it is none */
static const char *reader_of(const char *begin)
{
	static const struct {
		const char *magic;
		const char *reader;
	} known[] = {
		{ "\x1f\x8b", "zcat" },
		{ "\xfd" "7zXZ", "xzcat" },
		{ "\x28\xb5\x2f\xfd", "zstdcat" },
		{ "BZh", "bzcat" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(known); i++)
		if (!strncmp(begin, known[i].magic, strlen(known[i].magic)))
			return known[i].reader;
	return NULL;
}

static void open_cure(const char *begin, bool is_stdin, char *cure, size_t size)
{
	const char *reader = reader_of(begin);

	if (!reader)
		snprintf(cure, size, "pcap or pcapng is needed");
	else if (is_stdin)
		snprintf(cure, size, "compressed: put \"%s |\" in front of skypectl",
			 reader);
	else
		snprintf(cure, size, "compressed: %s FILE | skypectl classify -",
			 reader);
}

static int open_capture(struct capture *capture, const char *name, char *error,
			size_t size)
{
	bool is_stdin = capture->file == stdin;
	char why[PCAP_ERRBUF_SIZE] = "";
	char begin[PEEK + 1], cure[64];

	peek(capture->file, begin);
	capture->pcap = pcap_fopen_offline(capture->file, why);
	if (!capture->pcap) {
		if (!is_stdin)
			fclose(capture->file);
		open_cure(begin, is_stdin, cure, sizeof(cure));
		snprintf(error, size,
			 "%s: not a capture that can be read: %s (%s)", name,
			 why, cure);
		return -1;
	}
	capture->link = pcap_datalink(capture->pcap);
	if (!capture_link_known(capture->link)) {
		const char *link = pcap_datalink_val_to_name(capture->link);

		snprintf(error, size,
			 "%s: link type %s (%d) is not supported: capture on an IP or Ethernet interface",
			 name, link ? link : "unknown", capture->link);
		return -1;
	}
	return 0;
}

/* What a file is called in errors: "-" is stdin. */
const char *capture_name(const char *path)
{
	return strcmp(path, "-") ? path : "stdin";
}

/**
 * capture_open() - open a capture file
 * @path: its name, or "-" for stdin
 * @error: where to write a sentence that begins with the file's name or "stdin"
 * @error_size: bytes there
 *
 * Return: the capture, to be closed with capture_close(), or NULL with @error
 * written.
 */
struct capture *capture_open(const char *path, char *error, size_t error_size)
{
	struct capture *capture = calloc(1, sizeof(*capture));
	const char *name = capture_name(path);

	if (!capture) {
		snprintf(error, error_size, "%s: out of memory", name);
		return NULL;
	}
	if (open_stream(capture, path, error, error_size) < 0 ||
	    open_capture(capture, name, error, error_size) < 0) {
		capture_close(capture);
		return NULL;
	}
	return capture;
}

/* libpcap reads the unsigned 32 bits of a pcap file as signed ones. */
static u64 frame_time(const struct timeval *at)
{
	u64 seconds = at->tv_sec < 0 ? (u32)at->tv_sec : (u64)at->tv_sec;
	u64 time = seconds * 1000000 + (u32)at->tv_usec;

	if (seconds > CAPTURE_LATEST / 1000000 || time > CAPTURE_LATEST)
		return CAPTURE_LATEST;
	return time;
}

/**
 * capture_next() - the next TCP segment or UDP datagram
 * @capture: the capture
 * @packet: filled in; its view is good until the next call
 *
 * Frames without one are counted by cause and passed over.
 *
 * Return: 1 with a packet, 0 at the end, -1 when the file is damaged here
 * (capture_error() says how).
 */
int capture_next(struct capture *capture, struct capture_packet *packet)
{
	struct capture_frame frame = { .link = capture->link };
	enum capture_skip skip;
	struct pcap_pkthdr *h;
	int err;

	for (;;) {
		err = pcap_next_ex(capture->pcap, &h, &frame.data);
		if (err != 1)
			return err == PCAP_ERROR_BREAK ? 0 : -1;
		capture->frames++;
		capture->bytes += h->len;
		frame.len = h->caplen;
		frame.size = h->len;
		skip = capture_decode(&frame, packet);
		if (skip == CAPTURE_SKIP_NONE)
			break;
		capture->skipped[skip]++;
	}
	packet->time = frame_time(&h->ts);
	return 1;
}

/* What is wrong with the file after capture_next() returned -1. */
const char *capture_error(struct capture *capture)
{
	return pcap_geterr(capture->pcap);
}

/* The link type of its first interface, as editcap -T calls it */
const char *capture_link_word(const struct capture *capture)
{
	switch (capture->link) {
	case DLT_LINUX_SLL:
		return "linux-sll";
	case DLT_LINUX_SLL2:
		return "linux-sll2";
	case DLT_NULL:
		return "null";
	case DLT_LOOP:
		return "loop";
	case DLT_RAW:
		return "rawip";
	case DLT_IPV4:
		return "rawip4";
	case DLT_IPV6:
		return "rawip6";
	case DLT_PPP:
	case DLT_PPP_SERIAL:
		return "ppp";
	case DLT_PPP_ETHER:
		return "pppoes";
	case DLT_C_HDLC:
		return "chdlc";
	default:
		return "ether";
	}
}

/* Frames read so far, those passed over included. */
u64 capture_frames(const struct capture *capture)
{
	return capture->frames;
}

/* Bytes that these frames had on the wire. */
u64 capture_bytes(const struct capture *capture)
{
	return capture->bytes;
}

/* Frames passed over for one cause. */
u64 capture_skipped(const struct capture *capture, enum capture_skip cause)
{
	return capture->skipped[cause];
}

const char *capture_skip_name(enum capture_skip cause)
{
	static const char *const names[CAPTURE_SKIP_COUNT] = {
#define X(id, name, text) name,
		CAPTURE_SKIPS(X)
#undef X
	};

	return names[cause];
}

/* Close a capture; stdin stays open. */
void capture_close(struct capture *capture)
{
	if (!capture)
		return;
	if (capture->pcap)
		pcap_close(capture->pcap);
	free(capture->buffer);
	free(capture);
}
