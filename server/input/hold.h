/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * hold: how long a key that repeats stays down for a viewer that holds it. Pure.
 *
 * The viewer does the repeating (RFB community document, KeyEvent): it sends the key press again. That way a
 * release that is delayed on the network types nothing. But desktops repeat every key that is down for 400 ms
 * or more, and no uinput device can prevent that. So we release a key when its viewer is silent, and press it
 * again at each of the viewer's repeats. A viewer that talks all the while (it answers pictures that change,
 * or moves the pointer) would have told us by now that it released the key. Its key stays down, as games want
 * it, and the desktop repeats it.
 */
#ifndef ZEROVNC_HOLD_H
#define ZEROVNC_HOLD_H

#include <stdbool.h>
#include <stdint.h>

enum {
	/* How long a window is. The shortest usual delay before a desktop's first repeat is 400 ms. */
	HOLD_WINDOW_MS = 300,
	/* This many messages in a window keep a key down. */
	HOLD_TALK = 3,
};

struct hold {
	bool up;                 /* we released the key, and the viewer still holds it */
	bool driven;             /* the viewer's repeats type it */
	bool proven;             /* it stayed down for a whole window because its viewer talked */
	uint64_t begun_ms, talk; /* when the window began, and how many messages had come by then */
	uint64_t pointed;        /* how many pointer events had come at the last press or repeat */
};

/* What to do when a viewer repeats a key. */
enum hold_repeat {
	HOLD_PRESS, /* press it again */
	HOLD_AGAIN, /* release it and press it again */
	HOLD_TELL,  /* leave it down, and send a repeat to readers that do not repeat by themselves */
};

/* Starts the first window: the key was pressed. `talk` is the number of messages other than keys that the
 * viewer has sent so far, and `pointed` is the number of pointer events. */
void hold_begin(struct hold *hold, uint64_t now_ms, uint64_t talk, uint64_t pointed);

/* Returns whether the key has to be released now, and then sets `up`. If it may stay down and the window is
 * over, the next window begins. */
bool hold_is_over(struct hold *hold, uint64_t now_ms, uint64_t talk);

/* Returns when to call hold_is_over() again: the end of the window. */
uint64_t hold_due_ms(const struct hold *hold);

/* Says what to do when the viewer pressed the key once more without releasing it. */
enum hold_repeat hold_repeat(struct hold *hold, uint64_t now_ms, uint64_t talk, uint64_t pointed);

#endif
