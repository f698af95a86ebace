/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * plane_state: a random state of a plane. Whatever the driver lets the plane have is random: the format, the
 * place, which may lie partly or wholly outside of the mode, and the properties. Only the scaling filter is
 * not named by the kernel, so nothing is scaled.
 */
#ifndef ZEROVNC_PLANE_STATE_H
#define ZEROVNC_PLANE_STATE_H

#include "tests/encode/random.h"
#include "tests/vm/display.h"

/* Everything but the framebuffer itself: that has layer->width, layer->height and layer->fourcc. */
void plane_state_choose(struct random *random, const struct display_plane *plane, const drmModeModeInfo *mode,
	struct frame_layer *layer);

/* Gives it another place. */
void plane_state_move(struct random *random, const drmModeModeInfo *mode, struct frame_layer *layer);

/* Prints all of it in one line, without its end. */
void plane_state_print(const struct frame_layer *layer);

#endif
