/* SPDX-License-Identifier: GPL-2.0-or-later */
/* rfb: the steps of a login that belong to the RFB handshake, with whatever it asks for: TLS, RSA-AES, PAM,
 * and a password's turn to be checked. */
#ifndef ZEROVNC_LOGIN_RFB_H
#define ZEROVNC_LOGIN_RFB_H

#include "server/net/auth/handshake.h"
#include "server/net/login/refusals.h"

struct auth_plain_job;
struct login;

struct login_rfb {
	struct handshake handshake;
	struct auth_plain_job *job; /* PAM is asked; NULL: it is not */
	enum refusal refusal;       /* the kind under which the log counts its refusal */
	char blocked[96];           /* why it has to wait */
};

/* Greets the client, unless it was `greeted` already, and enters the handshake. */
void login_rfb_start(struct login *login, bool greeted);

/* Its proof was held and may be checked now (held.h). */
void login_rfb_look(struct login *login);

/* Wipes secrets and forgets the question to PAM. Takes one that was never started. */
void login_rfb_finish(struct login *login);

#endif
