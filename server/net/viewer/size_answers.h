/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * size_answers: what a viewer is to be told of sizes that viewers asked for (encode/rfb/desktop_size.h),
 * until it asks for the next update. Each SetDesktopSize of its own gets an answer of its own, in their
 * order. That of a size that is being set waits until it is known what came of it, and those behind it wait,
 * too. If the viewer asks for no update, some of them wait, and the rest gets none.
 */
#ifndef ZEROVNC_SIZE_ANSWERS_H
#define ZEROVNC_SIZE_ANSWERS_H

#include <stdbool.h>
#include <stdint.h>

#include "encode/rfb/desktop_size.h"
#include "encode/rfb/encoder.h"
#include "encode/rfb/protocol.h"
#include "server/net/queue.h"

enum { SIZE_ANSWERS_MAX = 4096 };

/* Starts zeroed: there are none. */
struct size_answers {
	struct queue list; /* one byte each, a status, with a bit if another viewer asked */
	size_t settled;    /* so many of the first ones wait for nothing more, ... */
	/* ... and this came of those of them that did. What says that a size was set waits until the viewer
	 * has this size and as many screens ... */
	struct desktop_size_outcome outcome;
	unsigned patience; /* ... or until its encoder has answered so many times */
};

void size_answers_finish(struct size_answers *answers);

/* The status may be DESKTOP_SIZE_LATER: size_answers_settle() follows. Returns 0, -ENOMEM, or -ENOSPC if too
 * many wait. */
int size_answers_add(
	struct size_answers *answers, enum desktop_size_reason by, enum desktop_size_status status);

/* This came of the size that was being set, and the viewer's encoder has still to follow. Copied. Returns
 * whether an answer was waiting for that. */
bool size_answers_settle(struct size_answers *answers, const struct desktop_size_outcome *outcome);

/* The viewer's encoder has answered everything that it was asked. */
void size_answers_idle(struct size_answers *answers);

/* How many may be sent to a viewer with this desktop. */
size_t size_answers_due(const struct size_answers *answers, const struct encoder_desktop *desktop);

/* Adds to `to` one FramebufferUpdate with all answers that are due (at least one), which say the present
 * desktop. They do not wait afterwards. Returns 0 or -ENOMEM. */
int size_answers_write(struct size_answers *answers, const struct encoder_desktop *desktop, struct queue *to);

static inline bool size_answers_any(const struct size_answers *answers) {
	return queue_size(&answers->list) > 0;
}

#endif
