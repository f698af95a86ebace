/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * peer: one connection from outside, from accept to close: a socket (socket.h) that has its turns (turns.h)
 * and is watched for whether it takes what it is sent (taking.h). It belongs to somebody else, its owner, who
 * says what the bytes mean: first to an unauthenticated client (login/login.h), later to a viewer
 * (viewer/viewer.h). The peer calls its owner by a table of handlers.
 *
 * All functions must be called on the loop's thread.
 */
#ifndef ZEROVNC_PEER_H
#define ZEROVNC_PEER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>

struct listener_socket;
struct loan;
struct peer;
struct peers;
struct queue;
struct remote;
struct tcp_way;
struct transport;

enum {
	PEER_LINGER_MS = 2000, /* for our last bytes to arrive */
	PEER_IN_MAX = 64 << 10,
	PEER_TURN_NS = 1000000, /* for one peer in one turn of the loop; it goes on after the others */
};

/* What the owner does. Nothing but `end` is called after peer_linger() or peer_end(). */
struct peer_handlers {
	/* The owner is a viewer, and peer_end() was called: tells the log why. NULL: it is none, and not
	 * authenticated yet. */
	void (*leaves)(void *owner, const char *why);
	/* Bytes came, or more can be done for another reason. Takes from `in` what it can use now. */
	void (*read)(void *owner, struct queue *in);
	/* See peer_set_filling(). NULL if that is never called. */
	void (*fill)(void *owner);
	/* The peer's turn ends: what could be sent was sent. NULL: nothing to do. */
	void (*flushed)(void *owner);
	/* The peer is being destroyed, and its owner with it. */
	void (*end)(void *owner);
};

/* Creates a peer, which owns the connected socket from then on. It has no owner before
 * peer_hand_over(), and drops what it reads.
 * Returns 0 or -errno; on an error the socket is closed. `by`: the listener that it came in through, borrowed
 * during the call. */
int peer_create(struct peers *peers, int fd, const struct listener_socket *by, struct peer **peer);

/* The peer belongs to this owner from now on. The handlers are borrowed and must outlive the peer. An owner
 * before it is not told. */
void peer_hand_over(struct peer *peer, const struct peer_handlers *handlers, void *owner);

/* The owner, if these are its handlers; otherwise NULL. */
void *peer_owner(const struct peer *peer, const struct peer_handlers *handlers);

/* The next older peer, or NULL. */
struct peer *peer_next(const struct peer *peer);

/* --- the end --- */

/* Whether its owner can still use it: it neither lingers nor has ended. */
bool peer_is_open(const struct peer *peer);

/* Whether peer_end() was called. */
bool peer_has_ended(const struct peer *peer);

/* Sends what is in peer_out() before the connection closes. */
void peer_linger(struct peer *peer);

/* Ends the peer, and the log is told the reason. The peer is destroyed later from the loop. May be called at
 * any point. */
void peer_end(struct peer *peer, const char *why);

/* Destroys the peer at once. Call it only while no callback of this peer runs. */
void peer_destroy(struct peer *peer);

/* --- sending --- */

/* The bytes that wait to be sent. Add to them, then call peer_flush(). */
struct queue *peer_out(struct peer *peer);

/* Has lent bytes sent behind those that wait, and given back then, or when the peer is destroyed. Call
 * peer_flush() afterwards. Returns 0, or -ENOMEM and the loan is the caller's. */
int peer_lend(struct peer *peer, const struct loan *loan);

/* Bytes that wait to be sent: those in peer_out(), and those that were lent. */
size_t peer_waiting(const struct peer *peer);

/* Sends what can be sent of what waits now and arranges for the rest. Never calls back. */
void peer_flush(struct peer *peer);

/* Bytes that the socket has not taken yet: those that wait, and the encrypted ones after them. */
size_t peer_queued(const struct peer *peer);

/* The owner has more to send than fits into peer_out(): from now on `fill` is called whenever there may be
 * room, until it calls peer_linger(). */
void peer_set_filling(struct peer *peer);

/* --- reading --- */

/* The bytes that were read. */
struct queue *peer_in(struct peer *peer);

/* Whether the owner wants to read more now; true at first. What comes while it does not waits in the kernel.
 * A change takes effect at the end of the peer's turn, with peer_flush() or with peer_resume(). */
bool peer_reads(const struct peer *peer);
void peer_set_reading(struct peer *peer, bool reading);

/* While a layer of the transport is being set up, its owner reads from it: `read` is called in each turn, and
 * the peer itself reads nothing. */
void peer_set_layering(struct peer *peer, bool layering);

/* Handles the bytes that were read already and continues to read, now and from the loop. Call it after
 * something has changed for the peer. */
void peer_resume(struct peer *peer);

/* Gives the peer a turn: reads what has come, and handles it. Returns false if it must wait for the next turn
 * of the loop, because peers like it have used up this one. */
bool peer_take_turn(struct peer *peer);

/* Whether the peer has used up its share of this turn of the loop. What else it has sent is left for the next
 * turn. */
bool peer_turn_over(const struct peer *peer);

/* --- the transport --- */

/* See socket.h. */
struct transport *peer_transport(struct peer *peer);
struct transport *peer_lift(struct peer *peer);
void peer_put(struct peer *peer, struct transport *transport);
void peer_set_secret(struct peer *peer, bool secret);

/* --- what is known about it --- */

const struct remote *peer_remote(const struct peer *peer);

/* The number of the call (reverse/calls.h) by which the connection was made; 0: it came in. */
void peer_set_call(struct peer *peer, uint64_t number);
uint64_t peer_call(const struct peer *peer);

/* The address of the other side, for people. */
const char *peer_address(const struct peer *peer);

/* The same without the port, as endpoint_peer_host() writes it. */
void peer_host(const struct peer *peer, char *text, size_t size);

/* The address of ours that the other side connected to. */
void peer_reached_at(const struct peer *peer, struct sockaddr_storage *address);

/* TCP's own round trip, known from the first byte on, in microseconds. 0: unknown (not TCP). */
uint64_t peer_round_trip_us(const struct peer *peer);

/* What TCP knows about the path. Returns false if it is not TCP. */
bool peer_look(const struct peer *peer, struct tcp_way *way);

/* The bytes that were handed to the transport so far. */
uint64_t peer_bytes_sent(const struct peer *peer);

#endif
