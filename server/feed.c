/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "server/feed.h"

#include <errno.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "server/cursor.h"
#include "server/hotspot.h"
#include "server/log.h"
#include "server/net/bytes.h"

enum {
	ENCODING_QEMU_LEDS = -261,
	LEDS_SIZE = 13,
	REST_MS = 160,  /* after the last motion, to see where the compositor put the pointer, */
	STILL_MS = 300, /* and after that, to see whether it stays there: compositors lag */
	/* A viewer that moved the pointer so lately knows better where it is. Not longer than the last look:
	 * who is not told then is told only when the cursor moves again. */
	OWN_MOTION_MS = REST_MS + STILL_MS,
	MESSAGE_MAX = CURSOR_UPDATE_HEADER + CURSOR_SHAPE_MAX + CURSOR_POSITION_SIZE + LEDS_SIZE,
};

/* What one viewer was told. */
struct told {
	struct told *next;
	struct gateway_viewer *viewer;
	int32_t encoding; /* of the shape; 0: none yet */
	uint8_t format[16];
	uint64_t shape; /* 0: an empty one */
	int32_t hotspot_x, hotspot_y;
	bool follows; /* it wants to know, or to see painted, where the cursor goes */
	bool position_told, leds_told;
	int32_t x, y;
	unsigned leds;
	uint64_t moved_ms;
};

/* What libuv owns until it has closed. */
struct feed_handles {
	uv_async_t changed;
	uv_timer_t rest;
	struct feed *feed;
	int open;
};

struct feed {
	uv_loop_t *loop;
	struct vnc *vnc;
	struct feed_handles *handles;
	struct frames *frames;
	struct input *input;
	struct told *told;
	_Atomic bool followed; /* by any viewer */
	struct hotspots hotspots;
	unsigned leds;
	bool leds_known;
	struct cursor cursor;
	bool rested; /* one look at the resting pointer was had, with the cursor there: */
	int32_t rest_x, rest_y;
	uint8_t message[MESSAGE_MAX];
};

/* --- what there is to tell --- */

static bool is_shown(const struct feed *feed) {
	return feed->cursor.visible && feed->cursor.shape;
}

/* Appends the shape where the viewer takes shapes and has another one. */
static size_t tell_shape(struct feed *feed, struct told *told, uint8_t *to) {
	struct gateway_viewer *viewer = told->viewer;
	int32_t encoding = gateway_viewer_has_encoding(viewer, CURSOR_WITH_ALPHA) ? CURSOR_WITH_ALPHA
			   : gateway_viewer_has_encoding(viewer, CURSOR_RICH)     ? CURSOR_RICH
										  : 0;
	const uint8_t *format = gateway_viewer_pixel_format(viewer);
	uint64_t shape = is_shown(feed) ? feed->cursor.shape : 0;
	int32_t x = 0, y = 0;
	if (shape)
		hotspots_get(&feed->hotspots, &feed->cursor, &x, &y);
	bool same = told->encoding == encoding && told->shape == shape && told->hotspot_x == x &&
		    told->hotspot_y == y &&
		    (encoding != CURSOR_RICH || memcmp(told->format, format, sizeof told->format) == 0);
	if (encoding == 0 || same)
		return 0;
	told->encoding = encoding;
	told->shape = shape;
	told->hotspot_x = x;
	told->hotspot_y = y;
	memcpy(told->format, format, sizeof told->format);
	return cursor_write_shape(to, encoding, &feed->cursor, x, y, format);
}

static size_t tell_position(struct feed *feed, struct told *told, uint8_t *to) {
	if (!is_shown(feed) || !feed->cursor.placed ||
		!gateway_viewer_has_encoding(told->viewer, CURSOR_POSITION))
		return 0;
	int32_t x, y;
	hotspots_get(&feed->hotspots, &feed->cursor, &x, &y);
	x += feed->cursor.x;
	y += feed->cursor.y;
	bool knows = uv_now(feed->loop) - told->moved_ms < OWN_MOTION_MS;
	if (x < 0 || y < 0 || x > UINT16_MAX || y > UINT16_MAX ||
		(told->position_told && told->x == x && told->y == y) || (told->moved_ms && knows))
		return 0;
	told->position_told = true;
	told->x = x;
	told->y = y;
	return cursor_write_position(to, (uint16_t)x, (uint16_t)y);
}

