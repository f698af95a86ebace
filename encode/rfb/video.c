/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "encode/rfb/video.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "capture/base/clock.h"
#include "encode/h264/h264.h"
#include "encode/rfb/rectangle.h"

#define MS 1000000ull

/* rfbproto: the length and the flags in front of the data. */
enum { HEAD_SIZE = RECTANGLE_HEADER_SIZE + 8 };
enum { UNUSED_MS = 2000 }; /* after which a reel is given up */
enum { RESET_CONTEXT = 1, RESET_ALL_CONTEXTS = 2 };

struct video_frame {
	struct piece *piece; /* owned; NULL: there is none */
	size_t size;
	bool key;
};

/* A place in one quality. */
struct reel {
	/* Under video->lock. */
	uint64_t number; /* of the place; 0: this one is free */
	int quality;
	uint64_t used_ns; /* when it was used last */
	unsigned users;   /* threads that have it */
	bool gone;        /* the last user frees it */

	pthread_mutex_t lock; /* for what follows; taken by users only */
	struct rect rect;
	struct h264 *h264;                           /* owned; NULL: it is to be begun */
	uint64_t generation;                         /* of the last frame */
	uint64_t newest;                             /* number of the last frame; 0: there is none */
	uint64_t key;                                /* number of the last key frame; 0: there is none */
	uint64_t key_ns;                             /* when that was made */
	size_t kept;                                 /* bytes of the frames that are there */
	bool wants_key;                              /* a viewer waits for a key frame */
	struct video_frame frames[VIDEO_FRAMES_MAX]; /* frame n is at n % VIDEO_FRAMES_MAX */
};

struct video {
	struct piece_log *log; /* borrowed */
	pthread_mutex_t lock;
	struct video_find find;
	struct reel reels[VIDEO_REELS_MAX];
	uint64_t reel_count; /* of all times; under lock */
	_Atomic uint64_t frames, keys, bytes;
};

struct video *video_create(struct piece_log *log) {
	struct video *video = calloc(1, sizeof *video);
	if (!video)
		return NULL;
	video->log = log;
	pthread_mutex_init(&video->lock, NULL);
	for (size_t i = 0; i < VIDEO_REELS_MAX; i++)
		pthread_mutex_init(&video->reels[i].lock, NULL);
	return video;
}

/* --- reels --- */

static void clear(struct reel *reel) {
	h264_destroy(reel->h264);
	for (size_t i = 0; i < VIDEO_FRAMES_MAX; i++)
		if (reel->frames[i].piece)
			piece_drop(reel->frames[i].piece);
	memset(reel->frames, 0, sizeof reel->frames);
	reel->h264 = NULL;
	reel->generation = reel->newest = reel->key = reel->key_ns = 0;
	reel->kept = 0;
	reel->wants_key = reel->gone = false;
	reel->number = 0;
}

void video_destroy(struct video *video) {
	if (!video)
		return;
	for (size_t i = 0; i < VIDEO_REELS_MAX; i++) {
		clear(&video->reels[i]);
		pthread_mutex_destroy(&video->reels[i].lock);
	}
	video_find_finish(&video->find);
	pthread_mutex_destroy(&video->lock);
	free(video);
}

/* Under video->lock. */
static bool has_place(const struct video *video, uint64_t number) {
	for (size_t i = 0; i < video->find.count; i++)
		if (video->find.places[i].number == number)
			return true;
	return false;
}

/* Of places that are gone, and of qualities that nobody has used for a while. */
static void drop_reels(struct video *video, uint64_t now_ns) {
	for (size_t i = 0; i < VIDEO_REELS_MAX; i++) {
		struct reel *reel = &video->reels[i];
		bool unused = !reel->users && now_ns >= reel->used_ns + UNUSED_MS * MS;
		if (!reel->number || (has_place(video, reel->number) && !unused))
			continue;
		reel->gone = true;
		if (!reel->users)
			clear(reel);
	}
}

static struct reel *find_reel(struct video *video, const struct video_share *share) {
	for (size_t i = 0; i < VIDEO_REELS_MAX; i++) {
		struct reel *reel = &video->reels[i];
		if (reel->number == share->place.number && reel->quality == share->quality && !reel->gone)
			return reel;
	}
	return NULL;
}

static struct reel *free_reel(struct video *video) {
	for (size_t i = 0; i < VIDEO_REELS_MAX; i++)
		if (!video->reels[i].number)
			return &video->reels[i];
	return NULL;
}

/* No two reels have frames of the same numbers, so that a viewer's last frame is never taken for another one.
 */
static struct reel *begin_reel(struct video *video, const struct video_share *share) {
	struct reel *reel = free_reel(video);
	if (!reel)
		return NULL;
	reel->number = share->place.number;
	reel->quality = share->quality;
	reel->rect = share->place.rect;
	reel->newest = ++video->reel_count << 32;
	return reel;
}

