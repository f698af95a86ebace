/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The part of viewer.h that reads the viewer's messages. */
#include <stdlib.h>
#include <string.h>

#include "server/log.h"
#include "server/net/gateway_state.h"
#include "server/net/peer.h"
#include "server/net/viewer/encodings.h"
#include "server/rfb/format.h"
#include "server/net/viewer/viewer.h"
#include "server/net/viewer/viewer_state.h"
#include "server/rfb/bytes.h"

struct message_rectangle viewer_clipped(const struct gateway_viewer *viewer, struct message_rectangle area) {
	uint32_t width, height;
	vnc_viewer_size(viewer->vnc, &width, &height);
	if (area.x >= width || area.y >= height || !area.width || !area.height)
		return (struct message_rectangle){0, 0, 1, 1}; /* still brings sizes and the like */
	if (area.width > width - area.x)
		area.width = (uint16_t)(width - area.x);
	if (area.height > height - area.y)
		area.height = (uint16_t)(height - area.y);
	return area;
}

/* Extends `sum` to the smallest rectangle around both. */
static void join(struct message_rectangle *sum, const struct message_rectangle *area) {
	if (!sum->width) {
		*sum = *area;
		return;
	}
	unsigned right = sum->x + sum->width, bottom = sum->y + sum->height;
	if (right < (unsigned)area->x + area->width)
		right = area->x + area->width;
	if (bottom < (unsigned)area->y + area->height)
		bottom = area->y + area->height;
	sum->x = sum->x < area->x ? sum->x : area->x;
	sum->y = sum->y < area->y ? sum->y : area->y;
	sum->width = (uint16_t)(right - sum->x);
	sum->height = (uint16_t)(bottom - sum->y);
}

static void on_request(struct gateway_viewer *viewer, const struct message *message) {
	struct message_rectangle area = viewer_clipped(viewer, message->request.area);
	viewer->news = true;
	join(message->request.incremental ? &viewer->incremental : &viewer->full, &area);
}

/* Announces what we support of the extensions that the viewer named. EndOfContinuousUpdates must be the very
 * first message that says that we know them: TigerVNC never begins continuous updates if an update came
 * before it. */
static void answer_encodings(struct gateway_viewer *viewer) {
	static const uint8_t end_of_continuous = SERVER_END_OF_CONTINUOUS_UPDATES;
	static const struct {
		int32_t encoding;
		unsigned announce;
	} rows[] = {
		{ENCODING_QEMU_KEYS, VIEWER_ANNOUNCE_KEYS},
		{ENCODING_EXTENDED_BUTTONS, VIEWER_ANNOUNCE_BUTTONS},
		{ENCODING_DESKTOP_NAME, VIEWER_ANNOUNCE_NAME},
		{ENCODING_QEMU_MOTION, VIEWER_ANNOUNCE_MOTION},
	};
	unsigned unwanted = viewer->gateway->relative_pointer ? 0 : VIEWER_ANNOUNCE_MOTION;
	if (gateway_viewer_has_encoding(viewer, ENCODING_CONTINUOUS_UPDATES) && !viewer->knows_continuous) {
		viewer->knows_continuous = true;
		viewer_insert(viewer, &end_of_continuous, 1);
	}
	bool fences = gateway_viewer_has_encoding(viewer, ENCODING_FENCE);
	if (fences && !viewer->fences)
		viewer_insert_fence(viewer);
	viewer->fences = fences;
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
		if (gateway_viewer_has_encoding(viewer, rows[i].encoding) &&
			!((viewer->announced_once | unwanted) & rows[i].announce))
			viewer->announce |= rows[i].announce;
	viewer->announced_once |= viewer->announce;
	if (!gateway_viewer_has_encoding(viewer, ENCODING_EXTENDED_BUTTONS)) {
		viewer->extended_buttons = false;
		viewer->announced_once &= ~(unsigned)VIEWER_ANNOUNCE_BUTTONS;
	}
	if (!gateway_viewer_has_encoding(viewer, ENCODING_QEMU_MOTION)) {
		viewer->sends_motion = false;
		viewer->announced_once &= ~(unsigned)VIEWER_ANNOUNCE_MOTION;
	}
}

