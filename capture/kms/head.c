/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "capture/kms/head.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <xf86drmMode.h>

#include "capture/base/clock.h"
#include "capture/kms/framebuffer.h"
#include "capture/tone.h"

enum {
	REFRESH_NS = 250000000, /* between two looks at an output of which nothing seems to have changed */
	BUSY_REFRESH_NS = 2000000000, /* the same while a client makes each look wait */
	WAITED_NS = 4000000,          /* longer than any ioctl takes that does not wait */
};

void kms_head_init(struct kms_head *head, const struct kms_device *device, enum source_lut lut) {
	memset(head, 0, sizeof *head);
	head->device = device;
	head->lut = lut;
	kms_maps_init(&head->maps);
	kms_cursor_init(&head->cursor);
}

void kms_head_finish(struct kms_head *head) {
	free(head->planes);
	kms_colour_finish(&head->colour);
	kms_cursor_finish(&head->cursor);
	kms_maps_finish(&head->maps);
}

void kms_head_forget(struct kms_head *head) {
	struct kms_output output = head->output;
	kms_head_finish(head);
	kms_head_init(head, head->device, head->lut);
	memcpy(head->output.name, output.name, sizeof output.name);
}

void kms_head_release(struct kms_head *head) {
	kms_maps_finish(&head->maps);
	kms_cursor_release(&head->cursor);
}

/* --- the output --- */

void kms_head_take(struct kms_head *head, const struct kms_output *output) {
	head->output = *output;
	head->look.connector.count = head->look.crtc.count = 0;
	head->refreshed_ns = clock_now_ns();
	head->fresh = head->look_is_new = true;
}

/* Whether a client commits all the time, by calls that wait. In that time it does nothing else, such as
 * switching the output off, so we may check for that less often. */
static bool is_crowded(const struct kms_head *head, uint64_t now) {
	return head->waited_ns && now - head->waited_ns < REFRESH_NS;
}

int kms_head_refresh(struct kms_head *head) {
	uint64_t now = clock_now_ns();
	if (!head->output.connector_id)
		return -ENOENT;
	head->fresh = !head->refreshed_ns || head->output.state != KMS_OUTPUT_LIT ||
		      now - head->refreshed_ns >= (is_crowded(head, now) ? BUSY_REFRESH_NS : REFRESH_NS);
	if (!head->fresh)
		return 0;
	int error = kms_output_refresh(head->device, &head->output, &head->look);
	head->refreshed_ns = error ? 0 : now;
	head->look_is_new = true;
	return error;
}

void kms_head_distrust(struct kms_head *head) {
	head->refreshed_ns = 0;
}

/* --- its planes --- */

/* To be called after the planes were read; reading began at `start`. */
static void note_wait(struct kms_head *head, uint64_t start) {
	uint64_t now = clock_now_ns();
	head->waited = now - start > WAITED_NS;
	if (head->waited)
		head->waited_ns = now;
}

/* The planes are listed only once, because a card's planes never change. */
static int list_planes(struct kms_head *head) {
	return head->planes ? 0 : kms_plane_list(head->device, &head->planes, &head->plane_count);
}

bool kms_head_card_is_drawn_on(struct kms_head *head) {
	if (list_planes(head) != 0)
		return true;
	for (size_t i = 0; i < head->plane_count; i++) {
		uint32_t fb_id, crtc_id;
		if (head->planes[i].type != DRM_PLANE_TYPE_CURSOR &&
			(kms_plane_peek(head->device, head->planes[i].id, &fb_id, &crtc_id) != 0 || fb_id))
			return true;
	}
	return false;
}

/* Looks for planes that were lit meanwhile. */
static int find_planes(struct kms_head *head, bool *found) {
	int error = list_planes(head);
	*found = !error &&
		 kms_stack_find(&head->stack, head->device, &head->output, head->planes, head->plane_count);
	return error;
}

bool kms_head_find_planes(struct kms_head *head) {
	bool found;
	return find_planes(head, &found) == 0 && found;
}

