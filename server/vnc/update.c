/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "server/vnc/update.h"

#include <rfb/rfb.h>
#include <rfb/rfbregion.h>
#include <stdlib.h>

#include "capture/base/clock.h"
#include "server/vnc/encode.h"
#include "server/vnc/state.h"

void vnc_update_init(struct vnc_update *update, struct vnc *vnc, struct picture_store *store,
	struct vnc_screen *screen, uint32_t width, uint32_t height) {
	*update = (struct vnc_update){.vnc = vnc, .shown = store, .screen = screen};
	update->store = store;
	pthread_mutex_init(&update->lock, NULL);
	framebuffer_init(&update->framebuffer, width, height);
	update->desktop = update->framebuffer.desktop;
	changes_init(&update->changes);
}

void vnc_update_finish(struct vnc_update *update) {
	changes_finish(&update->changes);
	framebuffer_finish(&update->framebuffer);
	vnc_pieces_finish(&update->pieces);
	region_finish(&update->adopted.lacks);
	free(update->cursor);
	pthread_mutex_destroy(&update->lock);
	update->cursor = NULL;
}

static void mark(struct vnc_update *update, const struct rect *r) {
	sraRegionPtr region =
		sraRgnCreateRect(r->x, r->y, r->x + (int32_t)r->width, r->y + (int32_t)r->height);
	sraRgnOr(update->screen->client->modifiedRegion, region);
	sraRgnDestroy(region);
}

/* Adds to the client's modified region what has changed since the last picture that it saw. */
static bool mark_changes(struct vnc_update *update, const struct picture *picture) {
	struct changes *changes = &update->changes;
	if (changes_find(changes, picture, update->seen, &update->framebuffer))
		return false;
	for (size_t i = 0; i < changes->count; i++)
		mark(update, &changes->list[i]);
	update->seen = picture->generation;
	return true;
}

/* --- moves --- */

enum { FEW_RECTANGLES = 16 };

/* Writes the rectangles of a region. False: there are too many. */
static bool list_region(sraRegionPtr region, struct rect list[FEW_RECTANGLES], size_t *count) {
	sraRectangleIterator *iterator = sraRgnGetIterator(region);
	bool few = iterator;
	*count = 0;
	for (sraRect r; few && sraRgnIteratorNext(iterator, &r);) {
		few = *count < FEW_RECTANGLES;
		if (few)
			list[(*count)++] =
				(struct rect){r.x1, r.y1, (uint32_t)(r.x2 - r.x1), (uint32_t)(r.y2 - r.y1)};
	}
	if (iterator)
		sraRgnReleaseIterator(iterator);
	return few;
}

/* Whether the viewer shows exactly the picture in which the moves begin, apart from what it lacks. */
static bool may_move(const struct vnc_update *update, const struct picture *picture) {
	const rfbClientRec *client = update->screen->client;
	return client->useCopyRect && !client->newFBSizePending && !update->torn && picture->moves.count &&
	       update->seen && picture->moves.from == update->seen;
}

/* Chooses what is sent as copies. Call it before anything that is new is marked. */
static void begin_copies(struct vnc_update *update, const struct picture *picture) {
	const rfbClientRec *client = update->screen->client;
	const struct encoder_desktop *desktop = &update->framebuffer.desktop;
	struct rect pending[FEW_RECTANGLES], asked[FEW_RECTANGLES];
	struct copies_viewer viewer = {
		.width = desktop->width, .height = desktop->height, .pending = pending, .asked = asked};
	update->copies.count = 0;
	if (!may_move(update, picture) ||
		!list_region(client->modifiedRegion, pending, &viewer.pending_count) ||
		!list_region(client->requestedRegion, asked, &viewer.asked_count))
		return;
	framebuffer_overlaid(&update->framebuffer, viewer.overlaid);
	copies_choose(&viewer, &picture->moves, &update->copies);
}

static void unmark(struct vnc_update *update, const struct rect *r) {
	sraRegionPtr region =
		sraRgnCreateRect(r->x, r->y, r->x + (int32_t)r->width, r->y + (int32_t)r->height);
	sraRgnSubtract(update->screen->client->modifiedRegion, region);
	sraRgnDestroy(region);
}

/* Has what the copies get right not sent as pixels. Call it when everything new is marked. */
static void end_copies(struct vnc_update *update) {
	struct rect overlaid[COPIES_OVERLAID], spoilt[COPIES_SPOILT];
	framebuffer_overlaid(&update->framebuffer, overlaid);
	for (size_t i = 0; i < update->copies.count; i++)
		unmark(update, &update->copies.list[i].target);
	size_t count = copies_spoil(&update->copies, overlaid, spoilt);
	for (size_t i = 0; i < count; i++)
		mark(update, &spoilt[i]);
}

/* --- requests and sizes --- */

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

static enum framebuffer_follows follows(const rfbClientRec *client) {
	if (client->useExtDesktopSize)
		return FRAMEBUFFER_FOLLOWS_SCREENS;
	return client->useNewFBSize ? FRAMEBUFFER_FOLLOWS_SIZES : FRAMEBUFFER_FOLLOWS_NOTHING;
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
	struct framebuffer *framebuffer = &update->framebuffer;
	rfbClientPtr client = update->screen->client;
	struct encoder_desktop former = framebuffer->desktop;
	bool all = asks_for(update->screen, former.width, former.height);
	if (framebuffer_resize(framebuffer, picture, follows(client)))
		change_desktop(update, &former);
	update->seen = 0;
	replace_region(&client->modifiedRegion, update->screen->info);
	if (all)
		replace_region(&client->requestedRegion, update->screen->info);
}

