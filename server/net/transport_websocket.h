/* SPDX-License-Identifier: GPL-2.0-or-later */
/* transport_websocket: binary WebSocket frames (RFC 6455) on another transport, after the upgrade was agreed
 * on. */
#ifndef ZEROVNC_TRANSPORT_WEBSOCKET_H
#define ZEROVNC_TRANSPORT_WEBSOCKET_H

#include "server/net/transport.h"

/* Takes `below` over in any case. NULL: out of memory. */
struct transport *transport_websocket(struct transport *below);

#endif
