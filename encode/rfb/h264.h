/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * h264: pictures of a video as H.264 (ITU-T H.264, Annex B), by libx264, which is loaded at run time.
 * Constrained baseline, for it is what all decoders have; each picture is one slice and can be shown as soon
 * as it has come; the sequence header says which colours are meant.
 */
#ifndef ZEROVNC_H264_H
#define ZEROVNC_H264_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "capture/base/reason.h"

struct h264;

enum { H264_SIDE_MIN = 16, H264_SIDE_MAX = 4096 };

/*
 * Loads the library, once; it stays until the process ends. Call it before there are threads, and before the
 * process gives up opening files. 0 or -errno with a reason, which names what to install. -ENOSYS: this
 * program was built without the library's header.
 */
int h264_load(struct reason *reason);

/* The file that was loaded, such as "libx264.so.164". NULL: none. Static. Any thread. */
const char *h264_library(void);

/*
 * Begins a video. Both sides are even. `quality` is one of JPEG, 1 to 100, that looks about as good. NULL:
 * memory ran out, or there is no library. One thread at a time may use it.
 */
struct h264 *h264_create(unsigned width, unsigned height, int quality);
/* Takes NULL. */
void h264_destroy(struct h264 *h264);

/*
 * Encodes the next picture, of pixels 0x00RRGGBB, rows `stride` pixels apart. `key`: it can be decoded
 * without those before; the first one can in any case. `*data` is borrowed until the next call. Returns its
 * size. 0: it failed, mostly because memory ran out; then begin anew.
 */
size_t h264_encode(struct h264 *h264, const uint32_t *pixels, size_t stride, bool key, const uint8_t **data);

#endif
