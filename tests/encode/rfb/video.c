/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What viewers see of a film that is sent as H.264, decoded by libavcodec: how close it comes to the picture,
 * for viewers that come late, that stall and that ask for other things, and that it is exact once the film
 * stands still. What is not sent as H.264 is sent as Raw here.
 */
#include <errno.h>
#include <math.h>
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
#include "tests/encode/rfb/film.h"
#include "tests/encode/rfb/watcher.h"
#include "tests/test.h"

enum {
	FRAME_MS = 12,
	TYPICAL = 79, /* the quality of level 6 */
};

static struct picture_store *store;
static struct own *own;
static struct canvas canvas;

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
	const struct own_events events = watcher_events();
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
		watcher_answer_open(watcher);
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

/* The film stands still: what was lossy is sent exactly, although nothing changes, and is sent once. On a
 * busy machine, this may have been done already. */
static void check_mended(struct watcher *watcher, const char *name) {
	for (unsigned i = 0; i < 8 && !is_exact(watcher); i++)
		watcher_answer(watcher, true);
	CHECK_SAY(is_exact(watcher), "%s: not mended", name);
	/* the next request stays open */
	watcher_request(watcher, true);
	watcher_run(watcher, 2 * VIDEO_STILL_MS);
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
	struct watcher *watcher = watcher_create(own, &wish);
	watcher_answer(watcher, false);
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
	watcher_run(watcher, 0);
	/* it goes on */
	play(watcher, film, number, 5);
	check_close(watcher, film, "and again");
	watcher_destroy(watcher);
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
	struct watcher *watcher = watcher_create(own, &wish);
	watcher_answer(watcher, false);
	unsigned number = play(watcher, film, 0, 20);
	size_t before = watcher->video_bytes;
	number = play(watcher, film, number, 20);
	size_t wished = (watcher->video_bytes - before) / 20;
	double good = psnr(watcher, film);
	watcher_line = (struct encoder_line){.rate = wished * 4};
	number = play_until(watcher, film, number, wished / 2, SIZE_MAX);
	number = play(watcher, film, number, 10);
	double less = psnr(watcher, film);
	CHECK_SAY(less < good - 2 && watcher->keys >= 2, "%.1f dB, then %.1f", good, less);
	watcher_line.rate = wished * 1000;
	play_until(watcher, film, number, 0, wished * 2 / 5);
	double more = psnr(watcher, film);
	printf("%.1f dB, on a slow line %.1f, and %.1f when it is not slow any more\n", good, less, more);
	CHECK(more > less && watcher->keys >= 3);
	watcher_line = (struct encoder_line){0};
	watcher_destroy(watcher);
	end();
}

/* What is sent in the usual case tells whether the line carries it: key pictures are no part of that. */
static void check_keys_do_not_count(void) {
	const struct rect film = {16, 64, 320, 240};
	const struct own_wish wish = wish_of(TYPICAL);
	begin_with(400, 360, true);
	struct watcher *watcher = watcher_create(own, &wish);
	const struct quality *quality = &((const struct own_viewer *)watcher->encoder)->quality;
	watcher_answer(watcher, false);
	play(watcher, film, 0, 1);
	CHECK(watcher->keys == 1 && quality->bytes == 0);
	size_t key = watcher->video_bytes;
	play(watcher, film, 1, 3);
	CHECK(watcher->keys == 1 && quality->bytes > 0 &&
		quality->bytes <= (double)(watcher->video_bytes - key + 3 * 20));
	watcher_destroy(watcher);
	end();
}

/* One encoder serves all. Who comes late is sent everything else until a key picture is due, and then decodes
 * what the others do. */
