// SPDX-License-Identifier: GPL-2.0
#include "out.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "policy.h"
#include "verdict.h"

#define NS_PER_S 1000000000ULL
#define NS_PER_US 1000ULL
#define TEXT_LEN 1024

/* In UTF-8, U+0080 to U+009F are control characters, too */
static bool is_c1(const char *text)
{
	const unsigned char *byte = (const unsigned char *)text;

	return byte[0] == 0xc2 && byte[1] >= 0x80 && byte[1] < 0xa0;
}

/* Bytes by which a file name or a word would give orders to a terminal */
static void make_printable(char *text)
{
	for (; *text; text++) {
		if ((unsigned char)*text < ' ' || *text == 127)
			*text = '?';
		else if (is_c1(text))
			text[0] = text[1] = '?';
	}
}

int failed(enum exit_status status, const char *format, ...)
{
	char *text = NULL;
	va_list args;

	fflush(stdout);
	va_start(args, format);
	if (vasprintf(&text, format, args) < 0)
		text = NULL;
	va_end(args);
	if (text)
		make_printable(text);
	fprintf(stderr, "Error: %s\n", text ? text : format);
	free(text);
	return status;
}

void *must(void *memory)
{
	if (!memory) {
		failed(EXIT_USAGE, "out of memory");
		exit(EXIT_USAGE);
	}
	return memory;
}

char *out_printable(const char *name)
{
	char *text = must(strdup(name));

	make_printable(text);
	return text;
}

/* Values of fields */

static bool is_last(const struct out_field *field)
{
	return !field->key && !field->title;
}

static u64 field_uint(const struct out_field *field, const void *record)
{
	const void *at = (const char *)record + field->offset;

	switch (field->size) {
	case sizeof(u8):
		return *(const u8 *)at;
	case sizeof(u16):
		return *(const u16 *)at;
	case sizeof(u32):
		return *(const u32 *)at;
	default:
		return *(const u64 *)at;
	}
}

static bool addr_is_zero(const struct skype_addr *addr)
{
	return !(addr->w[0] | addr->w[1] | addr->w[2] | addr->w[3]);
}

const char *out_addr(const struct skype_addr *addr, char text[OUT_ADDR_LEN])
{
	if (skype_addr_is_v4(addr))
		inet_ntop(AF_INET, &addr->w[3], text, OUT_ADDR_LEN);
	else
		inet_ntop(AF_INET6, addr->w, text, OUT_ADDR_LEN);
	return text;
}

const char *out_end(const struct out_end *end, char text[OUT_END_LEN])
{
	char addr[OUT_ADDR_LEN];
	bool v4 = skype_addr_is_v4(&end->addr);

	snprintf(text, OUT_END_LEN, v4 ? "%s:%u" : "[%s]:%u",
		 out_addr(&end->addr, addr), end->port);
	return text;
}

/* JSON */

json_t *out_seconds(u64 ns)
{
	/* whole microseconds: all that a double holds beside the seconds */
	return json_real((double)(ns / NS_PER_US) / 1e6);
}

static json_t *json_addr(const struct skype_addr *addr)
{
	char text[OUT_ADDR_LEN];

	return json_string(out_addr(addr, text));
}

static json_t *json_reasons(const struct out_reasons *reasons)
{
	json_t *array = json_array();
	unsigned int i;

	for (i = 0; i < reasons->count; i++)
		json_array_append_new(array,
			json_string(skype_reason_name(reasons->reason[i])));
	return array;
}

static json_t *json_classes(u32 classes)
{
	json_t *array;
	unsigned int i;

	if (!classes)
		return json_null();
	array = json_array();
	for (i = 0; i < SKYPE_CLASS_COUNT; i++)
		if (classes & 1U << i)
			json_array_append_new(array,
				json_string(skype_class_name(i)));
	return array;
}

