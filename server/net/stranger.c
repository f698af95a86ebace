/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "server/net/stranger.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "server/log.h"
#include "server/net/auth_plain.h"
#include "server/net/auth_rsa.h"
#include "server/net/gateway_state.h"
#include "server/net/peer.h"
#include "server/net/transport_tls.h"
#include "server/net/transport_websocket.h"
#include "server/net/viewer.h"
#include "server/net/web.h"

enum { FILE_PIECE = 64 << 10 };

/* --- RFB --- */

static int passwords(void *context, struct passwd_pair *passwd) {
	struct peer *peer = context;
	struct reason reason;
	if (!peer->gateway->password_file)
		return -ENOENT;
	int error = passwd_read(peer->gateway->password_file, passwd, &reason);
	if (error)
		log_error("%s", reason.text);
	return error;
}

static const char *blocked(void *context) {
	struct peer *peer = context;
	uint64_t wait = limits_wait(peer->gateway->limits, &peer->key, uv_now(peer->gateway->loop));
	if (!wait)
		return NULL;
	snprintf(peer->blocked, sizeof peer->blocked,
		"too many wrong passwords from this address: wait %llu seconds",
		(unsigned long long)(wait + 999) / 1000);
	return peer->blocked;
}

static size_t count_viewers(const struct gateway *gateway, const struct limits_key *key) {
	size_t count = 0;
	for (const struct peer *peer = gateway->peers; peer; peer = peer->next)
		count += peer->phase == PEER_VIEWER && (!key || limits_same(&peer->key, key));
	return count;
}

static void offer(const struct peer *peer, struct security_list *list) {
	const struct gateway *gateway = peer->gateway;
	struct reason reason;
	*list = gateway->security;
	if (!gateway->security_given)
		security_list_default(peer->exposed, gateway->password_file, list, &reason);
	size_t kept = 0;
	for (size_t i = 0; i < list->count; i++) {
		const struct security_info *info = &security_infos[list->types[i]];
		bool lacks_key = (info->x509 && !gateway->tls.certificate) ||
				 (info->proof == SECURITY_PROOF_EITHER && !gateway->rsa_key);
		if (!lacks_key)
			list->types[kept++] = list->types[i];
	}
	list->count = kept;
	if (peer->inside_tls)
		security_list_inside_tls(list);
}

static void start_rfb(struct peer *peer) {
	struct gateway *gateway = peer->gateway;
	struct handshake_options options = {.passwords = passwords,
		.blocked = blocked,
		.context = peer,
		.rsa_key = gateway->rsa_key,
		.rsa_users = !gateway->password_file};
	offer(peer, &options.offered);
	const char *wait = blocked(peer);
	if (wait)
		snprintf(options.refusal, sizeof options.refusal, "%s", wait);
	else if (count_viewers(gateway, NULL) >= LIMITS_VIEWERS)
		snprintf(options.refusal, sizeof options.refusal, "too many viewers");
	else if (count_viewers(gateway, &peer->key) >= LIMITS_VIEWERS_PER_ADDRESS)
		snprintf(options.refusal, sizeof options.refusal, "too many viewers from this address");
	peer->phase = PEER_HANDSHAKE;
	handshake_init(&peer->handshake, &options, &peer->out);
}

static void failed(struct peer *peer) {
	struct handshake *handshake = &peer->handshake;
	if (handshake->proof_wrong) {
		limits_failed(peer->gateway->limits, &peer->key, uv_now(peer->gateway->loop));
		log_warning("%s: %s: %s", peer->address, handshake_security_name(handshake),
			handshake->reason.text);
	} else {
		log_info("%s refused: %s", peer->address, handshake->reason.text);
	}
	peer_linger(peer);
}

static void joined(struct peer *peer) {
	struct handshake *handshake = &peer->handshake;
	if (security_infos[handshake->security].proof != SECURITY_PROOF_NONE)
		limits_succeeded(peer->gateway->limits, &peer->key);
	log_info("%s came in (RFB 3.%u, %s%s)", peer->address, handshake->minor,
		handshake_security_name(handshake), handshake->view_only ? ", view only" : "");
	handshake_finish(handshake);
	peer->in.secret = peer->out.secret = false;
	uv_timer_stop(&peer->timer);
	peer->phase = PEER_VIEWER;
	int error = viewer_create(peer, &peer->viewer);
	if (error)
		peer_end(peer, strerror(-error));
}

/* What was read already and belongs to the layer that begins now goes below it. */
static struct transport *give_back(struct peer *peer) {
	struct transport *transport = peer->transport;
	peer->transport = NULL;
	if (queue_size(&peer->in))
		transport = transport_prefixed(transport, queue_bytes(&peer->in), queue_size(&peer->in));
	queue_take(&peer->in, queue_size(&peer->in));
	return transport;
}

