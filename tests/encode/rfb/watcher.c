/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tests/encode/rfb/watcher.h"

#include <poll.h>
#include <string.h>
#include <unistd.h>

#include "capture/base/clock.h"
#include "encode/rfb/bytes.h"
#include "tests/test.h"

enum { HEAD = 12 };

/* --- a decoder --- */

static void reset(struct watcher_context *context) {
	avcodec_free_context(&context->codec);
}

static struct watcher_context *find_context(struct watcher *watcher, struct rect place) {
	struct watcher_context *spare = NULL;
	for (size_t i = 0; i < WATCHER_CONTEXTS; i++) {
		struct watcher_context *context = &watcher->contexts[i];
		if (context->codec && rect_equals(context->place, place))
			return context;
		if (!context->codec)
			spare = context;
	}
	CHECK(spare);
	spare->place = place;
	spare->codec = decoder_open();
	return spare;
}

static uint32_t clamp(double value) {
	return value < 0 ? 0 : value > 255 ? 255 : (uint32_t)(value + 0.5);
}

/* ITU-R BT.601, 2.5 and 3.5, in the narrow range. */
static void draw_frame(struct watcher *watcher, const AVFrame *frame, struct rect place) {
	for (uint32_t y = 0; y < place.height; y++)
		for (uint32_t x = 0; x < place.width; x++) {
			double luma = 1.164384 * (frame->data[0][(int)y * frame->linesize[0] + (int)x] - 16);
			double cb = frame->data[1][(int)(y / 2) * frame->linesize[1] + (int)(x / 2)] - 128;
			double cr = frame->data[2][(int)(y / 2) * frame->linesize[2] + (int)(x / 2)] - 128;
			watcher->pixels[((size_t)place.y + y) * watcher->width + (size_t)place.x + x] =
				clamp(luma + 1.596027 * cr) << 16 |
				clamp(luma - 0.391762 * cb - 0.812968 * cr) << 8 |
				clamp(luma + 2.017232 * cb);
		}
}

/* Each rectangle's data is one picture. */
static void decode(
	struct watcher *watcher, struct watcher_context *context, const uint8_t *data, size_t size) {
	AVFrame *frame = decoder_decode(context->codec, data, size);
	CHECK(decoder_knows_colours(frame));
	CHECK(frame->width == (int)context->place.width && frame->height == (int)context->place.height);
	draw_frame(watcher, frame, context->place);
	watcher->keys += frame->key_frame != 0;
	av_frame_free(&frame);
}

/* rfbproto, "Open H.264 Encoding". Returns how many bytes it has behind its header. 0: not all is there. */
static size_t read_h264(struct watcher *watcher, struct rect place, const uint8_t *data, size_t size) {
	if (size < 8 || size < 8 + bytes_get32(data))
		return 0;
	uint32_t length = bytes_get32(data), flags = bytes_get32(data + 4);
	CHECK(flags <= 3);
	for (size_t i = 0; i < WATCHER_CONTEXTS; i++)
		if (flags & 2 || (flags & 1 && rect_equals(watcher->contexts[i].place, place)))
			reset(&watcher->contexts[i]);
	watcher->forgotten += !length;
	if (length) {
		watcher->frames++;
		watcher->video_bytes += length;
		decode(watcher, find_context(watcher, place), data + 8, length);
	}
	return 8 + length;
}

static size_t read_raw(struct watcher *watcher, struct rect place, const uint8_t *data, size_t size) {
	size_t row = (size_t)place.width * 4;
	if (size < row * place.height)
		return 0;
	for (uint32_t y = 0; y < place.height; y++)
		memcpy(watcher->pixels + ((size_t)place.y + y) * watcher->width + place.x, data + y * row,
			row);
	watcher->raw++;
	return row * place.height;
}

static size_t read_copy(struct watcher *watcher, struct rect place, const uint8_t *data, size_t size) {
	if (size < 4)
		return 0;
	uint32_t *copy = malloc((size_t)place.width * place.height * 4);
	CHECK(copy && watcher->takes_copies);
	for (uint32_t y = 0; y < place.height; y++)
		memcpy(copy + (size_t)y * place.width,
			watcher->pixels + ((size_t)bytes_get16(data + 2) + y) * watcher->width +
				bytes_get16(data),
			place.width * 4);
	for (uint32_t y = 0; y < place.height; y++)
		memcpy(watcher->pixels + ((size_t)place.y + y) * watcher->width + place.x,
			copy + (size_t)y * place.width, place.width * 4);
	free(copy);
	return 4;
}

static size_t read_rectangle(struct watcher *watcher, const uint8_t *data, size_t size) {
	if (size < HEAD)
		return 0;
	struct rect place = {
		bytes_get16(data), bytes_get16(data + 2), bytes_get16(data + 4), bytes_get16(data + 6)};
	CHECK(rect_is_inside(place, watcher->width, watcher->height));
	int32_t encoding = (int32_t)bytes_get32(data + 8);
	CHECK(encoding == 0 || encoding == 1 || encoding == 50);
	size_t (*const read)(struct watcher *, struct rect, const uint8_t *, size_t) =
		encoding == 0   ? read_raw
		: encoding == 1 ? read_copy
				: read_h264;
	size_t more = read(watcher, place, data + HEAD, size - HEAD);
	return more || (encoding == 0 && !place.width) ? HEAD + more : 0;
}

