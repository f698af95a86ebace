/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * stranger: what a peer goes through before it is a viewer. Its first bytes tell whether it speaks TLS or
 * HTTP; who says nothing for a moment is an RFB viewer, which waits for us. Then the handshake, with
 * whatever it asks for: TLS, RSA-AES, PAM.
 */
#ifndef ZEROVNC_STRANGER_H
#define ZEROVNC_STRANGER_H

#include <stdbool.h>

struct peer;

/* It just came. */
void stranger_begin(struct peer *peer);

/* Bytes came, or the socket is ready for what the phase waits for. Called again until nothing changes. */
void stranger_go_on(struct peer *peer);

/* Room in `out` again: more of the file. */
void stranger_refill(struct peer *peer);

/* It said nothing for a moment. */
void stranger_silent(struct peer *peer);

/* Its proof was held and may be checked now (turns.h). */
void stranger_look(struct peer *peer);

/* The deadline is over. */
void stranger_late(struct peer *peer);

/* It is about to be disconnected: puts the reason into `out` if the handshake can tell it. */
void stranger_tell(struct peer *peer, const char *why);

/* Frees what only a stranger has. */
void stranger_finish(struct peer *peer);

#endif
