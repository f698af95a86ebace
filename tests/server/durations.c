/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "server/durations.h"

#include "tests/test.h"

int main(void) {
	static struct durations durations;
	CHECK(durations_percentile(&durations, 50) == 0);
	for (uint64_t i = 100; i > 0; i--)
		durations_add(&durations, i * 1000000);
	CHECK(durations_percentile(&durations, 50) == 50);
	CHECK(durations_percentile(&durations, 95) == 95);
	CHECK(durations_percentile(&durations, 100) == 100);
	for (int i = 0; i < DURATIONS_KEPT; i++) /* pushes the old ones out */
		durations_add(&durations, 2000000);
	CHECK(durations_percentile(&durations, 0) == 2 && durations_percentile(&durations, 100) == 2);
	durations_add(&durations, UINT64_MAX);
	CHECK(durations_percentile(&durations, 100) > 4e6);
	return 0;
}
