/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "capture/kms/vblank.h"

#include <errno.h>
#include <unistd.h>
#include <xf86drm.h>

#include "capture/kms/event.h"

static const uint64_t late_ns = 1000000000; /* an event that has not come by then will never come */

static bool count(const struct kms_device *device, const struct kms_output *output, uint32_t *result) {
	union drm_wait_vblank wait = {
		.request.type = _DRM_VBLANK_RELATIVE | (output->crtc_index << _DRM_VBLANK_HIGH_CRTC_SHIFT)};
	bool counted = drmIoctl(device->fd, DRM_IOCTL_WAIT_VBLANK, &wait) == 0;
	*result = wait.reply.sequence;
	return counted;
}

void kms_vblank_note(
	struct kms_vblank *vblank, const struct kms_device *device, const struct kms_output *output) {
	vblank->counted = count(device, output, &vblank->count);
}

bool kms_vblank_is_same(
	const struct kms_vblank *vblank, const struct kms_device *device, const struct kms_output *output) {
	uint32_t now;
	return vblank->counted && count(device, output, &now) && now == vblank->count;
}

int kms_vblank_arm(struct kms_vblank *vblank, const struct kms_device *device,
	const struct kms_output *output, uint64_t now_ns) {
	if (vblank->armed && now_ns - vblank->armed_ns < late_ns)
		return 0;
	if (device->fd < 0 || output->state != KMS_OUTPUT_LIT || !output->crtc_id)
		return -EAGAIN;
	if (drmCrtcQueueSequence(device->fd, output->crtc_id, DRM_CRTC_SEQUENCE_RELATIVE, 1, NULL, 0) != 0)
		return errno ? -errno : -EIO;
	vblank->armed = true;
	vblank->armed_ns = now_ns;
	return 0;
}

bool kms_vblank_read(struct kms_vblank *vblank, const struct kms_device *device) {
	_Alignas(struct drm_event) char buffer[1024];
	bool came = false;
	ssize_t size;
	while ((size = read(device->fd, buffer, sizeof buffer)) > 0) {
		struct drm_event event;
		for (size_t at = 0; kms_event_next(buffer, (size_t)size, &at, &event);)
			came |= event.type == DRM_EVENT_CRTC_SEQUENCE;
	}
	if (came)
		vblank->armed = false;
	return came;
}
