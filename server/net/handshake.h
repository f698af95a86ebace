/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * handshake: RFB 3.3, 3.7 and 3.8 from the version to ClientInit, with every security type. A pure state
 * machine: bytes in, bytes out; it owns no socket and waits for nothing. What needs the outside (starting
 * TLS or AES, asking PAM) it asks for as a step and goes on when it is told that this was done.
 *
 * RFC 6143, 7.1 to 7.3; VeNCrypt and RSA-AES as the community's protocol document (rfbproto) has them.
 */
#ifndef ZEROVNC_HANDSHAKE_H
#define ZEROVNC_HANDSHAKE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "capture/reason.h"
#include "server/net/auth_vnc.h"
#include "server/net/grace.h"
#include "server/net/queue.h"
#include "server/net/security.h"

struct auth_rsa;
struct auth_rsa_key;

enum handshake_step {
	HANDSHAKE_MORE,      /* feed it more bytes */
	HANDSHAKE_START_TLS, /* send what is out, begin TLS, then handshake_encrypted() */
	HANDSHAKE_START_AES, /* as above, with the keys of auth_rsa_keys(rsa) */
	HANDSHAKE_STOP_AES,  /* send what is out, back to the bare transport, then handshake_encrypted() */
	HANDSHAKE_PROVE, /* a proof is here: handshake_prove() when it may be checked, or handshake_fail() */
	HANDSHAKE_CHECK_USER, /* check user and password, then handshake_verdict() */
	HANDSHAKE_DONE,       /* ClientInit came: it is a viewer */
	HANDSHAKE_FAILED,     /* send what is out, then close; `reason` says why */
};

struct handshake_options {
	struct security_list offered;
	bool unasked; /* None is to be chosen where the choice is ours (RFB 3.3) and it is offered */
	/* "": none. Else the viewer is refused with this text as soon as its version allows. */
	char refusal[256];
	/* Fills `passwd` just when it is needed; wiped right after. 0 or -errno. */
	int (*passwords)(void *context, struct passwd_pair *passwd);
	void *context;
	const struct auth_rsa_key *rsa_key; /* for RA2; borrowed */
	bool rsa_users;                     /* RA2 asks for a user name (checked as HANDSHAKE_CHECK_USER) */
};

enum { HANDSHAKE_MAX_USER = 255 };

struct handshake {
	struct handshake_options options;
	const struct handshake_state *state;
	size_t need; /* bytes that the state waits for */
	enum handshake_step step;
	unsigned minor; /* 3, 7 or 8 */
	enum security security;
	bool chosen; /* `security` is settled */
	bool view_only, shared;
	bool proof_wrong; /* failed because of a wrong password: counts against the address */
	bool judged;      /* by handshake_verdict(): whoever told that has said and counted it */
	struct reason reason;
	uint8_t challenge[AUTH_VNC_SIZE], answer[AUTH_VNC_SIZE];
	struct auth_rsa *rsa; /* its keys are wanted at HANDSHAKE_START_AES */
	uint32_t rsa_bits;
	size_t user_size, password_size;
	char user[HANDSHAKE_MAX_USER + 1], password[PASSWD_MAX + 1]; /* for HANDSHAKE_CHECK_USER; wiped */
};

/* Copies the options; our version goes to `out`. */
void handshake_init(struct handshake *handshake, const struct handshake_options *options, struct queue *out);
/* Wipes secrets. */
void handshake_finish(struct handshake *handshake);

/* Takes bytes as long as it can use them: `used` is how many. What is to be sent is added to `out`. */
enum handshake_step handshake_feed(
	struct handshake *handshake, const uint8_t *bytes, size_t size, size_t *used, struct queue *out);

/* What the last step asked for is done. */
enum handshake_step handshake_encrypted(struct handshake *handshake, struct queue *out);
enum handshake_step handshake_prove(struct handshake *handshake, struct queue *out);
enum handshake_step handshake_verdict(
	struct handshake *handshake, enum auth_verdict verdict, struct queue *out);

/* Ends it for a reason from outside (deadline, TLS failed), telling the viewer where its version allows. */
enum handshake_step handshake_fail(struct handshake *handshake, struct queue *out, const char *why);

/* What we wait for. `begun`: part of the viewer's next message is here. */
enum grace_wait handshake_wait(const struct handshake *handshake, bool begun);

/* The user whose password was tried; "" for the server's own password. */
const char *handshake_account(const struct handshake *handshake);

/* "TLSVnc"; "" before one was chosen. */
const char *handshake_security_name(const struct handshake *handshake);

#endif
