/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * block: blocks of deflate (RFC 1951), none of which is the last one of its stream. It takes copies of what
 * came before, and the bytes between them, and makes a block of them with Huffman codes of its own, or with
 * none where these gain nothing. Which copies there are is for others to find (deflate.h).
 */
#ifndef ZEROVNC_BLOCK_H
#define ZEROVNC_BLOCK_H

#include <stddef.h>
#include <stdint.h>

enum {
	BLOCK_COPY_MIN = 3,
	BLOCK_COPY_MAX = 258, /* bytes of one copy */
	BLOCK_DISTANCE_MAX = 1 << 15,
	BLOCK_COPIES = 1 << 13,
	BLOCK_BYTES = 1 << 15, /* so many bytes that are no copies are enough for a block */
};

struct block_copy {
	uint32_t before;       /* so many bytes that are no copies come first */
	uint16_t length, back; /* it begins `back` and one bytes before */
};

struct block_bits {
	uint8_t *to;      /* where the next bytes go; there must be block_bound() of them */
	uint64_t waiting; /* those that are not written yet, from the lowest on */
	unsigned count;   /* so many */
};

struct block {
	struct block_bits bits;
	const uint8_t *data; /* borrowed: where what the block stands for begins, */
	const uint8_t *rest; /* and what comes behind its last copy */
	unsigned count;
	struct block_copy copies[BLOCK_COPIES];
};

/* How many bytes `size` bytes become at most, with block_finish(). */
size_t block_bound(size_t size);

/* Begins the first block. */
void block_begin(struct block *block, const uint8_t *data, uint8_t *to);

/* Ends the block behind its last copy and the bytes before `end`, and begins the next one. */
void block_end(struct block *block, const uint8_t *end);

/* Ends the last block, and its last byte. Returns where the next byte goes. */
uint8_t *block_finish(struct block *block, const uint8_t *end);

/* Adds a copy of what is `distance` bytes before `at`. All that lies between it and the copy before stays as
 * it is. */
static inline void block_add(struct block *block, const uint8_t *at, size_t length, size_t distance) {
	block->copies[block->count++] =
		(struct block_copy){(uint32_t)(at - block->rest), (uint16_t)length, (uint16_t)(distance - 1)};
	block->rest = at + length;
	if (block->count == BLOCK_COPIES)
		block_end(block, block->rest);
}

#endif
