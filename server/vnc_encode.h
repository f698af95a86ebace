/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * vnc_encode: has libvncserver's encoders encode an update piece by piece, so that a wide picture fits the
 * library's line buffer. Only vnc*.c include this.
 */
#ifndef ZEROVNC_VNC_ENCODE_H
#define ZEROVNC_VNC_ENCODE_H

#include <rfb/rfb.h>
#include <rfb/rfbregion.h>
#include <stdbool.h>

#include "server/vnc_update.h"

/* What a report calls the encoding that the library prefers; -1: none was asked for. */
const char *vnc_encode_name(int encoding);

/* Sends the region as one update (as several where it has more rectangles than one can count), from the
 * picture that `update` holds. False: out of memory or the library gave up, the viewer must go. */
bool vnc_encode(struct vnc_update *update, sraRegionPtr region);

#endif
