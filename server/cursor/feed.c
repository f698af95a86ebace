/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "server/cursor/feed.h"

#include <errno.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>

#include "capture/base/array.h"
#include "server/cursor/hotspot.h"
#include "server/cursor/shape.h"
#include "server/cursor/warp.h"
#include "server/log.h"
#include "server/loop.h"
#include "server/net/viewer/extensions.h"
#include "server/rfb/rectangle.h"

enum {
	LEDS_SIZE = RECTANGLE_HEADER_SIZE + 1,
	REST_MS = 160,  /* after the last motion, until we look where the compositor put the pointer */
	STILL_MS = 300, /* after that, until we look whether it stays there: compositors lag */
	/* A viewer that moved the pointer this recently knows better where it is, so it is not told. This
	 * must not exceed REST_MS + STILL_MS, the time of the last look: a viewer that is not told then would
	 * be told only when the cursor moves again. */
	OWN_MOTION_MS = REST_MS + STILL_MS,
	NEAR = 8, /* pixels: the pointer may be this far from where a viewer has put it */
	MESSAGE_MAX = UPDATE_HEADER_SIZE + CURSOR_SHAPE_MAX + CURSOR_POSITION_SIZE + LEDS_SIZE,
};

/* What one viewer was told so far. */
struct told {
	LIST_ENTRY(told) link; /* feed.told */
	struct viewer *viewer;
	int32_t encoding; /* the encoding in which it was told the shape; 0: never */
	uint8_t format[16];
	uint64_t shape; /* 0: an empty one, or none yet */
	int32_t hotspot_x, hotspot_y;
	bool follows;  /* it wants to be told where the cursor goes, or to see it painted there */
	int32_t place; /* the encoding in which it was last told the cursor's place; 0: never */
	int32_t x, y;
	bool has_moved; /* the viewer itself has moved the cursor from there */
	unsigned warps; /* the feed's count of warps when the viewer was last told, or when it joined */
	bool leds_told;
	unsigned leds;
	uint64_t moved_ms;
};

struct feed {
	uv_loop_t *loop;
	struct encoders *encoders;
	uv_async_t changed;
	uv_timer_t rest, still;
	struct loop_closing closing;
	struct frames *frames;
	struct input *input;
	LIST_HEAD(, told) told;
	_Atomic bool followed; /* at least one viewer follows the cursor */
	struct hotspots hotspots;
	unsigned leds;
	bool leds_known;
	struct cursor cursor;
	struct warp warp;
	uint64_t warp_shape;
	uint64_t moved_ms; /* when a viewer last moved the pointer; 0: never */
	bool rested;       /* we looked once at the resting pointer, and the cursor was at rest_x, rest_y */
	int32_t rest_x, rest_y;
	uint8_t message[MESSAGE_MAX];
};

/* --- what viewers are told --- */

static bool is_shown(const struct feed *feed) {
	return feed->cursor.visible && feed->cursor.shape;
}

/* Appends the shape if the viewer takes shapes and does not have this one. */
static size_t tell_shape(struct feed *feed, struct told *told, uint8_t *to) {
	struct viewer *viewer = told->viewer;
	int32_t encoding = viewer_choose_encoding(viewer, extensions_cursor_shapes);
	const uint8_t *format = viewer_pixel_format(viewer);
	uint64_t shape = is_shown(feed) ? feed->cursor.shape : 0;
	int32_t x = 0, y = 0;
	if (shape)
		hotspots_get(&feed->hotspots, &feed->cursor, &x, &y);
	bool same =
		told->encoding == encoding && told->shape == shape && told->hotspot_x == x &&
		told->hotspot_y == y &&
		(encoding != ENCODING_RICH_CURSOR || memcmp(told->format, format, sizeof told->format) == 0);
	bool none = !shape && !told->shape; /* an empty shape only removes one that was sent before */
	if (encoding == 0 || same || none)
		return 0;
	told->encoding = encoding;
	told->shape = shape;
	told->hotspot_x = x;
	told->hotspot_y = y;
	memcpy(told->format, format, sizeof told->format);
	return cursor_write_shape(to, encoding, &feed->cursor, x, y, format);
}

static bool is_recent(const struct feed *feed, uint64_t moved_ms) {
	return moved_ms && uv_now(feed->loop) - moved_ms < OWN_MOTION_MS;
}

/* Writes where the tip is. False: the cursor is not shown, or its place is unknown. */
static bool get_tip(struct feed *feed, int32_t *x, int32_t *y) {
	if (!is_shown(feed) || !feed->cursor.placed)
		return false;
	hotspots_get(&feed->hotspots, &feed->cursor, x, y);
	*x += feed->cursor.x;
	*y += feed->cursor.y;
	return true;
}

/* Viewers that ask for VMware's position move their own pointer there (see warp.h). So they are not told
 * without a warp, not even when they join. */
