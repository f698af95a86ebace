/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * vnc_choice: gives each viewer our own encoder (encode/rfb/own.h), or libvncserver (link.h) for encodings of
 * which we have none of our own. A viewer that prefers another one later changes over, and may come back:
 * both of its encoders are kept, for the viewer keeps streams of both.
 */
#ifndef ZEROVNC_VNC_CHOICE_H
#define ZEROVNC_VNC_CHOICE_H

#include <uv.h>

#include "encode/picture.h"
#include "encode/rfb/encoder.h"
#include "encode/rfb/own.h"

/* `loop` and `store` must outlive the result. It has handles to close on the loop when it is destroyed, and
 * so have its encoders: run it once more before it is closed. NULL: out of memory. Loop thread. */
struct encoders *vnc_choice_encoders(uv_loop_t *loop, struct picture_store *store);
/* The same with other options of our own encoder than the usual ones, which do all that can be done. Copied.
 */
struct encoders *vnc_choice_encoders_with(
	uv_loop_t *loop, struct picture_store *store, const struct own_options *options);

#endif
