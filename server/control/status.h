/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * status: what a running server tells about itself. The server builds it as JSON. The command that asks
 * prints that JSON as words for people or in the Prometheus text format.
 */
#ifndef ZEROVNC_STATUS_H
#define ZEROVNC_STATUS_H

#include <jansson.h>

#include "encode/picture.h"
#include "server/frames/frames.h"
#include "server/input/input.h"
#include "server/net/gateway.h"

/* Returns the status as a new reference. NULL: out of memory. `input` is NULL if there is none (--no-input).
 * Loop thread. */
json_t *status_build(struct frames *frames, struct gateway *gateway, struct picture_store *store,
	const struct input *input);

/* Returns the viewers as a new reference to a list: what the status has as "clients". NULL: out of memory.
 * Loop thread. */
json_t *status_build_viewers(struct gateway *gateway);

/* These print what status_build() returned, on standard output. The text takes it after printable_json(). */
void status_print_text(const json_t *status);
void status_print_prometheus(const json_t *status);

#endif
