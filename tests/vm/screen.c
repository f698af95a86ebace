/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tests/vm/screen.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <xf86drm.h>

#include "encode/pixel_format.h"
#include "tests/vm/card.h"
#include "tests/vm/object.h"

__attribute__((noreturn)) static void fail(const char *what) {
	fprintf(stderr, "painter: %s: %s\n", what, strerror(errno));
	exit(1);
}

/* Returns a CRTC that the connector can use and that no other head has. */
static uint32_t free_crtc(
	const struct screen *screen, const drmModeRes *resources, const drmModeConnector *connector) {
	uint32_t possible = drmModeConnectorGetPossibleCrtcs(screen->fd, connector);
	for (int i = 0; i < resources->count_crtcs; i++) {
		bool taken = !(possible & 1u << i);
		for (int head = 0; head < screen->head_count; head++)
			taken = taken || screen->heads[head].crtc_id == resources->crtcs[i];
		if (!taken)
			return resources->crtcs[i];
	}
	return 0;
}

/* Finds an object's property: its id, and its value or that of a word. 0: there is no such property or word.
 */
static uint32_t find_property(
	int fd, uint32_t id, uint32_t type, const char *name, const char *word, uint64_t *value) {
	struct object object;
	object_init(&object, fd, id, type);
	*value = 0;
	const drmModePropertyRes *property = object_property(&object, name, value);
	uint32_t found = property && (!word || object_word(property, word, value)) ? property->prop_id : 0;
	object_finish(&object);
	return found;
}

/* Returns the first plane of this type that the CRTC can have. */
static uint32_t find_plane(int fd, int crtc_index, uint64_t type) {
	drmModePlaneRes *planes = drmModeGetPlaneResources(fd);
	uint32_t found = 0;
	for (uint32_t i = 0; planes && i < planes->count_planes && !found; i++) {
		drmModePlane *plane = drmModeGetPlane(fd, planes->planes[i]);
		uint64_t its_type;
		if (plane && plane->possible_crtcs & 1u << crtc_index &&
			find_property(fd, plane->plane_id, DRM_MODE_OBJECT_PLANE, "type", NULL, &its_type) &&
			its_type == type)
			found = plane->plane_id;
		drmModeFreePlane(plane);
	}
	drmModeFreePlaneResources(planes);
	return found;
}

static void find_planes(int fd, const drmModeRes *resources, struct screen_head *head) {
	int index = 0;
	while (index < resources->count_crtcs && resources->crtcs[index] != head->crtc_id)
		index++;
	head->primary_id = find_plane(fd, index, DRM_PLANE_TYPE_PRIMARY);
	head->overlay_id = find_plane(fd, index, DRM_PLANE_TYPE_OVERLAY);
}

static void add_head(struct screen *screen, const drmModeRes *resources, const drmModeConnector *connector) {
	struct screen_head *head = &screen->heads[screen->head_count];
	uint64_t ignored;
	*head = (struct screen_head){
		.connector_id = connector->connector_id,
		.crtc_id = free_crtc(screen, resources, connector),
		.dpms_property = find_property(screen->fd, connector->connector_id, DRM_MODE_OBJECT_CONNECTOR,
			"DPMS", NULL, &ignored),
		.mode = connector->modes[0],
	};
	snprintf(head->name, sizeof head->name, "%s-%u",
		drmModeGetConnectorTypeName(connector->connector_type), connector->connector_type_id);
	find_planes(screen->fd, resources, head);
	if (head->crtc_id)
		screen->head_count++;
}

