// SPDX-License-Identifier: GPL-2.0
#include <linux/kernel.h>
#include <linux/string.h>

#include "stats.h"

static const char *const names[] = {
#define X(id, name) name,
	NF_SKYPE_COUNTERS(X)
#undef X
};

/**
 * nf_skype_stats_name() - the name of a counter
 * @counter: its number, enum nf_skype_counter or one counted from there
 * @name: where the name goes
 * @size: bytes there; NF_SKYPE_COUNTER_NAME_MAX always suffice
 *
 * Return: false when no counter has that number, or when it counts a verdict
 * that no flow can have.
 */
bool nf_skype_stats_name(unsigned int counter, char *name, size_t size)
{
	unsigned int i, class, grade;

	if (counter < NF_SKYPE_COUNT_REASON) {
		strscpy(name, names[counter], size);
	} else if (counter < NF_SKYPE_COUNT_NOTE) {
		i = counter - NF_SKYPE_COUNT_REASON;
		snprintf(name, size, "reason/%s", skype_reason_name(i));
	} else if (counter < NF_SKYPE_COUNT_GIVEN_UP) {
		i = counter - NF_SKYPE_COUNT_NOTE;
		snprintf(name, size, "note/%s", skype_note_name(i));
	} else if (counter < NF_SKYPE_COUNT_VERDICT) {
		i = counter - NF_SKYPE_COUNT_GIVEN_UP;
		snprintf(name, size, "given-up/%s", skype_note_name(i));
	} else if (counter < NF_SKYPE_COUNT_MAX) {
		i = counter - NF_SKYPE_COUNT_VERDICT;
		class = i / SKYPE_GRADE_COUNT;
		grade = i % SKYPE_GRADE_COUNT;
		if (class == SKYPE_CLASS_NONE || grade == SKYPE_GRADE_NONE)
			return false;
		snprintf(name, size, "verdict/%s-%s", skype_class_name(class),
			 skype_grade_name(grade));
	} else {
		return false;
	}
	return true;
}

/**
 * nf_skype_stats_sum() - a counter over all CPUs
 * @stats: the counters
 * @counter: which one
 */
u64 nf_skype_stats_sum(const struct nf_skype_stats __percpu *stats,
		       unsigned int counter)
{
	u64 sum = 0;
	int cpu;

	for_each_possible_cpu(cpu)
		sum += READ_ONCE(per_cpu_ptr(stats, cpu)->count[counter]);
	return sum;
}

/**
 * nf_skype_stats_reset() - set all counters to zero
 * @stats: the counters
 *
 * A packet that is counted on another CPU at this moment may survive it.
 */
void nf_skype_stats_reset(struct nf_skype_stats __percpu *stats)
{
	int cpu;

	for_each_possible_cpu(cpu)
		memset(per_cpu_ptr(stats, cpu), 0, sizeof(*stats));
}
