// SPDX-License-Identifier: GPL-2.0
/*
 * The host tables of a capture.
 *
 * Each table is set-associative, as the kernel's are: the hash of the key names
 * a set of eight places.  With all eight taken, an expired entry makes room,
 * else the one that is worth least.  Tags stand beside the entries, so that a
 * look-up that finds nothing, as most do, reads one cache line.
 */
#include <stdlib.h>

#include "hosts.h"
#include "settings.h"

#define WAYS 8
#define TICK_MS 1000 /* a look at all clients takes as long as many packets */
#define PAST_MAX 8192 /* entries of a table that are kept beyond their time */

struct host_key {
	struct skype_addr addr;
	__be16 port;
	bool tcp;
};

/**
 * struct host_kind - what tells one table from another
 * @size: bytes of an entry
 * @last: where it keeps the time of its latest evidence
 * @is: an entry has this key
 * @init: give a zeroed entry its key
 * @expired: an entry counts as none
 * @worth: which one stays rather than another
 * @tells: an entry is to be listed even when its time is over; may be NULL
 * @gone: an entry is about to be overwritten; may be NULL
 */
struct host_kind {
	size_t size;
	size_t last;
	bool (*is)(const void *entry, const struct host_key *key);
	void (*init)(void *entry, const struct host_key *key, u64 now);
	bool (*expired)(const void *entry, u64 now);
	u32 (*worth)(const void *entry);
	bool (*tells)(const void *entry);
	void (*gone)(struct skype_hosts *hosts, const void *entry);
};

struct host_table {
	const struct host_kind *kind;
	u8 *entries;
	u32 *tags; /* 0: free */
	u8 *past; /* entries that expired or had to make room */
	u32 past_count;
};

struct skype_hosts {
	struct host_table endpoints;
	struct host_table supernodes;
	struct host_table clients;
	hosts_session_t *ended;
	void *context;
	u32 sets; /* of each table */
	u64 deadline; /* when the next session may have ended */
	u64 ticked; /* when that was last looked at */
	u64 evicted;
	u32 proofs;
};

/*
 * The same in every run, so that reports are.  Who makes keys collide has the
 * eight places of their set, and no look-up takes longer.
 */
static u32 key_hash(const struct host_key *key)
{
	u64 mix = (u64)key->port << 1 | key->tcp;

	for (int i = 0; i < 4; i++) {
		mix ^= key->addr.w[i];
		mix *= 0x9e3779b97f4a7c15ULL;
		mix ^= mix >> 32;
	}
	return (u32)mix;
}

static void *entry_at(const struct host_table *table, u32 place)
{
	return table->entries + (size_t)place * table->kind->size;
}

/* A capture's report is about all of it, so what it showed is not lost. */
static void keep_past(struct host_table *table, const void *entry)
{
	u32 count = table->past_count;
	size_t size = table->kind->size;

	if (count == PAST_MAX)
		return;
	if ((count & (count - 1)) == 0)
		table->past = must(reallocarray(table->past, 2 * count + 1,
						size));
	memcpy(table->past + size * count, entry, size);
	table->past_count++;
}

static void forget(struct skype_hosts *hosts, struct host_table *table,
		   u32 place)
{
	const struct host_kind *kind = table->kind;
	const void *entry = entry_at(table, place);

	if (!table->tags[place])
		return;
	if (kind->tells && kind->tells(entry))
		keep_past(table, entry);
	if (kind->gone)
		kind->gone(hosts, entry);
	table->tags[place] = 0;
}

/* Whether one entry goes before another: it is worth less, or is older. */
static bool goes_before(const struct host_table *table, u32 place, u32 other)
{
	const u8 *a = entry_at(table, place), *b = entry_at(table, other);
	u32 worth = table->kind->worth(a), most = table->kind->worth(b);
	u64 last, latest;

	memcpy(&last, a + table->kind->last, sizeof(last));
	memcpy(&latest, b + table->kind->last, sizeof(latest));
	return worth < most || (worth == most && last < latest);
}

/* The place in a set that can be had at the least loss. */
static u32 make_room(struct skype_hosts *hosts, struct host_table *table,
		     u32 set, u64 now)
{
	u32 best = set;

	for (u32 place = set; place < set + WAYS; place++) {
		if (!table->tags[place])
			return place;
		if (table->kind->expired(entry_at(table, place), now)) {
			forget(hosts, table, place);
			return place;
		}
		if (goes_before(table, place, best))
			best = place;
	}
	hosts->evicted++;
	forget(hosts, table, best);
	return best;
}

