/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "encode/gl/stand_in.h"

#include <drm_fourcc.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "encode/gl/gl.h"
#include "encode/gl/gles.h"

struct stand_in {
	struct converter base;
	struct converter *gl;
	GLuint texture;
	uint64_t memory_id; /* of the memory that the texture holds; 0: none */
};

static void to_rgba(const struct frame_layer *layer, uint8_t *to) {
	for (uint32_t y = 0; y < layer->height; y++) {
		const uint8_t *from =
			layer->memory + layer->planes[0].offset + (size_t)y * layer->planes[0].pitch;
		for (uint32_t x = 0; x < layer->width; x++, from += 4, to += 4) {
			to[0] = from[2];
			to[1] = from[1];
			to[2] = from[0];
			to[3] = 0xff;
		}
	}
}

static int upload(struct stand_in *self, const struct frame_layer *layer, struct reason *reason) {
	const struct gles *gl = gl_converter_gles(self->gl);
	uint8_t *rgba = malloc((size_t)layer->width * layer->height * 4);
	if (!gl || !rgba) {
		free(rgba);
		return reason_set(reason, -EIO, gl ? "out of memory" : "the context is gone");
	}
	to_rgba(layer, rgba);
	gl->DeleteTextures(1, &self->texture);
	gl->GenTextures(1, &self->texture);
	gl->ActiveTexture(GL_TEXTURE0);
	gl->BindTexture(GL_TEXTURE_2D, self->texture);
	gl->TexImage2D(GL_TEXTURE_2D, 0, GL_RGBA, (GLsizei)layer->width, (GLsizei)layer->height, 0, GL_RGBA,
		GL_UNSIGNED_BYTE, rgba);
	gl->TexParameteri(GL_TEXTURE_2D, GL_TEXTURE_MIN_FILTER, GL_NEAREST);
	gl->TexParameteri(GL_TEXTURE_2D, GL_TEXTURE_WRAP_S, GL_CLAMP_TO_EDGE);
	gl->TexParameteri(GL_TEXTURE_2D, GL_TEXTURE_WRAP_T, GL_CLAMP_TO_EDGE);
	gl->Finish();
	free(rgba);
	const char *trouble = gles_error(gl);
	if (trouble)
		return reason_set(
			reason, -ENOTSUP, "no texture of %ux%u: %s", layer->width, layer->height, trouble);
	self->memory_id = layer->memory_id;
	return 0;
}

static int convert(struct converter *converter, const struct conversion *conversion) {
	struct stand_in *self = (struct stand_in *)converter;
	const struct frame *frame = conversion->frame;
	struct reason *reason = conversion->reason;
	const struct frame_layer *layer = &frame->layers[0];
	if (frame->layer_count != 1 || !layer->memory || layer->fourcc != DRM_FORMAT_XRGB8888)
		return reason_set(reason, -ENOTSUP, "the frame is not XRGB8888 in memory");
	int error = layer->memory_id == self->memory_id ? 0 : upload(self, layer, reason);
	if (!error)
		error = gl_converter_convert_texture(self->gl, GL_TEXTURE_2D, self->texture, conversion);
	conversion->result->import = CONVERTER_IMPORT_TEXTURE;
	snprintf(self->base.detail, sizeof self->base.detail, "%s", self->gl->detail);
	return error;
}

unsigned stand_in_texture(const struct converter *converter) {
	return ((const struct stand_in *)converter)->texture;
}

static void release(struct converter *converter) {
	(void)converter; /* it has not imported anything */
}

static void forget(struct converter *converter, struct picture *picture, const struct damage *tiles) {
	struct stand_in *self = (struct stand_in *)converter;
	self->gl->impl->forget(self->gl, picture, tiles);
}

static void destroy(struct converter *converter) {
	struct stand_in *self = (struct stand_in *)converter;
	converter_destroy(self->gl); /* this also destroys the texture, with its context */
	free(self);
}

static const struct converter_impl impl = {
	.name = "gpu",
	.convert = convert,
	.release = release,
	.forget = forget,
	.destroy = destroy,
};

struct converter *stand_in_create(struct converter *gl) {
	struct stand_in *self = calloc(1, sizeof *self);
	if (!self) {
		converter_destroy(gl);
		return NULL;
	}
	self->base.impl = &impl;
	memcpy(self->base.renderer, gl->renderer, sizeof self->base.renderer);
	self->gl = gl;
	return &self->base;
}
