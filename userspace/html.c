// SPDX-License-Identifier: GPL-2.0
/*
 * The HTML page.
 *
 * Ladders are written as the flows come, into a stream of their own, because
 * summary and timeline stand above them and are known only at the end of the
 * capture.  The page is bounded: HTML_LADDERS ladders, and hosts and bars of the
 * timeline; what is left out is counted on the page.
 */
#include <inttypes.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "html.h"
#include "html_draw.h"

#define OPEN_LADDERS 6 /* shown unfolded, of each capture */

/* A text that grows; unlike that of open_memstream() it tells of lost bytes. */
struct stream {
	FILE *file;
	char *text;
	size_t size;
	size_t room;
};

struct html {
	struct stream body;
	struct stream ladders; /* of the present capture */
	const char *name;
	u32 drawn;	/* ladders of the page */
	u32 unfolded;	/* of the present capture */
	u64 undrawn;	/* flows without a ladder, of the present capture */
	u64 unlisted;	/* flows and sessions without a bar */
	u64 count[SKYPE_CLASS_COUNT][SKYPE_GRADE_COUNT];
	struct html_timeline timeline;
	struct record_session *sessions;
	size_t session_count;
};

/* What pages are known by, so it stays; it stands in their first 2 KB. */
#define PAGE_TITLE "<title>Skype P2P traffic</title>"

static const char page_head[] =
	"<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
	"<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
	"<meta name=\"color-scheme\" content=\"light dark\">\n"
	"<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">\n"
	PAGE_TITLE "\n<style>\n"
	":root{color-scheme:light dark;--back:#fff;--card:#f4f6f8;--text:#1c2430;"
	"--faint:#5d6b7a;--line:#c3ccd6;--proof:#0a7d4f;--certain:#b3261e;"
	"--likely:#8a5a00;--suspect:#1d5fa8;--c-session:#9aa5b1;--c-probe:#2d7dd2;"
	"--c-peer:#45a8c9;--c-voice:#d9480f;--c-supernode:#7048c6;"
	"--c-signal:#15876c;--c-login:#b8860b;--c-update:#77808a;--c-none:#b9c2cc}\n"
	"@media(prefers-color-scheme:dark){:root{--back:#12161b;--card:#1b222a;"
	"--text:#e4e9ee;--faint:#9aa7b4;--line:#3a4653;--proof:#4cc38a;"
	"--certain:#ff8a80;--likely:#f0b849;--suspect:#7ab8ff;--c-session:#5f6b78;"
	"--c-probe:#5ba4f0;--c-peer:#63c5e3;--c-voice:#ff8552;--c-supernode:#a98bf0;"
	"--c-signal:#3fc1a0;--c-login:#e0b030;--c-update:#a0a9b3;--c-none:#4a5560}}\n"
	"body{background:var(--back);color:var(--text);font:15px/1.5 system-ui,sans-serif;"
	"max-width:1120px;margin:0 auto;padding:24px 20px 60px}\n"
	"h1{font-size:1.6rem;margin:0 0 .2em}h2{font-size:1.2rem;margin:2.4em 0 .4em;"
	"overflow-wrap:anywhere}h3{font-size:1rem;margin:1.8em 0 .3em}\n"
	"p{margin:.3em 0}.faint{color:var(--faint)}.error{color:var(--certain)}\n"
	"table{border-collapse:collapse;margin:.5em 0}th,td{text-align:left;"
	"padding:3px 18px 3px 0;border-bottom:1px solid var(--line)}"
	"th{color:var(--faint);font-weight:500}td.number,th.number{text-align:right}\n"
	".wide{overflow-x:auto}svg{display:block;font:12px system-ui,sans-serif;fill:var(--text)}\n"
	"details{background:var(--card);border-radius:6px;margin:6px 0;padding:6px 12px}\n"
	"summary{cursor:pointer;overflow-wrap:anywhere}summary code{font-size:.92em}\n"
	"code{font-family:ui-monospace,monospace}.why{font-weight:500;margin:.5em 0}\n"
	".tag{border:1px solid currentColor;border-radius:9px;padding:0 8px;"
	"font-size:.82em;margin-left:6px;white-space:nowrap}\n"
	".certain{color:var(--certain)}.likely{color:var(--likely)}"
	".suspect{color:var(--suspect)}.none{color:var(--faint)}\n"
	".key{display:inline-block;width:10px;height:10px;border-radius:2px;margin-right:6px}\n"
	".life{stroke:var(--line);fill:none}.tick{stroke:var(--line);"
	"stroke-dasharray:2 4;fill:none}\n"
	".timeline rect{stroke:var(--back);stroke-width:.7}"
	".arrow{stroke:var(--faint);fill:none}.head{fill:var(--faint)}"
	".proof .arrow{stroke:var(--proof);stroke-width:2}.proof .head{fill:var(--proof)}"
	".proof text{fill:var(--proof)}.plain text{fill:var(--faint)}\n"
	"text.end,text.addr,text.size,text.axis{text-anchor:middle}"
	"text.end{font-weight:600}text.size{font-size:11px}"
	"text.time,text.n,text.lane{text-anchor:end}text.host{font-weight:600}"
	"text.lane,text.axis{fill:var(--faint);font-size:11px}\n";

