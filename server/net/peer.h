/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * peer: one connection from outside, from accept to close: its transport, what waits to be read and sent,
 * the handshake with its deadlines, then the viewer on top (viewer.h).
 */
#ifndef ZEROVNC_PEER_H
#define ZEROVNC_PEER_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/queue.h>
#include <uv.h>

#include "server/loop.h"
#include "server/net/grace.h"
#include "server/net/handshake.h"
#include "server/net/limits.h"
#include "server/net/local_user.h"
#include "server/net/queue.h"
#include "server/net/refusals.h"
#include "server/net/transport.h"

struct gateway;
struct gateway_viewer;
struct listener_socket;
struct auth_plain_job;

enum {
	PEER_SILENCE_MS = 25,        /* so long nothing: it waits for RFB's greeting */
	PEER_MAYBE_BROWSER_MS = 200, /* the same where browsers are expected; for a long way up to twice */
	PEER_BROWSER_MS = 2000,      /* and where one was just seen: they keep connections in store */
	PEER_BROWSER_SEEN_MS = 3000,
	PEER_LINGER_MS = 2000, /* for last words to arrive */
	PEER_DEAD_MS = 30000,  /* so long nothing is acknowledged: the link is dead */
	/* A viewer or browser that takes less than PEER_STUCK_BYTES in PEER_STUCK_MS is let go, but not
	 * before it can have read at PEER_SLOWEST all that it has taken: its kernel, and those of a program
	 * between (ssh -L, a proxy), may take more only then. */
	PEER_STUCK_MS = 15000,
	PEER_STUCK_BYTES = 1024,
	PEER_SLOWEST = 1,          /* bytes a millisecond */
	PEER_LUMP = 40 << 10,      /* bytes that a unix socket parts with at once */
	PEER_PATIENCE_MS = 300000, /* in no case longer */
	PEER_IN_MAX = 64 << 10,
	PEER_TURN_NS = 1000000,      /* of one turn of the loop, for one peer; it goes on after the others */
	PEER_STRANGERS_NS = 2000000, /* the same for all strangers; what one has begun goes on to its end */
	PEER_GREEDY_NS = 1000000,    /* and for all viewers that had more to say than they had time for */
};

enum peer_phase {
	PEER_FIRST_BYTES, /* nobody knows yet what it speaks */
	PEER_TLS,         /* TLS's handshake */
	PEER_HTTP,
	PEER_FILE,      /* a file is on its way to a browser */
	PEER_HANDSHAKE, /* RFB's */
	PEER_HELD,      /* its proof waits for its turn (turns.h) */
	PEER_CHECKING,  /* the handshake waits for PAM */
	PEER_VIEWER,
	PEER_LINGER, /* last words are on their way out */
	PEER_ENDED,  /* to be destroyed from the loop */
};

struct peer {
	struct gateway *gateway;
	LIST_ENTRY(peer) link; /* gateway::peers */
	int fd;
	struct transport *transport;
	enum peer_phase phase;
	uv_poll_t poll;
	uv_timer_t timer; /* the deadline; of a viewer or a file: too little was taken for too long */
	uv_timer_t soon;  /* from the loop: the end, silence, more to read */
	struct loop_closing closing;
	int polled;        /* events that `poll` waits for */
	bool farewell;     /* was said, as the transports have it */
	bool reading;      /* false: the viewer has to wait before more is read */
	bool greedy;       /* a viewer's last turn was over before all was read that it had said */
	uint64_t turn_end; /* by uv_hrtime() */
	struct queue in, out;
	struct grace grace; /* deadlines of a stranger */
	bool seated;        /* newcomers do not push it out; see gateway_room.c */
	struct handshake handshake;
	struct auth_plain_job *job;
	int file;        /* being sent; -1 */
	bool exposed;    /* came in by a listener that other machines can reach */
	bool loopback;   /* by one that any user of this machine can reach, by TCP */
	bool inside_tls; /* TLS came first of all */
	struct gateway_viewer *viewer;
	struct limits_key key;
	struct local_user user; /* who connected, as it was when it did */
	char address[64];
	char who[160];        /* the address, and the user of this machine where that is known */
	char blocked[96];     /* why it has to wait */
	enum refusal refusal; /* how the log counts it if it is refused */
	uint64_t bytes_sent;
	int64_t taken;      /* of them, when it last was worth a word */
	unsigned stuck_ms;  /* since then */
	unsigned silent_ms; /* so long it has acknowledged nothing of what it was sent */
};

/* Takes the connected socket over. 0 or -errno (the socket is then closed). `by`: what it came in by. */
int peer_create(struct gateway *gateway, int fd, const struct listener_socket *by);

/* Sends what it can of `out` and arranges for the rest. Never calls back. */
void peer_flush(struct peer *peer);

/* Bytes that wait to be taken by the socket: in `out`, and sealed ones behind it. */
size_t peer_queued(const struct peer *peer);

/* Looks at what was read already and reads on, now and from the loop: after something changed for it. */
void peer_resume(struct peer *peer);

/* Whether the peer has had its share of this turn of the loop: what it said further is left for the next. */
bool peer_turn_over(const struct peer *peer);

/* Of a stranger: calls stranger_silent() when nothing comes for so long. */
void peer_wait_for_silence(struct peer *peer, unsigned ms);

/* Calls stranger_late() at the deadline of the stranger's grace. */
void peer_set_deadline(struct peer *peer);

/* What is out is sent before the connection closes. */
void peer_linger(struct peer *peer);

/* Ends it for that reason, which is logged; destroyed later from the loop. May be called at any point. */
void peer_end(struct peer *peer, const char *why);

/* At once: only while no callback of this peer runs. */
void peer_destroy(struct peer *peer);

/* TCP's own measure, there from the first byte on; 0: unknown (not TCP). */
uint64_t peer_round_trip_us(const struct peer *peer);

/* Authenticated or not, as limits count. */
bool peer_is_stranger(const struct peer *peer);

#endif
