// SPDX-License-Identifier: GPL-2.0
/*
 * measure CASE [COUNT [FIRST [NOISE]]]: send one kind of traffic through the
 * gateway by /dev/pktbench and print what its packets cost, a line for each
 * figure. COUNT is how many flows or repetitions, numbered from FIRST (0), NOISE
 * how many spoofed requests there are in each second of a capture, uncounted:
 *
 *     name  packets  10th percentile  median  90th percentile  maximum
 *
 * A case that sends the same sequence again and again, each time from another
 * client, has a line for each step of it, because steps differ much more than
 * repetitions do: "chain.08-u1-proof".  CASE may also be such a sequence as a
 * capture (FILE.pcap, raw IP, all of it one client's).  Which rules, modules and
 * hooks are in the way is the caller's business.
 *
 * Nothing is random that would not be the same in the next run with this FIRST.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/ip.h>
#include <netinet/tcp.h>
#include <netinet/udp.h>
#include <pcap/pcap.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "pktbench/marks.h"
#include "pktbench/pktbench.h"

#define ARRAY_SIZE(array) (sizeof(array) / sizeof((array)[0]))

/* Payload of an Ethernet frame of 64 bytes. */
#define SMALL 18

#define CLIENTS		0x0a000000u	/* 10.0.0.0/8 */
#define SERVERS		0xc6336400u	/* 198.51.100.0/24 */

enum side { LAN, WAN };

static void die(const char *what)
{
	fprintf(stderr, "measure: %s: %s\n", what, strerror(errno));
	exit(1);
}

static uint32_t random_state = 1;

static uint32_t random32(void)
{
	random_state ^= random_state << 13;
	random_state ^= random_state >> 17;
	random_state ^= random_state << 5;
	return random_state;
}

/* No byte is 0: enciphered ones rarely are, and a guard counts them. */
static void random_bytes(uint8_t *bytes, size_t count)
{
	while (count--)
		*bytes++ = 1 + random32() % 255;
}

/* ---------------------------------------------------------------- sending */

static int device;
static uint8_t batch[1 << 20];
static size_t batched;

static uint32_t costs[PKTBENCH_COSTS_MAX];
static size_t unread;		/* packets since the last read */

static void send_batch(void)
{
	if (batched && write(device, batch, batched) != (ssize_t)batched)
		die(PKTBENCH_DEVICE);
	batched = 0;
}

/* What the packets since the last call cost, in their order. */
static size_t read_costs(void)
{
	ssize_t bytes;

	send_batch();
	MARK(MARK_SECTION);
	unread = 0;
	bytes = read(device, costs, sizeof(costs));
	if (bytes < 0)
		die(PKTBENCH_DEVICE);
	return bytes / sizeof(costs[0]);
}

static void send_packet(enum side side, const void *data, size_t length)
{
	struct pktbench_packet packet = { .length = length, .side = side };

	if (unread == PKTBENCH_COSTS_MAX)
		read_costs();
	if (batched + sizeof(packet) + length > sizeof(batch))
		send_batch();
	memcpy(batch + batched, &packet, sizeof(packet));
	memcpy(batch + batched + sizeof(packet), data, length);
	batched += sizeof(packet) + length;
	unread++;
}

static uint16_t ip_checksum(const struct iphdr *ip)
{
	const uint16_t *word = (const uint16_t *)ip;
	uint32_t sum = 0;
	int i;

	for (i = 0; i < 10; i++)
		sum += word[i];
	sum = (sum & 0xffff) + (sum >> 16);
	return ~(sum + (sum >> 16));
}

struct end {
	uint32_t address;
	uint16_t port;
};

static void send_ip(enum side side, const struct end *from, const struct end *to,
		    int protocol, void *packet, size_t length)
{
	struct iphdr *ip = packet;

	*ip = (struct iphdr){
		.version = 4, .ihl = 5, .ttl = 64, .protocol = protocol,
		.tot_len = htons(length), .frag_off = htons(IP_DF),
		.saddr = htonl(from->address), .daddr = htonl(to->address),
	};
	ip->check = ip_checksum(ip);
	send_packet(side, packet, length);
}

/* ----------------------------------------------------------- conversations */

struct flow {
	struct end end[2];		/* client, server */
	uint32_t sequence[2];		/* of the next byte, TCP */
};

