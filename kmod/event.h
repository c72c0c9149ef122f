/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What listeners of the multicast group are told.
 */
#ifndef NF_SKYPE_EVENT_H
#define NF_SKYPE_EVENT_H

#include <linux/atomic.h>
#include <linux/jiffies.h>
#include <linux/types.h>

struct nf_skype_flow_info;
struct nf_skype_net;
struct skype_client;

/**
 * struct nf_skype_events - how much was told lately
 * @asked: jiffies when somebody was last looked for, times two, plus whether
 *	somebody was there
 * @second: jiffies when the present second began
 * @sent: events since then
 * @overrun: some were lost, and nobody was told yet
 */
struct nf_skype_events {
	unsigned long asked;
	unsigned long second;
	atomic_t sent;
	bool overrun;
};

void nf_skype_event_end(void);
bool nf_skype_event_ask(struct nf_skype_net *sn);
void nf_skype_event_flow(struct nf_skype_net *sn, u32 events,
			 const struct nf_skype_flow_info *info,
			 const struct skype_client *ended, u64 now);
void nf_skype_event_session(struct nf_skype_net *sn, u32 events,
			    const struct skype_client *client);
void nf_skype_event_policy(struct nf_skype_net *sn, u8 mode);

#endif /* NF_SKYPE_EVENT_H */
