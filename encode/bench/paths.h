/* SPDX-License-Identifier: GPL-2.0-or-later */
/* bench_paths: the two paths that a server chooses from (path.h), as columns of a benchmark. */
#ifndef ZEROVNC_BENCH_PATHS_H
#define ZEROVNC_BENCH_PATHS_H

#include "encode/bench/bench.h"
#include "encode/path.h"

/*
 * Adds the columns "cpu" and "gpu". PATH_AUTO: the GPU if its renderer is hardware; PATH_GPU: whatever
 * renderer there is; PATH_CPU: the CPU alone. A column that is not to be had says why. `makers`: of path.h,
 * path_default_makers where `own` is true.
 *
 * `own`: the bench's source is an own_frames. Its frames are moved into a dma-buf of the GPU's where that can
 * be had; else a texture stands in for the import (gl/stand_in.h).
 */
void bench_add_paths(struct bench *bench, enum path_kind kind, const char *card_node, bool own,
	const struct path_makers *makers);

/*
 * Adds how long each of a few frames took by the path that serves, back to back, which converted a frame of
 * this source before: with nothing changed but what really did, or, with `everything`, as if all of it had.
 * 0, or -errno with a reason.
 */
int bench_path(struct path *path, struct source *source, bool everything, struct durations *durations,
	struct reason *reason);

#endif
