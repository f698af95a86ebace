/* SPDX-License-Identifier: GPL-2.0-or-later */
/* gpu_camera: a camera (encode/camera.h) by VA-API's video processing. No folder but this one includes it.
 */
#ifndef ZEROVNC_H264_GPU_CAMERA_H
#define ZEROVNC_H264_GPU_CAMERA_H

#include "encode/camera.h"
#include "encode/h264/va.h"

struct gpu_exposure {
	struct exposure base;
	VASurfaceID surface;
	struct gpu_exposure *next; /* in its camera's list of those that are not in use */
};

/* A camera for parts of this size, whose exposures are as large as the surfaces of gpu.c. NULL: out of
 * memory, or the driver takes no exposures. `va` is in use meanwhile. */
struct camera *gpu_camera_create(struct va *va, unsigned width, unsigned height);

/* Whether the exposure is one of a camera that is made here, and of this size. */
bool gpu_exposure_fits(const struct exposure *exposure, unsigned width, unsigned height);

#endif
