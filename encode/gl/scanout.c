/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "encode/gl/scanout.h"

#include <drm_mode.h>
#include <errno.h>
#include <string.h>

#include "capture/base/rect.h"

void scanout_init_black(struct scanout *scanout, GLuint texture) {
	memset(scanout, 0, sizeof *scanout);
	scanout->texture = texture;
	scanout->texture_width = scanout->texture_height = 1;
}

/* Refuses what blending would change: the one layer that is shown must be opaque. */
static int check_opaque(const struct frame_layer *layer, struct reason *reason) {
	const struct pixel_format *format = pixel_format_find(layer->fourcc);
	if (layer->alpha != 0xffff)
		return reason_set(
			reason, -ENOTSUP, "the plane is translucent, and the GPU path blends nothing");
	if (format && format->alpha.bits && layer->blend == FRAME_BLEND_COVERAGE)
		return reason_set(reason, -ENOTSUP,
			"the plane is blended by the alpha of its pixels, and the GPU path blends nothing");
	return 0;
}

/* KMS rotates counter-clockwise what it has reflected in the source's own axes. */
static void orient(struct scanout *scanout, uint32_t rotation, int32_t width, int32_t height) {
	int32_t x = 0, y = 0, xx = 1, xy = 0, yx = 0,
		yy = 1; /* in the source: the first pixel, and the steps to the right and down */
	switch (rotation & DRM_MODE_ROTATE_MASK) {
	case DRM_MODE_ROTATE_90:
		x = width - 1, xx = 0, xy = 1, yx = -1, yy = 0;
		break;
	case DRM_MODE_ROTATE_180:
		x = width - 1, y = height - 1, xx = -1, yy = -1;
		break;
	case DRM_MODE_ROTATE_270:
		y = height - 1, xx = 0, xy = -1, yx = 1, yy = 0;
		break;
	default:
		break;
	}
	if (rotation & DRM_MODE_REFLECT_X)
		x = width - 1 - x, xx = -xx, yx = -yx;
	if (rotation & DRM_MODE_REFLECT_Y)
		y = height - 1 - y, xy = -xy, yy = -yy;
	scanout->first[0] += x;
	scanout->first[1] += y;
	memcpy(scanout->steps, (int32_t[]){xx, xy, yx, yy}, sizeof scanout->steps);
}

int scanout_place(struct scanout *scanout, const struct frame_layer *layer, struct reason *reason) {
	const struct rect *shown = &layer->destination;
	const struct rect source = rect_from_fixed(&layer->source);
	int error = check_opaque(layer, reason);
	if (error)
		return error;
	if (!rect_is_inside(source, layer->width, layer->height))
		return reason_set(reason, -EINVAL, "the plane shows %ux%u+%d+%d of a framebuffer of %ux%u",
			source.width, source.height, source.x, source.y, layer->width, layer->height);
	bool turned = layer->rotation & (DRM_MODE_ROTATE_90 | DRM_MODE_ROTATE_270);
	if ((turned ? source.height : source.width) != shown->width ||
		(turned ? source.width : source.height) != shown->height)
		return reason_set(reason, -ENOTSUP, "the hardware scales the plane from %ux%u to %ux%u",
			source.width, source.height, shown->width, shown->height);
	scanout->shown[0] = shown->x;
	scanout->shown[1] = shown->y;
	scanout->shown[2] = shown->x + (int32_t)shown->width;
	scanout->shown[3] = shown->y + (int32_t)shown->height;
	scanout->first[0] = source.x;
	scanout->first[1] = source.y;
	orient(scanout, layer->rotation, (int32_t)source.width, (int32_t)source.height);
	return 0;
}

static void set_channel(float at[4], struct pixel_channel channel, bool texels) {
	memset(at, 0, 4 * sizeof *at);
	if (texels) {
		at[channel.shift / 8] = 1;
		return;
	}
	at[0] = channel.shift / 8;
	at[1] = (float)(1 << channel.shift % 8);
	at[2] = (float)(1 << channel.bits);
	at[3] = channel.shift % 8 + channel.bits > 8;
}

void scanout_set_format(struct scanout *scanout, const struct pixel_format *format) {
	bool texels = format->bytes_per_pixel == 4 && format->red.bits == 8 && format->red.shift % 8 == 0;
	scanout->pixel_bytes[0] = format->bytes_per_pixel;
	scanout->pixel_bytes[1] = texels ? 0 : format->model == PIXEL_HALF ? 2 : 1;
	set_channel(scanout->red, format->red, texels);
	set_channel(scanout->green, format->green, texels);
	set_channel(scanout->blue, format->blue, texels);
}

