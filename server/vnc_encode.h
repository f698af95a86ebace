/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * vnc_encode: has libvncserver's encoders encode an update piece by piece, so that its viewer's thread waits
 * between two pieces only. A piece is started when the pair has room for the most that it may come to; until
 * then the picture is parked, and may be gone afterwards. So a viewer that reads slowly keeps no picture that
 * others need, and a wide picture fits the library's line buffer. Only vnc*.c include this.
 */
#ifndef ZEROVNC_VNC_ENCODE_H
#define ZEROVNC_VNC_ENCODE_H

#include <rfb/rfb.h>
#include <rfb/rfbregion.h>
#include <stdbool.h>

#include "server/vnc_update.h"

/* What a report calls the encoding that the library prefers; -1: none was asked for. */
const char *vnc_encode_name(int encoding);

/*
 * Sends the region as one update (as several where it has more rectangles than one can count). `update` holds
 * a picture before and after it, not always the same: where it was taken away, the pieces after that are of
 * newer ones. False: out of memory or the library gave up, the viewer must go.
 */
bool vnc_encode(struct vnc_update *update, sraRegionPtr region);

/* Waits, if need be, until the library may write a message of a few bytes; as above for the picture. */
void vnc_encode_wait(struct vnc_update *update);

#endif
