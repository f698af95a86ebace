/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "server/net/viewer/messages.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "encode/rfb/bytes.h"
#include "server/log.h"
#include "server/net/peer.h"
#include "server/net/viewer/extensions.h"
#include "server/net/viewer/flow.h"
#include "server/net/viewer/outbox.h"
#include "server/net/viewer/requests.h"
#include "server/net/viewer/size_answers.h"
#include "server/net/viewer/viewer.h"
#include "server/net/viewer/viewers.h"
#include "server/rfb/message.h"

static const uint8_t end_of_continuous = SERVER_END_OF_CONTINUOUS_UPDATES;

void messages_init(struct messages *messages, const struct messages_subject *on) {
	*messages = (struct messages){.on = *on};
	format_write_native(messages->format.pixels);
}

static void end_for_memory(struct messages *messages) {
	peer_end(messages->on.peer, "out of memory");
}

static void add(struct messages *messages, const void *message, size_t size) {
	if (outbox_add(messages->on.outbox, message, size))
		end_for_memory(messages);
}

static void add_fence(struct messages *messages) {
	if (outbox_add_fence(messages->on.outbox, messages->on.flow))
		end_for_memory(messages);
}

/* --- what messages do --- */

static void on_request(struct messages *messages, const struct message *message) {
	requests_ask(messages->on.requests, message->request.incremental, message->request.area);
	outbox_has_news(messages->on.outbox);
}

/* Which encodings can be used depends on the format, too. */
static void log_why_not_first(const struct messages *messages) {
	const char *why = encoder_why_not_first(messages->on.encoder);
	if (why)
		log_debug("%s does not get the encoding that it prefers: %s", peer_address(messages->on.peer),
			why);
}

static void on_encodings(struct messages *messages, const struct message *message) {
	struct extensions *extensions = messages->on.extensions;
	struct extensions_begin begin;
	if (extensions_set(extensions, message->encodings.list, message->encodings.count,
		    messages->on.viewers->relative_pointer, &begin)) {
		end_for_memory(messages);
		return;
	}
	outbox_has_news(messages->on.outbox);
	encoder_set_encodings(messages->on.encoder, extensions->list, extensions->count);
	log_why_not_first(messages);
	encoder_draws_cursor(messages->on.encoder, extensions_choose(extensions, extensions_cursor_shapes));
	if (begin.continuous)
		add(messages, &end_of_continuous, 1);
	if (begin.fences)
		add_fence(messages);
}

/* The encoder knows only true colour. We send the map itself here. */
static void on_format(struct messages *messages, const struct message *message) {
	uint8_t map[FORMAT_MAP_SIZE];
	messages->format = message->format;
	outbox_has_news(messages->on.outbox);
	encoder_set_format(messages->on.encoder, messages->format.pixels, messages->format.plain);
	log_why_not_first(messages);
	if (messages->format.colour_map)
		add(messages, map, format_write_map(map));
}

/* Rights do not last: the administrator may take them away. */
static bool may_touch(const struct messages *messages) {
	return !viewer_view_only(messages->on.viewer);
}

/* What becomes of the size that the viewer asks for. The notes are for the log. */
static enum desktop_size_status set_desktop_size(struct messages *messages, struct message *message) {
	const struct gateway_events *events = messages->on.viewers->events;
	const struct desktop_size_wish *wish = &message->desktop_size;
	if (!wish->is_valid)
		return DESKTOP_SIZE_INVALID;
	if (!may_touch(messages)) {
		message->note = "the size of the screen stays: this viewer may only watch";
		return DESKTOP_SIZE_PROHIBITED;
	}
	return events->resize(events->context, wish, &message->note);
}

