/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * rows: the loops over a row, for the vector type of the including file. Before it includes this, it defines:
 *
 *   vector, VECTOR_PIXELS    its type, and how many XRGB8888 pixels it holds (a divisor of DAMAGE_TILE)
 *   vector_load_picture(p), vector_store(p, v), vector_xor(a, b), vector_or(a, b), vector_zero()
 *   vector_mask(v)           clears the X bytes
 *   vector_colours(v)        whether any byte but the X bytes is set
 *   vector_same(a, b)        a bit for each pixel, from the first one on, that is the same in both
 *   load_SHAPE(source)       VECTOR_PIXELS pixels of each kernel shape; the X bytes may be anything
 *
 * It ends with ROWS_KERNEL(symbol, "name").
 */
#include <stdbool.h>
#include <stddef.h>

#include "encode/cpu/blend_rows.h"
#include "encode/cpu/kernel.h"
#include "encode/cpu/pixel.h"
#include "encode/cpu/yuv_rows.h"
#include "encode/damage.h"

typedef vector load_function(const uint8_t *source);
typedef uint32_t pixel_function(const uint8_t *source);

static ALWAYS_INLINE bool tile_differs(
	const uint8_t *source, const uint32_t *reference, size_t bytes, load_function load) {
	/* There are two sums, so that the loads need not wait for one chain. */
	vector even = vector_zero(), odd = vector_zero();
#pragma GCC unroll 16
	for (size_t i = 0; i < DAMAGE_TILE; i += 2 * VECTOR_PIXELS) {
		const uint8_t *from = source + i * bytes;
		vector a = vector_xor(load(from), vector_load_picture(reference + i));
		vector b = vector_xor(load(from + VECTOR_PIXELS * bytes),
			vector_load_picture(reference + i + VECTOR_PIXELS));
		even = vector_or(even, a);
		odd = vector_or(odd, b);
	}
	return vector_colours(vector_or(even, odd));
}

static ALWAYS_INLINE void tile_store(const uint8_t *source, uint32_t *row, size_t bytes, load_function load) {
#pragma GCC unroll 16
	for (size_t i = 0; i < DAMAGE_TILE; i += VECTOR_PIXELS)
		vector_store(row + i, vector_mask(load(source + i * bytes)));
}

/* Stores a segment. Returns a bit for each pixel that differs. */
static ALWAYS_INLINE uint64_t tile_store_noting(
	const struct kernel_row *row, size_t bytes, load_function load) {
	uint64_t same = 0;
#pragma GCC unroll 16
	for (size_t i = 0; i < DAMAGE_TILE; i += VECTOR_PIXELS) {
		vector was = vector_load_picture(row->reference + i);
		vector is = vector_mask(load(row->source + i * bytes));
		vector_store(row->picture + i, is);
		same |= (uint64_t)vector_same(is, was) << i;
	}
	return ~same;
}

/* Stores a segment. Returns whether it differs. */
static ALWAYS_INLINE bool tile_store_comparing(
	const struct kernel_row *row, size_t bytes, load_function load) {
	vector sum = vector_zero();
#pragma GCC unroll 16
	for (size_t i = 0; i < DAMAGE_TILE; i += VECTOR_PIXELS) {
		vector was = vector_load_picture(row->reference + i);
		vector is = vector_mask(load(row->source + i * bytes));
		vector_store(row->picture + i, is);
		sum = vector_or(sum, vector_xor(is, was));
	}
	return vector_colours(sum);
}

/* Where all pixels change, as in videos, this is all that there is to compare. */
static ALWAYS_INLINE bool begins_different(const struct kernel_row *row, load_function load) {
	return vector_colours(vector_xor(load(row->source), vector_load_picture(row->reference)));
}

static ALWAYS_INLINE void tile_update(
	const struct kernel_row *row, struct kernel_tile *tile, size_t bytes, load_function load) {
	if (!tile->first && !tile_differs(row->source, row->reference, bytes, load))
		return;
	if (!kernel_tile_is_settled(tile)) {
		kernel_tile_note(tile, tile_store_noting(row, bytes, load), row->number);
	} else if (!row->compares || begins_different(row, load)) {
		tile_store(row->source, row->picture, bytes, load);
		tile->last = row->compares ? row->number : tile->last;
	} else if (tile_store_comparing(row, bytes, load)) {
		tile->last = row->number;
	}
}

