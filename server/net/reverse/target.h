/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * reverse_target: whom the server calls, in words: "HOST[:PORT]" is a viewer that listens, and
 * "ID:NAME@HOST[:PORT]" is UltraVNC's repeater, at which viewers find this server by its ID (the repeater's
 * mode II). Pure.
 */
#ifndef ZEROVNC_REVERSE_TARGET_H
#define ZEROVNC_REVERSE_TARGET_H

#include <stdbool.h>

#include "capture/base/reason.h"

enum { REVERSE_ID_SIZE = 64, REVERSE_TARGETS = 8 };

struct reverse_target {
	char host[256]; /* a name or an address, without brackets */
	char port[6];
	char id[REVERSE_ID_SIZE]; /* at a repeater; "": it is a viewer */
};

/* Returns 0, or -EINVAL with a reason that shows the right spelling. */
int reverse_target_parse(const char *what, struct reverse_target *target, struct reason *reason);

/* Takes the next one off a list "TARGET[,TARGET...]", which moves on behind it. Returns false at the end of
 * the list. Too long a word is cut, and is then no target. */
enum { REVERSE_WORD = 384 };
bool reverse_target_next(const char **list, char word[REVERSE_WORD]);

/* The same for a whole list, of at most REVERSE_TARGETS: the value of --connect. */
int reverse_targets_check(const char *list, struct reason *reason);

#endif
