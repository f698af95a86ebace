/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * feed: what viewers are told beside the picture: the cursor's shape and place, and the keyboard's lamps, as
 * updates of their own between those of the library. Remembers what each viewer knows already. Loop thread,
 * but for feed_cursor_changed().
 */
#ifndef ZEROVNC_FEED_H
#define ZEROVNC_FEED_H

#include <uv.h>

#include "server/frames.h"
#include "server/input/input.h"
#include "server/net/gateway.h"

struct feed;

/* 0 or -errno. */
int feed_create(uv_loop_t *loop, struct vnc *vnc, struct feed **feed);
/* Its handles close on the loop. Takes NULL. */
void feed_destroy(struct feed *feed);

/* Where it learns of the cursor and of the pointer; both outlive their use here: feed_attach(feed, NULL,
 * NULL) before they go. `input` may be NULL. */
void feed_attach(struct feed *feed, struct frames *frames, struct input *input);

/* Any thread: frames_cursor() has something new; `moved`: nothing but its place, which costs nothing where no
 * viewer wants to hear of it. */
void feed_cursor_changed(struct feed *feed, bool moved);

/* The lamps changed; `leds`: INPUT_LED_*. */
void feed_leds_changed(struct feed *feed, unsigned leds);

/* Each viewer from its joining to its leaving. */
void feed_join(struct feed *feed, struct gateway_viewer *viewer);
void feed_leave(struct feed *feed, struct gateway_viewer *viewer);

/* The stream to the viewer stands between two messages. */
void feed_between_messages(struct feed *feed, struct gateway_viewer *viewer);

/* This viewer just moved the pointer to (x, y) of the picture: it knows where it is. */
void feed_moved(struct feed *feed, struct gateway_viewer *viewer, int32_t x, int32_t y);

#endif
