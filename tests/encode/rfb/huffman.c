/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Codes are complete, prefix-free, no longer than allowed, and as short in sum as those that package-merge
 * finds, which is optimal and slow. */
#include "encode/rfb/huffman.h"

#include <stdbool.h>
#include <string.h>

#include "tests/encode/random.h"
#include "tests/test.h"

/* --- package-merge: Larmore and Hirschberg, 1990 --- */

static int by_weight(const void *a, const void *b) {
	const uint64_t *one = a, *other = b;
	return *one < *other ? -1 : *one > *other;
}

/* The smallest sum of count times length. */
static uint64_t best_sum(const uint32_t *counts, unsigned symbols, unsigned limit) {
	uint64_t list[2 * HUFFMAN_SYMBOLS_MAX], leaves[HUFFMAN_SYMBOLS_MAX], sum = 0;
	unsigned used = 0, size = 0;
	for (unsigned i = 0; i < symbols; i++)
		if (counts[i])
			leaves[used++] = counts[i];
	for (unsigned level = 0; level < limit; level++) {
		unsigned pairs = size / 2;
		for (unsigned i = 0; i < pairs; i++)
			list[i] = list[2 * i] + list[2 * i + 1];
		memcpy(list + pairs, leaves, used * sizeof *leaves);
		size = pairs + used;
		qsort(list, size, sizeof *list, by_weight);
	}
	for (unsigned i = 0; i < 2 * used - 2; i++)
		sum += list[i];
	return sum;
}

/* --- checks --- */

static uint64_t sum_of(const uint32_t *counts, const uint8_t *lengths, unsigned symbols) {
	uint64_t sum = 0;
	for (unsigned i = 0; i < symbols; i++)
		sum += (uint64_t)counts[i] * lengths[i];
	return sum;
}

static void check_lengths(const uint32_t *counts, const uint8_t *lengths, unsigned symbols, unsigned limit) {
	uint32_t kraft = 0, used = 0;
	for (unsigned i = 0; i < symbols; i++) {
		CHECK(lengths[i] <= limit);
		CHECK(!counts[i] == !lengths[i]);
		kraft += lengths[i] ? 1u << (limit - lengths[i]) : 0;
		used += lengths[i] != 0;
	}
	if (used > 1)
		CHECK(kraft == 1u << limit);
	else
		CHECK(kraft == (used ? 1u << (limit - 1) : 0));
}

static bool begins_with(uint16_t code, unsigned length, uint16_t other, unsigned other_length) {
	return length >= other_length && (code & ((1u << other_length) - 1)) == other;
}

static void check_codes(const uint8_t *lengths, unsigned symbols) {
	uint16_t codes[HUFFMAN_SYMBOLS_MAX];
	huffman_codes(lengths, symbols, codes);
	for (unsigned i = 0; i < symbols; i++)
		for (unsigned k = 0; k < symbols; k++)
			if (i != k && lengths[i] && lengths[k])
				CHECK(!begins_with(codes[i], lengths[i], codes[k], lengths[k]));
}

static void check(const uint32_t *counts, unsigned symbols, unsigned limit) {
	uint8_t lengths[HUFFMAN_SYMBOLS_MAX];
	huffman_lengths(counts, symbols, limit, lengths);
	check_lengths(counts, lengths, symbols, limit);
	check_codes(lengths, symbols);
	uint64_t sum = sum_of(counts, lengths, symbols), best = best_sum(counts, symbols, limit);
	CHECK_SAY(sum >= best && sum * 100 <= best * (limit < HUFFMAN_LENGTH_MAX ? 120 : 101),
		"%llu bits; %llu would do", (unsigned long long)sum, (unsigned long long)best);
	uint8_t free_lengths[HUFFMAN_SYMBOLS_MAX];
	huffman_lengths(counts, symbols, HUFFMAN_LENGTH_MAX, free_lengths);
	if (memcmp(free_lengths, lengths, symbols) == 0 && limit < HUFFMAN_LENGTH_MAX)
		CHECK(sum == best);
}

static void try_random(uint32_t seed) {
	uint32_t counts[HUFFMAN_SYMBOLS_MAX];
	struct random random = {seed};
	for (int i = 0; i < 60; i++) {
		uint32_t symbols = 2 + random_below(&random, 60), spread = 1 + random_below(&random, 20);
		for (unsigned k = 0; k < symbols; k++)
			counts[k] = random_below(&random, 1u << random_below(&random, spread));
		counts[0] = counts[1] = 1;
		check(counts, symbols, HUFFMAN_LENGTH_MAX);
		if (symbols <= 19)
			check(counts, symbols, 7);
	}
}

/* Fibonacci's numbers make the deepest trees. */
static void try_fibonacci(void) {
	uint32_t counts[40] = {1, 1};
	for (unsigned i = 2; i < 40; i++)
		counts[i] = counts[i - 1] + counts[i - 2];
	for (unsigned symbols = 2; symbols <= 40; symbols++) {
		check(counts, symbols, HUFFMAN_LENGTH_MAX);
		if (symbols <= 19)
			check(counts, symbols, 7);
	}
}

/* RFC 1951, 3.2.2: the example's lengths and codes. */
static void try_example(void) {
	static const uint8_t lengths[] = {3, 3, 3, 3, 3, 2, 4, 4};
	static const uint16_t told[] = {2, 3, 4, 5, 6, 0, 14, 15};
	uint16_t codes[8];
	huffman_codes(lengths, 8, codes);
	for (unsigned i = 0; i < 8; i++)
		for (unsigned bit = 0; bit < lengths[i]; bit++)
			CHECK((codes[i] >> bit & 1) == (told[i] >> (lengths[i] - 1 - bit) & 1));
}

int main(void) {
	uint32_t one[4] = {0, 0, 7, 0};
	uint8_t lengths[4];
	huffman_lengths(one, 4, 15, lengths);
	CHECK(memcmp(lengths, (uint8_t[]){0, 0, 1, 0}, 4) == 0);
	try_example();
	try_fibonacci();
	for (uint32_t seed = 1; seed <= 4; seed++)
		try_random(seed);
	return 0;
}
