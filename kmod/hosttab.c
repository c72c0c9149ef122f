// SPDX-License-Identifier: GPL-2.0
/*
 * Evidence across flows, bounded.
 *
 * Theory of Operation
 * -------------------
 *
 * Whoever sends packets chooses addresses and ports, so these tables are what
 * an attacker would fill.  They are allocated once, and an entry can only go to
 * one set of four places, by a keyed hash that nobody can aim at:
 *
 *	address, 2 bits of the port --keyed hash--> set of 4
 *
 * The hash is two multiplications with secret factors.  Nothing that leaves the
 * gateway shows which set an address has, so there is no output to solve the
 * key from, and for inputs chosen without it collisions come by chance only;
 * hsiphash would take five times as many instructions on each of the lookups
 * that a new UDP flow needs.
 *
 * An address has at most four sets, whatever ports it uses: it can fill 16
 * places of the 8192 and no more.  A full set gives up an entry that has expired
 * or is worth no more than a new one, else the oldest of those of least worth;
 * but no proven endpoint, and no client with a session (core/host.h).
 *
 * One kind of table serves three kinds of entries.  What differs is in struct
 * nf_skype_host_type.
 */
#include <linux/log2.h>
#include <linux/mm.h>
#include <linux/random.h>

#include "clock.h"
#include "hosttab.h"

#define LOCKS 64

/**
 * struct nf_skype_host_type - a kind of host entry
 * @size: bytes of an entry
 * @evicted: counter of evictions
 * @is: whether an entry has this key: address, port and protocol, as far as it counts
 * @start: make a new entry: its key and times, no evidence
 * @expired: whether an entry may be forgotten
 * @cheap: whether no more would be lost with it than with a new one
 * @worth: what would be lost with it
 * @firm: an entry worth that much makes no room for a new one
 * @last: when it was last used
 */
struct nf_skype_host_type {
	size_t size;
	enum nf_skype_counter evicted;
	bool (*is)(const void *entry, const struct skype_addr *addr, __be16 port,
		   bool tcp);
	void (*start)(void *entry, const struct skype_addr *addr, __be16 port,
		      bool tcp, u64 now);
	bool (*expired)(const void *entry, u64 now);
	bool (*cheap)(const void *entry);
	u32 (*worth)(const void *entry);
	u32 firm;
	u64 (*last)(const void *entry);
};

static inline bool endpoint_is(const void *entry, const struct skype_addr *addr,
			__be16 port, bool tcp)
{
	const struct skype_endpoint *e = entry;

	return skype_addr_equal(&e->addr, addr) && e->port == port;
}

static inline void endpoint_start(void *entry, const struct skype_addr *addr,
			__be16 port, bool tcp, u64 now)
{
	struct skype_endpoint *e = entry;

	e->addr = *addr;
	e->port = port;
	e->first = now;
	e->last = now;
	skype_endpoint_start(e);
}

static inline bool endpoint_expired(const void *entry, u64 now)
{
	return skype_endpoint_expired(entry, now);
}

static inline bool endpoint_is_cheap(const void *entry)
{
	return skype_endpoint_is_cheap(entry);
}

static inline u32 endpoint_worth(const void *entry)
{
	return skype_endpoint_worth(entry);
}

static inline u64 endpoint_last(const void *entry)
{
	return ((const struct skype_endpoint *)entry)->last;
}

static const struct nf_skype_host_type endpoint_type = {
	.size = sizeof(struct skype_endpoint),
	.evicted = NF_SKYPE_COUNT_HOST_EVICTED_ENDPOINT,
	.is = endpoint_is,
	.start = endpoint_start,
	.expired = endpoint_expired,
	.worth = endpoint_worth,
	.firm = SKYPE_ENDPOINT_FIRM,
	.cheap = endpoint_is_cheap,
	.last = endpoint_last,
};

static inline bool supernode_is(const void *entry, const struct skype_addr *addr,
			__be16 port, bool tcp)
{
	const struct skype_supernode *s = entry;

	return skype_addr_equal(&s->addr, addr) && s->port == port &&
	       s->tcp == tcp;
}

static inline void supernode_start(void *entry, const struct skype_addr *addr,
			__be16 port, bool tcp, u64 now)
{
	*(struct skype_supernode *)entry = (struct skype_supernode){
		.addr = *addr,
		.port = port,
		.tcp = tcp,
		.first = now,
		.last = now,
	};
}

