/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Several outputs in one picture, when they change places: each is shown where it lies, and what none of them
 * covers is black. */
#include "server/frames/desktop.h"

#include <stdatomic.h>
#include <unistd.h>

#include "server/frames/frames.h"
#include "tests/server/frames/two_outputs.h"
#include "tests/test.h"

struct seen {
	_Atomic unsigned looked, checked;
};

static void ignore(void *context) {
	(void)context;
}

static void ignore_cursor(void *context, bool moved) {
	(void)context;
	(void)moved;
}

static void ignore_missing(void *context, const char *missing) {
	(void)context;
	(void)missing;
}

static void on_looked(void *context) {
	((struct seen *)context)->looked++;
}

static void on_checked(void *context) {
	((struct seen *)context)->checked++;
}

static struct frames *start(struct picture_store *store, struct seen *seen, const char *names) {
	struct frames_options options = {
		.source = {.kind = SOURCE_KMS, .output = names},
		.path = PATH_CPU,
		.fps = 120,
		.store = store,
		.events = {.context = seen,
			.published = ignore,
			.cursor_changed = ignore_cursor,
			.missing_changed = ignore_missing,
			.looked = on_looked,
			.checked = on_checked},
	};
	struct frames *frames;
	struct reason why, reason = {""};
	CHECK_SAY(frames_create(&options, &frames, &why, &reason) == 0, "%s", reason.text);
	return frames;
}

/* Waits until a counter has reached a number, for at most a minute. */
static bool reaches(_Atomic unsigned *counter, unsigned number) {
	for (int i = 0; i < 60000 && *counter < number; i++)
		usleep(1000);
	return *counter >= number;
}

static void switch_to(struct frames *frames, struct seen *seen, const char *names) {
	struct reason reason;
	unsigned checked = seen->checked;
	frames_switch(frames, names);
	CHECK(reaches(&seen->checked, checked + 1));
	CHECK_SAY(frames_switched(frames, &reason) == 0, "%s", reason.text);
}

/* The colour that belongs at a place of a picture in which the outputs lie side by side in this order. */
static uint32_t colour_at(const size_t order[OUTPUTS], uint32_t x, uint32_t y) {
	for (size_t i = 0; i < OUTPUTS; i++) {
		if (x < test_outputs[order[i]].width)
			return y < test_outputs[order[i]].height ? test_outputs[order[i]].colour : 0;
		x -= test_outputs[order[i]].width;
	}
	return 0;
}

static void check_pixels(const struct picture *picture, const size_t order[OUTPUTS]) {
	CHECK(picture != NULL);
	CHECK_SAY(picture->width == 330 && picture->height == 200, "%ux%u", picture->width, picture->height);
	for (uint32_t y = 0; y < picture->height; y++) {
		const uint32_t *row =
			(const uint32_t *)(const void *)(picture->pixels + (size_t)y * picture->stride);
		for (uint32_t x = 0; x < picture->width; x++)
			CHECK_SAY(row[x] == colour_at(order, x, y), "%06x at %u,%u", row[x], x, y);
	}
}

static const size_t tall_first[OUTPUTS] = {TALL, LOW}, low_first[OUTPUTS] = {LOW, TALL};

/* Under the low output there is nothing. If it comes to lie where the tall one was, the picture is as large
 * as before. `held`: a viewer still reads the picture, so that it is continued in another buffer. */
static void what_is_left_becomes_black(bool held) {
	struct picture_store *store = picture_store_create();
	struct seen seen = {0};
	struct frames *frames = start(store, &seen, "TALL-1,LOW-1");
	const struct picture *before = picture_store_acquire(store);
	check_pixels(before, tall_first);
	if (!held)
		picture_store_release(store, before);
	switch_to(frames, &seen, "LOW-1,TALL-1");
	const struct picture *after = picture_store_acquire(store);
	CHECK((after == before) == !held);
	check_pixels(after, low_first);
	uint64_t generation = after->generation;
	for (uint32_t tile = 0; tile < 6 * 4; tile++)
		CHECK_SAY(after->tile_generation[tile] == generation, "tile %u", tile);
	picture_store_release(store, after);

	frames_want(frames, true);
	CHECK(reaches(&seen.looked, 3));
	CHECK(picture_store_generation(store, NULL, NULL) == generation); /* it is damaged once */
	if (held)
		picture_store_release(store, before);
	frames_destroy(frames);
	picture_store_destroy(store);
}

/* What was black under the low output is shown in, and is black again when that goes back. */
static void and_is_shown_in_again(void) {
	struct picture_store *store = picture_store_create();
	struct seen seen = {0};
	struct frames *frames = start(store, &seen, "LOW-1,TALL-1");
	for (int i = 0; i < 4; i++) {
		switch_to(frames, &seen, i % 2 ? "LOW-1,TALL-1" : "TALL-1,LOW-1");
		const struct picture *picture = picture_store_acquire(store);
		check_pixels(picture, i % 2 ? low_first : tall_first);
		picture_store_release(store, picture);
	}
	frames_destroy(frames);
	picture_store_destroy(store);
}

int main(void) {
	what_is_left_becomes_black(false);
	what_is_left_becomes_black(true);
	and_is_shown_in_again();
	return 0;
}
