/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The flow table: flows under inspection and Skype flows, one cache line each.
 * A flow without an entry is settled.
 *
 * Lock order, outermost first:
 *
 *	nf_skype_net.lock            mutex: enabling, policy, dumps
 *	  nf_conntrack_locks         when all conntracks are visited
 *	    nf_skype_flowtab.locks   one of a flow's set, BH off
 *	      nf_skype_hosttab.locks one of a host entry's set, BH off, never two
 */
#ifndef NF_SKYPE_FLOWTAB_H
#define NF_SKYPE_FLOWTAB_H

#include <linux/cache.h>
#include <linux/spinlock.h>
#include <net/netfilter/nf_conntrack.h>

#include "clock.h"
#include "conntrack.h"
#include "core/flow.h"
#include "stats.h"
#include "tags.h"

#define NF_SKYPE_FLOW_SET (NF_SKYPE_WAYS * sizeof(u32)) /* bytes of tags */
#define NF_SKYPE_FLOW_LOCKS 256

/*
 * Instead of the tag of an entry that is still being filled in.  No conntrack has
 * it: their addresses are even, and so are their tags.
 */
#define NF_SKYPE_TAG_CLAIMED 1

/*
 * What nf_skype_entry.policy holds.  Of a flow that is done and accepted it has the
 * first two only, REPLIED aside: so one comparison tells a packet that there is
 * nothing to do but to count it for its rule.
 */
#define NF_SKYPE_ENTRY_RULE 0x01ff	 /* its place plus one; 0: none acts */
#define NF_SKYPE_ENTRY_UNKNOWN 0x01ff	 /* this for a rule: not evaluated yet */
#define NF_SKYPE_ENTRY_GENERATION 0x0200 /* of the policy that has the rule */
#define NF_SKYPE_ENTRY_DROP 0x0400	 /* the rule drops */
#define NF_SKYPE_ENTRY_INSPECT 0x0800	 /* payload may tell more */
#define NF_SKYPE_ENTRY_CLOSES 0x1000	 /* its FIN or RST will tell something */
#define NF_SKYPE_ENTRY_REPLIED 0x8000	 /* both directions were seen */

/**
 * struct nf_skype_entry - a flow in the table
 * @above: the higher half of its conntrack's address; the tag tells the lower
 * @id: nf_skype_flowtab_id()
 * @mark: its conntrack's mark as the flow's last packet left it
 * @first: time of the first packet, nf_skype_now(), low 32 bits
 * @last: time of the latest one, likewise; 8 s behind at most
 * @policy: NF_SKYPE_ENTRY_*
 * @flow: the core's state
 *
 * Written by who has claimed the place, until the tag is there; then under the set's
 * lock, @last excepted.  @policy, @id and @mark are read without it:
 * nf_skype_flowtab_word().
 */
struct nf_skype_entry {
	u32 above;
	u32 id;
	u32 mark;
	u32 first;
	u32 last;
	u16 policy;
	struct skype_flow flow;
} __aligned(64);

static_assert(sizeof(struct nf_skype_entry) == 64, "one cache line");

struct nf_skype_set_lock {
	spinlock_t lock;
} ____cacheline_aligned_in_smp;

/**
 * struct nf_skype_flowtab - the flow table of a namespace
 * @tags: a word for each entry, 0 when free: four to a set, 16 bytes
 * @mask: cuts the offset of a set's tags out of a hash
 * @entries: the entries, in the order of the tags
 * @origin: where the entry of a tag at address 0 would be
 * @locks: protect sets, several sets each
 * @sets: number of sets, a power of two
 * @stats: counts evictions
 */
struct nf_skype_flowtab {
	u32 *tags;
	unsigned long mask;
	struct nf_skype_entry *entries;
	unsigned long origin;
	unsigned int sets;
	struct nf_skype_set_lock *locks;
	struct nf_skype_stats __percpu *stats;
};

/*
 * One multiplication makes both: the middle bits of the product tell the set,
 * its low half is the tag.  The factor is odd, so conntracks in the same 4 GiB
 * have different tags.
 */
static __always_inline u64 nf_skype_flowtab_hash(const struct nf_conn *ct)
{
	return (u64)(unsigned long)ct * 0x61c88647U;
}

/* With the tag, it is different for different conntracks of the same tuple. */
static __always_inline u32 nf_skype_flowtab_id(const struct nf_conn *ct, u64 hash)
{
	return nf_skype_conntrack_mix(ct) + (u32)(hash >> 28);
}