static json_t *json_field(const struct out_field *field, const void *record)
{
	const void *at = (const char *)record + field->offset;
	const struct out_end *end = at;
	const char *text;
	u64 u;

	switch (field->type) {
	case OUT_TEXT:
		text = *(const char *const *)at;
		return text ? json_string(text) : json_null();
	case OUT_CHARS:
		return json_string(at);
	case OUT_BOOL:
		return json_boolean(*(const bool *)at);
	case OUT_ADDR:
		return addr_is_zero(at) ? json_null() : json_addr(at);
	case OUT_HOST:
		return json_pack("{so}", "addr", json_addr(at));
	case OUT_END:
		return json_pack("{sosi}", "addr", json_addr(&end->addr),
				 "port", end->port);
	case OUT_REASONS:
		return json_reasons(at);
	case OUT_CLASSES:
		return json_classes(*(const u32 *)at);
	default:
		break;
	}

	u = field_uint(field, record);
	switch (field->type) {
	case OUT_NAME:
		text = field->name((unsigned int)u);
		return json_string(text ? text : "unknown");
	case OUT_GRADE:
		return json_string(skype_grade_name((unsigned int)u));
	case OUT_TIME:
		return u ? out_seconds(u) : json_null();
	case OUT_MOMENT:
		return u != OUT_UNKNOWN ? out_seconds(u) : json_null();
	case OUT_COUNT:
		return u ? json_integer((json_int_t)u) : json_null();
	default:
		return json_integer((json_int_t)u);
	}
}

json_t *out_json(const struct out_field *fields, const void *record)
{
	json_t *object = json_object();

	for (; !is_last(fields); fields++)
		if (fields->key)
			json_object_set_new(object, fields->key,
					    json_field(fields, record));
	return must(object);
}

/* 16 significant digits: seconds of this century to the microsecond */
#define JSON_FLAGS JSON_REAL_PRECISION(16)

void out_document(const struct settings *set, json_t *root)
{
	json_t *document = must(json_pack("{si}", "schema", OUT_SCHEMA));

	json_object_update(document, root);
	json_dumpf(document, stdout,
		   JSON_FLAGS | (set->pretty ? JSON_INDENT(2) : JSON_COMPACT));
	putchar('\n');
	json_decref(document);
	json_decref(root);
}

void out_done(const struct settings *set)
{
	if (set->json)
		out_document(set, json_object());
}

void out_json_line(json_t *root)
{
	json_dumpf(root, stdout, JSON_FLAGS | JSON_COMPACT);
	putchar('\n');
	fflush(stdout);
	json_decref(root);
}

/* Text */

static void text_time(const struct settings *set, char *text, size_t len, u64 ns)
{
	time_t seconds = (time_t)(ns / NS_PER_S);
	struct tm tm;

	if (set->numbers || !localtime_r(&seconds, &tm))
		snprintf(text, len, "%" PRIu64 ".%06" PRIu64, (u64)seconds,
			 (u64)(ns % NS_PER_S / NS_PER_US));
	else
		strftime(text, len, "%Y-%m-%d %H:%M:%S", &tm);
}

static void text_reasons(char *text, size_t len,
			 const struct out_reasons *reasons)
{
	size_t used = 0;
	unsigned int i;

	snprintf(text, len, "-");
	for (i = 0; i < reasons->count && used < len; i++)
		used += (size_t)snprintf(text + used, len - used, "%s%s",
					 i ? "," : "",
					 skype_reason_name(reasons->reason[i]));
}

