/* SPDX-License-Identifier: GPL-2.0-or-later */
/* transport_aes: what follows RSA-AES's key exchange: messages of AES in EAX mode on another transport. */
#ifndef ZEROVNC_TRANSPORT_AES_H
#define ZEROVNC_TRANSPORT_AES_H

#include <stdint.h>

#include "server/net/transport.h"

struct aes_keys {
	unsigned bits; /* 128 or 256 */
	uint8_t incoming[32], outgoing[32];
};

/* Takes `below` over in any case (NULL: out of memory). The keys are copied. */
struct transport *transport_aes(struct transport *below, const struct aes_keys *keys);

/* Ends it and gives back what lies below: a message's bytes that were not read are lost. */
struct transport *transport_aes_unwrap(struct transport *transport);

#endif
