// SPDX-License-Identifier: GPL-2.0
#include <inttypes.h>
#include <netinet/in.h>
#include <string.h>
#include <time.h>

#include "html_draw.h"

#define NS_PER_S ((u64)1000000000)

/* Text */

/* Bytes of the UTF-8 character at @s, or 0: it is none. */
static int utf8_length(const unsigned char *s)
{
	int length;

	if (s[0] < 0x80)
		return 1;
	if (s[0] >= 0xc2 && s[0] < 0xe0)
		length = 2;
	else if (s[0] >= 0xe0 && s[0] < 0xf0)
		length = 3;
	else if (s[0] >= 0xf0 && s[0] < 0xf5)
		length = 4;
	else
		return 0;
	for (int i = 1; i < length; i++)
		if ((s[i] & 0xc0) != 0x80)
			return 0;
	return length;
}

static void put_character(FILE *to, const char *s, int length)
{
	switch (*s) {
	case '&':
		fputs("&amp;", to);
		return;
	case '<':
		fputs("&lt;", to);
		return;
	case '>':
		fputs("&gt;", to);
		return;
	case '"':
		fputs("&quot;", to);
		return;
	case '\'':
		fputs("&#39;", to);
		return;
	}
	if ((unsigned char)*s < 0x20 || *s == 0x7f)
		fputc('?', to);
	else
		fwrite(s, 1, (size_t)length, to);
}

/* At most @most bytes of @text, escaped. */
static void put_part(FILE *to, const char *text, size_t most)
{
	const char *end = text + most;

	while (text < end && *text) {
		int length = utf8_length((const unsigned char *)text);

		if (length)
			put_character(to, text, length);
		else
			fputc('?', to);
		text += length ? length : 1;
	}
}

/**
 * html_text() - write text that may hold anything
 * @to: where to
 * @text: any bytes; markup is escaped, what is no UTF-8 becomes a "?"
 *
 * Good inside elements and inside quoted attributes.
 */
void html_text(FILE *to, const char *text)
{
	put_part(to, text, strlen(text));
}

/* A time as UTC. */
void html_time(FILE *to, u64 ns)
{
	time_t seconds = (time_t)(ns / NS_PER_S);
	char text[64];
	struct tm tm;

	if (!gmtime_r(&seconds, &tm) ||
	    !strftime(text, sizeof(text), "%Y-%m-%d %H:%M:%S UTC", &tm))
		snprintf(text, sizeof(text), "%" PRIu64 " s", ns / NS_PER_S);
	fputs(text, to);
}

const char *html_class_name(u8 class)
{
	return class == HTML_SESSION ? "session" : skype_class_name(class);
}

/* Sequence diagrams: positions in units of the view box */

enum {
	LADDER_WIDTH = 1060,
	CLIENT_X = 190,
	SERVER_X = 430,
	TEXT_X = 452,
	TEXT_CHARS = 92,
	HEAD_Y = 42,
	ROW = 26,
	LINE = 15,
};

/* Bytes of @text that go on one line: up to a space, if there is one. */
static size_t line_length(const char *text)
{
	size_t length = strlen(text), cut = TEXT_CHARS;

	if (length <= TEXT_CHARS)
		return length;
	while (cut > TEXT_CHARS / 2 && text[cut] != ' ')
		cut--;
	return text[cut] == ' ' ? cut : TEXT_CHARS;
}

static u32 line_count(const char *text)
{
	u32 lines = 0;

	for (; *text; lines++) {
		text += line_length(text);
		text += *text == ' ';
	}
	return lines ? lines : 1;
}

static u32 row_height(const struct ladder *ladder, u32 i)
{
	char text[LADDER_TEXT];

	ladder_text(ladder, i, text);
	return ROW + LINE * (line_count(text) - 1);
}

static void draw_text(FILE *to, const char *text, u32 y)
{
	for (; *text; y += LINE) {
		size_t length = line_length(text);

		fprintf(to, "<text x=\"%d\" y=\"%" PRIu32 "\">", TEXT_X, y);
		put_part(to, text, length);
		fputs("</text>", to);
		text += length;
		text += *text == ' ';
	}
}

