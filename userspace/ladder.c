// SPDX-License-Identifier: GPL-2.0
#include <inttypes.h>
#include <netinet/in.h>
#include <stdarg.h>

#include "ladder.h"

/* Text is cut, never overrun, when it gets too long. */
struct text {
	char *to;
	size_t used;
};

static void add(struct text *text, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

static void add(struct text *text, const char *format, ...)
{
	size_t room = LADDER_TEXT - text->used;
	va_list args;
	int length;

	va_start(args, format);
	length = vsnprintf(text->to + text->used, room, format, args);
	va_end(args);
	if (length > 0)
		text->used += (size_t)length < room ? (size_t)length : room - 1;
}

static struct text text_at(char *to)
{
	struct text text = { .to = to };

	to[0] = '\0';
	return text;
}

/**
 * ladder_message() - one message of a flow
 * @ladder: the flow
 * @i: from 0
 *
 * Return: the message, or NULL behind the last.
 */
const struct explain_message *ladder_message(const struct ladder *ladder, u32 i)
{
	return explain_at(ladder->explain, ladder->flow->messages, i);
}

/* Whether the side that acts as the client sent it. */
bool ladder_from_client(const struct ladder *ladder,
			const struct explain_message *message)
{
	return message->dir == track_client(ladder->flow);
}

/**
 * ladder_after() - when a message came, as seconds since the flow's first packet
 * @ladder: the flow
 * @message: the message
 * @text: written; negative when the capture's clock was set back
 *
 * Return: @text
 */
const char *ladder_after(const struct ladder *ladder,
			 const struct explain_message *message,
			 char text[LADDER_TIME])
{
	u64 first = ladder->flow->first, time = message->time;
	u64 after = time < first ? first - time : time - first;

	snprintf(text, LADDER_TIME, "%c%" PRIu64 ".%06" PRIu64,
		 time < first ? '-' : '+', after / 1000000, after % 1000000);
	return text;
}

static void add_evidence(struct text *text, u32 evidence)
{
	const char *gap = "";

	for (u32 reason = 0; reason < SKYPE_REASON_COUNT; reason++) {
		if (!(evidence & 1u << reason))
			continue;
		add(text, "%s%s: %s (%s)", gap, skype_reason_name(reason),
		    skype_reason_text(reason), skype_reason_section(reason));
		gap = "; ";
	}
}

/* What a message without evidence was: a note says why it proved nothing. */
static const char *note_of(const struct explain_message *m)
{
	if (m->note != SKYPE_NOTE_NONE)
		return skype_note_text(m->note);
	return m->size ? "nothing beyond what the flow is known for" :
			 "FIN or RST";
}

/**
 * ladder_text() - what a message proved or ruled out
 * @ladder: the flow
 * @i: number of the message, from 0
 * @text: written
 *
 * A note says why a message proved nothing, so evidence makes it pointless.
 */
void ladder_text(const struct ladder *ladder, u32 i, char text[LADDER_TEXT])
{
	const struct explain_message *m = ladder_message(ladder, i);
	const struct explain_message *before =
		i ? ladder_message(ladder, i - 1) : NULL;
	u8 class = before ? before->class : SKYPE_CLASS_NONE;
	u8 grade = before ? before->grade : SKYPE_GRADE_NONE;
	struct text line = text_at(text);

	add_evidence(&line, m->evidence);
	if (!m->evidence)
		add(&line, "%s", note_of(m));
	if (m->class != class || m->grade != grade)
		add(&line, "%s=> %s, %s", line.used ? " " : "",
		    skype_class_name(m->class), skype_grade_name(m->grade));
}

/* The message since which the flow is of its final class, or NULL. */
static const struct explain_message *class_since(const struct ladder *ladder)
{
	const struct explain_message *m;

	for (u32 i = 0; (m = ladder_message(ladder, i)); i++)
		if (m->class == ladder->flow->flow.class)
			return m;
	return NULL;
}

/* The message since which the flow has its final grade, or NULL. */
static const struct explain_message *grade_since(const struct ladder *ladder)
{
	const struct explain_message *m;

	for (u32 i = 0; (m = ladder_message(ladder, i)); i++)
		if (m->grade == ladder->flow->flow.grade)
			return m;
	return NULL;
}

/* The last note that says something, or NULL. */
static const struct explain_message *last_note(const struct ladder *ladder)
{
	u32 i = explain_count(ladder->explain, ladder->flow->messages);

	while (i--) {
		const struct explain_message *m = ladder_message(ladder, i);

		if (m->note != SKYPE_NOTE_NONE)
			return m;
	}
	return NULL;
}

/* What counts has a number; what does not is a FIN or RST, or came twice. */
static void add_message(struct text *text, const struct explain_message *m)
{
	if (m->n)
		add(text, "message %" PRIu32, m->n);
	else
		add(text, m->size ? "a retransmission" : "a FIN or RST");
}

static void add_cause(struct text *text, const struct explain_message *m)
{
	if (!m) {
		add(text, "a message that is not listed completed it");
		return;
	}
	add_message(text, m);
	add(text, m->evidence ? " brought " :
				" completed what other flows and messages had shown");
	add_evidence(text, m->evidence);
}

/* Class and grade may be due to different messages. */
static void sentence_verdict(const struct ladder *ladder, struct text *text)
{
	const struct skype_flow *flow = &ladder->flow->flow;
	const struct explain_message *class = class_since(ladder);
	const struct explain_message *grade = grade_since(ladder);

	add(text, "%s, %s: ", skype_class_name(flow->class),
	    skype_grade_name(flow->grade));
	if (class == grade) {
		add_cause(text, class);
	} else {
		add(text, "%s because ", skype_class_name(flow->class));
		add_cause(text, class);
		add(text, "; %s because ", skype_grade_name(flow->grade));
		add_cause(text, grade);
	}
	if (flow->grade == SKYPE_GRADE_SUSPECT)
		add(text, ", and no proof followed: it only looks like Skype");
}

static void sentence_none(const struct ladder *ladder, struct text *text)
{
	const struct explain_message *m = last_note(ladder);

	if (m && ladder->flow->flow.done) {
		add(text, "none: inspection ended at ");
		add_message(text, m);
		add(text, ": %s", skype_note_text(m->note));
	} else if (m)
		add(text, "none so far: no signature is complete; last, %s",
		    skype_note_text(m->note));
	else
		add(text, "none so far: no message of a signature was seen");
}

static void sentence_not_inspected(const struct ladder *ladder,
				   struct text *text)
{
	const struct explain_message *m = last_note(ladder);

	if (ladder->flow->proto == IPPROTO_UDP && m)
		add(text, "none: the first datagram opens no probe (%s), and neither end is a proven endpoint",
		    skype_note_text(m->note));
	else if (ladder->flow->proto == IPPROTO_UDP)
		add(text, "none: the first datagram is empty, and neither end is a proven endpoint");
	else if (ladder->flow->state & TRACK_PICKED_UP)
		add(text, "none: the capture does not show how the connection was opened, so it was not inspected");
	else
		add(text, "none: no SYN|ACK answered the SYN");
}

/**
 * ladder_sentence() - why the verdict of a flow is what it is
 * @ladder: the flow
 * @text: written: one sentence
 */
void ladder_sentence(const struct ladder *ladder, char text[LADDER_TEXT])
{
	struct text sentence = text_at(text);

	if (!(ladder->flow->state & TRACK_INSPECTED))
		sentence_not_inspected(ladder, &sentence);
	else if (ladder->flow->flow.grade == SKYPE_GRADE_NONE)
		sentence_none(ladder, &sentence);
	else
		sentence_verdict(ladder, &sentence);
	add(&sentence, ".");
}

/**
 * ladder_print() - print the ladder of a flow as lines of text
 * @ladder: the flow
 * @to: where to
 */
void ladder_print(const struct ladder *ladder, FILE *to)
{
	u32 left_out = explain_left_out(ladder->explain, ladder->flow->messages);
	const struct explain_message *m;
	char text[LADDER_TEXT], after[LADDER_TIME];

	for (u32 i = 0; (m = ladder_message(ladder, i)); i++) {
		ladder_text(ladder, i, text);
		if (m->n)
			fprintf(to, "  %4" PRIu32, m->n);
		else
			fprintf(to, "     -");
		fprintf(to, "  %s  client %s server  %5" PRIu32 "  %s\n",
			ladder_after(ladder, m, after),
			ladder_from_client(ladder, m) ? "->" : "<-", m->size,
			text);
	}
	if (left_out)
		fprintf(to, "        (%" PRIu32 " more messages brought nothing new)\n",
			left_out);
	ladder_sentence(ladder, text);
	fprintf(to, "  %s\n", text);
}

static json_t *json_evidence(u32 evidence)
{
	json_t *list = json_array();

	for (u32 reason = 0; reason < SKYPE_REASON_COUNT; reason++)
		if (evidence & 1u << reason)
			json_array_append_new(
				list, json_string(skype_reason_name(reason)));
	return list;
}

/**
 * ladder_json() - the messages of a flow for its JSON object
 * @ladder: the flow
 *
 * As in ladder_text(), evidence makes a note pointless.
 *
 * Return: an array, a new reference.
 */
json_t *ladder_json(const struct ladder *ladder)
{
	const struct explain_message *m;
	json_t *list = json_array();

	for (u32 i = 0; (m = ladder_message(ladder, i)); i++)
		json_array_append_new(list, json_pack(
			"{so sf ss sI so ss}",
			"n", m->n ? json_integer(m->n) : json_null(),
			"time", (double)m->time / 1e6,
			"from", ladder_from_client(ladder, m) ? "client" :
								"server",
			"size", (json_int_t)m->size,
			"evidence", json_evidence(m->evidence),
			"note", m->evidence ? "" : note_of(m)));
	return list;
}
