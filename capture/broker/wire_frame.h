/* SPDX-License-Identifier: GPL-2.0-or-later */
/* broker_wire_frame: a frame as it travels, and the checks that it must pass where it arrives. */
#ifndef ZEROVNC_BROKER_WIRE_FRAME_H
#define ZEROVNC_BROKER_WIRE_FRAME_H

#include "capture/base/reason.h"
#include "capture/broker/share.h"
#include "capture/broker/wire.h"
#include "capture/frame.h"

/* Memory that both sides have of one screen. */
struct wire_memories {
	struct share layers[FRAME_MAX_LAYERS];
	struct share colours, cursor;
};

struct wire_views {
	struct shared layers[FRAME_MAX_LAYERS];
	struct shared colours, cursor;
	/* What frames point to. Serials are unique in a process, so these have other ones than the sender's.
	 */
	struct frame_colour colour;
	struct frame_palette palette;
	uint64_t colour_serial, palette_serial; /* the sender's; 0: none came yet */
};

/* Forgets everything, and that anything came. Takes zeroed ones. */
void wire_views_finish(struct wire_views *views);

/*
 * Describes a frame, and copies into `memories` what is not in dma-bufs. Adds to `fds` the descriptors to be
 * sent, which stay the frame's and the memories'. 0, or -ENOMEM with a reason.
 */
int wire_frame_pack(const struct frame *frame, struct wire_memories *memories, struct wire_frame *wire,
	struct wire_fds *fds, struct reason *reason);

/*
 * Makes a frame of what arrived, and takes the descriptors that belong to it. Whatever the sender wrote, the
 * result is one that a source could make: each row that is read lies in a buffer that cannot shrink, and no
 * number is out of its range. What the frame points to is in `views`. 0; -EPROTO, with a reason and an empty
 * frame, if that is not so.
 */
int wire_frame_unpack(const struct wire_frame *wire, struct wire_fds *fds, struct wire_views *views,
	struct frame *frame, struct reason *reason);

#endif
