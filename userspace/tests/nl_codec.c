// SPDX-License-Identifier: GPL-2.0
/*
 * The netlink codec against bytes written down by hand from
 * include/uapi/linux/nf_skype.h (little-endian hosts only: numbers have the
 * host's byte order).
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include <linux/genetlink.h>
#include <netinet/in.h>

#include "nl_codec.h"

#define ALIGNED __attribute__((aligned(8)))

/* Length and type of an attribute */
#define A(len, type) (len), 0, (type), 0
#define NEST(len, type) (len) & 0xff, (len) >> 8, (type), 0x80
#define U64(x) (x), 0, 0, 0, 0, 0, 0, 0

static const u8 flow_bytes[] ALIGNED = {
	NEST(156, 4),
	A(5, 1), 17, 0, 0, 0,                  /* PROTO udp */
	A(8, 2), 192, 0, 2, 7,                 /* CLIENT */
	A(6, 3), 0x8c, 0x96, 0, 0,             /* CLIENT_PORT 35990 */
	A(8, 4), 198, 51, 100, 9,              /* SERVER */
	A(6, 5), 0x81, 0x09, 0, 0,             /* SERVER_PORT 33033 */
	A(5, 6), 1, 0, 0, 0,                   /* DECIDED */
	A(5, 7), 1, 0, 0, 0,                   /* DONE */
	A(5, 8), 1, 0, 0, 0,                   /* CLASS probe */
	A(5, 9), 3, 0, 0, 0,                   /* GRADE certain */
	A(5, 10), 2, 0, 0, 0,                  /* VERSION 1.x */
	A(8, 11), 0, 1, 2, 3,                  /* REASONS u1 u2 u3 u4 */
	A(12, 12), U64(4),                     /* PACKETS */
	A(12, 13), U64(70),                    /* BYTES */
	A(8, 14), 3, 0, 0, 0,                  /* DECIDED_AT */
	A(12, 15), U64(9),                     /* FIRST */
	A(12, 16), U64(10),                    /* LAST */
	A(8, 17), 0, 0, 0, 0xd1,               /* MARK 0xd1000000 */
};

static const struct nlattr *attr_of(const u8 *bytes)
{
	return (const struct nlattr *)bytes;
}

static void expect_addr(const struct skype_addr *addr, const char *expected)
{
	char text[OUT_ADDR_LEN];

	assert_string_equal(out_addr(addr, text), expected);
}

static void flow(void **state)
{
	struct record_flow flow;

	(void)state;
	assert_int_equal(sizeof(flow_bytes), 156);
	assert_true(codec_flow(attr_of(flow_bytes), &flow));
	assert_int_equal(flow.proto, IPPROTO_UDP);
	expect_addr(&flow.client.addr, "192.0.2.7");
	assert_int_equal(flow.client.port, 35990);
	expect_addr(&flow.server.addr, "198.51.100.9");
	assert_int_equal(flow.server.port, 33033);
	assert_true(flow.decided);
	assert_true(flow.done);
	assert_int_equal(flow.class, SKYPE_CLASS_PROBE);
	assert_int_equal(flow.grade, SKYPE_GRADE_CERTAIN);
	assert_int_equal(flow.version, SKYPE_VERSION_1_X);
	assert_int_equal(flow.reasons.count, 4);
	assert_int_equal(flow.reasons.reason[3], SKYPE_REASON_U4_POSITIVE);
	assert_int_equal(flow.packets, 4);
	assert_int_equal(flow.bytes, 70);
	assert_int_equal(flow.decided_at, 3);
	assert_int_equal(flow.first, 9);
	assert_int_equal(flow.last, 10);
	assert_int_equal(flow.mark, 0xd1000000);
}

/* Take attribute @type out of a copy of the flow by renaming it. */
static bool flow_without(u8 type, struct record_flow *flow)
{
	u8 bytes[sizeof(flow_bytes)] ALIGNED;
	size_t at;

	memcpy(bytes, flow_bytes, sizeof(bytes));
	for (at = 4; at < sizeof(bytes); at += (bytes[at] + 3U) & ~3U)
		if (bytes[at + 2] == type)
			bytes[at + 2] = 30;
	return codec_flow(attr_of(bytes), flow);
}

