/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * converter: turns a frame into pixels and damage. Two kinds, gl and cpu; both give the same bytes and the
 * same tiles.
 *
 * One thread (the frame thread) makes every call on a converter.
 */
#ifndef ZEROVNC_CONVERTER_H
#define ZEROVNC_CONVERTER_H

#include <stdbool.h>
#include <stdint.h>

#include "capture/base/reason.h"
#include "capture/frame.h"
#include "encode/damage.h"
#include "encode/picture.h"

/* How the pixels of the last frame were reached; the names stand in `status` (converter_import_name). */
enum converter_import {
	CONVERTER_IMPORT_NONE,
	CONVERTER_IMPORT_DMABUF_EGL,  /* "dmabuf-egl" */
	CONVERTER_IMPORT_DMABUF_MMAP, /* "dmabuf-mmap" */
	CONVERTER_IMPORT_DUMB_MAP,    /* "dumb-map": mapped by the source */
	CONVERTER_IMPORT_MEMORY,      /* "memory": the source's own memory */
	CONVERTER_IMPORT_TEXTURE,     /* "texture": in benchmarks, where one takes the place of the import */
};

/* What one conversion did. */
struct converter_result {
	enum converter_import import;
	uint32_t tiles_changed;
	uint64_t bytes_read_back; /* from the device (gl), or of scanout memory read (cpu) */
	bool fence_waited;        /* the writer had not finished: we waited for its fence */
};

/*
 * One frame to convert, and where all that comes of it goes. All of it is borrowed for the call. What
 * converters will have to know besides (the planes above, their colour, another place to write to) comes
 * here.
 */
struct conversion {
	const struct frame *frame;
	struct picture *picture;         /* of the frame's size */
	bool fresh;                      /* the picture is not what this converter stored last */
	struct damage *damage;           /* of the picture's size, clear on entry */
	struct converter_result *result; /* whatever comes of it */
	struct reason *reason;           /* after an error */
};

struct converter;

struct converter_impl {
	const char *name; /* "gpu", "cpu" */

	/*
	 * Compares the frame with the picture's `reference` (NULL: with what it holds), stores the changed
	 * tiles converted, and sets exactly those in the damage. If it is `fresh` (first frame, new size,
	 * another converter stored the last one), stores and reports every tile. After an error the tiles in
	 * the damage were written to and must count as changed.
	 *
	 * 0, or -errno with a reason.
	 *
	 * -ENOTSUP: this converter cannot read such a frame; another may, or this one may read a frame of
	 * another shape.
	 *
	 * -ENODATA: it could, with SOURCE_MAP_MEMORY: acquire again with that flag from now on.
	 *
	 * -ETIMEDOUT: whoever writes the frame's buffers is not done; no fault of the converter's.
	 *
	 * Any other: this frame failed; the converter is of no more use if it says so again.
	 */
	int (*convert)(struct converter *converter, const struct conversion *conversion);

	/*
	 * Nobody looks for a while: gives back the mappings or images of the buffers that it met, which pin
	 * their memory. The next convert makes them anew and goes on where this one left off.
	 */
	void (*release)(struct converter *converter);

	/*
	 * For benchmarks and tests: the next convert finds that exactly these tiles changed, besides those
	 * that really did, and has the work with them that real changes make. `tiles` is of the picture's
	 * size, and `picture`, which has no reference, is what this converter stored into last.
	 */
	void (*forget)(struct converter *converter, struct picture *picture, const struct damage *tiles);

	void (*destroy)(struct converter *converter);
};

struct converter {
	const struct converter_impl *impl;
	char renderer[128]; /* for people: GL_RENDERER, or "AVX2", "SSE2", "NEON", "C" */
	char detail[384]; /* how the last frame's memory is read: "cached, 9.1 GB/s", "write-combined, bounce
			     buffer" */
};

const char *converter_import_name(enum converter_import import);

/* Takes NULL. */
void converter_destroy(struct converter *converter);

#endif
