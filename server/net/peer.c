/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "server/net/peer.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "server/log.h"
#include "server/net/gateway_state.h"
#include "server/net/viewer.h"

static void run(struct peer *peer);

bool peer_is_stranger(const struct peer *peer) {
	return peer->phase == PEER_HANDSHAKE || peer->phase == PEER_CHECKING || peer->phase == PEER_LINGER;
}

/* --- the end --- */

static void closed(uv_handle_t *handle) {
	struct peer *peer = handle->data;
	if (--peer->handles)
		return;
	close(peer->fd);
	queue_finish(&peer->in);
	queue_finish(&peer->out);
	free(peer);
}

void peer_destroy(struct peer *peer) {
	peer->phase = PEER_ENDED;
	if (peer->viewer)
		viewer_destroy(peer->viewer);
	peer->viewer = NULL;
	if (peer->previous)
		peer->previous->next = peer->next;
	else
		peer->gateway->peers = peer->next;
	if (peer->next)
		peer->next->previous = peer->previous;
	handshake_finish(&peer->handshake);
	transport_close(peer->transport);
	transport_destroy(peer->transport);
	shutdown(peer->fd, SHUT_RDWR);
	uv_poll_stop(&peer->poll);
	uv_close((uv_handle_t *)&peer->poll, closed);
	uv_close((uv_handle_t *)&peer->timer, closed);
	uv_close((uv_handle_t *)&peer->soon, closed);
}

static void on_soon(uv_timer_t *timer) {
	peer_destroy(timer->data);
}

void peer_end(struct peer *peer, const char *why) {
	if (peer->phase == PEER_ENDED)
		return;
	if (peer->viewer)
		log_info("%s left: %s", peer->address, why);
	else
		log_debug("%s: %s", peer->address, why);
	peer->phase = PEER_ENDED;
	uv_poll_stop(&peer->poll);
	uv_timer_stop(&peer->timer);
	uv_timer_start(&peer->soon, on_soon, 0, 0);
}

static void on_linger_over(uv_timer_t *timer) {
	peer_end(timer->data, "closed");
}

/* What is out is sent before the connection closes, and what still comes is read and dropped: closing with
 * unread bytes would make the kernel throw our last words away. */
static void linger(struct peer *peer) {
	peer->phase = PEER_LINGER;
	uv_timer_start(&peer->timer, on_linger_over, PEER_LINGER_MS, 0);
}

/* --- sending --- */

static void watch(struct peer *peer);

static void on_stuck(uv_timer_t *timer) {
	peer_end(timer->data, "it has read nothing for too long");
}

static void watch_stuck(struct peer *peer, bool waiting, bool progress) {
	if (peer->phase != PEER_VIEWER)
		return;
	if (!waiting)
		uv_timer_stop(&peer->timer);
	else if (progress || !uv_is_active((uv_handle_t *)&peer->timer))
		uv_timer_start(&peer->timer, on_stuck, PEER_STUCK_MS, 0);
}

void peer_flush(struct peer *peer) {
	if (peer->phase == PEER_ENDED)
		return;
	bool progress = false;
	int error = transport_flush(peer->transport);
	while (!error && queue_size(&peer->out)) {
		ssize_t sent =
			transport_write(peer->transport, queue_bytes(&peer->out), queue_size(&peer->out));
		if (sent > 0) {
			queue_take(&peer->out, (size_t)sent);
			peer->bytes_sent += (uint64_t)sent;
			progress = true;
		} else {
			error = sent ? (int)sent : -EPIPE;
		}
	}
	if (error && error != -EAGAIN) {
		peer_end(peer, strerror(-error));
		return;
	}
	bool waiting = queue_size(&peer->out) || transport_unsent(peer->transport);
	watch_stuck(peer, waiting, progress);
	if (peer->phase == PEER_LINGER && !waiting)
		shutdown(peer->fd, SHUT_WR);
	watch(peer);
}

/* --- handshake --- */

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