static void flow_needs_its_fields(void **state)
{
	struct record_flow flow;
	u8 type;

	(void)state;
	for (type = 1; type <= 17; type++)
		assert_int_equal(flow_without(type, &flow),
				 type >= NF_SKYPE_A_FLOW_REASONS &&
					 type <= NF_SKYPE_A_FLOW_LAST);
	flow_without(NF_SKYPE_A_FLOW_FIRST, &flow);
	assert_true(flow.first == OUT_UNKNOWN);
	assert_int_equal(flow.last, 10);
}

/* Every length but the right one is refused, in the nest and in its parts. */
static void flow_of_wrong_sizes(void **state)
{
	u8 bytes[sizeof(flow_bytes)] ALIGNED;
	struct record_flow flow;
	size_t at;

	(void)state;
	memcpy(bytes, flow_bytes, sizeof(bytes));
	for (at = 4; at < sizeof(bytes);
	     at += (flow_bytes[at] + 3U) & ~3U) {
		bytes[at] = 3;
		assert_false(codec_flow(attr_of(bytes), &flow));
		bytes[at] = 200;
		assert_false(codec_flow(attr_of(bytes), &flow));
		bytes[at] = flow_bytes[at];
	}
	for (at = 4; at < sizeof(bytes); at++) {
		bytes[0] = (u8)at;
		assert_false(codec_flow(attr_of(bytes), &flow));
	}
	assert_false(codec_flow(NULL, &flow));
}

static void counter(void **state)
{
	static const u8 bytes[] ALIGNED = {
		NEST(32, 8),
		A(5, 200), 1, 0, 0, 0,         /* unknown */
		A(8, 1), 'a', '/', 'b', 0,
		A(12, 2), 1, 2, 3, 4, 5, 6, 7, 8,
	};
	struct record_counter counter;

	(void)state;
	assert_int_equal(sizeof(bytes), 32);
	assert_true(codec_counter(attr_of(bytes), &counter));
	assert_string_equal(counter.name, "a/b");
	assert_int_equal(counter.value, 0x0807060504030201ULL);
}

static void status(void **state)
{
	u8 bytes[] ALIGNED = {
		NEST(116, 2),
		A(8, 1), '1', '.', '0', 0,
		A(5, 2), 2, 0, 0, 0,           /* enforce */
		A(5, 3), 24, 0, 0, 0,
		A(8, 4), 1, 0, 0, 0,
		A(8, 5), 0, 64, 0, 0,          /* 16384 */
		A(8, 6), 2, 0, 0, 0,
		A(8, 7), 3, 0, 0, 0,
		A(8, 8), 4, 0, 0, 0,
		A(8, 9), 0, 32, 0, 0,          /* 8192 */
		A(12, 10), 0, 0, 0, 0, 1, 0, 0, 0, /* 4 GiB */
		A(8, 11), 5, 0, 0, 0,
		A(5, 12), 0, 0, 0, 0,
		A(5, 13), 1, 0, 0, 0,
	};
	struct record_status status;

	(void)state;
	bytes[0] = sizeof(bytes);
	assert_true(codec_status(attr_of(bytes), &status));
	assert_string_equal(status.version, "1.0");
	assert_int_equal(status.mode, NF_SKYPE_MODE_ENFORCE);
	assert_int_equal(status.mark_shift, 24);
	assert_int_equal(status.flows, 1);
	assert_int_equal(status.flows_max, 16384);
	assert_int_equal(status.endpoints, 2);
	assert_int_equal(status.supernodes, 3);
	assert_int_equal(status.clients, 4);
	assert_int_equal(status.hosts_max, 8192);
	assert_int_equal(status.memory, 1ULL << 32);
	assert_int_equal(status.rules, 5);
	assert_false(status.offload);
	assert_true(status.state_byte);
	bytes[24] = 25; /* a state byte that would stand outside the mark */
	assert_false(codec_status(attr_of(bytes), &status));
}

