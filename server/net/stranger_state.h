/* SPDX-License-Identifier: GPL-2.0-or-later */
/* stranger_state: what the stranger's three parts share: which of them it is and TLS (stranger.c), RFB's
 * handshake (stranger_rfb.c), HTTP (stranger_web.c). */
#ifndef ZEROVNC_STRANGER_STATE_H
#define ZEROVNC_STRANGER_STATE_H

#include <stdbool.h>
#include <stdint.h>

#include "server/net/security.h"

struct peer;
struct transport;

enum stranger_speech { STRANGER_RFB, STRANGER_TLS, STRANGER_HTTP };

/* What begins with this byte. */
enum stranger_speech stranger_speaks(uint8_t first);

/* What was read already and belongs to the layer that begins now goes below it. NULL: out of memory. */
struct transport *stranger_give_back(struct peer *peer);

/* The phase is TLS now, or the peer has ended. `x509`: with the certificate, else anonymous. */
void stranger_start_tls(struct peer *peer, bool x509);

/* It spoke HTTP: connections from there that say nothing yet get more time. */
void stranger_saw_browser(struct peer *peer);

/* Greets it: the phase is RFB's handshake now. */
void stranger_start_rfb(struct peer *peer);

/* Feeds the handshake what was read. */
void stranger_go_on_rfb(struct peer *peer);

/* The types that may be offered to it. */
void stranger_offer(const struct peer *peer, struct security_list *list);

/* Looks for a request in what was read. */
void stranger_go_on_web(struct peer *peer);

#endif
