/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * reload: reads the settings again while the server runs, for `zerovnc reload` and SIGHUP. What can change
 * under connected viewers does, and the rest is named. A mistake in the file, or a value that cannot be used,
 * changes nothing. Files and users are looked up on a thread of libuv's pool, since that may wait for a disk
 * or a network. Loop thread.
 */
#ifndef ZEROVNC_RELOAD_H
#define ZEROVNC_RELOAD_H

#include <jansson.h>
#include <uv.h>

#include "capture/base/reason.h"

struct config;
struct frames;
struct gateway;
struct reload;
struct verbs;

struct reload_parts {
	uv_loop_t *loop;
	struct config *config;     /* in use: gets the new values; borrowed */
	struct gateway *gateway;   /* borrowed */
	const struct verbs *verbs; /* borrowed */
	struct frames *frames;     /* borrowed */
	void *context;
	void (*done)(void *context); /* reload_result() has a new one */
};

/* Returns NULL when out of memory. */
struct reload *reload_create(const struct reload_parts *parts);

/* Stops, and calls `done` no more. What a thread still reads is freed from the loop: run it to its end. Takes
 * NULL. */
void reload_destroy(struct reload *reload);

/* Begins to read. If it is reading already, it does so again afterwards: the file may have changed since.
 * `who` asks, for the log. */
void reload_start(struct reload *reload, const char *who);

/* What came of the last one, as a new reference: lists of names, "changed" and "restart" (settings that have
 * other values now, but take effect only after a restart), or "error". NULL: it is still being read. */
json_t *reload_result(const struct reload *reload);

#endif
