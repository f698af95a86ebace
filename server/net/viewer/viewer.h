/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * viewer: a peer that has finished the handshake. Reads its messages, hands libvncserver what it needs and
 * passes the answers on.
 *
 * Two boundaries matter. The stream to the viewer is between two messages unless bytes of an answer were
 * passed on whose end was not seen yet: our own messages go there. The library is idle if it has answered
 * every request that it was sent: SetPixelFormat and SetEncodings go there. A request that may stay open for
 * long (because nothing changes on screen) is closed by asking for one pixel.
 *
 * All functions must be called on the loop's thread.
 */
#ifndef ZEROVNC_VIEWER_H
#define ZEROVNC_VIEWER_H

#include "server/net/queue.h"

struct peer;
struct gateway_viewer;

/* The peer has sent ClientInit. Creates its viewer. Returns 0 or -errno. */
int viewer_create(struct peer *peer, struct gateway_viewer **viewer);
/* Destroys the viewer and tells the session that it left. Does not take NULL. */
void viewer_destroy(struct gateway_viewer *viewer);

/* Handles the messages in `in`, as far as that is allowed now and until the peer's turn is over. */
void viewer_read(struct gateway_viewer *viewer, struct queue *in);

/* Moves what can be moved between the library and the peer. */
void viewer_pump(struct gateway_viewer *viewer);

/* There is a fresh picture. Whatever waits for one goes on. */
void viewer_picture_ready(struct gateway_viewer *viewer);

/* The round trip in milliseconds; -1: unknown. */
double viewer_round_trip(const struct gateway_viewer *viewer);

#endif
