// SPDX-License-Identifier: GPL-2.0
/*
 * Any bytes as a capture, all the way: reader, tracker, core, ladders, page.
 *
 * The table is small, so that flows are handed out on the way; every flow must
 * come out once, and what is said of it must fit.
 */
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "html_draw.h"
#include "pcap.h"
#include "track.h"

#define FLOWS 16
#define CHUNKS 40

struct run {
	struct explain *explain;
	FILE *nowhere;
	u64 flows;
};

static void take_flow(void *context, const struct track_flow *flow)
{
	struct record_flow record = {
		.client.addr = flow->addr[0],
		.server.addr = flow->addr[1],
	};
	struct run *run = context;
	struct ladder ladder = { flow, run->explain };

	if (flow->flow.packets > flow->payloads ||
	    flow->flow.decided_at > flow->flow.packets)
		abort();
	run->flows++;
	ladder_print(&ladder, run->nowhere);
	html_ladder(run->nowhere, &record, &ladder);
	json_decref(ladder_json(&ladder));
}

static void take_session(void *context, const struct skype_client *client)
{
	(void)context;
	if (client->end && client->end < client->start)
		abort();
}

static void classify(struct capture *capture)
{
	static struct run run;
	const struct track_sink sink = { take_flow, take_session, &run };
	struct capture_packet packet;
	struct track *track;

	if (!run.nowhere)
		run.nowhere = fopen("/dev/null", "w");
	run.flows = 0;
	run.explain = explain_new(CHUNKS);
	track = track_new(&sink, FLOWS, run.explain);
	if (!track || !run.explain || !run.nowhere)
		abort();
	while (capture_next(capture, &packet) > 0)
		track_packet(track, &packet);
	track_finish(track);
	if (run.flows != track_flows(track))
		abort();
	track_free(track);
	explain_free(run.explain);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	int fd = memfd_create("capture", 0);
	struct capture *capture;
	char path[64], error[1024];

	if (fd < 0 || write(fd, data, size) != (ssize_t)size)
		abort();
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	capture = capture_open(path, error, sizeof(error));
	if (capture)
		classify(capture);
	capture_close(capture);
	close(fd);
	return 0;
}
