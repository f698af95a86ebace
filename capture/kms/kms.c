/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "capture/kms/kms.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <xf86drm.h>
#include <xf86drmMode.h>

#include "capture/base/clock.h"
#include "capture/heads.h"
#include "capture/kms/choose.h"
#include "capture/kms/console.h"
#include "capture/kms/cursor.h"
#include "capture/kms/framebuffer.h"
#include "capture/kms/map.h"
#include "capture/kms/plane.h"
#include "capture/kms/shortfall.h"
#include "capture/kms/stack.h"

enum {
	ATTEMPTS = 4,               /* to catch a framebuffer between two flips */
	OTHER_CARD_NS = 2000000000, /* between two looks at other cards */
	REFRESH_NS = 250000000, /* between two looks at an output of which nothing seems to have changed */
	BUSY_REFRESH_NS = 2000000000, /* the same while a client makes each look wait */
	WAITED_NS = 4000000,          /* longer than any ioctl takes that does not wait */
	VBLANK_LATE_NS = 1000000000,  /* an event that has not come by then will never come */
};

struct kms {
	struct source base;
	struct kms_device device;
	bool pinned;              /* this output was asked for by name; wait for it and take no other */
	bool card_pinned;         /* this card was asked for */
	uint64_t other_tried_ns;  /* when another card was last looked at */
	struct kms_output output; /* connector_id 0: none yet */
	uint64_t refreshed_ns;    /* when the output was last looked at; 0: look immediately */
	uint64_t waited_ns;       /* when we last had to wait for the plane */
	bool output_is_fresh;     /* the last refresh_output() looked at it */
	struct kms_plane *planes; /* all planes of the card, once they were listed; owned */
	size_t plane_count;
	struct kms_stack stack; /* the planes that are lit on output.crtc_id */
	struct kms_maps maps;
	struct kms_cursor cursor;
	struct kms_shortfall shortfall;
	struct kms_console console;
	bool armed;
	uint64_t armed_ns;
	bool counted; /* `vblank_count` dates from when the last frame's state was read */
	uint32_t vblank_count;
};

static const struct source_impl impl;

/* --- following the output --- */

static void take_output(struct kms *self, const struct kms_output *output) {
	self->output = *output;
	self->refreshed_ns = clock_now_ns();
	self->output_is_fresh = true;
	snprintf(self->base.output, sizeof self->base.output, "%.15s %s (%s)", self->device.name,
		output->name, self->device.driver);
}

/* How well an output fits. The present one wins among equals. */
static int fit(const struct kms *self, const struct kms_output *output) {
	bool present = strcmp(output->name, self->output.name) == 0;
	if (self->pinned)
		return present ? 1 : -1;
	return (output->state == KMS_OUTPUT_LIT) * 4 + output->connected * 2 + present;
}

/* The output to show: the one that was asked for, or else the present one or the first that is lit, or else
 * the first with a monitor, or else the present one. NULL if the card has no such output at present. */
static const struct kms_output *choose(
	const struct kms *self, const struct kms_output *outputs, size_t count) {
	const struct kms_output *best = NULL;
	int best_fit = -1;
	for (size_t i = 0; i < count; i++) {
		if (fit(self, &outputs[i]) <= best_fit)
			continue;
		best_fit = fit(self, &outputs[i]);
		best = &outputs[i];
	}
	return best;
}

static int gone(const struct kms *self, struct reason *reason) {
	return reason_set(reason, -ENODEV, "%s was removed", self->device.node);
}

static void close_card(struct kms *self) {
	kms_maps_finish(&self->maps);
	kms_maps_init(&self->maps);
	kms_cursor_finish(&self->cursor);
	kms_cursor_init(&self->cursor);
	kms_device_close(&self->device);
	self->base.event_fd = -1;
	self->armed = false;
}

static void take_card(struct kms *self, const struct kms_device *device) {
	close_card(self);
	self->device = *device;
	self->base.event_fd = device->fd;
	snprintf(self->base.card_node, sizeof self->base.card_node, "%s", device->node);
	free(self->planes);
	self->planes = NULL;
	kms_stack_reset(&self->stack);
	memset(&self->shortfall, 0, sizeof self->shortfall);
}

