/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "capture/broker/desk.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "capture/base/processor.h"

/* An answer that is being made, and the descriptors that go with it. */
struct answer {
	struct wire_answer wire;
	struct reason reason;
	struct wire_fds fds; /* borrowed */
	int owned;           /* closed after sending; -1: none */
};

static void add_fd(struct answer *answer, int fd) {
	answer->fds.at[answer->fds.count++] = fd;
}

struct desk *desk_create(int fd, const struct desk_services *services) {
	struct desk *desk = calloc(1, sizeof *desk);
	if (!desk) {
		close(fd);
		return NULL;
	}
	desk->fd = fd;
	desk->services = services;
	desk->event_fd = -1;
	desk->processor = PROCESSOR_UNKNOWN;
	for (int i = 0; i < FRAME_MAX_LAYERS; i++)
		share_init(&desk->memories.layers[i]);
	share_init(&desk->memories.colours);
	share_init(&desk->memories.cursor);
	frame_init(&desk->frame);
	return desk;
}

/* Copies of the screen are of no use while nobody looks. */
static void drop_copies(struct desk *desk) {
	for (int i = 0; i < FRAME_MAX_LAYERS; i++)
		share_finish(&desk->memories.layers[i]);
}

void desk_destroy(struct desk *desk) {
	if (!desk)
		return;
	drop_copies(desk);
	share_finish(&desk->memories.colours);
	share_finish(&desk->memories.cursor);
	source_destroy(desk->source);
	if (desk->event_fd >= 0)
		close(desk->event_fd);
	close(desk->fd);
	free(desk);
}

/* --- what a screen says of itself --- */

static void describe(const struct source *source, struct wire_state *state) {
	snprintf(state->output, sizeof state->output, "%s", source->output);
	snprintf(state->card_node, sizeof state->card_node, "%s", source->card_node);
	snprintf(state->shortfall, sizeof state->shortfall, "%s", source->shortfall.text);
	state->planes_missing = source->shortfall.missing != NULL;
	state->refresh_mhz = source->refresh_mhz;
	state->waited = source->waited;
	state->abandoned = source->abandoned;
}

/* --- one function for each kind of request --- */

static const char *or_null(const char *text) {
	return *text ? text : NULL;
}

static uint32_t abilities(const struct desk *desk) {
	const struct source_impl *impl = desk->source->impl;
	return (impl->peek ? WIRE_CAN_PEEK : 0u) | (impl->cursor ? WIRE_HAS_CURSOR : 0u) |
	       (desk->event_fd >= 0 ? WIRE_HAS_EVENTS : 0u) | (impl->let_go ? WIRE_CAN_LET_GO : 0u);
}

static int serve_open(struct desk *desk, const struct wire_request *request, struct answer *answer) {
	const struct source_options options = {
		.kind = (enum source_kind)request->open.kind,
		.lut = (enum source_lut)request->open.lut,
		.card = or_null(request->open.card),
		.output = or_null(request->open.output),
	};
	int error = desk->services->open(&options, &desk->source, &answer->reason);
	if (error)
		return error;
	describe(desk->source, &answer->wire.open.state);
	if (desk->source->event_fd >= 0 && desk->source->impl->arm_vblank)
		desk->event_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (desk->event_fd >= 0)
		add_fd(answer, desk->event_fd);
	answer->wire.open.abilities = abilities(desk);
	return 0;
}

static int peek(struct desk *desk, struct wire_peek *wire) {
	struct source *source = desk->source;
	int error = source->impl->peek ? source->impl->peek(source, &wire->token) : -ENOTSUP;
	wire->waited = source->waited;
	return error;
}

static int serve_peek(struct desk *desk, const struct wire_request *request, struct answer *answer) {
	(void)request;
	return peek(desk, &answer->wire.peek);
}

/* Only what is_current asks about is kept of the frame. Its descriptors are closed once they were sent. */
static int serve_acquire(struct desk *desk, const struct wire_request *request, struct answer *answer) {
	struct source *source = desk->source;
	frame_finish(&desk->frame);
	frame_init(&desk->frame);
	int error = source->impl->acquire(
		source, request->acquire.flags & SOURCE_MAP_MEMORY, &desk->frame, &answer->reason);
	describe(source, &answer->wire.acquire.state);
	return error ? error
		     : wire_frame_pack(&desk->frame, &desk->memories, &answer->wire.acquire.frame,
			       &answer->fds, &answer->reason);
}

