/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What readers of events are told of the display and of viewers. What is called is wrapped. */
#include "server/control/news.h"

#include <string.h>

#include "server/control/control.h"
#include "server/frames/frames.h"
#include "server/net/gateway.h"
#include "server/net/viewer/viewer.h"
#include "tests/test.h"

static bool is_read;
static struct frames_report display;
static unsigned looks;
static char told[400]; /* the last event, without its time */
static unsigned count; /* of events */

static const struct viewer_report alice = {.address = "192.0.2.7:5",
	.account = "alice",
	.security = "X509Plain",
	.connected_s = 3,
	.bytes_sent = 4};

#define WRAP(result, name, parameters, body)                                                                 \
	result __wrap_##name parameters;                                                                     \
	result __wrap_##name parameters body

static char viewer_why[160];

/* clang-format off */
WRAP(bool, control_has_readers, (const struct control *control), { (void)control; return is_read; })
WRAP(void, control_tell, (struct control *control, const json_t *event),
	{ (void)control; CHECK(is_read); count++;
		json_t *copy = json_copy((json_t *)event);
		CHECK(json_object_get(copy, "time") && json_object_del(copy, "time") == 0);
		told[json_dumpb(copy, told, sizeof told - 1, JSON_COMPACT)] = '\0';
		json_decref(copy); })
WRAP(void, frames_report, (struct frames *frames, struct frames_report *report),
	{ (void)frames; *report = display; })
WRAP(void, frames_check, (struct frames *frames), { (void)frames; looks++; })
WRAP(bool, gateway_report_viewer, (const struct gateway *gateway, uint64_t id, struct viewer_report *report),
	{ (void)gateway; *report = alice; report->id = id; memcpy(report->why, viewer_why, sizeof viewer_why);
		return id == 7; })
WRAP(void, gateway_report, (struct gateway *gateway,
	void (*each)(void *context, const struct viewer_report *report), void *context),
	{ (void)gateway; (void)each; (void)context; })
/* clang-format on */

static void set_display(const char *state, uint32_t width, uint32_t height) {
	display.width = width;
	display.height = height;
	snprintf(display.state, sizeof display.state, "%s", state);
}

static void check_told(unsigned events, const char *expected) {
	CHECK_SAY(count == events && strcmp(told, expected) == 0, "%u: %s", count, told);
	count = 0;
	told[0] = '\0';
}

static void tells_of_the_display(struct news *news) {
	news_display(news);
	check_told(0, "");
	set_display("it sleeps", 800, 600);
	news_display(news);
	check_told(1,
		"{\"event\":\"dark\",\"output\":\"HDMI-A-1\",\"state\":\"it sleeps\",\"width\":800,\"height\":600}");
	set_display("it is lost", 800, 600); /* it is dark for another reason */
	news_display(news);
	check_told(0, "");
	set_display("", 800, 600);
	news_display(news);
	check_told(1, "{\"event\":\"lit\",\"output\":\"HDMI-A-1\",\"width\":800,\"height\":600}");
	set_display("", 600, 800);
	news_display(news);
	check_told(1, "{\"event\":\"resized\",\"output\":\"HDMI-A-1\",\"width\":600,\"height\":800}");
	set_display("it sleeps", 0, 0); /* no size is known: that is no other size */
	news_display(news);
	check_told(1,
		"{\"event\":\"dark\",\"output\":\"HDMI-A-1\",\"state\":\"it sleeps\",\"width\":0,\"height\":0}");
	set_display("", 1024, 768); /* both at once */
	news_display(news);
	check_told(2, "{\"event\":\"resized\",\"output\":\"HDMI-A-1\",\"width\":1024,\"height\":768}");
}

static void tells_of_viewers(struct news *news) {
	news_joined(news, 7);
	check_told(1,
		"{\"event\":\"joined\",\"viewer\":7,\"address\":\"192.0.2.7:5\",\"account\":\"alice\",\"security\":\"X509Plain\",\"view_only\":false,\"connected_s\":3,\"bytes_sent\":4}");
	snprintf(viewer_why, sizeof viewer_why, "closed");
	news_left(news, 7);
	check_told(1,
		"{\"event\":\"left\",\"viewer\":7,\"address\":\"192.0.2.7:5\",\"account\":\"alice\",\"security\":\"X509Plain\",\"view_only\":false,\"connected_s\":3,\"bytes_sent\":4,\"reason\":\"closed\"}");
	news_left(news, 8); /* there is no such viewer */
	check_told(0, "");
	news_refused(news, &(struct gateway_refusal){.address = "192.0.2.8:5",
				   .user = "",
				   .account = "\xff",
				   .security = "",
				   .why = "wrong"});
	check_told(1,
		"{\"event\":\"refused\",\"address\":\"192.0.2.8:5\",\"account\":\"\\\\xff\",\"reason\":\"wrong\"}");
}

/* Nobody reads: nothing is told, and nothing makes the frame thread look. */
static void is_silent(struct news *news, uv_loop_t *loop) {
	is_read = false;
	news_watched(news, false);
	looks = 0;
	set_display("it sleeps", 1, 1);
	news_display(news);
	news_joined(news, 7);
	news_refused(news, &(struct gateway_refusal){0});
	check_told(0, "");
	CHECK(!uv_loop_alive(loop) && looks == 0);
}

int main(void) {
	struct news news = {.control = (struct control *)&told};
	uv_loop_t loop;
	uv_loop_init(&loop);
	news_init(&news, &loop);
	snprintf(display.output, sizeof display.output, "HDMI-A-1");
	set_display("", 800, 600);
	is_read = true;
	news_watched(&news, true);
	uv_run(&loop, UV_RUN_NOWAIT);
	CHECK(looks == 1); /* at once, then now and again */
	uv_run(&loop, UV_RUN_ONCE);
	CHECK(looks == 2);
	tells_of_the_display(&news);
	tells_of_viewers(&news);
	is_silent(&news, &loop);
	uv_close((uv_handle_t *)&news.look, NULL);
	uv_run(&loop, UV_RUN_DEFAULT);
	CHECK(uv_loop_close(&loop) == 0);
	return 0;
}
