// SPDX-License-Identifier: GPL-2.0
/*
 * skypectl [OPTIONS] OBJECT [COMMAND] [ARGUMENTS]
 *
 * The way from argv to a command; the table of objects is in objects.c.
 */
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
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

static int choose_colour(struct settings *set, const char *when)
{
	if (!when || !strcmp(when, "always"))
		set->colour = true;
	else if (!strcmp(when, "never"))
		set->colour = false;
	else if (strcmp(when, "auto"))
		return failed(EXIT_USAGE, "colour is auto, always or never, not \"%s\"",
			      when);
	return EXIT_DONE;
}

static bool terminal_colour(void)
{
	const char *term = getenv("TERM");

	return isatty(STDOUT_FILENO) && !getenv("NO_COLOR") && term &&
	       strcmp(term, "dumb");
}

static bool asks_for_help(const char *word)
{
	return !strcmp(word, "-h") || !strcmp(word, "--help") ||
	       !strcmp(word, "help");
}

/* A command that takes no options of its own gets none. */
static int refuse_options(const struct object *object, int argc,
			  char *const *argv)
{
	int i;

	for (i = 0; i < argc; i++)
		if (argv[i][0] == '-' && argv[i][1])
			return failed(EXIT_USAGE,
				      "option \"%s\" stands before the object: skypectl %s %s ...",
				      argv[i], argv[i], object->name);
	return EXIT_DONE;
}

static int run(const struct settings *set, int argc, char *const *argv)
{
	const struct object *object;
	const struct command *command;

	object = argc ? object_find(argv[0]) : &object_status;
	if (!object)
		return EXIT_USAGE;
	if (argc)
		argc--, argv++;
	if (argc && object != &object_complete && asks_for_help(argv[0]))
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

int main(int argc, char **argv)
{
	struct settings set = { .colour = terminal_colour() };
	const char *netns = NULL;
	int option, status;

	opterr = 0;
	while ((option = getopt_long(argc, argv, "+:jpN:c::nVh", long_options,
				     NULL)) != -1) {
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
		case ':':
			return failed(EXIT_USAGE, "option \"%s\" needs a value",
				      argv[optind - 1]);
		default:
			return failed(EXIT_USAGE, "unknown option \"%s\" (see skypectl -h)",
				      argv[optind - 1]);
		}
	}
	status = netns ? enter_netns(netns) : EXIT_DONE;
	if (status)
		return status;
	status = run(&set, argc - optind, argv + optind);
	if (fflush(stdout) != 0 || ferror(stdout))
		return failed(EXIT_USAGE, "cannot write the output: %s",
			      strerror(errno));
	return status;
}