/* Cursor and banner belong to the screen. */
static bool shows_screen(const struct vnc_update *update) {
	return update->shown == update->vnc->store;
}

/* Returns the newest cursor. NULL: this viewer draws the cursor itself, or no cursor is visible. */
static const struct cursor *cursor_to_paint(struct vnc_update *update, bool draws_cursor) {
	struct vnc *vnc = update->vnc;
	if (draws_cursor || vnc->cursor_serial == 0 || !shows_screen(update))
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
	size_t count = framebuffer_move_cursor(&update->framebuffer, cursor, changed);
	for (size_t i = 0; i < count; i++)
		mark(update, &changed[i]);
}

static void lay_banner(struct vnc_update *update) {
	struct rect changed[2];
	struct framebuffer *framebuffer = &update->framebuffer;
	if (!shows_screen(update))
		return;
	vnc_copy_banner(update->vnc, &framebuffer->banner, &update->banner_serial);
	size_t count = framebuffer_lay_banner(framebuffer, clock_now_ns(), changed);
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

/* Sends what has moved and what has changed in the requested area. If nothing has, the request stays open. */
static bool send_pixels(struct vnc_update *update) {
	rfbClientPtr client = update->screen->client;
	sraRegionPtr region = sraRgnCreateRgn(client->modifiedRegion);
	bool good = true;
	if (sraRgnAnd(region, client->requestedRegion) || update->copies.count) {
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
	if (framebuffer_outdated(&update->framebuffer, update->picture, follows(client)))
		resize(update, update->picture);
	begin_copies(update, update->picture);
	if (!mark_changes(update, update->picture))
		return false;
	move_cursor(update, draws_cursor);
	lay_banner(update);
	end_copies(update);
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

/* Nothing of another store's pictures was seen. */
static void follow_store(struct vnc_update *update) {
	struct picture_store *store = update->store;
	if (store == update->shown)
		return;
	update->shown = store;
	update->seen = 0;
}

static void add_region(struct region *region, sraRegionPtr rectangles) {
	sraRectangleIterator *iterator = sraRgnGetIterator(rectangles);
	for (sraRect r; sraRgnIteratorNext(iterator, &r);)
		region_append(
			region, (struct rect){r.x1, r.y1, (uint32_t)(r.x2 - r.x1), (uint32_t)(r.y2 - r.y1)});
	sraRgnReleaseIterator(iterator);
}

static void copy_known(struct framebuffer_known *to, const struct framebuffer_known *from) {
	to->framebuffer = from->framebuffer;
	to->shown = from->shown;
	to->seen = from->seen;
	region_clear(&to->lacks);
	region_add_all(&to->lacks, &from->lacks);
}

static void add_overlaid(struct region *region, const struct framebuffer *framebuffer) {
	struct rect places[2];
	framebuffer_overlaid(framebuffer, places);
	region_add(region, places[0]);
	region_add(region, places[1]);
}

/* While the viewer's thread has not read a message since it was told, nothing was sent. */
void vnc_update_known(struct vnc_update *update, struct framebuffer_known *known) {
	*known = (struct framebuffer_known){0};
	pthread_mutex_lock(&update->lock);
	if (update->adopts) {
		copy_known(known, &update->adopted);
	} else {
		known->framebuffer = framebuffer_state(&update->framebuffer);
		known->shown = update->shown;
		known->seen = update->torn ? 0 : update->seen; /* else copies would trust it */
		add_region(&known->lacks, update->screen->client->modifiedRegion);
		add_overlaid(&known->lacks, &update->framebuffer);
	}
	pthread_mutex_unlock(&update->lock);
}

void vnc_update_adopt(struct vnc_update *update, const struct framebuffer_known *known) {
	pthread_mutex_lock(&update->lock);
	update->desktop = known->framebuffer.desktop;
	copy_known(&update->adopted, known);
	update->adopts = true;
	pthread_mutex_unlock(&update->lock);
}

static void adopt(struct vnc_update *update) {
	const struct framebuffer_known *known = &update->adopted;
	rfbScreenInfoPtr info = update->screen->info;
	rfbClientPtr client = update->screen->client;
	framebuffer_adopt(&update->framebuffer, &known->framebuffer);
	info->width = (int)update->desktop.width;
	info->height = (int)update->desktop.height;
	update->shown = known->shown;
	update->seen = known->seen;
	update->former_width = 0;
	update->asked_all = false;
	update->torn = false;
	sraRgnMakeEmpty(client->modifiedRegion);
	for (size_t i = 0; i < known->lacks.count; i++)
		mark(update, &region_rects(&known->lacks)[i]);
}

void vnc_update_adopt_if_told(struct vnc_update *update) {
	pthread_mutex_lock(&update->lock);
	if (update->adopts)
		adopt(update);
	update->adopts = false;
	pthread_mutex_unlock(&update->lock);
}

bool vnc_update_send(struct vnc_update *update, bool draws_cursor) {
	follow_store(update);
	if (update->screen->client->useCopyRect)
		picture_store_want_moves(update->shown);
	update->picture = picture_store_acquire_whole(update->shown);
	if (!update->picture)
		return true;
	update->mixed = false;
	bool good = send_changes(update, draws_cursor);
	update->mixed_updates += update->mixed;
	update->torn = update->mixed;
	picture_store_release(update->shown, update->picture);
	update->picture = NULL;
	return good;
}

bool vnc_update_slipped_by(const struct vnc_update *update, bool draws_cursor) {
	if (update->store != update->shown ||
		picture_store_generation(update->shown, NULL, NULL) > update->seen)
		return true;
	return shows_screen(update) &&
	       (update->vnc->banner_serial != update->banner_serial ||
		       (!draws_cursor && update->vnc->cursor_serial != update->cursor_serial));
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
