/* SPDX-License-Identifier: GPL-2.0 */
/* What every object has that is a list in the kernel: show it, flush it. */
#ifndef SKYPECTL_SHOW_H
#define SKYPECTL_SHOW_H

#include "nl.h"

/**
 * struct show - a list in the kernel
 * @cmd: the dump that reads it
 * @key: its name in JSON
 * @fields: of its records
 * @add: decode one message and add it to the list; false when it is malformed
 */
struct show {
	u8 cmd;
	const char *key;
	const struct out_field *fields;
	bool (*add)(const struct codec_message *message, struct out_list *list);
};

/**
 * show_list() - print a list of the kernel
 * @set: options
 * @show: which
 * @filter: appends attributes to the request; may be NULL
 * @arg: for @filter
 */
int show_list(const struct settings *set, const struct show *show,
	      void (*filter)(struct nlmsghdr *request, const void *arg),
	      const void *arg);

/* A command that only sends a request, as flush and reset */
int show_done(const struct settings *set, u8 cmd);

#endif /* SKYPECTL_SHOW_H */
