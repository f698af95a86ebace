/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The part of viewer.h that moves bytes between the library and the peer, and decides what moves next. */
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "server/net/gateway_state.h"
#include "server/net/peer.h"
#include "server/net/viewer/encodings.h"
#include "server/net/viewer/flow.h"
#include "server/net/viewer/viewer.h"
#include "server/net/viewer/viewer_state.h"
#include "server/rfb/bytes.h"
#include "server/rfb/message.h"
#include "server/rfb/rectangle.h"

/* --- the two boundaries --- */

bool viewer_library_idle(const struct gateway_viewer *viewer) {
	return viewer->sent == viewer->answered && !viewer->inside_answer;
}

bool viewer_between_messages(const struct gateway_viewer *viewer) {
	return viewer->stage == VIEWER_RUNNING && !viewer->inside_answer;
}

/* --- viewers that wait --- */

bool viewer_awaits_update(const struct gateway_viewer *viewer) {
	return viewer->stage == VIEWER_RUNNING &&
	       (viewer->continuous || viewer->full.width || viewer->incremental.width ||
		       viewer->sent != viewer->answered || viewer->late);
}

void viewer_update_wanting(struct gateway_viewer *viewer) {
	bool wanting = viewer->stage == VIEWER_WAITS_FOR_PICTURE || viewer->wants_look ||
		       viewer->has_room_soon || viewer->sent != viewer->answered;
	if (wanting == viewer->wanting)
		return;
	viewer->wanting = wanting;
	gateway_count_wanting(viewer->gateway, wanting ? 1 : -1);
}

/* --- to the library --- */

void viewer_to_library(struct gateway_viewer *viewer, const void *bytes, size_t size) {
	if (queue_add(&viewer->to_library, bytes, size))
		peer_end(viewer->peer, "out of memory");
}

static void write_to_library(struct gateway_viewer *viewer) {
	while (queue_size(&viewer->to_library)) {
		ssize_t written = write(vnc_viewer_stream_fd(viewer->vnc), queue_bytes(&viewer->to_library),
			queue_size(&viewer->to_library));
		if (written < 0 && errno != EAGAIN && errno != EINTR)
			peer_end(viewer->peer, "the encoder gave up");
		if (written <= 0)
			return;
		queue_take(&viewer->to_library, (size_t)written);
	}
}

static void send_request(
	struct gateway_viewer *viewer, bool incremental, const struct message_rectangle *area) {
	uint8_t message[10] = {MESSAGE_UPDATE_REQUEST, incremental};
	bytes_put16(message + 2, area->x);
	bytes_put16(message + 4, area->y);
	bytes_put16(message + 6, area->width);
	bytes_put16(message + 8, area->height);
	viewer_to_library(viewer, message, sizeof message);
	viewer->sent++;
	viewer->settles = !incremental;
	if (incremental)
		viewer->open = *area;
}

/* A request for one pixel, changed or not, is always answered at once, together with everything requested
 * before. The open request is sent once more with it: if that one were answered in between, the pixel alone
 * would belong to a newer picture than the pixels around it. */
void viewer_settle(struct gateway_viewer *viewer) {
	if (viewer->sent == viewer->answered || viewer->settles)
		return;
	if (viewer->open.width)
		send_request(viewer, true,
			&(struct message_rectangle){
				viewer->open.x, viewer->open.y, viewer->open.width, viewer->open.height});
	send_request(viewer, false, &(struct message_rectangle){0, 0, 1, 1});
}

static bool within(const struct message_rectangle *inner, const struct message_rectangle *outer) {
	return inner->x >= outer->x && inner->y >= outer->y &&
	       inner->x + inner->width <= outer->x + outer->width &&
	       inner->y + inner->height <= outer->y + outer->height;
}

/* Whether the viewer asks, while a request is open, for something that the open request would never bring. */
static bool adds_to_open(const struct gateway_viewer *viewer) {
	return viewer->full.width ||
	       (viewer->incremental.width && !within(&viewer->incremental, &viewer->open));
}

/* While nobody waits, nothing is captured. The picture that the library would answer with at once may be as
 * old as that pause, so a fresh one must come first. */
