/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The part of viewer.h that moves bytes between the encoder and the peer, and decides what moves next. */
#include <errno.h>
#include <string.h>

#include "server/net/peer.h"
#include "server/net/viewer/flow.h"
#include "server/net/viewer/viewer.h"
#include "server/net/viewer/viewer_state.h"
#include "server/rfb/bytes.h"
#include "server/rfb/message.h"
#include "server/rfb/rectangle.h"

/* --- viewers that wait --- */

void viewer_update_wanting(struct gateway_viewer *viewer) {
	bool wanting = !viewer->encoder || viewer->has_room_soon || requests_wait(&viewer->requests);
	if (wanting == viewer->wanting)
		return;
	viewer->wanting = wanting;
	viewers_count_waiting(viewer->viewers, wanting ? 1 : -1);
}

/* --- to the encoder --- */

static void on_room(uv_timer_t *timer) {
	viewer_pump(timer->data);
}

/* Whether another update may begin now. If not, it is looked again when it may. */
static bool has_room(struct gateway_viewer *viewer) {
	struct tcp_way tcp;
	bool by_tcp = !viewer->extensions.fences && peer_look(viewer->peer, &tcp);
	struct flow_room room =
		flow_room(&viewer->flow, by_tcp ? &tcp : NULL, peer_queued(viewer->peer), flow_now());
	viewer->has_room_soon = room.soon;
	if (room.again_ms)
		uv_timer_start(&viewer->timer, on_room, room.again_ms, 0);
	return room.now;
}

static void forward_requests(struct gateway_viewer *viewer) {
	struct requests *requests = &viewer->requests;
	viewer->has_room_soon = false;
	if (!requests_due(requests) || !has_room(viewer) ||
		requests_need_look(requests, viewer->viewers->waiting > 0))
		return;
	viewer->has_room_soon = false;
	requests_pass_on(requests);
}

/* --- our own messages --- */

void viewer_insert_fence(struct gateway_viewer *viewer) {
	uint8_t message[FLOW_FENCE_MESSAGE];
	size_t size = flow_write_fence(&viewer->flow, flow_now(), outbox_total(&viewer->outbox), message);
	if (size)
		viewer_insert(viewer, message, size);
}

void viewer_insert(struct gateway_viewer *viewer, const void *message, size_t size) {
	if (outbox_add(&viewer->outbox, message, size))
		peer_end(viewer->peer, "out of memory");
}

/* Sends what only an update can say. This answers an open request. */
static void announce(struct gateway_viewer *viewer) {
	uint8_t message[EXTENSIONS_ANNOUNCEMENT];
	if (!viewer->extensions.due || !outbox_is_between(&viewer->outbox) ||
		!requests_take_ours(&viewer->requests))
		return;
	viewer_insert(viewer, message,
		extensions_announce(&viewer->extensions, viewer->viewers->desktop_name, message));
}

static void answer_sizes(struct gateway_viewer *viewer) {
	uint32_t width, height;
	if (!size_answers_any(&viewer->size_answers) || !outbox_is_between(&viewer->outbox) ||
		!requests_any(&viewer->requests))
		return;
	encoder_size(viewer->encoder, &width, &height);
	if (size_answers_write(&viewer->size_answers, width, height, peer_out(viewer->peer)))
		peer_end(viewer->peer, "out of memory");
	peer_flush(viewer->peer); /* many answers make a long queue, which would delay what comes next */
}

/* --- from the encoder --- */

static void end_for(struct gateway_viewer *viewer, int error) {
	peer_end(viewer->peer, error == -ENOMEM ? "out of memory" : "the encoder gave up");
}

/* Returns true if something came. */
static bool take_bytes(struct gateway_viewer *viewer) {
	bool was_inside = viewer->encoder->inside;
	ssize_t got = outbox_take(&viewer->outbox);
	if (got < 0)
		end_for(viewer, (int)got);
	if (got > 0 && !was_inside)
		flow_begin(&viewer->flow, flow_now());
	return got > 0;
}

static void tell_between_messages(struct gateway_viewer *viewer) {
	const struct gateway_events *events = viewer->viewers->events;
	if (!outbox_invites(&viewer->outbox))
		return;
	events->between_messages(events->context, viewer);
	requests_took_ours(&viewer->requests);
}

/* The encoder has answered everything, and all of it was passed on. */
static void reached_idle(struct gateway_viewer *viewer) {
	requests_answered(&viewer->requests);
	if (outbox_release(&viewer->outbox))
		peer_end(viewer->peer, "out of memory");
	if (viewer->extensions.fences)
		viewer_insert_fence(viewer);
	outbox_has_news(&viewer->outbox);
}

/* Reads messages again if that had to wait and need not any more. */
static void resume(struct gateway_viewer *viewer) {
	if (peer_reads(viewer->peer) || !viewer_may_read(viewer))
		return;
	peer_set_reading(viewer->peer, true);
	peer_resume(viewer->peer);
}

/* A viewer that reads as fast as its encoder works must let others have their turn, too. But not after the
 * encoder has reported the end of the answer: nothing reports that its last bytes were taken. */
static void pump_answers(struct gateway_viewer *viewer) {
	const struct encoder *encoder = viewer->encoder;
	uint64_t end = uv_hrtime() + PEER_TURN_NS;
	bool more = true;
	while (more && peer_is_open(viewer->peer) && !(encoder->open && uv_hrtime() > end)) {
		bool was_inside = encoder->inside;
		more = take_bytes(viewer);
		if (more)
			outbox_flush(&viewer->outbox);
		else if (was_inside && !encoder->inside)
			reached_idle(viewer);
	}
}

static void go_on(struct gateway_viewer *viewer, bool speaks) {
	bool running = peer_is_open(viewer->peer);
	if (running) {
		if (speaks)
			pump_answers(viewer);
		resume(viewer);
		answer_sizes(viewer);
		announce(viewer);
		tell_between_messages(viewer);
		forward_requests(viewer);
	}
	int error = encoder_flush(viewer->encoder);
	if (error)
		end_for(viewer, error);
	if (running)
		resume(viewer); /* no event says that the encoder, which accepted no more, does so now */
}

/* Whether something that waited for a shorter queue may go on although no event will say so: the encoder has
 * nothing to say, and the socket has just taken bytes that it had no room for before. */
static bool flush_shortens(struct gateway_viewer *viewer) {
	bool was_long = peer_queued(viewer->peer) >= FLOW_SHORT;
	outbox_flush(&viewer->outbox);
	return was_long && peer_queued(viewer->peer) < FLOW_SHORT && encoder_is_idle(viewer->encoder);
}

/* `speaks`: the encoder may have something to say. Asking it in vain after each of the viewer's messages
 * would be most of the cost of a pointer motion. */
static void pump(struct gateway_viewer *viewer, bool speaks) {
	if (!viewer->encoder || !peer_is_open(viewer->peer))
		return;
	go_on(viewer, speaks);
	while (flush_shortens(viewer))
		go_on(viewer, false);
	viewer_update_wanting(viewer);
	if (peer_is_open(viewer->peer))
		encoder_hold(viewer->encoder, outbox_is_full(&viewer->outbox));
}

/* Inside an answer bytes may have been left with the encoder for want of room, and no event may follow. So it
 * is asked again. */
void viewer_pump(struct gateway_viewer *viewer) {
	pump(viewer, viewer->encoder && viewer->encoder->inside);
}

void viewer_on_encoder(void *context) {
	pump(context, true);
}
