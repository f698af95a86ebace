/* SPDX-License-Identifier: GPL-2.0-or-later */
/* video_library: the library by which the server encodes what moves like a video (encode/rfb/h264.h), as the
 * settings have it. */
#ifndef ZEROVNC_VIDEO_LIBRARY_H
#define ZEROVNC_VIDEO_LIBRARY_H

struct config;

/* Loads it, unless --h264=no. Call it before there are threads and before the server gives up files. */
void video_library_load(const struct config *config);

/* Why no video is sent as H.264, in words. NULL: the library is there. Static. */
const char *video_library_missing(void);

#endif