void scanout_set_yuv(
	struct scanout *scanout, const struct pixel_format *format, const struct frame_layer *layer) {
	static const struct {
		double red, blue;
	} weights[] = {
		/* the weights in luma, from ITU-R BT.601, BT.709 and BT.2020 */
		[FRAME_ENCODING_BT601] = {0.299, 0.114},
		[FRAME_ENCODING_BT709] = {0.2126, 0.0722},
		[FRAME_ENCODING_BT2020] = {0.2627, 0.0593},
	};
	double red = weights[layer->encoding].red, blue = weights[layer->encoding].blue;
	double green = 1 - red - blue, steps = 1 << format->bits, eighth = steps / 256;
	bool full = layer->range == FRAME_RANGE_FULL;
	/* A texture with 16 bits per channel returns the 10 bits as if they were all 16. */
	double largest = format->bits > 8 ? 65535.0 / (65536 / steps) : 255;
	double luma = largest / (full ? steps - 1 : 219 * eighth), dark = full ? 0 : 16.0 / 219;
	double chroma = largest / (full ? steps - 1 : 224 * eighth);
	double middle = 128 * eighth / (full ? steps - 1 : 224 * eighth);
	double cr = 2 * (1 - red), cb = 2 * (1 - blue);
	double green_cb = -cb * blue / green, green_cr = -cr * red / green;
	const double rows[3][4] = {
		{luma, 0, cr * chroma, -dark - cr * middle},
		{luma, green_cb * chroma, green_cr * chroma, -dark - (green_cb + green_cr) * middle},
		{luma, cb * chroma, 0, -dark - cb * middle},
	};
	for (int i = 0; i < 4; i++) {
		scanout->red[i] = (float)rows[0][i];
		scanout->green[i] = (float)rows[1][i];
		scanout->blue[i] = (float)rows[2][i];
	}
	scanout->chroma_rows = format->chroma.rows;
	scanout->chroma_channels = format->planes == 1; /* then the first and third channel are luma */
}

void scanout_locate(const struct gles *gl, GLuint program, struct scanout_uniforms *uniforms) {
	uniforms->sampler = gl->GetUniformLocation(program, "scanout");
	uniforms->size = gl->GetUniformLocation(program, "scanout_size");
	uniforms->shown = gl->GetUniformLocation(program, "shown");
	uniforms->first = gl->GetUniformLocation(program, "first_pixel");
	uniforms->steps = gl->GetUniformLocation(program, "steps");
	uniforms->pixel_bytes = gl->GetUniformLocation(program, "pixel_bytes");
	uniforms->red = gl->GetUniformLocation(program, "red_at");
	uniforms->green = gl->GetUniformLocation(program, "green_at");
	uniforms->blue = gl->GetUniformLocation(program, "blue_at");
	uniforms->chroma = gl->GetUniformLocation(program, "chroma");
	uniforms->chroma_size = gl->GetUniformLocation(program, "chroma_size");
	uniforms->chroma_rows = gl->GetUniformLocation(program, "chroma_rows");
	uniforms->chroma_channels = gl->GetUniformLocation(program, "chroma_channels");
}

GLenum scanout_target(enum scanout_kind kind) {
	bool external = kind == SCANOUT_EXTERNAL || kind == SCANOUT_SAMPLED;
	return external ? GL_TEXTURE_EXTERNAL_OES : GL_TEXTURE_2D;
}

void scanout_bind(const struct gles *gl, const struct scanout *scanout) {
	if (scanout->kind == SCANOUT_PLANES) {
		gl->ActiveTexture(GL_TEXTURE2);
		gl->BindTexture(GL_TEXTURE_2D, scanout->chroma);
		gl->ActiveTexture(GL_TEXTURE0);
	}
	gl->BindTexture(scanout_target(scanout->kind), scanout->texture);
}

static void apply_planes(
	const struct gles *gl, const struct scanout_uniforms *at, const struct scanout *scanout) {
	uint32_t rows = (uint32_t)scanout->chroma_rows;
	gl->Uniform1i(at->chroma, 2);
	gl->Uniform2f(at->chroma_size, (float)((scanout->texture_width + 1) / 2),
		(float)((scanout->texture_height + rows - 1) / rows));
	gl->Uniform1i(at->chroma_rows, scanout->chroma_rows);
	gl->Uniform1i(at->chroma_channels, scanout->chroma_channels);
}

void scanout_apply(const struct gles *gl, const struct scanout_uniforms *at, const struct scanout *scanout) {
	gl->Uniform1i(at->sampler, 0);
	gl->Uniform2f(at->size, (float)scanout->texture_width, (float)scanout->texture_height);
	gl->Uniform4i(at->shown, scanout->shown[0], scanout->shown[1], scanout->shown[2], scanout->shown[3]);
	gl->Uniform2i(at->first, scanout->first[0], scanout->first[1]);
	gl->Uniform4i(at->steps, scanout->steps[0], scanout->steps[1], scanout->steps[2], scanout->steps[3]);
	if (scanout->kind == SCANOUT_PLANES)
		apply_planes(gl, at, scanout);
	else if (scanout->kind == SCANOUT_MEMORY)
		gl->Uniform2i(at->pixel_bytes, scanout->pixel_bytes[0], scanout->pixel_bytes[1]);
	else
		return;
	gl->Uniform4fv(at->red, 1, scanout->red);
	gl->Uniform4fv(at->green, 1, scanout->green);
	gl->Uniform4fv(at->blue, 1, scanout->blue);
}
