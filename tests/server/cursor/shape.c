/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The cursor's rectangles, byte by byte, and what was learnt about hotspots. */
#include "server/cursor/shape.h"

#include <string.h>

#include "capture/base/array.h"
#include "encode/rfb/overlay.h"
#include "encode/rfb/rectangle.h"
#include "server/cursor/hotspot.h"
#include "tests/test.h"

static const uint8_t bgrx[16] = {32, 24, 0, 1, 0, 255, 0, 255, 0, 255, 16, 8, 0};
static const uint8_t big_endian_rgb[16] = {32, 24, 1, 1, 0, 255, 0, 255, 0, 255, 16, 8, 0};
static const uint8_t rgb565[16] = {16, 16, 0, 1, 0, 31, 0, 63, 0, 31, 11, 5, 0};
static const uint8_t bgr233[16] = {8, 8, 0, 1, 0, 7, 0, 7, 0, 3, 0, 3, 6};
static const uint8_t bgr233_wide[16] = {32, 8, 1, 1, 0, 7, 0, 7, 0, 3, 0, 3, 6}; /* the format that stands in
										  * for a colour map */

static uint8_t out[CURSOR_SHAPE_MAX];
static struct cursor cursor;

static void set(uint32_t width, uint32_t height, const uint32_t *pixels) {
	cursor = (struct cursor){
		.visible = true, .placed = true, .shape = 1, .width = width, .height = height};
	memcpy(cursor.pixels, pixels, (size_t)width * height * 4);
}

static void is(size_t size, const uint8_t *expected, size_t expected_size) {
	CHECK_SAY(size == expected_size, "%zu bytes, expected %zu", size, expected_size);
	for (size_t i = 0; i < size; i++)
		CHECK_SAY(out[i] == expected[i], "byte %zu is %02x, expected %02x", i, out[i], expected[i]);
}

/* Opaque orange, half-transparent red (premultiplied), nothing, thin white. */
static const uint32_t samples[] = {0xffff8000, 0x80800000, 0x00000000, 0x10101010};

static void with_alpha(void) {
	set(2, 2, samples);
	static const uint8_t expected[] = {0, 1, 0, 0, 0, 2, 0, 2, 0xff, 0xff, 0xfe, 0xc6, 0, 0, 0, 0, 0xff,
		0x80, 0, 0xff, 0x80, 0, 0, 0x80, 0, 0, 0, 0, 0x10, 0x10, 0x10, 0x10};
	is(cursor_write_shape(out, ENCODING_CURSOR_WITH_ALPHA, &cursor, 1, 0, bgrx), expected,
		sizeof expected);
}

/* The pixels are neither multiplied by alpha nor in the viewer's format. */
static void vmware(void) {
	set(2, 2, samples);
	static const uint8_t expected[] = {0, 1, 0, 0, 0, 2, 0, 2, 0x57, 0x4d, 0x56, 0x64, 1, 0, 0xff, 0x80,
		0, 0xff, 0xff, 0, 0, 0x80, 0, 0, 0, 0, 0xff, 0xff, 0xff, 0x10};
	is(cursor_write_shape(out, ENCODING_VMWARE_CURSOR, &cursor, 1, 0, rgb565), expected, sizeof expected);
}

