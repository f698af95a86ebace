/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * path: which converter serves, why, and what happens when it cannot go on.
 *
 * `auto` takes the GPU where its renderer is hardware and the frames can be imported, else the CPU where the
 * memory is linear and readable; a software renderer is never chosen by itself. A GPU path that fails while
 * running falls to the CPU if that can work, and is tried again on the next buffer of another shape, or every
 * few seconds where neither can read what is shown.
 *
 * The frame thread makes every call, but path_report() may be called from any thread.
 */
#ifndef ZEROVNC_PATH_H
#define ZEROVNC_PATH_H

#include "capture/source.h"
#include "encode/converter.h"

/*
 * PATH_GPU: the GPU even where its renderer is software. A frame that it cannot read still falls to the CPU,
 * and the report says so; but where there is no GL at all every frame is refused. PATH_CPU: never the GPU.
 */
enum path_kind { PATH_AUTO, PATH_GPU, PATH_CPU };

struct path;

/* NULL where memory ran out. Converters are made when the first frame comes. */
struct path *path_create(enum path_kind kind);

/* Where converters come from. Tests give their own. */
struct path_makers {
	/* 0, or -errno with a reason. `software`: the renderer runs on the CPU. */
	int (*gpu)(
		const char *card_node, struct converter **converter, bool *software, struct reason *reason);
	struct converter *(*cpu)(void);
};
struct path *path_create_with(enum path_kind kind, const struct path_makers *makers);

/* Takes NULL. */
void path_destroy(struct path *path);

/* The flags to acquire the next frame with (enum source_flags). */
unsigned path_source_flags(const struct path *path);

/*
 * Converts by the chosen converter, choosing or falling back first where needed. `card_node`: of the source,
 * may be empty. As converter_impl.convert; -ENODATA: acquire again with path_source_flags() and call again.
 */
int path_convert(struct path *path, const char *card_node, const struct frame *frame, struct picture *picture,
	bool fresh, struct damage *damage, struct converter_result *result, struct reason *reason);

/* Nobody looks for a while: gives back what pins the memory of buffers (converter_impl.release). */
void path_release(struct path *path);

/* What serves and why, for people. */
struct path_report {
	char path[8]; /* "gpu", "cpu", "" before the first frame */
	char renderer[128];
	char reason[320]; /* why this path */
	char detail[320];
};
void path_report(struct path *path, struct path_report *report);

#endif
