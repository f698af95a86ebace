/* SPDX-License-Identifier: GPL-2.0-or-later */
/* gl_converter: the inside of gl.h's converter. convert.c alone writes it; tests and benchmarks read it. */
#ifndef ZEROVNC_GL_CONVERT_H
#define ZEROVNC_GL_CONVERT_H

#include "encode/gl/compute.h"
#include "encode/gl/fragment.h"
#include "encode/gl/gl.h"
#include "encode/gl/import.h"
#include "encode/gl/upload.h"

/* Why one kind of scanout goes by fragments though the context has compute shaders. */
struct compute_bar {
	uint32_t width, height; /* of pictures that it holds for: another size may be within the limits */
	unsigned frames;        /* after which compute is tried again; 0: there is no bar */
	unsigned times;         /* that it was put up in a row */
	struct reason why;
};

struct gl_converter {
	struct converter base;
	struct gl_options options;
	char card_node[64];

	bool open;       /* there is a context, and all of the following */
	bool everything; /* what was last sent is not known: every tile of the next frame counts as changed */
	bool can_compute;     /* the context has compute shaders that suffice */
	bool last_by_compute; /* the last frame was */
	bool bounced;         /* and what it read back was copied out first */
	bool software;
	bool lost; /* the last context was; there is none now */
	/* These outlive contexts. */
	struct compute_bar bars[SCANOUT_KINDS];
	bool barred; /* by the present frame */
	struct egl egl;
	struct import import;
	struct upload upload;
	struct compute compute;
	struct fragment fragment;
};

#endif
