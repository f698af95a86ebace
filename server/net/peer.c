/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "server/net/peer.h"

#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "server/log.h"
#include "server/net/auth/local_user.h"
#include "server/net/auth/local_users.h"
#include "server/net/gateway_state.h"
#include "server/net/tcp.h"

enum { PIECE = 4 << 10, AGAIN_MS = 1, LOOK_MS = 3000 };

static void on_soon(uv_timer_t *timer);

bool peer_is_stranger(const struct peer *peer) {
	return peer->phase != PEER_VIEWER && peer->phase != PEER_ENDED;
}

void peer_hand_over(struct peer *peer, const struct peer_handlers *handlers, void *owner) {
	peer->handlers = handlers;
	peer->owner = owner;
}

void *peer_owner(const struct peer *peer, const struct peer_handlers *handlers) {
	return peer->handlers == handlers ? peer->owner : NULL;
}

bool peer_is_open(const struct peer *peer) {
	return peer->phase != PEER_LINGER && peer->phase != PEER_ENDED;
}

struct queue *peer_out(struct peer *peer) {
	return &peer->out;
}

bool peer_reads(const struct peer *peer) {
	return peer->reading;
}

void peer_set_reading(struct peer *peer, bool reading) {
	peer->reading = reading;
}

uint64_t peer_bytes_sent(const struct peer *peer) {
	return peer->bytes_sent;
}

const char *peer_address(const struct peer *peer) {
	return peer->address;
}

bool peer_look(const struct peer *peer, struct tcp_way *way) {
	return tcp_look(peer->fd, way);
}

uint64_t peer_round_trip_us(const struct peer *peer) {
	struct tcp_way tcp;
	return tcp_look(peer->fd, &tcp) ? tcp.round_trip : 0;
}

/* --- the end --- */

static void closed(void *owner) {
	struct peer *peer = owner;
	close(peer->fd);
	queue_finish(&peer->in);
	queue_finish(&peer->out);
	free(peer);
}

void peer_destroy(struct peer *peer) {
	peer->phase = PEER_ENDED;
	peer->handlers->end(peer->owner);
	LIST_REMOVE(peer, link);
	if (!peer->farewell)
		transport_close(peer->transport);
	transport_destroy(peer->transport);
	shutdown(peer->fd, SHUT_RDWR);
	loop_close(&peer->closing, closed, peer, LOOP_HANDLES(&peer->poll, &peer->timer, &peer->soon));
	gateway_check_over(peer->gateway);
}

