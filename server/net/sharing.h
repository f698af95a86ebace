/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * sharing: what happens to the present viewers when another one comes in. Each viewer says in its ClientInit
 * whether it shares the desktop or wants it alone (RFC 6143, 7.3.1). View-only viewers never end viewers that
 * have full control. Pure.
 */
#ifndef ZEROVNC_SHARING_H
#define ZEROVNC_SHARING_H

#include <stdbool.h>
#include <stddef.h>

/* In the order of the words of --sharing. */
enum sharing {
	SHARING_VIEWER, /* as the viewer asks, which is what the specification says */
	SHARING_ALWAYS, /* all share */
	SHARING_NEVER,  /* the newest has the desktop alone */
	SHARING_REFUSE, /* a viewer that asks to be alone is not let in beside others */
};

struct sharing_newcomer {
	bool shared;    /* it shares */
	bool view_only; /* it is view-only */
};

enum sharing_verdict {
	SHARING_JOINS,
	SHARING_ALONE, /* it comes in, and the others are ended */
	SHARING_STAYS_OUT,
};

/* `typists` and `lookers`: how many present viewers have full control, and how many are view-only. `*why`:
 * the reason, for the log, if the verdict is not the usual one; NULL if there is nothing to say. Its text is
 * constant. */
enum sharing_verdict sharing_decide(enum sharing sharing, const struct sharing_newcomer *newcomer,
	size_t typists, size_t lookers, const char **why);

#endif
