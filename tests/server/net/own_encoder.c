/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * An encoder needs nothing but encode/rfb/encoder.h: this one has no thread and no socket, and sends all of
 * the picture in one colour, some bytes at a time. The gateway has the stream between two messages where the
 * encoder says so.
 */
#include "encode/rfb/encoder.h"

#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "encode/rfb/bytes.h"
#include "server/loop.h"
#include "tests/server/net/desk.h"
#include "tests/test.h"

/* Its functions have the parameters of every encoder, of which this one needs few. */
#pragma GCC diagnostic ignored "-Wunused-parameter"

enum {
	WIDTH = 256,
	HEIGHT = 64,
	COLOUR = 0x336699,
	HEAD = 4 + 12,
	SIZE = HEAD + WIDTH * HEIGHT * 4,
	AT_ONCE = 4000
};

struct painter {
	struct encoder encoder;
	struct encoder_viewer viewer;
	uv_timer_t wake;
	struct loop_closing closing;
	uint8_t update[SIZE];
	size_t taken;   /* SIZE: no update is being sent */
	size_t allowed; /* to be taken now; more of it with each turn of the timer */
};

struct painters {
	struct encoders encoders;
	uv_loop_t *loop;
	unsigned alive;
};

static struct painters painters;
static int32_t last_encoding;
static _Atomic unsigned keys;
static uint8_t last_format[ENCODER_FORMAT_SIZE];

static struct painter *painter_of(struct encoder *encoder) {
	return (struct painter *)encoder;
}

static void on_wake(uv_timer_t *timer) {
	struct painter *painter = timer->data;
	painter->allowed = AT_ONCE;
	painter->viewer.ready(painter->viewer.context);
}

static void set_format(struct encoder *encoder, const uint8_t format[ENCODER_FORMAT_SIZE], bool plain) {
	CHECK(encoder_is_idle(encoder) && !plain);
	memcpy(last_format, format, sizeof last_format);
}

static void set_encodings(struct encoder *encoder, const int32_t *list, size_t count) {
	CHECK(encoder_is_idle(encoder) && count > 0);
	last_encoding = list[count - 1];
}

static const char *why_not_first(const struct encoder *encoder) {
	return "it paints one colour only";
}

static void draws_cursor(struct encoder *encoder, bool draws) {
}

static void typed(struct encoder *encoder) {
	keys++;
}

static void request(struct encoder *encoder, bool incremental, const struct rect *area) {
	CHECK(rect_is_inside(*area, WIDTH, HEIGHT));
	encoder->open++;
	encoder->settled = true; /* it answers incremental requests at once, too */
}

static void settle(struct encoder *encoder) {
}

static int flush(struct encoder *encoder) {
	struct painter *painter = painter_of(encoder);
	if (!encoder->open || painter->taken < SIZE)
		return 0;
	memset(painter->update, 0, HEAD);
	painter->update[3] = 1;
	bytes_put16(painter->update + 8, WIDTH);
	bytes_put16(painter->update + 10, HEIGHT);
	for (size_t i = HEAD; i < SIZE; i += 4)
		memcpy(painter->update + i, &(uint32_t){COLOUR}, 4);
	painter->taken = 0;
	return uv_timer_start(&painter->wake, on_wake, 1, 0);
}

static ssize_t take(struct encoder *encoder, uint8_t *to, size_t size) {
	struct painter *painter = painter_of(encoder);
	size_t left = SIZE - painter->taken;
	size = size < left ? size : left;
	size = size < painter->allowed ? size : painter->allowed;
	memcpy(to, painter->update + painter->taken, size);
	painter->taken += size;
	painter->allowed -= size;
	encoder->inside = size > 0 || left > 0;
	if (painter->taken == SIZE)
		encoder->open = 0;
	return (ssize_t)size;
}

static void hold(struct encoder *encoder, bool held) {
	struct painter *painter = painter_of(encoder);
	if (!held && painter->taken < SIZE)
		uv_timer_start(&painter->wake, on_wake, 1, 0);
}