static bool awaits_look(struct gateway_viewer *viewer) {
	viewer->wants_look =
		!viewer->full.width && viewer->incremental.width && viewer->gateway->wanting == 0;
	return viewer->wants_look;
}

static void forward_requests(struct gateway_viewer *viewer) {
	if (viewer->continuous)
		viewer->incremental = viewer_clipped(viewer, viewer->continuous_area);
	bool asked = viewer->full.width || (viewer->incremental.width && !viewer->wants_look);
	viewer->has_room_soon = false;
	if (viewer->hold_requests || !asked)
		return;
	bool open = viewer->sent != viewer->answered;
	if (open && (viewer->settles || !adds_to_open(viewer)))
		return;
	if (!viewer_has_room(viewer) || awaits_look(viewer))
		return;
	viewer->has_room_soon = false;
	if (viewer->incremental.width)
		send_request(viewer, true, &viewer->incremental);
	if (viewer->full.width)
		send_request(viewer, false, &viewer->full);
	else if (open)
		viewer_settle(viewer);
	viewer->full_sent |= viewer->full.width > 0;
	viewer->incremental.width = viewer->full.width = 0;
}

/* --- our own messages --- */

void viewer_insert(struct gateway_viewer *viewer, const void *message, size_t size) {
	if (queue_add(viewer_between_messages(viewer) ? peer_out(viewer->peer) : &viewer->inserts, message,
		    size))
		peer_end(viewer->peer, "out of memory");
}

static size_t put_pseudo(uint8_t *to, int32_t encoding) {
	return rectangle_write(to, 0, 0, 0, 0, encoding);
}

/* Sends what only an update can say, as pseudo-encodings. This answers an open request. */
static void announce(struct gateway_viewer *viewer) {
	if (!viewer->announce || !viewer_between_messages(viewer) || !gateway_viewer_awaits_update(viewer))
		return;
	uint8_t message[UPDATE_HEADER_SIZE + 4 * RECTANGLE_HEADER_SIZE + 4 + 256];
	size_t used = UPDATE_HEADER_SIZE;
	unsigned count = 0;
	if (viewer->announce & VIEWER_ANNOUNCE_KEYS)
		used += put_pseudo(message + used, ENCODING_QEMU_KEYS), count++;
	if (viewer->announce & VIEWER_ANNOUNCE_BUTTONS) {
		used += put_pseudo(message + used, ENCODING_EXTENDED_BUTTONS), count++;
		viewer->extended_buttons = true;
	}
	if (viewer->announce & VIEWER_ANNOUNCE_MOTION) { /* x is 0: please send relative motion */
		used += put_pseudo(message + used, ENCODING_QEMU_MOTION), count++;
		viewer->sends_motion = true;
	}
	if (viewer->announce & VIEWER_ANNOUNCE_NAME) {
		const char *name = viewer->gateway->desktop_name ? viewer->gateway->desktop_name : "";
		size_t length = strnlen(name, 255);
		used += put_pseudo(message + used, ENCODING_DESKTOP_NAME), count++;
		bytes_put32(message + used, (uint32_t)length);
		memcpy(message + used + 4, name, length);
		used += 4 + length;
	}
	rectangle_write_update(message, count);
	viewer->announce = 0;
	viewer_insert(viewer, message, used);
}

/* Each SetDesktopSize gets an answer of its own. */
static void answer_sizes(struct gateway_viewer *viewer) {
	size_t count = queue_size(&viewer->size_answers);
	if (!count || !viewer_between_messages(viewer) || !viewer_awaits_update(viewer))
		return;
	uint8_t header[UPDATE_HEADER_SIZE], rectangle[DESKTOP_SIZE_RECTANGLE];
	uint32_t width, height;
	vnc_viewer_size(viewer->vnc, &width, &height);
	viewer_insert(viewer, header, rectangle_write_update(header, (unsigned)count));
	for (size_t i = 0; i < count; i++) {
		enum desktop_size_status status = queue_bytes(&viewer->size_answers)[i];
		desktop_size_write(rectangle, status, (uint16_t)width, (uint16_t)height);
		viewer_insert(viewer, rectangle, sizeof rectangle);
	}
	queue_take(&viewer->size_answers, count);
	peer_flush(viewer->peer); /* many answers make a long queue, which would delay what comes next */
}

