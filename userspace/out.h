/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Results.  A record type is described once, by a list of fields; table and
 * JSON both come from this description.
 */
#ifndef SKYPECTL_OUT_H
#define SKYPECTL_OUT_H

#include <jansson.h>
#include <stddef.h>
#include <stdio.h>
#include <sys/types.h>

#include "os.h"
#include "packet.h"
#include "settings.h"

#define OUT_SCHEMA 1

/* An address and a port in host byte order */
struct out_end {
	struct skype_addr addr;
	u16 port;
};

#define OUT_UNKNOWN (~0ULL) /* a moment that is not known */

#define OUT_REASONS_MAX 32

/* Reasons (enum skype_reason) in the order seen */
struct out_reasons {
	u8 count;
	u8 reason[OUT_REASONS_MAX];
};

enum out_type {
	OUT_TEXT,    /* const char *; NULL is null */
	OUT_CHARS,   /* char array, terminated */
	OUT_UINT,    /* unsigned, 1 to 8 bytes */
	OUT_COUNT,   /* the same, 0 is null */
	OUT_HEX,     /* the same as OUT_UINT, in hexadecimal in tables */
	OUT_BOOL,    /* bool */
	OUT_TIME,    /* u64, nanoseconds since 1970; 0 is null */
	OUT_MOMENT,  /* the same, but 0 is a time and OUT_UNKNOWN null */
	OUT_NAME,    /* u8, named by out_field.name */
	OUT_GRADE,   /* u8, enum skype_grade; coloured in tables */
	OUT_ADDR,    /* struct skype_addr; all zero is null */
	OUT_HOST,    /* struct skype_addr as an object {"addr"} */
	OUT_END,     /* struct out_end as an object {"addr","port"} */
	OUT_REASONS, /* struct out_reasons */
	OUT_CLASSES, /* u32, bit set of 1 << enum skype_class; 0 is null */
};

/**
 * struct out_field - one field of a record
 * @key: name in JSON; NULL keeps it out
 * @title: column in tables; NULL keeps it out of them
 * @type: what stands at @offset
 * @offset: place in the record
 * @size: its bytes
 * @name: OUT_NAME: names a value
 */
struct out_field {
	const char *key;
	const char *title;
	enum out_type type;
	size_t offset;
	size_t size;
	const char *(*name)(unsigned int value);
};

#define OUT_FIELD(record, member, type_, key_, title_)                         \
	{                                                                      \
		.key = (key_), .title = (title_), .type = (type_),             \
		.offset = offsetof(record, member),                            \
		.size = sizeof(((record *)0)->member)                          \
	}
#define OUT_NAMED(record, member, name_, key_, title_)                         \
	{                                                                      \
		.key = (key_), .title = (title_), .type = OUT_NAME,            \
		.offset = offsetof(record, member),                            \
		.size = sizeof(((record *)0)->member), .name = (name_)         \
	}

/*
 * Lists of fields end with an empty one.  A field without a key is for tables
 * alone, one without a title for JSON alone.
 */

/* The JSON object of a record; a new reference */
json_t *out_json(const struct out_field *fields, const void *record);

/* Text of an address, or of an end as ADDR:PORT or [ADDR]:PORT */
#define OUT_ADDR_LEN 48
#define OUT_END_LEN 56
const char *out_addr(const struct skype_addr *addr, char text[OUT_ADDR_LEN]);
const char *out_end(const struct out_end *end, char text[OUT_END_LEN]);

/* A name for a terminal, '?' for control characters; to be freed */
char *out_printable(const char *name);

/* Seconds as a decimal number, whole microseconds */
json_t *out_seconds(u64 ns);

/**
 * struct out_list - a list under way
 *
 * out_list_open(), out_list_add() for each record, out_list_close() prints:
 * a table with a header line, or {"schema":1,KEY:[...]}.
 */
struct out_list {
	const struct settings *set;
	const char *key;
	const struct out_field *fields;
	json_t *array;
	struct out_table *table;
};

void out_list_open(struct out_list *list, const struct settings *set,
		   const char *key, const struct out_field *fields);
void out_list_add(struct out_list *list, const void *record);
void out_list_close(struct out_list *list);
/* Instead of out_list_close(), after an error: print nothing. */
void out_list_abandon(struct out_list *list);

/* One record: lines "name value", or {"schema":1,KEY:{...}} */
void out_one(const struct settings *set, const char *key,
	     const struct out_field *fields, const void *record);

/* A record on one line of text: "name=value ..."; no newline */
void out_line(const struct settings *set, FILE *to,
	      const struct out_field *fields, const void *record);

/* {"schema":1} and then the members of @root, on stdout; takes @root */
void out_document(const struct settings *set, json_t *root);
/* A command that has nothing to say: {"schema":1} with -j, else nothing */
void out_done(const struct settings *set);
/* One JSON object on one line, flushed; takes @root */
void out_json_line(json_t *root);

/* Tables: rows of cells, aligned when printed. */
struct out_table *out_table_new(const struct settings *set,
				const struct out_field *fields);
void out_table_add(struct out_table *table, const void *record);
void out_table_print(struct out_table *table, FILE *to);
void out_table_free(struct out_table *table);

/* Whether a file's name means stdout: "-", /dev/stdout, what stdout goes to */
bool out_is_stdout(const char *path);
/* Refuse text there with -j, which has stdout; @what writes it: "policy save" */
int out_text_check(const struct settings *set, const char *what,
		   const char *path);
/**
 * out_file() - write a file as a whole or not at all
 * @path: the file; "-" is stdout
 * @mode: of a new file, whatever the umask; 0644 for what other users read
 * @text: its content
 *
 * Writes beside the file, or beside what a link to it names, and renames; owner
 * and mode stay.  What is no regular file is written into.  Return: 0, or
 * EXIT_USAGE after an error was printed.
 */
int out_file(const char *path, mode_t mode, const char *text);
/* Whether out_file() could write it, as far as that is known before; the same return. */
int out_file_check(const char *path);
/* Make the folder of a file, if it is missing. */
int out_folder(const char *path);

#endif /* SKYPECTL_OUT_H */