static void *table_get(struct skype_hosts *hosts, struct host_table *table,
		       const struct host_key *key, bool create, u64 now)
{
	u32 hash = key_hash(key);
	u32 set = hash % hosts->sets * WAYS, tag = hash | 1, place;
	void *entry;

	for (place = set; place < set + WAYS; place++) {
		if (table->tags[place] != tag)
			continue;
		entry = entry_at(table, place);
		if (!table->kind->is(entry, key))
			continue;
		if (!table->kind->expired(entry, now))
			return entry;
		forget(hosts, table, place);
		break;
	}
	if (!create)
		return NULL;
	place = make_room(hosts, table, set, now);
	entry = entry_at(table, place);
	memset(entry, 0, table->kind->size);
	table->kind->init(entry, key, now);
	table->tags[place] = tag;
	return entry;
}

/* Endpoints */

static bool endpoint_is(const void *entry, const struct host_key *key)
{
	const struct skype_endpoint *e = entry;

	return e->port == key->port && skype_addr_equal(&e->addr, &key->addr);
}

static void endpoint_init(void *entry, const struct host_key *key, u64 now)
{
	struct skype_endpoint *e = entry;

	e->addr = key->addr;
	e->port = key->port;
	e->first = e->last = now;
}

static bool endpoint_expired(const void *entry, u64 now)
{
	return skype_endpoint_expired(entry, now);
}

static u32 endpoint_worth(const void *entry)
{
	return skype_endpoint_worth(entry);
}

static bool endpoint_tells(const void *entry)
{
	const struct skype_endpoint *e = entry;

	return e->grade != SKYPE_GRADE_NONE || e->supernode;
}

static const struct host_kind endpoint_kind = {
	.size = sizeof(struct skype_endpoint),
	.last = offsetof(struct skype_endpoint, last),
	.is = endpoint_is,
	.init = endpoint_init,
	.expired = endpoint_expired,
	.worth = endpoint_worth,
	.tells = endpoint_tells,
};

struct skype_endpoint *skype_endpoint_find(struct skype_hosts *hosts,
					   const struct skype_addr *addr,
					   __be16 port, u64 now)
{
	struct host_key key = { .addr = *addr, .port = port };

	return table_get(hosts, &hosts->endpoints, &key, false, now);
}

struct skype_endpoint *skype_endpoint_get(struct skype_hosts *hosts,
					  const struct skype_addr *addr,
					  __be16 port, u64 now)
{
	struct host_key key = { .addr = *addr, .port = port };

	return table_get(hosts, &hosts->endpoints, &key, true, now);
}

void skype_endpoint_put(struct skype_hosts *hosts, struct skype_endpoint *e)
{
	(void)hosts;
	(void)e;
}

/* Described in core/packet.h; here every packet comes with its ends. */
const struct skype_ends *skype_packet_see_ends(const struct skype_packet *pkt)
{
	return pkt->ends;
}

/* No table here is so large that a quicker answer would pay. */
bool skype_endpoint_maybe_proven(const struct skype_hosts *hosts, __be16 port)
{
	(void)port;
	return hosts->proofs;
}

void skype_endpoint_proven(struct skype_hosts *hosts,
			   const struct skype_endpoint *e)
{
	(void)e;
	hosts->proofs++;
}

/* Super nodes */

static bool supernode_is(const void *entry, const struct host_key *key)
{
	const struct skype_supernode *s = entry;

	return s->port == key->port && s->tcp == key->tcp &&
	       skype_addr_equal(&s->addr, &key->addr);
}

static void supernode_init(void *entry, const struct host_key *key, u64 now)
{
	struct skype_supernode *s = entry;

	s->addr = key->addr;
	s->port = key->port;
	s->tcp = key->tcp;
	s->first = s->last = now;
}

static bool supernode_expired(const void *entry, u64 now)
{
	return skype_supernode_expired(entry, now);
}

static u32 supernode_worth(const void *entry)
{
	return skype_supernode_worth(entry);
}

static bool supernode_tells(const void *entry)
{
	const struct skype_supernode *s = entry;

	return s->grade >= SKYPE_GRADE_LIKELY;
}

static const struct host_kind supernode_kind = {
	.size = sizeof(struct skype_supernode),
	.last = offsetof(struct skype_supernode, last),
	.is = supernode_is,
	.init = supernode_init,
	.expired = supernode_expired,
	.worth = supernode_worth,
	.tells = supernode_tells,
};

