/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tests/vm/display.h"

#include <drm_fourcc.h>
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <xf86drm.h>

#include "tests/vm/card.h"

enum { REFRESH = 60, CURSOR_SIZE = 64, WORDS = 3, PATIENCE_MS = 20000 };

static const struct {
	const char *property;
	const char *words[WORDS]; /* by the value of the enum in frame.h */
} choices[DISPLAY_CHOICES] = {
	[DISPLAY_BLEND] = {"pixel blend mode", {[FRAME_BLEND_PREMULTIPLIED] = "Pre-multiplied",
						       [FRAME_BLEND_COVERAGE] = "Coverage",
						       [FRAME_BLEND_NONE] = "None"}},
	[DISPLAY_ENCODING] = {"COLOR_ENCODING", {[FRAME_ENCODING_BT601] = "ITU-R BT.601 YCbCr",
							[FRAME_ENCODING_BT709] = "ITU-R BT.709 YCbCr",
							[FRAME_ENCODING_BT2020] = "ITU-R BT.2020 YCbCr"}},
	[DISPLAY_RANGE] = {"COLOR_RANGE",
		{[FRAME_RANGE_LIMITED] = "YCbCr limited range", [FRAME_RANGE_FULL] = "YCbCr full range"}},
};

__attribute__((noreturn)) static void fail(const char *what) {
	fprintf(stderr, "display: %s: %s\n", what, strerror(errno));
	exit(1);
}

/* --- opening --- */

static void add_plane(struct display *display, uint32_t id, int crtc_index) {
	drmModePlane *plane = drmModeGetPlane(display->fd, id);
	if (!plane || !(plane->possible_crtcs & 1u << crtc_index) ||
		display->plane_count == DISPLAY_MAX_PLANES) {
		drmModeFreePlane(plane);
		return;
	}
	struct display_plane *added = &display->planes[display->plane_count++];
	added->plane = plane;
	object_init(&added->object, display->fd, id, DRM_MODE_OBJECT_PLANE);
	object_property(&added->object, "type", &added->type);
}

static void find_planes(struct display *display, int crtc_index) {
	drmModePlaneRes *planes = drmModeGetPlaneResources(display->fd);
	for (uint32_t i = 0; planes && i < planes->count_planes; i++)
		add_plane(display, planes->planes[i], crtc_index);
	drmModeFreePlaneResources(planes);
}

/* The first output, and the connector that writes back. */
static void find_connectors(struct display *display, const drmModeRes *resources) {
	for (int i = 0; i < resources->count_connectors; i++) {
		drmModeConnector *connector = drmModeGetConnector(display->fd, resources->connectors[i]);
		if (!connector)
			continue;
		bool back = connector->connector_type == DRM_MODE_CONNECTOR_WRITEBACK;
		struct object *found = back ? &display->back : &display->connector;
		if (!found->id && (back || connector->connection == DRM_MODE_CONNECTED))
			object_init(found, display->fd, connector->connector_id, DRM_MODE_OBJECT_CONNECTOR);
		drmModeFreeConnector(connector);
	}
}

static void find_all(struct display *display) {
	drmModeRes *resources = drmModeGetResources(display->fd);
	errno = resources ? ENXIO : errno;
	if (!resources || !resources->count_crtcs)
		fail("no CRTC");
	find_connectors(display, resources);
	if (!display->connector.id)
		fail("no connected output");
	object_init(&display->crtc, display->fd, resources->crtcs[0], DRM_MODE_OBJECT_CRTC);
	find_planes(display, 0);
	drmModeFreeResources(resources);
}

void display_open(struct display *display, const char *card, uint32_t width, uint32_t height) {
	*display = (struct display){.fd = card_open(card)};
	if (display->fd < 0)
		fail(card);
	if (drmSetClientCap(display->fd, DRM_CLIENT_CAP_ATOMIC, 1) != 0)
		fail("the driver has no atomic modesetting");
	drmSetClientCap(display->fd, DRM_CLIENT_CAP_WRITEBACK_CONNECTORS, 1);
	find_all(display);
	card_make_mode(width, height, REFRESH, &display->mode);
	if (drmModeCreatePropertyBlob(
		    display->fd, &display->mode, sizeof display->mode, &display->mode_blob) != 0)
		fail("the mode");
	if (!buffer_make(display->fd, CURSOR_SIZE, CURSOR_SIZE, DRM_FORMAT_ARGB8888, &display->cursor) ||
		!buffer_make(display->fd, width, height, DRM_FORMAT_XRGB8888, &display->captured))
		fail("a framebuffer");
	memset(display->cursor.memory, 0, display->cursor.size);
}

static bool is_in(const char *codes, uint32_t fourcc) {
	const char code[] = {
		(char)fourcc, (char)(fourcc >> 8), (char)(fourcc >> 16), (char)(fourcc >> 24), '\0'};
	return strstr(codes, code) != NULL;
}

void display_restrict(struct display *display, const char *codes) {
	for (int i = 0; i < display->plane_count; i++) {
		drmModePlane *plane = display->planes[i].plane;
		uint32_t kept = 0;
		for (uint32_t j = 0; j < plane->count_formats; j++)
			if (is_in(codes, plane->formats[j]))
				plane->formats[kept++] = plane->formats[j];
		errno = ENOENT;
		if (!kept)
			fail(codes);
		plane->count_formats = kept;
	}
}

bool display_offers(const struct display_plane *plane, enum display_choice choice, unsigned value) {
	const drmModePropertyRes *property = object_property(&plane->object, choices[choice].property, NULL);
	uint64_t ignored;
	return property && value < WORDS && choices[choice].words[value] &&
	       object_word(property, choices[choice].words[value], &ignored);
}

/* --- showing --- */