static void flush_inserts(struct gateway_viewer *viewer) {
	if (!queue_size(&viewer->inserts))
		return;
	if (queue_add(peer_out(viewer->peer), queue_bytes(&viewer->inserts), queue_size(&viewer->inserts)))
		peer_end(viewer->peer, "out of memory");
	queue_take(&viewer->inserts, queue_size(&viewer->inserts));
}

/* --- from the library --- */

enum { WORTH_SENDING = 16 << 10 }; /* the size of a TLS record */

/* Returns true if something came; false if nothing is there, or if there is no room for it now. `drained`:
 * nothing is there. */
static bool read_from_library(struct gateway_viewer *viewer, bool *drained) {
	struct peer *peer = viewer->peer;
	struct queue *out = peer_out(peer);
	*drained = false;
	if (queue_size(out) >= VIEWER_OUT_FULL || !peer_is_open(peer))
		return false;
	size_t size = VIEWER_OUT_FULL - queue_size(out);
	uint8_t *room = queue_room(out, size);
	ssize_t got = room ? read(vnc_viewer_stream_fd(viewer->vnc), room, size) : -1;
	if (got > 0) {
		queue_added(out, (size_t)got);
		if (!viewer->inside_answer)
			flow_begin(&viewer->flow, viewer_now());
		viewer->inside_answer = true;
		return true;
	}
	*drained = got < 0 && (errno == EAGAIN || errno == EINTR);
	if (!*drained)
		peer_end(peer, room ? "the encoder gave up" : "out of memory");
	return false;
}

static void read_answered(struct gateway_viewer *viewer) {
	uint64_t count;
	if (read(vnc_viewer_answered_fd(viewer->vnc), &count, sizeof count) == (ssize_t)sizeof count)
		viewer->answered += count;
}

/* ServerInit is passed on like any other bytes. After its end the stream is between two messages for the
 * first time. */
static void read_server_init(struct gateway_viewer *viewer) {
	struct queue *init = &viewer->server_init;
	for (;;) {
		size_t have = queue_size(init), need = SERVER_INIT_SIZE;
		if (have >= SERVER_INIT_SIZE)
			need += bytes_get32(queue_bytes(init) + SERVER_INIT_SIZE - 4);
		if (have >= SERVER_INIT_SIZE && have == need)
			break;
		if (need > 4096) {
			peer_end(viewer->peer, "the encoder sent an odd ServerInit");
			return;
		}
		uint8_t *room = queue_room(init, need - have);
		ssize_t got = room ? read(vnc_viewer_stream_fd(viewer->vnc), room, need - have) : -1;
		if (got < 0 && room && (errno == EAGAIN || errno == EINTR))
			return;
		if (got <= 0) {
			peer_end(viewer->peer, "the encoder gave up");
			return;
		}
		queue_added(init, (size_t)got);
	}
	memcpy(viewer->format.pixels, queue_bytes(init) + 4, sizeof viewer->format.pixels);
	queue_add(peer_out(viewer->peer), queue_bytes(init), queue_size(init));
	queue_finish(init);
	viewer->stage = VIEWER_RUNNING;
	peer_set_reading(viewer->peer, true);
	peer_resume(viewer->peer);
}

/* If the queue is long the session could not send anything: its news wait until the queue is shorter. */
static void tell_between_messages(struct gateway_viewer *viewer) {
	const struct gateway_events *events = &viewer->gateway->events;
	if (!viewer->news || !viewer_between_messages(viewer) || !peer_is_open(viewer->peer) ||
		peer_queued(viewer->peer) >= FLOW_SHORT)
		return;
	viewer->news = false;
	events->between_messages(events->context, viewer);
	viewer->late = false;
}

