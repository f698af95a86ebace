/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "encode/rfb/own_video.h"

#include "capture/base/clock.h"
#include "encode/rfb/own_state.h"

#define MS 1000000ull

static void drop_pieces(struct own_video *video) {
	while (video->count)
		piece_drop(video->pieces[--video->count]);
	video->forgets = false;
}

void own_video_finish(struct own_video *video) {
	drop_pieces(video);
	region_finish(&video->lossy);
}

void own_video_forget(struct own_video *video) {
	video->share_count = 0;
	region_clear(&video->lossy);
	video->mend_ns = 0;
}

/* --- what was sent --- */

/* What lies in a rectangle is added to another region, moved. */
static void add_moved(struct region *to, const struct region *from, struct rect inside, struct offset by) {
	for (size_t i = 0; i < from->count; i++) {
		struct rect part = rect_intersect(region_rects(from)[i], inside);
		part.x += by.x;
		part.y += by.y;
		if (part.width)
			region_add(to, part);
	}
}

/* What is not exact is copied as it is. */
static void follow_copies(struct region *lossy, const struct copies *copies) {
	for (size_t i = 0; i < copies->count && !region_is_empty(lossy); i++) {
		const struct move *move = &copies->list[i];
		struct region moved = {0};
		add_moved(&moved, lossy, move_source(move), move->by);
		region_subtract(lossy, move->target);
		region_add_all(lossy, &moved);
		region_finish(&moved);
	}
}

/* What stands still is due as if it had changed. If the update waits for its pixels, this is not looked at
 * again at once. */
static void mend(struct own_update *update, struct own *own, uint64_t now_ns) {
	struct own_video *video = &update->video;
	struct region still = {0};
	video_still(own->video, &video->lossy, now_ns, &still);
	for (size_t i = 0; i < still.count; i++)
		region_subtract(&video->lossy, region_rects(&still)[i]);
	region_add_all(&update->modified, &still);
	region_finish(&still);
	video->mend_ns = region_is_empty(&video->lossy) ? 0 : now_ns + VIDEO_STILL_MS * MS;
}

/* --- places --- */

/* Decoders have one context for a rectangle, so it is sent whole or not at all. */
static bool fits(const struct own_update *update, const struct picture *picture, const struct rect *rect) {
	const struct framebuffer *framebuffer = &update->framebuffer;
	if (update->video.only_wide && rect->width != framebuffer->desktop.width)
		return false;
	return rect_is_inside(*rect, framebuffer->desktop.width, framebuffer->desktop.height) &&
	       framebuffer_is_picture(framebuffer, picture, rect) && region_covers(&update->requested, *rect);
}

static struct video_share *find_share(struct own_video *video, uint64_t number) {
	for (size_t i = 0; i < video->share_count; i++)
		if (video->shares[i].place.number == number && video->shares[i].quality == video->quality)
			return &video->shares[i];
	return NULL;
}

/* Keeps what the viewer has of places that there are still. */
static void renew_shares(struct own_video *video, const struct video_place *places, size_t count) {
	struct video_share shares[VIDEO_PLACES_MAX];
	for (size_t i = 0; i < count; i++) {
		const struct video_share *share = find_share(video, places[i].number);
		shares[i] =
			share ? *share : (struct video_share){.place = places[i], .quality = video->quality};
	}
	for (size_t i = 0; i < count; i++)
		video->shares[i] = shares[i];
	video->share_count = count;
}

void own_video_begin(struct own_update *update, struct own *own, const struct picture *picture, bool anew) {
	struct own_video *video = &update->video;
	struct video_place places[VIDEO_PLACES_MAX];
	drop_pieces(video);
	video->key_bytes = 0;
	video->fit_count = 0;
	if (update->shown != own->store || (!video->quality && region_is_empty(&video->lossy)))
		return;
	uint64_t now_ns = clock_now_ns();
	size_t count = video_look(own->video, picture, now_ns, places);
	if (anew)
		video->share_count = 0;
	renew_shares(video, places, video->quality ? count : 0);
	follow_copies(&video->lossy, &update->copies);
	if (!region_is_empty(&video->lossy))
		mend(update, own, now_ns);
	for (size_t i = 0; i < video->share_count && !anew; i++)
		if (fits(update, picture, &places[i].rect))
			video->fit[video->fit_count++] = places[i];
}

