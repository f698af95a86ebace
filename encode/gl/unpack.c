/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "encode/gl/unpack.h"

#include <stdbool.h>
#include <string.h>

#if defined(__x86_64__)
#include <immintrin.h>
#define WITH_AVX2 1
#endif

enum { SIDE = 64, COMBS = 16 /* combs in a row, which is also the distance between a comb's pixels */ };

static uint32_t palette_bytes(uint32_t colours) {
	return (colours + 3) / 4 * 16;
}

static uint32_t coding_of(const struct unpack_header *header) {
	return header->tile >> 24;
}

static uint32_t colours_of(const struct unpack_header *header) {
	return header->extra & 255;
}

bool unpack_is_absent(const struct unpack_header *header) {
	return coding_of(header) == UNPACK_ABSENT;
}

struct damage_box unpack_box(const struct unpack_header *header) {
	uint32_t box = coding_of(header) == UNPACK_SOLID ? header->at : header->extra >> 8;
	return (struct damage_box){.left = (uint8_t)(box & 63),
		.top = (uint8_t)(box >> 6 & 63),
		.right = (uint8_t)((box >> 12 & 63) + 1),
		.bottom = (uint8_t)((box >> 18 & 63) + 1)};
}

size_t unpack_at(const struct unpack_header *header) {
	return coding_of(header) == UNPACK_SOLID ? 0 : (size_t)header->at * UNPACK_UNIT;
}

