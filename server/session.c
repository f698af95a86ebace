/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "server/session.h"

#include <errno.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "capture/base/clock.h"
#include "capture/base/utf8.h"
#include "capture/source.h"
#include "encode/picture.h"
#include "server/control.h"
#include "server/cursor/feed.h"
#include "server/frames/frames.h"
#include "server/input/input.h"
#include "server/log.h"
#include "server/loop.h"
#include "server/net/gateway.h"
#include "server/net/viewer/viewer.h"
#include "server/notify.h"
#include "server/nudge.h"
#include "server/printable_json.h"
#include "server/status.h"
#include "server/vnc/banner.h"
#include "server/vnc/link.h"
#include "server/watchdog.h"

struct session {
	const struct config *config;
	char name[128];
	struct reason why; /* why this source was chosen */
	struct picture_store *store;
	struct encoders *encoders;
	struct frames *frames;
	struct input *input; /* NULL with --no-input */
	struct feed *feed;
	struct gateway *gateway;
	struct control *control;
	/* Sent by the frame thread. Their `data` is set once they are open. */
	uv_async_t picture_ready, display_checked;
	struct loop_closing closing;
	_Atomic bool look_awaited;
	struct nudge nudge; /* the last nudge that a touch gave the display */
	struct watchdog *watchdog;
	unsigned viewer_count;
	bool ending;
};

/* --- from the frame thread --- */

static void on_published(void *context) {
	struct session *session = context;
	encoders_published(session->encoders);
}

static void on_looked(void *context) {
	struct session *session = context;
	if (atomic_exchange(&session->look_awaited, false))
		uv_async_send(&session->picture_ready);
}

static void on_checked(void *context) {
	struct session *session = context;
	uv_async_send(&session->display_checked);
}

static void on_cursor_changed(void *context, bool moved) {
	struct session *session = context;
	feed_cursor_changed(session->feed, moved);
}

static void on_missing_changed(void *context, const char *missing) {
	struct session *session = context;
	char words[BANNER_WORDS] = "";
	if (missing)
		snprintf(words, sizeof words, "Not all of the screen is shown here: %s", missing);
	encoders_set_banner(session->encoders, words, BANNER_MS);
}

/* --- from the loop --- */

static void on_leds_changed(void *context, unsigned leds) {
	struct session *session = context;
	feed_leds_changed(session->feed, leds);
}

static void on_picture_ready(uv_async_t *async) {
	struct session *session = async->data;
	if (session->gateway)
		gateway_picture_ready(session->gateway);
}

static void on_display_checked(uv_async_t *async) {
	struct session *session = async->data;
	if (session->control)
		control_answer(session->control);
}

static void on_wanted(void *context, bool wanted) {
	struct session *session = context;
	if (wanted)
		session->look_awaited = true;
	frames_want(session->frames, wanted);
}

static bool may_type(const struct session *session, const struct viewer *viewer) {
	return session->input && !viewer_view_only(viewer);
}

/* Reports to the service manager, whose status shows one line. */
static void tell_status(const struct session *session) {
	struct frames_report report;
	char addresses[256] = "";
	if (session->ending)
		return;
	const char *address;
	size_t used = 0;
	frames_report(session->frames, &report);
	for (size_t i = 0; (address = gateway_address(session->gateway, i)) && used < sizeof addresses; i++)
		used += (size_t)snprintf(
			addresses + used, sizeof addresses - used, "%s%s", i ? ", " : "", address);
	notify_status("Serving %s at %s; viewers: %u",
		report.output[0] ? report.output : "a picture that says what is missing", addresses,
		session->viewer_count);
}

static void on_joined(void *context, struct viewer *viewer) {
	struct session *session = context;
	session->viewer_count++;
	tell_status(session);
	feed_join(session->feed, viewer);
	if (may_type(session, viewer))
		input_prepare(session->input);
	frames_spring(session->frames);
}

static void on_left(void *context, struct viewer *viewer) {
	struct session *session = context;
	session->viewer_count--;
	tell_status(session);
	if (session->input)
		input_release(session->input, viewer_id(viewer));
	feed_leave(session->feed, viewer);
}

/* Some compositors wake only for what input_wake() does. */
static void wake_display(struct session *session) {
	unsigned darkness = frames_darkness(session->frames);
	if (darkness && nudge_touch(&session->nudge, darkness, clock_now_ns()))
		input_wake(session->input);
}

static void on_key(void *context, struct viewer *viewer, uint32_t keysym, uint32_t scancode, bool down) {
	struct session *session = context;
	if (!may_type(session, viewer))
		return;
	wake_display(session);
	input_key(session->input, viewer_id(viewer), keysym, scancode, down);
	frames_spring(session->frames);
}

