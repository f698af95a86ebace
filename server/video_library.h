/* SPDX-License-Identifier: GPL-2.0-or-later */
/* video_library: the libraries by which the server encodes what moves like a video (encode/h264/h264.h), as
 * the settings have it. */
#ifndef ZEROVNC_VIDEO_LIBRARY_H
#define ZEROVNC_VIDEO_LIBRARY_H

struct config;

/* Loads them, unless --h264=no. Call it before there are threads and before the server gives up files. */
void video_library_load(const struct config *config);

/* Why no video is sent as H.264, in words. NULL: it is, as far as is known. Borrowed until the next call. The
 * main thread. */
const char *video_library_missing(void);

#endif
