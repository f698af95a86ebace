/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "server/net/viewer/viewer.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "server/net/peer.h"
#include "server/net/viewer/flow.h"
#include "server/net/viewer/viewer_state.h"
#include "server/rfb/bytes.h"

/* --- for the session --- */

uint64_t gateway_viewer_id(const struct gateway_viewer *viewer) {
	return viewer->id;
}

bool gateway_viewer_view_only(const struct gateway_viewer *viewer) {
	return viewer->view_only;
}

bool gateway_viewer_has_encoding(const struct gateway_viewer *viewer, int32_t encoding) {
	return extensions_has(&viewer->extensions, encoding);
}

int32_t gateway_viewer_choose_encoding(const struct gateway_viewer *viewer, const int32_t *choices) {
	return extensions_choose(&viewer->extensions, choices);
}

static double round_trip(const struct gateway_viewer *viewer) {
	struct tcp_way tcp;
	if (flow_round_trip(&viewer->flow))
		return (double)flow_round_trip(&viewer->flow) / 1000;
	return peer_look(viewer->peer, &tcp) && tcp.round_trip ? (double)tcp.round_trip / 1000 : -1;
}

uint64_t viewer_talk(const struct gateway_viewer *viewer) {
	return viewer->talk;
}

void viewer_report(const struct gateway_viewer *viewer, struct gateway_viewer_report *report) {
	memset(report, 0, sizeof *report);
	report->id = viewer->id;
	snprintf(report->address, sizeof report->address, "%s", peer_address(viewer->peer));
	snprintf(report->security, sizeof report->security, "%s", security_infos[viewer->security].name);
	report->bytes_sent = peer_bytes_sent(viewer->peer);
	report->queue_bytes = peer_queued(viewer->peer);
	report->rtt_ms = round_trip(viewer);
	report->view_only = viewer->view_only;
	if (viewer->encoder)
		encoder_report(viewer->encoder, &report->encoder);
}

const uint8_t *gateway_viewer_pixel_format(const struct gateway_viewer *viewer) {
	return viewer->format.pixels;
}

bool gateway_viewer_awaits_update(const struct gateway_viewer *viewer) {
	return requests_take_ours(&viewer->requests);
}

int gateway_viewer_send(struct gateway_viewer *viewer, const void *message, size_t size) {
	return outbox_send(&viewer->outbox, message, size);
}

/* --- beginning and end --- */

/* RFC 6143, 7.3.2: the last message of the handshake. */
static int write_server_init(struct gateway_viewer *viewer) {
	const char *name = viewer->viewers->desktop_name;
	size_t length = strlen(name);
	uint8_t init[SERVER_INIT_SIZE];
	uint32_t width, height;
	encoder_size(viewer->encoder, &width, &height);
	format_write_native(viewer->format.pixels);
	bytes_put16(init, (uint16_t)width);
	bytes_put16(init + 2, (uint16_t)height);
	memcpy(init + 4, viewer->format.pixels, PIXEL_FORMAT_SIZE);
	bytes_put32(init + 4 + PIXEL_FORMAT_SIZE, (uint32_t)length);
	if (queue_add(peer_out(viewer->peer), init, sizeof init) ||
		queue_add(peer_out(viewer->peer), name, length))
		return -ENOMEM;
	return 0;
}

static int start_encoder(struct gateway_viewer *viewer, struct reason *reason) {
	struct encoder_viewer wish = {.minor = viewer->minor, .context = viewer, .ready = viewer_on_encoder};
	int error = encoder_create(viewer->viewers->encoders, &wish, &viewer->encoder, reason);
	if (!error)
		error = write_server_init(viewer);
	if (error)
		return error;
	requests_init(&viewer->requests, viewer->encoder);
	outbox_init(&viewer->outbox, viewer->peer, viewer->encoder);
	peer_set_reading(viewer->peer, true);
	peer_resume(viewer->peer);
	viewer_pump(viewer);
	return 0;
}

void viewer_picture_ready(struct gateway_viewer *viewer) {
	if (requests_looked(&viewer->requests))
		viewer_pump(viewer);
	if (!peer_is_open(viewer->peer) || viewer->encoder)
		return;
	struct reason reason = {""};
	int error = start_encoder(viewer, &reason);
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
	uv_timer_init(viewer->viewers->loop, &viewer->timer);
	viewer->timer.data = viewer;
	viewer->patience_tries = PATIENCE_TRIES;
	uv_timer_start(&viewer->timer, on_patience, PATIENCE_MS, PATIENCE_MS);
}

static void viewer_destroy(struct gateway_viewer *viewer) {
	const struct gateway_events *events = viewer->viewers->events;
	if (viewer->announced)
		events->left(events->context, viewer);
	if (viewer->wanting)
		viewers_count_waiting(viewer->viewers, -1);
	loop_close(&viewer->closing, free, viewer, LOOP_HANDLES(&viewer->timer));
	encoder_destroy(viewer->encoder);
	outbox_finish(&viewer->outbox);
	size_answers_finish(&viewer->size_answers);
	extensions_finish(&viewer->extensions);
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

int viewer_create(struct viewers *viewers, struct peer *peer, const struct viewer_login *login) {
	struct gateway_viewer *viewer = calloc(1, sizeof *viewer);
	if (!viewer)
		return -ENOMEM;
	viewer->viewers = viewers;
	viewer->peer = peer;
	viewer->id = viewers_new_id(viewers);
	viewer->view_only = login->view_only;
	viewer->security = login->security;
	viewer->minor = login->minor;
	start_patience(viewer);
	peer_hand_over(peer, &handlers, viewer);
	bool watched = viewers->waiting > 0;
	viewer_update_wanting(viewer);
	viewer->announced = true;
	viewers->events->joined(viewers->events->context, viewer);
	if (watched) /* the picture is fresh */
		viewer_picture_ready(viewer);
	return 0;
}