/* If nothing particular was asked for and this card is dark, a lit output of another card is better. */
static bool move_to_lit_card(struct kms *self) {
	struct kms_device device;
	struct kms_output output;
	struct reason ignored;
	uint64_t now = clock_now_ns();
	if (self->pinned || self->card_pinned || now - self->other_tried_ns < OTHER_CARD_NS ||
		!kms_choose_other_is_lit(self->device.name))
		return false;
	self->other_tried_ns = now;
	if (kms_choose(NULL, NULL, &device, &output, &ignored) != 0)
		return false;
	if (output.state != KMS_OUTPUT_LIT || strcmp(device.node, self->device.node) == 0) {
		kms_device_close(&device);
		return false;
	}
	take_card(self, &device);
	take_output(self, &output);
	kms_console_drawn(&self->console);
	return true;
}

/* -EAGAIN with a reason if nothing is lit. */
static int look_around(struct kms *self, struct reason *reason) {
	struct kms_output outputs[KMS_MAX_OUTPUTS];
	size_t count;
	int error = kms_output_list(&self->device, outputs, &count);
	if (error == -ENODEV || kms_device_is_removed(&self->device))
		return gone(self, reason);
	if (error)
		return reason_set(reason, -EAGAIN, "the outputs of %s cannot be listed: %s",
			self->device.name, strerror(-error));
	const struct kms_output *chosen = choose(self, outputs, count);
	if (!chosen)
		return reason_set(reason, -EAGAIN, "%s on %s is gone: plug its dock or hub in again",
			self->output.name[0] ? self->output.name : "the output", self->device.name);
	take_output(self, chosen);
	if (chosen->state == KMS_OUTPUT_LIT || move_to_lit_card(self))
		return 0;
	kms_output_explain(&self->device, chosen, reason);
	return -EAGAIN;
}

/* Opens the card that was let go. Everything is found out anew, and the same output is taken if it is lit. */
static int open_card(struct kms *self, struct reason *reason) {
	struct kms_device device;
	if (self->device.fd >= 0)
		return 0;
	int error = kms_device_open(self->device.node, &device, reason);
	if (!error && device.node_inode != self->device.node_inode) {
		kms_device_close(&device);
		error = -ENODEV;
	}
	if (error == -ENOENT || error == -ENXIO || error == -ENODEV)
		return gone(self, reason);
	if (error)
		return error;
	take_card(self, &device);
	self->output.connector_id = 0;
	error = look_around(self, reason);
	return error == -EAGAIN ? 0 : error; /* the caller checks itself whether it is dark */
}

/* To be called after the plane was read; reading began at `start`. */
static void note_wait(struct kms *self, uint64_t start) {
	uint64_t now = clock_now_ns();
	self->base.waited = now - start > WAITED_NS;
	if (self->base.waited)
		self->waited_ns = now;
}

/* Whether a client commits all the time, by calls that wait. In that time it does nothing else, such as
 * switching the output off, so we may check for that less often. */
static bool is_crowded(const struct kms *self, uint64_t now) {
	return self->waited_ns && now - self->waited_ns < REFRESH_NS;
}

/*
 * Looks at the output again if it is time. Each of the necessary ioctls waits for modeset locks. Clients that
 * commit without NONBLOCK hold these until their flip is done, so doing this at every beat would cost such a
 * client's viewers most of their pictures. What changes with a flip is seen in the plane.
 */
static int refresh_output(struct kms *self) {
	uint64_t now = clock_now_ns();
	if (!self->output.connector_id)
		return -ENOENT;
	self->output_is_fresh =
		!self->refreshed_ns || self->output.state != KMS_OUTPUT_LIT ||
		now - self->refreshed_ns >= (is_crowded(self, now) ? BUSY_REFRESH_NS : REFRESH_NS);
	if (!self->output_is_fresh)
		return 0;
	int error = kms_output_refresh(&self->device, &self->output);
	self->refreshed_ns = error ? 0 : now;
	return error;
}

/* What the plane says contradicts what is known about the output. */
static void distrust_output(struct kms *self) {
	self->refreshed_ns = 0;
}

static int follow_output(struct kms *self, struct reason *reason) {
	int error = refresh_output(self);
	if (error == -ENODEV)
		return gone(self, reason);
	if (!error && self->output.state == KMS_OUTPUT_LIT)
		return 0;
	return look_around(self, reason);
}

