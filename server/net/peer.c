/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "server/net/peer.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>
#include <unistd.h>

#include "capture/base/probe.h"
#include "server/log.h"
#include "server/loop.h"
#include "server/net/endpoint.h"
#include "server/net/peers.h"
#include "server/net/remote.h"
#include "server/net/socket.h"
#include "server/net/taking.h"
#include "server/net/tcp.h"
#include "server/net/turns.h"

enum { PIECE = 4 << 10, AGAIN_MS = 1 };

enum phase { OPEN, LINGERING, ENDED };

struct peer {
	struct peers *peers;
	LIST_ENTRY(peer) link; /* peers::list */
	const struct peer_handlers *handlers;
	void *owner;
	enum phase phase; /* ENDED: will be destroyed from the loop */
	struct remote remote;
	struct socket socket;
	struct turn turn;
	struct taking taking;
	uv_timer_t timer; /* checks whether enough is taken; while it lingers: the end */
	uv_timer_t soon;  /* calls from the loop: the end, more to read */
	struct loop_closing closing;
	uint64_t call; /* see peer_call() */
	bool reading;  /* false: the owner has to wait before more is read */
	bool layering; /* the owner reads from the transport itself */
	bool filling;  /* the owner has more to send than fits into the queue */
};

static void on_soon(uv_timer_t *timer);

/* --- what is known about it --- */

void peer_hand_over(struct peer *peer, const struct peer_handlers *handlers, void *owner) {
	peer->handlers = handlers;
	peer->owner = owner;
}

void *peer_owner(const struct peer *peer, const struct peer_handlers *handlers) {
	return peer->handlers == handlers ? peer->owner : NULL;
}

struct peer *peer_next(const struct peer *peer) {
	return LIST_NEXT(peer, link);
}

bool peer_is_open(const struct peer *peer) {
	return peer->phase == OPEN;
}

bool peer_has_ended(const struct peer *peer) {
	return peer->phase == ENDED;
}

struct queue *peer_out(struct peer *peer) {
	return &peer->socket.out.own;
}

int peer_lend(struct peer *peer, const struct loan *loan) {
	return outgoing_lend(&peer->socket.out, loan);
}

size_t peer_waiting(const struct peer *peer) {
	return outgoing_size(&peer->socket.out);
}

struct queue *peer_in(struct peer *peer) {
	return &peer->socket.in;
}

size_t peer_queued(const struct peer *peer) {
	return socket_queued(&peer->socket);
}

void peer_set_filling(struct peer *peer) {
	peer->filling = true;
}

bool peer_reads(const struct peer *peer) {
	return peer->reading;
}

void peer_set_reading(struct peer *peer, bool reading) {
	peer->reading = reading;
}

void peer_set_layering(struct peer *peer, bool layering) {
	peer->layering = layering;
}

bool peer_turn_over(const struct peer *peer) {
	return turn_is_over(&peer->turn);
}

struct transport *peer_transport(struct peer *peer) {
	return peer->socket.transport;
}

struct transport *peer_lift(struct peer *peer) {
	return socket_lift(&peer->socket);
}

void peer_put(struct peer *peer, struct transport *transport) {
	socket_put(&peer->socket, transport);
}

void peer_set_secret(struct peer *peer, bool secret) {
	socket_set_secret(&peer->socket, secret);
}

const struct remote *peer_remote(const struct peer *peer) {
	return &peer->remote;
}

void peer_set_call(struct peer *peer, uint64_t number) {
	peer->call = number;
}

uint64_t peer_call(const struct peer *peer) {
	return peer->call;
}

const char *peer_address(const struct peer *peer) {
	return peer->remote.address;
}

void peer_host(const struct peer *peer, char *text, size_t size) {
	endpoint_peer_host(peer->socket.fd, text, size);
}

void peer_reached_at(const struct peer *peer, struct sockaddr_storage *address) {
	socklen_t size = sizeof *address;
	*address = (struct sockaddr_storage){.ss_family = AF_UNSPEC};
	getsockname(peer->socket.fd, (struct sockaddr *)address, &size);
}

uint64_t peer_round_trip_us(const struct peer *peer) {
	struct tcp_way tcp;
	return peer_look(peer, &tcp) ? tcp.round_trip : 0;
}

bool peer_look(const struct peer *peer, struct tcp_way *way) {
	return tcp_look(peer->socket.fd, way);
}

uint64_t peer_bytes_sent(const struct peer *peer) {
	return peer->socket.bytes_sent;
}

/* --- the end --- */

static void closed(void *context) {
	struct peer *peer = context;
	socket_finish(&peer->socket);
	free(peer);
}

