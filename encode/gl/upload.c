/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "encode/gl/upload.h"

#include <drm_fourcc.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

void upload_init(struct upload *upload, const struct gles *gl) {
	upload->gl = gl;
}

void upload_finish(struct upload *upload) {
	if (upload->gl)
		upload->gl->DeleteTextures(1, &upload->texture);
	free(upload->rows);
	memset(upload, 0, sizeof *upload);
}

static int check(const struct frame_layer *layer, const struct pixel_format *format, struct reason *reason) {
	struct pixel_format_text text;
	const struct frame_plane *plane = &layer->planes[0];
	if (!format || format->model == PIXEL_YUV)
		return reason_set(reason, -ENOTSUP, "memory of format %s cannot be uploaded",
			pixel_format_describe(layer->fourcc, &text));
	if (!frame_layer_is_linear(layer))
		return reason_set(reason, -ENOTSUP, "the layout of the memory is not linear but %s",
			pixel_format_describe_modifier(layer->modifier, &text));
	if (format->model == PIXEL_PALETTE && !layer->palette)
		return reason_set(
			reason, -ENOTSUP, "the palette of the memory (%s) is not known", format->name);
	uint64_t row = (uint64_t)layer->width * format->bytes_per_pixel;
	uint64_t end = layer->height ? plane->offset + (layer->height - 1) * (uint64_t)plane->pitch + row : 0;
	if (layer->plane_count != 1 || !row || !end || plane->pitch < row || end > layer->memory_size)
		return reason_set(reason, -EINVAL, "%ux%u with a pitch of %u reaches to byte %llu of %zu",
			layer->width, layer->height, plane->pitch, (unsigned long long)end,
			layer->memory_size);
	return 0;
}

/* What numbers of colours are uploaded as. */
static const struct pixel_format *spelt_out(void) {
	return pixel_format_find(DRM_FORMAT_XRGB8888);
}

static void spell_out(const struct frame_palette *palette, const uint8_t *from, uint8_t *to, uint32_t width) {
	for (uint32_t x = 0; x < width; x++, to += 4) {
		uint32_t colour = palette->colours[from[x]];
		to[0] = (uint8_t)colour;
		to[1] = (uint8_t)(colour >> 8);
		to[2] = (uint8_t)(colour >> 16);
	}
}

static int resize(struct upload *upload, uint32_t width, uint32_t height, struct reason *reason) {
	const struct gles *gl = upload->gl;
	if (upload->texture && upload->width == width && upload->height == height)
		return 0;
	int error = gles_check_size(gl, width, height, reason);
	if (error)
		return error;
	upload_finish(upload);
	upload_init(upload, gl);
	upload->rows = calloc(height, (size_t)width * 4);
	gl->GenTextures(1, &upload->texture);
	gl->BindTexture(GL_TEXTURE_2D, upload->texture);
	gl->TexImage2D(GL_TEXTURE_2D, 0, GL_RGBA, (GLsizei)width, (GLsizei)height, 0, GL_RGBA,
		GL_UNSIGNED_BYTE, NULL);
	gles_sample_texels(gl, GL_TEXTURE_2D);
	if (gles_error(gl) || !upload->rows)
		return reason_set(
			reason, -ENOTSUP, "%s has no texture of %ux%u", gl->renderer, width, height);
	upload->width = width;
	upload->height = height;
	return 0;
}

/* The layer's pixels as the texture has them: whole texels, even after the very last pixel. */
static const void *arrange(
	struct upload *upload, const struct frame_layer *layer, const struct pixel_format *format) {
	const struct frame_plane *plane = &layer->planes[0];
	const uint8_t *from = layer->memory + plane->offset;
	size_t row = (size_t)layer->width * format->bytes_per_pixel;
	if (format->model != PIXEL_PALETTE && plane->pitch == (size_t)upload->width * 4 && row % 4 == 0)
		return from;
	for (uint32_t y = 0; y < layer->height; y++, from += plane->pitch) {
		uint8_t *to = upload->rows + (size_t)y * upload->width * 4;
		if (format->model == PIXEL_PALETTE)
			spell_out(layer->palette, from, to, layer->width);
		else
			memcpy(to, from, row);
	}
	return upload->rows;
}

int upload_layer(struct upload *upload, const struct frame_layer *layer, struct scanout *scanout,
	struct reason *reason) {
	const struct pixel_format *format = pixel_format_find(layer->fourcc);
	int error = check(layer, format, reason);
	if (error)
		return error;
	const struct pixel_format *uploaded = format->model == PIXEL_PALETTE ? spelt_out() : format;
	size_t row = (size_t)layer->width * uploaded->bytes_per_pixel;
	error = resize(upload, (uint32_t)((row + 3) / 4), layer->height, reason);
	if (error)
		return error;
	const void *bytes = arrange(upload, layer, format);
	upload->gl->ActiveTexture(GL_TEXTURE0);
	upload->gl->BindTexture(GL_TEXTURE_2D, upload->texture);
	upload->gl->TexSubImage2D(GL_TEXTURE_2D, 0, 0, 0, (GLsizei)upload->width, (GLsizei)upload->height,
		GL_RGBA, GL_UNSIGNED_BYTE, bytes);
	scanout->kind = SCANOUT_MEMORY;
	scanout->texture = upload->texture;
	scanout->texture_width = upload->width;
	scanout->texture_height = upload->height;
	scanout_set_format(scanout, uploaded);
	return 0;
}
