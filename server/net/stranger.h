/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * stranger: what a peer goes through before it is authenticated and becomes a viewer. Its first bytes show
 * whether it speaks TLS or HTTP. A client that sends nothing for a moment is a VNC viewer, which waits for
 * our greeting. Then follows the handshake, with whatever it asks for: TLS, RSA-AES, PAM.
 *
 * All functions must be called on the loop's thread.
 */
#ifndef ZEROVNC_STRANGER_H
#define ZEROVNC_STRANGER_H

#include <stdbool.h>

struct peer;

/* The peer has just connected: it belongs to an unauthenticated client from now on. */
void stranger_begin(struct peer *peer);

/* Its proof was held and may be checked now (turns.h). */
void stranger_look(struct peer *peer);

/* The client is about to be disconnected: puts the reason into `out` if the handshake can express it. */
void stranger_tell(struct peer *peer, const char *why);

#endif
