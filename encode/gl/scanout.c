/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "encode/gl/scanout.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "capture/base/array.h"
#include "encode/placement.h"
#include "encode/yuv.h"

void scanout_init_black(struct scanout *scanout, GLuint texture) {
	memset(scanout, 0, sizeof *scanout);
	scanout->texture = texture;
	scanout->texture_width = scanout->texture_height = 1;
	scanout->blending[0] = scanout->blending[2] = 1;
}

/* Cuts it to so few binary digits that its product with the number of any pixel is exact in a float. */
static double shortened(double scale) {
	enum { DIGITS = 9 };
	int exponent;
	double digits = frexp(scale, &exponent);
	return ldexp(floor(ldexp(digits, DIGITS)), exponent - DIGITS);
}

static void place_scaled(struct scanout *scanout, const struct placement *placement) {
	const uint32_t cut[2] = {placement->left, placement->top};
	scanout->last[0] = (float)(placement->width - 1);
	scanout->last[1] = (float)(placement->height - 1);
	for (int axis = 0; axis < 2; axis++) {
		double step = placement->scale[axis];
		double start = placement->origin[axis] + (cut[axis] + 0.5) * step - 0.5;
		scanout->start[axis] = (float)floor(start);
		scanout->start[2 + axis] = (float)(start - floor(start));
		scanout->scale[axis] = (float)shortened(step);
		scanout->scale[2 + axis] = (float)(step - shortened(step));
	}
}

static void place(struct scanout *scanout, const struct placement *placement) {
	const struct rect *shown = &placement->shown;
	const int32_t *steps = placement->steps;
	int32_t left = (int32_t)placement->left, top = (int32_t)placement->top;
	scanout->shown[0] = shown->x;
	scanout->shown[1] = shown->y;
	scanout->shown[2] = shown->x + (int32_t)shown->width;
	scanout->shown[3] = shown->y + (int32_t)shown->height;
	memcpy(scanout->steps, steps, sizeof scanout->steps);
	memcpy(scanout->first, placement->first, sizeof scanout->first);
	scanout->scaled = placement->scaled;
	if (placement->scaled) {
		place_scaled(scanout, placement);
		return;
	}
	scanout->first[0] += steps[0] * left + steps[2] * top;
	scanout->first[1] += steps[1] * left + steps[3] * top;
}

static void set_blending(struct scanout *scanout, const struct frame_layer *layer) {
	const struct pixel_format *format = pixel_format_find(layer->fourcc);
	bool by_pixel = format && format->alpha.bits && layer->blend != FRAME_BLEND_NONE;
	memset(scanout->blending, 0, sizeof scanout->blending);
	float alpha = (float)(layer->alpha / 65535.0);
	/* Each is a share, or a share of the pixel's alpha. */
	scanout->blending[by_pixel && layer->blend == FRAME_BLEND_COVERAGE] = alpha;
	scanout->blending[2 + by_pixel] = alpha;
	scanout->hides = layer->alpha == 0xffff && !by_pixel;
	scanout->halves = format && format->model == PIXEL_HALF;
}

int scanout_place(struct scanout *scanout, const struct frame_layer *layer, uint32_t width, uint32_t height,
	struct reason *reason) {
	struct placement placement;
	int error = placement_init(&placement, layer, width, height, reason);
	if (error || !placement.shown.width || !layer->alpha)
		return error;
	place(scanout, &placement);
	set_blending(scanout, layer);
	return 0;
}

/* Over black, a premultiplied colour stays as it is. */
bool scanout_is_composed(const struct scanout *scanout) {
	return scanout->scaled || scanout->blending[0] < 1;
}

