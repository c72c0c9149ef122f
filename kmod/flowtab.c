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
 * harmless: addresses are only compared, a packet of an unconfirmed conntrack
 * clears it when the memory is used again, and the fingerprint in @id covers
 * conntracks that were confirmed elsewhere (ctnetlink).
 *
 * The first packet of a flow takes a free place by an exchange of its tag and
 * fills it in without a lock: nobody else has packets of that flow yet, and nobody
 * finds the entry before its own tag is there.
 *
 * A full set makes room.  What is worth nothing goes, whichever place is looked
 * at first:
 *
 *	expired
 *	one-sided, undecided              half-open floods, scans
 *
 * Else it goes by rank, and within a rank the longest idle:
 *
 *	one-sided, decided                at once: their mark has the verdict
 *	both directions seen, undecided   after 10 s
 *	both directions seen, decided     never: only by expiry
 *
 * So a flood of single packets pushes out its own kind and nothing else, and
 * hardly costs more than where there is room.
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

	tab->sets = roundup_pow_of_two(max(flows / NF_SKYPE_WAYS, 2U));
	tab->mask = (tab->sets - 1) * NF_SKYPE_FLOW_SET;
	tab->stats = stats;
	flows = tab->sets * NF_SKYPE_WAYS;
	tab->tags = kvcalloc(flows, sizeof(*tab->tags), GFP_KERNEL_ACCOUNT);
	tab->entries = kvcalloc(flows, sizeof(*tab->entries), GFP_KERNEL_ACCOUNT);
	tab->locks = kvcalloc(NF_SKYPE_FLOW_LOCKS, sizeof(*tab->locks), GFP_KERNEL_ACCOUNT);
	if (!tab->tags || !tab->entries || !tab->locks) {
		nf_skype_flowtab_free(tab);
		return -ENOMEM;
	}
	tab->origin = (unsigned long)tab->entries - (unsigned long)tab->tags *
		      (sizeof(*tab->entries) / sizeof(*tab->tags));
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
	if (!tab->entries)
		return 0;
	return (size_t)tab->sets * NF_SKYPE_WAYS *
	       (sizeof(*tab->tags) + sizeof(*tab->entries)) +
	       NF_SKYPE_FLOW_LOCKS * sizeof(*tab->locks);
}

static bool is_expired(const struct nf_skype_entry *entry, u32 idle)
{
	if (nf_skype_flowtab_is_one_sided(entry))
		return idle > EXPIRY_ONE_SIDED;
	return idle > (entry->flow.tcp ? EXPIRY_TCP : EXPIRY_UDP);
}

/* Entries in use; expired ones are not.  Context: process. */
unsigned int nf_skype_flowtab_used(const struct nf_skype_flowtab *tab)
{
	u32 now = (u32)nf_skype_now();
	unsigned int i, used = 0;

	for (i = 0; i < tab->sets * NF_SKYPE_WAYS; i++) {
		const struct nf_skype_entry *entry = &tab->entries[i];
		u32 idle = nf_skype_clock_since(now, READ_ONCE(entry->last));

		if (!nf_skype_flowtab_is_entry(READ_ONCE(tab->tags[i])))
			continue;
		/* without the lock: one more or less does not matter */
		used += !data_race(is_expired(entry, idle));
		cond_resched();
	}
	return used;
}

static spinlock_t *set_lock(struct nf_skype_flowtab *tab, unsigned long set)
{
	return &tab->locks[set % NF_SKYPE_FLOW_LOCKS].lock;
}

/**
 * nf_skype_flowtab_forget_policy() - make every flow ask the new policy
 * @tab: the table
 * @generation: NF_SKYPE_ENTRY_GENERATION or 0, of the new policy
 *
 * Context: process; takes every lock of the table in turn.
 */