/* The pointer's motion may change the screen; a button is meant to. */
static void pointed(struct session *session, bool motion_only) {
	if (motion_only)
		frames_stir(session->frames);
	else
		frames_spring(session->frames);
}

static bool motion_only(const struct session *session, const struct viewer *viewer, uint32_t buttons) {
	return buttons == 0 && input_buttons_idle(session->input, viewer_id(viewer));
}

static void on_motion(void *context, struct viewer *viewer, int32_t dx, int32_t dy, uint32_t buttons) {
	struct session *session = context;
	if (!may_type(session, viewer))
		return;
	wake_display(session);
	bool only = motion_only(session, viewer, buttons);
	input_motion(session->input, viewer_id(viewer), dx, dy, buttons);
	pointed(session, only);
}

static void on_pointer(void *context, struct viewer *viewer, uint16_t x, uint16_t y, uint32_t buttons) {
	struct session *session = context;
	uint32_t width, height;
	if (!may_type(session, viewer) || picture_store_generation(session->store, &width, &height) == 0)
		return;
	struct frames_desktop desktop;
	frames_desktop(session->frames, &desktop);
	wake_display(session);
	bool only = motion_only(session, viewer, buttons);
	if (desktop.width)
		input_set_desktop(
			session->input, desktop.width, desktop.height, desktop.x, desktop.y, width, height);
	input_pointer(session->input, viewer_id(viewer), x, y, width, height, buttons);
	feed_moved(session->feed, viewer, x, y);
	pointed(session, only);
}

static void on_between_messages(void *context, struct viewer *viewer) {
	struct session *session = context;
	feed_between_messages(session->feed, viewer);
}

static void on_over(void *context) {
	struct session *session = context;
	log_info(
		"stopping: the connection that was handed over has ended, and there is nothing to listen at");
	uv_stop(session->picture_ready.loop);
}

static bool on_watch(void *context) {
	struct session *session = context;
	return frames_alive(session->frames);
}

static void on_asked(void *context) {
	struct session *session = context;
	frames_check(session->frames);
}

static void on_output(void *context, const char *outputs) {
	struct session *session = context;
	frames_switch(session->frames, outputs);
}

static json_t *on_switched(void *context) {
	struct session *session = context;
	struct reason reason;
	struct frames_report report;
	int error = frames_switched(session->frames, &reason);
	if (error == -EINPROGRESS)
		return NULL;
	if (error)
		return json_pack("{s:o}", "error", printable_string(reason.text));
	frames_report(session->frames, &report);
	return json_pack("{s:o}", "output", printable_string(report.output));
}

static json_t *on_status(void *context) {
	struct session *session = context;
	return status_build(session->frames, session->gateway, session->store, session->input);
}

/* --- start --- */

static int start_frames(struct session *session, struct reason *reason) {
	const struct config *config = session->config;
	struct frames_options options = {
		.source = config_source(config),
		.path = (enum path_kind)config->path,
		.fps = config->fps,
		.store = session->store,
		.events = {.context = session,
			.published = on_published,
			.cursor_changed = on_cursor_changed,
			.missing_changed = on_missing_changed,
			.looked = on_looked,
			.checked = on_checked},
	};
	return frames_create(&options, &session->frames, &session->why, reason);
}

static uint64_t on_talk(void *context, uint64_t viewer) {
	struct session *session = context;
	return gateway_talk(session->gateway, viewer);
}

static int start_input(uv_loop_t *loop, struct session *session, struct reason *reason) {
	if (session->config->no_input)
		return 0;
	struct input_options options = {
		.layout = session->config->layout,
		.allow_power_keys = session->config->allow_power_keys,
		.allow_sysrq = session->config->allow_sysrq,
		.machine_repeats = session->config->key_repeat == CONFIG_REPEAT_MACHINE,
		.loop = loop,
		.context = session,
		.talk = on_talk,
		.leds_changed = on_leds_changed,
	};
	session->input = input_create(&options);
	if (!session->input)
		return reason_set(reason, -ENOMEM, "out of memory");
	return 0;
}

static int start_gateway(uv_loop_t *loop, struct session *session, struct reason *reason) {
	const struct config *config = session->config;
	struct gateway_options options = {
		.listen = (const char *const *)config->listen,
		.listen_count = config->listen_count,
		.security = config->security,
		.password_file = config->password_file,
		.tls_certificate = config->tls_certificate,
		.tls_key = config->tls_key,
		.web_root = config->web_root,
		.web_origins = config->web_origin,
		.plain_users = config->plain_users,
		.view_users = config->view_users,
		.local_users = config->local_users,
		.socket_group = config->socket_group,
		.login_grace_s = config->login_grace,
		.relative_pointer = config->relative_pointer,
		.view_only = config->view_only,
		.sharing = (enum sharing)config->sharing,
		.desktop_name = session->name,
	};
	struct gateway_events events = {
		.context = session,
		.wanted = on_wanted,
		.joined = on_joined,
		.left = on_left,
		.key = on_key,
		.pointer = on_pointer,
		.motion = on_motion,
		.between_messages = on_between_messages,
		.over = on_over,
	};
	return gateway_create(loop, session->encoders, &options, &events, &session->gateway, reason);
}