static void draw_arrow(FILE *to, bool from_client, u32 y, u32 size)
{
	int head = from_client ? SERVER_X - 1 : CLIENT_X + 1;
	int back = from_client ? -9 : 9;

	fprintf(to, "<path class=\"arrow\" d=\"M%d %" PRIu32 "H%d\"/>",
		from_client ? CLIENT_X : SERVER_X, y, head + back / 2);
	fprintf(to, "<path class=\"head\" d=\"M%d %" PRIu32 "l%d -4v8z\"/>",
		head, y, back);
	if (size)
		fprintf(to, "<text class=\"size\" x=\"%d\" y=\"%" PRIu32
			    "\">%" PRIu32 " bytes</text>",
			(CLIENT_X + SERVER_X) / 2, y - 4, size);
}

static void draw_message(FILE *to, const struct ladder *ladder, u32 i, u32 y)
{
	const struct explain_message *m = ladder_message(ladder, i);
	char text[LADDER_TEXT], after[LADDER_TIME];

	ladder_text(ladder, i, text);
	fprintf(to, "<g class=\"%s\">", m->evidence ? "proof" : "plain");
	fprintf(to, "<text class=\"time\" x=\"120\" y=\"%" PRIu32
		    "\">%s s</text>",
		y + 4, ladder_after(ladder, m, after));
	if (m->n)
		fprintf(to, "<text class=\"n\" x=\"%d\" y=\"%" PRIu32
			    "\">%" PRIu32 "</text>",
			CLIENT_X - 10, y + 4, m->n);
	draw_arrow(to, ladder_from_client(ladder, m), y, m->size);
	draw_text(to, text, y + 4);
	fputs("</g>\n", to);
}

static void draw_lifelines(FILE *to, const struct record_flow *record,
			   u32 height)
{
	const struct out_end *ends[] = { &record->client, &record->server };
	const int x[] = { CLIENT_X, SERVER_X };
	char end[OUT_END_LEN];

	for (int i = 0; i < 2; i++) {
		fprintf(to, "<text class=\"end\" x=\"%d\" y=\"14\">%s</text>",
			x[i], i ? "server" : "client");
		fprintf(to, "<text class=\"addr\" x=\"%d\" y=\"29\">", x[i]);
		html_text(to, out_end(ends[i], end));
		fprintf(to, "</text><path class=\"life\" d=\"M%d 36V%" PRIu32 "\"/>\n",
			x[i], height);
	}
}

/**
 * html_ladder() - draw the messages of a flow as a sequence diagram
 * @to: where to
 * @record: the flow
 * @ladder: its messages
 */
void html_ladder(FILE *to, const struct record_flow *record,
		 const struct ladder *ladder)
{
	u32 count = explain_count(ladder->explain, ladder->flow->messages);
	u32 height = HEAD_Y + 10, y = HEAD_Y;

	for (u32 i = 0; i < count; i++)
		height += row_height(ladder, i);
	fprintf(to, "<div class=\"wide\"><svg class=\"ladder\" viewBox=\"0 0 %d %" PRIu32
		    "\" width=\"%d\" height=\"%" PRIu32 "\" role=\"img\">\n",
		LADDER_WIDTH, height, LADDER_WIDTH, height);
	draw_lifelines(to, record, height);
	for (u32 i = 0; i < count; i++) {
		draw_message(to, ladder, i, y + ROW - 8);
		y += row_height(ladder, i);
	}
	fputs("</svg></div>\n", to);
}

/* Timelines */

enum {
	TIME_WIDTH = 1060,
	TIME_X = 130,
	TIME_SPAN = TIME_WIDTH - TIME_X - 40,
	LANE = 16,
	BLOCK = 26,
	AXIS = 24,
};

struct scale {
	u64 first;
	u64 span;
};

static struct scale scale_of(const struct html_timeline *timeline)
{
	struct scale scale = { UINT64_MAX, 0 };
	u64 last = 0;

	for (u32 i = 0; i < timeline->bar_count; i++) {
		if (timeline->bars[i].first < scale.first)
			scale.first = timeline->bars[i].first;
		if (timeline->bars[i].last > last)
			last = timeline->bars[i].last;
	}
	scale.span = last > scale.first ? last - scale.first : 1;
	return scale;
}

static double x_of(const struct scale *scale, u64 ns)
{
	return TIME_X + (double)(ns - scale->first) / (double)scale->span *
				TIME_SPAN;
}

static bool has_lane(const struct html_timeline *timeline, u32 host, u8 class)
{
	for (u32 i = 0; i < timeline->bar_count; i++)
		if (timeline->bars[i].host == host &&
		    timeline->bars[i].class == class)
			return true;
	return false;
}

