/* SPDX-License-Identifier: GPL-2.0-or-later */
/* bits: strings of bits as H.264 has them (ITU-T H.264, 7.2, 7.4.1 and 9.1). Pure. */
#ifndef ZEROVNC_TEST_VA_BITS_H
#define ZEROVNC_TEST_VA_BITS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#pragma GCC visibility push(hidden)

/* All 0: none. */
struct bits {
	uint8_t *bytes; /* owned */
	size_t count;   /* of bits */
	size_t room;    /* bytes; those that are not in use are 0 */
	bool failed;    /* memory ran out, so something is missing */
};

void bits_finish(struct bits *bits);

void bits_put(struct bits *bits, uint32_t value, unsigned count);
void bits_put_unsigned(struct bits *bits, uint32_t value); /* ue(v) */
void bits_put_signed(struct bits *bits, int32_t value);    /* se(v) */
/* Fills the last byte with zeros. */
void bits_align(struct bits *bits);
/* Where to write so many whole bytes, after what there is. NULL: memory ran out. */
uint8_t *bits_extend(struct bits *bits, size_t count);
/* rbsp_trailing_bits() */
void bits_end(struct bits *bits);

/* Adds a start code and `nal` to a stream, of whole bytes both, with bytes for emulation prevention. */
void bits_put_nal(struct bits *stream, const struct bits *nal);
/*
 * The opposite, of a NAL unit that need not be complete. `escaped`: it has bytes for emulation prevention.
 * Returns false if there is no start code, or bytes for emulation prevention are missing.
 */
bool bits_take_nal(struct bits *nal, const uint8_t *data, size_t count, bool escaped);

/* What reads beyond the end gets zeros, and is then beyond it. */
struct reader {
	const struct bits *bits;
	size_t at;
};
uint32_t reader_take(struct reader *reader, unsigned count);
uint32_t reader_take_unsigned(struct reader *reader);
int32_t reader_take_signed(struct reader *reader);

#pragma GCC visibility pop

#endif
