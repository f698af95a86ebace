/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * watcher: a viewer of our own encoder that takes Raw, CopyRect and H.264, which libavcodec decodes. The
 * thread that calls it is also the encoder's loop.
 */
#ifndef ZEROVNC_TEST_WATCHER_H
#define ZEROVNC_TEST_WATCHER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "capture/base/rect.h"
#include "encode/rfb/own.h"
#include "tests/encode/h264/decoder.h"

enum { WATCHER_CONTEXTS = 64 }; /* as noVNC and TigerVNC have */

struct watcher {
	struct own *own;
	struct encoder *encoder;
	uint8_t *bytes; /* that were taken and not read */
	size_t count, room;
	uint32_t *pixels;
	uint32_t width, height;
	struct watcher_context {
		struct rect place;
		AVCodecContext *codec; /* NULL: it is free */
	} contexts[WATCHER_CONTEXTS];
	unsigned frames, keys, raw, forgotten; /* rectangles */
	unsigned most_in_update;               /* frames of one update */
	size_t video_bytes;
	bool updated; /* an update was read to its end */
	bool takes_copies;
};

extern struct encoder_line watcher_line; /* of all viewers; all is unknown at first */

/* For own_create(). */
struct own_events watcher_events(void);

struct watcher *watcher_create(struct own *own, const struct own_wish *wish);
void watcher_destroy(struct watcher *watcher);

void watcher_request(struct watcher *watcher, bool incremental);
/* Lets the encoders work until the viewer has its update, or for `ms` milliseconds. */
void watcher_run(struct watcher *watcher, unsigned ms);
/* Asks, and waits for the answer. */
void watcher_answer(struct watcher *watcher, bool incremental);
/* The same for one that may have a request open. */
void watcher_answer_open(struct watcher *watcher);
/* Several at the same time, so that their jobs meet. */
void watcher_answer_all(struct watcher **watchers, size_t count);

#endif
