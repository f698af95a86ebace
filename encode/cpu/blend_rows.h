/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * blend_rows: the loops of blend.h. Each kernel compiles them for its own instruction set, in which compilers
 * find the vectors. A `way` is a constant wherever a loop is compiled.
 */
#include <string.h>

#include "encode/cpu/blend.h"
#include "encode/cpu/kernel.h"
#include "encode/cpu/pixel.h"
#include "encode/damage.h"

/* What fills a register, and the levels in it as numbers of 16 bits, of which two lie in each pixel. */
#ifdef __AVX2__
enum { AT_ONCE = 8 };
#else
enum { AT_ONCE = 4 };
#endif
enum { PAIR = 0xff00ff, COLOURS = 0xffffff };
typedef uint32_t blend_pixels __attribute__((vector_size(4 * AT_ONCE)));
typedef uint16_t blend_levels __attribute__((vector_size(4 * AT_ONCE)));

/*
 * divided(): numbers of 65,025 at most, divided by 255 and rounded to the nearest. clamped_sum(): of the four
 * bytes of pixels, but not above 255. product_of(): the upper 16 bits of it. sum_of(): of 16 bits, but not
 * above 65,535.
 */
#if VECTOR_PIXELS > 1 && defined(__AVX2__)
static inline blend_levels divided(blend_levels levels) {
	return (blend_levels)_mm256_mulhi_epu16((__m256i)(levels + 128), _mm256_set1_epi16(257));
}

static inline blend_pixels clamped_sum(blend_pixels one, blend_pixels other) {
	return (blend_pixels)_mm256_adds_epu8((__m256i)one, (__m256i)other);
}

static inline blend_levels product_of(blend_levels one, blend_levels other) {
	return (blend_levels)_mm256_mulhi_epu16((__m256i)one, (__m256i)other);
}

static inline blend_levels sum_of(blend_levels one, blend_levels other) {
	return (blend_levels)_mm256_adds_epu16((__m256i)one, (__m256i)other);
}
#elif VECTOR_PIXELS > 1 && defined(__SSE2__)
static inline blend_levels divided(blend_levels levels) {
	return (blend_levels)_mm_mulhi_epu16((__m128i)(levels + 128), _mm_set1_epi16(257));
}

static inline blend_pixels clamped_sum(blend_pixels one, blend_pixels other) {
	return (blend_pixels)_mm_adds_epu8((__m128i)one, (__m128i)other);
}

static inline blend_levels product_of(blend_levels one, blend_levels other) {
	return (blend_levels)_mm_mulhi_epu16((__m128i)one, (__m128i)other);
}

static inline blend_levels sum_of(blend_levels one, blend_levels other) {
	return (blend_levels)_mm_adds_epu16((__m128i)one, (__m128i)other);
}
#else
static inline blend_levels divided(blend_levels levels) {
	blend_levels sum = levels + 128;
	return (sum + (sum >> 8)) >> 8;
}

static inline blend_levels clamped(blend_levels sums) {
	return (sums | (0 - (sums >> 8))) & 255;
}

static inline blend_pixels clamped_sum(blend_pixels one, blend_pixels other) {
	blend_levels even = clamped((blend_levels)(one & PAIR) + (blend_levels)(other & PAIR));
	blend_levels odd = clamped(((blend_levels)one >> 8) + ((blend_levels)other >> 8));
	return (blend_pixels)(even | odd << 8);
}

static inline blend_levels product_of(blend_levels one, blend_levels other) {
	typedef uint32_t products __attribute__((vector_size(8 * AT_ONCE)));
	products all = __builtin_convertvector(one, products) * __builtin_convertvector(other, products);
	return __builtin_convertvector(all >> 16, blend_levels);
}

static inline blend_levels sum_of(blend_levels one, blend_levels other) {
	blend_levels all = one + other;
	return all | (blend_levels)(all < one);
}
#endif

static inline blend_pixels with_red_and_blue_swapped(blend_pixels pixels) {
	return (pixels & ~(uint32_t)PAIR) | (pixels >> 16 & 255) | (pixels & 255) << 16;
}

/* Each pixel by its own alpha. The X bytes may be anything. */
static ALWAYS_INLINE blend_pixels blended_by_pixel(bool coverage, blend_pixels upper, blend_pixels lower) {
	blend_pixels alpha = upper >> 24;
	blend_levels alphas = (blend_levels)(alpha | alpha << 16), rest = alphas ^ 255;
	blend_levels even = (blend_levels)(lower & PAIR) * rest, odd = ((blend_levels)lower >> 8) * rest;
	if (coverage) {
		even += (blend_levels)(upper & PAIR) * alphas;
		odd += ((blend_levels)upper >> 8) * alphas;
	}
	blend_pixels all = (blend_pixels)(divided(even) | divided(odd) << 8);
	return coverage ? all : clamped_sum(upper, all);
}

