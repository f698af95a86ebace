/* SPDX-License-Identifier: GPL-2.0-or-later */
/* stranger_state: what the three parts of stranger share: detection and TLS (stranger.c), the RFB handshake
 * (stranger_rfb.c), HTTP (stranger_web.c). */
#ifndef ZEROVNC_STRANGER_STATE_H
#define ZEROVNC_STRANGER_STATE_H

#include <stdbool.h>
#include <stdint.h>

#include "server/net/auth/security.h"

struct peer;
struct transport;

enum stranger_speech { STRANGER_RFB, STRANGER_TLS, STRANGER_HTTP };

/* The protocol that begins with this byte. */
enum stranger_speech stranger_speaks(uint8_t first);

/* Returns the bytes that were read already, and belong to the layer that begins now, to the transport below
 * it. Returns that transport, or NULL when out of memory. */
struct transport *stranger_give_back(struct peer *peer);

/* Begins TLS. Afterwards the phase is TLS, or the peer has ended. `x509`: with the certificate; otherwise
 * anonymous. */
void stranger_start_tls(struct peer *peer, bool x509);

/* The peer spoke HTTP. Other connections from its place that have sent nothing yet get more time. */
void stranger_saw_browser(struct peer *peer);

/* Greets the client. The phase is the RFB handshake from now on. */
void stranger_start_rfb(struct peer *peer);

/* Feeds the handshake with what was read. */
void stranger_go_on_rfb(struct peer *peer);

/* The security types that may be offered to this peer. */
void stranger_offer(const struct peer *peer, struct security_list *list);

/* Looks for an HTTP request in what was read. */
void stranger_go_on_web(struct peer *peer);

/* There is room in `out` again: puts more of the file into it. */
void stranger_refill(struct peer *peer);

#endif
