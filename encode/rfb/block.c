/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "encode/rfb/block.h"

#include <stdbool.h>
#include <string.h>

#include "encode/rfb/huffman.h"

enum {
	LITERALS = 286, /* bytes, the end of a block, and lengths */
	END_OF_BLOCK = 256,
	FIRST_LENGTH = 257,
	LENGTHS = 29,
	DISTANCES = 30,
	LENGTH_MAX = 14,    /* of a code: four of them fit in front of the bits that wait */
	STORED_MAX = 65535, /* of one stored block */
	HEAD_SIZE = 5,      /* of a stored block */
};

/* --- numbers of deflate: RFC 1951, 3.2.5 --- */

static const uint16_t length_first[LENGTHS] = {3, 4, 5, 6, 7, 8, 9, 10, 11, 13, 15, 17, 19, 23, 27, 31, 35,
	43, 51, 59, 67, 83, 99, 115, 131, 163, 195, 227, 258};
static const uint8_t length_extra[LENGTHS] = {
	0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2, 2, 3, 3, 3, 3, 4, 4, 4, 4, 5, 5, 5, 5, 0};

static unsigned log2_of(uint32_t value) {
	return 31u - (unsigned)__builtin_clz(value);
}

/* From 11 on, there are four codes for each power of two. */
static const uint8_t length_codes[BLOCK_COPY_MAX - BLOCK_COPY_MIN + 1] = {0, 1, 2, 3, 4, 5, 6, 7, 8, 8, 9, 9,
	10, 10, 11, 11, 12, 12, 12, 12, 13, 13, 13, 13, 14, 14, 14, 14, 15, 15, 15, 15, 16, 16, 16, 16, 16,
	16, 16, 16, 17, 17, 17, 17, 17, 17, 17, 17, 18, 18, 18, 18, 18, 18, 18, 18, 19, 19, 19, 19, 19, 19,
	19, 19, 20, 20, 20, 20, 20, 20, 20, 20, 20, 20, 20, 20, 20, 20, 20, 20, 21, 21, 21, 21, 21, 21, 21,
	21, 21, 21, 21, 21, 21, 21, 21, 21, 22, 22, 22, 22, 22, 22, 22, 22, 22, 22, 22, 22, 22, 22, 22, 22,
	23, 23, 23, 23, 23, 23, 23, 23, 23, 23, 23, 23, 23, 23, 23, 23, 24, 24, 24, 24, 24, 24, 24, 24, 24,
	24, 24, 24, 24, 24, 24, 24, 24, 24, 24, 24, 24, 24, 24, 24, 24, 24, 24, 24, 24, 24, 24, 24, 25, 25,
	25, 25, 25, 25, 25, 25, 25, 25, 25, 25, 25, 25, 25, 25, 25, 25, 25, 25, 25, 25, 25, 25, 25, 25, 25,
	25, 25, 25, 25, 25, 26, 26, 26, 26, 26, 26, 26, 26, 26, 26, 26, 26, 26, 26, 26, 26, 26, 26, 26, 26,
	26, 26, 26, 26, 26, 26, 26, 26, 26, 26, 26, 26, 27, 27, 27, 27, 27, 27, 27, 27, 27, 27, 27, 27, 27,
	27, 27, 27, 27, 27, 27, 27, 27, 27, 27, 27, 27, 27, 27, 27, 27, 27, 27, 28};

static inline unsigned length_code(uint32_t length) {
	return length_codes[length - BLOCK_COPY_MIN];
}

/* From 5 on, there are two codes for each power of two. */
static inline unsigned distance_code(uint32_t distance) {
	uint32_t from = distance - 1;
	if (from < 4)
		return from;
	unsigned power = log2_of(from);
	return 2 * power + (from >> (power - 1) & 1);
}

static unsigned distance_extra(unsigned code) {
	return code < 4 ? 0 : code / 2 - 1;
}