static void add(drmModeAtomicReq *request, const struct object *object, const char *name, uint64_t value) {
	const drmModePropertyRes *property = object_property(object, name, NULL);
	if (property && !(property->flags & DRM_MODE_PROP_IMMUTABLE))
		drmModeAtomicAddProperty(request, object->id, property->prop_id, value);
}

static void add_choice(drmModeAtomicReq *request, const struct display_plane *plane,
	enum display_choice choice, unsigned value) {
	uint64_t number;
	if (display_offers(plane, choice, value) &&
		object_word(object_property(&plane->object, choices[choice].property, NULL),
			choices[choice].words[value], &number))
		add(request, &plane->object, choices[choice].property, number);
}

static void add_layer(drmModeAtomicReq *request, const struct display *display,
	const struct display_plane *plane, const struct frame_layer *layer) {
	const struct object *object = &plane->object;
	add(request, object, "FB_ID", layer->fb_id);
	add(request, object, "CRTC_ID", display->crtc.id);
	add(request, object, "SRC_X", layer->source.x);
	add(request, object, "SRC_Y", layer->source.y);
	add(request, object, "SRC_W", layer->source.width);
	add(request, object, "SRC_H", layer->source.height);
	add(request, object, "CRTC_X", (uint64_t)(int64_t)layer->destination.x);
	add(request, object, "CRTC_Y", (uint64_t)(int64_t)layer->destination.y);
	add(request, object, "CRTC_W", layer->destination.width);
	add(request, object, "CRTC_H", layer->destination.height);
	add(request, object, "rotation", layer->rotation);
	add(request, object, "alpha", layer->alpha);
	add(request, object, "zpos", layer->zpos);
	add_choice(request, plane, DISPLAY_BLEND, layer->blend);
	add_choice(request, plane, DISPLAY_ENCODING, layer->encoding);
	add_choice(request, plane, DISPLAY_RANGE, layer->range);
}

/*
 * vkms of Linux 6.12 writes a row back to where the uppermost plane has read it from, which for one that
 * is turned is another row, and for a reflected one may lie outside of the framebuffer. The cursor's plane is
 * the uppermost one. It is not turned and shows nothing, so that every row is written to its place.
 */
static void add_cursor(
	drmModeAtomicReq *request, const struct display *display, const struct display_plane *plane) {
	struct frame_layer layer = {
		.fb_id = display->cursor.fb_id,
		.source = {.width = CURSOR_SIZE << 16, .height = CURSOR_SIZE << 16},
		.destination = {.width = CURSOR_SIZE, .height = CURSOR_SIZE},
		.rotation = DRM_MODE_ROTATE_0,
		.alpha = 0xffff,
	};
	object_property(&plane->object, "zpos", &layer.zpos);
	add_layer(request, display, plane, &layer);
}

static void add_plane_state(drmModeAtomicReq *request, const struct display *display,
	const struct display_plane *plane, const struct frame *frame) {
	if (plane->type == DRM_PLANE_TYPE_CURSOR) {
		add_cursor(request, display, plane);
		return;
	}
	for (int i = 0; i < frame->layer_count; i++) {
		if (frame->layers[i].plane_id == plane->object.id) {
			add_layer(request, display, plane, &frame->layers[i]);
			return;
		}
	}
	add(request, &plane->object, "FB_ID", 0);
	add(request, &plane->object, "CRTC_ID", 0);
}

/* The CRTC feeds the output or the connector that writes back: vkms of Linux 6.12 refuses both at once. */
static drmModeAtomicReq *begin(const struct display *display, bool back) {
	drmModeAtomicReq *request = drmModeAtomicAlloc();
	if (!request)
		abort();
	add(request, &display->crtc, "MODE_ID", display->mode_blob);
	add(request, &display->crtc, "ACTIVE", 1);
	add(request, &display->connector, "CRTC_ID", back ? 0 : display->crtc.id);
	if (display->back.id)
		add(request, &display->back, "CRTC_ID", back ? display->crtc.id : 0);
	return request;
}

static bool commit(const struct display *display, drmModeAtomicReq *request) {
	int error = drmModeAtomicCommit(display->fd, request, DRM_MODE_ATOMIC_ALLOW_MODESET, NULL);
	drmModeAtomicFree(request);
	errno = -error;
	return error == 0;
}

bool display_show(struct display *display, const struct frame *frame) {
	drmModeAtomicReq *request = begin(display, false);
	for (int i = 0; i < display->plane_count; i++)
		add_plane_state(request, display, &display->planes[i], frame);
	return commit(display, request);
}

/* --- writing back --- */

static void wait_for(int fence) {
	struct pollfd poll_fd = {.fd = fence, .events = POLLIN};
	errno = ETIMEDOUT;
	if (poll(&poll_fd, 1, PATIENCE_MS) <= 0)
		fail("the display engine does not write back");
	close(fence);
}

void display_capture(struct display *display) {
	int32_t fence = -1;
	drmModeAtomicReq *request = begin(display, true);
	add(request, &display->back, "WRITEBACK_FB_ID", display->captured.fb_id);
	add(request, &display->back, "WRITEBACK_OUT_FENCE_PTR", (uint64_t)(uintptr_t)&fence);
	if (!commit(display, request))
		fail("asking the display engine to write back");
	wait_for(fence);
	if (!commit(display, begin(display, false)))
		fail("lighting the output again");
}

void display_close(struct display *display) {
	buffer_release(display->fd, &display->cursor);
	buffer_release(display->fd, &display->captured);
	for (int i = 0; i < display->plane_count; i++) {
		drmModeFreePlane(display->planes[i].plane);
		object_finish(&display->planes[i].object);
	}
	object_finish(&display->connector);
	object_finish(&display->crtc);
	object_finish(&display->back);
	close(display->fd);
}
