// SPDX-License-Identifier: GPL-2.0
/*
 * skypectl [OPTIONS] OBJECT [COMMAND] [ARGUMENTS]
 *
 * The way from argv to a command; the table of objects is in objects.c.
 */
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <jansson.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cmd.h"

#define VERSION "0.1"

static const char options_help[] =
	"Options:\n"
	"  -j, --json              JSON instead of tables\n"
	"  -p, --pretty            JSON with line breaks and indentation\n"
	"  -N, --netns NAME        in this network namespace (a name or a path)\n"
	"  -c, --color[=WHEN]      colour: auto (the default), always or never\n"
	"  -n, --numeric           numbers only: times as seconds\n"
	"  -V, --version           version\n"
	"  -h, --help              this help; of one object behind its name\n";

static void print_usage(FILE *to, const struct object *object)
{
	const struct command *c;
	char words[128];

	for (c = object->commands; c->run; c++) {
		snprintf(words, sizeof(words), "%s%s%s%s%s", object->name,
			 c->name ? " " : "", c->name ? c->name : "",
			 c->usage ? " " : "", c->usage ? c->usage : "");
		if (strlen(words) <= 40)
			fprintf(to, "  %-40s  %s\n", words, c->help);
		else
			fprintf(to, "  %s\n  %-40s  %s\n", words, "", c->help);
	}
}

static int help(void)
{
	const struct object *const *o;

	puts("Usage: skypectl [OPTIONS] OBJECT [COMMAND] [ARGUMENTS]\n\n"
	     "Recognise Skype P2P traffic in the kernel, and act on it.\n\n"
	     "Objects and commands:");
	for (o = objects; *o; o++)
		print_usage(stdout, *o);
	putchar('\n');
	fputs(options_help, stdout);
	puts("\nExit status: 0 done, 1 usage or file error, 2 the kernel refused,\n"
	     "3 no module or no permission.  See skypectl(8) and nf_skype(7).");
	return EXIT_DONE;
}

static int help_of(const struct object *object)
{
	puts("Usage:");
	print_usage(stdout, object);
	return EXIT_DONE;
}

static int enter_netns(const char *name)
{
	char path[4096];
	int fd, status = EXIT_DONE;

	snprintf(path, sizeof(path), strchr(name, '/') ? "%s" : "/run/netns/%s",
		 name);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return failed(errno == EACCES ? EXIT_ABSENT : EXIT_USAGE,
			      "network namespace \"%s\": %s (%s)", name,
			      strerror(errno), path);
	if (setns(fd, CLONE_NEWNET) != 0)
		status = failed(errno == EPERM ? EXIT_ABSENT : EXIT_USAGE,
				"network namespace \"%s\": %s%s", name,
				strerror(errno),
				errno == EPERM ? " (run it as root)" : "");
	close(fd);
	return status;
}

static bool terminal_colour(void)
{
	const char *term = getenv("TERM");

	return isatty(STDOUT_FILENO) && !getenv("NO_COLOR") && term &&
	       strcmp(term, "dumb");
}

static bool is_colour(const char *word)
{
	return !strcmp(word, "auto") || !strcmp(word, "always") ||
	       !strcmp(word, "never");
}

/* -c=WHEN and -cWHEN */
static bool is_colour_option(const char *word)
{
	return !strncmp(word, "-c", 2) &&
	       is_colour(word + (word[2] == '=' ? 3 : 2));
}

static int choose_colour(struct settings *set, const char *when)
{
	if (!when || !strcmp(when, "always"))
		set->colour = true;
	else if (!strcmp(when, "never"))
		set->colour = false;
	else if (!strcmp(when, "auto"))
		set->colour = terminal_colour();
	else
		return failed(EXIT_USAGE, "colour is auto, always or never, not \"%s\"",
			      when);
	return EXIT_DONE;
}

static bool is_help(const char *word)
{
	return !strcmp(word, "-h") || !strcmp(word, "--help");
}

/*
 * Of the words behind an object, "help" where a command stands, and -h anywhere,
 * as far as there are options; of "complete" these are the words of another
 * command line.
 */
static bool asks_for_help(const struct object *object, int argc,
			  char *const *argv)
{
	int i, last = object == &object_complete ? 1 : argc;

	if (argc && object->commands->name && !strcmp(argv[0], "help"))
		return true;
	for (i = 0; i < argc && i < last && strcmp(argv[i], "--"); i++)
		if (is_help(argv[i]))
			return true;
	return false;
}

static const struct option long_options[] = {
	{ "json", no_argument, NULL, 'j' },
	{ "pretty", no_argument, NULL, 'p' },
	{ "netns", required_argument, NULL, 'N' },
	{ "color", optional_argument, NULL, 'c' },
	{ "colour", optional_argument, NULL, 'c' },
	{ "numeric", no_argument, NULL, 'n' },
	{ "version", no_argument, NULL, 'V' },
	{ "help", no_argument, NULL, 'h' },
	{ 0 },
};

static const char short_options[] = "+:jpN:c::nVh";

bool option_is_global(const char *word)
{
	size_t len = strcspn(word, "=");
	const struct option *o;

	if (word[1] != '-')
		return !word[1 + strspn(word + 1, "jpcnVh")] ||
		       !strcmp(word, "-N") || is_colour_option(word);
	for (o = long_options; o->name; o++)
		if (strlen(o->name) + 2 == len && !strncmp(word + 2, o->name, len - 2))
			return true;
	return false;
}