static uint32_t distance_first(unsigned code) {
	return code < 4 ? code + 1 : ((2 + (code & 1)) << (code / 2 - 1)) + 1;
}

/* --- writing bits --- */

/* At most 64 bits may wait: seven that are left over and those that were put since. */
static inline void put(struct block_bits *bits, uint64_t more, unsigned count) {
	bits->waiting |= more << bits->count;
	bits->count += count;
}

/* Writes the whole bytes. */
static inline void flush(struct block_bits *bits) {
	uint64_t waiting = bits->waiting;
#if __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
	waiting = __builtin_bswap64(waiting);
#endif
	memcpy(bits->to, &waiting, sizeof waiting);
	bits->to += bits->count / 8;
	bits->waiting >>= bits->count & ~7u;
	bits->count %= 8;
}

/* Stored blocks begin with three bits, and their lengths at a whole byte. */
static void begin_stored(struct block_bits *bits, uint16_t size) {
	put(bits, 0, 3);
	put(bits, 0, (8 - bits->count % 8) % 8);
	flush(bits);
	put(bits, size, 16);
	put(bits, (uint16_t)~size, 16);
	flush(bits);
}

static void write_stored(struct block_bits *bits, const uint8_t *data, size_t size) {
	while (size) {
		uint16_t part = (uint16_t)(size < STORED_MAX ? size : STORED_MAX);
		begin_stored(bits, part);
		memcpy(bits->to, data, part);
		bits->to += part;
		data += part;
		size -= part;
	}
}

/* --- how often each symbol occurs --- */

struct counts {
	uint32_t literals[LITERALS], distances[DISTANCES];
};

/* Four tables, because a processor waits if it adds to the same number twice in a row. */
static void count_many(struct counts *counts, const uint8_t *data, size_t size) {
	uint32_t tables[4][256] = {{0}};
	const uint8_t *end = data + size;
	for (; end - data >= 4; data += 4)
		for (unsigned i = 0; i < 4; i++)
			tables[i][data[i]]++;
	for (; data < end; data++)
		tables[0][*data]++;
	for (unsigned i = 0; i < 256; i++)
		counts->literals[i] += tables[0][i] + tables[1][i] + tables[2][i] + tables[3][i];
}

static inline void count_bytes(struct counts *counts, const uint8_t *data, size_t size) {
	enum { MANY = 2048 };
	if (size >= MANY)
		count_many(counts, data, size);
	else
		for (size_t i = 0; i < size; i++)
			counts->literals[data[i]]++;
}

static void count_all(struct counts *counts, const struct block *block, const uint8_t *end) {
	const uint8_t *at = block->data;
	for (unsigned i = 0; i < block->count; i++) {
		const struct block_copy *copy = &block->copies[i];
		count_bytes(counts, at, copy->before);
		counts->literals[FIRST_LENGTH + length_code(copy->length)]++;
		counts->distances[distance_code(copy->back + 1u)]++;
		at += copy->before + copy->length;
	}
	count_bytes(counts, at, (size_t)(end - at));
	counts->literals[END_OF_BLOCK] = 1;
}

/* --- a block's codes: RFC 1951, 3.2.7 --- */

struct codes {
	uint8_t literal_lengths[LITERALS], distance_lengths[DISTANCES];
	uint16_t literals[LITERALS], distances[DISTANCES];
	unsigned literal_count, distance_count; /* that are told */
};

/* How the lengths of all codes are written: as symbols that say one of them, or repeat it. */
enum { TELLING_SYMBOLS = 19, REPEAT = 16, ZEROS = 17, MANY_ZEROS = 18, TOLD_MAX = LITERALS + DISTANCES };

struct telling {
	uint8_t symbols[TOLD_MAX], extras[TOLD_MAX];
	unsigned count;
	uint32_t counts[TELLING_SYMBOLS];
	uint8_t lengths[TELLING_SYMBOLS];
	uint16_t codes[TELLING_SYMBOLS];
	unsigned length_count; /* that are told */
};

