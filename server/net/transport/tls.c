/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "server/net/transport/tls.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "server/net/queue.h"

enum { MAX_RECORD = 16 << 10 };

/* TLS 1.3 has no anonymous key exchange any more. */
static const char anonymous_priority[] = "NORMAL:-VERS-ALL:+VERS-TLS1.2:-KX-ALL:+ANON-ECDH:+ANON-DH";
static const char certificate_priority[] = "NORMAL:-VERS-ALL:+VERS-TLS1.3:+VERS-TLS1.2";

int tls_init(struct tls *tls) {
	*tls = (struct tls){0};
	if (gnutls_anon_allocate_server_credentials(&tls->anonymous) ||
		gnutls_anon_set_server_known_dh_params(tls->anonymous, GNUTLS_SEC_PARAM_MEDIUM) ||
		gnutls_priority_init(&tls->anonymous_priority, anonymous_priority, NULL) ||
		gnutls_priority_init(&tls->certificate_priority, certificate_priority, NULL))
		return -ENOMEM;
	return 0;
}

void tls_finish(struct tls *tls) {
	if (tls->anonymous)
		gnutls_anon_free_server_credentials(tls->anonymous);
	if (tls->anonymous_priority)
		gnutls_priority_deinit(tls->anonymous_priority);
	if (tls->certificate_priority)
		gnutls_priority_deinit(tls->certificate_priority);
	*tls = (struct tls){0};
}

struct tls_transport {
	struct transport transport;
	gnutls_session_t session;
	struct certificate *certificate; /* NULL: anonymous */
	bool handshaken;
	bool heard;          /* bytes came in since we last sent some */
	struct queue unsent; /* encrypted, and not taken below yet */
};

static ssize_t pull(gnutls_transport_ptr_t context, void *bytes, size_t size) {
	struct tls_transport *tls = context;
	ssize_t got = transport_read(tls->transport.below, bytes, size);
	if (got > 0)
		tls->heard = true;
	if (got >= 0)
		return got;
	gnutls_transport_set_errno(tls->session, (int)-got);
	return -1;
}

/* Records go to memory first. If each were sent by itself, TCP would take more time for them than the cipher
 * does. With MSG_MORE it would take less, but still several times the cost of the copy. */
static ssize_t push(gnutls_transport_ptr_t context, const void *bytes, size_t size) {
	struct tls_transport *tls = context;
	tls->heard = false;
	if (!queue_add(&tls->unsent, bytes, size))
		return (ssize_t)size;
	gnutls_transport_set_errno(tls->session, ENOMEM);
	return -1;
}

static int translated(ssize_t error) {
	return error == GNUTLS_E_AGAIN || error == GNUTLS_E_INTERRUPTED ? -EAGAIN : -EPROTO;
}

static ssize_t tls_read(struct transport *transport, void *bytes, size_t size) {
	struct tls_transport *tls = (struct tls_transport *)transport;
	ssize_t got = gnutls_record_recv(tls->session, bytes, size);
	if (got >= 0)
		return got;
	if (got == GNUTLS_E_PREMATURE_TERMINATION) /* many viewers close without close_notify */
		return 0;
	return translated(got); /* also for GNUTLS_E_REHANDSHAKE: nobody renegotiates here */
}

static int tls_flush(struct transport *transport) {
	return transport_drain(transport->below, &((struct tls_transport *)transport)->unsent);
}

/* A viewer may limit records to fewer bytes. */
static int seal(struct tls_transport *tls, const uint8_t *bytes, size_t size) {
	for (size_t taken = 0; taken < size;) {
		ssize_t sealed = gnutls_record_send(tls->session, bytes + taken, size - taken);
		if (sealed <= 0)
			return -EPROTO;
		taken += (size_t)sealed;
	}
	return 0;
}

