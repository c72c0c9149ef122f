// SPDX-License-Identifier: GPL-2.0
#include <linux/in.h>
#include <linux/list_nulls.h>
#include <net/netfilter/nf_conntrack_core.h>

#include "conntrack.h"

/**
 * nf_skype_conntrack_buckets() - buckets that nf_skype_conntrack_bucket() has
 *
 * The number changes when the admin resizes the table.
 */
unsigned int nf_skype_conntrack_buckets(void)
{
	return READ_ONCE(nf_conntrack_htable_size);
}

/* Each has two tuples here, or, where NAT has found a clash, that of replies alone. */
static bool is_visible(const struct nf_conntrack_tuple_hash *h,
		       const struct nf_conn *ct, const struct net *net)
{
	return NF_CT_DIRECTION(h) == IP_CT_DIR_REPLY &&
	       net_eq(nf_ct_net(ct), net) && nf_skype_conntrack_tracked(ct) &&
	       nf_skype_conntrack_alive(ct);
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
