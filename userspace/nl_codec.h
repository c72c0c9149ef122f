/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Netlink attributes to records and back (include/uapi/linux/nf_skype.h).
 * Pure: takes and makes bytes, knows no socket.
 */
#ifndef SKYPECTL_NL_CODEC_H
#define SKYPECTL_NL_CODEC_H

#include <libmnl/libmnl.h>
#include <linux/nf_skype.h>

#include "policy.h"
#include "record.h"

/* Room for the largest request: a policy of 256 rules */
#define CODEC_REQUEST_MAX (64 * 1024)

struct record_status {
	char version[32];
	u8 mode; /* enum nf_skype_mode */
	u8 mark_shift;
	u32 flows;
	u32 flows_max;
	u32 endpoints;
	u32 supernodes;
	u32 clients;
	u32 hosts_max;
	u64 memory;
	u32 rules;
	bool offload;
	bool state_byte;
};

struct record_counter {
	char name[64];
	u64 value;
};

extern const struct out_field record_status_fields[];
extern const struct out_field record_counter_fields[];

/* The attributes of one message by number; NULL for those that are absent */
struct codec_message {
	const struct nlattr *attr[NF_SKYPE_A_MAX + 1];
};

/**
 * codec_parse() - find the attributes of a message
 * @message: result
 * @data: behind the generic netlink header, aligned to 4 bytes
 * @len: its bytes
 *
 * Attributes that this version does not know are passed over.
 *
 * Return: whether @data is a sequence of whole attributes.
 */
bool codec_parse(struct codec_message *message, const void *data, size_t len);

/*
 * Decoders of nests.  Each returns whether the nest was there and every field
 * in it that must be, with its right size.
 */
bool codec_status(const struct nlattr *nest, struct record_status *status);
bool codec_flow(const struct nlattr *nest, struct record_flow *flow);
bool codec_endpoint(const struct nlattr *nest, struct record_endpoint *endpoint);
bool codec_supernode(const struct nlattr *nest,
		     struct record_supernode *supernode);
bool codec_session(const struct nlattr *nest, struct record_session *session);
bool codec_counter(const struct nlattr *nest, struct record_counter *counter);
bool codec_policy(const struct nlattr *nest, struct policy *policy);

/* A mode that stands alone in a message */
bool codec_mode(const struct nlattr *attr, u8 *mode);

/* Name of the event of a message, or NULL */
const char *codec_event(const struct codec_message *message);

/**
 * codec_put_policy() - append a policy to a request
 * @request: message in a buffer of CODEC_REQUEST_MAX bytes
 * @policy: the policy
 */
void codec_put_policy(struct nlmsghdr *request, const struct policy *policy);

/**
 * codec_rule_at() - which rule of a request is meant
 * @request: as codec_put_policy() made it
 * @offset: of an attribute, from the start of @request
 *
 * Return: index of the rule whose nest holds the attribute, or -1.
 */
int codec_rule_at(const struct nlmsghdr *request, u32 offset);

/* Append an address: 4 bytes for IPv4, else 16 */
void codec_put_addr(struct nlmsghdr *request, u16 type,
		    const struct skype_addr *addr);

#endif /* SKYPECTL_NL_CODEC_H */