static bool may_tell_place(const struct feed *feed, const struct told *told, int32_t encoding) {
	if (encoding != ENCODING_VMWARE_POSITION)
		return !is_recent(feed, told->moved_ms);
	return !is_recent(feed, feed->moved_ms) && told->warps != feed->warp.count;
}

static size_t tell_position(struct feed *feed, struct told *told, uint8_t *to) {
	int32_t encoding = viewer_choose_encoding(told->viewer, extensions_cursor_places);
	int32_t x, y;
	if (!encoding || !get_tip(feed, &x, &y) || x < 0 || y < 0 || x > UINT16_MAX || y > UINT16_MAX)
		return 0;
	bool knows = told->place == encoding && !told->has_moved && told->x == x && told->y == y;
	if (knows || !may_tell_place(feed, told, encoding))
		return 0;
	told->place = encoding;
	told->x = x;
	told->y = y;
	told->has_moved = false;
	told->warps = feed->warp.count;
	return cursor_write_position(to, encoding, (uint16_t)x, (uint16_t)y);
}

static size_t tell_leds(struct feed *feed, struct told *told, uint8_t *to) {
	if (!feed->leds_known || (told->leds_told && told->leds == feed->leds) ||
		!viewer_has_encoding(told->viewer, ENCODING_QEMU_LEDS))
		return 0;
	told->leds_told = true;
	told->leds = feed->leds;
	to += rectangle_write(to, 0, 0, 0, 0, ENCODING_QEMU_LEDS);
	*to = (uint8_t)feed->leds;
	return LEDS_SIZE;
}

/* Sends what the viewer does not know yet, if it waits for an update and the stream is between two messages.
 * What cannot be sent now is not recorded as told, and is sent at the next chance. */
static void tell(struct feed *feed, struct told *told) {
	if (!viewer_awaits_update(told->viewer))
		return;
	struct told before = *told;
	size_t size = UPDATE_HEADER_SIZE;
	unsigned rectangles = 0;
	size_t (*const parts[])(struct feed *, struct told *, uint8_t *) = {
		tell_shape, tell_position, tell_leds};
	for (size_t i = 0; i < ARRAY_LEN(parts); i++) {
		size_t part = parts[i](feed, told, feed->message + size);
		size += part;
		rectangles += part > 0;
	}
	if (rectangles == 0)
		return;
	rectangle_write_update(feed->message, rectangles);
	if (viewer_send(told->viewer, feed->message, size) < 0)
		*told = before;
}

static void tell_all(struct feed *feed) {
	struct told *told;
	LIST_FOREACH(told, &feed->told, link)
		tell(feed, told);
}

/* --- what we learn --- */

/* Looks whether the pointer rests where no viewer has put it. If the hotspot is not known, the tip may be any
 * pixel of the image. */
static void look_for_warp(struct feed *feed) {
	int32_t x, y;
	bool known = hotspots_get(&feed->hotspots, &feed->cursor, &x, &y);
	warp_rest(&feed->warp, known ? NEAR : NEAR + CURSOR_MAX_SIDE);
}

/* The pointer does not count as resting before the viewer that moves it has come to rest. */
static void on_still(uv_timer_t *timer) {
	struct feed *feed = timer->data;
	if (is_recent(feed, feed->moved_ms)) {
		uv_timer_start(timer, on_still, STILL_MS, 0);
		return;
	}
	look_for_warp(feed);
	tell_all(feed);
}

/* If the hotspot is not known, the corner stands for the tip, and it moves when the image changes. */
static void watch_for_warps(struct feed *feed) {
	int32_t x, y, hotspot_x, hotspot_y;
	if (!get_tip(feed, &x, &y))
		return;
	bool known = hotspots_get(&feed->hotspots, &feed->cursor, &hotspot_x, &hotspot_y);
	if (!known && feed->warp_shape != feed->cursor.shape)
		warp_forget(&feed->warp);
	feed->warp_shape = feed->cursor.shape;
	if (warp_see(&feed->warp, x, y, is_recent(feed, feed->moved_ms)))
		uv_timer_start(&feed->still, on_still, STILL_MS, 0);
}

static void take_cursor(struct feed *feed) {
	if (!feed->frames)
		return;
	frames_cursor(feed->frames, &feed->cursor);
	encoders_set_cursor(feed->encoders, &feed->cursor);
	watch_for_warps(feed);
	tell_all(feed);
}

/* The pointer has come to rest, and the cursor with it. The cursor's place tells its hotspot or, if that is
 * known, how the compositor maps the pointer device. */
