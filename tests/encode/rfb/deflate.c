/* SPDX-License-Identifier: GPL-2.0-or-later */
/* zlib inflates what we deflate: data of many kinds and sizes, pieces in any order in one stream, and no
 * piece is larger than it may be or ends a stream. */
#include "encode/rfb/deflate.h"

#include <string.h>
#include <zlib.h>

#include "tests/encode/random.h"
#include "tests/test.h"

enum { MOST = 1 << 20 };

/* --- data --- */

typedef void fill_function(uint8_t *data, size_t size, struct random *random);

static void fill_noise(uint8_t *data, size_t size, struct random *random) {
	for (size_t i = 0; i < size; i++)
		data[i] = (uint8_t)random_below(random, 256);
}

static void fill_zeros(uint8_t *data, size_t size, struct random *random) {
	(void)random;
	memset(data, 0, size);
}

/* Mostly what was there some bytes, a pixel or a row before. */
static void fill_screen(uint8_t *data, size_t size, struct random *random) {
	static const uint32_t distances[] = {1, 3, 192, 4000, 32768, 40000};
	for (size_t i = 0; i < size;) {
		uint32_t distance = distances[random_below(random, 6)],
			 length = 1 + random_below(random, 700);
		for (; length && i < size; length--, i++)
			data[i] = distance <= i && random_below(random, 500)
					  ? data[i - distance]
					  : (uint8_t)random_below(random, 256);
	}
}

/* Each value is half as frequent as the one before, so that codes would be longer than they may. */
static void fill_skewed(uint8_t *data, size_t size, struct random *random) {
	for (size_t i = 0; i < size; i++)
		data[i] = (uint8_t)__builtin_ctz(random_below(random, 1u << 31) | 1u << 30);
}

static void fill_two(uint8_t *data, size_t size, struct random *random) {
	for (size_t i = 0; i < size; i++)
		data[i] = random_below(random, 20) ? 0x55 : 0xaa;
}

static void fill_ramp(uint8_t *data, size_t size, struct random *random) {
	(void)random;
	for (size_t i = 0; i < size; i++)
		data[i] = (uint8_t)(i * 7 + i / 256);
}

static fill_function *const kinds[] = {fill_noise, fill_zeros, fill_screen, fill_skewed, fill_two, fill_ramp};
enum { KINDS = sizeof kinds / sizeof *kinds };

/* --- checks --- */

struct stream {
	z_stream z;
	uint8_t out[MOST + 1];
};

static void begin(struct stream *stream) {
	stream->z = (z_stream){.next_in = (Bytef *)DEFLATE_BEGIN, .avail_in = DEFLATE_BEGIN_SIZE};
	CHECK(inflateInit(&stream->z) == Z_OK);
	stream->z.next_out = stream->out;
	stream->z.avail_out = sizeof stream->out;
	CHECK(inflate(&stream->z, Z_SYNC_FLUSH) == Z_OK);
}

static void check(
	struct stream *stream, const uint8_t *data, size_t size, const uint8_t *piece, size_t length) {
	stream->z.next_in = (Bytef *)piece;
	stream->z.avail_in = (uInt)length;
	stream->z.next_out = stream->out;
	stream->z.avail_out = sizeof stream->out;
	int status = inflate(&stream->z, Z_SYNC_FLUSH);
	CHECK_SAY(status == Z_OK || status == Z_BUF_ERROR, "%zu bytes: %s", size,
		stream->z.msg ? stream->z.msg : "?");
	CHECK(stream->z.avail_in == 0);
	CHECK_SAY((size_t)(stream->z.next_out - stream->out) == size, "%zu bytes became %zu", size,
		(size_t)(stream->z.next_out - stream->out));
	CHECK(memcmp(stream->out, data, size) == 0);
}

static uint8_t data[MOST], piece[MOST + MOST / 8 + 1024];

static size_t compress_into(struct deflate *deflate, size_t size, const struct deflate_steps *steps) {
	size_t bound = deflate_bound(size);
	CHECK(bound + 8 <= sizeof piece);
	memset(piece + bound, 0x5a, 8);
	size_t length = steps ? deflate_piece(deflate, data, size, steps, piece)
			      : deflate_bytes(deflate, data, size, piece);
	CHECK_SAY(length <= bound, "%zu bytes became %zu, more than %zu", size, length, bound);
	for (size_t i = 0; i < 8; i++)
		CHECK(piece[bound + i] == 0x5a);
	return length;
}

static size_t pick_size(struct random *random, int turn) {
	static const size_t sizes[] = {0, 1, 2, 3, 4, 7, 8, 9, 12, 13, 255, 257, 258, 259, 262, 32768, 32769,
		65535, 65536, 65537, 131070, MOST};
	enum { SIZES = sizeof sizes / sizeof *sizes };
	return turn < SIZES ? sizes[turn] : random_below(random, 1u << (4 + random_below(random, 14)));
}

