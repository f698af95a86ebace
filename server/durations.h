/* SPDX-License-Identifier: GPL-2.0-or-later */
/* durations: the last few hundred measurements of one thing, and their percentiles. No locks. */
#ifndef ZEROVNC_DURATIONS_H
#define ZEROVNC_DURATIONS_H

#include <stddef.h>
#include <stdint.h>

enum { DURATIONS_KEPT = 512 };

/* A zeroed one is empty. */
struct durations {
	uint32_t microseconds[DURATIONS_KEPT];
	size_t count, next;
};

void durations_add(struct durations *durations, uint64_t ns);
/* The value below which `percent` of them lie, in milliseconds; 0 while there are none. */
double durations_percentile(const struct durations *durations, unsigned percent);

#endif
