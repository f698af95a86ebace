/* SPDX-License-Identifier: GPL-2.0-or-later */
/* For builds without libsystemd. */
#include <errno.h>

#include "server/command/bubbles.h"

int bubbles_open(void (*answered)(void *context, uint64_t about, bool yes), void *context,
	struct bubbles **bubbles, struct reason *reason) {
	(void)answered;
	(void)context;
	(void)bubbles;
	return reason_set(reason, -EOPNOTSUPP,
		"zerovnc was built without libsystemd (Debian: libsystemd-dev), by which it would reach the desktop's notifications");
}

/* There are no bubbles to call the others with. */

void bubbles_close(struct bubbles *bubbles) {
	(void)bubbles;
}

int bubbles_fd(const struct bubbles *bubbles) {
	(void)bubbles;
	return -1;
}

bool bubbles_process(struct bubbles *bubbles) {
	(void)bubbles;
	return false;
}

bool bubbles_answer(const struct bubbles *bubbles) {
	(void)bubbles;
	return false;
}

void bubbles_tell(struct bubbles *bubbles, const char *title, const char *words) {
	(void)bubbles;
	(void)title;
	(void)words;
}

void bubbles_ask(struct bubbles *bubbles, uint64_t about, const char *title, const char *words) {
	(void)about;
	bubbles_tell(bubbles, title, words);
}

void bubbles_forget(struct bubbles *bubbles, uint64_t about) {
	(void)bubbles;
	(void)about;
}
