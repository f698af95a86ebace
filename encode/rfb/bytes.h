/* SPDX-License-Identifier: GPL-2.0-or-later */
/* bytes: reads and writes RFB's numbers, which are big-endian on the wire. */
#ifndef ZEROVNC_BYTES_H
#define ZEROVNC_BYTES_H

#include <stdint.h>

static inline uint16_t bytes_get16(const uint8_t *bytes) {
	return (uint16_t)(bytes[0] << 8 | bytes[1]);
}

static inline uint32_t bytes_get32(const uint8_t *bytes) {
	return (uint32_t)bytes[0] << 24 | (uint32_t)bytes[1] << 16 | (uint32_t)bytes[2] << 8 | bytes[3];
}

static inline void bytes_put16(uint8_t *bytes, uint16_t value) {
	bytes[0] = (uint8_t)(value >> 8);
	bytes[1] = (uint8_t)value;
}

static inline void bytes_put32(uint8_t *bytes, uint32_t value) {
	bytes_put16(bytes, (uint16_t)(value >> 16));
	bytes_put16(bytes + 2, (uint16_t)value);
}

#endif
