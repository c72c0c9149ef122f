// SPDX-License-Identifier: GPL-2.0
/*
 * skypectl classify: the classifier over captures.
 *
 *	capture (pcap.c) -> flows (track.c) -> verdicts (the core) -> report.c
 */
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "cmd.h"
#include "report.h"

#define PROGRESS_FRAMES 65536 /* look at the clock after so many */
#define PROGRESS_SECONDS 2
#define CURE_LEN 160
#define ERROR_LEN (PATH_MAX + 256) /* a path, and what is wrong with it */

static int usage_option(const char *word)
{
	if (option_is_global(word))
		return refuse_behind(word, "classify");
	return failed(EXIT_USAGE,
		      "unknown option \"%s\" (classify takes --explain, --html OUT.html and --all; a file: ./%s)",
		      word, word);
}

/**
 * struct choice - what the words behind "classify" ask for
 * @all: --all
 * @explain: --explain
 * @html: FILE of --html, or NULL
 * @count: number of captures
 * @files: their names
 */
struct choice {
	bool all;
	bool explain;
	const char *html;
	int count;
	const char **files;
};

static int check_files(const struct choice *choice)
{
	int inputs = 0;

	for (int i = 0; i < choice->count; i++)
		inputs += !strcmp(choice->files[i], "-");
	if (inputs > 1)
		return failed(EXIT_USAGE, "\"-\" stands %d times: standard input can be read once",
			      inputs);
	if (choice->count == 0)
		return failed(EXIT_USAGE, "classify needs a capture file, or \"-\" for stdin");
	return EXIT_DONE;
}

static int choose_page(struct choice *choice, const char *name)
{
	if (choice->html)
		return failed(EXIT_USAGE, "--html stands twice: there is one page for all captures");
	if (!name || !*name)
		return failed(EXIT_USAGE, "--html needs a file name behind it");
	choice->html = name;
	return EXIT_DONE;
}

static int parse(struct choice *choice, int argc, char *const *argv)
{
	bool options = true;

	for (int i = 0; i < argc; i++) {
		const char *word = argv[i];
		int status = EXIT_DONE;

		if (!options || word[0] != '-' || !word[1])
			choice->files[choice->count++] = word;
		else if (!strcmp(word, "--"))
			options = false;
		else if (!strcmp(word, "--all"))
			choice->all = true;
		else if (!strcmp(word, "--explain"))
			choice->explain = true;
		else if (!strncmp(word, "--html=", 7))
			status = choose_page(choice, word + 7);
		else if (!strcmp(word, "--html"))
			status = choose_page(choice, ++i < argc ? argv[i] : NULL);
		else
			status = usage_option(word);
		if (status)
			return status;
	}
	return check_files(choice);
}

/* A page takes the place of an older one only: its name may have been forgotten. */
static int check_older(const char *page)
{
	struct stat file;

	if (stat(page, &file) != 0)
		return EXIT_DONE;
	if (S_ISDIR(file.st_mode))
		return failed(EXIT_USAGE, "%s is a folder: name a file behind --html",
			      page);
	if (!S_ISREG(file.st_mode) || !file.st_size || html_is_page(page))
		return EXIT_DONE;
	if (access(page, R_OK) != 0)
		return failed(EXIT_USAGE, "%s cannot be read, and --html takes the place of no file but an older page: %s",
			      page, strerror(errno));
	return failed(EXIT_USAGE, "%s is no page of skypectl, and --html would overwrite it: name the page first, as in --html OUT.html %s",
		      page, page);
}

static int check_page(const struct settings *set, const struct choice *choice)
{
	const char *page = choice->html;
	int status;

	if (!page)
		return EXIT_DONE;
	if (out_is_stdout(page))
		return out_text_check(set, "--html", page);
	status = check_older(page);
	return status ? status : out_file_check(page);
}

/* A line on the terminal while long work goes on. */
struct progress {
	bool terminal;
	bool shown;
	time_t start;
};

static void progress_show(struct progress *progress, const char *name,
			  const struct capture *capture,
			  const struct track *track)
{
	char *shown;

	if (!progress->terminal ||
	    time(NULL) - progress->start < PROGRESS_SECONDS)
		return;
	shown = out_printable(capture_name(name));
	fprintf(stderr, "\r%s: %llu packets, %llu flows\033[K", shown,
		(unsigned long long)capture_frames(capture),
		(unsigned long long)track_flows(track));
	free(shown);
	progress->shown = true;
}

static void progress_clear(const struct progress *progress)
{
	if (progress->shown)
		fputs("\r\033[K", stderr);
}

/*
 * Read a capture to its end, or until nothing can be written any more, which
 * main() reports; false when it is damaged on the way.
 */
