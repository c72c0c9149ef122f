// SPDX-License-Identifier: GPL-2.0
/*
 * Flows of a capture.
 *
 * Flows stand in one array, found by the hash of their ends through chained
 * buckets.  When the array is full a hand goes round, as in a page cache:
 * a flow with traffic since the last round is passed over, the first one
 * without is handed out and its place taken.  A flow that is Skype gets three
 * rounds, one that never went beyond its first packet (a flood) none but the
 * one that begins with it.  So memory is bounded, nothing is allocated for a packet, and what is
 * handed out early had been silent for long.
 */
#include <netinet/in.h>
#include <stdlib.h>
#include <sys/random.h>

#include "hosts.h"
#include "settings.h"
#include "track.h"
#include "udp.h"

#define NOWHERE 0 /* index of no flow: the array starts at 1 */

/* Flows that the table holds for each entry of a host table */
#define FLOWS_PER_HOST 4

/* Packets of two processors may change places; a clock that is set back jumps */
#define DISORDER 1000000 /* microseconds */

/* Rounds of the hand that a flow stays without further traffic */
#define CHANCES 1
#define CHANCES_SKYPE 3
#define PINNED 8 /* more than one sweep for room can use up */

struct track {
	const struct track_sink *sink;
	struct skype_hosts *hosts;
	struct explain *explain;
	struct track_flow *flows;
	u32 *buckets;
	u32 mask;  /* of buckets */
	u32 limit; /* of flows */
	u32 top;   /* highest index used so far */
	u32 vacant; /* first of a list of places given back, by next */
	u32 hand;
	u64 seed;
	u64 time; /* of the latest packet, microseconds */
	u64 ahead; /* of it: the core's clock, which never goes back */
	u64 set_back; /* the time to which the capture's clock was set back last */
	u64 now;  /* the core's clock in milliseconds */
	u64 count;
	u64 flushed;
};

/* The table */

static u64 end_hash(const struct track *track, const struct skype_addr *addr,
		    __be16 port)
{
	u64 word[2];

	memcpy(word, addr, sizeof(word));
	word[0] = (word[0] ^ track->seed) * 0x9e3779b97f4a7c15ULL;
	word[1] = (word[1] ^ word[0] >> 32 ^ word[0] ^ (u64)port << 16) *
		  0xc2b2ae3d27d4eb4fULL;
	return word[1] ^ word[1] >> 29;
}

/* The same for both directions. */
static u32 packet_hash(const struct track *track,
		       const struct capture_packet *p)
{
	u64 sum = end_hash(track, &p->src, p->sport) +
		  end_hash(track, &p->dst, p->dport) + p->proto;

	return (u32)((sum * 0x9e3779b97f4a7c15ULL) >> 32);
}

static bool goes(const struct track_flow *flow, const struct capture_packet *p,
		 int dir)
{
	return flow->port[dir] == p->sport && flow->port[!dir] == p->dport &&
	       skype_addr_equal(&flow->addr[dir], &p->src) &&
	       skype_addr_equal(&flow->addr[!dir], &p->dst);
}

static struct track_flow *find(const struct track *track, u32 hash,
			       const struct capture_packet *p, int *dir)
{
	u32 i = track->buckets[hash & track->mask];

	for (; i != NOWHERE; i = track->flows[i].next) {
		struct track_flow *flow = &track->flows[i];

		if (flow->hash != hash || flow->proto != p->proto)
			continue;
		for (*dir = 0; *dir < 2; ++*dir)
			if (goes(flow, p, *dir))
				return flow;
	}
	return NULL;
}

static void unhash(struct track *track, const struct track_flow *flow)
{
	u32 *link = &track->buckets[flow->hash & track->mask];
	u32 index = (u32)(flow - track->flows);

	while (*link != index)
		link = &track->flows[*link].next;
	*link = flow->next;
}

static struct skype_ends ends_of(const struct track_flow *flow)
{
	struct skype_ends ends;