static void on_deadline(uv_timer_t *timer) {
	struct peer *peer = timer->data;
	handshake_fail(&peer->handshake, &peer->out, "the handshake took too long");
	log_debug("%s: %s", peer->address, peer->handshake.reason.text);
	linger(peer);
	peer_flush(peer);
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
	linger(peer);
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

static void handshake(struct peer *peer) {
	size_t used;
	enum handshake_step step = handshake_feed(
		&peer->handshake, queue_bytes(&peer->in), queue_size(&peer->in), &used, &peer->out);
	queue_take(&peer->in, used);
	switch (step) {
	case HANDSHAKE_DONE:
		joined(peer);
		break;
	case HANDSHAKE_FAILED:
		failed(peer);
		break;
	default:
		break;
	}
}

/* --- reading --- */

static void digest(struct peer *peer) {
	if (peer->phase == PEER_HANDSHAKE)
		handshake(peer);
	if (peer->phase == PEER_VIEWER)
		viewer_read(peer->viewer, &peer->in);
	if (peer->phase == PEER_LINGER)
		queue_take(&peer->in, queue_size(&peer->in));
}

static bool wants_more(const struct peer *peer) {
	return peer->phase != PEER_ENDED && peer->phase != PEER_CHECKING && peer->reading &&
	       queue_size(&peer->in) < PEER_IN_MAX;
}

static void run(struct peer *peer) {
	for (int rounds = 0; rounds < 16 && wants_more(peer); rounds++) {
		uint8_t *room = queue_room(&peer->in, 16 << 10);
		ssize_t got = room ? transport_read(peer->transport, room, 16 << 10) : -ENOMEM;
		if (got == -EAGAIN)
			break;
		if (got <= 0) {
			peer_end(peer, got ? strerror((int)-got) : "closed by the other side");
			return;
		}
		queue_added(&peer->in, (size_t)got);
		digest(peer);
	}
	peer_flush(peer);
}

void peer_resume(struct peer *peer) {
	digest(peer);
	if (peer->phase != PEER_ENDED)
		watch(peer);
}

static void on_ready(uv_poll_t *poll, int status, int events) {
	struct peer *peer = poll->data;
	if (status < 0) {
		peer_end(peer, uv_strerror(status));
		return;
	}
	if (events & UV_DISCONNECT && !wants_more(peer)) {
		peer_end(peer, "closed by the other side");
		return;
	}
	run(peer);
	if (peer->phase == PEER_VIEWER)
		viewer_pump(peer->viewer);
}

static void watch(struct peer *peer) {
	if (peer->phase == PEER_ENDED)
		return;
	int events = 0;
	if (wants_more(peer))
		events |= UV_READABLE;
	if (queue_size(&peer->out) || transport_unsent(peer->transport))
		events |= UV_WRITABLE;
	if (!events)
		events = UV_DISCONNECT; /* so that its going away is seen all the same */
	if (events == peer->polled)
		return;
	peer->polled = events;
	uv_poll_start(&peer->poll, events, on_ready);
}

/* --- the beginning --- */

static void set_socket_options(int fd) {
	int yes = 1, timeout = 2 * PEER_STUCK_MS, unsent = 64 << 10;
	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
	setsockopt(fd, SOL_SOCKET, SO_KEEPALIVE, &yes, sizeof yes);
	setsockopt(fd, IPPROTO_TCP, TCP_USER_TIMEOUT, &timeout, sizeof timeout);
	/* what the network cannot take yet waits in our queue, where it can be counted */
	setsockopt(fd, IPPROTO_TCP, TCP_NOTSENT_LOWAT, &unsent, sizeof unsent);
}

static size_t count_viewers(const struct gateway *gateway, const struct limits_key *key) {
	size_t count = 0;
	for (const struct peer *peer = gateway->peers; peer; peer = peer->next)
		count += peer->phase == PEER_VIEWER && (!key || limits_same(&peer->key, key));
	return count;
}

static void prepare(struct peer *peer, struct handshake_options *options, bool exposed) {
	struct gateway *gateway = peer->gateway;
	struct reason reason;
	*options = (struct handshake_options){
		.passwords = passwords, .blocked = blocked, .context = peer, .offered = gateway->security};
	if (!gateway->security_given)
		security_list_default(exposed, gateway->password_file, &options->offered, &reason);
	const char *wait = blocked(peer);
	if (wait)
		snprintf(options->refusal, sizeof options->refusal, "%s", wait);
	else if (count_viewers(gateway, NULL) >= LIMITS_VIEWERS)
		snprintf(options->refusal, sizeof options->refusal, "too many viewers");
	else if (count_viewers(gateway, &peer->key) >= LIMITS_VIEWERS_PER_ADDRESS)
		snprintf(options->refusal, sizeof options->refusal, "too many viewers from this address");
}

static int open_handles(struct peer *peer) {
	int error = uv_poll_init(peer->gateway->loop, &peer->poll, peer->fd);
	if (error)
		return error;
	uv_timer_init(peer->gateway->loop, &peer->timer);
	uv_timer_init(peer->gateway->loop, &peer->soon);
	peer->poll.data = peer->timer.data = peer->soon.data = peer;
	peer->handles = 3;
	return 0;
}

int peer_create(struct gateway *gateway, int fd, bool exposed) {
	struct peer *peer = calloc(1, sizeof *peer);
	struct transport *transport = transport_plain(fd);
	int error = -ENOMEM;
	if (peer && transport) {
		peer->gateway = gateway;
		peer->fd = fd;
		peer->transport = transport;
		error = open_handles(peer);
	}
	if (error) {
		transport_destroy(transport);
		free(peer);
		close(fd);
		return error;
	}
	set_socket_options(fd);
	struct sockaddr_storage address = {0};
	socklen_t size = sizeof address;
	getpeername(fd, (struct sockaddr *)&address, &size);
	peer->key = limits_key((struct sockaddr *)&address);
	listener_peer_name(fd, peer->address, sizeof peer->address);
	peer->reading = true;
	peer->in.secret = peer->out.secret = true;
	peer->next = gateway->peers;
	if (peer->next)
		peer->next->previous = peer;
	gateway->peers = peer;
	struct handshake_options options;
	prepare(peer, &options, exposed);
	handshake_init(&peer->handshake, &options, &peer->out);
	uv_timer_start(&peer->timer, on_deadline, PEER_HANDSHAKE_MS, 0);
	peer_flush(peer);
	return 0;
}
