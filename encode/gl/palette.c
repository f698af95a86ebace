/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "encode/gl/palette.h"

#include <errno.h>
#include <string.h>

#include "capture/base/array.h"

enum { COLOURS = ARRAY_LEN(((struct frame_palette *)0)->colours) };

static void make_texture(struct palette *palette) {
	const struct gles *gl = palette->gl;
	gl->GenTextures(1, &palette->texture);
	gl->BindTexture(GL_TEXTURE_2D, palette->texture);
	gl->TexImage2D(GL_TEXTURE_2D, 0, GL_RGBA, COLOURS, 1, 0, GL_RGBA, GL_UNSIGNED_BYTE, NULL);
	gles_sample_texels(gl, GL_TEXTURE_2D);
}

static int upload(struct palette *palette, const struct frame_palette *colours, struct reason *reason) {
	const struct gles *gl = palette->gl;
	uint8_t texels[COLOURS][4];
	for (int i = 0; i < COLOURS; i++) {
		uint32_t colour = colours->colours[i];
		texels[i][0] = (uint8_t)(colour >> 16);
		texels[i][1] = (uint8_t)(colour >> 8);
		texels[i][2] = (uint8_t)colour;
		texels[i][3] = 255;
	}
	gl->ActiveTexture(GL_TEXTURE0);
	if (!palette->texture)
		make_texture(palette);
	gl->BindTexture(GL_TEXTURE_2D, palette->texture);
	gl->TexSubImage2D(GL_TEXTURE_2D, 0, 0, 0, COLOURS, 1, GL_RGBA, GL_UNSIGNED_BYTE, texels);
	if (gles_error(gl))
		return reason_set(reason, -ENOTSUP, "%s has no texture for the palette", gl->renderer);
	palette->serial = colours->serial;
	return 0;
}

int palette_set(struct palette *palette, const struct gles *gl, const struct frame_palette *colours,
	struct scanout *scanout, struct reason *reason) {
	palette->gl = gl;
	int error = palette->serial == colours->serial ? 0 : upload(palette, colours, reason);
	scanout->kind = SCANOUT_PALETTE;
	scanout->chroma = palette->texture;
	return error;
}

void palette_finish(struct palette *palette) {
	if (palette->texture)
		palette->gl->DeleteTextures(1, &palette->texture);
	memset(palette, 0, sizeof *palette);
}