static void rich(void) {
	set(2, 2, samples);
	static const uint8_t little[] = {0, 0, 0, 1, 0, 2, 0, 2, 0xff, 0xff, 0xff, 0x11, 0x00, 0x80, 0xff, 0,
		0, 0, 0xff, 0, 0, 0, 0, 0, 0xff, 0xff, 0xff, 0, 0xc0, 0x00};
	is(cursor_write_shape(out, ENCODING_RICH_CURSOR, &cursor, 0, 1, bgrx), little, sizeof little);
	static const uint8_t big[] = {0, 0, 0, 1, 0, 2, 0, 2, 0xff, 0xff, 0xff, 0x11, 0, 0xff, 0x80, 0x00, 0,
		0xff, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 0xff, 0xc0, 0x00};
	is(cursor_write_shape(out, ENCODING_RICH_CURSOR, &cursor, 0, 1, big_endian_rgb), big, sizeof big);
	static const uint8_t small[] = {0, 0, 0, 0, 0, 2, 0, 2, 0xff, 0xff, 0xff, 0x11, 0x00, 0xfc, 0x00,
		0xf8, 0, 0, 0xff, 0xff, 0xc0, 0x00};
	is(cursor_write_shape(out, ENCODING_RICH_CURSOR, &cursor, 0, 0, rgb565), small, sizeof small);
	static const uint8_t mapped[] = {
		0, 0, 0, 0, 0, 2, 0, 2, 0xff, 0xff, 0xff, 0x11, 0x27, 0x07, 0, 0xff, 0xc0, 0x00};
	is(cursor_write_shape(out, ENCODING_RICH_CURSOR, &cursor, 0, 0, bgr233), mapped, sizeof mapped);
	static const uint8_t wide[] = {0, 0, 0, 0, 0, 2, 0, 2, 0xff, 0xff, 0xff, 0x11, 0, 0, 0, 0x27, 0, 0, 0,
		0x07, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xc0, 0x00};
	is(cursor_write_shape(out, ENCODING_RICH_CURSOR, &cursor, 0, 0, bgr233_wide), wide, sizeof wide);
}

static void masks_have_whole_bytes(void) {
	uint32_t pixels[9 * 2] = {0};
	pixels[8] = 0xffffffff;
	pixels[9] = 0xffffffff;
	set(9, 2, pixels);
	size_t size = cursor_write_shape(out, ENCODING_RICH_CURSOR, &cursor, 0, 0, bgrx);
	CHECK(size == 12 + 9 * 2 * 4 + 2 * 2);
	CHECK(memcmp(out + size - 4, "\x00\x80\x80\x00", 4) == 0);
}

static void nothing_is_an_empty_shape(void) {
	static const uint8_t empty_rich[] = {0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 0xff, 0x11};
	static const uint8_t empty_alpha[] = {0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 0xfe, 0xc6, 0, 0, 0, 0};
	static const uint8_t empty_vmware[] = {0, 0, 0, 0, 0, 0, 0, 0, 0x57, 0x4d, 0x56, 0x64, 1, 0};
	set(2, 2, samples);
	cursor.visible = false;
	is(cursor_write_shape(out, ENCODING_VMWARE_CURSOR, &cursor, 1, 1, bgrx), empty_vmware,
		sizeof empty_vmware);
	is(cursor_write_shape(out, ENCODING_RICH_CURSOR, &cursor, 1, 1, bgrx), empty_rich, sizeof empty_rich);
	is(cursor_write_shape(out, ENCODING_CURSOR_WITH_ALPHA, &cursor, 1, 1, bgrx), empty_alpha,
		sizeof empty_alpha);
}

static void hotspots_stay_inside(void) {
	set(2, 2, samples);
	cursor_write_shape(out, ENCODING_RICH_CURSOR, &cursor, -5, 7000, bgrx);
	CHECK(memcmp(out, "\0\0\0\1", 4) == 0);
}

static void the_largest_fits(void) {
	static uint32_t pixels[CURSOR_MAX_SIDE * CURSOR_MAX_SIDE];
	set(CURSOR_MAX_SIDE, CURSOR_MAX_SIDE, pixels);
	CHECK(cursor_write_shape(out, ENCODING_RICH_CURSOR, &cursor, 0, 0, bgrx) <= sizeof out);
	CHECK(cursor_write_shape(out, ENCODING_CURSOR_WITH_ALPHA, &cursor, 0, 0, bgrx) <= sizeof out);
	CHECK(cursor_write_shape(out, ENCODING_VMWARE_CURSOR, &cursor, 0, 0, bgrx) <= sizeof out);
}

static void position(void) {
	static const uint8_t expected[] = {0x01, 0x02, 0x03, 0x04, 0, 0, 0, 0, 0xff, 0xff, 0xff, 0x18};
	is(cursor_write_position(out, ENCODING_POINTER_POSITION, 0x102, 0x304), expected, sizeof expected);
	static const uint8_t vmware[] = {0x01, 0x02, 0x03, 0x04, 0, 0, 0, 0, 0x57, 0x4d, 0x56, 0x66};
	is(cursor_write_position(out, ENCODING_VMWARE_POSITION, 0x102, 0x304), vmware, sizeof vmware);
	CHECK(rectangle_write_update(out, 2) == 4 && memcmp(out, "\0\0\0\2", 4) == 0);
}

