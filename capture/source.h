/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * source: where frames come from. One interface, and a table of the sources there are.
 *
 * One thread (the frame thread) makes every call on a source.
 */
#ifndef ZEROVNC_SOURCE_H
#define ZEROVNC_SOURCE_H

#include <stdbool.h>
#include <stdint.h>

#include "capture/base/reason.h"
#include "capture/cursor.h"
#include "capture/frame.h"

struct source;

enum source_flags {
	/* Map the framebuffers and fill frame_layer.memory: the caller cannot read the dma-bufs. Where a
	 * source has no dma-buf at all it fills memory without being asked. */
	SOURCE_MAP_MEMORY = 1 << 0,
};

struct source_impl {
	const char *name;

	/*
	 * A cheap look without reading the picture: fills `token` with a number that differs when the scanout
	 * was flipped, reconfigured or went dark since. The same number does not mean the same pixels
	 * (front-buffer painters). 0 or -errno. NULL: the source has no such look.
	 */
	int (*peek)(struct source *source, uint64_t *token);

	/*
	 * Fills an empty frame. 0; -EAGAIN with a reason: nothing to show at present (the output is dark, the
	 * CRTC off), try again later; any other -errno with a reason: stop. The caller finishes the frame; on
	 * error it is empty.
	 */
	int (*acquire)(struct source *source, unsigned flags, struct frame *frame, struct reason *reason);

	/*
	 * Whether the scanout still shows the framebuffers of `frame`. False: it was flipped while they were
	 * read, so what was read may mix two pictures. NULL: always true.
	 */
	bool (*is_current)(struct source *source, const struct frame *frame);

	/*
	 * Asks for one event on event_fd at the next vertical blank. 0 or -errno (-EOPNOTSUPP where the
	 * driver has no vblank: use a timer). NULL: never has them. An armed vblank keeps the interrupt on,
	 * so arm one at a time.
	 */
	int (*arm_vblank)(struct source *source);

	/* Reads what made event_fd readable. Returns whether an armed vblank has come. */
	bool (*read_events)(struct source *source);

	/*
	 * Where the hardware cursor is and what it looks like, into a `cursor` that the caller keeps from
	 * call to call (zeroed before the first). Cheap enough for every beat, and reads no framebuffer but
	 * the cursor's own. 0 or -errno. NULL: the source has no hardware cursor.
	 */
	int (*cursor)(struct source *source, struct cursor *cursor);

	/* Nobody looks for a while: gives back mappings, which pin the memory of their buffers. Every frame
	 * is finished. NULL: the source keeps none. */
	void (*release)(struct source *source);

	/*
	 * Closes the card, too, until the next call of another function, for the kernel draws its console
	 * again only where nobody has it open: whoever else has it open for this source is to close it first.
	 * Keeps it open where that would light a monitor that was switched off. NULL: there is no card.
	 */
	void (*let_go)(struct source *source);

	void (*destroy)(struct source *source);
};

/* What the monitor shows and the frames do not. */
struct shortfall {
	char text[320];      /* in words for the administrator; "": nothing is known to be missing */
	const char *missing; /* of that, something that is not there at all, for whoever looks at the picture:
				static; NULL: nothing is */
};

struct source {
	const struct source_impl *impl;
	int event_fd;         /* pollable for reading; -1 where the source has none. Owned by the source */
	char output[96];      /* for people: "card0 Virtual-1 (virtio_gpu)", "pattern 1280x720" */
	char card_node[64];   /* "/dev/dri/card0"; empty where the source is no KMS device */
	uint32_t refresh_mhz; /* of the mode, 0 where unknown; follows mode changes */
	struct shortfall shortfall;
	bool waited;    /* the last peek or acquire waited for a client that holds the card's locks until its
			   flip */
	bool abandoned; /* as of the last acquire: nothing is drawn on the card, nobody is its master, and
			   let_go() is due for the kernel to draw */
};

enum source_kind { SOURCE_AUTO, SOURCE_KMS, SOURCE_FBDEV, SOURCE_PATTERN };

struct source_options {
	enum source_kind kind;
	const char *card;   /* "/dev/dri/cardN", or "/dev/fbN" of SOURCE_FBDEV; NULL: the first that fits */
	const char *output; /* connector name, NULL: the first lit one */
	uint32_t width, height; /* of the pattern; 0: 1280x720 */
	const char *pattern;    /* what moves in it: "still", "moving", "video", "full" (NULL), "busy" */
	bool pattern_hold;      /* show frame pattern_frame for ever instead of going with the time */
	uint64_t pattern_frame;
};

/*
 * Opens the source the options ask for. SOURCE_AUTO: the first card with a lit output; cards but none lit: a
 * source on the first card whose acquire says -EAGAIN until one is. On success `why` says why this source was
 * chosen; on failure what is missing and what would help. -ENODEV: there is no such card or output at
 * present.
 */
int source_open(const struct source_options *options, struct source **source, struct reason *why);

/* Takes NULL. */
void source_destroy(struct source *source);

#endif
