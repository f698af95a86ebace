/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * resize: gives the display the screens that a viewer asks for, if it can have others: side by side, each of
 * any size. A viewer whose window is being dragged asks for many sizes: the last of them is taken when no
 * other has come for a while. When the last viewer has left, the display gets back its first screens.
 *
 * What changes the display (struct resizer) is not known here. Loop thread.
 */
#ifndef ZEROVNC_RESIZE_H
#define ZEROVNC_RESIZE_H

#include <stdbool.h>
#include <stdint.h>
#include <uv.h>

#include "capture/base/reason.h"
#include "encode/picture.h"
#include "encode/rfb/desktop_size.h"

struct resize;

/* How long sizes must have stopped coming, how long the picture may take to have the size that the display
 * got, and how often it is looked whether it has, in milliseconds. */
enum { RESIZE_REST_MS = 300, RESIZE_PATIENCE_MS = 8000, RESIZE_LOOK_MS = 100 };

/* Screens side by side, from left to right, with their tops in a line. */
struct resize_screens {
	size_t count;
	struct resize_size {
		unsigned width, height;
	} list[PICTURE_MAX_SCREENS];
};

struct resizer {
	void *context;
	/* Whether the display can have so many screens of other sizes, and if so, which ones it has. Returns
	 * DESKTOP_SIZE_LATER, or what answers the viewer, and `*note` says why; static. Called on the loop.
	 */
	enum desktop_size_status (*can)(
		void *context, size_t count, struct resize_screens *screens, const char **note);
	/*
	 * Gives the display these screens. 0 or -errno with a reason; the display keeps those it has then.
	 * -EINVAL: it can never have these. -EACCES, -ENOENT, -EOPNOTSUPP: it can have no others. Called on a
	 * thread of the pool, by one at a time, and may take seconds.
	 */
	int (*set)(void *context, const struct resize_screens *screens, struct reason *reason);
};

/* All pointers are borrowed. */
struct resize_parts {
	uv_loop_t *loop;
	struct resizer resizer;
	bool sideways;               /* screens are turned by a quarter before viewers see them */
	struct picture_store *store; /* its newest picture shows what has come of it */
	void *context;
	/* This came of all sizes that were asked for so far. Borrowed. */
	void (*done)(void *context, const struct desktop_size_outcome *outcome);
};

/* Returns NULL if memory ran out. */
struct resize *resize_create(const struct resize_parts *parts);
/* Closes its handles on the loop; run it to its end afterwards. A size that is being set is not waited for
 * here: the loop's end waits, and the resizer must live until then. Takes NULL. */
void resize_destroy(struct resize *resize);

/* As gateway_events.resize. If it returns DESKTOP_SIZE_LATER, `done` follows. */
enum desktop_size_status resize_ask(
	struct resize *resize, const struct desktop_size_wish *wish, const char **note);

/* The last viewer has left. */
void resize_put_back(struct resize *resize);

#endif
