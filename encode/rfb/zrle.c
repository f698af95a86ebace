/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "encode/rfb/zrle.h"

#include <stdlib.h>
#include <string.h>

#include "encode/rfb/deflate.h"
#include "encode/memory.h"
#include "encode/rfb/rgb.h"

enum {
	TILE = 64,
	ROW_TILES = 32,
	PACKED_MAX = 16,    /* colours whose indices are packed */
	PALETTE_RUNS = 127, /* colours that runs may have by index */
	RAW = 0,
	RUNS = 128, /* subencodings; with a palette, its size is added */
	LENGTH_SIZE = 4,
	/* Bytes of a tile: runs of one pixel each, and the 127 colours of a palette. Nothing takes more. */
	TILE_MOST = 1 + TILE * TILE * 5 + 127 * 4,
};

struct zrle {
	struct format format;
	struct format_table table;
	unsigned pixel_size, pixel_shift; /* of a CPIXEL; the bits below the shift are not sent */
	bool lowest;                      /* it is the three lowest bytes, the lowest one first */
	bool begun;                       /* the stream is */
	struct deflate *deflate;
	/* Owned: the tiles of a rectangle, before they are deflated, and in front of them DEFLATE_HISTORY
	 * bytes, the last of which are what was deflated before. */
	uint8_t *tiles;
	size_t history;            /* so many of them */
	const uint8_t *compressed; /* how far the tiles are, */
	unsigned step; /* and in which steps the others may repeat, in bytes, if they are photographs; or 1 */
	size_t tiles_size;
	uint32_t translated[TILE * TILE]; /* one tile's pixels, if they are not the picture's own */
	struct scan scan;                 /* of one tile */
	uint8_t *encoded;                 /* owned; what a rectangle becomes */
	size_t encoded_size;
};

struct zrle *zrle_create(void) {
	struct zrle *zrle = calloc(1, sizeof *zrle);
	if (!zrle)
		return NULL;
	zrle->deflate = deflate_create();
	if (!zrle->deflate) {
		free(zrle);
		return NULL;
	}
	zrle_set_format(zrle, &format_native);
	return zrle;
}

void zrle_destroy(struct zrle *zrle) {
	if (!zrle)
		return;
	deflate_destroy(zrle->deflate);
	free(zrle->tiles);
	free(zrle->encoded);
	free(zrle);
}

/* A pixel of 32 bits is sent as three bytes if its depth says that these are enough: RFC 6143, 7.7.5. If
 * either the lower or the upper ones would do, rfbproto takes the lower ones. */
void zrle_set_format(struct zrle *zrle, const struct format *format) {
	uint64_t used = 0;
	zrle->format = *format;
	format_table_init(&zrle->table, format);
	for (int i = 0; i < FORMAT_CHANNELS; i++)
		used |= (uint64_t)format->max[i] << format->shift[i];
	bool packs = format->bits == 32 && format->depth <= 24;
	bool lower = packs && used <= 0x00ffffff, upper = packs && !(used & 0xff);
	zrle->pixel_size = lower || upper ? 3 : format->bits / 8u;
	zrle->pixel_shift = upper && !lower ? 8 : 0;
	zrle->lowest = lower && !format->big_endian;
}

/* --- tiles --- */

static uint8_t *put_pixel(const struct zrle *zrle, uint8_t *to, uint32_t pixel) {
	unsigned size = zrle->pixel_size;
	pixel >>= zrle->pixel_shift;
	for (unsigned i = 0; i < size; i++)
		to[i] = (uint8_t)(pixel >> 8 * (zrle->format.big_endian ? size - 1 - i : i));
	return to + size;
}

static uint8_t *put_palette(const struct zrle *zrle, uint8_t *to) {
	const struct palette *palette = &zrle->scan.palette;
	for (unsigned i = 0; i < palette->count; i++)
		to = put_pixel(zrle, to, palette->colours[i]);
	return to;
}