/* Call it only while the library is idle. What the library is told depends on the format, too. */
static void tell_library_encodings(struct gateway_viewer *viewer) {
	struct encodings_wish wish = {.list = viewer->encodings,
		.count = viewer->encoding_count,
		.format = format_read(viewer->format.pixels),
		.plain = viewer->format.plain,
		.minor = viewer->minor};
	uint8_t *message = malloc(4 + 4 * (wish.count + 1));
	if (!message) {
		peer_end(viewer->peer, "out of memory");
		return;
	}
	viewer_to_library(viewer, message, encodings_filter(&wish, message));
	free(message);
	const char *why = encodings_why_not_first(&wish);
	if (why)
		log_debug(
			"%s does not get the encoding that it prefers: %s", peer_address(viewer->peer), why);
}

static void on_encodings(struct gateway_viewer *viewer, const struct message *message) {
	size_t count = message->encodings.count;
	int32_t *list = malloc(count * sizeof *list + 1);
	if (!list) {
		peer_end(viewer->peer, "out of memory");
		return;
	}
	for (size_t i = 0; i < count; i++)
		list[i] = (int32_t)bytes_get32(message->encodings.list + 4 * i);
	free(viewer->encodings);
	viewer->encodings = list;
	viewer->encoding_count = count;
	viewer->news = true;
	tell_library_encodings(viewer);
	vnc_viewer_draws_cursor(viewer->vnc, gateway_viewer_choose_encoding(viewer, encodings_cursor_shapes));
	answer_encodings(viewer);
}

/* The library turns a colour map into true colour. We send the map itself here. */
static void on_format(struct gateway_viewer *viewer, const struct message *message) {
	uint8_t set[4 + PIXEL_FORMAT_SIZE] = {MESSAGE_SET_PIXEL_FORMAT}, map[FORMAT_MAP_SIZE];
	viewer->format = message->format;
	viewer->news = true;
	memcpy(set + 4, viewer->format.pixels, PIXEL_FORMAT_SIZE);
	viewer_to_library(viewer, set, sizeof set);
	if (viewer->encodings)
		tell_library_encodings(viewer);
	if (viewer->format.colour_map)
		viewer_insert(viewer, map, format_write_map(map));
}

/* The answer goes out with the next update that the viewer asks for. If it asks for none, up to
 * VIEWER_MAX_SIZE_ANSWERS answers wait. */
static void on_desktop_size(struct gateway_viewer *viewer, struct message *message) {
	uint8_t status = (uint8_t)message->desktop_size;
	if (!gateway_viewer_has_encoding(viewer, ENCODING_EXTENDED_DESKTOP_SIZE))
		message->note =
			"SetDesktopSize of a viewer that does not know ExtendedDesktopSize: no answer";
	else if (queue_size(&viewer->size_answers) >= VIEWER_MAX_SIZE_ANSWERS)
		message->note = "SetDesktopSize is not answered until the viewer asks for an update";
	else if (queue_add(&viewer->size_answers, &status, 1))
		peer_end(viewer->peer, "out of memory");
}

/* The answer says that everything before the fence was acted on. This is true because messages are handled in
 * order. A fence with SyncNext must stand exactly before the effect of the next message, so nothing may come
 * between the two. */
static void on_fence(struct gateway_viewer *viewer, const struct message *message) {
	uint32_t known = MESSAGE_FENCE_BLOCK_BEFORE | MESSAGE_FENCE_BLOCK_AFTER | MESSAGE_FENCE_SYNC_NEXT;
	uint8_t answer[9 + MESSAGE_MAX_FENCE] = {SERVER_FENCE};
	if (!(message->fence.flags & MESSAGE_FENCE_REQUEST)) {
		flow_fence_back(&viewer->flow, viewer_now(), message->fence.payload, message->fence.size);
		return;
	}
	bytes_put32(answer + 4, message->fence.flags & known);
	answer[8] = (uint8_t)message->fence.size;
	memcpy(answer + 9, message->fence.payload, message->fence.size);
	viewer_insert(viewer, answer, 9 + message->fence.size);
	viewer->hold_requests = message->fence.flags & MESSAGE_FENCE_SYNC_NEXT;
}