/* --- following the plane --- */

/* The planes are listed only once, because a card's planes never change. */
static int list_planes(struct kms *self) {
	return self->planes ? 0 : kms_plane_list(&self->device, &self->planes, &self->plane_count);
}

/* Whether anybody draws anything on any output of the card, lit or not. True if that cannot be found out. */
static bool is_drawn_on(struct kms *self) {
	if (list_planes(self) != 0)
		return true;
	for (size_t i = 0; i < self->plane_count; i++) {
		uint32_t fb_id, crtc_id;
		if (self->planes[i].type != DRM_PLANE_TYPE_CURSOR &&
			(kms_plane_peek(&self->device, self->planes[i].id, &fb_id, &crtc_id) != 0 || fb_id))
			return true;
	}
	return false;
}

/* Looks for planes that were lit meanwhile. */
static int find_planes(struct kms *self, bool *found) {
	int error = list_planes(self);
	*found = !error &&
		 kms_stack_find(&self->stack, &self->device, &self->output, self->planes, self->plane_count);
	return error;
}

/* What the planes of our CRTC show. -ENOENT: none is lit, so nothing but black is shown. */
static int read_planes(struct kms *self) {
	uint64_t start = clock_now_ns();
	bool changed = true, found;
	int error = 0;
	if (self->stack.crtc_id != self->output.crtc_id)
		kms_stack_reset(&self->stack);
	if (self->stack.count) {
		error = kms_stack_read(&self->stack, &self->device, &changed);
		note_wait(self, start);
	}
	if (!error && (changed || self->output_is_fresh)) {
		error = find_planes(self, &found);
		if (!error && found)
			error = kms_stack_read(&self->stack, &self->device, &changed);
	}
	return error ? error : self->stack.count ? 0 : -ENOENT;
}

/* If nothing is drawn on our output and no output was asked for, one that is drawn on is better. */
static bool move_to_drawn_output(struct kms *self) {
	struct kms_output outputs[KMS_MAX_OUTPUTS], bare = self->output;
	size_t count;
	if (self->pinned || kms_output_list(&self->device, outputs, &count) != 0)
		return false;
	for (size_t i = 0; i < count; i++) {
		if (outputs[i].state != KMS_OUTPUT_LIT || outputs[i].connector_id == bare.connector_id)
			continue;
		bool found;
		take_output(self, &outputs[i]);
		if (find_planes(self, &found) == 0 && found)
			return true;
	}
	take_output(self, &bare);
	return false;
}

/* -EAGAIN with a reason, or -ENOENT if another output is to be looked at. */
static int be_bare(struct kms *self, struct reason *reason) {
	if (move_to_drawn_output(self))
		return -ENOENT;
	kms_output_explain_bare(&self->device, &self->output, reason);
	return -EAGAIN;
}

/* --- one frame --- */

/* Without atomic properties the kernel does not report the source rectangle. Such a driver only has the
 * CRTC's position in its framebuffer, and the mode. */
static void complete_legacy(const struct kms_output *output, struct kms_plane_state *state) {
	state->source = (struct rect_fixed){
		output->x << 16, output->y << 16, output->width << 16, output->height << 16};
	state->destination = (struct rect){0, 0, output->width, output->height};
}

static void describe_layer(
	const struct kms_plane *plane, const struct kms_plane_state *state, struct frame_layer *layer) {
	layer->plane_id = plane->id;
	layer->source = state->source;
	layer->destination = state->destination;
	layer->alpha = state->alpha;
	layer->blend = state->blend;
	layer->rotation = state->rotation;
	layer->encoding = state->encoding;
	layer->range = state->range;
	layer->zpos = state->zpos;
}

static bool source_is_inside(const struct frame_layer *layer) {
	uint64_t right = (uint64_t)layer->source.x + layer->source.width;
	uint64_t bottom = (uint64_t)layer->source.y + layer->source.height;
	return layer->source.width && layer->source.height && right <= (uint64_t)layer->width << 16 &&
	       bottom <= (uint64_t)layer->height << 16;
}

