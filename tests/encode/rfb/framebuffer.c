/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a viewer is shown: the picture itself, its upper left part, or a part of it with black beside it; and
 * a banner and a cursor on any of these. */
#include "encode/rfb/framebuffer.h"

#include <string.h>

#include "capture/base/array.h"
#include "tests/test.h"

static struct picture picture_of(uint32_t *pixels, uint32_t width, uint32_t height) {
	for (uint32_t i = 0; i < width * height; i++)
		pixels[i] = i * 0x010203u & 0xffffffu;
	return (struct picture){
		.width = width, .height = height, .stride = width * 4, .pixels = (uint8_t *)pixels};
}

static uint32_t word(const uint8_t *pixels, size_t stride, uint32_t x, uint32_t y) {
	uint32_t value;
	memcpy(&value, pixels + y * stride + x * 4, sizeof value);
	return value;
}

static uint32_t pixel(
	struct framebuffer *framebuffer, const struct picture *picture, uint32_t x, uint32_t y) {
	size_t stride;
	const struct rect one = {(int32_t)x, (int32_t)y, 1, 1};
	const uint8_t *pixels = framebuffer_pixels(framebuffer, picture, &one, &stride);
	return word(pixels, stride, 0, 0);
}

static void must_show_part(
	struct framebuffer *framebuffer, const struct picture *picture, const struct rect *part) {
	size_t stride;
	const uint8_t *pixels = framebuffer_pixels(framebuffer, picture, part, &stride);
	for (uint32_t y = 0; y < part->height; y++) {
		for (uint32_t x = 0; x < part->width; x++) {
			uint32_t at_x = (uint32_t)part->x + x, at_y = (uint32_t)part->y + y;
			bool inside = at_x < picture->width && at_y < picture->height;
			CHECK_SAY(word(pixels, stride, x, y) ==
					  (inside ? word(picture->pixels, picture->stride, at_x, at_y) : 0),
				"at %u,%u", at_x, at_y);
		}
	}
}

/* Every pixel that both have must be the picture's, and the rest black, both as a whole and in parts. */
static void must_show(struct framebuffer *framebuffer, const struct picture *picture) {
	uint32_t width = framebuffer->desktop.width, height = framebuffer->desktop.height;
	must_show_part(framebuffer, picture, &(struct rect){0, 0, width, height});
	for (uint32_t y = 0; y < height; y += 3)
		for (uint32_t x = 0; x < width; x += 7)
			must_show_part(framebuffer, picture,
				&(struct rect){(int32_t)x, (int32_t)y, width - x < 7 ? width - x : 7,
					height - y < 3 ? height - y : 3});
}

static void follow(void) {
	static uint32_t small_pixels[20 * 10], large_pixels[30 * 12];
	struct picture small = picture_of(small_pixels, 20, 10), large = picture_of(large_pixels, 30, 12);
	struct framebuffer framebuffer;
	framebuffer_init(&framebuffer, 20, 10);
	CHECK(!framebuffer_outdated(&framebuffer, &small, FRAMEBUFFER_FOLLOWS_SIZES));
	must_show(&framebuffer, &small);
	CHECK(framebuffer_outdated(&framebuffer, &large, FRAMEBUFFER_FOLLOWS_SIZES));
	CHECK(framebuffer_resize(&framebuffer, &large, FRAMEBUFFER_FOLLOWS_SIZES));
	CHECK(framebuffer.desktop.width == 30 && framebuffer.desktop.height == 12);
	must_show(&framebuffer, &large);
	CHECK(!framebuffer.part); /* it is the picture itself */
	/* the next size may come in the middle of an update */
	must_show(&framebuffer, &small);
	framebuffer_finish(&framebuffer);
}

static void stay(uint32_t width, uint32_t height) {
	static uint32_t first_pixels[20 * 10], pixels[40 * 40];
	struct picture first = picture_of(first_pixels, 20, 10), other = picture_of(pixels, width, height);
	struct framebuffer framebuffer;
	framebuffer_init(&framebuffer, 20, 10);
	CHECK(framebuffer_outdated(&framebuffer, &other, FRAMEBUFFER_FOLLOWS_NOTHING));
	CHECK(!framebuffer_resize(&framebuffer, &other, FRAMEBUFFER_FOLLOWS_NOTHING));
	CHECK(framebuffer.desktop.width == 20 && framebuffer.desktop.height == 10);
	struct rect all = {0, 0, width, height};
	CHECK(framebuffer_clip(&framebuffer, &all));
	CHECK(all.width == (width < 20 ? width : 20) && all.height == (height < 10 ? height : 10));
	must_show(&framebuffer, &other);
	struct rect outside = {20, 0, 5, 5};
	CHECK(!framebuffer_clip(&framebuffer, &outside));
	/* The viewer says that it can follow a size after it was shown a part. */
	CHECK(!framebuffer_outdated(&framebuffer, &other, FRAMEBUFFER_FOLLOWS_NOTHING));
	CHECK(framebuffer_outdated(&framebuffer, &other, FRAMEBUFFER_FOLLOWS_SIZES));
	/* The old size is back. */
	CHECK(!framebuffer_resize(&framebuffer, &first, FRAMEBUFFER_FOLLOWS_NOTHING));
	must_show(&framebuffer, &first);
	framebuffer_finish(&framebuffer);
}

