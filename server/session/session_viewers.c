/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "server/session/session_state.h"

#include "server/control/control.h"
#include "server/cursor/feed.h"
#include "server/input/input.h"
#include "server/log.h"
#include "server/net/viewer/viewer.h"
#include "server/people/approval.h"
#include "server/people/people.h"
#include "server/session/idle.h"
#include "server/session/resize.h"

static void on_wanted(void *context, bool wanted) {
	struct session *session = context;
	if (wanted)
		session->look_awaited = true;
	frames_want(session->frames, wanted);
}

static void on_joined(void *context, struct viewer *viewer) {
	struct session *session = context;
	session->viewer_count++;
	session_tell_status(session);
	news_joined(&session->news, viewer_id(viewer));
	feed_join(session->feed, viewer);
	if (touch_may(&session->touch, viewer))
		input_prepare(session->input);
	frames_spring(session->frames);
}

static struct picture_store *on_receive(void *context, struct viewer *viewer) {
	struct session *session = context;
	return approval_receive(people_approval(session->people), viewer);
}

static void on_withdrew(void *context, struct viewer *viewer) {
	struct session *session = context;
	approval_withdrew(people_approval(session->people), viewer);
}

static void on_left(void *context, struct viewer *viewer) {
	struct session *session = context;
	session->viewer_count--;
	idle_stir(session->idle);
	session_tell_status(session);
	news_left(&session->news, viewer_id(viewer));
	if (session->input)
		input_release(session->input, viewer_id(viewer));
	feed_leave(session->feed, viewer);
	if (session->viewer_count > 0)
		return;
	resize_put_back(session->resize);
	if (!session->ending)
		people_alone(session->people);
}

static void on_key(void *context, struct viewer *viewer, uint32_t keysym, uint32_t scancode, bool down) {
	struct session *session = context;
	touch_key(&session->touch, viewer, keysym, scancode, down);
}

static void on_motion(void *context, struct viewer *viewer, int32_t dx, int32_t dy, uint32_t buttons) {
	struct session *session = context;
	touch_motion(&session->touch, viewer, dx, dy, buttons);
}

static void on_pointer(void *context, struct viewer *viewer, uint16_t x, uint16_t y, uint32_t buttons) {
	struct session *session = context;
	touch_pointer(&session->touch, viewer, x, y, buttons);
}

static void on_between_messages(void *context, struct viewer *viewer) {
	struct session *session = context;
	feed_between_messages(session->feed, viewer);
}

static void on_refused(void *context, const struct gateway_refusal *refusal) {
	struct session *session = context;
	news_refused(&session->news, refusal);
}

static void on_call_known(void *context) {
	struct session *session = context;
	if (session->control)
		control_answer(session->control);
}

static void on_over(void *context) {
	struct session *session = context;
	log_info(
		"stopping: the connection that was handed over has ended, and there is nothing to listen at");
	uv_stop(session->picture_ready.loop);
}

void session_gateway_events(struct session *session, struct gateway_events *events) {
	*events = (struct gateway_events){
		.context = session,
		.wanted = on_wanted,
		.receive = on_receive,
		.withdrew = on_withdrew,
		.joined = on_joined,
		.left = on_left,
		.key = on_key,
		.pointer = on_pointer,
		.motion = on_motion,
		.resize = session_resize,
		.between_messages = on_between_messages,
		.refused = on_refused,
		.called = on_call_known,
		.over = on_over,
	};
}
