/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * viewer: a peer that is through the handshake. Reads its messages, hands libvncserver what it needs and
 * passes the answers on.
 *
 * Two boundaries matter. The stream to the viewer stands between two messages while no byte of an answer was
 * passed on whose end was not seen: our own messages go there. The library is idle when every request sent to
 * it was answered: SetPixelFormat and SetEncodings go there. A request that may stay open for long (nothing
 * changes on screen) is closed by asking for one pixel.
 */
#ifndef ZEROVNC_VIEWER_H
#define ZEROVNC_VIEWER_H

#include "server/net/queue.h"

struct peer;
struct gateway_viewer;

/* The peer sent ClientInit. 0 or -errno. */
int viewer_create(struct peer *peer, struct gateway_viewer **viewer);
/* Tells the session that it left. Takes no NULL. */
void viewer_destroy(struct gateway_viewer *viewer);

/* Takes the messages in `in`, as far as they may be acted on now and until the peer's turn is over. */
void viewer_read(struct gateway_viewer *viewer, struct queue *in);

/* Moves what can be moved between the library and the peer. */
void viewer_pump(struct gateway_viewer *viewer);

/* There is a fresh picture: what waits for one goes on. */
void viewer_picture_ready(struct gateway_viewer *viewer);

/* Milliseconds; -1: unknown. */
double viewer_round_trip(const struct gateway_viewer *viewer);

#endif
