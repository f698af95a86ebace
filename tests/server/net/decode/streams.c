/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The decoder with hand-made streams: what it must draw, what it must refuse and why, and rubbish. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <jpeglib.h> /* needs stdio.h before it */

#include "capture/base/array.h"
#include "encode/rfb/bytes.h"
#include "tests/encode/random.h"
#include "tests/server/net/decode/decode.h"
#include "tests/test.h"

enum { WIDTH = 80, HEIGHT = 70, WIDE = 2100 };
enum {
	RAW,
	COPYRECT,
	RRE,
	HEXTILE = 5,
	ZLIB,
	TIGHT,
	ZRLE = 16,
	LAST_RECT = -224,
	QUALITY = -25,
	NO_ZLIB = -317
};

static const int32_t everything[] = {
	RAW, COPYRECT, RRE, HEXTILE, ZLIB, TIGHT, ZRLE, LAST_RECT, QUALITY, NO_ZLIB};

#define FORMAT(bits, depth, big, r, g, b, rs, gs, bs)                                                        \
	{ bits, depth, big, 1, (r) >> 8, (r)&255, (g) >> 8, (g)&255, (b) >> 8, (b)&255, rs, gs, bs }
static const uint8_t rgb32[16] = FORMAT(32, 24, 0, 255, 255, 255, 16, 8, 0);
static const uint8_t rgb16[16] = FORMAT(16, 16, 0, 31, 63, 31, 11, 5, 0);
static const uint8_t bgr8[16] = FORMAT(8, 8, 0, 7, 7, 3, 0, 3, 6);
static const uint8_t mapped[16] = {8, 8};

/* --- a stream that is being written --- */

struct stream {
	uint8_t bytes[256 << 10];
	size_t size;
	unsigned rectangles; /* in its one update */
	const uint8_t *format;
	z_stream deflaters[6]; /* four for Tight, and one each for zlib and ZRLE */
	bool deflates[6];
};
enum { OF_ZLIB = 4, OF_ZRLE };

static void add(struct stream *stream, const void *bytes, size_t size) {
	CHECK(stream->size + size <= sizeof stream->bytes);
	memcpy(stream->bytes + stream->size, bytes, size);
	stream->size += size;
}
#define ADD(stream, ...) add(stream, (const uint8_t[]){__VA_ARGS__}, sizeof((const uint8_t[]){__VA_ARGS__}))

static void rectangle(
	struct stream *stream, unsigned x, unsigned y, unsigned width, unsigned height, int32_t encoding) {
	uint8_t header[12];
	bytes_put16(header, (uint16_t)x);
	bytes_put16(header + 2, (uint16_t)y);
	bytes_put16(header + 4, (uint16_t)width);
	bytes_put16(header + 6, (uint16_t)height);
	bytes_put32(header + 8, (uint32_t)encoding);
	add(stream, header, sizeof header);
	stream->rectangles++;
}

static void length32(struct stream *stream, size_t length) {
	uint8_t bytes[4];
	bytes_put32(bytes, (uint32_t)length);
	add(stream, bytes, sizeof bytes);
}

static void compact_length(struct stream *stream, size_t length) {
	ADD(stream, (uint8_t)((length & 0x7f) | (length > 0x7f ? 0x80 : 0)));
	if (length > 0x7f)
		ADD(stream, (uint8_t)((length >> 7 & 0x7f) | (length > 0x3fff ? 0x80 : 0)));
	if (length > 0x3fff)
		ADD(stream, (uint8_t)(length >> 14));
}

/* Adds the next piece of that zlib stream, with its length before it as the encoding has it. */
static void deflated(struct stream *stream, int number, const void *bytes, size_t size, int flush) {
	static uint8_t out[128 << 10];
	z_stream *deflater = &stream->deflaters[number];
	if (!stream->deflates[number])
		CHECK(deflateInit(deflater, 6) == Z_OK);
	stream->deflates[number] = true;
	deflater->next_in = (Bytef *)bytes;
	deflater->avail_in = (uInt)size;
	deflater->next_out = out;
	deflater->avail_out = sizeof out;
	CHECK(deflate(deflater, flush) >= Z_OK && deflater->avail_out);
	if (number < OF_ZLIB)
		compact_length(stream, sizeof out - deflater->avail_out);
	else
		length32(stream, sizeof out - deflater->avail_out);
	add(stream, out, sizeof out - deflater->avail_out);
}
#define DEFLATED(stream, number, ...)                                                                        \
	deflated(stream, number, (const uint8_t[]){__VA_ARGS__}, sizeof((const uint8_t[]){__VA_ARGS__}),     \
		Z_SYNC_FLUSH)

static void begin(struct stream *stream) {
	stream->size = 0;
	stream->rectangles = 0;
	ADD(stream, 0, 0, 0, 0);
}

