/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "capture/kms/output.h"

#include <assert.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <xf86drm.h>
#include <xf86drmMode.h>

#include "capture/kms/properties.h"

const char *kms_output_state_name(enum kms_output_state state) {
	static const char *const names[] = {"lit", "asleep", "off", "disconnected"};
	return names[state];
}

uint32_t kms_output_mode_refresh(const drmModeModeInfo *mode) {
	uint64_t total = (uint64_t)mode->htotal * mode->vtotal;
	if (total == 0)
		return 0;
	uint64_t rate = (uint64_t)mode->clock * 1000000 / total;
	if (mode->flags & DRM_MODE_FLAG_INTERLACE)
		rate *= 2;
	if (mode->flags & DRM_MODE_FLAG_DBLSCAN)
		rate /= 2;
	return (uint32_t)(mode->vscan > 1 ? rate / mode->vscan : rate);
}

/* The index of the CRTC's bit in possible_crtcs. */
static int find_crtc_index(const struct kms_device *device, struct kms_output *output) {
	drmModeRes *resources = drmModeGetResources(device->fd);
	if (!resources)
		return errno ? -errno : -ENOMEM;
	int error = -ENOENT;
	for (int i = 0; i < resources->count_crtcs; i++) {
		if (resources->crtcs[i] == output->crtc_id) {
			output->crtc_index = (uint32_t)i;
			error = 0;
		}
	}
	drmModeFreeResources(resources);
	return error;
}

/* Finds the index and the property ids of a CRTC that was not looked at before. */
static int meet_crtc(const struct kms_device *device, struct kms_output *output) {
	static const char *const active[] = {"ACTIVE"};
	struct kms_properties properties;
	if (output->active_property_crtc == output->crtc_id)
		return 0;
	int error = kms_properties_read(device->fd, output->crtc_id, DRM_MODE_OBJECT_CRTC, &properties);
	if (!error)
		error = find_crtc_index(device, output);
	if (error)
		return error;
	kms_properties_learn(device->fd, &properties, active, 1, &output->active_property);
	output->active_property_crtc = output->crtc_id;
	return 0;
}

/* Reads the mode by GETCRTC, and by its ACTIVE property whether the CRTC runs: to save power, an atomic
 * driver keeps the mode and only clears ACTIVE. */
static int read_crtc(const struct kms_device *device, struct kms_output *output,
	struct kms_properties *properties, bool *running) {
	int error = meet_crtc(device, output);
	if (error)
		return error;
	struct drm_mode_crtc crtc = {.crtc_id = output->crtc_id};
	if (drmIoctl(device->fd, DRM_IOCTL_MODE_GETCRTC, &crtc) != 0)
		return -errno;
	drmModeModeInfo mode;
	static_assert(sizeof mode == sizeof crtc.mode, "libdrm names the kernel's struct anew");
	memcpy(&mode, &crtc.mode, sizeof mode);
	output->width = crtc.mode_valid ? mode.hdisplay : 0;
	output->height = crtc.mode_valid ? mode.vdisplay : 0;
	output->x = crtc.x;
	output->y = crtc.y;
	output->refresh_mhz = crtc.mode_valid ? kms_output_mode_refresh(&mode) : 0;
	*running = crtc.mode_valid && output->width && output->height;
	uint64_t active;
	if (!*running || !output->active_property)
		return 0;
	error = kms_properties_read(device->fd, output->crtc_id, DRM_MODE_OBJECT_CRTC, properties);
	if (!error && kms_properties_get(properties, output->active_property, &active))
		*running = active != 0;
	return error;
}

/* Finds the CRTC of a connector whose CRTC_ID property is hidden, through the encoder. */
static int read_encoder(const struct kms_device *device, struct kms_output *output) {
	output->crtc_id = 0;
	drmModeConnector *connector = drmModeGetConnectorCurrent(device->fd, output->connector_id);
	if (!connector)
		return errno ? -errno : -ENOENT;
	output->connected = connector->connection != DRM_MODE_DISCONNECTED;
	struct drm_mode_get_encoder encoder = {.encoder_id = connector->encoder_id};
	if (connector->encoder_id && drmIoctl(device->fd, DRM_IOCTL_MODE_GETENCODER, &encoder) == 0)
		output->crtc_id = encoder.crtc_id;
	drmModeFreeConnector(connector);
	return 0;
}

static int read_connected(const struct kms_device *device, struct kms_output *output) {
	/* drmModeGetConnectorCurrent() never probes, which would take long and make some monitors flicker. */
	drmModeConnector *connector = drmModeGetConnectorCurrent(device->fd, output->connector_id);
	if (!connector)
		return errno ? -errno : -ENOENT;
	output->connected = connector->connection != DRM_MODE_DISCONNECTED;
	drmModeFreeConnector(connector);
	return 0;
}

