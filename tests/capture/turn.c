/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A turned frame shows, by the reference compositor, what the frame shows, turned. So does a cursor. */
#include "capture/turn.h"

#include <math.h>
#include <string.h>

#include "tests/encode/layers.h"
#include "tests/encode/reference.h"
#include "tests/test.h"

/* Where the pixel x, y of a picture of this size is after a turn. */
static struct rect place(enum turn turn, int32_t width, int32_t height, int32_t x, int32_t y) {
	switch (turn) {
	case TURN_90: /* the first row becomes the last column */
		return (struct rect){height - 1 - y, x, 1, 1};
	case TURN_180:
		return (struct rect){width - 1 - x, height - 1 - y, 1, 1};
	case TURN_270: /* the first row becomes the first column, from below */
		return (struct rect){y, width - 1 - x, 1, 1};
	default:
		return (struct rect){x, y, 1, 1};
	}
}

static void check_frame(enum turn turn, uint64_t seed, unsigned allow, enum reference_filter filter) {
	const struct reference_options options = {filter, filter == REFERENCE_NEAREST};
	struct layers layers;
	layers_init(&layers, seed, allow);
	const struct frame *frame = &layers.frame;
	struct frame turned = *frame; /* the layers' memory stays theirs, and they have no fds */
	turn_frame(turn, &turned);
	CHECK(turned.width == (turn % 2 ? frame->height : frame->width));
	CHECK(turned.height == (turn % 2 ? frame->width : frame->height));
	for (uint32_t y = 0; y < frame->height; y++) {
		for (uint32_t x = 0; x < frame->width; x++) {
			struct rect at = place(
				turn, (int32_t)frame->width, (int32_t)frame->height, (int32_t)x, (int32_t)y);
			struct reference_pixel one = reference_pixel(frame, x, y, &options);
			struct reference_pixel other =
				reference_pixel(&turned, (uint32_t)at.x, (uint32_t)at.y, &options);
			for (int i = 0; i < 3; i++)
				CHECK_SAY(fabs(one.colour[i] - other.colour[i]) < 1e-6,
					"turn %d, seed %llu, %u,%u", turn, (unsigned long long)seed, x, y);
		}
	}
	layers_finish(&layers);
}

static void turns_frames(void) {
	for (enum turn turn = TURN_NONE; turn <= TURN_270; turn++) {
		for (uint64_t seed = 0; seed < 12; seed++) {
			check_frame(turn, seed, LAYERS_ALL & ~(unsigned)LAYERS_SCALED, REFERENCE_NEAREST);
			check_frame(
				turn, seed, LAYERS_ALL & ~(unsigned)LAYERS_FRACTIONAL, REFERENCE_BILINEAR);
		}
	}
}

/* 3x2, with the tip in its last pixel, at 10,20 of a CRTC of 100x50. */
static void turns_cursors(void) {
	static struct cursor cursor = {.visible = true,
		.placed = true,
		.x = 10,
		.y = 20,
		.shape = 7,
		.has_hotspot = true,
		.hotspot_x = 2,
		.hotspot_y = 1,
		.width = 3,
		.height = 2,
		.pixels = {1, 2, 3, 4, 5, 6}};
	static const struct {
		int32_t x, y;
		uint32_t width, height, pixels[6];
	} rows[] = {
		[TURN_NONE] = {10, 20, 3, 2, {1, 2, 3, 4, 5, 6}},
		[TURN_90] = {28, 10, 2, 3, {4, 1, 5, 2, 6, 3}},
		[TURN_180] = {87, 28, 3, 2, {6, 5, 4, 3, 2, 1}},
		[TURN_270] = {20, 87, 2, 3, {3, 6, 2, 5, 1, 4}},
	};
	for (enum turn turn = TURN_NONE; turn <= TURN_270; turn++) {
		static struct cursor turned;
		memset(&turned, 0, sizeof turned);
		turn_cursor(turn, 100, 50, &cursor, &turned);
		CHECK_SAY(turned.x == rows[turn].x && turned.y == rows[turn].y, "%d: %d,%d", turn, turned.x,
			turned.y);
		CHECK(turned.has_hotspot == (turn == TURN_NONE));
		CHECK(turned.hotspot_x == (turned.has_hotspot ? 2 : 0));
		CHECK(turned.width == rows[turn].width && turned.height == rows[turn].height);
		CHECK(memcmp(turned.pixels, rows[turn].pixels, sizeof rows[turn].pixels) == 0);
		CHECK(turned.visible && turned.placed && turned.shape == 7);
		turned.pixels[0] = 99; /* the same image is not written again */
		cursor.x = 11;
		turn_cursor(turn, 100, 50, &cursor, &turned);
		CHECK(turned.pixels[0] == 99 && turned.shape == 7);
		cursor.x = 10;
	}
}

int main(void) {
	turns_frames();
	turns_cursors();
	return 0;
}