static void end(struct stream *stream) {
	if (stream->bytes[0] == 0)
		bytes_put16(stream->bytes + 2, (uint16_t)stream->rectangles);
}

static void forget_deflaters(struct stream *stream) {
	for (int i = 0; i < 6; i++)
		if (stream->deflates[i])
			deflateEnd(&stream->deflaters[i]);
	memset(stream->deflates, 0, sizeof stream->deflates);
}

/* --- the contents of the streams --- */

#define PIXEL(colour)  (uint8_t)(colour), (uint8_t)((colour) >> 8), (uint8_t)((colour) >> 16), 0
#define TPIXEL(colour) (uint8_t)((colour) >> 16), (uint8_t)((colour) >> 8), (uint8_t)(colour)
#define CPIXEL(colour) (uint8_t)(colour), (uint8_t)((colour) >> 8), (uint8_t)((colour) >> 16)
enum { A = 0x112233, B = 0xffeedd, C = 0x000001, D = 0x808080 };

static void raw(struct stream *stream) {
	rectangle(stream, 3, 2, 2, 1, RAW);
	ADD(stream, PIXEL(A), PIXEL(B));
}

static void copy_onto_itself(struct stream *stream) {
	rectangle(stream, 0, 0, 1, 3, RAW);
	ADD(stream, PIXEL(A), PIXEL(B), PIXEL(C));
	rectangle(stream, 0, 1, 1, 3, COPYRECT);
	ADD(stream, 0, 0, 0, 0);
}

static void rre(struct stream *stream) {
	rectangle(stream, 1, 1, 4, 2, RRE);
	ADD(stream, 0, 0, 0, 2, PIXEL(A), PIXEL(B), 0, 0, 0, 0, 0, 2, 0, 1, PIXEL(C), 0, 3, 0, 1, 0, 1, 0, 1);
}

static void hextile_carries_over(struct stream *stream) {
	rectangle(stream, 0, 0, 50, 1, HEXTILE);
	ADD(stream, 2 | 4 | 8, PIXEL(A), PIXEL(B), 1, 0x10, 0x10);
	ADD(stream, 0);                /* only the background, */
	ADD(stream, 8, 1, 0x00, 0x00); /* and the foreground of the previous tile */
	ADD(stream, 1, PIXEL(C), PIXEL(D));
}

static void hextile_coloured(struct stream *stream) {
	rectangle(stream, 0, 0, 3, 1, HEXTILE);
	ADD(stream, 2 | 8 | 16, PIXEL(A), 2, PIXEL(B), 0x00, 0x00, PIXEL(C), 0x20, 0x00);
}

static void zlib_is_one_stream(struct stream *stream) {
	rectangle(stream, 0, 0, 1, 1, ZLIB);
	DEFLATED(stream, OF_ZLIB, PIXEL(A));
	rectangle(stream, 1, 0, 1, 1, ZLIB);
	DEFLATED(stream, OF_ZLIB, PIXEL(B));
}

static void tight_fill(struct stream *stream) {
	rectangle(stream, 0, 0, 2, 2, TIGHT);
	ADD(stream, 0x80, TPIXEL(A));
}

static void tight_small(struct stream *stream) {
	rectangle(stream, 0, 0, 3, 1, TIGHT);
	ADD(stream, 0x00, TPIXEL(A), TPIXEL(B), TPIXEL(C));
}

static void tight_copy(struct stream *stream) {
	rectangle(stream, 0, 0, 4, 1, TIGHT);
	ADD(stream, 0x30);
	DEFLATED(stream, 3, TPIXEL(A), TPIXEL(B), TPIXEL(C), TPIXEL(D));
	rectangle(stream, 0, 1, 4, 1, TIGHT);
	ADD(stream, 0x30 | 0x40, 0);
	DEFLATED(stream, 3, TPIXEL(D), TPIXEL(C), TPIXEL(B), TPIXEL(A));
}

static void tight_two_colours(struct stream *stream) {
	rectangle(stream, 0, 0, 9, 2, TIGHT);
	ADD(stream, 0x50, 1, 1, TPIXEL(A), TPIXEL(B), 0x01, 0x80, 0x80, 0x00);
}

static void tight_three_colours(struct stream *stream) {
	rectangle(stream, 0, 0, 6, 2, TIGHT);
	ADD(stream, 0x60, 1, 2, TPIXEL(A), TPIXEL(B), TPIXEL(C));
	DEFLATED(stream, 2, 0, 1, 2, 2, 1, 0, 0, 0, 0, 1, 1, 1);
}

static void tight_gradient(struct stream *stream) {
	rectangle(stream, 0, 0, 2, 2, TIGHT);
	ADD(stream, 0x40, 2);
	/* above and to the left are 0x10, 0x20, 0xff: predicted is 0x20, 0x40 (0x30 + 0x30 - 0x20), 0xff */
	DEFLATED(stream, 0, 0x10, 0x20, 0xff, 0x00, 0x10, 0x00, 0x10, 0x10, 0x00, 0x02, 0xff, 0x01);
}

