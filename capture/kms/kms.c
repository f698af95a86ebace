/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "capture/kms/kms.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "capture/base/clock.h"
#include "capture/heads.h"
#include "capture/kms/choose.h"
#include "capture/kms/console.h"
#include "capture/kms/head.h"

enum {
	ATTEMPTS = 4,               /* to catch a framebuffer between two flips */
	OTHER_CARD_NS = 2000000000, /* between two looks at other cards */
};

struct kms {
	struct source base;
	struct kms_device device;
	bool pinned;             /* this output was asked for by name; wait for it and take no other */
	bool card_pinned;        /* this card was asked for */
	uint64_t other_tried_ns; /* when another card was last looked at */
	struct kms_head head;    /* the output that is served at present */
	struct kms_output outputs[KMS_MAX_OUTPUTS]; /* those of the card, as they were listed last */
	size_t output_count;
	struct kms_console console;
};

static const struct source_impl impl;

/* --- following the output --- */

static void take_output(struct kms *self, const struct kms_output *output) {
	kms_head_take(&self->head, output);
	snprintf(self->base.output, sizeof self->base.output, "%.15s %s (%s)", self->device.name,
		output->name, self->device.driver);
}

/* How well an output fits. The present one wins among equals. */
static int fit(const struct kms *self, const struct kms_output *output) {
	bool present = strcmp(output->name, self->head.output.name) == 0;
	if (self->pinned)
		return present ? 1 : -1;
	return (output->state == KMS_OUTPUT_LIT) * 4 + output->connected * 2 + present;
}

/* The output to show: the one that was asked for, or else the present one or the first that is lit, or else
 * the first with a monitor, or else the present one. NULL if the card has no such output at present. */
static const struct kms_output *choose(const struct kms *self) {
	const struct kms_output *best = NULL;
	int best_fit = -1;
	for (size_t i = 0; i < self->output_count; i++) {
		const struct kms_output *output = &self->outputs[i];
		if (fit(self, output) <= best_fit)
			continue;
		best_fit = fit(self, output);
		best = output;
	}
	return best;
}

static int gone(const struct kms *self, struct reason *reason) {
	return reason_set(reason, -ENODEV, "%s was removed", self->device.node);
}

static void close_card(struct kms *self) {
	kms_head_forget(&self->head);
	self->output_count = 0;
	kms_device_close(&self->device);
	self->base.event_fd = -1;
}

static void take_card(struct kms *self, const struct kms_device *device) {
	close_card(self);
	self->device = *device;
	self->base.event_fd = device->fd;
	snprintf(self->base.card_node, sizeof self->base.card_node, "%s", device->node);
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
	int error = kms_output_list_again(&self->device, self->outputs, &self->output_count);
	if (error == -ENODEV || kms_device_is_removed(&self->device))
		return gone(self, reason);
	if (error)
		return reason_set(reason, -EAGAIN, "the outputs of %s cannot be listed: %s",
			self->device.name, strerror(-error));
	const struct kms_output *chosen = choose(self);
	if (!chosen)
		return reason_set(reason, -EAGAIN, "%s on %s is gone: plug its dock or hub in again",
			self->head.output.name[0] ? self->head.output.name : "the output", self->device.name);
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
	error = look_around(self, reason);
	return error == -EAGAIN ? 0 : error; /* the caller checks itself whether it is dark */
}

static int follow_output(struct kms *self, struct reason *reason) {
	int error = kms_head_refresh(&self->head);
	if (error == -ENODEV)
		return gone(self, reason);
	if (!error && self->head.output.state == KMS_OUTPUT_LIT)
		return 0;
	return look_around(self, reason);
}

/* --- an output that is lit --- */

/* If nothing is drawn on our output and no output was asked for, one that is drawn on is better. */
static bool move_to_drawn_output(struct kms *self) {
	const struct kms_output bare = self->head.output;
	if (self->pinned || kms_output_list_again(&self->device, self->outputs, &self->output_count) != 0)
		return false;
	for (size_t i = 0; i < self->output_count; i++) {
		const struct kms_output *output = &self->outputs[i];
		if (output->state != KMS_OUTPUT_LIT || output->connector_id == bare.connector_id)
			continue;
		take_output(self, output);
		if (kms_head_find_planes(&self->head))
			return true;
	}
	take_output(self, &bare);
	return false;
}