void screen_open(struct screen *screen, const char *card, const char *output) {
	*screen = (struct screen){.fd = card_open(card)};
	if (screen->fd < 0)
		fail(card);
	drmModeRes *resources = drmModeGetResources(screen->fd);
	if (!resources)
		fail("drmModeGetResources");
	for (int i = 0; i < resources->count_connectors && screen->head_count < SCREEN_MAX_HEADS; i++) {
		drmModeConnector *connector = drmModeGetConnector(screen->fd, resources->connectors[i]);
		if (connector && connector->connection == DRM_MODE_CONNECTED && connector->count_modes > 0 &&
			connector->connector_type != DRM_MODE_CONNECTOR_WRITEBACK) {
			add_head(screen, resources, connector);
			struct screen_head *head = &screen->heads[screen->head_count - 1];
			if (output && strcmp(output, head->name) != 0)
				screen->head_count--;
		}
		drmModeFreeConnector(connector);
	}
	drmModeFreeResources(resources);
	errno = ENXIO;
	if (screen->head_count == 0)
		fail("no connected output");
}

static bool choose_mode(const struct screen *screen, const struct screen_head *head,
	const struct screen_shape *shape, drmModeModeInfo *mode) {
	if (shape->refresh) {
		card_make_mode(shape->width, shape->height, shape->refresh, mode);
		return true;
	}
	drmModeConnector *connector = drmModeGetConnector(screen->fd, head->connector_id);
	bool found = false;
	for (int i = 0; connector && i < connector->count_modes && !found; i++) {
		*mode = connector->modes[i];
		found = !shape->width || (mode->hdisplay == shape->width && mode->vdisplay == shape->height);
	}
	drmModeFreeConnector(connector);
	errno = found ? 0 : ENOENT;
	return found;
}

static uint8_t *visible(const struct buffer *buffer, const struct screen_shape *shape) {
	return buffer->memory + (size_t)shape->y * buffer->pitch +
	       (size_t)shape->x * pixel_format_find(shape->fourcc)->bytes_per_pixel;
}

/* Sets a new mode and new buffers on one head. The old buffers are freed when the new ones are shown. */
static bool light_head(
	struct screen *screen, int index, const struct screen_shape *shape, screen_fill fill, void *context) {
	struct screen_head *head = &screen->heads[index];
	struct buffer fresh[SCREEN_BUFFERS] = {0};
	drmModeModeInfo mode;
	if (!choose_mode(screen, head, shape, &mode))
		return false;
	bool made = true;
	for (int i = 0; i < (shape->flip ? 2 : 1) && made; i++)
		made = buffer_make(screen->fd, mode.hdisplay + shape->x + shape->pad_right,
			mode.vdisplay + shape->y + shape->pad_below, shape->fourcc, &fresh[i]);
	if (made)
		fill(context, index, mode.hdisplay, mode.vdisplay, visible(&fresh[0], shape), fresh[0].pitch);
	if (!made || drmModeSetCrtc(screen->fd, head->crtc_id, fresh[0].fb_id, shape->x, shape->y,
			     &head->connector_id, 1, &mode) != 0) {
		int error = errno;
		for (int i = 0; i < SCREEN_BUFFERS; i++)
			buffer_release(screen->fd, &fresh[i]);
		errno = error;
		return false;
	}
	for (int i = 0; i < SCREEN_BUFFERS; i++)
		buffer_release(screen->fd, &head->buffers[i]);
	memcpy(head->buffers, fresh, sizeof fresh);
	head->mode = mode;
	return true;
}

static bool set_plane(struct screen *screen, uint32_t plane_id, uint32_t fb_id, uint32_t x, uint32_t y,
	uint32_t width, uint32_t height, uint32_t from_x, uint32_t from_y) {
	errno = ENOENT;
	return plane_id && drmModeSetPlane(screen->fd, plane_id, fb_id ? screen->heads[0].crtc_id : 0, fb_id,
				   0, (int32_t)x, (int32_t)y, width, height, from_x << 16, from_y << 16,
				   width << 16, height << 16) == 0;
}

/* Shows a buffer on either plane as the primary plane shows it. */
static bool cover(struct screen *screen, uint32_t plane_id, int buffer) {
	const struct screen_head *head = &screen->heads[0];
	return set_plane(screen, plane_id, head->buffers[buffer].fb_id, 0, 0, head->mode.hdisplay,
		head->mode.vdisplay, screen->shape.x, screen->shape.y);
}

