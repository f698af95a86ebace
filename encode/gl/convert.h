/* SPDX-License-Identifier: GPL-2.0-or-later */
/* gl_converter: the inside of gl.h's converter. Only convert.c writes it. Tests and benchmarks read it. */
#ifndef ZEROVNC_GL_CONVERT_H
#define ZEROVNC_GL_CONVERT_H

#include "encode/gl/compute.h"
#include "encode/gl/context.h"
#include "encode/gl/fragment.h"
#include "encode/gl/gl.h"
#include "encode/gl/import.h"
#include "encode/gl/layers.h"
#include "encode/gl/recolour.h"
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

/* A frame that was begun, until it is converted. */
struct gl_begun {
	bool is; /* there is one */
	/* Which it is. */
	const struct frame *frame;
	const struct picture *picture;
	uint32_t x, y;
	bool fresh;
	/* What came of it so far. */
	int error;
	struct converter_result result;
	struct reason reason;
};

struct gl_converter {
	struct converter base;
	struct gl_options options;
	char card_node[64];

	struct context *context; /* NULL: there is none, and nothing of what is made in it */
	bool everything; /* what was sent last is not known, so every tile of the next frame counts as changed
			  */
	/* The part of the picture that was filled last, and the picture's size. */
	struct rect part;
	uint32_t picture_width, picture_height;
	bool can_compute;     /* the context has compute shaders that suffice */
	bool last_by_compute; /* compute shaders converted the last frame */
	bool by_compute;      /* they convert the present one */
	bool fresh;           /* all of the present one counts as changed */
	struct layers layers; /* of the present one */
	struct gl_begun begun;
	bool bounced; /* what the last frame read back was copied out first */
	bool software;
	bool lost; /* the last context was lost, and there is none now */
	/* The bars outlive contexts. */
	struct compute_bar bars[BARS];
	bool barred; /* the present frame set a bar */
	struct import import;
	struct upload uploads[FRAME_MAX_LAYERS]; /* by the layer's number in the frame */
	struct recolour recolour;
	struct compute compute;
	struct fragment fragment;
	struct damage missing;             /* tiles that must be stored though they may not change; owned */
	const struct gl_texture *textures; /* that stand for imports; NULL: none. Borrowed for a conversion */
};

#endif
