/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "server/session/session_state.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "capture/source.h"
#include "encode/picture.h"
#include "encode/rfb/banner.h"
#include "server/config/gateway.h"
#include "server/control/control.h"
#include "server/cursor/feed.h"
#include "server/input/input.h"
#include "server/log.h"
#include "server/people/approval.h"
#include "server/people/people.h"
#include "server/reload.h"
#include "server/session/idle.h"
#include "server/session/resize.h"
#include "server/system/notify.h"
#include "server/system/watchdog.h"
#include "server/vnc/choice.h"
#include "server/vnc/link.h"

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
	news_display(&session->news);
}

static bool on_watch(void *context) {
	struct session *session = context;
	return frames_alive(session->frames);
}

void session_tell_status(const struct session *session) {
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

static void on_reload_done(void *context) {
	struct session *session = context;
	session_announce(session->picture_ready.loop, session);
	people_adopt(session->people);
	session_tell_status(session);
	if (session->control)
		control_answer(session->control);
}

void session_reload(struct session *session, const char *who) {
	reload_start(session->reload, who);
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
		.broker = session->config->broker,
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

/* Joins what the frame thread and the input devices have to do with each other. */
static void attach(struct session *session) {
	feed_attach(session->feed, session->frames, session->input);
	session->touch = (struct touch){.input = session->input,
		.frames = session->frames,
		.feed = session->feed,
		.store = session->store};
}

static int start_people(uv_loop_t *loop, struct session *session, struct reason *reason) {
	struct people_parts parts = {.loop = loop,
		.config = session->config,
		.store = session->store,
		.encoders = session->encoders,
		.news = &session->news};
	session->people = people_create(&parts);
	return session->people ? 0 : reason_set(reason, -ENOMEM, "out of memory");
}

static int start_gateway(uv_loop_t *loop, struct session *session, struct reason *reason) {
	char name[CONFIG_NAME_SIZE];
	struct gateway_options options;
	config_gateway(session->config, name, &options);
	struct gateway_events events;
	session_gateway_events(session, &events);
	int error = gateway_create(loop, session->encoders, &options, &events, &session->gateway, reason);
	if (!error)
		approval_attach(people_approval(session->people), session->gateway);
	return error;
}

static int start_reload(uv_loop_t *loop, struct session *session, struct reason *reason) {
	struct reload_parts parts = {.loop = loop,
		.config = session->config,
		.gateway = session->gateway,
		.verbs = &session->verbs,
		.frames = session->frames,
		.context = session,
		.done = on_reload_done};
	session->verbs = (struct verbs){.gateway = session->gateway,
		.input = session->input,
		.approval = people_approval(session->people)};
	session->reload = reload_create(&parts);
	return session->reload ? 0 : reason_set(reason, -ENOMEM, "out of memory");
}

static int start_async(uv_loop_t *loop, struct session *session, uv_async_cb callback, uv_async_t *async) {
	int error = uv_async_init(loop, async, callback);
	if (!error)
		async->data = session;
	return error;
}

/* --- the end, when nobody needs it --- */

/* What commands have changed would be lost with this process. */
static bool is_needed(void *context) {
	const struct session *session = context;
	return gateway_is_needed(session->gateway) || session->switched ||
	       gateway_view_only(session->gateway) != session->config->view_only ||
	       (session->control && control_has_readers(session->control));
}

static void on_idle(void *context) {
	struct session *session = context;
	log_info("stopping: nobody was connected for %u s; the next viewer starts it again",
		session->config->idle_exit);
	gateway_shut(session->gateway);
	uv_stop(session->picture_ready.loop);
}

static int start_idle(uv_loop_t *loop, struct session *session, struct reason *reason) {
	const struct idle_events events = {.context = session, .needed = is_needed, .over = on_idle};
	unsigned seconds = session->config->idle_exit;
	if (!seconds)
		return 0;
	if (!gateway_is_held(session->gateway)) {
		log_debug(
			"--idle-exit=%u has no effect: nobody would start the server again, because no service manager passed all of its sockets (zerovnc.socket)",
			seconds);
		return 0;
	}
	session->idle = idle_create(loop, seconds, &events);
	return session->idle ? 0 : reason_set(reason, -ENOMEM, "out of memory");
}

/* Logs what is served, how and where, at the end of the start. */
static void tell_start(const struct session *session) {
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

static struct encoders *make_encoders(
	const struct config *config, uv_loop_t *loop, struct picture_store *store) {
	if (config->encoder == CONFIG_ENCODER_LIBVNCSERVER)
		return vnc_link_encoders(loop, store);
	const struct own_options options = {.refreshes = config->lossless_refresh == CONFIG_REFRESH_YES};
	return vnc_choice_encoders_with(loop, store, &options);
}

int session_create(uv_loop_t *loop, struct config *config, struct session **result, struct reason *reason) {
	struct session *session = calloc(1, sizeof *session);
	if (!session)
		return reason_set(reason, -ENOMEM, "out of memory");
	session->config = config;
	session->store = picture_store_create();
	session->encoders = session->store ? make_encoders(config, loop, session->store) : NULL;
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
		attach(session);
	if (!error)
		error = session_start_resize(loop, session, reason);
	if (!error)
		error = start_people(loop, session, reason);
	if (!error)
		error = start_gateway(loop, session, reason);
	if (!error)
		error = start_reload(loop, session, reason);
	if (!error)
		error = session_start_control(loop, session, reason);
	if (!error && (error = watchdog_create(loop, on_watch, session, &session->watchdog)))
		reason_set(reason, error, "out of memory");
	if (!error)
		error = start_idle(loop, session, reason);
	if (error) {
		session_destroy(session);
		return error;
	}
	tell_start(session);
	session_announce(loop, session);
	session_tell_status(session);
	people_adopt(session->people);
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
	if (session->news.look.data)
		loop_close(&session->closing, free, session, LOOP_HANDLES(&session->news.look));
	if (!any)
		free(session);
}

void session_destroy(struct session *session) {
	if (!session)
		return;
	session->ending = true;
	idle_destroy(session->idle);
	watchdog_destroy(session->watchdog);
	control_destroy(session->control);
	session->news.control = NULL;
	announce_destroy(session->announce);
	reload_destroy(session->reload);
	gateway_destroy(session->gateway);
	resize_destroy(session->resize);
	if (session->feed)
		feed_attach(session->feed, NULL, NULL);
	input_destroy(session->input);
	frames_destroy(session->frames);
	feed_destroy(session->feed);
	encoders_destroy(session->encoders);
	people_destroy(session->people);
	picture_store_destroy(session->store);
	free_session(session);
}
