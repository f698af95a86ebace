/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "encode/rfb/own_update.h"

#include <errno.h>
#include <stdlib.h>

#include "capture/base/clock.h"
#include "encode/rfb/own_state.h"

void own_update_init(
	struct own_update *update, struct picture_store *store, uint32_t width, uint32_t height) {
	*update = (struct own_update){.store = store, .shown = store};
	framebuffer_init(&update->framebuffer, width, height);
	lossy_reset(&update->lossy, width, height);
	changes_init(&update->changes);
}

void own_update_finish(struct own_update *update) {
	struct region *regions[] = {
		&update->asked, &update->asked_anew, &update->due, &update->modified, &update->requested};
	for (size_t i = 0; i < sizeof regions / sizeof regions[0]; i++)
		region_finish(regions[i]);
	changes_finish(&update->changes);
	lossy_finish(&update->lossy);
	own_video_finish(&update->video);
	framebuffer_finish(&update->framebuffer);
	free(update->cursor);
}

void own_update_known(const struct own_update *update, struct framebuffer_known *known) {
	*known = (struct framebuffer_known){.framebuffer = framebuffer_state(&update->framebuffer),
		.shown = update->shown,
		.seen = update->seen};
	region_add_all(&known->lacks, &update->modified);
	lossy_list(&update->lossy, &known->lacks); /* the other encoder does not know that it lacks it */
	region_add_all(&known->lacks, &update->video.lossy);
	struct rect overlaid[2];
	framebuffer_overlaid(&update->framebuffer, overlaid);
	region_add(&known->lacks, overlaid[0]);
	region_add(&known->lacks, overlaid[1]);
}

void own_update_adopt(struct own_update *update, const struct framebuffer_known *known) {
	framebuffer_adopt(&update->framebuffer, &known->framebuffer);
	lossy_reset(&update->lossy, update->framebuffer.desktop.width, update->framebuffer.desktop.height);
	update->shown = known->shown;
	update->seen = known->seen;
	region_clear(&update->modified);
	region_add_all(&update->modified, &known->lacks);
	own_video_forget(&update->video);
	update->former_width = 0;
	update->desktop_pending = false;
}

static struct rect whole(const struct own_update *update) {
	const struct encoder_desktop *desktop = &update->framebuffer.desktop;
	return (struct rect){0, 0, desktop->width, desktop->height};
}

static void replace(struct region *region, struct rect rect) {
	region_clear(region);
	region_append(region, rect);
}

/* --- what is asked for --- */

static void take_requests(struct own_update *update) {
	region_add_all(&update->requested, &update->asked);
	region_add_all(&update->requested, &update->asked_anew);
	region_add_all(&update->modified, &update->asked_anew);
	/* rfbproto: the answer to a request that is not incremental tells the screens */
	if (!region_is_empty(&update->asked_anew) && update->follows == FRAMEBUFFER_FOLLOWS_SCREENS)
		update->desktop_pending = true;
	region_clear(&update->asked);
	region_clear(&update->asked_anew);
}

/* A request that was under way while the size grew asks for the whole old size, because its viewer knew no
 * other. If it were answered with that part alone, the viewer would have a newer picture in a corner of an
 * older one. */
static void widen_request(struct own_update *update) {
	const struct rect former = {0, 0, update->former_width, update->former_height};
	if (region_covers(&update->requested, whole(update)))
		update->former_width = 0; /* the viewer knows the size now */
	else if (update->former_width && region_covers(&update->requested, former))
		replace(&update->requested, whole(update));
}

/* --- what has changed --- */

/* Follows a new size, or other screens. A viewer that asked for everything must be shown everything. But its
 * request covers only the old size, and the rest of its new framebuffer would stay empty. Some viewers empty
 * their framebuffer even if only the screens are new. */
static void resize(struct own_update *update, const struct picture *picture) {
	struct rect former = whole(update);
	bool all = region_covers(&update->requested, former);
	if (framebuffer_resize(&update->framebuffer, picture, update->follows)) {
		struct rect now = whole(update);
		update->desktop_pending = true;
		if (now.width != former.width || now.height != former.height) {
			update->former_width = former.width;
			update->former_height = former.height;
		}
	}
	update->seen = 0;
	lossy_reset(&update->lossy, whole(update).width, whole(update).height); /* all is sent anew */
	own_video_forget(&update->video);
	replace(&update->modified, whole(update));
	if (all)
		replace(&update->requested, whole(update));
}

/* If all that it lacks is new, as it mostly is, nothing has to be compared. */
static int mark_changes(struct own_update *update, const struct picture *picture) {
	struct changes *changes = &update->changes;
	int error = changes_find(changes, picture, update->seen, &update->framebuffer);
	if (error)
		return error;
	bool nothing_else = region_is_empty(&update->modified);
	for (size_t i = 0; i < changes->count; i++)
		if (nothing_else)
			region_append(&update->modified, changes->list[i]);
		else
			region_add(&update->modified, changes->list[i]);
	update->seen = picture->generation;
	return 0;
}