static void text_field(const struct settings *set, char *text, size_t len,
		       const struct out_field *field, const void *record)
{
	const void *at = (const char *)record + field->offset;
	char classes[POLICY_CLASSES_LEN];
	char addr[OUT_END_LEN];
	const char *s;
	u64 u;

	switch (field->type) {
	case OUT_TEXT:
		s = *(const char *const *)at;
		snprintf(text, len, "%s", s ? s : "-");
		return;
	case OUT_CHARS:
		snprintf(text, len, "%s", (const char *)at);
		return;
	case OUT_BOOL:
		snprintf(text, len, "%s", *(const bool *)at ? "yes" : "no");
		return;
	case OUT_ADDR:
	case OUT_HOST:
		snprintf(text, len, "%s",
			 addr_is_zero(at) ? "-" : out_addr(at, addr));
		return;
	case OUT_END:
		snprintf(text, len, "%s", out_end(at, addr));
		return;
	case OUT_REASONS:
		text_reasons(text, len, at);
		return;
	case OUT_CLASSES:
		snprintf(text, len, "%s",
			 policy_classes_text(*(const u32 *)at, classes));
		return;
	default:
		break;
	}

	u = field_uint(field, record);
	switch (field->type) {
	case OUT_NAME:
		s = field->name((unsigned int)u);
		snprintf(text, len, "%s", s ? s : "unknown");
		return;
	case OUT_GRADE:
		snprintf(text, len, "%s", skype_grade_name((unsigned int)u));
		return;
	case OUT_TIME:
	case OUT_MOMENT:
		if (u == (field->type == OUT_TIME ? 0 : OUT_UNKNOWN))
			snprintf(text, len, "-");
		else
			text_time(set, text, len, u);
		return;
	case OUT_HEX:
		snprintf(text, len, "0x%08" PRIx64, u);
		return;
	case OUT_COUNT:
		if (!u) {
			snprintf(text, len, "-");
			return;
		}
		/* fall through */
	default:
		snprintf(text, len, "%" PRIu64, u);
	}
}

static bool right_aligned(const struct out_field *field)
{
	return field->type == OUT_UINT || field->type == OUT_COUNT;
}

static const char *colour_of(const struct settings *set,
			     const struct out_field *field, const char *text)
{
	if (!set->colour || field->type != OUT_GRADE)
		return NULL;
	if (!strcmp(text, skype_grade_name(SKYPE_GRADE_CERTAIN)))
		return "\033[1;31m";
	if (!strcmp(text, skype_grade_name(SKYPE_GRADE_LIKELY)))
		return "\033[33m";
	if (!strcmp(text, skype_grade_name(SKYPE_GRADE_SUSPECT)))
		return "\033[36m";
	return NULL;
}

#define COLUMNS_MAX 24

struct out_table {
	const struct settings *set;
	unsigned int columns;
	const struct out_field *column[COLUMNS_MAX];
	size_t width[COLUMNS_MAX];
	char **cells; /* row by row */
	size_t rows;
	size_t room;
};

static void add_column(struct out_table *table, const struct out_field *field)
{
	if (table->columns == COLUMNS_MAX)
		return;
	table->width[table->columns] = strlen(field->title);
	table->column[table->columns++] = field;
}

/* Columns in the order of the fields, but reasons, which are long, last. */
struct out_table *out_table_new(const struct settings *set,
				const struct out_field *fields)
{
	struct out_table *table = must(calloc(1, sizeof(*table)));
	const struct out_field *f;

	table->set = set;
	for (f = fields; !is_last(f); f++)
		if (f->title && f->type != OUT_REASONS)
			add_column(table, f);
	for (f = fields; !is_last(f); f++)
		if (f->title && f->type == OUT_REASONS)
			add_column(table, f);
	return table;
}

static char **new_row(struct out_table *table)
{
	if (table->rows == table->room) {
		table->room = table->room ? 2 * table->room : 64;
		table->cells = must(reallocarray(table->cells, table->room,
						 table->columns *
							 sizeof(char *)));
	}
	return &table->cells[table->rows++ * table->columns];
}

void out_table_add(struct out_table *table, const void *record)
{
	char **cells = new_row(table);
	char text[TEXT_LEN];
	unsigned int i;

	for (i = 0; i < table->columns; i++) {
		text_field(table->set, text, sizeof(text), table->column[i],
			   record);
		cells[i] = must(strdup(text));
		if (strlen(text) > table->width[i])
			table->width[i] = strlen(text);
	}
}

static void print_cell(const struct out_table *table, FILE *to, unsigned int i,
		       const char *text, bool header)
{
	const struct out_field *field = table->column[i];
	int width = (int)table->width[i];
	int pad = width - (int)strlen(text);
	const char *colour = NULL;

	if (!header)
		colour = colour_of(table->set, field, text);
	if (i)
		fputs("  ", to);
	if (right_aligned(field))
		fprintf(to, "%*s", pad, "");
	fprintf(to, "%s%s%s", colour ? colour : "", text,
		colour ? "\033[0m" : "");
	if (!right_aligned(field) && i + 1 < table->columns)
		fprintf(to, "%*s", pad, "");
}

