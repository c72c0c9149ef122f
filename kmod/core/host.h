/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Evidence across flows: endpoints, super nodes, clients with their sessions
 * (signatures.md, sections 3, 4.3 and 5).
 *
 * The tables belong to the caller, who finds, creates, evicts and locks
 * entries; the rules on one entry are here.  Times are milliseconds on the
 * clock of skype_packet.now.
 */
#ifndef SKYPE_CORE_HOST_H
#define SKYPE_CORE_HOST_H

#include "flow.h"
#include "packet.h"

#define SKYPE_EVIDENCE_MS (30 * 60 * 1000ULL) /* evidence expires */
#define SKYPE_RECENT_MS (10 * 60 * 1000ULL)   /* "other evidence" of port 80 v2.5 */
#define SKYPE_CHANGE_MS (60 * 1000ULL)        /* a successor may still come */
#define SKYPE_TELL_MS 1000                    /* of a client's use, at most so often */
#define SKYPE_CHAIN_PROOF 8                   /* peers of a proving id chain */
#define SKYPE_PAIR_PROOF 3                    /* peers of U1-U4 pairs */
#define SKYPE_CLIENT_TAGS 8

/**
 * struct skype_endpoint - an address and UDP port that sends probes
 * @addr: own address of the host (key)
 * @port: own UDP port, network byte order (key)
 * @first: when the entry was made
 * @last: when the latest evidence came; the entry expires SKYPE_EVIDENCE_MS
 *	after it
 * @told: when its requests last told the client's entry; low 32 bits
 * @requests: flows that it opened with a U1
 * @peers: different peers among them (the latest eight are told apart)
 * @chain: longest run of ids that climbed by 2 over different peers
 * @run: length of the present run
 * @run_id: id of the latest request, host byte order
 * @run_tags: fingerprints of the latest peers of the present run, a ring
 * @peer_tags: fingerprints of the latest peers, a ring
 * @pair_tags: peers of U1-U4 pairs of exact sizes
 * @pair_ids: ids of their requests
 * @pairs: number of these
 * @nack_tag: peer of the latest NACK that fixed @public; 0 for none
 * @nack_id: id of the request that it has answered
 * @hinted: when the latest pair or NACK came
 * @public: public address that the NACKs carry, network byte order; 0 for none
 * @grade: SKYPE_GRADE_NONE until proven, then likely or certain
 * @supernode: this host answers others' probes or accepts their handshakes
 */
struct skype_endpoint {
	struct skype_addr addr;
	__be16 port;
	u8 grade;
	bool supernode;
	u32 told;
	u64 first;
	u64 last;
	u32 requests;
	u32 peers;
	u32 chain;
	u32 run;
	u16 run_id;
	u16 nack_id;
	u16 pair_ids[SKYPE_PAIR_PROOF];
	u8 pairs;
	u32 run_tags[SKYPE_CHAIN_PROOF];
	u32 peer_tags[SKYPE_CHAIN_PROOF];
	u32 pair_tags[SKYPE_PAIR_PROOF];
	u32 nack_tag;
	__be32 public;
	u64 hinted;
};

/**
 * struct skype_supernode - a node that answered positively
 * @addr: its address, as its clients know it (key)
 * @port: its port, network byte order (key)
 * @tcp: the entry is about TCP (an accepted handshake), not UDP (key)
 * @grade: grade of the best flow that showed it
 * @proven: when a proven client showed it, so that its evidence serves every
 *	client; 0: none did
 * @first: when the entry was made
 * @last: when the latest evidence came
 * @clients: clients that it answered
 * @client_tags: fingerprints of the latest of them, a ring
 */
struct skype_supernode {
	struct skype_addr addr;
	__be16 port;
	bool tcp;
	u8 grade;
	u32 clients;
	u64 first;
	u64 last;
	u64 proven;
	u32 client_tags[SKYPE_CLIENT_TAGS];
};

enum skype_session_state {
	SKYPE_SESSION_NONE,    /* evidence only: the client has no session */
	SKYPE_SESSION_ACTIVE,
	SKYPE_SESSION_CLOSING, /* no connection is up; a successor may come */
	SKYPE_SESSION_ENDED,
};

/**
 * struct skype_client - a client address, with its session if it has one
 * @addr: own address of the client (key)
 * @first: when the entry was made
 * @last: latest evidence of grade likely or better
 * @state: enum skype_session_state
 * @version: enum skype_version
 * @met: a connection was seen to be up; cleared by who looks for lost ones
 * @up: super node connections that are up
 * @node: the present super node, as the client knows it
 * @node_port: its port, network byte order (443 and 80 show the fallback)
 * @client_port: the client's port of that connection, network byte order; 0: it
 *	was closed, and which ones are left is not known
 * @start: of the session
 * @end: when its last connection closed; 0 while one is up
 * @changes: super node changes
 */
