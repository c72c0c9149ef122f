// SPDX-License-Identifier: GPL-2.0
/*
 * Why a verdict is what it is.
 *
 * The pool is an array of chunks, each with a few messages of one flow; a
 * flow's first chunk keeps the count of the whole list and the last chunk, so
 * that adding is one step.  Chunks are given back when their flow is handed
 * out.
 */
#include <stdlib.h>

#include "explain.h"

#define CHUNK 7	       /* messages */
#define NO_CHUNK 0     /* the array starts at 1 */

struct chunk {
	u32 next;
	u32 last; /* of the list; kept in its first chunk */
	u32 total; /* messages offered; kept in the first chunk */
	u32 kept; /* messages kept; kept in the first chunk */
	struct explain_message message[CHUNK];
};

struct explain {
	struct chunk *chunks;
	u32 limit;
	u32 top;
	u32 vacant;
};

/**
 * explain_new() - an empty pool
 * @chunks: how many times seven messages it holds; one flow may take
 *	EXPLAIN_MOST of these
 *
 * Return: the pool, to be freed with explain_free(), or NULL without memory.
 */
struct explain *explain_new(u32 chunks)
{
	struct explain *explain = calloc(1, sizeof(*explain));

	if (!explain)
		return NULL;
	explain->limit = chunks;
	explain->chunks = malloc((chunks + 1) * sizeof(*explain->chunks));
	if (!explain->chunks) {
		free(explain);
		return NULL;
	}
	return explain;
}

void explain_free(struct explain *explain)
{
	if (!explain)
		return;
	free(explain->chunks);
	free(explain);
}

/* Whether a flow has to be dropped before a message is added. */
bool explain_full(const struct explain *explain)
{
	return explain->vacant == NO_CHUNK && explain->top == explain->limit;
}

static u32 take_chunk(struct explain *explain)
{
	u32 index = explain->vacant;

	if (index == NO_CHUNK)
		index = ++explain->top;
	else
		explain->vacant = explain->chunks[index].next;
	explain->chunks[index].next = NO_CHUNK;
	return index;
}

static bool worth_keeping(const struct chunk *first,
			  const struct explain_message *message, bool last)
{
	if (first->kept < EXPLAIN_FIRST || last)
		return true;
	return message->evidence && first->kept < EXPLAIN_MOST;
}

/**
 * explain_add() - keep a message of a flow
 * @explain: the pool; not full
 * @list: the flow's list
 * @message: the message
 * @last: inspection has ended with it
 *
 * Behind the first EXPLAIN_FIRST ones only those that bring evidence are kept,
 * and the last.
 */
void explain_add(struct explain *explain, explain_list_t *list,
		 const struct explain_message *message, bool last)
{
	struct chunk *first;
	u32 place;

	if (*list == NO_CHUNK) {
		*list = take_chunk(explain);
		first = &explain->chunks[*list];
		first->last = *list;
		first->total = first->kept = 0;
	}
	first = &explain->chunks[*list];
	first->total++;
	if (!worth_keeping(first, message, last))
		return;
	place = first->kept++ % CHUNK;
	if (place == 0 && first->kept > 1) {
		u32 next = take_chunk(explain);

		explain->chunks[first->last].next = next;
		first->last = next;
	}
	explain->chunks[first->last].message[place] = *message;
}

/* Forget a flow's messages. */
void explain_drop(struct explain *explain, explain_list_t *list)
{
	u32 index = *list;

	while (index != NO_CHUNK) {
		u32 next = explain->chunks[index].next;

		explain->chunks[index].next = explain->vacant;
		explain->vacant = index;
		index = next;
	}
	*list = NO_CHUNK;
}

/* Messages kept of a flow. */
u32 explain_count(const struct explain *explain, explain_list_t list)
{
	return list == NO_CHUNK ? 0 : explain->chunks[list].kept;
}

/* Messages of the flow that were inspected but not kept. */
u32 explain_left_out(const struct explain *explain, explain_list_t list)
{
	const struct chunk *first = &explain->chunks[list];

	return list == NO_CHUNK ? 0 : first->total - first->kept;
}

/**
 * explain_at() - one message of a flow
 * @explain: the pool
 * @list: the flow's list
 * @i: from 0
 *
 * Return: the message, or NULL behind the last.
 */
const struct explain_message *explain_at(const struct explain *explain,
					 explain_list_t list, u32 i)
{
	if (i >= explain_count(explain, list))
		return NULL;
	for (; i >= CHUNK; i -= CHUNK)
		list = explain->chunks[list].next;
	return &explain->chunks[list].message[i];
}