static void close_buffers(struct frame *frame) {
	for (int i = 0; i < frame->layer_count; i++)
		frame_layer_close_buffers(&frame->layers[i]);
}

static int serve_is_current(struct desk *desk, const struct wire_request *request, struct answer *answer) {
	(void)request;
	struct source *source = desk->source;
	answer->wire.is_current = !source->impl->is_current || source->impl->is_current(source, &desk->frame);
	return 0;
}

static int serve_arm(struct desk *desk, const struct wire_request *request, struct answer *answer) {
	(void)request;
	(void)answer;
	if (desk->event_fd < 0)
		return -EOPNOTSUPP;
	int error = desk->source->impl->arm_vblank(desk->source);
	desk->armed |= error == 0;
	return error;
}

/* The pixels are copied only if they are others than the memory has. */
static int copy_cursor(struct desk *desk, const struct cursor *cursor, struct answer *answer) {
	struct share *share = &desk->memories.cursor;
	if (!cursor->shape)
		return 0;
	int error = share_reserve(share, sizeof cursor->pixels);
	if (error)
		return reason_set(&answer->reason, -ENOMEM, "the broker has no memory for the cursor");
	if (cursor->shape != desk->shape)
		memcpy(share->memory, cursor->pixels,
			(size_t)cursor->width * cursor->height * sizeof *cursor->pixels);
	desk->shape = cursor->shape;
	answer->wire.cursor.shared = !share->told;
	if (!share->told)
		add_fd(answer, share->fd);
	share->told = true;
	return 0;
}

static int serve_cursor(struct desk *desk, const struct wire_request *request, struct answer *answer) {
	struct source *source = desk->source;
	if (!source->cursor)
		source->cursor = calloc(1, sizeof *source->cursor);
	if (!source->impl->cursor || !source->cursor)
		return source->cursor ? -ENOTSUP : -ENOMEM;
	const struct cursor *cursor = source->cursor;
	int error = source->impl->cursor(source, source->cursor);
	if (error)
		return error;
	answer->wire.cursor = (struct wire_cursor){
		.visible = cursor->visible,
		.placed = cursor->placed,
		.has_hotspot = cursor->has_hotspot,
		.x = cursor->x,
		.y = cursor->y,
		.hotspot_x = cursor->hotspot_x,
		.hotspot_y = cursor->hotspot_y,
		.width = cursor->width,
		.height = cursor->height,
		.shape = cursor->shape,
	};
	if (request->cursor.peeks)
		answer->wire.cursor.peek_error = peek(desk, &answer->wire.cursor.peek);
	return copy_cursor(desk, cursor, answer);
}

static int serve_release(struct desk *desk, const struct wire_request *request, struct answer *answer) {
	(void)request;
	(void)answer;
	drop_copies(desk);
	if (desk->source->impl->release)
		desk->source->impl->release(desk->source);
	return 0;
}

static int serve_let_go(struct desk *desk, const struct wire_request *request, struct answer *answer) {
	serve_release(desk, request, answer);
	if (desk->source->impl->let_go)
		desk->source->impl->let_go(desk->source);
	return 0;
}

static int serve_heads(struct desk *desk, const struct wire_request *request, struct answer *answer) {
	struct head heads[HEADS_MAX];
	size_t count = 0;
	int error = desk->services->find_heads(
		or_null(request->heads.card), request->heads.outputs, heads, &count, &answer->reason);
	if (error)
		return error;
	answer->wire.heads.count = (uint32_t)count;
	for (size_t i = 0; i < count; i++) {
		const struct head *head = &heads[i];
		const struct head_tile *tile = &head->tile;
		struct wire_head *wire = &answer->wire.heads.at[i];
		*wire = (struct wire_head){
			.id = head->id,
			.lit = head->lit,
			.width = head->width,
			.height = head->height,
			.tile = {tile->group, tile->columns, tile->rows, tile->column, tile->row, tile->width,
				tile->height},
		};
		memcpy(wire->card, head->card, sizeof wire->card);
		memcpy(wire->output, head->output, sizeof wire->output);
	}
	return 0;
}