static ALWAYS_INLINE bool narrow_tile_differs(const uint8_t *source, const uint32_t *reference,
	uint32_t width, size_t bytes, pixel_function pixel) {
	uint32_t difference = 0;
	for (uint32_t i = 0; i < width && !difference; i++)
		difference = pixel(source + i * bytes) ^ reference[i];
	return difference != 0;
}

static ALWAYS_INLINE void narrow_tile_update(const struct kernel_row *row, uint32_t width,
	struct kernel_tile *tile, size_t bytes, pixel_function pixel) {
	uint64_t different = 0;
	if (!tile->first && !narrow_tile_differs(row->source, row->reference, width, bytes, pixel))
		return;
	for (uint32_t i = 0; i < width; i++) {
		uint32_t was = row->reference[i], is = pixel(row->source + i * bytes);
		row->picture[i] = is;
		different |= (uint64_t)(is != was) << i;
	}
	kernel_tile_note(tile, different, row->number);
}

static ALWAYS_INLINE void row_update(struct kernel_row row, uint32_t width, struct kernel_tile *tiles,
	size_t bytes, load_function load, pixel_function pixel) {
	for (; width >= DAMAGE_TILE; width -= DAMAGE_TILE, tiles++) {
		tile_update(&row, tiles, bytes, load);
		row.source += DAMAGE_TILE * bytes;
		row.reference += DAMAGE_TILE;
		row.picture += DAMAGE_TILE;
	}
	if (width)
		narrow_tile_update(&row, width, tiles, bytes, pixel);
}

static ALWAYS_INLINE void row_convert(const uint8_t *source, uint32_t *row, uint32_t width, size_t bytes,
	load_function load, pixel_function pixel) {
	for (; width >= VECTOR_PIXELS; width -= VECTOR_PIXELS) {
		vector_store(row, vector_mask(load(source)));
		source += VECTOR_PIXELS * bytes;
		row += VECTOR_PIXELS;
	}
	for (uint32_t i = 0; i < width; i++)
		row[i] = pixel(source + i * bytes);
}

#define ROWS_SHAPE(shape, bytes)                                                                             \
	static void update_##shape(struct kernel_row row, uint32_t width, struct kernel_tile *tiles) {       \
		row_update(row, width, tiles, bytes, load_##shape, pixel_##shape);                           \
	}                                                                                                    \
	static void convert_##shape(const uint8_t *source, uint32_t *row, uint32_t width) {                  \
		row_convert(source, row, width, bytes, load_##shape, pixel_##shape);                         \
	}

#define ROWS_ENTRY(shape) [KERNEL_##shape] = {update_##shape, convert_##shape}

#define ROWS_KERNEL(symbol, text)                                                                            \
	ROWS_SHAPE(XRGB8888, 4)                                                                              \
	ROWS_SHAPE(XBGR8888, 4)                                                                              \
	ROWS_SHAPE(RGBX8888, 4)                                                                              \
	ROWS_SHAPE(BGRX8888, 4)                                                                              \
	ROWS_SHAPE(RGB565, 2)                                                                                \
	ROWS_SHAPE(XRGB2101010, 4)                                                                           \
	ROWS_SHAPE(XBGR2101010, 4)                                                                           \
	ROWS_SHAPE(RGB888, 3)                                                                                \
	ROWS_SHAPE(BGR888, 3)                                                                                \
	const struct kernel symbol = {                                                                       \
		.name = text,                                                                                \
		.shapes = {ROWS_ENTRY(XRGB8888), ROWS_ENTRY(XBGR8888), ROWS_ENTRY(RGBX8888),                 \
			ROWS_ENTRY(BGRX8888), ROWS_ENTRY(RGB565), ROWS_ENTRY(XRGB2101010),                   \
			ROWS_ENTRY(XBGR2101010), ROWS_ENTRY(RGB888), ROWS_ENTRY(BGR888)},                    \
		.blend = blend_row,                                                                          \
		.update_over = update_over,                                                                  \
		.convert_yuv = convert_yuv,                                                                  \
	};