static void painted_over_pixels(void) {
	uint32_t pixels[4 * 3], before = 0x00204060;
	set(2, 2, samples);
	for (size_t i = 0; i < 12; i++)
		pixels[i] = before;
	cursor_paint(&cursor, 1, 1, (uint8_t *)pixels, 16, 4, 3);
	CHECK(pixels[4 + 1] == 0x00ff8000);
	CHECK_SAY(pixels[4 + 2] == 0x00902030, "%08x", pixels[6]);
	CHECK(pixels[8 + 1] == before);
	CHECK_SAY(pixels[8 + 2] == 0x002e4c6a, "%08x", pixels[10]);
	for (size_t i = 0; i < 12; i++)
		if (i != 5 && i != 6 && i != 10)
			CHECK(pixels[i] == before);
	/* places at which it hangs out on every side, and places far away */
	static const int32_t places[][2] = {{-1, -1}, {3, 2}, {-1, 2}, {3, -1}, {-2, 0}, {4, 0}, {0, 3},
		{INT32_MAX, INT32_MAX}, {INT32_MIN, INT32_MIN}};
	for (size_t i = 0; i < ARRAY_LEN(places); i++)
		cursor_paint(&cursor, places[i][0], places[i][1], (uint8_t *)pixels, 16, 4, 3);
}

static bool seen(
	struct hotspots *hotspots, uint64_t shape, int32_t x, int32_t y, int32_t sent_x, int32_t sent_y) {
	cursor = (struct cursor){
		.visible = true, .placed = true, .shape = shape, .x = x, .y = y, .width = 24, .height = 24};
	return hotspots_observe(hotspots, &cursor, sent_x, sent_y);
}

static void expect_hotspot(struct hotspots *hotspots, int32_t x, int32_t y) {
	int32_t got_x, got_y;
	hotspots_get(hotspots, &cursor, &got_x, &got_y);
	CHECK_SAY(got_x == x && got_y == y, "%d, %d", got_x, got_y);
}

static void learns_hotspots(void) {
	static struct hotspots hotspots;
	CHECK(!seen(&hotspots, 7, 100, 100, 105, 107));
	expect_hotspot(&hotspots, 0, 0);                /* once may be chance */
	CHECK(!seen(&hotspots, 7, 101, 100, 106, 107)); /* nearly the same place */
	expect_hotspot(&hotspots, 0, 0);
	CHECK(!seen(&hotspots, 7, 400, 100, 404, 107)); /* a different offset */
	expect_hotspot(&hotspots, 0, 0);
	CHECK(seen(&hotspots, 7, 200, 300, 204, 307));
	expect_hotspot(&hotspots, 4, 7);
	CHECK(!seen(&hotspots, 7, 10, 10, 12, 12)); /* what is believed stays believed */
	expect_hotspot(&hotspots, 4, 7);
	CHECK(!seen(&hotspots, 8, 10, 10, 34, 12)); /* outside of the image: something else moved it */
	CHECK(!seen(&hotspots, 8, 50, 10, 74, 12));
	expect_hotspot(&hotspots, 0, 0);
	cursor.has_hotspot = true;
	cursor.hotspot_x = 3;
	cursor.hotspot_y = 90;
	expect_hotspot(&hotspots, 3, 23);
	for (uint64_t shape = 100; shape < 300; shape++) { /* the oldest make room */
		seen(&hotspots, shape, 10, 10, 11, 11);
		CHECK(seen(&hotspots, shape, 90, 90, 91, 91));
		expect_hotspot(&hotspots, 1, 1);
	}
	CHECK(hotspots.count == HOTSPOT_SHAPES);
}

int main(void) {
	with_alpha();
	vmware();
	rich();
	masks_have_whole_bytes();
	nothing_is_an_empty_shape();
	hotspots_stay_inside();
	the_largest_fits();
	position();
	painted_over_pixels();
	learns_hotspots();
	return 0;
}
