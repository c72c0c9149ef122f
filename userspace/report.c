// SPDX-License-Identifier: GPL-2.0
/*
 * What classify prints.
 *
 * Flows come one by one and are written at once, so that a capture of any size
 * needs no more memory than a small one: the JSON list is written as a stream,
 * and a table of many rows comes in parts.
 */
#include <inttypes.h>
#include <netinet/in.h>
#include <stdlib.h>

#include "hosts.h"
#include "out.h"
#include "record.h"
#include "report.h"

#define TABLE_ROWS 4096	    /* a table is printed when it has so many */
#define SESSIONS_MAX 65536  /* sessions of one capture that are listed */
#define STATE_SHIFT 24	    /* default place of the state byte in the mark */
#define NS_PER_US 1000
#define NS_PER_MS 1000000

/* A list under way; its records go out one by one */
struct json_list {
	const struct report *report;
	bool more;
};

struct report {
	struct report_options options;
	const char *name;
	const struct explain *explain;
	struct out_table *table;
	u32 rows;
	bool captures; /* one was written already */
	struct json_list flows; /* of this capture */
	u64 grades[SKYPE_GRADE_COUNT];
	struct record_session *sessions;
	size_t session_count;
	u64 sessions_lost;
};

/* JSON as a stream */

/* A value at some depth of the document; takes @value. */
static void put_json(const struct report *report, json_t *value, int depth)
{
	size_t flags = JSON_ENCODE_ANY | JSON_REAL_PRECISION(16);
	char *text;

	if (!report->options.set->pretty) {
		json_dumpf(value, stdout, flags | JSON_COMPACT);
		json_decref(value);
		return;
	}
	text = must(json_dumps(value, flags | JSON_INDENT(2)));
	for (const char *c = text; *c; c++) {
		putchar(*c);
		if (*c == '\n')
			printf("%*s", 2 * depth, "");
	}
	free(text);
	json_decref(value);
}

/* A line break in front of something at some depth, if lines are wanted. */
static void put_break(const struct report *report, int depth)
{
	if (report->options.set->pretty)
		printf("\n%*s", 2 * depth, "");
}

static void put_key(const struct report *report, const char *key, int depth)
{
	put_break(report, depth);
	printf("\"%s\":%s", key, report->options.set->pretty ? " " : "");
}

static struct json_list list_begin(const struct report *report,
				   const char *key)
{
	struct json_list list = { .report = report };

	put_key(report, key, 3);
	putchar('[');
	return list;
}

static void list_put(struct json_list *list, json_t *object)
{
	if (list->more)
		putchar(',');
	list->more = true;
	put_break(list->report, 4);
	put_json(list->report, object, 4);
}

static void list_end(const struct json_list *list)
{
	if (list->more)
		put_break(list->report, 3);
	fputs("],", stdout);
}

/* A file name may be any bytes, JSON may not. */
static json_t *json_name(const char *name)
{
	json_t *value = json_string(name);
	char *clean;

	if (value)
		return value;
	clean = must(strdup(name));
	for (char *c = clean; *c; c++)
		if (*c & 0x80)
			*c = '?';
	value = json_string(clean);
	free(clean);
	return value;
}

/* Records */

static struct out_end end_of(const struct track_flow *flow, int dir)
{
	struct out_end end = { flow->addr[dir], ntohs(flow->port[dir]) };

	return end;
}

/*
 * A flow that the classifier never had in hand is settled, as in the kernel,
 * where it has no entry; only a SYN without an answer is still open.
 */
static bool decided(const struct track_flow *flow)
{
	if (flow->state & TRACK_INSPECTED)
		return skype_flow_decided(&flow->flow);
	return flow->proto == IPPROTO_UDP || (flow->state & TRACK_PICKED_UP);
}

static struct record_flow flow_record(const struct track_flow *flow)
{
	const struct skype_flow *core = &flow->flow;
	bool inspected = flow->state & TRACK_INSPECTED;
	int client = track_client(flow);
	struct record_flow record = {
		.proto = flow->proto,
		.client = end_of(flow, client),
		.server = end_of(flow, !client),
		.decided = decided(flow),
		.packets = inspected ? core->packets : flow->payloads,
		.bytes = inspected ? core->bytes : flow->bytes,
		.first = flow->first * NS_PER_US,
		.last = flow->last * NS_PER_US,
	};

	if (!inspected)
		return record;
	record.done = core->done;
	record.class = core->class;
	record.grade = core->grade;
	record.version = core->version;
	record.reasons = record_reasons(core->reasons);
	record.decided_at = skype_flow_decided_at(core);
	record.mark = (u32)skype_flow_state_byte(core) << STATE_SHIFT;
	return record;
}

