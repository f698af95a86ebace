/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "encode/durations.h"
#include "capture/base/array.h"

#include <stdbool.h>

#include "tests/test.h"

static bool is_near(double value, double expected) {
	return value > expected - 1e-9 && value < expected + 1e-9;
}

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

	/* Of a few, in any order; and the microseconds of a GPU that found nothing are told apart. */
	static const struct {
		uint64_t ns[4];
		int count;
		double median, p95;
	} rows[] = {
		{{7000}, 1, 0.007, 0.007},
		{{30000, 10000}, 2, 0.01, 0.03},
		{{30000, 10000, 20000}, 3, 0.02, 0.03},
		{{21700, 21200, 21900, 21100}, 4, 0.0212, 0.0219},
	};
	for (size_t row = 0; row < ARRAY_LEN(rows); row++) {
		static struct durations few;
		few = (struct durations){.count = 0};
		for (int i = 0; i < rows[row].count; i++)
			durations_add(&few, rows[row].ns[i]);
		CHECK(is_near(durations_percentile(&few, 50), rows[row].median));
		CHECK(is_near(durations_percentile(&few, 95), rows[row].p95));
	}
	return 0;
}