static void on_desktop_size(struct messages *messages, struct message *message) {
	if (!extensions_has(messages->on.extensions, ENCODING_EXTENDED_DESKTOP_SIZE)) {
		message->note =
			"SetDesktopSize of a viewer that does not know ExtendedDesktopSize: no answer";
		return;
	}
	int error = size_answers_add(
		messages->on.size_answers, DESKTOP_SIZE_BY_THIS_CLIENT, set_desktop_size(messages, message));
	if (error == -ENOSPC)
		message->note = "SetDesktopSize is not answered until the viewer asks for an update";
	else if (error)
		end_for_memory(messages);
}

/* The answer says that everything before the fence was acted on. This is true because messages are handled in
 * order. A fence with SyncNext must stand exactly before the effect of the next message, so nothing may come
 * between the two. */
static void on_fence(struct messages *messages, const struct message *message) {
	uint32_t known = MESSAGE_FENCE_BLOCK_BEFORE | MESSAGE_FENCE_BLOCK_AFTER | MESSAGE_FENCE_SYNC_NEXT;
	uint8_t answer[9 + MESSAGE_MAX_FENCE] = {SERVER_FENCE};
	if (!(message->fence.flags & MESSAGE_FENCE_REQUEST)) {
		flow_fence_back(messages->on.flow, flow_now(), message->fence.payload, message->fence.size);
		return;
	}
	bytes_put32(answer + 4, message->fence.flags & known);
	answer[8] = (uint8_t)message->fence.size;
	memcpy(answer + 9, message->fence.payload, message->fence.size);
	add(messages, answer, 9 + message->fence.size);
	requests_hold(messages->on.requests, message->fence.flags & MESSAGE_FENCE_SYNC_NEXT);
}

static void on_continuous(struct messages *messages, const struct message *message) {
	requests_set_continuous(messages->on.requests, message->continuous.enable, message->continuous.area);
	if (!message->continuous.enable) /* even if there were none to end */
		add(messages, &end_of_continuous, 1);
}

static void on_key(struct messages *messages, const struct message *message) {
	const struct gateway_events *events = messages->on.viewers->events;
	if (!may_touch(messages))
		return;
	events->key(events->context, messages->on.viewer, message->key.keysym, message->key.scancode,
		message->key.down);
	encoder_typed(messages->on.encoder);
}

/* Relative motion is encoded around a middle value. A value far from it is a position, sent before the viewer
 * knew. */
static void on_motion(struct messages *messages, const struct message *message) {
	enum { FARTHEST = 0x3fff };
	const struct gateway_events *events = messages->on.viewers->events;
	int32_t dx = message->pointer.x - POINTER_MOTION_MIDDLE,
		dy = message->pointer.y - POINTER_MOTION_MIDDLE;
	if (abs(dx) > FARTHEST || abs(dy) > FARTHEST)
		dx = dy = 0;
	events->motion(events->context, messages->on.viewer, dx, dy, message->pointer.buttons);
}

static void on_pointer(struct messages *messages, const struct message *message) {
	const struct gateway_events *events = messages->on.viewers->events;
	if (!may_touch(messages))
		return;
	if (messages->on.extensions->sends_motion) {
		on_motion(messages, message);
		return;
	}
	uint32_t width, height;
	encoder_size(messages->on.encoder, &width, &height);
	uint16_t x = message->pointer.x, y = message->pointer.y;
	if (width && x >= width)
		x = (uint16_t)(width - 1);
	if (height && y >= height)
		y = (uint16_t)(height - 1);
	events->pointer(events->context, messages->on.viewer, x, y, message->pointer.buttons);
}

/* Logs one line for each message type, however many such messages come. */
static void log_odd(struct messages *messages, const struct message *message) {
	uint8_t kind = message->bytes[0];
	uint32_t bit = (uint32_t)1 << kind % 32, *told = &messages->odd[kind / 32];
	if (!message->note || *told & bit)
		return;
	*told |= bit;
	log_info("%s: %s", peer_address(messages->on.peer), message->note);
}

