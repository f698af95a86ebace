/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "server/net/viewer/viewer.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "server/net/gateway_state.h"
#include "server/net/peer.h"
#include "server/net/viewer/flow.h"
#include "server/net/viewer/viewer_state.h"

/* --- for the session --- */

const uint8_t *gateway_viewer_pixel_format(const struct gateway_viewer *viewer) {
	return viewer->format.pixels;
}

bool gateway_viewer_awaits_update(const struct gateway_viewer *viewer) {
	return viewer_awaits_update(viewer) && !viewer->full.width && !viewer->full_sent;
}

int gateway_viewer_send(struct gateway_viewer *viewer, const void *message, size_t size) {
	struct queue *out = peer_out(viewer->peer);
	if (!viewer_between_messages(viewer) || !peer_is_open(viewer->peer) ||
		peer_queued(viewer->peer) >= FLOW_SHORT)
		return -EAGAIN;
	if (queue_add(out, message, size))
		return -ENOMEM;
	peer_flush(viewer->peer);
	return 0;
}

/* --- beginning and end --- */

static int start_library(struct gateway_viewer *viewer, struct reason *reason) {
	uv_loop_t *loop = viewer->gateway->loop;
	int error = vnc_viewer_create(viewer->gateway->vnc, &viewer->vnc, reason);
	if (error)
		return error;
	uv_poll_init(loop, &viewer->stream_poll, vnc_viewer_stream_fd(viewer->vnc));
	uv_poll_init(loop, &viewer->answered_poll, vnc_viewer_answered_fd(viewer->vnc));
	viewer->stream_poll.data = viewer->answered_poll.data = viewer;
	viewer->stage = VIEWER_SERVER_INIT;
	uv_poll_start(&viewer->answered_poll, UV_READABLE, viewer_on_library);
	viewer_pump(viewer);
	return 0;
}

void viewer_picture_ready(struct gateway_viewer *viewer) {
	if (viewer->wants_look) {
		viewer->wants_look = false;
		viewer_pump(viewer);
	}
	if (!peer_is_open(viewer->peer) || viewer->stage != VIEWER_WAITS_FOR_PICTURE)
		return;
	struct reason reason = {""};
	int error = start_library(viewer, &reason);
	if (!error)
		uv_timer_stop(&viewer->timer);
	else if (error != -EAGAIN || viewer->patience_tries == 0)
		peer_end(viewer->peer, reason.text[0] ? reason.text : strerror(-error));
}

static void on_patience(uv_timer_t *timer) {
	struct gateway_viewer *viewer = timer->data;
	viewer->patience_tries--;
	viewer_picture_ready(viewer);
}

static void start_patience(struct gateway_viewer *viewer) {
	uv_timer_init(viewer->gateway->loop, &viewer->timer);
	viewer->timer.data = viewer;
	viewer->patience_tries = PATIENCE_TRIES;
	uv_timer_start(&viewer->timer, on_patience, PATIENCE_MS, PATIENCE_MS);
}

static void viewer_destroy(struct gateway_viewer *viewer) {
	struct gateway *gateway = viewer->gateway;
	if (viewer->announced)
		gateway->events.left(gateway->events.context, viewer);
	if (viewer->wanting)
		gateway_count_wanting(gateway, -1);
	loop_close(&viewer->closing, free, viewer, LOOP_HANDLES(&viewer->timer));
	if (viewer->vnc)
		loop_close(&viewer->closing, free, viewer,
			LOOP_HANDLES(&viewer->stream_poll, &viewer->answered_poll));
	vnc_viewer_destroy(viewer->vnc);
	queue_finish(&viewer->to_library);
	queue_finish(&viewer->inserts);
	queue_finish(&viewer->server_init);
	queue_finish(&viewer->size_answers);
	free(viewer->encodings);
}

static void on_read(void *context, struct queue *in) {
	viewer_read(context, in);
}

static void on_flushed(void *context) {
	viewer_pump(context);
}

static void on_end(void *context) {
	viewer_destroy(context);
}

static const struct peer_handlers handlers = {
	.authenticated = true, .read = on_read, .flushed = on_flushed, .end = on_end};

struct gateway_viewer *viewer_of(const struct peer *peer) {
	return peer_owner(peer, &handlers);
}

int viewer_create(struct gateway *gateway, struct peer *peer, const struct viewer_login *login) {
	struct gateway_viewer *viewer = calloc(1, sizeof *viewer);
	if (!viewer)
		return -ENOMEM;
	viewer->gateway = gateway;
	viewer->peer = peer;
	viewer->id = ++gateway->next_id;
	viewer->view_only = login->view_only;
	viewer->security = login->security;
	viewer->minor = login->minor;
	viewer->stage = VIEWER_WAITS_FOR_PICTURE;
	start_patience(viewer);
	peer_hand_over(peer, &handlers, viewer);
	bool watched = gateway->wanting > 0;
	viewer_update_wanting(viewer);
	viewer->announced = true;
	gateway->events.joined(gateway->events.context, viewer);
	if (watched) /* the picture is fresh */
		viewer_picture_ready(viewer);
	return 0;
}
