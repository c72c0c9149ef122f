// SPDX-License-Identifier: GPL-2.0
/* Shapes of JSON and tables, as the contract gives them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include <fcntl.h>
#include <netinet/in.h>
#include <sys/stat.h>
#include <unistd.h>

#include "out_policy.h"
#include "record.h"

static struct out_end end(const char *addr, u16 port)
{
	struct out_end end = { .port = port };
	__be32 v4;

	if (inet_pton(AF_INET, addr, &v4) == 1)
		end.addr = skype_addr_v4(v4);
	else
		inet_pton(AF_INET6, addr, &end.addr);
	return end;
}

/* The flow of the contract's example */
static struct record_flow example_flow(void)
{
	return (struct record_flow){
		.proto = IPPROTO_UDP,
		.client = end("192.0.2.7", 35990),
		.server = end("198.51.100.9", 33033),
		.decided = true,
		.class = SKYPE_CLASS_PROBE,
		.grade = SKYPE_GRADE_CERTAIN,
		.version = SKYPE_VERSION_1_X,
		.reasons = { 4, { SKYPE_REASON_U1, SKYPE_REASON_U2_ECHO,
				  SKYPE_REASON_U3_RESEND,
				  SKYPE_REASON_U4_POSITIVE } },
		.packets = 4,
		.bytes = 70,
		.decided_at = 3,
		.first = 1156506000120000000ULL,
		.last = 1156506000400000999ULL,
		.mark = 3506438144U,
	};
}

static void expect_json(const struct out_field *fields, const void *record,
			const char *expected)
{
	json_t *object = out_json(fields, record);
	char *text = json_dumps(object, JSON_COMPACT | JSON_REAL_PRECISION(16));

	assert_string_equal(text, expected);
	free(text);
	json_decref(object);
}

static void flow_json(void **state)
{
	struct record_flow flow = example_flow();

	(void)state;
	expect_json(record_flow_fields, &flow,
		    "{\"proto\":\"udp\",\"client\":{\"addr\":\"192.0.2.7\",\"port\":35990},"
		    "\"server\":{\"addr\":\"198.51.100.9\",\"port\":33033},"
		    "\"state\":\"decided\",\"class\":\"probe\",\"grade\":\"certain\","
		    "\"reasons\":[\"u1\",\"u2-echo\",\"u3-resend\",\"u4-positive\"],"
		    "\"version\":\"1.x\",\"packets\":4,\"bytes\":70,\"decided_at\":3,"
		    "\"first\":1156506000.12,\"last\":1156506000.4,\"mark\":3506438144}");
}

static void undecided_flow_json(void **state)
{
	struct record_flow flow = { .proto = IPPROTO_TCP,
				    .client = end("2001:db8::7", 1),
				    .server = end("2001:db8::9", 65535),
				    .packets = 1ULL << 40,
				    .first = 1790000000123457000ULL,
				    .last = 1790000000000000000ULL };

	(void)state;
	expect_json(record_flow_fields, &flow,
		    "{\"proto\":\"tcp\",\"client\":{\"addr\":\"2001:db8::7\",\"port\":1},"
		    "\"server\":{\"addr\":\"2001:db8::9\",\"port\":65535},"
		    "\"state\":\"undecided\",\"class\":\"none\",\"grade\":\"none\","
		    "\"reasons\":[],\"version\":\"unknown\",\"packets\":1099511627776,"
		    "\"bytes\":0,\"decided_at\":null,"
		    "\"first\":1790000000.123457,\"last\":1790000000.0,\"mark\":0}");
	/* a capture may begin at 0; of a mark alone no time is known */
	flow.first = 0;
	flow.last = OUT_UNKNOWN;
	expect_json(record_flow_fields, &flow,
		    "{\"proto\":\"tcp\",\"client\":{\"addr\":\"2001:db8::7\",\"port\":1},"
		    "\"server\":{\"addr\":\"2001:db8::9\",\"port\":65535},"
		    "\"state\":\"undecided\",\"class\":\"none\",\"grade\":\"none\","
		    "\"reasons\":[],\"version\":\"unknown\",\"packets\":1099511627776,"
		    "\"bytes\":0,\"decided_at\":null,"
		    "\"first\":0.0,\"last\":null,\"mark\":0}");
}

