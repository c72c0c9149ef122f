/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The host tables of a namespace: what core/host.h asks for.
 */
#ifndef NF_SKYPE_HOSTTAB_H
#define NF_SKYPE_HOSTTAB_H

#include <linux/bitops.h>
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
 * @stats: counts evictions
 */
struct nf_skype_hosttab {
	const struct nf_skype_host_type *type;
	u32 *tags;
	void *entries;
	spinlock_t *locks;
	unsigned int sets;
	struct nf_skype_stats __percpu *stats;
};

#define NF_SKYPE_PROVEN_BITS 4096

/* Secret numbers; the factors are odd. */
struct nf_skype_host_key {
	u64 add;
	u64 factor[3];
};

/**
 * struct skype_hosts - evidence across flows
 * @key: keys the hash, because the outside world chooses the inputs
 * @any_proven: an endpoint was proven since the tables were made
 * @proven: bits that proven endpoints hash to; a clear one speaks for none
 * @endpoints: struct skype_endpoint
 * @supernodes: struct skype_supernode
 * @clients: struct skype_client
 */
struct skype_hosts {
	struct nf_skype_host_key key;
	bool any_proven;
	unsigned long proven[BITS_TO_LONGS(NF_SKYPE_PROVEN_BITS)];
	struct nf_skype_hosttab endpoints;
	struct nf_skype_hosttab supernodes;
	struct nf_skype_hosttab clients;
};

bool nf_skype_hosttab_maybe_proven(const struct skype_hosts *hosts,
				   const struct skype_addr *addr, __be16 port);
void nf_skype_hosttab_proven(struct skype_hosts *hosts,
			     const struct skype_endpoint *e);

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
