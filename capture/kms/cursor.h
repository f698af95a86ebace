/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * kms_cursor: reads the cursor plane of a CRTC. Reading its position costs one small ioctl (two without
 * atomic modesetting). While the cursor is hidden, every further plane that may show it costs the same. The
 * image is read when another framebuffer or another part of it is shown, and once a second in case a client
 * draws into the framebuffer that it has.
 */
#ifndef ZEROVNC_KMS_CURSOR_H
#define ZEROVNC_KMS_CURSOR_H

#include "capture/cursor.h"
#include "capture/kms/device.h"
#include "capture/kms/map.h"
#include "capture/kms/output.h"
#include "capture/kms/plane.h"

struct kms_cursor {
	uint32_t searched_crtc;   /* the CRTC whose cursor planes were looked for; 0: none so far */
	struct kms_plane *planes; /* all planes by which the CRTC could show a cursor; owned */
	size_t plane_count, last; /* `last`: the plane that showed the cursor */
	uint32_t fb_id;           /* the framebuffer of the image in `image` */
	struct rect_fixed source;
	uint64_t read_ns;
	uint64_t correction; /* the serial of what was applied to the image; 0: nothing */
	struct frame_signal signal;
	struct kms_maps maps;
	struct cursor image; /* only its shape, size and pixels are used */
};

/* What the CRTC and the monitor make of its colours, as of all others: display engines lay it over the
 * picture before that. */
struct kms_cursor_colours {
	const struct frame_colour *correction; /* NULL: none */
	struct frame_signal signal;
};

void kms_cursor_init(struct kms_cursor *reader);
void kms_cursor_finish(struct kms_cursor *reader);
/* Gives back mappings, until the next image is read. */
void kms_cursor_release(struct kms_cursor *reader);

/*
 * Fills `cursor`, in the colours that are seen, which the caller keeps from call to call: pixels are written
 * only if the shape differs from the one in it. The cursor is invisible if the CRTC is dark, has no cursor
 * plane, or shows nothing on it. 0 or -errno (-ENODEV: the card is gone).
 */
int kms_cursor_read(struct kms_cursor *reader, const struct kms_device *device,
	const struct kms_output *output, const struct kms_cursor_colours *colours, uint64_t now_ns,
	struct cursor *cursor);

#endif
