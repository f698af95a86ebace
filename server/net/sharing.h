/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * sharing: what becomes of the viewers that are there when another comes in. Each says in its ClientInit
 * whether it shares the desktop or wants it alone (RFC 6143, 7.3.1). Viewers that may only look never end
 * others that may type. Pure.
 */
#ifndef ZEROVNC_SHARING_H
#define ZEROVNC_SHARING_H

#include <stdbool.h>
#include <stddef.h>

/* In the order of the words of --sharing. */
enum sharing {
	SHARING_VIEWER, /* as the viewer asks: the specification's way */
	SHARING_ALWAYS, /* all share */
	SHARING_NEVER,  /* the newest has the desktop alone */
	SHARING_REFUSE, /* one that asks to be alone is not let in beside others */
};

struct sharing_newcomer {
	bool shared;    /* it shares */
	bool view_only; /* it may only look */
};

enum sharing_verdict {
	SHARING_JOINS,
	SHARING_ALONE, /* it comes in, and the others end */
	SHARING_STAYS_OUT,
};

/* `typists` and `lookers`: how many are there that may type, and that may only look. `*why`: for the log,
 * what a verdict other than the plain one has for a reason; NULL: there is nothing to say. Its text is
 * constant. */
enum sharing_verdict sharing_decide(enum sharing sharing, const struct sharing_newcomer *newcomer,
	size_t typists, size_t lookers, const char **why);

#endif
