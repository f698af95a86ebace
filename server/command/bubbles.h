/* SPDX-License-Identifier: GPL-2.0-or-later */
/* bubbles: notifications of the desktop whose D-Bus this process finds (Desktop Notifications Specification
 * 1.2). A call waits for the desktop. One thread. */
#ifndef ZEROVNC_BUBBLES_H
#define ZEROVNC_BUBBLES_H

#include <stdbool.h>
#include <stdint.h>

#include "capture/base/reason.h"

struct bubbles;

/* `answered` is called from bubbles_process() when the person has answered about `about`. 0, or -errno with a
 * reason: there is no desktop that shows notifications, or this was built without libsystemd. */
int bubbles_open(void (*answered)(void *context, uint64_t about, bool yes), void *context,
	struct bubbles **bubbles, struct reason *reason);
/* Takes away the questions that are open. Takes NULL. */
void bubbles_close(struct bubbles *bubbles);

/* The descriptor to poll for input, and what to do then. False: the desktop is gone. */
int bubbles_fd(const struct bubbles *bubbles);
bool bubbles_process(struct bubbles *bubbles);

/* Whether a question can be answered in its bubble. */
bool bubbles_answer(const struct bubbles *bubbles);

/* These show a bubble; the texts are plain. A question stays until bubbles_forget() is called with the
 * same `about`; until then it is not asked again. */
void bubbles_tell(struct bubbles *bubbles, const char *title, const char *words);
void bubbles_ask(struct bubbles *bubbles, uint64_t about, const char *title, const char *words);
void bubbles_forget(struct bubbles *bubbles, uint64_t about);

#endif