size_t unpack_size(const struct unpack_header *header) {
	struct damage_box box = unpack_box(header);
	if (box.left >= box.right || box.top >= box.bottom)
		return SIZE_MAX;
	switch (coding_of(header)) {
	case UNPACK_SOLID:
	case UNPACK_ABSENT:
		return 0;
	case UNPACK_PIXELS:
		return UNPACK_PIXELS_BYTES;
	case UNPACK_RGB24:
		return UNPACK_RGB24_BYTES;
	case UNPACK_PALETTE4:
		return colours_of(header) <= 16 ? palette_bytes(colours_of(header)) + SIDE * SIDE / 2
						: SIZE_MAX;
	case UNPACK_PALETTE8:
		return palette_bytes(colours_of(header)) + SIDE * SIDE;
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

static void unpack_rgb24(const uint32_t *from, uint8_t *pixels, size_t stride) {
	const uint32_t *low = from, *middle = from + 1024, *high = from + 2048;
	for (int y = 0; y < SIDE; y++) {
		uint32_t *row = (uint32_t *)(pixels + (size_t)y * stride);
		for (int x = 0; x < COMBS; x++, low++, middle++, high++) {
			row[x] = *low & 0xffffff;
			row[x + COMBS] = *low >> 24 | (*middle & 0xffff) << 8;
			row[x + 2 * COMBS] = *middle >> 16 | (*high & 0xff) << 16;
			row[x + 3 * COMBS] = *high >> 8;
		}
	}
}

static void unpack_palette8(const uint32_t *palette, const uint32_t *from, uint8_t *pixels, size_t stride) {
	for (int y = 0; y < SIDE; y++) {
		uint32_t *row = (uint32_t *)(pixels + (size_t)y * stride);
		for (int x = 0; x < COMBS; x++, from++) {
			for (int i = 0; i < 4; i++)
				row[x + i * COMBS] = palette[*from >> (8 * i) & 255];
		}
	}
}

static void unpack_palette4(const uint32_t *palette, const uint32_t *from, uint8_t *pixels, size_t stride) {
	for (int y = 0; y < SIDE / 2; y++) {
		uint32_t *upper = (uint32_t *)(pixels + (size_t)y * stride);
		uint32_t *lower = (uint32_t *)(pixels + (size_t)(y + SIDE / 2) * stride);
		for (int x = 0; x < COMBS; x++, from++) {
			for (int i = 0; i < 4; i++) {
				upper[x + i * COMBS] = palette[*from >> (4 * i) & 15];
				lower[x + i * COMBS] = palette[*from >> (16 + 4 * i) & 15];
			}
		}
	}
}

/* --- AVX2 --- */

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

/*
 * Writes pixel number i of each of a row's combs. These are neighbours, so a whole cache line is written at
 * once. Lines that are written past the caches in halves, with others in between, leave the processor twice.
 */
AVX2 static inline void put_line_avx2(uint8_t *row, int i, __m256i left, __m256i right, bool stream) {
	put_avx2(row + i * COMBS * 4, left, stream);
	put_avx2(row + i * COMBS * 4 + 32, right, stream);
}

AVX2 static inline __m256i load_avx2(const void *from) {
	return _mm256_loadu_si256((const __m256i *)from);
}

AVX2 static void unpack_rgb24_avx2(const uint32_t *from, uint8_t *pixels, size_t stride, bool stream) {
	const __m256i three = _mm256_set1_epi32(0xffffff), two = _mm256_set1_epi32(0xffff00),
		      one = _mm256_set1_epi32(0xff0000);
	for (int y = 0; y < SIDE; y++, from += COMBS, pixels += stride) {
		__m256i teeth[4][2];
		for (int half = 0; half < 2; half++) {
			__m256i low = load_avx2(from + 8 * half), middle = load_avx2(from + 8 * half + 1024),
				high = load_avx2(from + 8 * half + 2048);
			__m256i second = _mm256_and_si256(_mm256_slli_epi32(middle, 8), two);
			__m256i third = _mm256_and_si256(_mm256_slli_epi32(high, 16), one);
			teeth[0][half] = _mm256_and_si256(low, three);
			teeth[1][half] = _mm256_or_si256(_mm256_srli_epi32(low, 24), second);
			teeth[2][half] = _mm256_or_si256(_mm256_srli_epi32(middle, 16), third);
			teeth[3][half] = _mm256_srli_epi32(high, 8);
		}
		for (int i = 0; i < 4; i++)
			put_line_avx2(pixels, i, teeth[i][0], teeth[i][1], stream);
	}
}

/* The colours that the low 4 bits of each of 8 words select. */
AVX2 static inline __m256i look_up_avx2(__m256i low, __m256i high, __m256i index) {
	__m256 from_low = _mm256_castsi256_ps(_mm256_permutevar8x32_epi32(low, index));
	__m256 from_high = _mm256_castsi256_ps(_mm256_permutevar8x32_epi32(high, index));
	/* The index's fourth bit, moved to the sign bit, selects the half of the palette. */
	__m256 choice = _mm256_castsi256_ps(_mm256_slli_epi32(index, 28));
	return _mm256_castps_si256(_mm256_blendv_ps(from_low, from_high, choice));
}

/* A row of 16 combs, whose first pixels' indices are the low 4 bits of `left` and `right`. */
AVX2 static inline void put_palette4_row_avx2(
	uint8_t *row, __m256i low, __m256i high, __m256i left, __m256i right, bool stream) {
	for (int i = 0; i < 4; i++) {
		put_line_avx2(row, i, look_up_avx2(low, high, left), look_up_avx2(low, high, right), stream);
		left = _mm256_srli_epi32(left, 4);
		right = _mm256_srli_epi32(right, 4);
	}
}

AVX2 static void unpack_palette4_avx2(
	const uint32_t *palette, const uint32_t *from, uint8_t *pixels, size_t stride, bool stream) {
	__m256i low = load_avx2(palette), high = load_avx2(palette + 8);
	for (int y = 0; y < SIDE / 2; y++, from += COMBS, pixels += stride) {
		__m256i left = load_avx2(from), right = load_avx2(from + 8);
		put_palette4_row_avx2(pixels, low, high, left, right, stream);
		put_palette4_row_avx2(pixels + SIDE / 2 * stride, low, high, _mm256_srli_epi32(left, 16),
			_mm256_srli_epi32(right, 16), stream);
	}
}

/* Looks the colours up one by one, because gather instructions are several times slower on processors that
 * mitigate them in microcode. */
AVX2 static inline __m256i look_up_bytes_avx2(const uint32_t *palette, const uint8_t *at) {
	return _mm256_setr_epi32((int)palette[at[0]], (int)palette[at[4]], (int)palette[at[8]],
		(int)palette[at[12]], (int)palette[at[16]], (int)palette[at[20]], (int)palette[at[24]],
		(int)palette[at[28]]);
}

AVX2 static void unpack_palette8_avx2(
	const uint32_t *palette, const uint8_t *from, uint8_t *pixels, size_t stride, bool stream) {
	for (int y = 0; y < SIDE; y++, from += COMBS * 4, pixels += stride) {
		for (int i = 0; i < 4; i++)
			put_line_avx2(pixels, i, look_up_bytes_avx2(palette, from + i),
				look_up_bytes_avx2(palette, from + i + 32), stream);
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
	switch (coding_of(header)) {
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
	switch (coding_of(header)) {
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

/* --- colours --- */

bool unpack_has_colours(const struct unpack_header *header, bool *numbered) {
	uint32_t coding = coding_of(header);
	*numbered = coding != UNPACK_SOLID;
	return coding == UNPACK_SOLID ||
	       ((coding == UNPACK_PALETTE4 || coding == UNPACK_PALETTE8) &&
		       colours_of(header) <= TILE_COLOURS_MAX && colours_of(header) > 0);
}

/* Puts the bytes of 16 words into four rows: all lowest bytes, the next ones, and so on. */
static void part_bytes(const uint8_t *from, uint8_t rows[4][COMBS]) {
	for (int x = 0; x < COMBS; x++) {
		uint32_t word;
		memcpy(&word, from + 4 * x, sizeof word);
		for (int i = 0; i < 4; i++)
			rows[i][x] = (uint8_t)(word >> (8 * i));
	}
}

/* Each returns the largest number. */
static uint8_t number_palette8(const uint8_t *from, uint8_t *numbers) {
	uint8_t most = 0;
	for (int y = 0; y < SIDE; y++, from += SIDE, numbers += SIDE) {
		uint8_t rows[4][COMBS];
		part_bytes(from, rows);
		memcpy(numbers, rows, sizeof rows);
		for (int x = 0; x < SIDE; x++)
			most = numbers[x] > most ? numbers[x] : most;
	}
	return most;
}

static uint8_t number_palette4(const uint8_t *from, uint8_t *numbers) {
	uint8_t most = 0;
	for (int y = 0; y < SIDE / 2; y++, from += SIDE, numbers += SIDE) {
		uint8_t rows[4][COMBS], *to[2] = {numbers, numbers + SIDE * SIDE / 2};
		part_bytes(from, rows);
		for (int i = 0; i < 4; i++)
			for (int x = 0; x < COMBS; x++) {
				uint8_t *row = to[i / 2] + i % 2 * 2 * COMBS;
				row[x] = rows[i][x] & 15;
				row[x + COMBS] = rows[i][x] >> 4;
			}
		for (int x = 0; x < SIDE; x++) {
			most = to[0][x] > most ? to[0][x] : most;
			most = to[1][x] > most ? to[1][x] : most;
		}
	}
	return most;
}

#if WITH_AVX2
/* As part_bytes(), two rows in each half of the two registers: the first and the third, and the second and
 * the fourth. */
AVX2 static inline void part_bytes_avx2(const uint8_t *from, __m256i rows[2]) {
	const __m256i by_place = _mm256_setr_epi8(0, 4, 8, 12, 1, 5, 9, 13, 2, 6, 10, 14, 3, 7, 11, 15, 0, 4,
		8, 12, 1, 5, 9, 13, 2, 6, 10, 14, 3, 7, 11, 15);
	const __m256i pairs = _mm256_setr_epi32(0, 4, 1, 5, 2, 6, 3, 7);
	/* Of combs 0 to 7 and 8 to 15: eight bytes of each place. */
	__m256i left = _mm256_permutevar8x32_epi32(_mm256_shuffle_epi8(load_avx2(from), by_place), pairs);
	__m256i right =
		_mm256_permutevar8x32_epi32(_mm256_shuffle_epi8(load_avx2(from + 32), by_place), pairs);
	rows[0] = _mm256_unpacklo_epi64(left, right);
	rows[1] = _mm256_unpackhi_epi64(left, right);
}

AVX2 static inline void store_avx2(uint8_t *to, __m256i bytes) {
	_mm256_storeu_si256((__m256i *)to, bytes);
}

AVX2 static uint8_t largest_avx2(__m256i most) {
	uint8_t bytes[32], largest = 0;
	store_avx2(bytes, most);
	for (int i = 0; i < 32; i++)
		largest = bytes[i] > largest ? bytes[i] : largest;
	return largest;
}

AVX2 static uint8_t number_palette8_avx2(const uint8_t *from, uint8_t *numbers) {
	__m256i most = _mm256_setzero_si256();
	for (int y = 0; y < SIDE; y++, from += SIDE, numbers += SIDE) {
		__m256i rows[2];
		part_bytes_avx2(from, rows);
		store_avx2(numbers, _mm256_permute2x128_si256(rows[0], rows[1], 0x20));
		store_avx2(numbers + 32, _mm256_permute2x128_si256(rows[0], rows[1], 0x31));
		most = _mm256_max_epu8(most, _mm256_max_epu8(rows[0], rows[1]));
	}
	return largest_avx2(most);
}

AVX2 static uint8_t number_palette4_avx2(const uint8_t *from, uint8_t *numbers) {
	const __m256i low = _mm256_set1_epi8(15);
	__m256i most = _mm256_setzero_si256();
	for (int y = 0; y < SIDE / 2; y++, from += SIDE, numbers += SIDE) {
		__m256i rows[2];
		part_bytes_avx2(from, rows);
		for (int i = 0; i < 2; i++) {
			/* The upper row is in the lower halves, and the other one in the upper halves. */
			__m256i even = _mm256_and_si256(rows[i], low);
			__m256i odd = _mm256_and_si256(_mm256_srli_epi16(rows[i], 4), low);
			store_avx2(numbers + i * 32, _mm256_permute2x128_si256(even, odd, 0x20));
			store_avx2(numbers + SIDE * SIDE / 2 + i * 32,
				_mm256_permute2x128_si256(even, odd, 0x31));
			most = _mm256_max_epu8(most, _mm256_max_epu8(even, odd));
		}
	}
	return largest_avx2(most);
}

static uint8_t number(bool four, const uint8_t *from, uint8_t *numbers) {
	if (__builtin_cpu_supports("avx2"))
		return four ? number_palette4_avx2(from, numbers) : number_palette8_avx2(from, numbers);
	return four ? number_palette4(from, numbers) : number_palette8(from, numbers);
}
#else
static uint8_t number(bool four, const uint8_t *from, uint8_t *numbers) {
	return four ? number_palette4(from, numbers) : number_palette8(from, numbers);
}
#endif

bool unpack_colours(const struct unpack_header *header, const void *payload, struct tile_colours *colours) {
	if (coding_of(header) == UNPACK_SOLID) {
		colours->count = 1;
		colours->colours[0] = header->extra;
		return true;
	}
	colours->count = colours_of(header);
	memcpy(colours->colours, payload, colours->count * sizeof *colours->colours);
	return number(coding_of(header) == UNPACK_PALETTE4,
		       (const uint8_t *)payload + palette_bytes(colours->count),
		       colours->numbers) < colours->count;
}

void unpack_tile(const struct unpack_header *header, const void *payload, uint8_t *pixels, size_t stride,
	bool stream) {
	uint32_t palette[256]; /* a copy, because an index may be any byte and the payload may end before that
				*/
	uint32_t coding = coding_of(header);
	const uint8_t *body = (const uint8_t *)payload;
	if (coding == UNPACK_PALETTE4 || coding == UNPACK_PALETTE8) {
		memset(palette, 0, sizeof palette);
		memcpy(palette, payload, colours_of(header) * sizeof *palette);
		body += palette_bytes(colours_of(header));
	}
	if (!unpack_avx2(header, palette, body, pixels, stride, stream))
		unpack_plain(header, palette, body, pixels, stride);
}

void unpack_finish(void) {
#if WITH_AVX2
	_mm_sfence();
#endif
}