static int read_planes(struct kms_head *head) {
	uint64_t start = clock_now_ns();
	bool changed = true, found;
	int error = 0;
	if (head->stack.crtc_id != head->output.crtc_id)
		kms_stack_reset(&head->stack);
	if (head->stack.count) {
		error = kms_stack_read(&head->stack, head->device, &changed);
		note_wait(head, start);
	}
	if (!error && (changed || head->fresh)) {
		error = find_planes(head, &found);
		if (!error && found)
			error = kms_stack_read(&head->stack, head->device, &changed);
	}
	return error ? error : head->stack.count ? 0 : -ENOENT;
}

/* Whether the lowest plane covers the output, as nearly all do: then both were read in the same mode. */
static bool fits(const struct kms_head *head) {
	const struct kms_plane_state *state = &head->stack.entries[0].state;
	return head->device->atomic && state->destination.width == head->output.width &&
	       state->destination.height == head->output.height;
}

int kms_head_read_planes(struct kms_head *head) {
	kms_vblank_note(&head->vblank, head->device, &head->output);
	int error = read_planes(head);
	if (head->fresh || (!error && fits(head)))
		return error;
	kms_head_distrust(head);
	return -ESTALE;
}

/* --- the layers of a frame --- */

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

static int add_layer(struct kms_head *head, unsigned flags, const struct kms_stack_entry *entry,
	struct frame *frame, struct reason *reason) {
	struct frame_layer *layer = frame_add_layer(frame);
	describe_layer(entry->plane, &entry->state, layer);
	int error =
		kms_framebuffer_export(head->device, &head->maps, entry->state.fb_id, flags, layer, reason);
	if (!error && !frame_layer_source_is_inside(layer))
		error = reason_set(reason, -EPROTO,
			"%s (%s) shows a part of its framebuffer that lies outside of it", head->device->name,
			head->device->driver);
	return error;
}

/* The lowest plane must be there. One above it that cannot be read is left out, and `shortfall` says so. */
static int add_layers(struct kms_head *head, unsigned flags, struct frame *frame, struct reason *reason) {
	head->shortfall.left_out = 0;
	for (size_t i = 0; i < head->stack.count; i++) {
		const struct kms_stack_entry *entry = &head->stack.entries[i];
		int error = add_layer(head, flags, entry, frame, reason);
		if (!error)
			continue;
		if (i == 0 || error == -ENOENT || error == -EACCES || error == -ENODEV)
			return error;
		frame_drop_layer(frame);
		kms_shortfall_leave_out(&head->shortfall, entry->plane->id, reason);
	}
	return 0;
}

/* --- one frame --- */

/* An output that was just taken was looked at by somebody else. Only drivers with atomic modesetting have
 * properties that matter here. */
static void complete_look(struct kms_head *head) {
	const struct kms_output *output = &head->output;
	if (!head->device->atomic || head->look.crtc.count)
		return;
	kms_properties_read(
		head->device->fd, output->connector_id, DRM_MODE_OBJECT_CONNECTOR, &head->look.connector);
	kms_properties_read(head->device->fd, output->crtc_id, DRM_MODE_OBJECT_CRTC, &head->look.crtc);
}

/* Without a flip, a change is seen as late as an output that changes. On a still screen it is mostly a peek
 * that looks at the output. */
static void read_colours(struct kms_head *head, const struct frame *frame) {
	uint32_t crtc_id = head->output.crtc_id;
	bool palette = kms_palette_is_used(frame);
	complete_look(head);
	if (head->look_is_new || !head->colour.crtc_id)
		kms_colour_read(&head->colour, head->device, crtc_id, &head->look.crtc);
	if (head->look_is_new || head->hdr.connector_id != head->output.connector_id)
		kms_hdr_read(&head->hdr, head->device, head->output.connector_id, &head->look.connector);
	if (palette && (head->look_is_new || head->palette.crtc_id != crtc_id))
		kms_palette_read(&head->palette, head->device, crtc_id, &head->colour.colour.gamma);
	kms_colour_choose(&head->colour,
		&(struct kms_colour_choice){head->lut, palette, tone_is_needed(&head->hdr.signal)});
}

