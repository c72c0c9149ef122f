// SPDX-License-Identifier: GPL-2.0
/*
 * Flows under inspection.
 *
 * Theory of Operation
 * -------------------
 *
 * Most flows of a gateway are not Skype's, and it must cost next to nothing to
 * know that again for each of their packets.  Nothing is written to them, and
 * nothing is kept about them: a flow that is in the table is being inspected
 * (or is Skype's), a flow that is not is settled.  So the common question is
 * "not in the table?", and it is answered by one set of tags:
 *
 *	conntrack pointer --multiply--> set
 *	                                 |
 *	          tags    [ t0 t1 t2 t3 ]     16 bytes, 64 KiB for 16384 flows
 *	          entries [ e0 e1 e2 e3 ]     64 bytes each, read when a tag is equal
 *
 * Everything is allocated when the namespace is enabled.  On the packet path
 * there is no allocation, no timer, no RCU callback and no reference to a
 * conntrack, so a flow's entry can outlive its conntrack.  Such an entry is
 * harmless: its pointer is only compared, a packet of an unconfirmed conntrack
 * clears it when the memory is used again, and the fingerprint in @id covers
 * conntracks that were confirmed elsewhere (ctnetlink).
 *
 * A full set makes room by rank, and within a rank the longest idle goes:
 *
 *	expired                           at once
 *	one-sided, undecided              at once: half-open floods, scans
 *	one-sided, decided                at once: their mark has the verdict
 *	both directions seen, undecided   after 10 s
 *	both directions seen, decided     never: only by expiry
 *
 * So a flood of single packets pushes out its own kind and nothing else.
 */
#include <linux/log2.h>
#include <linux/mm.h>

#include "clock.h"
#include "flowtab.h"

/* Silence after which an entry is worth nothing, in milliseconds */
#define EXPIRY_ONE_SIDED 30000
#define EXPIRY_UDP 180000
#define EXPIRY_TCP 600000
#define IDLE 10000

enum rank {
	RANK_STAYS,
	RANK_UNDECIDED,
	RANK_ONE_SIDED_DECIDED,
	RANK_ONE_SIDED,
	RANK_EXPIRED,
};

/**
 * nf_skype_flowtab_init() - allocate a table
 * @tab: the table
 * @flows: entries it shall have; rounded up to a power of two
 * @stats: counts evictions
 *
 * Context: process; may sleep.
 * Return: 0 or -ENOMEM.
 */
int nf_skype_flowtab_init(struct nf_skype_flowtab *tab, unsigned int flows,
			  struct nf_skype_stats __percpu *stats)
{
	unsigned int i;

	tab->sets = roundup_pow_of_two(max(flows / NF_SKYPE_FLOW_WAYS, 2U));
	tab->mask = (tab->sets - 1) * NF_SKYPE_FLOW_SET;
	tab->stats = stats;
	flows = tab->sets * NF_SKYPE_FLOW_WAYS;
	tab->tags = kvcalloc(flows, sizeof(*tab->tags), GFP_KERNEL_ACCOUNT);
	tab->entries = kvcalloc(flows, sizeof(*tab->entries), GFP_KERNEL_ACCOUNT);
	tab->locks = kvcalloc(NF_SKYPE_FLOW_LOCKS, sizeof(*tab->locks), GFP_KERNEL_ACCOUNT);
	if (!tab->tags || !tab->entries || !tab->locks) {
		nf_skype_flowtab_free(tab);
		return -ENOMEM;
	}
	for (i = 0; i < NF_SKYPE_FLOW_LOCKS; i++)
		spin_lock_init(&tab->locks[i].lock);
	return 0;
}

/**
 * nf_skype_flowtab_free() - free a table
 * @tab: the table; no packet and no other reader is left
 */
void nf_skype_flowtab_free(struct nf_skype_flowtab *tab)
{
	kvfree(tab->tags);
	kvfree(tab->entries);
	kvfree(tab->locks);
	memset(tab, 0, sizeof(*tab));
}

/* Bytes that the table takes. */
size_t nf_skype_flowtab_memory(const struct nf_skype_flowtab *tab)
{
	return (size_t)tab->sets * NF_SKYPE_FLOW_WAYS *
	       (sizeof(*tab->tags) + sizeof(*tab->entries)) +
	       NF_SKYPE_FLOW_LOCKS * sizeof(*tab->locks);
}

static bool is_one_sided(const struct nf_skype_entry *entry)
{
	return !(entry->policy & NF_SKYPE_ENTRY_REPLIED);
}

static bool is_expired(const struct nf_skype_entry *entry, u32 idle)
{
	if (is_one_sided(entry))
		return idle > EXPIRY_ONE_SIDED;
	return idle > (entry->flow.tcp ? EXPIRY_TCP : EXPIRY_UDP);
}

/* Entries in use; expired ones are not. */
unsigned int nf_skype_flowtab_used(const struct nf_skype_flowtab *tab)
{
	u32 now = (u32)nf_skype_now();
	unsigned int i, used = 0;

	for (i = 0; i < tab->sets * NF_SKYPE_FLOW_WAYS; i++)
		used += READ_ONCE(tab->tags[i]) &&
			!is_expired(&tab->entries[i],
				    now - READ_ONCE(tab->entries[i].last));
	return used;
}

