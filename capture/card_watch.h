/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * card_watch: tells when a display card comes, goes or changes (libudev). Where nobody tells (a container
 * without udev's messages) it stays silent: whoever waits for a card keeps a timer beside it. One thread uses
 * a watch.
 */
#ifndef ZEROVNC_CARD_WATCH_H
#define ZEROVNC_CARD_WATCH_H

#include <stdbool.h>

struct card_watch;

/* NULL: this machine cannot tell. */
struct card_watch *card_watch_create(void);
/* Takes NULL. */
void card_watch_destroy(struct card_watch *watch);

/* Pollable for reading, owned by the watch; -1 of NULL. */
int card_watch_fd(const struct card_watch *watch);

/* Reads what made the descriptor readable. Whether any of it was about a card. */
bool card_watch_read(struct card_watch *watch);

#endif
