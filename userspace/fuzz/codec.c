// SPDX-License-Identifier: GPL-2.0
/*
 * Fuzzer of the netlink decoder: attributes to records, and records to tables
 * and JSON.  A policy that decodes must be the same after it was encoded.
 */
#include <jansson.h>
#include <linux/genetlink.h>

#include "input.h"
#include "nl_codec.h"
#include "out.h"
#include "out_policy.h"

static void print(const struct out_field *fields, const void *record)
{
	static const struct settings set;
	struct out_table *table = out_table_new(&set, fields);
	json_t *json = out_json(fields, record);
	static FILE *nowhere;
	char *text;

	if (!nowhere)
		nowhere = fopen("/dev/null", "w");
	out_table_add(table, record);
	out_table_print(table, nowhere);
	out_table_free(table);

	check(json);
	text = json_dumps(json, JSON_COMPACT);
	check(text);
	free(text);
	json_decref(json);
}

static void decode_records(const struct codec_message *m)
{
	struct record_status status;
	struct record_flow flow;
	struct record_endpoint endpoint;
	struct record_supernode supernode;
	struct record_session session;
	struct record_counter counter;

	if (codec_status(m->attr[NF_SKYPE_A_STATUS], &status))
		print(record_status_fields, &status);
	if (codec_flow(m->attr[NF_SKYPE_A_FLOW], &flow))
		print(record_flow_fields, &flow);
	if (codec_endpoint(m->attr[NF_SKYPE_A_ENDPOINT], &endpoint))
		print(record_endpoint_fields, &endpoint);
	if (codec_supernode(m->attr[NF_SKYPE_A_SUPERNODE], &supernode))
		print(record_supernode_fields, &supernode);
	if (codec_session(m->attr[NF_SKYPE_A_SESSION], &session))
		print(record_session_fields, &session);
	if (codec_counter(m->attr[NF_SKYPE_A_COUNTER], &counter))
		print(record_counter_fields, &counter);
}

static void encode_again(const struct policy *policy)
{
	static struct policy again;
	struct nlmsghdr *request = malloc(CODEC_REQUEST_MAX);
	struct codec_message message;
	unsigned int i;

	memset(request, 0, CODEC_REQUEST_MAX);
	mnl_nlmsg_put_header(request);
	mnl_nlmsg_put_extra_header(request, sizeof(struct genlmsghdr));
	codec_put_policy(request, policy);
	check(request->nlmsg_len < CODEC_REQUEST_MAX);
	check(codec_parse(&message, (char *)request + NLMSG_HDRLEN + GENL_HDRLEN,
			  request->nlmsg_len - NLMSG_HDRLEN - GENL_HDRLEN));
	check(codec_policy(message.attr[NF_SKYPE_A_POLICY], &again));
	check(again.count == policy->count);
	for (i = 0; i < again.count; i++)
		check(again.rule[i].number == policy->rule[i].number);
	for (i = 0; i < request->nlmsg_len; i += 4)
		check(codec_rule_at(request, i) < (int)policy->count);
	free(request);
}

static void decode_policy(const struct nlattr *nest)
{
	static struct policy policy;
	json_t *json;

	if (!codec_policy(nest, &policy))
		return;
	check(policy.count <= POLICY_RULES_MAX);
	json = out_policy_json(&policy);
	check(json);
	json_decref(json);
	free(policy_text(&policy));
	encode_again(&policy);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct codec_message message;
	const char *event;
	u8 mode;
	char *exact = malloc(size ? size : 1); /* aligned, as libmnl's buffer */

	if (size)
		memcpy(exact, data, size);
	if (codec_parse(&message, exact, size)) {
		decode_records(&message);
		decode_policy(message.attr[NF_SKYPE_A_POLICY]);
		if (message.attr[NF_SKYPE_A_MODE])
			codec_mode(message.attr[NF_SKYPE_A_MODE], &mode);
		event = codec_event(&message);
		check(!event || strlen(event) < size);
	}
	free(exact);
	return 0;
}