static const uint8_t telling_order[TELLING_SYMBOLS] = {
	16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15};

static unsigned telling_extra(unsigned symbol) {
	return symbol == REPEAT ? 2 : symbol == ZEROS ? 3 : symbol == MANY_ZEROS ? 7 : 0;
}

static void tell(struct telling *telling, unsigned symbol, unsigned extra) {
	telling->symbols[telling->count] = (uint8_t)symbol;
	telling->extras[telling->count++] = (uint8_t)extra;
	telling->counts[symbol]++;
}

static unsigned smaller(unsigned a, unsigned b) {
	return a < b ? a : b;
}

static void tell_run(struct telling *telling, unsigned length, unsigned run) {
	while (!length && run >= 3) {
		unsigned part = smaller(run, 138);
		tell(telling, part >= 11 ? MANY_ZEROS : ZEROS, part - (part >= 11 ? 11 : 3));
		run -= part;
	}
	if (length && run) {
		tell(telling, length, 0);
		run--;
	}
	while (length && run >= 3) {
		unsigned part = smaller(run, 6);
		tell(telling, REPEAT, part - 3);
		run -= part;
	}
	for (; run; run--)
		tell(telling, length, 0);
}

static void tell_lengths(struct telling *telling, const struct codes *codes) {
	uint8_t all[TOLD_MAX];
	unsigned count = codes->literal_count + codes->distance_count;
	memcpy(all, codes->literal_lengths, codes->literal_count);
	memcpy(all + codes->literal_count, codes->distance_lengths, codes->distance_count);
	for (unsigned i = 0, next; i < count; i = next) {
		for (next = i + 1; next < count && all[next] == all[i];)
			next++;
		tell_run(telling, all[i], next - i);
	}
	huffman_lengths(telling->counts, TELLING_SYMBOLS, 7, telling->lengths);
	huffman_codes(telling->lengths, TELLING_SYMBOLS, telling->codes);
	telling->length_count = TELLING_SYMBOLS;
	while (telling->length_count > 4 && !telling->lengths[telling_order[telling->length_count - 1]])
		telling->length_count--;
}

static unsigned used_symbols(const uint8_t *lengths, unsigned count, unsigned least) {
	while (count > least && !lengths[count - 1])
		count--;
	return count;
}

static void make_codes(const struct counts *counts, struct codes *codes) {
	huffman_lengths(counts->literals, LITERALS, LENGTH_MAX, codes->literal_lengths);
	huffman_lengths(counts->distances, DISTANCES, LENGTH_MAX, codes->distance_lengths);
	huffman_codes(codes->literal_lengths, LITERALS, codes->literals);
	huffman_codes(codes->distance_lengths, DISTANCES, codes->distances);
	codes->literal_count = used_symbols(codes->literal_lengths, LITERALS, FIRST_LENGTH);
	codes->distance_count = used_symbols(codes->distance_lengths, DISTANCES, 1);
}

/* RFC 1951, 3.2.6: codes that need not be told. They tell two literals that do not occur. */
static void make_fixed_codes(struct codes *codes) {
	enum { ALL = LITERALS + 2 };
	uint8_t lengths[ALL];
	uint16_t literals[ALL];
	memset(lengths, 8, ALL);
	memset(lengths + 144, 9, END_OF_BLOCK - 144);
	memset(lengths + END_OF_BLOCK, 7, 280 - END_OF_BLOCK);
	huffman_codes(lengths, ALL, literals);
	memcpy(codes->literal_lengths, lengths, sizeof codes->literal_lengths);
	memcpy(codes->literals, literals, sizeof codes->literals);
	memset(codes->distance_lengths, 5, DISTANCES);
	huffman_codes(codes->distance_lengths, DISTANCES, codes->distances);
}

static uint64_t bits_of_head(const struct telling *telling) {
	uint64_t bits = 3 + 5 + 5 + 4 + 3 * telling->length_count;
	for (unsigned i = 0; i < TELLING_SYMBOLS; i++)
		bits += (uint64_t)telling->counts[i] * (telling->lengths[i] + telling_extra(i));
	return bits;
}

