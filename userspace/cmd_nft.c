// SPDX-License-Identifier: GPL-2.0
/* skypectl nft: definitions for nft rules that match the state byte */
#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

#include "cmd.h"
#include "nl.h"

#define DEFINITIONS "/etc/nf_skype/nf_skype.nft"

struct definition {
	char name[24];
	u32 value;
	const char *comment;
};

#define DEFINITIONS_MAX (8 + SKYPE_CLASS_COUNT)

/* Bits, masks, and the value of each class under SKYPE_CLASS_MASK */
static unsigned int define(struct definition *d, unsigned int shift)
{
	unsigned int count, class, i;
	const struct definition bits[] = {
		{ "SKYPE", SKYPE_STATE_SKYPE, "likely or certain" },
		{ "SKYPE_CERTAIN", SKYPE_STATE_CERTAIN, "certain" },
		{ "SKYPE_SUSPECT", SKYPE_STATE_SUSPECT, "looks like it" },
		{ "SKYPE_DONE", SKYPE_STATE_DONE, "inspection has ended" },
		{ "SKYPE_MASK", 0xff, "the whole state byte" },
		{ "SKYPE_CLASS_MASK", SKYPE_STATE_SKYPE | SKYPE_STATE_CLASS,
		  "for the classes below" },
	};

	memcpy(d, bits, sizeof(bits));
	count = ARRAY_SIZE(bits);
	for (class = SKYPE_CLASS_PROBE; class < SKYPE_CLASS_COUNT; class++) {
		snprintf(d[count].name, sizeof(d[count].name), "SKYPE_%s",
			 skype_class_name(class));
		for (i = 0; d[count].name[i]; i++)
			d[count].name[i] = (char)toupper(d[count].name[i]);
		d[count].value = SKYPE_STATE_SKYPE | class;
		d[count].comment = "";
		count++;
	}
	for (i = 0; i < count; i++)
		d[i].value <<= shift;
	return count;
}

static const char preamble[] =
	"# The state byte of nf_skype in the conntrack mark.\n"
	"#\n"
	"#\tinclude \"" DEFINITIONS "\"\n"
	"#\tct mark and $SKYPE != 0 drop\n"
	"#\tct mark and $SKYPE_CLASS_MASK == $SKYPE_VOICE meta mark set 0x2e\n"
	"#\tct mark and $SKYPE_DONE != 0 flow add @ft\n"
	"\n";

/* To be freed; NULL: no memory */
static char *definitions_text(void)
{
	struct definition d[DEFINITIONS_MAX];
	unsigned int count = define(d, nl_mark_shift()), i;
	char *text = NULL;
	size_t len;
	FILE *to = open_memstream(&text, &len);

	if (!to)
		return NULL;
	fputs(preamble, to);
	for (i = 0; i < count; i++)
		fprintf(to, "define %s = 0x%08x%s%s\n", d[i].name, d[i].value,
			*d[i].comment ? " # " : "", d[i].comment);
	fclose(to);
	return text;
}

static int print_json(const struct settings *set)
{
	struct definition d[DEFINITIONS_MAX];
	unsigned int count = define(d, nl_mark_shift()), i;
	json_t *object = json_object();

	for (i = 0; i < count; i++)
		json_object_set_new(object, d[i].name,
				    json_integer(d[i].value));
	out_document(set, json_pack("{so}", "definitions", object));
	return EXIT_DONE;
}

static int write_definitions(const char *path)
{
	char *text = definitions_text();
	int status;

	if (!text)
		return failed(EXIT_USAGE, "out of memory");
	status = out_file(path, 0644, text);
	free(text);
	return status;
}

static int nft_show(const struct settings *set, int argc, char *const *argv)
{
	if (no_more_words(argc, argv))
		return EXIT_USAGE;
	return set->json ? print_json(set) : write_definitions("-");
}

static int nft_install(const struct settings *set, int argc, char *const *argv)
{
	int status = no_more_words(argc, argv);

	if (!status)
		status = out_folder(DEFINITIONS);
	if (!status)
		status = write_definitions(DEFINITIONS);
	if (!status)
		out_done(set);
	return status;
}

static int nft_remove(const struct settings *set, int argc, char *const *argv)
{
	if (no_more_words(argc, argv))
		return EXIT_USAGE;
	if (unlink(DEFINITIONS) != 0 && errno != ENOENT)
		return failed(EXIT_USAGE, "cannot remove %s: %s", DEFINITIONS,
			      strerror(errno));
	out_done(set);
	return EXIT_DONE;
}

static const struct command commands[] = {
	{ .name = "show",
	  .help = "definitions for nft rules: SKYPE, SKYPE_VOICE ...",
	  .run = nft_show },
	{ .name = "install",
	  .help = "write them to " DEFINITIONS,
	  .run = nft_install },
	{ .name = "remove", .help = "remove that file", .run = nft_remove },
	{ 0 },
};

const struct object object_nft = {
	.name = "nft", .commands = commands, .bare = true,
};
