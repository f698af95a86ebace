/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * own: an encoder of our own, for viewers that prefer Tight, ZRLE or Raw. An update is cut into pieces, which
 * a pool of threads encodes for all viewers (pool.h). Pieces are made once for all viewers that want the same
 * (piece.h). A picture is held only until pieces are encoded, which waits for no viewer: one that stalls
 * keeps the bytes of at most one update, and all of them together no more than is said below. If that is
 * reached, an update is made in portions, each from the newest picture at that time.
 *
 * own_viewer is an encoder (encoder.h), whose owner tells it by own_viewer_wish() what encoder_set_format()
 * and encoder_set_encodings() would: it has neither of them, nor encoder_why_not_first(). What moves like a
 * video is sent as H.264 to viewers that take it, if there is a library for that (h264.h).
 *
 * There is no event loop in here. The owner is woken, and then calls own_turn().
 *
 * Threads: as encoder.h has it, with the thread of own_turn() in place of the loop's.
 */
#ifndef ZEROVNC_OWN_H
#define ZEROVNC_OWN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "encode/rfb/encoder.h"
#include "encode/rfb/format.h"
#include "encode/rfb/framebuffer.h"
#include "encode/rfb/photo.h"

struct own;

enum {
	/* How much memory pieces may take that are kept because another viewer may want them. */
	OWN_PIECES_KEPT = 8 << 20,
	/* And those that viewers are being sent, all together. What an update has beyond that is made when
	 * the viewer has taken the rest, at most OWN_PORTION at a time. A piece has at most OWN_PIECE_MAX
	 * bytes. */
	OWN_PIECES_IN_USE = 32 << 20,
	OWN_PORTION = 1 << 20,
	OWN_PIECE_MAX = 5 << 17,
};

struct own_events {
	void *context;
	/* own_turn() has something to do. Any thread. */
	void (*wake)(void *context);
	/* Something went wrong that people should know; said once. `words` are static. Any thread. */
	void (*says)(void *context, const char *words);
};

struct own_options {
	/* What a viewer was sent with losses is sent exactly when its tile has been still for a second, the
	 * line is idle and there is nothing else to send. So it may first be sent with more losses than the
	 * viewer wishes, if its line is slow (quality.h). */
	bool refreshes;
};

/* What a viewer is sent, as far as its pixel format and its encodings decide it. */
struct own_wish {
	int32_t encoding; /* ENCODING_TIGHT, ENCODING_ZRLE or ENCODING_RAW */
	struct format format;
	int quality; /* of JPEG in Tight, 1 to 100; 0: all is lossless */
	enum photo_chroma chroma;
	bool gradient;  /* see tight_set_gradient() */
	bool last_rect; /* an update may have as many rectangles as it turns out to have */
	bool copies;    /* CopyRect is sent for what only moved */
	int video; /* the quality of what moves like a video, as of JPEG, 1 to 100; 0: the viewer takes no
		      H.264 */
	bool video_only_wide; /* its decoder takes only rectangles that are as wide as the framebuffer */
	enum framebuffer_follows follows;
};

/* `store` must outlive the result; the options are copied. Without memory for all threads there are fewer.
 * NULL: out of memory. */
struct own *own_create(
	struct picture_store *store, const struct own_options *options, const struct own_events *events);
/* Every viewer is destroyed already. Waits until the threads have ended. Takes NULL. */
void own_destroy(struct own *own);

/* Does what has become due. Returns after how many milliseconds it must be called again, even if nothing
 * wakes; -1: never. */
int own_turn(struct own *own);

/* Bytes of the pieces that viewers are being sent. */
size_t own_bytes_in_use(const struct own *own);

/* As those of encoders_impl have it. Any thread. */
void own_published(struct own *own);
void own_set_cursor(struct own *own, const struct cursor *cursor);
void own_set_banner(struct own *own, const char *words, unsigned ms);

/* As encoders_impl.create. Until it is told otherwise, the viewer wishes Raw in the picture's own format. */
int own_viewer_create(struct own *own, const struct encoder_viewer *viewer, struct encoder **encoder,
	struct reason *reason);

/* From the next update on. Call it only while the encoder is idle. */
void own_viewer_wish(struct encoder *encoder, const struct own_wish *wish);

/* What the viewer has by the updates that it was sent, for another encoder that goes on, and the other way
 * round. Call them only while the encoder is idle. The caller must finish known->lacks. */
void own_viewer_known(const struct encoder *encoder, struct framebuffer_known *known);
void own_viewer_adopt(struct encoder *encoder, const struct framebuffer_known *known);

#endif