static void send_udp(struct flow *flow, enum side from, const void *data, size_t size)
{
	struct { struct iphdr ip; struct udphdr udp; uint8_t data[1480]; } packet;

	packet.udp = (struct udphdr){
		.source = htons(flow->end[from].port),
		.dest = htons(flow->end[!from].port),
		.len = htons(sizeof(packet.udp) + size),
	};
	memcpy(packet.data, data, size);
	send_ip(from, &flow->end[from], &flow->end[!from], IPPROTO_UDP, &packet,
		sizeof(packet.ip) + sizeof(packet.udp) + size);
}

static void send_tcp(struct flow *flow, enum side from, const char *flags,
		     const void *data, size_t size)
{
	struct { struct iphdr ip; struct tcphdr tcp; uint8_t data[1460]; } packet;
	bool syn = strchr(flags, 'S'), fin = strchr(flags, 'F');

	packet.tcp = (struct tcphdr){
		.source = htons(flow->end[from].port),
		.dest = htons(flow->end[!from].port),
		.seq = htonl(flow->sequence[from]),
		.doff = sizeof(packet.tcp) / 4, .window = htons(0xffff),
		.syn = syn, .fin = fin, .psh = !!strchr(flags, 'P'),
		.ack = !!strchr(flags, 'A'),
	};
	if (packet.tcp.ack)
		packet.tcp.ack_seq = htonl(flow->sequence[!from]);
	memcpy(packet.data, data, size);
	flow->sequence[from] += size + syn + fin;
	send_ip(from, &flow->end[from], &flow->end[!from], IPPROTO_TCP, &packet,
		sizeof(packet.ip) + sizeof(packet.tcp) + size);
}

static uint32_t first_flow;

/* The n-th flow: 64 to a client, so that no limit per client is met. */
static struct flow flow_number(uint32_t n)
{
	n += first_flow;
	return (struct flow){
		.end[LAN] = { CLIENTS + 256 + n / 64, 20000 + n % 64 },
		.end[WAN] = { SERVERS + 1 + n % 200, 30000 + n % 4001 },
		.sequence = { random32(), random32() },
	};
}

/* One of a client that has no other. */
static struct flow flow_alone(uint32_t n)
{
	struct flow flow = flow_number(n);

	flow.end[LAN].address = CLIENTS + 0x100000 + first_flow + n;
	return flow;
}

/* A datagram that nobody takes for a request: byte 3 is not 2. */
static void send_plain(struct flow *flow, enum side from)
{
	uint8_t data[SMALL];

	random_bytes(data, sizeof(data));
	data[2] = 0x80;
	send_udp(flow, from, data, sizeof(data));
}

/* A first segment of a web browser and its answer, then data. */
static void send_browser(struct flow *flow)
{
	static const char request[] =
		"GET /index.html HTTP/1.1\r\nHost: example.org\r\n"
		"User-Agent: Mozilla/5.0\r\nAccept: */*\r\n\r\n";
	static const char answer[] =
		"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n\r\n<html></html>\r\n";

	send_tcp(flow, LAN, "S", "", 0);
	send_tcp(flow, WAN, "SA", "", 0);
	send_tcp(flow, LAN, "A", "", 0);
	send_tcp(flow, LAN, "PA", request, sizeof(request) - 1);
	send_tcp(flow, WAN, "A", "", 0);
	send_tcp(flow, WAN, "PA", answer, sizeof(answer) - 1);
	send_tcp(flow, LAN, "A", "", 0);
}

/* -------------------------------------------------- Skype (signatures.md 1, 2) */

struct probe {
	struct flow flow;
	uint8_t u1[SMALL];
	uint8_t challenge[4];
};

static void probe_u1(struct probe *probe, uint16_t id)
{
	random_bytes(probe->u1, sizeof(probe->u1));
	probe->u1[0] = id >> 8;
	probe->u1[1] = id;
	probe->u1[2] = 2;
	send_udp(&probe->flow, LAN, probe->u1, sizeof(probe->u1));
}

