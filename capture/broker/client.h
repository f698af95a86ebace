/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * broker_client: the screen, the list of outputs and input devices by way of the broker, for a process that
 * has no right to them. `path` is always that of the broker's socket.
 */
#ifndef ZEROVNC_BROKER_CLIENT_H
#define ZEROVNC_BROKER_CLIENT_H

#include "capture/head.h"
#include "capture/input_device.h"
#include "capture/source.h"

/*
 * As source_open(). The source connects to the broker, and connects again if the broker was gone: meanwhile
 * acquire returns -ENODEV, with a reason. It also succeeds if the broker cannot be reached at first.
 */
int broker_open(
	const char *path, const struct source_options *options, struct source **source, struct reason *why);

/* Whether the broker can be reached and serves this user. 0, or -errno with a reason that names the remedy.
 */
int broker_check(const char *path, struct reason *why);

/* As heads_find(). -EAGAIN: the broker cannot be reached. */
int broker_find_heads(const char *path, const char *card, const char *outputs, struct head heads[HEADS_MAX],
	size_t *count, struct reason *why);

/* Makes an input device, which is there until `fd`, which the caller owns, is closed. 0 or -errno. */
int broker_make_device(const char *path, enum input_device_kind kind,
	const struct input_device_options *options, int *fd, struct reason *why);

#endif
