/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The part of viewer.h that reads the viewer's messages. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "server/log.h"
#include "server/net/peer.h"
#include "server/net/viewer/extensions.h"
#include "server/net/viewer/viewer.h"
#include "server/net/viewer/viewer_state.h"
#include "server/rfb/bytes.h"

static void on_request(struct gateway_viewer *viewer, const struct message *message) {
	requests_ask(&viewer->requests, message->request.incremental, message->request.area);
	outbox_has_news(&viewer->outbox);
}

static const uint8_t end_of_continuous = SERVER_END_OF_CONTINUOUS_UPDATES;

/* Which encodings can be used depends on the format, too. */
static void log_why_not_first(const struct gateway_viewer *viewer) {
	const char *why = encoder_why_not_first(viewer->encoder);
	if (why)
		log_debug(
			"%s does not get the encoding that it prefers: %s", peer_address(viewer->peer), why);
}

static void on_encodings(struct gateway_viewer *viewer, const struct message *message) {
	struct extensions *extensions = &viewer->extensions;
	struct extensions_begin begin;
	if (extensions_set(extensions, message->encodings.list, message->encodings.count,
		    viewer->viewers->relative_pointer, &begin)) {
		peer_end(viewer->peer, "out of memory");
		return;
	}
	outbox_has_news(&viewer->outbox);
	encoder_set_encodings(viewer->encoder, extensions->list, extensions->count);
	log_why_not_first(viewer);
	encoder_draws_cursor(viewer->encoder, extensions_choose(extensions, extensions_cursor_shapes));
	if (begin.continuous)
		viewer_insert(viewer, &end_of_continuous, 1);
	if (begin.fences)
		viewer_insert_fence(viewer);
}

/* The encoder knows only true colour. We send the map itself here. */
static void on_format(struct gateway_viewer *viewer, const struct message *message) {
	uint8_t map[FORMAT_MAP_SIZE];
	viewer->format = message->format;
	outbox_has_news(&viewer->outbox);
	encoder_set_format(viewer->encoder, viewer->format.pixels, viewer->format.plain);
	log_why_not_first(viewer);
	if (viewer->format.colour_map)
		viewer_insert(viewer, map, format_write_map(map));
}

static void on_desktop_size(struct gateway_viewer *viewer, struct message *message) {
	if (!extensions_has(&viewer->extensions, ENCODING_EXTENDED_DESKTOP_SIZE)) {
		message->note =
			"SetDesktopSize of a viewer that does not know ExtendedDesktopSize: no answer";
		return;
	}
	int error = size_answers_add(&viewer->size_answers, message->desktop_size);
	if (error == -ENOSPC)
		message->note = "SetDesktopSize is not answered until the viewer asks for an update";
	else if (error)
		peer_end(viewer->peer, "out of memory");
}

/* The answer says that everything before the fence was acted on. This is true because messages are handled in
 * order. A fence with SyncNext must stand exactly before the effect of the next message, so nothing may come
 * between the two. */
static void on_fence(struct gateway_viewer *viewer, const struct message *message) {
	uint32_t known = MESSAGE_FENCE_BLOCK_BEFORE | MESSAGE_FENCE_BLOCK_AFTER | MESSAGE_FENCE_SYNC_NEXT;
	uint8_t answer[9 + MESSAGE_MAX_FENCE] = {SERVER_FENCE};
	if (!(message->fence.flags & MESSAGE_FENCE_REQUEST)) {
		flow_fence_back(&viewer->flow, flow_now(), message->fence.payload, message->fence.size);
		return;
	}
	bytes_put32(answer + 4, message->fence.flags & known);
	answer[8] = (uint8_t)message->fence.size;
	memcpy(answer + 9, message->fence.payload, message->fence.size);
	viewer_insert(viewer, answer, 9 + message->fence.size);
	requests_hold(&viewer->requests, message->fence.flags & MESSAGE_FENCE_SYNC_NEXT);
}

static void on_continuous(struct gateway_viewer *viewer, const struct message *message) {
	requests_set_continuous(&viewer->requests, message->continuous.enable, message->continuous.area);
	if (!message->continuous.enable) /* even if there were none to end */
		viewer_insert(viewer, &end_of_continuous, 1);
}

static void on_key(struct gateway_viewer *viewer, const struct message *message) {
	const struct gateway_events *events = viewer->viewers->events;
	if (!viewer->view_only)
		events->key(events->context, viewer, message->key.keysym, message->key.scancode,
			message->key.down);
}

/* Relative motion is encoded around a middle value. A value far from it is a position, sent before the viewer
 * knew. */
