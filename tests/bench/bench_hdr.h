/* SPDX-License-Identifier: GPL-2.0-or-later */
/* bench_hdr: what a frame of 10 bits a channel costs on the GPU path as HDR, beside the same as SDR, in the
 * same run. Textures stand for imports. */
#ifndef ZEROVNC_BENCH_HDR_H
#define ZEROVNC_BENCH_HDR_H

#include <stdint.h>

#include "encode/converter.h"

/* Measures frames of noise of this size. Prints medians, and how many times those of SDR they are. Nothing is
 * measured where OpenGL ES has no such textures. */
void bench_hdr(struct converter *gpu, uint32_t width, uint32_t height, int rounds);

#endif
