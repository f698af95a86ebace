/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Viewers of all kinds watch a picture that changes all the time. They join late, leave, stop reading for a
 * while, ask for parts, and change pixel format and encodings, also in front of an answer. In the end each
 * has the picture, those that take JPEG when they have been sent exactly what that lost. A seed, and how many
 * rounds there are, may be given.
 */
#include <poll.h>
#include <string.h>
#include <sys/socket.h>

#include "capture/base/array.h"
#include "tests/encode/random.h"
#include "tests/server/net/encoders/content.h"
#include "tests/server/net/encoders/view.h"
#include "tests/test.h"

enum {
	RAW,
	COPYRECT,
	RRE,
	HEXTILE = 5,
	ZLIB,
	TIGHT,
	ZRLE = 16,
	LAST_RECT = -224,
	JPEG_3 = -29,
	JPEG_6 = -26
};
enum { COLUMNS = 9, ROWS = 6, WIDTH = COLUMNS * 64 - 7, HEIGHT = ROWS * 64 - 30, VIEWERS = 6, ROUNDS = 3000 };

static const struct setting {
	int32_t list[5];
	unsigned count;
} settings[] = {
	{{RAW}, 1},
	{{TIGHT, LAST_RECT}, 2},
	{{TIGHT}, 1},
	{{TIGHT, LAST_RECT, COPYRECT}, 3},
	{{ZRLE}, 1},
	{{ZRLE, COPYRECT}, 2},
	{{HEXTILE, TIGHT}, 2},
	{{ZLIB, COPYRECT}, 2},
	{{RRE, TIGHT}, 2},
	{{TIGHT, ZLIB, LAST_RECT, COPYRECT}, 4}, /* takes the gradient filter */
	{{TIGHT, LAST_RECT, COPYRECT, JPEG_3}, 4},
	{{TIGHT, JPEG_6}, 2},
	{{TIGHT, COPYRECT, JPEG_6}, 3},
	{{TIGHT, ZLIB, LAST_RECT, COPYRECT, JPEG_6}, 5},
};

struct watcher {
	struct view view;
	bool here, asked, lacks_all;
	unsigned stalls; /* rounds in which it reads nothing */
	unsigned format, setting;
	bool changes; /* what it has said last is for the answers behind the one that it awaits */
};

static const uint8_t fence[9] = {248, 0, 0, 0, 0x80};

static struct desk desk = {.options = {.security = "none"}};
static struct random state;
static uint32_t truth[WIDTH * HEIGHT];
static struct watcher watchers[VIEWERS];

/* --- the picture --- */

static void paint_at(uint32_t column, uint32_t row, uint32_t colour) {
	desk_paint_square(&desk, column, row, colour);
	for (uint32_t y = row * 64; y < (row + 1) * 64 && y < HEIGHT; y++)
		for (uint32_t x = column * 64; x < (column + 1) * 64 && x < WIDTH; x++)
			truth[y * WIDTH + x] = colour;
}

static void paint_square(void) {
	uint32_t column = random_below(&state, COLUMNS), row = random_below(&state, ROWS);
	paint_at(column, row, random_below(&state, 1 << 24));
}

static void draw(void) {
	uint32_t width = 1 + random_below(&state, WIDTH), height = 1 + random_below(&state, HEIGHT);
	uint32_t x = random_below(&state, WIDTH - width + 1), y = random_below(&state, HEIGHT - height + 1);
	content_draw(random_below(&state, CONTENTS), truth + y * WIDTH + x, WIDTH, width, height);
	desk_show(&desk, truth);
}

static void scroll(void) {
	uint32_t rows = 1 + random_below(&state, 90);
	memmove(truth, truth + rows * WIDTH, (HEIGHT - rows) * WIDTH * sizeof truth[0]);
	desk_show(&desk, truth);
}

static void change_picture(void) {
	unsigned what = random_below(&state, 20);
	if (what == 0)
		draw();
	else if (what < 3)
		scroll();
	else
		paint_square();
}

/* --- viewers --- */

