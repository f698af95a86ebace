/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * bench_floor: the least that any program has to do to find out which tiles of planes changed. A shader
 * in which the size, the planes' places and how they are blended are constants fetches what is seen, compares
 * it with a copy, and sets one bit for each tile that differs. It knows one format and converts nothing.
 */
#ifndef ZEROVNC_BENCH_FLOOR_H
#define ZEROVNC_BENCH_FLOOR_H

#include "capture/base/rect.h"
#include "encode/converter.h"
#include "encode/gl/gl.h"

enum { FLOOR_PLANES = 3 };

/* Whether the converter's context can run such programs. */
bool floor_can(const struct converter *gpu);

/* In the converter's context, with its number of threads. An opaque plane that fills a picture of this size,
 * an opaque one over it, and a translucent one over both, or only the first one. Does not return on failure.
 */
struct floor *floor_create(struct converter *gpu, uint32_t width, uint32_t height,
	const struct rect places[FLOOR_PLANES], int planes);
/* Another one with the same size and programs, which must be destroyed before `other`. */
struct floor *floor_create_beside(const struct floor *other);
/* Takes NULL. */
void floor_destroy(struct floor *floor);

/* Keeps what these textures of the planes show. No other program may use the context from then until the last
 * comparison. */
void floor_keep(struct floor *floor, const struct gl_texture textures[FLOOR_PLANES]);

/* Compares what they show with what was kept. Returns how many tiles differ or differed
 * before. */
uint32_t floor_compare(struct floor *floor, const struct gl_texture textures[FLOOR_PLANES]);
/* The same for two that have the same programs: two dispatches, and one fence for both. Returns the sum. */
uint32_t floor_compare_pair(struct floor *floors[2], const struct gl_texture textures[2][FLOOR_PLANES]);

#endif