/* Levels times shares in 65,536ths. What products and shares are cut off makes 5/256 of a level at most, of
 * which half is added in front. */
static ALWAYS_INLINE blend_levels shared(
	blend_levels upper, blend_levels upper_share, blend_levels lower, blend_levels lower_share) {
	return sum_of(sum_of(product_of(upper << 8, upper_share), product_of(lower << 8, lower_share)),
		       (blend_levels){0} + 130) >>
	       8;
}

/* By the plane's alpha, or by both. */
static ALWAYS_INLINE blend_pixels blended_by_plane(
	enum blend_way way, uint16_t plane, blend_pixels upper, blend_pixels lower) {
	blend_levels upper_share = (blend_levels){0} + plane, covered = upper_share;
	if (way != BLEND_PLANE) {
		blend_pixels alpha = upper >> 24;
		covered = product_of((blend_levels)(alpha | alpha << 16) * 257, covered);
	}
	if (way == BLEND_PLANE_COVERAGE)
		upper_share = covered;
	blend_levels even =
		shared((blend_levels)(upper & PAIR), upper_share, (blend_levels)(lower & PAIR), ~covered);
	blend_levels odd = shared((blend_levels)upper >> 8, upper_share, (blend_levels)lower >> 8, ~covered);
	return (blend_pixels)(even | odd << 8);
}

static ALWAYS_INLINE blend_pixels blended(struct blend blend, blend_pixels upper, blend_pixels lower) {
	if (blend.swapped)
		upper = with_red_and_blue_swapped(upper);
	if (blend.way < BLEND_PLANE)
		return blended_by_pixel(blend.way == BLEND_COVERAGE, upper, lower);
	return blended_by_plane(blend.way, blend.alpha, upper, lower);
}

/* Calls function(how, ...) with each way, and each order, as a constant. */
#define BLEND_ORDERS(function, by, constant, ...)                                                            \
	((by)->swapped ? function((struct blend){constant, true, (by)->alpha}, __VA_ARGS__)                  \
		       : function((struct blend){constant, false, (by)->alpha}, __VA_ARGS__))
#define BLEND_WAYS(function, by, ...)                                                                        \
	do {                                                                                                 \
		switch ((by)->way) {                                                                         \
		case BLEND_PREMULTIPLIED:                                                                    \
			BLEND_ORDERS(function, by, BLEND_PREMULTIPLIED, __VA_ARGS__);                        \
			break;                                                                               \
		case BLEND_COVERAGE:                                                                         \
			BLEND_ORDERS(function, by, BLEND_COVERAGE, __VA_ARGS__);                             \
			break;                                                                               \
		case BLEND_PLANE:                                                                            \
			BLEND_ORDERS(function, by, BLEND_PLANE, __VA_ARGS__);                                \
			break;                                                                               \
		case BLEND_PLANE_PREMULTIPLIED:                                                              \
			BLEND_ORDERS(function, by, BLEND_PLANE_PREMULTIPLIED, __VA_ARGS__);                  \
			break;                                                                               \
		case BLEND_PLANE_COVERAGE:                                                                   \
			BLEND_ORDERS(function, by, BLEND_PLANE_COVERAGE, __VA_ARGS__);                       \
			break;                                                                               \
		}                                                                                            \
	} while (0)

/* Up to AT_ONCE pixels as they lie in memory; the others are 0. */
static inline blend_pixels loaded(const uint8_t *source, size_t count) {
	blend_pixels pixels = {0};
	memcpy(&pixels, source, 4 * count);
#if __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
	pixels = pixels << 24 | (pixels & 0xff00) << 8 | (pixels >> 8 & 0xff00) | pixels >> 24;
#endif
	return pixels;
}

static ALWAYS_INLINE void blend_some(
	struct blend how, const uint8_t *source, uint32_t *pixels, size_t count) {
	blend_pixels lower = {0};
	memcpy(&lower, pixels, 4 * count);
	lower = blended(how, loaded(source, count), lower) & COLOURS;
	memcpy(pixels, &lower, 4 * count);
}

static ALWAYS_INLINE void blend(
	struct blend how, const uint8_t *source, uint32_t *restrict pixels, size_t count) {
	for (; count >= AT_ONCE; count -= AT_ONCE, source += 4 * AT_ONCE, pixels += AT_ONCE)
		blend_some(how, source, pixels, AT_ONCE);
	blend_some(how, source, pixels, count);
}

