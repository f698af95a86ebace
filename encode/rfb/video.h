/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * video: the parts of the picture that move like a video, as H.264 (rfbproto, "Open H.264 Encoding"). Each
 * part is encoded once for all viewers that want it in the same quality. A picture of it can only be decoded
 * after the one before, so a viewer is sent what it has missed as well, from the last key picture on if that
 * is shorter. If it has missed too much, or has just come, it is sent that part as everything else until the
 * next key picture, which is made soon, but not sooner than VIDEO_KEY_MS after the last one.
 *
 * Memory: an encoder for at most VIDEO_REELS_MAX parts or qualities, which has some ten bytes a pixel, and of
 * each the last VIDEO_FRAMES_MAX pictures, as far as they take no more than VIDEO_KEPT bytes.
 *
 * Any thread.
 */
#ifndef ZEROVNC_VIDEO_H
#define ZEROVNC_VIDEO_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "encode/picture.h"
#include "encode/rfb/piece.h"
#include "encode/rfb/region.h"
#include "encode/rfb/video_find.h"

enum { VIDEO_REELS_MAX = 8, VIDEO_FRAMES_MAX = 16, VIDEO_KEY_MS = 1000, VIDEO_KEPT = 2 << 20 };

struct video;

/* `log`, which makes the pieces, must outlive the result. NULL: out of memory. */
struct video *video_create(struct piece_log *log);
/* Takes NULL. No piece may be in use any more. */
void video_destroy(struct video *video);

/* Looks at a picture that a viewer is about to be sent. Writes the places in it that move, and returns how
 * many. */
size_t video_look(struct video *video, const struct picture *picture, uint64_t now_ns,
	struct video_place places[VIDEO_PLACES_MAX]);

/* See video_find_still(). */
void video_still(struct video *video, const struct region *region, uint64_t now_ns, struct region *still);

/* Returns a quality of JPEG, 1 to 100, as one of few, so that viewers share videos. 0 stays 0. */
int video_quality(int quality);

/* A viewer's share of one place. */
struct video_share {
	struct video_place place;
	int quality;    /* of JPEG; see video_quality() */
	uint64_t frame; /* the last picture of it that the viewer has; 0: none. video_take() writes it. */
};

/* What a viewer is given of its share. */
struct video_taken {
	struct piece *pieces[VIDEO_FRAMES_MAX]; /* ready; each has one use */
	size_t count;
	bool made;          /* the picture was encoded for it, so the last piece is new */
	uint64_t key_bytes; /* what key pictures take among them */
	struct camera
		*camera; /* one use; whose exposures of the place would be encoded. NULL: pixels would be */
};

/*
 * Brings the viewer's share up to the picture, which is encoded if nobody has. No pieces: the place must be
 * sent in another way this time, because no piece would change anything, or because the viewer could not
 * decode it, or because the picture has neither an exposure nor all pixels of it.
 */
void video_take(struct video *video, struct video_share *share, const struct picture *picture,
	uint64_t now_ns, struct video_taken *taken);

/* Writes a rectangle that makes a viewer forget all videos. Returns VIDEO_FORGET_SIZE. */
enum { VIDEO_FORGET_SIZE = 20 };
size_t video_write_forget(uint8_t *to);

struct video_report {
	uint64_t frames, keys; /* that were encoded, and how many of them were key pictures */
	uint64_t bytes;        /* of all of them */
};
void video_report(struct video *video, struct video_report *report);

#endif