int refuse_behind(const char *word, const char *object)
{
	return failed(EXIT_USAGE,
		      "option \"%s\" stands before the object: skypectl %s %s ...",
		      word, word, object);
}

static bool takes_files(const struct object *object)
{
	const struct command *c;

	for (c = object->commands; c->run; c++)
		if (c->files)
			return true;
	return false;
}

static int refuse_option_of(const struct object *object, const char *word)
{
	if (option_is_global(word))
		return refuse_behind(word, object->name);
	if (takes_files(object))
		return failed(EXIT_USAGE, "unknown option \"%s\" (%s takes none; a file: ./%s)",
			      word, object->name, word);
	return failed(EXIT_USAGE, "unknown option \"%s\" (%s takes none)", word,
		      object->name);
}

/* A command that takes no options of its own gets none. */
static int refuse_options(const struct object *object, int argc,
			  char *const *argv)
{
	int i;

	for (i = 0; i < argc; i++)
		if (argv[i][0] == '-' && argv[i][1])
			return refuse_option_of(object, argv[i]);
	return EXIT_DONE;
}

/* WHEN of -c has no blank before it. */
static const struct object *find_object(const char *word)
{
	if (!is_colour(word))
		return object_find(word);
	failed(EXIT_USAGE, "unknown object \"%s\" (colour: skypectl -c=%s ...)",
	       word, word);
	return NULL;
}

static int run(const struct settings *set, int argc, char *const *argv)
{
	const struct object *object;
	const struct command *command;
	bool help_first = argc && !strcmp(argv[0], "help");

	if (help_first)
		argc--, argv++;
	if (help_first && (!argc || is_help(argv[0])))
		return help();
	object = argc ? find_object(argv[0]) : &object_status;
	if (!object)
		return EXIT_USAGE;
	if (argc)
		argc--, argv++;
	if (help_first || asks_for_help(object, argc, argv))
		return help_of(object);
	if (object != &object_classify && object != &object_complete &&
	    refuse_options(object, argc, argv))
		return EXIT_USAGE;

	command = object->commands;
	if (command->name && argc) {
		command = command_find(object, argv[0]);
		argc--, argv++;
	} else if (command->name && !object->bare) {
		failed(EXIT_USAGE, "%s: which command?", object->name);
		print_usage(stderr, object);
		return EXIT_USAGE;
	}
	return command ? command->run(set, argc, argv) : EXIT_USAGE;
}

/* getopt_long() would take "--js" for "--json". */
static int refuse_unknown(const char *word)
{
	int len = (int)strcspn(word, "=");
	const struct option *o;
	char name[64];

	snprintf(name, sizeof(name), "%.*s", len, word);
	for (o = long_options; o->name; o++)
		if (!strcmp(name + 2, o->name))
			return EXIT_DONE;
	return unknown_word("option", name, option_name, NULL);
}

/* @option: ':' or '?' of getopt_long(), which is at @word */
static int refuse_option(int option, const char *word)
{
	char name[64] = { '-', (char)optopt };

	if (!strncmp(word, "--", 2))
		snprintf(name, sizeof(name), "%.*s", (int)strcspn(word, "="),
			 word);
	if (option == ':')
		return failed(EXIT_USAGE, "option \"%s\" needs a value", name);
	if (name[1] == '-')
		return failed(EXIT_USAGE, "option \"%s\" takes no value", name);
	return failed(EXIT_USAGE, "unknown option \"%s\" (see skypectl -h)",
		      name);
}

static int skypectl(int argc, char **argv)
{
	struct settings set = { .colour = terminal_colour() };
	const char *netns = NULL, *word = "";
	int option, status;

	opterr = 0;
	for (;;) {
		if (optind < argc)
			word = argv[optind];
		if (!strncmp(word, "--", 2) && word[2] && refuse_unknown(word))
			return EXIT_USAGE;
		option = getopt_long(argc, argv, short_options, long_options,
				     NULL);
		if (option == -1)
			break;
		switch (option) {
		case 'j':
			set.json = true;
			break;
		case 'p':
			set.json = set.pretty = true;
			break;
		case 'N':
			netns = optarg;
			break;
		case 'c':
			/* -c=WHEN and -cWHEN */
			if (optarg && *optarg == '=')
				optarg++;
			if (choose_colour(&set, optarg))
				return EXIT_USAGE;
			break;
		case 'n':
			set.numbers = true;
			break;
		case 'V':
			puts("skypectl " VERSION);
			return EXIT_DONE;
		case 'h':
			return help();
		default:
			return refuse_option(option, word);
		}
	}
	status = netns ? enter_netns(netns) : EXIT_DONE;
	return status ? status : run(&set, argc - optind, argv + optind);
}

static int no_output(void)
{
	return failed(EXIT_USAGE, "cannot write the output: %s",
		      strerror(errno));
}

/* JSON with something missing would be no answer. */
static void *json_memory(size_t size)
{
	return must(malloc(size));
}

int main(int argc, char **argv)
{
	int status;

	/* closed: the next file that is opened would take its place */
	if (fcntl(STDOUT_FILENO, F_GETFD) < 0)
		return no_output();
	json_set_alloc_funcs(json_memory, free);
	status = skypectl(argc, argv);
	return fflush(stdout) != 0 || ferror(stdout) ? no_output() : status;
}
