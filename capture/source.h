/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * source: where frames come from. There is one interface, and a table of the sources that exist.
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
#include "capture/shortfall.h"
#include "capture/turn.h"

struct source;

enum source_flags {
	/* Map the framebuffers and fill frame_layer.memory, because the caller cannot read the dma-bufs. A
	 * source that has no dma-buf at all fills memory without being asked. */
	SOURCE_MAP_MEMORY = 1 << 0,
};

struct source_impl {
	const char *name;

	/*
	 * A cheap check that does not read the picture. Fills `token` with a number that differs if the
	 * scanout was flipped, reconfigured or darkened since. The same number does not mean the same pixels,
	 * because some programs paint into the front buffer. 0 or -errno. NULL if the source has no such
	 * check.
	 */
	int (*peek)(struct source *source, uint64_t *token);

	/*
	 * Fills an empty frame. 0; -EAGAIN with a reason if there is nothing to show at present (the output
	 * is dark, the CRTC off), so that the caller should try again later; any other -errno with a reason
	 * if the caller should stop. The caller finishes the frame, which is empty after an error.
	 */
	int (*acquire)(struct source *source, unsigned flags, struct frame *frame, struct reason *reason);

	/*
	 * Whether the scanout still shows the framebuffers of `frame`. If not, it was flipped while they were
	 * read, so what was read may mix two pictures. NULL means always true.
	 */
	bool (*is_current)(struct source *source, const struct frame *frame);

	/*
	 * Asks for one event on event_fd at the next vertical blank. 0 or -errno (-EOPNOTSUPP: the driver has
	 * no vblank, use a timer). NULL if the source never has them. An armed vblank keeps the interrupt on,
	 * so arm one at a time.
	 */
	int (*arm_vblank)(struct source *source);

	/* Reads what made event_fd readable. Returns whether an armed vblank has come. */
	bool (*read_events)(struct source *source);

	/*
	 * Writes where the hardware cursor is and what it looks like into `cursor`, which the caller keeps
	 * from call to call (zeroed before the first). This is cheap enough for every beat, and reads no
	 * framebuffer but the cursor's own. 0 or -errno. NULL if the source has no hardware cursor.
	 */
	int (*cursor)(struct source *source, struct cursor *cursor);

	/* Gives back mappings, which pin the memory of their buffers, because nobody will look for a while.
	 * Every frame must be finished. NULL if the source keeps no mappings. */
	void (*release)(struct source *source);

	/*
	 * Closes the card, too, until another function is called. The kernel draws its console again only
	 * after the last close, so others that opened the card on behalf of this source must close it first.
	 * Keeps the card open if closing it would light a monitor that was switched off. NULL if there is no
	 * card.
	 */
	void (*let_go)(struct source *source);

	void (*destroy)(struct source *source);
};

struct source {
	const struct source_impl *impl;
	int event_fd;         /* pollable for reading, owned by the source; -1 if it has none */
	char output[96];      /* for people: "card0 Virtual-1 (virtio_gpu)", "pattern 1280x720" */
	char card_node[64];   /* "/dev/dri/card0"; empty if the source is not a KMS device */
	uint32_t refresh_mhz; /* of the mode, 0 if unknown; follows mode changes */
	struct shortfall shortfall;
	bool waited;    /* the last peek or acquire waited for a client that holds the card's locks until its
			   flip */
	enum turn turn; /* how source_acquire() and source_cursor() turn what there is */
	uint32_t width, height; /* of the last frame, before that turn */
	struct cursor *cursor;  /* owned; before that turn; NULL: not needed yet */
	bool abandoned; /* as of the last acquire: nothing is drawn on the card, nobody is its master, and
			   let_go() is due so that the kernel can draw */
};

enum source_kind { SOURCE_AUTO, SOURCE_KMS, SOURCE_FBDEV, SOURCE_PATTERN };

/* Whether frames have what the CRTC does to colours after its planes: only what changes what can be seen
 * (CORRECTION_MEANT in capture/correction.h) or comes before an HDR signal, everything, or nothing. */
enum source_lut { SOURCE_LUT_AUTO, SOURCE_LUT_YES, SOURCE_LUT_NO };

struct source_options {
	enum source_kind kind;
	const char *broker; /* the socket of the broker that reads the screen; NULL: this process does */
	const char *card; /* "/dev/dri/cardN", or "/dev/fbN" for SOURCE_FBDEV; NULL for the first that fits */
	const char *output;         /* connector name; NULL for the first lit one */
	const char *layout_outputs; /* where several outputs lie, "NAME@X,Y[,NAME@X,Y...]"; NULL: find out */
	enum turn turn;
	enum source_lut lut;
	uint32_t width, height; /* of the pattern; 0 for 1280x720 */
	const char *pattern;    /* what moves in it: "still", "moving", "video", "full" (NULL), "busy", "scroll" */
	bool pattern_hold;      /* show frame pattern_frame for ever instead of advancing with time */
	uint64_t pattern_frame;
};

/*
 * Opens the source that the options ask for. SOURCE_AUTO takes the first card with a lit output. If there are
 * cards but none is lit, it takes the first card, and acquire returns -EAGAIN until an output is lit. On
 * success `why` says why this source was chosen; on failure it says what is missing and what would help.
 * -ENODEV: there is no such card or output at present.
 */
int source_open(const struct source_options *options, struct source **source, struct reason *why);

/* As source_impl.acquire and source_impl.cursor, but turned as the options ask for. -ENOMEM: out of memory
 * for a turned cursor. */
int source_acquire(struct source *source, unsigned flags, struct frame *frame, struct reason *reason);
int source_cursor(struct source *source, struct cursor *cursor);

/* Takes NULL. */
void source_destroy(struct source *source);

#endif
