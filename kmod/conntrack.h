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

#define NF_SKYPE_TUPLE_SRC offsetof(struct nf_conntrack_tuple, src.u3)
#define NF_SKYPE_TUPLE_DST offsetof(struct nf_conntrack_tuple, dst.u3)

static_assert(offsetof(struct nf_conntrack_tuple, src.u) == NF_SKYPE_TUPLE_SRC + 16 &&
	      offsetof(struct nf_conntrack_tuple, src.l3num) == NF_SKYPE_TUPLE_SRC + 18 &&
	      offsetof(struct nf_conntrack_tuple, dst.u) == NF_SKYPE_TUPLE_DST + 16 &&
	      offsetof(struct nf_conntrack_tuple, dst.protonum) == NF_SKYPE_TUPLE_DST + 18);

/**
 * nf_skype_conntrack_mix() - a fingerprint of a conntrack's original tuple
 * @ct: the conntrack
 *
 * It tells a conntrack from one that had the same memory before.  nf_ct_get_id()
 * says no more than that either, but costs two siphashes, and here nothing is
 * gained by a collision: an entry is found by the conntrack's address, which
 * nobody can choose.
 *
 * Return: 32 bits.
 */
static __always_inline u32 nf_skype_conntrack_mix(const struct nf_conn *ct)
{
	const u8 *tuple = (const void *)nf_ct_tuple(ct, IP_CT_DIR_ORIGINAL);
	u64 mix;

	/* behind an address stands its port; an IPv4 address fills its first word */
	mix = skype_bytes8(tuple + NF_SKYPE_TUPLE_SRC + 12);
	mix += skype_bytes8(tuple + NF_SKYPE_TUPLE_SRC);
	mix += skype_bytes8(tuple + NF_SKYPE_TUPLE_DST);
	mix *= 0x61c88647;
	mix += skype_bytes8(tuple + NF_SKYPE_TUPLE_DST + 12);
	return mix >> 32;
}

static __always_inline void
nf_skype_conntrack_ends_of(const struct nf_conn *ct, struct skype_ends *ends,
			   bool v4)
{
	unsigned int dir;

	for (dir = 0; dir < IP_CT_DIR_MAX; dir++) {
		const struct nf_conntrack_tuple *own = nf_ct_tuple(ct, dir);
		const struct nf_conntrack_tuple *seen = nf_ct_tuple(ct, !dir);
		struct skype_end *end = &ends->end[dir];

		end->own_port = own->src.u.all;
		end->seen_port = seen->dst.u.all;
		if (v4) {
			end->own = skype_addr_v4(own->src.u3.ip);
			end->seen = skype_addr_v4(seen->dst.u3.ip);
		} else {
			memcpy(end->own.w, own->src.u3.ip6, sizeof(end->own));
			memcpy(end->seen.w, seen->dst.u3.ip6, sizeof(end->seen));
		}
	}
}

/**
 * nf_skype_conntrack_ends() - both ends of a flow, on both sides of a NAT
 * @ct: the conntrack
 * @ends: to be filled in
 *
 * An end's own address is the source of the tuple in which it sends; the other
 * end knows it by the destination of the opposite tuple (signatures.md, 5).
 */
static __always_inline void nf_skype_conntrack_ends(const struct nf_conn *ct,
					   struct skype_ends *ends)
{
	if (nf_ct_l3num(ct) == NFPROTO_IPV4)
		nf_skype_conntrack_ends_of(ct, ends, true);
	else
		nf_skype_conntrack_ends_of(ct, ends, false);
}

/* Whether flows of this kind are inspected. */
static inline bool nf_skype_conntrack_tracked(const struct nf_conn *ct)
{
	u8 protocol = nf_ct_protonum(ct);

	return protocol == IPPROTO_UDP || protocol == IPPROTO_TCP;
}

/* Neither deleted nor about to be. */
static inline bool nf_skype_conntrack_alive(const struct nf_conn *ct)
{
	return !nf_ct_is_dying(ct) && !nf_ct_is_expired(ct);
}

/* A visitor of conntracks: returns non-zero to stop there. */
typedef int nf_skype_conntrack_visitor(struct nf_conn *ct, void *data);

unsigned int nf_skype_conntrack_buckets(void);
int nf_skype_conntrack_bucket(struct net *net, unsigned int bucket,
			      nf_skype_conntrack_visitor *visit, void *data);

#endif /* NF_SKYPE_CONNTRACK_H */