static void tight_without_zlib(struct stream *stream) {
	rectangle(stream, 0, 0, 4, 1, TIGHT);
	ADD(stream, 0xa0, 12, TPIXEL(A), TPIXEL(B), TPIXEL(C), TPIXEL(D));
	rectangle(stream, 0, 1, 2, 1, TIGHT);
	ADD(stream, 0xe0, 1, 1, TPIXEL(A), TPIXEL(B), 0x40);
}

static void tight_resets(struct stream *stream) {
	tight_copy(stream);
	deflateReset(&stream->deflaters[3]);
	rectangle(stream, 5, 0, 1, 1, TIGHT);
	ADD(stream, 0x88, TPIXEL(A)); /* a fill resets streams, too */
	rectangle(stream, 0, 0, 4, 1, TIGHT);
	ADD(stream, 0x30);
	DEFLATED(stream, 3, TPIXEL(B), TPIXEL(B), TPIXEL(B), TPIXEL(D));
}

static size_t make_jpeg(uint8_t **out, unsigned width, unsigned height) {
	struct jpeg_compress_struct jpeg;
	struct jpeg_error_mgr errors;
	unsigned long size = 0;
	uint8_t row[3 * 64];
	jpeg.err = jpeg_std_error(&errors);
	jpeg_create_compress(&jpeg);
	jpeg_mem_dest(&jpeg, out, &size);
	jpeg.image_width = width;
	jpeg.image_height = height;
	jpeg.input_components = 3;
	jpeg.in_color_space = JCS_RGB;
	jpeg_set_defaults(&jpeg);
	jpeg_set_quality(&jpeg, 100, TRUE);
	jpeg_start_compress(&jpeg, TRUE);
	memset(row, 0x80, sizeof row);
	while (jpeg.next_scanline < height)
		jpeg_write_scanlines(&jpeg, (JSAMPROW[]){row}, 1);
	jpeg_finish_compress(&jpeg);
	jpeg_destroy_compress(&jpeg);
	return size;
}

static void jpeg_of(struct stream *stream, unsigned width, unsigned height, size_t more, size_t less) {
	uint8_t *jpeg = NULL;
	size_t size = make_jpeg(&jpeg, width, height);
	rectangle(stream, 0, 0, 16, 8, TIGHT);
	ADD(stream, 0x90);
	compact_length(stream, size + more - less);
	add(stream, jpeg, size - less);
	while (more--)
		ADD(stream, 0);
	free(jpeg);
}

static void tight_jpeg(struct stream *stream) {
	jpeg_of(stream, 16, 8, 0, 0);
}

static void zrle_solid(struct stream *stream) {
	rectangle(stream, 0, 0, 65, 1, ZRLE);
	DEFLATED(stream, OF_ZRLE, 1, CPIXEL(A), 1, CPIXEL(B));
}

static void zrle_raw(struct stream *stream) {
	rectangle(stream, 0, 0, 2, 1, ZRLE);
	DEFLATED(stream, OF_ZRLE, 0, CPIXEL(A), CPIXEL(B));
}

/* Each row begins at a new byte. */
static void zrle_packed(struct stream *stream) {
	rectangle(stream, 0, 0, 3, 2, ZRLE);
	DEFLATED(stream, OF_ZRLE, 2, CPIXEL(A), CPIXEL(B), 0xa0, 0x40);
	rectangle(stream, 0, 2, 5, 2, ZRLE);
	DEFLATED(stream, OF_ZRLE, 3, CPIXEL(A), CPIXEL(B), CPIXEL(C), 0x19, 0x40, 0xaa, 0x80);
	rectangle(stream, 0, 4, 3, 1, ZRLE);
	DEFLATED(stream, OF_ZRLE, 5, CPIXEL(A), CPIXEL(B), CPIXEL(C), CPIXEL(D), CPIXEL(5), 0x43, 0x10);
}

static void zrle_runs(struct stream *stream) {
	rectangle(stream, 0, 0, 64, 9, ZRLE);
	DEFLATED(stream, OF_ZRLE, 128, CPIXEL(A), 0, CPIXEL(B), 254, CPIXEL(C), 255, 0, CPIXEL(D), 63);
	rectangle(stream, 0, 10, 64, 5, ZRLE);
	DEFLATED(stream, OF_ZRLE, 130, CPIXEL(A), CPIXEL(B), 0, 129, 255, 2, 0x80, 59, 1);
}

static void last_rect(struct stream *stream) {
	raw(stream);
	rectangle(stream, 0, 0, 0, 0, LAST_RECT);
	stream->rectangles = 0xffff;
}

/* --- what they must draw --- */

struct drawn {
	unsigned x, y;
	uint32_t pixel;
};

