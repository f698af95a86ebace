/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * pacer: decides when to look at the scanout. Pure: the caller passes the time and what was seen, and the
 * pacer says what is due.
 *
 * There are two ways to look. A *peek* asks whether the scanout has flipped, and costs a system call. A
 * *capture* reads the picture. While the picture moves, every beat captures, up to the rate of --fps. On a
 * still screen captures thin out to 5 Hz, because some programs paint into the front buffer and change pixels
 * without a flip. Peeks go on, and the first flip, change or key brings back the full rate at once. While the
 * pointer moves, peeks come at the full rate, because whatever lights up under it mostly comes with a flip.
 * Captures are made more often then only if the picture last changed without a flip.
 */
#ifndef ZEROVNC_PACER_H
#define ZEROVNC_PACER_H

#include <stdbool.h>
#include <stdint.h>

struct pacer {
	uint64_t frame_ns;    /* the shortest time between two captures: 1 s / fps */
	uint64_t interval_ns; /* the present time between two captures */
	uint64_t captured_ns; /* when the last capture was due; may be a little in the future; 0: none yet */
	uint64_t changed_ns;  /* when the picture last changed, or pacer_spring() was called */
	uint64_t stirred_ns;  /* when the pointer was last moved; 0: never */
	uint64_t peeked_ns;   /* when the last peek or capture asked for flips; 0: none can be seen */
	uint64_t unseen_ns;   /* the longest time between two of them since the last capture */
	bool in_place;        /* the last change of which we know came without a flip */
};

/* All times are CLOCK_MONOTONIC in nanoseconds. `fps` must not be 0. */
void pacer_init(struct pacer *pacer, unsigned fps);

/* Another rate from now on, which is used in full at first. */
void pacer_set_fps(struct pacer *pacer, unsigned fps);

/* A viewer began to wait, a key was pressed, or the scanout flipped: use the full rate from now on. */
void pacer_spring(struct pacer *pacer, uint64_t now_ns);

/* The pointer was moved. Something may light up under it, but mostly nothing does. */
void pacer_stir(struct pacer *pacer, uint64_t now_ns);

/* Returns whether to capture at this beat. */
bool pacer_due(const struct pacer *pacer, uint64_t now_ns);

/* A peek or a capture asked at this time whether the scanout flipped. */
void pacer_peeked(struct pacer *pacer, uint64_t now_ns);

/*
 * The picture changed. `flipped`: the scanout was seen to flip since the previous capture. We expect the next
 * changes to come in the same way. A scanout that flips there and back between two peeks is not seen to flip;
 * where they were so far apart that it may have, a change without a flip teaches nothing. While the pointer
 * moves they are close enough. To be called before pacer_captured().
 */
void pacer_learn(struct pacer *pacer, bool flipped);

/* A capture was made at this time. `changed`: the picture had changed. */
void pacer_captured(struct pacer *pacer, uint64_t now_ns, bool changed);

/* Returns whether beats should come from the vertical blank. On a still screen they need not, so that its
 * interrupt may rest. */
bool pacer_wants_vblank(const struct pacer *pacer, uint64_t now_ns);

/* Returns how long the timer must wait for the next beat. That is the time to the next capture, or less if
 * the source can be peeked at. */
uint64_t pacer_wait_ns(const struct pacer *pacer, uint64_t now_ns, bool can_peek);

#endif