static void probe_u2(struct probe *probe)
{
	uint8_t data[11];
	uint32_t client = htonl(probe->flow.end[LAN].address);

	random_bytes(probe->challenge, sizeof(probe->challenge));
	memcpy(data, probe->u1, 2);
	data[2] = 0x67;
	memcpy(data + 3, &client, 4);
	memcpy(data + 7, probe->challenge, 4);
	send_udp(&probe->flow, WAN, data, sizeof(data));
}

static void probe_u3(struct probe *probe)
{
	uint8_t data[SMALL + 5];
	uint32_t server = htonl(probe->flow.end[WAN].address);

	random_bytes(data, sizeof(data));
	memcpy(data, probe->u1, 2);
	data[2] = 0x53;
	data[3] = 1;
	memcpy(data + 4, probe->challenge, 4);
	memcpy(data + 8, &server, 4);
	memcpy(data + 12, probe->u1 + 7, 4);
	send_udp(&probe->flow, LAN, data, sizeof(data));
}

static void probe_u4(struct probe *probe, bool positive)
{
	uint8_t data[51];

	random_bytes(data, sizeof(data));
	data[2] = 2;
	send_udp(&probe->flow, WAN, data, positive ? 18 : 51);
}

static void probe_full(struct probe *probe, uint16_t id, bool positive)
{
	probe_u1(probe, id);
	probe_u2(probe);
	probe_u3(probe);
	probe_u4(probe, positive);
}

/* A message of enciphered bytes and the other side's bare acknowledgement. */
static void send_message(struct flow *flow, enum side from, size_t size)
{
	uint8_t data[1400];

	random_bytes(data, size);
	send_tcp(flow, from, "PA", data, size);
	send_tcp(flow, !from, "A", "", 0);
}

/* The handshake of 2006, to a node that was probed before. */
static void supernode_handshake(struct flow *flow)
{
	send_tcp(flow, LAN, "S", "", 0);
	send_tcp(flow, WAN, "SA", "", 0);
	send_tcp(flow, LAN, "A", "", 0);
	send_message(flow, LAN, 14);
	send_message(flow, WAN, 73);
	send_message(flow, LAN, 25);
	send_message(flow, WAN, 587);
	send_message(flow, LAN, 16);
}

/* --------------------------------------------------------------- figures */

static int by_value(const void *a, const void *b)
{
	uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;

	return x < y ? -1 : x > y;
}

static void report(const char *name, uint32_t *cost, size_t count)
{
	if (!count)
		return;
	qsort(cost, count, sizeof(*cost), by_value);
	printf("%s\t%zu\t%u\t%u\t%u\t%u\n", name, count, cost[count / 10],
	       cost[count / 2], cost[count * 9 / 10], cost[count - 1]);
}

/* All packets since the last report are alike. */
static void report_all(const char *name)
{
	report(name, costs, read_costs());
}

/* They were sequences of so many steps, in their order. */
static void report_steps(const char *name, size_t steps, const char *const *names)
{
	static uint32_t step[PKTBENCH_COSTS_MAX];
	size_t count = read_costs() / steps, i, j;
	char label[64];

	for (i = 0; i < steps; i++) {
		for (j = 0; j < count; j++)
			step[j] = costs[j * steps + i];
		snprintf(label, sizeof(label), "%s.%02zu%s%s", name, i + 1,
			 names ? "-" : "", names ? names[i] : "");
		report(label, step, count);
	}
}

/* ----------------------------------------------------------------- cases */

static void both_ways(uint32_t count, uint32_t rounds)
{
	struct flow flow;
	uint32_t n;

	while (rounds--) {
		for (n = 0; n < count; n++) {
			flow = flow_number(n);
			send_plain(&flow, LAN);
		}
		for (n = 0; n < count; n++) {
			flow = flow_number(n);
			send_plain(&flow, WAN);
		}
	}
}

/*
 * Packets of flows that have been seen both ways, for less than two seconds and
 * for longer: then connection tracking is assured of them.
 */
static void case_settled(uint32_t count)
{
	uint32_t rounds = count < 2000 ? 2000 / count : 1;

	both_ways(count, 2);
	read_costs();
	both_ways(count, rounds);
	report_all("young");
	usleep(2200000);
	both_ways(count, 1);
	read_costs();
	both_ways(count, rounds);
	report_all("settled");
}

