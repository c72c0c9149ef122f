// SPDX-License-Identifier: GPL-2.0
/*
 * Fuzzer of the classifier core: conversations, not packets.
 *
 * The input is a time of day and a program of small steps: open a flow, send a message, be silent,
 * lose a flow.  Messages are bytes of the input, or pieces of the protocol made
 * here from signatures.md, so that the fuzzer need not guess 79 constant bytes;
 * any piece can be damaged.  After every packet the promises of the core are
 * checked (check_packet() and below), proofs against the bytes that were sent.
 */
#include "classify.h"
#include "input.h"

#define FLOWS 8
#define HOSTS 12
#define STEPS_MAX 400
#define PAYLOAD_MAX 2048
#define PACE_RING 4096

/* ------------------------------------------------------------ host tables */

struct skype_hosts {
	struct skype_endpoint endpoint[HOSTS];
	struct skype_supernode supernode[HOSTS];
	struct skype_client client[HOSTS];
	bool used_endpoint[HOSTS];
	bool used_supernode[HOSTS];
	bool used_client[HOSTS];
	const void *locked;
	unsigned int gets;
};

static struct skype_hosts hosts;

static void *lock(void *entry)
{
	hosts.gets++;
	if (entry)
		hosts.locked = entry;
	return entry;
}

static void unlock(const void *entry)
{
	check(hosts.locked == entry);
	hosts.locked = NULL;
}

/* The place for a new entry: a free one, else the one that is worth least. */
static int place(const bool *used, u32 (*worth)(int))
{
	int i, least = 0;

	for (i = 0; i < HOSTS; i++)
		if (!used[i])
			return i;
	for (i = 1; i < HOSTS; i++)
		if (worth(i) < worth(least))
			least = i;
	return least;
}

static u32 endpoint_worth(int i)
{
	return skype_endpoint_worth(&hosts.endpoint[i]);
}

static u32 supernode_worth(int i)
{
	return skype_supernode_worth(&hosts.supernode[i]);
}

static u32 client_worth(int i)
{
	return skype_client_worth(&hosts.client[i]);
}

static struct skype_endpoint *endpoint_of(struct skype_hosts *h,
					  const struct skype_addr *addr,
					  __be16 port, bool create, u64 now)
{
	struct skype_endpoint *e;
	int i;

	check(!h->locked);
	for (i = 0; i < HOSTS; i++) {
		e = &h->endpoint[i];
		if (h->used_endpoint[i] && skype_endpoint_expired(e, now))
			h->used_endpoint[i] = false;
		if (h->used_endpoint[i] && e->port == port &&
		    skype_addr_equal(&e->addr, addr))
			return lock(e);
	}
	if (!create)
		return lock(NULL);
	i = place(h->used_endpoint, endpoint_worth);
	e = &h->endpoint[i];
	*e = (struct skype_endpoint){
		.addr = *addr, .port = port, .first = now, .last = now
	};
	h->used_endpoint[i] = true;
	return lock(e);
}

struct skype_endpoint *skype_endpoint_find(struct skype_hosts *h,
					   const struct skype_addr *addr,
					   __be16 port, u64 now)
{
	return endpoint_of(h, addr, port, false, now);
}

struct skype_endpoint *skype_endpoint_get(struct skype_hosts *h,
					  const struct skype_addr *addr,
					  __be16 port, u64 now)
{
	return endpoint_of(h, addr, port, true, now);
}

void skype_endpoint_put(struct skype_hosts *h, struct skype_endpoint *e)
{
	(void)h;
	unlock(e);
}

/* Described in core/packet.h; here every packet comes with its ends. */
const struct skype_ends *skype_packet_see_ends(const struct skype_packet *pkt)
{
	return pkt->ends;
}

bool skype_endpoint_maybe_proven(const struct skype_hosts *h, __be16 port)
{
	(void)h;
	(void)port;
	return true;
}

void skype_endpoint_proven(struct skype_hosts *h, const struct skype_endpoint *e)
{
	check(h->locked == e);
	check(e->grade >= SKYPE_GRADE_LIKELY);
}

static struct skype_supernode *supernode_of(struct skype_hosts *h,
					    const struct skype_addr *addr,
					    __be16 port, bool tcp, bool create,
					    u64 now)
{
	struct skype_supernode *s;
	int i;

	check(!h->locked);
	for (i = 0; i < HOSTS; i++) {
		s = &h->supernode[i];
		if (h->used_supernode[i] && skype_supernode_expired(s, now))
			h->used_supernode[i] = false;
		if (h->used_supernode[i] && s->port == port && s->tcp == tcp &&
		    skype_addr_equal(&s->addr, addr))
			return lock(s);
	}
	if (!create)
		return lock(NULL);
	i = place(h->used_supernode, supernode_worth);
	s = &h->supernode[i];
	*s = (struct skype_supernode){
		.addr = *addr, .port = port, .tcp = tcp, .first = now, .last = now
	};
	h->used_supernode[i] = true;
	return lock(s);
}