static int serve_device(struct desk *desk, const struct wire_request *request, struct answer *answer) {
	struct input_device_options options = {.repeats = request->device.repeats != 0};
	memcpy(options.keys, request->device.keys, sizeof options.keys);
	int error = desk->services->make_device(
		(enum input_device_kind)request->device.kind, &options, &answer->owned, &answer->reason);
	if (!error)
		add_fd(answer, answer->owned);
	return error;
}

/* --- requests --- */

static bool is_sane_open(const struct wire_request *request) {
	return (request->open.kind == SOURCE_AUTO || request->open.kind == SOURCE_KMS ||
		       request->open.kind == SOURCE_FBDEV) &&
	       request->open.lut <= SOURCE_LUT_NO &&
	       wire_is_text(request->open.card, sizeof request->open.card) &&
	       wire_is_text(request->open.output, sizeof request->open.output);
}

static bool is_sane_heads(const struct wire_request *request) {
	return wire_is_text(request->heads.card, sizeof request->heads.card) &&
	       wire_is_text(request->heads.outputs, sizeof request->heads.outputs);
}

static bool is_sane_device(const struct wire_request *request) {
	return request->device.kind < INPUT_DEVICE_KINDS;
}

static const struct service {
	int (*serve)(struct desk *desk, const struct wire_request *request, struct answer *answer);
	bool (*is_sane)(const struct wire_request *request); /* NULL: there is nothing to check */
	bool before, after;                                  /* a screen is opened */
} services[WIRE_KINDS] = {
	[WIRE_OPEN] = {serve_open, is_sane_open, .before = true},
	[WIRE_PEEK] = {serve_peek, NULL, .after = true},
	[WIRE_ACQUIRE] = {serve_acquire, NULL, .after = true},
	[WIRE_IS_CURRENT] = {serve_is_current, NULL, .after = true},
	[WIRE_ARM] = {serve_arm, NULL, .after = true},
	[WIRE_CURSOR] = {serve_cursor, NULL, .after = true},
	[WIRE_RELEASE] = {serve_release, NULL, .after = true},
	[WIRE_LET_GO] = {serve_let_go, NULL, .after = true},
	[WIRE_HEADS] = {serve_heads, is_sane_heads, .before = true},
	[WIRE_DEVICE] = {serve_device, is_sane_device, .before = true},
};

/* NULL: this may not be asked now, or not so. */
static const struct service *service_for(
	const struct desk *desk, const struct wire_request *request, size_t length) {
	if (length < wire_request_size(WIRE_PEEK) || request->version != WIRE_VERSION ||
		request->kind >= WIRE_KINDS || length != wire_request_size(request->kind))
		return NULL;
	const struct service *service = &services[request->kind];
	if (!service->serve || !(desk->source ? service->after : service->before))
		return NULL;
	return !service->is_sane || service->is_sane(request) ? service : NULL;
}

static int send_answer(struct desk *desk, uint32_t kind, int error, struct answer *answer) {
	answer->wire.version = WIRE_VERSION;
	answer->wire.kind = kind;
	answer->wire.error = error;
	memcpy(answer->wire.reason, answer->reason.text, sizeof answer->wire.reason);
	return wire_send(desk->fd, &answer->wire, wire_answer_size(kind), answer->fds.at,
		error ? 0 : answer->fds.count);
}

int desk_answer(struct desk *desk) {
	struct wire_request request;
	struct answer answer;
	size_t length;
	int error = wire_receive(desk->fd, &request, sizeof request, &length, NULL);
	if (error)
		return error == -EAGAIN ? 0 : error;
	const struct service *service = service_for(desk, &request, length);
	if (!service)
		return -EPROTO;
	desk->processor = request.processor;
	memset(&answer, 0, sizeof answer);
	answer.owned = -1;
	error = send_answer(desk, request.kind, service->serve(desk, &request, &answer), &answer);
	if (answer.owned >= 0)
		close(answer.owned);
	close_buffers(&desk->frame);
	return error;
}

int desk_event_fd(const struct desk *desk) {
	return desk->armed ? desk->source->event_fd : -1;
}

/* A card that was removed may tell of an error for ever, which the client learns by other means. */
void desk_pass_event(struct desk *desk, short revents) {
	const uint64_t one = 1;
	bool came = desk->source->impl->read_events(desk->source);
	if (came || revents & (POLLERR | POLLHUP | POLLNVAL))
		desk->armed = false;
	/* If the counter is full, the client has not read it for very long. */
	if (came && write(desk->event_fd, &one, sizeof one) != sizeof one)
		return;
}