static const char page_about[] =
	"</style>\n</head>\n<body>\n<h1>Skype P2P traffic</h1>\n"
	"<p class=\"faint\">Written by <code>skypectl classify</code>. Times in the"
	" diagrams count from the first packet of the flow; green messages brought"
	" evidence, with the section of the signature catalogue.</p>\n";

static bool stream_grow(struct stream *stream, size_t size)
{
	char *text;

	if (stream->size + size < stream->room)
		return true;
	text = realloc(stream->text, 2 * (stream->size + size) + 1);
	if (!text)
		return false;
	stream->text = text;
	stream->room = 2 * (stream->size + size) + 1;
	return true;
}

static ssize_t stream_write(void *cookie, const char *data, size_t size)
{
	struct stream *stream = cookie;

	if (!stream_grow(stream, size))
		return 0;
	memcpy(stream->text + stream->size, data, size);
	stream->size += size;
	stream->text[stream->size] = '\0';
	return (ssize_t)size;
}

static void stream_open(struct stream *stream)
{
	const cookie_io_functions_t functions = { .write = stream_write };

	stream->text = must(calloc(1, 1));
	stream->room = 1;
	stream->file = must(fopencookie(stream, "w", functions));
}

/* What was written so far, all of it. */
static const char *stream_text(struct stream *stream)
{
	bool whole = fflush(stream->file) == 0 && !ferror(stream->file);

	return must(whole ? stream->text : NULL);
}

static void stream_close(struct stream *stream)
{
	if (stream->file)
		fclose(stream->file);
	free(stream->text);
	memset(stream, 0, sizeof(*stream));
}

/* Colours of bars and keys, by class. */
static void put_class_styles(FILE *to)
{
	for (u8 class = 0; class <= HTML_SESSION; class++)
		fprintf(to, ".c-%s{fill:var(--c-%s);background:var(--c-%s)}",
			html_class_name(class), html_class_name(class),
			html_class_name(class));
	fputc('\n', to);
}

/**
 * html_new() - begin a page
 *
 * Return: the page, for html_free().
 */
struct html *html_new(void)
{
	struct html *html = must(calloc(1, sizeof(*html)));

	html->timeline.hosts = must(calloc(HTML_HOSTS, sizeof(struct skype_addr)));
	html->timeline.bars = must(calloc(HTML_BARS, sizeof(struct html_bar)));
	stream_open(&html->body);
	fputs(page_head, html->body.file);
	put_class_styles(html->body.file);
	fputs(page_about, html->body.file);
	return html;
}

void html_free(struct html *html)
{
	if (!html)
		return;
	stream_close(&html->body);
	stream_close(&html->ladders);
	free(html->timeline.hosts);
	free(html->timeline.bars);
	free(html->sessions);
	free(html);
}

/**
 * html_capture_begin() - the flows that follow are of another capture
 * @html: the page
 * @name: of the capture; kept until html_capture_end()
 */
void html_capture_begin(struct html *html, const char *name)
{
	html->name = name;
	html->unfolded = 0;
	html->undrawn = html->unlisted = 0;
	html->timeline.host_count = html->timeline.bar_count = 0;
	html->session_count = 0;
	memset(html->count, 0, sizeof(html->count));
	stream_open(&html->ladders);
}

/* Number of a host in the timeline; HTML_HOSTS when there is no more room. */
static u32 host_number(struct html_timeline *timeline,
		       const struct skype_addr *addr)
{
	u32 host;

	for (host = 0; host < timeline->host_count; host++)
		if (skype_addr_equal(&timeline->hosts[host], addr))
			return host;
	if (host < HTML_HOSTS)
		timeline->hosts[timeline->host_count++] = *addr;
	return host;
}

/* What ends before it begins, by a clock that was set back, is a point. */
static void add_bar(struct html *html, const struct skype_addr *host,
		    struct html_bar bar)
{
	struct html_timeline *timeline = &html->timeline;

	if (bar.last < bar.first)
		bar.last = bar.first;
	bar.host = host_number(timeline, host);
	if (bar.host == HTML_HOSTS || timeline->bar_count == HTML_BARS)
		html->unlisted++;
	else
		timeline->bars[timeline->bar_count++] = bar;
}