struct skype_supernode *skype_supernode_find(struct skype_hosts *h,
					     const struct skype_addr *addr,
					     __be16 port, bool tcp, u64 now)
{
	return supernode_of(h, addr, port, tcp, false, now);
}

struct skype_supernode *skype_supernode_get(struct skype_hosts *h,
					    const struct skype_addr *addr,
					    __be16 port, bool tcp, u64 now)
{
	return supernode_of(h, addr, port, tcp, true, now);
}

void skype_supernode_put(struct skype_hosts *h, struct skype_supernode *s)
{
	(void)h;
	unlock(s);
}

static struct skype_client *client_of(struct skype_hosts *h,
				      const struct skype_addr *addr,
				      bool create, u64 now)
{
	struct skype_client *c;
	int i;

	check(!h->locked);
	for (i = 0; i < HOSTS; i++) {
		c = &h->client[i];
		if (h->used_client[i] && skype_client_expired(c, now))
			h->used_client[i] = false;
		if (h->used_client[i] && skype_addr_equal(&c->addr, addr))
			return lock(c);
	}
	if (!create)
		return lock(NULL);
	i = place(h->used_client, client_worth);
	c = &h->client[i];
	*c = (struct skype_client){ .addr = *addr, .first = now, .last = now };
	h->used_client[i] = true;
	return lock(c);
}

struct skype_client *skype_client_find(struct skype_hosts *h,
				       const struct skype_addr *addr, u64 now)
{
	return client_of(h, addr, false, now);
}

struct skype_client *skype_client_get(struct skype_hosts *h,
				      const struct skype_addr *addr, u64 now)
{
	return client_of(h, addr, true, now);
}

void skype_client_put(struct skype_hosts *h, struct skype_client *c)
{
	(void)h;
	unlock(c);
}

static void check_endpoint(const struct skype_endpoint *e)
{
	check(e->grade != SKYPE_GRADE_SUSPECT && e->grade < SKYPE_GRADE_COUNT);
	check(e->peers <= e->requests);
	check(e->run <= e->chain && e->chain <= e->requests);
	check(e->pairs <= SKYPE_PAIR_PROOF);
	check(e->first <= e->last);
	/* a resend proves an endpoint whose NACK may be forgotten by then */
	if (e->grade == SKYPE_GRADE_LIKELY)
		check(e->chain >= SKYPE_CHAIN_PROOF || e->nack_tag);
}

static void check_client(const struct skype_client *c)
{
	check(c->state <= SKYPE_SESSION_ENDED);
	check((c->up > 0) == (c->state == SKYPE_SESSION_ACTIVE));
	check(c->version < SKYPE_VERSION_COUNT);
	if (c->state == SKYPE_SESSION_NONE)
		return;
	check(c->node_port != 0);
	check(c->state == SKYPE_SESSION_ACTIVE ? c->end == 0 : c->end >= c->start);
}

static void check_hosts(void)
{
	int i;

	check(!hosts.locked);
	for (i = 0; i < HOSTS; i++) {
		if (hosts.used_endpoint[i])
			check_endpoint(&hosts.endpoint[i]);
		if (hosts.used_client[i])
			check_client(&hosts.client[i]);
	}
}

/* ------------------------------------------------------------------ flows */

/* A flow, and what was said on it that its proofs must agree with. */
struct talk {
	struct skype_flow flow;
	struct skype_ends ends;
	u32 next[2];
	u8 u1[PAYLOAD_MAX];  /* latest data message of the opener */
	u32 u1_size;
	u8 t1[14];
	u32 challenges[16];  /* of every 11-byte datagram */
	u32 crcs[16];	     /* of every datagram of 18 bytes or more */
	u16 sizes[16];
	unsigned int challenge_count;
	unsigned int crc_count;
	u64 when[PACE_RING]; /* the latest packets, a ring */
	u8 who[PACE_RING];
	unsigned int heard;
	bool dh_long; /* a message ended in a padding run like that of R1 */
	bool open;
	bool adopted;
};

static struct talk talks[FLOWS];
static u64 now;

static const u16 ports[] = { 33033, 443, 80, 40001 };

static struct skype_addr address(bool v6, u32 v4)
{
	struct skype_addr addr = { { htonl(0x20010db8), 0, 0, htonl(v4) } };

	return v6 ? addr : skype_addr_v4(htonl(v4));
}

