// SPDX-License-Identifier: GPL-2.0
/*
 * replay DEVICE FILE: send the Ethernet frames of a pcap file, in their order and
 * at their times; where nothing is to be sent, time passes at once (later.c).
 *
 * Where the machine cannot carry a packet in time, the time that was lost is taken
 * back, so that how fast it is changes no rate.  Prints how much was lost at once.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <net/if.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define LATER "/sys/module/later/parameters/milliseconds"
#define TICK 4 /* milliseconds of a jiffy, at 250 of them a second */
#define LATE 20 /* milliseconds that change no rate */
#define BACK_MAX 1000 /* what later.c takes back at once */
#define FRAME_MAX 262144

struct record {
	uint32_t seconds, micro, kept, whole;
};

static void die(const char *what)
{
	fprintf(stderr, "replay: %s: %s\n", what, strerror(errno));
	exit(1);
}

static int64_t clock_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static int open_device(const char *name)
{
	struct sockaddr_ll to = { .sll_family = AF_PACKET };
	int sock = socket(AF_PACKET, SOCK_RAW, 0);

	to.sll_ifindex = (int)if_nametoindex(name);
	if (sock < 0 || !to.sll_ifindex || bind(sock, (struct sockaddr *)&to, sizeof(to)))
		die(name);
	return sock;
}

/* Let time pass, or take it back, by whole jiffies; return how much it was. */
static int64_t pass(int later, int64_t ms)
{
	char text[24];
	int length;

	ms -= ms % TICK;
	if (ms < -BACK_MAX)
		ms = -BACK_MAX;
	length = snprintf(text, sizeof(text), "%lld", (long long)ms);
	if (pwrite(later, text, (size_t)length, 0) != length)
		die(LATER);
	return ms;
}

/* Make it @at, milliseconds from @start; @passed is what has been added to the clock. */
static int64_t wait_until(int later, int64_t at, int64_t start, int64_t *passed)
{
	int64_t late = clock_ms() + *passed - start - at, worst = late;
	int attempt;

	for (attempt = 0; attempt < 100 && (late <= -TICK || late > LATE); attempt++) {
		*passed += pass(later, -late);
		late = clock_ms() + *passed - start - at;
	}
	return worst;
}

int main(int argc, char **argv)
{
	static uint8_t header[24], frame[FRAME_MAX];
	int64_t first = -1, start, passed = 0, at, late, worst = 0;
	struct record record;
	int sock, later;
	FILE *file;

	if (argc != 3) {
		fprintf(stderr, "Usage: replay DEVICE FILE\n");
		return 1;
	}
	sock = open_device(argv[1]);
	later = open(LATER, O_WRONLY);
	if (later < 0)
		die(LATER);
	file = fopen(argv[2], "rb");
	if (!file || fread(header, sizeof(header), 1, file) != 1)
		die(argv[2]);
	start = clock_ms();
	while (fread(&record, sizeof(record), 1, file) == 1) {
		if (record.kept > FRAME_MAX || fread(frame, record.kept, 1, file) != 1)
			die(argv[2]);
		at = (int64_t)record.seconds * 1000 + record.micro / 1000;
		if (first < 0)
			first = at;
		late = wait_until(later, at - first, start, &passed);
		if (late > worst)
			worst = late;
		if (send(sock, frame, record.kept, 0) != (ssize_t)record.kept)
			die("send");
	}
	printf("%lld ms lost\n", (long long)worst);
	return 0;
}
