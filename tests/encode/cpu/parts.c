/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Several heads in one picture, by every kernel that this machine runs. */
#include "tests/encode/parts.h"

#include "encode/cpu/cpu.h"
#include "tests/test.h"

enum { SEEDS = 24 };

int main(void) {
	const struct kernel *kernel;
	for (size_t which = 0; (kernel = kernel_at(which)); which++) {
		struct converter *converters[PARTS_HEADS];
		for (int i = 0; i < PARTS_HEADS; i++)
			CHECK(converters[i] = cpu_converter_create_with(
				      kernel, i ? CPU_BOUNCE_NEVER : CPU_BOUNCE_ALWAYS));
		for (uint64_t seed = 0; seed < SEEDS; seed++)
			parts_check(converters, 100 * which + seed, seed % 3 ? 5 : 1);
		parts_check_moved(converters[0]);
		parts_check_refused(converters[0]);
		for (int i = 0; i < PARTS_HEADS; i++)
			converter_destroy(converters[i]);
		printf("%s: %d desks\n", kernel->name, SEEDS);
	}
	return 0;
}