/* u8: proto 1, kind 1, client 2, NAT 1, IPv6 1; u8: server 4, port 2 */
static void open_talk(struct input *in, struct talk *t)
{
	u8 a = input_u8(in), b = input_u8(in);
	bool tcp = a & 1, nat = a & 0x10, v6 = a & 0x20;
	struct skype_end *client = &t->ends.end[0], *node = &t->ends.end[1];

	if (t->open)
		skype_flow_lost(&t->flow, &t->ends, &hosts, now);
	memset(t, 0, sizeof(*t));
	client->own = address(v6, 0x0a010002 + (a >> 2 & 3));
	client->seen = nat ? address(v6, 0xcb007101) : client->own;
	client->own_port = htons(tcp ? 1025 + b : 30000);
	client->seen_port = nat ? htons(50000 + b) : client->own_port;
	node->own = address(v6, (b & 0x80 ? 0x0a010002 : 0xc6336401) + (b & 15));
	node->seen = node->own;
	node->own_port = htons(ports[b >> 4 & 3]);
	node->seen_port = node->own_port;
	t->next[0] = 0xfffffff0;
	t->next[1] = 0x7ffffff0;
	t->adopted = !tcp && (a & 2);
	if (tcp)
		skype_flow_start_tcp(&t->flow, t->next[0], t->next[1]);
	else if (t->adopted)
		skype_flow_adopt_udp(&t->flow);
	else
		skype_flow_start_udp(&t->flow);
	t->open = true;
}

/* --------------------------------------------------------------- messages */

static u8 pad_next(u8 g)
{
	return (u8)(0xcd * g + 0x71);
}

static void put(u8 *to, const char *hex)
{
	unsigned int byte;

	for (; sscanf(hex, "%2x", &byte) == 1; hex += 2)
		*to++ = (u8)byte;
}

static void pad(u8 *from, const u8 *to, u8 seed)
{
	for (; from < to; from++, seed = pad_next(seed))
		*from = seed;
}

enum piece {
	PIECE_SIZE,	/* any bytes, of a size */
	PIECE_U1,
	PIECE_U2,
	PIECE_U3,
	PIECE_U4,
	PIECE_R1,
	PIECE_R2,
	PIECE_KS,
	PIECE_T1,
	PIECE_T2,
	PIECE_DH,
	PIECE_L1,
	PIECE_L2,
	PIECE_L3,
	PIECE_L3_LATE,
	PIECE_L4,
	PIECE_GET,
	PIECE_R1_80,
	PIECES
};

static u32 make_probe(const struct talk *t, enum piece which, u8 *p, u8 x)
{
	u32 i, size = 18 + (x & 0x80 ? x & 15 : 0);

	for (i = 0; i < PAYLOAD_MAX; i++)
		p[i] = (u8)(0x55 + i * 7 + x);
	switch (which) {
	case PIECE_U1:
		p[0] = 0x4f;
		p[1] = (u8)(2 * x);
		p[2] = 0x02;
		return size;
	case PIECE_U2:
		memcpy(p, t->u1, 2);
		p[2] = x & 1 ? 0x75 : 0x27;
		memcpy(p + 3, &t->ends.end[0].seen.w[3], 4);
		return 11;
	case PIECE_U3:
		memcpy(p, t->u1, 2);
		p[2] = 0x93;
		p[3] = 1;
		if (t->challenge_count)
			memcpy(p + 4, &t->challenges[(t->challenge_count - 1) % 16], 4);
		memcpy(p + 8, &t->ends.end[1].seen.w[3], 4);
		memcpy(p + 12, t->u1 + 7, 4);
		return t->u1_size + 5 <= PAYLOAD_MAX ? t->u1_size + 5 : 0;
	default:
		p[2] = x & 1 ? 0x0d : 0x02;
		return x & 2 ? 51 : x & 4 ? 53 : x & 8 ? 26 : 18;
	}
}

/* KS: seed, header, then a restarted key stream over padding */
static u32 make_key_stream(u8 *p, u8 x)
{
	static const u8 header[10] = { 0, 9, 0, 0, 0, 1, 0, 0, 0, 3 };
	u32 i, n = 24 + x % 40;
	u8 g = x;

	for (i = 0; i < 4; i++)
		p[i] = (u8)(x + i);
	for (i = 0; i < 10; i++)
		p[4 + i] = header[i] ^ (u8)(31 * i + x);
	p[14] = (u8)(2 * n + 3) ^ x;
	p[15] = 3 ^ (u8)(31 + x);
	for (i = 16; i < n; i++, g = pad_next(g))
		p[i] = g ^ (u8)(31 * (i - 14) + x);
	return n;
}

