// SPDX-License-Identifier: GPL-2.0
/*
 * packet_fuzz INTERFACE COUNT SEED CAPTURE.pcap...: make a tap device, and send
 * COUNT frames into it. Waits for a line on stdin first, so that the interface
 * can be configured.
 *
 * One half is made here: datagrams and segments like Skype's, and what no sender
 * would make of them (odd headers, options, fragments, extension headers, lengths
 * that lie, virtio headers that ask for segmentation). The other half are whole
 * conversations, frame by frame from the captures (Ethernet, no VLAN, no options),
 * some frames damaged or merged in the same ways. Conntrack forgets between two
 * rounds of them.
 */
#include <arpa/inet.h>
#include <fcntl.h>
#include <linux/if_ether.h>
#include <linux/if_tun.h>
#include <linux/virtio_net.h>
#include <net/if.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#define FRAME_MAX 16384
#define RECORDED_MAX (4 << 20)
#define PCAP_HEADER 24
#define PCAP_RECORD 16
#ifndef VIRTIO_NET_HDR_GSO_UDP_L4 /* since 6.2 */
#define VIRTIO_NET_HDR_GSO_UDP_L4 5
#endif

static uint64_t state;
static uint8_t frame[FRAME_MAX];
static uint8_t address[ETH_ALEN];
static uint8_t recorded[RECORDED_MAX]; /* records of pcap files, without their headers */
static size_t recorded_size, recorded_at;

static uint32_t dice(uint32_t sides)
{
	state ^= state << 13;
	state ^= state >> 7;
	state ^= state << 17;
	return (uint32_t)(state >> 32) % sides;
}

static void put16(uint8_t *to, uint32_t value)
{
	to[0] = (uint8_t)(value >> 8);
	to[1] = (uint8_t)value;
}

static uint32_t sum(const uint8_t *p, size_t len, uint32_t more)
{
	size_t i;

	for (i = 0; i + 1 < len; i += 2)
		more += (uint32_t)p[i] << 8 | p[i + 1];
	if (len & 1)
		more += (uint32_t)p[len - 1] << 8;
	while (more >> 16)
		more = (more & 0xffff) + (more >> 16);
	return more;
}

/* Something of the protocol at @p: signatures.md, sections 1.1, 2.2 to 2.4 */
static size_t message(uint8_t *p, bool large)
{
	static const char get[] = "GET /ui/0/97/en/installed HTTP/1.1\r\nHost: ui.skype.com\r\n\r\n";
	static const uint8_t r1[] = { 0x80, 0x46, 0x01, 0x03, 0x01, 0x00, 0x2d };
	static const uint8_t l3[] = { 0x16, 0x03, 0x01, 0x00, 0xcd, 0x41, 0x03,
				      0x00, 0x09, 0x80, 0x40, 0x04 };
	size_t size = large ? 1 + dice(8000) : dice(120), i;

	for (i = 0; i < size; i++)
		p[i] = (uint8_t)dice(256);
	switch (dice(6)) {
	case 0:
		p[2] = 0x02;
		return size < 18 ? 18 : size;
	case 1:
		p[2] = 0x27;
		return 11;
	case 2:
		memcpy(p, get, sizeof(get) - 1);
		return size < sizeof(get) ? sizeof(get) - 1 : size;
	case 3:
		memcpy(p, r1, sizeof(r1));
		return size < 72 ? 72 : size;
	case 4:
		memcpy(p, l3, sizeof(l3));
		return size < 240 ? 240 : size;
	default:
		return size;
	}
}

static size_t transport(uint8_t *p, bool tcp, bool large)
{
	size_t header = 8, size;

	put16(p, 1024 + dice(64));
	put16(p + 2, dice(2) ? 33033 : dice(2) ? 443 : 80);
	if (tcp) {
		header = 20 + (dice(4) ? 0 : 4 * dice(11));
		memset(p + 4, 0, header - 4);
		put16(p + 6, dice(4) ? 1000 : dice(65536));
		put16(p + 10, dice(2) ? 2001 : dice(65536));
		p[12] = (uint8_t)(header / 4 << 4);
		p[13] = dice(4) ? (dice(3) ? 0x18 : 0x02) : (uint8_t)dice(256);
		put16(p + 14, 8192);
	}
	size = header + message(p + header, large);
	if (!tcp) {
		put16(p + 4, dice(20) ? (uint32_t)size : dice(65536));
		put16(p + 6, 0);
	}
	return size;
}