static void put_flow_head(struct html *html, const struct record_flow *record)
{
	const char *grade = skype_grade_name(record->grade);
	char end[OUT_END_LEN];
	FILE *to = html->ladders.file;
	bool open = record->grade == SKYPE_GRADE_CERTAIN &&
		    html->unfolded < OPEN_LADDERS;

	html->unfolded += open;
	fprintf(to, "<details%s><summary>%s <code>", open ? " open" : "",
		record->proto == IPPROTO_TCP ? "TCP" : "UDP");
	html_text(to, out_end(&record->client, end));
	fputs("</code> &rarr; <code>", to);
	html_text(to, out_end(&record->server, end));
	fprintf(to, "</code> <span class=\"key c-%s\"></span>%s"
		    "<span class=\"tag %s\">%s</span>",
		skype_class_name(record->class),
		skype_class_name(record->class), grade, grade);
	for (u8 i = 0; i < record->reasons.count; i++)
		fprintf(to, "<span class=\"tag faint\">%s</span>",
			skype_reason_name(record->reasons.reason[i]));
	fputs("</summary>\n", to);
}

static void put_flow(struct html *html, const struct record_flow *record,
		     const struct ladder *ladder)
{
	u32 left_out = explain_left_out(ladder->explain, ladder->flow->messages);
	FILE *to = html->ladders.file;
	char why[LADDER_TEXT];

	put_flow_head(html, record);
	ladder_sentence(ladder, why);
	fputs("<p class=\"why\">", to);
	html_text(to, why);
	fputs("</p>\n<p class=\"faint\">", to);
	html_time(to, record->first);
	fprintf(to, ", %" PRIu64 " payload packets, %" PRIu64 " bytes, version %s",
		record->packets, record->bytes,
		skype_version_name(record->version));
	if (record->decided_at)
		fprintf(to, ", decided at packet %" PRIu32, record->decided_at);
	fputs("</p>\n", to);
	if (ladder_message(ladder, 0))
		html_ladder(to, record, ladder);
	if (left_out)
		fprintf(to, "<p class=\"faint\">%" PRIu32
			    " more messages brought nothing new.</p>\n",
			left_out);
	fputs("</details>\n", to);
}

/**
 * html_flow() - put a flow on the page
 * @html: the page
 * @record: the flow
 * @ladder: its messages
 */
void html_flow(struct html *html, const struct record_flow *record,
	       const struct ladder *ladder)
{
	struct html_bar bar = {
		.first = record->first,
		.last = record->last,
		.server = record->server,
		.class = record->class,
		.grade = record->grade,
	};

	html->count[record->class][record->grade]++;
	add_bar(html, &record->client.addr, bar);
	if (html->drawn == HTML_LADDERS) {
		html->undrawn++;
		return;
	}
	html->drawn++;
	put_flow(html, record, ladder);
}

/**
 * html_session() - put a session on the page
 * @html: the page
 * @session: the session
 */
void html_session(struct html *html, const struct record_session *session)
{
	html->sessions = must(reallocarray(html->sessions,
					   html->session_count + 1,
					   sizeof(*html->sessions)));
	html->sessions[html->session_count++] = *session;
}

/* Sessions as bars; one that is up goes on to the end. */
static void add_session_bars(struct html *html)
{
	u64 end = 0;

	for (u32 i = 0; i < html->timeline.bar_count; i++)
		if (html->timeline.bars[i].last > end)
			end = html->timeline.bars[i].last;
	for (size_t i = 0; i < html->session_count; i++) {
		const struct record_session *session = &html->sessions[i];
		struct html_bar bar = {
			.first = session->start,
			.last = session->end ? session->end : end,
			.server = session->node,
			.class = HTML_SESSION,
			.grade = SKYPE_GRADE_CERTAIN,
		};

		add_bar(html, &session->client, bar);
	}
}

static void put_sessions(FILE *to, const struct html *html)
{
	char text[OUT_END_LEN];

	if (html->session_count == 0)
		return;
	fputs("<h3>Sessions</h3>\n<div class=\"wide\"><table><tr><th>Client<th>Super node<th>Start"
	      "<th>End<th class=\"number\">Changes<th>Version</tr>\n", to);
	for (size_t i = 0; i < html->session_count; i++) {
		const struct record_session *session = &html->sessions[i];

		fputs("<tr><td>", to);
		html_text(to, out_addr(&session->client, text));
		fputs("<td>", to);
		html_text(to, out_end(&session->node, text));
		fputs("<td>", to);
		html_time(to, session->start);
		fputs("<td>", to);
		if (session->end)
			html_time(to, session->end);
		else
			fputs("still up", to);
		fprintf(to, "<td class=\"number\">%" PRIu32 "<td>%s</tr>\n",
			session->changes, skype_version_name(session->version));
	}
	fputs("</table></div>\n", to);
}

