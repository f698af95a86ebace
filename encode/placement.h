/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * placement: which pixel of a layer's framebuffer each pixel of the mode shows. Pure arithmetic.
 *
 * A plane shows its source rectangle, reflected and then turned (DRM_MODE_REFLECT_*, DRM_MODE_ROTATE_*,
 * which count counter-clockwise), in its destination rectangle. The source rectangle after both is called
 * oriented here: its first pixel is the one in the destination's upper left corner.
 */
#ifndef ZEROVNC_PLACEMENT_H
#define ZEROVNC_PLACEMENT_H

#include <stdbool.h>
#include <stdint.h>

#include "capture/base/reason.h"
#include "capture/base/rect.h"
#include "capture/frame.h"

struct placement {
	struct rect shown;      /* the pixels of the mode that it covers; width 0: none */
	uint32_t left, top;     /* of the destination, cut off on the left and above */
	struct rect source;     /* the framebuffer's pixels that take part */
	uint32_t width, height; /* of `source`, oriented */
	int32_t first[2];       /* the framebuffer's pixel (x, y) that is the first oriented one */
	int32_t steps[4];       /* in the framebuffer, for one oriented pixel right (x, y) and down (x, y) */
	bool scaled;            /* the oriented source and the destination differ in size */
	double scale[2];        /* scaled: oriented pixels for one pixel of the destination, right and down */
	double origin[2];       /* scaled: of the oriented source, where the destination begins */
};

/*
 * Fills the placement of a layer on a mode of this size. What the source rectangle has beyond whole pixels
 * counts only if the plane is scaled. 0, or -EINVAL with a reason: the source reaches outside the
 * framebuffer, or has no pixels.
 */
int placement_init(struct placement *placement, const struct frame_layer *layer, uint32_t width,
	uint32_t height, struct reason *reason);

/* Whether each row of the mode shows a row of the framebuffer, from left to right and pixel by pixel. */
bool placement_is_plain(const struct placement *placement);

#endif