static void check_late(void) {
	const struct rect film = {16, 64, 320, 240};
	const struct own_wish wish = wish_of(TYPICAL);
	struct video_report before, after;
	begin(400, 360);
	struct watcher *first = watcher_create(own, &wish), *second;
	watcher_answer(first, false);
	unsigned number = play(first, film, 0, 2 * VIDEO_FRAMES_MAX);
	second = watcher_create(own, &wish);
	watcher_answer(second, false);
	CHECK(is_exact(second));
	for (unsigned i = 0; i < 300 && second->frames < 10; i++) {
		struct watcher *both[] = {first, second};
		show(film, number++);
		watcher_answer_all(both, 2);
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
	watcher_destroy(first);
	watcher_destroy(second);
	end();
}

/* Who misses a few pictures is sent them, and who misses many begins anew. */
static void check_stalled(unsigned missed) {
	const struct rect film = {16, 64, 320, 240};
	const struct own_wish wish = wish_of(TYPICAL);
	begin(400, 360);
	struct watcher *quick = watcher_create(own, &wish), *slow = watcher_create(own, &wish);
	watcher_answer(quick, false);
	watcher_answer(slow, false);
	unsigned number = 0;
	for (; slow->frames < 3 && number < 300; number++) {
		show(film, number);
		watcher_answer(quick, true);
		watcher_answer(slow, true);
	}
	CHECK(slow->frames == 3);
	unsigned keys = slow->keys, quick_keys = quick->keys;
	for (unsigned i = 0; i < missed; i++) {
		show(film, number++);
		watcher_answer(quick, true);
	}
	for (unsigned i = 0; i < 120 && slow->frames < 25; i++) {
		show(film, number++);
		watcher_answer(quick, true);
		watcher_answer(slow, true);
		CHECK(psnr(slow, film) > 30);
	}
	check_close(slow, film, "one that has stalled");
	CHECK(slow->frames >= 25);
	if (missed >= VIDEO_FRAMES_MAX)
		CHECK(slow->keys > keys && slow->most_in_update <= VIDEO_FRAMES_MAX);
	else if (quick->keys == quick_keys) /* the machine was not so slow that the film stood still */
		CHECK(slow->keys == keys && slow->most_in_update == missed + 1);
	check_mended(slow, "one that has stalled");
	watcher_destroy(quick);
	watcher_destroy(slow);
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
		struct watcher *watcher = watcher_create(own, &wish);
		watcher_answer(watcher, false);
		play(watcher, sizes[i].film, 0, 5);
		check_close(watcher, sizes[i].film, "a size");
		check_mended(watcher, "a size");
		watcher_destroy(watcher);
		end();
	}
}

/* Pixels that are asked for anew come at once and exactly, and decoders that may be lost begin anew. */
static void check_anew(void) {
	const struct rect film = {16, 64, 320, 240};
	const struct own_wish wish = wish_of(TYPICAL);
	begin(400, 360);
	struct watcher *watcher = watcher_create(own, &wish);
	watcher_answer(watcher, false);
	unsigned number = play(watcher, film, 0, 5), frames = watcher->frames;
	for (size_t i = 0; i < WATCHER_CONTEXTS; i++)
		avcodec_free_context(&watcher->contexts[i].codec);
	memset(watcher->pixels, 0, (size_t)400 * 360 * 4);
	watcher_answer(watcher, false);
	CHECK(is_exact(watcher) && watcher->frames == frames);
	play(watcher, film, number, 5);
	check_close(watcher, film, "anew");
	watcher_destroy(watcher);
	end();
}

