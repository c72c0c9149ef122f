/* SPDX-License-Identifier: GPL-2.0 */
/*
 * One self-contained page about the captures of a run: summary, timeline of the
 * hosts, and the ladders as sequence diagrams.
 *
 * No script, no font, no picture from anywhere: the page can be mailed and read
 * offline.  Everything that comes from a capture or a command line is escaped.
 */
#ifndef SKYPECTL_HTML_H
#define SKYPECTL_HTML_H

#include "ladder.h"
#include "record.h"

#define HTML_LADDERS 1000 /* ladders of a page; the other flows are counted */
#define HTML_HOSTS 40	  /* hosts of a capture's timeline */
#define HTML_BARS 20000	  /* flows and sessions of it */

/**
 * struct html_summary - what is said of a capture as a whole
 * @packets: frames in it
 * @flows: flows, shown or not
 * @error: why reading ended before the end of the file, or NULL
 */
struct html_summary {
	u64 packets;
	u64 flows;
	const char *error;
};

struct html;

struct html *html_new(void);
void html_capture_begin(struct html *html, const char *name);
void html_flow(struct html *html, const struct record_flow *record,
	       const struct ladder *ladder);
void html_session(struct html *html, const struct record_session *session);
void html_capture_end(struct html *html, const struct html_summary *summary);
void html_capture_missing(struct html *html, const char *name,
			  const char *error);
bool html_is_page(const char *path);
int html_write(struct html *html, const char *path);
void html_free(struct html *html);

#endif /* SKYPECTL_HTML_H */
