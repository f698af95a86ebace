/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * notice: the picture that stands in while there is nothing to capture (acquire said -EAGAIN): a headline,
 * the reason in words, since when, and the time, in the size of the last real picture. One thread uses a
 * notice.
 */
#ifndef ZEROVNC_NOTICE_H
#define ZEROVNC_NOTICE_H

#include <time.h>

#include "capture/frame.h"

struct notice;

/* 1280x720 until notice_seen() tells of a real picture. NULL: out of memory. */
struct notice *notice_create(void);
/* Takes NULL. */
void notice_destroy(struct notice *notice);

/* A real frame was acquired: the next notice has its size, and its waiting begins anew. */
void notice_seen(struct notice *notice, const struct frame *frame);

/*
 * Draws the notice and fills an empty frame with it (memory layer, valid until the next call). `words` may
 * hold several lines and is broken where it is too long for the picture. `now` is shown in local time, to the
 * second: one call a second suffices. 0 or -ENOMEM.
 */
int notice_draw(
	struct notice *notice, const char *headline, const char *words, time_t now, struct frame *frame);

#endif