/* A part of the film is never sent as video: the decoder draws all of it. */
static void check_part(void) {
	const struct rect film = {16, 64, 320, 240}, part = {0, 0, 200, 360};
	const struct own_wish wish = wish_of(TYPICAL);
	begin(400, 360);
	struct watcher *watcher = watcher_create(own, &wish);
	watcher_answer(watcher, false);
	unsigned number = play(watcher, film, 0, 3), frames = watcher->frames;
	for (unsigned i = 0; i < 10; i++) {
		show(film, number++);
		watcher->updated = false;
		encoder_request(watcher->encoder, true, &part);
		CHECK(encoder_flush(watcher->encoder) == 0);
		watcher_run(watcher, 20000);
		CHECK(watcher->updated && watcher->frames == frames && psnr(watcher, part) == 99);
	}
	play(watcher, film, number, 3);
	check_close(watcher, film, "all again");
	watcher_destroy(watcher);
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
	exact = watcher_create(own, &wish);
	watcher_answer(exact, false);
	for (size_t i = 0; i < 4; i++) {
		wish.video = qualities[i];
		watchers[i] = watcher_create(own, &wish);
		watcher_answer(watchers[i], false);
	}
	for (unsigned number = 0; watchers[0]->frames < 10; number++) {
		CHECK(number < 300);
		show(film, number);
		watcher_answer(exact, true);
		watcher_answer_all(watchers, 4);
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
		watcher_destroy(watchers[i]);
	watcher_destroy(exact);
	end();
}

/* A viewer may go through more qualities than there are encoders, and none of them takes another one's
 * frames. */
static void check_switching(void) {
	const struct rect film = {16, 64, 320, 240};
	struct own_wish wish = wish_of(10);
	begin(400, 360);
	struct watcher *steady = watcher_create(own, &wish), *fickle = watcher_create(own, &wish),
		       *both[] = {steady, fickle};
	watcher_answer(steady, false);
	watcher_answer(fickle, false);
	for (unsigned number = 0; steady->frames < 80; number++) {
		CHECK(number < 300);
		wish.video = 10 + (int)(steady->frames * 7 % 10) * 10;
		if (!fickle->encoder->open)
			own_viewer_wish(fickle->encoder, &wish);
		show(film, number);
		watcher_answer_all(both, 2);
		CHECK(psnr(fickle, film) > 25 && psnr(steady, film) > 25);
	}
	CHECK(fickle->keys > 5 && steady->keys < fickle->keys);
	check_mended(steady, "one beside a fickle one");
	watcher_destroy(steady);
	watcher_destroy(fickle);
	end();
}

/* A decoder that cannot do with less is sent only what is as wide as the screen. */
static void check_only_wide(void) {
	struct own_wish wish = wish_of(TYPICAL);
	wish.video_only_wide = true;
	begin(320, 300);
	struct watcher *watcher = watcher_create(own, &wish);
	watcher_answer(watcher, false);
	unsigned number = 0;
	for (; number < 60; number++) {
		show((struct rect){0, 40, 300, 240}, number);
		watcher_answer(watcher, true);
	}
	CHECK(!watcher->frames && is_exact(watcher));
	play(watcher, (struct rect){0, 40, 320, 240}, number, 5);
	watcher_destroy(watcher);
	end();
}

/* What is laid over the picture is the viewer's own, so that the video is not. */
static void check_cursor(void) {
	const struct rect film = {16, 64, 320, 240};
	const struct own_wish wish = wish_of(TYPICAL);
	struct cursor *cursor = calloc(1, sizeof *cursor);
	begin(400, 360);
	struct watcher *watcher = watcher_create(own, &wish);
	CHECK(cursor);
	watcher_answer(watcher, false);
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
	watcher_answer(watcher, true);
	frames = watcher->frames;
	for (unsigned i = 0; i < 10; i++) {
		show(film, number++);
		watcher_answer(watcher, true);
	}
	CHECK(watcher->frames == frames && watcher->pixels[102 * 400 + 102] == 0xff00ff);
	cursor->visible = false;
	own_set_cursor(own, cursor);
	play(watcher, film, number, 3);
	check_close(watcher, film, "without a cursor");
	free(cursor);
	watcher_destroy(watcher);
	end();
}

/* What is not exact stays so where it is copied to, until it is mended there. */
static void check_copied(void) {
	const struct rect film = {16, 40, 320, 200};
	struct own_wish wish = wish_of(TYPICAL);
	wish.copies = true;
	begin(400, 480);
	struct watcher *watcher = watcher_create(own, &wish);
	watcher_answer(watcher, false);
	play(watcher, film, 0, 5);
	/* the page is scrolled, with the last picture of the film in it */
	for (unsigned i = 0; i < 6; i++) {
		memmove(canvas.pixels + (size_t)24 * canvas.stride, canvas.pixels,
			(size_t)(480 - 24) * canvas.stride * 4);
		film_publish(store, &canvas);
		own_published(own);
		watcher_answer_open(watcher);
	}
	check_mended(watcher, "scrolled");
	watcher_destroy(watcher);
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
		watchers[i] = watcher_create(own, &wish);
		watcher_answer(watchers[i], false);
	}
	for (unsigned number = 0; number < 200; number++) {
		unsigned pace[VIEWERS] = {1, 2 + number / 60 * 3, 1 + (number / 40 % 3) * 20};
		show(films[number / 70 % 3], number);
		struct watcher *some[VIEWERS];
		size_t count = 0;
		for (size_t i = 0; i < VIEWERS; i++)
			if ((unsigned)rand() % pace[i] == 0)
				some[count++] = watchers[i];
		watcher_answer_all(some, count);
	}
	for (size_t i = 0; i < VIEWERS; i++) {
		frames += watchers[i]->frames;
		for (unsigned k = 0; k < 8 && !is_exact(watchers[i]); k++)
			watcher_answer_open(watchers[i]);
		CHECK_SAY(is_exact(watchers[i]), "seed %u, viewer %zu", seed, i);
		watcher_destroy(watchers[i]);
	}
	CHECK(frames > 100);
	end();
}

int main(int argc, char **argv) {
	struct reason reason;
	setvbuf(stdout, NULL, _IOLBF, 0);
	if (h264_load(H264_CPU, &reason))
		SKIP("%s", reason.text);
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
