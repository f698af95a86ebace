/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * loop: the end of what lives in libuv's handles. A handle belongs to libuv until its loop has closed it, one
 * turn after uv_close(): so what it lies in may be freed only then. Small enough to be compiled where it is
 * used. On the loop's thread.
 */
#ifndef ZEROVNC_LOOP_H
#define ZEROVNC_LOOP_H

#include <uv.h>

/* A member of whatever has handles; zeroed at first. */
struct loop_closing {
	unsigned open; /* handles that are being closed */
	void (*closed)(void *owner);
	void *owner;
};

static inline void loop_on_closed(uv_handle_t *handle) {
	struct loop_closing *closing = handle->data;
	if (--closing->open == 0)
		closing->closed(closing->owner);
}

/*
 * Closes the handles, a list that NULL ends; `closed`, which may be free(), is called with `owner` once the
 * last of them is closed. From here on none of their callbacks runs, and their `data` is taken. Handles that
 * are there only at times may be closed by a second call right after, with the same `closed`.
 */
static inline void loop_close(
	struct loop_closing *closing, void (*closed)(void *owner), void *owner, void *const *handles) {
	closing->closed = closed;
	closing->owner = owner;
	for (; *handles; handles++) {
		uv_handle_t *handle = *handles;
		closing->open++;
		handle->data = closing;
		uv_close(handle, loop_on_closed);
	}
}

#define LOOP_HANDLES(...) ((void *const[]){__VA_ARGS__, NULL})

#endif
