/* SPDX-License-Identifier: GPL-2.0-or-later */
/* formats: pixel formats that viewers ask for, and others that they could ask for. */
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

/* Any format whose channels all lie inside its pixel and do not overlap. */
struct pixel_layout formats_random(struct random *random);

#endif
