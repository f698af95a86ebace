/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * blend: one layer of 8 bits a channel over pixels, in integers (kernel.h has the loops). This is what
 * windows and pointers are, as a rule; span.h does the same for everything else.
 */
#ifndef ZEROVNC_CPU_BLEND_H
#define ZEROVNC_CPU_BLEND_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "capture/frame.h"
#include "encode/pixel_format.h"

/* Whether kernel.blend() can do this. */
bool blend_can(const struct pixel_format *format, enum frame_blend blend, uint16_t alpha);

#endif