/* NULL: the place is gone, or there is no room for another reel. */
static struct reel *use(struct video *video, const struct video_share *share, uint64_t now_ns) {
	struct reel *reel = NULL;
	pthread_mutex_lock(&video->lock);
	if (has_place(video, share->place.number) && !(reel = find_reel(video, share)))
		reel = begin_reel(video, share);
	if (reel) {
		reel->users++;
		reel->used_ns = now_ns;
	}
	pthread_mutex_unlock(&video->lock);
	if (reel)
		pthread_mutex_lock(&reel->lock);
	return reel;
}

static void leave(struct video *video, struct reel *reel) {
	pthread_mutex_unlock(&reel->lock);
	pthread_mutex_lock(&video->lock);
	if (!--reel->users && reel->gone)
		clear(reel);
	pthread_mutex_unlock(&video->lock);
}

/* --- frames, by the thread that has the reel --- */

static struct video_frame *frame_at(struct reel *reel, uint64_t number) {
	return &reel->frames[number % VIDEO_FRAMES_MAX];
}

static bool has_frame(const struct reel *reel, uint64_t number) {
	return number && number <= reel->newest && number + VIDEO_FRAMES_MAX > reel->newest &&
	       reel->frames[number % VIDEO_FRAMES_MAX].piece;
}

/* What is behind the first frame cannot be decoded without those before. */
static void forget_frames(struct reel *reel) {
	h264_destroy(reel->h264);
	reel->h264 = NULL;
	reel->key = 0;
}

static struct piece *make_piece(struct video *video, const struct rect *rect, bool key, const uint8_t *data,
	size_t size, uint64_t ns) {
	uint8_t *bytes = malloc(HEAD_SIZE + size);
	struct piece *piece = bytes ? piece_create(video->log) : NULL;
	if (!piece) {
		free(bytes);
		return NULL;
	}
	rectangle_write(bytes, (uint16_t)rect->x, (uint16_t)rect->y, (uint16_t)rect->width,
		(uint16_t)rect->height, ENCODING_H264);
	bytes_put32(bytes + RECTANGLE_HEADER_SIZE, (uint32_t)size);
	bytes_put32(bytes + RECTANGLE_HEADER_SIZE + 4, key ? RESET_CONTEXT : 0);
	memcpy(bytes + HEAD_SIZE, data, size);
	tally_add(piece_tally(piece), TALLY_H264, rect_area(*rect), HEAD_SIZE + size, ns);
	tally_took(piece_tally(piece), ns);
	piece_made(piece, bytes, HEAD_SIZE + size);
	return piece;
}

static void drop_frame(struct reel *reel, struct video_frame *frame) {
	if (!frame->piece)
		return;
	piece_drop(frame->piece);
	reel->kept -= frame->size;
	*frame = (struct video_frame){0};
}

static void add_frame(struct video *video, struct reel *reel, struct piece *piece, size_t size, bool key) {
	struct video_frame *frame = frame_at(reel, ++reel->newest);
	drop_frame(reel, frame);
	for (uint64_t old = reel->newest - VIDEO_FRAMES_MAX + 1;
		reel->kept + size > VIDEO_KEPT && old < reel->newest; old++)
		drop_frame(reel, frame_at(reel, old));
	reel->kept += size;
	*frame = (struct video_frame){piece, size, key};
	if (key)
		reel->key = reel->newest;
	video->frames++;
	video->keys += key;
	video->bytes += size;
}

/* From the GPU's memory if it is there. 0: it failed. */
static size_t encode_picture(
	struct reel *reel, const struct picture *picture, bool key, const uint8_t **data) {
	const struct rect *rect = &reel->rect;
	const struct exposure *exposure = picture_exposure(picture, rect);
	if (exposure && h264_camera(reel->h264))
		return h264_encode_exposure(reel->h264, exposure, key, data);
	const uint32_t *pixels =
		(const uint32_t *)(const void *)(picture->pixels + (size_t)rect->y * picture->stride) +
		rect->x;
	return h264_encode(reel->h264, pixels, picture->stride / sizeof *pixels, key, data);
}

/* Whether the picture has what is encoded. */
static bool has_source(const struct reel *reel, const struct picture *picture) {
	return picture_has_pixels(picture, &reel->rect) ||
	       (h264_camera(reel->h264) && picture_exposure(picture, &reel->rect));
}

/* If it fails, the next frame is a key frame, unless only the pixels are not there. */
static bool encode(
	struct video *video, struct reel *reel, const struct picture *picture, bool key, uint64_t now_ns) {
	const struct rect *rect = &reel->rect;
	const uint8_t *data = NULL;
	size_t size = 0;
	uint64_t begin_ns = clock_now_ns();
	if (!reel->h264)
		reel->h264 = h264_create(rect->width, rect->height, reel->quality);
	if (reel->h264 && !has_source(reel, picture))
		return false;
	if (reel->h264)
		size = encode_picture(reel, picture, key, &data);
	struct piece *piece =
		size ? make_piece(video, rect, key, data, size, clock_now_ns() - begin_ns) : NULL;
	if (!piece) {
		forget_frames(reel);
		return false;
	}
	add_frame(video, reel, piece, size, key);
	if (key) {
		reel->key_ns = now_ns;
		reel->wants_key = false;
	}
	return true;
}

