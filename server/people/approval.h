/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * approval: whether the person at the screen allows a viewer to join (--approve). Until then the viewer is
 * shown a notice (veil.h) and has no rights. Whoever reads `zerovnc events` is told that somebody asks; the
 * answer comes by `zerovnc allow` or `zerovnc deny`. If none comes in time, that is a no. So it is while
 * APPROVAL_QUESTIONS others are asked about, because strangers must not be able to bury somebody in
 * questions. Who is turned away sees why, for a moment.
 *
 * Nobody is asked about a viewer of the very user whose session is active at the screen. Loop thread.
 */
#ifndef ZEROVNC_APPROVAL_H
#define ZEROVNC_APPROVAL_H

#include <stdbool.h>
#include <stdint.h>
#include <uv.h>

#include "capture/base/reason.h"

struct approval;
struct config;
struct encoders;
struct gateway;
struct news;
struct picture_store;
struct seat;
struct viewer;

/* In the order of the words of --approve. */
enum approval_mode { APPROVAL_NEVER, APPROVAL_ALWAYS, APPROVAL_WHEN_HERE };

enum {
	APPROVAL_S = 60,
	APPROVAL_MIN_S = 5,
	APPROVAL_MAX_S = 3600,
	APPROVAL_PARTING_MS = 4000,
	APPROVAL_QUESTIONS = 8
};

/* All are borrowed. */
struct approval_parts {
	uv_loop_t *loop;
	const struct config *config;
	struct picture_store *store; /* of the screen, for its size */
	struct encoders *encoders;
	struct news *news;
	struct seat *seat;
};

/* NULL: out of memory. */
struct approval *approval_create(const struct approval_parts *parts);
/* Every viewer is gone, and encoders_destroy() was called. Takes NULL. */
void approval_destroy(struct approval *approval);

/* Viewers join this gateway. */
void approval_attach(struct approval *approval, struct gateway *gateway);

/* See gateway_events. */
struct picture_store *approval_receive(struct approval *approval, struct viewer *viewer);
void approval_withdrew(struct approval *approval, struct viewer *viewer);

/* The seat was looked at. */
void approval_looked(struct approval *approval);

/* The answer about the viewer with this id. `who` gave it, for the log. 0, or -ENOENT with a reason: nobody
 * asks about that viewer. */
int approval_answer(
	struct approval *approval, uint64_t id, bool allowed, const char *who, struct reason *reason);

#endif
