// SPDX-License-Identifier: GPL-2.0
#include <linux/atomic.h>
#include <net/netfilter/nf_conntrack_ecache.h>

#include "mark.h"

unsigned int nf_skype_mark_shift __read_mostly = 24;

/**
 * nf_skype_mark_write() - write some bits of a conntrack's mark
 * @ct: the conntrack, held by the caller
 * @mask: bits to write; all others are left alone
 * @value: what to write, within @mask
 *
 * nft, ctnetlink and others write the same word without a lock, so theirs must
 * not be lost.  A change is an IPCT_MARK event, so that conntrackd carries it
 * to a standby.
 *
 * Context: any.
 * Return: whether the mark has changed.
 */
bool nf_skype_mark_write(struct nf_conn *ct, u32 mask, u32 value)
{
	u32 old = READ_ONCE(ct->mark), new;

	do {
		new = (old & ~mask) | (value & mask);
		if (new == old)
			return false;
	} while (!try_cmpxchg(&ct->mark, &old, new));
	nf_conntrack_event_cache(IPCT_MARK, ct);
	return true;
}

/**
 * nf_skype_mark_report() - tell listeners about a mark whose packet is dropped
 * @ct: the conntrack
 *
 * Cached events go out when the packet leaves the stack, which this one never
 * does.  An unconfirmed conntrack dies with its packet and tells nothing.
 */
void nf_skype_mark_report(struct nf_conn *ct)
{
	if (nf_ct_is_confirmed(ct) && nf_ct_ecache_exist(ct))
		nf_ct_deliver_cached_events(ct);
}