static const struct good {
	const char *what;
	void (*write)(struct stream *stream);
	struct drawn drawn[8];
} good[] = {
	{"Raw", raw, {{3, 2, A}, {4, 2, B}}},
	{"CopyRect onto itself", copy_onto_itself, {{0, 0, A}, {0, 1, A}, {0, 2, B}, {0, 3, C}}},
	{"RRE", rre, {{1, 1, B}, {2, 1, B}, {3, 1, A}, {4, 2, C}, {1, 2, A}}},
	{"Hextile that carries over", hextile_carries_over,
		{{0, 0, A}, {1, 0, B}, {2, 0, B}, {3, 0, A}, {16, 0, A}, {32, 0, B}, {48, 0, C}, {49, 0, D}}},
	{"Hextile in colours", hextile_coloured, {{0, 0, B}, {1, 0, A}, {2, 0, C}}},
	{"zlib", zlib_is_one_stream, {{0, 0, A}, {1, 0, B}}},
	{"Tight, filled", tight_fill, {{0, 0, A}, {1, 1, A}}},
	{"Tight, small", tight_small, {{0, 0, A}, {1, 0, B}, {2, 0, C}}},
	{"Tight, copied", tight_copy, {{0, 0, A}, {3, 0, D}, {0, 1, D}, {3, 1, A}}},
	{"Tight, two colours", tight_two_colours, {{0, 0, A}, {7, 0, B}, {8, 0, B}, {0, 1, B}, {8, 1, A}}},
	{"Tight, three colours", tight_three_colours, {{0, 0, A}, {1, 0, B}, {2, 0, C}, {5, 1, B}}},
	{"Tight, gradient", tight_gradient,
		{{0, 0, 0x1020ff}, {1, 0, 0x1030ff}, {0, 1, 0x2030ff}, {1, 1, 0x223f00}}},
	{"Tight without zlib", tight_without_zlib, {{0, 0, A}, {3, 0, D}, {0, 1, A}, {1, 1, B}}},
	{"Tight with resets", tight_resets, {{5, 0, A}, {0, 0, B}, {3, 0, D}, {3, 1, A}}},
	{"Tight, JPEG", tight_jpeg, {{0, 0, D}, {15, 7, D}}},
	{"ZRLE, solid", zrle_solid, {{0, 0, A}, {63, 0, A}, {64, 0, B}}},
	{"ZRLE, raw", zrle_raw, {{0, 0, A}, {1, 0, B}}},
	{"ZRLE, packed", zrle_packed,
		{{0, 0, B}, {1, 0, A}, {2, 0, B}, {1, 1, B}, {1, 2, B}, {3, 2, B}, {4, 3, C}, {1, 4, D}}},
	{"ZRLE, runs", zrle_runs,
		{{0, 0, A}, {1, 0, B}, {63, 3, B}, {0, 4, C}, {63, 7, C}, {0, 8, D}, {1, 10, B},
			{63, 14, B}}},
	{"LastRect", last_rect, {{3, 2, A}}},
};

static struct stream stream;

static int read_stream(struct decoder *decoder, struct reason *reason) {
	struct source source;
	source_memory(&source, stream.bytes, stream.size);
	int result = decode_message(decoder, &source, reason);
	if (result >= 0 && source.size)
		return reason_set(reason, -1, "%zu bytes of the stream were not read", source.size);
	return result;
}

static void open_decoder(struct decoder *decoder, const uint8_t *format) {
	CHECK(decode_init(decoder, WIDTH, HEIGHT) == 0);
	decode_set_format(decoder, format);
	decode_set_encodings(decoder, everything, ARRAY_LEN(everything));
}

static void draws(const struct good *row) {
	struct decoder decoder;
	struct reason reason = {""};
	open_decoder(&decoder, rgb32);
	begin(&stream);
	row->write(&stream);
	end(&stream);
	CHECK_SAY(read_stream(&decoder, &reason) == 0, "%s: %s", row->what, reason.text);
	for (size_t i = 0; i < 8 && (row->drawn[i].pixel || i == 0); i++) {
		size_t at = row->drawn[i].y * WIDTH + row->drawn[i].x;
		CHECK_SAY(decoder.kinds[at] != DECODED_NOTHING && decoder.pixels[at] == row->drawn[i].pixel,
			"%s: %06x at %u,%u, expected %06x", row->what, decoder.pixels[at], row->drawn[i].x,
			row->drawn[i].y, row->drawn[i].pixel);
	}
	decode_finish(&decoder);
	forget_deflaters(&stream);
}

/* --- what is refused --- */

#define BAD(name, ...)                                                                                       \
	static void name(struct stream *s) {                                                                 \
		__VA_ARGS__;                                                                                 \
	}
#define PLAIN(name, x, y, w, h, encoding, ...)                                                               \
	BAD(name, rectangle(s, x, y, w, h, encoding); ADD(s, __VA_ARGS__))
