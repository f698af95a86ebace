/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "capture/inventory.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <xf86drm.h>
#include <xf86drmMode.h>

#include "capture/frame.h"
#include "capture/kms/framebuffer.h"
#include "capture/kms/plane.h"
#include "capture/source.h"

const char *inventory_plane_type(uint32_t type) {
	return type == DRM_PLANE_TYPE_PRIMARY  ? "primary"
	       : type == DRM_PLANE_TYPE_CURSOR ? "cursor"
					       : "overlay";
}

static void look_at_capabilities(struct inventory_card *card) {
	uint64_t value;
	int fd = card->device.fd;
	card->dumb_buffers = drmGetCap(fd, DRM_CAP_DUMB_BUFFER, &value) == 0 && value;
	if (drmGetCap(fd, DRM_CAP_PRIME, &value) == 0) {
		card->prime_export = value & DRM_PRIME_CAP_EXPORT;
		card->prime_import = value & DRM_PRIME_CAP_IMPORT;
	}
}

static int copy_modes(const drmModeConnector *connector, struct inventory_output *output) {
	output->modes = calloc((size_t)connector->count_modes + 1, sizeof *output->modes);
	if (!output->modes)
		return -ENOMEM;
	for (int i = 0; i < connector->count_modes; i++) {
		const drmModeModeInfo *mode = &connector->modes[i];
		output->modes[output->mode_count++] = (struct inventory_mode){
			.width = mode->hdisplay,
			.height = mode->vdisplay,
			.refresh_mhz = kms_output_mode_refresh(mode),
			.preferred = mode->type & DRM_MODE_TYPE_PREFERRED,
		};
	}
	return 0;
}

static int look_at_outputs(struct inventory_card *card) {
	struct kms_output outputs[KMS_MAX_OUTPUTS];
	size_t count;
	if (kms_output_list(&card->device, outputs, &count) != 0)
		return 0; /* a card without displays has no outputs, which is not a failure */
	card->outputs = calloc(count + 1, sizeof *card->outputs);
	if (!card->outputs)
		return -ENOMEM;
	int error = 0;
	for (size_t i = 0; i < count && !error; i++) {
		struct inventory_output *output = &card->outputs[card->output_count++];
		output->output = outputs[i];
		drmModeConnector *connector =
			drmModeGetConnectorCurrent(card->device.fd, outputs[i].connector_id);
		if (connector)
			error = copy_modes(connector, output);
		drmModeFreeConnector(connector);
	}
	return error;
}

static int try_vblank(int fd, uint32_t crtc_id) {
	uint64_t sequence, time;
	if (drmCrtcGetSequence(fd, crtc_id, &sequence, &time) == 0)
		return 0;
	return errno == EINVAL ? -EAGAIN : -errno;
}

static int look_at_crtcs(struct inventory_card *card) {
	drmModeRes *resources = drmModeGetResources(card->device.fd);
	if (!resources)
		return 0;
	card->crtcs = calloc((size_t)resources->count_crtcs + 1, sizeof *card->crtcs);
	for (int i = 0; card->crtcs && i < resources->count_crtcs; i++)
		card->crtcs[card->crtc_count++] = (struct inventory_crtc){
			.id = resources->crtcs[i],
			.vblank = try_vblank(card->device.fd, resources->crtcs[i]),
		};
	drmModeFreeResources(resources);
	return card->crtcs ? 0 : -ENOMEM;
}

/* Does not rely on what is written about the framebuffer, but exports it, maps it, and gives it back. */
static void try_framebuffer(
	const struct kms_device *device, struct kms_maps *maps, struct inventory_plane *plane) {
	struct frame frame;
	frame_init(&frame);
	struct frame_layer *layer = frame_add_layer(&frame);
	int error = kms_framebuffer_export(
		device, maps, plane->fb_id, SOURCE_MAP_MEMORY, layer, &plane->unreadable);
	if (!error)
		plane->unreadable.text[0] = 0;
	plane->width = layer->width;
	plane->height = layer->height;
	plane->fourcc = layer->fourcc;
	plane->modifier = layer->modifier;
	plane->implicit_linear = layer->implicit_linear;
	plane->exported = layer->planes[0].fd >= 0;
	plane->mapped = layer->memory != NULL;
	frame_finish(&frame);
}

static int look_at_planes(struct inventory_card *card) {
	struct kms_plane *planes;
	size_t count;
	int error = kms_plane_list(&card->device, &planes, &count);
	if (error)
		return error == -ENOMEM ? error : 0;
	card->planes = calloc(count + 1, sizeof *card->planes);
	struct kms_maps maps;
	kms_maps_init(&maps);
	for (size_t i = 0; card->planes && i < count; i++) {
		struct inventory_plane *plane = &card->planes[card->plane_count++];
		plane->id = planes[i].id;
		plane->type = planes[i].type;
		plane->possible_crtcs = planes[i].possible_crtcs;
		plane->format_count = planes[i].format_count;
		plane->has_hotspot = planes[i].property[KMS_PLANE_HOTSPOT_X] != 0;
		if (kms_plane_peek(&card->device, plane->id, &plane->fb_id, &plane->crtc_id) == 0 &&
			plane->fb_id)
			try_framebuffer(&card->device, &maps, plane);
	}
	kms_maps_finish(&maps);
	free(planes);
	return card->planes ? 0 : -ENOMEM;
}

static int look_at_card(struct inventory_card *card) {
	card->open_error = kms_device_open(card->node, &card->device, &card->open_reason);
	if (card->open_error)
		return 0;
	look_at_capabilities(card);
	int error = look_at_outputs(card);
	if (!error)
		error = look_at_crtcs(card);
	if (!error)
		error = look_at_planes(card);
	return error;
}

int inventory_create(struct inventory **result) {
	char nodes[KMS_MAX_CARDS][64];
	size_t count = kms_device_list(nodes);
	struct inventory *inventory = calloc(1, sizeof *inventory);
	if (!inventory)
		return -ENOMEM;
	inventory->may_capture = kms_device_may_capture();
	inventory->cards = calloc(count + 1, sizeof *inventory->cards);
	int error = inventory->cards ? 0 : -ENOMEM;
	for (size_t i = 0; !error && i < count; i++) {
		struct inventory_card *card = &inventory->cards[inventory->card_count++];
		memcpy(card->node, nodes[i], sizeof card->node);
		card->device.fd = -1;
		error = look_at_card(card);
	}
	if (error) {
		inventory_destroy(inventory);
		return error;
	}
	*result = inventory;
	return 0;
}

void inventory_destroy(struct inventory *inventory) {
	if (!inventory)
		return;
	for (size_t i = 0; i < inventory->card_count; i++) {
		struct inventory_card *card = &inventory->cards[i];
		for (size_t j = 0; j < card->output_count; j++)
			free(card->outputs[j].modes);
		free(card->outputs);
		free(card->crtcs);
		free(card->planes);
		kms_device_close(&card->device);
	}
	free(inventory->cards);
	free(inventory);
}
