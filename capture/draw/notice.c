/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "capture/draw/notice.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "capture/base/clock.h"
#include "capture/draw/canvas.h"
#include "capture/draw/words.h"

enum { BACKGROUND = 0x101820, HEADLINE = 0xffffff, WORDS = 0xc0d0e0, TIME = 0x90a0b0 };

struct notice {
	struct canvas canvas;
	uint32_t width, height; /* of the last real picture */
	time_t since;           /* 0: not waiting */
	uint64_t token;
};

struct notice *notice_create(void) {
	struct notice *notice = calloc(1, sizeof *notice);
	if (!notice)
		return NULL;
	notice->width = 1280;
	notice->height = 720;
	return notice;
}

void notice_destroy(struct notice *notice) {
	if (!notice)
		return;
	canvas_finish(&notice->canvas);
	free(notice);
}

void notice_seen(struct notice *notice, const struct frame *frame) {
	notice->width = frame->width;
	notice->height = frame->height;
	notice->since = 0;
}

static int fit_canvas(struct notice *notice) {
	struct canvas *canvas = &notice->canvas;
	if (canvas->pixels && canvas->width == notice->width && canvas->height == notice->height)
		return 0;
	canvas_finish(canvas);
	return canvas_init(canvas, notice->width, notice->height);
}

static void clock_text(char text[16], time_t time) {
	struct tm local;
	if (!localtime_r(&time, &local) || strftime(text, 16, "%H:%M:%S", &local) == 0)
		snprintf(text, 16, "?");
}

static void draw(struct notice *notice, const char *headline, const char *words, time_t now) {
	struct canvas *canvas = &notice->canvas;
	uint32_t scale = canvas->height >= 1440 ? 2 : 1, margin = canvas->width / 12;
	uint32_t width = canvas->width - 2 * margin;
	/* the headline is twice as large if it then still fits on one line */
	uint32_t large = canvas_text_width(2 * scale, headline) <= width ? 2 * scale : scale;
	char since[16], clock[16], time_line[64];
	clock_text(since, notice->since);
	clock_text(clock, now);
	snprintf(time_line, sizeof time_line, "waiting since %s, now %s", since, clock);

	canvas_fill(canvas, (struct rect){0, 0, canvas->width, canvas->height}, BACKGROUND);
	int32_t x = (int32_t)margin, y = (int32_t)(canvas->height / 3);
	y = words_draw(canvas, x, y, width, large, HEADLINE, headline) + 8 * (int32_t)scale;
	y = words_draw(canvas, x, y, width, scale, WORDS, words) + 8 * (int32_t)scale;
	if (now)
		canvas_text(canvas, x, y, scale, TIME, time_line);
}

int notice_draw(
	struct notice *notice, const char *headline, const char *words, time_t now, struct frame *frame) {
	int error = fit_canvas(notice);
	if (error)
		return error;
	if (notice->since == 0)
		notice->since = now;
	draw(notice, headline, words, now);
	const struct canvas *canvas = &notice->canvas;
	frame_set_memory(
		frame, canvas->width, canvas->height, canvas->pixels, canvas->stride * 4, (uintptr_t)notice);
	frame->token = ++notice->token;
	frame->time_ns = clock_now_ns();
	return 0;
}
