/* SPDX-License-Identifier: GPL-2.0-or-later */
/* exposing: has the cameras that readers of the picture wish for (encode/camera.h) take their parts of what
 * the outputs show. Frame thread. No file outside of this folder includes it. */
#ifndef ZEROVNC_EXPOSING_H
#define ZEROVNC_EXPOSING_H

#include "server/frames/desktop.h"
#include "server/frames/drawing.h"

/* When all frames are acquired, and none is converted: nothing is spared that cannot be exposed. */
void exposing_begin(struct drawing *drawing, const struct desktop *desktop);

/* When the view's frame was converted: exposes what has changed in it. What cannot be exposed after all is as
 * if it was not wanted. */
void exposing_take(struct drawing *drawing, const struct view *view);

/* When a notice is drawn over what was converted after all: nothing that was exposed for this picture counts.
 */
void exposing_cancel(struct drawing *drawing);

#endif