void nf_skype_flowtab_forget_policy(struct nf_skype_flowtab *tab, u16 generation)
{
	unsigned int set, way;

	for (set = 0; set < tab->sets; set++) {
		spinlock_t *lock = set_lock(tab, set);

		spin_lock_bh(lock);
		for (way = 0; way < NF_SKYPE_WAYS; way++) {
			struct nf_skype_entry *entry =
				&tab->entries[set * NF_SKYPE_WAYS + way];

			/* before its entry */
			u32 tag = smp_load_acquire(&tab->tags[set * NF_SKYPE_WAYS + way]);

			if (nf_skype_flowtab_is_entry(tag) &&
			    (entry->policy & NF_SKYPE_ENTRY_GENERATION) != generation)
				WRITE_ONCE(entry->policy,
					   entry->policy | NF_SKYPE_ENTRY_UNKNOWN);
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
			     const struct nf_skype_entry *entry)
{
	nf_skype_flowtab_release(&tab->tags[entry - tab->entries]);
}

/**
 * nf_skype_flowtab_copy() - the state of a flow
 * @tab: the table
 * @ct: the flow's conntrack
 * @flow: written
 *
 * Context: BH off; takes the set's lock.
 * Return: whether the flow has an entry.
 */
bool nf_skype_flowtab_copy(struct nf_skype_flowtab *tab, const struct nf_conn *ct,
			   struct skype_flow *flow)
{
	spinlock_t *lock = nf_skype_flowtab_lock(tab, ct);
	struct nf_skype_entry *entry;

	if (!nf_skype_flowtab_has(tab, ct))
		return false;
	spin_lock(lock);
	entry = nf_skype_flowtab_lookup(tab, ct);
	if (entry)
		*flow = entry->flow;
	spin_unlock(lock);
	return entry;
}

/* Of what is worth something. */
static enum rank rank_of(const struct nf_skype_entry *entry, u32 idle)
{
	if (nf_skype_flowtab_is_one_sided(entry))
		return RANK_ONE_SIDED_DECIDED;
	if (idle <= IDLE || skype_flow_is_likely(&entry->flow))
		return RANK_STAYS;
	return RANK_UNDECIDED;
}

/* Of a set in which every entry is worth something, the one missed least, if any. */
static noinline u32 *least_of(struct nf_skype_flowtab *tab, u32 *set, u32 now)
{
	const struct nf_skype_entry *entries = nf_skype_flowtab_at(tab, set);
	unsigned int way, victim = NF_SKYPE_WAYS;
	u64 most = 0;

	for (way = 0; way < NF_SKYPE_WAYS; way++) {
		u32 idle = nf_skype_clock_since(now, READ_ONCE(entries[way].last));
		enum rank rank;
		u64 readiness;

		/* before its entry */
		if (!nf_skype_flowtab_is_entry(smp_load_acquire(&set[way])))
			continue;
		rank = rank_of(&entries[way], idle);
		readiness = (u64)rank << 32 | idle;
		if (rank == RANK_STAYS || readiness < most)
			continue;
		victim = way;
		most = readiness;
	}
	if (victim == NF_SKYPE_WAYS) {
		nf_skype_count(tab->stats, NF_SKYPE_COUNT_FLOW_NO_ROOM);
		return NULL;
	}
	WRITE_ONCE(set[victim], NF_SKYPE_TAG_CLAIMED);
	nf_skype_count(tab->stats, nf_skype_flowtab_is_one_sided(&entries[victim]) ?
					   NF_SKYPE_COUNT_FLOW_ONE_SIDED :
					   NF_SKYPE_COUNT_FLOW_EVICTED);
	return set + victim;
}

/* Claim the place of an entry that has expired, or is worth nothing. */
static bool takes_worthless(struct nf_skype_flowtab *tab, u32 *place, u32 now)
{
	const struct nf_skype_entry *entry = nf_skype_flowtab_at(tab, place);

	if (nf_skype_flowtab_displaces(tab, place))
		return true;
	/* before its entry */
	if (!nf_skype_flowtab_is_entry(smp_load_acquire(place)) ||
	    !is_expired(entry, nf_skype_clock_since(now, READ_ONCE(entry->last))))
		return false;
	WRITE_ONCE(*place, NF_SKYPE_TAG_CLAIMED);
	if (nf_skype_flowtab_is_one_sided(entry))
		nf_skype_count(tab->stats, NF_SKYPE_COUNT_FLOW_ONE_SIDED);
	return true;
}

/**
 * nf_skype_flowtab_make_room() - take a place in a set that has hardly one free
 * @tab: the table
 * @set: the set's tags
 * @from: where to begin to look; its lowest bits count
 * @now: nf_skype_now(), low 32 bits
 *
 * Context: holds the set's lock, so that no entry goes while a packet works on it.
 * Return: the place, claimed, or NULL: all entries are worth more than a new one.
 */
u32 *nf_skype_flowtab_make_room(struct nf_skype_flowtab *tab, u32 *set,
				unsigned int from, u32 now)
{
	unsigned int i;

	for (i = 0; i < NF_SKYPE_WAYS; i++)
		if (nf_skype_flowtab_takes(set + i))
			return set + i;
	for (i = 0; i < NF_SKYPE_WAYS; i++) {
		u32 *place = set + (from + i) % NF_SKYPE_WAYS;

		if (takes_worthless(tab, place, now))
			return place;
	}
	return least_of(tab, set, now);
}
