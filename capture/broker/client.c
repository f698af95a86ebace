/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "capture/broker/client.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "capture/base/clock.h"
#include "capture/base/utf8.h"
#include "capture/broker/link.h"
#include "capture/broker/wire_frame.h"

enum { AHEAD_NS = 1000000 }; /* so long the answer to a question that was not yet asked holds */

struct screen {
	struct source base;
	struct source_impl impl;  /* what this screen can do */
	struct wire_request open; /* how it is opened, again and again */
	char path[108];
	int link; /* owned; -1: not connected */
	struct wire_views views;
	bool cursor_is_new; /* its pixels were not read since the connection was made */
	/* On a still screen, a beat asks for the cursor and then peeks. One question is enough for both. */
	enum wire_kind last; /* what was asked last */
	bool peeks;          /* after the cursor there was a peek, the last time */
	struct wire_cursor
		ahead;     /* peek and peek_error are the answer to the next question, if that is a peek */
	uint64_t ahead_ns; /* when that came; 0: there is no such answer */
};

static const struct source_impl all;

/* --- the connection --- */

static void forget_copies(struct screen *self) {
	for (int i = 0; i < FRAME_MAX_LAYERS; i++)
		shared_finish(&self->views.layers[i]);
}

static void disconnect(struct screen *self) {
	wire_views_finish(&self->views);
	if (self->link >= 0)
		close(self->link);
	if (self->base.event_fd >= 0)
		close(self->base.event_fd);
	self->link = self->base.event_fd = -1;
}

static int ask(struct screen *self, enum wire_kind kind, struct wire_request *request,
	struct wire_answer *answer, struct wire_fds *fds, struct reason *reason) {
	if (self->last == WIRE_CURSOR)
		self->peeks = kind == WIRE_PEEK;
	self->last = kind;
	self->ahead_ns = 0;
	if (self->link < 0)
		return reason_set(reason, -ENOTCONN, "the broker is not connected");
	int error = link_ask(self->link, kind, request, answer, fds, reason);
	if (!link_is_broken(error))
		return error;
	disconnect(self);
	return -ENOTCONN;
}

static void set_text(char *to, size_t size, const char *from) {
	if (wire_is_text(from, size))
		utf8_copy(to, size, from);
}

static void take_state(struct screen *self, const struct wire_state *state) {
	struct source *base = &self->base;
	set_text(base->output, sizeof base->output, state->output);
	set_text(base->card_node, sizeof base->card_node, state->card_node);
	set_text(base->shortfall.text, sizeof base->shortfall.text, state->shortfall);
	base->shortfall.missing = state->planes_missing ? shortfall_planes : NULL;
	base->refresh_mhz = state->refresh_mhz;
	base->waited = state->waited != 0;
	base->abandoned = state->abandoned != 0;
}

static void take_abilities(struct screen *self, uint32_t abilities, struct wire_fds *fds) {
	self->impl = all;
	if (!(abilities & WIRE_CAN_PEEK))
		self->impl.peek = NULL;
	if (!(abilities & WIRE_HAS_CURSOR))
		self->impl.cursor = NULL;
	if (!(abilities & WIRE_CAN_LET_GO))
		self->impl.let_go = NULL;
	if (abilities & WIRE_HAS_EVENTS)
		self->base.event_fd = wire_take(fds);
}

/* 0; -ENOTCONN if there is no broker; what it answers otherwise. */
static int connect_again(struct screen *self, struct reason *why) {
	struct wire_answer answer;
	struct wire_fds fds;
	if (self->link >= 0)
		return 0;
	if (link_connect(self->path, &self->link, why) != 0)
		return -ENOTCONN;
	int error = ask(self, WIRE_OPEN, &self->open, &answer, &fds, why);
	if (error) {
		disconnect(self);
		return error;
	}
	take_state(self, &answer.open.state);
	take_abilities(self, answer.open.abilities, &fds);
	wire_close(&fds);
	self->cursor_is_new = true;
	reason_set(why, 0, "%s", answer.reason);
	return 0;
}

/* --- a source's functions --- */

/* Whether the answer is there already, and still true. */
static bool take_peek(struct screen *self, struct wire_cursor *ahead) {
	bool there = self->ahead_ns && clock_now_ns() - self->ahead_ns < AHEAD_NS;
	*ahead = self->ahead;
	self->ahead_ns = 0;
	if (there)
		self->last = WIRE_PEEK;
	return there;
}