static bool uncover(struct screen *screen, uint32_t plane_id) {
	return set_plane(screen, plane_id, 0, 0, 0, 0, 0, 0, 0);
}

bool screen_light(struct screen *screen, const struct screen_shape *shape, screen_fill fill, void *context) {
	for (int i = 0; i < screen->head_count; i++) {
		if (!light_head(screen, i, shape, fill, context))
			return false;
	}
	if (screen->lone)
		uncover(screen, screen->heads[0].overlay_id);
	screen->shape = *shape;
	screen->shown = 0;
	screen->lit = true;
	screen->lone = false;
	return true;
}

uint8_t *screen_pixels(const struct screen *screen, int head, int buffer, uint32_t *pitch) {
	const struct buffer *at = &screen->heads[head].buffers[buffer];
	*pitch = at->pitch;
	return visible(at, &screen->shape);
}

static void on_flipped(int fd, unsigned sequence, unsigned seconds, unsigned microseconds, void *data) {
	(void)fd;
	(void)sequence;
	(void)seconds;
	(void)microseconds;
	struct screen *screen = data;
	screen->flips_due--;
}

/* Commits without NONBLOCK, as front-buffer X (DIRTYFB) and old clients do. */
static void set_buffer(struct screen *screen, struct screen_head *head, int buffer) {
	if (drmModeSetCrtc(screen->fd, head->crtc_id, head->buffers[buffer].fb_id, screen->shape.x,
		    screen->shape.y, &head->connector_id, 1, &head->mode) != 0)
		fail("drmModeSetCrtc");
}

void screen_flip(struct screen *screen, int buffer) {
	if (screen->lone) {
		if (!cover(screen, screen->heads[0].overlay_id, buffer))
			fail("drmModeSetPlane");
		screen->shown = buffer;
		return;
	}
	for (int i = 0; i < screen->head_count; i++) {
		struct screen_head *head = &screen->heads[i];
		if (head->off)
			continue;
		if (screen->shape.block) {
			set_buffer(screen, head, buffer);
			continue;
		}
		if (drmModePageFlip(screen->fd, head->crtc_id, head->buffers[buffer].fb_id,
			    DRM_MODE_PAGE_FLIP_EVENT, screen) != 0)
			fail("drmModePageFlip");
		screen->flips_due++;
	}
	drmEventContext context = {.version = 2, .page_flip_handler = on_flipped};
	while (screen->flips_due > 0) {
		struct pollfd poll_fd = {.fd = screen->fd, .events = POLLIN};
		errno = ETIMEDOUT;
		if (poll(&poll_fd, 1, 5000) <= 0)
			fail("waiting for a page flip");
		drmHandleEvent(screen->fd, &context);
	}
	screen->shown = buffer;
}

void screen_dirty(struct screen *screen) {
	for (int i = 0; i < screen->head_count; i++)
		drmModeDirtyFB(screen->fd, screen->heads[i].buffers[screen->shown].fb_id, NULL,
			0); /* ENOSYS: the driver does not need it */
}

static void switch_off(struct screen *screen, const struct screen_head *head) {
	if (drmModeSetCrtc(screen->fd, head->crtc_id, 0, 0, 0, NULL, 0, NULL) != 0)
		fail("switching the CRTC off");
}

static void set_dpms(struct screen *screen, const struct screen_head *head, uint64_t value) {
	if (drmModeConnectorSetProperty(screen->fd, head->connector_id, head->dpms_property, value) != 0)
		fail("setting DPMS");
}

void screen_darken(struct screen *screen, enum screen_dark how) {
	for (int i = 0; i < screen->head_count; i++) {
		const struct screen_head *head = &screen->heads[i];
		if (how == SCREEN_DARK_DPMS)
			set_dpms(screen, head, DRM_MODE_DPMS_OFF);
		else
			switch_off(screen, head);
	}
	screen->lit = false;
}

