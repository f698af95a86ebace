/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * own_video: what one viewer is sent as video (video.h), and where it therefore does not show exactly the
 * picture. When that stands still, it is sent once more in another way. A part of an own_update, whose thread
 * uses it. No folder but this one includes it.
 */
#ifndef ZEROVNC_OWN_VIDEO_H
#define ZEROVNC_OWN_VIDEO_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "encode/picture.h"
#include "encode/rfb/region.h"
#include "encode/rfb/video.h"

struct own;
struct own_update;

struct own_video {
	/* What the viewer is, as of the next update. */
	int quality;    /* of video, as of JPEG; 0: it takes none */
	bool only_wide; /* see own_wish.video_only_wide */

	/* What it is sent, until own_video_give() hands it out. */
	struct piece *pieces[VIDEO_PLACES_MAX * VIDEO_FRAMES_MAX]; /* in use */
	bool shared[VIDEO_PLACES_MAX * VIDEO_FRAMES_MAX]; /* likewise: it was encoded for another viewer */
	size_t count;
	uint64_t key_bytes; /* of the key pictures among them */
	bool forgets;       /* a rectangle of video_write_forget() comes first */

	/* What is known of it. */
	struct video_share shares[VIDEO_PLACES_MAX]; /* of the places that move now */
	size_t share_count;
	bool has_contexts;   /* it decodes videos, or did */
	struct region lossy; /* where it was sent video last */
	uint64_t mend_ns;    /* when that may stand still; 0: there is none */

	struct video_place fit[VIDEO_PLACES_MAX]; /* those that may be sent in this update */
	bool taken[VIDEO_PLACES_MAX];             /* which of them are sent in it */
	size_t fit_count;
};

void own_video_finish(struct own_video *video);

/* Nothing that it was sent counts any more. */
void own_video_forget(struct own_video *video);

/* In front of an update's choice of what is sent: has what stands still sent exactly. `anew`: the viewer has
 * asked for pixels that may not have changed. */
void own_video_begin(struct own_update *update, struct own *own, const struct picture *picture, bool anew);
/* After that choice: has parts of what is due sent as video. */
void own_video_choose(struct own_update *update, struct own *own, const struct picture *picture);
/* When it is settled what is due besides: notes what the viewer has then. */
void own_video_note(struct own_update *update);

/* Returns how many rectangles it is sent, also in front of the pieces. */
static inline size_t own_video_rectangles(const struct own_video *video) {
	return video->count + video->forgets;
}

/* Whether what it was sent may stand still by now. */
bool own_video_is_due(const struct own_video *video, uint64_t now_ns);
/* Returns the milliseconds until then. -1: never. */
int own_video_wait_ms(const struct own_video *video, uint64_t now_ns);

#endif