struct skype_client {
	struct skype_addr addr;
	u64 first;
	u64 last;
	u8 state;
	u8 version;
	bool met;
	u16 up;
	struct skype_addr node;
	__be16 node_port;
	__be16 client_port;
	u64 start;
	u64 end;
	u32 changes;
};

/*
 * Milliseconds from @then to @now; 0 when another processor's clock reading,
 * taken a moment later, was stored first.
 */
static inline u64 skype_since(u64 now, u64 then)
{
	return now > then ? now - then : 0;
}

/*
 * What the caller provides.  An entry is locked from find or get, which makes one
 * where there is none, until it is put; the core never holds two.  NULL: there is
 * none, or there was no room.  An expired entry (skype_*_expired()) counts as none.
 */
struct skype_hosts;

struct skype_endpoint *skype_endpoint_find(struct skype_hosts *hosts,
					   const struct skype_addr *addr,
					   __be16 port, u64 now);
struct skype_endpoint *skype_endpoint_get(struct skype_hosts *hosts,
					  const struct skype_addr *addr,
					  __be16 port, u64 now);
void skype_endpoint_put(struct skype_hosts *hosts, struct skype_endpoint *e);
/*
 * Whether an endpoint of this port may be proven: false is certain, and quicker
 * than looking for the endpoint.
 */
bool skype_endpoint_maybe_proven(const struct skype_hosts *hosts, __be16 port);
/* Called under the endpoint's lock when it has just become proven. */
void skype_endpoint_proven(struct skype_hosts *hosts,
			   const struct skype_endpoint *e);

struct skype_supernode *skype_supernode_find(struct skype_hosts *hosts,
					     const struct skype_addr *addr,
					     __be16 port, bool tcp, u64 now);
struct skype_supernode *skype_supernode_get(struct skype_hosts *hosts,
					    const struct skype_addr *addr,
					    __be16 port, bool tcp, u64 now);
void skype_supernode_put(struct skype_hosts *hosts, struct skype_supernode *s);

struct skype_client *skype_client_find(struct skype_hosts *hosts,
				       const struct skype_addr *addr, u64 now);
struct skype_client *skype_client_get(struct skype_hosts *hosts,
				      const struct skype_addr *addr, u64 now);
void skype_client_put(struct skype_hosts *hosts, struct skype_client *c);

/**
 * skype_endpoint_expired() - whether an endpoint's evidence is too old
 * @e: the locked entry
 * @now: time in milliseconds
 *
 * Return: true 30 minutes after the last evidence (section 5).
 */
static inline bool skype_endpoint_expired(const struct skype_endpoint *e, u64 now)
{
	return skype_since(now, e->last) > SKYPE_EVIDENCE_MS;
}

/* As skype_endpoint_expired(), for super nodes. */
static inline bool skype_supernode_expired(const struct skype_supernode *s, u64 now)
{
	return skype_since(now, s->last) > SKYPE_EVIDENCE_MS;
}

/* As skype_endpoint_expired(); a client with a session does not expire. */
static inline bool skype_client_expired(const struct skype_client *c, u64 now)
{
	return c->state != SKYPE_SESSION_ACTIVE &&
	       c->state != SKYPE_SESSION_CLOSING &&
	       skype_since(now, c->last) > SKYPE_EVIDENCE_MS;
}

/**
 * skype_endpoint_worth() - what a full table would lose with this entry
 * @e: the locked entry
 *
 * A proven endpoint is worth more than any unproven one, and a run under way
 * more than single requests: a flood of single spoofed ones only ever pushes
 * out its own kind.
 *
 * Return: a rank; the entry of the lowest goes first, of equal ones the oldest.
 */
static inline u32 skype_endpoint_worth(const struct skype_endpoint *e)
{
	u32 run = e->run < SKYPE_CHAIN_PROOF ? e->run : SKYPE_CHAIN_PROOF;

	return (u32)e->grade << 8 | (e->supernode ? 1u << 7 : 0) |
	       (e->nack_tag ? 1u << 6 : 0) | run;
}

/* Whether it is worth no more than the single request that a new entry has. */
static inline bool skype_endpoint_is_cheap(const struct skype_endpoint *e)
{
	return !(e->grade | e->supernode | e->nack_tag) && e->run <= 1;
}

