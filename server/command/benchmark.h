/* SPDX-License-Identifier: GPL-2.0-or-later */
/* benchmark: `zerovnc bench` measures what a frame of this machine's screen costs the CPU and the GPU. */
#ifndef ZEROVNC_BENCHMARK_H
#define ZEROVNC_BENCHMARK_H

#include <jansson.h>

#include "encode/bench/bench.h"
#include "server/config/config.h"

/* Measures and prints on standard output. Returns the exit status: 0, or 1 if nothing was measured. */
int benchmark_run(const struct config *config);

/* Returns what was measured, for programs: a new reference, or NULL if memory ran out. `note` says which
 * frames these are. `own`: they are frames of our own, because the screen cannot be read. The kinds under
 * "forced" did not really change (encode/bench/bench.h). */
json_t *benchmark_build(const struct bench *bench, bool own, const char *note);

#endif
