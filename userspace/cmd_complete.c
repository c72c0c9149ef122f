// SPDX-License-Identifier: GPL-2.0
/*
 * skypectl complete N WORD...: what may stand at word N of a command line, for
 * the completions of shells.  WORD 0 is "skypectl" itself.  No answer means
 * that the shell should offer file names.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cmd.h"

static void offer(const char *word, const char *begins)
{
	if (word && !strncmp(word, begins, strlen(begins)))
		puts(word);
}

/* -N may stand behind others, as in -jN; behind -c stands a colour. */
static bool takes_word(const char *option)
{
	const char *letter = option + strcspn(option, "Nc");

	if (option[1] == '-')
		return !strcmp(option, "--netns");
	return !strcmp(letter, "N");
}

static void offer_objects(const char *begins)
{
	const struct object *const *o;

	for (o = objects; *o; o++)
		offer((*o)->name, begins);
}

static void offer_first(const char *begins)
{
	unsigned int i;

	offer_objects(begins);
	offer("help", begins);
	if (*begins == '-')
		for (i = 0; option_name(NULL, i); i++)
			offer(option_name(NULL, i), begins);
}

static const struct object *known_object(const char *word)
{
	const struct object *const *o;

	for (o = objects; *o; o++)
		if (!strcmp((*o)->name, word) ||
		    ((*o)->plural && !strcmp((*o)->plural, word)))
			return *o;
	return NULL;
}

static const struct command *known_command(const struct object *object,
					   const char *word)
{
	const struct command *c;

	for (c = object->commands; c->run; c++)
		if (c->name && !strcmp(c->name, word))
			return c;
	return NULL;
}

static void offer_commands(const struct object *object, const char *begins)
{
	const struct command *c;

	for (c = object->commands; c->run; c++)
		offer(c->name, begins);
}

/* @word: as it stands, or with its value behind "=" */
static const struct argument *known_argument(const struct argument *a,
					     const char *word)
{
	size_t len = strcspn(word, "=");

	for (; a && a->word; a++)
		if (strlen(a->word) == len && !strncmp(a->word, word, len))
			return a;
	return NULL;
}

/* The argument whose value the last word is, or NULL; @seen: those before it */
static const struct argument *read_arguments(const struct argument *arguments,
					     int count, char *const *words,
					     unsigned int *seen)
{
	const struct argument *a;
	int i;

	for (i = 0; i < count - 1; i++) {
		a = known_argument(arguments, words[i]);
		if (!a)
			continue;
		*seen |= 1U << (a - arguments);
		if ((a->value || a->free) && !strchr(words[i], '=') &&
		    ++i == count - 1)
			return a;
	}
	return NULL;
}

/* @words: behind the command; the last one is to be completed */
static void offer_arguments(const struct command *command, int count,
			    char *const *words)
{
	const char *begins = words[count - 1];
	const struct argument *a;
	unsigned int i, seen = 0;

	a = read_arguments(command->arguments, count, words, &seen);
	if (a && a->value) {
		for (i = 0; a->value(i); i++)
			offer(a->value(i), begins);
		return;
	}
	if (a || (command->files && *begins != '-') || (command->one && seen))
		return;
	for (a = command->arguments; a && a->word; a++, seen >>= 1)
		if (!(seen & 1))
			offer(a->word, begins);
}

static void offer_behind(const struct object *object, int count,
			 char *const *words)
{
	const struct command *command = object->commands;

	if (!command->name) {
		offer_arguments(command, count, words);
	} else if (count == 1) {
		offer_commands(object, words[0]);
	} else {
		command = known_command(object, words[0]);
		if (command)
			offer_arguments(command, count - 1, words + 1);
	}
}

static int complete(const struct settings *set, int argc, char *const *argv)
{
	const struct object *object;
	const char *begins;
	int last, at = 1;
	bool help;

	(void)set;
	if (!argc)
		return failed(EXIT_USAGE, "complete: which word?");
	last = atoi(argv[0]);
	argv++, argc--;
	if (last < 1 || last > argc)
		return EXIT_DONE;
	while (at < last && argv[at][0] == '-')
		at += takes_word(argv[at]) ? 2 : 1;
	if (at > last)
		return EXIT_DONE; /* the word that an option takes */
	help = at < last && !strcmp(argv[at], "help");
	at += help;
	if (at == last) {
		begins = last < argc ? argv[last] : "";
		if (help)
			offer_objects(begins);
		else
			offer_first(begins);
		return EXIT_DONE;
	}
	object = known_object(argv[at]);
	if (object && last < argc)
		offer_behind(object, last - at, argv + at + 1);
	return EXIT_DONE;
}

static const struct command commands[] = {
	{ .usage = "N WORD...",
	  .help = "words for the completion of shells",
	  .run = complete },
	{ 0 },
};

const struct object object_complete = { .name = "complete",
					.commands = commands };