/* The same for TCP. */
static void case_tcp(uint32_t count)
{
	struct flow *flow = calloc(count, sizeof(*flow));
	uint8_t data[SMALL];
	uint32_t n, round;

	random_bytes(data, sizeof(data));
	for (n = 0; n < count; n++) {
		flow[n] = flow_number(n);
		send_browser(&flow[n]);
		for (round = 0; round < 16; round++)
			send_tcp(&flow[n], WAN, "PA", data, sizeof(data));
	}
	read_costs();
	for (round = 0; round < 4000 / count; round++) {
		for (n = 0; n < count; n++)
			send_tcp(&flow[n], round & 1, "A", data, sizeof(data));
	}
	report_all("tcp");
	free(flow);
}

/* The first eight datagrams of flows that are nothing, three ways each turn. */
static void case_new(uint32_t count)
{
	struct flow flow;
	uint32_t n;
	int i;

	for (n = 0; n < count; n++) {
		flow = flow_number(n);
		for (i = 0; i < 8; i++)
			send_plain(&flow, i & 1);
	}
	report_steps("new", 8, NULL);
}

/* So many flows more, each seen both ways. */
static void case_fill(uint32_t count)
{
	both_ways(count, 1);
	report_all("fill");
}

/* Packets of 1,000 of so many flows, which are there. */
static void case_scale(uint32_t count)
{
	uint32_t n, step = count / 1000;
	struct flow flow;
	char name[32];
	int round;

	for (round = 0; round < 4; round++) {
		for (n = 0; n < count; n += step ? step : 1) {
			flow = flow_number(n);
			send_plain(&flow, LAN);
		}
	}
	snprintf(name, sizeof(name), "settled-%u", count);
	report_all(name);
}

/* A datagram that looks like a request, each from another client, unanswered. */
static void case_candidate(uint32_t count)
{
	struct probe probe;
	uint32_t n;

	for (n = 0; n < count; n++) {
		probe.flow = flow_alone(n);
		probe_u1(&probe, random32());
	}
	report_all("candidate");
}

/* One that is answered by what is no Skype, then eight more. */
static void case_lookalike(uint32_t count)
{
	struct probe probe;
	uint32_t n;
	int i;

	for (n = 0; n < count; n++) {
		probe.flow = flow_alone(n);
		probe_u1(&probe, random32());
		for (i = 0; i < 9; i++)
			send_plain(&probe.flow, !(i & 1));
	}
	report_steps("lookalike", 10, NULL);
}

/* One endpoint that asks more and more peers, its ids climbing by two. */
static void case_chain(uint32_t count)
{
	static const char *const steps[] = {
		"u1", "u1", "u1", "u1", "u1", "u1", "u1", "u1-proof",
		"u1-proven", "u1-proven", "u1-proven", "u1-proven",
	};
	struct probe probe;
	uint32_t n;
	size_t i;

	for (n = 0; n < count; n++) {
		probe.flow = flow_alone(n);
		for (i = 0; i < ARRAY_SIZE(steps); i++) {
			probe.flow.end[WAN].address = SERVERS + 1 + i;
			probe_u1(&probe, 1000 + 2 * i);
		}
	}
	report_steps("chain", ARRAY_SIZE(steps), steps);
}

/* Flows proven by request, NACK, resend and answer; then what follows. */
static void case_skype(uint32_t count)
{
	struct probe *probe = calloc(count, sizeof(*probe));
	uint32_t n, round;

	for (n = 0; n < count; n++) {
		probe[n].flow = flow_alone(n);
		probe_full(&probe[n], random32(), true);
	}
	read_costs();
	/* Watched for voice pace for 512 packets; then done. */
	for (round = 0; round < 4000 / count; round++) {
		if (round == 64)
			report_all("skype-watched");
		if (round == 576)
			read_costs();
		for (n = 0; n < count; n++)
			send_plain(&probe[n].flow, round & 1);
	}
	report_all("skype");
	free(probe);
}