static bool touches(const struct region *region, struct rect rect) {
	for (size_t i = 0; i < region->count; i++)
		if (rect_intersect(region_rects(region)[i], rect).width)
			return true;
	return false;
}

/* Parts of the picture that the GPU need not give to anybody but itself. */
struct straight {
	struct exposures_wanted wanted;
	struct rect spared[PICTURE_SPARED_MAX];
	uint32_t spared_count;
};

/* A place is only spared when it was exposed once, so that this surely works. */
static void go_straight(struct straight *straight, const struct picture *picture, const struct rect *place,
	struct camera *camera) {
	if (straight->wanted.count == EXPOSURES_MAX) {
		camera_drop(camera);
		return;
	}
	straight->wanted.list[straight->wanted.count++] = (struct exposures_want){*place, camera};
	if (picture_exposure(picture, place))
		straight->spared[straight->spared_count++] = *place;
}

/* What is sent as pixels is not to be spared for others. */
static void tell_writer(struct own_update *update, const struct straight *straight) {
	const struct own_video *video = &update->video;
	bool needs_pixels = !video->quality && !region_is_empty(&update->due);
	for (size_t i = 0; i < video->share_count; i++)
		needs_pixels |= touches(&update->due, video->shares[i].place.rect);
	if (straight->wanted.count)
		picture_store_want_exposures(update->shown, &straight->wanted);
	if (needs_pixels)
		picture_store_want_pixels(update->shown);
	else if (straight->spared_count)
		picture_store_spare(update->shown, straight->spared, straight->spared_count);
	for (uint32_t i = 0; i < straight->wanted.count; i++)
		camera_drop(straight->wanted.list[i].camera);
}

static bool take(struct own_update *update, struct own *own, const struct picture *picture,
	const struct video_place *place, uint64_t now_ns, struct straight *straight) {
	struct own_video *video = &update->video;
	struct video_share *share = find_share(video, place->number);
	struct video_taken taken;
	if (!share || !touches(&update->due, place->rect))
		return false;
	video_take(own->video, share, picture, now_ns, &taken);
	for (size_t i = 0; i < taken.count; i++) {
		video->shared[video->count] = !taken.made || i + 1 < taken.count;
		video->pieces[video->count++] = taken.pieces[i];
	}
	video->key_bytes += taken.key_bytes;
	if (taken.camera)
		go_straight(straight, picture, &place->rect, taken.camera);
	return taken.count > 0;
}

void own_video_choose(struct own_update *update, struct own *own, const struct picture *picture) {
	struct own_video *video = &update->video;
	struct straight straight = {.spared_count = 0};
	uint64_t now_ns = clock_now_ns();
	for (size_t i = 0; i < VIDEO_PLACES_MAX; i++)
		video->taken[i] = i < video->fit_count && !update->refreshes &&
				  take(update, own, picture, &video->fit[i], now_ns, &straight);
	for (size_t i = 0; i < video->fit_count; i++)
		if (video->taken[i])
			region_subtract(&update->due, video->fit[i].rect);
	tell_writer(update, &straight);
}

void own_video_note(struct own_update *update) {
	struct own_video *video = &update->video;
	for (size_t i = 0; i < update->due.count && !region_is_empty(&video->lossy); i++)
		region_subtract(&video->lossy, region_rects(&update->due)[i]);
	for (size_t i = 0; i < video->fit_count; i++)
		if (video->taken[i]) {
			region_add(&video->lossy, video->fit[i].rect);
			lossy_remove(&update->lossy, video->fit[i].rect); /* it is in the other one now */
		}
	video->mend_ns = region_is_empty(&video->lossy) ? 0 : clock_now_ns() + VIDEO_STILL_MS * MS;
	video->forgets =
		video->has_contexts && video->quality && !video->share_count && own_update_any(update);
	video->has_contexts = (video->has_contexts && video->quality && !video->forgets) || video->count;
}

/* --- when --- */

bool own_video_is_due(const struct own_video *video, uint64_t now_ns) {
	return video->mend_ns && now_ns >= video->mend_ns;
}

int own_video_wait_ms(const struct own_video *video, uint64_t now_ns) {
	if (!video->mend_ns)
		return -1;
	return video->mend_ns > now_ns ? (int)((video->mend_ns - now_ns) / MS + 1) : 0;
}