/* Bytes are encrypted from where they lie. */
static ssize_t tls_write(struct transport *transport, const struct iovec *parts, size_t count) {
	struct tls_transport *tls = (struct tls_transport *)transport;
	struct transport_reader reader = {parts, count, 0};
	uint8_t memory[MAX_RECORD];
	size_t taken = 0, size = 1;
	int error = tls_flush(transport);
	while (!error && size && taken < TRANSPORT_GATHER) {
		size_t room = TRANSPORT_GATHER - taken;
		const uint8_t *bytes =
			transport_reader_next(&reader, memory, room < MAX_RECORD ? room : MAX_RECORD, &size);
		error = seal(tls, bytes, size);
		taken += size;
	}
	if (error)
		return error;
	error = tls_flush(transport);
	return error && error != -EAGAIN ? error : (ssize_t)taken;
}

static size_t tls_unsent(const struct transport *transport) {
	return queue_size(&((const struct tls_transport *)transport)->unsent);
}

static void tls_close(struct transport *transport) {
	struct tls_transport *tls = (struct tls_transport *)transport;
	if (tls->handshaken)
		gnutls_bye(tls->session, GNUTLS_SHUT_WR);
	tls_flush(transport);
}

static void tls_destroy(struct transport *transport) {
	struct tls_transport *tls = (struct tls_transport *)transport;
	if (tls->session)
		gnutls_deinit(tls->session);
	certificate_release(tls->certificate);
	queue_finish(&tls->unsent);
	free(tls);
}

static const struct transport_impl tls_impl = {
	.name = "tls",
	.read = tls_read,
	.write = tls_write,
	.unsent = tls_unsent,
	.flush = tls_flush,
	.close = tls_close,
	.destroy = tls_destroy,
};

static int set_up(struct tls_transport *tls, const struct tls *credentials) {
	struct certificate *certificate = tls->certificate;
	if (gnutls_init(&tls->session, GNUTLS_SERVER | GNUTLS_NONBLOCK | GNUTLS_NO_SIGNAL)) {
		tls->session = NULL;
		return -ENOMEM;
	}
	if (gnutls_priority_set(tls->session,
		    certificate ? credentials->certificate_priority : credentials->anonymous_priority) ||
		gnutls_credentials_set(tls->session, certificate ? GNUTLS_CRD_CERTIFICATE : GNUTLS_CRD_ANON,
			certificate ? (void *)certificate->credentials : (void *)credentials->anonymous))
		return -EINVAL;
	gnutls_handshake_set_timeout(
		tls->session, GNUTLS_INDEFINITE_TIMEOUT); /* the peer's deadline limits it */
	gnutls_transport_set_ptr(tls->session, tls);
	gnutls_transport_set_pull_function(tls->session, pull);
	gnutls_transport_set_push_function(tls->session, push);
	return 0;
}

struct transport *transport_tls(
	struct transport *below, const struct tls *credentials, struct certificate *certificate) {
	struct tls_transport *tls = calloc(1, sizeof *tls);
	if (!tls) {
		transport_destroy(below);
		return NULL;
	}
	tls->transport.impl = &tls_impl;
	tls->transport.below = below;
	tls->certificate = certificate ? certificate_hold(certificate) : NULL;
	if (set_up(tls, credentials)) {
		transport_destroy(&tls->transport);
		return NULL;
	}
	return &tls->transport;
}

bool transport_tls_heard(const struct transport *transport) {
	return ((const struct tls_transport *)transport)->heard;
}

int transport_tls_handshake(struct transport *transport, const char **why) {
	struct tls_transport *tls = (struct tls_transport *)transport;
	int error, warnings = 0;
	do
		error = gnutls_handshake(tls->session);
	while (error < 0 && error != GNUTLS_E_AGAIN && !gnutls_error_is_fatal(error) &&
		++warnings < TRANSPORT_MAX_EMPTY);
	if (error < 0 && error != GNUTLS_E_AGAIN)
		gnutls_alert_send_appropriate(tls->session, error); /* GnuTLS does not do it by itself */
	int unsent = tls_flush(transport);
	if (unsent && unsent != -EAGAIN) {
		*why = strerror(-unsent);
		return unsent;
	}
	if (error == GNUTLS_E_AGAIN)
		return -EAGAIN;
	if (error < 0) {
		*why = gnutls_strerror(error);
		return -EPROTO;
	}
	tls->handshaken = true;
	return 0;
}
