/* SPDX-License-Identifier: GPL-2.0-or-later */
/* SetDesktopSize where the display can have another size: over a socket, with a display of the test's. */
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "encode/rfb/bytes.h"
#include "server/session/resize.h"
#include "tests/server/net/desk.h"
#include "tests/test.h"

static _Atomic unsigned sets;      /* how often the display was set */
static _Atomic uint32_t last_size; /* to what, last: the first screen, ... */
static _Atomic uint32_t next_size; /* ... and the second; 0: there was none */
static _Atomic int answer;         /* of the display */
static _Atomic bool slow;          /* the display is being set until this is false */

static uint32_t size_of(const struct resize_screens *screens, size_t index) {
	return index < screens->count ? screens->list[index].width << 16 | screens->list[index].height : 0;
}

static int set_size(struct desk *desk, const struct resize_screens *screens) {
	(void)desk;
	last_size = size_of(screens, 0);
	next_size = size_of(screens, 1);
	sets++;
	while (slow)
		usleep(1000);
	return answer;
}

/* Asks for a size of one screen, or of one that has only half of it. */
static void ask(const struct seen *seen, uint16_t width, uint16_t height, bool half) {
	uint8_t message[8 + 16] = {251};
	bytes_put16(message + 2, width);
	bytes_put16(message + 4, height);
	message[6] = 1;
	bytes_put16(message + 16, half ? width / 2 : width);
	bytes_put16(message + 18, height);
	seen_say(seen->fd, message, sizeof message);
}

/* Asks for screens of these widths, 50 high, from left to right, or with gaps between them. They are named
 * from the last to the first. */
static void ask_for_row(const struct seen *seen, unsigned count, const uint16_t *widths, bool apart) {
	uint8_t message[8 + 16 * 4] = {251};
	uint16_t x = 0;
	for (unsigned i = 0; i < count; i++) {
		uint8_t *screen = message + 8 + (size_t)(count - 1 - i) * 16;
		bytes_put32(screen, i);
		bytes_put16(screen + 4, x);
		bytes_put16(screen + 8, widths[i]);
		bytes_put16(screen + 10, 50);
		x = (uint16_t)(x + widths[i] + (apart ? 8 : 0));
	}
	bytes_put16(message + 2, x);
	bytes_put16(message + 4, 50);
	message[6] = (uint8_t)count;
	seen_say(seen->fd, message, 8 + 16 * (size_t)count);
}

static void ask_for_nothing(const struct seen *seen) {
	static const uint8_t none[8] = {251, 0, 0, 100, 0, 100};
	seen_say(seen->fd, none, sizeof none);
}

static void request(struct seen *seen) {
	seen_request(seen, true, 0, 0, (uint16_t)seen->width, (uint16_t)seen->height);
}

static void join(struct desk *desk, struct seen *seen) {
	seen_join(desk, seen);
	seen_encodings(seen, (const int32_t[]){-308, 0}, 2);
	seen_request(seen, false, 0, 0, (uint16_t)seen->width, (uint16_t)seen->height);
	seen_update(seen);
	seen->sizes[0] = '\0';
	request(seen);
}

static void wait_for_sets(unsigned count) {
	for (int i = 0; sets < count && i < 10000; i++)
		usleep(1000);
	CHECK_SAY(sets == count, "%u", sets);
}

/* Reads, and asks for updates, until these answers have come. */
static void until_sizes(struct seen *seen, const char *sizes) {
	while (strlen(seen->sizes) < strlen(sizes)) {
		CHECK_SAY(seen_message(seen, 30000) >= 0, "only %s", seen->sizes);
		request(seen);
	}
	CHECK_SAY(strcmp(seen->sizes, sizes) == 0, "%s, not %s", seen->sizes, sizes);
	seen->sizes[0] = '\0';
}

/* Nothing more comes. */
static void still(struct seen *seen) {
	while (seen_message(seen, 200) >= 0)
		CHECK_SAY(seen->sizes[0] == '\0', "%s", seen->sizes);
}

/* Of many sizes the last is taken. All questions are answered with what came, in their order, and the other
 * viewer learns that it was not its own wish. */
static void takes_the_last(struct desk *desk) {
	struct seen one, other;
	join(desk, &one);
	join(desk, &other);
	sets = 0;
	ask(&one, 100, 80, false);
	ask(&one, 110, 80, false);
	ask_for_nothing(&one);
	ask(&one, 120, 90, false);
	wait_for_sets(1);
	CHECK_SAY(last_size == (120 << 16 | 90), "%x", last_size);
	still(&one); /* nothing has come of it yet */
	desk_paint(desk, 120, 90, 7);
	until_sizes(&one, "1:01:01:31:0");
	CHECK(one.width == 120 && one.height == 90 && one.screen_count == 1);
	until_sizes(&other, "2:0");
	CHECK(other.width == 120 && other.height == 90);

	ask(&other, 120, 90, false); /* it has that size */
	until_sizes(&other, "1:0");
	CHECK(sets == 1);
	seen_leave(&other);
	still(&one);

	slow = true; /* and another wish while the display is being set */
	ask(&one, 130, 90, false);
	wait_for_sets(2);
	ask(&one, 140, 90, false);
	slow = false;
	wait_for_sets(3);
	desk_paint(desk, 140, 90, 8);
	until_sizes(&one, "1:01:0");
	CHECK(one.width == 140 && last_size == (140 << 16 | 90));
	seen_leave(&one);
	wait_for_sets(4); /* nobody is left: the first size comes back */
	CHECK_SAY(last_size == (64 << 16 | 48), "%x", last_size);
	desk_paint(desk, 64, 48, 9);
}