/* Takes the picture on, which has what this viewer must be told of. */
static void learns(struct framebuffer *framebuffer, const struct picture *picture) {
	CHECK(framebuffer_outdated(framebuffer, picture, FRAMEBUFFER_FOLLOWS_SCREENS));
	CHECK(framebuffer_resize(framebuffer, picture, FRAMEBUFFER_FOLLOWS_SCREENS));
	CHECK(!framebuffer_outdated(framebuffer, picture, FRAMEBUFFER_FOLLOWS_SCREENS));
	CHECK(framebuffer->desktop.screen_count == picture->screen_count);
	CHECK(memcmp(framebuffer->desktop.screens, picture->screens,
		      picture->screen_count * sizeof picture->screens[0]) == 0);
}

static void has_one_screen(const struct framebuffer *framebuffer, uint32_t width, uint32_t height) {
	const struct encoder_desktop *desktop = &framebuffer->desktop;
	const struct picture_screen *only = desktop->screens;
	CHECK(desktop->width == width && desktop->height == height && desktop->screen_count == 1);
	CHECK(only->id == 1 && only->place.x == 0 && only->place.y == 0 && only->place.width == width &&
		only->place.height == height);
}

/* Only a viewer that follows screens is told of them, each time when something about them is new. */
static void follow_screens(void) {
	static uint32_t pixels[40 * 10], less_pixels[30 * 10];
	struct picture picture = picture_of(pixels, 40, 10), less = picture_of(less_pixels, 30, 10);
	struct framebuffer framebuffer;
	framebuffer_init(&framebuffer, 40, 10);
	has_one_screen(&framebuffer, 40, 10);
	CHECK(!framebuffer_outdated(&framebuffer, &picture, FRAMEBUFFER_FOLLOWS_SCREENS));
	picture.screens[0] = (struct picture_screen){7, {0, 0, 20, 10}};
	picture.screens[1] = (struct picture_screen){9, {20, 1, 20, 9}};
	picture.screen_count = 2;
	CHECK(!framebuffer_outdated(&framebuffer, &picture, FRAMEBUFFER_FOLLOWS_NOTHING));
	CHECK(!framebuffer_outdated(&framebuffer, &picture, FRAMEBUFFER_FOLLOWS_SIZES));
	learns(&framebuffer, &picture);
	/* it says that it does not follow screens any more: there is nothing that it can be told */
	CHECK(!framebuffer_outdated(&framebuffer, &picture, FRAMEBUFFER_FOLLOWS_SIZES));
	picture.screens[1].id = 8;
	learns(&framebuffer, &picture);
	picture.screens[1].place.y = 0;
	learns(&framebuffer, &picture);
	picture.screens[1].place.height = 10;
	learns(&framebuffer, &picture);
	for (unsigned i = 0; i < PICTURE_MAX_SCREENS; i++)
		picture.screens[i] = (struct picture_screen){100 + i, {(int32_t)i, 0, 1, 10}};
	picture.screen_count = PICTURE_MAX_SCREENS;
	learns(&framebuffer, &picture);
	picture.screen_count = 0;
	CHECK(framebuffer_outdated(&framebuffer, &picture, FRAMEBUFFER_FOLLOWS_SCREENS));
	CHECK(framebuffer_resize(&framebuffer, &picture, FRAMEBUFFER_FOLLOWS_SCREENS));
	has_one_screen(&framebuffer, 40, 10);
	/* it follows sizes only, and says later that it follows screens, too */
	less.screens[0] = (struct picture_screen){7, {0, 0, 30, 10}};
	less.screen_count = 1;
	CHECK(framebuffer_resize(&framebuffer, &less, FRAMEBUFFER_FOLLOWS_SIZES));
	has_one_screen(&framebuffer, 30, 10);
	CHECK(!framebuffer_outdated(&framebuffer, &less, FRAMEBUFFER_FOLLOWS_SIZES));
	learns(&framebuffer, &less);
	framebuffer_finish(&framebuffer);
}

