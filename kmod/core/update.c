// SPDX-License-Identifier: GPL-2.0
/*
 * The version check.
 *
 * Theory of Operation
 * -------------------
 *
 * The only clear text of the protocol is an HTTP request at the start of the
 * client (signatures.md, sections 2.4 and 4.2):
 *
 *	GET [http://ui.skype.com]/ui/0/97/en/getlatestversion?ver=0.97.0.6 HTTP/1.1
 *	Host: ui.skype.com
 *
 * and at the very first one /ui/0/97/en/installed.  Product and version digits
 * and the language vary, the URI may be absolute, and header names come in
 * either case.  Path and Host together are the proof; the User-Agent decides
 * nothing.  The Host may stand in a later segment: it is looked for line by
 * line in the next few.
 */
#include "inspect.h"

#define HOST_SEGMENTS 8 /* client segments that may pass before the Host */
#define LINES_MAX 64

/* A place in the text of a request; every step checks the end. */
struct cursor {
	const struct skype_view *v;
	u32 at;
};

static u8 peek(const struct cursor *c)
{
	return skype_view_u8(c->v, c->at);
}

static bool is_digit(u8 byte)
{
	return byte >= '0' && byte <= '9';
}

static bool is_letter(u8 byte)
{
	return (byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z');
}

/* Step over @text when it stands here. */
#define take_text(c, text) take(c, text, sizeof(text) - 1)

static inline bool take(struct cursor *c, const char *text, u32 len)
{
	if (!skype_view_is(c->v, c->at, text, len))
		return false;
	c->at += len;
	return true;
}

/* The same, whatever the case: for names of headers and hosts. */
#define take_word(c, word) take_any_case(c, word, sizeof(word) - 1)

static inline bool take_any_case(struct cursor *c, const char *word, u32 len)
{
	if (!skype_view_is_word(c->v, c->at, word, len))
		return false;
	c->at += len;
	return true;
}

/* Step over a number with dots in it; false when there is none. */
static inline bool take_number(struct cursor *c)
{
	const struct skype_view v = *c->v;
	u32 at = c->at, from = at;

	for (; at < v.len; at++)
		if (!is_digit(v.data[at]) && (v.data[at] != '.' || at == from))
			break;
	c->at = at;
	return at > from;
}

/* An absolute URI tells the host, and perhaps the port. */
static void take_host(struct cursor *c)
{
	if (take_word(c, "http://ui.skype.com") && take_text(c, ":"))
		take_number(c);
}

static bool take_language(struct cursor *c)
{
	const struct skype_view *v = c->v;
	u32 at = c->at, from = at;

	while (at < v->len && (is_letter(v->data[at]) || v->data[at] == '-' ||
			       v->data[at] == '_'))
		at++;
	c->at = at;
	return at > from;
}

static enum skype_version version_at(const struct skype_view *v, u32 off)
{
	u8 major = skype_view_u8(v, off);

	if (is_digit(skype_view_u8(v, off + 1)))
		return SKYPE_VERSION_UNKNOWN;
	switch (major) {
	case '0':
		return SKYPE_VERSION_0_97;
	case '1':
		return SKYPE_VERSION_1_X;
	case '2':
		return SKYPE_VERSION_2_X;
	case '5':
		return skype_view_u8(v, off + 2) >= '5' || is_digit(skype_view_u8(v, off + 3)) ?
			       SKYPE_VERSION_5_5 : SKYPE_VERSION_UNKNOWN;
	case '6':
	case '7':
		return SKYPE_VERSION_5_5;
	default:
		return SKYPE_VERSION_UNKNOWN;
	}
}

/* /ui/0/97/en/ or /ui/2/1.2.0.18/en/: says where the version stands */
static bool take_path(struct cursor *c, u32 *version)
{
	u32 product;

	if (!take_text(c, "/ui/"))
		return false;
	product = c->at;
	if (!take_number(c) || !take_text(c, "/"))
		return false;
	*version = c->at;
	if (!take_number(c) || !take_text(c, "/"))
		return false;
	/* "0/97" is one version in two parts, "2/1.2.0.18" has it in the second */
	if (skype_view_u8(c->v, *version + 1) != '.')
		*version = product;
	return take_language(c) && take_text(c, "/");
}

/* The first header line that starts here or later; false when there is none. */
static bool next_line(struct cursor *c)
{
	c->at = skype_view_find(c->v, c->at, '\n') + 1;
	return c->at < c->v->len;
}

static bool host_is_skype(struct cursor *c)
{
	while (peek(c) == ' ' || peek(c) == '\t')
		c->at++;
	if (!take_word(c, "ui.skype.com"))
		return false;
	return peek(c) == '\r' || peek(c) == '\n' || peek(c) == ':' ||
	       peek(c) == ' ';
}

/* Look through the lines from @at on for the Host. */
static void look_for_host(struct skype_inspection *in, u32 at)
{
	struct cursor c = { .v = &in->view, .at = at };
	int lines;

	for (lines = 0; lines < LINES_MAX; lines++) {
		if (take_word(&c, "host:")) {
			if (host_is_skype(&c)) {
				skype_verdict(in, SKYPE_CLASS_UPDATE,
					      SKYPE_GRADE_CERTAIN);
				in->flow->done = 1;
			} else {
				skype_done(in, SKYPE_NOTE_UPDATE_HOST);
			}
			return;
		}
		if (peek(&c) == '\r' || peek(&c) == '\n') {
			skype_done(in, SKYPE_NOTE_UPDATE_HOST);
			return;
		}
		if (!next_line(&c))
			return;
	}
}

/**
 * skype_update_request() - the client's first message, is it a version check?
 * @in: the inspection
 *
 * Return: true when the path is that of a version check (section 2.4); the
 * verdict stands as soon as the Host was seen.
 */
bool skype_update_request(struct skype_inspection *in)
{
	struct cursor c = { .v = &in->view };
	enum skype_reason reason;
	u32 version;

	if (!take_text(&c, "GET "))
		return false;
	take_host(&c);
	if (!take_path(&c, &version))
		return false;
	if (take_text(&c, "installed ") || take_text(&c, "installed?"))
		reason = SKYPE_REASON_UPDATE_INSTALLED;
	else if (take_text(&c, "getlatestversion?ver="))
		reason = SKYPE_REASON_UPDATE_CHECK;
	else
		return false;
	skype_flow_new_reason(in->flow, reason);
	skype_version(in, version_at(&in->view, version));
	in->flow->phase = SKYPE_PHASE_UPDATE;
	skype_note(in, SKYPE_NOTE_UPDATE_PATH);
	if (next_line(&c))
		look_for_host(in, c.at);
	return true;
}

/**
 * skype_update_more() - a further segment of the request
 * @in: the inspection of a flow whose path was that of a version check
 */
void skype_update_more(struct skype_inspection *in)
{
	if (skype_from_client(in))
		look_for_host(in, 0);
	if (!in->flow->done &&
	    (!skype_from_client(in) || in->flow->packets > HOST_SEGMENTS))
		skype_done(in, SKYPE_NOTE_UPDATE_HOST);
}