static int add_layer(struct kms *self, unsigned flags, const struct kms_stack_entry *entry,
	struct frame *frame, struct reason *reason) {
	struct frame_layer *layer = frame_add_layer(frame);
	describe_layer(entry->plane, &entry->state, layer);
	int error =
		kms_framebuffer_export(&self->device, &self->maps, entry->state.fb_id, flags, layer, reason);
	if (!error && !source_is_inside(layer))
		error = reason_set(reason, -EPROTO,
			"%s (%s) shows a part of its framebuffer that lies outside of it", self->device.name,
			self->device.driver);
	return error;
}

/* The lowest plane must be there. One above it that cannot be read is left out, and `shortfall` says so. */
static int add_layers(struct kms *self, unsigned flags, struct frame *frame, struct reason *reason) {
	self->shortfall.left_out = 0;
	for (size_t i = 0; i < self->stack.count; i++) {
		const struct kms_stack_entry *entry = &self->stack.entries[i];
		int error = add_layer(self, flags, entry, frame, reason);
		if (!error)
			continue;
		if (i == 0 || error == -ENOENT || error == -EACCES || error == -ENODEV)
			return error;
		frame_drop_layer(frame);
		kms_shortfall_leave_out(&self->shortfall, entry->plane->id, reason);
	}
	return 0;
}

/* How many vertical blanks there were. Waits for no lock. False if the driver does not count them. */
static bool count_vblanks(const struct kms *self, uint32_t *count) {
	union drm_wait_vblank wait = {
		.request.type =
			_DRM_VBLANK_RELATIVE | (self->output.crtc_index << _DRM_VBLANK_HIGH_CRTC_SHIFT)};
	bool counted = drmIoctl(self->device.fd, DRM_IOCTL_WAIT_VBLANK, &wait) == 0;
	*count = wait.reply.sequence;
	return counted;
}

/* Whether the lowest plane covers the output, as nearly all do: then both were read in the same mode. */
static bool fits(const struct kms *self) {
	const struct kms_plane_state *state = &self->stack.entries[0].state;
	return self->device.atomic && state->destination.width == self->output.width &&
	       state->destination.height == self->output.height;
}

/* The output and its planes as they are at one moment; `plane_error` is what became of reading the planes. */
static int read_state(struct kms *self, int *plane_error, struct reason *reason) {
	int error = follow_output(self, reason);
	if (error)
		return error;
	self->counted = count_vblanks(self, &self->vblank_count);
	*plane_error = read_planes(self);
	if (self->output_is_fresh || (!*plane_error && fits(self)))
		return 0;
	distrust_output(self);
	return read_state(self, plane_error, reason);
}

/* What a peek tells of all but the framebuffers. */
static uint64_t token(const struct kms *self, bool lit) {
	return (uint64_t)lit << 63 | (uint64_t)(self->output.crtc_id & 0x7fff) << 48 |
	       (self->output.width & 0xffff) << 16 | (self->output.height & 0xffff);
}

/* Makes one attempt. -ENOENT: the framebuffer disappeared while we looked. */
static int snapshot(struct kms *self, unsigned flags, struct frame *frame, struct reason *reason) {
	int plane_error;
	int error = read_state(self, &plane_error, reason);
	if (error)
		return error;
	frame->width = self->output.width;
	frame->height = self->output.height;
	frame->time_ns = clock_now_ns();
	frame->token = token(self, true) ^ kms_stack_token(&self->stack);
	self->base.refresh_mhz = self->output.refresh_mhz;
	if (plane_error == -ENODEV)
		return gone(self, reason);
	if (plane_error == -ENOENT) {
		self->base.shortfall = (struct shortfall){0}; /* black: nothing is missing */
		return be_bare(self, reason);
	}
	if (plane_error)
		return reason_set(reason, plane_error, "the planes of %s cannot be read: %s",
			self->device.name, strerror(-plane_error));
	if (!self->device.atomic)
		complete_legacy(&self->output, &self->stack.entries[0].state);
	error = add_layers(self, flags, frame, reason);
	if (!error && (self->output_is_fresh || !self->shortfall.looked_ns))
		kms_shortfall_look(&self->shortfall, &self->device, &self->output, frame->time_ns,
			&self->base.shortfall);
	return error;
}