static const struct pixel_layout *format_of(const struct watcher *watcher) {
	return watcher->format ? &formats[watcher->format - 1] : &formats_native;
}

static void expect(struct watcher *watcher) {
	const struct setting *setting = &settings[watcher->setting];
	view_expect(&watcher->view, format_of(watcher), setting->list, setting->count);
}

/* Call it when no answer is awaited, or when one has begun. The pixels that it has are in the former format:
 * it asks for all of them next. */
static void change(struct watcher *watcher) {
	uint8_t message[20] = {0};
	watcher->setting = random_below(&state, ARRAY_LEN(settings));
	seen_encodings(
		&watcher->view.seen, settings[watcher->setting].list, settings[watcher->setting].count);
	if (random_below(&state, 2)) {
		watcher->format = random_below(&state, (uint32_t)formats_count + 1);
		memcpy(message + 4, format_of(watcher)->wire, 16);
		seen_say(watcher->view.seen.fd, message, sizeof message);
		watcher->lacks_all = true;
	}
	seen_say(watcher->view.seen.fd, fence, sizeof fence);
	watcher->changes = true;
}

/* The type of the next message. -1: there is none yet. */
static int next_type(struct watcher *watcher, int timeout_ms) {
	struct view *view = &watcher->view;
	struct pollfd poller = {.fd = view->seen.fd, .events = POLLIN};
	uint8_t type;
	if (view->source.size)
		return view->source.bytes[0];
	if (poll(&poller, 1, timeout_ms) != 1 || recv(view->seen.fd, &type, 1, MSG_PEEK) != 1)
		return -1;
	return type;
}

/* A fence comes where the changes in front of it have taken effect, and so does a colour map. */
static void read_message(struct watcher *watcher) {
	struct reason reason = {"nothing comes"};
	struct view *view = &watcher->view;
	uint8_t answer[sizeof fence];
	int type = next_type(watcher, 10000), got = -1;
	if (type == 248 || type == 1)
		expect(watcher);
	if (type == 248)
		got = source_read(&view->source, answer, sizeof answer) ? 248 : -1;
	else if (type >= 0)
		got = decode_message(&view->decoder, &view->source, &reason);
	CHECK_SAY(got >= 0, "viewer %d, setting %u, format %s: %s", (int)(watcher - watchers),
		watcher->setting, format_of(watcher)->name, reason.text);
	watcher->changes = watcher->changes && type != 248;
}

/* Whether an answer has begun. */
static bool has_answer(struct watcher *watcher) {
	int type;
	while ((type = next_type(watcher, 0)) > 0)
		read_message(watcher);
	return type == 0;
}

static void join(struct watcher *watcher) {
	*watcher = (struct watcher){.here = true};
	view_open(&watcher->view, &desk, truth);
	change(watcher);
	watcher->lacks_all = true; /* it has nothing yet */
}

static void ask(struct watcher *watcher) {
	uint16_t x = 0, y = 0, width = WIDTH, height = HEIGHT;
	bool all = watcher->lacks_all, incremental = !all && random_below(&state, 8);
	if (!all && !random_below(&state, 3)) {
		width = (uint16_t)(1 + random_below(&state, WIDTH));
		height = (uint16_t)(1 + random_below(&state, HEIGHT));
		x = (uint16_t)random_below(&state, WIDTH - width + 1u);
		y = (uint16_t)random_below(&state, HEIGHT - height + 1u);
	}
	seen_request(&watcher->view.seen, incremental, x, y, width, height);
	watcher->asked = true;
	watcher->lacks_all = false;
}

static void read_update(struct watcher *watcher) {
	unsigned before = watcher->view.decoder.decoded.updates;
	while (watcher->view.decoder.decoded.updates == before || watcher->changes)
		read_message(watcher);
	watcher->asked = false;
}

