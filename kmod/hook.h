/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Where packets come in.
 */
#ifndef NF_SKYPE_HOOK_H
#define NF_SKYPE_HOOK_H

#include "net.h"

/* hook.c */
unsigned int nf_skype_hook(void *priv, struct sk_buff *skb,
			   const struct nf_hook_state *state);

/* first.c */
unsigned int nf_skype_first(struct nf_skype_net *sn, struct sk_buff *skb,
			    const struct nf_hook_state *state, struct nf_conn *ct);
unsigned int nf_skype_first_anew(struct nf_skype_net *sn, struct sk_buff *skb,
				 const struct nf_hook_state *state,
				 struct nf_conn *ct);

/* register.c */
int nf_skype_hook_register(struct nf_skype_net *sn);
void nf_skype_hook_unregister(struct nf_skype_net *sn);

#endif /* NF_SKYPE_HOOK_H */
