/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Generic netlink to nf_skype without a library, so that a test has every byte
 * and every system call in its hand.
 */
#ifndef SELFTESTS_GENL_H
#define SELFTESTS_GENL_H

#include <errno.h>
#include <linux/genetlink.h>
#include <linux/netlink.h>
#include <linux/nf_skype.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#define GENL_SIZE 65536

/* A message under construction */
struct genl_message {
	union {
		struct nlmsghdr header;
		uint8_t bytes[GENL_SIZE];
	};
};

static inline void genl_begin(struct genl_message *m, uint16_t family,
			      uint8_t cmd, uint16_t flags)
{
	struct genlmsghdr *genl;

	memset(m->bytes, 0, NLMSG_HDRLEN + GENL_HDRLEN);
	m->header.nlmsg_len = NLMSG_HDRLEN + GENL_HDRLEN;
	m->header.nlmsg_type = family;
	m->header.nlmsg_flags = NLM_F_REQUEST | flags;
	m->header.nlmsg_seq = 1;
	genl = NLMSG_DATA(&m->header);
	genl->cmd = cmd;
	genl->version = NF_SKYPE_FAMILY_VERSION;
}

/* Append an attribute; returns it, so that genl_nest_end() can close a nest. */
static inline struct nlattr *genl_put(struct genl_message *m, uint16_t type,
				      const void *data, size_t len)
{
	struct nlattr *attr =
		(void *)(m->bytes + NLMSG_ALIGN(m->header.nlmsg_len));

	attr->nla_type = type;
	attr->nla_len = (uint16_t)(NLA_HDRLEN + len);
	memset(attr + 1, 0, NLA_ALIGN(len));
	if (len)
		memcpy(attr + 1, data, len);
	m->header.nlmsg_len =
		NLMSG_ALIGN(m->header.nlmsg_len) + NLA_ALIGN(attr->nla_len);
	return attr;
}

static inline void genl_put_u8(struct genl_message *m, uint16_t type, uint8_t v)
{
	genl_put(m, type, &v, sizeof(v));
}

static inline void genl_put_u32(struct genl_message *m, uint16_t type,
				uint32_t v)
{
	genl_put(m, type, &v, sizeof(v));
}

static inline struct nlattr *genl_nest(struct genl_message *m, uint16_t type)
{
	return genl_put(m, type | NLA_F_NESTED, NULL, 0);
}

static inline void genl_nest_end(struct genl_message *m, struct nlattr *nest)
{
	nest->nla_len = (uint16_t)(m->bytes + m->header.nlmsg_len -
				   (uint8_t *)nest);
}

/* A policy that enforces; its rules are next, then genl_nest_end() */
static inline struct nlattr *genl_policy_begin(struct genl_message *m,
					       uint16_t family)
{
	struct nlattr *policy;

	genl_begin(m, family, NF_SKYPE_CMD_POLICY_SET, NLM_F_ACK);
	policy = genl_nest(m, NF_SKYPE_A_POLICY);
	genl_put_u8(m, NF_SKYPE_A_POLICY_MODE, NF_SKYPE_MODE_ENFORCE);
	genl_put_u8(m, NF_SKYPE_A_POLICY_OFFLOAD, 0);
	genl_put_u8(m, NF_SKYPE_A_POLICY_STATE_BYTE, 1);
	genl_put_u8(m, NF_SKYPE_A_POLICY_DEFAULT, NF_SKYPE_ACTION_ACCEPT);
	return policy;
}

/* A policy of @rules rules, whose marks are @mark */
static inline void genl_policy(struct genl_message *m, uint16_t family,
			       unsigned int rules, uint32_t mark)
{
	struct nlattr *policy, *rule;
	unsigned int i;

	policy = genl_policy_begin(m, family);
	for (i = 1; i <= rules; i++) {
		rule = genl_nest(m, NF_SKYPE_A_POLICY_RULE);
		genl_put_u32(m, NF_SKYPE_A_RULE_NUMBER, i);
		genl_put_u8(m, NF_SKYPE_A_RULE_ACTION, NF_SKYPE_ACTION_MARK);
		genl_put_u32(m, NF_SKYPE_A_RULE_MARK, mark);
		genl_put_u32(m, NF_SKYPE_A_RULE_MASK, 0xffff);
		genl_nest_end(m, rule);
	}
	genl_nest_end(m, policy);
}

static inline int genl_socket(void)
{
	struct timeval patience = { .tv_sec = 5 };
	int one = 1, fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC,
				 NETLINK_GENERIC);

	if (fd < 0)
		return -1;
	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
	setsockopt(fd, SOL_NETLINK, NETLINK_GET_STRICT_CHK, &one, sizeof(one));
	setsockopt(fd, SOL_NETLINK, NETLINK_EXT_ACK, &one, sizeof(one));
	return fd;
}