struct skype_supernode *skype_supernode_find(struct skype_hosts *hosts,
					     const struct skype_addr *addr,
					     __be16 port, bool tcp, u64 now)
{
	struct host_key key = { .addr = *addr, .port = port, .tcp = tcp };

	return table_get(hosts, &hosts->supernodes, &key, false, now);
}

struct skype_supernode *skype_supernode_get(struct skype_hosts *hosts,
					    const struct skype_addr *addr,
					    __be16 port, bool tcp, u64 now)
{
	struct host_key key = { .addr = *addr, .port = port, .tcp = tcp };

	return table_get(hosts, &hosts->supernodes, &key, true, now);
}

void skype_supernode_put(struct skype_hosts *hosts, struct skype_supernode *s)
{
	(void)hosts;
	(void)s;
}

/* Clients and their sessions */

static bool client_is(const void *entry, const struct host_key *key)
{
	const struct skype_client *c = entry;

	return skype_addr_equal(&c->addr, &key->addr);
}

static void client_init(void *entry, const struct host_key *key, u64 now)
{
	struct skype_client *c = entry;

	c->addr = key->addr;
	c->first = c->last = now;
}

static bool client_expired(const void *entry, u64 now)
{
	return skype_client_expired(entry, now);
}

static u32 client_worth(const void *entry)
{
	return skype_client_worth(entry);
}

/*
 * A session that has ended was reported when it did; one that is closing ends
 * here, since no successor can be seen any more.
 */
static void client_gone(struct skype_hosts *hosts, const void *entry)
{
	struct skype_client c = *(const struct skype_client *)entry;

	if (c.state == SKYPE_SESSION_CLOSING)
		c.state = SKYPE_SESSION_ENDED;
	else if (c.state != SKYPE_SESSION_ACTIVE)
		return;
	hosts->ended(hosts->context, &c);
}

static const struct host_kind client_kind = {
	.size = sizeof(struct skype_client),
	.last = offsetof(struct skype_client, last),
	.is = client_is,
	.init = client_init,
	.expired = client_expired,
	.worth = client_worth,
	.gone = client_gone,
};

struct skype_client *skype_client_find(struct skype_hosts *hosts,
				       const struct skype_addr *addr, u64 now)
{
	struct host_key key = { .addr = *addr };

	return table_get(hosts, &hosts->clients, &key, false, now);
}

struct skype_client *skype_client_get(struct skype_hosts *hosts,
				      const struct skype_addr *addr, u64 now)
{
	struct host_key key = { .addr = *addr };

	return table_get(hosts, &hosts->clients, &key, true, now);
}

static void set_deadline(struct skype_hosts *hosts, const struct skype_client *c)
{
	u64 over = c->end + SKYPE_CHANGE_MS + 1;

	if (c->state == SKYPE_SESSION_CLOSING && over < hosts->deadline)
		hosts->deadline = over;
}

void skype_client_put(struct skype_hosts *hosts, struct skype_client *c)
{
	set_deadline(hosts, c);
}

/* End the sessions whose time is over; find when the next one may be. */
static void tick_clients(struct skype_hosts *hosts, u64 now)
{
	hosts->deadline = UINT64_MAX;
	hosts->ticked = now;
	for (u32 place = 0; place < hosts->sets * WAYS; place++) {
		struct skype_client *c;

		if (!hosts->clients.tags[place])
			continue;
		c = entry_at(&hosts->clients, place);
		if (c->state != SKYPE_SESSION_CLOSING)
			continue;
		skype_session_tick(c, now);
		if (c->state == SKYPE_SESSION_ENDED)
			hosts->ended(hosts->context, c);
		set_deadline(hosts, c);
	}
}

/**
 * hosts_advance() - let time go on, before a packet is inspected
 * @hosts: the tables
 * @now: time of the packet in milliseconds
 *
 * Sessions that ended by then are reported, those of the last second perhaps
 * later: when a new one of the same client takes their place, skype_flow_accepted()
 * hands them out.
 */
void hosts_advance(struct skype_hosts *hosts, u64 now)
{
	if (now >= hosts->deadline && now >= hosts->ticked + TICK_MS)
		tick_clients(hosts, now);
}

/**
 * hosts_finish() - the capture is over: report the sessions that are left
 * @hosts: the tables
 * @now: time of the last packet in milliseconds
 *
 * A session without a connection has ended, since no successor came; any other
 * one is reported as it stands.
 */
void hosts_finish(struct skype_hosts *hosts, u64 now)
{
	tick_clients(hosts, now + SKYPE_CHANGE_MS + 1);
	for (u32 place = 0; place < hosts->sets * WAYS; place++)
		forget(hosts, &hosts->clients, place);
}