#define ZRLE_OF(name, w, h, ...) BAD(name, rectangle(s, 0, 0, w, h, ZRLE); DEFLATED(s, OF_ZRLE, __VA_ARGS__))

PLAIN(outside, 79, 0, 2, 1, RAW, 0)
PLAIN(unknown, 0, 0, 1, 1, 21, 0)
PLAIN(cut, 0, 0, 2, 1, RAW, PIXEL(A))
BAD(cut_header, rectangle(s, 0, 0, 2, 1, RAW); s->size -= 3)
BAD(cut_update, raw(s); s->rectangles++)
PLAIN(copy_outside, 0, 0, 2, 2, COPYRECT, 0, 79, 0, 0)
PLAIN(rre_outside, 0, 0, 2, 2, RRE, 0, 0, 0, 1, PIXEL(A), PIXEL(B), 0, 1, 0, 0, 0, 2, 0, 1)
PLAIN(rre_empty, 0, 0, 2, 2, RRE, 0, 0, 0, 1, PIXEL(A), PIXEL(B), 0, 1, 0, 0, 0, 0, 0, 1)
PLAIN(rre_background, 0, 0, 2, 2, RRE, 0, 0, 0, 1, PIXEL(A), PIXEL(A), 0, 1, 0, 0, 0, 1, 0, 1)
PLAIN(rre_endless, 0, 0, 2, 2, RRE, 255, 255, 255, 255, PIXEL(A), PIXEL(B), 0, 1, 0, 0, 0, 1, 0, 1)
PLAIN(hextile_no_background, 0, 0, 1, 1, HEXTILE, 0)
PLAIN(hextile_no_foreground, 0, 0, 1, 1, HEXTILE, 2 | 8, PIXEL(A), 1, 0, 0)
PLAIN(hextile_both, 0, 0, 1, 1, HEXTILE, 2 | 4 | 8 | 16, PIXEL(A), PIXEL(B), 1, PIXEL(A), 0, 0)
PLAIN(hextile_undefined, 0, 0, 1, 1, HEXTILE, 32 | 2, PIXEL(A))
PLAIN(hextile_outside, 0, 0, 17, 1, HEXTILE, 2, PIXEL(A), 4 | 8, PIXEL(B), 1, 0x00, 0x10)
PLAIN(hextile_after_raw, 0, 0, 17, 1, HEXTILE, 1, PIXEL(A), PIXEL(A), PIXEL(A), PIXEL(A), PIXEL(A), PIXEL(A),
	PIXEL(A), PIXEL(A), PIXEL(A), PIXEL(A), PIXEL(A), PIXEL(A), PIXEL(A), PIXEL(A), PIXEL(A), PIXEL(A), 0)
PLAIN(hextile_after_coloured, 0, 0, 33, 1, HEXTILE, 2 | 4, PIXEL(A), PIXEL(B), 8 | 16, 1, PIXEL(C), 0, 0, 8,
	1, 0, 0)
BAD(zlib_short, rectangle(s, 0, 0, 2, 1, ZLIB); DEFLATED(s, OF_ZLIB, PIXEL(A)))
BAD(zlib_long, rectangle(s, 0, 0, 1, 1, ZLIB); DEFLATED(s, OF_ZLIB, PIXEL(A), PIXEL(A)))
BAD(zlib_end, rectangle(s, 0, 0, 1, 1, ZLIB); deflated(s, OF_ZLIB, (const uint8_t[]){PIXEL(A)}, 4, Z_FINISH))
PLAIN(zlib_rubbish, 0, 0, 1, 1, ZLIB, 0, 0, 0, 4, 1, 2, 3, 4)
PLAIN(zlib_cut, 0, 0, 1, 1, ZLIB, 255, 255, 255, 255, 0x78, 0x9c)
PLAIN(tight_invalid, 0, 0, 1, 1, TIGHT, 0xb0)
PLAIN(tight_filter, 0, 0, 1, 1, TIGHT, 0x40, 3)
PLAIN(tight_one_colour, 0, 0, 1, 1, TIGHT, 0x40, 1, 0, TPIXEL(A))
PLAIN(tight_index, 0, 0, 1, 1, TIGHT, 0x40, 1, 2, TPIXEL(A), TPIXEL(B), TPIXEL(C), 3)
PLAIN(tight_length, 0, 0, 4, 1, TIGHT, 0x00, 0x85, 0x00)
PLAIN(tight_longer_length, 0, 0, 4, 1, TIGHT, 0x00, 0x85, 0x85, 0x00)
PLAIN(tight_unzipped, 0, 0, 4, 1, TIGHT, 0xa0, 11, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0)
BAD(tight_other_stream, tight_copy(s); rectangle(s, 0, 0, 4, 1, TIGHT); ADD(s, 0x20);
	DEFLATED(s, 3, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11))