static uint8_t *put_raw(const struct zrle *zrle, uint8_t *to, const struct scan_area *tile) {
	*to++ = RAW;
	for (unsigned y = 0; y < tile->height; y++) {
		const uint32_t *row = tile->pixels + y * tile->stride;
		if (zrle->lowest) {
			rgb_pack_lowest(to, row, tile->width);
			to += 3 * tile->width;
		} else {
			for (unsigned x = 0; x < tile->width; x++)
				to = put_pixel(zrle, to, row[x]);
		}
	}
	return to;
}

static uint8_t *put_packed(const struct zrle *zrle, uint8_t *to, const struct scan_area *tile) {
	const struct palette *palette = &zrle->scan.palette;
	unsigned bits = palette->count == 2 ? 1 : palette->count <= 4 ? 2 : 4, in_byte = 8 / bits;
	uint8_t indices[TILE + SCAN_SPILL] = {0};
	*to++ = (uint8_t)palette->count;
	to = put_palette(zrle, to);
	for (unsigned y = 0; y < tile->height; y++) {
		scan_indices(palette, tile->pixels + y * tile->stride, zrle->scan.changes[y], tile->width,
			indices);
		memset(indices + tile->width, 0, 8);
		for (unsigned x = 0; x < tile->width; x += in_byte) {
			unsigned byte = 0;
			for (unsigned i = 0; i < in_byte; i++)
				byte = byte << bits | indices[x + i];
			*to++ = (uint8_t)byte;
		}
	}
	return to;
}

static inline uint8_t *put_run_length(uint8_t *to, uint32_t run) {
	for (run--; run >= 255; run -= 255)
		*to++ = 255;
	*to++ = (uint8_t)run;
	return to;
}

typedef uint8_t *put_run_function(const struct zrle *zrle, uint8_t *to, uint32_t pixel, uint32_t run);

/* A run of one by its index is the index alone. */
static inline uint8_t *put_index_run(const struct zrle *zrle, uint8_t *to, uint32_t pixel, uint32_t run) {
	unsigned index = palette_index(&zrle->scan.palette, pixel);
	*to++ = (uint8_t)(run == 1 ? index : index | 0x80);
	return run == 1 ? to : put_run_length(to, run);
}

static inline uint8_t *put_pixel_run(const struct zrle *zrle, uint8_t *to, uint32_t pixel, uint32_t run) {
	return put_run_length(put_pixel(zrle, to, pixel), run);
}

/* Four bytes at a time, the last of which the length replaces. */
static inline uint8_t *put_lowest_run(const struct zrle *zrle, uint8_t *to, uint32_t pixel, uint32_t run) {
	(void)zrle;
	pixel = rgb_lowest_first(pixel);
	memcpy(to, &pixel, sizeof pixel);
	return put_run_length(to + 3, run);
}

/* Runs go on in the next row. In their row, those behind the first one differ from the one before. */
static inline uint8_t *put_runs_by(
	const struct zrle *zrle, uint8_t *to, const struct scan_area *tile, put_run_function put_run) {
	uint32_t pixel = tile->pixels[0], run = 0;
	for (unsigned y = 0; y < tile->height; y++) {
		const uint32_t *row = tile->pixels + y * tile->stride;
		uint64_t changes = zrle->scan.changes[y] & ~UINT64_C(1);
		unsigned x = 0;
		if (*row != pixel) {
			to = put_run(zrle, to, pixel, run);
			pixel = *row;
			run = 0;
		}
		for (; changes; changes &= changes - 1) {
			unsigned end = (unsigned)__builtin_ctzll(changes);
			to = put_run(zrle, to, pixel, run + end - x);
			pixel = row[end];
			run = 0;
			x = end;
		}
		run += tile->width - x;
	}
	return put_run(zrle, to, pixel, run);
}

static uint8_t *put_index_runs(const struct zrle *zrle, uint8_t *to, const struct scan_area *tile) {
	*to++ = (uint8_t)(RUNS + zrle->scan.palette.count);
	return put_runs_by(zrle, put_palette(zrle, to), tile, put_index_run);
}

