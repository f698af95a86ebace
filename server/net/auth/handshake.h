/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * handshake: RFB 3.3, 3.7 and 3.8 from the version to ClientInit, with every security type. A pure state
 * machine: bytes in, bytes out. It owns no socket and waits for nothing. If it needs the outside (to start
 * TLS or AES, to ask PAM), it asks for that as a step, and continues when it is told that the step is done.
 *
 * RFC 6143, 7.1 to 7.3; VeNCrypt and RSA-AES as in the community's protocol document (rfbproto).
 */
#ifndef ZEROVNC_HANDSHAKE_H
#define ZEROVNC_HANDSHAKE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "capture/base/reason.h"
#include "server/net/auth/credentials.h"
#include "server/net/auth/handshake_rsa.h"
#include "server/net/auth/security.h"
#include "server/net/auth/vnc.h"
#include "server/net/login/grace.h"
#include "server/net/queue.h"

enum handshake_step {
	HANDSHAKE_MORE,      /* feed it more bytes */
	HANDSHAKE_START_TLS, /* send all output, begin TLS, then call handshake_encrypted() */
	HANDSHAKE_START_AES, /* the same, with the keys of handshake_aes_keys() */
	HANDSHAKE_STOP_AES,  /* send all output, go back to the bare transport, then handshake_encrypted() */
	HANDSHAKE_PROVE, /* a proof is here: handshake_prove() when it may be checked, or handshake_fail() */
	HANDSHAKE_CHECK_USER, /* check user and password, then call handshake_verdict() */
	HANDSHAKE_DONE,       /* ClientInit came: the client is a viewer now */
	HANDSHAKE_FAILED,     /* send all output, then close; `reason` says why */
};

struct handshake_options {
	struct security_list offered;
	bool greeted; /* the viewer was sent our version already */
	bool unasked; /* choose None if it is offered and the choice is ours (RFB 3.3) */
	/* "": none. Otherwise the viewer is refused with this text as soon as its version allows. */
	char refusal[256];
	/* Fills `passwd` just when it is needed. It is wiped right after. Returns 0 or -errno. */
	int (*passwords)(void *context, struct passwd_pair *passwd);
	void *context;
	const struct auth_rsa_key *rsa_key; /* for RA2; borrowed */
	bool rsa_users; /* RA2 asks for a user name (checked as in HANDSHAKE_CHECK_USER) */
};

struct handshake {
	struct handshake_options options;
	const struct handshake_state *state;
	size_t need; /* bytes that the state waits for */
	enum handshake_step step;
	unsigned minor; /* 3, 7 or 8 */
	enum security security;
	bool chosen; /* `security` is final */
	bool view_only, shared;
	bool proof_wrong; /* it failed because of a wrong password, which counts against the address */
	bool judged;      /* handshake_verdict() was called: its caller has logged and counted the verdict */
	struct reason reason;
	uint8_t challenge[AUTH_VNC_SIZE], answer[AUTH_VNC_SIZE];
	struct handshake_rsa rsa;
	struct credentials credentials; /* for HANDSHAKE_CHECK_USER; wiped */
};

/* Copies the options and puts our version into `out`. */
void handshake_init(struct handshake *handshake, const struct handshake_options *options, struct queue *out);
/* Wipes secrets. */
void handshake_finish(struct handshake *handshake);

/* Takes as many bytes as it can use and sets `used` to their number. What must be sent is added to `out`. */
enum handshake_step handshake_feed(
	struct handshake *handshake, const uint8_t *bytes, size_t size, size_t *used, struct queue *out);

/* Report that the last step is done. handshake_encrypted(): the transport was changed. handshake_prove(): the
 * proof may be checked. handshake_verdict(): this is the answer for the user. */
enum handshake_step handshake_encrypted(struct handshake *handshake, struct queue *out);
enum handshake_step handshake_prove(struct handshake *handshake, struct queue *out);
enum handshake_step handshake_verdict(
	struct handshake *handshake, enum auth_verdict verdict, struct queue *out);

/* Ends the handshake for a reason from outside (deadline, TLS failed). Tells the viewer if its version allows
 * that. */
enum handshake_step handshake_fail(struct handshake *handshake, struct queue *out, const char *why);

/* What we wait for. `begun`: part of the viewer's next message has arrived. */
enum grace_wait handshake_wait(const struct handshake *handshake, bool begun);

/* The keys that AES needs at HANDSHAKE_START_AES. The caller wipes them. */
void handshake_aes_keys(const struct handshake *handshake, struct aes_keys *keys);

/* The user whose password was tried; "" for the server's own password. */
const char *handshake_account(const struct handshake *handshake);

/* The security type's name, such as "TLSVnc"; "" before one was chosen. */
const char *handshake_security_name(const struct handshake *handshake);

#endif
