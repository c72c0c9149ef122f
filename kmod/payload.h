/* SPDX-License-Identifier: GPL-2.0 */
/*
 * From an skb to the messages in it.
 */
#ifndef NF_SKYPE_PAYLOAD_H
#define NF_SKYPE_PAYLOAD_H

#include <linux/in.h>
#include <linux/ip.h>
#include <linux/netfilter.h>
#include <linux/skbuff.h>
#include <linux/tcp.h>
#include <linux/udp.h>
#include <net/ip.h>
#include <net/tcp.h>

#include "core/udp.h"
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
};

enum nf_skype_counter nf_skype_payload_open(struct nf_skype_payload *payload,
					    u16 family, u8 protocol,
					    struct skype_packet *pkt);
bool nf_skype_payload_next(struct nf_skype_payload *payload,
			   struct skype_packet *pkt);

/*
 * Almost all packets are plain: IPv4 without options, linear, in one piece.
 * What is in them can be seen at a glance.
 */

/**
 * nf_skype_payload_transport() - the transport header of a plain packet
 * @skb: the skb; its network header is set
 * @family: NFPROTO_IPV4 or NFPROTO_IPV6, of the conntrack
 * @protocol: IPPROTO_UDP or IPPROTO_TCP, of the conntrack
 *
 * Return: the header, all of whose fixed part is there; NULL: not plain.
 */
static __always_inline const u8 *
nf_skype_payload_transport(const struct sk_buff *skb, u16 family, u8 protocol)
{
	const struct iphdr *iph = (const void *)skb_network_header(skb);
	size_t size = protocol == IPPROTO_UDP ? sizeof(struct udphdr) :
						sizeof(struct tcphdr);

	if (family != NFPROTO_IPV4 || skb_is_nonlinear(skb) || skb_is_gso(skb) ||
	    (const u8 *)(iph + 1) + size > skb_tail_pointer(skb) ||
	    *(const u8 *)iph != 0x45 || iph->protocol != protocol ||
	    iph->frag_off & htons(IP_OFFSET))
		return NULL;
	return (const u8 *)(iph + 1);
}

static __always_inline void nf_skype_payload_show(const struct sk_buff *skb,
						  const u8 *data,
						  struct skype_view *view)
{
	view->data = data;
	view->size = skb_tail_pointer(skb) - data;
	view->len = min_t(u32, view->size, NF_SKYPE_VIEW_MAX);
}

/**
 * nf_skype_payload_may_request() - whether a datagram may be a request
 * @skb: the skb
 * @at: its UDP header, or NULL: it is not plain
 *
 * Most first datagrams are none by size or type alone (signatures.md, 4.3), and
 * that can be seen before anything else is done.
 *
 * Return: false when it is none; true for others, and where it is not plain.
 */
static __always_inline bool
nf_skype_payload_may_request(const struct sk_buff *skb, const u8 *at)
{
	struct skype_view view;

	if (!at)
		return true;
	nf_skype_payload_show(skb, at + sizeof(struct udphdr), &view);
	return skype_udp_maybe_request(&view);
}

/**
 * nf_skype_payload_is_ack() - whether a TCP segment brings nothing
 * @skb: the skb
 * @at: its TCP header, or NULL: it is not plain
 *
 * Half of a connection's packets are bare acknowledgments, and they need not go
 * any further.
 *
 * Return: true for a segment with ACK alone and no payload; false for others,
 * and where it is not plain.
 */
static __always_inline bool nf_skype_payload_is_ack(const struct sk_buff *skb,
						    const u8 *at)
{
	const struct tcphdr *th = (const void *)at;

	return at && at + th->doff * 4 == skb_tail_pointer(skb) &&
	       (tcp_flag_byte(th) & ~TCPHDR_PSH) == TCPHDR_ACK;
}

/**
 * nf_skype_payload_datagram() - show the payload of a plain datagram
 * @skb: the skb
 * @at: its UDP header, or NULL: it is not plain
 * @view: filled in
 *
 * Return: false when it is not plain, or the header's length is not the packet's.
 */
static __always_inline bool
nf_skype_payload_datagram(const struct sk_buff *skb, const u8 *at,
			  struct skype_view *view)
{
	const struct udphdr *uh = (const void *)at;

	if (!at || ntohs(uh->len) != skb_tail_pointer(skb) - at)
		return false;
	nf_skype_payload_show(skb, at + sizeof(*uh), view);
	return true;
}

/**
 * nf_skype_payload_plain() - show the payload of a plain packet
 * @payload: for TCP, @ack is filled in; there is nothing left to show
 * @protocol: IPPROTO_UDP or IPPROTO_TCP, of the conntrack
 * @at: the transport header, or NULL
 * @pkt: view, seq and flags are filled in
 *
 * Return: false when it is not plain: nf_skype_payload_open() then.
 */
static __always_inline bool
nf_skype_payload_plain(struct nf_skype_payload *payload, u8 protocol,
		       const u8 *at, struct skype_packet *pkt)
{
	const struct sk_buff *skb = payload->skb;
	const struct tcphdr *th = (const void *)at;

	payload->left = 0;
	if (!at)
		return false;
	if (protocol == IPPROTO_UDP) {
		pkt->flags = 0;
		return nf_skype_payload_datagram(skb, at, &pkt->view);
	}
	if (th->doff < 5 || at + th->doff * 4 > skb_tail_pointer(skb))
		return false;
	payload->ack = ntohl(th->ack_seq);
	pkt->seq = ntohl(th->seq);
	pkt->flags = tcp_flag_byte(th);
	nf_skype_payload_show(skb, at + th->doff * 4, &pkt->view);
	return true;
}

/* The flags of the core are those of the header's 14th byte. */
static_assert(SKYPE_TCP_FIN == TCPHDR_FIN && SKYPE_TCP_SYN == TCPHDR_SYN &&
	      SKYPE_TCP_RST == TCPHDR_RST && SKYPE_TCP_PSH == TCPHDR_PSH &&
	      SKYPE_TCP_ACK == TCPHDR_ACK);

#endif /* NF_SKYPE_PAYLOAD_H */
