// SPDX-License-Identifier: GPL-2.0
/* Capture files: formats, times, damage, and what the user is told. */
#include <fcntl.h>

#include "frames.h"

#define MICRO 0xa1b2c3d4
#define NANO 0xa1b23c4d
#define ETHERNET 1

enum { SECONDS = 0, MICROSECONDS = 6 };

static struct bytes datagram(u32 payload)
{
	struct bytes udp = udp_of(payload), ip;

	ip = ipv4_of(&udp, IPPROTO_UDP, 0, 0);
	return ethernet_of(&ip, 0x0800);
}

static struct capture *open_good(const struct capture_file *f)
{
	char error[1024] = "";
	struct capture *capture = capture_open(f->path, error, sizeof(error));

	if (!capture)
		fail_msg("%s", error);
	return capture;
}

static void assert_times(u32 magic, bool big_endian, u32 fraction)
{
	struct capture_file f = file_pcap(magic, ETHERNET, big_endian);
	struct bytes frame = datagram(18);
	struct capture_packet p;
	struct capture *capture;

	file_frame(&f, 1156506000, fraction, &frame);
	file_end(&f);
	capture = open_good(&f);
	assert_int_equal(capture_next(capture, &p), 1);
	assert_true(p.time == 1156506000123456ULL);
	assert_int_equal(p.view.size, 18);
	assert_int_equal(capture_next(capture, &p), 0);
	assert_int_equal(capture_frames(capture), 1);
	assert_int_equal(capture_bytes(capture), frame.len);
	capture_close(capture);
	unlink(f.path);
}

static void test_formats(void **state)
{
	(void)state;
	assert_times(MICRO, false, 123456);
	assert_times(MICRO, true, 123456);
	assert_times(NANO, false, 123456789);
	assert_times(NANO, true, 123456789);
}

/* The classic fields are unsigned, whatever the reader makes of them. */
static void test_late_times(void **state)
{
	(void)state;
	for (int big_endian = 0; big_endian < 2; big_endian++) {
		struct capture_file f = file_pcap(MICRO, ETHERNET, big_endian);
		struct bytes frame = datagram(18);
		struct capture_packet p;
		struct capture *capture;

		file_frame(&f, 0x80000000, 1, &frame);
		file_frame(&f, 0xffffffff, 0xffffffff, &frame);
		file_end(&f);
		capture = open_good(&f);
		assert_int_equal(capture_next(capture, &p), 1);
		assert_true(p.time == 2147483648000001ULL);
		assert_int_equal(capture_next(capture, &p), 1);
		assert_true(p.time == 4294967295000000ULL + 4294967295ULL);
		capture_close(capture);
		unlink(f.path);
	}
}

static void ng_block(struct capture_file *f, u32 type, const struct bytes *body)
{
	u32 length = (12 + body->len + 3) & ~3u;

	file_number(f, type, 4);
	file_number(f, length, 4);
	fwrite(body->data, 1, body->len, f->file);
	for (u32 i = 12 + body->len; i < length; i++)
		fputc(0, f->file);
	file_number(f, length, 4);
}

/* A datagram at a time in 10^-@unit seconds */
static struct capture_file file_pcapng(u64 time, u32 unit)
{
	struct capture_file f = file_begin();
	struct bytes body = { .len = 0 }, frame = datagram(18);

	f.big_endian = true;
	put32(&body, 0x1a2b3c4d);
	put32(&body, 0x00010000);
	put_many(&body, 0xff, 8);
	ng_block(&f, 0x0a0d0d0a, &body);
	body.len = 0;
	put32(&body, ETHERNET << 16);
	put32(&body, 65535);
	put32(&body, 9 << 16 | 1); /* if_tsresol */
	put32(&body, unit << 24);
	put32(&body, 0);
	ng_block(&f, 1, &body); /* an interface */
	body.len = 0;
	put32(&body, 0);
	put32(&body, (u32)(time >> 32));
	put32(&body, (u32)time);
	put32(&body, frame.len);
	put32(&body, frame.len);
	put_bytes(&body, &frame);
	ng_block(&f, 6, &body);
	file_end(&f);
	return f;
}

static void assert_time(const struct capture_file *f, u64 time)
{
	struct capture_packet p;
	struct capture *capture = open_good(f);

	assert_int_equal(capture_next(capture, &p), 1);
	assert_true(p.time == time);
	assert_int_equal(p.view.size, 18);
	assert_int_equal(capture_next(capture, &p), 0);
	capture_close(capture);
	unlink(f->path);
}

static void test_pcapng(void **state)
{
	struct capture_file f = file_pcapng(1156506000123456ULL, MICROSECONDS);

	(void)state;
	assert_time(&f, 1156506000123456ULL);
}

/* A time is as late as 64 bits of nanoseconds can say, and no later. */
static void test_latest_time(void **state)
{
	struct capture_file f = file_pcapng(18446744073ULL, SECONDS);

	(void)state;
	assert_time(&f, 18446744073000000ULL);
	f = file_pcapng(18446744074ULL, SECONDS);
	assert_time(&f, UINT64_MAX / 1000);
	f = file_pcapng(UINT64_MAX >> 1, SECONDS);
	assert_time(&f, UINT64_MAX / 1000);
}