/* Cursor and banner belong to the screen. */
static bool shows_screen(const struct own_update *update, const struct own *own) {
	return update->shown == own->store;
}

/* Returns the newest cursor. NULL: this viewer draws the cursor itself, or no cursor is visible. */
static const struct cursor *cursor_to_paint(struct own_update *update, struct own *own) {
	if (update->draws_cursor || own->cursor_serial == 0 || !shows_screen(update, own))
		return NULL;
	if (!update->cursor)
		update->cursor = calloc(1, sizeof *update->cursor);
	if (!update->cursor) {
		update->cursor_serial = own->cursor_serial; /* try again when it changes */
		return NULL;
	}
	own_copy_cursor(own, update->cursor, &update->cursor_serial);
	return update->cursor->visible && update->cursor->shape ? update->cursor : NULL;
}

static void mark_overlaid(struct own_update *update, struct own *own) {
	struct rect changed[2];
	const struct cursor *cursor = cursor_to_paint(update, own);
	size_t count = framebuffer_move_cursor(&update->framebuffer, cursor, changed);
	for (size_t i = 0; i < count; i++)
		region_add(&update->modified, changed[i]);
	if (!shows_screen(update, own))
		return;
	own_copy_banner(own, &update->framebuffer.banner, &update->banner_serial);
	count = framebuffer_lay_banner(&update->framebuffer, clock_now_ns(), changed);
	for (size_t i = 0; i < count; i++)
		region_add(&update->modified, changed[i]);
}

/* --- what only moved --- */

/* Whether the viewer shows exactly the picture in which the moves begin, apart from what it lacks. */
static bool may_move(const struct own_update *update, const struct picture *picture) {
	return update->takes_copies && !update->mixed && !update->desktop_pending && picture->moves.count &&
	       update->seen && picture->moves.from == update->seen;
}

/* Chooses what is sent as copies. Call it before anything that is new is marked. */
static void begin_copies(struct own_update *update, const struct picture *picture) {
	struct copies_viewer viewer = {.width = whole(update).width,
		.height = whole(update).height,
		.pending = region_rects(&update->modified),
		.pending_count = update->modified.count,
		.asked = region_rects(&update->requested),
		.asked_count = update->requested.count};
	update->copies.count = 0;
	if (!may_move(update, picture))
		return;
	framebuffer_overlaid(&update->framebuffer, viewer.overlaid);
	copies_choose(&viewer, &picture->moves, &update->copies);
}

/* Has what the copies get right not sent as pixels. Call it when everything new is marked. */
static void end_copies(struct own_update *update, uint64_t now_ns) {
	struct rect overlaid[COPIES_OVERLAID], spoilt[COPIES_SPOILT];
	framebuffer_overlaid(&update->framebuffer, overlaid);
	for (size_t i = 0; i < update->copies.count; i++) {
		region_subtract(&update->modified, update->copies.list[i].target);
		lossy_move(&update->lossy, &update->copies.list[i], now_ns);
	}
	size_t count = copies_spoil(&update->copies, overlaid, spoilt);
	for (size_t i = 0; i < count; i++)
		region_add(&update->modified, spoilt[i]);
}

/* --- what is sent --- */

/* What is due is not lacking any more. */
static void take_due(struct own_update *update) {
	if (region_covers(&update->requested, whole(update)))
		region_clear(&update->modified);
	for (size_t i = 0; i < update->due.count && !region_is_empty(&update->modified); i++)
		region_subtract(&update->modified, region_rects(&update->due)[i]);
}

/* What was sent with losses comes behind all that is new. */
static void choose_refresh(struct own_update *update) {
	update->refreshes = false;
	if (!update->refresh_pixels || update->settles || own_update_any(update))
		return;
	lossy_choose(&update->lossy, update->refresh_until_ns, &update->requested, update->refresh_pixels,
		&update->due);
	update->refreshes = !region_is_empty(&update->due);
}

/* A request is answered by pixels that have changed, or else by the desktop alone. If it is to be answered
 * and nothing has changed, a pixel has to do. */
static void choose(struct own_update *update) {
	bool asked = !region_is_empty(&update->requested);
	update->tells_desktop =
		asked && update->desktop_pending && update->follows != FRAMEBUFFER_FOLLOWS_NOTHING;
	region_intersect(&update->modified, &update->requested, &update->due);
	choose_refresh(update);
	if (update->settles && !own_update_any(update))
		region_append(&update->due, (struct rect){0, 0, 1, 1});
	if (!own_update_any(update))
		return;
	take_due(update);
	region_clear(&update->requested);
	if (update->tells_desktop)
		update->desktop_pending = false;
}

/* --- what the picture has no pixels of --- */

