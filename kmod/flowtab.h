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

#include "conntrack.h"
#include "core/flow.h"
#include "stats.h"
#include "tags.h"

#define NF_SKYPE_FLOW_SET (NF_SKYPE_WAYS * sizeof(u32)) /* bytes of tags */
#define NF_SKYPE_FLOW_LOCKS 256

/*
 * What nf_skype_entry.policy holds: the rule that decided, its policy's
 * generation, and whether both directions were seen.
 */
#define NF_SKYPE_ENTRY_RULE 0x01ff	 /* 0: not evaluated yet */
#define NF_SKYPE_ENTRY_GENERATION 0x0200
#define NF_SKYPE_ENTRY_CACHED (NF_SKYPE_ENTRY_RULE | NF_SKYPE_ENTRY_GENERATION)
#define NF_SKYPE_ENTRY_REPLIED 0x8000

/**
 * struct nf_skype_entry - a flow in the table
 * @ct: its conntrack, compared and never followed; NULL: the place is free
 * @id: nf_skype_conntrack_id(), and in the lowest byte the state byte as it was
 *	last written to the mark.  So one comparison tells a packet that this is
 *	its flow, that inspection has ended and that its mark is as it was left.
 * @first: time of the first packet, nf_skype_now(), low 32 bits
 * @last: time of the latest one, likewise; 8 s behind at most
 * @policy: NF_SKYPE_ENTRY_*
 * @flow: the core's state
 *
 * Written under the set's lock, @last excepted.  Packets of a flow whose
 * inspection has ended read @ct, @id and @policy without it: a place is given
 * to another flow by clearing @ct first and setting it last.
 */
struct nf_skype_entry {
	const struct nf_conn *ct;
	u32 id;
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
 * @locks: protect sets, several sets each
 * @sets: number of sets, a power of two
 * @stats: counts evictions
 */
struct nf_skype_flowtab {
	u32 *tags;
	unsigned long mask;
	struct nf_skype_entry *entries;
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

/* Offset in bytes of a set's tags; @mask is 16 times (the sets less one). */
static __always_inline unsigned long
nf_skype_flowtab_offset(const struct nf_skype_flowtab *tab, u64 hash)
{
	return (hash >> 28) & tab->mask;
}

/**
 * nf_skype_flowtab_find() - the place where a flow may have its entry
 * @tab: the table
 * @ct: the flow's conntrack
 *
 * No lock is needed: the entry is compared again, and a flow's own tag does not
 * change while the flow's packet is here, but by that flow's packets.
 *
 * Return: an entry, to be compared before use, or NULL: the flow has none.
 */
static __always_inline struct nf_skype_entry *
nf_skype_flowtab_find(const struct nf_skype_flowtab *tab,
		      const struct nf_conn *ct)
{
	u64 hash = nf_skype_flowtab_hash(ct);
	unsigned long offset = nf_skype_flowtab_offset(tab, hash);
	unsigned int way = nf_skype_tags_find((void *)tab->tags + offset,
					      (u32)hash);

	if (way == NF_SKYPE_WAYS)
		return NULL;
	return &tab->entries[offset / sizeof(u32) + way];
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
	u64 hash = nf_skype_flowtab_hash(ct);
	const u32 *tags = (const void *)tab->tags +
			  nf_skype_flowtab_offset(tab, hash);

	return nf_skype_tags_find(tags, (u32)hash) != NF_SKYPE_WAYS;
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
void nf_skype_flowtab_forget_policy(struct nf_skype_flowtab *tab);

struct nf_skype_entry *nf_skype_flowtab_make_room(struct nf_skype_flowtab *tab,
						  struct nf_skype_entry *set,
						  unsigned int from, u32 now);
void nf_skype_flowtab_remove(struct nf_skype_flowtab *tab,
			     struct nf_skype_entry *entry);
void nf_skype_flowtab_forget(struct nf_skype_flowtab *tab,
			     const struct nf_conn *ct);
bool nf_skype_flowtab_copy(struct nf_skype_flowtab *tab, const struct nf_conn *ct,
			   struct skype_flow *flow);

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
static inline struct nf_skype_entry *
nf_skype_flowtab_lookup(struct nf_skype_flowtab *tab, const struct nf_conn *ct)
{
	struct nf_skype_entry *entry = nf_skype_flowtab_find(tab, ct);

	lockdep_assert_held(nf_skype_flowtab_lock(tab, ct));
	if (!entry || entry->ct != ct)
		return NULL;
	if (likely((entry->id & ~0xffU) == nf_skype_conntrack_id(ct)))
		return entry;
	nf_skype_flowtab_remove(tab, entry);
	return NULL;
}

/**
 * nf_skype_flowtab_insert() - give a flow an entry
 * @tab: the table
 * @ct: the flow's conntrack; it has no entry
 * @now: nf_skype_now()
 *
 * The caller starts the flow's state; readers without the lock take the entry
 * for nobody's until its @id holds a state byte.
 *
 * Context: holds the set's lock.
 * Return: the entry, or NULL: all others are worth more.
 */
static inline struct nf_skype_entry *
nf_skype_flowtab_insert(struct nf_skype_flowtab *tab, const struct nf_conn *ct,
			u64 now)
{
	u64 hash = nf_skype_flowtab_hash(ct);
	unsigned long offset = nf_skype_flowtab_offset(tab, hash);
	u32 *tags = (void *)tab->tags + offset;
	struct nf_skype_entry *entry = &tab->entries[offset / sizeof(u32)];
	unsigned int way = nf_skype_tags_find(tags, 0);

	lockdep_assert_held(nf_skype_flowtab_lock(tab, ct));
	if (way < NF_SKYPE_WAYS)
		entry += way;
	else
		entry = nf_skype_flowtab_make_room(tab, entry, hash >> 8,
						   (u32)now);
	if (!entry)
		return NULL;
	WRITE_ONCE(entry->ct, NULL);
	smp_wmb(); /* pairs with the second look at ct in hook.c */
	WRITE_ONCE(entry->id, nf_skype_conntrack_id(ct));
	WRITE_ONCE(entry->policy, 0);
	entry->first = (u32)now;
	entry->last = (u32)now;
	smp_wmb(); /* who sees the new ct sees all of the above */
	WRITE_ONCE(entry->ct, ct);
	WRITE_ONCE(tab->tags[entry - tab->entries], (u32)hash);
	return entry;
}

#endif /* NF_SKYPE_FLOWTAB_H */
