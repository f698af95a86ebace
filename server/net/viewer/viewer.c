/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "server/net/viewer/viewer.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "capture/base/utf8.h"
#include "encode/rfb/bytes.h"
#include "server/log.h"
#include "server/loop.h"
#include "server/net/auth/rights.h"
#include "server/net/auth/security.h"
#include "server/net/peer.h"
#include "server/net/remote.h"
#include "server/net/tcp.h"
#include "server/net/viewer/extensions.h"
#include "server/net/viewer/flow.h"
#include "server/net/viewer/messages.h"
#include "server/net/viewer/outbox.h"
#include "server/net/viewer/requests.h"
#include "server/net/viewer/size_answers.h"
#include "server/net/viewer/viewers.h"

const char viewer_no_rights[] = "its user may not view this screen (--rights, --plain-users, --view-users)";

enum { PATIENCE_MS = 1000, PATIENCE_TRIES = 10 }; /* how long, and how often, the first picture is awaited */

struct viewer {
	struct viewers *viewers; /* borrowed */
	struct peer *peer;       /* borrowed: the viewer ends with it */
	struct viewer_login login;
	uint64_t since;        /* uv_now() when it became a viewer */
	char why[160];         /* it has left; "": it is here */
	bool received, joined; /* the session knows it */
	/* What it is shown while it waits to join; borrowed. NULL: it does not wait. */
	struct picture_store *instead;
	bool waits;              /* it counts among those that wait for a picture */
	bool has_room_soon;      /* requests wait until the next update may begin, which is soon */
	unsigned patience_tries; /* left */
	uv_timer_t timer; /* ends the wait for the first picture; later, the wait for room for an update */
	struct loop_closing closing;
	struct encoder
		*encoder; /* owned; NULL: it waits for the first picture, and nothing below is in use */
	struct requests requests;
	struct extensions extensions;
	struct size_answers size_answers;
	struct outbox outbox;
	struct flow flow;
	struct messages messages;
};

/* --- for the session --- */

uint64_t viewer_id(const struct viewer *viewer) {
	return viewer->login.id;
}

unsigned viewer_rights(const struct viewer *viewer) {
	if (viewer->instead)
		return RIGHTS_NONE;
	return viewer->login.rights & ~(viewer->viewers->view_only ? RIGHT_TYPE : 0u);
}

bool viewer_view_only(const struct viewer *viewer) {
	return !(viewer_rights(viewer) & RIGHT_TYPE);
}

const struct local_user *viewer_local_user(const struct viewer *viewer) {
	return &peer_remote(viewer->peer)->user;
}

bool viewer_has_encoding(const struct viewer *viewer, int32_t encoding) {
	return extensions_has(&viewer->extensions, encoding);
}

int32_t viewer_choose_encoding(const struct viewer *viewer, const int32_t *choices) {
	return extensions_choose(&viewer->extensions, choices);
}

const uint8_t *viewer_pixel_format(const struct viewer *viewer) {
	return viewer->messages.format.pixels;
}

bool viewer_awaits_update(const struct viewer *viewer) {
	return requests_take_ours(&viewer->requests);
}

int viewer_send(struct viewer *viewer, const void *message, size_t size) {
	return outbox_send(&viewer->outbox, message, size);
}

uint64_t viewer_talk(const struct viewer *viewer) {
	return viewer->messages.talk;
}

static double round_trip_ms(const struct viewer *viewer) {
	struct tcp_way tcp;
	if (flow_round_trip(&viewer->flow))
		return (double)flow_round_trip(&viewer->flow) / 1000;
	return peer_look(viewer->peer, &tcp) && tcp.round_trip ? (double)tcp.round_trip / 1000 : -1;
}

void viewer_report(const struct viewer *viewer, struct viewer_report *report) {
	memset(report, 0, sizeof *report);
	report->id = viewer->login.id;
	memcpy(report->user, viewer->login.user, sizeof report->user);
	memcpy(report->account, viewer->login.account, sizeof report->account);
	report->connected_s = (uv_now(viewer->viewers->loop) - viewer->since) / 1000;
	snprintf(report->address, sizeof report->address, "%s", peer_address(viewer->peer));
	snprintf(
		report->security, sizeof report->security, "%s", security_infos[viewer->login.security].name);
	report->bytes_sent = peer_bytes_sent(viewer->peer);
	report->queue_bytes = peer_queued(viewer->peer);
	report->rtt_ms = round_trip_ms(viewer);
	report->rights = viewer_rights(viewer);
	report->view_only = viewer_view_only(viewer);
	report->waits = viewer_waits(viewer);
	memcpy(report->why, viewer->why, sizeof report->why);
	if (viewer->encoder)
		encoder_report(viewer->encoder, &report->encoder);
}

