/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * card_watch: tells when a display card comes, goes or changes (libudev). In a container without udev's
 * messages it stays silent, so callers that wait for a card need a timer as well. Only one thread may use a
 * watch.
 */
#ifndef ZEROVNC_CARD_WATCH_H
#define ZEROVNC_CARD_WATCH_H

#include <stdbool.h>

struct card_watch;

/* NULL if this machine cannot tell. */
struct card_watch *card_watch_create(void);
/* Takes NULL. */
void card_watch_destroy(struct card_watch *watch);

/* A descriptor that is pollable for reading and owned by the watch. -1 if `watch` is NULL. */
int card_watch_fd(const struct card_watch *watch);

/* Reads what made the descriptor readable. Returns whether any of it was about a card. */
bool card_watch_read(struct card_watch *watch);

#endif
