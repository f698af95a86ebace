/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "server/cursor/feed.h"

#include <errno.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <sys/queue.h>

#include "encode/rfb/rectangle.h"
#include "server/cursor/hotspot.h"
#include "server/cursor/told.h"
#include "server/cursor/warp.h"
#include "server/log.h"
#include "server/loop.h"
#include "server/net/viewer/extensions.h"

enum {
	REST_MS = 160,  /* after the last motion, until we look where the compositor put the pointer */
	STILL_MS = 300, /* after that, until we look whether it stays there: compositors lag */
	/* A viewer that moved the pointer this recently knows better where it is, so it is not told. This
	 * must not exceed REST_MS + STILL_MS, the time of the last look: a viewer that is not told then would
	 * be told only when the cursor moves again. */
	OWN_MOTION_MS = REST_MS + STILL_MS,
	NEAR = 8, /* pixels: the pointer may be this far from where a viewer has put it */
};

/* One viewer. */
struct recipient {
	LIST_ENTRY(recipient) link; /* feed.recipients */
	struct viewer *viewer;
	struct told told;
	bool follows;      /* it wants to be told where the cursor goes, or to see it painted there */
	uint64_t moved_ms; /* when it last moved the pointer; 0: never */
};

struct feed {
	uv_loop_t *loop;
	struct encoders *encoders;
	uv_async_t changed;
	uv_timer_t rest, still;
	struct loop_closing closing;
	struct frames *frames;
	struct input *input;
	LIST_HEAD(, recipient) recipients;
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
	uint8_t message[UPDATE_HEADER_SIZE + TOLD_MAX];
};

/* --- what viewers are told --- */

static bool is_shown(const struct feed *feed) {
	return feed->cursor.visible && feed->cursor.shape;
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

static struct told_news news_of(struct feed *feed) {
	struct told_news news = {.cursor = &feed->cursor,
		.shown = is_shown(feed),
		.warps = feed->warp.count,
		.moved = is_recent(feed, feed->moved_ms),
		.leds_known = feed->leds_known,
		.leds = feed->leds};
	if (news.shown)
		hotspots_get(&feed->hotspots, &feed->cursor, &news.hotspot_x, &news.hotspot_y);
	news.placed = get_tip(feed, &news.x, &news.y);
	return news;
}

/* Sends what the viewer does not know yet, if it waits for an update and the stream is between two messages.
 * What cannot be sent now is not recorded as told, and is sent at the next chance. */
static void tell(struct feed *feed, struct recipient *recipient, const struct told_news *news) {
	if (!viewer_awaits_update(recipient->viewer))
		return;
	struct told before = recipient->told;
	unsigned rectangles = 0;
	size_t size = told_write(&recipient->told, recipient->viewer, news,
		is_recent(feed, recipient->moved_ms), feed->message + UPDATE_HEADER_SIZE, &rectangles);
	if (rectangles == 0)
		return;
	rectangle_write_update(feed->message, rectangles);
	if (viewer_send(recipient->viewer, feed->message, UPDATE_HEADER_SIZE + size) < 0)
		recipient->told = before;
}

static void tell_all(struct feed *feed) {
	const struct told_news news = news_of(feed);
	struct recipient *recipient;
	LIST_FOREACH(recipient, &feed->recipients, link)
		tell(feed, recipient, &news);
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

static struct recipient *find(struct feed *feed, const struct viewer *viewer) {
	struct recipient *recipient;
	LIST_FOREACH(recipient, &feed->recipients, link)
		if (recipient->viewer == viewer)
			return recipient;
	return NULL;
}

static bool follows(const struct viewer *viewer) {
	return viewer_choose_encoding(viewer, extensions_cursor_places) ||
	       !viewer_choose_encoding(viewer, extensions_cursor_shapes);
}

/* Finds out whether any viewer follows the cursor. While none did, the feed was not told about its moves. */
static void look_for_followers(struct feed *feed) {
	bool before = feed->followed, now = false;
	const struct recipient *recipient;
	LIST_FOREACH(recipient, &feed->recipients, link)
		now |= recipient->follows;
	feed->followed = now;
	if (now && !before)
		take_cursor(feed);
}

void feed_join(struct feed *feed, struct viewer *viewer) {
	struct recipient *recipient = calloc(1, sizeof *recipient);
	if (!recipient)
		return; /* this viewer gets no cursor */
	recipient->viewer = viewer;
	recipient->follows = follows(viewer);
	recipient->told.warps = feed->warp.count;
	LIST_INSERT_HEAD(&feed->recipients, recipient, link);
	look_for_followers(feed);
}

void feed_leave(struct feed *feed, struct viewer *viewer) {
	struct recipient *recipient = find(feed, viewer);
	if (recipient)
		LIST_REMOVE(recipient, link);
	free(recipient);
	look_for_followers(feed);
}

void feed_between_messages(struct feed *feed, struct viewer *viewer) {
	struct recipient *recipient = find(feed, viewer);
	if (!recipient)
		return;
	bool follows_now = follows(viewer); /* it may have announced other encodings */
	if (recipient->follows != follows_now) {
		recipient->follows = follows_now;
		look_for_followers(feed);
	}
	const struct told_news news = news_of(feed);
	tell(feed, recipient, &news);
}

void feed_moved(struct feed *feed, struct viewer *viewer, int32_t x, int32_t y) {
	struct recipient *recipient = find(feed, viewer);
	warp_put(&feed->warp, x, y);
	feed->moved_ms = uv_now(feed->loop);
	if (recipient) {
		recipient->moved_ms = feed->moved_ms;
		recipient->told.has_moved = true;
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
	while (!LIST_EMPTY(&feed->recipients))
		feed_leave(feed, LIST_FIRST(&feed->recipients)->viewer);
	loop_close(&feed->closing, free, feed, LOOP_HANDLES(&feed->changed, &feed->rest, &feed->still));
}
