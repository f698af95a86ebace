/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "encode/gl/recolour.h"

#include <errno.h>
#include <string.h>

static int make_texture(struct recolour *recolour, uint32_t rows, struct reason *reason) {
	const struct gles *gl = recolour->gl;
	if (!recolour->texture)
		gl->GenTextures(1, &recolour->texture);
	recolour->rows = 0;
	recolour->content = 0;
	gl->BindTexture(GL_TEXTURE_2D, recolour->texture);
	gl->TexImage2D(
		GL_TEXTURE_2D, 0, GL_RGBA, COLOUR_WIDTH, (GLsizei)rows, 0, GL_RGBA, GL_UNSIGNED_BYTE, NULL);
	gles_sample_texels(gl, GL_TEXTURE_2D);
	if (gles_error(gl))
		return reason_set(
			reason, -ENOTSUP, "%s has no texture for the colours' correction", gl->renderer);
	recolour->rows = rows;
	return 0;
}

/* Changes what unit 0 has bound: layers_bind() comes later, because layers that are corrected are bound in
 * each frame. */
static int upload(struct recolour *recolour, struct reason *reason) {
	const struct gles *gl = recolour->gl;
	const struct colour *colour = &recolour->colour;
	uint32_t rows = colour_rows(colour);
	gl->ActiveTexture(GL_TEXTURE0);
	int error = recolour->rows == rows ? 0 : make_texture(recolour, rows, reason);
	if (error)
		return error;
	gl->BindTexture(GL_TEXTURE_2D, recolour->texture);
	gl->TexSubImage2D(GL_TEXTURE_2D, 0, 0, 0, COLOUR_WIDTH, (GLsizei)rows, GL_RGBA, GL_UNSIGNED_BYTE,
		colour_texels(colour));
	recolour->content = colour_content(colour);
	return 0;
}

int recolour_set(struct recolour *recolour, const struct gles *gl, const struct frame *frame,
	struct layers *layers, struct reason *reason) {
	recolour->gl = gl;
	const struct colour *colour = &recolour->colour;
	if (colour_set(&recolour->colour, frame) != 0)
		return reason_set(reason, -ENOMEM, "out of memory");
	if (colour->kind == COLOUR_NONE)
		return 0;
	int error = recolour->content == colour_content(colour) ? 0 : upload(recolour, reason);
	layers->correction = (struct layers_correction){.kind = colour->kind,
		.texture = recolour->texture,
		.rows = (int32_t)recolour->rows,
		.tone = colour_is_toned(colour) ? &colour->tone : NULL};
	return error;
}

void recolour_finish(struct recolour *recolour) {
	if (recolour->texture)
		recolour->gl->DeleteTextures(1, &recolour->texture);
	colour_finish(&recolour->colour);
	memset(recolour, 0, sizeof *recolour);
}
