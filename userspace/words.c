// SPDX-License-Identifier: GPL-2.0
/* The words of a command line: finding them, and refusing unknown ones. */
#include <stdio.h>
#include <string.h>

#include "cmd.h"
#include "os.h"
#include "verdict.h"

#define WORD_MAX 32
#define NEAR 2 /* edits between a word and one that may have been meant */

static unsigned int least(unsigned int a, unsigned int b, unsigned int c)
{
	unsigned int m = a < b ? a : b;

	return m < c ? m : c;
}

/* Letters to insert, remove or change to make @b of @a. */
static unsigned int edits(const char *a, const char *b)
{
	unsigned int row[WORD_MAX + 1], diagonal, above, i, j;
	size_t la = strlen(a), lb = strlen(b);

	if (la > WORD_MAX || lb > WORD_MAX)
		return WORD_MAX;
	for (j = 0; j <= lb; j++)
		row[j] = j;
	for (i = 1; i <= la; i++) {
		diagonal = row[0];
		row[0] = i;
		for (j = 1; j <= lb; j++) {
			above = row[j];
			row[j] = least(row[j] + 1, row[j - 1] + 1,
				       diagonal + (a[i - 1] != b[j - 1]));
			diagonal = above;
		}
	}
	return row[lb];
}

static const char *nearest(const char *word,
			   const char *(*name)(const void *of, unsigned int i),
			   const void *of)
{
	unsigned int best = NEAR + 1, i, n;
	const char *found = NULL, *known;

	for (i = 0; (known = name(of, i)); i++) {
		n = edits(word, known);
		if (n < best && n < strlen(known)) {
			best = n;
			found = known;
		}
	}
	return found;
}

void unknown_text(char *text, size_t len, const char *kind, const char *word,
		  const char *(*name)(const void *of, unsigned int i),
		  const void *of)
{
	const char *meant = nearest(word, name, of);
	const char *next;
	unsigned int i;
	size_t used;

	if (meant) {
		snprintf(text, len, "unknown %s \"%s\" (did you mean \"%s\"?)",
			 kind, word, meant);
		return;
	}
	used = (size_t)snprintf(text, len, "unknown %s \"%s\" (known: ", kind,
				word);
	for (i = 0; (next = name(of, i)) && used < len; i++)
		used += (size_t)snprintf(text + used, len - used, "%s%s",
					 i ? ", " : "", next);
	if (used < len)
		snprintf(text + used, len - used, ")");
}

int unknown_word(const char *kind, const char *word,
		 const char *(*name)(const void *of, unsigned int i),
		 const void *of)
{
	char text[1024];

	unknown_text(text, sizeof(text), kind, word, name, of);
	return failed(EXIT_USAGE, "%s", text);
}

int no_more_words(int argc, char *const *argv)
{
	if (!argc)
		return EXIT_DONE;
	return failed(EXIT_USAGE, "unexpected word \"%s\"", argv[0]);
}

static const char *argument_word(const void *of, unsigned int i)
{
	const struct argument *arguments = of;

	return arguments[i].word;
}

int argument_next(const struct argument *arguments, int *argc,
		  char *const **argv, const char **value)
{
	const char *word = **argv;
	int i;

	for (i = 0; arguments[i].word; i++)
		if (!strcmp(word, arguments[i].word))
			break;
	if (!arguments[i].word) {
		unknown_word("argument", word, argument_word, arguments);
		return -1;
	}
	++*argv;
	--*argc;
	*value = NULL;
	if (!arguments[i].value && !arguments[i].free)
		return i;
	if (!*argc) {
		failed(EXIT_USAGE, "\"%s\" needs a value behind it", word);
		return -1;
	}
	*value = **argv;
	++*argv;
	--*argc;
	return i;
}

const char *option_name(const void *of, unsigned int i)
{
	static const char *const names[] = {
		"--json",    "--pretty", "--netns", "--color", "--numeric",
		"--version", "--help",	 NULL,
	};

	(void)of;
	return names[i];
}

int name_find(const char *(*name)(unsigned int i), const char *word)
{
	const char *known;
	int i;

	for (i = 0; (known = name((unsigned int)i)); i++)
		if (!strcmp(known, word))
			return i;
	return -1;
}

const char *class_word(unsigned int i)
{
	return i < SKYPE_CLASS_COUNT ? skype_class_name(i) : NULL;
}

const char *grade_word(unsigned int i)
{
	return i < SKYPE_GRADE_COUNT ? skype_grade_name(i) : NULL;
}

const char *word_of(const void *of, unsigned int i)
{
	const char *(*const *name)(unsigned int) = of;

	return (*name)(i);
}

int value_find(const char *kind, const char *word,
	       const char *(*name)(unsigned int i))
{
	int i = name_find(name, word);

	if (i < 0)
		unknown_word(kind, word, word_of, &name);
	return i;
}
