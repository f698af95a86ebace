/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "encode/gl/layers.h"

#include <errno.h>
#include <string.h>

#include "encode/damage.h"

void layers_init_black(struct layers *layers) {
	layers->count = 1; /* the others are not initialised: this is done in each frame */
	layers->of[0] = -1;
	layers->correction = (struct layers_correction){.kind = COLOUR_NONE};
	scanout_init_black(&layers->at[0], 0);
}

static bool is_seen(const struct scanout *scanout) {
	return scanout->shown[0] < scanout->shown[2];
}

static bool hides_all(const struct scanout *scanout, const struct frame *frame) {
	return scanout->hides && scanout->shown[0] == 0 && scanout->shown[1] == 0 &&
	       scanout->shown[2] == (int32_t)frame->width && scanout->shown[3] == (int32_t)frame->height;
}

void layers_fill(struct layers *layers, const struct rect *part) {
	int32_t right = part->x % DAMAGE_TILE, down = part->y % DAMAGE_TILE;
	layers->part = *part;
	layers->grid = (struct rect){part->x - right, part->y - down, part->width + (uint32_t)right,
		part->height + (uint32_t)down};
}

/* From the mode to the grid. */
static void shift(const struct layers *layers, struct scanout *scanout) {
	for (int i = 0; i < 4; i += 2) {
		scanout->shown[i] += layers->part.x - layers->grid.x;
		scanout->shown[i + 1] += layers->part.y - layers->grid.y;
	}
}

int layers_place(
	struct layers *layers, const struct frame *frame, const struct rect *part, struct reason *reason) {
	int count = 0;
	layers_init_black(layers);
	layers_fill(layers, part);
	for (int i = 0; i < frame->layer_count; i++) {
		struct scanout scanout;
		scanout_init_black(&scanout, 0);
		int error = scanout_place(&scanout, &frame->layers[i], frame->width, frame->height, reason);
		if (error)
			return error;
		if (!is_seen(&scanout))
			continue;
		if (hides_all(&scanout, frame))
			count = 0;
		shift(layers, &scanout);
		layers->at[count] = scanout;
		layers->of[count++] = i;
	}
	layers->count = count ? count : 1;
	return 0;
}

/* Shaders decode the half floats of memory themselves. */
static bool samples_halves(const struct scanout *scanout) {
	return scanout->halves && scanout->kind != SCANOUT_MEMORY;
}

/* An external sampler of YUV may need three texture units (GL_OES_EGL_image_external). */
static int textures_of(enum scanout_kind kind) {
	return kind == SCANOUT_SAMPLED ? 3 : scanout_is_pair(kind) ? 2 : 1;
}

static int32_t next_unit(int32_t *unit) {
	int32_t taken = *unit;
	*unit += taken + 1 == LAYERS_SPARE_UNIT ? 2 : 1;
	return taken;
}

void layers_settle(struct layers *layers) {
	struct variant *variant = &layers->variant;
	int32_t unit = 0;
	memset(variant, 0, sizeof *variant);
	variant->count = (uint8_t)layers->count;
	variant->composed = layers->count > 1 || scanout_is_composed(&layers->at[0]);
	layers->textures = 0;
	for (int i = 0; i < layers->count; i++) {
		struct scanout *scanout = &layers->at[i];
		variant->layers[i] = (uint8_t)((int)scanout->kind | (scanout->scaled ? VARIANT_SCALED : 0) |
					       (samples_halves(scanout) ? VARIANT_HALVES : 0));
		layers->textures += textures_of(scanout->kind);
		scanout->unit = next_unit(&unit);
		if (scanout_is_pair(scanout->kind))
			scanout->chroma_unit = next_unit(&unit);
	}
	variant->corrected = (uint8_t)layers->correction.kind;
	layers->textures += layers->correction.kind != COLOUR_NONE;
	layers->correction.unit = next_unit(&unit);
}

bool layers_have(const struct layers *layers, enum scanout_kind kind) {
	for (int i = 0; i < layers->count; i++) {
		if (layers->at[i].kind == kind)
			return true;
	}
	return false;
}

int layers_check_textures(
	const struct layers *layers, GLint most, const char *renderer, struct reason *reason) {
	if (layers->textures <= most)
		return 0;
	return reason_set(reason, -ENOTSUP,
		"the picture is composed of %d planes in %d textures, and %s reads %d at a time",
		layers->count, layers->textures, renderer, most);
}

void layers_locate(const struct gles *gl, GLuint program, const struct layers *layers,
	struct layers_uniforms *uniforms) {
	for (int i = 0; i < layers->count; i++)
		scanout_locate(gl, program, i, &uniforms->at[i]);
	uniforms->correction = gl->GetUniformLocation(program, "correction");
	uniforms->correction_size = gl->GetUniformLocation(program, "correction_size");
	uniforms->tone_rows = gl->GetUniformLocation(program, "tone_rows");
}

void layers_bind(const struct gles *gl, const struct layers *layers) {
	if (layers->correction.texture) {
		gl->ActiveTexture(GL_TEXTURE0 + (GLenum)layers->correction.unit);
		gl->BindTexture(GL_TEXTURE_2D, layers->correction.texture);
	}
	for (int i = layers->count - 1; i >= 0; i--)
		scanout_bind(gl, &layers->at[i]);
}

static void apply_correction(const struct gles *gl, const struct layers_uniforms *uniforms,
	const struct layers_correction *correction, struct layers_held *held) {
	uint64_t tone = correction->tone ? correction->tone->content : 0;
	if (!held->set || held->correction_unit != correction->unit ||
		held->correction_rows != correction->rows) {
		gl->Uniform1i(uniforms->correction, correction->unit);
		gl->Uniform2f(uniforms->correction_size, COLOUR_WIDTH, (float)correction->rows);
		held->correction_unit = correction->unit;
		held->correction_rows = correction->rows;
	}
	if (tone && held->tone != tone) {
		gl->Uniform3fv(uniforms->tone_rows, 9, correction->tone->rows[0]);
		held->tone = tone;
	}
}

void layers_apply(const struct gles *gl, const struct layers_uniforms *uniforms, const struct layers *layers,
	struct layers_held *held) {
	for (int i = 0; i < layers->count; i++) {
		const struct scanout *scanout = &layers->at[i];
		/* No uniform says which textures they are. */
		held->at[i].texture = scanout->texture;
		held->at[i].chroma = scanout->chroma;
		/* If only padding differs, the same uniforms are set again. */
		/* NOLINTNEXTLINE(bugprone-suspicious-memory-comparison) */
		if (held->set && memcmp(&held->at[i], scanout, sizeof *scanout) == 0)
			continue;
		scanout_apply(gl, &uniforms->at[i], scanout);
		held->at[i] = *scanout;
	}
	if (layers->correction.texture)
		apply_correction(gl, uniforms, &layers->correction, held);
	held->set = true;
}