static __always_inline u32 nf_skype_flowtab_above(const struct nf_conn *ct)
{
	return upper_32_bits((unsigned long)ct);
}

/* Offset in bytes of a set's tags; @mask is 16 times (the sets less one). */
static __always_inline unsigned long
nf_skype_flowtab_offset(const struct nf_skype_flowtab *tab, u64 hash)
{
	return (hash >> 28) & tab->mask;
}

/* The tag of a conntrack, or NULL. */
static __always_inline u32 *
nf_skype_flowtab_tag(const struct nf_skype_flowtab *tab, u64 hash)
{
	u32 *set = (void *)tab->tags + nf_skype_flowtab_offset(tab, hash);

	return nf_skype_tags_find(set, (u32)hash);
}

/* The entry of a tag. */
static __always_inline struct nf_skype_entry *
nf_skype_flowtab_at(const struct nf_skype_flowtab *tab, const u32 *tag)
{
	unsigned int times = sizeof(struct nf_skype_entry) / sizeof(*tag);

	return (void *)((unsigned long)tag * times + tab->origin);
}

/**
 * nf_skype_flowtab_has() - whether a flow may have an entry
 * @tab: the table
 * @ct: the flow's conntrack
 *
 * Four tags in 16 bytes: this is all that a settled packet costs.
 */
static __always_inline bool
nf_skype_flowtab_has(const struct nf_skype_flowtab *tab,
		     const struct nf_conn *ct)
{
	return nf_skype_flowtab_tag(tab, nf_skype_flowtab_hash(ct));
}

/**
 * nf_skype_flowtab_lock() - the lock of the set that a flow belongs to
 * @tab: the table
 * @ct: the flow's conntrack
 *
 * Return: the lock, to be taken with BH off.
 */
static inline spinlock_t *nf_skype_flowtab_lock(struct nf_skype_flowtab *tab,
						const struct nf_conn *ct)
{
	unsigned long offset =
		nf_skype_flowtab_offset(tab, nf_skype_flowtab_hash(ct));

	return &tab->locks[offset / NF_SKYPE_FLOW_SET % NF_SKYPE_FLOW_LOCKS].lock;
}

int nf_skype_flowtab_init(struct nf_skype_flowtab *tab, unsigned int flows,
			  struct nf_skype_stats __percpu *stats);
void nf_skype_flowtab_free(struct nf_skype_flowtab *tab);
size_t nf_skype_flowtab_memory(const struct nf_skype_flowtab *tab);
unsigned int nf_skype_flowtab_used(const struct nf_skype_flowtab *tab);
void nf_skype_flowtab_forget_policy(struct nf_skype_flowtab *tab, u16 generation);

u32 *nf_skype_flowtab_make_room(struct nf_skype_flowtab *tab, u32 *set,
				unsigned int from, u32 now);
void nf_skype_flowtab_remove(struct nf_skype_flowtab *tab,
			     const struct nf_skype_entry *entry);
bool nf_skype_flowtab_copy(struct nf_skype_flowtab *tab, const struct nf_conn *ct,
			   struct skype_flow *flow);

#define NF_SKYPE_WORDLESS (~0U) /* instead of the word of a flow without one */

/**
 * nf_skype_flowtab_word() - what an entry tells a packet, without its lock
 * @entry: the place of the packet's tag; perhaps another flow's
 *
 * A place goes to another flow by a new @id, then a new @policy, then the tag; who
 * has seen the tag and reads them the other way round, and finds the flow's id, has
 * read the flow's word.
 *
 * Return: @entry->policy without NF_SKYPE_ENTRY_REPLIED.  To be used only when
 * nf_skype_flowtab_is_as_left() says so after it.
 */
static __always_inline u32 nf_skype_flowtab_word(const struct nf_skype_entry *entry)
{
	u32 word;

	smp_rmb(); /* pairs with nf_skype_flowtab_publish() */
	word = READ_ONCE(entry->policy) & ~NF_SKYPE_ENTRY_REPLIED;
	smp_rmb(); /* pairs with nf_skype_flowtab_claim() */
	return word;
}

