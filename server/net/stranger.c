/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "server/net/stranger.h"

#include <sys/socket.h>
#include <unistd.h>

#include "server/log.h"
#include "server/net/auth/certificate_source.h"
#include "server/net/auth/plain.h"
#include "server/net/gateway_state.h"
#include "server/net/peer.h"
#include "server/net/stranger_state.h"
#include "server/net/transport/tls.h"

enum stranger_speech stranger_speaks(uint8_t first) {
	enum { TLS_HANDSHAKE_RECORD = 22 };
	if (first == TLS_HANDSHAKE_RECORD)
		return STRANGER_TLS;
	/* HTTP's methods are written in capitals. The only word that RFB begins with starts with an R. */
	return first >= 'A' && first <= 'Z' && first != 'R' ? STRANGER_HTTP : STRANGER_RFB;
}

struct transport *stranger_give_back(struct peer *peer) {
	struct transport *transport = peer->transport;
	peer->transport = NULL;
	if (queue_size(&peer->in))
		transport = transport_prefixed(transport, queue_bytes(&peer->in), queue_size(&peer->in));
	queue_take(&peer->in, queue_size(&peer->in));
	return transport;
}

static struct certificate *current_certificate(const struct peer *peer) {
	struct sockaddr_storage reached_at = {.ss_family = AF_UNSPEC};
	socklen_t size = sizeof reached_at;
	getsockname(peer->fd, (struct sockaddr *)&reached_at, &size);
	return certificate_source_current(peer->gateway->keys.certificates, (struct sockaddr *)&reached_at);
}

void stranger_start_tls(struct peer *peer, bool x509) {
	peer_flush(peer); /* the last bytes that are not encrypted */
	if (peer->phase == PEER_ENDED)
		return;
	struct certificate *certificate = x509 ? current_certificate(peer) : NULL;
	struct transport *below = stranger_give_back(peer);
	peer->transport = below ? transport_tls(below, &peer->gateway->keys.tls, certificate) : NULL;
	if (!peer->transport) {
		peer_end(peer, "no TLS");
		return;
	}
	peer->phase = PEER_TLS;
}

/* --- TLS --- */

static void tls(struct peer *peer) {
	const char *why = "";
	int error = transport_tls_handshake(peer->transport, &why);
	if (error == -EAGAIN)
		return;
	if (error) {
		refusals_log(peer->gateway->refusals, REFUSAL_UNFIT, "%s refused: TLS: %s", peer->who, why);
		peer_linger(peer); /* the TLS alert is being sent */
		return;
	}
	if (peer->handshake.chosen) { /* TLS began inside VeNCrypt */
		peer->phase = PEER_HANDSHAKE;
		handshake_encrypted(&peer->handshake, &peer->out);
		return;
	}
	peer->inside_tls = true;
	peer->phase = PEER_FIRST_BYTES;
	peer_wait_for_silence(peer, PEER_BROWSER_MS); /* hardly any other client begins with TLS */
}

/* --- detecting the protocol --- */

/*
 * A VNC viewer waits for our greeting. A browser that is greeted takes that for a broken answer, and nothing
 * repairs it. So silence decides, and its length is a compromise between viewers that wait in vain and pages
 * that break. A browser's first request follows the connection's last ACK at once. What delays it is a busy
 * machine at the other end (a Chromium that starts on such a machine took more than 80 ms every third time,
 * and 200 ms in none of five), and what the path does to the first packet, which grows with the round trip.
 * But browsers also open connections before they know what to ask for, and use them while the page loads (260
 * ms were seen). So if a browser was just seen at the same place, the client gets much more time.
 */
static unsigned patience(const struct peer *peer) {
	const struct gateway *gateway = peer->gateway;
	if (gateway->web_root < 0)
		return PEER_SILENCE_MS;
	unsigned round_trips = (unsigned)(2 * peer_round_trip_us(peer) / 1000);
	if (round_trips > PEER_MAYBE_BROWSER_MS)
		round_trips = PEER_MAYBE_BROWSER_MS;
	for (size_t i = 0; i < GATEWAY_BROWSERS; i++)
		if (limits_same(&gateway->browsers[i].key, &peer->key) &&
			gateway->browsers[i].until > uv_now(gateway->loop))
			return PEER_BROWSER_MS;
	return PEER_MAYBE_BROWSER_MS + round_trips;
}

void stranger_saw_browser(struct peer *peer) {
	struct gateway *gateway = peer->gateway;
	struct gateway_browser *place = &gateway->browsers[0];
	for (size_t i = 0; i < GATEWAY_BROWSERS; i++) {
		struct gateway_browser *browser = &gateway->browsers[i];
		if (limits_same(&browser->key, &peer->key)) {
			place = browser;
			break;
		}
		if (browser->until < place->until)
			place = browser;
	}
	*place = (struct gateway_browser){peer->key, uv_now(gateway->loop) + PEER_BROWSER_SEEN_MS};
	struct peer *other;
	LIST_FOREACH(other, &gateway->peers, link)
		if (other != peer && other->phase == PEER_FIRST_BYTES && limits_same(&other->key, &peer->key))
			peer_wait_for_silence(other, PEER_BROWSER_MS);
}

