/* SPDX-License-Identifier: GPL-2.0-or-later */
/* durations: the last few hundred measurements of one thing, and their percentiles. Without locks. */
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
/* The shortest duration that `percent` of them do not exceed, in milliseconds: 0 for the shortest, 50 for the
 * median, 100 for the longest. Returns 0 if there are none. */
double durations_percentile(const struct durations *durations, unsigned percent);

#endif