BAD(tight_reset, tight_copy(s); rectangle(s, 0, 0, 4, 1, TIGHT); ADD(s, 0x38);
	DEFLATED(s, 3, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11))
BAD(tight_short, rectangle(s, 0, 0, 4, 2, TIGHT); ADD(s, 0x00);
	DEFLATED(s, 0, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11))
BAD(jpeg_size, jpeg_of(s, 8, 8, 0, 0))
BAD(jpeg_more, jpeg_of(s, 16, 8, 1, 0))
BAD(jpeg_less, jpeg_of(s, 16, 8, 0, 20))
PLAIN(jpeg_empty, 0, 0, 16, 8, TIGHT, 0x90, 0)
ZRLE_OF(zrle_unused, 1, 1, 17, 0)
ZRLE_OF(zrle_129, 1, 1, 129, CPIXEL(A), 0)
ZRLE_OF(zrle_index, 1, 1, 3, CPIXEL(A), CPIXEL(B), CPIXEL(C), 0xc0)
ZRLE_OF(zrle_run_index, 2, 1, 130, CPIXEL(A), CPIXEL(B), 2)
ZRLE_OF(zrle_run, 2, 1, 128, CPIXEL(A), 2)
ZRLE_OF(zrle_palette_run, 2, 1, 130, CPIXEL(A), CPIXEL(B), 0x80, 255, 255, 255, 0)
ZRLE_OF(zrle_over, 1, 1, 1, CPIXEL(A), 0)
ZRLE_OF(zrle_under, 65, 1, 1, CPIXEL(A))
ZRLE_OF(zrle_half, 2, 1, 0, CPIXEL(A), 0)
BAD(early_last_rect, rectangle(s, 0, 0, 0, 0, LAST_RECT); raw(s))

static const struct bad {
	const char *why;
	void (*write)(struct stream *stream);
} bad[] = {
	{"outside of the framebuffer", outside},
	{"not asked for: 21", unknown},
	{"the stream ends", cut},
	{"the stream ends", cut_header},
	{"ends before rectangle 2 of 2", cut_update},
	{"CopyRect from outside", copy_outside},
	{"subrectangle 0 of 1 is outside", rre_outside},
	{"subrectangle 0 of 1 is outside", rre_empty},
	{"of the background's colour", rre_background},
	{"the stream ends", rre_endless},
	{"no background", hextile_no_background},
	{"no foreground", hextile_no_foreground},
	{"a foreground and coloured", hextile_both},
	{"undefined bits", hextile_undefined},
	{"reaches out of the tile", hextile_outside},
	{"no background", hextile_after_raw},
	{"no foreground", hextile_after_coloured},
	{"4 bytes come out of zlib, 8 are needed", zlib_short},
	{"more than 4 bytes", zlib_long},
	{"the zlib stream ends", zlib_end},
	{"zlib: ", zlib_rubbish},
	{"the stream ends inside", zlib_cut},
	{"invalid compression control", tight_invalid},
	{"unknown filter", tight_filter},
	{"a palette of one", tight_one_colour},
	{"index 3 into a palette of 3", tight_index},
	{"a length of one byte in two", tight_length},
	{"a length of two bytes in three", tight_longer_length},
	{"11 bytes come without zlib, 12", tight_unzipped},
	{"zlib: ", tight_other_stream},
	{"zlib: ", tight_reset},
	{"12 bytes come out of zlib, 24", tight_short},
	{"a JPEG of 8x8", jpeg_size},
	{"1 bytes are left over", jpeg_more},
	{"JPEG: ", jpeg_less},
	{"JPEG: ", jpeg_empty},
	{"unused subencoding 17", zrle_unused},
	{"unused subencoding 129", zrle_129},
	{"index 3 into a palette of 3", zrle_index},
	{"index 2 into a palette of 2", zrle_run_index},
	{"a run of 3 where 2", zrle_run},
	{"where 2 pixels are left", zrle_palette_run},
	{"1 bytes of 5 are left over", zrle_over},
	{"ends inside the tile at 64,0", zrle_under},
	{"ends inside the tile at 0,0", zrle_half},
	{"were not read", early_last_rect},
};

static void refuses(const struct bad *row) {
	struct decoder decoder;
	struct reason reason = {""};
	open_decoder(&decoder, rgb32);
	begin(&stream);
	row->write(&stream);
	end(&stream);
	CHECK_SAY(read_stream(&decoder, &reason) < 0 && strstr(reason.text, row->why),
		"\"%s\" instead of \"%s\"", reason.text, row->why);
	decode_finish(&decoder);
	forget_deflaters(&stream);
}

