/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * peer: one connection from outside, from accept to close. It has a transport and the bytes that wait to be
 * read and sent, and it belongs to somebody else, its owner, who says what they mean: first to an
 * unauthenticated client (stranger.h), later to a viewer (viewer.h). The peer calls its owner by a table of
 * handlers.
 *
 * All functions must be called on the loop's thread.
 */
#ifndef ZEROVNC_PEER_H
#define ZEROVNC_PEER_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/queue.h>
#include <uv.h>

#include "server/loop.h"
#include "server/net/auth/handshake.h"
#include "server/net/auth/local_user.h"
#include "server/net/grace.h"
#include "server/net/limits.h"
#include "server/net/queue.h"
#include "server/net/refusals.h"
#include "server/net/transport/transport.h"

struct gateway;
struct listener_socket;
struct auth_plain_job;
struct tcp_way;

enum {
	PEER_SILENCE_MS = 25,        /* silence after which we assume a VNC viewer: it awaits our greeting */
	PEER_MAYBE_BROWSER_MS = 200, /* the same if browsers are expected; on long paths up to twice this */
	PEER_BROWSER_MS = 2000,      /* the same if one was just seen, or after TLS: browsers preconnect */
	PEER_BROWSER_SEEN_MS = 3000,
	PEER_LINGER_MS = 2000, /* for our last bytes to arrive */
	PEER_DEAD_MS = 30000,  /* without any acknowledgement for this long, the link is dead */
	/* A viewer or browser that takes less than PEER_STUCK_BYTES in PEER_STUCK_MS is disconnected. But it
	 * is given the time to read, at PEER_SLOWEST, all that it has taken so far: its kernel, and the
	 * kernels of programs in between (ssh -L, a proxy), may accept more only after that. */
	PEER_STUCK_MS = 15000,
	PEER_STUCK_BYTES = 1024,
	PEER_SLOWEST = 1,          /* bytes a millisecond */
	PEER_LUMP = 40 << 10,      /* bytes that a unix socket releases at once */
	PEER_PATIENCE_MS = 300000, /* the longest that we wait in any case */
	PEER_IN_MAX = 64 << 10,
	PEER_TURN_NS = 1000000,      /* for one peer in one turn of the loop; it goes on after the others */
	PEER_STRANGERS_NS = 2000000, /* for all unauthenticated clients; a step once begun is finished */
	PEER_GREEDY_NS = 1000000,    /* for all viewers that had more to say than they had time for */
};

enum peer_phase {
	PEER_FIRST_BYTES, /* not known yet which protocol it speaks */
	PEER_TLS,         /* the TLS handshake */
	PEER_HTTP,
	PEER_FILE,      /* a file is being sent to a browser */
	PEER_HANDSHAKE, /* the RFB handshake */
	PEER_HELD,      /* its proof waits for its turn (turns.h) */
	PEER_CHECKING,  /* the handshake waits for PAM */
	PEER_VIEWER,
	PEER_LINGER, /* our last bytes are being sent */
	PEER_ENDED,  /* will be destroyed from the loop */
};

/* What the owner does. All of it is called on the loop's thread, and not after peer_end() except for `end`.
 */
struct peer_handlers {
	bool authenticated; /* the owner is a viewer */
	/* Bytes came, or more can be done for another reason. Takes from `in` what it can use now. */
	void (*read)(void *context, struct queue *in);
	/* There may be room in peer_out(): fills it, and calls peer_linger() when nothing is left. NULL:
	 * never has anything to fill it with. */
	void (*fill)(void *context);
	/* The peer's turn ends: what could be sent was sent. NULL: nothing to do. */
	void (*flushed)(void *context);
	/* The client has sent nothing for a moment: see peer_wait_for_silence(). */
	void (*silent)(void *context);
	/* The deadline has passed: see peer_set_deadline(). */
	void (*late)(void *context);
	/* The peer is being destroyed, and its owner with it. */
	void (*end)(void *context);
};

