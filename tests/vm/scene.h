/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * scene: the pictures that the painter shows and the checker expects. They are a pure function of seed, kind,
 * depth, size and frame number. A marker in the top left corner says all of these except the size. So a
 * program that sees a picture knows what every other pixel of it must be.
 *
 * A canvas is XRGB8888 (0x00RRGGBB). Apart from the marker it consists of cells of 48x40 pixels, which never
 * line up with tiles of 64. Each cell has a rhythm of its own: some change with every frame, some never. Some
 * cells change as a whole, some by one step of one channel of one pixel.
 */
#ifndef ZEROVNC_SCENE_H
#define ZEROVNC_SCENE_H

#include <stdbool.h>
#include <stdint.h>

enum scene_kind {
	SCENE_DESKTOP, /* a few cells change with each frame */
	SCENE_BUSY,    /* all cells change */
	SCENE_STILL,   /* only the marker changes */
	SCENE_SUBTLE,  /* the marker changes, and single pixels change by single steps */
};

/* What the framebuffer can hold. Canvases and viewers have the 8-bit values that it gives back. */
enum scene_depth { SCENE_888, SCENE_565 };

struct scene {
	uint32_t width, height; /* at least SCENE_MIN_WIDTH x SCENE_MIN_HEIGHT */
	uint16_t seed;
	enum scene_kind kind;
	enum scene_depth depth;
};

enum { SCENE_MIN_WIDTH = 320, SCENE_MIN_HEIGHT = 8 };
#define SCENE_NOTHING UINT32_MAX /* as a frame number: the canvas holds no frame */

struct scene_rect {
	uint32_t x, y, width, height;
};

/*
 * Walks over the parts in which two frames differ (if `from` is SCENE_NOTHING: the whole picture), inside the
 * picture. Start with *position 0. False: there are no more. Parts may overlap.
 */
bool scene_next_change(
	const struct scene *scene, uint32_t from, uint32_t to, uint32_t *position, struct scene_rect *part);

/* Changes a canvas that holds frame `from` to hold frame `to`. */
void scene_draw(
	const struct scene *scene, uint32_t from, uint32_t to, uint32_t *canvas, uint32_t stride_pixels);

/* Reads the marker: seed, kind and depth into `scene` (whose size is set to the given one), and the frame
 * number. False: there is no marker. */
bool scene_read_marker(const uint32_t *pixels, uint32_t stride_pixels, uint32_t width, uint32_t height,
	struct scene *scene, uint32_t *frame);

/* Parses "desktop", "busy", "still" or "subtle". False: there is no such kind. */
bool scene_kind_parse(const char *name, enum scene_kind *kind);

#endif
