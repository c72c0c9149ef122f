/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What is done beside the packet path: sessions end, open flows of endpoints
 * that were just proven are taken up.
 */
#ifndef NF_SKYPE_HOUSEKEEPING_H
#define NF_SKYPE_HOUSEKEEPING_H

#include "net.h"

int nf_skype_housekeeping_register(void);
void nf_skype_housekeeping_flush(void);
void nf_skype_housekeeping_unregister(void);
void nf_skype_housekeeping_init(struct nf_skype_net *sn);
void nf_skype_housekeeping_stop(struct nf_skype_net *sn);
void nf_skype_housekeeping_sessions(struct nf_skype_net *sn);

#endif /* NF_SKYPE_HOUSEKEEPING_H */
