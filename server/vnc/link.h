/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * vnc_link: libvncserver as an encoder (encode/rfb/encoder.h). It is the loop's end of the socketpair to a
 * viewer's thread (vnc.h): it writes what the library is to know, counts which requests were answered, and
 * hands out what the library wrote.
 */
#ifndef ZEROVNC_VNC_LINK_H
#define ZEROVNC_VNC_LINK_H

#include <uv.h>

#include "encode/picture.h"
#include "encode/rfb/encoder.h"
#include "encode/rfb/framebuffer.h"

/* Encoders that run libvncserver. `loop` and `store` must outlive the result. An encoder that was destroyed
 * has handles to close on the loop: run it once more before it is closed. NULL: out of memory. Loop thread.
 */
struct encoders *vnc_link_encoders(uv_loop_t *loop, struct picture_store *store);

/* As own_viewer_known() and own_viewer_adopt(), for encoders of the above. */
void vnc_link_known(struct encoder *encoder, struct framebuffer_known *known);
void vnc_link_adopt(struct encoder *encoder, const struct framebuffer_known *known);

#endif