static void endpoint_json(void **state)
{
	struct record_endpoint endpoint = {
		.addr = end("10.1.0.5", 0).addr, .port = 35990,
		.grade = SKYPE_GRADE_LIKELY, .requests = 30, .peers = 29,
		.chain = 8, .supernode = true, .first = 1500000000ULL,
		.last = 2000000000ULL,
	};

	(void)state;
	expect_json(record_endpoint_fields, &endpoint,
		    "{\"addr\":\"10.1.0.5\",\"port\":35990,\"grade\":\"likely\","
		    "\"requests\":30,\"peers\":29,\"chain\":8,\"public\":null,"
		    "\"supernode\":true,\"first\":1.5,\"last\":2.0}");
	endpoint.public = end("192.0.2.1", 0).addr;
	endpoint.supernode = false;
	expect_json(record_endpoint_fields, &endpoint,
		    "{\"addr\":\"10.1.0.5\",\"port\":35990,\"grade\":\"likely\","
		    "\"requests\":30,\"peers\":29,\"chain\":8,\"public\":\"192.0.2.1\","
		    "\"supernode\":false,\"first\":1.5,\"last\":2.0}");
}

static void supernode_json(void **state)
{
	struct record_supernode supernode = {
		.addr = end("198.51.100.9", 0).addr, .port = 33033,
		.proto = IPPROTO_TCP, .grade = SKYPE_GRADE_CERTAIN,
		.clients = 2, .first = 1000000000ULL, .last = 1000000000ULL,
	};

	(void)state;
	expect_json(record_supernode_fields, &supernode,
		    "{\"addr\":\"198.51.100.9\",\"port\":33033,\"proto\":\"tcp\","
		    "\"grade\":\"certain\",\"clients\":2,\"first\":1.0,\"last\":1.0}");
}

static void session_json(void **state)
{
	struct record_session session = {
		.client = end("10.1.0.5", 0).addr,
		.node = end("198.51.100.9", 443), .via = record_via(443),
		.start = 1000000000ULL, .changes = 1,
		.version = SKYPE_VERSION_5_5,
	};

	(void)state;
	expect_json(record_session_fields, &session,
		    "{\"client\":{\"addr\":\"10.1.0.5\"},"
		    "\"supernode\":{\"addr\":\"198.51.100.9\",\"port\":443},"
		    "\"via\":\"443\",\"state\":\"active\",\"start\":1.0,\"end\":null,"
		    "\"changes\":1,\"version\":\"5.5+\"}");
	session.via = record_via(33033);
	session.ended = true;
	session.end = 3000000000ULL;
	expect_json(record_session_fields, &session,
		    "{\"client\":{\"addr\":\"10.1.0.5\"},"
		    "\"supernode\":{\"addr\":\"198.51.100.9\",\"port\":443},"
		    "\"via\":\"direct\",\"state\":\"ended\",\"start\":1.0,\"end\":3.0,"
		    "\"changes\":1,\"version\":\"5.5+\"}");
	assert_int_equal(record_via(80), RECORD_VIA_80);
}

static void reasons_of_the_core(void **state)
{
	/* the first in the lowest 5 bits, each a reason's number plus one */
	skype_reasons_t packed = (SKYPE_REASON_T1 + 1) |
				 (SKYPE_REASON_KS + 1) << 5;
	struct out_reasons reasons = record_reasons(packed);

	(void)state;
	assert_int_equal(reasons.count, 2);
	assert_int_equal(reasons.reason[0], SKYPE_REASON_T1);
	assert_int_equal(reasons.reason[1], SKYPE_REASON_KS);
	assert_int_equal(record_reasons(0).count, 0);
}

/* What a table prints, to be freed */
static char *table_text(const struct settings *set, const void *record)
{
	struct out_table *table = out_table_new(set, record_flow_fields);
	char *text = NULL;
	size_t len;
	FILE *to = open_memstream(&text, &len);

	if (record)
		out_table_add(table, record);
	out_table_print(table, to);
	out_table_free(table);
	fclose(to);
	return text;
}

static void flow_table(void **state)
{
	struct settings set = { 0 };
	struct record_flow flow = example_flow();
	char *text = table_text(&set, &flow);

	(void)state;
	assert_string_equal(text,
		"PROTO  CLIENT           SERVER              STATE    CLASS  GRADE    VERSION  PACKETS  BYTES  AT  MARK        REASONS\n"
		"udp    192.0.2.7:35990  198.51.100.9:33033  decided  probe  certain  1.x            4     70   3  0xd1000000  u1,u2-echo,u3-resend,u4-positive\n");
	free(text);
}

static void empty_table(void **state)
{
	struct settings set = { 0 };
	char *text = table_text(&set, NULL);

	(void)state;
	assert_string_equal(text,
		"PROTO  CLIENT  SERVER  STATE  CLASS  GRADE  VERSION  PACKETS  BYTES  AT  MARK  REASONS\n");
	free(text);
}

static void colour(void **state)
{
	struct settings set = { .colour = true };
	struct record_flow flow = example_flow();
	char *text = table_text(&set, &flow);

	(void)state;
	assert_non_null(strstr(text, "  \033[1;31mcertain\033[0m  1.x"));
	free(text);
}

