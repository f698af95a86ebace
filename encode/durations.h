/* SPDX-License-Identifier: GPL-2.0-or-later */
/* durations: the last few hundred measurements of one thing, and their percentiles. No locks. */
#ifndef ZEROVNC_DURATIONS_H
#define ZEROVNC_DURATIONS_H

#include <stddef.h>
#include <stdint.h>

enum { DURATIONS_KEPT = 512 };

/* A zeroed one is empty. */
struct durations {
	uint64_t ns[DURATIONS_KEPT];
	size_t count, next;
};

void durations_add(struct durations *durations, uint64_t ns);
/* The smallest that `percent` of them do not exceed, in milliseconds: 0 the shortest, 50 the median, 100 the
 * longest. 0 while there are none. */
double durations_percentile(const struct durations *durations, unsigned percent);

#endif
