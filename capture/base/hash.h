/* SPDX-License-Identifier: GPL-2.0-or-later */
/* hash: FNV-1a with 64 bits, to tell things apart that nobody forges. Pure. */
#ifndef ZEROVNC_HASH_H
#define ZEROVNC_HASH_H

#include <stdint.h>

/* The hash of nothing. */
#define HASH_START UINT64_C(0xcbf29ce484222325)

/* The hash of what was hashed so far and one number more. */
static inline uint64_t hash_add(uint64_t hash, uint32_t number) {
	return (hash ^ number) * UINT64_C(0x100000001b3);
}

/* The same for a text and its end. */
static inline uint64_t hash_add_text(uint64_t hash, const char *text) {
	do
		hash = hash_add(hash, (uint8_t)*text);
	while (*text++);
	return hash;
}

#endif