/* T2 under the key stream of T1, as section 4.2 says */
static u32 make_t2(const struct talk *t, u8 *p, u8 x)
{
	static const u8 constant[10] = { 0, 1, 0, 0, 0, 1, 0, 0, 0, 1 };
	u32 i, size = 22 + x % 8;
	const u8 q[10] = { (u8)(2 * (size - 1)), 5, 7, 0, 0, 0, 5, 6, 0x42, 0 };

	for (i = 0; i < size; i++)
		p[i] = (u8)(x * i);
	for (i = 0; i < 10; i++)
		p[i] = t->t1[4 + i] ^ q[i] ^ constant[i];
	return size;
}

static u32 make_login(enum piece which, u8 *p, u8 x)
{
	memset(p, 0x5a, 512);
	switch (which) {
	case PIECE_L1:
		put(p, "1603010000");
		return 5;
	case PIECE_L2:
		put(p, "1703010000");
		return 5;
	case PIECE_L3:
		put(p, "16030100cd4103000980400408c001");
		put(p + 207, "000c0117030100c6");
		return 215 + x;
	case PIECE_L3_LATE:
		put(p, "16030100aa42cdefe740d72f1d");
		return 13 + x;
	default:
		put(p, "17030100");
		p[4] = x;
		return 5 + x;
	}
}

static u32 make_get(u8 *p, u8 x)
{
	return (u32)snprintf((char *)p, PAYLOAD_MAX,
			     "GET %s/ui/0/97/%s/%s HTTP/1.1\r\n%s%s%s",
			     x & 1 ? "http://ui.skype.com" : "",
			     x & 2 ? "de" : "en-gb",
			     x & 4 ? "installed" : "getlatestversion?ver=0.97.0.6",
			     x & 8 ? "User-Agent: x\r\n" : "",
			     x & 16 ? "host:ui.skype.com" : "Host: ui.skype.com",
			     x & 32 ? "" : "\r\n\r\n");
}

static u32 make_tls(enum piece which, u8 *p, u8 x)
{
	if (which == PIECE_R1) {
		put(p, "8046010301002d000000100000050000040000"
		       "0a0000090000640000620000080000030000060100800700c0"
		       "030080060040020080040080");
		pad(p + 56, p + 72, x);
		return 72;
	}
	put(p, "160301004a02000046030140" "1be48602ade029e17774e544b9c99cb4"
	       "31315e02dd779d154a9609ba5da870201ca0e4f64c6351ae2f8e4ee1"
	       "e6766a0a88d5d8c55cae98c5e481f22a69bf9058000500");
	memset(p + 79, x, 14);
	return 93;
}

static u32 make(const struct talk *t, enum piece which, u8 *p, u8 x, u16 size)
{
	memset(p, 0xa5, PAYLOAD_MAX);
	switch (which) {
	case PIECE_U1: case PIECE_U2: case PIECE_U3: case PIECE_U4:
		return make_probe(t, which, p, x);
	case PIECE_R1: case PIECE_R2:
		return make_tls(which, p, x);
	case PIECE_KS:
		return make_key_stream(p, x);
	case PIECE_T1:
		return 14;
	case PIECE_T2:
		return make_t2(t, p, x);
	case PIECE_DH:
		pad(p + 48, p + 49 + x % 24, x);
		return 49 + x % 24;
	case PIECE_L1: case PIECE_L2: case PIECE_L3:
	case PIECE_L3_LATE: case PIECE_L4:
		return make_login(which, p, x);
	case PIECE_GET:
		return make_get(p, x);
	case PIECE_R1_80:
		memcpy(p + 14, p + 4, 10);
		return 14 + x % 14;
	default:
		return size % PAYLOAD_MAX;
	}
}

/* ----------------------------------------------------------------- oracle */

/* Steps of the padding run from @off to the end of the message */
static unsigned int padding_tail(const struct skype_view *v, u32 off)
{
	u32 i;

	for (i = off + 1; i < v->len; i++)
		if (v->data[i] != pad_next(v->data[i - 1]))
			return 0;
	return v->len - off - 1;
}

/* Whether any tail of the message, as a retransmission may leave one, fits. */
static bool any_tail(const struct skype_view *v,
		     bool (*fits)(const u8 *p, u32 len, u32 size))
{
	u32 off;

	for (off = 0; off < v->len; off++)
		if (fits(v->data + off, v->len - off, v->size - off))
			return true;
	return false;
}

static bool fits_r1(const u8 *p, u32 len, u32 size)
{
	u32 i;

	if (len < 72 || size != 72 || p[0] != 0x80 || p[1] != 0x46)
		return false;
	for (i = 57; i < 72; i++)
		if (p[i] != pad_next(p[i - 1]))
			return false;
	return true;
}

static bool fits_r2(const u8 *p, u32 len, u32 size)
{
	static const u8 when[] = { 0x40, 0x1b, 0xe4, 0x86 };

	(void)size;
	return len >= 79 && p[0] == 0x16 && memcmp(p + 11, when, 4) == 0;
}

