/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * deflate: compresses pieces of a screen, by RFC 1951. It is quick where screens are simple: it looks for
 * what repeats the pixel before, the row above, or the last place with the same four bytes, and at nothing
 * else.
 *
 * A piece is never the last one of its stream, and ends at a whole byte. Unless it is told of a history, it
 * refers to nothing before it. Such pieces can be joined in any order, and any stream of zlib that has begun
 * (DEFLATE_BEGIN) can go on with any of them.
 */
#ifndef ZEROVNC_DEFLATE_H
#define ZEROVNC_DEFLATE_H

#include <stddef.h>
#include <stdint.h>

/* What a stream of zlib begins with: RFC 1950, a window of 32 KB, no dictionary. */
#define DEFLATE_BEGIN "\x78\x01"
enum { DEFLATE_BEGIN_SIZE = 2 };

struct deflate;

/* NULL: out of memory. One thread at a time may use it. */
struct deflate *deflate_create(void);
/* Takes NULL. */
void deflate_destroy(struct deflate *deflate);

/* How large a piece of so many bytes may become. */
size_t deflate_bound(size_t size);

enum deflate_effort {
	DEFLATE_QUICK,
	DEFLATE_THOROUGH, /* the data are few, so that it is worth looking for more */
	DEFLATE_HASTY,    /* hardly anything repeats: looks for two pixels that do, at whole pixels */
	/* Runs of pixels, of which sequences repeat. Each pixel is followed by the length of its run: any
	 * number of bytes of 255, and one that is less. */
	DEFLATE_RUNS,
};

/* What is known of the data. */
struct deflate_steps {
	size_t pixel, row; /* in which steps they are likely to repeat, in bytes; 0: unknown */
	enum deflate_effort effort;
};

/* Writes a piece that stands alone, and returns its size. `to` has deflate_bound(size) bytes, and does not
 * overlap `data`. `size` is at most 2^30. */
size_t deflate_piece(struct deflate *deflate, const uint8_t *data, size_t size,
	const struct deflate_steps *steps, uint8_t *to);

/*
 * The same in parts, of which the data are different: each begins where the one before ended. After
 * deflate_codes() at the end of a part, the next ones have other codes. deflate_end() is told where the last
 * one ended, and returns the size of all. So many bytes of
 * `history` in front of the data are what this context compressed last, and the receiver has them: the piece
 * may refer to them, and belongs behind that one. At most DEFLATE_HISTORY. 0: it stands alone. All is
 * borrowed until deflate_end().
 */
void deflate_begin(struct deflate *deflate, const uint8_t *data, size_t history, uint8_t *to);
void deflate_part(
	struct deflate *deflate, const uint8_t *data, size_t size, const struct deflate_steps *steps);
void deflate_codes(struct deflate *deflate, const uint8_t *end);
size_t deflate_end(struct deflate *deflate, const uint8_t *end);
enum { DEFLATE_HISTORY = 1 << 15 };

/* As deflate_piece(), for data in which nothing repeats, but some bytes are more frequent than others. */
size_t deflate_bytes(struct deflate *deflate, const uint8_t *data, size_t size, uint8_t *to);

#endif
