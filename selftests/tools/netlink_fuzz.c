// SPDX-License-Identifier: GPL-2.0
/*
 * netlink_fuzz COUNT SEED: send COUNT messages to nf_skype, random ones and
 * damaged right ones, and take what comes back. Says how many were accepted and
 * refused. As nobody (netlink_fuzz COUNT SEED nobody) none may be accepted.
 */
#include <fcntl.h>

#include "genl.h"

static uint64_t state;

static uint32_t dice(uint32_t sides)
{
	state ^= state << 13;
	state ^= state >> 7;
	state ^= state << 17;
	return (uint32_t)(state >> 32) % sides;
}

static void put_random(struct genl_message *m, uint16_t most)
{
	static const uint8_t sizes[] = { 0, 1, 1, 2, 4, 4, 4, 8, 16, 16, 3, 33 };
	uint8_t bytes[64];
	unsigned int i;

	for (i = 0; i < sizeof(bytes); i++)
		bytes[i] = (uint8_t)(dice(3) ? dice(4) : dice(256));
	genl_put(m, (uint16_t)dice(most + 2u), bytes, sizes[dice(sizeof(sizes))]);
}

static void make_tree(struct genl_message *m, int depth)
{
	unsigned int count = dice(6), i;
	struct nlattr *nest;

	for (i = 0; i < count && m->header.nlmsg_len < GENL_SIZE / 2; i++) {
		if (depth < 5 && dice(2)) {
			nest = genl_nest(m, (uint16_t)dice(NF_SKYPE_A_MAX + 2));
			make_tree(m, depth + 1);
			genl_nest_end(m, nest);
		} else {
			put_random(m, 16);
		}
	}
}

/* Behind the netlink header: that one is the kernel's own business. */
static void damage(struct genl_message *m)
{
	uint32_t len = m->header.nlmsg_len, i, times = dice(6);

	if (len <= NLMSG_HDRLEN + GENL_HDRLEN)
		return;
	for (i = 0; i < times; i++)
		m->bytes[NLMSG_HDRLEN + GENL_HDRLEN +
			 dice(len - NLMSG_HDRLEN - GENL_HDRLEN)] =
			(uint8_t)dice(256);
	if (dice(10) == 0)
		m->header.nlmsg_len = NLMSG_HDRLEN + GENL_HDRLEN +
			dice(len - NLMSG_HDRLEN - GENL_HDRLEN);
}

static void make(struct genl_message *m, uint16_t family)
{
	uint16_t flags = NLM_F_ACK;

	if (dice(3) == 0)
		flags = (uint16_t)(dice(2) ? NLM_F_DUMP : dice(0x800));
	switch (dice(8)) {
	case 0: /* a policy that is taken waits for all processors: some only */
		genl_policy(m, family, dice(dice(20) ? 6 : 300), dice(65536));
		m->header.nlmsg_flags |= flags & ~NLM_F_DUMP;
		if (dice(16))
			damage(m);
		break;
	case 1:
	case 2:
		genl_begin(m, family, (uint8_t)dice(NF_SKYPE_CMD_MAX + 3), flags);
		put_random(m, NF_SKYPE_A_MAX);
		break;
	default:
		genl_begin(m, family, (uint8_t)dice(NF_SKYPE_CMD_MAX + 3), flags);
		make_tree(m, 0);
	}
}

/* Everything that has come; 1: refused for want of rights, 2: otherwise, 0: not */
static int drain(int fd)
{
	static uint8_t bytes[GENL_SIZE];
	int result = 0;
	ssize_t got;

	while ((got = recv(fd, bytes, sizeof(bytes), MSG_DONTWAIT)) > 0) {
		struct nlmsghdr *h = (void *)bytes;

		for (; NLMSG_OK(h, got); h = NLMSG_NEXT(h, got)) {
			int error = 0;

			if (h->nlmsg_type == NLMSG_ERROR)
				error = ((struct nlmsgerr *)NLMSG_DATA(h))->error;
			else if (h->nlmsg_type == NLMSG_DONE)
				error = *(int *)NLMSG_DATA(h);
			if (error)
				result = error == -EPERM ? 1 : 2;
		}
	}
	return result;
}

int main(int argc, char **argv)
{
	static struct genl_message m;
	bool nobody = argc > 3;
	unsigned long count, i, results[3] = { 0, 0, 0 }, unanswered = 0;
	uint16_t family;
	int fd;

	if (argc < 3)
		return 2;
	count = strtoul(argv[1], NULL, 0);
	state = strtoul(argv[2], NULL, 0) * 2654435761u + 88172645463325252ull;
	if (nobody && (setgid(65534) || setuid(65534)))
		return 2;
	fd = genl_socket();
	family = genl_family(fd);
	if (!family) {
		fprintf(stderr, "netlink_fuzz: no nf_skype\n");
		return 2;
	}
	for (i = 0; i < count; i++) {
		make(&m, family);
		if (dice(2))
			damage(&m);
		if (send(fd, m.bytes, m.header.nlmsg_len, MSG_DONTWAIT) < 0)
			unanswered++;
		else
			results[drain(fd)]++;
		if (i % 1000 == 999) { /* and no dump goes on for ever */
			close(fd);
			fd = genl_socket();
		}
		if (i % 50000 == 49999) /* for whoever watches a long run */
			fprintf(stderr, "# %lu messages\n", i + 1);
	}
	printf("%lu messages: %lu not refused, %lu not permitted, %lu refused, %lu not taken\n",
	       count, results[0], results[1], results[2], unanswered);
	return 0;
}
