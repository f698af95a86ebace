/* SPDX-License-Identifier: GPL-2.0-or-later */
/* transport_tls: TLS on another transport, in the role of the server: GnuTLS, version 1.2 and later, never
 * renegotiated. */
#ifndef ZEROVNC_TRANSPORT_TLS_H
#define ZEROVNC_TRANSPORT_TLS_H

#include <gnutls/gnutls.h>

#include "server/net/auth/certificate.h"
#include "server/net/transport/transport.h"

/* What sessions are made with. It must outlive them. */
struct tls {
	gnutls_anon_server_credentials_t anonymous;
	gnutls_priority_t anonymous_priority, certificate_priority;
};

int tls_init(struct tls *tls); /* 0 or -errno */
void tls_finish(struct tls *tls);

/* Takes ownership of `below` in any case (even if it fails and returns NULL). Uses and holds that
 * certificate; NULL: anonymous TLS. */
struct transport *transport_tls(
	struct transport *below, const struct tls *tls, struct certificate *certificate);

/* Continues the handshake. Returns 0 when it is done, -EAGAIN to wait for the socket, or another -errno with
 * a sentence in `why`. */
int transport_tls_handshake(struct transport *transport, const char **why);

/* Whether bytes came in since we last sent some, which means that the other side's next flight has begun. */
bool transport_tls_heard(const struct transport *transport);

#endif
