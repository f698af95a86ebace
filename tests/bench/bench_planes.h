/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * bench_planes: what a frame of several planes costs on the GPU path beside one of the lowest plane alone, in
 * the same run. Textures stand for imports.
 */
#ifndef ZEROVNC_BENCH_PLANES_H
#define ZEROVNC_BENCH_PLANES_H

#include <stdint.h>

#include "encode/converter.h"

/*
 * Measures frames of this size: of the lowest plane alone, and of `planes` (2 or 3) of them. Over the lowest
 * one, which covers the mode, lie an opaque and a translucent one, each a third as large. Prints medians, and
 * how many times the lowest plane's they are.
 */
void bench_planes(struct converter *gpu, uint32_t width, uint32_t height, int planes, int rounds);

#endif
