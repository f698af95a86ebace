/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * unpack: turns the tiles that damage.comp packs back into XRGB8888.
 *
 * Each tile comes with the box of pixels that changed (unpack_box()): in 6 bits each, from the lowest on,
 * left, top, and the last column and row.
 *
 * A tile has 64x64 pixels, including those outside the picture. All numbers have 32 bits in the GPU's byte
 * order, which is the CPU's.
 */
#ifndef ZEROVNC_UNPACK_H
#define ZEROVNC_UNPACK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "encode/damage.h"
#include "encode/tile_colours.h"

/*
 * A comb is 4 pixels of a row, 16 apart; comb n of a tile lies in row n / 16 and begins at column n % 16.
 * damage.comp has the same numbers.
 */
enum unpack_coding {
	UNPACK_SOLID,  /* no payload, `extra` is the colour */
	UNPACK_PIXELS, /* 4096 words 0x00RRGGBB, row by row */
	UNPACK_RGB24,  /* 3 x 1024 words: the lowest, the middle and the highest 32 of each comb's 4 x 24 bits
			*/
	UNPACK_PALETTE4, /* its colours (at most 16), padded to 4 words; then 512 words: 4 indices of a
			    comb in the low half, in the high half those of the comb 32 rows below */
	UNPACK_PALETTE8, /* its colours (at most 255), padded to 4 words; then 1024 words: 4 indices of a
			    comb */
	UNPACK_ABSENT,   /* no payload: it changed, and nobody needs its pixels */
};

struct unpack_header {
	uint32_t serial; /* of the dispatch that wrote it; with any other value there is no header here */
	uint32_t tile;   /* the number of the tile, and its coding in the top 8 bits */
	uint32_t at;     /* where the payload is, in units of 16 bytes; UNPACK_SOLID: the box */
	uint32_t extra; /* UNPACK_SOLID: the colour; else how many colours there are, and the box times 256 */
};

enum { UNPACK_UNIT = 16, UNPACK_PIXELS_BYTES = 64 * 64 * 4, UNPACK_RGB24_BYTES = 64 * 64 * 3 };

/* How many bytes of payload a header asks for. SIZE_MAX if damage.comp cannot have written it. */
size_t unpack_size(const struct unpack_header *header);

/* Where the payload begins, in bytes. */
size_t unpack_at(const struct unpack_header *header);

/* Whether the tile comes without its pixels. Then it cannot be unpacked. */
bool unpack_is_absent(const struct unpack_header *header);

/* The part of the tile that changed, which may reach beyond the picture. */
struct damage_box unpack_box(const struct unpack_header *header);

/*
 * Unpacks a whole tile to `pixels`, rows `stride` bytes apart. The caller has checked the header's size.
 * `stream`: bypasses the caches if the processor can. Then `pixels` and `stride` must be multiples of 32, and
 * unpack_finish() must follow the last tile before anybody else reads them.
 */
void unpack_tile(
	const struct unpack_header *header, const void *payload, uint8_t *pixels, size_t stride, bool stream);
void unpack_finish(void);

/* Whether a tile has so few colours that unpack_colours() can tell them, and whether they have numbers. */
bool unpack_has_colours(const struct unpack_header *header, bool *numbered);
/* Writes the colours of a tile that has them, with its numbers if it does. False: what the payload says of
 * them makes no sense, and `colours` is undefined. */
bool unpack_colours(const struct unpack_header *header, const void *payload, struct tile_colours *colours);

#endif
