/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * vnc_encode: has libvncserver's encoders encode an update piece by piece, so that the viewer's thread waits
 * only between two pieces. A piece is started when the pair has room for the largest size that it may have.
 * Until then the picture is parked, and may be gone afterwards. So a viewer that reads slowly keeps no
 * picture that others need. Pieces also make a wide picture fit the library's line buffer. No other
 * folder includes this. The viewer's thread uses it.
 */
#ifndef ZEROVNC_VNC_ENCODE_H
#define ZEROVNC_VNC_ENCODE_H

#include <rfb/rfb.h>
#include <rfb/rfbregion.h>
#include <stdbool.h>

#include "server/vnc/update.h"

/* Returns a report's name for the encoding that the library prefers. If that is -1, the viewer asked for
 * none. The name is "Raw" then, and for encodings that we do not use. Static. */
const char *vnc_encode_name(int encoding);

/*
 * Sends update->copies and the region as one update, or as several if it has more rectangles than one update
 * can count. `update` holds a picture before and after the call, but not always the same one: if the picture
 * was taken away, the later pieces are of newer pictures. False: memory ran out or the library gave up, and
 * the viewer must go.
 */
bool vnc_encode(struct vnc_update *update, sraRegionPtr region);

/* Waits until the library may write a message of a few bytes. If it has to wait, the picture may change as in
 * vnc_encode(). */
void vnc_encode_wait(struct vnc_update *update);

#endif