static bool fits_ks(const u8 *p, u32 len, u32 size)
{
	u32 i;
	u8 x[7];

	(void)size;
	if (len < 24)
		return false;
	for (i = 0; i < 7; i++) {
		x[i] = p[6 + i] ^ p[16 + i] ^ (i == 3);
		if (i && x[i] != pad_next(x[i - 1]))
			return false;
	}
	return true;
}

/* The second message; or a FIN or RST in its place, perhaps behind the first. */
static bool fits_dh(const struct talk *t, const struct skype_packet *pkt)
{
	u32 behind;

	for (behind = 0; behind < pkt->view.size; behind++)
		if (pkt->view.size - behind == 8)
			return true;
	return (pkt->flags & (SKYPE_TCP_FIN | SKYPE_TCP_RST)) && t->dh_long;
}

/* 45 packets each way within the last 3 s, or a little more: section 5 */
static bool at_voice_pace(const struct talk *t)
{
	unsigned int i, count[2] = { 0, 0 };

	for (i = 0; i < PACE_RING && i < t->heard; i++)
		if (now - t->when[i] <= 3500)
			count[t->who[i]]++;
	return count[0] >= 45 && count[1] >= 45;
}

static bool fits_l2(const u8 *p, u32 len, u32 size)
{
	return len >= 5 && size == 5 && !memcmp(p, "\x17\x03\x01\x00\x00", 5);
}

static bool fits_l3(const u8 *p, u32 len, u32 size)
{
	(void)size;
	return len >= 214 && !memcmp(p, "\x16\x03\x01\x00\xcd\x41", 6) &&
	       !memcmp(p + 210, "\x17\x03\x01\x00", 4);
}

static bool fits_l3_late(const u8 *p, u32 len, u32 size)
{
	(void)size;
	return len >= 13 && !memcmp(p, "\x16\x03\x01\x00", 4) &&
	       !memcmp(p + 5, "\x42\xcd\xef\xe7\x40\xd7\x2f\x1d", 8);
}

static bool fits_t2(const u8 *p, u32 len, u32 size)
{
	(void)p;
	(void)size;
	return len >= 10;
}

static bool fits_get(const u8 *p, u32 len, u32 size)
{
	(void)size;
	return len > 20 && (p[0] | 0x20) == 'g' && (p[1] | 0x20) == 'e';
}

static bool was_said(const u32 *list, unsigned int count, const u8 *p)
{
	unsigned int i;
	u32 word;

	memcpy(&word, p, 4);
	for (i = 0; i < count && i < 16; i++)
		if (list[i] == word)
			return true;
	return false;
}

/* U3: challenge, node's address, CRC and size all as they were said before */
static bool is_resend(const struct talk *t, const struct skype_view *v)
{
	unsigned int i;

	if (v->len < 18 || (v->data[2] & 15) != 3 || v->data[3] != 1 ||
	    !was_said(t->challenges, t->challenge_count, v->data + 4) ||
	    !was_said(t->crcs, t->crc_count, v->data + 12))
		return false;
	if (memcmp(v->data + 8, &t->ends.end[0].own.w[3], 4) &&
	    memcmp(v->data + 8, &t->ends.end[0].seen.w[3], 4) &&
	    memcmp(v->data + 8, &t->ends.end[1].own.w[3], 4))
		return false;
	for (i = 0; i < t->crc_count && i < 16; i++)
		if (t->sizes[i] + 5u == v->size)
			return true;
	return false;
}

/* What a new reason of proof must find in the packet that brought it */
static void check_proof(const struct talk *t, int reason,
			const struct skype_packet *pkt)
{
	const struct skype_view *v = &pkt->view;

	switch (reason) {
	case SKYPE_REASON_U3_RESEND:
		check(is_resend(t, v));
		break;
	case SKYPE_REASON_R1_PADDING:
		check(any_tail(v, fits_r1));
		break;
	case SKYPE_REASON_R2:
		check(any_tail(v, fits_r2));
		break;
	case SKYPE_REASON_KS:
		check(any_tail(v, fits_ks));
		break;
	case SKYPE_REASON_DH:
		check(fits_dh(t, pkt));
		break;
	case SKYPE_REASON_T1T2:
		check(any_tail(v, fits_t2));
		break;
	case SKYPE_REASON_VOICE_RATE:
		check(at_voice_pace(t));
		break;
	case SKYPE_REASON_L1_L2:
		check(any_tail(v, fits_l2));
		break;
	case SKYPE_REASON_L3:
		check(any_tail(v, fits_l3));
		break;
	case SKYPE_REASON_L3_LATE:
		check(any_tail(v, fits_l3_late));
		break;
	case SKYPE_REASON_UPDATE_CHECK:
	case SKYPE_REASON_UPDATE_INSTALLED:
		check(any_tail(v, fits_get));
		break;
	}
}

