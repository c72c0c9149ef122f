/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Where packets come in.
 */
#ifndef NF_SKYPE_HOOK_H
#define NF_SKYPE_HOOK_H

#include "net.h"

int nf_skype_hook_register(struct nf_skype_net *sn);
void nf_skype_hook_unregister(struct nf_skype_net *sn);

#endif /* NF_SKYPE_HOOK_H */
