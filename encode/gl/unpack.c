/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "encode/gl/unpack.h"

#include <stdbool.h>
#include <string.h>

#if defined(__x86_64__)
#include <immintrin.h>
#define WITH_AVX2 1
#endif

enum { SIDE = 64, QUADS = SIDE / 4 };

static uint32_t palette_bytes(uint32_t colours) {
	return (colours + 3) / 4 * 16;
}

size_t unpack_size(const struct unpack_header *header) {
	switch (header->tile >> 24) {
	case UNPACK_SOLID:
		return 0;
	case UNPACK_PIXELS:
		return UNPACK_PIXELS_BYTES;
	case UNPACK_RGB24:
		return UNPACK_RGB24_BYTES;
	case UNPACK_PALETTE4:
		return header->extra <= 16 ? palette_bytes(header->extra) + SIDE * SIDE / 2 : SIZE_MAX;
	case UNPACK_PALETTE8:
		return header->extra <= 256 ? palette_bytes(header->extra) + SIDE * SIDE : SIZE_MAX;
	default:
		return SIZE_MAX;
	}
}

static void unpack_solid(uint32_t colour, uint8_t *pixels, size_t stride) {
	for (int y = 0; y < SIDE; y++) {
		uint32_t *row = (uint32_t *)(pixels + (size_t)y * stride);
		for (int x = 0; x < SIDE; x++)
			row[x] = colour;
	}
}

static void unpack_pixels(const uint8_t *from, uint8_t *pixels, size_t stride) {
	for (int y = 0; y < SIDE; y++)
		memcpy(pixels + (size_t)y * stride, from + y * SIDE * 4, SIDE * 4);
}

static void unpack_palette8(const uint32_t *palette, const uint32_t *from, uint8_t *pixels, size_t stride) {
	for (int y = 0; y < SIDE; y++) {
		uint32_t *row = (uint32_t *)(pixels + (size_t)y * stride);
		for (int quad = 0; quad < QUADS; quad++) {
			uint32_t word = *from++;
			row[4 * quad] = palette[word & 255];
			row[4 * quad + 1] = palette[word >> 8 & 255];
			row[4 * quad + 2] = palette[word >> 16 & 255];
			row[4 * quad + 3] = palette[word >> 24];
		}
	}
}

/* ---- plain ---- */

static void unpack_rgb24(const uint32_t *from, uint8_t *pixels, size_t stride) {
	for (int y = 0; y < SIDE; y++) {
		uint32_t *row = (uint32_t *)(pixels + (size_t)y * stride);
		for (int quad = 0; quad < QUADS; quad++, from += 3) {
			row[4 * quad] = from[0] & 0xffffff;
			row[4 * quad + 1] = from[0] >> 24 | (from[1] & 0xffff) << 8;
			row[4 * quad + 2] = from[1] >> 16 | (from[2] & 0xff) << 16;
			row[4 * quad + 3] = from[2] >> 8;
		}
	}
}

static void unpack_palette4(
	const uint32_t palette[16], const uint32_t *from, uint8_t *pixels, size_t stride) {
	for (int y = 0; y < SIDE / 2; y++) {
		uint32_t *upper = (uint32_t *)(pixels + (size_t)y * stride);
		uint32_t *lower = (uint32_t *)(pixels + (size_t)(y + SIDE / 2) * stride);
		for (int quad = 0; quad < QUADS; quad++) {
			uint32_t word = *from++;
			for (int i = 0; i < 4; i++) {
				upper[4 * quad + i] = palette[word >> (4 * i) & 15];
				lower[4 * quad + i] = palette[word >> (16 + 4 * i) & 15];
			}
		}
	}
}

/* ---- AVX2 ---- */

#if WITH_AVX2
#define AVX2 __attribute__((target("avx2")))

AVX2 static inline void put_avx2(uint8_t *to, __m256i pixels, bool stream) {
	if (stream)
		_mm256_stream_si256((__m256i *)to, pixels);
	else
		_mm256_storeu_si256((__m256i *)to, pixels);
}

AVX2 static void unpack_solid_avx2(uint32_t colour, uint8_t *pixels, size_t stride, bool stream) {
	__m256i eight = _mm256_set1_epi32((int)colour);
	for (int y = 0; y < SIDE; y++) {
		for (int i = 0; i < SIDE / 8; i++)
			put_avx2(pixels + (size_t)y * stride + i * 32, eight, stream);
	}
}

/* 8 pixels in 24 bytes: as the 16 that they begin with and the 16 that they end with. */
AVX2 static void unpack_rgb24_avx2(const uint8_t *from, uint8_t *pixels, size_t stride, bool stream) {
	const __m256i spread = _mm256_setr_epi8(0, 1, 2, -1, 3, 4, 5, -1, 6, 7, 8, -1, 9, 10, 11, -1, 4, 5, 6,
		-1, 7, 8, 9, -1, 10, 11, 12, -1, 13, 14, 15, -1);
	for (int y = 0; y < SIDE; y++) {
		for (int i = 0; i < SIDE / 8; i++, from += 24) {
			__m128i first = _mm_loadu_si128((const __m128i *)from);
			__m128i second = _mm_loadu_si128((const __m128i *)(from + 8));
			put_avx2(pixels + (size_t)y * stride + i * 32,
				_mm256_shuffle_epi8(_mm256_set_m128i(second, first), spread), stream);
		}
	}
}

