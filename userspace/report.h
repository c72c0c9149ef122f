/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What classify prints: tables, ladders or JSON, as a stream.
 *
 *	report_open
 *		report_capture_begin
 *			report_flow ... report_session ...
 *		report_capture_end, or report_capture_missing alone
 *	report_close
 */
#ifndef SKYPECTL_REPORT_H
#define SKYPECTL_REPORT_H

#include "html.h"
#include "ladder.h"
#include "pcap.h"
#include "settings.h"
#include "track.h"

/**
 * struct report_options - what to print
 * @set: options of the run
 * @all: tables list flows of class none, and unproven endpoints, too
 * @explain: ladders
 * @many: there are several captures: name each
 * @html: page to fill too, or NULL
 * @page_only: it goes to stdout, so nothing else does
 */
struct report_options {
	const struct settings *set;
	bool all;
	bool explain;
	bool many;
	struct html *html;
	bool page_only;
};

struct report;

struct report *report_open(const struct report_options *options);
void report_capture_begin(struct report *report, const char *name,
			  const struct explain *explain);
void report_flow(void *report, const struct track_flow *flow);
void report_session(void *report, const struct skype_client *client);
void report_capture_end(struct report *report, const struct capture *capture,
			const struct track *track, const char *error);
void report_capture_missing(struct report *report, const char *name,
			    const char *error);
void report_close(struct report *report);

#endif /* SKYPECTL_REPORT_H */