/* Reads an update if all of it is there. */
static void read_update(struct watcher *watcher) {
	size_t at = 4;
	if (watcher->count < at)
		return;
	CHECK(watcher->bytes[0] == 0);
	unsigned rectangles = bytes_get16(watcher->bytes + 2), before = watcher->frames;
	CHECK(rectangles && rectangles < 65535);
	for (; rectangles; rectangles--) {
		size_t size = read_rectangle(watcher, watcher->bytes + at, watcher->count - at);
		CHECK(size); /* nothing is read before the update is through */
		at += size;
	}
	CHECK(at == watcher->count);
	watcher->count = 0;
	watcher->updated = true;
	if (watcher->frames - before > watcher->most_in_update)
		watcher->most_in_update = watcher->frames - before;
}

/* --- a viewer --- */

static int woken[2];

static void wake(void *context) {
	(void)context;
	CHECK(write(woken[1], "", 1) == 1);
}

static void says(void *context, const char *words) {
	(void)context;
	fprintf(stderr, "%s\n", words);
}

struct own_events watcher_events(void) {
	if (!woken[1])
		CHECK(pipe(woken) == 0);
	return (struct own_events){.wake = wake, .says = says};
}

static void take_bytes(struct watcher *watcher) {
	ssize_t size;
	do {
		if (watcher->room - watcher->count < 65536) {
			watcher->room = 2 * watcher->room + 65536;
			CHECK((watcher->bytes = realloc(watcher->bytes, watcher->room)));
		}
		size = encoder_take(watcher->encoder, watcher->bytes + watcher->count, 65536);
		CHECK(size >= 0);
		watcher->count += (size_t)size;
	} while (size > 0);
	if (watcher->count && !watcher->encoder->inside)
		read_update(watcher);
}

static void on_ready(void *context) {
	take_bytes(context);
}

struct encoder_line watcher_line;

static void tell_line(void *context, struct encoder_line *to) {
	(void)context;
	*to = watcher_line;
}

struct watcher *watcher_create(struct own *own, const struct own_wish *wish) {
	struct watcher *watcher = calloc(1, sizeof *watcher);
	struct reason reason;
	CHECK(watcher);
	watcher->own = own;
	const struct encoder_viewer viewer = {
		.minor = 8, .context = watcher, .ready = on_ready, .line = tell_line};
	CHECK(own_viewer_create(own, &viewer, &watcher->encoder, &reason) == 0);
	own_viewer_wish(watcher->encoder, wish);
	encoder_draws_cursor(watcher->encoder, true);
	encoder_size(watcher->encoder, &watcher->width, &watcher->height);
	watcher->pixels = calloc((size_t)watcher->width * watcher->height, 4);
	watcher->takes_copies = wish->copies;
	CHECK(watcher->pixels);
	return watcher;
}

void watcher_destroy(struct watcher *watcher) {
	for (size_t i = 0; i < WATCHER_CONTEXTS; i++)
		reset(&watcher->contexts[i]);
	encoder_destroy(watcher->encoder);
	free(watcher->bytes);
	free(watcher->pixels);
	free(watcher);
}

void watcher_request(struct watcher *watcher, bool incremental) {
	const struct rect whole = {0, 0, watcher->width, watcher->height};
	watcher->updated = false;
	encoder_request(watcher->encoder, incremental, &whole);
	CHECK(encoder_flush(watcher->encoder) == 0);
}

void watcher_run(struct watcher *watcher, unsigned ms) {
	uint64_t end_ns = clock_now_ns() + ms * 1000000ull;
	char bytes[64];
	while (!watcher->updated && clock_now_ns() < end_ns) {
		int wait = own_turn(watcher->own);
		struct pollfd poller = {woken[0], POLLIN, 0};
		if (!watcher->updated && poll(&poller, 1, wait < 0 || wait > 5 ? 5 : wait) > 0)
			CHECK(read(woken[0], bytes, sizeof bytes) > 0);
	}
}

void watcher_answer(struct watcher *watcher, bool incremental) {
	watcher_request(watcher, incremental);
	watcher_run(watcher, 20000);
	CHECK(watcher->updated);
}

void watcher_answer_open(struct watcher *watcher) {
	if (watcher->encoder->open) {
		watcher->updated = false;
		watcher_run(watcher, 20000);
		CHECK(watcher->updated);
	} else {
		watcher_answer(watcher, true);
	}
}

void watcher_answer_all(struct watcher **watchers, size_t count) {
	for (size_t i = 0; i < count; i++)
		if (watchers[i]->encoder->open)
			watchers[i]->updated = false;
		else
			watcher_request(watchers[i], true);
	for (size_t i = 0; i < count; i++) {
		watcher_run(watchers[i], 20000);
		CHECK(watchers[i]->updated);
	}
}
