/* SPDX-License-Identifier: GPL-2.0-or-later */
/* look: takes one frame of a source and converts it by a path. `serve` and `doctor` both use this. */
#ifndef ZEROVNC_LOOK_H
#define ZEROVNC_LOOK_H

#include <stdbool.h>
#include <stdint.h>

#include "capture/source.h"
#include "encode/path.h"
#include "encode/picture.h"

/* All pointers are borrowed. */
struct look {
	struct source *source;
	struct path *path;
	uint32_t x, y; /* where in the picture the frame lies */
	/* A frame was acquired, or could not be acquired (`error`). Acquiring it began at `start_ns`. NULL:
	 * nobody wants to know. */
	void (*acquired)(void *context, uint64_t start_ns, int error);
	void *context;
};

/* Acquires a frame that the path can use, as source_impl.acquire does. The caller must finish the frame in
 * any case. */
int look_acquire(const struct look *look, struct frame *frame, struct reason *reason);

/* As path_begin(): the next call must be look_convert() with the same arguments. */
void look_begin(const struct look *look, const struct frame *frame, struct picture *picture, bool fresh,
	struct damage *damage);

/*
 * Converts the frame into its part of the picture, as path_convert() does. If the converter needs memory that
 * the source has to map, the frame is acquired once more. 0 or -errno with a reason. -EAGAIN: the scanout
 * changed its size in the meantime.
 */
int look_convert(const struct look *look, struct frame *frame, struct picture *picture, bool fresh,
	struct damage *damage, struct converter_result *result, struct reason *reason);

/* What the monitor shows and the picture does not: what the source did not read, and what no converter could.
 * `left_out`: converter_result.layers_left_out of the last conversion, and `why` its reason. */
struct shortfall look_shortfall(const struct source *source, int left_out, const struct reason *why);

#endif
