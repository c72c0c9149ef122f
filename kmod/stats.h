/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Counters: per CPU, one for each way out of the packet path, each reason, each
 * note, each verdict.  Those of policy rules are in policy.h.
 */
#ifndef NF_SKYPE_STATS_H
#define NF_SKYPE_STATS_H

#include <linux/percpu.h>

#include "core/verdict.h"

/*
 * X(identifier, name); the name is group/name, as skypectl shows it.  Of the flows
 * that have made room for others, one-sided are those of which one direction was
 * seen, expired or not; evicted are those of both that had not expired.
 */
#define NF_SKYPE_COUNTERS(X)                                                   \
	X(PACKET_SEEN, "packet/seen")                                          \
	X(PACKET_INSPECTED, "packet/inspected")                                \
	X(PACKET_DROPPED, "packet/dropped-by-policy")                          \
	X(PACKET_MARKED, "packet/marked-by-policy")                            \
	X(SKIP_NO_CONNTRACK, "skipped/no-conntrack")                           \
	X(SKIP_TEMPLATE, "skipped/template")                                   \
	X(SKIP_LOOPBACK, "skipped/loopback")                                   \
	X(SKIP_SECOND_PASS, "skipped/second-pass")                             \
	X(SKIP_PROTOCOL, "skipped/protocol")                                   \
	X(SKIP_FRAGMENT, "skipped/fragment")                                   \
	X(SKIP_MALFORMED, "skipped/malformed")                                 \
	X(FLOW_STARTED, "flow/started")                                        \
	X(FLOW_UNWANTED, "flow/no-candidate")                                  \
	X(FLOW_SETTLED, "flow/settled-not-skype")                              \
	X(FLOW_ADOPTED, "flow/adopted")                                        \
	X(FLOW_TAKEN_OVER, "flow/taken-over")                                  \
	X(FLOW_ONE_SIDED, "flow/one-sided")                                    \
	X(FLOW_EVICTED, "flow/evicted")                                        \
	X(FLOW_NO_ROOM, "flow/no-room")                                        \
	X(HOST_EVICTED_ENDPOINT, "host/endpoint-evicted")                      \
	X(HOST_EVICTED_SUPERNODE, "host/supernode-evicted")                    \
	X(HOST_EVICTED_CLIENT, "host/client-evicted")                          \
	X(HOST_NO_ROOM, "host/no-room")                                        \
	X(MARK_WRITTEN, "mark/written")                                        \
	X(MARK_REPAIRED, "mark/repaired")                                      \
	X(EVENT_SENT, "event/sent")                                            \
	X(EVENT_LOST, "event/lost")

enum nf_skype_counter {
#define X(id, name) NF_SKYPE_COUNT_##id,
	NF_SKYPE_COUNTERS(X)
#undef X
	/* reason/NAME: flows in which it was seen */
	NF_SKYPE_COUNT_REASON,
	/* note/NAME: packets that brought it */
	NF_SKYPE_COUNT_NOTE = NF_SKYPE_COUNT_REASON + SKYPE_REASON_COUNT,
	/* given-up/NAME: flows whose inspection ended with it, not Skype */
	NF_SKYPE_COUNT_GIVEN_UP = NF_SKYPE_COUNT_NOTE + SKYPE_NOTE_COUNT,
	/* verdict/CLASS-GRADE: flows that came to it */
	NF_SKYPE_COUNT_VERDICT = NF_SKYPE_COUNT_GIVEN_UP + SKYPE_NOTE_COUNT,
	NF_SKYPE_COUNT_MAX = NF_SKYPE_COUNT_VERDICT +
			     SKYPE_CLASS_COUNT * SKYPE_GRADE_COUNT
};

struct nf_skype_stats {
	u64 count[NF_SKYPE_COUNT_MAX];
};

static __always_inline void
nf_skype_count(struct nf_skype_stats __percpu *stats, unsigned int counter)
{
	this_cpu_inc(stats->count[counter]);
}

#define NF_SKYPE_COUNTER_NAME_MAX 48

bool nf_skype_stats_name(unsigned int counter, char *name, size_t size);
u64 nf_skype_stats_sum(const struct nf_skype_stats __percpu *stats,
		       unsigned int counter);
void nf_skype_stats_reset(struct nf_skype_stats __percpu *stats);

#endif /* NF_SKYPE_STATS_H */