static uint64_t bits_of_symbols(const struct counts *counts, const struct codes *codes) {
	uint64_t bits = 0;
	for (unsigned i = 0; i < FIRST_LENGTH; i++)
		bits += (uint64_t)counts->literals[i] * codes->literal_lengths[i];
	for (unsigned i = 0; i < LENGTHS; i++)
		bits += (uint64_t)counts->literals[FIRST_LENGTH + i] *
			(codes->literal_lengths[FIRST_LENGTH + i] + length_extra[i]);
	for (unsigned i = 0; i < DISTANCES; i++)
		bits += (uint64_t)counts->distances[i] * (codes->distance_lengths[i] + distance_extra(i));
	return bits;
}

static void write_head(struct block_bits *bits, const struct codes *codes, const struct telling *telling) {
	put(bits, 2 << 1, 3); /* not the last block; codes of its own */
	put(bits, codes->literal_count - FIRST_LENGTH, 5);
	put(bits, codes->distance_count - 1, 5);
	put(bits, telling->length_count - 4, 4);
	flush(bits);
	for (unsigned i = 0; i < telling->length_count; i++) {
		put(bits, telling->lengths[telling_order[i]], 3);
		flush(bits);
	}
	for (unsigned i = 0; i < telling->count; i++) {
		unsigned symbol = telling->symbols[i];
		put(bits, telling->codes[symbol], telling->lengths[symbol]);
		put(bits, telling->extras[i], telling_extra(symbol));
		flush(bits);
	}
}

/* --- a block's symbols --- */

/* The codes, with their lengths in the lowest bits. */
struct packed {
	uint32_t literals[LITERALS], distances[DISTANCES];
};
enum { LENGTH_BITS = 4, LENGTH_MASK = (1 << LENGTH_BITS) - 1 };

static void pack(uint32_t *packed, const uint16_t *codes, const uint8_t *lengths, unsigned count) {
	for (unsigned i = 0; i < count; i++)
		packed[i] = (uint32_t)codes[i] << LENGTH_BITS | lengths[i];
}

static inline void put_code(struct block_bits *bits, uint32_t code) {
	put(bits, code >> LENGTH_BITS, code & LENGTH_MASK);
}

/* The codes are joined by twos first, because each of them would have to wait for the one before. */
static inline void put_four(struct block_bits *bits, uint64_t a, uint64_t b, uint64_t c, uint64_t d) {
	unsigned of_a = a & LENGTH_MASK, of_c = c & LENGTH_MASK;
	unsigned of_ab = of_a + (b & LENGTH_MASK), of_cd = of_c + (d & LENGTH_MASK);
	uint64_t ab = a >> LENGTH_BITS | b >> LENGTH_BITS << of_a;
	uint64_t cd = c >> LENGTH_BITS | d >> LENGTH_BITS << of_c;
	put(bits, ab | cd << of_ab, of_ab + of_cd);
}

/* A code and what is added to it. */
static inline void put_more(struct block_bits *bits, uint32_t code, uint32_t more, unsigned count) {
	unsigned length = code & LENGTH_MASK;
	put(bits, code >> LENGTH_BITS | more << length, length + count);
}

static inline void write_bytes(
	struct block_bits *bits, const uint32_t *codes, const uint8_t *data, size_t size) {
	const uint8_t *end = data + size;
	for (; end - data >= 4; data += 4) {
		put_four(bits, codes[data[0]], codes[data[1]], codes[data[2]], codes[data[3]]);
		flush(bits);
	}
	if (data == end)
		return;
	while (data < end)
		put_code(bits, codes[*data++]);
	flush(bits);
}

