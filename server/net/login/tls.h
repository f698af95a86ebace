/* SPDX-License-Identifier: GPL-2.0-or-later */
/* tls: the step of a login in which its TLS handshake runs. */
#ifndef ZEROVNC_LOGIN_TLS_H
#define ZEROVNC_LOGIN_TLS_H

#include <stdbool.h>

struct login;

struct login_tls {
	bool may_ask;                      /* its viewer may show a dialog about the certificate */
	void (*done)(struct login *login); /* what comes after it */
};

/* Begins TLS, and enters the step unless the peer has ended. `x509`: with the certificate; otherwise
 * anonymous. `may_ask`: the viewer chose that with the certificate. `done` must enter another step. */
void login_tls_start(struct login *login, bool x509, bool may_ask, void (*done)(struct login *login));

#endif
