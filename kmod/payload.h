/* SPDX-License-Identifier: GPL-2.0 */
/*
 * From an skb to the messages in it.
 */
#ifndef NF_SKYPE_PAYLOAD_H
#define NF_SKYPE_PAYLOAD_H

#include <linux/skbuff.h>

#include "core/packet.h"
#include "stats.h"

/*
 * Bytes of a message that the core is shown.  skypectl classify shows as many,
 * so that both come to the same verdict.
 */
#define NF_SKYPE_VIEW_MAX 512

/**
 * struct nf_skype_payload - the payload of an skb, segment by segment
 * @skb: the skb
 * @buffer: NF_SKYPE_VIEW_MAX bytes for payload that is not linear
 * @offset: of the first byte that was not shown yet
 * @left: bytes from there on
 * @segment: bytes of a segment before GRO merged them
 * @seq: TCP: sequence number at @offset
 * @ack: TCP: acknowledgment number
 * @flags: TCP: SKYPE_TCP_*
 * @started: the first segment was shown
 */
struct nf_skype_payload {
	const struct sk_buff *skb;
	u8 *buffer;
	u32 offset;
	u32 left;
	u32 segment;
	u32 seq;
	u32 ack;
	u8 flags;
	bool started;
};

enum nf_skype_counter nf_skype_payload_open(struct nf_skype_payload *payload,
					    const struct sk_buff *skb,
					    u16 family, u8 protocol);
bool nf_skype_payload_glance(const struct sk_buff *skb, u16 family,
			     struct skype_view *view);
bool nf_skype_payload_is_ack(const struct sk_buff *skb, u16 family);
bool nf_skype_payload_next(struct nf_skype_payload *payload,
			   struct skype_packet *pkt);

#endif /* NF_SKYPE_PAYLOAD_H */