static inline bool supernode_expired(const void *entry, u64 now)
{
	return skype_supernode_expired(entry, now);
}

static inline u32 supernode_worth(const void *entry)
{
	return skype_supernode_worth(entry);
}

static inline bool supernode_is_cheap(const void *entry)
{
	return !skype_supernode_worth(entry);
}

static inline u64 supernode_last(const void *entry)
{
	return ((const struct skype_supernode *)entry)->last;
}

static const struct nf_skype_host_type supernode_type = {
	.size = sizeof(struct skype_supernode),
	.evicted = NF_SKYPE_COUNT_HOST_EVICTED_SUPERNODE,
	.is = supernode_is,
	.start = supernode_start,
	.expired = supernode_expired,
	.worth = supernode_worth,
	.cheap = supernode_is_cheap,
	.firm = U32_MAX,
	.last = supernode_last,
};

static inline bool client_is(const void *entry, const struct skype_addr *addr,
			__be16 port, bool tcp)
{
	const struct skype_client *c = entry;

	return skype_addr_equal(&c->addr, addr);
}

static inline void client_start(void *entry, const struct skype_addr *addr,
			__be16 port, bool tcp, u64 now)
{
	*(struct skype_client *)entry = (struct skype_client){
		.addr = *addr,
		.first = now,
		.last = now,
	};
}

static inline bool client_expired(const void *entry, u64 now)
{
	return skype_client_expired(entry, now);
}

static inline u32 client_worth(const void *entry)
{
	return skype_client_worth(entry);
}

static inline bool client_is_cheap(const void *entry)
{
	return !skype_client_worth(entry);
}

static inline u64 client_last(const void *entry)
{
	return ((const struct skype_client *)entry)->last;
}

static const struct nf_skype_host_type client_type = {
	.size = sizeof(struct skype_client),
	.evicted = NF_SKYPE_COUNT_HOST_EVICTED_CLIENT,
	.is = client_is,
	.start = client_start,
	.expired = client_expired,
	.worth = client_worth,
	.cheap = client_is_cheap,
	.firm = SKYPE_CLIENT_FIRM,
	.last = client_last,
};

static void *entry_at(const struct nf_skype_hosttab *tab, unsigned int i)
{
	return tab->entries + i * tab->type->size;
}

static spinlock_t *lock_at(const struct nf_skype_hosttab *tab, unsigned int i)
{
	return &tab->locks[i / NF_SKYPE_WAYS % LOCKS];
}

static int table_init(struct nf_skype_hosttab *tab,
		      const struct nf_skype_host_type *type, unsigned int size,
		      struct nf_skype_stats __percpu *stats)
{
	unsigned int i;

	tab->type = type;
	tab->stats = stats;
	tab->sets = roundup_pow_of_two(max(size / NF_SKYPE_WAYS, 1U));
	size = tab->sets * NF_SKYPE_WAYS;
	tab->tags = kvcalloc(size, sizeof(*tab->tags), GFP_KERNEL_ACCOUNT);
	tab->entries = kvcalloc(size, type->size, GFP_KERNEL_ACCOUNT);
	tab->locks = kvcalloc(LOCKS, sizeof(*tab->locks), GFP_KERNEL_ACCOUNT);
	if (!tab->tags || !tab->entries || !tab->locks)
		return -ENOMEM;
	for (i = 0; i < LOCKS; i++)
		spin_lock_init(&tab->locks[i]);
	return 0;
}

static void table_free(struct nf_skype_hosttab *tab)
{
	kvfree(tab->tags);
	kvfree(tab->entries);
	kvfree(tab->locks);
	memset(tab, 0, sizeof(*tab));
}

/**
 * nf_skype_hosttab_init() - allocate the host tables of a namespace
 * @hosts: the tables
 * @size: entries of each; rounded up to a power of two
 * @stats: counts evictions
 *
 * Context: process; may sleep.
 * Return: 0 or -ENOMEM.
 */
int nf_skype_hosttab_init(struct skype_hosts *hosts, unsigned int size,
			  struct nf_skype_stats __percpu *stats)
{
	unsigned int i;

