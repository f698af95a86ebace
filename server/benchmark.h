/* SPDX-License-Identifier: GPL-2.0-or-later */
/* benchmark: `zerovnc bench`, what a frame of this machine's screen costs by the CPU and by the GPU. */
#ifndef ZEROVNC_BENCHMARK_H
#define ZEROVNC_BENCHMARK_H

#include <jansson.h>

#include "encode/bench.h"
#include "server/config.h"

/* Prints on standard output. The exit status: 0; 1 where nothing was measured. */
int benchmark_run(const struct config *config);

/* What was measured, for programs; a new reference, NULL: out of memory. `note`: which frames these are. The
 * kinds under "forced" did not really change (encode/bench.h). */
json_t *benchmark_build(const struct bench *bench, bool own, const char *note);

#endif