void peer_destroy(struct peer *peer) {
	struct peers *peers = peer->peers;
	peer->phase = ENDED;
	peer->handlers->end(peer->owner);
	LIST_REMOVE(peer, link);
	socket_close(&peer->socket);
	loop_close(&peer->closing, closed, peer, LOOP_HANDLES(&peer->socket.poll, &peer->timer, &peer->soon));
	peers->gone(peers->context);
}

void peer_end(struct peer *peer, const char *why) {
	if (peer->phase == ENDED)
		return;
	if (peer->handlers->leaves)
		peer->handlers->leaves(peer->owner, why);
	else
		log_debug("%s: %s", peer->remote.address, why);
	peer->phase = ENDED;
	socket_watch(&peer->socket, 0);
	uv_timer_stop(&peer->timer);
	uv_timer_start(&peer->soon, on_soon, 0, 0);
}

static void on_linger_over(uv_timer_t *timer) {
	peer_end(timer->data, "closed");
}

/* What is in the queue is sent before the connection closes, and what still comes is read and dropped: if we
 * closed with unread bytes, the kernel would discard our last bytes. */
void peer_linger(struct peer *peer) {
	peer->phase = LINGERING;
	peer->reading = true;
	peer->layering = peer->filling = false;
	uv_timer_start(&peer->timer, on_linger_over, PEER_LINGER_MS, 0);
}

/* --- sending --- */

static void watch(struct peer *peer);

static void on_look(uv_timer_t *timer) {
	struct peer *peer = timer->data;
	if (!peer->filling && taking_is_done(&peer->socket)) {
		uv_timer_stop(timer);
		return;
	}
	const char *why = taking_look(&peer->taking, &peer->socket);
	if (why)
		peer_end(peer, why);
}

/* Checks the peer from the moment that anything is sent until its kernel has taken all of it. What clients
 * are sent before they are viewers is little, and they have deadlines. */
static void watch_taking(struct peer *peer) {
	bool watched = peer->phase == OPEN && (peer->handlers->leaves || peer->filling);
	if (!watched || uv_is_active((uv_handle_t *)&peer->timer))
		return;
	taking_begin(&peer->taking, &peer->socket);
	uv_timer_start(&peer->timer, on_look, TAKING_LOOK_MS, TAKING_LOOK_MS);
}

void peer_flush(struct peer *peer) {
	if (peer->phase == ENDED || !peer->socket.transport)
		return;
	bool any = peer_queued(peer) > 0;
	uint64_t sent = peer->socket.bytes_sent;
	int error = socket_flush(&peer->socket);
	sent = peer->socket.bytes_sent - sent;
	if (sent)
		PROBE3(send, peer->remote.address, sent, peer_queued(peer));
	if (error && error != -EAGAIN) {
		peer_end(peer, strerror(-error));
		return;
	}
	if (any || peer->filling)
		watch_taking(peer);
	if (peer->phase == LINGERING && !peer_queued(peer))
		socket_take_leave(&peer->socket);
	if (peer->phase == LINGERING && !peer_queued(peer))
		shutdown(peer->socket.fd, SHUT_WR);
	watch(peer);
}

/* --- reading --- */

static void digest(struct peer *peer) {
	const struct peer_handlers *handlers = NULL;
	while (handlers != peer->handlers && peer->phase == OPEN) { /* a new owner goes on with the rest */
		handlers = peer->handlers;
		handlers->read(peer->owner, &peer->socket.in);
	}
	if (peer->phase == LINGERING)
		queue_take(&peer->socket.in, queue_size(&peer->socket.in));
}

static bool wants_more(const struct peer *peer) {
	return peer->phase != ENDED && peer->reading && queue_size(&peer->socket.in) < PEER_IN_MAX;
}

/* Returns the bytes read; 0 if there is nothing more to read now. */
static size_t read_piece(struct peer *peer) {
	ssize_t got = socket_read(&peer->socket, PIECE);
	if (got == -EAGAIN)
		return 0;
	if (got <= 0)
		peer_end(peer, got ? strerror((int)-got) : "closed by the other side");
	return got > 0 ? (size_t)got : 0;
}

/* Returns false if there is nothing more to read now. */
static bool read_more(struct peer *peer) {
	if (!wants_more(peer) || peer->layering)
		return false;
	size_t got = read_piece(peer);
	if (got)
		digest(peer);
	/* A bare socket that returned fewer bytes than there was room for has no more, and reports when it
	 * has. */
	return got == PIECE || (got && socket_is_layered(&peer->socket));
}

