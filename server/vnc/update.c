/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "server/vnc/update.h"

#include <rfb/rfb.h>
#include <rfb/rfbregion.h>
#include <stdlib.h>

#include "capture/base/clock.h"
#include "server/vnc/encode.h"
#include "server/vnc/state.h"

void vnc_update_init(struct vnc_update *update, struct vnc *vnc, struct vnc_screen *screen, uint32_t width,
	uint32_t height) {
	*update = (struct vnc_update){.vnc = vnc, .screen = screen};
	pthread_mutex_init(&update->lock, NULL);
	vnc_framebuffer_init(&update->framebuffer, width, height);
	update->desktop = update->framebuffer.desktop;
	damage_init(&update->damage);
}

void vnc_update_finish(struct vnc_update *update) {
	damage_finish(&update->damage);
	vnc_framebuffer_finish(&update->framebuffer);
	vnc_pieces_finish(&update->pieces);
	free(update->rectangles);
	free(update->cursor);
	pthread_mutex_destroy(&update->lock);
	update->rectangles = NULL;
	update->cursor = NULL;
}

static bool grow_rectangles(struct vnc_update *update) {
	size_t needed = damage_rectangles_max(&update->damage);
	if (needed <= update->rectangle_capacity)
		return true;
	struct rect *rectangles = realloc(update->rectangles, needed * sizeof *rectangles);
	if (!rectangles)
		return false;
	update->rectangles = rectangles;
	update->rectangle_capacity = needed;
	return true;
}

static void mark(struct vnc_update *update, const struct rect *r) {
	sraRegionPtr region =
		sraRgnCreateRect(r->x, r->y, r->x + (int32_t)r->width, r->y + (int32_t)r->height);
	sraRgnOr(update->screen->client->modifiedRegion, region);
	sraRgnDestroy(region);
}

/* Adds to the client's modified region what has changed since the last picture that it saw. */
static bool mark_changes(struct vnc_update *update, const struct picture *picture) {
	if (picture_damage_since(picture, update->seen, &update->damage) < 0 || !grow_rectangles(update))
		return false;
	size_t count = damage_rectangles(&update->damage, update->rectangles, update->rectangle_capacity);
	for (size_t i = 0; i < count; i++)
		if (vnc_framebuffer_clip(&update->framebuffer, &update->rectangles[i]))
			mark(update, &update->rectangles[i]);
	update->seen = picture->generation;
	return true;
}

static void replace_region(sraRegionPtr *region, const rfbScreenInfo *screen) {
	sraRgnDestroy(*region);
	*region = sraRgnCreateRect(0, 0, screen->width, screen->height);
}

static bool asks_for(const struct vnc_screen *screen, uint32_t width, uint32_t height) {
	sraRegionPtr rest = sraRgnCreateRect(0, 0, (int)width, (int)height);
	sraRgnSubtract(rest, screen->client->requestedRegion);
	bool all = sraRgnEmpty(rest);
	sraRgnDestroy(rest);
	return all;
}

/* Whether the client asks for the one pixel that the link requests to have all earlier requests answered
 * (encoder_settle()). */
static bool asks_for_pixel(const struct vnc_screen *screen) {
	sraRegionPtr pixel = sraRgnCreateRect(0, 0, 1, 1),
		     rest = sraRgnCreateRgn(screen->client->requestedRegion);
	bool more = sraRgnSubtract(rest, pixel), none = sraRgnEmpty(screen->client->requestedRegion);
	sraRgnDestroy(rest);
	sraRgnDestroy(pixel);
	return !more && !none;
}

/* A request that was under way while the size grew asks for the whole old size, because its viewer knew no
 * other. If it were answered with that part alone, the viewer would have a newer picture in a corner of an
 * older one. The same would happen if the link's pixel came by itself because the request before it had been
 * answered in the meantime. */
static void widen_request(struct vnc_update *update) {
	struct vnc_screen *screen = update->screen;
	const struct encoder_desktop *desktop = &update->framebuffer.desktop;
	bool pixel = asks_for_pixel(screen), all = asks_for(screen, desktop->width, desktop->height);
	bool former = update->former_width && asks_for(screen, update->former_width, update->former_height);
	if (all)
		update->former_width = 0; /* the viewer knows the size now */
	else if (former || (pixel && update->asked_all))
		replace_region(&screen->client->requestedRegion, screen->info);
	update->asked_all = !pixel && (all || former);
}

static enum vnc_follows follows(const rfbClientRec *client) {
	if (client->useExtDesktopSize)
		return VNC_FOLLOWS_SCREENS;
	return client->useNewFBSize ? VNC_FOLLOWS_SIZES : VNC_FOLLOWS_NOTHING;
}

/* Has the library announce the framebuffer's desktop. `former` is the one before. */
static void change_desktop(struct vnc_update *update, const struct encoder_desktop *former) {
	const struct encoder_desktop *desktop = &update->framebuffer.desktop;
	if (desktop->width != former->width || desktop->height != former->height) {
		update->former_width = former->width;
		update->former_height = former->height;
	}
	pthread_mutex_lock(&update->lock);
	update->desktop = *desktop;
	pthread_mutex_unlock(&update->lock);
	update->screen->info->width = (int)desktop->width;
	update->screen->info->height = (int)desktop->height;
	update->screen->client->newFBSizePending = TRUE;
}

