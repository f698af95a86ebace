/* SPDX-License-Identifier: GPL-2.0-or-later */
/* recolour: the tables of a frame's correction and signal (encode/colour.h) as the texture that layers.glsl
 * reads. */
#ifndef ZEROVNC_RECOLOUR_H
#define ZEROVNC_RECOLOUR_H

#include "encode/colour.h"
#include "encode/gl/layers.h"

struct recolour {
	const struct gles *gl;
	struct colour colour;
	GLuint texture;
	uint32_t rows;    /* of the texture */
	uint64_t content; /* what it holds */
};

/* Has the layers corrected as the frame says, which may be not at all. The context is current. 0, or -ENOMEM
 * or -ENOTSUP with a reason. Takes a zeroed one the first time. */
int recolour_set(struct recolour *recolour, const struct gles *gl, const struct frame *frame,
	struct layers *layers, struct reason *reason);

/* The context is current. Takes a zeroed one. */
void recolour_finish(struct recolour *recolour);

#endif