/* Connections that super nodes have accepted, on which messages go on. */
static void case_skype_tcp(uint32_t count)
{
	struct flow *flow = calloc(count, sizeof(*flow));
	uint8_t data[SMALL];
	struct probe probe;
	uint32_t n, round;

	random_bytes(data, sizeof(data));
	for (n = 0; n < count; n++) {
		probe.flow = flow_alone(n);
		probe_full(&probe, random32(), true);
		flow[n] = probe.flow;
		flow[n].end[LAN].port = 1025;
		supernode_handshake(&flow[n]);
	}
	read_costs();
	/* Watched for voice pace for 512 packets; then it rests. */
	for (round = 0; round < 4000 / count; round++) {
		if (round == 64)
			report_all("skype-tcp-watched");
		if (round == 576)
			read_costs();
		for (n = 0; n < count; n++)
			send_tcp(&flow[n], round & 1, "PA", data, sizeof(data));
	}
	report_all("skype-tcp");
	free(flow);
}

/* ---------------------------------------------------------------- floods */

/* A source as nobody has it, on one side or the other. */
static void spoof(struct flow *flow, enum side *from)
{
	uint32_t r = random32();

	*from = r & 1;
	*flow = (struct flow){
		.end[LAN] = { CLIENTS + (random32() & 0xffffff), 1024 + (r >> 8) % 60000 },
		.end[WAN] = { SERVERS + 1 + (r >> 3) % 200, 1024 + random32() % 60000 },
		.sequence = { r, r },
	};
	if (*from == WAN)
		flow->end[WAN].address = random32();
}

static void send_requests(uint32_t count)
{
	struct probe probe;
	enum side from;

	for (uint32_t n = 0; n < count; n++) {
		spoof(&probe.flow, &from);
		random_bytes(probe.u1, sizeof(probe.u1));
		probe.u1[2] = 2;
		send_udp(&probe.flow, from, probe.u1, sizeof(probe.u1));
	}
}

/* Requests of random sources. */
static void case_flood_requests(uint32_t count)
{
	send_requests(count);
	report_all("flood-requests");
}

/* TCP connections that are answered and never established, or not even that. */
static void case_flood_half_open(uint32_t count)
{
	struct flow flow;
	enum side from;
	uint32_t n;

	for (n = 0; n < count; n++) {
		spoof(&flow, &from);
		send_tcp(&flow, LAN, "S", "", 0);
		if (n & 1)
			send_tcp(&flow, WAN, "SA", "", 0);
	}
	report_all("flood-half-open");
}

/* NACKs with ids at random, 64 for each of many requests. */
static void case_flood_nacks(uint32_t count)
{
	struct probe probe;
	uint32_t n;
	int i;

	for (n = 0; n < count; n += 64) {
		probe.flow = flow_alone(n);
		probe_u1(&probe, random32());
		for (i = 0; i < 64; i++) {
			probe.u1[0] = random32();
			probe.u1[1] = random32();
			probe_u2(&probe);
		}
	}
	report_all("flood-nacks");
}

/* -------------------------------------------------------------- captures */

#define STEPS_MAX 1024

static uint32_t noise;		/* spoofed requests in a second of a capture */

/* A packet of a capture, when it came, in microseconds, and what to call it. */
struct frame {
	uint8_t data[PKTBENCH_LENGTH_MAX];
	size_t length;
	uint64_t time;
	char name[16];
};

static void name_frame(struct frame *frame)
{
	const uint8_t *ip = frame->data, *l4 = ip + 4 * (ip[0] & 15);
	size_t header = l4 - ip;
	bool payload;

	if (ip[9] == IPPROTO_UDP && header + 8 <= frame->length) {
		snprintf(frame->name, sizeof(frame->name), "udp%zu", frame->length - header - 8);
	} else if (ip[9] == IPPROTO_TCP && header + 20 <= frame->length) {
		payload = frame->length - header > 4u * (l4[12] >> 4);
		if (l4[13] & 2)
			strcpy(frame->name, l4[13] & 16 ? "syn-ack" : "syn");
		else if (payload)
			snprintf(frame->name, sizeof(frame->name), "tcp%zu",
				 frame->length - header - 4 * (l4[12] >> 4));
		else
			strcpy(frame->name, l4[13] & 5 ? "end" : "ack");
	}
}