/* IPv4, with options and as a fragment now and then */
static size_t ipv4(uint8_t *p, bool tcp, bool large)
{
	size_t header = dice(8) ? 20 : 20 + 4 * dice(11), size;

	memset(p, 1, header); /* option 1: nothing */
	size = header + transport(p + header, tcp, large);
	p[0] = (uint8_t)(0x40 | header / 4);
	p[1] = 0;
	put16(p + 2, dice(30) ? (uint32_t)size : dice(65536));
	put16(p + 4, dice(16));
	put16(p + 6, dice(8) ? 0 : dice(2) ? 0x2000 | dice(4) : dice(65536));
	p[8] = 64;
	p[9] = dice(40) ? (tcp ? 6 : 17) : (uint8_t)dice(256);
	put16(p + 10, 0);
	put16(p + 12, 0x0a09);
	put16(p + 14, 0x0002 + dice(3));
	put16(p + 16, 0xc633);
	put16(p + 18, 0x6401 + dice(8));
	put16(p + 10, ~sum(p, header, 0));
	if (!tcp || header + 18 > size)
		return size;
	put16(p + header + 16, 0);
	put16(p + header + 16, ~sum(p + header, size - header,
				    sum(p + 12, 8, 6 + (uint32_t)(size - header))));
	return size;
}

/* IPv6, behind a chain of extension headers now and then */
static size_t ipv6(uint8_t *p, bool tcp, bool large)
{
	static const uint8_t kinds[] = { 0, 60, 43, 44, 60, 51 };
	uint8_t *next = p + 6;
	size_t at = 40, len, links = dice(3) ? 0 : dice(12);

	memset(p, 0, 40);
	p[0] = 0x60;
	p[7] = 64;
	put16(p + 8, 0x2001);
	put16(p + 10, 0xdb8);
	put16(p + 12, 9);
	p[23] = (uint8_t)(2 + dice(3));
	put16(p + 24, 0x2001);
	put16(p + 26, 0xdb8);
	put16(p + 28, 0x100);
	p[39] = (uint8_t)(1 + dice(8));
	for (; links; links--) {
		uint8_t kind = kinds[dice(sizeof(kinds))];

		len = kind == 44 ? 8 : 8 * (1 + dice(3));
		memset(p + at, 0, len);
		p[at + 1] = kind == 44 ? 0 : (uint8_t)(len / 8 - 1);
		if (kind == 44)
			put16(p + at + 2, dice(2) ? 0 : dice(65536));
		else if (kind != 43)
			p[at + 2] = 1, p[at + 3] = (uint8_t)(len - 4);
		if (dice(20) == 0)
			p[at + 1] = (uint8_t)dice(256);
		*next = kind;
		next = p + at;
		at += len;
	}
	*next = tcp ? 6 : 17;
	len = transport(p + at, tcp, large);
	put16(p + at + (tcp ? 16 : 6), 0);
	put16(p + at + (tcp ? 16 : 6),
	      ~sum(p + at, len, sum(p + 8, 32, (uint32_t)len + (tcp ? 6 : 17))));
	put16(p + 4, dice(30) ? (uint32_t)(at + len - 40) : dice(65536));
	return at + len;
}

/* A virtio header: none, or one that asks for segmentation, true or not */
static void offload(struct virtio_net_hdr *h, bool v6, bool tcp, size_t size)
{
	memset(h, 0, sizeof(*h));
	if (dice(3))
		return;
	h->flags = dice(8) ? VIRTIO_NET_HDR_F_NEEDS_CSUM : 0;
	h->gso_type = !tcp ? (dice(2) ? VIRTIO_NET_HDR_GSO_UDP_L4 :
					VIRTIO_NET_HDR_GSO_UDP) :
		      v6 ? VIRTIO_NET_HDR_GSO_TCPV6 : VIRTIO_NET_HDR_GSO_TCPV4;
	h->gso_size = (uint16_t)(dice(3) ? 1 + dice(1400) : dice(65536));
	h->csum_start = (uint16_t)(dice(8) ? ETH_HLEN + (v6 ? 40 : 20) : dice(200));
	h->csum_offset = tcp ? 16 : 6;
	h->hdr_len = (uint16_t)(dice(4) ? h->csum_start + (tcp ? 20u : 8u) : dice((uint32_t)size + 1));
}

/* Room for a hop-by-hop or destination header, which pads only */
static size_t extend_ipv6(uint8_t *p, size_t size)
{
	size_t len = 8 * (1 + dice(4));

	memmove(p + 40 + len, p + 40, size - 40);
	memset(p + 40, 0, len);
	p[40] = p[6];
	p[41] = (uint8_t)(len / 8 - 1);
	p[42] = 1;
	p[43] = (uint8_t)(len - 4);
	p[6] = dice(2) ? 0 : 60;
	put16(p + 4, (uint32_t)(size + len - 40));
	return size + len;
}

/* Something else in the header of a frame that was recorded */
static size_t reshape(uint8_t *p, bool v6, size_t size)
{
	if (v6)
		return extend_ipv6(p, size);
	put16(p + 6, dice(2) ? 0x2000 : dice(65536));
	put16(p + 10, 0);
	put16(p + 10, ~sum(p, 20, 0));
	return size;
}

