/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "encode/rfb/huffman.h"

#include <stdbool.h>
#include <string.h>

struct leaf {
	uint32_t count;
	uint16_t symbol;
};

static unsigned collect(const uint32_t *counts, unsigned symbols, struct leaf *leaves) {
	unsigned used = 0;
	for (unsigned i = 0; i < symbols; i++)
		if (counts[i])
			leaves[used++] = (struct leaf){counts[i], (uint16_t)i};
	return used;
}

/* Sorts by one byte of the count. Leaves that are alike in it keep their order. */
static void sort_by_byte(const struct leaf *from, struct leaf *to, unsigned count, unsigned shift) {
	unsigned starts[256] = {0}, sum = 0;
	for (unsigned i = 0; i < count; i++)
		starts[from[i].count >> shift & 0xff]++;
	for (unsigned i = 0; i < 256; i++) {
		unsigned here = starts[i];
		starts[i] = sum;
		sum += here;
	}
	for (unsigned i = 0; i < count; i++)
		to[starts[from[i].count >> shift & 0xff]++] = from[i];
}

static void sort_few(struct leaf *leaves, unsigned count) {
	for (unsigned i = 1; i < count; i++) {
		struct leaf leaf = leaves[i];
		unsigned at = i;
		for (; at > 0 && leaves[at - 1].count > leaf.count; at--)
			leaves[at] = leaves[at - 1];
		leaves[at] = leaf;
	}
}

/* The rarest come first. */
static void sort(struct leaf *leaves, unsigned count) {
	enum { FEW = 32 };
	struct leaf other[HUFFMAN_SYMBOLS_MAX];
	struct leaf *from = leaves, *to = other;
	uint32_t most = 0;
	if (count <= FEW) {
		sort_few(leaves, count);
		return;
	}
	for (unsigned i = 0; i < count; i++)
		most = leaves[i].count > most ? leaves[i].count : most;
	for (unsigned shift = 0; shift < 32 && most >> shift; shift += 8) {
		sort_by_byte(from, to, count, shift);
		struct leaf *swap = from;
		from = to;
		to = swap;
	}
	if (from != leaves)
		memcpy(leaves, from, count * sizeof *leaves);
}

/* The tree while it grows: first the leaves, then the nodes that join two of them, all by their weights. */
struct tree {
	uint32_t weight[2 * HUFFMAN_SYMBOLS_MAX];
	uint16_t parent[2 * HUFFMAN_SYMBOLS_MAX];
	unsigned leaf, node; /* the lightest of each kind that has no parent */
	unsigned leaves, size;
};

static unsigned take_lightest(struct tree *tree) {
	bool is_leaf = tree->leaf < tree->leaves &&
		       (tree->node == tree->size || tree->weight[tree->leaf] <= tree->weight[tree->node]);
	unsigned taken = is_leaf ? tree->leaf++ : tree->node++;
	tree->parent[taken] = (uint16_t)tree->size;
	return taken;
}

/* Counts the leaves of each depth. Those that lie deeper than `limit` count as if they lay there. */
static void count_depths(const struct leaf *leaves, unsigned count, unsigned limit, unsigned *depths) {
	struct tree tree = {.leaves = count, .node = count, .size = count};
	unsigned depth[2 * HUFFMAN_SYMBOLS_MAX];
	for (unsigned i = 0; i < count; i++)
		tree.weight[i] = leaves[i].count;
	while (tree.size < 2 * count - 1) {
		uint32_t weight = tree.weight[take_lightest(&tree)];
		tree.weight[tree.size] = weight + tree.weight[take_lightest(&tree)];
		tree.size++;
	}
	depth[tree.size - 1] = 0;
	for (unsigned i = tree.size - 1; i-- > 0;) {
		depth[i] = depth[tree.parent[i]] + 1;
		if (i < count)
			depths[depth[i] < limit ? depth[i] : limit]++;
	}
}

/* Leaves that were moved up to the limit take more codes than there are. Until it is right, this makes two
 * leaves of the deepest inner place that has one: it moves down by one level, and one of those at the limit
 * becomes its neighbour. */
static void make_room(unsigned *depths, unsigned limit) {
	uint32_t used = 0;
	for (unsigned i = 1; i <= limit; i++)
		used += depths[i] << (limit - i);
	for (; used > 1u << limit; used--) {
		unsigned i = limit - 1;
		while (!depths[i])
			i--;
		depths[i]--;
		depths[i + 1] += 2;
		depths[limit]--;
	}
}

void huffman_lengths(const uint32_t *counts, unsigned symbols, unsigned limit, uint8_t *lengths) {
	struct leaf leaves[HUFFMAN_SYMBOLS_MAX];
	unsigned depths[HUFFMAN_LENGTH_MAX + 1] = {0}, next = 0;
	unsigned used = collect(counts, symbols, leaves);
	memset(lengths, 0, symbols);
	if (used == 1)
		lengths[leaves[0].symbol] = 1;
	if (used <= 1)
		return;
	sort(leaves, used);
	count_depths(leaves, used, limit, depths);
	make_room(depths, limit);
	for (unsigned length = limit; length > 0; length--)
		for (unsigned i = 0; i < depths[length]; i++)
			lengths[leaves[next++].symbol] = (uint8_t)length;
}

static uint16_t mirror(unsigned code, unsigned length) {
	code = (code & 0x5555) << 1 | (code >> 1 & 0x5555);
	code = (code & 0x3333) << 2 | (code >> 2 & 0x3333);
	code = (code & 0x0f0f) << 4 | (code >> 4 & 0x0f0f);
	code = (code & 0x00ff) << 8 | code >> 8;
	return (uint16_t)(code >> (16 - length));
}

void huffman_codes(const uint8_t *lengths, unsigned symbols, uint16_t *codes) {
	uint16_t counts[HUFFMAN_LENGTH_MAX + 1] = {0}, next[HUFFMAN_LENGTH_MAX + 1] = {0};
	for (unsigned i = 0; i < symbols; i++)
		counts[lengths[i]]++;
	counts[0] = 0;
	for (unsigned i = 1; i <= HUFFMAN_LENGTH_MAX; i++)
		next[i] = (uint16_t)((next[i - 1] + counts[i - 1]) << 1);
	for (unsigned i = 0; i < symbols; i++)
		codes[i] = lengths[i] ? mirror(next[lengths[i]]++, lengths[i]) : 0;
}
