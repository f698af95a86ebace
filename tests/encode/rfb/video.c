/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What viewers see of a film that is sent as H.264, decoded by libavcodec: how close it comes to the picture,
 * for viewers that come late, that stall and that ask for other things, and that it is exact once the film
 * stands still. What is not sent as H.264 is sent as Raw here.
 */
#include <errno.h>
#include <math.h>
#include <poll.h>
#include <stdbool.h>
#include <string.h>
#include <unistd.h>

#include "capture/base/clock.h"
#include "encode/h264/h264.h"
#include "encode/rfb/bytes.h"
#include "encode/rfb/own.h"
#include "encode/rfb/own_state.h"
#include "encode/rfb/protocol.h"
#include "encode/rfb/video.h"
#include "tests/encode/h264/decoder.h"
#include "tests/encode/rfb/film.h"
#include "tests/test.h"

enum {
	CONTEXTS = 64, /* that a viewer has, as noVNC and TigerVNC do */
	HEAD = 12,
	FRAME_MS = 12,
	TYPICAL = 79, /* the quality of level 6 */
};

static struct picture_store *store;
static struct own *own;
static struct canvas canvas;

/* --- a decoder --- */

struct context {
	struct rect place;
	AVCodecContext *codec; /* NULL: it is free */
};

struct watcher {
	struct encoder *encoder;
	uint8_t *bytes; /* that were taken and not read */
	size_t count, room;
	uint32_t *pixels;
	uint32_t width, height;
	struct context contexts[CONTEXTS];
	unsigned frames, keys, raw, forgotten; /* rectangles */
	unsigned most_in_update;               /* frames of one update */
	size_t video_bytes;
	bool updated; /* an update was read to its end */
	bool takes_copies;
};

static void reset(struct context *context) {
	avcodec_free_context(&context->codec);
}