static bool have(const struct skype_flow *flow, enum skype_reason reason)
{
	return skype_reasons_have(flow->reasons, reason);
}

static bool has_proof(const struct skype_flow *flow)
{
	static const u8 proofs[] = {
		SKYPE_REASON_U3_RESEND, SKYPE_REASON_R1_PADDING,
		SKYPE_REASON_R2, SKYPE_REASON_KS, SKYPE_REASON_T1T2,
		SKYPE_REASON_DH, SKYPE_REASON_L1_L2, SKYPE_REASON_L3,
		SKYPE_REASON_L3_LATE, SKYPE_REASON_UPDATE_CHECK,
		SKYPE_REASON_UPDATE_INSTALLED,
	};
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(proofs); i++)
		if (have(flow, proofs[i]))
			return true;
	return false;
}

/* What likely needs besides a proof: section 5's list, reason by reason */
static bool has_likely(const struct skype_flow *flow)
{
	return has_proof(flow) || have(flow, SKYPE_REASON_U2_ECHO) ||
	       have(flow, SKYPE_REASON_ID_CHAIN) ||
	       have(flow, SKYPE_REASON_PUBLIC_ADDRESS) ||
	       have(flow, SKYPE_REASON_ENDPOINT) ||
	       have(flow, SKYPE_REASON_R1) ||
	       have(flow, SKYPE_REASON_T2_T3_T4) ||
	       have(flow, SKYPE_REASON_T3_REFUSED) ||
	       have(flow, SKYPE_REASON_U4_POSITIVE) ||
	       have(flow, SKYPE_REASON_U4_NEGATIVE);
}

/* Which evidence a class cannot be without */
static void check_class(const struct skype_flow *flow)
{
	switch (flow->class) {
	case SKYPE_CLASS_NONE:
		check(flow->grade == SKYPE_GRADE_NONE);
		return;
	case SKYPE_CLASS_PROBE:
		check(!flow->tcp && have(flow, SKYPE_REASON_U1));
		break;
	case SKYPE_CLASS_PEER:
		check(!flow->tcp && have(flow, SKYPE_REASON_ENDPOINT));
		break;
	case SKYPE_CLASS_VOICE:
		check(have(flow, SKYPE_REASON_VOICE_RATE));
		check(flow->grade >= SKYPE_GRADE_LIKELY);
		break;
	case SKYPE_CLASS_SUPERNODE:
		check(flow->tcp && have(flow, SKYPE_REASON_T2_T3_T4));
		break;
	case SKYPE_CLASS_SIGNAL:
		check(flow->tcp);
		break;
	case SKYPE_CLASS_LOGIN:
		check(flow->tcp && flow->grade == SKYPE_GRADE_CERTAIN);
		check(have(flow, SKYPE_REASON_L1_L2) ||
		      have(flow, SKYPE_REASON_L3) ||
		      have(flow, SKYPE_REASON_L3_LATE));
		break;
	case SKYPE_CLASS_UPDATE:
		check(flow->tcp && flow->grade == SKYPE_GRADE_CERTAIN);
		break;
	}
	check(flow->grade != SKYPE_GRADE_NONE);
}

static void check_reasons(const struct talk *t, skype_reasons_t before,
			  const struct skype_packet *pkt)
{
	skype_reasons_t all = t->flow.reasons, seen = 0;
	unsigned int i;

	for (i = 0; i < SKYPE_REASON_SLOTS; i++) {
		int reason = skype_reasons_at(all, i);

		if (reason < 0)
			break;
		check(reason < SKYPE_REASON_COUNT);
		check(!(seen & 1ULL << reason));
		seen |= 1ULL << reason;
		if (skype_reasons_at(before, i) < 0)
			check_proof(t, reason, pkt);
		else
			check(skype_reasons_at(before, i) == reason);
	}
	/* none is ever lost for want of a slot, and none stands behind the end */
	check(i < SKYPE_REASON_SLOTS || all >> (i * SKYPE_REASON_BITS) == 0);
	for (; i < SKYPE_REASON_SLOTS; i++)
		check(skype_reasons_at(all, i) < 0);
}

static unsigned int rank(unsigned int class)
{
	static const u8 ranks[SKYPE_CLASS_COUNT] = {
		[SKYPE_CLASS_PEER] = 1,	 [SKYPE_CLASS_PROBE] = 2,
		[SKYPE_CLASS_SIGNAL] = 1, [SKYPE_CLASS_SUPERNODE] = 2,
		[SKYPE_CLASS_LOGIN] = 3, [SKYPE_CLASS_UPDATE] = 3,
		[SKYPE_CLASS_VOICE] = 4,
	};

	check(class < SKYPE_CLASS_COUNT);
	return ranks[class];
}