/* The next frame of the captures; most as they are, so that a flow goes on. */
static size_t replay(uint8_t *p, struct virtio_net_hdr *h)
{
	uint8_t *ip = p + ETH_HLEN;
	uint32_t size, behind;
	bool v6, tcp;

	if (recorded_at == recorded_size) {
		recorded_at = 0;
		if (system("conntrack -F >/dev/null 2>&1"))
			fprintf(stderr, "conntrack -F failed\n");
	}
	memcpy(&size, recorded + recorded_at + 8, sizeof(size));
	memcpy(p, recorded + recorded_at + PCAP_RECORD, size);
	recorded_at += PCAP_RECORD + size;
	memcpy(p, address, ETH_ALEN);
	v6 = p[12] == 0x86;
	tcp = ip[v6 ? 6 : 9] == 6;
	behind = v6 ? 48 : 28;
	if (dice(8) == 0 && size > ETH_HLEN + behind)
		ip[behind + dice(size - ETH_HLEN - behind)] ^= (uint8_t)(1u << dice(8));
	if (dice(12) == 0)
		size = ETH_HLEN + (uint32_t)reshape(ip, v6, size - ETH_HLEN);
	else if (dice(4) == 0)
		offload(h, v6, tcp, size);
	if (dice(30) == 0)
		size = ETH_HLEN + dice(size - ETH_HLEN);
	return size;
}

static void record(const char *path)
{
	uint8_t *to = recorded + recorded_size;
	FILE *file = fopen(path, "r");
	uint8_t header[PCAP_HEADER];
	uint32_t size;
	size_t got;

	if (!file || fread(header, sizeof(header), 1, file) != 1) {
		perror(path);
		exit(2);
	}
	got = fread(to, 1, RECORDED_MAX - recorded_size, file);
	fclose(file);
	/* whole records of a size that we can send, and no more */
	while (got >= PCAP_RECORD + ETH_HLEN + 40) {
		memcpy(&size, to + 8, sizeof(size));
		if (size < ETH_HLEN + 28 || size > FRAME_MAX / 2 ||
		    size > got - PCAP_RECORD)
			break;
		to += PCAP_RECORD + size;
		got -= PCAP_RECORD + size;
	}
	recorded_size = (size_t)(to - recorded);
	recorded_at = recorded_size;
}

static size_t make(void)
{
	struct virtio_net_hdr *h = (void *)frame;
	uint8_t *p = frame + sizeof(*h);
	bool v6 = dice(2), tcp = dice(2), large = dice(3) == 0;
	size_t size, i;

	memset(h, 0, sizeof(*h));
	if (recorded_size && dice(2))
		return sizeof(*h) + replay(p, h);
	memcpy(p, address, ETH_ALEN);
	memset(p + ETH_ALEN, 2, ETH_ALEN);
	put16(p + 12, v6 ? ETH_P_IPV6 : ETH_P_IP);
	size = ETH_HLEN + (v6 ? ipv6(p + ETH_HLEN, tcp, large) :
				ipv4(p + ETH_HLEN, tcp, large));
	offload(h, v6, tcp, size);
	for (i = dice(3) ? 0 : dice(4); i; i--) /* checksums may hide it: rarely */
		p[ETH_HLEN + dice((uint32_t)size - ETH_HLEN)] = (uint8_t)dice(256);
	if (dice(10) == 0)
		size = ETH_HLEN + dice((uint32_t)size - ETH_HLEN);
	return sizeof(*h) + size;
}

static int tap(const char *name)
{
	struct ifreq request = { .ifr_flags = IFF_TAP | IFF_NO_PI | IFF_VNET_HDR };
	unsigned int features = TUN_F_CSUM | TUN_F_TSO4 | TUN_F_TSO6;
	int fd = open("/dev/net/tun", O_RDWR);

	snprintf(request.ifr_name, IFNAMSIZ, "%s", name);
	if (fd < 0 || ioctl(fd, TUNSETIFF, &request) ||
	    ioctl(fd, TUNSETOFFLOAD, features) ||
	    ioctl(fd, SIOCGIFHWADDR, &request)) {
		perror("tap");
		exit(2);
	}
	memcpy(address, request.ifr_hwaddr.sa_data, ETH_ALEN);
	fcntl(fd, F_SETFL, O_NONBLOCK);
	return fd;
}

int main(int argc, char **argv)
{
	unsigned long count, i, taken = 0;
	static uint8_t back[65536];
	char line[8];
	int fd;

	if (argc < 4)
		return 2;
	for (i = 4; i < (unsigned long)argc; i++)
		record(argv[i]);
	count = strtoul(argv[2], NULL, 0);
	state = strtoul(argv[3], NULL, 0) * 2654435761u + 88172645463325252ull;
	fd = tap(argv[1]);
	if (!fgets(line, sizeof(line), stdin))
		return 2;
	for (i = 0; i < count; i++) {
		size_t size = make();

		taken += write(fd, frame, size) == (ssize_t)size;
		while (read(fd, back, sizeof(back)) > 0)
			;
		if (i % 50000 == 49999) /* for whoever watches a long run */
			fprintf(stderr, "# %lu frames\n", i + 1);
	}
	printf("%lu frames, %lu of them taken\n", count, taken);
	return 0;
}