/* A channel that lies in two bytes at the most; index 3 is alpha, which may be missing. */
static void set_channel(struct scanout *scanout, int index, struct pixel_channel channel, bool texels) {
	int byte = channel.shift / 8, past = channel.shift % 8 + channel.bits - 8;
	float *first = scanout->first_bytes[index], *last = scanout->last_bytes[index];
	scanout->units[index] = (float)(1 << channel.shift % 8);
	scanout->counts[index] = (float)(channel.bits ? 1 << channel.bits : 2);
	if (!channel.bits)
		return;
	*(byte < 4 ? &first[byte] : &last[byte - 4]) = 1;
	if (past > 0 && !texels)
		*(byte + 1 < 4 ? &first[byte + 1] : &last[byte - 3]) = 256;
}

void scanout_set_format(struct scanout *scanout, const struct pixel_format *format) {
	bool texels = format->bytes_per_pixel == 4 && format->red.bits == 8 && format->red.shift % 8 == 0;
	scanout->pixel_bytes[0] = format->bytes_per_pixel;
	scanout->pixel_bytes[1] = texels ? 0 : format->model == PIXEL_HALF ? 2 : 1;
	set_channel(scanout, 0, format->red, texels);
	set_channel(scanout, 1, format->green, texels);
	set_channel(scanout, 2, format->blue, texels);
	set_channel(scanout, 3, format->alpha, texels);
}

void scanout_set_yuv(
	struct scanout *scanout, const struct pixel_format *format, const struct frame_layer *layer) {
	const struct yuv_matrix matrix = yuv_matrix_of(format, layer->encoding, layer->range);
	/* What a texture returns as 1, in stored numbers. With 16 bits per channel, it returns the 10 bits as
	 * if they were all 16. */
	double largest = format->bits > 8 ? 65535.0 / (1 << (16 - format->bits)) : 255;
	for (int i = 0; i < 4; i++) {
		double unit = i < 3 ? largest : 1;
		scanout->red[i] = (float)(matrix.rows[0][i] * unit);
		scanout->green[i] = (float)(matrix.rows[1][i] * unit);
		scanout->blue[i] = (float)(matrix.rows[2][i] * unit);
	}
	scanout->chroma_rows = format->chroma.rows;
	scanout->chroma_channels = format->planes == 1; /* then the first and third channel are luma */
}

static GLint locate(const struct gles *gl, GLuint program, const char *format, int index) {
	char name[32];
	snprintf(name, sizeof name, format, index);
	return gl->GetUniformLocation(program, name);
}

void scanout_locate(const struct gles *gl, GLuint program, int index, struct scanout_uniforms *uniforms) {
	const struct {
		GLint *at;
		const char *name;
	} table[] = {
		{&uniforms->sampler, "scanout%d"},
		{&uniforms->size, "scanout_size%d"},
		{&uniforms->shown, "shown[%d]"},
		{&uniforms->first, "first_pixel%d"},
		{&uniforms->steps, "steps%d"},
		{&uniforms->start, "start%d"},
		{&uniforms->scale, "scale%d"},
		{&uniforms->last, "last_pixel%d"},
		{&uniforms->hides, "hides%d"},
		{&uniforms->blending, "blending%d"},
		{&uniforms->pixel_bytes, "pixel_bytes%d"},
		{&uniforms->first_bytes, "first_bytes%d"},
		{&uniforms->last_bytes, "last_bytes%d"},
		{&uniforms->units, "units%d"},
		{&uniforms->counts, "counts%d"},
		{&uniforms->palette, "palette%d"},
		{&uniforms->chroma, "chroma%d"},
		{&uniforms->chroma_size, "chroma_size%d"},
		{&uniforms->chroma_rows, "chroma_rows%d"},
		{&uniforms->chroma_channels, "chroma_channels%d"},
		{&uniforms->red, "red_at%d"},
		{&uniforms->green, "green_at%d"},
		{&uniforms->blue, "blue_at%d"},
	};
	for (size_t i = 0; i < ARRAY_LEN(table); i++)
		*table[i].at = locate(gl, program, table[i].name, index);
}

