/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What the module reads from a conntrack: its identity and its two ends.  And
 * how to visit all conntracks of a namespace.
 */
#ifndef NF_SKYPE_CONNTRACK_H
#define NF_SKYPE_CONNTRACK_H

#include <linux/in.h>
#include <net/netfilter/nf_conntrack.h>

#include "core/packet.h"

/**
 * nf_skype_conntrack_id() - a fingerprint of a conntrack's original tuple
 * @ct: the conntrack
 *
 * Together with the pointer it tells a conntrack from one that had the same
 * memory before.  nf_ct_get_id() says no more than that either (pointer,
 * namespace and tuple), but costs two siphashes, and here nothing is gained by
 * a collision: entries are found by the pointer, which nobody can choose.
 *
 * Return: 24 bits, the lowest 8 of 32 are 0.
 */
static __always_inline u32 nf_skype_conntrack_id(const struct nf_conn *ct)
{
	const struct nf_conntrack_tuple *t =
		&ct->tuplehash[IP_CT_DIR_ORIGINAL].tuple;
	u64 mix;

	mix = (u64)(t->src.u3.all[0] ^ t->src.u3.all[3]) << 32 |
	      (t->dst.u3.all[0] ^ t->dst.u3.all[3]);
	mix += (u64)(__force u16)t->src.u.all << 16 | (__force u16)t->dst.u.all;
	mix *= 0x9e3779b97f4a7c15ULL;
	return (u32)(mix >> 32) & ~0xffU;
}

/* Whether flows of this kind are inspected. */
static inline bool nf_skype_conntrack_tracked(const struct nf_conn *ct)
{
	u8 protocol = nf_ct_protonum(ct);

	return protocol == IPPROTO_UDP || protocol == IPPROTO_TCP;
}

/* A visitor of conntracks: returns non-zero to stop there. */
typedef int nf_skype_conntrack_visitor(struct nf_conn *ct, void *data);

void nf_skype_conntrack_ends(const struct nf_conn *ct, struct skype_ends *ends);
unsigned int nf_skype_conntrack_buckets(void);
int nf_skype_conntrack_bucket(struct net *net, unsigned int bucket,
			      nf_skype_conntrack_visitor *visit, void *data);

#endif /* NF_SKYPE_CONNTRACK_H */
