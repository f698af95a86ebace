/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * loop: frees what contains handles of libuv. A handle belongs to libuv until the loop has closed it, one
 * turn after uv_close(). Only then may the memory in which it lies be freed. Small enough to be compiled
 * where it is used. Loop thread.
 */
#ifndef ZEROVNC_LOOP_H
#define ZEROVNC_LOOP_H

#include <uv.h>

/* A member of every struct that has handles. Starts zeroed. */
struct loop_closing {
	unsigned open; /* number of handles that are being closed */
	void (*closed)(void *owner);
	void *owner;
};

static inline void loop_on_closed(uv_handle_t *handle) {
	struct loop_closing *closing = handle->data;
	if (--closing->open == 0)
		closing->closed(closing->owner);
}

/*
 * Closes the handles; NULL ends the list. When the last of them is closed, `closed` (which may be free()) is
 * called with `owner`. From this call on, none of the handles' callbacks runs, and their `data` is used for
 * this. Handles that exist only at times may be closed by a second call right after this one, with the same
 * `closed`.
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