/* The library has answered everything, and all of it was passed on. */
static void reached_idle(struct gateway_viewer *viewer) {
	viewer->inside_answer = false;
	viewer->open.width = 0;
	viewer->late = viewer->full_sent;
	viewer->full_sent = false;
	flush_inserts(viewer);
	if (viewer->fences)
		viewer_insert_fence(viewer);
	viewer->news = true;
}

/* Reads messages again if that had to wait and need not any more. */
static void resume(struct gateway_viewer *viewer) {
	if (peer_reads(viewer->peer) || !viewer_may_read(viewer))
		return;
	peer_set_reading(viewer->peer, true);
	peer_resume(viewer->peer);
}

static void watch(struct gateway_viewer *viewer);

/* The library writes an answer in small pieces, and each packet costs TCP as much as several of them. */
static void flush(struct gateway_viewer *viewer) {
	if (!viewer->inside_answer || queue_size(peer_out(viewer->peer)) >= WORTH_SENDING)
		peer_flush(viewer->peer);
}

/* A viewer that reads as fast as the library writes must let others have their turn, too. But not after the
 * library has reported the end of the answer: the rest is in the socket pair then, and nothing reports when
 * that is empty. */
static void pump_answers(struct gateway_viewer *viewer) {
	uint64_t end = uv_hrtime() + PEER_TURN_NS;
	bool drained, more = true;
	while (more && peer_is_open(viewer->peer)) {
		read_answered(viewer);
		if (viewer->sent != viewer->answered && uv_hrtime() > end)
			return;
		more = read_from_library(viewer, &drained);
		if (more)
			flush(viewer);
		else if (drained && viewer->sent == viewer->answered && viewer->inside_answer)
			reached_idle(viewer);
	}
}

static void go_on(struct gateway_viewer *viewer, bool speaks) {
	bool running = viewer->stage == VIEWER_RUNNING && peer_is_open(viewer->peer);
	if (running) {
		if (speaks)
			pump_answers(viewer);
		resume(viewer);
		answer_sizes(viewer);
		announce(viewer);
		tell_between_messages(viewer);
		forward_requests(viewer);
	}
	write_to_library(viewer);
	if (running)
		resume(viewer); /* no event says that the library, which was full, has taken the last of its
				   bytes */
}

/* Whether something that waited for a shorter queue may go on although no event will say so: the library has
 * nothing to say, and the socket has just taken bytes that it had no room for before. */
static bool flush_shortens(struct gateway_viewer *viewer) {
	bool was_long = peer_queued(viewer->peer) >= FLOW_SHORT;
	flush(viewer);
	return was_long && peer_queued(viewer->peer) < FLOW_SHORT && viewer_library_idle(viewer);
}

/* `speaks`: the library may have something to say. Asking it in vain after each of the viewer's messages
 * would be most of the cost of a pointer motion. */
static void pump(struct gateway_viewer *viewer, bool speaks) {
	if (!viewer->vnc || !peer_is_open(viewer->peer))
		return;
	if (viewer->stage == VIEWER_SERVER_INIT)
		read_server_init(viewer);
	go_on(viewer, speaks);
	while (flush_shortens(viewer))
		go_on(viewer, false);
	viewer_update_wanting(viewer);
	watch(viewer);
}

/* Inside an answer the library may have been left unread for want of room, and may have written all that it
 * will write. So it is asked again. */
void viewer_pump(struct gateway_viewer *viewer) {
	pump(viewer, viewer->inside_answer);
}

void viewer_on_library(uv_poll_t *poll, int status, int events) {
	(void)events;
	struct gateway_viewer *viewer = poll->data;
	if (status < 0)
		peer_end(viewer->peer, uv_strerror(status));
	pump(viewer, true);
}

static void watch(struct gateway_viewer *viewer) {
	if (!peer_is_open(viewer->peer))
		return;
	int events = queue_size(&viewer->to_library) ? UV_WRITABLE : 0;
	if (queue_size(peer_out(viewer->peer)) < VIEWER_OUT_FULL)
		events |= UV_READABLE;
	if (events == viewer->polled)
		return;
	viewer->polled = events;
	if (events)
		uv_poll_start(&viewer->stream_poll, events, viewer_on_library);
	else
		uv_poll_stop(&viewer->stream_poll);
}