/*
 * Whether the latest answer was lost on its way: the request may have been done.
 * (The kernel says so by an error of recv(), not by a message.)
 */
static bool genl_lost;

/**
 * genl_talk() - send a message and take everything that answers it
 * @fd: socket
 * @m: the message
 * @answer: where the answer's bytes go, one message behind the other
 * @size: room there; what is beyond is read and thrown away
 * @len: bytes of the answer
 *
 * Return: 0, or the error that the kernel answered, or that of a system call.
 */
static inline int genl_talk(int fd, const struct genl_message *m,
			    uint8_t *answer, size_t size, size_t *len)
{
	static uint8_t bytes[GENL_SIZE];
	bool more = true;
	int error = 0;

	*len = 0;
	genl_lost = false;
	if (send(fd, m->bytes, m->header.nlmsg_len, 0) < 0)
		return errno;
	while (more) {
		ssize_t got = recv(fd, bytes, sizeof(bytes), 0);
		struct nlmsghdr *h = (void *)bytes;

		if (got < 0) {
			genl_lost = errno == ENOBUFS;
			return errno;
		}
		for (; NLMSG_OK(h, got); h = NLMSG_NEXT(h, got)) {
			if (h->nlmsg_type == NLMSG_ERROR) {
				struct nlmsgerr *e = NLMSG_DATA(h);

				error = -e->error;
				more = false;
			} else if (h->nlmsg_type == NLMSG_DONE) {
				error = -*(int *)NLMSG_DATA(h);
				more = false;
			} else if (*len + h->nlmsg_len <= size) {
				memcpy(answer + *len, h, h->nlmsg_len);
				*len += h->nlmsg_len;
			}
		}
	}
	return error;
}

/* Ask the kernel about the family; the answer's length is 0 when there is none. */
static inline size_t genl_describe(int fd, uint8_t *answer, size_t size)
{
	static struct genl_message m;
	size_t len;

	genl_begin(&m, GENL_ID_CTRL, CTRL_CMD_GETFAMILY, NLM_F_ACK);
	genl_put(&m, CTRL_ATTR_FAMILY_NAME, NF_SKYPE_FAMILY_NAME,
		 sizeof(NF_SKYPE_FAMILY_NAME));
	if (genl_talk(fd, &m, answer, size, &len) ||
	    len < NLMSG_HDRLEN + GENL_HDRLEN)
		return 0;
	return len;
}

/* The attribute @type between @at and @end, or NULL */
static inline struct nlattr *genl_find(uint8_t *at, uint8_t *end, uint16_t type)
{
	struct nlattr *a;

	for (; at + NLA_HDRLEN <= end; at += NLA_ALIGN(a->nla_len)) {
		a = (void *)at;
		if (a->nla_len < NLA_HDRLEN || a->nla_len > end - at)
			return NULL;
		if ((a->nla_type & NLA_TYPE_MASK) == type)
			return a;
	}
	return NULL;
}

static inline uint8_t *genl_end(struct nlattr *a)
{
	return (uint8_t *)a + a->nla_len;
}

/* What the kernel has of the family under @type, or NULL; until the next call */
static inline struct nlattr *genl_attribute(int fd, uint16_t type)
{
	static uint8_t answer[4096];
	size_t len = genl_describe(fd, answer, sizeof(answer));

	if (!len)
		return NULL;
	return genl_find(answer + NLMSG_HDRLEN + GENL_HDRLEN, answer + len, type);
}

/* The family's number, 0 when the module is not there */
static inline uint16_t genl_family(int fd)
{
	struct nlattr *a = genl_attribute(fd, CTRL_ATTR_FAMILY_ID);
	uint16_t id = 0;

	if (a)
		memcpy(&id, a + 1, sizeof(id));
	return id;
}

/* The number of the family's only multicast group, 0 when it is not there */
static inline uint32_t genl_group(int fd)
{
	struct nlattr *a = genl_attribute(fd, CTRL_ATTR_MCAST_GROUPS);
	uint32_t id = 0;

	if (a) /* the groups, and in them the first */
		a = genl_find((uint8_t *)(a + 1), genl_end(a), 1);
	if (a)
		a = genl_find((uint8_t *)(a + 1), genl_end(a),
			      CTRL_ATTR_MCAST_GRP_ID);
	if (a)
		memcpy(&id, a + 1, sizeof(id));
	return id;
}

#endif /* SELFTESTS_GENL_H */
