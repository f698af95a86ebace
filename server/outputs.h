/* SPDX-License-Identifier: GPL-2.0-or-later */
/* outputs: `zerovnc outputs`, the display hardware as a list for people or as JSON. */
#ifndef ZEROVNC_OUTPUTS_H
#define ZEROVNC_OUTPUTS_H

#include <jansson.h>
#include <stdbool.h>
#include <stdio.h>

#include "capture/inventory.h"

/* Prints on standard output; errors on standard error. The exit status: 0 where a card could be looked at. */
int outputs_run(bool json);

/* {"may_capture": ..., "cards": [...]}; a new reference, NULL: out of memory. */
json_t *outputs_build(const struct inventory *inventory);
/* The same for people. */
void outputs_print(const json_t *outputs, FILE *stream);

#endif