static void act(struct watcher *watcher) {
	if (!watcher->here) {
		join(watcher);
	} else if (watcher->stalls) {
		watcher->stalls--;
	} else if (!random_below(&state, 40)) {
		watcher->stalls = random_below(&state, 60);
	} else if (!random_below(&state, 200)) {
		view_close(&watcher->view); /* in the middle of an answer, mostly */
		watcher->here = false;
	} else if (!watcher->changes && (!watcher->asked || has_answer(watcher)) &&
		   !random_below(&state, 12)) {
		change(watcher);
	} else if (watcher->asked && has_answer(watcher)) {
		read_update(watcher);
	} else if (!watcher->asked) {
		ask(watcher);
	}
}

/* --- the end --- */

/* Answers every request that is open: no pixel stays as it is. */
static void change_all(void) {
	for (size_t i = 0; i < ARRAY_LEN(truth); i++)
		truth[i] ^= 0xffffff;
	desk_show(&desk, truth);
}

/* There is much to lose in the lower half, and nothing in the upper one. */
static void draw_last(void) {
	for (size_t i = 0; i < ARRAY_LEN(truth); i++)
		truth[i] = 0x555555;
	content_draw(CONTENT_PHOTO, truth + HEIGHT / 2 * WIDTH, WIDTH, WIDTH, HEIGHT / 2);
	desk_show(&desk, truth);
}

static void catch_up(struct watcher *watcher) {
	while (watcher->asked || watcher->lacks_all) {
		if (!watcher->asked)
			ask(watcher);
		read_update(watcher);
	}
}

static void ask_for_changes(struct watcher *watcher) {
	seen_request(&watcher->view.seen, true, 0, 0, WIDTH, HEIGHT);
	read_update(watcher);
}

static bool has_losses(const struct watcher *watcher) {
	return memchr(watcher->view.decoder.kinds, DECODED_FROM_JPEG, (size_t)WIDTH * HEIGHT);
}

/* A caret blinks in a corner in which nothing was lost. */
static void blink(void) {
	paint_at(0, 0, truth[0] ^ 0xffffff);
}

/* What has changed comes first, and what was lost before, when it does not change any more. */
static void becomes_exact(struct watcher *watcher) {
	enum { BLINK_MS = 100, BLINKS = 100 };
	static const struct decode_area all = {0, 0, WIDTH, HEIGHT};
	struct reason reason = {""};
	unsigned blinks = 0;
	ask_for_changes(watcher);
	while (has_losses(watcher)) {
		seen_request(&watcher->view.seen, true, 0, 0, WIDTH, HEIGHT);
		for (; next_type(watcher, BLINK_MS) < 0; blinks++)
			blink();
		read_update(watcher);
		CHECK(blinks < BLINKS);
	}
	blink();
	ask_for_changes(watcher);
	CHECK_SAY(view_check(&watcher->view, &all, &reason) == 0, "viewer %d, setting %u, format %s: %s",
		(int)(watcher - watchers), watcher->setting, format_of(watcher)->name, reason.text);
}

static void leave(struct watcher *watcher) {
	view_close(&watcher->view);
}

static void for_all(void (*does)(struct watcher *watcher)) {
	for (unsigned i = 0; i < VIEWERS; i++)
		if (watchers[i].here)
			does(&watchers[i]);
}

int main(int argc, char **argv) {
	state.state = argc > 1 ? strtoull(argv[1], NULL, 0) : 20;
	unsigned rounds = argc > 2 ? (unsigned)strtoul(argv[2], NULL, 0) : ROUNDS;
	desk_start(&desk);
	desk_paint(&desk, WIDTH, HEIGHT, 0);
	content_draw(CONTENT_PHOTO, truth, WIDTH, WIDTH, HEIGHT);
	desk_show(&desk, truth);
	for (unsigned round = 0; round < rounds; round++) {
		if (round % 2)
			change_picture();
		act(&watchers[random_below(&state, VIEWERS)]);
	}
	change_all();
	for_all(catch_up);
	draw_last();
	change_all();
	for_all(ask_for_changes);
	scroll(); /* moves what lost something to where nothing was lost */
	for_all(becomes_exact);
	for_all(leave);
	desk_stop(&desk);
	return 0;
}