/* As skype_endpoint_worth(), for super nodes. */
static inline u32 skype_supernode_worth(const struct skype_supernode *s)
{
	return (u32)s->grade << 1 | (s->proven != 0);
}

/* As skype_endpoint_worth(), for clients: sessions that are up stay. */
static inline u32 skype_client_worth(const struct skype_client *c)
{
	static const u8 worth[] = {
		[SKYPE_SESSION_NONE] = 0,
		[SKYPE_SESSION_ACTIVE] = 3,
		[SKYPE_SESSION_CLOSING] = 2,
		[SKYPE_SESSION_ENDED] = 1,
	};

	return worth[c->state & 3];
}

/* Entries worth so much do not go for a new one: proven; with a session. */
#define SKYPE_ENDPOINT_FIRM ((u32)SKYPE_GRADE_LIKELY << 8)
#define SKYPE_CLIENT_FIRM 2

/**
 * skype_endpoint_start() - make a new entry one without evidence
 * @e: the locked entry; its key and times are there
 *
 * The rings are left as they are: their counts tell how much of them holds.
 */
static inline void skype_endpoint_start(struct skype_endpoint *e)
{
	e->grade = SKYPE_GRADE_NONE;
	e->supernode = false;
	e->told = 0;
	e->requests = 0;
	e->peers = 0;
	e->chain = 0;
	e->run = 0;
	e->run_id = 0;
	e->pairs = 0;
	e->nack_tag = 0;
	e->public = 0;
}

/*
 * Whether a request of a proven endpoint need not tell the client's entry, because
 * another one has within the last second.
 */
static inline bool skype_endpoint_has_told(const struct skype_endpoint *e, u64 now)
{
	return e->told && (u32)now - e->told < SKYPE_TELL_MS;
}

/* The rules on one locked entry. */
bool skype_endpoint_request_again(struct skype_endpoint *e, u16 id, u32 peer, u64 now);
bool skype_endpoint_nack(struct skype_endpoint *e, __be32 public, u16 id, u32 peer,
			 u64 now);
bool skype_endpoint_prove(struct skype_endpoint *e, enum skype_grade grade,
			  u64 now);
bool skype_supernode_serves(const struct skype_supernode *s, u32 client, u64 now);
void skype_session_closed(struct skype_client *c, const struct skype_end *client,
			  const struct skype_end *node, u64 now);
void skype_session_gone(struct skype_client *c, u64 now);
void skype_session_met(struct skype_client *c, const struct skype_end *client,
		       const struct skype_end *node);

/* Four at a time: full rings of eight are what a start comes to. */
static inline bool skype_tag_seen(const u32 *tags, u32 count, u32 tag)
{
	for (; count >= 4; count -= 4, tags += 4)
		if (tags[0] == tag || tags[1] == tag || tags[2] == tag || tags[3] == tag)
			return true;
	while (count--)
		if (tags[count] == tag)
			return true;
	return false;
}

/* Add to a ring of recent tags; says whether it was not there. */
static inline bool skype_tag_add(u32 *tags, u32 size, u32 *count, u32 tag)
{
	if (skype_tag_seen(tags, *count < size ? *count : size, tag))
		return false;
	tags[(*count)++ % size] = tag;
	return true;
}

/*
 * A pair or a NACK comes.  Those before it expire by their own time: requests, of
 * which a busy node of another network sends one that looks right in 256, keep the
 * entry.
 */
static inline void skype_endpoint_forget_hints(struct skype_endpoint *e, u64 now)
{
	if (skype_since(now, e->hinted) <= SKYPE_EVIDENCE_MS)
		return;
	e->pairs = 0;
	e->nack_tag = 0;
}

/**
 * skype_endpoint_pair() - count a U1-U4 pair of exact sizes
 * @e: the locked entry
 * @id: id of the request, host byte order
 * @peer: fingerprint of the node that answered
 * @now: time in milliseconds
 *
 * Until there are three, one more of the same peer is nothing new.
 *
 * Return: true when three different peers have answered as many requests (section 5).
 */
static inline bool skype_endpoint_pair(struct skype_endpoint *e, u16 id, u32 peer,
				       u64 now)
{
	u8 i;

	skype_endpoint_forget_hints(e, now);
	if (e->pairs >= SKYPE_PAIR_PROOF) {
		e->hinted = now;
		return true;
	}
	for (i = 0; i < e->pairs; i++)
		if (e->pair_ids[i] == id || e->pair_tags[i] == peer)
			return false;
	e->pair_ids[i] = id;
	e->pair_tags[i] = peer;
	e->pairs = i + 1;
	e->hinted = now;
	return e->pairs == SKYPE_PAIR_PROOF;
}

