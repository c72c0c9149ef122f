// SPDX-License-Identifier: GPL-2.0
/*
 * ndpi FILE.pcap: let libndpi classify every flow of a capture, as briefly as
 * that can be written: what skypectl classify is compared with.  A flow's
 * detection ends with a result or after 24 (TCP) or 16 (UDP) packets, as
 * ndpiReader does, and its memory goes with it.
 */
#include <ndpi_api.h>
#include <netinet/ip.h>
#include <netinet/tcp.h>
#include <netinet/udp.h>
#include <pcap/pcap.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ETHERNET	14
#define IDLE		180	/* seconds, as skypectl */
#define BUCKETS		(1U << 20)

struct key {
	uint32_t address[2];
	uint16_t port[2];
	uint8_t protocol;
	uint8_t zero[3];
};

struct flow {
	struct flow *next;
	struct key key;
	uint32_t packets;
	uint64_t last;
	struct ndpi_flow_struct *state;	/* NULL: detection has ended */
	uint16_t found;
};

static struct flow *table[BUCKETS];
static uint64_t flow_count, found_count;

static void die(const char *what)
{
	fprintf(stderr, "ndpi: %s\n", what);
	exit(1);
}

/* The same for both directions. */
static bool make_key(struct key *key, const struct iphdr *ip, size_t length)
{
	const uint16_t *port = (const void *)((const uint8_t *)ip + ip->ihl * 4);
	bool swap;

	if (length < ip->ihl * 4U + 8 || ntohs(ip->frag_off) & IP_OFFMASK ||
	    (ip->protocol != IPPROTO_TCP && ip->protocol != IPPROTO_UDP))
		return false;
	swap = ip->saddr > ip->daddr || (ip->saddr == ip->daddr && port[0] > port[1]);
	*key = (struct key){
		.address = { swap ? ip->daddr : ip->saddr, swap ? ip->saddr : ip->daddr },
		.port = { port[swap], port[!swap] },
		.protocol = ip->protocol,
	};
	return true;
}

static uint32_t hash(const struct key *key)
{
	uint64_t mix = (uint64_t)key->address[0] << 32 | key->address[1];

	mix = (mix ^ (uint64_t)key->port[0] << 24 ^ key->port[1]) * 0x9e3779b97f4a7c15ULL;
	return mix >> 44;
}

static void end(struct flow *flow)
{
	if (flow->state)
		ndpi_free_flow(flow->state);
	flow->state = NULL;
}

static struct flow *find(const struct key *key, uint64_t now)
{
	struct flow **place = &table[hash(key) % BUCKETS], *flow;

	while ((flow = *place)) {
		if (now - flow->last > IDLE * 1000) {
			*place = flow->next;
			end(flow);
			free(flow);
			continue;
		}
		if (!memcmp(&flow->key, key, sizeof(*key)))
			return flow;
		place = &flow->next;
	}
	flow = calloc(1, sizeof(*flow));
	if (!flow)
		die("no memory");
	flow->key = *key;
	flow->state = ndpi_flow_malloc(SIZEOF_FLOW_STRUCT);
	if (!flow->state)
		die("no memory");
	memset(flow->state, 0, SIZEOF_FLOW_STRUCT);
	flow->next = table[hash(key) % BUCKETS];
	table[hash(key) % BUCKETS] = flow;
	flow_count++;
	return flow;
}

static void packet(struct ndpi_detection_module_struct *ndpi, const uint8_t *data,
		   size_t length, uint64_t now)
{
	const struct iphdr *ip = (const void *)data;
	ndpi_protocol found;
	struct flow *flow;
	struct key key;
	u_int8_t guessed;

	if (length < sizeof(*ip) || ip->version != 4 || !make_key(&key, ip, length))
		return;
	flow = find(&key, now);
	flow->last = now;
	flow->packets++;
	if (!flow->state)
		return;
	found = ndpi_detection_process_packet(ndpi, flow->state, data, length, now);
	if (found.app_protocol == NDPI_PROTOCOL_UNKNOWN &&
	    flow->packets < (key.protocol == IPPROTO_TCP ? 24 : 16))
		return;
	if (found.app_protocol == NDPI_PROTOCOL_UNKNOWN)
		found = ndpi_detection_giveup(ndpi, flow->state, 1, &guessed);
	flow->found = found.app_protocol;
	found_count += flow->found != NDPI_PROTOCOL_UNKNOWN;
	end(flow);
}

int main(int argc, char **argv)
{
	struct ndpi_detection_module_struct *ndpi;
	char error[PCAP_ERRBUF_SIZE];
	NDPI_PROTOCOL_BITMASK all;
	struct pcap_pkthdr *header;
	uint64_t packets = 0;
	const u_char *data;
	pcap_t *pcap;

	if (argc != 2)
		die("usage: ndpi FILE.pcap");
	pcap = pcap_open_offline(argv[1], error);
	if (!pcap)
		die(error);
	ndpi = ndpi_init_detection_module(ndpi_no_prefs);
	if (!ndpi)
		die("no detection module");
	NDPI_BITMASK_SET_ALL(all);
	ndpi_set_protocol_detection_bitmask2(ndpi, &all);
	ndpi_finalize_initialization(ndpi);
	while (pcap_next_ex(pcap, &header, &data) == 1) {
		packets++;
		if (header->caplen > ETHERNET && data[12] == 8 && !data[13])
			packet(ndpi, data + ETHERNET, header->caplen - ETHERNET,
			       header->ts.tv_sec * 1000ULL + header->ts.tv_usec / 1000);
	}
	printf("%lu packets, %lu flows, %lu recognised\n", packets, flow_count, found_count);
	return 0;
}