static void try_kind(struct stream *stream, struct deflate *deflate, fill_function *fill, uint32_t seed) {
	static const struct deflate_steps steps[] = {{0, 0, DEFLATE_QUICK}, {1, 0, DEFLATE_THOROUGH},
		{1, 64, DEFLATE_QUICK}, {3, 192, DEFLATE_THOROUGH}, {4, 32768, DEFLATE_THOROUGH},
		{3, 40000, DEFLATE_QUICK}, {3, 192, DEFLATE_HASTY}, {1, 0, DEFLATE_HASTY},
		{5, 0, DEFLATE_HASTY}, {1, 0, DEFLATE_RUNS}, {3, 0, DEFLATE_RUNS}};
	enum { STEPS = sizeof steps / sizeof *steps + 1 };
	struct random random = {seed};
	for (int turn = 0; turn < 110; turn++) {
		size_t size = pick_size(&random, turn);
		fill(data, size, &random);
		const struct deflate_steps *step = turn % STEPS == STEPS - 1 ? NULL : &steps[turn % STEPS];
		check(stream, data, size, piece, compress_into(deflate, size, step));
	}
}

/* Pieces that were made by two contexts make one stream in any order. */
static void try_any_order(struct stream *stream) {
	static uint8_t texts[8][5000], pieces[8][8192];
	size_t lengths[8];
	struct deflate *deflate[2] = {deflate_create(), deflate_create()};
	struct random random = {99};
	CHECK(deflate[0] && deflate[1]);
	for (int i = 0; i < 8; i++) {
		fill_screen(texts[i], sizeof texts[i], &random);
		lengths[i] = deflate_piece(deflate[i % 2], texts[i], sizeof texts[i],
			&(struct deflate_steps){3, 100, (enum deflate_effort)(i % 4)}, pieces[i]);
	}
	for (int i = 0; i < 100; i++) {
		uint32_t which = random_below(&random, 8);
		check(stream, texts[which], sizeof texts[which], pieces[which], lengths[which]);
	}
	deflate_destroy(deflate[0]);
	deflate_destroy(deflate[1]);
}

/* Parts of one piece, whose steps are different. */
static size_t compress_parts(
	struct deflate *deflate, const uint8_t *begin, size_t size, size_t history, struct random *random) {
	const uint8_t *at = begin, *end = begin + size;
	deflate_begin(deflate, begin, history, piece);
	while (at < end) {
		size_t part = random_below(random, 4000);
		const struct deflate_steps steps = {
			1 + random_below(random, 4), 192, (enum deflate_effort)random_below(random, 4)};
		part = part < (size_t)(end - at) ? part : (size_t)(end - at);
		deflate_part(deflate, at, part, &steps);
		at += part;
		if (random_below(random, 2))
			deflate_codes(deflate, at);
	}
	return deflate_end(deflate, end);
}

static size_t compress_after(struct deflate *deflate, const uint8_t *begin, size_t size, size_t history) {
	deflate_begin(deflate, begin, history, piece);
	deflate_part(deflate, begin, size, &(struct deflate_steps){1, 0, DEFLATE_THOROUGH});
	return deflate_end(deflate, begin + size);
}

/* Pieces that follow each other refer to what came before, and to nothing that the receiver does not have. */
static void try_history(struct stream *stream, struct deflate *deflate) {
	struct random random = {7};
	size_t history = 0, at = 0, sum = 0;
	fill_screen(data, 400000, &random);
	while (at < 400000) {
		size_t size = 1 + random_below(&random, 9000), kept = history;
		if (random_below(&random, 12) == 0)
			kept = 0; /* one that stands alone */
		size = size < 400000 - at ? size : 400000 - at;
		size_t length = compress_parts(deflate, data + at, size, kept, &random);
		check(stream, data + at, size, piece, length);
		history = (kept ? history : 0) + size;
		history = history < DEFLATE_HISTORY ? history : DEFLATE_HISTORY;
		at += size;
	}
	fill_noise(data, 20000, &random);
	memcpy(data + 20000, data, 20000);
	for (size_t part = 0; part < 40000; part += 4000)
		sum += compress_after(deflate, data + part, 4000, part);
	CHECK_SAY(sum < 20000 + 1500, "%zu bytes", sum);
}

/* What repeats is not written again. */
static void try_ratio(struct deflate *deflate) {
	struct random random = {5};
	fill_noise(data, 3000, &random);
	for (size_t i = 3000; i < 300000; i++)
		data[i] = data[i - 3000];
	size_t by_row = compress_into(deflate, 300000, &(struct deflate_steps){3, 3000, DEFLATE_QUICK});
	CHECK_SAY(by_row < 3000 + 2300, "%zu", by_row);
	memset(data, 7, 300000);
	CHECK(compress_into(deflate, 300000, &(struct deflate_steps){3, 3000, DEFLATE_QUICK}) < 400);
	fill_two(data, 80000, &random);
	CHECK(compress_into(deflate, 80000, NULL) < 80000 / 8 + 1000);
}

int main(void) {
	static struct stream stream;
	struct deflate *deflate = deflate_create();
	CHECK(deflate);
	begin(&stream);
	for (uint32_t kind = 0; kind < KINDS; kind++)
		try_kind(&stream, deflate, kinds[kind], 17 + kind);
	try_any_order(&stream);
	try_history(&stream, deflate);
	try_ratio(deflate);
	inflateEnd(&stream.z);
	deflate_destroy(deflate);
	return 0;
}