	for (int dir = 0; dir < 2; dir++) {
		ends.end[dir].own = ends.end[dir].seen = flow->addr[dir];
		ends.end[dir].own_port = ends.end[dir].seen_port =
			flow->port[dir];
	}
	return ends;
}

/* No packet will belong to the flow any more. */
static void lose(struct track *track, struct track_flow *flow)
{
	struct skype_ends ends = ends_of(flow);

	if ((flow->state & TRACK_INSPECTED) && !flow->flow.done)
		skype_flow_lost(&flow->flow, &ends, track->hosts, track->now);
}

/* Hand a flow out and give its place back. */
static void flush(struct track *track, struct track_flow *flow)
{
	if (!(flow->state & TRACK_REPLACED)) {
		unhash(track, flow);
		lose(track, flow);
	}
	track->sink->flow(track->sink->context, flow);
	track->flushed++;
	if (track->explain)
		explain_drop(track->explain, &flow->messages);
	flow->used = 0;
	flow->next = track->vacant;
	track->vacant = (u32)(flow - track->flows);
}

static void flush_one(struct track *track)
{
	for (;;) {
		struct track_flow *flow;

		track->hand = track->hand % track->top + 1;
		flow = &track->flows[track->hand];
		if (!flow->used)
			continue;
		if (flow->chances == 0) {
			flush(track, flow);
			return;
		}
		flow->chances--;
	}
}

static u32 take_place(struct track *track)
{
	u32 index;

	if (track->vacant == NOWHERE && track->top < track->limit)
		return ++track->top;
	if (track->vacant == NOWHERE)
		flush_one(track);
	index = track->vacant;
	track->vacant = track->flows[index].next;
	return index;
}

/* A new flow; @opener is the direction of @p in it. */
static struct track_flow *create(struct track *track, u32 hash,
				 const struct capture_packet *p, int dir)
{
	u32 index = take_place(track);
	u32 *bucket = &track->buckets[hash & track->mask];
	struct track_flow *flow = &track->flows[index];

	memset(flow, 0, sizeof(*flow));
	flow->addr[dir] = p->src;
	flow->addr[!dir] = p->dst;
	flow->port[dir] = p->sport;
	flow->port[!dir] = p->dport;
	flow->proto = p->proto;
	flow->hash = hash;
	flow->used = 1;
	flow->first = track->time;
	flow->next = *bucket;
	*bucket = index;
	track->count++;
	return flow;
}

/* Another flow of the same ends begins: this one only waits to be handed out. */
static void replace(struct track *track, struct track_flow *flow)
{
	unhash(track, flow);
	lose(track, flow);
	flow->state |= TRACK_REPLACED;
	flow->chances = 0;
}

/* Inspection */

static u32 reason_set(skype_reasons_t reasons)
{
	u32 set = 0;
	int reason;

	for (unsigned int i = 0; (reason = skype_reasons_at(reasons, i)) >= 0;
	     i++)
		set |= 1u << reason;
	return set;
}

/* Number of the latest payload packet. */
static u32 number(const struct track_flow *flow)
{
	return flow->state & TRACK_INSPECTED ? flow->flow.packets :
					       flow->payloads;
}

static void remember(struct track *track, struct track_flow *flow,
		     const struct skype_packet *pkt,
		     const struct skype_finding *found, skype_reasons_t before)
{
	struct explain_message message = {
		.time = track->time,
		.evidence = reason_set(flow->flow.reasons) & ~reason_set(before),
		.n = found->counted ? number(flow) : 0,
		.size = pkt->view.size,
		.dir = pkt->dir,
		.note = found->note,
		.class = flow->flow.class,
		.grade = flow->flow.grade,
	};

	while (explain_full(track->explain)) {
		flow->chances = PINNED;
		flush_one(track);
	}
	explain_add(track->explain, &flow->messages, &message, flow->flow.done);
}