/**
 * skype_supernode_answer() - a node has answered a client positively
 * @s: the locked entry
 * @client: fingerprint of the client
 * @grade: grade of the flow that showed it
 * @proven: the client is proven, so the answer counts for every client
 * @now: time in milliseconds
 */
static inline void skype_supernode_answer(struct skype_supernode *s, u32 client,
			    enum skype_grade grade, bool proven, u64 now)
{
	skype_tag_add(s->client_tags, SKYPE_CLIENT_TAGS, &s->clients, client);
	if (grade > s->grade)
		s->grade = grade;
	if (proven)
		s->proven = now;
	s->last = now;
}

/**
 * skype_client_shows() - a flow of the client is likely or better
 * @hosts: the host tables
 * @addr: the client's own address
 * @now: time in milliseconds
 */
static inline void skype_client_shows(struct skype_hosts *hosts,
				      const struct skype_addr *addr, u64 now)
{
	struct skype_client *client = skype_client_get(hosts, addr, now);

	if (!client)
		return;
	client->last = now;
	skype_client_put(hosts, client);
}

/**
 * skype_session_tick() - let time end a session (section 5)
 * @c: the locked entry
 * @now: time in milliseconds
 *
 * Return: SKYPE_EVENT_SESSION_END when 60 s have passed without a successor,
 * else 0.
 */
static inline u32 skype_session_tick(struct skype_client *c, u64 now)
{
	if (c->state != SKYPE_SESSION_CLOSING || skype_since(now, c->end) <= SKYPE_CHANGE_MS)
		return 0;
	c->state = SKYPE_SESSION_ENDED;
	return SKYPE_EVENT_SESSION_END;
}

static inline void skype_session_starts(struct skype_client *c, enum skype_version version,
			   u64 now)
{
	c->start = now;
	c->changes = 0;
	c->up = 0;
	c->version = version;
}

/* What is shown of a session's connections: the latest. */
static inline void skype_session_remember(struct skype_client *c,
				const struct skype_end *client,
				const struct skype_end *node)
{
	c->met = true;
	c->node = node->seen;
	c->node_port = node->seen_port;
	c->client_port = client->own_port;
}

/**
 * skype_session_accepted() - a super node accepted the client (section 3)
 * @c: the locked entry
 * @client: the client's end of the connection
 * @node: the super node's end
 * @version: version guess of the connection
 * @now: time in milliseconds; skype_session_tick() knows it
 *
 * Return: enum skype_event: a start, or a super node change.
 */
static inline u32 skype_session_accepted(struct skype_client *c, const struct skype_end *client,
			   const struct skype_end *node,
			   enum skype_version version, u64 now)
{
	bool goes_on = c->state == SKYPE_SESSION_ACTIVE ||
		       c->state == SKYPE_SESSION_CLOSING;

	if (goes_on)
		c->changes++;
	else
		skype_session_starts(c, version, now);
	if (c->version == SKYPE_VERSION_UNKNOWN)
		c->version = version;
	c->state = SKYPE_SESSION_ACTIVE;
	c->up++;
	c->end = 0;
	skype_session_remember(c, client, node);
	return goes_on ? SKYPE_EVENT_SUPERNODE_CHANGE : SKYPE_EVENT_SESSION_START;
}

static inline void skype_run_starts(struct skype_endpoint *e, u16 id, u32 peer)
{
	e->run = 1;
	e->run_id = id;
	e->run_tags[0] = peer;
}

/**
 * skype_endpoint_request() - count a flow that the endpoint opened by a U1
 * @e: the locked entry
 * @id: request id, host byte order
 * @peer: fingerprint of the node probed
 * @now: time in milliseconds
 *
 * The id chain of section 5: a step of +2 to a new peer counts, +4 to +16 goes
 * on, the same id again is ignored, anything else starts anew.
 *
 * Return: true when this request is the eighth of its run.
 */
static inline bool skype_endpoint_request(struct skype_endpoint *e, u16 id, u32 peer,
					  u64 now)
{
	if (e->requests)
		return skype_endpoint_request_again(e, id, peer, now);
	e->requests = 1;
	e->peers = 1;
	e->peer_tags[0] = peer;
	e->chain = 1;
	e->last = now;
	skype_run_starts(e, id, peer);
	return false;
}

#endif /* SKYPE_CORE_HOST_H */