static struct record_session session_record(const struct skype_client *c)
{
	struct record_session record = {
		.client = c->addr,
		.node = { c->node, ntohs(c->node_port) },
		.via = (u8)record_via(ntohs(c->node_port)),
		.ended = c->state == SKYPE_SESSION_ENDED,
		.start = c->start * NS_PER_MS,
		.end = c->state == SKYPE_SESSION_ENDED ? c->end * NS_PER_MS : 0,
		.changes = c->changes,
		.version = c->version,
	};

	return record;
}

static struct record_endpoint endpoint_record(const struct skype_endpoint *e)
{
	struct record_endpoint record = {
		.addr = e->addr,
		.port = ntohs(e->port),
		.grade = e->grade,
		.requests = e->requests,
		.peers = e->peers,
		.chain = e->chain,
		.supernode = e->supernode,
		.first = e->first * NS_PER_MS,
		.last = e->last * NS_PER_MS,
	};

	if (e->public)
		record.public = skype_addr_v4(e->public);
	return record;
}

static struct record_supernode supernode_record(const struct skype_supernode *s)
{
	struct record_supernode record = {
		.addr = s->addr,
		.port = ntohs(s->port),
		.proto = s->tcp ? IPPROTO_TCP : IPPROTO_UDP,
		.grade = s->grade,
		.clients = s->clients,
		.first = s->first * NS_PER_MS,
		.last = s->last * NS_PER_MS,
	};

	return record;
}

/* Flows */

static void flow_json(struct report *report, const struct record_flow *record,
		      const struct ladder *ladder)
{
	json_t *object = out_json(record_flow_fields, record);
	char text[LADDER_TEXT];

	if (report->options.explain) {
		json_object_set_new(object, "messages", ladder_json(ladder));
		json_object_set_new(object, "messages_left_out", json_integer(
			explain_left_out(ladder->explain, ladder->flow->messages)));
		ladder_sentence(ladder, text);
		json_object_set_new(object, "why", json_string(text));
	}
	list_put(&report->flows, object);
}

static void table_flush(struct report *report)
{
	if (report->rows)
		out_table_print(report->table, stdout);
	out_table_free(report->table);
	report->table = NULL;
	report->rows = 0;
}

static void flow_row(struct report *report, const struct record_flow *record)
{
	if (!report->table)
		report->table = out_table_new(report->options.set,
					      record_flow_fields);
	out_table_add(report->table, record);
	if (++report->rows == TABLE_ROWS)
		table_flush(report);
}

static void flow_ladder(const struct record_flow *record,
			const struct ladder *ladder)
{
	char client[OUT_END_LEN], server[OUT_END_LEN];

	printf("%s %s -> %s  %s, %s", record->proto == IPPROTO_TCP ? "tcp" : "udp",
	       out_end(&record->client, client),
	       out_end(&record->server, server),
	       skype_class_name(record->class),
	       skype_grade_name(record->grade));
	if (record->decided_at)
		printf(", decided at %" PRIu32, record->decided_at);
	if (record->version != SKYPE_VERSION_UNKNOWN)
		printf(", version %s", skype_version_name(record->version));
	putchar('\n');
	ladder_print(ladder, stdout);
	putchar('\n');
}

/**
 * report_flow() - a flow that will not change any more (struct track_sink)
 * @context: the report
 * @flow: the flow
 */
void report_flow(void *context, const struct track_flow *flow)
{
	struct report *report = context;
	const struct report_options *options = &report->options;
	struct ladder ladder = { flow, report->explain };
	struct record_flow record;
	bool shown;

	report->grades[flow->flow.grade]++;
	shown = options->all || flow->flow.class != SKYPE_CLASS_NONE;
	if (!shown && !options->set->json)
		return;
	record = flow_record(flow);
	if (options->html && shown)
		html_flow(options->html, &record, &ladder);
	if (options->page_only)
		return;
	if (options->set->json)
		flow_json(report, &record, &ladder);
	else if (options->explain)
		flow_ladder(&record, &ladder);
	else
		flow_row(report, &record);
}

/**
 * report_session() - a session that will not change any more (track_sink)
 * @context: the report
 * @client: the client with its session
 */
void report_session(void *context, const struct skype_client *client)
{
	struct report *report = context;
	size_t count = report->session_count;

	if (count == SESSIONS_MAX) {
		report->sessions_lost++;
		return;
	}
	if ((count & (count - 1)) == 0)
		report->sessions = must(reallocarray(report->sessions,
						     2 * count + 1,
						     sizeof(*report->sessions)));
	report->sessions[count] = session_record(client);
	if (report->options.html)
		html_session(report->options.html, &report->sessions[count]);
	report->session_count++;
}