static void start_tls(struct peer *peer, bool x509) {
	peer_flush(peer); /* the last words in the clear */
	if (peer->phase == PEER_ENDED)
		return;
	struct transport *below = give_back(peer);
	peer->transport = below ? transport_tls(below, &peer->gateway->tls, x509) : NULL;
	if (!peer->transport) {
		peer_end(peer, "no TLS");
		return;
	}
	peer->phase = PEER_TLS;
}

static void start_aes(struct peer *peer) {
	struct aes_keys keys;
	peer_flush(peer);
	if (peer->phase == PEER_ENDED)
		return;
	auth_rsa_keys(peer->handshake.rsa, &keys);
	struct transport *below = give_back(peer);
	peer->transport = below ? transport_aes(below, &keys) : NULL;
	explicit_bzero(&keys, sizeof keys);
	if (!peer->transport)
		peer_end(peer, "out of memory");
}

static void verdict(void *context, bool good) {
	struct peer *peer = context;
	peer->job = NULL;
	if (peer->phase != PEER_CHECKING)
		return;
	const char *wait = blocked(peer); /* others from there may have failed meanwhile */
	peer->phase = PEER_HANDSHAKE;
	if (wait)
		handshake_fail(&peer->handshake, &peer->out, wait);
	else
		handshake_verdict(&peer->handshake, good ? AUTH_FULL : AUTH_REFUSED, &peer->out);
	peer_resume(peer);
}

static void check_user(struct peer *peer) {
	struct handshake *handshake = &peer->handshake;
	if (!auth_plain_allowed(peer->gateway->plain_users, handshake->user)) {
		handshake_verdict(handshake, AUTH_REFUSED, &peer->out);
		return;
	}
	peer->phase = PEER_CHECKING;
	peer->job = auth_plain_start(
		peer->gateway->loop, NULL, handshake->user, handshake->password, verdict, peer);
	if (!peer->job)
		peer_end(peer, "out of memory");
}

static void stop_aes(struct peer *peer) {
	peer_flush(peer);
	if (peer->phase != PEER_ENDED)
		peer->transport = transport_aes_unwrap(peer->transport);
}

/* One step of the handshake. False: it waits for bytes or has left this phase. */
static bool handshake(struct peer *peer) {
	size_t used = 0;
	enum handshake_step step = handshake_feed(
		&peer->handshake, queue_bytes(&peer->in), queue_size(&peer->in), &used, &peer->out);
	queue_take(&peer->in, used);
	switch (step) {
	case HANDSHAKE_MORE:
		return false;
	case HANDSHAKE_START_TLS:
		start_tls(peer, security_infos[peer->handshake.security].x509);
		break;
	case HANDSHAKE_START_AES:
		start_aes(peer);
		if (peer->phase != PEER_ENDED)
			handshake_encrypted(&peer->handshake, &peer->out);
		break;
	case HANDSHAKE_STOP_AES:
		stop_aes(peer);
		if (peer->phase != PEER_ENDED)
			handshake_encrypted(&peer->handshake, &peer->out);
		break;
	case HANDSHAKE_CHECK_USER:
		check_user(peer);
		break;
	case HANDSHAKE_DONE:
		joined(peer);
		break;
	case HANDSHAKE_FAILED:
		failed(peer);
		break;
	}
	return peer->phase == PEER_HANDSHAKE;
}

/* --- TLS --- */

static void tls(struct peer *peer) {
	const char *why = "";
	int error = transport_tls_handshake(peer->transport, &why);
	if (error == -EAGAIN)
		return;
	if (error) {
		log_info("%s refused: TLS: %s", peer->address, why);
		peer_linger(peer); /* the alert is on its way */
		return;
	}
	if (peer->handshake.chosen) { /* inside VeNCrypt */
		peer->phase = PEER_HANDSHAKE;
		handshake_encrypted(&peer->handshake, &peer->out);
		return;
	}
	peer->inside_tls = true;
	peer->phase = PEER_FIRST_BYTES;
	peer_wait_for_silence(peer, PEER_BROWSER_MS); /* who begins with TLS is hardly anything else */
}

/* --- HTTP --- */

static void answer(struct peer *peer, int status, const char *type, off_t length, const char *location) {
	char head[512];
	queue_add(&peer->out, head, web_head(status, type, length, location, head, sizeof head));
	log_debug("%s: HTTP %d", peer->address, status);
}

static bool trusting(const struct peer *peer) {
	struct security_list list;
	offer(peer, &list);
	for (size_t i = 0; i < list.count; i++)
		if (security_infos[list.types[i]].proof == SECURITY_PROOF_NONE)
			return true;
	return false;
}

static void upgrade(struct peer *peer, const struct web_request *request) {
	char text[512];
	if (!web_origin_allowed(request, trusting(peer))) {
		log_warning("%s: a page of '%s' may not open a viewer here (asked for host '%s')",
			peer->address, request->origin, request->host);
		answer(peer, 403, NULL, 0, NULL);
		peer_linger(peer);
		return;
	}
	queue_add(&peer->out, text, web_upgrade_answer(request, text, sizeof text));
	peer_flush(peer);
	if (peer->phase == PEER_ENDED)
		return;
	struct transport *below = give_back(peer);
	peer->transport = below ? transport_websocket(below) : NULL;
	if (peer->transport)
		start_rfb(peer);
	else
		peer_end(peer, "out of memory");
}