static void ends(void **state)
{
	struct out_end v6 = end("2001:db8::7", 443);
	char text[OUT_END_LEN];

	(void)state;
	assert_string_equal(out_end(&v6, text), "[2001:db8::7]:443");
}

static void line(void **state)
{
	struct settings set = { .numbers = true };
	struct record_supernode supernode = {
		.addr = end("198.51.100.9", 0).addr, .port = 33033,
		.proto = IPPROTO_UDP, .first = 1500000000ULL,
	};
	char *text = NULL;
	size_t len;
	FILE *to = open_memstream(&text, &len);

	(void)state;
	out_line(&set, to, record_supernode_fields, &supernode);
	fclose(to);
	assert_string_equal(text, "addr=198.51.100.9 port=33033 proto=udp "
				  "grade=none clients=0 first=1.500000 last=-");
	free(text);
}

static void names_for_terminals(void **state)
{
	char *name = out_printable("a\033[31m\r\n\t\001\177 b\303\274.pcap");

	(void)state;
	assert_string_equal(name, "a?[31m????? b\303\274.pcap");
	free(name);
	name = out_printable("\302\23331m \302\240 \303\233"); /* U+009B is CSI */
	assert_string_equal(name, "??31m \302\240 \303\233");
	free(name);
	name = out_printable("");
	assert_string_equal(name, "");
	free(name);
}

static void policy_json(void **state)
{
	static const char text[] =
		"rule 5 to 10.0.0.0/8 class login action mark 0/0xff\n"
		"rule 6 action drop\n";
	static struct policy policy;
	struct policy_error error;
	json_t *object;
	char *found;

	(void)state;
	assert_true(policy_parse(&policy, text, strlen(text), &error));
	policy.rule[0].packets = 3;
	object = out_policy_json(&policy);
	found = json_dumps(object, JSON_COMPACT);
	assert_string_equal(found,
		"{\"mode\":\"observe\",\"offload\":false,\"state_byte\":true,\"default\":\"accept\",\"rules\":["
		"{\"number\":5,\"from\":null,\"to\":\"10.0.0.0/8\",\"classes\":[\"login\"],\"grade\":\"likely\",\"action\":\"mark\",\"flows\":0,\"packets\":3,\"bytes\":0,\"mark\":0,\"mask\":255},"
		"{\"number\":6,\"from\":null,\"to\":null,\"classes\":null,\"grade\":\"likely\",\"action\":\"drop\",\"flows\":0,\"packets\":0,\"bytes\":0}]}");
	free(found);
	json_decref(object);
}

/* A folder for files; its paths are made with in_folder() */
static char folder[32];

static int make_folder(void **state)
{
	(void)state;
	strcpy(folder, "/tmp/out-XXXXXX");
	return mkdtemp(folder) ? 0 : -1;
}

/* It must be empty by then: nothing is left beside the files. */
static int remove_folder(void **state)
{
	(void)state;
	return rmdir(folder);
}

static const char *in_folder(const char *name)
{
	static char path[2][64];
	static int turn;

	turn = !turn;
	snprintf(path[turn], sizeof(path[turn]), "%s/%s", folder, name);
	return path[turn];
}

static void assert_content(const char *path, const char *expected)
{
	char found[16] = "";
	FILE *file = fopen(path, "r");

	assert_non_null(file);
	assert_non_null(fgets(found, sizeof(found), file));
	fclose(file);
	assert_string_equal(found, expected);
}

static mode_t mode_of(const char *path)
{
	struct stat found;

	assert_int_equal(lstat(path, &found), 0);
	return found.st_mode;
}

static void files_are_replaced_as_a_whole(void **state)
{
	const char *path = in_folder("f");
	struct stat old, new;

	(void)state;
	assert_int_equal(out_file(path, 0644, "old"), 0);
	assert_int_equal(mode_of(path) & 0777, 0644);
	assert_int_equal(stat(path, &old), 0);
	assert_int_equal(out_file(path, 0644, "new"), 0);
	assert_content(path, "new");
	assert_int_equal(stat(path, &new), 0);
	assert_int_not_equal(old.st_ino, new.st_ino);
	unlink(path);
	assert_int_equal(out_file("/nowhere/f", 0644, "x"), EXIT_USAGE);
	assert_int_equal(out_file(folder, 0644, "x"), EXIT_USAGE);
}

static void new_files_have_the_mode_asked_for(void **state)
{
	const char *path = in_folder("f");
	mode_t mask = umask(077);

	(void)state;
	assert_int_equal(out_file(path, 0644, "read by another user"), 0);
	umask(mask);
	assert_int_equal(mode_of(path) & 0777, 0644);
	unlink(path);
	assert_int_equal(out_file(path, 0600, "text"), 0);
	assert_int_equal(mode_of(path) & 0777, 0600);
	unlink(path);
}

