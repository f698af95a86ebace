/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * unpack: the tiles that damage.comp packs, back to XRGB8888.
 *
 * A tile has 64x64 pixels, those outside the picture too. All numbers are 32 bits in the GPU's order, which
 * is the CPU's.
 */
#ifndef ZEROVNC_UNPACK_H
#define ZEROVNC_UNPACK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * A comb is 4 pixels of a row, 16 apart; comb n of a tile lies in row n / 16 and begins at column n % 16.
 * damage.comp has the same numbers.
 */
enum unpack_coding {
	UNPACK_SOLID,  /* no payload, `extra` is the colour */
	UNPACK_PIXELS, /* 4096 words 0x00RRGGBB, row by row */
	UNPACK_RGB24,  /* 3 x 1024 words: of each comb's 4 x 24 bits the lowest, the middle, the highest 32 */
	UNPACK_PALETTE4, /* `extra` colours (at most 16), padded to 4 words; then 512 words: 4 indices of a
			    comb in the low half, in the high half those of the comb 32 rows below */
	UNPACK_PALETTE8, /* `extra` colours (at most 256), padded to 4 words; then 1024 words: 4 indices of a
			    comb */
};

struct unpack_header {
	uint32_t serial; /* of the dispatch that wrote it; anything else: there is no header here */
	uint32_t tile;   /* number of the tile, and in the top 8 bits its coding */
	uint32_t at;     /* of the payload, in units of 16 bytes */
	uint32_t extra;
};

enum { UNPACK_UNIT = 16, UNPACK_PIXELS_BYTES = 64 * 64 * 4, UNPACK_RGB24_BYTES = 64 * 64 * 3 };

/* Bytes of payload that a header asks for; SIZE_MAX where it is none that damage.comp writes. */
size_t unpack_size(const struct unpack_header *header);

/*
 * Unpacks a whole tile to `pixels`, rows `stride` bytes apart. The header's size was checked. `stream`: past
 * the caches where the processor can; then `pixels` and `stride` are multiples of 32 and unpack_finish()
 * follows the last tile, before anybody else reads them.
 */
void unpack_tile(
	const struct unpack_header *header, const void *payload, uint8_t *pixels, size_t stride, bool stream);
void unpack_finish(void);

#endif