/* Refusals that depend on the format, on what was asked for, and on the framebuffer. */
static void refuses_for(
	const uint8_t *format, size_t asked, void (*write)(struct stream *), const char *why) {
	struct decoder decoder;
	struct reason reason = {""};
	CHECK(decode_init(&decoder, WIDE, HEIGHT) == 0);
	decode_set_format(&decoder, format);
	decode_set_encodings(&decoder, everything, asked);
	begin(&stream);
	write(&stream);
	end(&stream);
	CHECK_SAY(read_stream(&decoder, &reason) < 0 && strstr(reason.text, why), "\"%s\" instead of \"%s\"",
		reason.text, why);
	decode_finish(&decoder);
	forget_deflaters(&stream);
}

PLAIN(too_wide, 0, 0, 2049, 1, TIGHT, 0x80, TPIXEL(A))
PLAIN(gradient_8, 0, 0, 1, 1, TIGHT, 0x40, 2, 0)
BAD(colour_map_message, s->size = 0; ADD(s, 1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0))
BAD(colour_map_257, s->size = 0; ADD(s, 1, 0, 0, 1, 1, 0))
BAD(bell, s->size = 0; ADD(s, 2, 0, 0, 0))

static void refuses_by_circumstance(void) {
	size_t all = ARRAY_LEN(everything);
	refuses_for(rgb32, all, too_wide, "wider than 2048");
	refuses_for(bgr8, all, tight_jpeg, "JPEG for 8 bits");
	refuses_for(mapped, all, tight_jpeg, "JPEG for 8 bits");
	refuses_for(bgr8, all, gradient_8, "gradient filter for 8 bits");
	refuses_for(rgb32, 8, tight_jpeg, "no quality was asked for");
	refuses_for(rgb32, 9, tight_without_zlib, "without zlib, which was not asked for");
	refuses_for(rgb32, 7, last_rect, "not asked for: -224");
	refuses_for(rgb32, 2, rre, "not asked for: 2");
	refuses_for(bgr8, all, colour_map_message, "a colour map for a true-colour format");
	refuses_for(mapped, all, colour_map_257, "a colour map of 256 colours from 1");
	refuses_for(rgb32, all, bell, "a message 2");
}

/* --- formats --- */

/* Which bits of a colour are in CPIXEL, TPIXEL and PIXEL. */
static const struct {
	const char *what;
	uint8_t format[16];
	uint8_t zrle[4], tight[4]; /* the bytes of the pixel that are sent */
	unsigned zrle_size, tight_size;
	uint32_t pixel;
} pixels[] = {
	{"888", FORMAT(32, 24, 0, 255, 255, 255, 16, 8, 0), {3, 2, 1}, {1, 2, 3}, 3, 3, 0x010203},
	{"888, upper", FORMAT(32, 24, 0, 255, 255, 255, 24, 16, 8), {3, 2, 1}, {1, 2, 3}, 3, 3, 0x01020300},
	{"888, big-endian", FORMAT(32, 24, 1, 255, 255, 255, 16, 8, 0), {1, 2, 3}, {1, 2, 3}, 3, 3, 0x010203},
	{"888, upper, big-endian", FORMAT(32, 24, 1, 255, 255, 255, 24, 16, 8), {1, 2, 3}, {1, 2, 3}, 3, 3,
		0x01020300},
	{"888 across", FORMAT(32, 24, 0, 255, 255, 255, 20, 12, 4), {0x30, 0x20, 0x10, 0}, {1, 2, 3}, 4, 3,
		0x00102030},
	{"888 at both ends", FORMAT(32, 24, 0, 255, 255, 255, 24, 8, 0), {3, 2, 0, 1}, {1, 2, 3}, 4, 3,
		0x01000203},
	{"depth 32", FORMAT(32, 32, 0, 255, 255, 255, 16, 8, 0), {3, 2, 1, 0}, {3, 2, 1, 0}, 4, 4, 0x010203},
	{"565 of 32 bits in the middle", FORMAT(32, 16, 0, 31, 63, 31, 19, 13, 8), {0, 3, 2}, {0, 3, 2, 0}, 3,
		4, 0x020300},
	{"the same, big-endian", FORMAT(32, 16, 1, 31, 63, 31, 19, 13, 8), {2, 3, 0}, {0, 2, 3, 0}, 3, 4,
		0x020300},
	{"2-10-10-10", FORMAT(32, 30, 0, 1023, 1023, 1023, 20, 10, 0), {4, 3, 2, 1}, {4, 3, 2, 1}, 4, 4,
		0x01020304},
	{"565", FORMAT(16, 16, 0, 31, 63, 31, 11, 5, 0), {2, 1}, {2, 1}, 2, 2, 0x0102},
	{"565, big-endian", FORMAT(16, 16, 1, 31, 63, 31, 11, 5, 0), {1, 2}, {1, 2}, 2, 2, 0x0102},
	{"332", FORMAT(8, 8, 0, 7, 7, 3, 5, 2, 0), {9}, {9}, 1, 1, 9},
	{"a colour map", {8, 8}, {9}, {9}, 1, 1, 9},
};

