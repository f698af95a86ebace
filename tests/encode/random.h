/* SPDX-License-Identifier: GPL-2.0-or-later */
/* random: numbers that are the same in every run (xorshift64*). */
#ifndef ZEROVNC_TESTS_RANDOM_H
#define ZEROVNC_TESTS_RANDOM_H

#include <stdint.h>

struct random {
	uint64_t state; /* never 0 */
};

static inline uint64_t random_next(struct random *random) {
	random->state ^= random->state >> 12;
	random->state ^= random->state << 25;
	random->state ^= random->state >> 27;
	return random->state * UINT64_C(0x2545f4914f6cdd1d);
}

/* 0 .. limit - 1 */
static inline uint32_t random_below(struct random *random, uint32_t limit) {
	return (uint32_t)((random_next(random) >> 32) * limit >> 32);
}

#endif
