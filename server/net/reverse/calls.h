/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * calls: the server connects to viewers that listen, and to repeaters at which viewers meet it (target.h),
 * instead of waiting for viewers to connect. From the moment that somebody is at the other end, such a
 * connection is like any other: the same handshake, security types and limits.
 *
 * A call that the settings name (--connect) is kept up: whenever it fails or its connection ends, it is made
 * again, after pauses that grow. A call that somebody asks for is made once.
 *
 * All functions must be called on the loop's thread.
 */
#ifndef ZEROVNC_CALLS_H
#define ZEROVNC_CALLS_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/queue.h>
#include <uv.h>

#include "capture/base/reason.h"

struct call;

enum {
	CALLS_MOST = 32,     /* that are under way at a time */
	CALLS_OUTCOMES = 16, /* that are remembered */
	CALLS_PAUSE_MS = 2000,
	CALLS_PAUSE_MAX_MS = 60000,
	CALLS_STEADY_MS =
		30000, /* a connection that lasted for so long begins with the shortest pause again */
};

/* How a connection was made, for those whom it is handed to. */
struct call_way {
	uint64_t number; /* of the call; a call that is made again keeps its number */
	bool exposed;    /* other machines may be at the other end */
	bool greeted;    /* the greeting, PROTOCOL_VERSION, was sent */
};

/* All members are required. */
struct calls_events {
	void *context;
	/* Whether we may call somebody who is, or is not, on this machine alone. Returns 0, or -errno with a
	 * reason that names what helps. */
	int (*may)(void *context, bool exposed, struct reason *reason);
	/* Somebody is there. Whoever is called owns `fd`, even if it returns an error: 0 or -errno. */
	int (*came)(void *context, int fd, const struct call_way *way);
	/* calls_outcome() has something new, or calls_any() has changed. */
	void (*changed)(void *context);
};

struct call_outcome {
	uint64_t number; /* 0: none */
	int error;
	struct reason words; /* whom we have reached, or why not */
};

struct calls {
	uv_loop_t *loop;
	struct calls_events events;
	LIST_HEAD(, call) list; /* the newest first */
	uint64_t last_number;
	unsigned count;
	struct call_outcome outcomes[CALLS_OUTCOMES];
	size_t next_outcome;
};

/* `calls` must be zeroed before. */
void calls_init(struct calls *calls, uv_loop_t *loop, const struct calls_events *events);

/* Closes its handles on the loop: run it once more. Takes zeroed ones. */
void calls_finish(struct calls *calls);

/* The calls to keep up from now on: "TARGET[,TARGET...]", which reverse_targets_check() has found right;
 * NULL: none. Those that are not named any more are made no more; a viewer that came by one of them stays. 0
 * or -ENOMEM, and some are then not kept up. */
int calls_keep(struct calls *calls, const char *list);

/* Makes one call. `who` asks for it, for the log. Returns 0 and its number, or -errno with a reason. */
int calls_make(
	struct calls *calls, const char *target, const char *who, uint64_t *number, struct reason *reason);

/* What became of the call with this number: 0 if the viewer or the repeater took it, and `words` says who;
 * -EINPROGRESS; or another -errno with a reason. */
int calls_outcome(const struct calls *calls, uint64_t number, struct reason *words);

/* Ends those that somebody asked for and that wait, at a repeater or for an answer. */
void calls_cancel(struct calls *calls);

/* Connections have ended. `is_here` tells whether that of a call is still there. */
void calls_look(
	struct calls *calls, bool (*is_here)(const void *context, uint64_t number), const void *context);

/* Whether somebody may yet come by a call. */
bool calls_any(const struct calls *calls);

#endif