/* -EAGAIN with a reason, or -ENOENT if another output is to be looked at. */
static int be_bare(struct kms *self, struct reason *reason) {
	if (move_to_drawn_output(self))
		return -ENOENT;
	kms_output_explain_bare(&self->device, &self->head.output, reason);
	return -EAGAIN;
}

/* --- one frame --- */

/* The output and its planes as they are at one moment; `plane_error` is what became of reading the planes. */
static int read_state(struct kms *self, int *plane_error, struct reason *reason) {
	do {
		int error = follow_output(self, reason);
		if (error)
			return error;
		*plane_error = kms_head_read_planes(&self->head);
		self->base.waited = self->head.waited;
	} while (*plane_error == -ESTALE);
	return 0;
}

/* Makes one attempt. -ENOENT: the framebuffer disappeared while we looked. */
static int snapshot(struct kms *self, unsigned flags, struct frame *frame, struct reason *reason) {
	int plane_error;
	int error = read_state(self, &plane_error, reason);
	if (error)
		return error;
	self->base.refresh_mhz = self->head.output.refresh_mhz;
	if (plane_error == -ENODEV)
		return gone(self, reason);
	if (plane_error == -ENOENT) {
		self->base.shortfall = (struct shortfall){0}; /* black: nothing is missing */
		return be_bare(self, reason);
	}
	if (plane_error)
		return reason_set(reason, plane_error, "the planes of %s cannot be read: %s",
			self->device.name, strerror(-plane_error));
	return kms_head_fill(&self->head, flags, frame, &self->base.shortfall, reason);
}

static int capture(struct kms *self, unsigned flags, struct frame *frame, struct reason *reason) {
	kms_head_age(&self->head);
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
			self->head.output.name, self->device.name);
	return error;
}

/* To be called if there was nothing to see. Finds out whether only the kernel's console can change that. */
static bool is_abandoned(struct kms *self) {
	uint64_t now = clock_now_ns();
	if (kms_head_card_is_drawn_on(&self->head)) {
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

static int peek(struct source *source, uint64_t *token) {
	struct kms *self = (struct kms *)source;
	struct reason ignored;
	int error = open_card(self, &ignored);
	if (error)
		return error;
	error = kms_head_peek(&self->head, token);
	self->base.waited = self->head.waited;
	return error;
}

static bool is_current(struct source *source, const struct frame *frame) {
	return kms_head_is_current(&((struct kms *)source)->head, frame);
}

static int read_cursor(struct source *source, struct cursor *cursor) {
	struct kms *self = (struct kms *)source;
	if (self->device.fd < 0)
		return -EAGAIN; /* there is no cursor without a picture */
	return kms_head_read_cursor(&self->head, cursor);
}

static int arm_vblank(struct source *source) {
	return kms_head_arm(&((struct kms *)source)->head);
}

static bool read_events(struct source *source) {
	return kms_head_read_events(&((struct kms *)source)->head);
}

static void release(struct source *source) {
	kms_head_release(&((struct kms *)source)->head);
}

/* The kernel lights its console at the last close, even if it had blanked the console itself. */
static bool would_be_lit(struct kms *self) {
	kms_head_distrust(&self->head);
	return kms_head_refresh(&self->head) == 0 && self->head.output.state != KMS_OUTPUT_LIT &&
	       kms_head_card_is_drawn_on(&self->head) &&
	       kms_console_ask(self->device.name) == KMS_CONSOLE_FREE;
}

static void let_go(struct source *source) {
	struct kms *self = (struct kms *)source;
	if (self->device.fd >= 0 && !would_be_lit(self))
		close_card(self);
}

/* --- opening --- */

static void destroy(struct source *source) {
	struct kms *self = (struct kms *)source;
	kms_head_finish(&self->head);
	kms_device_close(&self->device);
	free(self);
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
	kms_head_init(&self->head, &self->device, options->lut);
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
