/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What is reported about flows and hosts: the same records whether they come
 * from the kernel (nl_codec.c) or from a capture (classify.c).  The fields are
 * described once, for tables and for JSON (out.h):
 *
 *	json_t *flow = out_json(record_flow_fields, &record);
 */
#ifndef SKYPECTL_RECORD_H
#define SKYPECTL_RECORD_H

#include "out.h"
#include "flow.h"
#include "host.h"
#include "verdict.h"

/**
 * struct record_flow - a flow and its verdict
 * @proto: IPPROTO_TCP or IPPROTO_UDP
 * @client: the side that acts as the client in the evidence
 * @server: the other
 * @decided: class and grade stand
 * @class: enum skype_class
 * @grade: enum skype_grade
 * @version: enum skype_version
 * @reasons: evidence in the order seen
 * @packets: payload packets seen
 * @bytes: payload bytes seen
 * @decided_at: number of the deciding payload packet; 0 while undecided
 * @first: time of the first packet, nanoseconds since 1970, or OUT_UNKNOWN
 * @last: time of the last
 * @mark: the conntrack mark
 */
struct record_flow {
	u8 proto;
	struct out_end client;
	struct out_end server;
	bool decided;
	bool done;
	u8 class;
	u8 grade;
	u8 version;
	struct out_reasons reasons;
	u64 packets;
	u64 bytes;
	u32 decided_at;
	u64 first;
	u64 last;
	u32 mark;
};

struct record_endpoint {
	struct skype_addr addr;
	u16 port;
	u8 grade;
	u32 requests;
	u32 peers;
	u32 chain;
	struct skype_addr public; /* all zero: unknown */
	bool supernode;
	u64 first;
	u64 last;
};

struct record_supernode {
	struct skype_addr addr;
	u16 port;
	u8 proto;
	u8 grade;
	u32 clients;
	u64 first;
	u64 last;
};

enum record_via { RECORD_VIA_DIRECT, RECORD_VIA_443, RECORD_VIA_80 };

struct record_session {
	struct skype_addr client;
	struct out_end node;
	u8 via; /* enum record_via: of node.port */
	bool ended;
	u64 start;
	u64 end; /* 0: active */
	u32 changes;
	u8 version;
};

extern const struct out_field record_flow_fields[];
extern const struct out_field record_endpoint_fields[];
extern const struct out_field record_supernode_fields[];
extern const struct out_field record_session_fields[];

/* The core's list of reasons as a record's */
struct out_reasons record_reasons(skype_reasons_t reasons);
/* How a session reaches its super node, by the node's port (host byte order) */
enum record_via record_via(u16 port);

#endif /* SKYPECTL_RECORD_H */
