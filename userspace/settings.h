/* SPDX-License-Identifier: GPL-2.0 */
/* What the options before the object say, and the exit statuses. */
#ifndef SKYPECTL_SETTINGS_H
#define SKYPECTL_SETTINGS_H

#include <stdbool.h>

enum exit_status {
	EXIT_DONE = 0,
	EXIT_USAGE = 1,   /* usage or file error */
	EXIT_REFUSED = 2, /* the kernel refused */
	EXIT_ABSENT = 3,  /* no module, or no permission to talk to it */
};

/**
 * struct settings - options of one run
 * @json: JSON instead of tables
 * @pretty: JSON with line breaks and indentation
 * @colour: colour in tables; "auto" is resolved already
 * @numbers: numbers only: times as seconds, no names
 */
struct settings {
	bool json;
	bool pretty;
	bool colour;
	bool numbers;
};

/**
 * failed() - print "Error: ..." on stderr
 * @status: exit status that goes with it
 * @format: as for printf(), without a newline; control characters become '?'
 *
 * Return: @status, so that a function can end with it.
 */
int failed(enum exit_status status, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/**
 * must() - end with "out of memory", and EXIT_USAGE, where there is none
 * @memory: what was allocated
 *
 * Return: @memory, never NULL.
 */
void *must(void *memory);

#endif /* SKYPECTL_SETTINGS_H */
