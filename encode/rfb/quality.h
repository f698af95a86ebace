/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * quality: at which quality a viewer is sent JPEG and video. What the viewer wishes is the most. If the line
 * cannot carry what moves at that quality, it is less, in few steps that are the same for all viewers, so
 * that they can share what is encoded. It is looked at about once a second: how long does the JPEG of an
 * update take on the line, and for which part of the time does the line carry JPEG? If both are much, the
 * quality goes down as far as needed. If both would be little even one step higher, for some time, it goes
 * up. If it went down and updates do not come faster, the line was not what they waited for: it goes back.
 * Pure; the caller passes the time, in nanoseconds.
 */
#ifndef ZEROVNC_QUALITY_H
#define ZEROVNC_QUALITY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "encode/rfb/encoder.h"
#include "encode/rfb/photo.h"

struct quality_setting {
	int quality; /* 1 to 100; 0: no JPEG */
	enum photo_chroma chroma;
};

/* Starts zeroed: as the viewer wishes. */
struct quality {
	unsigned step; /* 0: as it wishes */
	/* What was sent lately. */
	uint64_t window; /* since then; 0: nothing was */
	uint64_t last;   /* when the last update with JPEG began */
	double last_bytes;
	unsigned updates;
	double bytes, squares; /* of JPEG in each update: the sum, and the sum of the squares */
	/* Going up. */
	unsigned patience, calm; /* how many looks must, and do, speak for it */
	uint64_t raised;         /* when it last went up; 0: never */
	/* Whether going down has helped. */
	unsigned left; /* updates until it is asked; 0: it is not */
	unsigned step_before;
	double flow_least;      /* how many bytes a second must flow if it has */
	uint64_t doubt, barred; /* how long it does not go down if it has not helped, and until when */
};

/* An update with this many bytes of JPEG and video was sent, which began then. */
void quality_sent(struct quality *quality, uint64_t bytes, uint64_t began);

/* Whether it is time for quality_look(). */
bool quality_is_due(const struct quality *quality, uint64_t now);
/* Decides anew. An update begins now. */
void quality_look(struct quality *quality, const struct quality_setting *wish,
	const struct encoder_line *line, uint64_t now);

/* What the viewer is sent. */
struct quality_setting quality_setting(const struct quality *quality, const struct quality_setting *wish);

#endif