/* The hosts and sessions of a capture */

typedef void record_use_t(void *context, const struct out_field *fields,
			  const void *record);

static void each_endpoint(const struct track *track, bool all,
			  record_use_t *use, void *context)
{
	struct skype_endpoint *list;
	size_t count;

	list = hosts_endpoints(track_hosts(track), &count);
	for (size_t i = 0; i < count; i++) {
		struct record_endpoint record = endpoint_record(&list[i]);

		if (all || record.grade != SKYPE_GRADE_NONE || record.supernode)
			use(context, record_endpoint_fields, &record);
	}
	free(list);
}

static void each_supernode(const struct track *track, bool all,
			   record_use_t *use, void *context)
{
	struct skype_supernode *list;
	size_t count;

	list = hosts_supernodes(track_hosts(track), &count);
	for (size_t i = 0; i < count; i++) {
		struct record_supernode record = supernode_record(&list[i]);

		if (all || record.grade >= SKYPE_GRADE_LIKELY)
			use(context, record_supernode_fields, &record);
	}
	free(list);
}

static int by_start(const void *a, const void *b)
{
	const struct record_session *x = a, *y = b;

	if (x->start != y->start)
		return x->start < y->start ? -1 : 1;
	return memcmp(&x->client, &y->client, sizeof(x->client));
}

static void each_session(struct report *report, record_use_t *use,
			 void *context)
{
	if (report->session_count)
		qsort(report->sessions, report->session_count,
		      sizeof(*report->sessions), by_start);
	for (size_t i = 0; i < report->session_count; i++)
		use(context, record_session_fields, &report->sessions[i]);
}

static void use_json(void *context, const struct out_field *fields,
		     const void *record)
{
	list_put(context, out_json(fields, record));
}

static json_t *counters_json(const struct report *report,
			     const struct capture *capture,
			     const struct track *track)
{
	json_t *skipped = json_object(), *counters = json_object();

	for (int i = CAPTURE_SKIP_NONE + 1; i < CAPTURE_SKIP_COUNT; i++)
		json_object_set_new(skipped, capture_skip_name(i),
				    json_integer((json_int_t)capture_skipped(
					    capture, i)));
	json_object_set_new(counters, "skipped", skipped);
	json_object_set_new(counters, "bytes", json_integer(
		(json_int_t)capture_bytes(capture)));
	json_object_set_new(counters, "flows", json_integer(
		(json_int_t)track_flows(track)));
	json_object_set_new(counters, "flushed", json_integer(
		(json_int_t)track_flushed(track)));
	json_object_set_new(counters, "hosts_evicted", json_integer(
		(json_int_t)hosts_evicted(track_hosts(track))));
	json_object_set_new(counters, "sessions_lost", json_integer(
		(json_int_t)report->sessions_lost));
	return counters;
}

static void capture_json(struct report *report, const struct capture *capture,
			 const struct track *track, const char *error)
{
	struct json_list list;

	list_end(&report->flows);
	put_key(report, "packets", 3);
	printf("%" PRIu64 ",", capture_frames(capture));
	list = list_begin(report, "endpoints");
	each_endpoint(track, true, use_json, &list);
	list_end(&list);
	list = list_begin(report, "supernodes");
	each_supernode(track, true, use_json, &list);
	list_end(&list);
	list = list_begin(report, "sessions");
	each_session(report, use_json, &list);
	list_end(&list);
	put_key(report, "counters", 3);
	put_json(report, counters_json(report, capture, track), 3);
	if (error) {
		putchar(',');
		put_key(report, "error", 3);
		put_json(report, json_name(error), 3);
	}
	put_break(report, 2);
	putchar('}');
}

struct titled_table {
	const struct settings *set;
	const char *title;
	struct out_table *table;
};

static void use_table(void *context, const struct out_field *fields,
		      const void *record)
{
	struct titled_table *titled = context;

	if (!titled->table)
		titled->table = out_table_new(titled->set, fields);
	out_table_add(titled->table, record);
}

static void table_end(struct titled_table *titled)
{
	if (titled->table) {
		printf("\n%s\n", titled->title);
		out_table_print(titled->table, stdout);
	}
	out_table_free(titled->table);
	titled->table = NULL;
}

