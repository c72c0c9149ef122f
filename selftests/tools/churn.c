// SPDX-License-Identifier: GPL-2.0
/*
 * churn policies COUNT     load COUNT policies, one after the other in turn
 * churn datagrams COUNT    send COUNT datagrams like a U1 (0: for ever)
 *
 * The two policies give the same flows other marks by other rules: MARK_ODD by
 * rule 1, MARK_EVEN by rule 2, where rule 1 of that policy drops what never
 * comes. So a packet that took a rule's place from one policy and the rule from
 * the other shows: it is dropped, or has neither mark.
 *
 * The datagrams pass the guards of signatures.md, 4.3. 10 peers get 10 each from
 * one port, then comes another port: one packet of ten begins a flow.
 */
#include <arpa/inet.h>

#include "genl.h"

#define MARK_ODD 0x11
#define MARK_EVEN 0x22
#define PEERS 10
#define ROUNDS 10

/* Any bytes but 0: two of those would fail the guards. */
static void fill(uint8_t *bytes, size_t size)
{
	static uint32_t state = 2463534242u;
	size_t i;

	for (i = 0; i < size; i++) {
		state ^= state << 13;
		state ^= state >> 17;
		state ^= state << 5;
		bytes[i] = (uint8_t)(1 + state % 255);
	}
}

/* Ids of one port are the same: no chain makes anything else of these flows. */
static unsigned long from_one_port(unsigned long count)
{
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	unsigned long i, sent = 0;

	for (i = 0; i < PEERS * ROUNDS && i < count; i++) {
		struct sockaddr_in to = {
			.sin_family = AF_INET,
			.sin_port = htons(33033),
			.sin_addr.s_addr = htonl(0xc6336401u + i % PEERS),
		};
		uint8_t u1[18];

		fill(u1, sizeof(u1));
		memcpy(u1, "\x41\x02\x02", 3);
		sent += sendto(fd, u1, sizeof(u1), 0, (void *)&to,
			       sizeof(to)) == sizeof(u1);
		if (i % PEERS == PEERS - 1) /* let others have the processor */
			usleep(1000);
	}
	close(fd);
	return sent;
}

static int datagrams(unsigned long count)
{
	unsigned long sent = 0, tried = 0;

	while (!count || tried < count) {
		sent += from_one_port(count ? count - tried : -1ul);
		tried += PEERS * ROUNDS;
	}
	printf("%lu\n", sent);
	return 0;
}

static void put_rule(struct genl_message *m, uint32_t number, uint32_t classes,
		     uint8_t action, uint32_t mark)
{
	struct nlattr *rule = genl_nest(m, NF_SKYPE_A_POLICY_RULE);

	genl_put_u32(m, NF_SKYPE_A_RULE_NUMBER, number);
	genl_put_u32(m, NF_SKYPE_A_RULE_CLASSES, classes);
	genl_put_u8(m, NF_SKYPE_A_RULE_GRADE, 1); /* suspect */
	genl_put_u8(m, NF_SKYPE_A_RULE_ACTION, action);
	if (action == NF_SKYPE_ACTION_MARK) {
		genl_put_u32(m, NF_SKYPE_A_RULE_MARK, mark);
		genl_put_u32(m, NF_SKYPE_A_RULE_MASK, 0xff);
	}
	genl_nest_end(m, rule);
}

static void make_policy(struct genl_message *m, uint16_t family, bool odd)
{
	const uint32_t probe = 1u << 1, login = 1u << 6;
	struct nlattr *policy;

	policy = genl_policy_begin(m, family);
	if (odd) {
		put_rule(m, 1, probe, NF_SKYPE_ACTION_MARK, MARK_ODD);
		put_rule(m, 2, probe, NF_SKYPE_ACTION_DROP, 0);
	} else {
		put_rule(m, 1, login, NF_SKYPE_ACTION_DROP, 0);
		put_rule(m, 2, probe, NF_SKYPE_ACTION_MARK, MARK_EVEN);
	}
	genl_nest_end(m, policy);
}

static int policies(unsigned long count)
{
	static struct genl_message m;
	static uint8_t answer[4096];
	int fd = genl_socket(), error;
	uint16_t family = genl_family(fd);
	unsigned long i;
	size_t len;

	for (i = 0; i < count; i++) {
		make_policy(&m, family, i % 2);
		error = genl_talk(fd, &m, answer, sizeof(answer), &len);
		if (error) {
			printf("policy %lu: %s\n", i + 1, strerror(error));
			return 1;
		}
		if (i % 1000 == 999) /* for whoever watches a long run */
			fprintf(stderr, "# %lu policies\n", i + 1);
	}
	printf("%lu\n", i);
	return 0;
}

int main(int argc, char **argv)
{
	unsigned long count = argc > 2 ? strtoul(argv[2], NULL, 0) : 0;

	if (argc == 3 && !strcmp(argv[1], "policies"))
		return policies(count);
	if (argc == 3 && !strcmp(argv[1], "datagrams"))
		return datagrams(count);
	fprintf(stderr, "usage: churn policies|datagrams COUNT\n");
	return 2;
}
