/* SPDX-License-Identifier: GPL-2.0-or-later */
/* content: pictures that make encoders take different ways. */
#ifndef ZEROVNC_TEST_CONTENT_H
#define ZEROVNC_TEST_CONTENT_H

#include <stddef.h>
#include <stdint.h>

enum { CONTENT_NOISE = 2, CONTENT_PHOTO = 18, CONTENTS };

const char *content_name(unsigned content);

/* Draws one into 0x00RRGGBB pixels, with `stride` pixels from row to row. */
void content_draw(unsigned content, uint32_t *pixels, size_t stride, uint32_t width, uint32_t height);

#endif
