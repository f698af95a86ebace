/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * notice: the picture that stands in while there is nothing to capture (acquire returned -EAGAIN). It shows a
 * headline, the reason in words, since when, and the time, and it is as large as the last real picture. Only
 * one thread may use a notice.
 */
#ifndef ZEROVNC_NOTICE_H
#define ZEROVNC_NOTICE_H

#include <time.h>

#include "capture/frame.h"

struct notice;

/* Notices have 1280x720 pixels until notice_seen() reports a real picture. NULL if memory ran out. */
struct notice *notice_create(void);
/* Takes NULL. */
void notice_destroy(struct notice *notice);

/* To be called when a real frame was acquired: the next notice has its size, and begins to count its waiting
 * time anew. */
void notice_seen(struct notice *notice, const struct frame *frame);

/*
 * Draws the notice and fills an empty frame with it (a layer in memory, valid until the next call). `words`
 * may have several lines; lines that are too long for the picture are broken. `now` is shown in local time,
 * to the second, so one call per second suffices. 0: without the line about the time. 0 or -ENOMEM.
 */
int notice_draw(
	struct notice *notice, const char *headline, const char *words, time_t now, struct frame *frame);

#endif