static bool accepts(const struct encoder *encoder) {
	return true;
}

static void desktop(const struct encoder *encoder, struct encoder_desktop *desktop) {
	encoder_desktop_init(desktop, WIDTH, HEIGHT);
}

static void report(const struct encoder *encoder, struct encoder_report *report) {
}

static void destroy(struct encoder *encoder) {
	struct painter *painter = painter_of(encoder);
	painters.alive--;
	loop_close(&painter->closing, free, painter, LOOP_HANDLES(&painter->wake));
}

static const struct encoder_impl painter_impl = {.set_format = set_format,
	.set_encodings = set_encodings,
	.why_not_first = why_not_first,
	.draws_cursor = draws_cursor,
	.typed = typed,
	.request = request,
	.settle = settle,
	.flush = flush,
	.take = take,
	.hold = hold,
	.accepts = accepts,
	.desktop = desktop,
	.report = report,
	.destroy = destroy};

static int create(struct encoders *encoders, const struct encoder_viewer *viewer, struct encoder **encoder,
	struct reason *reason) {
	struct painter *painter = calloc(1, sizeof *painter);
	CHECK(painter && viewer->minor == 8);
	painter->encoder.impl = &painter_impl;
	painter->viewer = *viewer;
	painter->taken = SIZE;
	uv_timer_init(painters.loop, &painter->wake);
	painter->wake.data = painter;
	painters.alive++;
	*encoder = &painter->encoder;
	return 0;
}

static void nothing(struct encoders *encoders) {
}

static const struct encoders_impl painters_impl = {
	.create = create, .published = nothing, .destroy = nothing};

static struct encoders *make(uv_loop_t *loop, struct picture_store *store) {
	painters = (struct painters){.encoders = {.impl = &painters_impl}, .loop = loop};
	return &painters.encoders;
}

static void shows_its_colour(struct seen *seen) {
	seen_request(seen, false, 0, 0, WIDTH, HEIGHT);
	seen_update(seen);
	for (size_t i = 0; i < (size_t)WIDTH * HEIGHT; i++)
		CHECK(seen->pixels[i] == COLOUR);
}

int main(void) {
	static const uint8_t key[8] = {4, 1, 0, 0, 0, 0, 0, 'a'};
	static const uint8_t fence[] = {248, 0, 0, 0, 0x80, 0, 0, 1, 1, 42};
	static const uint8_t format[20] = {0, 0, 0, 0, 32, 24, 0, 1, 0, 255, 0, 255, 0, 255, 0, 8, 16};
	struct desk desk = {.options = {.security = "none"}, .make_encoders = make};
	struct seen seen, hasty;
	desk_start(&desk);
	seen_join(&desk, &seen);
	CHECK(seen.width == WIDTH && seen.height == HEIGHT);
	seen_encodings(&seen, (const int32_t[]){0, -239}, 2);
	shows_its_colour(&seen);
	CHECK(last_encoding == -239 && keys == 0);
	seen_say(seen.fd, key, sizeof key);
	shows_its_colour(&seen);
	CHECK(keys == 1);
	seen_request(&seen, false, 0, 0, 1000, 1000); /* outside, too */
	CHECK(poll(&(struct pollfd){.fd = seen.fd, .events = POLLIN}, 1, 10000) == 1);
	seen_say(seen.fd, fence, sizeof fence);   /* is answered after the update that has begun */
	seen_say(seen.fd, format, sizeof format); /* waits for its end */
	CHECK(seen_message(&seen, 10000) == 0 && seen.fences == 0);
	CHECK(seen_message(&seen, 10000) == 248 && seen.fences == 1);
	seen_join(&desk, &hasty);
	seen_request(&hasty, false, 0, 0, WIDTH, HEIGHT);
	seen_leave(&hasty);
	shows_its_colour(&seen);
	CHECK(memcmp(last_format, format + 4, sizeof last_format) == 0);
	seen_leave(&seen);
	desk_stop(&desk);
	CHECK(painters.alive == 0);
	return 0;
}
