/* SPDX-License-Identifier: GPL-2.0 */
/* Counters in Prometheus' text format.  Pure. */
#ifndef SKYPECTL_PROMETHEUS_H
#define SKYPECTL_PROMETHEUS_H

#include "nl_codec.h"

/**
 * prometheus_text() - everything that counts
 * @status: state of the module
 * @counter: counters, in any order
 * @count: number of them
 *
 * Return: the text, to be freed; NULL when there is no memory.
 */
char *prometheus_text(const struct record_status *status,
		      const struct record_counter *counter, size_t count);

#endif /* SKYPECTL_PROMETHEUS_H */