static void serve_file(struct peer *peer, const struct web_request *request) {
	off_t length = 0;
	const char *type = NULL, *location = NULL;
	int folder = peer->gateway->web_root;
	int fd = folder < 0 ? -ENOENT : web_open(folder, request->path, &length, &type, &location);
	if (fd >= 0)
		answer(peer, 200, type, length, NULL);
	else
		answer(peer, location ? 302 : fd == -EACCES ? 403 : 404, NULL, 0, location);
	if (fd >= 0 && !request->head_only) {
		peer->file = fd;
		peer->phase = PEER_FILE;
		stranger_refill(peer);
		return;
	}
	if (fd >= 0)
		close(fd);
	peer_linger(peer);
}

static void http(struct peer *peer) {
	struct web_request request;
	ssize_t size = web_parse(queue_bytes(&peer->in), queue_size(&peer->in), &request);
	if (size == 0)
		return;
	if (size < 0) {
		answer(peer, size == -EOPNOTSUPP ? 405 : size == -E2BIG ? 431 : 400, NULL, 0, NULL);
		peer_linger(peer);
		return;
	}
	queue_take(&peer->in, (size_t)size);
	if (request.upgrade)
		upgrade(peer, &request);
	else
		serve_file(peer, &request);
}

void stranger_refill(struct peer *peer) {
	if (peer->file < 0 || queue_size(&peer->out) >= FILE_PIECE)
		return;
	uint8_t *room = queue_room(&peer->out, FILE_PIECE);
	ssize_t got = room ? read(peer->file, room, FILE_PIECE) : -1;
	if (got > 0) {
		queue_added(&peer->out, (size_t)got);
		return;
	}
	close(peer->file);
	peer->file = -1;
	peer_linger(peer);
}

/* --- which of them --- */

/* An RFB viewer waits for our greeting; a browser that was greeted takes it for a broken answer. Browsers
 * open connections before they know what to ask, so where one was seen there is more time. */
static unsigned patience(const struct peer *peer) {
	const struct gateway *gateway = peer->gateway;
	if (gateway->web_root < 0)
		return PEER_SILENCE_MS;
	for (size_t i = 0; i < GATEWAY_BROWSERS; i++)
		if (limits_same(&gateway->browsers[i].key, &peer->key) &&
			gateway->browsers[i].until > uv_now(gateway->loop))
			return PEER_BROWSER_MS;
	return PEER_MAYBE_BROWSER_MS;
}

static void saw_browser(struct peer *peer) {
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
	for (struct peer *other = gateway->peers; other; other = other->next)
		if (other != peer && other->phase == PEER_FIRST_BYTES && limits_same(&other->key, &peer->key))
			peer_wait_for_silence(other, PEER_BROWSER_MS);
}

static void first_bytes(struct peer *peer) {
	enum { TLS_HANDSHAKE_RECORD = 22 };
	uint8_t first = queue_bytes(&peer->in)[0];
	uv_timer_stop(&peer->soon);
	if (first == TLS_HANDSHAKE_RECORD && !peer->inside_tls && peer->gateway->tls.certificate)
		start_tls(peer, true);
	else if (first == 'G' || first == 'H') {
		saw_browser(peer);
		peer->phase = PEER_HTTP;
	} else
		start_rfb(peer);
}

void stranger_silent(struct peer *peer) {
	start_rfb(peer);
}

void stranger_begin(struct peer *peer, bool exposed) {
	peer->exposed = exposed;
	peer->file = -1;
	peer->phase = PEER_FIRST_BYTES;
	peer_wait_for_silence(peer, patience(peer));
}

void stranger_go_on(struct peer *peer) {
	enum peer_phase before;
	do {
		before = peer->phase;
		switch (before) {
		case PEER_FIRST_BYTES:
			if (queue_size(&peer->in))
				first_bytes(peer);
			break;
		case PEER_TLS:
			tls(peer);
			break;
		case PEER_HTTP:
			http(peer);
			break;
		case PEER_HANDSHAKE:
			while (handshake(peer))
				;
			break;
		default:
			break;
		}
	} while (peer->phase != before && peer_is_stranger(peer));
}

void stranger_late(struct peer *peer) {
	if (peer->phase == PEER_HANDSHAKE || peer->phase == PEER_CHECKING)
		handshake_fail(&peer->handshake, &peer->out, "the handshake took too long");
	log_debug("%s: the handshake took too long", peer->address);
	peer_linger(peer);
}

void stranger_finish(struct peer *peer) {
	handshake_finish(&peer->handshake);
	auth_plain_forget(peer->job);
	peer->job = NULL;
	if (peer->file >= 0)
		close(peer->file);
	peer->file = -1;
}
