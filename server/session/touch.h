/* SPDX-License-Identifier: GPL-2.0-or-later */
/* touch: what the keys and the pointer of a viewer do here. They reach the input devices if the viewer may
 * use them, wake a dark display, and have the frame thread look at what they change. Loop thread. */
#ifndef ZEROVNC_TOUCH_H
#define ZEROVNC_TOUCH_H

#include <stdbool.h>
#include <stdint.h>

#include "server/session/nudge.h"

struct feed;
struct frames;
struct input;
struct picture_store;
struct viewer;

/* All pointers are borrowed. */
struct touch {
	struct input *input; /* NULL: there are no input devices */
	struct frames *frames;
	struct feed *feed;
	struct picture_store *store;
	struct nudge nudge; /* the last one that a touch gave the display */
};

/* Whether this viewer may type and point. */
bool touch_may(const struct touch *touch, const struct viewer *viewer);

/* What gateway_events.key, pointer and motion tell. */
void touch_key(struct touch *touch, struct viewer *viewer, uint32_t keysym, uint32_t scancode, bool down);
void touch_pointer(struct touch *touch, struct viewer *viewer, uint16_t x, uint16_t y, uint32_t buttons);
void touch_motion(struct touch *touch, struct viewer *viewer, int32_t dx, int32_t dy, uint32_t buttons);

#endif