/* What the monitor makes of the colours of the layers, and what of that frames do not say. */
static void add_colours(struct kms_head *head, struct frame *frame, struct shortfall *found) {
	read_colours(head, frame);
	kms_palette_lend(&head->palette, frame);
	frame->colour = kms_colour_applied(&head->colour);
	frame->signal = head->hdr.signal;
	const struct kms_shortfall_colours colours = {
		kms_colour_is_withheld(&head->colour), head->hdr.unknown};
	if (head->look_is_new || !head->shortfall.looked_ns)
		kms_shortfall_look(&head->shortfall, &colours, frame->time_ns, found);
	head->look_is_new = false;
}

/* What a peek tells of all but the framebuffers. */
static uint64_t token(const struct kms_head *head, bool lit) {
	return (uint64_t)lit << 63 | (uint64_t)(head->output.crtc_id & 0x7fff) << 48 |
	       (head->output.width & 0xffff) << 16 | (head->output.height & 0xffff);
}

void kms_head_age(struct kms_head *head) {
	kms_maps_age(&head->maps);
}

int kms_head_fill(struct kms_head *head, unsigned flags, struct frame *frame, struct shortfall *found,
	struct reason *reason) {
	frame->width = head->output.width;
	frame->height = head->output.height;
	frame->time_ns = clock_now_ns();
	frame->token = token(head, true) ^ kms_stack_token(&head->stack);
	if (!head->device->atomic)
		complete_legacy(&head->output, &head->stack.entries[0].state);
	int error = add_layers(head, flags, frame, reason);
	if (!error)
		add_colours(head, frame, found);
	return error;
}

int kms_head_peek(struct kms_head *head, uint64_t *result) {
	uint64_t framebuffers = 0, start = clock_now_ns();
	int error = kms_stack_peek(&head->stack, head->device, &framebuffers);
	note_wait(head, start);
	if (error == -ENODEV)
		return error;
	if (error || !head->stack.count || head->stack.crtc_id != head->output.crtc_id)
		kms_head_distrust(head);
	error = kms_head_refresh(head);
	bool lit = !error && head->output.state == KMS_OUTPUT_LIT;
	if (lit && head->fresh)
		kms_head_find_planes(head); /* the next peek tells of them */
	*result = token(head, lit) ^ (lit ? framebuffers : 0);
	return error == -ENODEV ? error : 0;
}

/*
 * A client draws into a buffer only after the flip away from it, which takes effect at a vertical blank. If
 * there was none since the planes were read, there is nothing to ask, and so no wait for the lock that the
 * client's next commit holds. (Flips that do not wait for the vertical blank tear on the monitor, too.)
 */
bool kms_head_is_current(const struct kms_head *head, const struct frame *frame) {
	if (kms_vblank_is_same(&head->vblank, head->device, &head->output))
		return true;
	for (int i = 0; i < frame->layer_count; i++) {
		uint32_t fb_id, crtc_id;
		if (kms_plane_peek(head->device, frame->layers[i].plane_id, &fb_id, &crtc_id) != 0 ||
			fb_id != frame->layers[i].fb_id || crtc_id != head->output.crtc_id)
			return false;
	}
	return true;
}

int kms_head_arm(struct kms_head *head) {
	return kms_vblank_arm(&head->vblank, head->device, &head->output, clock_now_ns());
}

bool kms_head_read_events(struct kms_head *head) {
	return kms_vblank_read(&head->vblank, head->device);
}

int kms_head_read_cursor(struct kms_head *head, struct cursor *cursor) {
	const struct kms_cursor_colours colours = {kms_colour_applied(&head->colour), head->hdr.signal};
	return kms_cursor_read(&head->cursor, head->device, &head->output, &colours, clock_now_ns(), cursor);
}
