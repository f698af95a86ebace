/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "encode/durations.h"

#include <stdlib.h>
#include <string.h>

void durations_add(struct durations *durations, uint64_t ns) {
	durations->ns[durations->next] = ns;
	durations->next = (durations->next + 1) % DURATIONS_KEPT;
	if (durations->count < DURATIONS_KEPT)
		durations->count++;
}

static int ascending(const void *a, const void *b) {
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
	return (x > y) - (x < y);
}

double durations_percentile(const struct durations *durations, unsigned percent) {
	uint64_t sorted[DURATIONS_KEPT];
	if (durations->count == 0)
		return 0;
	memcpy(sorted, durations->ns, durations->count * sizeof sorted[0]);
	qsort(sorted, durations->count, sizeof sorted[0], ascending);
	size_t rank = (durations->count * percent + 99) / 100;
	return (double)sorted[rank ? rank - 1 : 0] * 1e-6;
}
