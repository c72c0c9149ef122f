/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Objects and their commands.  Dispatch, help and completion all read these
 * tables; a cmd_*.c file defines one object each, skypectl.c lists them.
 */
#ifndef SKYPECTL_CMD_H
#define SKYPECTL_CMD_H

#include <stddef.h>

#include "settings.h"

/**
 * struct argument - a word that a command takes
 * @word: the word
 * @value: names its possible values, from 0 on until NULL; @word stands alone
 *	when @value is NULL and @free is not set
 * @free: what value follows, for help, when it cannot be listed ("ADDR")
 */
struct argument {
	const char *word;
	const char *(*value)(unsigned int i);
	const char *free;
};

/**
 * struct command - one command of an object
 * @name: its word; NULL when the object itself is the command
 * @usage: its arguments, for help
 * @help: what it does, in one line
 * @arguments: the words it takes, up to one with no @word; may be NULL
 * @one: one of @arguments at most
 * @files: file names may follow: completion leaves them to the shell, and offers
 *	what begins with "-" only for a word that does
 * @run: does it; @argv are the words after the command
 */
struct command {
	const char *name;
	const char *usage;
	const char *help;
	const struct argument *arguments;
	bool one;
	bool files;
	int (*run)(const struct settings *set, int argc, char *const *argv);
};

/**
 * struct object - what a command line begins with
 * @name: its word
 * @plural: another word for it, or NULL
 * @commands: up to one with no @run; the first is meant when none is named and
 *	@bare is set
 * @bare: the object may stand without a command
 */
struct object {
	const char *name;
	const char *plural;
	const struct command *commands;
	bool bare;
};

extern const struct object object_status, object_enable, object_disable,
	object_policy, object_flow, object_endpoint, object_supernode,
	object_session, object_counter, object_monitor, object_classify,
	object_export, object_nft, object_complete;

/* All objects in the order of help, up to NULL. */
extern const struct object *const objects[];

const struct object *object_find(const char *word);
const struct command *command_find(const struct object *object,
				   const char *word);

/**
 * unknown_word() - refuse a word, with the one that may have been meant
 * @kind: what it should have been: "object", "command", "class" ...
 * @word: the word
 * @name: names the known words, from 0 on until NULL, given @of
 * @of: passed to @name
 *
 * The suggestion is shown and never taken.
 *
 * Return: EXIT_USAGE.
 */
int unknown_word(const char *kind, const char *word,
		 const char *(*name)(const void *of, unsigned int i),
		 const void *of);

/* The sentence of unknown_word() alone */
void unknown_text(char *text, size_t len, const char *kind, const char *word,
		  const char *(*name)(const void *of, unsigned int i),
		  const void *of);

/* For unknown_word(): names by a plain function, whose address is @of */
const char *word_of(const void *of, unsigned int i);

/* Refuse any words that are left: a command that takes no more calls it. */
int no_more_words(int argc, char *const *argv);

/**
 * argument_next() - take the next argument of a command line
 * @arguments: the words that the command takes
 * @argc: number of words left, updated
 * @argv: words left, updated
 * @value: the word behind, when the argument takes one; else NULL
 *
 * Return: index of the argument, or -1 after an error was printed.
 */
int argument_next(const struct argument *arguments, int *argc,
		  char *const **argv, const char **value);

/* Whether @word, which begins with "-", is an option that stands before the object. */
bool option_is_global(const char *word);
/* Refuse it behind the object of this name. */
int refuse_behind(const char *word, const char *object);

/* For unknown_word(): the options before the object, in their long form */
const char *option_name(const void *of, unsigned int i);

/* Position of @word among the names that @name lists, or -1. */
int name_find(const char *(*name)(unsigned int i), const char *word);
/* The same, and an unknown word is refused as a @kind. */
int value_find(const char *kind, const char *word,
	       const char *(*name)(unsigned int i));

/* Names from verdict.h, each NULL behind its last. */
const char *class_word(unsigned int i);
const char *grade_word(unsigned int i);

#endif /* SKYPECTL_CMD_H */