static struct context *find_context(struct watcher *watcher, struct rect place) {
	struct context *spare = NULL;
	for (size_t i = 0; i < CONTEXTS; i++) {
		struct context *context = &watcher->contexts[i];
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
static void decode(struct watcher *watcher, struct context *context, const uint8_t *data, size_t size) {
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
	for (size_t i = 0; i < CONTEXTS; i++)
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

static struct encoder_line line; /* of all viewers; all is unknown at first */

static void tell_line(void *context, struct encoder_line *to) {
	(void)context;
	*to = line;
}

static struct watcher *watch(const struct own_wish *wish) {
	struct watcher *watcher = calloc(1, sizeof *watcher);
	struct reason reason;
	CHECK(watcher);
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

static void leave(struct watcher *watcher) {
	for (size_t i = 0; i < CONTEXTS; i++)
		reset(&watcher->contexts[i]);
	encoder_destroy(watcher->encoder);
	free(watcher->bytes);
	free(watcher->pixels);
	free(watcher);
}

static void request(struct watcher *watcher, bool incremental) {
	const struct rect whole = {0, 0, watcher->width, watcher->height};
	watcher->updated = false;
	encoder_request(watcher->encoder, incremental, &whole);
	CHECK(encoder_flush(watcher->encoder) == 0);
}

/* Lets the encoders work until the viewer has its update, or for `ms` milliseconds. */
static void run(struct watcher *watcher, unsigned ms) {
	uint64_t end_ns = clock_now_ns() + ms * 1000000ull;
	char bytes[64];
	while (!watcher->updated && clock_now_ns() < end_ns) {
		int wait = own_turn(own);
		struct pollfd poller = {woken[0], POLLIN, 0};
		if (!watcher->updated && poll(&poller, 1, wait < 0 || wait > 5 ? 5 : wait) > 0)
			CHECK(read(woken[0], bytes, sizeof bytes) > 0);
	}
}

static void answer(struct watcher *watcher, bool incremental) {
	request(watcher, incremental);
	run(watcher, 20000);
	CHECK(watcher->updated);
}

/* As answer(), for one that may have a request open. */
static void answer_open(struct watcher *watcher) {
	if (watcher->encoder->open) {
		watcher->updated = false;
		run(watcher, 20000);
		CHECK(watcher->updated);
	} else {
		answer(watcher, true);
	}
}

/* Several at the same time, so that their jobs meet. */
static void answer_all(struct watcher **watchers, size_t count) {
	for (size_t i = 0; i < count; i++)
		if (watchers[i]->encoder->open)
			watchers[i]->updated = false;
		else
			request(watchers[i], true);
	for (size_t i = 0; i < count; i++) {
		run(watchers[i], 20000);
		CHECK(watchers[i]->updated);
	}
}

/* --- the screen --- */

static double psnr(const struct watcher *watcher, struct rect part) {
	double sum = 0;
	for (uint32_t y = 0; y < part.height; y++)
		for (uint32_t x = 0; x < part.width; x++)
			for (unsigned shift = 0; shift < 24; shift += 8) {
				uint32_t seen = watcher->pixels[((size_t)part.y + y) * watcher->width +
								(size_t)part.x + x];
				uint32_t shown = canvas.pixels[((size_t)part.y + y) * canvas.stride +
							       (size_t)part.x + x];
				double difference =
					(double)(seen >> shift & 255) - (double)(shown >> shift & 255);
				sum += difference * difference;
			}
	return sum > 0 ? 10 * log10(255.0 * 255 * 3 * part.width * part.height / sum) : 99;
}

static bool is_exact(const struct watcher *watcher) {
	return psnr(watcher, (struct rect){0, 0, watcher->width, watcher->height}) == 99;
}

static void begin_with(uint32_t width, uint32_t height, bool refreshes) {
	const struct own_options options = {.refreshes = refreshes};
	const struct own_events events = {.wake = wake, .says = says};
	store = picture_store_create();
	CHECK(store && canvas_init(&canvas, width, height) == 0);
	canvas_fill(&canvas, (struct rect){0, 0, width, height}, 0xe0e0d0);
	canvas_text(&canvas, 4, 4, 1, 0x101010, "This stays exactly what it is.");
	film_publish(store, &canvas);
	CHECK((own = own_create(store, &options, &events)));
}

static void begin(uint32_t width, uint32_t height) {
	begin_with(width, height, false);
}

static void end(void) {
	own_destroy(own);
	picture_store_destroy(store);
	canvas_finish(&canvas);
}

static void show(struct rect film, unsigned number) {
	film_draw(&canvas, film, number);
	film_publish(store, &canvas);
	own_published(own);
	usleep(FRAME_MS * 1000);
}

/* Plays until the viewer is sent frames, and on until there are some. */
static unsigned play(struct watcher *watcher, struct rect film, unsigned number, unsigned frames) {
	unsigned goal = watcher->frames + frames, last = number + 500;
	for (; watcher->frames < goal; number++) {
		CHECK_SAY(number < last, "no video");
		show(film, number);
		answer_open(watcher);
	}
	return number;
}

static void check_close(const struct watcher *watcher, struct rect film, const char *name) {
	double ratio = psnr(watcher, film);
	printf("%s: %.1f dB\n", name, ratio);
	CHECK(ratio > 30);
	const struct rect beside = {0, 0, watcher->width, (uint32_t)film.y};
	CHECK(!beside.height || psnr(watcher, beside) == 99);
}

/* The film stands still: what was lossy is sent exactly, although nothing changes, and is sent once. */
static void check_mended(struct watcher *watcher, const char *name) {
	CHECK(!is_exact(watcher));
	for (unsigned i = 0; i < 8 && !is_exact(watcher); i++)
		answer(watcher, true);
	CHECK_SAY(is_exact(watcher), "%s: not mended", name);
	/* the next request stays open */
	request(watcher, true);
	run(watcher, 2 * VIDEO_STILL_MS);
	CHECK_SAY(!watcher->updated, "%s: something was sent twice", name);
}

static struct own_wish wish_of(int quality) {
	return (struct own_wish){.encoding = ENCODING_RAW, .format = format_native, .video = quality};
}

/* --- what is tried --- */

static void check_film(void) {
	const struct rect film = {41, 40, 322, 241};
	const struct own_wish wish = wish_of(TYPICAL);
	begin(480, 360);
	struct watcher *watcher = watch(&wish);
	answer(watcher, false);
	CHECK(is_exact(watcher) && !watcher->frames);
	unsigned number = play(watcher, film, 0, 20);
	CHECK_SAY(watcher->keys && watcher->most_in_update == 1, "%u keys", watcher->keys);
	check_close(watcher, film, "a film");
	printf("%zu bytes a frame\n", watcher->video_bytes / watcher->frames);
	struct encoder_report report;
	encoder_report(watcher->encoder, &report);
	const struct tally_class_sent *sent = &report.sent.classes[TALLY_H264];
	CHECK(sent->rectangles == watcher->frames && sent->shared_rectangles == 0 && sent->ns);
	CHECK(sent->bytes == watcher->video_bytes + 20ull * watcher->frames);
	check_mended(watcher, "a film");
	CHECK(watcher->forgotten); /* the decoder is not needed any more */
	run(watcher, 0);
	/* it goes on */
	play(watcher, film, number, 5);
	check_close(watcher, film, "and again");
	leave(watcher);
	end();
}

/* Plays until the mean frame takes less than `most` bytes, or more than `least`. */
static unsigned play_until(
	struct watcher *watcher, struct rect film, unsigned number, size_t most, size_t least) {
	enum { SOME = 8, TURNS = 60 };
	size_t bytes = most;
	for (unsigned i = 0; i < TURNS && bytes >= most && bytes <= least; i++) {
		size_t before = watcher->video_bytes;
		number = play(watcher, film, number, SOME);
		bytes = (watcher->video_bytes - before) / SOME;
	}
	CHECK_SAY(bytes < most || bytes > least, "%zu bytes a frame", bytes);
	return number;
}

/* On a line that cannot carry it, a film takes fewer bytes, and more again when it can. The decoder follows.
 */
static void check_line(void) {
	const struct rect film = {16, 64, 320, 240};
	const struct own_wish wish = wish_of(TYPICAL);
	begin_with(400, 360, true);
	struct watcher *watcher = watch(&wish);
	answer(watcher, false);
	unsigned number = play(watcher, film, 0, 20);
	size_t before = watcher->video_bytes;
	number = play(watcher, film, number, 20);
	size_t wished = (watcher->video_bytes - before) / 20;
	double good = psnr(watcher, film);
	line = (struct encoder_line){.rate = wished * 4};
	number = play_until(watcher, film, number, wished / 2, SIZE_MAX);
	number = play(watcher, film, number, 10);
	double less = psnr(watcher, film);
	CHECK_SAY(less < good - 2 && watcher->keys >= 2, "%.1f dB, then %.1f", good, less);
	line.rate = wished * 1000;
	play_until(watcher, film, number, 0, wished * 2 / 5);
	double more = psnr(watcher, film);
	printf("%.1f dB, on a slow line %.1f, and %.1f when it is not slow any more\n", good, less, more);
	CHECK(more > less && watcher->keys >= 3);
	line = (struct encoder_line){0};
	leave(watcher);
	end();
}

/* What is sent in the usual case tells whether the line carries it: key pictures are no part of that. */
static void check_keys_do_not_count(void) {
	const struct rect film = {16, 64, 320, 240};
	const struct own_wish wish = wish_of(TYPICAL);
	begin_with(400, 360, true);
	struct watcher *watcher = watch(&wish);
	const struct quality *quality = &((const struct own_viewer *)watcher->encoder)->quality;
	answer(watcher, false);
	play(watcher, film, 0, 1);
	CHECK(watcher->keys == 1 && quality->bytes == 0);
	size_t key = watcher->video_bytes;
	play(watcher, film, 1, 3);
	CHECK(watcher->keys == 1 && quality->bytes > 0 &&
		quality->bytes <= (double)(watcher->video_bytes - key + 3 * 20));
	leave(watcher);
	end();
}

/* One encoder serves all. Who comes late is sent everything else until a key picture is due, and then decodes
 * what the others do. */
static void check_late(void) {
	const struct rect film = {16, 64, 320, 240};
	const struct own_wish wish = wish_of(TYPICAL);
	struct video_report before, after;
	begin(400, 360);
	struct watcher *first = watch(&wish), *second;
	answer(first, false);
	unsigned number = play(first, film, 0, 2 * VIDEO_FRAMES_MAX);
	second = watch(&wish);
	answer(second, false);
	CHECK(is_exact(second));
	for (unsigned i = 0; i < 300 && second->frames < 10; i++) {
		struct watcher *both[] = {first, second};
		show(film, number++);
		answer_all(both, 2);
		if (second->frames == 1)
			video_report(own->video, &before);
	}
	video_report(own->video, &after);
	CHECK_SAY(second->frames >= 10 && second->keys && first->keys > 1, "%u frames, %u and %u keys",
		second->frames, first->keys, second->keys);
	CHECK_SAY(after.frames - before.frames <= second->frames, "%u frames",
		(unsigned)(after.frames - before.frames));
	CHECK(memcmp(first->pixels, second->pixels, (size_t)400 * 360 * 4) == 0);
	check_close(second, film, "one that came late");
	check_mended(first, "the first");
	check_mended(second, "the second");
	leave(first);
	leave(second);
	end();
}

/* Who misses a few pictures is sent them, and who misses many begins anew. */
static void check_stalled(unsigned missed) {
	const struct rect film = {16, 64, 320, 240};
	const struct own_wish wish = wish_of(TYPICAL);
	begin(400, 360);
	struct watcher *quick = watch(&wish), *slow = watch(&wish);
	answer(quick, false);
	answer(slow, false);
	unsigned number = 0;
	for (; slow->frames < 3 && number < 300; number++) {
		show(film, number);
		answer(quick, true);
		answer(slow, true);
	}
	CHECK(slow->frames == 3);
	unsigned keys = slow->keys, quick_keys = quick->keys;
	for (unsigned i = 0; i < missed; i++) {
		show(film, number++);
		answer(quick, true);
	}
	for (unsigned i = 0; i < 120 && slow->frames < 25; i++) {
		show(film, number++);
		answer(quick, true);
		answer(slow, true);
		CHECK(psnr(slow, film) > 30);
	}
	check_close(slow, film, "one that has stalled");
	CHECK(slow->frames >= 25);
	if (missed >= VIDEO_FRAMES_MAX)
		CHECK(slow->keys > keys && slow->most_in_update <= VIDEO_FRAMES_MAX);
	else if (quick->keys == quick_keys) /* the machine was not so slow that the film stood still */
		CHECK(slow->keys == keys && slow->most_in_update == missed + 1);
	check_mended(slow, "one that has stalled");
	leave(quick);
	leave(slow);
	end();
}

/* Sides that are odd, or hardly large enough. */
static void check_sizes(void) {
	static const struct {
		uint32_t width, height;
		struct rect film;
	} sizes[] = {{161, 133, {0, 0, 161, 133}}, {128, 96, {0, 0, 128, 96}}, {401, 301, {40, 51, 201, 151}},
		{1100, 200, {0, 1, 1099, 199}}};
	for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
		const struct own_wish wish = wish_of(TYPICAL);
		begin(sizes[i].width, sizes[i].height);
		struct watcher *watcher = watch(&wish);
		answer(watcher, false);
		play(watcher, sizes[i].film, 0, 5);
		check_close(watcher, sizes[i].film, "a size");
		check_mended(watcher, "a size");
		leave(watcher);
		end();
	}
}

/* Pixels that are asked for anew come at once and exactly, and decoders that may be lost begin anew. */
static void check_anew(void) {
	const struct rect film = {16, 64, 320, 240};
	const struct own_wish wish = wish_of(TYPICAL);
	begin(400, 360);
	struct watcher *watcher = watch(&wish);
	answer(watcher, false);
	unsigned number = play(watcher, film, 0, 5), frames = watcher->frames;
	for (size_t i = 0; i < CONTEXTS; i++)
		reset(&watcher->contexts[i]);
	memset(watcher->pixels, 0, (size_t)400 * 360 * 4);
	answer(watcher, false);
	CHECK(is_exact(watcher) && watcher->frames == frames);
	play(watcher, film, number, 5);
	check_close(watcher, film, "anew");
	leave(watcher);
	end();
}

/* A part of the film is never sent as video: the decoder draws all of it. */
static void check_part(void) {
	const struct rect film = {16, 64, 320, 240}, part = {0, 0, 200, 360};
	const struct own_wish wish = wish_of(TYPICAL);
	begin(400, 360);
	struct watcher *watcher = watch(&wish);
	answer(watcher, false);
	unsigned number = play(watcher, film, 0, 3), frames = watcher->frames;
	for (unsigned i = 0; i < 10; i++) {
		show(film, number++);
		watcher->updated = false;
		encoder_request(watcher->encoder, true, &part);
		CHECK(encoder_flush(watcher->encoder) == 0);
		run(watcher, 20000);
		CHECK(watcher->updated && watcher->frames == frames && psnr(watcher, part) == 99);
	}
	play(watcher, film, number, 3);
	check_close(watcher, film, "all again");
	leave(watcher);
	end();
}

/* Qualities are different videos. A viewer that wants none is sent the picture. */
static void check_qualities(void) {
	static const int qualities[] = {15, 41, 79, 100};
	const struct rect film = {16, 64, 320, 240};
	struct own_wish wish = wish_of(0);
	struct watcher *watchers[4], *exact;
	double last = 0;
	begin(400, 360);
	exact = watch(&wish);
	answer(exact, false);
	for (size_t i = 0; i < 4; i++) {
		wish.video = qualities[i];
		watchers[i] = watch(&wish);
		answer(watchers[i], false);
	}
	for (unsigned number = 0; watchers[0]->frames < 10; number++) {
		CHECK(number < 300);
		show(film, number);
		answer(exact, true);
		answer_all(watchers, 4);
	}
	CHECK(is_exact(exact) && !exact->frames);
	for (size_t i = 0; i < 4; i++) {
		double ratio = psnr(watchers[i], film);
		printf("quality %d: %.1f dB, %zu bytes a frame\n", qualities[i], ratio,
			watchers[i]->video_bytes / watchers[i]->frames);
		CHECK(ratio > last + 1);
		last = ratio;
	}
	for (size_t i = 0; i < 4; i++)
		leave(watchers[i]);
	leave(exact);
	end();
}

/* A viewer may go through more qualities than there are encoders, and none of them takes another one's
 * frames. */
static void check_switching(void) {
	const struct rect film = {16, 64, 320, 240};
	struct own_wish wish = wish_of(10);
	begin(400, 360);
	struct watcher *steady = watch(&wish), *fickle = watch(&wish), *both[] = {steady, fickle};
	answer(steady, false);
	answer(fickle, false);
	for (unsigned number = 0; steady->frames < 80; number++) {
		CHECK(number < 300);
		wish.video = 10 + (int)(steady->frames * 7 % 10) * 10;
		if (!fickle->encoder->open)
			own_viewer_wish(fickle->encoder, &wish);
		show(film, number);
		answer_all(both, 2);
		CHECK(psnr(fickle, film) > 25 && psnr(steady, film) > 25);
	}
	CHECK(fickle->keys > 5 && steady->keys < fickle->keys);
	check_mended(steady, "one beside a fickle one");
	leave(steady);
	leave(fickle);
	end();
}

/* A decoder that cannot do with less is sent only what is as wide as the screen. */
static void check_only_wide(void) {
	struct own_wish wish = wish_of(TYPICAL);
	wish.video_only_wide = true;
	begin(320, 300);
	struct watcher *watcher = watch(&wish);
	answer(watcher, false);
	unsigned number = 0;
	for (; number < 60; number++) {
		show((struct rect){0, 40, 300, 240}, number);
		answer(watcher, true);
	}
	CHECK(!watcher->frames && is_exact(watcher));
	play(watcher, (struct rect){0, 40, 320, 240}, number, 5);
	leave(watcher);
	end();
}

/* What is laid over the picture is the viewer's own, so that the video is not. */
static void check_cursor(void) {
	const struct rect film = {16, 64, 320, 240};
	const struct own_wish wish = wish_of(TYPICAL);
	struct cursor *cursor = calloc(1, sizeof *cursor);
	begin(400, 360);
	struct watcher *watcher = watch(&wish);
	CHECK(cursor);
	answer(watcher, false);
	unsigned number = play(watcher, film, 0, 3), frames;
	encoder_draws_cursor(watcher->encoder, false);
	cursor->visible = cursor->placed = true;
	cursor->shape = 1;
	cursor->width = cursor->height = 8;
	cursor->x = 100;
	cursor->y = 100;
	for (size_t i = 0; i < 64; i++)
		cursor->pixels[i] = 0xffff00ff;
	own_set_cursor(own, cursor);
	show(film, number++);
	answer(watcher, true);
	frames = watcher->frames;
	for (unsigned i = 0; i < 10; i++) {
		show(film, number++);
		answer(watcher, true);
	}
	CHECK(watcher->frames == frames && watcher->pixels[102 * 400 + 102] == 0xff00ff);
	cursor->visible = false;
	own_set_cursor(own, cursor);
	play(watcher, film, number, 3);
	check_close(watcher, film, "without a cursor");
	free(cursor);
	leave(watcher);
	end();
}

/* What is not exact stays so where it is copied to, until it is mended there. */
static void check_copied(void) {
	const struct rect film = {16, 40, 320, 200};
	struct own_wish wish = wish_of(TYPICAL);
	wish.copies = true;
	begin(400, 480);
	struct watcher *watcher = watch(&wish);
	answer(watcher, false);
	play(watcher, film, 0, 5);
	/* the page is scrolled, with the last picture of the film in it */
	for (unsigned i = 0; i < 6; i++) {
		memmove(canvas.pixels + (size_t)24 * canvas.stride, canvas.pixels,
			(size_t)(480 - 24) * canvas.stride * 4);
		film_publish(store, &canvas);
		own_published(own);
		answer_open(watcher);
	}
	check_mended(watcher, "scrolled");
	leave(watcher);
	end();
}

/* Viewers that ask whenever they like, for films that come and go: all are shown the picture in the end. */
static void check_random(unsigned seed) {
	enum { VIEWERS = 3 };
	static const struct rect films[] = {{8, 8, 200, 160}, {150, 200, 240, 180}, {0, 0, 480, 400}};
	static const int qualities[] = {79, 79, 41};
	struct watcher *watchers[VIEWERS];
	unsigned frames = 0;
	begin(480, 400);
	srand(seed);
	for (size_t i = 0; i < VIEWERS; i++) {
		struct own_wish wish = wish_of(qualities[i]);
		wish.copies = i == 1;
		watchers[i] = watch(&wish);
		answer(watchers[i], false);
	}
	for (unsigned number = 0; number < 200; number++) {
		unsigned pace[VIEWERS] = {1, 2 + number / 60 * 3, 1 + (number / 40 % 3) * 20};
		show(films[number / 70 % 3], number);
		struct watcher *some[VIEWERS];
		size_t count = 0;
		for (size_t i = 0; i < VIEWERS; i++)
			if ((unsigned)rand() % pace[i] == 0)
				some[count++] = watchers[i];
		answer_all(some, count);
	}
	for (size_t i = 0; i < VIEWERS; i++) {
		frames += watchers[i]->frames;
		for (unsigned k = 0; k < 8 && !is_exact(watchers[i]); k++)
			answer_open(watchers[i]);
		CHECK_SAY(is_exact(watchers[i]), "seed %u, viewer %zu", seed, i);
		leave(watchers[i]);
	}
	CHECK(frames > 100);
	end();
}

int main(int argc, char **argv) {
	struct reason reason;
	setvbuf(stdout, NULL, _IOLBF, 0);
	if (h264_load(H264_CPU, &reason))
		SKIP("%s", reason.text);
	CHECK(pipe(woken) == 0);
	check_film();
	check_line();
	check_keys_do_not_count();
	check_late();
	check_stalled(5);
	check_stalled(40);
	check_sizes();
	check_anew();
	check_part();
	check_qualities();
	check_switching();
	check_only_wide();
	check_cursor();
	check_copied();
	check_random(argc > 1 ? (unsigned)atoi(argv[1]) : 1);
	return 0;
}
