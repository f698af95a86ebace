/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * upload: copies the framebuffer of a source that has it in its own memory into a texture, as bytes, four to
 * a texel, which the shader decodes. This is not zero copy, but it lets the GPU path serve every source. Each
 * layer of a frame has its own.
 */
#ifndef ZEROVNC_UPLOAD_H
#define ZEROVNC_UPLOAD_H

#include "encode/gl/gles.h"
#include "encode/gl/scanout.h"

struct upload {
	const struct gles *gl; /* borrowed */
	GLuint texture;
	uint32_t width, height; /* in texels */
	uint8_t *rows;          /* in the texture's layout; owned */
};

/* Of an all-zero or finished one, or again of one of the same context, which keeps what it has. */
void upload_init(struct upload *upload, const struct gles *gl);
/* An all-zero one may be finished, too. */
void upload_finish(struct upload *upload);

/* Fills kind, texture, its size and the format. 0; -ENOTSUP, naming the format; -EINVAL if the layer reaches
 * outside its memory. */
int upload_layer(struct upload *upload, const struct frame_layer *layer, struct scanout *scanout,
	struct reason *reason);

#endif