/* The client may have had a session that has ended within the last second. */
static void accepted(struct track *track, const struct track_flow *flow,
		     const struct skype_packet *pkt)
{
	struct skype_client ended;

	if (skype_flow_accepted(&flow->flow, pkt->ends, track->hosts, pkt->now,
				&ended) & SKYPE_EVENT_SESSION_END)
		track->sink->session(track->sink->context, &ended);
}

static void inspect(struct track *track, struct track_flow *flow,
		    const struct skype_packet *pkt)
{
	skype_reasons_t before = flow->flow.reasons;
	struct skype_inspection in = {
		.flow = &flow->flow,
		.pkt = pkt,
		.hosts = track->hosts,
	};

	skype_classify(&in);
	if (in.found.events & SKYPE_EVENT_ACCEPTED)
		accepted(track, flow, pkt);
	if (track->explain)
		remember(track, flow, pkt, &in.found, before);
	if (skype_flow_is_likely(&flow->flow))
		flow->chances = CHANCES_SKYPE;
}

static struct skype_packet core_packet(const struct track *track,
				       const struct skype_ends *ends,
				       const struct capture_packet *p, int dir)
{
	struct skype_packet pkt = {
		.view = p->view,
		.ends = ends,
		.now = track->now,
		.seq = p->seq,
		.dir = (u8)dir,
		.flags = p->flags,
	};

	return pkt;
}

/* UDP */

/*
 * Has an end of a flow that is not inspected become a proven endpoint?  (The
 * kernel walks over its conntracks for that; here the next packet asks.)
 */
static bool udp_adopted(struct track *track, struct track_flow *flow)
{
	u32 proofs = hosts_proofs(track->hosts);

	if (flow->proofs == proofs)
		return false;
	flow->proofs = proofs;
	return hosts_proven(track->hosts, &flow->addr[0], flow->port[0],
			    track->now) ||
	       hosts_proven(track->hosts, &flow->addr[1], flow->port[1],
			    track->now);
}

static void udp_begin(struct track *track, struct track_flow *flow,
		      const struct skype_packet *pkt)
{
	struct skype_finding found = { .counted = true };

	flow->proofs = hosts_proofs(track->hosts);
	if (skype_flow_wanted_udp(pkt, track->hosts)) {
		flow->state |= TRACK_INSPECTED;
		skype_flow_start_udp(&flow->flow);
	} else if (track->explain && pkt->view.size) {
		found.note = (u8)skype_udp_guards(&pkt->view);
		remember(track, flow, pkt, &found, 0);
	}
}

static void udp_packet(struct track *track, struct track_flow *flow,
		       const struct capture_packet *p, int dir, bool begins)
{
	struct skype_ends ends;
	struct skype_packet pkt;
	bool inspected = (flow->state & TRACK_INSPECTED) && !flow->flow.done;

	if (!begins && !inspected) {
		if (skype_flow_is_likely(&flow->flow) ||
		    !udp_adopted(track, flow))
			return;
		flow->state |= TRACK_INSPECTED | TRACK_ADOPTED;
		skype_flow_adopt_udp(&flow->flow);
	}
	ends = ends_of(flow);
	pkt = core_packet(track, &ends, p, dir);
	if (begins)
		udp_begin(track, flow, &pkt);
	if (flow->state & TRACK_INSPECTED)
		inspect(track, flow, &pkt);
}

/* TCP */

static bool is_syn(const struct capture_packet *p)
{
	return (p->flags & (SKYPE_TCP_SYN | SKYPE_TCP_ACK)) == SKYPE_TCP_SYN;
}

static bool is_syn_ack(const struct capture_packet *p)
{
	return (p->flags & SKYPE_TCP_SYN) && (p->flags & SKYPE_TCP_ACK);
}

/* A SYN|ACK answers the SYN (and the data in it, with TCP Fast Open). */
static bool answers_syn(const struct track_flow *flow,
			const struct capture_packet *p, int dir)
{
	return is_syn_ack(p) && dir == SKYPE_DIR_REPLY &&
	       p->ack - flow->syn <= UINT16_MAX;
}

