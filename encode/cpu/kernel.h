/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * kernel: the inner loops of the cpu converter, once per instruction set. All produce the same bytes.
 *
 * A picture row is cut into segments of DAMAGE_TILE pixels, one per tile. A segment that differs from the
 * reference (apart from the X byte) is stored, and its tile is marked. In a tile that is already marked,
 * every segment is stored. What is stored is also what is compared, because the source may be changing.
 */
#ifndef ZEROVNC_CPU_KERNEL_H
#define ZEROVNC_CPU_KERNEL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "encode/cpu/blend.h"
#include "encode/cpu/samples.h"
#include "encode/pixel_format.h"

/* How bytes of memory become 0x00RRGGBB: a fourcc without its alpha. */
enum kernel_shape {
	KERNEL_XRGB8888,
	KERNEL_XBGR8888,
	KERNEL_RGBX8888,
	KERNEL_BGRX8888,
	KERNEL_RGB565,
	KERNEL_XRGB2101010,
	KERNEL_XBGR2101010,
	KERNEL_RGB888,
	KERNEL_BGR888,
	KERNEL_SHAPES,
	/* 0x00RRGGBB as this machine stores it. The shapes, like the fourccs, are little-endian. */
	KERNEL_PICTURE = __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__ ? KERNEL_BGRX8888 : KERNEL_XRGB8888
};

struct kernel_row {
	const uint8_t *source;
	const uint32_t *reference; /* may be `picture` */
	uint32_t *picture;
	const uint8_t *over; /* for update_over() only */
	uint8_t number;      /* of the row, for the tiles' notes */
	bool compares;       /* also where a tile is settled */
};

/* What the rows so far found out about a tile. Rows have numbers from 1 on, which the caller chooses. */
struct kernel_tile {
	uint64_t columns; /* a bit for each pixel, from the left, that differed in any row */
	uint8_t first;    /* the row from which on everything was stored; 0: the tile is not marked */
	uint8_t last;     /* the last row that differed */
};

/* Whether no more rows need to be compared to find out between which columns the tile changed. Then no bits
 * are added to `columns`, and `last` is of the rows that compare. */
static inline bool kernel_tile_is_settled(const struct kernel_tile *tile) {
	return tile->columns & tile->columns >> 63 & 1;
}

/* A segment was stored that differed in these columns. */
static inline void kernel_tile_note(struct kernel_tile *tile, uint64_t columns, uint8_t row) {
	if (!columns)
		return;
	tile->columns |= columns;
	tile->first = tile->first ? tile->first : row;
	tile->last = row;
}

struct kernel {
	const char *name; /* "AVX2" */
	struct kernel_rows {
		/* Stores what differs, and notes it in `tiles`, the first of which begins where the row does.
		 * Never reads beyond the last pixel of the source. */
		void (*update)(struct kernel_row row, uint32_t width, struct kernel_tile *tiles);
		void (*convert)(const uint8_t *source, uint32_t *row, uint32_t width);
	} shapes[KERNEL_SHAPES];

	/* Lays `count` pixels as they lie in memory over pixels 0x00RRGGBB, where blend_set() says so. Each
	 * level is the exact one, rounded to the nearest; with a plane's alpha, the exact one was up to 0.02
	 * more or less before. */
	void (*blend)(const struct blend *blend, const uint8_t *source, uint32_t *pixels, size_t count);
	/* Does both at once, without keeping the blended pixels: as shapes[KERNEL_PICTURE].update() of the
	 * source with what blend() lays `over` it. */
	void (*update_over)(
		const struct blend *blend, struct kernel_row row, uint32_t width, struct kernel_tile *tiles);
	/* Each level is rounded to the nearest. */
	void (*convert_yuv)(const struct samples_weights *weights, const struct samples *samples,
		uint32_t *row, uint32_t width);
};

/* The kernels that this machine can run, the best one first and the one in plain C last. NULL past the end.
 */
const struct kernel *kernel_at(size_t index);

/* The shape of a format, or -1 if it has none of them. */
int kernel_shape_of(const struct pixel_format *format);

/*
 * Copies by streaming loads, which fetch whole lines from write-combined memory, if this machine has them
 * (kernel_streams()). On ARM it uses the widest loads there are. Otherwise it copies like memcpy().
 */
void kernel_stream_copy(void *to, const void *from, size_t size);
bool kernel_streams(void);

extern const struct kernel kernel_c;
#if defined(__x86_64__)
extern const struct kernel kernel_sse2, kernel_avx2;
void kernel_stream_copy_sse41(void *to, const void *from, size_t size);
void kernel_stream_copy_avx2(void *to, const void *from, size_t size);
#elif defined(__aarch64__)
extern const struct kernel kernel_neon;
void kernel_stream_copy_neon(void *to, const void *from, size_t size);
#endif

#endif
