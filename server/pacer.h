/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * pacer: when to look at the scanout. Pure: it is told the time and what was seen, and says what is due.
 *
 * Two looks: a *peek* (has it flipped?) costs a system call, a *capture* reads the picture. While the picture
 * moves every beat captures. On a still screen captures thin out to 5 Hz (front-buffer painters change pixels
 * without a flip), peeks go on, and the first flip, change or key brings the full rate back at once. While
 * the pointer moves, peeks come at the full rate, for what it lights up most often comes by a flip; captures
 * are made more often only where the picture was last seen to change without one.
 */
#ifndef ZEROVNC_PACER_H
#define ZEROVNC_PACER_H

#include <stdbool.h>
#include <stdint.h>

struct pacer {
	uint64_t frame_ns;    /* between two captures at the most, 1 s / fps */
	uint64_t interval_ns; /* between two captures at present */
	uint64_t captured_ns; /* when the last one was due, which may lie a little ahead; 0: none yet */
	uint64_t changed_ns;  /* when the picture was last seen to change */
	uint64_t stirred_ns;  /* when the pointer was last moved; 0: never */
	bool in_place;        /* the last change came without a flip */
};

/* Times are CLOCK_MONOTONIC in nanoseconds throughout. */
void pacer_init(struct pacer *pacer, unsigned fps);

/* A viewer began to wait, a key was pressed, the scanout flipped: full rate from now on. */
void pacer_spring(struct pacer *pacer, uint64_t now_ns);

/* The pointer was moved: something may light up under it, most often nothing does. */
void pacer_stir(struct pacer *pacer, uint64_t now_ns);

/* Whether to capture at this beat. */
bool pacer_due(const struct pacer *pacer, uint64_t now_ns);

/* A capture was made at this time, and the picture had changed or not. */
void pacer_captured(struct pacer *pacer, uint64_t now_ns, bool changed);

/* The picture changed, and since the capture before the scanout had flipped or not: as this change came the
 * next ones will. */
void pacer_learn(struct pacer *pacer, bool flipped);

/* Whether beats should come from the vertical blank; on a still screen they need not, and its interrupt may
 * rest. */
bool pacer_wants_vblank(const struct pacer *pacer, uint64_t now_ns);

/* How long until the next beat by the timer: the next capture, or sooner for a peek where the source can be
 * peeked at. */
uint64_t pacer_wait_ns(const struct pacer *pacer, uint64_t now_ns, bool can_peek);

#endif