static void endpoint(void **state)
{
	static const u8 bytes[] ALIGNED = {
		NEST(116, 5),
		A(20, 1), 0x20, 1, 0x0d, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 7,
		A(6, 2), 0x8c, 0x96, 0, 0,
		A(5, 3), 2, 0, 0, 0,
		A(8, 4), 9, 0, 0, 0,
		A(8, 5), 8, 0, 0, 0,
		A(8, 6), 7, 0, 0, 0,
		A(8, 7), 192, 0, 2, 1,
		A(5, 8), 1, 0, 0, 0,
		A(12, 9), U64(5),
		A(12, 10), U64(6),
		A(4, 11), 0, 0, 0, 0,
	};
	u8 copy[sizeof(bytes)] ALIGNED;
	struct record_endpoint endpoint;

	(void)state;
	memcpy(copy, bytes, sizeof(copy));
	copy[0] = sizeof(bytes) - 4;
	assert_true(codec_endpoint(attr_of(copy), &endpoint));
	expect_addr(&endpoint.addr, "2001:db8::7");
	assert_int_equal(endpoint.port, 35990);
	assert_int_equal(endpoint.grade, SKYPE_GRADE_LIKELY);
	assert_int_equal(endpoint.requests, 9);
	assert_int_equal(endpoint.peers, 8);
	assert_int_equal(endpoint.chain, 7);
	expect_addr(&endpoint.public, "192.0.2.1");
	assert_true(endpoint.supernode);
	assert_int_equal(endpoint.first, 5);
	assert_int_equal(endpoint.last, 6);
}

static void supernode(void **state)
{
	u8 bytes[] ALIGNED = {
		NEST(0, 6),
		A(8, 1), 198, 51, 100, 9,
		A(6, 2), 0x81, 0x09, 0, 0,
		A(5, 3), 6, 0, 0, 0,
		A(5, 4), 3, 0, 0, 0,
		A(8, 5), 2, 0, 0, 0,
		A(12, 6), U64(1),
		A(12, 7), U64(2),
	};
	struct record_supernode supernode;

	(void)state;
	bytes[0] = sizeof(bytes);
	assert_true(codec_supernode(attr_of(bytes), &supernode));
	expect_addr(&supernode.addr, "198.51.100.9");
	assert_int_equal(supernode.port, 33033);
	assert_int_equal(supernode.proto, IPPROTO_TCP);
	assert_int_equal(supernode.grade, SKYPE_GRADE_CERTAIN);
	assert_int_equal(supernode.clients, 2);
	assert_int_equal(supernode.first, 1);
	assert_int_equal(supernode.last, 2);
}

static void session(void **state)
{
	u8 bytes[] ALIGNED = {
		NEST(0, 7),
		A(8, 1), 10, 1, 0, 5,
		A(8, 2), 198, 51, 100, 9,
		A(6, 3), 0x01, 0xbb, 0, 0,     /* 443 */
		A(5, 4), 1, 0, 0, 0,
		A(12, 5), U64(3),
		A(12, 6), U64(4),
		A(8, 7), 2, 0, 0, 0,
		A(5, 8), 4, 0, 0, 0,
	};
	struct record_session session;

	(void)state;
	bytes[0] = sizeof(bytes);
	assert_true(codec_session(attr_of(bytes), &session));
	expect_addr(&session.client, "10.1.0.5");
	expect_addr(&session.node.addr, "198.51.100.9");
	assert_int_equal(session.node.port, 443);
	assert_int_equal(session.via, RECORD_VIA_443);
	assert_true(session.ended);
	assert_int_equal(session.start, 3);
	assert_int_equal(session.end, 4);
	assert_int_equal(session.changes, 2);
	assert_int_equal(session.version, SKYPE_VERSION_5_5);
}

