/* SPDX-License-Identifier: GPL-2.0-or-later */
/* transport_tls: TLS on another transport, as a server: GnuTLS, 1.2 and later, never renegotiated. */
#ifndef ZEROVNC_TRANSPORT_TLS_H
#define ZEROVNC_TRANSPORT_TLS_H

#include <gnutls/gnutls.h>

#include "server/net/certificate.h"
#include "server/net/transport.h"

/* What sessions are made with; must outlive them. */
struct tls {
	gnutls_anon_server_credentials_t anonymous;
	gnutls_priority_t anonymous_priority, certificate_priority;
};

int tls_init(struct tls *tls); /* 0 or -errno */
void tls_finish(struct tls *tls);

/* Takes `below` over in any case (also when it fails: NULL). With that certificate, which it holds; NULL:
 * anonymous. */
struct transport *transport_tls(
	struct transport *below, const struct tls *tls, struct certificate *certificate);

/* Goes on with the handshake: 0: done; -EAGAIN: wait for the socket; another -errno with a sentence. */
int transport_tls_handshake(struct transport *transport, const char **why);

/* Whether bytes came in since we last sent some: the other side's next flight has begun. */
bool transport_tls_heard(const struct transport *transport);

#endif
