// SPDX-License-Identifier: GPL-2.0
#include <stdlib.h>

#include "html.h"

struct html {
	int nothing;
};

struct html *html_new(void)
{
	return calloc(1, sizeof(struct html));
}

void html_capture_begin(struct html *html, const char *name)
{
	(void)html, (void)name;
}

void html_flow(struct html *html, const struct record_flow *record,
	       const struct ladder *ladder)
{
	(void)html, (void)record, (void)ladder;
}

void html_session(struct html *html, const struct record_session *session)
{
	(void)html, (void)session;
}

void html_capture_end(struct html *html, u64 packets, const char *error)
{
	(void)html, (void)packets, (void)error;
}

int html_write(struct html *html, const char *path)
{
	(void)html;
	return out_file(path, "");
}

void html_free(struct html *html)
{
	free(html);
}