static size_t read_capture(const char *path, struct frame *frames)
{
	char error[PCAP_ERRBUF_SIZE];
	struct pcap_pkthdr *header;
	const u_char *data;
	size_t count = 0;
	pcap_t *pcap;

	pcap = pcap_open_offline(path, error);
	if (!pcap || pcap_datalink(pcap) != DLT_RAW)
		die(path);
	while (count < STEPS_MAX && pcap_next_ex(pcap, &header, &data) == 1) {
		struct frame *frame = &frames[count];

		if (header->caplen < sizeof(struct iphdr) ||
		    header->caplen > sizeof(frame->data) || data[0] >> 4 != 4)
			continue;
		frame->length = header->caplen;
		frame->time = header->ts.tv_sec * 1000000ull + header->ts.tv_usec;
		memcpy(frame->data, data, frame->length);
		name_frame(frame);
		count++;
	}
	pcap_close(pcap);
	return count;
}

/* The client's address, in headers and in NACKs alike, becomes another one. */
static void send_frame(const struct frame *frame, const uint8_t *from, const uint8_t *to)
{
	uint8_t data[PKTBENCH_LENGTH_MAX];
	struct iphdr *ip = (struct iphdr *)data;
	size_t at;

	memcpy(data, frame->data, frame->length);
	for (at = 12; at + 4 <= frame->length; at++)
		if (!memcmp(data + at, from, 4))
			memcpy(data + at, to, 4);
	ip->check = 0;
	ip->check = ip_checksum(ip);
	send_packet(memcmp(data + 12, to, 4) ? WAN : LAN, data, frame->length);
}

/* What a capture of one client shows, from so many clients in turn. */
static void play(const char *path, uint32_t count)
{
	static struct frame frames[STEPS_MAX];
	static const char *names[STEPS_MAX];
	size_t steps = read_capture(path, frames), i;
	const char *name = strrchr(path, '/') ? strrchr(path, '/') + 1 : path;
	uint32_t from, to, n;
	char title[32];

	if (!steps)
		die(path);
	memcpy(&from, frames[0].data + 12, 4);
	for (n = 0; n < count; n++) {
		to = htonl(flow_alone(n).end[LAN].address);
		for (i = 0; i < steps; i++) {
			if (i)
				send_requests((frames[i].time - frames[i - 1].time) * noise / 1000000);
			send_frame(&frames[i], (uint8_t *)&from, (uint8_t *)&to);
		}
	}
	for (i = 0; i < steps; i++)
		names[i] = frames[i].name;
	snprintf(title, sizeof(title), "%.*s", (int)(strstr(name, ".pcap") - name), name);
	if (noise)
		report_all(title);
	else
		report_steps(title, steps, names);
}

static const struct {
	const char *name;
	void (*run)(uint32_t count);
	uint32_t count;
} cases[] = {
	{ "settled",	case_settled,	64 },
	{ "tcp",	case_tcp,	64 },
	{ "new",	case_new,	500 },
	{ "candidate",	case_candidate,	1000 },
	{ "lookalike",	case_lookalike,	200 },
	{ "chain",	case_chain,	200 },
	{ "skype",	case_skype,	4 },
	{ "skype-tcp",	case_skype_tcp,	4 },
	{ "fill",	case_fill,	1000 },
	{ "scale",	case_scale,	1000 },
	{ "flood-requests",	case_flood_requests,	100000 },
	{ "flood-half-open",	case_flood_half_open,	100000 },
	{ "flood-nacks",	case_flood_nacks,	100000 },
};

int main(int argc, char **argv)
{
	uint32_t count = argc > 2 ? strtoul(argv[2], NULL, 0) : 0;
	size_t i;

	device = open(PKTBENCH_DEVICE, O_RDWR);
	if (device < 0)
		die(PKTBENCH_DEVICE);
	if (argc > 3)
		first_flow = strtoul(argv[3], NULL, 0);
	if (argc > 4)
		noise = strtoul(argv[4], NULL, 0);
	random_state += first_flow * 2654435761u;
	random_state += !random_state; /* 0 would stay 0 */
	if (argc > 1 && strstr(argv[1], ".pcap")) {
		play(argv[1], count ? count : 50);
		return 0;
	}
	for (i = 0; argc > 1 && i < ARRAY_SIZE(cases); i++) {
		if (strcmp(argv[1], cases[i].name))
			continue;
		if (!count)
			count = cases[i].count;
		cases[i].run(count);
		return 0;
	}
	fputs("usage: measure CASE|FILE.pcap [COUNT [FIRST [NOISE]]]\n", stderr);
	return 2;
}
