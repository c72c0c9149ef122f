// SPDX-License-Identifier: GPL-2.0
/* Any bytes as attributes of a message, and what comes of them printed. */
#include <stdint.h>
#include <stdlib.h>

#include "nl_codec.h"
#include "out_policy.h"

static void print(const struct out_field *fields, const void *record)
{
	static const struct settings set;
	struct out_table *table = out_table_new(&set, fields);
	static FILE *nowhere;

	if (!nowhere)
		nowhere = fopen("/dev/null", "w");
	out_table_add(table, record);
	out_table_print(table, nowhere);
	out_table_free(table);
	json_decref(out_json(fields, record));
}

static void decode_all(const struct codec_message *message)
{
	static struct policy policy;
	struct record_supernode supernode;
	struct record_endpoint endpoint;
	struct record_session session;
	struct record_counter counter;
	struct record_status status;
	struct record_flow flow;

	if (codec_status(message->attr[NF_SKYPE_A_STATUS], &status))
		print(record_status_fields, &status);
	if (codec_flow(message->attr[NF_SKYPE_A_FLOW], &flow))
		print(record_flow_fields, &flow);
	if (codec_endpoint(message->attr[NF_SKYPE_A_ENDPOINT], &endpoint))
		print(record_endpoint_fields, &endpoint);
	if (codec_supernode(message->attr[NF_SKYPE_A_SUPERNODE], &supernode))
		print(record_supernode_fields, &supernode);
	if (codec_session(message->attr[NF_SKYPE_A_SESSION], &session))
		print(record_session_fields, &session);
	if (codec_counter(message->attr[NF_SKYPE_A_COUNTER], &counter))
		print(record_counter_fields, &counter);
	if (codec_policy(message->attr[NF_SKYPE_A_POLICY], &policy)) {
		json_decref(out_policy_json(&policy));
		free(policy_text(&policy));
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct codec_message message;
	void *aligned = malloc(size ? size : 1);

	memcpy(aligned, data, size);
	if (codec_parse(&message, aligned, size)) {
		const char *event = codec_event(&message);

		if (event && strlen(event) > size)
			abort();
		decode_all(&message);
	}
	free(aligned);
	return 0;
}