/* Contract's example: rule 10 and rule 30, and what they are on the wire */
static const char policy_source[] =
	"mode enforce\n"
	"rule 10 from 10.1.0.0/16 class login,supernode action accept\n"
	"rule 30 class voice action mark 0x2e/0xff\n";

static const u8 policy_bytes[] ALIGNED = {
	NEST(140, 3),
	A(5, 1), 2, 0, 0, 0,                   /* MODE enforce */
	A(5, 2), 0, 0, 0, 0,                   /* OFFLOAD */
	A(5, 3), 1, 0, 0, 0,                   /* STATE_BYTE */
	A(5, 4), 0, 0, 0, 0,                   /* DEFAULT accept */
	NEST(52, 5),
	A(8, 1), 10, 0, 0, 0,                  /* NUMBER */
	A(8, 2), 0x50, 0, 0, 0,                /* CLASSES supernode, login */
	A(5, 3), 2, 0, 0, 0,                   /* GRADE likely */
	A(8, 4), 10, 1, 0, 0,                  /* FROM */
	A(5, 5), 16, 0, 0, 0,                  /* FROM_LEN */
	A(5, 8), 0, 0, 0, 0,                   /* ACTION accept */
	NEST(52, 5),
	A(8, 1), 30, 0, 0, 0,
	A(8, 2), 0x08, 0, 0, 0,                /* CLASSES voice */
	A(5, 3), 2, 0, 0, 0,
	A(5, 8), 2, 0, 0, 0,                   /* ACTION mark */
	A(8, 9), 0x2e, 0, 0, 0,                /* MARK */
	A(8, 10), 0xff, 0, 0, 0,               /* MASK */
};

static struct policy policy, again;

static struct nlmsghdr *policy_request(char *buffer)
{
	struct nlmsghdr *request = mnl_nlmsg_put_header(buffer);

	mnl_nlmsg_put_extra_header(request, sizeof(struct genlmsghdr));
	codec_put_policy(request, &policy);
	return request;
}

static void parse(const char *text)
{
	struct policy_error error;

	assert_true(policy_parse(&policy, text, strlen(text), &error));
}

static void policy_to_bytes(void **state)
{
	static char buffer[CODEC_REQUEST_MAX] ALIGNED;
	const char *data = buffer + NLMSG_HDRLEN + GENL_HDRLEN;
	struct nlmsghdr *request;

	(void)state;
	parse(policy_source);
	request = policy_request(buffer);
	assert_int_equal(request->nlmsg_len,
			 NLMSG_HDRLEN + GENL_HDRLEN + sizeof(policy_bytes));
	assert_memory_equal(data, policy_bytes, sizeof(policy_bytes));
}

static void policy_from_bytes(void **state)
{
	(void)state;
	assert_true(codec_policy(attr_of(policy_bytes), &policy));
	assert_int_equal(policy.mode, NF_SKYPE_MODE_ENFORCE);
	assert_int_equal(policy.count, 2);
	assert_int_equal(policy.rule[0].number, 10);
	assert_int_equal(policy.rule[0].classes, 0x50);
	assert_int_equal(policy.rule[0].from.size, 4);
	assert_int_equal(policy.rule[0].from.len, 16);
	assert_int_equal(policy.rule[0].to.size, 0);
	assert_int_equal(policy.rule[1].mark, 0x2e);
	assert_true(policy.rule[1].has_mask);
}

static void prefix_longer_than_its_address(void **state)
{
	u8 bytes[sizeof(policy_bytes)] ALIGNED;
	size_t at;

	(void)state;
	memcpy(bytes, policy_bytes, sizeof(bytes));
	for (at = 0; bytes[at] != 16 || bytes[at - 2] != 5; at++)
		;
	bytes[at] = 33;
	assert_false(codec_policy(attr_of(bytes), &policy));
}

