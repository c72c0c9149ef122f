/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The state byte in the conntrack mark (nf_skype(7)), and every other write to
 * the mark.
 */
#ifndef NF_SKYPE_MARK_H
#define NF_SKYPE_MARK_H

#include <linux/atomic.h>
#include <net/netfilter/nf_conntrack.h>
#include <net/netfilter/nf_conntrack_ecache.h>

#include "core/verdict.h"

/* Module parameter mark_shift: where the state byte stands. */
extern unsigned int nf_skype_mark_shift;

static __always_inline u32 nf_skype_mark_of_state(u8 state)
{
	return (u32)state << nf_skype_mark_shift;
}

static __always_inline u8 nf_skype_mark_state(u32 mark)
{
	return (u8)(mark >> nf_skype_mark_shift);
}

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
static inline bool nf_skype_mark_write(struct nf_conn *ct, u32 mask, u32 value)
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

void nf_skype_mark_report(struct nf_conn *ct);

#endif /* NF_SKYPE_MARK_H */
