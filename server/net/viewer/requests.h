/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * requests: which updates a viewer has asked for, and which of them its encoder was asked for (RFC
 * 6143, 7.5.3; rfbproto, "EnableContinuousUpdates"). What the viewer asks for while the encoder is busy is
 * united to one request of either kind. Pure, apart from what it asks of the encoder. Loop thread.
 */
#ifndef ZEROVNC_REQUESTS_H
#define ZEROVNC_REQUESTS_H

#include <stdbool.h>

#include "capture/base/rect.h"
#include "encode/rfb/encoder.h"

/* Starts zeroed: nothing was asked for. */
struct requests {
	struct encoder *encoder;       /* borrowed; NULL: none yet */
	struct rect full, incremental; /* asked for, not passed on yet; width 0: nothing */
	bool full_open;                /* the encoder has a request for `full` that it has not answered yet */
	bool late;        /* the pixels of such a request were passed on, so our own update may follow them */
	bool held;        /* nothing is passed on before the viewer's next message */
	bool awaits_look; /* nothing incremental is passed on before the screen was captured again */
	bool continuous;
	struct rect continuous_area; /* as requested: the picture's size may change */
};

/* The encoder is borrowed from here on. */
void requests_init(struct requests *requests, struct encoder *encoder);

/* The viewer asks for an update. What lies outside its framebuffer is left out. */
void requests_ask(struct requests *requests, bool incremental, struct rect area);

/* The viewer begins or ends continuous updates: everything in the area counts as asked for all the time. */
void requests_set_continuous(struct requests *requests, bool enable, struct rect area);

/* See `held`. Here, since every message calls it. */
static inline void requests_hold(struct requests *requests, bool held) {
	requests->held = held;
}

/* Whether the viewer has asked for an update that was not answered, or runs continuous updates. */
bool requests_any(const struct requests *requests);
/* Whether an update of our own is welcome besides: not before the pixels of a request that is not
 * incremental. */
bool requests_take_ours(const struct requests *requests);
/* Our own updates, if there were any, were sent. */
void requests_took_ours(struct requests *requests);

/* Whether there is something to pass on now. That is not so while a request is open that brings the same. */
bool requests_due(struct requests *requests);
/* Call it if there is something due. Whether it has to wait for a fresh picture: requests_looked() says when
 * it is there. `watched`: somebody waits for pictures, so that they are fresh. */
bool requests_need_look(struct requests *requests, bool watched);
/* Returns whether something waited for that. */
bool requests_looked(struct requests *requests);
/* Asks the encoder for all that is due. */
void requests_pass_on(struct requests *requests);
/* The encoder has answered everything, and all of it was passed on. */
void requests_answered(struct requests *requests);

/* Whether a fresh picture would bring the viewer something, as far as requests decide it. */
bool requests_wait(const struct requests *requests);

#endif
