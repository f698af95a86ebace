/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * expectation: what a picture must look like, which the picture itself tells. The marker of a scene
 * (tests/vm/scene.h) or the counter of the built-in pattern names the frame, and every pixel is compared with
 * that frame.
 */
#ifndef ZEROVNC_EXPECTATION_H
#define ZEROVNC_EXPECTATION_H

#include <stdint.h>

enum expectation_verdict {
	EXPECTATION_EXACT,   /* every pixel is that of the frame */
	EXPECTATION_WRONG,   /* it claims to be a frame, and differs from it somewhere */
	EXPECTATION_UNKNOWN, /* it does not say what it is: a notice, a console, or nothing yet */
};

struct expectation_result {
	uint32_t frame;           /* not set for UNKNOWN */
	int seed;                 /* the scene's seed */
	uint64_t wrong_pixels;    /* WRONG: how many pixels, and below where the first one is */
	uint32_t x, y, got, want; /* colours are 0x00RRGGBB */
};

struct expectation;

/* `pattern`: NULL for scenes, otherwise the kind of pattern (capture/pattern.h). Returns NULL if there is no
 * such kind. */
struct expectation *expectation_create(const char *pattern);
/* Takes NULL. */
void expectation_destroy(struct expectation *expectation);

/* `pixels`: XRGB8888, of which the X byte is ignored. Quick if the frame is near the one that was compared
 * last. */
enum expectation_verdict expectation_compare(struct expectation *expectation, const uint32_t *pixels,
	uint32_t width, uint32_t height, struct expectation_result *result);

#endif
