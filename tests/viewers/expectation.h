/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * expectation: what a picture must look like, told by the picture itself: the marker of a scene
 * (tests/vm/scene.h) or the counter of the built-in pattern names the frame, and every pixel is compared with
 * that frame.
 */
#ifndef ZEROVNC_EXPECTATION_H
#define ZEROVNC_EXPECTATION_H

#include <stdint.h>

enum expectation_verdict {
	EXPECTATION_EXACT,   /* every pixel is that frame's */
	EXPECTATION_WRONG,   /* it says that it is a frame, and is not wholly */
	EXPECTATION_UNKNOWN, /* it does not say what it is: a status picture, a console, nothing yet */
};

struct expectation_result {
	uint32_t frame;           /* not for UNKNOWN */
	int seed;                 /* of the scene */
	uint64_t wrong_pixels;    /* WRONG: how many, and where the first is */
	uint32_t x, y, got, want; /* colours as 0x00RRGGBB */
};

struct expectation;

/* `pattern`: NULL for scenes, else the kind of pattern (capture/pattern.h). NULL: no such kind. */
struct expectation *expectation_create(const char *pattern);
/* Takes NULL. */
void expectation_destroy(struct expectation *expectation);

/* `pixels`: XRGB8888, the X byte does not count. Quick where the frame is near the one that was compared
 * last. */
enum expectation_verdict expectation_compare(struct expectation *expectation, const uint32_t *pixels,
	uint32_t width, uint32_t height, struct expectation_result *result);

#endif
