/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "capture/kms/shortfall.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <xf86drm.h>
#include <xf86drmMode.h>

#include "capture/base/array.h"
#include "capture/kms/properties.h"

enum { DEGAMMA, CTM, GAMMA };

static const uint64_t interval_ns = 1000000000;

/* What is looked at. */
struct look {
	const struct kms_device *device;
	const struct kms_output *output;
};

/* --- planes --- */

void kms_shortfall_leave_out(
	struct kms_shortfall *shortfall, uint32_t plane_id, const struct reason *reason) {
	if (shortfall->left_out++)
		return;
	shortfall->left_out_id = plane_id;
	shortfall->left_out_reason = *reason;
}

static bool look_at_planes(
	struct kms_shortfall *shortfall, const struct look *look, char *text, size_t size) {
	(void)look;
	if (shortfall->left_out == 1)
		snprintf(text, size, "what plane %u shows on top is missing (%.150s)", shortfall->left_out_id,
			shortfall->left_out_reason.text);
	else if (shortfall->left_out)
		snprintf(text, size, "what %u planes show on top is missing (plane %u: %.150s)",
			shortfall->left_out, shortfall->left_out_id, shortfall->left_out_reason.text);
	return shortfall->left_out > 0;
}

/* --- colours --- */

/* Values of 16 bits that differ by less than one of 8 bits. */
static bool is_close(uint32_t a, uint32_t b) {
	return (a > b ? a - b : b - a) < 0x101;
}

static bool lut_matters(const void *data, size_t size) {
	const struct drm_color_lut *lut = data;
	size_t count = size / sizeof *lut;
	for (size_t i = 0; i < count && count > 1; i++) {
		uint32_t linear = (uint32_t)(i * 0xffff / (count - 1));
		if (!is_close(lut[i].red, linear) || !is_close(lut[i].green, linear) ||
			!is_close(lut[i].blue, linear))
			return true;
	}
	return false;
}

/* Nine numbers in sign and magnitude, with 32 fractional bits. */
static bool matrix_matters(const void *data, size_t size) {
	const struct drm_color_ctm *matrix = data;
	if (size < sizeof *matrix)
		return false;
	for (int i = 0; i < 9; i++) {
		uint64_t identity = i % 4 ? 0 : 1ull << 32;
		uint64_t value = matrix->matrix[i] & ~(1ull << 63);
		bool negative = matrix->matrix[i] >> 63;
		uint64_t off = negative           ? value + identity
			       : value > identity ? value - identity
						  : identity - value;
		if (off >> 24)
			return true;
	}
	return false;
}

static bool blob_matters(const struct kms_device *device, int which, uint64_t blob_id) {
	drmModePropertyBlobRes *blob = blob_id ? drmModeGetPropertyBlob(device->fd, (uint32_t)blob_id) : NULL;
	if (!blob)
		return false;
	bool matters = which == CTM ? matrix_matters(blob->data, blob->length)
				    : lut_matters(blob->data, blob->length);
	drmModeFreePropertyBlob(blob);
	return matters;
}

static void meet_crtc(struct kms_shortfall *shortfall, const struct kms_device *device, uint32_t crtc_id,
	const struct kms_properties *properties) {
	static const char *const names[] = {[DEGAMMA] = "DEGAMMA_LUT", [CTM] = "CTM", [GAMMA] = "GAMMA_LUT"};
	if (shortfall->crtc_id == crtc_id)
		return;
	kms_properties_learn(device->fd, properties, names, 3, shortfall->colour_ids);
	memset(shortfall->colour_blobs, 0, sizeof shortfall->colour_blobs);
	memset(shortfall->colour_matters, 0, sizeof shortfall->colour_matters);
	shortfall->crtc_id = crtc_id;
}

static bool look_at_colours(
	struct kms_shortfall *shortfall, const struct look *look, char *text, size_t size) {
	struct kms_properties properties;
	uint32_t crtc_id = look->output->crtc_id;
	bool matters = false;
	if (kms_properties_read(look->device->fd, crtc_id, DRM_MODE_OBJECT_CRTC, &properties) != 0)
		return false;
	meet_crtc(shortfall, look->device, crtc_id, &properties);
	for (int i = 0; i < 3; i++) {
		uint64_t blob = 0;
		kms_properties_get(&properties, shortfall->colour_ids[i], &blob);
		if (blob != shortfall->colour_blobs[i]) {
			shortfall->colour_blobs[i] = blob;
			shortfall->colour_matters[i] = blob_matters(look->device, i, blob);
		}
		matters |= shortfall->colour_matters[i];
	}
	snprintf(text, size,
		"colours are those before the monitor's correction (night light, gamma, a profile)");
	return matters;
}

static bool look_at_hdr(struct kms_shortfall *shortfall, const struct look *look, char *text, size_t size) {
	static const char *const names[] = {"HDR_OUTPUT_METADATA"};
	struct kms_properties properties;
	uint32_t connector_id = look->output->connector_id;
	uint64_t blob = 0;
	if (kms_properties_read(look->device->fd, connector_id, DRM_MODE_OBJECT_CONNECTOR, &properties) != 0)
		return false;
	if (shortfall->connector_id != connector_id)
		kms_properties_learn(look->device->fd, &properties, names, 1, &shortfall->hdr_id);
	shortfall->connector_id = connector_id;
	snprintf(text, size, "the monitor is in HDR mode, and its colours are shown as if it were not");
	return kms_properties_get(&properties, shortfall->hdr_id, &blob) && blob;
}

/* --- all of it --- */

static const struct kind {
	/* Whether there is one; fills the text with what it is. */
	bool (*look)(struct kms_shortfall *shortfall, const struct look *look, char *text, size_t size);
	bool atomic;         /* only drivers with atomic modesetting report it */
	const char *missing; /* for struct shortfall; NULL if everything is there, though in other colours */
} kinds[] = {
	{look_at_planes, false, shortfall_planes},
	{look_at_colours, true, NULL},
	{look_at_hdr, true, NULL},
};

static void append(struct shortfall *found, const char *text) {
	size_t used = strlen(found->text);
	snprintf(found->text + used, sizeof found->text - used, "%s%s", used ? "; " : "", text);
}

void kms_shortfall_look(struct kms_shortfall *shortfall, const struct kms_device *device,
	const struct kms_output *output, uint64_t now_ns, struct shortfall *found) {
	const struct look look = {device, output};
	if (shortfall->looked_ns && now_ns - shortfall->looked_ns < interval_ns)
		return;
	shortfall->looked_ns = now_ns;
	*found = (struct shortfall){0};
	for (size_t i = 0; i < ARRAY_LEN(kinds); i++) {
		char text[sizeof found->text];
		if ((kinds[i].atomic && !device->atomic) ||
			!kinds[i].look(shortfall, &look, text, sizeof text))
			continue;
		append(found, text);
		if (!found->missing)
			found->missing = kinds[i].missing;
	}
}
