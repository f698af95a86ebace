/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * layers: the layers of a frame as one program reads them, the lowest first, over black. Layers that nobody
 * would see are left out.
 */
#ifndef ZEROVNC_LAYERS_H
#define ZEROVNC_LAYERS_H

#include "encode/colour.h"
#include "encode/gl/scanout.h"
#include "encode/gl/variant.h"

/* The texture unit that no layer uses. It is for another texture of the program. */
enum { LAYERS_SPARE_UNIT = 1 };

/* The texture by which the composed picture is corrected (encode/gl/recolour.h). */
struct layers_correction {
	enum colour_kind kind;
	GLuint texture;                /* borrowed; 0 if nothing is corrected */
	int32_t rows;                  /* of it */
	int32_t unit;                  /* layers_settle() sets it */
	const struct tone_table *tone; /* borrowed; NULL: the kind has none */
};

struct layers {
	int count; /* at least 1: if nothing is shown, there is one black layer */
	struct scanout at[FRAME_MAX_LAYERS];
	int of[FRAME_MAX_LAYERS]; /* the number of each one in the frame; -1 for the black one */
	/* What of the picture is filled, and the same from where the tile begins in which that begins. The
	 * programs work on the latter, and so does `shown` of each layer. What it has more is black. */
	struct rect part, grid;
	struct layers_correction correction;
	/* layers_settle() sets these. */
	struct variant variant;
	int textures; /* how many texture units the program needs at most */
};

/* Where a program has the uniforms of its layers. */
struct layers_uniforms {
	struct scanout_uniforms at[FRAME_MAX_LAYERS];
	GLint correction, correction_size, tone_rows;
};

/* The values that the uniforms have already. */
struct layers_held {
	bool set;
	int32_t correction_unit, correction_rows;
	uint64_t tone; /* its content */
	struct scanout at[FRAME_MAX_LAYERS];
};

/* Makes one black layer. Nothing is corrected. */
void layers_init_black(struct layers *layers);

/* Says what they fill. */
void layers_fill(struct layers *layers, const struct rect *part);

/* Places the layers of the frame that are seen, to fill this part of the picture. They still need their
 * textures. 0, or -EINVAL as for scanout_place(). */
int layers_place(
	struct layers *layers, const struct frame *frame, const struct rect *part, struct reason *reason);

/* Chooses the texture units and the variant. Every layer must have its kind. */
void layers_settle(struct layers *layers);

/* Whether one of them is of this kind. */
bool layers_have(const struct layers *layers, enum scanout_kind kind);

/* Whether a shader that may read `most` textures can read these. 0, or -ENOTSUP with a reason. */
int layers_check_textures(
	const struct layers *layers, GLint most, const char *renderer, struct reason *reason);

void layers_locate(
	const struct gles *gl, GLuint program, const struct layers *layers, struct layers_uniforms *uniforms);
/* Binds all textures to their units, and leaves unit 0 active. */
void layers_bind(const struct gles *gl, const struct layers *layers);
/* Sets the uniforms of the program in use, except those that have the right value already. */
void layers_apply(const struct gles *gl, const struct layers_uniforms *uniforms, const struct layers *layers,
	struct layers_held *held);

#endif
