/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * refresh: when a viewer is sent exactly what it was sent with losses, and how much at a time. What is new
 * must not wait for that. So it happens only while the line is idle, and the longer it has been idle, the
 * more is sent at once: whatever comes next is delayed by a small part of the time in which nothing came.
 * Pure; the caller passes the time.
 */
#ifndef ZEROVNC_REFRESH_H
#define ZEROVNC_REFRESH_H

#include <stdbool.h>
#include <stdint.h>

#include "encode/rfb/encoder.h"

/* How long a tile must have been as it is. */
#define REFRESH_STILL_NS UINT64_C(1000000000)

/* Starts zeroed. Times are in nanoseconds. */
struct refresh {
	uint64_t next;  /* when it is worth a look */
	uint64_t quiet; /* since when the line is idle and nothing new was sent; 0: nobody has looked since */
};

/* An update was sent. `new`: it was no refresh. */
void refresh_sent(struct refresh *refresh, bool new);
/* The viewer has asked for something. */
void refresh_asked(struct refresh *refresh);
/* Nothing that could be sent was asked for. */
void refresh_in_vain(struct refresh *refresh, uint64_t now);
/* There is no time for it now. */
void refresh_later(struct refresh *refresh, uint64_t now);

static inline bool refresh_is_due(const struct refresh *refresh, uint64_t now) {
	return now >= refresh->next;
}

/* Returns about how many pixels may be sent now; 0: none. `oldest`: see lossy_oldest_ns(). Call it when it is
 * due. */
uint32_t refresh_pixels(
	struct refresh *refresh, const struct encoder_line *line, uint64_t oldest, uint64_t now);

/* In how many milliseconds it is due. */
int refresh_wait_ms(const struct refresh *refresh, uint64_t now);

#endif
