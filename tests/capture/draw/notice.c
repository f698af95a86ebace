/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "capture/draw/notice.h"

#include <stdlib.h>
#include <string.h>

#include "tests/test.h"

/* A copy of the notice's pixels, and the rows in which two copies differ. */
static uint32_t *picture_of(struct notice *notice, const char *headline, const char *words, time_t now,
	uint32_t *width, uint32_t *height) {
	struct frame frame;
	frame_init(&frame);
	CHECK(notice_draw(notice, headline, words, now, &frame) == 0);
	const struct frame_layer *layer = &frame.layers[0];
	CHECK(frame.layer_count == 1 && layer->memory && frame.token && frame.time_ns);
	*width = frame.width;
	*height = frame.height;
	uint32_t *copy = malloc((size_t)frame.width * frame.height * 4);
	CHECK(copy);
	for (uint32_t y = 0; y < frame.height; y++)
		memcpy(copy + (size_t)y * frame.width, layer->memory + (size_t)y * layer->planes[0].pitch,
			(size_t)frame.width * 4);
	frame_finish(&frame);
	return copy;
}

static uint32_t rows_differing(const uint32_t *a, const uint32_t *b, uint32_t width, uint32_t height) {
	uint32_t rows = 0;
	for (uint32_t y = 0; y < height; y++)
		rows += memcmp(a + (size_t)y * width, b + (size_t)y * width, (size_t)width * 4) != 0;
	return rows;
}

static void only_the_time_changes(void) {
	struct notice *notice = notice_create();
	uint32_t width, height;
	uint32_t *a = picture_of(notice, "Display asleep", "Virtual-1 is off", 1000000, &width, &height);
	CHECK(width == 1280 && height == 720);
	uint32_t *b = picture_of(notice, "Display asleep", "Virtual-1 is off", 1000000, &width, &height);
	CHECK(rows_differing(a, b, width, height) == 0);
	uint32_t *c = picture_of(notice, "Display asleep", "Virtual-1 is off", 1000001, &width, &height);
	uint32_t rows = rows_differing(a, c, width, height);
	CHECK(rows > 0 && rows <= 16);
	uint32_t *d = picture_of(notice, "Display asleep", "Virtual-1 is gone", 1000000, &width, &height);
	CHECK(rows_differing(a, d, width, height) > 0);
	uint32_t *e = picture_of(notice, "Display asleep", "Virtual-1 is off", 0, &width, &height);
	rows = rows_differing(a, e, width, height);
	CHECK(rows > 0 && rows <= 16); /* there is no time */
	free(a);
	free(b);
	free(c);
	free(d);
	free(e);
	notice_destroy(notice);
}

/* There are as many distinct rows of text as `words` needs. The text reaches neither margin, so nothing was
 * cut. */
static void long_words_are_broken(void) {
	struct notice *notice = notice_create();
	struct frame small = {.width = 400, .height = 300};
	char words[301];
	for (int i = 0; i < 300; i++)
		words[i] = i % 7 == 6 ? ' ' : 'm';
	words[300] = 0;
	notice_seen(notice, &small);
	uint32_t width, height, text_rows = 0;
	uint32_t *pixels = picture_of(notice, "Headline", words, 5, &width, &height);
	CHECK(width == 400 && height == 300);
	for (uint32_t y = 0; y < height; y++) {
		bool text = false;
		for (uint32_t x = 0; x < width; x++) {
			bool set = pixels[y * width + x] != pixels[0];
			CHECK(!set || (x >= 33 && x < 367));
			text |= set;
		}
		text_rows += text;
	}
	/* 300 characters of 8 pixels need at least eight lines of 334 pixels, and letters are about 8 rows
	 * high */
	CHECK(text_rows >= 8 * 7);
	free(pixels);
	notice_destroy(notice);
}

static void takes_any_size(void) {
	static const uint32_t sizes[][2] = {{1, 1}, {3, 2000}, {2000, 3}, {3840, 2160}};
	for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
		struct notice *notice = notice_create();
		struct frame seen = {.width = sizes[i][0], .height = sizes[i][1]};
		notice_seen(notice, &seen);
		uint32_t width, height;
		free(picture_of(notice, "Headline", "some words\n\nand more", 7, &width, &height));
		CHECK(width == seen.width && height == seen.height);
		notice_destroy(notice);
	}
}

static void waiting_begins_anew(void) {
	struct notice *notice = notice_create();
	struct frame seen = {.width = 640, .height = 480};
	uint32_t width, height;
	notice_seen(notice, &seen);
	free(picture_of(notice, "H", "w", 1000, &width, &height));
	uint32_t *waited = picture_of(notice, "H", "w", 1010, &width, &height);
	notice_seen(notice, &seen);
	uint32_t *anew = picture_of(notice, "H", "w", 1010, &width, &height);
	CHECK(rows_differing(waited, anew, width, height) > 0);
	free(waited);
	free(anew);
	notice_destroy(notice);
}

int main(void) {
	only_the_time_changes();
	long_words_are_broken();
	takes_any_size();
	waiting_begins_anew();
	return 0;
}
