/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * hold: how long a key that repeats stays down for a viewer that holds it. Pure.
 *
 * Repeating is the viewer's (RFB community document, KeyEvent): it sends the key again, so that a release
 * that is late on the way types nothing. But desktops repeat by themselves whatever is down for 400 ms or
 * more, and no uinput device can keep them from it. So a key goes up by itself when its viewer is silent, and
 * each repeat of the viewer's presses it once more. A viewer that talks all the while (it answers pictures
 * that change, or points) would have said by now that it let go: its key stays down, as games want it, and
 * the desktop repeats it.
 */
#ifndef ZEROVNC_HOLD_H
#define ZEROVNC_HOLD_H

#include <stdbool.h>
#include <stdint.h>

enum {
	HOLD_WINDOW_MS = 300, /* the shortest time to a desktop's first repeat that is usual is 400 */
	HOLD_TALK = 3,        /* messages in a window that keep a key down */
};

struct hold {
	bool up;                 /* it was let go before the viewer did */
	bool driven;             /* the viewer's repeats type it */
	bool proven;             /* it stayed down for a window, for its viewer talked */
	uint64_t begun_ms, talk; /* this window's; `talk`: how many messages had come when it began */
	uint64_t pointed;        /* the same of pointer events, at the last press or repeat */
};

/* What a viewer's repeat is to do. */
enum hold_repeat {
	HOLD_PRESS, /* down again */
	HOLD_AGAIN, /* up and down */
	HOLD_TELL,  /* stays down; who does not repeat by itself is told */
};

/* The key went down. `talk`, `pointed`: how many messages that are no keys, and how many pointer events, the
 * viewer has sent so far. */
void hold_begin(struct hold *hold, uint64_t now_ms, uint64_t talk, uint64_t pointed);

/* Whether it has to go up now; if not and a window is over, the next begins. */
bool hold_is_over(struct hold *hold, uint64_t now_ms, uint64_t talk);

/* When to ask that again. */
uint64_t hold_due_ms(const struct hold *hold);

/* The viewer pressed it once more without letting go. */
enum hold_repeat hold_repeat(struct hold *hold, uint64_t now_ms, uint64_t talk, uint64_t pointed);

#endif