/* How often an endpoint was proven: a change means that flows may be adopted. */
u32 hosts_proofs(const struct skype_hosts *hosts)
{
	return hosts->proofs;
}

/**
 * hosts_proven() - whether an address and UDP port are a proven endpoint
 * @hosts: the tables
 * @addr: the address
 * @port: the port, network byte order
 * @now: milliseconds
 */
bool hosts_proven(struct skype_hosts *hosts, const struct skype_addr *addr,
		  __be16 port, u64 now)
{
	const struct skype_endpoint *e =
		skype_endpoint_find(hosts, addr, port, now);

	return e && e->grade >= SKYPE_GRADE_LIKELY;
}

/* Entries that had to make room while they were still good. */
u64 hosts_evicted(const struct skype_hosts *hosts)
{
	return hosts->evicted;
}

static int older(u64 a, u64 b, const struct skype_addr *at,
		 const struct skype_addr *bt)
{
	if (a != b)
		return a < b ? -1 : 1;
	return memcmp(at, bt, sizeof(*at));
}

static int older_endpoint(const void *a, const void *b)
{
	const struct skype_endpoint *x = a, *y = b;
	int order = older(x->first, y->first, &x->addr, &y->addr);

	return order ? order : (int)ntohs(x->port) - (int)ntohs(y->port);
}

static int older_supernode(const void *a, const void *b)
{
	const struct skype_supernode *x = a, *y = b;
	int order = older(x->first, y->first, &x->addr, &y->addr);

	if (!order)
		order = (int)ntohs(x->port) - (int)ntohs(y->port);
	return order ? order : (int)x->tcp - (int)y->tcp;
}

static void *table_list(const struct skype_hosts *hosts,
			const struct host_table *table, size_t *count,
			int (*order)(const void *, const void *))
{
	size_t size = table->kind->size, used = table->past_count;
	u8 *list;

	for (u32 place = 0; place < hosts->sets * WAYS; place++)
		used += table->tags[place] != 0;
	list = must(malloc(used ? used * size : 1));
	*count = table->past_count;
	if (*count)
		memcpy(list, table->past, size * *count);
	for (u32 place = 0; place < hosts->sets * WAYS; place++)
		if (table->tags[place])
			memcpy(list + size * (*count)++,
			       entry_at(table, place), size);
	qsort(list, used, size, order);
	return list;
}

struct skype_endpoint *hosts_endpoints(const struct skype_hosts *hosts,
				       size_t *count)
{
	return table_list(hosts, &hosts->endpoints, count, older_endpoint);
}

struct skype_supernode *hosts_supernodes(const struct skype_hosts *hosts,
					 size_t *count)
{
	return table_list(hosts, &hosts->supernodes, count, older_supernode);
}

static bool table_init(struct host_table *table, const struct host_kind *kind,
		       u32 entries)
{
	table->kind = kind;
	table->tags = calloc(entries, sizeof(*table->tags));
	table->entries = calloc(entries, kind->size);
	return table->tags && table->entries;
}

static void table_free(struct host_table *table)
{
	free(table->tags);
	free(table->entries);
	free(table->past);
}

/**
 * hosts_new_sized() - empty tables
 * @entries: places in each table, rounded up to whole sets
 * @ended: called with every session that will not change any more
 * @context: passed to @ended
 *
 * Return: the tables, to be freed with hosts_free(), or NULL without memory.
 */
struct skype_hosts *hosts_new_sized(u32 entries, hosts_session_t *ended,
				    void *context)
{
	struct skype_hosts *hosts = calloc(1, sizeof(*hosts));

	if (!hosts)
		return NULL;
	hosts->sets = (entries + WAYS - 1) / WAYS;
	entries = hosts->sets * WAYS;
	hosts->ended = ended;
	hosts->context = context;
	hosts->deadline = UINT64_MAX;
	if (table_init(&hosts->endpoints, &endpoint_kind, entries) &&
	    table_init(&hosts->supernodes, &supernode_kind, entries) &&
	    table_init(&hosts->clients, &client_kind, entries))
		return hosts;
	hosts_free(hosts);
	return NULL;
}

/* Empty tables of the usual size; see hosts_new_sized(). */
struct skype_hosts *hosts_new(hosts_session_t *ended, void *context)
{
	return hosts_new_sized(HOSTS_ENTRIES, ended, context);
}

void hosts_free(struct skype_hosts *hosts)
{
	if (!hosts)
		return;
	table_free(&hosts->endpoints);
	table_free(&hosts->supernodes);
	table_free(&hosts->clients);
	free(hosts);
}
