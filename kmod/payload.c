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
#include <linux/ip.h>
#include <linux/ipv6.h>
#include <linux/netfilter.h>
#include <linux/tcp.h>
#include <linux/udp.h>
#include <net/ip.h>
#include <net/ipv6.h>

#include "compat.h"
#include "payload.h"

#define OPENED NF_SKYPE_COUNT_PACKET_INSPECTED
#define FLAGS (TCP_FLAG_ACK | TCP_FLAG_SYN | TCP_FLAG_FIN | TCP_FLAG_RST)

static enum nf_skype_counter find_ipv4(const struct sk_buff *skb, u8 protocol,
				       u32 *offset)
{
	const struct iphdr *iph;
	struct iphdr buffer nf_skype_uninitialized;

	iph = skb_header_pointer(skb, *offset, sizeof(buffer), &buffer);
	if (!iph || iph->version != 4 || iph->ihl < 5)
		return NF_SKYPE_COUNT_SKIP_MALFORMED;
	if (iph->frag_off & htons(IP_OFFSET))
		return NF_SKYPE_COUNT_SKIP_FRAGMENT;
	if (iph->protocol != protocol)
		return NF_SKYPE_COUNT_SKIP_PROTOCOL;
	*offset += iph->ihl * 4;
	return OPENED;
}

static enum nf_skype_counter find_ipv6(const struct sk_buff *skb, u8 protocol,
				       u32 *offset)
{
	const struct ipv6hdr *ip6h;
	struct ipv6hdr buffer nf_skype_uninitialized;
	__be16 fragment = 0;
	int transport;
	u8 next;

	ip6h = skb_header_pointer(skb, *offset, sizeof(buffer), &buffer);
	if (!ip6h || ip6h->version != 6)
		return NF_SKYPE_COUNT_SKIP_MALFORMED;
	next = ip6h->nexthdr;
	transport = ipv6_skip_exthdr(skb, *offset + sizeof(*ip6h), &next,
				     &fragment);
	if (transport < 0)
		return NF_SKYPE_COUNT_SKIP_MALFORMED;
	if (fragment & htons(~0x7))
		return NF_SKYPE_COUNT_SKIP_FRAGMENT;
	if (next != protocol)
		return NF_SKYPE_COUNT_SKIP_PROTOCOL;
	*offset = transport;
	return OPENED;
}

static enum nf_skype_counter open_udp(struct nf_skype_payload *payload)
{
	const struct sk_buff *skb = payload->skb;
	const struct udphdr *uh;
	struct udphdr buffer nf_skype_uninitialized;
	u32 size;

	uh = skb_header_pointer(skb, payload->offset, sizeof(buffer), &buffer);
	if (!uh)
		return NF_SKYPE_COUNT_SKIP_MALFORMED;
	size = skb->len - payload->offset;
	if (skb_is_gso(skb) && skb_shinfo(skb)->gso_type &
			       (SKB_GSO_UDP_L4 | SKB_GSO_FRAGLIST))
		payload->segment = skb_shinfo(skb)->gso_size;
	else if (ntohs(uh->len) >= sizeof(*uh))
		size = min_t(u32, size, ntohs(uh->len));
	payload->offset += sizeof(*uh);
	payload->left = size - sizeof(*uh);
	return OPENED;
}

static u8 flags_of(const struct tcphdr *th)
{
	return (th->fin ? SKYPE_TCP_FIN : 0) | (th->syn ? SKYPE_TCP_SYN : 0) |
	       (th->rst ? SKYPE_TCP_RST : 0) | (th->psh ? SKYPE_TCP_PSH : 0) |
	       (th->ack ? SKYPE_TCP_ACK : 0);
}

static enum nf_skype_counter open_tcp(struct nf_skype_payload *payload)
{
	const struct sk_buff *skb = payload->skb;
	const struct tcphdr *th;
	struct tcphdr buffer nf_skype_uninitialized;

	th = skb_header_pointer(skb, payload->offset, sizeof(buffer), &buffer);
	if (!th || th->doff < 5 || skb->len - payload->offset < th->doff * 4)
		return NF_SKYPE_COUNT_SKIP_MALFORMED;
	payload->offset += th->doff * 4;
	payload->left = skb->len - payload->offset;
	if (skb_is_gso(skb))
		payload->segment = skb_shinfo(skb)->gso_size;
	payload->seq = ntohl(th->seq);
	payload->ack = ntohl(th->ack_seq);
	payload->flags = flags_of(th);
	return OPENED;
}

/**
 * nf_skype_payload_open() - find the payload of an skb
 * @payload: to be filled in, @buffer excepted
 * @skb: the skb; its network header is set
 * @family: NFPROTO_IPV4 or NFPROTO_IPV6, of the conntrack
 * @protocol: IPPROTO_UDP or IPPROTO_TCP, of the conntrack
 *
 * A packet of another protocol than its conntrack is an ICMP error about it.
 *
 * Return: NF_SKYPE_COUNT_PACKET_INSPECTED, or the counter that says why not.
 */
