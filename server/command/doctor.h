/* SPDX-License-Identifier: GPL-2.0-or-later */
/* doctor: `zerovnc doctor` tells what would be served, by which path and why. It finds out by doing it once:
 * it opens the source, and acquires and converts a frame. Then it does a few more frames to measure how long
 * that takes. */
#ifndef ZEROVNC_DOCTOR_H
#define ZEROVNC_DOCTOR_H

#include <jansson.h>
#include <stdbool.h>

#include "server/config/config.h"

/* Prints on standard output. Returns the exit status: 0 if `serve` could serve with this configuration, else
 * 1. */
int doctor_run(const struct config *config, bool json);

/* Returns {"can_serve": ..., "checks": [{"name", "level", "text"}...], ...} as a new reference. NULL: out of
 * memory. */
json_t *doctor_examine(const struct config *config);

#endif
