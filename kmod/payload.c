// SPDX-License-Identifier: GPL-2.0
/*
 * Payload of skbs.
 *
 * The sizes of messages decide, so what GRO has merged is taken apart again: an
 * skb is segments of gso_size bytes and one with the rest.  A segment with PSH
 * ends a merge, so the flag belongs to the last one, and so do FIN and RST.
 *
 * Nothing is linearized or copied as a whole.  Where the payload lies in
 * fragments, at most NF_SKYPE_VIEW_MAX bytes of a segment are copied out.
 */
#include <linux/ipv6.h>
#include <net/ipv6.h>

#include "compat.h"
#include "payload.h"

/* Where the transport header is; a negative counter says why it is nowhere. */
static int find_ipv4(const struct sk_buff *skb, u8 protocol)
{
	int offset = skb_network_offset(skb);
	const struct iphdr *iph;
	struct iphdr buffer nf_skype_uninitialized;

	iph = skb_header_pointer(skb, offset, sizeof(buffer), &buffer);
	if (unlikely(!iph || iph->version != 4 || iph->ihl < 5))
		return -NF_SKYPE_COUNT_SKIP_MALFORMED;
	if (unlikely(iph->frag_off & htons(IP_OFFSET)))
		return -NF_SKYPE_COUNT_SKIP_FRAGMENT;
	if (unlikely(iph->protocol != protocol))
		return -NF_SKYPE_COUNT_SKIP_PROTOCOL;
	return offset + iph->ihl * 4;
}

static int find_ipv6(const struct sk_buff *skb, u8 protocol)
{
	int offset = skb_network_offset(skb), transport;
	const struct ipv6hdr *ip6h;
	struct ipv6hdr buffer nf_skype_uninitialized;
	__be16 fragment = 0;
	u8 next;

	ip6h = skb_header_pointer(skb, offset, sizeof(buffer), &buffer);
	if (!ip6h || ip6h->version != 6)
		return -NF_SKYPE_COUNT_SKIP_MALFORMED;
	next = ip6h->nexthdr;
	transport = ipv6_skip_exthdr(skb, offset + sizeof(*ip6h), &next,
				     &fragment);
	if (transport < 0)
		return -NF_SKYPE_COUNT_SKIP_MALFORMED;
	if (fragment & htons(~0x7))
		return -NF_SKYPE_COUNT_SKIP_FRAGMENT;
	if (next != protocol)
		return -NF_SKYPE_COUNT_SKIP_PROTOCOL;
	return transport;
}

static void show(struct nf_skype_payload *payload, struct skype_packet *pkt)
{
	const u8 of_the_last = SKYPE_TCP_PSH | SKYPE_TCP_FIN | SKYPE_TCP_RST;
	u32 size = payload->left, len;

	if (unlikely(payload->segment) && payload->segment < size)
		size = payload->segment;
	len = min_t(u32, size, NF_SKYPE_VIEW_MAX);
	pkt->view.data = skb_header_pointer(payload->skb, payload->offset, len,
					    payload->buffer);
	pkt->view.len = likely(pkt->view.data) ? len : 0;
	pkt->view.size = size;
	pkt->seq = payload->seq;
	pkt->flags = payload->flags;
	payload->offset += size;
	payload->seq += size;
	payload->left -= size;
	if (unlikely(payload->left))
		pkt->flags &= ~of_the_last;
}

static bool open_udp(struct nf_skype_payload *payload, int offset)
{
	const struct sk_buff *skb = payload->skb;
	const struct udphdr *uh;
	struct udphdr buffer nf_skype_uninitialized;
	u32 size;

	uh = skb_header_pointer(skb, offset, sizeof(buffer), &buffer);
	if (unlikely(!uh))
		return false;
	size = skb->len - offset;
	payload->segment = 0;
	if (unlikely(skb_is_gso(skb)) && skb_shinfo(skb)->gso_type &
					 (SKB_GSO_UDP_L4 | SKB_GSO_FRAGLIST))
		payload->segment = skb_shinfo(skb)->gso_size;
	else if (likely(ntohs(uh->len) >= sizeof(*uh)))
		size = min_t(u32, size, ntohs(uh->len));
	payload->offset = offset + sizeof(*uh);
	payload->left = size - sizeof(*uh);
	payload->seq = 0;
	payload->flags = 0;
	return true;
}

static bool open_tcp(struct nf_skype_payload *payload, int offset)
{
	const struct sk_buff *skb = payload->skb;
	const struct tcphdr *th;
	struct tcphdr buffer nf_skype_uninitialized;

	th = skb_header_pointer(skb, offset, sizeof(buffer), &buffer);
	if (unlikely(!th || th->doff < 5 || skb->len - offset < th->doff * 4))
		return false;
	payload->offset = offset + th->doff * 4;
	payload->left = skb->len - payload->offset;
	payload->segment = skb_is_gso(skb) ? skb_shinfo(skb)->gso_size : 0;
	payload->seq = ntohl(th->seq);
	payload->ack = ntohl(th->ack_seq);
	payload->flags = tcp_flag_byte(th);
	return true;
}

/**
 * nf_skype_payload_open() - find the payload of any skb
 * @payload: to be filled in; @skb and @buffer are there
 * @family: NFPROTO_IPV4 or NFPROTO_IPV6, of the conntrack
 * @protocol: IPPROTO_UDP or IPPROTO_TCP, of the conntrack
 * @pkt: shows the first segment, be it empty: view, seq and flags
 *
 * A packet of another protocol than its conntrack is an ICMP error about it.
 *
 * Return: NF_SKYPE_COUNT_PACKET_INSPECTED, or the counter that says why not.
 */
enum nf_skype_counter nf_skype_payload_open(struct nf_skype_payload *payload,
					    u16 family, u8 protocol,
					    struct skype_packet *pkt)
{
	bool opened;
	int offset;

	if (likely(family == NFPROTO_IPV4))
		offset = find_ipv4(payload->skb, protocol);
	else
		offset = find_ipv6(payload->skb, protocol);
	if (unlikely(offset < 0))
		return -offset;
	if (protocol == IPPROTO_TCP)
		opened = open_tcp(payload, offset);
	else
		opened = open_udp(payload, offset);
	if (unlikely(!opened))
		return NF_SKYPE_COUNT_SKIP_MALFORMED;
	show(payload, pkt);
	return NF_SKYPE_COUNT_PACKET_INSPECTED;
}

/**
 * nf_skype_payload_next() - the next segment of what GRO has merged
 * @payload: the payload
 * @pkt: view, seq and flags are filled in; what the view showed is gone
 *
 * Return: false when all was shown.
 */
bool nf_skype_payload_next(struct nf_skype_payload *payload,
			   struct skype_packet *pkt)
{
	if (!payload->left)
		return false;
	show(payload, pkt);
	return true;
}