static void put_counts(FILE *to, const struct html *html)
{
	fputs("<table><tr><th>Class<th class=\"number\">certain"
	      "<th class=\"number\">likely<th class=\"number\">suspect</tr>\n", to);
	for (u8 class = SKYPE_CLASS_NONE + 1; class < SKYPE_CLASS_COUNT; class++) {
		const u64 *count = html->count[class];

		if (count[SKYPE_GRADE_CERTAIN] + count[SKYPE_GRADE_LIKELY] +
			    count[SKYPE_GRADE_SUSPECT] == 0)
			continue;
		fprintf(to, "<tr><td><span class=\"key c-%s\"></span>%s",
			skype_class_name(class), skype_class_name(class));
		for (int grade = SKYPE_GRADE_CERTAIN;
		     grade >= SKYPE_GRADE_SUSPECT; grade--)
			fprintf(to, "<td class=\"number\">%" PRIu64,
				count[grade]);
		fputs("</tr>\n", to);
	}
	fputs("</table>\n", to);
}

static void put_error(FILE *to, const char *what, const char *error)
{
	fprintf(to, "<p class=\"error\">%s: ", what);
	html_text(to, error);
	fputs("</p>\n", to);
}

static void put_summary(FILE *to, const struct html *html,
			const struct html_summary *summary)
{
	u64 skype = 0;

	for (int class = 0; class < SKYPE_CLASS_COUNT; class++)
		skype += html->count[class][SKYPE_GRADE_CERTAIN] +
			 html->count[class][SKYPE_GRADE_LIKELY];
	fputs("<h2>", to);
	html_text(to, html->name);
	fprintf(to, "</h2>\n<p>%" PRIu64 " packets, %" PRIu64
		    " flows; %" PRIu64 " %s Skype.</p>\n",
		summary->packets, summary->flows, skype,
		skype == 1 ? "is" : "are");
	if (summary->error)
		put_error(to, "The file is damaged, reading ended early",
			  summary->error);
	if (html->timeline.bar_count)
		put_counts(to, html);
}

/**
 * html_capture_end() - a capture is read: write its part of the page
 * @html: the page
 * @summary: what is said of it as a whole
 */
void html_capture_end(struct html *html, const struct html_summary *summary)
{
	const char *ladders = stream_text(&html->ladders);
	FILE *to = html->body.file;

	add_session_bars(html);
	put_summary(to, html, summary);
	put_sessions(to, html);
	if (html->timeline.bar_count) {
		fputs("<h3>Timeline of the hosts</h3>\n", to);
		html_timeline(to, &html->timeline);
	}
	if (html->unlisted)
		fprintf(to, "<p class=\"faint\">%" PRIu64
			    " more flows have no bar.</p>\n", html->unlisted);
	if (*ladders) {
		fputs("<h3>Flows, message by message</h3>\n", to);
		fputs(ladders, to);
	}
	if (html->undrawn)
		fprintf(to, "<p class=\"faint\">%" PRIu64
			    " more flows are not drawn.</p>\n", html->undrawn);
	stream_close(&html->ladders);
}

/**
 * html_capture_missing() - say of a capture that it could not be opened
 * @html: the page
 * @name: of the capture
 * @error: why
 */
void html_capture_missing(struct html *html, const char *name,
			  const char *error)
{
	FILE *to = html->body.file;

	fputs("<h2>", to);
	html_text(to, name);
	fputs("</h2>\n", to);
	put_error(to, "The file could not be read", error);
}

/**
 * html_is_page() - whether a file is a page of this program, of any version
 * @path: the file; not stdin
 */
bool html_is_page(const char *path)
{
	char begin[2048];
	FILE *file = fopen(path, "rb");

	if (!file)
		return false;
	begin[fread(begin, 1, sizeof(begin) - 1, file)] = '\0';
	fclose(file);
	return strstr(begin, PAGE_TITLE);
}

/* A page says who talked to whom: it is for those that the umask lets read. */
static mode_t page_mode(void)
{
	mode_t mask = umask(0);

	umask(mask);
	return 0666 & ~mask;
}

/**
 * html_write() - write the page to a file
 * @html: the page
 * @path: the file
 *
 * Return: 0, or EXIT_USAGE after an error was printed.
 */
int html_write(struct html *html, const char *path)
{
	fputs("</body>\n</html>\n", html->body.file);
	return out_file(path, page_mode(), stream_text(&html->body));
}