static void learn(struct feed *feed) {
	int32_t x, y;
	struct cursor *cursor = &feed->cursor;
	if (!feed->input || !is_shown(feed) || !cursor->placed ||
		!input_pointer_at_rest(feed->input, REST_MS / 2, &x, &y))
		return;
	if (hotspots_observe(&feed->hotspots, cursor, x, y)) {
		hotspots_get(&feed->hotspots, cursor, &x, &y);
		log_debug("the cursor's hotspot is %d, %d, as measured", x, y);
		warp_forget(&feed->warp);
	}
	bool known = hotspots_get(&feed->hotspots, cursor, &x, &y);
	uint32_t side = cursor->width > cursor->height ? cursor->width : cursor->height;
	input_cursor_seen(feed->input, cursor->x + x, cursor->y + y, known ? 0 : side);
}

static void on_changed(uv_async_t *async) {
	take_cursor(async->data);
}

static void on_rest(uv_timer_t *timer) {
	struct feed *feed = timer->data;
	take_cursor(feed);
	if (!feed->rested) {
		feed->rested = true;
		feed->rest_x = feed->cursor.x;
		feed->rest_y = feed->cursor.y;
		uv_timer_start(timer, on_rest, STILL_MS, 0);
	} else if (feed->rest_x == feed->cursor.x && feed->rest_y == feed->cursor.y) {
		look_for_warp(feed);
		learn(feed);
		tell_all(feed);
	}
}

void feed_cursor_changed(struct feed *feed, bool moved) {
	if (!moved || feed->followed)
		uv_async_send(&feed->changed);
}

void feed_leds_changed(struct feed *feed, unsigned leds) {
	feed->leds = leds;
	feed->leds_known = true;
	tell_all(feed);
}

/* --- viewers --- */

static struct told *find(struct feed *feed, const struct viewer *viewer) {
	struct told *told;
	LIST_FOREACH(told, &feed->told, link)
		if (told->viewer == viewer)
			return told;
	return NULL;
}

static bool follows(const struct viewer *viewer) {
	return viewer_choose_encoding(viewer, extensions_cursor_places) ||
	       !viewer_choose_encoding(viewer, extensions_cursor_shapes);
}

/* Finds out whether any viewer follows the cursor. While none did, the feed was not told about its moves. */
static void look_for_followers(struct feed *feed) {
	bool before = feed->followed, now = false;
	const struct told *told;
	LIST_FOREACH(told, &feed->told, link)
		now |= told->follows;
	feed->followed = now;
	if (now && !before)
		take_cursor(feed);
}

void feed_join(struct feed *feed, struct viewer *viewer) {
	struct told *told = calloc(1, sizeof *told);
	if (!told)
		return; /* this viewer gets no cursor */
	told->viewer = viewer;
	told->follows = follows(viewer);
	told->warps = feed->warp.count;
	LIST_INSERT_HEAD(&feed->told, told, link);
	look_for_followers(feed);
}

void feed_leave(struct feed *feed, struct viewer *viewer) {
	struct told *told = find(feed, viewer);
	if (told)
		LIST_REMOVE(told, link);
	free(told);
	look_for_followers(feed);
}

void feed_between_messages(struct feed *feed, struct viewer *viewer) {
	struct told *told = find(feed, viewer);
	if (!told)
		return;
	bool follows_now = follows(viewer); /* it may have announced other encodings */
	if (told->follows != follows_now) {
		told->follows = follows_now;
		look_for_followers(feed);
	}
	tell(feed, told);
}

void feed_moved(struct feed *feed, struct viewer *viewer, int32_t x, int32_t y) {
	struct told *told = find(feed, viewer);
	warp_put(&feed->warp, x, y);
	feed->moved_ms = uv_now(feed->loop);
	if (told) {
		told->moved_ms = feed->moved_ms;
		told->has_moved = true;
	}
	feed->rested = false;
	uv_timer_start(&feed->rest, on_rest, REST_MS, 0);
}

/* --- beginning and end --- */

void feed_attach(struct feed *feed, struct frames *frames, struct input *input) {
	feed->frames = frames;
	feed->input = input;
	take_cursor(feed);
}

int feed_create(uv_loop_t *loop, struct encoders *encoders, struct feed **result) {
	struct feed *feed = calloc(1, sizeof *feed);
	int error = feed ? uv_async_init(loop, &feed->changed, on_changed) : -ENOMEM;
	if (error) {
		free(feed);
		return error;
	}
	uv_timer_init(loop, &feed->rest); /* never fails */
	uv_timer_init(loop, &feed->still);
	feed->changed.data = feed->rest.data = feed->still.data = feed;
	feed->loop = loop;
	feed->encoders = encoders;
	*result = feed;
	return 0;
}

void feed_destroy(struct feed *feed) {
	if (!feed)
		return;
	while (!LIST_EMPTY(&feed->told))
		feed_leave(feed, LIST_FIRST(&feed->told)->viewer);
	loop_close(&feed->closing, free, feed, LOOP_HANDLES(&feed->changed, &feed->rest, &feed->still));
}
