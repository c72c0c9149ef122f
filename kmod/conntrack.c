// SPDX-License-Identifier: GPL-2.0
#include <linux/in.h>
#include <linux/list_nulls.h>
#include <net/netfilter/nf_conntrack_core.h>

#include "conntrack.h"

static __always_inline void ends_of(const struct nf_conn *ct,
				    struct skype_ends *ends, bool v4)
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
void nf_skype_conntrack_ends(const struct nf_conn *ct, struct skype_ends *ends)
{
	if (nf_ct_l3num(ct) == NFPROTO_IPV4)
		ends_of(ct, ends, true);
	else
		ends_of(ct, ends, false);
}

/**
 * nf_skype_conntrack_buckets() - buckets that nf_skype_conntrack_bucket() has
 *
 * The number changes when the admin resizes the table.
 */
unsigned int nf_skype_conntrack_buckets(void)
{
	return READ_ONCE(nf_conntrack_htable_size);
}

static bool is_visible(const struct nf_conntrack_tuple_hash *h,
		       const struct nf_conn *ct, const struct net *net)
{
	return NF_CT_DIRECTION(h) == IP_CT_DIR_ORIGINAL &&
	       net_eq(nf_ct_net(ct), net) && nf_skype_conntrack_tracked(ct) &&
	       !nf_ct_is_dying(ct) && !nf_ct_is_expired(ct);
}

/**
 * nf_skype_conntrack_bucket() - visit the UDP and TCP conntracks of one bucket
 * @net: whose
 * @bucket: below nf_skype_conntrack_buckets()
 * @visit: called with the bucket's lock, which is outside of all of ours
 * @data: for @visit
 *
 * The lock keeps the table from being resized, as for ctnetlink's dumps.  (The
 * counter that lockless readers would need is not exported.)
 *
 * Context: any; holds none of the module's spinlocks.
 * Return: what @visit returned, 0 at the end of the bucket.
 */
int nf_skype_conntrack_bucket(struct net *net, unsigned int bucket,
			      nf_skype_conntrack_visitor *visit, void *data)
{
	spinlock_t *lock = &nf_conntrack_locks[bucket % CONNTRACK_LOCKS];
	struct nf_conntrack_tuple_hash *h;
	struct hlist_nulls_node *n;
	int ret = 0;

	local_bh_disable();
	nf_conntrack_lock(lock);
	__acquire(lock); /* which sparse is not told */
	if (bucket >= nf_conntrack_htable_size)
		goto out;
	hlist_nulls_for_each_entry(h, n, &nf_conntrack_hash[bucket], hnnode) {
		struct nf_conn *ct = nf_ct_tuplehash_to_ctrack(h);

		if (!is_visible(h, ct, net))
			continue;
		ret = visit(ct, data);
		if (ret)
			break;
	}
out:
	spin_unlock(lock);
	local_bh_enable();
	return ret;
}
