/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * turn: frames and cursors turned by quarters of a circle, for panels that are mounted sideways and whose
 * compositor draws them turned. Nothing is copied of a frame: its layers are only placed otherwise. Pure.
 */
#ifndef ZEROVNC_TURN_H
#define ZEROVNC_TURN_H

#include <stdint.h>

#include "capture/cursor.h"
#include "capture/frame.h"

/* Clockwise. */
enum turn { TURN_NONE, TURN_90, TURN_180, TURN_270 };

/* Turns what the CRTC shows. */
void turn_frame(enum turn turn, struct frame *frame);

/*
 * Makes `to` the turned cursor. A turned one has no hotspot, which has to be learnt instead
 * (server/cursor/hotspot). `width` and `height`: of the CRTC, before the turn. `to` is kept from call to
 * call, and zeroed before the first: its pixels are written only if the shape is another one.
 */
void turn_cursor(
	enum turn turn, uint32_t width, uint32_t height, const struct cursor *from, struct cursor *to);

#endif
