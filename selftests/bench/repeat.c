// SPDX-License-Identifier: GPL-2.0
/*
 * repeat MEGABYTES COPIES BASE.pcap... >OUT.pcap: a large capture from small ones
 *
 * All BASEs (Ethernet) happen at the same time, each in COPIES networks, and begin
 * anew until OUT is large enough; times go on.  Each network of each BASE, each
 * time, has addresses of its own: its number is added to them, above the host byte, in the IP
 * header and where a UDP payload names one of the capture's addresses (NACK and
 * resend do).  Checksums of IP are kept right, those of TCP and UDP are not: none
 * of the readers compared here looks at them.
 */
#include <arpa/inet.h>
#include <pcap/pcap.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ETHERNET 14
#define PAYLOAD (ETHERNET + 20 + 8)	/* of UDP */

/* Offsets in a UDP payload at which NACK and resend carry an address. */
static const size_t mentions[] = { 3, 8 };

#define MENTIONS (sizeof(mentions) / sizeof(*mentions))

#define SNAPLEN 65535
#define BEGIN 1156506000000000ULL	/* 25 August 2006 */

struct packet {
	uint64_t time;			/* microseconds since its capture began */
	struct pcap_pkthdr header;
	uint8_t *data;
	uint32_t base;			/* which capture it is from */
	bool mentions[MENTIONS];	/* it does carry one there */
};

static struct packet *packets;
static size_t packet_count;

static uint32_t addresses[4096];
static size_t address_count;

static void die(const char *what)
{
	fprintf(stderr, "repeat: %s\n", what);
	exit(1);
}

static uint32_t get32(const uint8_t *bytes)
{
	uint32_t value;

	memcpy(&value, bytes, 4);
	return ntohl(value);
}

static void put32(uint8_t *bytes, uint32_t value)
{
	value = htonl(value);
	memcpy(bytes, &value, 4);
}

static uint64_t time_of(const struct pcap_pkthdr *header)
{
	return header->ts.tv_sec * 1000000ULL + header->ts.tv_usec;
}

static bool is_ipv4(const struct packet *p)
{
	return p->header.caplen >= ETHERNET + 20 && p->data[12] == 8 && !p->data[13] &&
	       p->data[ETHERNET] == 0x45;
}

static bool is_known(uint32_t address)
{
	size_t i;

	for (i = 0; i < address_count; i++)
		if (addresses[i] == address)
			return true;
	return false;
}

static void know(uint32_t address)
{
	if (is_known(address))
		return;
	if (address_count == sizeof(addresses) / sizeof(*addresses))
		die("too many addresses");
	addresses[address_count++] = address;
}

static void add_packet(uint32_t base, const struct pcap_pkthdr *header,
		       const u_char *data, uint64_t began)
{
	struct packet *p;

	packets = realloc(packets, (packet_count + 1) * sizeof(*packets));
	if (!packets)
		die("no memory");
	p = &packets[packet_count++];
	*p = (struct packet){
		.time = time_of(header) - began,
		.header = *header,
		.data = malloc(header->caplen),
		.base = base,
	};
	if (!p->data)
		die("no memory");
	memcpy(p->data, data, header->caplen);
}

static void read_base(uint32_t base, const char *name)
{
	char error[PCAP_ERRBUF_SIZE];
	struct pcap_pkthdr *header;
	size_t first = packet_count, i, j, at;
	const u_char *data;
	uint64_t began = 0;
	struct packet *p;
	pcap_t *pcap;

	pcap = pcap_open_offline(name, error);
	if (!pcap)
		die(error);
	if (pcap_datalink(pcap) != DLT_EN10MB)
		die("not Ethernet");
	while (pcap_next_ex(pcap, &header, &data) == 1) {
		if (packet_count == first)
			began = time_of(header);
		add_packet(base, header, data, began);
	}
	pcap_close(pcap);

	address_count = 0;
	for (i = first; i < packet_count; i++) {
		if (!is_ipv4(&packets[i]))
			continue;
		know(get32(packets[i].data + ETHERNET + 12));
		know(get32(packets[i].data + ETHERNET + 16));
	}
	for (i = first; i < packet_count; i++) {
		p = &packets[i];
		for (j = 0; is_ipv4(p) && p->data[ETHERNET + 9] == IPPROTO_UDP && j < MENTIONS; j++) {
			at = PAYLOAD + mentions[j];
			p->mentions[j] = at + 4 <= p->header.caplen && is_known(get32(p->data + at));
		}
	}
}

static int by_time(const void *a, const void *b)
{
	const struct packet *x = a, *y = b;

	if (x->time != y->time)
		return x->time < y->time ? -1 : 1;
	return x < y ? -1 : x > y;
}

static void checksum(uint8_t *ip)
{
	uint32_t sum = 0;
	int i;

	ip[10] = 0;
	ip[11] = 0;
	for (i = 0; i < 20; i += 2)
		sum += ip[i] << 8 | ip[i + 1];
	sum = (sum & 0xffff) + (sum >> 16);
	sum += sum >> 16;
	ip[10] = ~sum >> 8;
	ip[11] = ~sum;
}

static void move_address(uint8_t *bytes, uint32_t network)
{
	put32(bytes, get32(bytes) + (network << 12));
}

static void move(const struct packet *p, uint8_t *data, uint32_t network)
{
	size_t i;

	for (i = 0; i < MENTIONS; i++)
		if (p->mentions[i])
			move_address(data + PAYLOAD + mentions[i], network);
	move_address(data + ETHERNET + 12, network);
	move_address(data + ETHERNET + 16, network);
	checksum(data + ETHERNET);
}

static void write_copy(pcap_dumper_t *out, const struct packet *p, uint32_t network,
		       uint64_t when)
{
	struct pcap_pkthdr header = p->header;
	uint8_t data[SNAPLEN];

	header.ts.tv_sec = when / 1000000;
	header.ts.tv_usec = when % 1000000;
	memcpy(data, p->data, header.caplen);
	if (is_ipv4(p))
		move(p, data, network);
	pcap_dump((u_char *)out, &header, data);
}

int main(int argc, char **argv)
{
	uint64_t length, written = 0, when = BEGIN;
	uint32_t copies, copy, network = 0;
	pcap_dumper_t *out;
	struct packet *p;
	int i;

	if (argc < 4)
		die("usage: repeat MEGABYTES COPIES BASE.pcap... >OUT.pcap");
	length = strtoull(argv[1], NULL, 0) * 1000000;
	copies = strtoul(argv[2], NULL, 0);
	for (i = 3; i < argc; i++)
		read_base(i - 3, argv[i]);
	if (!packet_count)
		die("no packets");
	qsort(packets, packet_count, sizeof(*packets), by_time);

	out = pcap_dump_open(pcap_open_dead(DLT_EN10MB, SNAPLEN), "-");
	if (!out)
		die("standard output");
	while (written < length) {
		for (p = packets; p < packets + packet_count; p++) {
			for (copy = 0; copy < copies; copy++)
				write_copy(out, p, network + p->base * copies + copy,
					   when + p->time + copy);
			written += copies * (16 + p->header.caplen);
		}
		network += (argc - 3) * copies;
		when += packets[packet_count - 1].time + 1000000;
	}
	if (pcap_dump_flush(out))
		die("cannot write");
	pcap_dump_close(out);
	return 0;
}
