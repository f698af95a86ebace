/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * huffman: Huffman codes as deflate has them (RFC 1951, 3.2.2): canonical, of a limited length, and read from
 * the lowest bit of each byte on. Pure.
 */
#ifndef ZEROVNC_HUFFMAN_H
#define ZEROVNC_HUFFMAN_H

#include <stdint.h>

enum { HUFFMAN_SYMBOLS_MAX = 288, HUFFMAN_LENGTH_MAX = 15 };

/*
 * Writes how many bits the code of each symbol has, so that the sum over `counts` is as small as it can be
 * with at most `limit` bits, or nearly so if the limit is felt. 0: the symbol does not occur. A symbol that
 * is the only one has 1 bit. `symbols` is at most HUFFMAN_SYMBOLS_MAX, `limit` at most HUFFMAN_LENGTH_MAX,
 * and there must be enough codes of `limit` bits. The sum of the counts is less than 2^31.
 */
void huffman_lengths(const uint32_t *counts, unsigned symbols, unsigned limit, uint8_t *lengths);

/* Writes the codes that have these lengths, with their bits in the order in which deflate writes them. */
void huffman_codes(const uint8_t *lengths, unsigned symbols, uint16_t *codes);

#endif