void out_table_print(struct out_table *table, FILE *to)
{
	unsigned int i;
	size_t row;

	for (i = 0; i < table->columns; i++)
		print_cell(table, to, i, table->column[i]->title, true);
	fputc('\n', to);
	for (row = 0; row < table->rows; row++) {
		for (i = 0; i < table->columns; i++)
			print_cell(table, to, i,
				   table->cells[row * table->columns + i],
				   false);
		fputc('\n', to);
	}
}

void out_table_free(struct out_table *table)
{
	size_t i;

	if (!table)
		return;
	for (i = 0; i < table->rows * table->columns; i++)
		free(table->cells[i]);
	free(table->cells);
	free(table);
}

/* Lists, single records, lines */

void out_list_open(struct out_list *list, const struct settings *set,
		   const char *key, const struct out_field *fields)
{
	*list = (struct out_list){ .set = set, .key = key, .fields = fields };
	if (set->json)
		list->array = must(json_array());
	else
		list->table = out_table_new(set, fields);
}

void out_list_add(struct out_list *list, const void *record)
{
	if (list->array)
		json_array_append_new(list->array,
				      out_json(list->fields, record));
	else
		out_table_add(list->table, record);
}

void out_list_close(struct out_list *list)
{
	if (list->array)
		out_document(list->set,
			     json_pack("{so}", list->key, list->array));
	else
		out_table_print(list->table, stdout);
	out_table_free(list->table);
}

void out_list_abandon(struct out_list *list)
{
	json_decref(list->array);
	out_table_free(list->table);
}

void out_one(const struct settings *set, const char *key,
	     const struct out_field *fields, const void *record)
{
	char text[TEXT_LEN];
	size_t width = 0;
	const struct out_field *f;

	if (set->json) {
		out_document(set, json_pack("{so}", key,
					    out_json(fields, record)));
		return;
	}
	for (f = fields; !is_last(f); f++)
		if (f->title && strlen(f->title) > width)
			width = strlen(f->title);
	for (f = fields; !is_last(f); f++) {
		if (!f->title)
			continue;
		text_field(set, text, sizeof(text), f, record);
		printf("%-*s  %s\n", (int)width, f->title, text);
	}
}

void out_line(const struct settings *set, FILE *to,
	      const struct out_field *fields, const void *record)
{
	const char *gap = "";
	char text[TEXT_LEN];

	for (; !is_last(fields); fields++) {
		if (!fields->title || !fields->key)
			continue;
		text_field(set, text, sizeof(text), fields, record);
		fprintf(to, "%s%s=%s", gap, fields->key, text);
		gap = " ";
	}
}

/* Files */

/* A device, a pipe, a link to nothing: it stays what it is. */
static int write_into(const char *path, int flags, mode_t mode, const char *text)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC | O_NOCTTY | flags, mode);
	int status = EXIT_DONE;

	if (fd < 0 || dprintf(fd, "%s", text) < 0)
		status = failed(EXIT_USAGE, "cannot write %s: %s", path,
				strerror(errno));
	if (fd >= 0)
		close(fd);
	return status;
}

/* What the file that is replaced allows, and to whom, as far as we may. */
static bool take_over(int fd, const struct stat *old, mode_t mode)
{
	if (!old)
		return fchmod(fd, mode) == 0;
	if (fchown(fd, old->st_uid, old->st_gid) != 0 && errno != EPERM)
		return false;
	return fchmod(fd, old->st_mode & 0777) == 0;
}

static int write_beside(const char *path, const char *beside, int fd,
			const struct stat *old, mode_t mode, const char *text)
{
	FILE *file = fdopen(fd, "w");
	bool good;

	if (!file) {
		close(fd);
		return failed(EXIT_USAGE, "%s: %s", beside, strerror(errno));
	}
	good = fputs(text, file) >= 0 && fflush(file) == 0 &&
	       take_over(fd, old, mode) && fsync(fd) == 0;
	if (fclose(file) != 0 || !good)
		return failed(EXIT_USAGE, "cannot write %s: %s", beside,
			      strerror(errno));
	if (rename(beside, path) != 0)
		return failed(EXIT_USAGE, "cannot replace %s: %s", path,
			      strerror(errno));
	return EXIT_DONE;
}