static void tcp_syn(struct track_flow *flow, const struct capture_packet *p,
		    int dir)
{
	if (dir != SKYPE_DIR_ORIGINAL || flow->syn == p->seq)
		return;
	flow->syn = p->seq;
	if (flow->state & TRACK_INSPECTED)
		flow->state |= TRACK_SYN_AGAIN;
}

static void tcp_begin(struct track_flow *flow, const struct capture_packet *p,
		      bool answered)
{
	if (is_syn(p) || answered)
		flow->state |= TRACK_SYN;
	else
		flow->state |= TRACK_PICKED_UP;
	if (is_syn(p))
		flow->syn = p->seq;
}

/* A SYN|ACK counts until payload has been seen. */
static bool may_start(const struct track_flow *flow)
{
	if (flow->state & TRACK_INSPECTED)
		return flow->flow.packets == 0 && !flow->flow.done;
	return flow->state & TRACK_SYN;
}

static void tcp_packet(struct track *track, struct track_flow *flow,
		       const struct capture_packet *p, int dir)
{
	if (is_syn(p)) {
		tcp_syn(flow, p, dir);
		return;
	}
	if (is_syn_ack(p)) {
		if (may_start(flow) && answers_syn(flow, p, dir)) {
			flow->state = TRACK_INSPECTED;
			skype_flow_start_tcp(&flow->flow, p->ack, p->seq);
		}
		return;
	}
	if ((flow->state & TRACK_INSPECTED) && !flow->flow.done &&
	    (p->view.size || (p->flags & (SKYPE_TCP_FIN | SKYPE_TCP_RST)))) {
		struct skype_ends ends = ends_of(flow);
		struct skype_packet pkt = core_packet(track, &ends, p, dir);

		inspect(track, flow, &pkt);
	}
	if (p->flags & (SKYPE_TCP_FIN | SKYPE_TCP_RST))
		flow->state |= TRACK_CLOSED;
}

/* Packets */

/* A flow from before the clock was set back has been silent since then at least. */
static u64 silence(const struct track *track, const struct track_flow *flow)
{
	u64 since = flow->last <= track->time ? flow->last : track->set_back;

	return track->time - since;
}

/*
 * Conntrack forgets a silent UDP flow; a SYN opens a closed connection anew; a
 * SYN on an open one counts when the other end answers it.
 */
static bool begins_anew(const struct track *track, const struct track_flow *flow,
			const struct capture_packet *p, int dir)
{
	if (p->proto == IPPROTO_UDP)
		return silence(track, flow) > TRACK_UDP_SILENCE;
	if (is_syn(p))
		return flow->state & (TRACK_CLOSED | TRACK_PICKED_UP);
	return (flow->state & TRACK_SYN_AGAIN) && !may_start(flow) &&
	       answers_syn(flow, p, dir);
}

static struct track_flow *begin(struct track *track, u32 hash,
				const struct capture_packet *p, int *dir,
				const u32 *syn)
{
	struct track_flow *flow;

	*dir = p->proto == IPPROTO_TCP && is_syn_ack(p) ? SKYPE_DIR_REPLY :
							  SKYPE_DIR_ORIGINAL;
	flow = create(track, hash, p, *dir);
	if (p->proto == IPPROTO_TCP)
		tcp_begin(flow, p, syn != NULL);
	if (syn)
		flow->syn = *syn;
	return flow;
}

/*
 * In a little disorder time stands still.  When the capture's clock was set back
 * the core's goes on from where it stood, until times are as late again.
 */
static void set_time(struct track *track, u64 time)
{
	u64 clock = track->time + track->ahead;

	if (time >= clock) {
		track->ahead = 0;
	} else if (time + DISORDER < track->time) {
		track->ahead = clock - time;
		track->time = track->set_back = time;
	}
	if (time > track->time)
		track->time = time;
}

static void advance(struct track *track, u64 time)
{
	u64 now;

	set_time(track, time);
	now = (track->time + track->ahead) / 1000;
	if (now > track->now && now <= CAPTURE_LATEST / 1000) {
		track->now = now;
		hosts_advance(track->hosts, now);
	}
}

