/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "server/input/calibration.h"

#include <math.h>
#include <string.h>

#include "capture/base/array.h"
#include "tests/test.h"

enum { RANGE = 65536 };

/* Returns where a compositor puts the pointer that stretches the device over `scale` pixels, of which ours
 * begin at `-offset`. */
static int32_t lands(int32_t device, double scale, double offset) {
	return (int32_t)floor((double)device / RANGE * scale + offset);
}

static void straight_is_exact(void) {
	static const uint32_t sizes[][2] = {
		{640, 480}, {1024, 768}, {1366, 768}, {1920, 1080}, {3840, 2160}, {7680, 4320}, {1, 1}};
	for (size_t i = 0; i < ARRAY_LEN(sizes); i++) {
		uint32_t width = sizes[i][0], height = sizes[i][1];
		struct calibration calibration = {0};
		calibration_assume(&calibration, width, height, 0, 0, width, height);
		for (uint32_t x = 0; x < width; x++) {
			int32_t u, v;
			calibration_map(&calibration, x, x % height, RANGE, &u, &v);
			CHECK_SAY(lands(u, width, 0) == (int32_t)x, "%u of %u", x, width);
			CHECK(lands(v, height, 0) == (int32_t)(x % height));
		}
	}
}

/* Our output is the right one of two on one framebuffer. */
static void knows_its_place_in_a_desktop(void) {
	struct calibration calibration = {0};
	calibration_assume(&calibration, 1024 + 1280, 1024, 1024, 100, 1280, 720);
	for (uint32_t x = 0; x < 1280; x++) {
		int32_t u, v;
		calibration_map(&calibration, x, x % 720, RANGE, &u, &v);
		CHECK(lands(u, 2304, -1024) == (int32_t)x && lands(v, 1024, -100) == (int32_t)(x % 720));
	}
}

static bool send(struct calibration *calibration, uint32_t x, uint32_t y, double scale_x, double offset_x,
	double scale_y, double offset_y) {
	int32_t u, v;
	calibration_map(calibration, x, y, RANGE, &u, &v);
	return calibration_observe(
		calibration, u, v, RANGE, lands(u, scale_x, offset_x), lands(v, scale_y, offset_y), 0);
}

static void learns(double scale_x, double offset_x, double scale_y, double offset_y) {
	struct calibration calibration = {0};
	calibration_assume(&calibration, 1024, 768, 0, 0, 1024, 768);
	/* The user moves the pointer until the cursor is where they want it. */
	for (uint32_t i = 0; i < 60; i++)
		send(&calibration, 100 + i * 389 % 800, 100 + i * 211 % 600, scale_x, offset_x, scale_y,
			offset_y);
	for (uint32_t x = 0; x < 1024; x += 31) {
		int32_t u, v;
		uint32_t y = x * 767 / 1023;
		calibration_map(&calibration, x, y, RANGE, &u, &v);
		bool reachable =
			x >= offset_x && x < offset_x + scale_x && y >= offset_y && y < offset_y + scale_y;
		if (!reachable)
			continue;
		CHECK_SAY(abs(lands(u, scale_x, offset_x) - (int32_t)x) <= 1, "%u lands at %d (%g %g)", x,
			lands(u, scale_x, offset_x), scale_x, offset_x);
		CHECK_SAY(abs(lands(v, scale_y, offset_y) - (int32_t)y) <= 1, "%u lands at %d (%g %g)", y,
			lands(v, scale_y, offset_y), scale_y, offset_y);
	}
}

/* Only the corner of the cursor's image is known, and its tip lies anywhere in the image. */
static void learns_without_hotspot(double scale, double offset, double hot_x, double hot_y) {
	struct calibration calibration = {0};
	calibration_assume(&calibration, 1024, 768, 0, 0, 1024, 768);
	int32_t u, v;
	for (uint32_t i = 0; i < 20; i++) {
		calibration_map(&calibration, 200 + i * 389 % 700, 200 + i * 211 % 500, RANGE, &u, &v);
		calibration_observe(&calibration, u, v, RANGE, lands(u, scale, offset - hot_x),
			lands(v, 768, -hot_y), 32);
	}
	calibration_map(&calibration, 300, 400, RANGE, &u, &v);
	CHECK_SAY(lands(u, scale, offset) == 300 && lands(v, 768, 0) == 400,
		"%g at %g, hotspot %g, %g: %d, %d", scale, offset, hot_x, hot_y, lands(u, scale, offset),
		lands(v, 768, 0));
}

