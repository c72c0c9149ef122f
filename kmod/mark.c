// SPDX-License-Identifier: GPL-2.0
#include "mark.h"

unsigned int nf_skype_mark_shift __read_mostly = 24;

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
