/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * sent: the part of the status (status.h) that tells what kinds of rectangles a viewer was sent, how many
 * bytes they took, and how long it took to encode them.
 */
#ifndef ZEROVNC_SENT_H
#define ZEROVNC_SENT_H

#include <jansson.h>

#include "encode/rfb/tally.h"

/* Returns it as a new reference. NULL: out of memory. */
json_t *sent_build(const struct tally_sent *sent);

/* Prints what sent_build() returned: a line for people, or none if nothing was sent. */
void sent_print_text(const json_t *sent);

/* Prints the metrics of all viewers, from the status's list of them. */
void sent_print_prometheus(const json_t *clients);

#endif
