/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * scene: a framebuffer of random content in memory, what a converter must make of it (computed pixel by
 * pixel, by pixel_format.h's rule), and random changes to it.
 */
#ifndef ZEROVNC_TESTS_SCENE_H
#define ZEROVNC_TESTS_SCENE_H

#include "capture/frame.h"
#include "encode/converter.h"
#include "encode/pixel_format.h"
#include "tests/encode/random.h"

struct scene {
	struct random random;
	const struct pixel_format *format;
	struct frame frame; /* one layer, whose memory is `memory` */
	uint8_t *memory;    /* owned, of exactly the size that the layer needs */
	size_t memory_size;
	uint32_t *expected; /* of frame.width * frame.height pixels, owned */
	struct damage expected_damage;
	struct picture picture; /* what the converter writes to; its pixels and colours owned */
	uint32_t coloured;      /* tiles whose colours were left in it, of all conversions */
	struct damage damage;
};

/* A mode of this size; the framebuffer is a little larger in each direction and its rows have padding. */
void scene_init(struct scene *scene, uint64_t seed, const struct pixel_format *format, uint32_t width,
	uint32_t height, uint32_t rotation);
void scene_finish(struct scene *scene);

/* New content everywhere: blocks of one colour, of few colours and of noise, so that every coding is met. */
void scene_fill(struct scene *scene);
/* Changes some pixels, maybe none, maybe only in their padding or outside what is shown. */
void scene_mutate(struct scene *scene);

/* Finds out what a converter must make of the scene now, and what must have changed since this was last done.
 */
void scene_expect(struct scene *scene, bool fresh);

/* Converts the scene, whatever comes of it. The damage is cleared first. Returns what the converter does. */
int scene_try(struct scene *scene, struct converter *converter, bool fresh, struct converter_result *result,
	struct reason *reason);

/*
 * Converts the scene, and fails the test unless picture, damage and count of tiles are what they must be.
 * `texture`: 0, or a texture of the converter's own that has the scene's expected colours.
 */
struct converter_result scene_convert(
	struct scene *scene, struct converter *converter, bool fresh, const char *what);
struct converter_result scene_convert_texture(struct scene *scene, struct converter *converter,
	unsigned target, unsigned texture, bool fresh, const char *what);

#endif
