/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * people: what the session has to do with the person at the screen: who that is (seat.h), whether a viewer
 * may join (approval.h), that this person may use some commands of the control socket, and that the screen is
 * locked behind the last viewer (--lock-on-leave). Loop thread.
 */
#ifndef ZEROVNC_PEOPLE_H
#define ZEROVNC_PEOPLE_H

#include <uv.h>

#include "capture/base/reason.h"

struct approval;
struct config;
struct control;
struct encoders;
struct news;
struct people;
struct picture_store;

/* All are borrowed. */
struct people_parts {
	uv_loop_t *loop;
	const struct config *config;
	struct picture_store *store;
	struct encoders *encoders;
	struct news *news; /* also has the control socket, if there is one */
};

/* NULL: out of memory. */
struct people *people_create(const struct people_parts *parts);
/* Every viewer is gone, and encoders_destroy() was called. Closes its handles on the loop: run it once more.
 * Takes NULL. */
void people_destroy(struct people *people);

/* Borrowed. */
struct approval *people_approval(struct people *people);

/* The settings are new: finds out who is at the screen, if that matters with them. What keeps that from being
 * found out is logged if a setting depends on it. If none is about that person any more, the control socket
 * is closed to it. */
void people_adopt(struct people *people);

/* The last viewer has left. */
void people_alone(struct people *people);

#endif
