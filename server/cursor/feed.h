/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * feed: what viewers are told besides the picture, which is the cursor's shape and place and the keyboard's
 * LEDs. They are sent as updates of their own between those of the encoder. The feed remembers what each
 * viewer knows already. Loop thread, except feed_cursor_changed().
 */
#ifndef ZEROVNC_FEED_H
#define ZEROVNC_FEED_H

#include <uv.h>

#include "encode/rfb/encoder.h"
#include "server/frames/frames.h"
#include "server/input/input.h"
#include "server/net/viewer/viewer.h"

struct feed;

/* 0 or -errno. `encoders` is borrowed until destroy: it is told the cursor. */
int feed_create(uv_loop_t *loop, struct encoders *encoders, struct feed **feed);
/* Its handles close on the loop: run the loop once more afterwards. Takes NULL. */
void feed_destroy(struct feed *feed);

/* Sets where the feed learns of the cursor and of the pointer. Both are borrowed: call feed_attach(feed,
 * NULL, NULL) before they are destroyed. `input` may be NULL. */
void feed_attach(struct feed *feed, struct frames *frames, struct input *input);

/* frames_cursor() has something new. `moved`: only its place is new, which costs nothing if no viewer wants
 * to know it. Any thread. */
void feed_cursor_changed(struct feed *feed, bool moved);

/* The keyboard's LEDs changed; `leds` has bits INPUT_LED_*. */
void feed_leds_changed(struct feed *feed, unsigned leds);

/* Call these when a viewer joins and when it leaves. The viewer is borrowed meanwhile. */
void feed_join(struct feed *feed, struct viewer *viewer);
void feed_leave(struct feed *feed, struct viewer *viewer);

/* The stream to the viewer is between two messages, so that an update may be sent. */
void feed_between_messages(struct feed *feed, struct viewer *viewer);

/* This viewer just moved the pointer to (x, y) of the picture, so it knows where the pointer is. */
void feed_moved(struct feed *feed, struct viewer *viewer, int32_t x, int32_t y);

#endif
