/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * video_find: which parts of the picture move like a video: for half a second and longer, in most of the
 * pictures that viewers are sent, over most of their area, with many colours and few hard edges. A caret, a
 * spinner, typed or scrolled text and a window that is dragged past do not. A part stays the same until it
 * has to grow, or until what is in it stands still, since decoders begin anew with each new part.
 *
 * It looks only at what the picture knows of its changes, and at the pixels of a tile once a while if the
 * tile may be one of a video. Pure; one thread at a time uses it.
 */
#ifndef ZEROVNC_VIDEO_FIND_H
#define ZEROVNC_VIDEO_FIND_H

#include <stddef.h>
#include <stdint.h>

#include "capture/base/rect.h"
#include "encode/picture.h"
#include "encode/rfb/region.h"

enum {
	VIDEO_PLACES_MAX = 4,
	VIDEO_STILL_MS = 300, /* what has not changed for so long stands still */
};
/* The largest part, in pixels, and the longest side. What is larger takes one thread too long. */
#define VIDEO_AREA_MAX (2560u * 1600u)
enum { VIDEO_SIDE_MAX = 4096 };

struct video_place {
	uint64_t number;  /* of this place, and of no other one before or after it */
	struct rect rect; /* its sides are even */
};

struct video_find {
	struct video_place places[VIDEO_PLACES_MAX];
	size_t count;

	uint32_t width, height, columns, rows; /* of the picture, and its tiles */
	struct video_tile *tiles;              /* owned */
	uint32_t *queue;                       /* owned; tiles that are still to be looked around */
	uint64_t generation;                   /* of the picture that was looked at last; 0: none */
	uint64_t now_ns;                       /* the latest time that it was told; threads may be late */
	uint64_t looks, judged_ns, grown_ns[VIDEO_PLACES_MAX];
	uint64_t missed[VIDEO_PLACES_MAX]; /* judgements in which a place was none any more */
	uint64_t numbers;
};

/* `find` is zeroed before its first use. */
void video_find_finish(struct video_find *find);

/* Looks at a picture, and finds places anew if it is time to. A picture that is older than the last one is
 * passed by. If memory runs out, there are no places. */
void video_find_look(struct video_find *find, const struct picture *picture, uint64_t now_ns);

/* Adds those pixels of `region` to `still` that lie in no place and in tiles that stand still. */
void video_find_still(
	const struct video_find *find, const struct region *region, uint64_t now_ns, struct region *still);

#endif
