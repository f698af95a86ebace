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

enum blend_way {
	BLEND_PREMULTIPLIED, /* each pixel by its own alpha */
	BLEND_COVERAGE,
	BLEND_PLANE,               /* all pixels by the plane's alpha */
	BLEND_PLANE_PREMULTIPLIED, /* by both */
	BLEND_PLANE_COVERAGE,
};

struct blend {
	enum blend_way way;
	bool swapped;   /* red and blue are stored the other way round than in XRGB8888 */
	uint16_t alpha; /* the plane's, of BLEND_PLANE and what follows it */
};

/* How a layer that blends is laid over pixels. False: kernel.blend() cannot do it. */
bool blend_set(struct blend *blend, const struct pixel_format *format, enum frame_blend how, uint16_t alpha);

#endif
