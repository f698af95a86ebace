/* SPDX-License-Identifier: GPL-2.0-or-later */
/* transport_aes: what follows the key exchange of RSA-AES: messages encrypted by AES in EAX mode, on another
 * transport. */
#ifndef ZEROVNC_TRANSPORT_AES_H
#define ZEROVNC_TRANSPORT_AES_H

#include <stdint.h>

#include "server/net/transport/transport.h"

struct aes_keys {
	unsigned bits; /* 128 or 256 */
	uint8_t incoming[32], outgoing[32];
};

/* Takes ownership of `below` in any case. Copies the keys. Returns NULL when out of memory. */
struct transport *transport_aes(struct transport *below, const struct aes_keys *keys);

/* Destroys this layer and returns the transport below. Bytes of a message that were not read are lost. */
struct transport *transport_aes_unwrap(struct transport *transport);

#endif