static void knows_formats(void) {
	for (size_t i = 0; i < ARRAY_LEN(pixels); i++) {
		struct decoder decoder;
		struct reason reason = {""};
		uint8_t solid[5] = {1};
		open_decoder(&decoder, pixels[i].format);
		begin(&stream);
		rectangle(&stream, 0, 0, 1, 1, ZRLE);
		memcpy(solid + 1, pixels[i].zrle, 4);
		deflated(&stream, OF_ZRLE, solid, 1 + pixels[i].zrle_size, Z_SYNC_FLUSH);
		rectangle(&stream, 1, 0, 1, 1, TIGHT);
		ADD(&stream, 0x80);
		add(&stream, pixels[i].tight, pixels[i].tight_size);
		end(&stream);
		CHECK_SAY(read_stream(&decoder, &reason) == 0, "%s: %s", pixels[i].what, reason.text);
		CHECK_SAY(decoder.pixels[0] == pixels[i].pixel && decoder.pixels[1] == pixels[i].pixel,
			"%s: %08x in ZRLE, %08x in Tight, expected %08x", pixels[i].what, decoder.pixels[0],
			decoder.pixels[1], pixels[i].pixel);
		decode_finish(&decoder);
		forget_deflaters(&stream);
	}
}

/* The gradient filter with 16 bits: channels of 5, 6 and 5 bits, each predicted by itself. */
static void predicts_in_16_bits(void) {
	struct decoder decoder;
	struct reason reason = {""};
	open_decoder(&decoder, rgb16);
	begin(&stream);
	rectangle(&stream, 0, 0, 3, 2, TIGHT);
	ADD(&stream, 0x40, 2);
	/* 31,63,31 and a difference of 1: wraps to 0; then 0 + ... is predicted from the left and from
	 * above */
	DEFLATED(&stream, 0, 0xff, 0xff, 0x21, 0x08, 0x21, 0x08, 0, 0, 0, 0, 0, 0);
	end(&stream);
	CHECK_SAY(read_stream(&decoder, &reason) == 0, "%s", reason.text);
	CHECK(decoder.pixels[0] == 0xffff && decoder.pixels[1] == 0 && decoder.pixels[2] == 0x0821);
	CHECK(decoder.pixels[WIDTH] == 0xffff && decoder.pixels[WIDTH + 1] == 0 &&
		decoder.pixels[WIDTH + 2] == 0x0821);
	decode_finish(&decoder);
	forget_deflaters(&stream);
}

static void reads_colour_maps(void) {
	struct decoder decoder;
	struct reason reason = {""};
	open_decoder(&decoder, mapped);
	begin(&stream);
	stream.size = 0;
	ADD(&stream, 1, 0, 0, 7, 0, 1, 0x11, 0, 0x22, 0, 0x33, 0);
	CHECK(read_stream(&decoder, &reason) == 1 && decoder.colours[7] == 0x112233);
	decode_finish(&decoder);
}

/* --- rubbish --- */

enum { SPOILT = 10000, MOST_RUBBISH = 400 };

/* Good streams with some bytes changed or cut off, and noise. */
static void survives_rubbish(void) {
	static const uint8_t *const formats[] = {rgb32, rgb16, bgr8, mapped};
	struct random random = {.state = 12};
	struct reason reason;
	unsigned refused = 0;
	for (unsigned i = 0; i < SPOILT; i++) {
		struct decoder decoder;
		open_decoder(&decoder, formats[random_below(&random, 4)]);
		begin(&stream);
		if (i % 8)
			good[i % (ARRAY_LEN(good))].write(&stream);
		else
			for (unsigned n = random_below(&random, MOST_RUBBISH); n; n--)
				ADD(&stream, (uint8_t)random_next(&random));
		end(&stream);
		for (unsigned n = 1 + random_below(&random, 4); n; n--)
			stream.bytes[random_below(&random, (uint32_t)stream.size)] =
				(uint8_t)random_next(&random);
		if (random_below(&random, 4) == 0)
			stream.size = random_below(&random, (uint32_t)stream.size + 1);
		stream.bytes[0] = random_below(&random, 16) ? 0 : stream.bytes[0];
		refused += read_stream(&decoder, &reason) < 0;
		decode_finish(&decoder);
		forget_deflaters(&stream);
	}
	CHECK_SAY(refused > SPOILT / 2, "%u of %d refused", refused, SPOILT);
}

int main(void) {
	for (size_t i = 0; i < ARRAY_LEN(good); i++)
		draws(&good[i]);
	for (size_t i = 0; i < ARRAY_LEN(bad); i++)
		refuses(&bad[i]);
	refuses_by_circumstance();
	knows_formats();
	predicts_in_16_bits();
	reads_colour_maps();
	survives_rubbish();
	return 0;
}