/* The turn of an unauthenticated client may be over after its key exchange. It still reads once. */
static void read_on(struct peer *peer) {
	bool viewer = peer->handlers->leaves;
	if (viewer)
		digest(peer); /* what the previous turn left */
	bool more = viewer && peer_turn_over(peer);
	if (!more)
		do
			more = read_more(peer);
		while (more && !peer_turn_over(peer));
	bool rest = more || queue_size(&peer->socket.in);
	turn_end(&peer->turn, viewer && wants_more(peer) && rest && peer_turn_over(peer));
	if (peer->turn.greedy) /* later than those that were refused in this turn, and so after them */
		uv_timer_start(&peer->soon, on_soon, 2 * AGAIN_MS, 0);
	else if (more && wants_more(peer))
		uv_timer_start(&peer->soon, on_soon, AGAIN_MS, 0);
}

/* A peer that always has more to say must let others have their turn. It continues after them. Waiting for
 * the socket would not do, because layers may hold bytes that the socket does not know of. Nor would a timer
 * of 0 ms, which the loop runs again before it looks at anybody else. */
static void run(void *context) {
	struct peer *peer = context;
	turn_begin(&peer->turn, PEER_TURN_NS);
	if (peer->layering)
		peer->handlers->read(peer->owner, &peer->socket.in);
	read_on(peer);
	if (peer->filling && peer->phase == OPEN)
		peer->handlers->fill(peer->owner);
	peer_flush(peer);
	if (peer->phase == OPEN && peer->handlers->flushed)
		peer->handlers->flushed(peer->owner);
}

static enum turns_share share_of(const struct peer *peer) {
	if (!peer->handlers->leaves)
		return TURNS_UNAUTHENTICATED;
	return peer->turn.greedy ? TURNS_GREEDY : TURNS_OWN;
}

bool peer_take_turn(struct peer *peer) {
	struct turns *turns = &peer->peers->turns;
	enum turns_share share = share_of(peer);
	if (!turns_left(turns, share))
		return false;
	turns_run(turns, share, run, peer);
	return true;
}

static void on_soon(uv_timer_t *timer) {
	struct peer *peer = timer->data;
	if (peer->phase == ENDED)
		peer_destroy(peer);
	else if (!peer_take_turn(peer))
		uv_timer_start(&peer->soon, on_soon, AGAIN_MS, 0);
}

void peer_resume(struct peer *peer) {
	turn_begin(&peer->turn, PEER_TURN_NS);
	digest(peer);
	if (peer->phase == ENDED)
		return;
	uv_timer_start(&peer->soon, on_soon, AGAIN_MS, 0);
	watch(peer);
}

static void on_ready(uv_poll_t *poll, int status, int events) {
	struct peer *peer = poll->data;
	bool broke = status == UV_EBADF; /* this is how libuv reports POLLERR */
	if (status < 0)
		peer_end(peer, broke ? "the connection broke" : uv_strerror(status));
	else if (events & UV_DISCONNECT && !wants_more(peer))
		peer_end(peer, "closed by the other side");
	else
		peer_take_turn(peer); /* otherwise the socket will still be ready in the next turn */
}

/* If there is nothing to wait for, a timer says when a greedy peer may continue. */
static void watch(struct peer *peer) {
	if (peer->phase == ENDED || !peer->socket.transport)
		return;
	int events = 0;
	if (wants_more(peer) && !peer->turn.greedy)
		events |= UV_READABLE;
	if (peer_queued(peer) || peer->filling)
		events |= UV_WRITABLE;
	if (!events && !peer->turn.greedy)
		events = UV_DISCONNECT; /* so that we still notice if it disconnects */
	socket_watch(&peer->socket, events);
}

/* --- the beginning --- */

static void start_timers(struct peer *peer) {
	uv_timer_init(peer->peers->loop, &peer->timer);
	uv_timer_init(peer->peers->loop, &peer->soon);
	peer->timer.data = peer->soon.data = peer;
}

static void drop(void *owner, struct queue *in) {
	(void)owner;
	queue_take(in, queue_size(in));
}

static void end_nobody(void *owner) {
	(void)owner;
}

static const struct peer_handlers nobody = {.read = drop, .end = end_nobody};

int peer_create(struct peers *peers, int fd, const struct listener_socket *by, struct peer **result) {
	struct peer *peer = calloc(1, sizeof *peer);
	int error = peer ? socket_open(&peer->socket, peers->loop, fd, on_ready, peer) : -ENOMEM;
	if (error) {
		free(peer);
		close(fd);
		return error;
	}
	peer->peers = peers;
	peer->handlers = &nobody;
	peer->reading = true;
	start_timers(peer);
	remote_find(&peer->remote, fd, by, peers->local_users);
	LIST_INSERT_HEAD(&peers->list, peer, link);
	watch(peer);
	*result = peer;
	return 0;
}