void peer_end(struct peer *peer, const char *why) {
	if (peer->phase == PEER_ENDED)
		return;
	if (peer->handlers->authenticated)
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

/* What is in `out` is sent before the connection closes, and what still comes is read and dropped: if we
 * closed with unread bytes, the kernel would discard our last bytes. */
void peer_linger(struct peer *peer) {
	peer->phase = PEER_LINGER;
	uv_timer_start(&peer->timer, on_linger_over, PEER_LINGER_MS, 0);
}

static void on_deadline(uv_timer_t *timer) {
	struct peer *peer = timer->data;
	peer->handlers->late(peer->owner);
	peer_flush(peer);
}

void peer_set_deadline(struct peer *peer) {
	uint64_t until = grace_until(&peer->grace), now = uv_now(peer->gateway->loop);
	uv_timer_start(&peer->timer, on_deadline, until > now ? until - now : 0, 0);
}

/* --- sending --- */

static void watch(struct peer *peer);

/* The bytes that the peer has read in all, as far as we can see: those that its kernel has taken, minus those
 * that a process on this machine has not read yet. Use it for comparisons only, since layers add bytes of
 * their own. That our own kernel accepts more bytes says less: it takes dozens of kilobytes at once, which
 * may be half a minute's worth. */
static int64_t taken(const struct peer *peer) {
	int64_t unread = local_user_unread(peer->fd);
	return (int64_t)peer->bytes_sent - (int64_t)transport_unsent(peer->transport) -
	       (int64_t)tcp_under_way(peer->fd) - (unread > 0 ? unread : 0);
}

static int64_t patience(const struct peer *peer, bool is_tcp) {
	int64_t taken = peer->taken > 0 ? peer->taken : 0;
	int64_t ms = PEER_STUCK_MS + (taken + (is_tcp ? 0 : PEER_LUMP)) / PEER_SLOWEST;
	return ms < PEER_PATIENCE_MS ? ms : PEER_PATIENCE_MS;
}

/* Whether nothing that it was sent, or asked by a probe, is acknowledged. */
static bool is_silent(const struct tcp_way *way) {
	bool awaited = way->under_way > way->unsent || way->probes > 1;
	return awaited && way->silence >= LOOK_MS * 1000;
}

static bool is_stuck(struct peer *peer, bool is_tcp) {
	int64_t now = taken(peer);
	bool some = now - peer->taken >= PEER_STUCK_BYTES;
	peer->stuck_ms = some ? 0 : peer->stuck_ms + LOOK_MS;
	if (some)
		peer->taken = now;
	return peer->stuck_ms >= patience(peer, is_tcp);
}

/* A silent link says nothing about how its viewer reads. The kernel can be told to end such a link
 * (TCP_USER_TIMEOUT), but then it also ends one whose other side answers and only has no room for more. */
static void on_look(uv_timer_t *timer) {
	struct peer *peer = timer->data;
	struct tcp_way way = {0};
	bool is_tcp = tcp_look(peer->fd, &way), silent = is_silent(&way);
	peer->silent_ms = silent ? peer->silent_ms + LOOK_MS : 0;
	if (peer->phase == PEER_VIEWER && !peer_queued(peer) && !tcp_under_way(peer->fd))
		uv_timer_stop(timer); /* the rest of a file is still to come */
	else if (peer->silent_ms >= PEER_DEAD_MS)
		peer_end(peer, "the connection broke: nothing that it was sent is acknowledged");
	else if (!silent && is_stuck(peer, is_tcp))
		peer_end(peer, "it has read nothing, or next to nothing, for too long");
}

/* Checks the peer from the moment that anything is sent until its kernel has taken all of it. */
static void watch_taking(struct peer *peer) {
	if ((peer->phase != PEER_VIEWER && peer->phase != PEER_FILE) ||
		uv_is_active((uv_handle_t *)&peer->timer))
		return;
	peer->taken = taken(peer);
	peer->stuck_ms = peer->silent_ms = 0;
	uv_timer_start(&peer->timer, on_look, LOOK_MS, LOOK_MS);
}

size_t peer_queued(const struct peer *peer) {
	return queue_size(&peer->out) + transport_unsent(peer->transport);
}

void peer_flush(struct peer *peer) {
	if (peer->phase == PEER_ENDED || !peer->transport)
		return;
	bool any = peer_queued(peer) > 0;
	int error = transport_flush(peer->transport);
	while (!error && queue_size(&peer->out)) {
		ssize_t sent =
			transport_write(peer->transport, queue_bytes(&peer->out), queue_size(&peer->out));
		if (sent > 0) {
			queue_take(&peer->out, (size_t)sent);
			peer->bytes_sent += (uint64_t)sent;
		} else {
			error = sent ? (int)sent : -EPIPE;
		}
	}
	if (error && error != -EAGAIN) {
		peer_end(peer, strerror(-error));
		return;
	}
	bool waiting = peer_queued(peer) > 0;
	if (any || peer->phase == PEER_FILE)
		watch_taking(peer);
	if (peer->phase == PEER_LINGER && !waiting && !peer->farewell) {
		peer->farewell = true;
		transport_close(peer->transport);
		waiting = peer_queued(peer) > 0;
	}
	if (peer->phase == PEER_LINGER && !waiting)
		shutdown(peer->fd, SHUT_WR);
	watch(peer);
}

/* --- reading --- */

static void digest(struct peer *peer) {
	const struct peer_handlers *handlers = NULL;
	while (handlers != peer->handlers &&
		peer->phase != PEER_ENDED) { /* a new owner goes on with the rest */
		handlers = peer->handlers;
		handlers->read(peer->owner, &peer->in);
	}
	if (peer->phase == PEER_LINGER)
		queue_take(&peer->in, queue_size(&peer->in));
}

static bool wants_more(const struct peer *peer) {
	bool waits = peer->phase == PEER_HELD || peer->phase == PEER_CHECKING;
	return peer->phase != PEER_ENDED && !waits && peer->reading && queue_size(&peer->in) < PEER_IN_MAX;
}

bool peer_turn_over(const struct peer *peer) {
	return uv_hrtime() > peer->turn_end;
}

static void begin_turn(struct peer *peer) {
	peer->turn_end = uv_hrtime() + PEER_TURN_NS;
}

/* Returns the bytes read; 0 if there is nothing more to read now. */
static size_t read_piece(struct peer *peer) {
	uint8_t *room = queue_room(&peer->in, PIECE);
	ssize_t got = room ? transport_read(peer->transport, room, PIECE) : -ENOMEM;
	if (got == -EAGAIN)
		return 0;
	if (got <= 0) {
		peer_end(peer, got ? strerror((int)-got) : "closed by the other side");
		return 0;
	}
	queue_added(&peer->in, (size_t)got);
	return (size_t)got;
}

/* Key exchanges of unauthenticated clients take milliseconds each, and there may be hundreds of them at once.
 * Viewers that never stop sending may be dozens. To keep others from waiting for all of them, each of the two
 * kinds has one common share of a turn of the loop, and the rest waits for the next turn. Returns NULL if
 * what this peer does counts towards neither. */
static uint64_t *spent_in_common(const struct peer *peer) {
	struct gateway *gateway = peer->gateway;
	if (gateway->turn != uv_now(gateway->loop)) {
		gateway->turn = uv_now(gateway->loop); /* this clock stands still during a turn */
		gateway->spent_by_strangers = gateway->spent_by_greedy = 0;
	}
	if (peer_is_stranger(peer))
		return &gateway->spent_by_strangers;
	return peer->greedy ? &gateway->spent_by_greedy : NULL;
}

static bool has_turn(const struct peer *peer) {
	const uint64_t *spent = spent_in_common(peer);
	return !spent || *spent < (peer->greedy ? PEER_GREEDY_NS : PEER_STRANGERS_NS);
}

static void run(struct peer *peer);

static void run_in_turn(struct peer *peer) {
	uint64_t *spent = spent_in_common(peer);
	uint64_t begin = spent ? uv_hrtime() : 0;
	run(peer);
	if (spent)
		*spent += uv_hrtime() - begin;
}

/* Returns false if there is nothing more to read now. */
static bool read_more(struct peer *peer) {
	if (!wants_more(peer) || peer->phase == PEER_TLS)
		return false;
	size_t got = read_piece(peer);
	if (got)
		digest(peer);
	/* A bare socket that returned fewer bytes than there was room for has no more, and reports when it
	 * has. */
	return got == PIECE || (got && peer->transport && peer->transport->below);
}

/* The turn of an unauthenticated client may be over after its key exchange. It still reads once, and no timer
 * makes it continue without need, because in PEER_FIRST_BYTES that timer means silence, and silence decides
 * which protocol it speaks. */
static void read_on(struct peer *peer) {
	bool viewer = peer->phase == PEER_VIEWER;
	if (viewer)
		digest(peer); /* what the previous turn left */
	bool more = viewer && peer_turn_over(peer);
	if (!more)
		do
			more = read_more(peer);
		while (more && !peer_turn_over(peer));
	peer->greedy = viewer && wants_more(peer) && (more || queue_size(&peer->in)) && peer_turn_over(peer);
	if (peer->greedy) /* later than those that were refused in this turn, and so after them */
		uv_timer_start(&peer->soon, on_soon, 2 * AGAIN_MS, 0);
	else if (more && wants_more(peer))
		uv_timer_start(&peer->soon, on_soon, AGAIN_MS, 0);
}

/* A peer that always has more to say must let others have their turn. It continues after them. Waiting for
 * the socket would not do, because layers may hold bytes that the socket does not know of. Nor would a timer
 * of 0 ms, which the loop runs again before it looks at anybody else. */
static void run(struct peer *peer) {
	begin_turn(peer);
	if (peer->phase == PEER_TLS)
		peer->handlers->read(peer->owner, &peer->in);
	read_on(peer);
	if (peer->phase == PEER_FILE)
		peer->handlers->fill(peer->owner);
	peer_flush(peer);
	if (peer_is_open(peer) && peer->handlers->flushed)
		peer->handlers->flushed(peer->owner);
}

static void on_soon(uv_timer_t *timer) {
	struct peer *peer = timer->data;
	if (peer->phase == PEER_ENDED) {
		peer_destroy(peer);
		return;
	}
	if (!has_turn(peer)) {
		uv_timer_start(&peer->soon, on_soon, AGAIN_MS, 0);
		return;
	}
	/* The loop runs timers before it looks at sockets. If the loop itself was delayed, bytes that came
	 * meanwhile may be waiting unread. */
	bool first = peer->phase == PEER_FIRST_BYTES;
	run_in_turn(peer);
	if (first && peer->phase == PEER_FIRST_BYTES) {
		peer->handlers->silent(peer->owner);
		peer_flush(peer);
	}
}

void peer_wait_for_silence(struct peer *peer, unsigned ms) {
	uv_timer_start(&peer->soon, on_soon, ms, 0);
}

void peer_resume(struct peer *peer) {
	begin_turn(peer);
	digest(peer);
	if (peer->phase == PEER_ENDED)
		return;
	uv_timer_start(&peer->soon, on_soon, AGAIN_MS, 0);
	watch(peer);
}

static void on_ready(uv_poll_t *poll, int status, int events) {
	struct peer *peer = poll->data;
	if (status < 0)
		peer_end(peer, status == UV_EBADF ? "the connection broke"
						  : uv_strerror(status)); /* how libuv reports POLLERR */
	else if (events & UV_DISCONNECT && !wants_more(peer))
		peer_end(peer, "closed by the other side");
	else if (has_turn(peer))
		run_in_turn(peer); /* otherwise the socket will still be ready in the next turn */
}

static void watch(struct peer *peer) {
	if (peer->phase == PEER_ENDED || !peer->transport)
		return;
	int events = 0;
	if (wants_more(peer) && !peer->greedy)
		events |= UV_READABLE;
	if (peer_queued(peer) || peer->phase == PEER_FILE)
		events |= UV_WRITABLE;
	if (!events && !peer->greedy)
		events = UV_DISCONNECT; /* so that we still notice if it disconnects */
	if (events == peer->polled)
		return;
	peer->polled = events;
	if (events)
		uv_poll_start(&peer->poll, events, on_ready);
	else
		uv_poll_stop(&peer->poll); /* a timer says when it may continue */
}

/* --- the beginning --- */

static void set_socket_options(int fd) {
	int yes = 1, unsent = 64 << 10, silence = 10, pause = 5, probes = 4; /* s; PEER_DEAD_MS in all */
	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
	setsockopt(fd, SOL_SOCKET, SO_KEEPALIVE, &yes, sizeof yes);
	/* a viewer behind a dead link sends nothing and is sent nothing, and the keys that it holds must not
	 * stay pressed for hours */
	setsockopt(fd, IPPROTO_TCP, TCP_KEEPIDLE, &silence, sizeof silence);
	setsockopt(fd, IPPROTO_TCP, TCP_KEEPINTVL, &pause, sizeof pause);
	setsockopt(fd, IPPROTO_TCP, TCP_KEEPCNT, &probes, sizeof probes);
	/* bytes that the network cannot take yet wait in our queue, where they can be counted */
	setsockopt(fd, IPPROTO_TCP, TCP_NOTSENT_LOWAT, &unsent, sizeof unsent);
}

/* Look this up at once: a client that sends something and disconnects must not be taken for another user
 * later. */
static void find_user(struct peer *peer) {
	struct reason reason;
	int error = local_user_find(peer->fd, &peer->user, &reason);
	if (error == -EOPNOTSUPP)
		local_users_cannot_tell(peer->gateway->local_users, peer->address, &reason);
	if (error)
		log_debug("%s: its user is not known: %s", peer->address, reason.text);
}

static void find_name(struct peer *peer) {
	char user[80];
	listener_peer_name(peer->fd, peer->address, sizeof peer->address);
	find_user(peer);
	local_users_describe(peer->gateway->local_users, &peer->user, user, sizeof user);
	snprintf(peer->who, sizeof peer->who, "%s%s%s%s", peer->address, user[0] ? " (" : "", user,
		user[0] ? ")" : "");
}

/* A connection from our own address counts for the user who made it, if the kernel tells who that is. */
static struct limits_key place_of(const struct peer *peer) {
	struct sockaddr_storage here = {0}, there = {0};
	socklen_t here_size = sizeof here, there_size = sizeof there;
	getsockname(peer->fd, (struct sockaddr *)&here, &here_size);
	getpeername(peer->fd, (struct sockaddr *)&there, &there_size);
	struct limits_key ours = limits_key((struct sockaddr *)&here);
	struct limits_key theirs = limits_key((struct sockaddr *)&there);
	bool is_user = peer->user.known && limits_same(&ours, &theirs);
	return is_user ? limits_key_of_user(peer->user.uid) : theirs;
}

static int open_handles(struct peer *peer) {
	int error = uv_poll_init(peer->gateway->loop, &peer->poll, peer->fd);
	if (error)
		return error;
	uv_timer_init(peer->gateway->loop, &peer->timer);
	uv_timer_init(peer->gateway->loop, &peer->soon);
	peer->poll.data = peer->timer.data = peer->soon.data = peer;
	return 0;
}

int peer_create(struct gateway *gateway, int fd, const struct listener_socket *by, struct peer **result) {
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
	find_name(peer);
	peer->key = place_of(peer);
	peer->reading = true;
	peer->in.secret = peer->out.secret = true;
	LIST_INSERT_HEAD(&gateway->peers, peer, link);
	peer->exposed = by->exposed;
	peer->loopback = by->loopback;
	watch(peer);
	*result = peer;
	return 0;
}
