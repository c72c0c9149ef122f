/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Drawing for the HTML page: escaped text, sequence diagrams, timelines.
 * Each function writes markup to a stream and keeps nothing.
 */
#ifndef SKYPECTL_HTML_DRAW_H
#define SKYPECTL_HTML_DRAW_H

#include <stdio.h>

#include "ladder.h"
#include "record.h"

/* In place of a class: the bar is a session */
#define HTML_SESSION SKYPE_CLASS_COUNT

/**
 * struct html_bar - a flow or session in a timeline
 * @host: number of its host
 * @first: when it began, nanoseconds since 1970
 * @last: when it ended
 * @server: its other end
 * @class: enum skype_class, or HTML_SESSION
 * @grade: enum skype_grade
 */
struct html_bar {
	u32 host;
	u64 first;
	u64 last;
	struct out_end server;
	u8 class;
	u8 grade;
};

/**
 * struct html_timeline - a timeline
 * @hosts: addresses, one block each
 * @host_count: number of these
 * @bars: what the hosts did
 * @bar_count: number of these
 */
struct html_timeline {
	struct skype_addr *hosts;
	u32 host_count;
	struct html_bar *bars;
	u32 bar_count;
};

const char *html_class_name(u8 class);
void html_text(FILE *to, const char *text);
void html_time(FILE *to, u64 ns);
void html_ladder(FILE *to, const struct record_flow *record,
		 const struct ladder *ladder);
void html_timeline(FILE *to, const struct html_timeline *timeline);

#endif /* SKYPECTL_HTML_DRAW_H */
