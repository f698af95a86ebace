/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * viewer: a peer that has finished the handshake, with its encoder. It has the parts of this folder
 * (requests, extensions, size_answers, outbox, flow, messages), none of which calls it, and decides what
 * moves next between the encoder and the peer.
 *
 * Two boundaries matter. The stream to the viewer is between two messages unless bytes of an answer were
 * passed on whose end was not seen yet: our own messages go there. The encoder is idle if it has answered
 * every request that it was sent: SetPixelFormat and SetEncodings go there. A request that may stay open for
 * long (because nothing changes on screen) can be settled.
 *
 * All functions must be called on the loop's thread.
 */
#ifndef ZEROVNC_VIEWER_H
#define ZEROVNC_VIEWER_H

#include <stdbool.h>
#include <stdint.h>

#include "server/net/auth/security.h"

struct peer;
struct gateway_viewer;
struct gateway_viewer_report;
struct viewers;

/* What the login (the handshake) decided about the viewer. */
struct viewer_login {
	enum security security;
	unsigned minor; /* of the RFB version, 3.x */
	bool view_only;
};

/* The peer has sent ClientInit. Creates its viewer and hands the peer over to it: the viewer is destroyed
 * with the peer, and the session is told then that it left. Returns 0, or -errno and the peer stays whose it
 * was. `viewers` is borrowed until then. */
int viewer_create(struct viewers *viewers, struct peer *peer, const struct viewer_login *login);

/* The peer's viewer; NULL if it has none. */
struct gateway_viewer *viewer_of(const struct peer *peer);

/* There is a fresh picture. Whatever waits for one goes on. */
void viewer_picture_ready(struct gateway_viewer *viewer);

/* How many messages other than keys the viewer has sent. */
uint64_t viewer_talk(const struct gateway_viewer *viewer);

/* Fills the report, except for the user, who is not known here. */
void viewer_report(const struct gateway_viewer *viewer, struct gateway_viewer_report *report);

#endif
