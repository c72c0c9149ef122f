/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Where packets come in.
 */
#ifndef NF_SKYPE_HOOK_H
#define NF_SKYPE_HOOK_H

#include <linux/if_macvlan.h>
#include <linux/if_vlan.h>
#include <linux/netdevice.h>

#include "net.h"

/* The device that the packets of VLANs and macvlans have come from, unchanged. */
static inline const struct net_device *nf_skype_hook_device(const struct net_device *dev)
{
	while (is_vlan_dev(dev) || netif_is_macvlan(dev))
		dev = is_vlan_dev(dev) ? vlan_dev_real_dev(dev) :
					 macvlan_dev_real_dev(dev);
	return dev;
}

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
