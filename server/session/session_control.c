/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "server/session/session_state.h"

#include <errno.h>
#include <jansson.h>

#include "server/control/control.h"
#include "server/control/status.h"
#include "server/log.h"
#include "server/printable_json.h"
#include "server/reload.h"

static void on_asked(void *context) {
	struct session *session = context;
	frames_check(session->frames);
}

static void on_output(void *context, const char *outputs) {
	struct session *session = context;
	session->switched = true;
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

static void on_reload(void *context, const struct control_asker *asker) {
	char words[CONTROL_ASKER_WORDS];
	session_reload(context, control_describe_asker(asker, words));
}

static json_t *on_reloaded(void *context) {
	struct session *session = context;
	return reload_result(session->reload);
}

static json_t *on_call(
	void *context, const char *target, const struct control_asker *asker, uint64_t *number) {
	struct session *session = context;
	char words[CONTROL_ASKER_WORDS];
	struct reason reason;
	int error =
		gateway_call(session->gateway, target, control_describe_asker(asker, words), number, &reason);
	return error ? json_pack("{s:o}", "error", printable_string(reason.text)) : NULL;
}

static json_t *on_called(void *context, uint64_t number) {
	struct session *session = context;
	struct reason words;
	int error = gateway_called(session->gateway, number, &words);
	if (error == -EINPROGRESS)
		return NULL;
	return json_pack("{s:o}", error ? "error" : "connected", printable_string(words.text));
}

static json_t *on_begin(void *context) {
	struct session *session = context;
	return news_begin(&session->news);
}

static void on_watched(void *context, bool watched) {
	struct session *session = context;
	news_watched(&session->news, watched);
}

static json_t *on_command(
	void *context, const char *verb, const char *argument, const struct control_asker *asker) {
	struct session *session = context;
	return verbs_answer(&session->verbs, verb, argument, asker);
}

int session_start_control(uv_loop_t *loop, struct session *session, struct reason *reason) {
	const char *path = session->config->control;
	struct control_events events = {.context = session,
		.asked = on_asked,
		.status = on_status,
		.output = on_output,
		.switched = on_switched,
		.reload = on_reload,
		.reloaded = on_reloaded,
		.call = on_call,
		.called = on_called,
		.begin = on_begin,
		.watched = on_watched,
		.command = on_command};
	news_init(&session->news, loop);
	session->news.frames = session->frames;
	session->news.config = session->config;
	session->news.gateway = session->gateway;
	int error = control_create(loop, path, &events, &session->control, reason);
	session->news.control = session->control;
	if (!error || (path && error != -EPERM))
		return error;
	log_warning("`zerovnc status` will not find this server: %s", reason->text);
	return 0;
}