/**
 * track_packet() - take the next packet of a capture
 * @track: the table
 * @packet: the packet; not kept
 */
void track_packet(struct track *track, const struct capture_packet *packet)
{
	u32 hash = packet_hash(track, packet);
	struct track_flow *flow;
	bool begins = false;
	int dir;

	advance(track, packet->time);
	flow = find(track, hash, packet, &dir);
	if (!flow) {
		flow = begin(track, hash, packet, &dir, NULL);
		begins = true;
	} else if (begins_anew(track, flow, packet, dir)) {
		u32 syn = flow->syn;

		replace(track, flow);
		flow = begin(track, hash, packet, &dir,
			     is_syn_ack(packet) ? &syn : NULL);
		begins = true;
	}
	flow->last = track->time;
	if (flow->chances == 0 && !begins)
		flow->chances = CHANCES;
	if (packet->view.size) {
		flow->payloads++;
		flow->bytes += packet->view.size;
	}
	if (packet->proto == IPPROTO_TCP)
		tcp_packet(track, flow, packet, dir);
	else
		udp_packet(track, flow, packet, dir, begins);
}

static int older(const void *a, const void *b)
{
	const struct track_flow *x = *(const struct track_flow *const *)a;
	const struct track_flow *y = *(const struct track_flow *const *)b;

	if (x->first != y->first)
		return x->first < y->first ? -1 : 1;
	return x < y ? -1 : 1;
}

/**
 * track_finish() - the capture is over: hand out what is left, oldest first
 * @track: the table; only track_free() and the getters may follow
 *
 * Connections that are up stay up: the capture ended, not they.
 */
void track_finish(struct track *track)
{
	struct track_flow **list;
	u32 count = 0;

	list = must(malloc((track->top + 1) * sizeof(*list)));
	for (u32 i = 1; i <= track->top; i++)
		if (track->flows[i].used)
			list[count++] = &track->flows[i];
	qsort(list, count, sizeof(*list), older);
	for (u32 i = 0; i < count; i++)
		track->sink->flow(track->sink->context, list[i]);
	free(list);
	hosts_finish(track->hosts, track->now);
}

/**
 * track_new() - an empty table
 * @sink: where results go
 * @flows: how many flows are held before the silent ones are handed out
 * @explain: where messages are kept, or NULL
 *
 * Return: the table, to be freed with track_free(), or NULL without memory.
 */
struct track *track_new(const struct track_sink *sink, u32 flows,
			struct explain *explain)
{
	struct track *track = calloc(1, sizeof(*track));
	u32 buckets = 1;

	if (!track)
		return NULL;
	while (buckets < 2 * flows)
		buckets *= 2;
	track->sink = sink;
	track->explain = explain;
	track->limit = flows;
	track->mask = buckets - 1;
	track->now = 1; /* 0 means "never" in the host entries */
	track->hosts = hosts_new_sized(flows / FLOWS_PER_HOST, sink->session,
				       sink->context);
	track->buckets = calloc(buckets, sizeof(*track->buckets));
	track->flows = aligned_alloc(64, (flows + 1) * sizeof(*track->flows));
	if (getrandom(&track->seed, sizeof(track->seed), 0) < 0)
		track->seed = (u64)(uintptr_t)track;
	if (track->hosts && track->buckets && track->flows)
		return track;
	track_free(track);
	return NULL;
}

void track_free(struct track *track)
{
	if (!track)
		return;
	hosts_free(track->hosts);
	free(track->buckets);
	free(track->flows);
	free(track);
}

struct skype_hosts *track_hosts(const struct track *track)
{
	return track->hosts;
}

/* Flows seen so far. */
u64 track_flows(const struct track *track)
{
	return track->count;
}

/* Flows handed out before the end, for want of room. */
u64 track_flushed(const struct track *track)
{
	return track->flushed;
}
