/* SPDX-License-Identifier: GPL-2.0-or-later */
/* transport_websocket: binary WebSocket frames (RFC 6455) on another transport, after both sides agreed on
 * the upgrade. */
#ifndef ZEROVNC_TRANSPORT_WEBSOCKET_H
#define ZEROVNC_TRANSPORT_WEBSOCKET_H

#include "server/net/transport/transport.h"

/* Takes ownership of `below` in any case. Returns NULL when out of memory. */
struct transport *transport_websocket(struct transport *below);

#endif
