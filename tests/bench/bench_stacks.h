/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * bench_stacks: what frames of three planes cost on the CPU path beside one of the lowest plane alone, and
 * beside the plainest program for the same in pixman, if there is pixman, in the same run.
 */
#ifndef ZEROVNC_BENCH_STACKS_H
#define ZEROVNC_BENCH_STACKS_H

#include <stdint.h>

#include "encode/cpu/kernel.h"

/*
 * Measures pictures of this size, of which nothing changes, a tenth of the tiles, or all. Over the lowest
 * plane, which covers the picture, lie two that cover a third of it each. The frames of all stacks take
 * turns. Prints medians of the thread's CPU time, which is what is measured where other work runs.
 */
void bench_stacks(const struct kernel *kernel, uint32_t width, uint32_t height, int rounds);

#endif
