/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * seat: who is at this machine's screen, as logind tells on the system's D-Bus
 * (org.freedesktop.login1(5)). That is the user whose session is active on seat0, unless it is a login
 * dialog. Without libsystemd nothing is ever known. Loop thread.
 */
#ifndef ZEROVNC_SEAT_H
#define ZEROVNC_SEAT_H

#include <stdbool.h>
#include <sys/types.h>
#include <uv.h>

#include "capture/base/reason.h"

struct seat;

struct seat_person {
	bool known;    /* what follows is */
	bool somebody; /* a user's session is active; otherwise the rest means nothing */
	uid_t uid;
	bool locked, idle;
	char session[64]; /* its id */
};

/* Whether somebody is there who can be asked: not idle, and the screen not locked. If it is not known: yes.
 */
bool seat_person_is_here(const struct seat_person *person);

/* `looked` is called from the loop when something was found out: after seat_look(), and after changes.
 * Connects to nothing yet. NULL: out of memory. */
struct seat *seat_create(uv_loop_t *loop, void (*looked)(void *context), void *context);
/* Closes its handles on the loop: run it once more. Takes NULL. */
void seat_destroy(struct seat *seat);

/* Finds out who is there now, and calls `looked` later. Connects if need be, and follows changes from then
 * on. 0, or -errno with a reason: nothing can be found out, and `looked` is not called. */
int seat_look(struct seat *seat, struct reason *reason);

/* What was found out last. Borrowed until the next turn of the loop. */
const struct seat_person *seat_person(const struct seat *seat);

/* Locks the session that is active. What goes wrong is logged, now or later. */
void seat_lock(struct seat *seat);

#endif
