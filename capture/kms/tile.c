/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "capture/kms/tile.h"

#include <string.h>
#include <xf86drm.h>
#include <xf86drmMode.h>

#include "capture/kms/properties.h"

void kms_tile_read(const struct kms_device *device, uint32_t connector_id, struct head_tile *tile) {
	static const char *const names[] = {"TILE"};
	struct kms_properties properties;
	uint32_t id;
	uint64_t blob_id;
	memset(tile, 0, sizeof *tile);
	if (kms_properties_read(device->fd, connector_id, DRM_MODE_OBJECT_CONNECTOR, &properties) != 0)
		return;
	kms_properties_learn(device->fd, &properties, names, 1, &id);
	if (!kms_properties_get(&properties, id, &blob_id) || !blob_id)
		return;
	drmModePropertyBlobRes *blob = drmModeGetPropertyBlob(device->fd, (uint32_t)blob_id);
	if (blob && blob->data)
		head_tile_parse(blob->data, blob->length, tile);
	drmModeFreePropertyBlob(blob);
}