static uint8_t *put_pixel_runs(const struct zrle *zrle, uint8_t *to, const struct scan_area *tile) {
	*to++ = RUNS;
	if (zrle->lowest)
		return put_runs_by(zrle, to, tile, put_lowest_run);
	return put_runs_by(zrle, to, tile, put_pixel_run);
}

/* Takes what has the fewest bytes before they are deflated. A run by index takes a byte, or two if it is
 * longer than a pixel, as most are. */
static uint8_t *put_tile(struct zrle *zrle, uint8_t *to, const struct scan_area *tile) {
	const struct scan *scan = &zrle->scan;
	uint32_t area = tile->width * tile->height, colours = scan->many ? UINT32_MAX : scan->palette.count;
	uint32_t packed_bits = colours == 2 ? 1 : colours <= 4 ? 2 : 4;
	if (colours == 1) {
		*to++ = 1;
		return put_palette(zrle, to);
	}
	if (colours <= PACKED_MAX && scan->runs * 2 > tile->height * ((tile->width * packed_bits + 7) / 8))
		return put_packed(zrle, to, tile);
	if (colours <= PALETTE_RUNS && colours * zrle->pixel_size + scan->runs * 2 < area * zrle->pixel_size)
		return put_index_runs(zrle, to, tile);
	if (scan->runs * (zrle->pixel_size + 1) < area * zrle->pixel_size) {
		/* The count of runs is an estimate if there are many colours. */
		if (scan->many)
			scan_changes(tile, zrle->scan.changes);
		uint8_t *end = put_pixel_runs(zrle, to, tile);
		if ((size_t)(end - to) <= 1 + (size_t)area * zrle->pixel_size)
			return end;
	}
	return put_raw(zrle, to, tile);
}

static uint8_t *put_area(struct zrle *zrle, uint8_t *to, const struct scan_area *part) {
	struct scan_area tile = *part;
	if (!zrle->table.native) {
		for (unsigned y = 0; y < part->height; y++)
			format_translate(&zrle->table, part->pixels + y * part->stride,
				zrle->translated + y * TILE, part->width);
		tile.pixels = zrle->translated;
		tile.stride = TILE;
	}
	scan_area(&zrle->scan, &tile, PALETTE_RUNS);
	return put_tile(zrle, to, &tile);
}

/* --- compressing them --- */

/* Hardly anything repeats in a photograph; where there are hard edges, as text has, more does. */
static bool is_photo(const struct scan *scan, uint32_t area) {
	bool soft = scan->steps.edges * 4 < scan->steps.all - scan->steps.slight;
	return scan->many && ((soft && scan->runs > area / 4) || scan->runs > area * 2 / 3);
}

/* The tiles that are not compressed yet, up to here. */
static void compress_up_to(struct zrle *zrle, const uint8_t *end) {
	const struct deflate_steps steps = {zrle->step, 0, zrle->step > 1 ? DEFLATE_HASTY : DEFLATE_THOROUGH};
	deflate_part(zrle->deflate, zrle->compressed, (size_t)(end - zrle->compressed), &steps);
	zrle->compressed = end;
}

/* A tile of runs of pixels. */
static void compress_runs(struct zrle *zrle, const uint8_t *begin, const uint8_t *end) {
	const struct deflate_steps steps = {zrle->pixel_size, 0, DEFLATE_RUNS};
	compress_up_to(zrle, begin + 1);
	deflate_part(zrle->deflate, begin + 1, (size_t)(end - begin - 1), &steps);
	zrle->compressed = end;
}

/* The tile at `begin` is there. A run takes a byte more than its pixel. */
static void note_tile(struct zrle *zrle, const uint8_t *begin, const uint8_t *end, uint32_t area) {
	unsigned step = 1;
	if (zrle->pixel_size > 1 && is_photo(&zrle->scan, area))
		step = zrle->pixel_size + (*begin != RAW);
	if (step != zrle->step) {
		compress_up_to(zrle, begin);
		deflate_codes(zrle->deflate, begin);
	}
	zrle->step = step;
	if (*begin == RUNS && step == 1)
		compress_runs(zrle, begin, end);
}

