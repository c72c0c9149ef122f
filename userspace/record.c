// SPDX-License-Identifier: GPL-2.0
#include "record.h"

#include <netinet/in.h>

static const char *proto_name(unsigned int proto)
{
	switch (proto) {
	case IPPROTO_TCP:
		return "tcp";
	case IPPROTO_UDP:
		return "udp";
	default:
		return "unknown";
	}
}

static const char *flow_state_name(unsigned int decided)
{
	return decided ? "decided" : "undecided";
}

static const char *session_state_name(unsigned int ended)
{
	return ended ? "ended" : "active";
}

static const char *via_name(unsigned int via)
{
	static const char *const names[] = {
		[RECORD_VIA_DIRECT] = "direct",
		[RECORD_VIA_443] = "443",
		[RECORD_VIA_80] = "80",
	};

	return via < ARRAY_SIZE(names) ? names[via] : "unknown";
}

#define F(member, type, key, title)                                            \
	OUT_FIELD(struct record_flow, member, type, key, title)
#define N(member, name, key, title)                                            \
	OUT_NAMED(struct record_flow, member, name, key, title)
const struct out_field record_flow_fields[] = {
	N(proto, proto_name, "proto", "PROTO"),
	F(client, OUT_END, "client", "CLIENT"),
	F(server, OUT_END, "server", "SERVER"),
	N(decided, flow_state_name, "state", "STATE"),
	N(class, skype_class_name, "class", "CLASS"),
	F(grade, OUT_GRADE, "grade", "GRADE"),
	F(reasons, OUT_REASONS, "reasons", "REASONS"),
	N(version, skype_version_name, "version", "VERSION"),
	F(packets, OUT_UINT, "packets", "PACKETS"),
	F(bytes, OUT_UINT, "bytes", "BYTES"),
	F(decided_at, OUT_COUNT, "decided_at", "AT"),
	F(first, OUT_MOMENT, "first", NULL),
	F(last, OUT_MOMENT, "last", NULL),
	F(mark, OUT_HEX, "mark", "MARK"),
	{ 0 },
};
#undef F
#undef N

#define F(member, type, key, title)                                            \
	OUT_FIELD(struct record_endpoint, member, type, key, title)
const struct out_field record_endpoint_fields[] = {
	F(addr, OUT_ADDR, "addr", "ADDRESS"),
	F(port, OUT_UINT, "port", "PORT"),
	F(grade, OUT_GRADE, "grade", "GRADE"),
	F(requests, OUT_UINT, "requests", "REQUESTS"),
	F(peers, OUT_UINT, "peers", "PEERS"),
	F(chain, OUT_UINT, "chain", "CHAIN"),
	F(public, OUT_ADDR, "public", "PUBLIC"),
	F(supernode, OUT_BOOL, "supernode", "SUPERNODE"),
	F(first, OUT_TIME, "first", "FIRST"),
	F(last, OUT_TIME, "last", "LAST"),
	{ 0 },
};
#undef F

#define F(member, type, key, title)                                            \
	OUT_FIELD(struct record_supernode, member, type, key, title)
#define N(member, name, key, title)                                            \
	OUT_NAMED(struct record_supernode, member, name, key, title)
const struct out_field record_supernode_fields[] = {
	F(addr, OUT_ADDR, "addr", "ADDRESS"),
	F(port, OUT_UINT, "port", "PORT"),
	N(proto, proto_name, "proto", "PROTO"),
	F(grade, OUT_GRADE, "grade", "GRADE"),
	F(clients, OUT_UINT, "clients", "CLIENTS"),
	F(first, OUT_TIME, "first", "FIRST"),
	F(last, OUT_TIME, "last", "LAST"),
	{ 0 },
};
#undef F
#undef N

#define F(member, type, key, title)                                            \
	OUT_FIELD(struct record_session, member, type, key, title)
#define N(member, name, key, title)                                            \
	OUT_NAMED(struct record_session, member, name, key, title)
const struct out_field record_session_fields[] = {
	F(client, OUT_HOST, "client", "CLIENT"),
	F(node, OUT_END, "supernode", "SUPERNODE"),
	N(via, via_name, "via", "VIA"),
	N(ended, session_state_name, "state", "STATE"),
	F(start, OUT_TIME, "start", "START"),
	F(end, OUT_TIME, "end", "END"),
	F(changes, OUT_UINT, "changes", "CHANGES"),
	N(version, skype_version_name, "version", "VERSION"),
	{ 0 },
};
#undef F
#undef N

struct out_reasons record_reasons(skype_reasons_t reasons)
{
	struct out_reasons list = { 0 };
	int reason;

	while ((reason = skype_reasons_at(reasons, list.count)) >= 0)
		list.reason[list.count++] = (u8)reason;
	return list;
}

enum record_via record_via(u16 port)
{
	if (port == 443)
		return RECORD_VIA_443;
	return port == 80 ? RECORD_VIA_80 : RECORD_VIA_DIRECT;
}
