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
#include "tags.h"

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

#define NF_SKYPE_PORTS 65536

/* Secret numbers; the factors are odd. */
struct nf_skype_host_key {
	u64 add;
	u64 factor[3];
};

/**
 * struct skype_hosts - evidence across flows
 * @key: keys the hash, because the outside world chooses the inputs
 * @proven_ports: UDP ports, in network byte order, on which an endpoint was
 *	proven since the tables were made
 * @endpoints: struct skype_endpoint
 * @supernodes: struct skype_supernode
 * @clients: struct skype_client
 */
struct skype_hosts {
	struct nf_skype_host_key key;
	unsigned long *proven_ports;
	struct nf_skype_hosttab endpoints;
	struct nf_skype_hosttab supernodes;
	struct nf_skype_hosttab clients;
};

/**
 * nf_skype_hosttab_has_port() - whether an endpoint was proven on a port
 * @hosts: the tables
 * @port: the port, network byte order
 *
 * Return: false when no endpoint of that port is proven.
 */
static __always_inline bool
nf_skype_hosttab_has_port(const struct skype_hosts *hosts, __be16 port)
{
	return test_bit((__force u16)port, hosts->proven_ports);
}

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