static bool may_make_key(const struct reel *reel, uint64_t now_ns) {
	return !reel->key_ns || now_ns >= reel->key_ns + VIDEO_KEY_MS * MS;
}

/* Bytes of the frames from this one on. */
static size_t size_from(struct reel *reel, uint64_t first) {
	size_t size = 0;
	for (uint64_t number = first; number <= reel->newest; number++)
		size += frame_at(reel, number)->size;
	return size;
}

/* Returns the first frame that a viewer is sent that has `last`. 0: it can decode none of those that are
 * there. */
static uint64_t begin_at(struct reel *reel, uint64_t last) {
	/* after a failure, frames before the next key frame lead to nothing */
	bool goes_on = last && last >= reel->key && has_frame(reel, last + 1),
	     begins = has_frame(reel, reel->key);
	if (last && last < reel->key && has_frame(reel, last + 1) && begins)
		return size_from(reel, last + 1) < size_from(reel, reel->key) ? last + 1 : reel->key;
	if (goes_on)
		return last + 1;
	return begins ? reel->key : 0;
}

static bool is_up_to_date(const struct reel *reel, uint64_t last) {
	return last && last == reel->newest && reel->key && reel->h264;
}

/* A viewer that is up to date gets what is made now, and one that is not if it can decode what lies between.
 */
static bool wants_frame(struct reel *reel, uint64_t last, uint64_t now_ns, bool *key) {
	bool can = is_up_to_date(reel, last) || (reel->h264 && begin_at(reel, last));
	*key = !reel->h264 || ((reel->wants_key || !can) && may_make_key(reel, now_ns));
	if (!can && !*key)
		reel->wants_key = true;
	return can || *key;
}

static void hand_out(struct reel *reel, struct video_share *share, struct video_taken *taken) {
	uint64_t first = share->frame == reel->newest ? 0 : begin_at(reel, share->frame);
	if (!first)
		return;
	for (uint64_t number = first; number <= reel->newest; number++) {
		const struct video_frame *frame = frame_at(reel, number);
		taken->pieces[taken->count] = frame->piece;
		piece_use(taken->pieces[taken->count++]);
		taken->key_bytes += frame->key ? HEAD_SIZE + frame->size : 0;
	}
	share->frame = reel->newest;
}

/* Returns whether the reel is of this picture now, or needs nothing for it. */
static bool follow(struct video *video, struct reel *reel, const struct video_share *share,
	const struct picture *picture, uint64_t now_ns, bool *made) {
	uint64_t generation = picture_newest_in(picture, &reel->rect);
	bool key;
	*made = false;
	if (reel->h264 && generation <= reel->generation)
		return true;
	*made = wants_frame(reel, share->frame, now_ns, &key) && encode(video, reel, picture, key, now_ns);
	if (*made)
		reel->generation = generation;
	return *made;
}

void video_take(struct video *video, struct video_share *share, const struct picture *picture,
	uint64_t now_ns, struct video_taken *taken) {
	struct reel *reel = use(video, share, now_ns);
	*taken = (struct video_taken){.count = 0};
	if (!reel)
		return;
	if (follow(video, reel, share, picture, now_ns, &taken->made)) {
		hand_out(reel, share, taken);
		reel->wants_key |= !taken->count && share->frame != reel->newest;
	}
	if (reel->h264)
		taken->camera = camera_use(h264_camera(reel->h264));
	leave(video, reel);
}

int video_quality(int quality) {
	return quality > 0 && quality < 10 ? 10 : (quality + 5) / 10 * 10;
}

/* --- places --- */

size_t video_look(struct video *video, const struct picture *picture, uint64_t now_ns,
	struct video_place places[VIDEO_PLACES_MAX]) {
	pthread_mutex_lock(&video->lock);
	video_find_look(&video->find, picture, now_ns);
	drop_reels(video, now_ns);
	size_t count = video->find.count;
	memcpy(places, video->find.places, count * sizeof places[0]);
	pthread_mutex_unlock(&video->lock);
	return count;
}

void video_still(struct video *video, const struct region *region, uint64_t now_ns, struct region *still) {
	pthread_mutex_lock(&video->lock);
	video_find_still(&video->find, region, now_ns, still);
	pthread_mutex_unlock(&video->lock);
}

size_t video_write_forget(uint8_t *to) {
	rectangle_write(to, 0, 0, 1, 1, ENCODING_H264);
	bytes_put32(to + RECTANGLE_HEADER_SIZE, 0);
	bytes_put32(to + RECTANGLE_HEADER_SIZE + 4, RESET_ALL_CONTEXTS);
	return HEAD_SIZE;
}

void video_report(struct video *video, struct video_report *report) {
	*report = (struct video_report){video->frames, video->keys, video->bytes};
}