static void check_counts(const struct skype_flow *before,
			 const struct skype_flow *flow,
			 const struct skype_finding *found,
			 const struct skype_packet *pkt)
{
	bool closing = pkt->flags & (SKYPE_TCP_FIN | SKYPE_TCP_RST);
	u32 size = pkt->view.size;

	check(flow->packets == before->packets + found->counted);
	check(flow->bytes - before->bytes <= (found->counted ? size : 0));
	check(found->note < SKYPE_NOTE_COUNT);
	check(found->events < SKYPE_EVENT_ACCEPTED << 1);
	if (flow->class != before->class || flow->grade != before->grade) {
		check(found->events & SKYPE_EVENT_FLOW);
		check(found->counted || closing);
		check(flow->decided_at == flow->packets);
	} else {
		check(!(found->events & SKYPE_EVENT_FLOW));
		check(flow->decided_at == before->decided_at);
	}
	check(flow->decided_at <= flow->packets);
	check((flow->decided_at > 0) == (flow->grade > SKYPE_GRADE_NONE));
}

static void check_packet(const struct talk *t, const struct skype_flow *before,
			 const struct skype_finding *found,
			 const struct skype_packet *pkt)
{
	const struct skype_flow *flow = &t->flow;

	if (before->done) {
		check(memcmp(flow, before, sizeof(*flow)) == 0);
		check(!found->counted && !found->events && !found->note);
		return;
	}
	check(flow->grade >= before->grade);
	check(rank(flow->class) >= rank(before->class));
	check(flow->tcp == before->tcp);
	check(before->version == SKYPE_VERSION_UNKNOWN ||
	      flow->version == before->version);
	check(flow->version < SKYPE_VERSION_COUNT);
	check(flow->grade < SKYPE_GRADE_CERTAIN || has_proof(flow));
	check(flow->grade < SKYPE_GRADE_LIKELY || has_likely(flow));
	/* one datagram never decides, unless other flows have */
	if (!flow->tcp && flow->packets == 1 && flow->grade >= SKYPE_GRADE_LIKELY)
		check(have(flow, SKYPE_REASON_ID_CHAIN) ||
		      have(flow, SKYPE_REASON_ENDPOINT));
	check_class(flow);
	check_reasons(t, before->reasons, pkt);
	check_counts(before, flow, found, pkt);
}

/* ------------------------------------------------------------------ steps */

/* What the oracle must know before the core sees the packet */
static void overhear(struct talk *t, const struct skype_packet *pkt)
{
	u32 off;

	t->when[t->heard % PACE_RING] = now;
	t->who[t->heard % PACE_RING] = pkt->dir;
	t->heard += pkt->view.size > 0;
	for (off = 48; off < pkt->view.len; off++)
		if (padding_tail(&pkt->view, off) >= 15)
			t->dh_long = true;
}

static void remember(struct talk *t, u8 dir, const struct skype_view *v)
{
	if (t->flow.tcp) {
		if (dir == 0 && v->len == sizeof(t->t1))
			memcpy(t->t1, v->data, sizeof(t->t1));
		return;
	}
	if (v->len == 11)
		memcpy(&t->challenges[t->challenge_count++ % 16], v->data + 7, 4);
	if (v->len < 18)
		return;
	memcpy(&t->crcs[t->crc_count % 16], v->data + 7, 4);
	t->sizes[t->crc_count++ % 16] = (u16)v->size;
	if (dir == 0) {
		memcpy(t->u1, v->data, v->len);
		t->u1_size = v->size;
	}
}

/* FUZZ_TRACE=1 fuzz/core FILE tells what a finding does. */
static void trace(const struct talk *t, const struct skype_packet *pkt,
		  const struct skype_finding *found)
{
	static int wanted = -1;
	unsigned int i;

	if (wanted < 0)
		wanted = getenv("FUZZ_TRACE") != NULL;
	if (!wanted)
		return;
	fprintf(stderr, "%10llu flow %d %s %4u bytes: %s %s%s at %u of %u, %s, reasons",
		(unsigned long long)pkt->now, (int)(t - talks),
		pkt->dir ? "<-" : "->", pkt->view.size,
		skype_class_name(t->flow.class), skype_grade_name(t->flow.grade),
		t->flow.done ? " done" : "", t->flow.decided_at,
		t->flow.packets, skype_note_name(found->note));
	for (i = 0; skype_reasons_at(t->flow.reasons, i) >= 0; i++)
		fprintf(stderr, " %s",
			skype_reason_name(skype_reasons_at(t->flow.reasons, i)));
	fputc('\n', stderr);
}

