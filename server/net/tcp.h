/* SPDX-License-Identifier: GPL-2.0-or-later */
/* tcp: what the kernel knows of the way of one connection. */
#ifndef ZEROVNC_TCP_H
#define ZEROVNC_TCP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Times in microseconds. */
struct tcp_way {
	uint64_t round_trip, shortest; /* smoothed, and the shortest lately */
	uint64_t rate;                 /* bytes a second that arrive; 0: unknown */
	size_t unsent;                 /* bytes that the kernel could not send yet */
	size_t under_way;              /* bytes that were not acknowledged, unsent ones included */
	uint64_t silence;              /* since the last acknowledgement */
	unsigned probes;               /* unanswered ones, sent because the other side has no room */
};

/* Bytes handed to a stream socket of any kind that the other side's kernel has not taken; of a unix socket
 * with what keeping them costs. */
size_t tcp_under_way(int fd);

/* False: it is no TCP connection. */
bool tcp_look(int fd, struct tcp_way *way);

#endif
