/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Why a verdict is what it is: the messages of a flow, each with the evidence
 * that was new on it or what it ruled out, and one sentence at the end.
 *
 * Messages are kept only when asked for, in a pool of bounded size: of each
 * flow the first ones, later those that brought something, and the last.
 */
#ifndef SKYPECTL_EXPLAIN_H
#define SKYPECTL_EXPLAIN_H

#include <jansson.h>
#include <stdio.h>

#include "classify.h"
#include "settings.h"

#define EXPLAIN_FIRST 64 /* messages kept whatever they bring */
#define EXPLAIN_CHUNKS 100000 /* room of a pool: 18 MB, seven messages each */
#define EXPLAIN_MOST 128 /* messages kept of one flow, and its last */

/**
 * struct explain_message - one message of a flow
 * @time: microseconds since 1970
 * @evidence: set of 1 << enum skype_reason, new on this message
 * @n: its number among the payload packets, from 1; 0: it does not count
 *	(a retransmission, or a FIN or RST without payload)
 * @size: payload bytes
 * @dir: enum skype_dir
 * @note: enum skype_note
 * @class: enum skype_class of the flow after it
 * @grade: enum skype_grade of the flow after it
 */
struct explain_message {
	u64 time;
	u32 evidence;
	u32 n;
	u32 size;
	u8 dir;
	u8 note;
	u8 class;
	u8 grade;
};

struct explain;

/* Place of a flow's messages in the pool; 0 for none */
typedef u32 explain_list_t;

struct explain *explain_new(u32 chunks);
void explain_free(struct explain *explain);
bool explain_full(const struct explain *explain);
void explain_add(struct explain *explain, explain_list_t *list,
		 const struct explain_message *message, bool last);
void explain_drop(struct explain *explain, explain_list_t *list);
const struct explain_message *explain_at(const struct explain *explain,
					 explain_list_t list, u32 i);
u32 explain_count(const struct explain *explain, explain_list_t list);
u32 explain_left_out(const struct explain *explain, explain_list_t list);

#endif /* SKYPECTL_EXPLAIN_H */