static void cursor_on_it(void) {
	static uint32_t pixels[20 * 10];
	static struct cursor cursor = {.visible = true, .placed = true, .shape = 1, .width = 2, .height = 2};
	for (int i = 0; i < 4; i++)
		cursor.pixels[i] = 0xffabcdefu;
	cursor.x = 4, cursor.y = 5;
	struct picture picture = picture_of(pixels, 20, 10);
	struct framebuffer framebuffer;
	struct rect changed[2];
	framebuffer_init(&framebuffer, 20, 10);
	CHECK(framebuffer_move_cursor(&framebuffer, NULL, changed) == 0);
	must_show(&framebuffer, &picture);
	CHECK(framebuffer_move_cursor(&framebuffer, &cursor, changed) == 1);
	CHECK(changed[0].x == 4 && changed[0].y == 5 && changed[0].width == 2 && changed[0].height == 2);
	CHECK(pixel(&framebuffer, &picture, 5, 6) == 0xabcdef);
	CHECK(pixel(&framebuffer, &picture, 6, 6) == pixels[6 * 20 + 6]);
	CHECK(framebuffer.part_size < sizeof pixels); /* a viewer does not cost a copy of the picture */
	/* From here on the viewer draws the cursor itself: its place shows the picture again. */
	CHECK(framebuffer_move_cursor(&framebuffer, NULL, changed) == 1);
	CHECK(changed[0].x == 4 && changed[0].y == 5);
	must_show(&framebuffer, &picture);
	framebuffer_finish(&framebuffer);
}

enum { BANNER_WIDTH = 640, BANNER_HEIGHT = 400 };
static const uint64_t second = 1000000000;

/* Returns how many pixels of these rows are not the picture's. */
static uint32_t covered(
	struct framebuffer *framebuffer, const struct picture *picture, uint32_t top, uint32_t bottom) {
	uint32_t count = 0;
	size_t stride;
	for (uint32_t y = top; y < bottom; y++) {
		const struct rect line = {0, (int32_t)y, picture->width, 1};
		const uint8_t *pixels = framebuffer_pixels(framebuffer, picture, &line, &stride);
		for (uint32_t x = 0; x < picture->width; x++)
			count += word(pixels, stride, x, 0) != word(picture->pixels, picture->stride, x, y);
	}
	return count;
}

static void must_cover_only(
	struct framebuffer *framebuffer, const struct picture *picture, const struct rect *place) {
	uint32_t end = place->height, all = place->width * place->height;
	CHECK(place->y == 0 && place->x >= 0 && (uint32_t)place->x + place->width <= picture->width);
	uint32_t count = covered(framebuffer, picture, 0, end);
	CHECK_SAY(count > all / 2 && count <= all, "%u of %u", count, all);
	CHECK(covered(framebuffer, picture, end, picture->height) == 0);
	CHECK(pixel(framebuffer, picture, (uint32_t)place->x, end - 1) ==
		pixel(framebuffer, picture, (uint32_t)place->x + place->width - 1, 0)); /* its edge */
	if (place->x)
		CHECK(pixel(framebuffer, picture, (uint32_t)place->x - 1, 0) ==
			word(picture->pixels, picture->stride, (uint32_t)place->x - 1, 0));
}

static bool same_place(const struct rect *a, const struct rect *b) {
	return memcmp(a, b, sizeof *a) == 0;
}

