/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The ladder of a flow: its messages as lines of text or as JSON, and the
 * sentence that says why the verdict is what it is.
 */
#ifndef SKYPECTL_LADDER_H
#define SKYPECTL_LADDER_H

#include <jansson.h>
#include <stdio.h>

#include "explain.h"
#include "track.h"

#define LADDER_TEXT 512
#define LADDER_TIME 32

/**
 * struct ladder - what is shown of a flow
 * @flow: the flow
 * @explain: where its messages are
 */
struct ladder {
	const struct track_flow *flow;
	const struct explain *explain;
};

const struct explain_message *ladder_message(const struct ladder *ladder, u32 i);
bool ladder_from_client(const struct ladder *ladder,
			const struct explain_message *message);
const char *ladder_after(const struct ladder *ladder,
			 const struct explain_message *message,
			 char text[LADDER_TIME]);
void ladder_text(const struct ladder *ladder, u32 i, char text[LADDER_TEXT]);
void ladder_sentence(const struct ladder *ladder, char text[LADDER_TEXT]);
void ladder_print(const struct ladder *ladder, FILE *to);
json_t *ladder_json(const struct ladder *ladder);

#endif /* SKYPECTL_LADDER_H */