static bool has_pixels(const struct picture *picture, const struct region *region) {
	for (size_t i = 0; i < region->count; i++)
		if (!picture_has_pixels(picture, &region_rects(region)[i]))
			return false;
	return true;
}

/* Returns whether something must be sent as pixels that are absent. They are there in the next picture, and
 * the update waits for that, so that it shows one moment. */
static bool waits_for_pixels(struct own_update *update, const struct picture *picture) {
	struct region lacking = {0};
	if (!picture->absent_count)
		return false;
	region_intersect(&update->modified, &update->requested, &lacking);
	for (size_t i = 0; i < update->video.fit_count; i++)
		if (picture_exposure(picture, &update->video.fit[i].rect))
			region_subtract(&lacking, update->video.fit[i].rect);
	bool waits = !has_pixels(picture, &lacking);
	region_finish(&lacking);
	if (!waits)
		return false;
	picture_store_want_pixels(update->shown);
	region_clear(&update->due);
	update->tells_desktop = update->refreshes = false;
	return true;
}

/* The tiles of the picture that are absent (encode/picture.h). */
static void find_absent(const struct picture *picture, struct region *absent) {
	const struct damage grid = {.width = picture->width, .height = picture->height};
	uint32_t columns = (picture->width + DAMAGE_TILE - 1) / DAMAGE_TILE,
		 rows = (picture->height + DAMAGE_TILE - 1) / DAMAGE_TILE;
	for (uint32_t row = 0, tile = 0; row < rows; row++)
		for (uint32_t column = 0; column < columns; column++, tile++)
			if (picture->absent[tile])
				region_append(absent, damage_tile(&grid, column, row));
}

/* A video that could not be sent as such leaves pixels due that are absent: the viewer goes on lacking them.
 */
static void keep_absent(struct own_update *update, const struct picture *picture) {
	struct region absent = {0}, both = {0};
	find_absent(picture, &absent);
	region_intersect(&update->due, &absent, &both);
	for (size_t i = 0; i < both.count; i++)
		region_subtract(&update->due, region_rects(&both)[i]);
	region_add_all(&update->modified, &both);
	picture_store_want_pixels(update->shown);
	region_finish(&absent);
	region_finish(&both);
}

/* Chooses what of the picture is sent, and how. If nothing is left of it in the end, what was asked for is
 * not answered. */
static void choose_all(struct own_update *update, struct own *own, const struct picture *picture) {
	struct region requested = {0};
	if (picture->absent_count)
		region_add_all(&requested, &update->requested);
	choose(update);
	own_video_choose(update, own, picture);
	if (!has_pixels(picture, &update->due))
		keep_absent(update, picture);
	if (picture->absent_count && !own_update_any(update))
		region_add_all(&update->requested, &requested);
	own_video_note(update);
	region_finish(&requested);
}

/* Nothing of another store's pictures was seen. */
static void follow_store(struct own_update *update) {
	if (update->store != update->shown) {
		update->seen = 0;
		own_video_forget(&update->video);
	}
	update->shown = update->store;
}

int own_update_find(struct own_update *update, struct own *own, const struct picture *picture) {
	update->anew |= !region_is_empty(&update->asked_anew);
	follow_store(update);
	take_requests(update);
	widen_request(update);
	if (framebuffer_outdated(&update->framebuffer, picture, update->follows))
		resize(update, picture);
	begin_copies(update, picture);
	update->mixed = false;
	int error = mark_changes(update, picture);
	if (error)
		return error;
	mark_overlaid(update, own);
	end_copies(update, clock_now_ns());
	own_video_begin(update, own, picture, update->anew);
	if (!waits_for_pixels(update, picture))
		choose_all(update, own, picture);
	update->anew &= !region_is_empty(&update->requested);
	return 0;
}

bool own_update_any(const struct own_update *update) {
	return update->tells_desktop || update->copies.count || update->video.count ||
	       !region_is_empty(&update->due);
}

bool own_update_slipped_by(const struct own_update *update, const struct own *own) {
	if (update->store != update->shown ||
		picture_store_generation(update->shown, NULL, NULL) > update->seen)
		return true;
	return shows_screen(update, own) &&
	       (own->banner_serial != update->banner_serial || own_update_wait_ms(update) == 0 ||
		       (!update->draws_cursor && own->cursor_serial != update->cursor_serial));
}

static int banner_wait_ms(const struct own_update *update, uint64_t now_ns) {
	uint64_t left = banner_left_ns(&update->framebuffer.banner, now_ns);
	if (left == UINT64_MAX)
		return -1;
	return left ? (int)(left / 1000000 + 1) : 0;
}

int own_update_wait_ms(const struct own_update *update) {
	uint64_t now_ns = clock_now_ns();
	int banner = banner_wait_ms(update, now_ns), video = own_video_wait_ms(&update->video, now_ns);
	if (banner < 0 || video < 0)
		return banner < 0 ? video : banner;
	return banner < video ? banner : video;
}