static void replaced_files_keep_mode_and_owner(void **state)
{
	const char *path = in_folder("f");
	bool root = geteuid() == 0;
	struct stat found;

	(void)state;
	assert_int_equal(out_file(path, 0644, "old"), 0);
	if (root)
		assert_int_equal(chown(path, 1, 2), 0);
	assert_int_equal(chmod(path, 0640), 0);
	assert_int_equal(out_file(path, 0644, "new"), 0);
	assert_int_equal(mode_of(path) & 07777, 0640);
	assert_int_equal(stat(path, &found), 0);
	assert_int_equal(found.st_uid, root ? 1 : geteuid());
	assert_int_equal(found.st_gid, root ? 2 : getegid());
	unlink(path);
}

static void links_stay_links(void **state)
{
	const char *path = in_folder("f"), *link = in_folder("link");

	(void)state;
	assert_int_equal(symlink("f", link), 0);
	assert_int_equal(out_file(link, 0644, "first"), 0);
	assert_content(path, "first");
	assert_int_equal(out_file(link, 0644, "second"), 0);
	assert_content(path, "second");
	assert_true(S_ISLNK(mode_of(link)));
	assert_true(S_ISREG(mode_of(path)));
	unlink(link);
	unlink(path);
}

static void pipes_are_written_into(void **state)
{
	const char *path = in_folder("pipe");
	char found[8] = "";
	int fd;

	(void)state;
	assert_int_equal(mkfifo(path, 0600), 0);
	fd = open(path, O_RDWR | O_NONBLOCK);
	assert_int_equal(out_file(path, 0644, "text"), 0);
	assert_int_equal(read(fd, found, sizeof(found)), 4);
	assert_string_equal(found, "text");
	assert_true(S_ISFIFO(mode_of(path)));
	close(fd);
	unlink(path);
}

/* Through links, so that /dev stays what it is should this fail */
static void devices_are_written_into(void **state)
{
	const char *null = in_folder("null"), *full = in_folder("full");

	(void)state;
	assert_int_equal(symlink("/dev/null", null), 0);
	assert_int_equal(symlink("/dev/full", full), 0);
	assert_int_equal(out_file(null, 0644, "text"), 0);
	assert_int_equal(out_file(full, 0644, "text"), EXIT_USAGE);
	assert_true(S_ISLNK(mode_of(null)));
	assert_true(S_ISCHR(mode_of("/dev/null")));
	unlink(null);
	unlink(full);
}

static void names_of_stdout(void **state)
{
	const char *path = in_folder("f");
	int fd, saved = dup(STDOUT_FILENO);
	bool same, null;

	(void)state;
	assert_true(out_is_stdout("-"));
	assert_false(out_is_stdout("/nowhere/f"));
	fflush(stdout);
	fd = open(path, O_RDWR | O_CREAT, 0600);
	dup2(fd, STDOUT_FILENO);
	same = out_is_stdout("/dev/stdout") && out_is_stdout(path);
	close(fd);
	fd = open("/dev/null", O_WRONLY);
	dup2(fd, STDOUT_FILENO);
	null = out_is_stdout("/dev/null");
	close(fd);
	dup2(saved, STDOUT_FILENO);
	close(saved);
	assert_true(same);
	assert_false(null);
	unlink(path);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(flow_json),
		cmocka_unit_test(undecided_flow_json),
		cmocka_unit_test(endpoint_json),
		cmocka_unit_test(supernode_json),
		cmocka_unit_test(session_json),
		cmocka_unit_test(reasons_of_the_core),
		cmocka_unit_test(flow_table),
		cmocka_unit_test(empty_table),
		cmocka_unit_test(colour),
		cmocka_unit_test(ends),
		cmocka_unit_test(line),
		cmocka_unit_test(names_for_terminals),
		cmocka_unit_test(policy_json),
		cmocka_unit_test_setup_teardown(files_are_replaced_as_a_whole,
						make_folder, remove_folder),
		cmocka_unit_test_setup_teardown(new_files_have_the_mode_asked_for,
						make_folder, remove_folder),
		cmocka_unit_test_setup_teardown(replaced_files_keep_mode_and_owner,
						make_folder, remove_folder),
		cmocka_unit_test_setup_teardown(links_stay_links,
						make_folder, remove_folder),
		cmocka_unit_test_setup_teardown(pipes_are_written_into,
						make_folder, remove_folder),
		cmocka_unit_test_setup_teardown(devices_are_written_into,
						make_folder, remove_folder),
		cmocka_unit_test_setup_teardown(names_of_stdout,
						make_folder, remove_folder),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
