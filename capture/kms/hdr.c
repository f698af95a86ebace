/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "capture/kms/hdr.h"

#include <string.h>
#include <xf86drm.h>
#include <xf86drmMode.h>

#include "capture/base/array.h"
#include "capture/tone.h"

enum { METADATA, COLORSPACE };

/* What CTA-861.3 calls them, in table 3. The other one is the gamma of an HDR monitor, of which nobody says
 * how bright it is. */
enum { EOTF_SDR = 0, EOTF_PQ = 2, EOTF_HLG = 3 };

/* Drivers turn RGB into YCC, if the monitor wants that, after all that we see. */
static const struct {
	const char *name;
	enum frame_primaries primaries;
} spaces[] = {
	{"BT2020_RGB", FRAME_PRIMARIES_BT2020},
	{"BT2020_YCC", FRAME_PRIMARIES_BT2020},
	{"BT2020_CYCC", FRAME_PRIMARIES_BT2020},
	{"DCI-P3_RGB_D65", FRAME_PRIMARIES_P3},
};
_Static_assert(ARRAY_LEN(spaces) == KMS_HDR_SPACES, "each has its value");

static void learn(struct kms_hdr *self, const struct kms_device *device, uint32_t connector_id,
	const struct kms_properties *properties) {
	static const char *const names[] = {[METADATA] = "HDR_OUTPUT_METADATA", [COLORSPACE] = "Colorspace"};
	const char *words[KMS_HDR_SPACES];
	for (size_t i = 0; i < KMS_HDR_SPACES; i++)
		words[i] = spaces[i].name;
	kms_properties_learn(device->fd, properties, names, ARRAY_LEN(names), self->ids);
	kms_properties_learn_enum(device->fd, self->ids[COLORSPACE], words, KMS_HDR_SPACES, self->spaces);
	self->connector_id = connector_id;
}

/* All zero if there is none. */
static struct hdr_metadata_infoframe read_metadata(const struct kms_device *device, uint64_t id) {
	struct hdr_output_metadata metadata = {.metadata_type = 0};
	drmModePropertyBlobRes *blob = id ? drmModeGetPropertyBlob(device->fd, (uint32_t)id) : NULL;
	if (blob && blob->length >= sizeof metadata)
		memcpy(&metadata, blob->data, sizeof metadata);
	if (blob)
		drmModeFreePropertyBlob(blob);
	return metadata.hdmi_metadata_type1;
}

static uint32_t peak_of(const struct hdr_metadata_infoframe *metadata) {
	enum { USUAL = 1000 };
	uint32_t display = metadata->max_display_mastering_luminance, content = metadata->max_cll;
	uint32_t peak = !content || (display && display < content) ? display : content;
	return !peak ? USUAL : peak < TONE_PQ_PEAK ? peak : TONE_PQ_PEAK;
}

static enum frame_primaries primaries_of(
	const struct kms_hdr *self, const struct kms_properties *properties, enum frame_transfer transfer) {
	const uint64_t unsaid = 0; /* DRM_MODE_COLORIMETRY_DEFAULT of the kernel */
	uint64_t value = unsaid;
	kms_properties_get(properties, self->ids[COLORSPACE], &value);
	for (size_t i = 0; i < KMS_HDR_SPACES; i++)
		if (value == self->spaces[i])
			return spaces[i].primaries;
	return transfer != FRAME_TRANSFER_SDR && value == unsaid ? FRAME_PRIMARIES_BT2020
								 : FRAME_PRIMARIES_BT709;
}

void kms_hdr_read(struct kms_hdr *self, const struct kms_device *device, uint32_t connector_id,
	const struct kms_properties *properties) {
	uint64_t id = 0;
	self->signal = (struct frame_signal){.peak = 0};
	self->unknown = false;
	if (!device->atomic || !properties->count)
		return;
	if (self->connector_id != connector_id)
		learn(self, device, connector_id, properties);
	kms_properties_get(properties, self->ids[METADATA], &id);
	const struct hdr_metadata_infoframe metadata = read_metadata(device, id);
	self->unknown = metadata.eotf != EOTF_SDR && metadata.eotf != EOTF_PQ && metadata.eotf != EOTF_HLG;
	if (self->unknown)
		return;
	if (metadata.eotf == EOTF_PQ)
		self->signal =
			(struct frame_signal){.transfer = FRAME_TRANSFER_PQ, .peak = peak_of(&metadata)};
	else if (metadata.eotf == EOTF_HLG)
		self->signal.transfer = FRAME_TRANSFER_HLG;
	self->signal.primaries = primaries_of(self, properties, self->signal.transfer);
}
