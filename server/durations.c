/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "server/durations.h"

#include <stdlib.h>
#include <string.h>

void durations_add(struct durations *durations, uint64_t ns) {
	uint64_t us = ns / 1000;
	durations->microseconds[durations->next] = us < UINT32_MAX ? (uint32_t)us : UINT32_MAX;
	durations->next = (durations->next + 1) % DURATIONS_KEPT;
	if (durations->count < DURATIONS_KEPT)
		durations->count++;
}

static int ascending(const void *a, const void *b) {
	uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
	return (x > y) - (x < y);
}

double durations_percentile(const struct durations *durations, unsigned percent) {
	uint32_t sorted[DURATIONS_KEPT];
	if (durations->count == 0)
		return 0;
	memcpy(sorted, durations->microseconds, durations->count * sizeof sorted[0]);
	qsort(sorted, durations->count, sizeof sorted[0], ascending);
	return sorted[(durations->count - 1) * percent / 100] / 1000.0;
}
