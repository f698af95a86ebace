/* SPDX-License-Identifier: GPL-2.0-or-later */
/* outputs: `zerovnc outputs` lists the display hardware for people or as JSON. */
#ifndef ZEROVNC_OUTPUTS_H
#define ZEROVNC_OUTPUTS_H

#include <jansson.h>
#include <stdbool.h>
#include <stdio.h>

#include "capture/inventory.h"

/* Prints on standard output, and errors on standard error. Returns the exit status: 0 if a card could be
 * looked at. */
int outputs_run(bool json);

/* Returns {"may_capture": ..., "cards": [...]} as a new reference. NULL: out of memory. */
json_t *outputs_build(const struct inventory *inventory);
/* Prints what outputs_build() returned, for people. */
void outputs_print(const json_t *outputs, FILE *stream);

#endif