static inline void write_copy(
	struct block_bits *bits, const struct packed *packed, const struct block_copy *copy) {
	uint32_t length = copy->length, distance = copy->back + 1u;
	unsigned code = length_code(length), far = distance_code(distance);
	put_more(
		bits, packed->literals[FIRST_LENGTH + code], length - length_first[code], length_extra[code]);
	put_more(bits, packed->distances[far], distance - distance_first(far), distance_extra(far));
	flush(bits);
}

static inline __attribute__((always_inline)) void write_symbols(
	struct block *block, const struct codes *codes, const uint8_t *end) {
	const uint8_t *at = block->data;
	struct packed packed;
	struct block_bits bits = block->bits; /* the bytes that are written could change those of the block */
	pack(packed.literals, codes->literals, codes->literal_lengths, LITERALS);
	pack(packed.distances, codes->distances, codes->distance_lengths, DISTANCES);
	for (unsigned i = 0; i < block->count; i++) {
		const struct block_copy *copy = &block->copies[i];
		write_bytes(&bits, packed.literals, at, copy->before);
		write_copy(&bits, &packed, copy);
		at += copy->before + copy->length;
	}
	write_bytes(&bits, packed.literals, at, (size_t)(end - at));
	put_code(&bits, packed.literals[END_OF_BLOCK]);
	flush(&bits);
	block->bits = bits;
}

#if defined(__x86_64__)
/* The same, for processors whose shifts by any number take one step. */
__attribute__((target("bmi2"))) static void write_symbols_bmi2(
	struct block *block, const struct codes *codes, const uint8_t *end) {
	write_symbols(block, codes, end);
}
#endif

static void write_all(struct block *block, const struct codes *codes, const uint8_t *end) {
#if defined(__x86_64__)
	if (__builtin_cpu_supports("bmi2")) {
		write_symbols_bmi2(block, codes, end);
		return;
	}
#endif
	write_symbols(block, codes, end);
}

/* --- blocks --- */

/* A block that codes would make longer is stored. All but the last one stand for as many bytes as they have
 * copies, and more. The last bytes may be written eight at a time. */
size_t block_bound(size_t size) {
	return size + (size / STORED_MAX + size / (BLOCK_COPIES * BLOCK_COPY_MIN) + 3) * HEAD_SIZE + 16;
}

void block_begin(struct block *block, const uint8_t *data, uint8_t *to) {
	block->bits.to = to;
	block->bits.waiting = 0;
	block->bits.count = 0;
	block->data = block->rest = data;
	block->count = 0;
}

/* A block with codes of its own, or with the fixed ones if it is so small that telling codes takes more than
 * they gain, or without any. */
void block_end(struct block *block, const uint8_t *end) {
	enum { SMALL = 8 * 512 /* bits */ };
	struct counts counts = {0};
	struct codes codes, fixed;
	struct telling telling = {.count = 0};
	size_t size = (size_t)(end - block->data), stored = size + (size / STORED_MAX + 1) * HEAD_SIZE;
	count_all(&counts, block, end);
	make_codes(&counts, &codes);
	tell_lengths(&telling, &codes);
	uint64_t bits = bits_of_head(&telling) + bits_of_symbols(&counts, &codes), fixed_bits = UINT64_MAX;
	if (bits < SMALL) {
		make_fixed_codes(&fixed);
		fixed_bits = 3 + bits_of_symbols(&counts, &fixed);
	}
	if ((fixed_bits < bits ? fixed_bits : bits) / 8 >= stored) {
		write_stored(&block->bits, block->data, size);
	} else if (fixed_bits <= bits) {
		put(&block->bits, 1 << 1, 3); /* not the last block; fixed codes */
		write_all(block, &fixed, end);
	} else {
		write_head(&block->bits, &codes, &telling);
		write_all(block, &codes, end);
	}
	block->data = block->rest = end;
	block->count = 0;
}

uint8_t *block_finish(struct block *block, const uint8_t *end) {
	if (end > block->data)
		block_end(block, end);
	begin_stored(&block->bits, 0);
	return block->bits.to;
}