/* This flow's entry, and nobody else has written to the mark. */
static __always_inline bool
nf_skype_flowtab_is_as_left(const struct nf_skype_entry *entry,
			    const struct nf_conn *ct, u64 hash)
{
	/* compared in memory, where READ_ONCE() would load first */
	return data_race(entry->id) == nf_skype_flowtab_id(ct, hash) &&
	       /* as above */
	       data_race(entry->mark) == READ_ONCE(ct->mark);
}

#define NF_SKYPE_LAST_STEP 8000 /* entry->last may be so far behind, in ms */

/* The flow is alive.  Not every packet writes to the entry's cache line. */
static __always_inline void nf_skype_flowtab_touch(struct nf_skype_entry *entry)
{
	/* compared in memory; an old or a new time, either is right */
	if (unlikely((u32)nf_skype_now() - data_race(entry->last) > NF_SKYPE_LAST_STEP))
		WRITE_ONCE(entry->last, (u32)nf_skype_now());
}

/**
 * nf_skype_flowtab_publish() - let packets find a claimed entry
 * @tag: what nf_skype_flowtab_claim() has returned
 * @ct: the flow's conntrack
 *
 * What the entry holds is complete; without the set's lock it is not touched any
 * more.
 */
static __always_inline void nf_skype_flowtab_publish(u32 *tag, const struct nf_conn *ct)
{
	smp_store_release(tag, (u32)nf_skype_flowtab_hash(ct)); /* behind its entry */
}

/* Free the place of an entry: claimed by the caller, who else holds the set's lock. */
static __always_inline void nf_skype_flowtab_release(u32 *tag)
{
	smp_store_release(tag, 0); /* behind the last use of its entry */
}

/**
 * nf_skype_flowtab_lookup() - the entry of a flow
 * @tab: the table
 * @ct: the flow's conntrack
 *
 * An entry of an older conntrack at the same address is removed.
 *
 * Context: holds the set's lock.
 * Return: the entry, or NULL.
 */
static __always_inline struct nf_skype_entry *
nf_skype_flowtab_lookup(struct nf_skype_flowtab *tab, const struct nf_conn *ct)
{
	u64 hash = nf_skype_flowtab_hash(ct);
	const u32 *tag = nf_skype_flowtab_tag(tab, hash);
	struct nf_skype_entry *entry;

	lockdep_assert_held(nf_skype_flowtab_lock(tab, ct));
	if (!tag)
		return NULL;
	entry = nf_skype_flowtab_at(tab, tag);
	if (likely(entry->id == nf_skype_flowtab_id(ct, hash)))
		return entry;
	if (*tag && entry->above == nf_skype_flowtab_above(ct))
		nf_skype_flowtab_remove(tab, entry);
	return NULL;
}

/**
 * nf_skype_flowtab_forget() - a new conntrack lives at this address
 * @tab: the table
 * @ct: the conntrack
 *
 * Context: any; takes the set's lock where there may be an entry.
 */
static __always_inline void
nf_skype_flowtab_forget(struct nf_skype_flowtab *tab, const struct nf_conn *ct)
{
	u64 hash = nf_skype_flowtab_hash(ct);
	u32 *tag = nf_skype_flowtab_tag(tab, hash);
	spinlock_t *lock = nf_skype_flowtab_lock(tab, ct);

	if (!tag)
		return;
	spin_lock_bh(lock);
	/* free places are claimed without the lock */
	if ((u32)hash && READ_ONCE(*tag) == (u32)hash &&
	    nf_skype_flowtab_at(tab, tag)->above == nf_skype_flowtab_above(ct))
		nf_skype_flowtab_release(tag);
	spin_unlock_bh(lock);
}

/* A flow's entry, and not one that is still being filled in. */
static __always_inline bool nf_skype_flowtab_is_entry(u32 tag)
{
	return tag > NF_SKYPE_TAG_CLAIMED;
}

static __always_inline bool
nf_skype_flowtab_is_one_sided(const struct nf_skype_entry *entry)
{
	return !(READ_ONCE(entry->policy) & NF_SKYPE_ENTRY_REPLIED);
}

/* Claim a place that was free a moment ago. */
static __always_inline bool nf_skype_flowtab_takes(u32 *place)
{
	return cmpxchg(place, 0, NF_SKYPE_TAG_CLAIMED) == 0;
}

/*
 * Claim the place of a flow that is one-sided and undecided: what a flood fills the
 * table with.  An entry goes under its set's lock only, because a packet may be at
 * work on it.
 */
