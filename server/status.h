/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * status: what a running server tells about itself: as JSON by the server, and from that JSON as words for
 * people or in the Prometheus text format by the command that asks.
 */
#ifndef ZEROVNC_STATUS_H
#define ZEROVNC_STATUS_H

#include <jansson.h>

#include "encode/picture.h"
#include "server/frames.h"
#include "server/input/input.h"
#include "server/net/gateway.h"

/* A new reference; NULL: out of memory. `input` may be NULL: --no-input. Loop thread. */
json_t *status_build(struct frames *frames, struct gateway *gateway, struct picture_store *store,
	const struct input *input);

void status_print_text(const json_t *status);
void status_print_prometheus(const json_t *status);

#endif