/* Send it in a buffer of its own size, so that no read behind it goes unseen. */
static void deliver(struct talk *t, u8 dir, u8 flags, s32 ahead, const u8 *bytes,
		 u32 size, u32 len)
{
	struct skype_flow before = t->flow;
	struct skype_client ended;
	unsigned int gets;
	u8 *exact = malloc(len ? len : 1);
	struct skype_packet pkt = {
		.view = { .data = exact, .len = len, .size = size },
		.ends = &t->ends,
		.now = now,
		.seq = t->next[dir] + (u32)ahead,
		.dir = dir,
		.flags = flags,
	};
	struct skype_inspection in = {
		.flow = &t->flow,
		.pkt = &pkt,
		.hosts = &hosts,
	};

	memcpy(exact, bytes, len);
	overhear(t, &pkt);
	if (!t->flow.tcp && !t->flow.packets)
		skype_flow_wanted_udp(&pkt, &hosts);
	gets = hosts.gets;
	skype_classify(&in);
	if (in.found.events & SKYPE_EVENT_ACCEPTED)
		in.found.events |= skype_flow_accepted(&t->flow, &t->ends,
						       &hosts, now, &ended);
	trace(t, &pkt, &in.found);
	check_packet(t, &before, &in.found, &pkt);
	if (before.done)
		check(hosts.gets == gets);
	check_hosts();
	remember(t, dir, &pkt.view);
	if (ahead >= 0 || (u32)-ahead < size)
		t->next[dir] = pkt.seq + size;
	free(exact);
}

/* u8 where: slot 3, dir 1, PSH 1, FIN 1, RST 1, cut 1; u8 time; u8 ahead */
static void step_message(struct input *in, bool raw)
{
	static u8 bytes[PAYLOAD_MAX + 256];
	u8 where = input_u8(in), ahead = input_u8(in);
	struct talk *t = &talks[where & 7];
	u8 piece = input_u8(in) % PIECES, x = input_u8(in);
	u32 size, len, i;
	u8 flags = SKYPE_TCP_ACK | (where & 0x10 ? 0 : SKYPE_TCP_PSH) |
		   (where & 0x20 ? SKYPE_TCP_FIN : 0) |
		   (where & 0x40 ? SKYPE_TCP_RST : 0);

	if (!t->open)
		return;
	now += ahead & 0x80 ? x * 64 : 20;
	if (raw) {
		size = input_u16(in) % PAYLOAD_MAX;
		input_bytes(in, bytes, size);
	} else {
		size = make(t, piece, bytes, x, input_u16(in));
		for (i = input_u8(in) & 3; i > 0; i--) {
			u16 at = input_u16(in);

			bytes[size ? at % size : 0] = input_u8(in);
		}
	}
	len = where & 0x80 ? size * 3 / 4 : size;
	deliver(t, where >> 3 & 1, flags,
	     ahead & 0x40 ? -(s32)(ahead & 0x3f) : (s32)(ahead & 0x3f),
	     bytes, size, len);
}

/* Both sides at a pace: u8 slot 3; u8 packets * 8; u8 size; u8 milliseconds */
static void step_pace(struct input *in)
{
	static const u8 bytes[256];
	struct talk *t = &talks[input_u8(in) & 7];
	u32 count = 8 * (u32)input_u8(in);
	u8 size = input_u8(in), gap = input_u8(in) & 63;

	if (!t->open)
		return;
	for (; count > 0; count--) {
		now += gap;
		deliver(t, count & 1, SKYPE_TCP_ACK | SKYPE_TCP_PSH, 0, bytes,
		     size, size);
	}
}

/* Time passes, for sessions too. */
static void step_silence(struct input *in)
{
	int i;

	now += (u64)input_u16(in) * 50;
	for (i = 0; i < HOSTS; i++)
		if (hosts.used_client[i])
			skype_session_tick(&hosts.client[i], now);
	check_hosts();
}

static void step_loss(struct input *in)
{
	struct talk *t = &talks[input_u8(in) & 7];

	if (!t->open)
		return;
	skype_flow_lost(&t->flow, &t->ends, &hosts, now);
	t->open = false;
	check(t->flow.done);
	check_hosts();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct input in = { data, size };
	int steps;

	memset(&hosts, 0, sizeof(hosts));
	memset(talks, 0, sizeof(talks));
	now = (u64)input_u8(&in) << 28; /* clocks of 32 bits wrap */
	for (steps = 0; in.left > 0 && steps < STEPS_MAX; steps++) {
		u8 step = input_u8(&in);

		switch (step % 8) {
		case 0:
			open_talk(&in, &talks[step >> 3 & 7]);
			break;
		case 5:
			step_message(&in, true);
			break;
		case 6:
			step_pace(&in);
			break;
		case 7:
			if (step & 8)
				step_silence(&in);
			else
				step_loss(&in);
			break;
		default:
			step_message(&in, false);
		}
	}
	return 0;
}