static unsigned smaller(unsigned a, unsigned b) {
	return a < b ? a : b;
}

/* Tiles of one row of tiles, at most as many as there are numbers of repeats. */
static uint8_t *put_row(struct zrle *zrle, uint8_t *to, const struct scan_area *part) {
	uint64_t repeats[ROW_TILES];
	struct scan_area tile = *part;
	scan_repeats(part->pixels, part->stride, part->width, part->height, repeats);
	for (unsigned i = 0; i * TILE < part->width; i++) {
		tile.pixels = part->pixels + i * TILE;
		tile.width = smaller(TILE, part->width - i * TILE);
		tile.repeats = repeats[i];
		uint8_t *begin = to;
		to = put_area(zrle, to, &tile);
		note_tile(zrle, begin, to, tile.width * tile.height);
	}
	return to;
}

static size_t put_tiles(struct zrle *zrle, const struct zrle_area *area) {
	uint8_t *begin = zrle->tiles + DEFLATE_HISTORY, *to = begin;
	for (unsigned y = 0; y < area->height; y += TILE)
		for (unsigned x = 0; x < area->width; x += ROW_TILES * TILE)
			to = put_row(zrle, to,
				&(struct scan_area){area->pixels + y * area->stride + x, area->stride,
					smaller(ROW_TILES * TILE, area->width - x),
					smaller(TILE, area->height - y), 0});
	return (size_t)(to - begin);
}

/* --- rectangles --- */

/* Makes room for the bytes that the area becomes, behind others. */
static bool make_room(struct zrle *zrle, const struct zrle_area *area, size_t ahead) {
	size_t tiles = (size_t)((area->width + TILE - 1) / TILE) * ((area->height + TILE - 1) / TILE);
	return memory_grow(&zrle->tiles, &zrle->tiles_size, DEFLATE_HISTORY + tiles * TILE_MOST) &&
	       memory_grow(&zrle->encoded, &zrle->encoded_size,
		       ahead + LENGTH_SIZE + DEFLATE_BEGIN_SIZE + deflate_bound(tiles * TILE_MOST));
}

/* The last bytes of what was deflated go in front of the next tiles. */
static void keep_history(struct zrle *zrle, size_t size) {
	uint8_t *data = zrle->tiles + DEFLATE_HISTORY;
	size_t all = zrle->history + size, kept = all < DEFLATE_HISTORY ? all : DEFLATE_HISTORY;
	memmove(data - kept, data + size - kept, kept);
	zrle->history = kept;
}

static void put_length(uint8_t *to, size_t length) {
	for (unsigned i = 0; i < LENGTH_SIZE; i++)
		to[i] = (uint8_t)(length >> 8 * (LENGTH_SIZE - 1 - i));
}

uint8_t *zrle_encode(struct zrle *zrle, const struct zrle_area *area, size_t ahead, size_t *size) {
	if (!make_room(zrle, area, ahead))
		return NULL;
	uint8_t *begin = zrle->encoded + ahead + LENGTH_SIZE, *to = begin;
	if (!zrle->begun) {
		memcpy(to, DEFLATE_BEGIN, DEFLATE_BEGIN_SIZE);
		to += DEFLATE_BEGIN_SIZE;
		zrle->begun = true;
	}
	uint8_t *tiles = zrle->tiles + DEFLATE_HISTORY;
	deflate_begin(zrle->deflate, tiles, zrle->history, to);
	zrle->compressed = tiles;
	size_t count = put_tiles(zrle, area);
	compress_up_to(zrle, tiles + count);
	to += deflate_end(zrle->deflate, tiles + count);
	keep_history(zrle, count);
	put_length(zrle->encoded + ahead, (size_t)(to - begin));
	*size = (size_t)(to - zrle->encoded);
	return memory_take(&zrle->encoded, &zrle->encoded_size, *size);
}