static int peek(struct source *source, uint64_t *token) {
	struct screen *self = (struct screen *)source;
	struct wire_request request;
	struct wire_answer answer;
	struct wire_cursor ahead;
	struct reason ignored;
	bool there = take_peek(self, &ahead);
	int error =
		there ? link_mend(ahead.peek_error) : ask(self, WIRE_PEEK, &request, &answer, NULL, &ignored);
	if (error)
		return error;
	const struct wire_peek *seen = there ? &ahead.peek : &answer.peek;
	*token = seen->token;
	source->waited = seen->waited != 0;
	return 0;
}

static int acquire(struct source *source, unsigned flags, struct frame *frame, struct reason *reason) {
	struct screen *self = (struct screen *)source;
	struct wire_request request = {.acquire.flags = flags};
	struct wire_answer answer;
	struct wire_fds fds;
	self->base.abandoned = false;
	int error = connect_again(self, reason);
	if (error)
		return error == -ENOTCONN ? -ENODEV : error;
	error = ask(self, WIRE_ACQUIRE, &request, &answer, &fds, reason);
	if (error == -ENOTCONN)
		return -ENODEV;
	take_state(self, &answer.acquire.state);
	if (error)
		return error;
	error = wire_frame_unpack(&answer.acquire.frame, &fds, &self->views, frame, reason);
	wire_close(&fds);
	if (error) {
		disconnect(self);
		return -ENODEV;
	}
	return 0;
}

static bool is_current(struct source *source, const struct frame *frame) {
	struct wire_request request;
	struct wire_answer answer;
	struct reason ignored;
	(void)frame; /* the broker remembers the last one */
	return ask((struct screen *)source, WIRE_IS_CURRENT, &request, &answer, NULL, &ignored) == 0 &&
	       answer.is_current;
}

/* Asks for what has neither details nor an answer. 0 or -errno. */
static int tell(struct source *source, enum wire_kind kind) {
	struct wire_request request;
	struct wire_answer answer;
	struct reason ignored;
	return ask((struct screen *)source, kind, &request, &answer, NULL, &ignored);
}

static int arm_vblank(struct source *source) {
	return tell(source, WIRE_ARM);
}

static bool read_events(struct source *source) {
	uint64_t count;
	return source->event_fd >= 0 &&
	       read(source->event_fd, &count, sizeof count) == (ssize_t)sizeof count && count > 0;
}

static bool take_pixels(struct screen *self, const struct wire_cursor *wire, struct cursor *cursor) {
	const struct shared *shared = &self->views.cursor;
	if (wire->width > CURSOR_MAX_SIDE || wire->height > CURSOR_MAX_SIDE ||
		sizeof cursor->pixels > shared->size)
		return false;
	if (wire->shape == cursor->shape && !self->cursor_is_new)
		return true;
	memcpy(cursor->pixels, shared->memory, (size_t)wire->width * wire->height * sizeof *cursor->pixels);
	self->cursor_is_new = false;
	return true;
}

static int read_cursor(struct source *source, struct cursor *cursor) {
	struct screen *self = (struct screen *)source;
	struct wire_request request = {.cursor.peeks = self->peeks};
	struct wire_answer answer;
	struct wire_fds fds;
	struct reason ignored;
	int error = ask(self, WIRE_CURSOR, &request, &answer, &fds, &ignored);
	if (error)
		return error;
	if (request.cursor.peeks) {
		self->ahead = answer.cursor;
		self->ahead_ns = clock_now_ns();
	}
	const struct wire_cursor *wire = &answer.cursor;
	bool whole = !wire->shared || shared_map(&self->views.cursor, wire_take(&fds)) == 0;
	wire_close(&fds);
	if (!whole || (wire->shape && !take_pixels(self, wire, cursor))) {
		disconnect(self);
		return -ENODEV;
	}
	cursor->visible = wire->visible != 0;
	cursor->placed = wire->placed != 0;
	cursor->has_hotspot = wire->has_hotspot != 0;
	cursor->x = wire->x;
	cursor->y = wire->y;
	cursor->hotspot_x = wire->hotspot_x;
	cursor->hotspot_y = wire->hotspot_y;
	cursor->width = wire->shape ? wire->width : 0;
	cursor->height = wire->shape ? wire->height : 0;
	cursor->shape = wire->shape;
	return 0;
}

static void release(struct source *source) {
	forget_copies((struct screen *)source);
	tell(source, WIRE_RELEASE);
}

static void let_go(struct source *source) {
	forget_copies((struct screen *)source);
	tell(source, WIRE_LET_GO);
}