static size_t tell_leds(struct feed *feed, struct told *told, uint8_t *to) {
	if (!feed->leds_known || (told->leds_told && told->leds == feed->leds) ||
		!gateway_viewer_has_encoding(told->viewer, ENCODING_QEMU_LEDS))
		return 0;
	told->leds_told = true;
	told->leds = feed->leds;
	memset(to, 0, LEDS_SIZE);
	bytes_put32(to + 8, (uint32_t)ENCODING_QEMU_LEDS);
	to[12] = (uint8_t)feed->leds;
	return LEDS_SIZE;
}

/* Sends what the viewer does not know yet, where it waits for an update and the stream stands right. What
 * cannot be sent now is told at the next chance: nothing is remembered as told. */
static void tell(struct feed *feed, struct told *told) {
	if (!gateway_viewer_awaits_update(told->viewer))
		return;
	struct told before = *told;
	size_t size = CURSOR_UPDATE_HEADER;
	unsigned rectangles = 0;
	size_t (*const parts[])(struct feed *, struct told *, uint8_t *) = {
		tell_shape, tell_position, tell_leds};
	for (size_t i = 0; i < sizeof parts / sizeof parts[0]; i++) {
		size_t part = parts[i](feed, told, feed->message + size);
		size += part;
		rectangles += part > 0;
	}
	if (rectangles == 0)
		return;
	cursor_write_update(feed->message, rectangles);
	if (gateway_viewer_send(told->viewer, feed->message, size, true) < 0)
		*told = before;
}

static void tell_all(struct feed *feed) {
	for (struct told *told = feed->told; told; told = told->next)
		tell(feed, told);
}

/* --- what is learnt --- */

static void take_cursor(struct feed *feed) {
	if (!feed->frames)
		return;
	frames_cursor(feed->frames, &feed->cursor);
	vnc_set_cursor(feed->vnc, &feed->cursor);
	tell_all(feed);
}

/* The pointer has come to rest, and the cursor with it: where the cursor stands tells its hotspot, or, where
 * that is known, how the compositor maps the pointer device. */
static void learn(struct feed *feed) {
	int32_t x, y;
	struct cursor *cursor = &feed->cursor;
	if (!feed->input || !is_shown(feed) || !cursor->placed ||
		!input_pointer_at_rest(feed->input, REST_MS / 2, &x, &y))
		return;
	if (hotspots_observe(&feed->hotspots, cursor, x, y)) {
		hotspots_get(&feed->hotspots, cursor, &x, &y);
		log_debug("the cursor's hotspot is %d, %d, as measured", x, y);
	}
	bool known = hotspots_get(&feed->hotspots, cursor, &x, &y);
	uint32_t side = cursor->width > cursor->height ? cursor->width : cursor->height;
	input_cursor_seen(feed->input, cursor->x + x, cursor->y + y, known ? 0 : side);
}

static void on_changed(uv_async_t *async) {
	struct feed_handles *handles = async->data;
	if (handles->feed)
		take_cursor(handles->feed);
}

static void on_rest(uv_timer_t *timer) {
	struct feed_handles *handles = timer->data;
	if (!handles->feed)
		return;
	struct feed *feed = handles->feed;
	take_cursor(feed);
	if (!feed->rested) {
		feed->rested = true;
		feed->rest_x = feed->cursor.x;
		feed->rest_y = feed->cursor.y;
		uv_timer_start(timer, on_rest, STILL_MS, 0);
	} else if (feed->rest_x == feed->cursor.x && feed->rest_y == feed->cursor.y) {
		learn(feed);
		tell_all(feed);
	}
}