static void on_continuous(struct gateway_viewer *viewer, const struct message *message) {
	static const uint8_t end_of_continuous = SERVER_END_OF_CONTINUOUS_UPDATES;
	bool were = viewer->continuous;
	viewer->continuous = message->continuous.enable;
	viewer->continuous_area = message->continuous.area;
	if (were && !viewer->continuous)
		viewer->incremental.width = 0;
	if (!viewer->continuous) /* even if there were none to end */
		viewer_insert(viewer, &end_of_continuous, 1);
}

static void on_key(struct gateway_viewer *viewer, const struct message *message) {
	const struct gateway_events *events = &viewer->gateway->events;
	if (!viewer->view_only)
		events->key(events->context, viewer, message->key.keysym, message->key.scancode,
			message->key.down);
}

/* Relative motion is encoded around a middle value. A value far from it is a position, sent before the viewer
 * knew. */
static void on_motion(struct gateway_viewer *viewer, const struct message *message) {
	enum { FARTHEST = 0x3fff };
	const struct gateway_events *events = &viewer->gateway->events;
	int32_t dx = message->pointer.x - POINTER_MOTION_MIDDLE,
		dy = message->pointer.y - POINTER_MOTION_MIDDLE;
	if (abs(dx) > FARTHEST || abs(dy) > FARTHEST)
		dx = dy = 0;
	events->motion(events->context, viewer, dx, dy, message->pointer.buttons);
}

static void on_pointer(struct gateway_viewer *viewer, const struct message *message) {
	const struct gateway_events *events = &viewer->gateway->events;
	if (viewer->view_only)
		return;
	if (viewer->sends_motion) {
		on_motion(viewer, message);
		return;
	}
	uint32_t width, height;
	vnc_viewer_size(viewer->vnc, &width, &height);
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
	viewer->hold_requests = false;
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

/* Whether this message must wait until the library has answered everything. */
static bool needs_idle_library(const struct message *message) {
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
	return (!viewer->waits_for_library || viewer_library_idle(viewer)) &&
	       queue_size(peer_out(viewer->peer)) < VIEWER_OUT_FULL / 2 &&
	       queue_size(&viewer->to_library) < VIEWER_LIBRARY_FULL &&
	       queue_size(&viewer->inserts) < VIEWER_MAX_INSERTS;
}

/* Handles one message. Returns false if no complete one is there, or if it has to wait. */
static bool read_message(struct gateway_viewer *viewer, struct queue *in) {
	struct message_rules rules = {.extended_buttons = viewer->extended_buttons};
	struct message message;
	struct reason reason;
	ssize_t size = message_parse(queue_bytes(in), queue_size(in), &rules, &message, &reason);
	if (size < 0)
		peer_end(viewer->peer, reason.text);
	if (size <= 0)
		return false;
	viewer->waits_for_library = needs_idle_library(&message) && !viewer_library_idle(viewer);
	if (viewer->waits_for_library)
		viewer_settle(viewer);
	/* a viewer that asks for more than it reads waits too */
	if (viewer->waits_for_library || (!needs_no_room(&message) && !viewer_may_read(viewer))) {
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
	while (more && viewer->stage == VIEWER_RUNNING && peer_is_open(peer) && queue_size(in)) {
		if (viewer->skip)
			skip(viewer, in);
		else
			more = read_message(viewer, in);
		more = more && !peer_turn_over(peer);
	}
	if (viewer->stage != VIEWER_RUNNING)
		peer_set_reading(peer, queue_size(in) < PEER_IN_MAX / 2);
}
