/* SPDX-License-Identifier: GPL-2.0-or-later */
/* palette: the colours of a layer whose pixels are numbers of colours, as a texture of one row. */
#ifndef ZEROVNC_GL_PALETTE_H
#define ZEROVNC_GL_PALETTE_H

#include "capture/frame.h"
#include "encode/gl/gles.h"
#include "encode/gl/scanout.h"

struct palette {
	const struct gles *gl; /* borrowed */
	GLuint texture;
	uint64_t serial; /* of the colours that it holds; 0: none */
};

/* Has the layer, which is SCANOUT_PALETTE then, read its colours there. Leaves unit 0 active. The context is
 * current. 0, or -ENOTSUP with a reason. Takes a zeroed one the first time. */
int palette_set(struct palette *palette, const struct gles *gl, const struct frame_palette *colours,
	struct scanout *scanout, struct reason *reason);

/* The context is current. Takes a zeroed one. */
void palette_finish(struct palette *palette);

#endif
