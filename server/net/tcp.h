/* SPDX-License-Identifier: GPL-2.0-or-later */
/* tcp: what the kernel knows about the network path of one connection. */
#ifndef ZEROVNC_TCP_H
#define ZEROVNC_TCP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* All times are in microseconds. */
struct tcp_way {
	uint64_t round_trip, shortest; /* the smoothed round trip, and the shortest lately */
	uint64_t rate;                 /* bytes a second that arrive; 0: unknown */
	size_t unsent;                 /* bytes that the kernel could not send yet */
	size_t under_way;              /* bytes that were not acknowledged, including the unsent ones */
	uint64_t silence;              /* time since the last acknowledgement */
	unsigned probes;               /* unanswered window probes, sent because the other side has no room */
};

/* Bytes that were handed to a stream socket of any kind and that the other side's kernel has not taken. For a
 * unix socket the overhead of storing them is included. */
size_t tcp_under_way(int fd);

/* Returns false if it is not a TCP connection. */
bool tcp_look(int fd, struct tcp_way *way);

#endif