static void destroy(struct source *source) {
	struct screen *self = (struct screen *)source;
	disconnect(self);
	free(self);
}

static const struct source_impl all = {
	.name = "broker",
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

/* False: there is no room for it. */
static bool copy_text(char *to, size_t size, const char *from) {
	return snprintf(to, size, "%s", from ? from : "") < (int)size;
}

int broker_open(
	const char *path, const struct source_options *options, struct source **source, struct reason *why) {
	struct screen *self = calloc(1, sizeof *self);
	if (!self)
		return reason_set(why, -ENOMEM, "out of memory");
	self->impl = all;
	self->base.impl = &self->impl;
	self->base.event_fd = self->link = -1;
	self->open.open.kind = options->kind;
	self->open.open.lut = options->lut;
	bool fits = copy_text(self->path, sizeof self->path, path) &&
		    copy_text(self->open.open.card, sizeof self->open.open.card, options->card) &&
		    copy_text(self->open.open.output, sizeof self->open.open.output, options->output);
	int error = fits ? connect_again(self, why)
			 : reason_set(why, -EINVAL, "the name of the card or of the output is too long");
	if (error && error != -ENOTCONN) {
		destroy(&self->base);
		return error;
	}
	*source = &self->base;
	return 0;
}

/* --- what needs no screen --- */

static int ask_once(const char *path, enum wire_kind kind, struct wire_request *request,
	struct wire_answer *answer, struct wire_fds *fds, struct reason *why) {
	int link;
	if (link_connect(path, &link, why) != 0)
		return -EAGAIN;
	int error = link_ask(link, kind, request, answer, fds, why);
	close(link);
	return link_is_broken(error) ? -EAGAIN : error;
}

static bool take_head(const struct wire_head *wire, struct head *head) {
	if (!wire_is_text(wire->card, sizeof wire->card) ||
		!wire_is_text(wire->output, sizeof wire->output) || !wire->id)
		return false;
	*head = (struct head){
		.id = wire->id,
		.lit = wire->lit != 0,
		.width = wire->width,
		.height = wire->height,
		.tile = {wire->tile[0], wire->tile[1], wire->tile[2], wire->tile[3], wire->tile[4],
			wire->tile[5], wire->tile[6]},
	};
	utf8_copy(head->card, sizeof head->card, wire->card);
	utf8_copy(head->output, sizeof head->output, wire->output);
	return !head->tile.group || head_tile_is_sane(&head->tile);
}

int broker_check(const char *path, struct reason *why) {
	struct wire_request request = {.heads.outputs = "all"};
	struct wire_answer answer;
	int link, error = link_connect(path, &link, why);
	if (error)
		return error;
	error = link_ask(link, WIRE_HEADS, &request, &answer, NULL, why);
	close(link);
	return link_is_broken(error) ? error : 0; /* it may find no output, or no card */
}

int broker_find_heads(const char *path, const char *card, const char *outputs, struct head heads[HEADS_MAX],
	size_t *count, struct reason *why) {
	struct wire_request request = {0};
	struct wire_answer answer;
	if (!copy_text(request.heads.card, sizeof request.heads.card, card) ||
		!copy_text(request.heads.outputs, sizeof request.heads.outputs, outputs))
		return reason_set(why, -EINVAL, "the list of outputs is too long");
	int error = ask_once(path, WIRE_HEADS, &request, &answer, NULL, why);
	if (error)
		return error;
	bool sane = answer.heads.count > 0 && answer.heads.count <= HEADS_MAX;
	for (uint32_t i = 0; sane && i < answer.heads.count; i++)
		sane = take_head(&answer.heads.at[i], &heads[i]);
	if (!sane)
		return reason_set(why, -EAGAIN, "the broker lists outputs that cannot be");
	*count = answer.heads.count;
	reason_set(why, 0, "%s", answer.reason);
	return 0;
}

int broker_make_device(const char *path, enum input_device_kind kind,
	const struct input_device_options *options, int *fd, struct reason *why) {
	struct wire_request request = {.device = {.kind = kind, .repeats = options->repeats}};
	struct wire_answer answer;
	struct wire_fds fds;
	memcpy(request.device.keys, options->keys, sizeof request.device.keys);
	*fd = -1;
	int error = ask_once(path, WIRE_DEVICE, &request, &answer, &fds, why);
	if (error)
		return error;
	*fd = wire_take(&fds);
	wire_close(&fds);
	return *fd >= 0 ? 0 : reason_set(why, -EAGAIN, "the broker made no device");
}