static void blend_row(const struct blend *how, const uint8_t *source, uint32_t *pixels, size_t count) {
	BLEND_WAYS(blend, how, source, pixels, count);
}

/* --- the same, compared with a reference --- */

static inline blend_pixels picture_loaded(const void *pixels) {
	blend_pixels result;
	memcpy(&result, pixels, sizeof result);
	return result;
}

static inline bool has_colour(blend_pixels pixels) {
	typedef uint64_t words __attribute__((vector_size(4 * AT_ONCE)));
	words all = (words)(pixels & COLOURS);
	uint64_t any = 0;
	for (int i = 0; i < AT_ONCE / 2; i++)
		any |= all[i];
	return any != 0;
}

static ALWAYS_INLINE blend_pixels laid_over(
	struct blend how, const uint8_t *upper, const uint8_t *lower, size_t i) {
	return blended(how, loaded(upper + 4 * i, AT_ONCE), picture_loaded(lower + 4 * i));
}

static ALWAYS_INLINE bool tile_over_differs(struct blend how, const struct kernel_row *row) {
	blend_pixels difference = {0};
#pragma GCC unroll 16
	for (size_t i = 0; i < DAMAGE_TILE; i += AT_ONCE)
		difference |= laid_over(how, row->over, row->source, i) ^ picture_loaded(row->reference + i);
	return has_colour(difference);
}

static ALWAYS_INLINE void tile_over_store(struct blend how, const struct kernel_row *row) {
#pragma GCC unroll 16
	for (size_t i = 0; i < DAMAGE_TILE; i += AT_ONCE) {
		blend_pixels pixels = laid_over(how, row->over, row->source, i) & COLOURS;
		memcpy(row->picture + i, &pixels, sizeof pixels);
	}
}

static inline uint64_t same_pixels(blend_pixels one, blend_pixels other) {
#if VECTOR_PIXELS > 1
	return vector_same((vector)one, (vector)other);
#else
	uint64_t same = 0;
	for (int i = 0; i < AT_ONCE; i++)
		same |= (uint64_t)(one[i] == other[i]) << i;
	return same;
#endif
}

static ALWAYS_INLINE uint64_t tile_over_store_noting(struct blend how, const struct kernel_row *row) {
	uint64_t same = 0;
#pragma GCC unroll 16
	for (size_t i = 0; i < DAMAGE_TILE; i += AT_ONCE) {
		blend_pixels was = picture_loaded(row->reference + i);
		blend_pixels is = laid_over(how, row->over, row->source, i) & COLOURS;
		memcpy(row->picture + i, &is, sizeof is);
		same |= same_pixels(is, was) << i;
	}
	return ~same;
}

static ALWAYS_INLINE void tile_over_update(
	struct blend how, const struct kernel_row *row, struct kernel_tile *tile) {
	if (!tile->first && !tile_over_differs(how, row))
		return;
	if (kernel_tile_is_settled(tile) && !row->compares)
		tile_over_store(how, row);
	else
		kernel_tile_note(tile, tile_over_store_noting(how, row), row->number);
}

/* Less than a tile. */
static ALWAYS_INLINE void narrow_over_update(
	struct blend how, const struct kernel_row *row, uint32_t width, struct kernel_tile *tile) {
	uint32_t pixels[DAMAGE_TILE];
	uint64_t different = 0;
	memcpy(pixels, row->source, 4 * width);
	blend(how, row->over, pixels, width);
	for (uint32_t i = 0; i < width; i++)
		different |= (uint64_t)(pixels[i] != row->reference[i]) << i;
	kernel_tile_note(tile, different, row->number);
	if (tile->first)
		memcpy(row->picture, pixels, 4 * width);
}

static ALWAYS_INLINE void over_update(
	struct blend how, struct kernel_row row, uint32_t width, struct kernel_tile *tiles) {
	for (; width >= DAMAGE_TILE; width -= DAMAGE_TILE, tiles++) {
		tile_over_update(how, &row, tiles);
		row.source += 4 * DAMAGE_TILE;
		row.over += 4 * DAMAGE_TILE;
		row.reference += DAMAGE_TILE;
		row.picture += DAMAGE_TILE;
	}
	if (width)
		narrow_over_update(how, &row, width, tiles);
}

static void update_over(
	const struct blend *how, struct kernel_row row, uint32_t width, struct kernel_tile *tiles) {
	BLEND_WAYS(over_update, how, row, width, tiles);
}
