/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "encode/camera.h"

#include <stddef.h>

struct camera *camera_use(struct camera *camera) {
	if (camera)
		camera->users++;
	return camera;
}

void camera_drop(struct camera *camera) {
	if (camera && atomic_fetch_sub(&camera->users, 1) == 1)
		camera->impl->destroy(camera);
}

struct exposure *exposure_use(struct exposure *exposure) {
	if (exposure)
		exposure->users++;
	return exposure;
}

/* The camera may go with its last exposure. */
void exposure_drop(struct exposure *exposure) {
	if (!exposure || atomic_fetch_sub(&exposure->users, 1) != 1)
		return;
	struct camera *camera = exposure->camera;
	camera->impl->destroy_exposure(exposure);
	camera_drop(camera);
}