static bool read_capture(const char *name, struct capture *capture,
			 struct track *track)
{
	struct progress progress = {
		.terminal = isatty(STDERR_FILENO),
		.start = time(NULL),
	};
	struct capture_packet packet;
	u64 next = PROGRESS_FRAMES;
	int more = 1;

	while (!ferror(stdout) &&
	       (more = capture_next(capture, &packet)) > 0) {
		track_packet(track, &packet);
		if (capture_frames(capture) < next)
			continue;
		next = capture_frames(capture) + PROGRESS_FRAMES;
		progress_show(&progress, name, capture, track);
	}
	progress_clear(&progress);
	track_finish(track);
	return more >= 0;
}

/* libpcap reads files of one link type, and editcap does not write others as pcap. */
static void find_cure(const struct capture *capture, const char *error,
		      char *cure, size_t size)
{
	if (strstr(error, "different from the type of the first interface"))
		snprintf(cure, size, "read one interface: tshark -r FILE -Y frame.interface_id==0 -w - | editcap -F pcap -T %s - NEW",
			 capture_link_word(capture));
	else
		snprintf(cure, size, "\"editcap -F pcap FILE NEW\" may mend it");
}

static int damaged(const char *name, struct capture *capture)
{
	const char *error = capture_error(capture);
	char cure[CURE_LEN];

	find_cure(capture, error, cure, sizeof(cure));
	return failed(EXIT_USAGE,
		      "%s: reading ended behind packet %llu: %s (what stands before it is reported; %s)",
		      capture_name(name), (unsigned long long)capture_frames(capture), error, cure);
}

static int classify_open(struct report *report, const char *name,
			 struct capture *capture, struct explain *explain)
{
	const struct track_sink sink = {
		.flow = report_flow,
		.session = report_session,
		.context = report,
	};
	struct track *track = must(track_new(&sink, TRACK_FLOWS, explain));
	const char *error = NULL;

	report_capture_begin(report, name, explain);
	if (!read_capture(name, capture, track))
		error = capture_error(capture);
	report_capture_end(report, capture, track, error);
	track_free(track);
	return error ? damaged(name, capture) : EXIT_DONE;
}

/* @read: set when the capture could be opened */
static int classify_file(struct report *report, const char *name, bool explain,
			 bool *read)
{
	struct explain *messages = NULL;
	char error[ERROR_LEN];
	struct capture *capture;
	int status;

	capture = capture_open(name, error, sizeof(error));
	if (!capture) {
		report_capture_missing(report, name, error);
		return failed(EXIT_USAGE, "%s", error);
	}
	*read = true;
	if (explain)
		messages = must(explain_new(EXPLAIN_CHUNKS));
	status = classify_open(report, name, capture, messages);
	capture_close(capture);
	explain_free(messages);
	return status;
}

static int classify_files(const struct settings *set,
			  const struct choice *choice)
{
	struct report_options options = {
		.set = set,
		.all = choice->all,
		.explain = choice->explain,
		.many = choice->count > 1,
		.html = choice->html ? html_new() : NULL,
		.page_only = choice->html && out_is_stdout(choice->html),
	};
	struct report *report = report_open(&options);
	int status = EXIT_DONE;
	bool read = false;

	for (int i = 0; i < choice->count && !ferror(stdout); i++)
		if (classify_file(report, choice->files[i],
				  choice->explain || choice->html, &read))
			status = EXIT_USAGE;
	report_close(report);
	if (read && choice->html && !ferror(stdout) &&
	    html_write(options.html, choice->html))
		status = EXIT_USAGE;
	html_free(options.html);
	return status;
}

static int classify(const struct settings *set, int argc, char *const *argv)
{
	struct choice choice = { 0 };
	int status;

	choice.files = calloc((size_t)argc + 1, sizeof(*choice.files));
	if (!choice.files)
		return failed(EXIT_USAGE, "out of memory");
	status = parse(&choice, argc, argv);
	if (!status)
		status = check_page(set, &choice);
	if (!status)
		status = classify_files(set, &choice);
	free(choice.files);
	return status;
}

static const struct argument arguments[] = {
	{ .word = "--explain" },
	{ .word = "--html", .free = "OUT.html" },
	{ .word = "--all" },
	{ 0 },
};

static const struct command commands[] = {
	{
		.usage = "[--explain] [--html OUT.html] [--all] FILE...|-",
		.help = "classify captures (pcap, pcapng); no module needed",
		.arguments = arguments,
		.files = true,
		.run = classify,
	},
	{ 0 },
};

const struct object object_classify = {
	.name = "classify",
	.commands = commands,
};
