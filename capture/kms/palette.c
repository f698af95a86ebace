/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "capture/kms/palette.h"

#include <drm_fourcc.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <xf86drm.h>
#include <xf86drmMode.h>

#include "capture/base/array.h"
#include "capture/correction.h"

enum { COLOURS = ARRAY_LEN(((struct frame_palette *)0)->colours) };

static bool has_palette(const struct frame_layer *layer) {
	return layer->fourcc == DRM_FORMAT_C8;
}

bool kms_palette_is_used(const struct frame *frame) {
	for (int i = 0; i < frame->layer_count; i++)
		if (has_palette(&frame->layers[i]))
			return true;
	return false;
}

static uint32_t colour_of(const struct frame_lut *table, uint32_t number) {
	const struct frame_colour colour = {.gamma = *table};
	const double place = number / (COLOURS - 1.0);
	uint32_t pixel = 0;
	double to[3];
	correction_apply(&colour, (const double[3]){place, place, place}, to);
	for (int i = 0; i < 3; i++)
		pixel = pixel << 8 | (uint32_t)lrint(to[i] * 255);
	return pixel;
}

static void take(struct kms_palette *self, const struct frame_lut *table) {
	uint32_t colours[COLOURS];
	for (uint32_t i = 0; i < COLOURS; i++)
		colours[i] = colour_of(table, i);
	if (self->palette.serial && memcmp(colours, self->palette.colours, sizeof colours) == 0)
		return;
	memcpy(self->palette.colours, colours, sizeof colours);
	self->palette.serial = correction_serial();
}

/* By the older ioctl, which wants to be told the right number of entries. */
static bool read_legacy(struct kms_palette *self, const struct kms_device *device, uint32_t crtc_id) {
	drmModeCrtc *crtc = drmModeGetCrtc(device->fd, crtc_id);
	uint32_t count = crtc && crtc->gamma_size > 1 ? (uint32_t)crtc->gamma_size : 0;
	uint16_t *channels = calloc(3 * (size_t)count + 1, sizeof *channels);
	uint16_t(*entries)[4] = calloc((size_t)count + 1, sizeof *entries);
	drmModeFreeCrtc(crtc);
	bool done = count && channels && entries &&
		    drmModeCrtcGetGamma(device->fd, crtc_id, count, channels, channels + count,
			    channels + 2 * (size_t)count) == 0;
	for (uint32_t i = 0; done && i < 3 * count; i++)
		entries[i % count][i / count] = channels[i];
	if (done)
		take(self, &(const struct frame_lut){count, (const uint16_t(*)[4])entries});
	free(channels);
	free(entries);
	return done;
}

void kms_palette_read(struct kms_palette *self, const struct kms_device *device, uint32_t crtc_id,
	const struct frame_lut *gamma) {
	self->crtc_id = crtc_id;
	self->known = true;
	if (gamma->count)
		take(self, gamma);
	else
		self->known = read_legacy(self, device, crtc_id);
}

void kms_palette_lend(const struct kms_palette *self, struct frame *frame) {
	for (int i = 0; i < frame->layer_count; i++)
		if (has_palette(&frame->layers[i]))
			frame->layers[i].palette = self->known ? &self->palette : NULL;
}