/* --- what moves next --- */

static void pump(struct viewer *viewer, bool speaks);

static void end_for(struct viewer *viewer, int error) {
	peer_end(viewer->peer, error == -ENOMEM ? "out of memory" : "the encoder failed");
}

/* Tells the session when this viewer begins or stops waiting for a picture of the screen. */
static void update_waits(struct viewer *viewer) {
	bool waits = !viewer->instead &&
		     (!viewer->encoder || viewer->has_room_soon || requests_wait(&viewer->requests));
	if (waits == viewer->waits)
		return;
	viewer->waits = waits;
	viewers_count_waiting(viewer->viewers, waits ? 1 : -1);
}

/* Inside an update bytes may have been left with the encoder for want of room, and no event may follow. So it
 * is asked again. */
static void go_on(struct viewer *viewer) {
	pump(viewer, viewer->encoder && viewer->encoder->inside);
}

static void on_room(uv_timer_t *timer) {
	go_on(timer->data);
}

/* Whether another update may begin now. If not, it is looked again when it may. */
static bool has_room(struct viewer *viewer) {
	struct tcp_way tcp;
	bool by_tcp = !viewer->extensions.fences && peer_look(viewer->peer, &tcp);
	struct flow_room room =
		flow_room(&viewer->flow, by_tcp ? &tcp : NULL, peer_queued(viewer->peer), flow_now());
	viewer->has_room_soon = room.soon;
	if (room.again_ms)
		uv_timer_start(&viewer->timer, on_room, room.again_ms, 0);
	return room.now;
}

static void forward_requests(struct viewer *viewer) {
	struct requests *requests = &viewer->requests;
	viewer->has_room_soon = false;
	bool fresh = viewer->viewers->waiting > 0 || viewer->instead;
	if (!requests_due(requests) || !has_room(viewer) || requests_need_look(requests, fresh))
		return;
	viewer->has_room_soon = false;
	requests_pass_on(requests);
}

/* What only an update can say. This answers an open request. */
static void announce(struct viewer *viewer) {
	uint8_t message[EXTENSIONS_ANNOUNCEMENT];
	if (!viewer->extensions.due || !outbox_is_between(&viewer->outbox) ||
		!requests_take_ours(&viewer->requests))
		return;
	size_t size = extensions_announce(&viewer->extensions, viewer->viewers->desktop_name, message);
	if (outbox_add(&viewer->outbox, message, size))
		end_for(viewer, -ENOMEM);
}

static void answer_sizes(struct viewer *viewer) {
	struct encoder_desktop desktop;
	if (!size_answers_any(&viewer->size_answers) || !outbox_is_between(&viewer->outbox) ||
		!requests_any(&viewer->requests))
		return;
	encoder_desktop(viewer->encoder, &desktop);
	if (!size_answers_due(&viewer->size_answers, &desktop))
		return;
	if (size_answers_write(&viewer->size_answers, &desktop, peer_out(viewer->peer)))
		end_for(viewer, -ENOMEM);
	peer_flush(viewer->peer); /* many answers make a long queue, which would delay what comes next */
}

static void tell_between_messages(struct viewer *viewer) {
	const struct gateway_events *events = viewer->viewers->events;
	if (viewer->instead || !outbox_invites(&viewer->outbox))
		return;
	events->between_messages(events->context, viewer);
	requests_took_ours(&viewer->requests);
}

/* The encoder has answered everything, and all of it was passed on. */
static void reached_idle(struct viewer *viewer) {
	requests_answered(&viewer->requests);
	size_answers_idle(&viewer->size_answers);
	int error = outbox_release(&viewer->outbox);
	if (!error && viewer->extensions.fences)
		error = outbox_add_fence(&viewer->outbox, &viewer->flow);
	if (error)
		end_for(viewer, error);
	outbox_has_news(&viewer->outbox);
}

/* Returns true if something came. */
static bool take_bytes(struct viewer *viewer) {
	bool was_inside = viewer->encoder->inside;
	ssize_t got = outbox_take(&viewer->outbox);
	if (got < 0)
		end_for(viewer, (int)got);
	if (got > 0 && !was_inside)
		flow_begin(&viewer->flow, flow_now());
	if (got == 0 && was_inside && !viewer->encoder->inside)
		reached_idle(viewer);
	return got > 0;
}

/* A viewer that reads as fast as its encoder works must let others have their turn, too. But not after the
 * encoder has reported the end of the answer: nothing reports that its last bytes were taken. */
static void pump_answers(struct viewer *viewer) {
	const struct encoder *encoder = viewer->encoder;
	uint64_t end = uv_hrtime() + PEER_TURN_NS;
	while (peer_is_open(viewer->peer) && !(encoder->open && uv_hrtime() > end) && take_bytes(viewer))
		outbox_flush(&viewer->outbox);
	if (peer_is_open(viewer->peer))
		outbox_begin(&viewer->outbox);
}

