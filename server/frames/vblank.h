/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * vblank: decides whether the display's vertical blank can give the beats. Some drivers refuse the request,
 * or take it and never answer. Then the timer gives the beats, and the vertical blank is tried again later.
 * Pure. Times are CLOCK_MONOTONIC in nanoseconds.
 */
#ifndef ZEROVNC_VBLANK_H
#define ZEROVNC_VBLANK_H

#include <stdbool.h>
#include <stdint.h>

struct vblank {
	uint64_t again_ns; /* when the vertical blank may be tried again; 0: at once */
	uint64_t pause_ns; /* how long the last pause was; the next is twice as long, up to some minutes */
	const char *beat;  /* what gives the beats at present and why, in words; "": not known yet. Static */
};

/* A source was opened, and nothing is known about it yet. */
void vblank_init(struct vblank *vblank);

/* Returns whether a vertical blank may be asked for now. */
bool vblank_is_usable(const struct vblank *vblank, uint64_t now_ns);

/* A vertical blank came. */
void vblank_came(struct vblank *vblank);

/* A vertical blank was asked for, with this result: 0, -EOPNOTSUPP (there will never be one), -EAGAIN (not
 * now) or another -errno. */
void vblank_asked(struct vblank *vblank, int error, uint64_t now_ns);

/* A vertical blank that was asked for did not come in time. */
void vblank_missed(struct vblank *vblank, uint64_t now_ns);

/* A look had to wait for a client that holds the card's locks until its flip is done. That wait paces us well
 * enough. Waiting for a vertical blank before it would halve the rate. This does nothing while vertical
 * blanks are known not to come. */
void vblank_yield(struct vblank *vblank, uint64_t now_ns);

#endif