int kms_output_refresh(
	const struct kms_device *device, struct kms_output *output, struct kms_output_look *look) {
	look->crtc.count = 0;
	int error = kms_properties_read(
		device->fd, output->connector_id, DRM_MODE_OBJECT_CONNECTOR, &look->connector);
	if (error)
		return error;
	uint64_t crtc_id = 0, dpms = DRM_MODE_DPMS_ON;
	if (kms_properties_get(&look->connector, output->crtc_property, &crtc_id))
		output->crtc_id = (uint32_t)crtc_id;
	else
		error = read_encoder(device, output);
	bool running = false;
	output->width = output->height = output->refresh_mhz = 0;
	if (!error && output->crtc_id)
		error = read_crtc(device, output, &look->crtc, &running);
	if (error)
		return error;
	/* DPMS counts only if there is no ACTIVE: an atomic driver's DPMS property may lag behind it. */
	if (!output->active_property && kms_properties_get(&look->connector, output->dpms_property, &dpms))
		running &= dpms == DRM_MODE_DPMS_ON;
	if (running) {
		output->state = KMS_OUTPUT_LIT;
		return 0;
	}
	error = read_connected(device, output);
	output->state = output->crtc_id     ? KMS_OUTPUT_ASLEEP
			: output->connected ? KMS_OUTPUT_OFF
					    : KMS_OUTPUT_DISCONNECTED;
	return error;
}

static int read_name(const struct kms_device *device, struct kms_output *output) {
	drmModeConnector *connector = drmModeGetConnectorCurrent(device->fd, output->connector_id);
	if (!connector)
		return errno ? -errno : -ENOENT;
	const char *type = drmModeGetConnectorTypeName(connector->connector_type);
	snprintf(output->name, sizeof output->name, "%s-%u", type ? type : "Unknown",
		connector->connector_type_id);
	output->connected = connector->connection != DRM_MODE_DISCONNECTED;
	drmModeFreeConnector(connector);
	return 0;
}

static int learn(const struct kms_device *device, uint32_t connector_id, struct kms_output *output) {
	static const char *const names[] = {"CRTC_ID", "DPMS"};
	memset(output, 0, sizeof *output);
	output->connector_id = connector_id;
	struct kms_output_look look;
	int error = read_name(device, output);
	if (!error)
		error = kms_properties_read(
			device->fd, connector_id, DRM_MODE_OBJECT_CONNECTOR, &look.connector);
	if (error)
		return error;
	uint32_t ids[2];
	kms_properties_learn(device->fd, &look.connector, names, 2, ids);
	output->crtc_property = ids[0];
	output->dpms_property = ids[1];
	return kms_output_refresh(device, output, &look);
}

/* Looks at a connector that is known. Its name is asked for, because a hub's connectors come and go, and the
 * kernel gives their ids to others. */
static int look_again(
	const struct kms_device *device, const struct kms_output *known, struct kms_output *output) {
	struct kms_output_look look;
	*output = *known;
	int error = read_name(device, output);
	return error ? error : kms_output_refresh(device, output, &look);
}

static const struct kms_output *find(const struct kms_output *outputs, size_t count, uint32_t connector_id) {
	for (size_t i = 0; i < count; i++)
		if (outputs[i].connector_id == connector_id)
			return &outputs[i];
	return NULL;
}

int kms_output_list(
	const struct kms_device *device, struct kms_output outputs[KMS_MAX_OUTPUTS], size_t *count) {
	*count = 0;
	return kms_output_list_again(device, outputs, count);
}

int kms_output_list_again(
	const struct kms_device *device, struct kms_output outputs[KMS_MAX_OUTPUTS], size_t *count) {
	struct kms_output before[KMS_MAX_OUTPUTS];
	size_t known_count = *count;
	memcpy(before, outputs, known_count * sizeof *outputs);
	*count = 0;
	drmModeRes *resources = drmModeGetResources(device->fd);
	if (!resources)
		return errno ? -errno : -ENOMEM;
	int error = 0;
	for (int i = 0; i < resources->count_connectors && *count < KMS_MAX_OUTPUTS; i++) {
		const struct kms_output *known = find(before, known_count, resources->connectors[i]);
		error = known ? look_again(device, known, &outputs[*count])
			      : learn(device, resources->connectors[i], &outputs[*count]);
		if (error == -ENOENT) {
			error = 0; /* the connector of a DisplayPort hub disappeared in the meantime */
			continue;
		}
		if (error)
			break;
		(*count)++;
	}
	drmModeFreeResources(resources);
	return error;
}

void kms_output_explain(
	const struct kms_device *device, const struct kms_output *output, struct reason *reason) {
	const char *name = output->name, *card = device->name;
	switch (output->state) {
	case KMS_OUTPUT_LIT:
		reason_set(reason, 0, "%s on %s is lit", name, card);
		break;
	case KMS_OUTPUT_ASLEEP:
		reason_set(reason, 0, "%s on %s is asleep: press a key or move the pointer to wake it", name,
			card);
		break;
	case KMS_OUTPUT_OFF:
		reason_set(reason, 0,
			"%s on %s is switched off: nothing draws on it at present; start a desktop or switch to a console to light it",
			name, card);
		break;
	case KMS_OUTPUT_DISCONNECTED:
		reason_set(reason, 0,
			"%s on %s has no monitor: plug one in, or have zerovnc make one (--monitor=auto)",
			name, card);
		break;
	}
}

void kms_output_explain_bare(
	const struct kms_device *device, struct kms_output *output, struct reason *reason) {
	const char *name = output->name, *card = device->name;
	if (read_connected(device, output) == 0 && !output->connected)
		reason_set(reason, 0,
			"the monitor of %s on %s was unplugged, and nothing is drawn on it any more: plug it in again, or press a key",
			name, card);
	else
		reason_set(reason, 0,
			"%s on %s is on, but nothing is drawn on it: press a key, start a desktop or switch to a console",
			name, card);
}
