/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * handshake_rsa: the part of the handshake that is RSA-AES: the key exchange (rsa.h), and then the user name
 * and the password, encrypted. Pure, like handshake.h.
 */
#ifndef ZEROVNC_HANDSHAKE_RSA_H
#define ZEROVNC_HANDSHAKE_RSA_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "capture/base/reason.h"
#include "server/net/auth/credentials.h"
#include "server/net/auth/rsa.h"
#include "server/net/login/grace.h"
#include "server/net/queue.h"

enum handshake_rsa_step {
	HANDSHAKE_RSA_MORE,   /* feed it `need` bytes */
	HANDSHAKE_RSA_SEAL,   /* begin AES with the keys of `exchange`, then call handshake_rsa_layered() */
	HANDSHAKE_RSA_UNSEAL, /* end AES, then call handshake_rsa_layered() */
	HANDSHAKE_RSA_PROVE,  /* the credentials are here */
	HANDSHAKE_RSA_FAILED, /* `reason` says why */
};

struct handshake_rsa_wish {
	const struct auth_rsa_key *key; /* the server's; borrowed */
	unsigned bits;                  /* of the AES keys */
	bool users;                     /* ask for a user name, too */
	bool stays_sealed;              /* false: encryption ends after the credentials */
};

struct handshake_rsa {
	struct handshake_rsa_wish wish;
	struct auth_rsa *exchange; /* NULL: it was not begun */
	const struct handshake_rsa_state *state;
	size_t need;   /* bytes that the state waits for */
	uint32_t bits; /* of the viewer's key */
	struct reason reason;
};

/* Begins. Returns HANDSHAKE_RSA_MORE or HANDSHAKE_RSA_FAILED. `rsa` must be zeroed before. */
enum handshake_rsa_step handshake_rsa_start(
	struct handshake_rsa *rsa, const struct handshake_rsa_wish *wish, struct queue *out);
void handshake_rsa_finish(struct handshake_rsa *rsa); /* wipes secrets; takes zeroed ones */

/* Takes `need` bytes. What must be sent is added to `out`. */
enum handshake_rsa_step handshake_rsa_feed(
	struct handshake_rsa *rsa, const uint8_t *bytes, struct credentials *credentials, struct queue *out);

/* AES has begun or ended. */
enum handshake_rsa_step handshake_rsa_layered(struct handshake_rsa *rsa, struct queue *out);

/* What it waits for. */
enum grace_wait handshake_rsa_wait(const struct handshake_rsa *rsa);

/* Whether a failure is sent as SecurityResult. Before the credentials it is reported only by closing, because
 * the viewer does not expect a result there. */
bool handshake_rsa_expects_result(const struct handshake_rsa *rsa);

#endif
