/* SPDX-License-Identifier: GPL-2.0-or-later */
/* look: one frame of a source, by the path that converts it, as `serve` takes it and `doctor` tries it. */
#ifndef ZEROVNC_LOOK_H
#define ZEROVNC_LOOK_H

#include <stdbool.h>
#include <stdint.h>

#include "capture/source.h"
#include "encode/path.h"
#include "encode/picture.h"

/* All borrowed. */
struct look {
	struct source *source;
	struct path *path;
	/* A frame was acquired, or could not be (`error`); that began at `start_ns`. NULL: nobody asks. */
	void (*acquired)(void *context, uint64_t start_ns, int error);
	void *context;
};

/* Acquires what the path can use. As source_impl.acquire; the frame is to be finished whatever comes of it.
 */
int look_acquire(const struct look *look, struct frame *frame, struct reason *reason);

/*
 * Converts the frame into the picture, as path_convert(). If the converter needs memory that the source has
 * to map, the frame is acquired once more. 0 or -errno with a reason; -EAGAIN: what is shown changes its size
 * meanwhile.
 */
int look_convert(const struct look *look, struct frame *frame, struct picture *picture, bool fresh,
	struct damage *damage, struct converter_result *result, struct reason *reason);

#endif