void feed_cursor_changed(struct feed *feed, bool moved) {
	if (!moved || feed->followed)
		uv_async_send(&feed->handles->changed);
}

void feed_leds_changed(struct feed *feed, unsigned leds) {
	feed->leds = leds;
	feed->leds_known = true;
	tell_all(feed);
}

/* --- viewers --- */

static struct told *find(struct feed *feed, const struct gateway_viewer *viewer) {
	struct told *told = feed->told;
	while (told && told->viewer != viewer)
		told = told->next;
	return told;
}

static bool follows(const struct gateway_viewer *viewer) {
	return gateway_viewer_has_encoding(viewer, CURSOR_POSITION) ||
	       !(gateway_viewer_has_encoding(viewer, CURSOR_WITH_ALPHA) ||
		       gateway_viewer_has_encoding(viewer, CURSOR_RICH));
}

/* Whether any viewer follows the cursor. While none did, its moves were not heard of. */
static void look_for_followers(struct feed *feed) {
	bool before = feed->followed, now = false;
	for (const struct told *told = feed->told; told; told = told->next)
		now |= told->follows;
	feed->followed = now;
	if (now && !before)
		take_cursor(feed);
}

void feed_join(struct feed *feed, struct gateway_viewer *viewer) {
	struct told *told = calloc(1, sizeof *told);
	if (!told)
		return; /* it goes without a cursor */
	told->viewer = viewer;
	told->follows = follows(viewer);
	told->next = feed->told;
	feed->told = told;
	look_for_followers(feed);
}

void feed_leave(struct feed *feed, struct gateway_viewer *viewer) {
	struct told *told = find(feed, viewer);
	struct told **link = &feed->told;
	while (*link && *link != told)
		link = &(*link)->next;
	if (*link)
		*link = told->next;
	free(told);
	look_for_followers(feed);
}

void feed_between_messages(struct feed *feed, struct gateway_viewer *viewer) {
	struct told *told = find(feed, viewer);
	if (!told)
		return;
	bool follows_now = follows(viewer); /* its encodings may be others now */
	if (told->follows != follows_now) {
		told->follows = follows_now;
		look_for_followers(feed);
	}
	tell(feed, told);
}

void feed_moved(struct feed *feed, struct gateway_viewer *viewer) {
	struct told *told = find(feed, viewer);
	if (told)
		told->moved_ms = uv_now(feed->loop);
	feed->rested = false;
	uv_timer_start(&feed->handles->rest, on_rest, REST_MS, 0);
}

/* --- life --- */

void feed_attach(struct feed *feed, struct frames *frames, struct input *input) {
	feed->frames = frames;
	feed->input = input;
	take_cursor(feed);
}

static void closed(uv_handle_t *handle) {
	struct feed_handles *handles = handle->data;
	if (--handles->open == 0)
		free(handles);
}

int feed_create(uv_loop_t *loop, struct vnc *vnc, struct feed **result) {
	struct feed *feed = calloc(1, sizeof *feed);
	struct feed_handles *handles = calloc(1, sizeof *handles);
	int error = feed && handles ? uv_async_init(loop, &handles->changed, on_changed) : -ENOMEM;
	if (error < 0) {
		free(feed);
		free(handles);
		return error;
	}
	uv_timer_init(loop, &handles->rest); /* never fails */
	handles->changed.data = handles->rest.data = handles;
	handles->open = 2;
	handles->feed = feed;
	feed->loop = loop;
	feed->vnc = vnc;
	feed->handles = handles;
	*result = feed;
	return 0;
}

void feed_destroy(struct feed *feed) {
	if (!feed)
		return;
	while (feed->told)
		feed_leave(feed, feed->told->viewer);
	feed->handles->feed = NULL;
	uv_close((uv_handle_t *)&feed->handles->changed, closed);
	uv_close((uv_handle_t *)&feed->handles->rest, closed);
	free(feed);
}
