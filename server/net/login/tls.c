/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "server/net/login/tls.h"

#include <errno.h>
#include <stdio.h>

#include "server/net/auth/certificate_source.h"
#include "server/net/login/login.h"
#include "server/net/login/logins.h"
#include "server/net/login/record.h"
#include "server/net/login/refusals.h"
#include "server/net/peer.h"
#include "server/net/remote.h"
#include "server/net/transport/tls.h"

static void go_on(struct login *login, struct queue *in) {
	(void)in;
	const char *why = "";
	int error = transport_tls_handshake(peer_transport(login->peer), &why);
	if (error == -EAGAIN)
		return;
	if (error) {
		char words[256];
		snprintf(words, sizeof words, "TLS: %s", why);
		record_line(login, REFUSAL_UNFIT, "%s refused: %s", peer_remote(login->peer)->who, words);
		record_turned_away(login, words);
		login_linger(login); /* the TLS alert is being sent */
		return;
	}
	peer_set_layering(login->peer, false);
	login->tls.done(login);
}

/* If TLS uses a certificate, a viewer may show a dialog before TLS begins and in the middle of the handshake.
 * With anonymous TLS there is nothing to ask, and browsers ask between two connections. */
static enum grace_wait wait(const struct login *login, const struct queue *in) {
	(void)in;
	bool heard = transport_tls_heard(peer_transport(login->peer));
	return login->tls.may_ask && !heard ? GRACE_CERTIFICATE : GRACE_TLS;
}

static const struct login_step step = {.go_on = go_on, .wait = wait};

static struct certificate *current_certificate(const struct login *login) {
	struct sockaddr_storage reached_at;
	peer_reached_at(login->peer, &reached_at);
	return certificate_source_current(login->logins->keys.certificates, (struct sockaddr *)&reached_at);
}

void login_tls_start(struct login *login, bool x509, bool may_ask, void (*done)(struct login *login)) {
	struct peer *peer = login->peer;
	peer_flush(peer); /* the last bytes that are not encrypted */
	if (!peer_is_open(peer))
		return;
	struct certificate *certificate = x509 ? current_certificate(login) : NULL;
	struct transport *below = peer_lift(peer);
	struct transport *tls = below ? transport_tls(below, &login->logins->keys.tls, certificate) : NULL;
	if (!tls) {
		peer_end(peer, "no TLS");
		return;
	}
	peer_put(peer, tls);
	peer_set_layering(peer, true);
	login->tls = (struct login_tls){.may_ask = may_ask, .done = done};
	login_enter(login, &step);
}