void screen_lighten(struct screen *screen) {
	for (int i = 0; i < screen->head_count; i++) {
		struct screen_head *head = &screen->heads[i];
		if (drmModeSetCrtc(screen->fd, head->crtc_id, head->buffers[screen->shown].fb_id,
			    screen->shape.x, screen->shape.y, &head->connector_id, 1, &head->mode) != 0)
			fail("switching the CRTC on");
		if (head->dpms_property)
			set_dpms(screen, head, DRM_MODE_DPMS_ON);
	}
	screen->lit = true;
}

static bool is_connected(const struct screen *screen, const struct screen_head *head) {
	drmModeConnector *connector = drmModeGetConnector(screen->fd, head->connector_id);
	bool connected = connector && connector->connection == DRM_MODE_CONNECTED;
	drmModeFreeConnector(connector);
	return connected;
}

int screen_follow_plugs(struct screen *screen) {
	int connected = 0;
	for (int i = 0; i < screen->head_count; i++) {
		struct screen_head *head = &screen->heads[i];
		bool was_off = head->off;
		head->off = !is_connected(screen, head);
		if (head->off && !was_off)
			switch_off(screen, head);
		if (!head->off && was_off)
			set_buffer(screen, head, screen->shown);
		connected += !head->off;
	}
	return connected;
}

bool screen_turn(struct screen *screen, const char *how) {
	uint32_t plane_id = screen->heads[0].primary_id;
	uint64_t value;
	uint32_t property =
		find_property(screen->fd, plane_id, DRM_MODE_OBJECT_PLANE, "rotation", how, &value);
	if (!(value & DRM_MODE_ROTATE_MASK))
		value |= DRM_MODE_ROTATE_0; /* a mirror alone is refused */
	errno = ENOENT;
	return property &&
	       drmModeObjectSetProperty(screen->fd, plane_id, DRM_MODE_OBJECT_PLANE, property, value) == 0;
}

bool screen_window(
	struct screen *screen, uint32_t fourcc, uint32_t x, uint32_t y, uint32_t width, uint32_t height) {
	struct screen_head *head = &screen->heads[0];
	struct buffer before = head->window;
	head->window = (struct buffer){0};
	bool done = width ? buffer_make(screen->fd, width, height, fourcc, &head->window) &&
				    set_plane(screen, head->overlay_id, head->window.fb_id, x, y, width,
					    height, 0, 0)
			  : uncover(screen, head->overlay_id);
	int error = errno;
	buffer_release(screen->fd, &before);
	errno = error;
	return done;
}

bool screen_set_lone(struct screen *screen, bool lone) {
	struct screen_head *head = &screen->heads[0];
	uint32_t on = lone ? head->overlay_id : head->primary_id;
	if (!cover(screen, on, screen->shown) || !uncover(screen, lone ? head->primary_id : head->overlay_id))
		return false;
	screen->lone = lone;
	return true;
}

bool screen_color(struct screen *screen, enum screen_colors colors) {
	uint16_t plain[256], half[256], inverted[256];
	for (int i = 0; i < 256; i++) {
		plain[i] = (uint16_t)(i * 257);
		half[i] = plain[i] / 2;
		inverted[i] = (uint16_t)(0xffff - plain[i]);
	}
	uint16_t *others = colors == SCREEN_COLORS_INVERTED ? inverted : plain;
	uint16_t *blue = colors == SCREEN_COLORS_WARM ? half : others;
	return drmModeCrtcSetGamma(screen->fd, screen->heads[0].crtc_id, 256, others, others, blue) == 0;
}

bool screen_count_vblanks(struct screen *screen, uint32_t *count) {
	uint64_t sequence, time_ns;
	if (drmCrtcGetSequence(screen->fd, screen->heads[0].crtc_id, &sequence, &time_ns) != 0)
		return false;
	*count = (uint32_t)sequence;
	return true;
}

void screen_close(struct screen *screen) {
	for (int i = 0; i < screen->head_count; i++) {
		buffer_release(screen->fd, &screen->heads[i].window);
		for (int buffer = 0; buffer < SCREEN_BUFFERS; buffer++)
			buffer_release(screen->fd, &screen->heads[i].buffers[buffer]);
	}
	close(screen->fd);
	screen->fd = -1;
}