static int capture(struct kms *self, unsigned flags, struct frame *frame, struct reason *reason) {
	kms_maps_age(&self->maps);
	int error = -ENOENT;
	for (int i = 0; i < ATTEMPTS && error == -ENOENT; i++) {
		frame_finish(frame);
		frame_init(frame);
		error = snapshot(self, flags, frame, reason);
	}
	if (!error)
		return 0;
	frame_finish(frame);
	frame_init(frame);
	if (error == -ENOENT)
		return reason_set(reason, -EAGAIN, "%s on %s changes faster than it can be read",
			self->output.name, self->device.name);
	return error;
}

/* To be called if there was nothing to see. Finds out whether only the kernel's console can change that. */
static bool is_abandoned(struct kms *self) {
	uint64_t now = clock_now_ns();
	if (is_drawn_on(self)) {
		kms_console_drawn(&self->console);
		return false;
	}
	return kms_console_is_due(&self->console, now) &&
	       kms_console_asked(&self->console, kms_console_ask(self->device.name), now);
}

/* While we run, the state that a framebuffer cannot be read may end with the next one. Only a card that is
 * gone or forbidden stays so. */
static int acquire(struct source *source, unsigned flags, struct frame *frame, struct reason *reason) {
	struct kms *self = (struct kms *)source;
	self->base.abandoned = false;
	int error = open_card(self, reason);
	if (!error)
		error = capture(self, flags, frame, reason);
	if (error == -ENODEV || error == -EACCES)
		return error;
	if (error)
		self->base.abandoned = self->device.fd >= 0 && is_abandoned(self);
	else
		kms_console_drawn(&self->console);
	return error ? -EAGAIN : 0;
}

static int peek(struct source *source, uint64_t *result) {
	struct kms *self = (struct kms *)source;
	struct reason ignored;
	uint64_t framebuffers = 0;
	bool found;
	int error = open_card(self, &ignored);
	if (error)
		return error;
	uint64_t start = clock_now_ns();
	error = kms_stack_peek(&self->stack, &self->device, &framebuffers);
	note_wait(self, start);
	if (error == -ENODEV)
		return error;
	if (error || !self->stack.count || self->stack.crtc_id != self->output.crtc_id)
		distrust_output(self);
	error = refresh_output(self);
	bool lit = !error && self->output.state == KMS_OUTPUT_LIT;
	if (lit && self->output_is_fresh)
		find_planes(self, &found); /* the next peek tells of them */
	*result = token(self, lit) ^ (lit ? framebuffers : 0);
	return error == -ENODEV ? error : 0;
}

/*
 * A client draws into a buffer only after the flip away from it, which takes effect at a vertical blank. If
 * there was none since the frame was acquired, there is nothing to ask, and so no wait for the lock that the
 * client's next commit holds. (Flips that do not wait for the vertical blank tear on the monitor, too.)
 */
static bool is_current(struct source *source, const struct frame *frame) {
	struct kms *self = (struct kms *)source;
	uint32_t count;
	if (self->counted && count_vblanks(self, &count) && count == self->vblank_count)
		return true;
	for (int i = 0; i < frame->layer_count; i++) {
		uint32_t fb_id, crtc_id;
		if (kms_plane_peek(&self->device, frame->layers[i].plane_id, &fb_id, &crtc_id) != 0 ||
			fb_id != frame->layers[i].fb_id || crtc_id != self->output.crtc_id)
			return false;
	}
	return true;
}

static int read_cursor(struct source *source, struct cursor *cursor) {
	struct kms *self = (struct kms *)source;
	if (self->device.fd < 0)
		return -EAGAIN; /* there is no cursor without a picture */
	return kms_cursor_read(&self->cursor, &self->device, &self->output, clock_now_ns(), cursor);
}

/* --- vertical blank --- */

static int arm_vblank(struct source *source) {
	struct kms *self = (struct kms *)source;
	uint64_t now = clock_now_ns();
	if (self->armed && now - self->armed_ns < VBLANK_LATE_NS)
		return 0;
	if (self->device.fd < 0 || self->output.state != KMS_OUTPUT_LIT || !self->output.crtc_id)
		return -EAGAIN;
	if (drmCrtcQueueSequence(
		    self->device.fd, self->output.crtc_id, DRM_CRTC_SEQUENCE_RELATIVE, 1, NULL, 0) != 0)
		return errno ? -errno : -EIO;
	self->armed = true;
	self->armed_ns = now;
	return 0;
}

