/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * layers: random frames of one to five layers in memory, as a card with planes may show them, and random
 * changes to them. What they look like, reference.h tells.
 */
#ifndef ZEROVNC_TESTS_LAYERS_H
#define ZEROVNC_TESTS_LAYERS_H

#include "capture/frame.h"
#include "tests/encode/random.h"

/* What a frame may have, so that a converter can be tested for what it does. */
enum layers_allow {
	LAYERS_SEVERAL = 1,      /* up to LAYERS_MAX layers; otherwise one */
	LAYERS_YUV = 2,          /* formats of YUV */
	LAYERS_PIXEL_ALPHA = 4,  /* formats with alpha */
	LAYERS_OVERBRIGHT = 8,   /* premultiplied colours that are larger than their alpha; vkms overflows */
	LAYERS_PLANE_ALPHA = 16, /* any alpha of a plane; otherwise all are opaque */
	LAYERS_BLEND = 32,       /* any blend mode; otherwise all are premultiplied */
	LAYERS_ROTATED = 64,     /* rotation and reflection */
	LAYERS_SCALED = 128,     /* sources of another size than their destinations */
	LAYERS_FRACTIONAL = 256, /* sources that begin between pixels, and if LAYERS_SCALED, end there */
	LAYERS_ALL = 511,
};

enum { LAYERS_MAX = 5, LAYERS_WIDTH = 400, LAYERS_HEIGHT = 300 };

struct layers {
	struct random random;
	unsigned allow; /* of enum layers_allow */
	struct frame frame;
	uint8_t *memory[LAYERS_MAX]; /* of each layer, of exactly the size that it needs; owned */
};

/*
 * A mode of 1x1 to LAYERS_WIDTH x LAYERS_HEIGHT, neither of which is a multiple of 64. The lowest layer
 * mostly is opaque and covers it. The others have any size, and lie inside, partly outside or wholly outside.
 */
void layers_init(struct layers *layers, uint64_t seed, unsigned allow);
void layers_finish(struct layers *layers);

/*
 * Changes some pixels of a layer, or moves it, or gives it another alpha, or does nothing. What has changed
 * is not told: pixels may lie in padding, in a part that is not shown, or below another layer.
 */
void layers_mutate(struct layers *layers);

#endif
