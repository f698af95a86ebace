/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "server/vnc/vnc.h"

#include <stdlib.h>
#include <string.h>

#include "capture/base/clock.h"
#include "capture/base/utf8.h"
#include "server/vnc/state.h"

struct vnc *vnc_create(struct picture_store *store) {
	struct vnc *vnc = calloc(1, sizeof *vnc);
	if (!vnc)
		return NULL;
	pthread_mutex_init(&vnc->lock, NULL);
	pthread_cond_init(&vnc->none_left, NULL);
	vnc->store = store;
	vnc->prototype = vnc_screen_prototype();
	if (!vnc->prototype) {
		vnc_destroy(vnc);
		return NULL;
	}
	return vnc;
}

void vnc_destroy(struct vnc *vnc) {
	if (!vnc)
		return;
	pthread_mutex_lock(&vnc->lock);
	while (!LIST_EMPTY(&vnc->viewers))
		pthread_cond_wait(&vnc->none_left, &vnc->lock);
	pthread_mutex_unlock(&vnc->lock);
	if (vnc->prototype)
		rfbScreenCleanup(vnc->prototype);
	pthread_cond_destroy(&vnc->none_left);
	pthread_mutex_destroy(&vnc->lock);
	free(vnc);
}

static void wake_waiting(struct vnc *vnc) {
	struct vnc_viewer *viewer;
	LIST_FOREACH(viewer, &vnc->viewers, link)
		if (viewer->waiting)
			vnc_viewer_wake(viewer);
}

void vnc_picture_published(struct vnc *vnc) {
	pthread_mutex_lock(&vnc->lock);
	wake_waiting(vnc);
	pthread_mutex_unlock(&vnc->lock);
}

void vnc_set_cursor(struct vnc *vnc, const struct cursor *cursor) {
	struct vnc_viewer *viewer;
	pthread_mutex_lock(&vnc->lock);
	if (cursor_differs(cursor, &vnc->cursor)) {
		cursor_copy(&vnc->cursor, cursor);
		vnc->cursor_serial++;
		LIST_FOREACH(viewer, &vnc->viewers, link)
			if (viewer->waiting && !viewer->draws_cursor)
				vnc_viewer_wake(viewer);
	}
	pthread_mutex_unlock(&vnc->lock);
}

void vnc_copy_cursor(struct vnc *vnc, struct cursor *cursor, uint64_t *serial) {
	if (*serial == vnc->cursor_serial)
		return;
	pthread_mutex_lock(&vnc->lock);
	cursor_copy(cursor, &vnc->cursor);
	*serial = vnc->cursor_serial;
	pthread_mutex_unlock(&vnc->lock);
}

void vnc_set_banner(struct vnc *vnc, const char *words, unsigned ms) {
	pthread_mutex_lock(&vnc->lock);
	utf8_copy(vnc->banner, sizeof vnc->banner, words);
	vnc->banner_ns = ms * 1000000ull;
	vnc->banner_serial++;
	wake_waiting(vnc);
	pthread_mutex_unlock(&vnc->lock);
}

void vnc_copy_banner(struct vnc *vnc, struct banner *banner, uint64_t *serial) {
	if (*serial == vnc->banner_serial)
		return;
	pthread_mutex_lock(&vnc->lock);
	banner_say(banner, vnc->banner, clock_now_ns(), vnc->banner_ns);
	*serial = vnc->banner_serial;
	pthread_mutex_unlock(&vnc->lock);
}

void vnc_add_viewer(struct vnc *vnc, struct vnc_viewer *viewer) {
	pthread_mutex_lock(&vnc->lock);
	LIST_INSERT_HEAD(&vnc->viewers, viewer, link);
	pthread_mutex_unlock(&vnc->lock);
}

void vnc_remove_viewer(struct vnc *vnc, struct vnc_viewer *viewer) {
	pthread_mutex_lock(&vnc->lock);
	LIST_REMOVE(viewer, link);
	vnc_viewer_release(viewer); /* before vnc_destroy() may go on */
	if (LIST_EMPTY(&vnc->viewers))
		pthread_cond_signal(&vnc->none_left);
	pthread_mutex_unlock(&vnc->lock);
}