static __always_inline bool
nf_skype_flowtab_displaces(struct nf_skype_flowtab *tab, u32 *place)
{
	const struct nf_skype_entry *entry = nf_skype_flowtab_at(tab, place);
	u32 tag = smp_load_acquire(place); /* before its entry */

	if (!nf_skype_flowtab_is_entry(tag) || !nf_skype_flowtab_is_one_sided(entry) ||
	    skype_flow_is_likely(&entry->flow))
		return false;
	WRITE_ONCE(*place, NF_SKYPE_TAG_CLAIMED);
	nf_skype_count(tab->stats, NF_SKYPE_COUNT_FLOW_ONE_SIDED);
	return true;
}

/* A place in a set that has none free, if there is any. */
static __always_inline u32 *
nf_skype_flowtab_displace(struct nf_skype_flowtab *tab, u32 *set, unsigned int from,
			  u32 now)
{
	u32 *place = set + from % NF_SKYPE_WAYS;

	if (likely(nf_skype_flowtab_displaces(tab, place)))
		return place;
	return nf_skype_flowtab_make_room(tab, set, from, now);
}

/**
 * nf_skype_flowtab_claim() - take a place for a flow
 * @tab: the table
 * @ct: the flow's conntrack; it has no entry
 * @now: nf_skype_now()
 * @locked: the caller holds the set's lock
 *
 * The entry is the caller's until nf_skype_flowtab_publish(): nobody finds it, and
 * nobody takes its place.  The flow's state is the caller's to start.
 *
 * Context: BH off.
 * Return: the place of its tag, or NULL: all other entries are worth more, or the
 * conntrack is at one of the addresses (one in 4 GiB) that have no tag.
 */
static __always_inline u32 *
nf_skype_flowtab_claim(struct nf_skype_flowtab *tab, const struct nf_conn *ct,
		       u64 now, bool locked)
{
	u64 hash = nf_skype_flowtab_hash(ct);
	unsigned long offset = nf_skype_flowtab_offset(tab, hash);
	u32 *set = (void *)tab->tags + offset, *tag = nf_skype_tags_find(set, 0);
	spinlock_t *lock = nf_skype_flowtab_lock(tab, ct);
	struct nf_skype_entry *entry;

	if (unlikely(!(u32)hash))
		return NULL;
	if (unlikely(!tag || !nf_skype_flowtab_takes(tag))) {
		if (!locked)
			spin_lock(lock);
		tag = tag ? nf_skype_flowtab_make_room(tab, set, hash >> 8, (u32)now) :
			    nf_skype_flowtab_displace(tab, set, hash >> 8, (u32)now);
		if (!locked)
			spin_unlock(lock);
		if (unlikely(!tag))
			return NULL;
	}
	entry = nf_skype_flowtab_at(tab, tag);
	WRITE_ONCE(entry->id, nf_skype_flowtab_id(ct, hash));
	smp_wmb(); /* pairs with nf_skype_flowtab_word() */
	WRITE_ONCE(entry->policy,
		   NF_SKYPE_ENTRY_UNKNOWN | NF_SKYPE_ENTRY_INSPECT);
	WRITE_ONCE(entry->above, nf_skype_flowtab_above(ct));
	WRITE_ONCE(entry->mark, READ_ONCE(ct->mark));
	entry->first = (u32)now;
	WRITE_ONCE(entry->last, (u32)now);
	return tag;
}

/**
 * nf_skype_flowtab_insert() - give a flow an entry
 * @tab: the table
 * @ct: the flow's conntrack; it has no entry
 * @now: nf_skype_now()
 *
 * The caller starts the flow's state; until it writes a policy, packets that come
 * without the lock are sent to wait for it.
 *
 * Context: holds the set's lock.
 * Return: the entry, or NULL: all others are worth more.
 */
static __always_inline struct nf_skype_entry *
nf_skype_flowtab_insert(struct nf_skype_flowtab *tab, const struct nf_conn *ct,
			u64 now)
{
	u32 *tag;

	lockdep_assert_held(nf_skype_flowtab_lock(tab, ct));
	tag = nf_skype_flowtab_claim(tab, ct, now, true);
	if (unlikely(!tag))
		return NULL;
	nf_skype_flowtab_publish(tag, ct);
	return nf_skype_flowtab_at(tab, tag);
}

#endif /* NF_SKYPE_FLOWTAB_H */
