/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "server/session/session_state.h"

#include <errno.h>
#include <string.h>

#include "capture/base/word.h"
#include "capture/monitor/monitor.h"
#include "server/session/resize.h"
#include "server/session/resizer.h"

enum desktop_size_status session_resize(
	void *context, const struct desktop_size_wish *wish, const char **note) {
	struct session *session = context;
	return resize_ask(session->resize, wish, note);
}

static void on_resized(void *context, const struct desktop_size_outcome *outcome) {
	struct session *session = context;
	gateway_resized(session->gateway, outcome);
}

/* The output that is the index-th from the left among those that are shown. NULL: there are not so many. */
static const struct frames_output *shown(const struct frames_report *report, size_t index) {
	for (size_t i = 0; i < report->output_count; i++) {
		size_t left = 0;
		for (size_t j = 0; j < report->output_count; j++)
			left += report->outputs[j].place.width &&
				report->outputs[j].place.x < report->outputs[i].place.x;
		if (report->outputs[i].place.width && left == index)
			return &report->outputs[i];
	}
	return NULL;
}

/* Whether nothing is shown but what zerovnc has made, in the order in which it is resized. (The text console
 * shows the same on all outputs, of which one is enough.) */
static bool is_shown(const struct frames_report *report, const struct monitor *monitor) {
	const struct frames_output *output;
	size_t next = 0, index = 0;
	for (; (output = shown(report, index)); index++, next++) {
		while (next < monitor->count && !word_is_in(output->name, monitor->screens[next].connector))
			next++;
		if (next == monitor->count)
			return false;
	}
	return index > 0;
}

/* Only a display that zerovnc has made can have another size without anybody's being asked. */
static enum desktop_size_status on_can_resize(
	void *context, size_t count, struct resize_screens *screens, const char **note) {
	const struct session *session = context;
	struct monitor monitor;
	struct frames_report report;
	bool all = session->config->output && strcmp(session->config->output, "all") == 0;
	frames_report(session->frames, &report);
	*note = NULL;
	if (session->config->resize == CONFIG_KEEP_SIZE)
		*note = "the size of the screen stays, because of --resize=no";
	else if (monitor_made("", &monitor) != 0 || !is_shown(&report, &monitor))
		*note = "the size of the screen stays: zerovnc has not made the display that it shows";
	else if (monitor.kind == MONITOR_VIRTUAL)
		*note = "the size of the screen stays: programs on a virtual card choose one of its modes";
	if (*note)
		return DESKTOP_SIZE_PROHIBITED;
	if (count > 1 && !all) {
		*note = "the screen stays one: with --output=all, viewers can have several";
		return DESKTOP_SIZE_INVALID;
	}
	screens->count = monitor.count;
	for (size_t i = 0; i < monitor.count; i++)
		screens->list[i] = (struct resize_size){monitor.screens[i].width, monitor.screens[i].height};
	return DESKTOP_SIZE_LATER;
}

/* On a thread of the pool. */
static int on_set_screens(void *context, const struct resize_screens *screens, struct reason *reason) {
	struct monitor_screen sizes[MONITOR_SCREENS] = {{.width = 0}};
	(void)context;
	if (screens->count > MONITOR_SCREENS)
		return reason_set(reason, -ENOSPC, "no more than %d screens are made", MONITOR_SCREENS);
	for (size_t i = 0; i < screens->count; i++) {
		sizes[i].width = screens->list[i].width;
		sizes[i].height = screens->list[i].height;
	}
	return resizer_resize(sizes, screens->count, reason);
}

int session_start_resize(uv_loop_t *loop, struct session *session, struct reason *reason) {
	int turn = session->config->rotate;
	struct resize_parts parts = {.loop = loop,
		.resizer = {.context = session, .can = on_can_resize, .set = on_set_screens},
		.sideways = turn == TURN_90 || turn == TURN_270,
		.store = session->store,
		.context = session,
		.done = on_resized};
	session->resize = resize_create(&parts);
	return session->resize ? 0 : reason_set(reason, -ENOMEM, "out of memory");
}
