/* SPDX-License-Identifier: GPL-2.0-or-later */
/* doctor: `zerovnc doctor`, what would be served, by which path and why, found out by doing it once: the
 * source is opened, a frame is acquired and converted, and a few more for the time that it takes. */
#ifndef ZEROVNC_DOCTOR_H
#define ZEROVNC_DOCTOR_H

#include <jansson.h>
#include <stdbool.h>

#include "server/config.h"

/* Prints on standard output. The exit status: 0 where `serve` with this configuration could serve, else 1. */
int doctor_run(const struct config *config, bool json);

/* {"can_serve": ..., "checks": [{"name", "level", "text"}...], ...}; a new reference, NULL: out of memory. */
json_t *doctor_examine(const struct config *config);

#endif
