/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "capture/kms/colour.h"

#include <stdlib.h>
#include <string.h>
#include <xf86drm.h>
#include <xf86drmMode.h>

enum { DEGAMMA, CTM, GAMMA, BLOBS };

_Static_assert(
	sizeof(struct drm_color_lut) == 4 * sizeof(uint16_t), "struct frame_lut has the kernel's entries");

/* Takes what the blob holds now. Returns whether that is something else than before. */
static bool take(struct kms_colour_blob *held, const void *data, uint32_t size) {
	if (size == held->size && (!size || memcmp(data, held->data, size) == 0))
		return false;
	void *copy = size ? malloc(size) : NULL;
	free(held->data);
	*held = (struct kms_colour_blob){copy, copy ? size : 0};
	if (copy)
		memcpy(copy, data, size);
	return true;
}

static bool read_blob(struct kms_colour_blob *held, const struct kms_device *device, uint64_t id) {
	drmModePropertyBlobRes *blob = id ? drmModeGetPropertyBlob(device->fd, (uint32_t)id) : NULL;
	bool changed = take(held, blob ? blob->data : NULL, blob ? blob->length : 0);
	if (blob)
		drmModeFreePropertyBlob(blob);
	return changed;
}

static struct frame_lut lut_of(const struct kms_colour_blob *blob) {
	return (struct frame_lut){.count = (uint32_t)(blob->size / sizeof(struct drm_color_lut)),
		.at = (const uint16_t(*)[4])blob->data};
}

/* A number in sign and magnitude, not two's complement, with 32 fractional bits (struct drm_color_ctm). */
static double number_of(uint64_t bits) {
	const uint64_t sign = 1ull << 63;
	double magnitude = (double)(bits & ~sign) / 4294967296.0;
	return bits & sign ? -magnitude : magnitude;
}

static void understand(struct kms_colour *self) {
	const struct drm_color_ctm *matrix = self->blobs[CTM].data;
	self->colour = (struct frame_colour){
		.serial = correction_serial(),
		.degamma = lut_of(&self->blobs[DEGAMMA]),
		.gamma = lut_of(&self->blobs[GAMMA]),
		.has_matrix = self->blobs[CTM].size >= sizeof *matrix,
	};
	for (int i = 0; self->colour.has_matrix && i < 9; i++)
		self->colour.matrix[i] = number_of(matrix->matrix[i]);
	self->kind = correction_judge(&self->colour);
}

void kms_colour_read(struct kms_colour *self, const struct kms_device *device, uint32_t crtc_id,
	const struct kms_properties *properties) {
	static const char *const names[BLOBS] = {
		[DEGAMMA] = "DEGAMMA_LUT", [CTM] = "CTM", [GAMMA] = "GAMMA_LUT"};
	bool changed = false, known = device->atomic && properties->count;
	if (known && self->crtc_id != crtc_id) {
		kms_properties_learn(device->fd, properties, names, BLOBS, self->ids);
		self->crtc_id = crtc_id;
	}
	for (int i = 0; i < BLOBS; i++) {
		uint64_t id = 0;
		if (known)
			kms_properties_get(properties, self->ids[i], &id);
		changed |= read_blob(&self->blobs[i], device, id);
	}
	if (changed)
		understand(self);
}

void kms_colour_choose(struct kms_colour *self, const struct kms_colour_choice *choice) {
	bool meant = self->kind == CORRECTION_MEANT || choice->tone;
	bool wanted = choice->rule == SOURCE_LUT_YES || (choice->rule == SOURCE_LUT_AUTO && meant);
	bool there = self->kind != CORRECTION_NONE && !choice->palette;
	self->applied = there && wanted;
	self->withheld = there && !self->applied;
}

const struct frame_colour *kms_colour_applied(const struct kms_colour *self) {
	return self->applied ? &self->colour : NULL;
}

bool kms_colour_is_withheld(const struct kms_colour *self) {
	return self->withheld;
}

void kms_colour_finish(struct kms_colour *self) {
	for (int i = 0; i < BLOBS; i++)
		free(self->blobs[i].data);
	memset(self, 0, sizeof *self);
}
