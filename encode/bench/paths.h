/* SPDX-License-Identifier: GPL-2.0-or-later */
/* bench_paths: the two paths that a server chooses from (path.h), as columns of a benchmark. */
#ifndef ZEROVNC_BENCH_PATHS_H
#define ZEROVNC_BENCH_PATHS_H

#include "encode/bench/bench.h"
#include "encode/path.h"

/*
 * Adds the columns "cpu" and "gpu". PATH_AUTO measures the GPU if its renderer is hardware, PATH_GPU with any
 * renderer, PATH_CPU not at all. A column that is not available says why. `makers` is as in path.h, and
 * path_default_makers if `own` is true.
 *
 * `own`: the bench's source is an own_frames. Its frames are moved into a dma-buf of the GPU's if that is
 * possible. Otherwise a texture stands in for the import (gl/stand_in.h).
 */
void bench_add_paths(struct bench *bench, enum path_kind kind, const char *card_node, bool own,
	const struct path_makers *makers);

/*
 * Adds how long each of a few frames takes back to back by the path that serves, which must have converted a
 * frame of this source before. Only what really changed counts as changed, or, if `everything` is true, all
 * tiles do. 0, or -errno with a reason.
 */
int bench_path(struct path *path, struct source *source, bool everything, struct durations *durations,
	struct reason *reason);

#endif