static unsigned long set_of(const struct nf_skype_flowtab *tab,
			    const struct nf_conn *ct)
{
	return nf_skype_flowtab_offset(tab, nf_skype_flowtab_hash(ct)) /
	       NF_SKYPE_FLOW_SET;
}

static spinlock_t *set_lock(struct nf_skype_flowtab *tab, unsigned long set)
{
	return &tab->locks[set % NF_SKYPE_FLOW_LOCKS].lock;
}

/**
 * nf_skype_flowtab_forget_policy() - make every flow ask the policy again
 * @tab: the table
 *
 * Context: process; takes every lock of the table in turn.
 */
void nf_skype_flowtab_forget_policy(struct nf_skype_flowtab *tab)
{
	unsigned int set, way;

	for (set = 0; set < tab->sets; set++) {
		spinlock_t *lock = set_lock(tab, set);

		spin_lock_bh(lock);
		for (way = 0; way < NF_SKYPE_FLOW_WAYS; way++) {
			struct nf_skype_entry *entry =
				&tab->entries[set * NF_SKYPE_FLOW_WAYS + way];

			WRITE_ONCE(entry->policy,
				   entry->policy & ~NF_SKYPE_ENTRY_CACHED);
		}
		spin_unlock_bh(lock);
		cond_resched();
	}
}

/**
 * nf_skype_flowtab_remove() - free an entry: its flow is settled
 * @tab: the table
 * @entry: the entry
 *
 * Context: holds the set's lock.
 */
void nf_skype_flowtab_remove(struct nf_skype_flowtab *tab,
			     struct nf_skype_entry *entry)
{
	WRITE_ONCE(entry->ct, NULL);
	WRITE_ONCE(tab->tags[entry - tab->entries], 0);
}

/**
 * nf_skype_flowtab_forget() - a new conntrack lives at this address
 * @tab: the table
 * @ct: the conntrack
 *
 * Context: any; takes the set's lock.
 */
void nf_skype_flowtab_forget(struct nf_skype_flowtab *tab,
			     const struct nf_conn *ct)
{
	spinlock_t *lock = nf_skype_flowtab_lock(tab, ct);
	struct nf_skype_entry *entry;

	spin_lock_bh(lock);
	entry = nf_skype_flowtab_find(tab, ct);
	if (entry && entry->ct == ct)
		nf_skype_flowtab_remove(tab, entry);
	spin_unlock_bh(lock);
}

static enum rank rank_of(const struct nf_skype_entry *entry, u32 idle)
{
	bool decided = entry->flow.grade >= SKYPE_GRADE_LIKELY;

	if (is_expired(entry, idle))
		return RANK_EXPIRED;
	if (is_one_sided(entry))
		return decided ? RANK_ONE_SIDED_DECIDED : RANK_ONE_SIDED;
	if (idle <= IDLE)
		return RANK_STAYS;
	return decided ? RANK_STAYS : RANK_UNDECIDED;
}

static void count_eviction(struct nf_skype_flowtab *tab,
			   const struct nf_skype_entry *entry, enum rank rank)
{
	if (is_one_sided(entry))
		nf_skype_count(tab->stats, NF_SKYPE_COUNT_FLOW_ONE_SIDED);
	if (rank != RANK_EXPIRED)
		nf_skype_count(tab->stats, NF_SKYPE_COUNT_FLOW_EVICTED);
}

static struct nf_skype_entry *make_room(struct nf_skype_flowtab *tab,
					unsigned long set, u32 now)
{
	struct nf_skype_entry *entry, *victim = NULL;
	enum rank rank, best = RANK_STAYS;
	u32 idle, longest = 0;
	unsigned int way;

	for (way = 0; way < NF_SKYPE_FLOW_WAYS; way++) {
		entry = &tab->entries[set * NF_SKYPE_FLOW_WAYS + way];
		if (!entry->ct)
			return entry;
		idle = now - entry->last;
		rank = rank_of(entry, idle);
		if (rank < best || rank == RANK_STAYS ||
		    (rank == best && idle < longest))
			continue;
		victim = entry;
		best = rank;
		longest = idle;
	}
	if (victim)
		count_eviction(tab, victim, best);
	return victim;
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
struct nf_skype_entry *nf_skype_flowtab_insert(struct nf_skype_flowtab *tab,
					       const struct nf_conn *ct,
					       u64 now)
{
	unsigned long set = set_of(tab, ct);
	struct nf_skype_entry *entry = make_room(tab, set, (u32)now);

	lockdep_assert_held(set_lock(tab, set));
	if (!entry) {
		nf_skype_count(tab->stats, NF_SKYPE_COUNT_FLOW_NO_ROOM);
		return NULL;
	}
	WRITE_ONCE(entry->ct, NULL);
	smp_wmb(); /* pairs with the second look at ct in hook.c */
	WRITE_ONCE(entry->id, nf_skype_conntrack_id(ct));
	WRITE_ONCE(entry->policy, 0);
	entry->first = (u32)now;
	entry->last = (u32)now;
	smp_wmb(); /* who sees the new ct sees all of the above */
	WRITE_ONCE(entry->ct, ct);
	WRITE_ONCE(tab->tags[entry - tab->entries], (u32)nf_skype_flowtab_hash(ct));
	return entry;
}