/* Reads messages again if that had to wait and need not any more. */
static void resume(struct viewer *viewer) {
	if (peer_reads(viewer->peer) || !messages_may_go_on(&viewer->messages))
		return;
	peer_set_reading(viewer->peer, true);
	peer_resume(viewer->peer);
}

static void move(struct viewer *viewer, bool speaks) {
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
static bool flush_shortens(struct viewer *viewer) {
	bool was_long = encoder_is_idle(viewer->encoder) && peer_queued(viewer->peer) >= FLOW_SHORT;
	outbox_flush(&viewer->outbox);
	return was_long && peer_queued(viewer->peer) < FLOW_SHORT;
}

/* `speaks`: the encoder may have something to say. Asking it in vain after each of the viewer's messages
 * would be most of the cost of a pointer motion. */
static void pump(struct viewer *viewer, bool speaks) {
	if (!viewer->encoder || !peer_is_open(viewer->peer))
		return;
	move(viewer, speaks);
	while (flush_shortens(viewer))
		move(viewer, false);
	update_waits(viewer);
	if (peer_is_open(viewer->peer))
		encoder_hold(viewer->encoder, outbox_is_full(&viewer->outbox));
}

static void on_encoder(void *context) {
	pump(context, true);
}

const struct viewer_login *viewer_login(const struct viewer *viewer) {
	return &viewer->login;
}

void viewer_set_rights(struct viewer *viewer, unsigned rights) {
	viewer->login.rights = rights;
}

void viewer_renamed(struct viewer *viewer) {
	extensions_renew_name(&viewer->extensions);
	pump(viewer, false);
}

void viewer_resized(struct viewer *viewer, const struct desktop_size_outcome *outcome) {
	bool asked = size_answers_settle(&viewer->size_answers, outcome);
	bool tells = !asked && outcome->other && outcome->status == DESKTOP_SIZE_SET &&
		     extensions_has(&viewer->extensions, ENCODING_EXTENDED_DESKTOP_SIZE);
	if (tells && size_answers_add(&viewer->size_answers, DESKTOP_SIZE_BY_ANOTHER_CLIENT,
			     outcome->status) == -ENOMEM)
		end_for(viewer, -ENOMEM);
	go_on(viewer);
}

/* --- the beginning --- */

/* RFC 6143, 7.3.2: the last message of the handshake. */
static int write_server_init(struct viewer *viewer) {
	const char *name = viewer->viewers->desktop_name;
	size_t length = strlen(name);
	uint8_t init[SERVER_INIT_SIZE];
	uint32_t width, height;
	encoder_size(viewer->encoder, &width, &height);
	bytes_put16(init, (uint16_t)width);
	bytes_put16(init + 2, (uint16_t)height);
	format_write_native(init + 4);
	bytes_put32(init + 4 + PIXEL_FORMAT_SIZE, (uint32_t)length);
	int error = queue_add(peer_out(viewer->peer), init, sizeof init);
	if (!error && length)
		error = queue_add(peer_out(viewer->peer), name, length);
	return error;
}

/* Fences see more than TCP: the whole way, also behind a proxy. */
static void on_line(void *context, struct encoder_line *line) {
	struct viewer *viewer = context;
	struct tcp_way tcp;
	bool by_tcp = !viewer->flow.answers && peer_look(viewer->peer, &tcp);
	*line = flow_line(&viewer->flow, by_tcp ? &tcp : NULL, peer_queued(viewer->peer), flow_now());
}

static int start_encoder(struct viewer *viewer, struct reason *reason) {
	struct encoder_viewer about = {.minor = viewer->login.minor,
		.instead = viewer->instead,
		.context = viewer,
		.ready = on_encoder,
		.line = on_line};
	int error = encoder_create(viewer->viewers->encoders, &about, &viewer->encoder, reason);
	if (!error)
		error = write_server_init(viewer);
	return error;
}

static void start_talk(struct viewer *viewer) {
	struct messages_subject subject = {.viewer = viewer,
		.viewers = viewer->viewers,
		.peer = viewer->peer,
		.encoder = viewer->encoder,
		.requests = &viewer->requests,
		.extensions = &viewer->extensions,
		.size_answers = &viewer->size_answers,
		.outbox = &viewer->outbox,
		.flow = &viewer->flow};
	requests_init(&viewer->requests, viewer->encoder);
	outbox_init(&viewer->outbox, viewer->peer, viewer->encoder);
	messages_init(&viewer->messages, &subject);
	peer_set_reading(viewer->peer, true);
	peer_resume(viewer->peer);
	go_on(viewer);
}

void viewer_picture_ready(struct viewer *viewer) {
	if (requests_looked(&viewer->requests))
		go_on(viewer);
	if (!peer_is_open(viewer->peer) || viewer->encoder)
		return;
	struct reason reason = {""};
	int error = start_encoder(viewer, &reason);
	if (!error) {
		uv_timer_stop(&viewer->timer);
		start_talk(viewer);
	} else if (error != -EAGAIN || viewer->patience_tries == 0) {
		peer_end(viewer->peer, reason.text[0] ? reason.text : strerror(-error));
	}
}

static void on_patience(uv_timer_t *timer) {
	struct viewer *viewer = timer->data;
	viewer->patience_tries--;
	viewer_picture_ready(viewer);
}

static void start_patience(struct viewer *viewer) {
	uv_timer_init(viewer->viewers->loop, &viewer->timer);
	viewer->timer.data = viewer;
	viewer->patience_tries = PATIENCE_TRIES;
	uv_timer_start(&viewer->timer, on_patience, PATIENCE_MS, PATIENCE_MS);
}

/* --- what the peer says --- */

/* Before the first picture, what comes waits in the peer. */
static void on_read(void *context, struct queue *in) {
	struct viewer *viewer = context;
	if (viewer->encoder)
		messages_read(&viewer->messages, in);
	else
		peer_set_reading(viewer->peer, queue_size(in) < PEER_IN_MAX / 2);
}

static void on_flushed(void *context) {
	go_on(context);
}

static void on_end(void *context) {
	struct viewer *viewer = context;
	const struct gateway_events *events = viewer->viewers->events;
	if (viewer->joined)
		events->left(events->context, viewer);
	else if (viewer->received && viewer->instead)
		events->withdrew(events->context, viewer);
	if (viewer->waits)
		viewers_count_waiting(viewer->viewers, -1);
	loop_close(&viewer->closing, free, viewer, LOOP_HANDLES(&viewer->timer));
	encoder_destroy(viewer->encoder);
	outbox_finish(&viewer->outbox);
	size_answers_finish(&viewer->size_answers);
	extensions_finish(&viewer->extensions);
}

static void leaves(void *owner, const char *why) {
	struct viewer *viewer = owner;
	const struct viewer_login *login = &viewer->login;
	const struct log_event event = {.name = "left",
		.address = peer_address(viewer->peer),
		.user = login->account[0] ? login->account : login->user,
		.security = security_infos[login->security].name,
		.reason = why,
		.viewer = login->id};
	utf8_copy(viewer->why, sizeof viewer->why, why);
	log_about(LOG_LEVEL_INFO, &event, "%s (viewer %llu) left: %s", event.address,
		(unsigned long long)login->id, why);
}

static const struct peer_handlers handlers = {
	.leaves = leaves, .read = on_read, .flushed = on_flushed, .end = on_end};

struct viewer *viewer_of(const struct peer *peer) {
	return peer_owner(peer, &handlers);
}

/* --- joining --- */

static void receive(struct viewer *viewer) {
	const struct gateway_events *events = viewer->viewers->events;
	viewer->received = true;
	if (events->receive)
		viewer->instead = events->receive(events->context, viewer);
}

static void join(struct viewer *viewer) {
	const struct gateway_events *events = viewer->viewers->events;
	viewer->joined = true;
	events->joined(events->context, viewer);
}

bool viewer_waits(const struct viewer *viewer) {
	return viewer->instead;
}

void viewer_show(struct viewer *viewer, struct picture_store *instead) {
	viewer->instead = instead;
	if (viewer->encoder)
		encoder_show(viewer->encoder, instead);
}

/* The picture may be as old as the last viewer's end: what is asked for from here on has to be looked at. */
void viewer_admit(struct viewer *viewer) {
	viewer_show(viewer, NULL);
	update_waits(viewer);
	join(viewer);
	if (!viewer->encoder)
		return;
	outbox_has_news(&viewer->outbox);
	go_on(viewer);
}

int viewer_create(struct viewers *viewers, struct peer *peer, const struct viewer_login *login) {
	struct viewer *viewer = calloc(1, sizeof *viewer);
	if (!viewer)
		return -ENOMEM;
	viewer->viewers = viewers;
	viewer->peer = peer;
	viewer->login = *login;
	viewer->since = uv_now(viewers->loop);
	start_patience(viewer);
	peer_hand_over(peer, &handlers, viewer);
	bool watched = viewers->waiting > 0;
	receive(viewer);
	update_waits(viewer);
	if (!viewer->instead)
		join(viewer);
	if (watched || viewer->instead) /* the picture is fresh */
		viewer_picture_ready(viewer);
	return 0;
}