static void test_skipped(void **state)
{
	struct capture_file f = file_pcap(MICRO, ETHERNET, false);
	struct bytes udp = udp_of(18), frame, ip;
	struct capture_packet p;
	struct capture *capture;

	(void)state;
	ip = ipv4_of(&udp, IPPROTO_UDP, 0x0004, 0);
	frame = ethernet_of(&ip, 0x0800);
	file_frame(&f, 1, 0, &frame);
	frame = ethernet_of(&ip, 0x0806);
	file_frame(&f, 2, 0, &frame);
	ip = ipv4_of(&udp, 1, 0, 0);
	frame = ethernet_of(&ip, 0x0800);
	file_frame(&f, 3, 0, &frame);
	frame = datagram(11);
	file_frame(&f, 4, 0, &frame);
	file_end(&f);
	capture = open_good(&f);
	assert_int_equal(capture_next(capture, &p), 1);
	assert_int_equal(p.view.size, 11);
	assert_int_equal(capture_next(capture, &p), 0);
	assert_int_equal(capture_frames(capture), 4);
	assert_int_equal(capture_skipped(capture, CAPTURE_SKIP_FRAGMENT), 1);
	assert_int_equal(capture_skipped(capture, CAPTURE_SKIP_NOT_IP), 1);
	assert_int_equal(capture_skipped(capture, CAPTURE_SKIP_NOT_TCP_UDP), 1);
	assert_int_equal(capture_skipped(capture, CAPTURE_SKIP_MALFORMED), 0);
	capture_close(capture);
	unlink(f.path);
}

/* A file that ends in a packet: what stands before it is read. */
static void test_damaged(void **state)
{
	struct capture_file f = file_pcap(MICRO, ETHERNET, false);
	struct bytes frame = datagram(18);
	struct capture_packet p;
	struct capture *capture;

	(void)state;
	file_frame(&f, 1, 0, &frame);
	file_frame(&f, 2, 0, &frame);
	file_end(&f);
	assert_int_equal(truncate(f.path, 24 + 2 * (16 + frame.len) - 5), 0);
	capture = open_good(&f);
	assert_int_equal(capture_next(capture, &p), 1);
	assert_int_equal(capture_next(capture, &p), -1);
	assert_true(strlen(capture_error(capture)) > 0);
	assert_int_equal(capture_frames(capture), 1);
	capture_close(capture);
	unlink(f.path);
}

static void assert_refused(const char *path, const char *word)
{
	char error[1024] = "";

	assert_null(capture_open(path, error, sizeof(error)));
	assert_ptr_equal(strstr(error, path), error);
	if (!strstr(error, word))
		fail_msg("\"%s\" does not say \"%s\"", error, word);
}

static void test_refused(void **state)
{
	struct capture_file f;

	(void)state;
	assert_refused("/nowhere/at.pcap", "No such file");
	f = file_begin();
	file_end(&f);
	assert_refused(f.path, "capture");
	unlink(f.path);
	f = file_begin();
	fputs("From: someone\nSubject: not a capture\n", f.file);
	file_end(&f);
	assert_refused(f.path, "pcap or pcapng");
	unlink(f.path);
	f = file_pcap(MICRO, 105, false);
	file_end(&f);
	assert_refused(f.path, "IEEE802_11");
	unlink(f.path);
}

/* Their first bytes stand in the formats' specifications. */
static void test_compressed(void **state)
{
	static const struct {
		const char *bytes;
		const char *cure;
	} formats[] = {
		{ "\x1f\x8b\x08 text", "(compressed: zcat FILE | skypectl classify -)" },
		{ "\xfd" "7zXZ", "(compressed: xzcat FILE | skypectl classify -)" },
		{ "\x28\xb5\x2f\xfd text", "(compressed: zstdcat FILE | skypectl classify -)" },
		{ "BZh91AY", "(compressed: bzcat FILE | skypectl classify -)" },
		{ "BZ is no more", "(pcap or pcapng is needed)" },
		{ "\x1f", "(pcap or pcapng is needed)" },
	};
	struct capture_file f;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(formats); i++) {
		f = file_begin();
		fputs(formats[i].bytes, f.file);
		file_end(&f);
		assert_refused(f.path, formats[i].cure);
		unlink(f.path);
	}
}

static void test_stdin(void **state)
{
	struct capture_file f = file_pcap(MICRO, ETHERNET, false);
	struct bytes frame = datagram(18);
	char error[1024] = "";
	struct capture_packet p;
	struct capture *capture;
	int fd;

	(void)state;
	file_frame(&f, 1, 0, &frame);
	file_end(&f);
	fd = open(f.path, O_RDONLY);
	assert_int_equal(dup2(fd, STDIN_FILENO), STDIN_FILENO);
	capture = capture_open("-", error, sizeof(error));
	assert_non_null(capture);
	assert_int_equal(capture_next(capture, &p), 1);
	assert_int_equal(capture_next(capture, &p), 0);
	capture_close(capture);
	close(fd);
	unlink(f.path);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_formats),
		cmocka_unit_test(test_late_times),
		cmocka_unit_test(test_pcapng),
		cmocka_unit_test(test_latest_time),
		cmocka_unit_test(test_skipped),
		cmocka_unit_test(test_damaged),
		cmocka_unit_test(test_refused),
		cmocka_unit_test(test_compressed),
		cmocka_unit_test(test_stdin),
	};

	return cmocka_run_group_tests_name("pcap_file", tests, NULL, NULL);
}