/* The largest policy there is, there and back */
static void policy_round_trip(void **state)
{
	static char buffer[CODEC_REQUEST_MAX] ALIGNED;
	static char text[POLICY_RULES_MAX * 128];
	struct nlmsghdr *request;
	unsigned int i;
	size_t len = 0;
	char *back;

	(void)state;
	for (i = 0; i < POLICY_RULES_MAX; i++)
		len += (size_t)snprintf(text + len, sizeof(text) - len,
			"rule %u from 2001:db8::%x/128 to 2001:db8:%x::/48 class voice,login grade certain action mark 0x%x/0xffff\n",
			4000000000U + i, i + 1, i + 1, i);
	parse(text);
	request = policy_request(buffer);
	assert_true(request->nlmsg_len < CODEC_REQUEST_MAX);
	assert_true(codec_policy(attr_of((u8 *)buffer + NLMSG_HDRLEN +
					 GENL_HDRLEN), &again));
	back = policy_text(&again);
	assert_non_null(strstr(back, text));
	free(back);
}

static void rule_of_an_offset(void **state)
{
	static char buffer[CODEC_REQUEST_MAX] ALIGNED;
	u32 data = NLMSG_HDRLEN + GENL_HDRLEN;
	struct nlmsghdr *request;

	(void)state;
	parse(policy_source);
	request = policy_request(buffer);
	assert_int_equal(codec_rule_at(request, data), -1);
	assert_int_equal(codec_rule_at(request, data + 4), -1);
	assert_int_equal(codec_rule_at(request, data + 36), 0);
	assert_int_equal(codec_rule_at(request, data + 80), 0);
	assert_int_equal(codec_rule_at(request, data + 88), 1);
	assert_int_equal(codec_rule_at(request, 100000), -1);
}

static void addresses(void **state)
{
	static const u8 v4[] = { 8, 0, 12, 0, 192, 0, 2, 7 };
	char buffer[256] ALIGNED;
	struct nlmsghdr *request = mnl_nlmsg_put_header(buffer);
	struct skype_addr addr = skype_addr_v4(htonl(0xc0000207));

	(void)state;
	codec_put_addr(request, NF_SKYPE_A_CLIENT, &addr);
	assert_int_equal(request->nlmsg_len, NLMSG_HDRLEN + sizeof(v4));
	assert_memory_equal(buffer + NLMSG_HDRLEN, v4, sizeof(v4));
	addr.w[0] = htonl(0x20010db8);
	codec_put_addr(request, NF_SKYPE_A_CLIENT, &addr);
	assert_int_equal(request->nlmsg_len, NLMSG_HDRLEN + sizeof(v4) + 20);
}

static void messages(void **state)
{
	static const u8 event[] ALIGNED = {
		A(9, 9), 'f', 'l', 'o', 'w', 0, 0, 0, 0,
	};
	static const u8 open_string[] ALIGNED = {
		A(8, 9), 'f', 'l', 'o', 'w',
	};
	struct codec_message message;

	(void)state;
	assert_true(codec_parse(&message, event, sizeof(event)));
	assert_string_equal(codec_event(&message), "flow");
	assert_null(message.attr[NF_SKYPE_A_FLOW]);
	assert_true(codec_parse(&message, open_string, sizeof(open_string)));
	assert_null(codec_event(&message));
	assert_true(codec_parse(&message, event, 0));
	assert_null(codec_event(&message));
	assert_false(codec_parse(&message, event, 8));
	assert_false(codec_parse(&message, event, 3));
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(flow),
		cmocka_unit_test(flow_needs_its_fields),
		cmocka_unit_test(flow_of_wrong_sizes),
		cmocka_unit_test(counter),
		cmocka_unit_test(status),
		cmocka_unit_test(endpoint),
		cmocka_unit_test(supernode),
		cmocka_unit_test(session),
		cmocka_unit_test(policy_to_bytes),
		cmocka_unit_test(policy_from_bytes),
		cmocka_unit_test(prefix_longer_than_its_address),
		cmocka_unit_test(policy_round_trip),
		cmocka_unit_test(rule_of_an_offset),
		cmocka_unit_test(addresses),
		cmocka_unit_test(messages),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
