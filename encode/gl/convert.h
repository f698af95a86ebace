/* SPDX-License-Identifier: GPL-2.0-or-later */
/* gl_converter: the inside of gl.h's converter. Only convert.c writes it. Tests and benchmarks read it. */
#ifndef ZEROVNC_GL_CONVERT_H
#define ZEROVNC_GL_CONVERT_H

#include "encode/gl/compute.h"
#include "encode/gl/fragment.h"
#include "encode/gl/gl.h"
#include "encode/gl/import.h"
#include "encode/gl/layers.h"
#include "encode/gl/upload.h"

/* Composed frames are one kind more. */
enum { BAR_COMPOSED = SCANOUT_KINDS, BARS };

/* Why fragment shaders convert one kind of frame though the context has compute shaders. */
struct compute_bar {
	uint32_t width,
		height;  /* the size of pictures for which it holds; another size may be within the limits */
	unsigned frames; /* after which compute is tried again; 0 if there is no bar */
	unsigned times;  /* how often in a row it was set */
	struct reason why;
};

struct gl_converter {
	struct converter base;
	struct gl_options options;
	char card_node[64];

	bool open;       /* there is a context, and everything below exists */
	bool everything; /* what was sent last is not known, so every tile of the next frame counts as changed
			  */
	/* The part of the picture that was filled last, and the picture's size. */
	struct rect part;
	uint32_t picture_width, picture_height;
	bool can_compute;     /* the context has compute shaders that suffice */
	bool last_by_compute; /* compute shaders converted the last frame */
	bool bounced;         /* what the last frame read back was copied out first */
	bool software;
	bool lost; /* the last context was lost, and there is none now */
	/* The bars outlive contexts. */
	struct compute_bar bars[BARS];
	bool barred; /* the present frame set a bar */
	struct egl egl;
	struct import import;
	struct upload uploads[FRAME_MAX_LAYERS]; /* by the layer's number in the frame */
	struct compute compute;
	struct fragment fragment;
	const struct gl_texture *textures; /* that stand for imports; NULL: none. Borrowed for a conversion */
};

#endif