/* Follows a new size, or other screens. A viewer that asked for everything must be shown everything. But its
 * request covers only the old size, and the rest of its new framebuffer would stay empty. Some viewers empty
 * their framebuffer even if only the screens are new. */
static void resize(struct vnc_update *update, const struct picture *picture) {
	struct vnc_framebuffer *framebuffer = &update->framebuffer;
	rfbClientPtr client = update->screen->client;
	struct encoder_desktop former = framebuffer->desktop;
	bool all = asks_for(update->screen, former.width, former.height);
	if (vnc_framebuffer_resize(framebuffer, picture, follows(client)))
		change_desktop(update, &former);
	update->seen = 0;
	replace_region(&client->modifiedRegion, update->screen->info);
	if (all)
		replace_region(&client->requestedRegion, update->screen->info);
}

/* Returns the newest cursor. NULL: this viewer draws the cursor itself, or no cursor is visible. */
static const struct cursor *cursor_to_paint(struct vnc_update *update, bool draws_cursor) {
	struct vnc *vnc = update->vnc;
	if (draws_cursor || vnc->cursor_serial == 0)
		return NULL;
	if (!update->cursor)
		update->cursor = calloc(1, sizeof *update->cursor);
	if (!update->cursor) {
		update->cursor_serial = vnc->cursor_serial; /* try again when it changes */
		return NULL;
	}
	vnc_copy_cursor(vnc, update->cursor, &update->cursor_serial);
	return update->cursor->visible && update->cursor->shape ? update->cursor : NULL;
}

static void move_cursor(struct vnc_update *update, bool draws_cursor) {
	struct rect changed[2];
	const struct cursor *cursor = cursor_to_paint(update, draws_cursor);
	size_t count = vnc_framebuffer_move_cursor(&update->framebuffer, cursor, changed);
	for (size_t i = 0; i < count; i++)
		mark(update, &changed[i]);
}

static void lay_banner(struct vnc_update *update) {
	struct rect changed[2];
	struct vnc_framebuffer *framebuffer = &update->framebuffer;
	vnc_copy_banner(update->vnc, &framebuffer->banner, &update->banner_serial);
	size_t count = vnc_framebuffer_lay_banner(framebuffer, clock_now_ns(), changed);
	for (size_t i = 0; i < count; i++)
		mark(update, &changed[i]);
}

/* Sends a new size as an update of its own, whatever else there is to send. */
static void send_size(struct vnc_update *update) {
	rfbClientPtr client = update->screen->client;
	if (!client->useNewFBSize || !client->newFBSizePending || sraRgnEmpty(client->requestedRegion))
		return;
	vnc_encode_wait(update);
	rfbUpdateClient(client);
}

/* Sends what has changed in the requested area. If nothing has, the request stays open. */
static bool send_pixels(struct vnc_update *update) {
	rfbClientPtr client = update->screen->client;
	sraRegionPtr region = sraRgnCreateRgn(client->modifiedRegion);
	bool good = true;
	if (sraRgnAnd(region, client->requestedRegion)) {
		sraRgnSubtract(client->modifiedRegion, region);
		sraRgnMakeEmpty(client->requestedRegion);
		good = vnc_encode(update, region);
	}
	sraRgnDestroy(region);
	return good;
}

static bool send_changes(struct vnc_update *update, bool draws_cursor) {
	rfbClientPtr client = update->screen->client;
	widen_request(update);
	if (vnc_framebuffer_outdated(&update->framebuffer, update->picture, follows(client)))
		resize(update, update->picture);
	if (!mark_changes(update, update->picture))
		return false;
	move_cursor(update, draws_cursor);
	lay_banner(update);
	bool tells_size = client->useNewFBSize && client->newFBSizePending;
	send_size(update);
	if (client->sock == RFB_INVALID_SOCKET || !send_pixels(update))
		return false;
	/* If there was nothing else to send, the size was the answer. Otherwise the stream would be inside an
	 * answer until something changes. */
	if (tells_size && !client->newFBSizePending)
		sraRgnMakeEmpty(client->requestedRegion);
	return true;
}

bool vnc_update_send(struct vnc_update *update, bool draws_cursor) {
	struct picture_store *store = update->vnc->store;
	update->picture = picture_store_acquire(store);
	if (!update->picture)
		return true;
	update->mixed = false;
	bool good = send_changes(update, draws_cursor);
	update->mixed_updates += update->mixed;
	picture_store_release(store, update->picture);
	update->picture = NULL;
	return good;
}

bool vnc_update_slipped_by(const struct vnc_update *update, bool draws_cursor) {
	return picture_store_generation(update->vnc->store, NULL, NULL) > update->seen ||
	       update->vnc->banner_serial != update->banner_serial ||
	       (!draws_cursor && update->vnc->cursor_serial != update->cursor_serial);
}

void vnc_update_desktop(struct vnc_update *update, struct encoder_desktop *desktop) {
	pthread_mutex_lock(&update->lock);
	*desktop = update->desktop;
	pthread_mutex_unlock(&update->lock);
}

int vnc_update_wait_ms(const struct vnc_update *update) {
	uint64_t left = banner_left_ns(&update->framebuffer.banner, clock_now_ns());
	return left == UINT64_MAX ? -1 : (int)(left / 1000000 + 1);
}