	get_random_bytes(&hosts->key, sizeof(hosts->key));
	for (i = 0; i < ARRAY_SIZE(hosts->key.factor); i++)
		hosts->key.factor[i] |= 1;
	hosts->proven_ports = kvcalloc(BITS_TO_LONGS(NF_SKYPE_PORTS),
				       sizeof(long), GFP_KERNEL_ACCOUNT);
	if (!hosts->proven_ports ||
	    table_init(&hosts->endpoints, &endpoint_type, size, stats) ||
	    table_init(&hosts->supernodes, &supernode_type, size, stats) ||
	    table_init(&hosts->clients, &client_type, size, stats)) {
		nf_skype_hosttab_free(hosts);
		return -ENOMEM;
	}
	return 0;
}

/**
 * nf_skype_hosttab_free() - free the host tables
 * @hosts: the tables; nobody else uses them any more
 */
void nf_skype_hosttab_free(struct skype_hosts *hosts)
{
	table_free(&hosts->endpoints);
	table_free(&hosts->supernodes);
	table_free(&hosts->clients);
	kvfree(hosts->proven_ports);
	hosts->proven_ports = NULL;
}

static size_t table_memory(const struct nf_skype_hosttab *tab)
{
	if (!tab->entries)
		return 0;
	return (size_t)nf_skype_hosttab_size(tab) *
	       (tab->type->size + sizeof(*tab->tags)) +
	       LOCKS * sizeof(*tab->locks);
}

/* Bytes that the tables take. */
size_t nf_skype_hosttab_memory(const struct skype_hosts *hosts)
{
	return table_memory(&hosts->endpoints) +
	       table_memory(&hosts->supernodes) +
	       table_memory(&hosts->clients) +
	       (hosts->proven_ports ? NF_SKYPE_PORTS / BITS_PER_BYTE : 0);
}

/* Places in a table. */
unsigned int nf_skype_hosttab_size(const struct nf_skype_hosttab *tab)
{
	return tab->sets * NF_SKYPE_WAYS;
}

/**
 * nf_skype_hosttab_copy() - a copy of one entry
 * @tab: the table
 * @i: its place
 * @copy: where it goes
 * @now: nf_skype_now()
 *
 * Return: false when the place is free or its entry has expired.
 */
bool nf_skype_hosttab_copy(struct nf_skype_hosttab *tab, unsigned int i,
			   void *copy, u64 now)
{
	spinlock_t *lock = lock_at(tab, i);
	bool alive;

	if (!READ_ONCE(tab->tags[i]))
		return false;
	spin_lock_bh(lock);
	alive = tab->tags[i] && !tab->type->expired(entry_at(tab, i), now);
	if (alive)
		memcpy(copy, entry_at(tab, i), tab->type->size);
	spin_unlock_bh(lock);
	return alive;
}

/* Entries in use; expired ones are not.  Context: process. */
unsigned int nf_skype_hosttab_used(struct nf_skype_hosttab *tab, u64 now)
{
	unsigned int i, used = 0;

	for (i = 0; i < nf_skype_hosttab_size(tab); i++) {
		spinlock_t *lock = lock_at(tab, i);

		if (!READ_ONCE(tab->tags[i]))
			continue;
		spin_lock_bh(lock);
		used += tab->tags[i] &&
			!tab->type->expired(entry_at(tab, i), now);
		spin_unlock_bh(lock);
		cond_resched();
	}
	return used;
}

/**
 * nf_skype_hosttab_flush() - forget all entries
 * @tab: the table
 *
 * Packets may make new ones meanwhile.
 *
 * Context: process.
 */
void nf_skype_hosttab_flush(struct nf_skype_hosttab *tab)
{
	unsigned int i;

	for (i = 0; i < nf_skype_hosttab_size(tab); i++) {
		spinlock_t *lock = lock_at(tab, i);

		spin_lock_bh(lock);
		WRITE_ONCE(tab->tags[i], 0);
		spin_unlock_bh(lock);
		cond_resched();
	}
}

static u64 pair(__be32 high, __be32 low)
{
	return (u64)(__force u32)high << 32 | (__force u32)low;
}

static __always_inline u32 hash_of(const struct nf_skype_host_key *key,
				   const struct skype_addr *addr, u16 port)
{
	u64 mix = pair(addr->w[3], 0) | port;

	if (!skype_addr_is_v4(addr))
		mix += pair(addr->w[0], addr->w[1]) * key->factor[2] +
		       (__force u32)addr->w[2] * key->factor[1];
	mix = (mix + key->add) * key->factor[0];
	mix = (mix ^ mix >> 32) * key->factor[1];
	return mix >> 32;
}