static void capture_summary(const struct report *report,
			    const struct capture *capture,
			    const struct track *track)
{
	char *name = out_printable(report->name);
	const char *gap = " (";

	printf("%s: %" PRIu64 " packets, %" PRIu64 " flows: ", name,
	       capture_frames(capture), track_flows(track));
	free(name);
	printf("%" PRIu64 " certain, %" PRIu64 " likely, %" PRIu64 " suspect",
	       report->grades[SKYPE_GRADE_CERTAIN],
	       report->grades[SKYPE_GRADE_LIKELY],
	       report->grades[SKYPE_GRADE_SUSPECT]);
	for (int i = CAPTURE_SKIP_NONE + 1; i < CAPTURE_SKIP_COUNT; i++) {
		if (!capture_skipped(capture, i))
			continue;
		printf("%s%" PRIu64 " %s", *gap == ' ' ? "; skipped: " : gap,
		       capture_skipped(capture, i), capture_skip_name(i));
		gap = ", ";
	}
	putchar('\n');
}

static void capture_tables(struct report *report, const struct capture *capture,
			   const struct track *track)
{
	struct titled_table titled = { .set = report->options.set };
	bool all = report->options.all;

	table_flush(report);
	titled.title = "Endpoints";
	each_endpoint(track, all, use_table, &titled);
	table_end(&titled);
	titled.title = "Super nodes";
	each_supernode(track, all, use_table, &titled);
	table_end(&titled);
	titled.title = "Sessions";
	each_session(report, use_table, &titled);
	table_end(&titled);
	putchar('\n');
	capture_summary(report, capture, track);
}

/* Between the entries of captures. */
static void capture_separate(struct report *report)
{
	if (report->captures)
		putchar(',');
	report->captures = true;
	put_break(report, 2);
}

static void print_heading(const struct report *report, const char *file)
{
	char *name = out_printable(file);

	printf("%s%s:\n", report->captures ? "\n" : "", name);
	free(name);
}

/**
 * report_capture_begin() - the flows that follow are of another capture
 * @report: the report
 * @name: of the capture
 * @explain: where the messages of its flows are, or NULL
 */
void report_capture_begin(struct report *report, const char *name,
			  const struct explain *explain)
{
	report->name = name;
	report->explain = explain;
	report->session_count = 0;
	report->sessions_lost = 0;
	memset(report->grades, 0, sizeof(report->grades));
	if (report->options.html)
		html_capture_begin(report->options.html, name);
	if (report->options.page_only)
		return;
	if (!report->options.set->json) {
		if (report->options.many)
			print_heading(report, name);
		report->captures = true;
		return;
	}
	capture_separate(report);
	putchar('{');
	put_key(report, "file", 3);
	put_json(report, json_name(name), 3);
	putchar(',');
	report->flows = list_begin(report, "flows");
}

/**
 * report_capture_end() - a capture is read: print what concerns it as a whole
 * @report: the report
 * @capture: the capture
 * @track: its flows and hosts, finished
 * @error: why reading ended before the end of the file, or NULL
 */
void report_capture_end(struct report *report, const struct capture *capture,
			const struct track *track, const char *error)
{
	const struct html_summary summary = {
		.packets = capture_frames(capture),
		.flows = track_flows(track),
		.error = error,
	};

	if (report->options.html)
		html_capture_end(report->options.html, &summary);
	if (report->options.page_only)
		return;
	if (report->options.set->json)
		capture_json(report, capture, track, error);
	else
		capture_tables(report, capture, track);
}

/**
 * report_capture_missing() - a capture could not be opened: its entry in JSON
 *	and on the page
 * @report: the report
 * @name: of the capture
 * @error: why
 */
void report_capture_missing(struct report *report, const char *name,
			    const char *error)
{
	if (report->options.html)
		html_capture_missing(report->options.html, name, error);
	if (!report->options.set->json)
		return;
	capture_separate(report);
	put_json(report, json_pack("{so s[] si s[] s[] s[] so}",
				   "file", json_name(name), "flows",
				   "packets", 0, "endpoints", "supernodes",
				   "sessions", "error", json_name(error)), 2);
}

/**
 * report_open() - begin a report on stdout
 * @options: what to print; kept by value
 *
 * Return: the report, for report_close().
 */
struct report *report_open(const struct report_options *options)
{
	struct report *report = must(calloc(1, sizeof(*report)));

	report->options = *options;
	if (options->set->json) {
		putchar('{');
		put_key(report, "schema", 1);
		printf("%d,", OUT_SCHEMA);
		put_key(report, "files", 1);
		putchar('[');
	}
	return report;
}

void report_close(struct report *report)
{
	if (report->options.set->json) {
		put_break(report, report->captures ? 1 : 0);
		putchar(']');
		put_break(report, 0);
		puts("}");
	}
	free(report->sessions);
	free(report);
}
