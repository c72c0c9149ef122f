/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The host tables of a namespace: what core/host.h asks for.
 */
#ifndef NF_SKYPE_HOSTTAB_H
#define NF_SKYPE_HOSTTAB_H

#include <linux/siphash.h>
#include <linux/spinlock.h>

#include "core/host.h"
#include "stats.h"

struct nf_skype_host_type;

/**
 * struct nf_skype_hosttab - a set-associative table of host entries
 * @type: what its entries are
 * @tags: a word for each entry, 0 when free
 * @entries: the entries, in the same order
 * @locks: protect sets, several sets each
 * @sets: number of sets, a power of two
 * @used: an entry was made since the last flush
 * @stats: counts evictions
 */
struct nf_skype_hosttab {
	const struct nf_skype_host_type *type;
	u32 *tags;
	void *entries;
	spinlock_t *locks;
	unsigned int sets;
	bool used;
	struct nf_skype_stats __percpu *stats;
};

/**
 * struct skype_hosts - evidence across flows
 * @key: keys the hash, because the outside world chooses the inputs
 * @endpoints: struct skype_endpoint
 * @supernodes: struct skype_supernode
 * @clients: struct skype_client
 */
struct skype_hosts {
	hsiphash_key_t key;
	struct nf_skype_hosttab endpoints;
	struct nf_skype_hosttab supernodes;
	struct nf_skype_hosttab clients;
};

int nf_skype_hosttab_init(struct skype_hosts *hosts, unsigned int size,
			  struct nf_skype_stats __percpu *stats);
void nf_skype_hosttab_free(struct skype_hosts *hosts);
size_t nf_skype_hosttab_memory(const struct skype_hosts *hosts);

unsigned int nf_skype_hosttab_size(const struct nf_skype_hosttab *tab);
unsigned int nf_skype_hosttab_used(struct nf_skype_hosttab *tab, u64 now);
void nf_skype_hosttab_flush(struct nf_skype_hosttab *tab);
bool nf_skype_hosttab_copy(struct nf_skype_hosttab *tab, unsigned int i,
			   void *copy, u64 now);

#endif /* NF_SKYPE_HOSTTAB_H */