static void on_motion(struct gateway_viewer *viewer, const struct message *message) {
	enum { FARTHEST = 0x3fff };
	const struct gateway_events *events = viewer->viewers->events;
	int32_t dx = message->pointer.x - POINTER_MOTION_MIDDLE,
		dy = message->pointer.y - POINTER_MOTION_MIDDLE;
	if (abs(dx) > FARTHEST || abs(dy) > FARTHEST)
		dx = dy = 0;
	events->motion(events->context, viewer, dx, dy, message->pointer.buttons);
}

static void on_pointer(struct gateway_viewer *viewer, const struct message *message) {
	const struct gateway_events *events = viewer->viewers->events;
	if (viewer->view_only)
		return;
	if (viewer->extensions.sends_motion) {
		on_motion(viewer, message);
		return;
	}
	uint32_t width, height;
	encoder_size(viewer->encoder, &width, &height);
	uint16_t x = message->pointer.x, y = message->pointer.y;
	if (width && x >= width)
		x = (uint16_t)(width - 1);
	if (height && y >= height)
		y = (uint16_t)(height - 1);
	events->pointer(events->context, viewer, x, y, message->pointer.buttons);
}

/* Logs one line for each message type, however many such messages come. */
static void log_odd(struct gateway_viewer *viewer, const struct message *message) {
	uint8_t kind = message->bytes[0];
	uint32_t bit = (uint32_t)1 << kind % 32, *told = &viewer->odd[kind / 32];
	if (!message->note || *told & bit)
		return;
	*told |= bit;
	log_info("%s: %s", peer_address(viewer->peer), message->note);
}

static void act(struct gateway_viewer *viewer, struct message *message) {
	requests_hold(&viewer->requests, false);
	switch (message->type) {
	case MESSAGE_SET_PIXEL_FORMAT:
		on_format(viewer, message);
		break;
	case MESSAGE_SET_DESKTOP_SIZE:
		on_desktop_size(viewer, message);
		break;
	case MESSAGE_SET_ENCODINGS:
		on_encodings(viewer, message);
		break;
	case MESSAGE_UPDATE_REQUEST:
		on_request(viewer, message);
		break;
	case MESSAGE_KEY:
	case MESSAGE_QEMU:
		on_key(viewer, message);
		break;
	case MESSAGE_POINTER:
		on_pointer(viewer, message);
		break;
	case MESSAGE_FENCE:
		on_fence(viewer, message);
		break;
	case MESSAGE_CONTINUOUS_UPDATES:
		on_continuous(viewer, message);
		break;
	default: /* MESSAGE_CUT_TEXT, which ends here: message_parse() serves no others */
		break;
	}
}

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

static void skip(struct gateway_viewer *viewer, struct queue *in) {
	size_t size = viewer->skip < queue_size(in) ? (size_t)viewer->skip : queue_size(in);
	queue_take(in, size);
	viewer->skip -= size;
}

bool viewer_may_read(const struct gateway_viewer *viewer) {
	return (!viewer->waits_for_idle || encoder_is_idle(viewer->encoder)) &&
	       outbox_has_room(&viewer->outbox) && encoder_accepts(viewer->encoder);
}

/* Handles one message. Returns false if no complete one is there, or if it has to wait. */
static bool read_message(struct gateway_viewer *viewer, struct queue *in) {
	struct message_rules rules = {.extended_buttons = viewer->extensions.extended_buttons};
	struct message message;
	struct reason reason;
	ssize_t size = message_parse(queue_bytes(in), queue_size(in), &rules, &message, &reason);
	if (size < 0)
		peer_end(viewer->peer, reason.text);
	if (size <= 0)
		return false;
	viewer->waits_for_idle = needs_idle_encoder(&message) && !encoder_is_idle(viewer->encoder);
	if (viewer->waits_for_idle)
		encoder_settle(viewer->encoder);
	/* a viewer that asks for more than it reads waits too */
	if (viewer->waits_for_idle || (!needs_no_room(&message) && !viewer_may_read(viewer))) {
		peer_set_reading(viewer->peer, false);
		return false;
	}
	if (message.served)
		act(viewer, &message);
	log_odd(viewer, &message);
	viewer->talk += message.type != MESSAGE_KEY && message.type != MESSAGE_QEMU;
	viewer->skip = message.skip;
	queue_take(in, (size_t)size);
	return true;
}

void viewer_read(struct gateway_viewer *viewer, struct queue *in) {
	struct peer *peer = viewer->peer;
	bool more = true;
	while (more && viewer->encoder && peer_is_open(peer) && queue_size(in)) {
		if (viewer->skip)
			skip(viewer, in);
		else
			more = read_message(viewer, in);
		more = more && !peer_turn_over(peer);
	}
	if (!viewer->encoder)
		peer_set_reading(peer, queue_size(in) < PEER_IN_MAX / 2);
}
