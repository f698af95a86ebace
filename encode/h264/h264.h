/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * h264: pictures of a video as H.264 (ITU-T H.264, Annex B). A GPU encodes them (VA-API, gpu.h) if there is
 * one that can, and otherwise libx264 (x264.h). Both libraries are loaded at run time.
 *
 * Constrained baseline, for it is what all decoders have; each picture is one slice and can be shown as soon
 * as it has come; the sequence header says which colours are meant.
 */
#ifndef ZEROVNC_H264_H
#define ZEROVNC_H264_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "capture/base/reason.h"
#include "encode/camera.h"

struct h264;

enum { H264_SIDE_MIN = 16, H264_SIDE_MAX = 4096 };

/* Who may encode. */
enum { H264_GPU = 1, H264_CPU = 2 };

/*
 * Loads the libraries of those who may encode, once; they stay until the process ends. Call it before there
 * are threads, and before the process gives up opening files. A GPU is only opened when a video begins. 0 if
 * there is somebody who may encode, or -errno with a reason, which names what to install.
 */
int h264_load(unsigned who, struct reason *reason);

/* Opens the GPU now and closes it again, so that h264_report() knows what it can do. It may take a second. */
void h264_try_gpu(void);

struct h264_report {
	bool can;          /* a video can be encoded, as far as that is known */
	char by[192];      /* by whom, for people. Empty: by nobody */
	struct reason gpu; /* why not by a GPU. Empty: it does, or it may not, or nobody has tried yet */
};
/* Any thread. It waits for nobody who encodes. */
void h264_report(struct h264_report *report);
/* Whether it is worth trying: h264_report.can, or a GPU has not been tried again since it failed, more than a
 * minute ago. */
bool h264_can(void);

/*
 * Begins a video. Both sides are even. `quality` is one of JPEG, 1 to 100, that looks about as good. NULL:
 * memory ran out, or there is nobody to encode it. One thread at a time may use it.
 */
struct h264 *h264_create(unsigned width, unsigned height, int quality);
/* Takes NULL. */
void h264_destroy(struct h264 *h264);

/* The camera whose exposures it encodes, which are of this video's size. NULL: it takes none. Borrowed as
 * long as the video is. Any thread. */
struct camera *h264_camera(struct h264 *h264);

/*
 * Encodes the next picture, of pixels 0x00RRGGBB, rows `stride` pixels apart. `key`: it can be decoded
 * without those before; the first one can in any case. `*data` is borrowed until the next call. Returns its
 * size. 0: it failed, because memory ran out or a GPU did; then begin anew.
 */
size_t h264_encode(struct h264 *h264, const uint32_t *pixels, size_t stride, bool key, const uint8_t **data);
/* The same of an exposure. */
size_t h264_encode_exposure(
	struct h264 *h264, const struct exposure *exposure, bool key, const uint8_t **data);

#endif