static u32 tag_of(u32 hash, __be16 port, bool tcp)
{
	return (hash ^ (u32)ntohs(port) << 16 ^ (u32)tcp << 15) | 1;
}

/* Of a set in which every entry is worth something, the one missed least, if any. */
static noinline unsigned int least_of(const struct nf_skype_host_type *type,
				      const void *entry)
{
	unsigned int way, victim = 0;
	u32 least = U32_MAX;
	u64 oldest = U64_MAX;

	for (way = 0; way < NF_SKYPE_WAYS; way++, entry += type->size) {
		u32 worth = type->worth(entry);
		u64 last = type->last(entry);

		if (worth > least || (worth == least && last >= oldest))
			continue;
		victim = way;
		least = worth;
		oldest = last;
	}
	return least < type->firm ? victim : NF_SKYPE_WAYS;
}

static __always_inline void *entry_of(const struct nf_skype_hosttab *tab,
				      const struct nf_skype_host_type *type,
				      const u32 *tag)
{
	return tab->entries + (tag - tab->tags) * type->size;
}

/* Of a set, the place of an entry that may go, whichever is looked at first. */
static noinline u32 *dispensable(struct nf_skype_hosttab *tab,
				 const struct nf_skype_host_type *type, u32 *set,
				 u32 from, u64 now)
{
	unsigned int i, way;

	for (i = 0; i < NF_SKYPE_WAYS; i++) {
		u32 *place = set + (from + i) % NF_SKYPE_WAYS;

		if (type->expired(entry_of(tab, type, place), now))
			return place;
		if (type->cheap(entry_of(tab, type, place))) {
			nf_skype_count(tab->stats, type->evicted);
			return place;
		}
	}
	way = least_of(type, entry_of(tab, type, set));
	nf_skype_count(tab->stats, way < NF_SKYPE_WAYS ? type->evicted :
							 NF_SKYPE_COUNT_HOST_NO_ROOM);
	return way < NF_SKYPE_WAYS ? set + way : NULL;
}

/*
 * The place to go from a set without a free one: that of an entry which is worth no
 * more than a new one, or has expired, or else of the one worth least.  NULL: all of
 * them are worth too much.
 */
static __always_inline u32 *victim_of(struct nf_skype_hosttab *tab,
				      const struct nf_skype_host_type *type,
				      u32 *set, u32 from, u64 now)
{
	u32 *place = set + from % NF_SKYPE_WAYS;

	if (!type->cheap(entry_of(tab, type, place)))
		return dispensable(tab, type, set, from, now);
	if ((u32)now - (u32)type->last(entry_of(tab, type, place)) <= SKYPE_EVIDENCE_MS)
		nf_skype_count(tab->stats, type->evicted); /* it had not expired */
	return place;
}

/* Where a key's entry may be, and how it is told from others. */
struct place {
	u32 hash;
	u32 tag;
	u32 *set;
	spinlock_t *lock;
};

static __always_inline struct place place_of(const struct skype_hosts *hosts,
					     const struct nf_skype_hosttab *tab,
					     const struct skype_addr *addr,
					     __be16 port, bool tcp)
{
	u32 hash = hash_of(&hosts->key, addr, ntohs(port) & 3);
	unsigned int at = (hash & (tab->sets - 1)) * NF_SKYPE_WAYS;

	return (struct place){
		.hash = hash,
		.tag = tag_of(hash, port, tcp),
		.set = tab->tags + at,
		.lock = lock_at(tab, at),
	};
}

/* Whether a locked entry is a key's, and still counts. */
static __always_inline bool is_of(const struct nf_skype_host_type *type, const void *entry,
				  const struct skype_addr *addr, __be16 port, bool tcp,
				  u64 now)
{
	return type->is(entry, addr, port, tcp) && !type->expired(entry, now);
}

/*
 * The entry of a key, locked until table_put(), or NULL.  The type is given
 * where it is known, so that the calls by it need no pointers.
 */
