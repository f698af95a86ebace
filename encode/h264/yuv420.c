/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "encode/h264/yuv420.h"

enum { AT_ONCE = 64 /* pixels, so that what is in between fits into the processor's nearest memory */ };

/* All fits into 16 bits, of which vectors have twice as many as of 32: the factors are 256ths, and the sum of
 * luma's is 220 of them. */
static uint8_t luma_of(uint16_t red, uint16_t green, uint16_t blue) {
	return (uint8_t)(((uint16_t)(66 * red + 129 * green + 25 * blue + 128) >> 8) + 16);
}

static uint8_t cb_of(int16_t red, int16_t green, int16_t blue) {
	return (uint8_t)(((int16_t)(-38 * red - 74 * green + 112 * blue + 128) >> 8) + 128);
}

static uint8_t cr_of(int16_t red, int16_t green, int16_t blue) {
	return (uint8_t)(((int16_t)(112 * red - 94 * green - 18 * blue + 128) >> 8) + 128);
}

static void convert_luma(const uint32_t *pixels, unsigned width, uint8_t *restrict luma) {
	for (unsigned x = 0; x < width; x++)
		luma[x] = luma_of(pixels[x] >> 16 & 0xff, pixels[x] >> 8 & 0xff, pixels[x] & 0xff);
}

/* The mean of four pixels, for which two channels are added up in one number. */
static void convert_chroma(const uint32_t *upper, const uint32_t *lower, unsigned pairs, uint8_t *restrict cb,
	uint8_t *restrict cr) {
	uint32_t outer[AT_ONCE / 2], green[AT_ONCE / 2];
	for (unsigned x = 0; x < pairs; x++) {
		const uint32_t *a = upper + (size_t)2 * x, *b = lower + (size_t)2 * x;
		outer[x] = (a[0] & 0xff00ff) + (a[1] & 0xff00ff) + (b[0] & 0xff00ff) + (b[1] & 0xff00ff) +
			   0x20002;
		green[x] =
			(a[0] >> 8 & 0xff) + (a[1] >> 8 & 0xff) + (b[0] >> 8 & 0xff) + (b[1] >> 8 & 0xff) + 2;
	}
	for (unsigned x = 0; x < pairs; x++) {
		int16_t red = (int16_t)(outer[x] >> 18), blue = (int16_t)(outer[x] >> 2 & 0xff);
		int16_t middle = (int16_t)(green[x] >> 2);
		cb[x] = cb_of(red, middle, blue);
		cr[x] = cr_of(red, middle, blue);
	}
}

static void put_pairs(uint8_t *restrict to, const uint8_t *cb, const uint8_t *cr, unsigned pairs) {
	for (unsigned x = 0; x < pairs; x++) {
		to[2 * x] = cb[x];
		to[2 * x + 1] = cr[x];
	}
}

static void convert_chroma_rows(
	const struct yuv420 *yuv, const uint32_t *upper, const uint32_t *lower, unsigned row) {
	uint8_t *cb = yuv->cb + row * yuv->chroma_stride, *cr = yuv->cr + row * yuv->chroma_stride;
	uint8_t some_cb[AT_ONCE / 2], some_cr[AT_ONCE / 2];
	for (unsigned x = 0; x < yuv->width; x += AT_ONCE) {
		unsigned some = yuv->width - x < AT_ONCE ? yuv->width - x : AT_ONCE;
		if (!yuv->pairs) {
			convert_chroma(upper + x, lower + x, some / 2, cb + x / 2, cr + x / 2);
			continue;
		}
		convert_chroma(upper + x, lower + x, some / 2, some_cb, some_cr);
		put_pairs(cb + x, some_cb, some_cr, some / 2);
	}
}

void yuv420_convert(const struct yuv420 *yuv, const uint32_t *pixels, size_t stride) {
	for (unsigned y = 0; y < yuv->height; y += 2) {
		const uint32_t *upper = pixels + y * stride, *lower = upper + stride;
		convert_luma(upper, yuv->width, yuv->luma + y * yuv->luma_stride);
		convert_luma(lower, yuv->width, yuv->luma + (y + 1) * yuv->luma_stride);
		convert_chroma_rows(yuv, upper, lower, y / 2);
	}
}