static void draw_bar(FILE *to, const struct scale *scale,
		     const struct html_bar *bar, u32 y)
{
	double x = x_of(scale, bar->first), end = x_of(scale, bar->last);
	char server[OUT_END_LEN];

	fprintf(to, "<rect class=\"c-%s\" x=\"%.1f\" y=\"%" PRIu32
		    "\" width=\"%.1f\" height=\"%d\"%s><title>%s, %s, ",
		html_class_name(bar->class), x, y + 3,
		end - x < 2.5 ? 2.5 : end - x, LANE - 6,
		bar->grade == SKYPE_GRADE_SUSPECT ? " opacity=\".45\"" : "",
		html_class_name(bar->class), skype_grade_name(bar->grade));
	html_text(to, out_end(&bar->server, server));
	fprintf(to, ", %.3f s</title></rect>\n",
		(double)(bar->last - bar->first) / 1e9);
}

static void draw_lane(FILE *to, const struct html_timeline *timeline,
		      const struct scale *scale, u32 host, u8 class, u32 y)
{
	fprintf(to, "<text class=\"lane\" x=\"%d\" y=\"%" PRIu32 "\">%s</text>\n",
		TIME_X - 8, y + LANE - 4, html_class_name(class));
	for (u32 i = 0; i < timeline->bar_count; i++)
		if (timeline->bars[i].host == host &&
		    timeline->bars[i].class == class)
			draw_bar(to, scale, &timeline->bars[i], y);
}

/* The whole block of a host; returns where the next one begins. */
static u32 draw_host(FILE *to, const struct html_timeline *timeline,
		     const struct scale *scale, u32 host, u32 y)
{
	char addr[OUT_ADDR_LEN];

	fprintf(to, "<text class=\"host\" x=\"4\" y=\"%" PRIu32 "\">", y + 17);
	html_text(to, out_addr(&timeline->hosts[host], addr));
	fprintf(to, "</text><path class=\"life\" d=\"M%d %" PRIu32 "H%d\"/>\n",
		TIME_X, y + BLOCK - 2, TIME_X + TIME_SPAN);
	y += BLOCK;
	for (int class = HTML_SESSION; class >= 0; class--) {
		if (!has_lane(timeline, host, (u8)class))
			continue;
		draw_lane(to, timeline, scale, host, (u8)class, y);
		y += LANE;
	}
	return y;
}

static u32 timeline_height(const struct html_timeline *timeline)
{
	u32 height = AXIS;

	for (u32 host = 0; host < timeline->host_count; host++) {
		height += BLOCK;
		for (int class = HTML_SESSION; class >= 0; class--)
			if (has_lane(timeline, host, (u8)class))
				height += LANE;
	}
	return height;
}

static void draw_axis(FILE *to, const struct scale *scale, u32 height)
{
	enum { TICKS = 6 };

	for (int i = 0; i <= TICKS; i++) {
		int x = TIME_X + TIME_SPAN * i / TICKS;

		fprintf(to, "<path class=\"tick\" d=\"M%d 0V%" PRIu32 "\"/>"
			    "<text class=\"axis\" x=\"%d\" y=\"%" PRIu32
			    "\">+%.*f s</text>\n",
			x, height - AXIS + 4, x, height - 6,
			scale->span < 60 * NS_PER_S ? 1 : 0,
			(double)scale->span * i / TICKS / 1e9);
	}
}

/**
 * html_timeline() - draw what hosts did over time
 * @to: where to
 * @timeline: the hosts, and their flows and sessions
 */
void html_timeline(FILE *to, const struct html_timeline *timeline)
{
	u32 height = timeline_height(timeline), y = 0;
	struct scale scale = scale_of(timeline);

	fputs("<p>From ", to);
	html_time(to, scale.first);
	fprintf(to, " on. Paler bars are suspects.</p>\n<div class=\"wide\"><svg class=\"timeline\" viewBox=\"0 0 %d %" PRIu32
		    "\" width=\"%d\" height=\"%" PRIu32 "\" role=\"img\">\n",
		TIME_WIDTH, height, TIME_WIDTH, height);
	draw_axis(to, &scale, height);
	for (u32 host = 0; host < timeline->host_count; host++)
		y = draw_host(to, timeline, &scale, host, y);
	fputs("</svg></div>\n", to);
}