static bool read_events(struct source *source) {
	struct kms *self = (struct kms *)source;
	_Alignas(struct drm_event) char buffer[1024];
	bool came = false;
	ssize_t size;
	while ((size = read(self->device.fd, buffer, sizeof buffer)) > 0) {
		for (size_t at = 0; at + sizeof(struct drm_event) <= (size_t)size;) {
			struct drm_event event;
			memcpy(&event, buffer + at, sizeof event);
			came |= event.type == DRM_EVENT_CRTC_SEQUENCE;
			if (event.length < sizeof event)
				break;
			at += event.length;
		}
	}
	if (came)
		self->armed = false;
	return came;
}

/* --- opening --- */

static void destroy(struct source *source) {
	struct kms *self = (struct kms *)source;
	free(self->planes);
	kms_cursor_finish(&self->cursor);
	kms_maps_finish(&self->maps);
	kms_device_close(&self->device);
	free(self);
}

static void release(struct source *source) {
	struct kms *self = (struct kms *)source;
	kms_maps_finish(&self->maps);
	kms_maps_finish(&self->cursor.maps);
}

/* The kernel lights its console at the last close, even if it had blanked the console itself. */
static bool would_be_lit(struct kms *self) {
	distrust_output(self);
	return refresh_output(self) == 0 && self->output.state != KMS_OUTPUT_LIT && is_drawn_on(self) &&
	       kms_console_ask(self->device.name) == KMS_CONSOLE_FREE;
}

static void let_go(struct source *source) {
	struct kms *self = (struct kms *)source;
	if (self->device.fd >= 0 && !would_be_lit(self))
		close_card(self);
}

static const struct source_impl impl = {
	.name = "kms",
	.peek = peek,
	.acquire = acquire,
	.is_current = is_current,
	.arm_vblank = arm_vblank,
	.read_events = read_events,
	.cursor = read_cursor,
	.release = release,
	.let_go = let_go,
	.destroy = destroy,
};

/* Takes the device over, whatever it returns. Reads one frame immediately, because it is better to report now
 * what cannot work than to the first viewer. */
static int create(struct kms_device *device, const struct kms_output *output,
	const struct source_options *options, struct source **source, struct reason *why) {
	struct kms *self = calloc(1, sizeof *self);
	if (!self) {
		kms_device_close(device);
		return reason_set(why, -ENOMEM, "out of memory");
	}
	self->base.impl = &impl;
	self->device = *device;
	self->base.event_fd = device->fd;
	self->pinned = options->output != NULL;
	self->card_pinned = options->card != NULL;
	snprintf(self->base.card_node, sizeof self->base.card_node, "%s", device->node);
	kms_maps_init(&self->maps);
	kms_cursor_init(&self->cursor);
	take_output(self, output);
	struct frame frame;
	frame_init(&frame);
	int error = capture(self, 0, &frame, why);
	frame_finish(&frame);
	if (error == -EAGAIN && !kms_device_may_capture())
		error = reason_set(why, -EACCES,
			"the kernel shows the framebuffers of %s only to a process with CAP_SYS_ADMIN: %s",
			device->name, kms_device_capture_remedy());
	if (error && error != -EAGAIN) {
		destroy(&self->base);
		return error;
	}
	*source = &self->base;
	return 0;
}

/* Of several outputs, the first one is opened; if none is lit, any. The options then point into `heads`. */
static int choose_first(struct source_options *options, struct head heads[HEADS_MAX], struct reason *why) {
	size_t count;
	if (!heads_are_several(options->output))
		return 0;
	int error = heads_find(options->card, options->output, heads, &count, why);
	if (error && error != -EAGAIN)
		return error;
	options->output = error ? NULL : heads[0].output;
	options->card = error ? options->card : heads[0].card;
	return 0;
}

int kms_open(const struct source_options *options, struct source **source, struct reason *why) {
	struct kms_device device;
	struct kms_output output;
	struct reason choice;
	struct source_options one = *options;
	struct head heads[HEADS_MAX];
	int error = choose_first(&one, heads, why);
	if (!error)
		error = kms_choose(one.card, one.output, &device, &output, why);
	if (error)
		return error;
	choice = *why;
	error = create(&device, &output, &one, source, why);
	if (!error)
		*why = choice;
	return error;
}

const struct kms_device *kms_source_device(const struct source *source) {
	return source->impl == &impl ? &((const struct kms *)source)->device : NULL;
}