static int replace(const char *path, const struct stat *old, mode_t mode,
		   const char *text)
{
	char *beside;
	int status, fd;

	if (asprintf(&beside, "%s.XXXXXX", path) < 0)
		beside = must(NULL);
	fd = mkstemp(beside);
	if (fd < 0) {
		status = failed(EXIT_USAGE, "cannot write %s: %s", path,
				strerror(errno));
	} else {
		status = write_beside(path, beside, fd, old, mode, text);
		if (status)
			unlink(beside);
	}
	free(beside);
	return status;
}

bool out_is_stdout(const char *path)
{
	struct stat file, output;

	if (!strcmp(path, "-"))
		return true;
	if (stat(path, &file) != 0 || fstat(STDOUT_FILENO, &output) != 0 ||
	    file.st_dev != output.st_dev || file.st_ino != output.st_ino)
		return false;
	/* /dev/null takes two things at once */
	return !S_ISCHR(file.st_mode) || isatty(STDOUT_FILENO);
}

int out_text_check(const struct settings *set, const char *what,
		   const char *path)
{
	if (!set->json || !out_is_stdout(path))
		return EXIT_DONE;
	return failed(EXIT_USAGE, "-j and %s %s write to the same place: name a file behind %s",
		      what, path, what);
}

int out_file(const char *path, mode_t mode, const char *text)
{
	struct stat link, old;
	char *target;
	int status;

	if (out_is_stdout(path)) {
		fputs(text, stdout);
		return EXIT_DONE;
	}
	if (lstat(path, &link) != 0)
		return replace(path, NULL, mode, text);
	/* follows a link where the kernel lets us: not a stranger's in /tmp */
	if (stat(path, &old) != 0)
		return write_into(path, O_CREAT, mode, text);
	if (!S_ISREG(old.st_mode))
		return write_into(path, 0, 0, text);
	if (!S_ISLNK(link.st_mode))
		return replace(path, &old, mode, text);
	target = realpath(path, NULL);
	if (!target)
		return failed(EXIT_USAGE, "cannot write %s: %s", path,
			      strerror(errno));
	status = replace(target, &old, mode, text);
	free(target);
	return status;
}

static char *folder_of(const char *path)
{
	const char *slash = strrchr(path, '/');

	if (!slash)
		return must(strdup("."));
	return must(strndup(path, slash == path ? 1 : (size_t)(slash - path)));
}

/* @target: where @path leads */
static int check_folder(const char *path, const char *target)
{
	char *folder = folder_of(target);
	int status = EXIT_DONE;

	if (access(folder, W_OK | X_OK) != 0)
		status = failed(EXIT_USAGE, "cannot write %s: folder %s: %s",
				path, folder, strerror(errno));
	free(folder);
	return status;
}

int out_file_check(const char *path)
{
	struct stat link, file;
	char *target;
	int status;

	if (lstat(path, &link) != 0)
		return check_folder(path, path);
	if (stat(path, &file) != 0)
		return EXIT_DONE; /* a link to nothing: it will be seen */
	if (!S_ISREG(file.st_mode))
		return access(path, W_OK) == 0 ? EXIT_DONE :
		       failed(EXIT_USAGE, "cannot write %s: %s", path,
			      strerror(errno));
	target = S_ISLNK(link.st_mode) ? realpath(path, NULL) : NULL;
	status = check_folder(path, target ? target : path);
	free(target);
	return status;
}

int out_folder(const char *path)
{
	char folder[256];
	char *slash;

	snprintf(folder, sizeof(folder), "%s", path);
	slash = strrchr(folder, '/');
	if (!slash || slash == folder)
		return EXIT_DONE;
	*slash = '\0';
	if (mkdir(folder, 0755) != 0 && errno != EEXIST)
		return failed(EXIT_USAGE, "cannot make %s: %s", folder,
			      strerror(errno));
	return EXIT_DONE;
}
