/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * size_answers: answers to SetDesktopSize that wait for the next update that the viewer asks for. Each
 * request gets an answer of its own (server/rfb/desktop_size.h). If the viewer asks for no update, some of
 * them wait, and the rest gets none.
 */
#ifndef ZEROVNC_SIZE_ANSWERS_H
#define ZEROVNC_SIZE_ANSWERS_H

#include "encode/rfb/encoder.h"
#include "server/net/queue.h"
#include "server/rfb/protocol.h"

enum { SIZE_ANSWERS_MAX = 4096 };

/* Starts zeroed: there are none. */
struct size_answers {
	struct queue statuses; /* one byte each, an enum desktop_size_status */
};

void size_answers_finish(struct size_answers *answers);

/* Returns 0, -ENOMEM, or -ENOSPC if too many wait. */
int size_answers_add(struct size_answers *answers, enum desktop_size_status status);

static inline bool size_answers_any(const struct size_answers *answers) {
	return queue_size(&answers->statuses) > 0;
}

/* Adds to `to` one FramebufferUpdate with all answers, which say the present desktop. None wait afterwards.
 * Returns 0 or -ENOMEM. */
int size_answers_write(struct size_answers *answers, const struct encoder_desktop *desktop, struct queue *to);

#endif
