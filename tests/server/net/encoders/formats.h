/* SPDX-License-Identifier: GPL-2.0-or-later */
/* formats: pixel formats that viewers ask for, and that they could ask for. */
#ifndef ZEROVNC_TEST_FORMATS_H
#define ZEROVNC_TEST_FORMATS_H

#include <stddef.h>
#include <stdint.h>

#include "tests/encode/random.h"

struct pixel_layout {
	char name[64];
	uint8_t wire[16];
};

extern const struct pixel_layout formats_native; /* the server's own */
extern const struct pixel_layout formats[];
extern const size_t formats_count;

/* Any that has no channel outside of its pixel and no two that overlap. */
struct pixel_layout formats_random(struct random *random);

#endif
