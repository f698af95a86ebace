/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * kms_cursor: reads the cursor plane of a CRTC. Where it stands costs one small ioctl (two without atomic
 * modesetting, and as much for each further plane that may be the cursor's while it is hidden); its image is
 * read when another framebuffer or another part of it is shown, and once a second in case a client draws into
 * the one that it has.
 */
#ifndef ZEROVNC_KMS_CURSOR_H
#define ZEROVNC_KMS_CURSOR_H

#include "capture/cursor.h"
#include "capture/kms/device.h"
#include "capture/kms/map.h"
#include "capture/kms/output.h"
#include "capture/kms/plane.h"

struct kms_cursor {
	uint32_t searched_crtc;   /* whose cursor planes were looked for; 0: none's yet */
	struct kms_plane *planes; /* all that it could show a cursor by; owned */
	size_t plane_count, last; /* `last`: the one that showed it */
	uint32_t fb_id;           /* of the image in `image` */
	struct rect_fixed source;
	uint64_t read_ns;
	struct kms_maps maps;
	struct cursor image; /* only shape, size and pixels */
};

void kms_cursor_init(struct kms_cursor *reader);
void kms_cursor_finish(struct kms_cursor *reader);

/*
 * Fills `cursor` (which the caller keeps from call to call: pixels are written only when the shape differs
 * from the one in it). Invisible where the CRTC is dark, has no cursor plane, or shows nothing on it. 0 or
 * -errno (-ENODEV: the card is gone).
 */
int kms_cursor_read(struct kms_cursor *reader, const struct kms_device *device,
	const struct kms_output *output, uint64_t now_ns, struct cursor *cursor);

#endif
