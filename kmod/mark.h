/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The state byte in the conntrack mark (contract.md), and every other write to
 * the mark.
 */
#ifndef NF_SKYPE_MARK_H
#define NF_SKYPE_MARK_H

#include <net/netfilter/nf_conntrack.h>

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

bool nf_skype_mark_write(struct nf_conn *ct, u32 mask, u32 value);
void nf_skype_mark_report(struct nf_conn *ct);

#endif /* NF_SKYPE_MARK_H */
