/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * taking: whether the other side of a connection takes what it is sent. A viewer or browser that takes next
 * to nothing is disconnected, and so is one whose link is dead.
 */
#ifndef ZEROVNC_TAKING_H
#define ZEROVNC_TAKING_H

#include <stdbool.h>
#include <stdint.h>

struct socket;

enum {
	TAKING_LOOK_MS = 3000,
	TAKING_DEAD_MS = 30000, /* without any acknowledgement for this long, the link is dead */
	/* A viewer or browser that takes less than TAKING_STUCK_BYTES in TAKING_STUCK_MS is disconnected. But
	 * it is given the time to read, at TAKING_SLOWEST, all that it has taken so far: its kernel, and the
	 * kernels of programs in between (ssh -L, a proxy), may accept more only after that. */
	TAKING_STUCK_MS = 15000,
	TAKING_STUCK_BYTES = 1024,
	TAKING_SLOWEST = 1,          /* bytes a millisecond */
	TAKING_LUMP = 40 << 10,      /* bytes that a unix socket releases at once */
	TAKING_PATIENCE_MS = 300000, /* the longest that we wait in any case */
};

struct taking {
	int64_t taken;      /* bytes that it had taken when it last made TAKING_STUCK_BYTES of progress */
	unsigned stuck_ms;  /* time since then */
	unsigned silent_ms; /* for this long it has acknowledged nothing of what it was sent */
};

/* Something is being sent. */
void taking_begin(struct taking *taking, const struct socket *socket);

/* Call it every TAKING_LOOK_MS from then on. Returns why the connection must end, or NULL. */
const char *taking_look(struct taking *taking, const struct socket *socket);

/* Whether the other side's kernel has taken everything, so that there is nothing to look at. */
bool taking_is_done(const struct socket *socket);

#endif