AVX2 static inline __m256i look_up_avx2(__m256i low, __m256i high, uint32_t word) {
	const __m256i shifts = _mm256_setr_epi32(0, 4, 8, 12, 16, 20, 24, 28);
	__m256i index = _mm256_srlv_epi32(_mm256_set1_epi32((int)word), shifts);
	__m256i from_low = _mm256_permutevar8x32_epi32(low, index);
	__m256i from_high = _mm256_permutevar8x32_epi32(high, index);
	/* The index's fourth bit, moved to the sign, chooses. */
	__m256i choice = _mm256_slli_epi32(index, 28);
	return _mm256_castps_si256(_mm256_blendv_ps(
		_mm256_castsi256_ps(from_low), _mm256_castsi256_ps(from_high), _mm256_castsi256_ps(choice)));
}

AVX2 static void unpack_palette4_avx2(
	const uint32_t palette[16], const uint32_t *from, uint8_t *pixels, size_t stride, bool stream) {
	__m256i low = _mm256_loadu_si256((const __m256i *)palette);
	__m256i high = _mm256_loadu_si256((const __m256i *)(palette + 8));
	for (int y = 0; y < SIDE / 2; y++) {
		uint8_t *upper = pixels + (size_t)y * stride, *lower = upper + SIDE / 2 * stride;
		for (int quad = 0; quad < QUADS; quad += 2, from += 2) {
			__m256i first = look_up_avx2(low, high, from[0]),
				second = look_up_avx2(low, high, from[1]);
			put_avx2(upper + quad * 16, _mm256_permute2x128_si256(first, second, 0x20), stream);
			put_avx2(lower + quad * 16, _mm256_permute2x128_si256(first, second, 0x31), stream);
		}
	}
}

AVX2 static void unpack_palette8_avx2(
	const uint32_t *palette, const uint8_t *from, uint8_t *pixels, size_t stride, bool stream) {
	for (int y = 0; y < SIDE; y++) {
		for (int i = 0; i < SIDE / 8; i++, from += 8) {
			__m256i eight = _mm256_setr_epi32((int)palette[from[0]], (int)palette[from[1]],
				(int)palette[from[2]], (int)palette[from[3]], (int)palette[from[4]],
				(int)palette[from[5]], (int)palette[from[6]], (int)palette[from[7]]);
			put_avx2(pixels + (size_t)y * stride + i * 32, eight, stream);
		}
	}
}

AVX2 static void unpack_pixels_avx2(const uint8_t *from, uint8_t *pixels, size_t stride, bool stream) {
	for (int y = 0; y < SIDE; y++) {
		for (int i = 0; i < SIDE / 8; i++, from += 32)
			put_avx2(pixels + (size_t)y * stride + i * 32,
				_mm256_loadu_si256((const __m256i *)from), stream);
	}
}

static bool unpack_avx2(const struct unpack_header *header, const uint32_t *palette, const void *body,
	uint8_t *pixels, size_t stride, bool stream) {
	if (!__builtin_cpu_supports("avx2"))
		return false;
	switch (header->tile >> 24) {
	case UNPACK_SOLID:
		unpack_solid_avx2(header->extra, pixels, stride, stream);
		break;
	case UNPACK_PIXELS:
		unpack_pixels_avx2(body, pixels, stride, stream);
		break;
	case UNPACK_RGB24:
		unpack_rgb24_avx2(body, pixels, stride, stream);
		break;
	case UNPACK_PALETTE4:
		unpack_palette4_avx2(palette, body, pixels, stride, stream);
		break;
	default:
		unpack_palette8_avx2(palette, body, pixels, stride, stream);
		break;
	}
	return true;
}
#else
static bool unpack_avx2(const struct unpack_header *header, const uint32_t *palette, const void *body,
	uint8_t *pixels, size_t stride, bool stream) {
	return false;
}
#endif

static void unpack_plain(const struct unpack_header *header, const uint32_t *palette, const void *body,
	uint8_t *pixels, size_t stride) {
	switch (header->tile >> 24) {
	case UNPACK_SOLID:
		unpack_solid(header->extra, pixels, stride);
		break;
	case UNPACK_PIXELS:
		unpack_pixels(body, pixels, stride);
		break;
	case UNPACK_RGB24:
		unpack_rgb24(body, pixels, stride);
		break;
	case UNPACK_PALETTE4:
		unpack_palette4(palette, body, pixels, stride);
		break;
	default:
		unpack_palette8(palette, body, pixels, stride);
		break;
	}
}

void unpack_tile(const struct unpack_header *header, const void *payload, uint8_t *pixels, size_t stride,
	bool stream) {
	uint32_t palette[256]; /* a copy, for an index may be any byte and the payload may end before that */
	uint32_t coding = header->tile >> 24;
	const uint8_t *body = (const uint8_t *)payload;
	if (coding == UNPACK_PALETTE4 || coding == UNPACK_PALETTE8) {
		memset(palette, 0, sizeof palette);
		memcpy(palette, payload, header->extra * sizeof *palette);
		body += palette_bytes(header->extra);
	}
	if (!unpack_avx2(header, palette, body, pixels, stride, stream))
		unpack_plain(header, palette, body, pixels, stride);
}

void unpack_finish(void) {
#if WITH_AVX2
	_mm_sfence();
#endif
}
