/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * camera: takes a part of the screen straight from the scanout, for the GPU that encodes it as a video. Such
 * an exposure stays in the GPU's memory. Whoever encodes has a camera and asks for exposures
 * (picture_store_want_exposures()), the writer of pictures has them taken, and the picture has them.
 *
 * Cameras and exposures are counted: whoever has a pointer to one has one use of it, unless something else is
 * said.
 */
#ifndef ZEROVNC_CAMERA_H
#define ZEROVNC_CAMERA_H

#include <stdatomic.h>
#include <stdbool.h>

#include "capture/base/rect.h"
#include "capture/frame.h"

struct exposure;
struct camera;

struct camera_impl {
	/* Whether it can take this part of what the frame shows, in the mode's pixels. */
	bool (*can)(const struct camera *camera, const struct frame *frame, struct rect part);
	/* Takes it, for which it waits for the GPU. NULL: it failed. One thread at a time. */
	struct exposure *(*take)(struct camera *camera, const struct frame *frame, struct rect part);
	void (*destroy_exposure)(struct exposure *exposure);
	void (*destroy)(struct camera *camera);
};

struct camera {
	const struct camera_impl *impl;
	_Atomic unsigned users;
};

struct exposure {
	struct camera *camera;
	_Atomic unsigned users;
};

/* One use more, and one less. They take NULL. Any thread. */
struct camera *camera_use(struct camera *camera);
void camera_drop(struct camera *camera);
struct exposure *exposure_use(struct exposure *exposure);
void exposure_drop(struct exposure *exposure);

#endif