static void first_bytes(struct peer *peer) {
	enum stranger_speech speech = stranger_speaks(queue_bytes(&peer->in)[0]);
	uv_timer_stop(&peer->soon);
	if (speech == STRANGER_TLS && !peer->inside_tls && peer->gateway->keys.certificates) {
		stranger_start_tls(peer, true);
	} else if (speech == STRANGER_HTTP) {
		stranger_saw_browser(peer);
		peer->phase = PEER_HTTP;
	} else {
		stranger_start_rfb(peer);
	}
}

/* --- deadlines --- */

/* If TLS uses a certificate, a viewer may show a dialog before TLS begins and in the middle of the handshake.
 * With anonymous TLS there is nothing to ask, and browsers ask between two connections. */
static enum grace_wait tls_wait(const struct peer *peer) {
	bool may_ask = peer->handshake.chosen && security_infos[peer->handshake.security].x509;
	return may_ask && !transport_tls_heard(peer->transport) ? GRACE_CERTIFICATE : GRACE_TLS;
}

/* What we wait for. GRACE_WAIT_COUNT: this phase has its own timers. */
static enum grace_wait wait_of(const struct peer *peer) {
	switch (peer->phase) {
	case PEER_FIRST_BYTES:
		return GRACE_FIRST_BYTES;
	case PEER_TLS:
		return tls_wait(peer);
	case PEER_HTTP:
		return GRACE_HTTP;
	case PEER_HANDSHAKE:
		return handshake_wait(&peer->handshake, queue_size(&peer->in) > 0);
	case PEER_HELD:
		return GRACE_TURN;
	case PEER_CHECKING:
		return GRACE_PAM;
	default:
		return GRACE_WAIT_COUNT;
	}
}

static void watch_time(struct peer *peer) {
	enum grace_wait wait = wait_of(peer);
	if (wait == GRACE_WAIT_COUNT || wait == peer->grace.wait)
		return;
	grace_await(&peer->grace, wait, uv_now(peer->gateway->loop));
	peer_set_deadline(peer);
}

/* --- for the peer --- */

/* Bytes came, or the socket is ready for what the phase waits for. Handles one phase after the other until
 * nothing changes any more. */
static void go_on(void *context, struct queue *in) {
	struct peer *peer = context;
	enum peer_phase before;
	do {
		before = peer->phase;
		switch (before) {
		case PEER_FIRST_BYTES:
			if (queue_size(in))
				first_bytes(peer);
			break;
		case PEER_TLS:
			tls(peer);
			break;
		case PEER_HTTP:
			stranger_go_on_web(peer);
			break;
		case PEER_HANDSHAKE:
			stranger_go_on_rfb(peer);
			break;
		case PEER_FILE:
			queue_take(in, queue_size(in));
			break;
		default:
			break;
		}
	} while (peer->phase != before && peer_is_stranger(peer));
	watch_time(peer);
}

static void refill(void *context) {
	stranger_refill(context);
}

static void silent(void *context) {
	struct peer *peer = context;
	stranger_start_rfb(peer);
	watch_time(peer);
}

static void late(void *context) {
	struct peer *peer = context;
	char text[256];
	uint64_t now = uv_now(peer->gateway->loop);
	grace_explain(&peer->grace, now, text, sizeof text);
	refusals_log(peer->gateway->refusals, REFUSAL_LATE, "%s: %s", peer->who, text);
	grace_tell(&peer->grace, now, text, sizeof text);
	stranger_tell(peer, text);
	peer_linger(peer);
}

void stranger_tell(struct peer *peer, const char *why) {
	auth_plain_forget(peer->job); /* PAM's answer would come too late for it */
	peer->job = NULL;
	if (peer->phase == PEER_HANDSHAKE || peer->phase == PEER_HELD || peer->phase == PEER_CHECKING)
		handshake_fail(&peer->handshake, &peer->out, why);
}

static void finish(void *context) {
	struct peer *peer = context;
	handshake_finish(&peer->handshake);
	auth_plain_forget(peer->job);
	peer->job = NULL;
	if (peer->file >= 0)
		close(peer->file);
	peer->file = -1;
}

static const struct peer_handlers handlers = {
	.read = go_on, .fill = refill, .silent = silent, .late = late, .end = finish};

void stranger_begin(struct peer *peer) {
	peer_hand_over(peer, &handlers, peer);
	peer->file = -1;
	peer->phase = PEER_FIRST_BYTES;
	peer_wait_for_silence(peer, patience(peer));
	grace_begin(&peer->grace, peer->gateway->login_grace_s, uv_now(peer->gateway->loop));
	peer_set_deadline(peer);
}
