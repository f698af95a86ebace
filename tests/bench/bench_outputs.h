/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * bench_outputs: what two outputs side by side in one picture cost, each by a converter of its own, as the
 * server converts them. Beside it, in the same run, what they are to be measured by.
 */
#ifndef ZEROVNC_BENCH_OUTPUTS_H
#define ZEROVNC_BENCH_OUTPUTS_H

#include <stdint.h>

#include "encode/converter.h"

/* By which converters. */
struct bench_outputs_path {
	/* Makes one that is of no other use. Does not return on failure. */
	struct converter *(*create)(const void *data);
	/* Lets the converter read these pixels, 0x00RRGGBB without padding. Returns what convert() knows them
	 * by. NULL: it reads the frame's memory. */
	unsigned (*lend)(
		struct converter *converter, uint32_t width, uint32_t height, const uint32_t *pixels);
	void (*take_back)(struct converter *converter, unsigned lent);
	/* As converter_impl.begin; may be NULL. */
	void (*begin)(struct converter *converter, unsigned lent, const struct conversion *conversion);
	/* As converter_impl.convert. */
	int (*convert)(struct converter *converter, unsigned lent, const struct conversion *conversion);
	const void *data;
};

/* Measures outputs of this size. Prints medians. */
void bench_outputs(const struct bench_outputs_path *path, uint32_t width, uint32_t height, int rounds);

#endif