static __always_inline void *table_find(struct skype_hosts *hosts,
					struct nf_skype_hosttab *tab,
					const struct nf_skype_host_type *type,
					const struct skype_addr *addr,
					__be16 port, bool tcp, u64 now)
{
	struct place place = place_of(hosts, tab, addr, port, tcp);
	u32 *tag = nf_skype_tags_find(place.set, place.tag); /* a hint, which may miss */
	void *entry;

	if (!tag)
		return NULL;
	entry = entry_of(tab, type, tag);
	spin_lock(place.lock);
	if (likely(*tag == place.tag && is_of(type, entry, addr, port, tcp, now))) {
		__release(place.lock); /* the caller's, until it puts the entry */
		return entry;
	}
	spin_unlock(place.lock);
	return NULL;
}

/* As table_find(), and where there is none, one is made; NULL: there was no room. */
static __always_inline void *table_get(struct skype_hosts *hosts,
				       struct nf_skype_hosttab *tab,
				       const struct nf_skype_host_type *type,
				       const struct skype_addr *addr,
				       __be16 port, bool tcp, u64 now)
{
	struct place place = place_of(hosts, tab, addr, port, tcp);
	void *entry;
	u32 *tag;

	spin_lock(place.lock);
	tag = nf_skype_tags_find(place.set, place.tag);
	if (tag) {
		entry = entry_of(tab, type, tag);
		if (is_of(type, entry, addr, port, tcp, now)) {
			__release(place.lock);
			return entry;
		}
	} else {
		tag = nf_skype_tags_find(place.set, 0);
		if (unlikely(!tag))
			tag = victim_of(tab, type, place.set, place.hash >> 8, now);
		if (unlikely(!tag)) {
			spin_unlock(place.lock);
			return NULL;
		}
		entry = entry_of(tab, type, tag);
	}
	type->start(entry, addr, port, tcp, now); /* in the place of one of the same tag, if any */
	WRITE_ONCE(*tag, place.tag);
	__release(place.lock);
	return entry;
}

static __always_inline void table_put(struct nf_skype_hosttab *tab,
				      const struct nf_skype_host_type *type,
				      const void *entry)
{
	spinlock_t *lock;

	lock = lock_at(tab, (entry - tab->entries) / type->size);
	lockdep_assert_held(lock);
	__acquire(lock);
	spin_unlock(lock);
}

/* The functions below are described in core/host.h.  Context: BH off. */

struct skype_endpoint *skype_endpoint_find(struct skype_hosts *hosts,
					   const struct skype_addr *addr,
					   __be16 port, u64 now)
{
	return table_find(hosts, &hosts->endpoints, &endpoint_type, addr, port, false, now);
}

struct skype_endpoint *skype_endpoint_get(struct skype_hosts *hosts,
					  const struct skype_addr *addr,
					  __be16 port, u64 now)
{
	return table_get(hosts, &hosts->endpoints, &endpoint_type, addr, port, false, now);
}

bool skype_endpoint_maybe_proven(const struct skype_hosts *hosts, __be16 port)
{
	return nf_skype_hosttab_has_port(hosts, port);
}

void skype_endpoint_put(struct skype_hosts *hosts, struct skype_endpoint *e)
{
	table_put(&hosts->endpoints, &endpoint_type, e);
}

struct skype_supernode *skype_supernode_find(struct skype_hosts *hosts,
					     const struct skype_addr *addr,
					     __be16 port, bool tcp, u64 now)
{
	return table_find(hosts, &hosts->supernodes, &supernode_type, addr, port, tcp, now);
}

struct skype_supernode *skype_supernode_get(struct skype_hosts *hosts,
					    const struct skype_addr *addr,
					    __be16 port, bool tcp, u64 now)
{
	return table_get(hosts, &hosts->supernodes, &supernode_type, addr, port, tcp, now);
}

void skype_supernode_put(struct skype_hosts *hosts, struct skype_supernode *s)
{
	table_put(&hosts->supernodes, &supernode_type, s);
}

struct skype_client *skype_client_find(struct skype_hosts *hosts,
				       const struct skype_addr *addr, u64 now)
{
	return table_find(hosts, &hosts->clients, &client_type, addr, 0, false, now);
}

struct skype_client *skype_client_get(struct skype_hosts *hosts,
				      const struct skype_addr *addr, u64 now)
{
	return table_get(hosts, &hosts->clients, &client_type, addr, 0, false, now);
}

void skype_client_put(struct skype_hosts *hosts, struct skype_client *c)
{
	table_put(&hosts->clients, &client_type, c);
}