struct peer {
	struct gateway *gateway;
	const struct peer_handlers *handlers;
	void *owner;           /* the handlers' context */
	LIST_ENTRY(peer) link; /* gateway::peers */
	int fd;
	struct transport *transport;
	enum peer_phase phase;
	uv_poll_t poll;
	uv_timer_t timer; /* the deadline; for a viewer or a file: checks that enough is taken */
	uv_timer_t soon;  /* calls from the loop: the end, silence, more to read */
	struct loop_closing closing;
	int polled;        /* events that `poll` waits for */
	bool farewell;     /* the transport's close_notify or Close frame was sent, if it has one */
	bool reading;      /* false: the viewer has to wait before more is read */
	bool greedy;       /* the viewer's last turn ended before all that it had sent was read */
	uint64_t turn_end; /* on uv_hrtime()'s clock */
	struct queue in, out;
	struct grace grace; /* deadlines until it is authenticated */
	bool seated;        /* new connections do not push it out; see gateway_room.c */
	struct handshake handshake;
	struct auth_plain_job *job;
	int file;        /* the file being sent; -1: none */
	bool exposed;    /* came in through a listener that other machines can reach */
	bool loopback;   /* came in by TCP through a listener that any user of this machine can reach */
	bool inside_tls; /* TLS came before RFB or HTTP */
	struct limits_key key;
	struct local_user user; /* the user who connected, as of that moment */
	char address[64];
	char who[160];        /* the address, and the user of this machine if known */
	char blocked[96];     /* why it has to wait */
	enum refusal refusal; /* the kind under which the log counts its refusal */
	uint64_t bytes_sent;
	int64_t taken;      /* bytes that it had taken when it last made PEER_STUCK_BYTES of progress */
	unsigned stuck_ms;  /* time since then */
	unsigned silent_ms; /* for this long it has acknowledged nothing of what it was sent */
};

/* Creates a peer, which owns the connected socket from then on. It does nothing before peer_hand_over() gives
 * it an owner, which must follow at once. Returns 0 or -errno; on an error the socket is closed. `by`: the
 * listener that it came in through, borrowed during the call. */
int peer_create(struct gateway *gateway, int fd, const struct listener_socket *by, struct peer **peer);

/* The peer belongs to this owner from now on. The handlers are borrowed and must outlive the peer. The owner
 * before, if there was one, is not told. */
void peer_hand_over(struct peer *peer, const struct peer_handlers *handlers, void *owner);

/* The owner, if these are its handlers; otherwise NULL. */
void *peer_owner(const struct peer *peer, const struct peer_handlers *handlers);

/* Whether its owner can still use it: it neither ended nor lingers before its end. */
bool peer_is_open(const struct peer *peer);

/* The bytes that wait to be sent. Add to them, then call peer_flush(). */
struct queue *peer_out(struct peer *peer);

/* Sends what can be sent of peer_out() now and arranges for the rest. Never calls back. */
void peer_flush(struct peer *peer);

/* Bytes that the socket has not taken yet: those in peer_out(), and the encrypted ones after it. */
size_t peer_queued(const struct peer *peer);

/* Handles the bytes that were read already and continues to read, now and from the loop. Call it after
 * something has changed for the peer. */
void peer_resume(struct peer *peer);

/* Whether the peer has used up its share of this turn of the loop. What else it has sent is left for the next
 * turn. */
bool peer_turn_over(const struct peer *peer);

/* Whether the owner wants to read more now; true at first. What comes while it does not waits in the kernel.
 * A change takes effect at the end of the peer's turn, with peer_flush() or with peer_resume(). */
bool peer_reads(const struct peer *peer);
void peer_set_reading(struct peer *peer, bool reading);

/* Calls `silent` if nothing comes for this long. */
void peer_wait_for_silence(struct peer *peer, unsigned ms);

/* Calls `late` at the deadline of the client's grace. */
void peer_set_deadline(struct peer *peer);

/* Sends what is in peer_out() before the connection closes. */
void peer_linger(struct peer *peer);

/* Ends the peer and logs the reason. The peer is destroyed later from the loop. May be called at any
 * point. */
void peer_end(struct peer *peer, const char *why);

/* Destroys the peer at once. Call it only while no callback of this peer runs. */
void peer_destroy(struct peer *peer);

/* TCP's own round trip, known from the first byte on, in microseconds. 0: unknown (not TCP). */
uint64_t peer_round_trip_us(const struct peer *peer);

/* What TCP knows about the path. Returns false if it is not TCP. */
bool peer_look(const struct peer *peer, struct tcp_way *way);

/* The bytes that were handed to the transport so far. */
uint64_t peer_bytes_sent(const struct peer *peer);

/* The address of the other side, for people. */
const char *peer_address(const struct peer *peer);

/* Whether it is not authenticated yet, as limits count it. */
bool peer_is_stranger(const struct peer *peer);

#endif