enum nf_skype_counter nf_skype_payload_open(struct nf_skype_payload *payload,
					    const struct sk_buff *skb,
					    u16 family, u8 protocol)
{
	enum nf_skype_counter found;

	payload->skb = skb;
	payload->offset = skb_network_offset(skb);
	payload->segment = 0;
	payload->flags = 0;
	payload->started = false;
	if (family == NFPROTO_IPV4)
		found = find_ipv4(skb, protocol, &payload->offset);
	else
		found = find_ipv6(skb, protocol, &payload->offset);
	if (found != OPENED)
		return found;
	return protocol == IPPROTO_TCP ? open_tcp(payload) : open_udp(payload);
}

static __always_inline void show(struct nf_skype_payload *payload,
				 struct skype_view *view, u32 size)
{
	u32 len = min_t(u32, size, NF_SKYPE_VIEW_MAX);

	view->data = skb_header_pointer(payload->skb, payload->offset, len,
					payload->buffer);
	view->len = view->data ? len : 0;
	view->size = size;
}

/**
 * nf_skype_payload_glance() - the payload of a plain UDP datagram
 * @skb: the skb; its network header is set
 * @family: NFPROTO_IPV4 or NFPROTO_IPV6, of the conntrack
 * @view: to be filled in
 *
 * Return: false where it is not seen at a glance: nf_skype_payload_open() then.
 */
bool nf_skype_payload_glance(const struct sk_buff *skb, u16 family,
			     struct skype_view *view)
{
	const struct iphdr *iph = (const void *)skb_network_header(skb);
	u32 offset = skb_network_offset(skb), headlen = skb_headlen(skb);
	const struct udphdr *uh;

	if (family != NFPROTO_IPV4 || headlen < offset + sizeof(*iph) ||
	    headlen != skb->len || skb_is_gso(skb) ||
	    iph->protocol != IPPROTO_UDP || iph->frag_off & htons(IP_OFFSET))
		return false;
	offset += iph->ihl * 4;
	uh = (const void *)skb->data + offset;
	if (headlen < offset + sizeof(*uh) || ntohs(uh->len) != headlen - offset)
		return false;
	offset += sizeof(*uh);
	view->data = skb->data + offset;
	view->size = headlen - offset;
	view->len = min_t(u32, view->size, NF_SKYPE_VIEW_MAX);
	return true;
}

/**
 * nf_skype_payload_is_ack() - whether a TCP segment brings nothing
 * @skb: the skb; its network header is set
 * @family: NFPROTO_IPV4 or NFPROTO_IPV6, of the conntrack
 *
 * Half of a connection's packets are bare acknowledgments, and they need not go
 * any further.
 *
 * Return: true for a segment with ACK alone and no payload; false for others,
 * and where it is not seen at a glance.
 */
bool nf_skype_payload_is_ack(const struct sk_buff *skb, u16 family)
{
	const u8 *network = skb_network_header(skb);
	u32 offset = skb_network_offset(skb), headlen = skb_headlen(skb);
	const struct tcphdr *th;

	if (headlen < offset + sizeof(struct ipv6hdr))
		return false;
	if (family == NFPROTO_IPV4) {
		if (((const struct iphdr *)network)->protocol != IPPROTO_TCP)
			return false;
		offset += ((const struct iphdr *)network)->ihl * 4;
	} else {
		if (((const struct ipv6hdr *)network)->nexthdr != IPPROTO_TCP)
			return false;
		offset += sizeof(struct ipv6hdr);
	}
	if (headlen < offset + sizeof(*th))
		return false;
	th = (const void *)skb->data + offset;
	return skb->len == offset + th->doff * 4 &&
	       (tcp_flag_word(th) & FLAGS) == TCP_FLAG_ACK;
}

/**
 * nf_skype_payload_next() - the next segment, as the core wants it
 * @payload: the payload
 * @pkt: view, seq and flags are filled in
 *
 * The first call always shows something, be it empty.  What the view of the
 * segment before showed is gone.
 *
 * Return: false when all was shown.
 */
bool nf_skype_payload_next(struct nf_skype_payload *payload,
			   struct skype_packet *pkt)
{
	const u8 of_the_last = SKYPE_TCP_PSH | SKYPE_TCP_FIN | SKYPE_TCP_RST;
	u32 size = payload->left;

	if (payload->started && !size)
		return false;
	if (payload->segment && payload->segment < size)
		size = payload->segment;
	payload->started = true;

	show(payload, &pkt->view, size);
	pkt->seq = payload->seq;
	pkt->flags = payload->flags;
	payload->offset += size;
	payload->seq += size;
	payload->left -= size;
	if (payload->left)
		pkt->flags &= ~of_the_last;
	return true;
}