static void act(struct messages *messages, struct message *message) {
	requests_hold(messages->on.requests, false);
	switch (message->type) {
	case MESSAGE_SET_PIXEL_FORMAT:
		on_format(messages, message);
		break;
	case MESSAGE_SET_DESKTOP_SIZE:
		on_desktop_size(messages, message);
		break;
	case MESSAGE_SET_ENCODINGS:
		on_encodings(messages, message);
		break;
	case MESSAGE_UPDATE_REQUEST:
		on_request(messages, message);
		break;
	case MESSAGE_KEY:
	case MESSAGE_QEMU:
		on_key(messages, message);
		break;
	case MESSAGE_POINTER:
		on_pointer(messages, message);
		break;
	case MESSAGE_FENCE:
		on_fence(messages, message);
		break;
	case MESSAGE_CONTINUOUS_UPDATES:
		on_continuous(messages, message);
		break;
	default: /* MESSAGE_CUT_TEXT, which ends here: message_parse() serves no others */
		break;
	}
}

/* --- reading --- */

/* Whether this message must wait until the encoder has answered everything. */
static bool needs_idle_encoder(const struct message *message) {
	/* no update may follow our message that continuous updates have ended */
	return message->served &&
	       ((message->type == MESSAGE_CONTINUOUS_UPDATES && !message->continuous.enable) ||
		       (message->type == MESSAGE_FENCE && message->fence.flags & MESSAGE_FENCE_SYNC_NEXT) ||
		       message->type == MESSAGE_SET_PIXEL_FORMAT || message->type == MESSAGE_SET_ENCODINGS);
}

/* Whether nothing is sent in return at once, so that the message is handled however much waits to be sent: a
 * key release that waited behind a long update would make the key repeat until the update is through. */
static bool needs_no_room(const struct message *message) {
	return !message->served || message->type == MESSAGE_KEY || message->type == MESSAGE_QEMU ||
	       message->type == MESSAGE_POINTER || message->type == MESSAGE_CUT_TEXT ||
	       message->type == MESSAGE_UPDATE_REQUEST || message->type == MESSAGE_SET_DESKTOP_SIZE ||
	       (message->type == MESSAGE_FENCE && !(message->fence.flags & MESSAGE_FENCE_REQUEST));
}

static void skip(struct messages *messages, struct queue *in) {
	size_t size = messages->skip < queue_size(in) ? (size_t)messages->skip : queue_size(in);
	queue_take(in, size);
	messages->skip -= size;
}

bool messages_may_go_on(const struct messages *messages) {
	return (!messages->waits || encoder_is_idle(messages->on.encoder)) &&
	       outbox_has_room(messages->on.outbox) && encoder_accepts(messages->on.encoder);
}

/* Handles one message. Returns false if no complete one is there, or if it has to wait. */
static bool read_message(struct messages *messages, struct queue *in) {
	struct message_rules rules = {.extended_buttons = messages->on.extensions->extended_buttons};
	struct message message;
	struct reason reason;
	ssize_t size = message_parse(queue_bytes(in), queue_size(in), &rules, &message, &reason);
	if (size < 0)
		peer_end(messages->on.peer, reason.text);
	if (size <= 0)
		return false;
	messages->waits = needs_idle_encoder(&message) && !encoder_is_idle(messages->on.encoder);
	if (messages->waits)
		encoder_settle(messages->on.encoder);
	/* a viewer that asks for more than it reads waits too */
	if (messages->waits || (!needs_no_room(&message) && !messages_may_go_on(messages))) {
		peer_set_reading(messages->on.peer, false);
		return false;
	}
	if (message.served)
		act(messages, &message);
	log_odd(messages, &message);
	messages->talk += message.type != MESSAGE_KEY && message.type != MESSAGE_QEMU;
	messages->skip = message.skip;
	queue_take(in, (size_t)size);
	return true;
}

void messages_read(struct messages *messages, struct queue *in) {
	struct peer *peer = messages->on.peer;
	bool more = true;
	while (more && peer_is_open(peer) && queue_size(in)) {
		if (messages->skip)
			skip(messages, in);
		else
			more = read_message(messages, in);
		more = more && !peer_turn_over(peer);
	}
}