/* If the control socket cannot be had, the server still serves in two cases: nobody asked for that socket by
 * name, or its place has become one where another user could put a socket of his own. Whoever can bring that
 * about must not be able to keep the whole server from starting. */
static int start_control(uv_loop_t *loop, struct session *session, struct reason *reason) {
	const char *path = session->config->control;
	struct control_events events = {.context = session,
		.asked = on_asked,
		.status = on_status,
		.output = on_output,
		.switched = on_switched};
	int error = control_create(loop, path, &events, &session->control, reason);
	if (!error || (path && error != -EPERM))
		return error;
	log_warning("`zerovnc status` will not find this server: %s", reason->text);
	return 0;
}

static int start_async(uv_loop_t *loop, struct session *session, uv_async_cb callback, uv_async_t *async) {
	int error = uv_async_init(loop, async, callback);
	if (!error)
		async->data = session;
	return error;
}

static void choose_name(struct session *session) {
	if (session->config->name) {
		utf8_copy(session->name, sizeof session->name, session->config->name);
	} else if (gethostname(session->name, sizeof session->name) < 0) {
		snprintf(session->name, sizeof session->name, "zerovnc");
	}
	session->name[sizeof session->name - 1] = '\0';
}

/* Logs what is served, how and where, at the end of the start. */
static void announce(const struct session *session) {
	struct frames_report report;
	const char *address;
	frames_report(session->frames, &report);
	if (report.state[0])
		log_info("serving a picture that says so, until there is a screen to show");
	else
		log_info("serving %s, %ux%u: %s", report.output, report.width, report.height,
			session->why.text);
	if (report.path.path[0])
		log_info("path %s (%s): %s", report.path.path, report.path.renderer, report.path.reason);
	for (size_t i = 0; (address = gateway_address(session->gateway, i)); i++)
		log_info("listening at %s", address);
}

int session_create(
	uv_loop_t *loop, const struct config *config, struct session **result, struct reason *reason) {
	struct session *session = calloc(1, sizeof *session);
	if (!session)
		return reason_set(reason, -ENOMEM, "out of memory");
	session->config = config;
	choose_name(session);
	session->store = picture_store_create();
	session->encoders = session->store ? vnc_link_encoders(loop, session->store) : NULL;
	int error = session->encoders ? start_async(loop, session, on_picture_ready, &session->picture_ready)
				      : -ENOMEM;
	if (!error)
		error = start_async(loop, session, on_display_checked, &session->display_checked);
	if (!error)
		error = feed_create(loop, session->encoders, &session->feed);
	if (error)
		reason_set(reason, error, "cannot start: %s", strerror(-error));
	if (!error)
		error = start_frames(session, reason);
	if (!error)
		error = start_input(loop, session, reason);
	if (!error)
		feed_attach(session->feed, session->frames, session->input);
	if (!error)
		error = start_gateway(loop, session, reason);
	if (!error)
		error = start_control(loop, session, reason);
	if (!error && (error = watchdog_create(loop, on_watch, session, &session->watchdog)))
		reason_set(reason, error, "out of memory");
	if (error) {
		session_destroy(session);
		return error;
	}
	announce(session);
	tell_status(session);
	*result = session;
	return 0;
}

/* Frees the session last of all. If it has handles on the loop, it is freed only when these are closed. */
static void free_session(struct session *session) {
	bool any = session->picture_ready.data;
	if (any)
		loop_close(&session->closing, free, session, LOOP_HANDLES(&session->picture_ready));
	if (session->display_checked.data)
		loop_close(&session->closing, free, session, LOOP_HANDLES(&session->display_checked));
	if (!any)
		free(session);
}

void session_destroy(struct session *session) {
	if (!session)
		return;
	session->ending = true;
	watchdog_destroy(session->watchdog);
	control_destroy(session->control);
	gateway_destroy(session->gateway);
	if (session->feed)
		feed_attach(session->feed, NULL, NULL);
	input_destroy(session->input);
	frames_destroy(session->frames);
	feed_destroy(session->feed);
	encoders_destroy(session->encoders);
	picture_store_destroy(session->store);
	free_session(session);
}
