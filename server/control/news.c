/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "server/control/news.h"

#include "server/config/config.h"
#include "server/control/control.h"
#include "server/control/reader.h"
#include "server/control/status.h"
#include "server/frames/frames.h"
#include "server/net/gateway.h"
#include "server/net/viewer/viewer.h"
#include "server/printable_json.h"

static bool is_read(const struct news *news) {
	return news->control && control_has_readers(news->control);
}

static void put_text(json_t *event, const char *key, const char *text) {
	if (text[0])
		json_object_set_new(event, key, printable_string(text));
}

static void put_size(json_t *event, const struct frames_report *report) {
	json_object_set_new(event, "width", json_integer(report->width));
	json_object_set_new(event, "height", json_integer(report->height));
}

static void tell(struct news *news, json_t *event) {
	if (event)
		control_tell(news->control, event);
	json_decref(event);
}

/* --- the display --- */

static void on_look(uv_timer_t *timer) {
	const struct news *news = timer->data;
	frames_check(news->frames);
}

void news_init(struct news *news, uv_loop_t *loop) {
	uv_timer_init(loop, &news->look);
	news->look.data = news;
}

static void adopt(struct news *news, const struct frames_report *report) {
	news->dark = report->state[0] != '\0';
	if (report->width) {
		news->width = report->width;
		news->height = report->height;
	}
}

void news_watched(struct news *news, bool watched) {
	struct frames_report report;
	if (!watched) {
		uv_timer_stop(&news->look);
		return;
	}
	frames_report(news->frames, &report);
	adopt(news, &report);
	uv_timer_start(&news->look, on_look, 0, NEWS_LOOK_MS);
}

static void tell_of_display(struct news *news, const char *name, const struct frames_report *report) {
	json_t *event = control_reader_event(name);
	put_text(event, "output", report->output);
	put_text(event, "state", report->state);
	put_size(event, report);
	tell(news, event);
}

void news_display(struct news *news) {
	struct frames_report report;
	const struct news before = *news;
	if (!is_read(news))
		return;
	frames_report(news->frames, &report);
	adopt(news, &report);
	if (news->dark != before.dark)
		tell_of_display(news, news->dark ? "dark" : "lit", &report);
	if (news->width != before.width || news->height != before.height)
		tell_of_display(news, "resized", &report);
}

json_t *news_begin(struct news *news) {
	struct frames_report report;
	json_t *event = control_reader_event("began");
	frames_report(news->frames, &report);
	put_text(event, "output", report.output);
	put_text(event, "state", report.state);
	put_size(event, &report);
	json_object_set_new(
		event, "sign", json_boolean(!news->config || news->config->sign == CONFIG_SIGN_YES));
	json_object_set_new(event, "viewers", status_build_viewers(news->gateway));
	return event;
}

/* --- viewers --- */

/* NULL: nobody reads, or there is no such viewer. */
static json_t *event_of_viewer(const struct news *news, const char *name, uint64_t viewer) {
	struct viewer_report report;
	if (!is_read(news) || !gateway_report_viewer(news->gateway, viewer, &report))
		return NULL;
	json_t *event = control_reader_event(name);
	json_object_set_new(event, "viewer", json_integer((json_int_t)report.id));
	put_text(event, "address", report.address);
	put_text(event, "user", report.user);
	put_text(event, "account", report.account);
	put_text(event, "security", report.security);
	json_object_set_new(event, "view_only", json_boolean(report.view_only));
	json_object_set_new(event, "connected_s", json_integer((json_int_t)report.connected_s));
	json_object_set_new(event, "bytes_sent", json_integer((json_int_t)report.bytes_sent));
	put_text(event, "reason", report.why);
	return event;
}

void news_joined(struct news *news, uint64_t viewer) {
	tell(news, event_of_viewer(news, "joined", viewer));
}

void news_left(struct news *news, uint64_t viewer) {
	tell(news, event_of_viewer(news, "left", viewer));
}

void news_asks(struct news *news, uint64_t viewer, unsigned seconds) {
	json_t *event = event_of_viewer(news, "asks", viewer);
	json_object_set_new(event, "seconds", json_integer(seconds));
	tell(news, event);
}

void news_turned_away(struct news *news, uint64_t viewer, const char *why) {
	json_t *event = event_of_viewer(news, "refused", viewer);
	if (event)
		put_text(event, "reason", why);
	tell(news, event);
}

void news_refused(struct news *news, const struct gateway_refusal *refusal) {
	if (!is_read(news))
		return;
	json_t *event = control_reader_event("refused");
	put_text(event, "address", refusal->address);
	put_text(event, "user", refusal->user);
	put_text(event, "account", refusal->account);
	put_text(event, "security", refusal->security);
	put_text(event, "reason", refusal->why);
	tell(news, event);
}