static void fails(struct desk *desk, struct seen *seen, int error, const char *sizes) {
	(void)desk;
	answer = error;
	ask(seen, 100, 100, false);
	until_sizes(seen, sizes);
	CHECK(seen->width == 64 && seen->height == 48);
	answer = 0;
}

/* What cannot be is said by the protocol's numbers, and sizes stay. */
static void refuses(struct desk *desk) {
	struct seen seen;
	join(desk, &seen);
	fails(desk, &seen, -EINVAL, "1:3");
	fails(desk, &seen, -EIO, "1:2");
	fails(desk, &seen, -EOPNOTSUPP, "1:1");
	sets = 0;
	ask(&seen, 100, 100, true); /* not one screen */
	until_sizes(&seen, "1:3");
	ask(&seen, 90, 90, false); /* a text console keeps its size */
	until_sizes(&seen, "1:3");
	CHECK(sets == 1 && seen.width == 64);
	ask(&seen, 64, 48, false);
	until_sizes(&seen, "1:0");
	CHECK(sets == 2);
	desk->view_only = true;
	desk_looked(desk);
	usleep(50 * 1000);
	ask(&seen, 100, 100, false);
	until_sizes(&seen, "1:1");
	CHECK(sets == 2);
	desk->view_only = false;
	desk_looked(desk);
	usleep(50 * 1000);
	seen_leave(&seen);
}

static void show(struct desk *desk, const struct picture_screen *screens, uint32_t count, uint32_t width) {
	CHECK(picture_store_set_screens(desk->store, screens, count) == 0);
	desk_paint(desk, width, 50, 3);
}

/* Several screens, which are set from left to right, and come. Sizes alone do not make them: there must be as
 * many.
 */
static void several(struct desk *desk) {
	static const struct picture_screen two[] = {{7, {60, 0, 40, 50}}, {9, {0, 0, 60, 50}}};
	static const struct picture_screen one[] = {{9, {0, 0, 100, 50}}};
	struct seen seen;
	join(desk, &seen);
	sets = 0;
	ask_for_row(&seen, 2, (const uint16_t[]){60, 40}, false);
	wait_for_sets(1);
	CHECK_SAY(
		last_size == (60 << 16 | 50) && next_size == (40 << 16 | 50), "%x %x", last_size, next_size);
	desk_paint(desk, 100, 50, 2);
	until_sizes(&seen, ""); /* it is one screen */
	show(desk, two, 2, 100);
	until_sizes(&seen, "1:0");
	CHECK(seen.width == 100 && seen.screen_count == 2 && seen.screens[0].id == 7);

	ask_for_row(&seen, 2, (const uint16_t[]){60, 40}, true);
	until_sizes(&seen, "1:3");
	ask_for_row(&seen, 4, (const uint16_t[]){20, 20, 20, 40}, false);
	until_sizes(&seen, "1:3");
	CHECK(sets == 1 && seen.screen_count == 2);

	ask_for_row(&seen, 1, (const uint16_t[]){100}, false); /* as large as both */
	wait_for_sets(2);
	CHECK(last_size == (100 << 16 | 50) && !next_size);
	show(desk, one, 1, 100);
	until_sizes(&seen, "1:0");
	CHECK(seen.screen_count == 1);
	answer = -ENOSPC;
	ask_for_row(&seen, 2, (const uint16_t[]){60, 40}, false);
	until_sizes(&seen, "1:2");
	answer = 0;
	seen_leave(&seen);
	wait_for_sets(4);
	CHECK_SAY(last_size == (64 << 16 | 48) && !next_size, "%x", last_size);
	CHECK(picture_store_set_screens(desk->store, NULL, 0) == 0);
	desk_paint(desk, 64, 48, 5);
}

/* The display stands upright, and viewers see it lying. */
static void turns(void) {
	struct desk desk = {.options = {.security = "none", .desktop_name = "the desk"},
		.set_size = set_size,
		.sideways = true};
	struct seen seen;
	sets = 0;
	desk_start(&desk);
	join(&desk, &seen);
	ask(&seen, 200, 100, false);
	wait_for_sets(1);
	CHECK_SAY(last_size == (100 << 16 | 200), "%x", last_size);
	desk_paint(&desk, 200, 100, 3);
	until_sizes(&seen, "1:0");
	slow = true; /* the end comes while the display is being set */
	ask(&seen, 300, 100, false);
	wait_for_sets(2);
	seen_leave(&seen);
	while (desk.left < desk.joined)
		usleep(1000);
	slow = false;
	desk_stop(&desk);
}

int main(void) {
	struct desk desk = {
		.options = {.security = "none", .desktop_name = "the desk"}, .set_size = set_size};
	desk_start(&desk);
	takes_the_last(&desk);
	refuses(&desk);
	several(&desk);
	while (desk.left < desk.joined)
		usleep(1000);
	desk_stop(&desk);
	turns();
	return 0;
}
