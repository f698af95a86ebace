/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * converter: turns a frame into pixels and damage. There are two kinds, gl and cpu. Both produce the same
 * bytes and the same tiles.
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

/* How the pixels of the last frame were reached. `status` shows the names (converter_import_name). */
enum converter_import {
	CONVERTER_IMPORT_NONE,
	CONVERTER_IMPORT_DMABUF_EGL,  /* "dmabuf-egl" */
	CONVERTER_IMPORT_DMABUF_MMAP, /* "dmabuf-mmap" */
	CONVERTER_IMPORT_DUMB_MAP,    /* "dumb-map": mapped by the source */
	CONVERTER_IMPORT_MEMORY,      /* "memory": the source's own memory */
	CONVERTER_IMPORT_TEXTURE,     /* "texture": only in benchmarks, in place of an import */
};

/* What one conversion did. */
struct converter_result {
	enum converter_import import;
	uint32_t tiles_changed;
	uint64_t bytes_read_back; /* read back from the device (gl), or read from scanout memory (cpu) */
	bool fence_waited;        /* the writer had not finished, so we waited for its fence */
	int layers_left_out;      /* layers above the lowest that no converter can read (path.h) */
};

/*
 * One frame to convert, and where the results go. All of it is borrowed for the call. Whatever else
 * converters will have to know (the planes above, their colour, another place to write to) belongs here.
 *
 * Several frames, each of a converter of its own, may fill parts of one picture. They must not overlap, but
 * may share tiles: whoever lends the picture calls picture_store_prepare() for each part before its frame is
 * converted.
 */
struct conversion {
	const struct frame *frame;
	struct picture *picture;         /* the frame must fit into it */
	uint32_t x, y;                   /* where in the picture the frame's upper left pixel lies */
	bool fresh;                      /* the picture is not what this converter stored last */
	bool taken_over;                 /* another converter may have stored the part since this one did */
	struct damage *damage;           /* of the picture's size, clear on entry */
	struct converter_result *result; /* filled in any case */
	struct reason *reason;           /* filled after an error */
};

struct converter;

struct converter_impl {
	const char *name; /* "gpu", "cpu" */

	/*
	 * Lets a device begin with a frame, so that it works while other converters begin theirs. Writes
	 * nothing into the picture, the damage, or the result. The next call should be convert() with the
	 * same conversion, which ends it and tells of errors, too; otherwise it was in vain. NULL: convert()
	 * does everything.
	 */
	void (*begin)(struct converter *converter, const struct conversion *conversion);

	/*
	 * Compares the frame with the picture's `reference` (or, if that is NULL, with what the picture
	 * holds), converts and stores the changed tiles, and marks exactly those in the damage. Outside of a
	 * tile's box nothing new is stored, and it is the smallest such box unless the frame changes
	 * meanwhile. If `fresh` is set (the first frame, a new size, another place in the picture, or another
	 * converter stored the last one), it stores and reports all of every tile that the frame touches. Of
	 * a tile that the frame only partly fills, nothing else is compared or written. If `taken_over` is
	 * set, it may rely on what the picture holds, and on nothing that it remembers. After an error the
	 * tiles in the damage were written to and must count as changed.
	 *
	 * Of a tile that lies wholly in the frame and in a part that the picture spares, it may leave a
	 * change unstored, and then makes the tile `absent` in the picture and reports its box all the same.
	 * If an absent tile is not spared, or `fresh` is set, it stores and reports all of the tile, whether
	 * anything changed or not. A tile that it stores is not absent any more.
	 *
	 * 0, or -errno with a reason.
	 *
	 * -ENOTSUP: this converter cannot read such a frame. Another one may, or this one may read a frame of
	 * another shape.
	 *
	 * -ENODATA: it could read the frame with SOURCE_MAP_MEMORY. Acquire with that flag from now on.
	 *
	 * -ETIMEDOUT: the writer of the frame's buffers is not done. This is not the converter's fault.
	 *
	 * Any other: this frame failed. If that happens again, the converter is of no more use.
	 */
	int (*convert)(struct converter *converter, const struct conversion *conversion);

	/*
	 * Gives back the mappings or images of the buffers that it met, which pin their memory, because
	 * nobody will look for a while. The next convert makes them anew and continues where the last one
	 * left off.
	 */
	void (*release)(struct converter *converter);

	/*
	 * For benchmarks and tests: the next convert finds that these tiles changed, besides those that
	 * really did, and does the same work for them as for real changes. `tiles` has the picture's size.
	 * `picture` has no reference, and is what this converter stored into last. Only after a frame that
	 * filled the whole picture; else gl forgets nothing.
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

/* Returns the part of the picture that the frame fills. 0, or -EINVAL with a reason if that does not lie in
 * the picture, or the damage is not of the picture's size. */
int converter_part(const struct conversion *conversion, struct rect *part);

const char *converter_import_name(enum converter_import import);

/* Takes NULL. */
void converter_destroy(struct converter *converter);

#endif
