/* SPDX-License-Identifier: GPL-2.0-or-later */
/* image: pictures for benchmarks and tests, drawn or from files. */
#ifndef ZEROVNC_TESTS_IMAGE_H
#define ZEROVNC_TESTS_IMAGE_H

#include <stdint.h>

struct image {
	uint32_t width, height;
	uint32_t *pixels; /* 0x00RRGGBB, without padding; the caller frees them */
};

/* The built-in test desktop of this size. */
struct image image_desktop(uint32_t width, uint32_t height);

/* Reads a PPM of 8 bits a channel (P6). Ends the program if it cannot. */
struct image image_read(const char *path);

#endif