/* Cursor positions that are seen one place late may lie on a line, but not on one that any compositor
 * draws. */
static void believes_no_late_cursor(void) {
	struct calibration calibration = {0};
	calibration_assume(&calibration, 1024, 768, 0, 0, 1024, 768);
	uint32_t before = 100;
	for (uint32_t x = 200; x < 1000; before = x, x += 100) {
		int32_t u, v;
		calibration_map(&calibration, 1100 - x, 300, RANGE, &u, &v);
		CHECK(!calibration_observe(&calibration, u, v, RANGE, (int32_t)before, 300, 0));
	}
}

static void what_is_right_stays(void) {
	struct calibration calibration = {0};
	calibration_assume(&calibration, 1024, 768, 0, 0, 1024, 768);
	struct calibration before = calibration;
	for (uint32_t i = 0; i < 100; i++)
		CHECK(!send(&calibration, i * 389 % 1024, i * 211 % 768, 1024, 0, 768, 0));
	CHECK(memcmp(before.line, calibration.line, sizeof before.line) == 0 && !calibration.measured);
}

/* A compositor that lags behind an even motion is off by the same few pixels everywhere. */
static void a_small_lag_is_no_mapping(void) {
	struct calibration calibration = {0};
	calibration_assume(&calibration, 1024, 768, 0, 0, 1024, 768);
	for (uint32_t i = 0; i < 100; i++) {
		int32_t u, v;
		calibration_map(&calibration, 20 + i * 389 % 1000, 20 + i * 211 % 700, RANGE, &u, &v);
		CHECK(!calibration_observe(
			&calibration, u, v, RANGE, lands(u, 1024, -1), lands(v, 768, -3), 0));
	}
}

/* The positions of a cursor that somebody else moves lie on no line. */
static void believes_no_nonsense(void) {
	struct calibration calibration = {0};
	calibration_assume(&calibration, 1024, 768, 0, 0, 1024, 768);
	for (uint32_t i = 0; i < 100; i++) {
		int32_t u, v;
		calibration_map(&calibration, i * 389 % 1024, i * 211 % 768, RANGE, &u, &v);
		CHECK(!calibration_observe(&calibration, u, v, RANGE, (int32_t)(i * i * 97 % 1020) + 1,
			(int32_t)(i * i * 61 % 760) + 1, 0));
	}
	int32_t u, v;
	calibration_map(&calibration, 512, 384, RANGE, &u, &v);
	CHECK(lands(u, 1024, 0) == 512 && lands(v, 768, 0) == 384);
}

static void a_new_size_forgets(void) {
	struct calibration calibration = {0};
	calibration_assume(&calibration, 1024, 768, 0, 0, 1024, 768);
	for (uint32_t i = 0; i < 30; i++)
		send(&calibration, 100 + i * 389 % 800, 100 + i * 211 % 600, 2048, 0, 768, 0);
	CHECK(calibration.measured);
	calibration_assume(&calibration, 1024, 768, 0, 0, 1024, 768);
	CHECK(calibration.measured);
	calibration_assume(&calibration, 800, 600, 0, 0, 800, 600);
	CHECK(!calibration.measured && calibration.line[0].scale == 800);
}

static void a_desktop_of_nothing(void) {
	struct calibration calibration = {0};
	int32_t u = 7, v = 7;
	calibration_map(&calibration, 5, 5, RANGE, &u, &v);
	CHECK(u == 0 && v == 0);
}

int main(void) {
	straight_is_exact();
	knows_its_place_in_a_desktop();
	learns(2048, 0, 768, 0);     /* two outputs, ours is the left one */
	learns(2048, -1024, 768, 0); /* ours is the right one */
	learns(1024 + 1280, -1280, 1024, -128);
	learns(1000, 12, 700, 34);   /* a margin */
	learns(1024, 0, 1536, -768); /* another output above ours */
	learns_without_hotspot(1024, 0, 12, 20);
	learns_without_hotspot(2048, 0, 5, 5);
	learns_without_hotspot(2048, -1024, 12, 12);
	learns_without_hotspot(3072, -1024, 16, 31);
	believes_no_late_cursor();
	what_is_right_stays();
	a_small_lag_is_no_mapping();
	believes_no_nonsense();
	a_new_size_forgets();
	a_desktop_of_nothing();
	return 0;
}