bool scanout_is_pair(enum scanout_kind kind) {
	return kind == SCANOUT_PLANES || kind == SCANOUT_PALETTE;
}

GLenum scanout_target(enum scanout_kind kind) {
	bool external = kind == SCANOUT_EXTERNAL || kind == SCANOUT_SAMPLED;
	return external ? GL_TEXTURE_EXTERNAL_OES : GL_TEXTURE_2D;
}

static void bind(const struct gles *gl, int32_t unit, GLenum target, GLuint texture) {
	gl->ActiveTexture(GL_TEXTURE0 + (GLenum)unit);
	gl->BindTexture(target, texture);
}

void scanout_bind(const struct gles *gl, const struct scanout *scanout) {
	if (scanout_is_pair(scanout->kind))
		bind(gl, scanout->chroma_unit, GL_TEXTURE_2D, scanout->chroma);
	bind(gl, scanout->unit, scanout_target(scanout->kind), scanout->texture);
}

static void apply_planes(
	const struct gles *gl, const struct scanout_uniforms *at, const struct scanout *scanout) {
	uint32_t rows = (uint32_t)scanout->chroma_rows;
	gl->Uniform1i(at->chroma, scanout->chroma_unit);
	gl->Uniform2f(at->chroma_size, (float)((scanout->texture_width + 1) / 2),
		(float)((scanout->texture_height + rows - 1) / rows));
	gl->Uniform1i(at->chroma_rows, scanout->chroma_rows);
	gl->Uniform1i(at->chroma_channels, scanout->chroma_channels);
	gl->Uniform4fv(at->red, 1, scanout->red);
	gl->Uniform4fv(at->green, 1, scanout->green);
	gl->Uniform4fv(at->blue, 1, scanout->blue);
}

static void apply_format(
	const struct gles *gl, const struct scanout_uniforms *at, const struct scanout *scanout) {
	gl->Uniform2i(at->pixel_bytes, scanout->pixel_bytes[0], scanout->pixel_bytes[1]);
	gl->UniformMatrix4fv(at->first_bytes, 1, GL_FALSE, scanout->first_bytes[0]);
	gl->UniformMatrix4fv(at->last_bytes, 1, GL_FALSE, scanout->last_bytes[0]);
	gl->Uniform4fv(at->units, 1, scanout->units);
	gl->Uniform4fv(at->counts, 1, scanout->counts);
}

static void apply_composition(
	const struct gles *gl, const struct scanout_uniforms *at, const struct scanout *scanout) {
	gl->Uniform1i(at->hides, scanout->hides);
	gl->Uniform4fv(at->blending, 1, scanout->blending);
	if (!scanout->scaled)
		return;
	gl->Uniform4fv(at->start, 1, scanout->start);
	gl->Uniform4fv(at->scale, 1, scanout->scale);
	gl->Uniform2f(at->last, scanout->last[0], scanout->last[1]);
}

void scanout_apply(const struct gles *gl, const struct scanout_uniforms *at, const struct scanout *scanout) {
	gl->Uniform1i(at->sampler, scanout->unit);
	gl->Uniform2f(at->size, (float)scanout->texture_width, (float)scanout->texture_height);
	gl->Uniform4i(at->shown, scanout->shown[0], scanout->shown[1], scanout->shown[2], scanout->shown[3]);
	gl->Uniform2i(at->first, scanout->first[0], scanout->first[1]);
	gl->Uniform4i(at->steps, scanout->steps[0], scanout->steps[1], scanout->steps[2], scanout->steps[3]);
	apply_composition(gl, at, scanout);
	if (scanout->kind == SCANOUT_PLANES)
		apply_planes(gl, at, scanout);
	else if (scanout->kind == SCANOUT_PALETTE)
		gl->Uniform1i(at->palette, scanout->chroma_unit);
	else if (scanout->kind == SCANOUT_MEMORY)
		apply_format(gl, at, scanout);
}
