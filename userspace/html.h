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

struct html;

struct html *html_new(void);
void html_capture_begin(struct html *html, const char *name);
void html_flow(struct html *html, const struct record_flow *record,
	       const struct ladder *ladder);
void html_session(struct html *html, const struct record_session *session);
void html_capture_end(struct html *html, u64 packets, const char *error);
int html_write(struct html *html, const char *path);
void html_free(struct html *html);

#endif /* SKYPECTL_HTML_H */