static void banner_on_it(void) {
	static uint32_t pixels[BANNER_WIDTH * BANNER_HEIGHT];
	static struct cursor cursor = {.visible = true, .placed = true, .shape = 1, .width = 2, .height = 2};
	for (int i = 0; i < 4; i++)
		cursor.pixels[i] = 0xffabcdefu;
	struct picture picture = picture_of(pixels, BANNER_WIDTH, BANNER_HEIGHT);
	struct framebuffer framebuffer;
	struct rect changed[2], laid[2];
	const struct rect *place = &laid[0];
	uint64_t now = 5 * second;
	framebuffer_init(&framebuffer, BANNER_WIDTH, BANNER_HEIGHT);
	struct banner *banner = &framebuffer.banner;
	CHECK(framebuffer_lay_banner(&framebuffer, now, changed) == 0);
	CHECK(banner_left_ns(banner, now) == UINT64_MAX);

	banner_say(banner, "a video is missing", now, 10 * second);
	CHECK(framebuffer_lay_banner(&framebuffer, now, laid) == 1);
	CHECK(framebuffer_lay_banner(&framebuffer, now, changed) == 0);
	must_cover_only(&framebuffer, &picture, place);
	/* the cursor lies above the banner, and leaves it whole */
	uint32_t x = (uint32_t)place->x + 3, below = pixel(&framebuffer, &picture, x, 3);
	cursor.x = (int32_t)x, cursor.y = 3;
	CHECK(framebuffer_move_cursor(&framebuffer, &cursor, changed) == 1);
	CHECK(below != 0xabcdef && pixel(&framebuffer, &picture, x, 3) == 0xabcdef);
	CHECK(framebuffer_move_cursor(&framebuffer, NULL, changed) == 1);
	CHECK(pixel(&framebuffer, &picture, x, 3) == below);

	/* the banner goes by itself, and then every pixel is the picture's again */
	CHECK(banner_left_ns(banner, now + 9 * second) == second);
	CHECK(framebuffer_lay_banner(&framebuffer, now + 10 * second - 1, changed) == 0);
	CHECK(banner_left_ns(banner, now + 11 * second) == 0);
	now += 10 * second;
	CHECK(framebuffer_lay_banner(&framebuffer, now, changed) == 1 && same_place(changed, place));
	must_show(&framebuffer, &picture);
	CHECK(!banner->canvas.pixels && banner_left_ns(banner, now) == UINT64_MAX);

	/* the same text is not shown again so soon; another text is, and it replaces the present one */
	banner_say(banner, "", now, 10 * second);
	banner_say(banner, "a video is missing", now += second, 10 * second);
	CHECK(framebuffer_lay_banner(&framebuffer, now, changed) == 0);
	banner_say(banner, "a window is missing", now, 10 * second);
	CHECK(framebuffer_lay_banner(&framebuffer, now, laid) == 1);
	banner_say(banner, "a window, and a video", now, 10 * second);
	CHECK(framebuffer_lay_banner(&framebuffer, now, changed) == 2);
	CHECK(same_place(&changed[0], place) && changed[1].width > place->width);
	must_cover_only(&framebuffer, &picture, &changed[1]);
	/* what it said is no longer true */
	banner_say(banner, "", now, 10 * second);
	CHECK(framebuffer_lay_banner(&framebuffer, now, changed) == 1);
	must_show(&framebuffer, &picture);
	now += BANNER_AGAIN_S * second;
	banner_say(banner, "a window, and a video", now, 10 * second);
	CHECK(framebuffer_lay_banner(&framebuffer, now, laid) == 1);
	framebuffer_finish(&framebuffer);
}

/* A banner that is shown is laid again for the new size, in as many lines as it needs. */
static void banner_follows(void) {
	static const uint32_t sizes[][2] = {{400, 300}, {100, 380}, {64, 20}, {1, 1}, {640, 400}};
	static uint32_t pixels[BANNER_WIDTH * BANNER_HEIGHT];
	struct framebuffer framebuffer;
	struct rect changed[2];
	framebuffer_init(&framebuffer, BANNER_WIDTH, BANNER_HEIGHT);
	banner_say(&framebuffer.banner, "Not all of the screen is shown here: a video is missing", second,
		10 * second);
	CHECK(framebuffer_lay_banner(&framebuffer, second, changed) == 1);
	for (size_t i = 0; i < ARRAY_LEN(sizes); i++) {
		struct picture picture = picture_of(pixels, sizes[i][0], sizes[i][1]);
		framebuffer_resize(&framebuffer, &picture, true);
		CHECK(framebuffer_lay_banner(&framebuffer, second, changed) == 1);
		must_cover_only(&framebuffer, &picture, &changed[0]);
		CHECK(changed[0].height >= (sizes[i][0] == 100 ? 100 : sizes[i][1] < 20 ? 1 : 20));
	}
	struct picture picture = picture_of(pixels, 100, 100);
	framebuffer_resize(&framebuffer, &picture, true); /* its time ends before it is laid again */
	CHECK(framebuffer_lay_banner(&framebuffer, 20 * second, changed) == 0);
	must_show(&framebuffer, &picture);
	CHECK(!framebuffer.banner.canvas.pixels);
	framebuffer_finish(&framebuffer);
}

int main(void) {
	follow();
	follow_screens();
	stay(40, 40);
	stay(12, 7);
	stay(30, 5);
	cursor_on_it();
	banner_on_it();
	banner_follows();
	return 0;
}
