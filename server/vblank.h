/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * vblank: whether beats may be expected of the display's vertical blank. Drivers refuse the request, or take
 * it and never answer; the timer serves then, and the vertical blank is tried again later. Pure; times are
 * CLOCK_MONOTONIC in nanoseconds.
 */
#ifndef ZEROVNC_VBLANK_H
#define ZEROVNC_VBLANK_H

#include <stdbool.h>
#include <stdint.h>

struct vblank {
	uint64_t again_ns; /* when it may be tried again; 0: at once */
	uint64_t pause_ns; /* the last pause; the next is twice as long, up to some minutes */
	const char *beat;  /* what gives it at present and why, in words; "": nobody has asked yet. Static */
};

/* A source was opened: nothing is known of it. */
void vblank_init(struct vblank *vblank);

bool vblank_is_usable(const struct vblank *vblank, uint64_t now_ns);

/* One came. */
void vblank_came(struct vblank *vblank);

/* One was asked for with this result: 0, -EOPNOTSUPP (there will never be one), -EAGAIN (not now) or another
 * -errno. */
void vblank_asked(struct vblank *vblank, int error, uint64_t now_ns);

/* One that was asked for did not come in time. */
void vblank_missed(struct vblank *vblank, uint64_t now_ns);

/* A look had to wait for a client that holds the card's locks until its flip is done. That wait is beat
 * enough, and waiting for a vertical blank before it would halve the rate. */
void vblank_yield(struct vblank *vblank, uint64_t now_ns);

#endif
