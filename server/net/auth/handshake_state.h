/* SPDX-License-Identifier: GPL-2.0-or-later */
/* handshake_state: what the two parts of the handshake (RFB itself and RSA-AES) share. */
#ifndef ZEROVNC_HANDSHAKE_STATE_H
#define ZEROVNC_HANDSHAKE_STATE_H

#include "server/net/auth/handshake.h"

struct handshake_state {
	const char *name;
	enum grace_wait wait; /* what the state waits for */
	enum handshake_step (*handle)(struct handshake *h, const uint8_t *bytes, struct queue *out);
	bool result_expected; /* a failure is sent as SecurityResult */
};

enum handshake_step handshake_enter(struct handshake *h, const struct handshake_state *state, size_t need);
enum handshake_step handshake_accept(struct handshake *h, bool view_only, struct queue *out);
enum handshake_step handshake_refuse_proof(struct handshake *h, struct queue *out);
/* The proof is stored in `h`. */
enum handshake_step handshake_proof(struct handshake *h);

/* Begins RSA-AES. The chosen type must be one of its types. */
enum handshake_step handshake_rsa_start(struct handshake *h, struct queue *out);
/* Does what handshake_encrypted() does, if RSA-AES asked for that step. Returns false if it did not. */
bool handshake_rsa_encrypted(struct handshake *h, struct queue *out, enum handshake_step *step);

#endif
