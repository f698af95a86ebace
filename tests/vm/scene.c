/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tests/vm/scene.h"

#include <string.h>

#include "capture/base/array.h"

enum {
	CELL_WIDTH = 48,
	CELL_HEIGHT = 40,
	MARKER_BLOCK = 4, /* the side of one bit, in pixels */
	MARKER_BITS = 80,
	MARKER_MAGIC = 0xa5,
};

static uint32_t mix(uint32_t a, uint32_t b, uint32_t c) {
	uint32_t h = a * 0x9e3779b1u ^ b * 0x85ebca77u ^ c * 0xc2b2ae3du;
	h ^= h >> 15;
	h *= 0x2c1b3c6du;
	h ^= h >> 12;
	h *= 0x297a2d39u;
	return h ^ h >> 15;
}

static uint32_t columns(const struct scene *scene) {
	return (scene->width + CELL_WIDTH - 1) / CELL_WIDTH;
}

static uint32_t cell_count(const struct scene *scene) {
	return columns(scene) * ((scene->height + CELL_HEIGHT - 1) / CELL_HEIGHT);
}

static struct scene_rect cell_rect(const struct scene *scene, uint32_t cell) {
	uint32_t x = cell % columns(scene) * CELL_WIDTH, y = cell / columns(scene) * CELL_HEIGHT;
	return (struct scene_rect){
		.x = x,
		.y = y,
		.width = scene->width - x < CELL_WIDTH ? scene->width - x : CELL_WIDTH,
		.height = scene->height - y < CELL_HEIGHT ? scene->height - y : CELL_HEIGHT,
	};
}

/* Returns for how many frames a cell stays the same; 0: for ever. */
static uint32_t cell_period(const struct scene *scene, uint32_t cell) {
	static const uint8_t periods[32] = {1, 2, 5, 9, 20, 20, 50, 50, 120, 120, 200, 200};
	switch (scene->kind) {
	case SCENE_BUSY:
		return 1;
	case SCENE_STILL:
		return 0;
	case SCENE_SUBTLE:
	case SCENE_DESKTOP:
		break;
	}
	return periods[mix(scene->seed, cell, 1) % 32];
}

/* Returns which of its pictures a cell shows in a frame. */
static uint32_t cell_epoch(const struct scene *scene, uint32_t cell, uint32_t frame) {
	uint32_t period = cell_period(scene, cell);
	return period ? (frame + mix(scene->seed, cell, 2) % period) / period : 0;
}

static void draw_solid(const struct scene_rect *at, uint32_t hash, uint32_t *canvas, uint32_t stride) {
	for (uint32_t y = 0; y < at->height; y++) {
		for (uint32_t x = 0; x < at->width; x++)
			canvas[(at->y + y) * stride + at->x + x] = hash & 0xffffff;
	}
}

static void draw_gradient(const struct scene_rect *at, uint32_t hash, uint32_t *canvas, uint32_t stride) {
	uint8_t red = (uint8_t)hash, green = (uint8_t)(hash >> 8), blue = (uint8_t)(hash >> 16);
	for (uint32_t y = 0; y < at->height; y++) {
		for (uint32_t x = 0; x < at->width; x++)
			canvas[(at->y + y) * stride + at->x + x] = (uint32_t)(uint8_t)(red + 5 * x) << 16 |
								   (uint32_t)(uint8_t)(green + 6 * y) << 8 |
								   (uint8_t)(blue + x + y);
	}
}

static void draw_stripes(const struct scene_rect *at, uint32_t hash, uint32_t *canvas, uint32_t stride) {
	uint32_t width = 1 + hash % 7, shift = hash >> 8;
	for (uint32_t y = 0; y < at->height; y++) {
		for (uint32_t x = 0; x < at->width; x++)
			canvas[(at->y + y) * stride + at->x + x] =
				(x + y + shift) / width % 2 ? hash >> 8 & 0xffffff : ~hash & 0xffffff;
	}
}

/* Draws noise that stays the same, except one pixel that is off by one step of one channel: the lowest bit
 * that the depth keeps. */
static void draw_noise(const struct scene *scene, const struct scene_rect *at, uint32_t base, uint32_t hash,
	uint32_t *canvas, uint32_t stride) {
	uint32_t random = base | 1;
	for (uint32_t y = 0; y < at->height; y++) {
		for (uint32_t x = 0; x < at->width; x++) {
			random ^= random << 13;
			random ^= random >> 17;
			random ^= random << 5;
			canvas[(at->y + y) * stride + at->x + x] = random >> 8;
		}
	}
	uint32_t *odd = &canvas[(at->y + hash % at->height) * stride + at->x + (hash >> 8) % at->width];
	*odd ^= (scene->depth == SCENE_565 ? 8u : 1u) << 8 * ((hash >> 16) % 3);
}

/* Reduces colours to the 8-bit values that a 565 framebuffer gives back: the nearest, widened exactly. */
static void quantise(const struct scene_rect *at, uint32_t *canvas, uint32_t stride) {
	for (uint32_t y = 0; y < at->height; y++) {
		for (uint32_t x = 0; x < at->width; x++) {
			uint32_t *pixel = &canvas[(at->y + y) * stride + at->x + x];
			uint32_t red = *pixel >> 19 & 31, green = *pixel >> 10 & 63, blue = *pixel >> 3 & 31;
			*pixel = (red * 510 + 31) / 62 << 16 | (green * 510 + 63) / 126 << 8 |
				 (blue * 510 + 31) / 62;
		}
	}
}

static void draw_cell(
	const struct scene *scene, uint32_t cell, uint32_t frame, uint32_t *canvas, uint32_t stride) {
	struct scene_rect at = cell_rect(scene, cell);
	uint32_t base = mix(scene->seed, cell, 3);
	uint32_t hash = mix(base, cell_epoch(scene, cell, frame), 4);
	switch (scene->kind == SCENE_SUBTLE ? 3 : base % 4) {
	case 0:
		draw_solid(&at, hash, canvas, stride);
		break;
	case 1:
		draw_gradient(&at, hash, canvas, stride);
		break;
	case 2:
		draw_stripes(&at, hash, canvas, stride);
		break;
	default:
		draw_noise(scene, &at, base, hash, canvas, stride);
	}
	if (scene->depth == SCENE_565)
		quantise(&at, canvas, stride);
}

/* 80 bits: magic, kind and depth, seed, frame, and a checksum. */
static void marker_bytes(const struct scene *scene, uint32_t frame, uint8_t bytes[MARKER_BITS / 8]) {
	bytes[0] = MARKER_MAGIC;
	bytes[1] = (uint8_t)(scene->kind << 4 | scene->depth);
	bytes[2] = (uint8_t)(scene->seed >> 8);
	bytes[3] = (uint8_t)scene->seed;
	for (int i = 0; i < 4; i++)
		bytes[4 + i] = (uint8_t)(frame >> (24 - 8 * i));
	uint32_t check = mix(mix(bytes[1], scene->seed, frame), scene->width, scene->height);
	bytes[8] = (uint8_t)(check >> 8);
	bytes[9] = (uint8_t)check;
}

static const struct scene_rect marker_rect = {0, 0, MARKER_BITS *MARKER_BLOCK, MARKER_BLOCK};

static void draw_marker(const struct scene *scene, uint32_t frame, uint32_t *canvas, uint32_t stride) {
	uint8_t bytes[MARKER_BITS / 8];
	marker_bytes(scene, frame, bytes);
	for (uint32_t y = 0; y < marker_rect.height; y++) {
		for (uint32_t x = 0; x < marker_rect.width; x++) {
			uint32_t bit = x / MARKER_BLOCK;
			canvas[y * stride + x] = bytes[bit / 8] >> (7 - bit % 8) & 1 ? 0xffffff : 0;
		}
	}
}

bool scene_next_change(
	const struct scene *scene, uint32_t from, uint32_t to, uint32_t *position, struct scene_rect *part) {
	if (from == to)
		return false;
	for (uint32_t cells = cell_count(scene); *position < cells; ++*position) {
		uint32_t cell = *position;
		if (from == SCENE_NOTHING || cell_epoch(scene, cell, from) != cell_epoch(scene, cell, to)) {
			*part = cell_rect(scene, cell);
			++*position;
			return true;
		}
	}
	if (*position > cell_count(scene))
		return false;
	*part = marker_rect; /* last, because it lies over cells */
	++*position;
	return true;
}

void scene_draw(
	const struct scene *scene, uint32_t from, uint32_t to, uint32_t *canvas, uint32_t stride_pixels) {
	struct scene_rect part;
	uint32_t position = 0, cells = cell_count(scene);
	while (scene_next_change(scene, from, to, &position, &part)) {
		if (position <= cells)
			draw_cell(scene, position - 1, to, canvas, stride_pixels);
		else
			draw_marker(scene, to, canvas, stride_pixels);
	}
}

bool scene_read_marker(const uint32_t *pixels, uint32_t stride_pixels, uint32_t width, uint32_t height,
	struct scene *scene, uint32_t *frame) {
	if (width < SCENE_MIN_WIDTH || height < SCENE_MIN_HEIGHT)
		return false;
	uint8_t bytes[MARKER_BITS / 8] = {0}, expected[MARKER_BITS / 8];
	for (uint32_t bit = 0; bit < MARKER_BITS; bit++) {
		uint32_t pixel =
			pixels[MARKER_BLOCK / 2 * stride_pixels + bit * MARKER_BLOCK + MARKER_BLOCK / 2];
		if (pixel & 0x800000)
			bytes[bit / 8] |= (uint8_t)(0x80 >> bit % 8);
	}
	*scene = (struct scene){
		.width = width,
		.height = height,
		.seed = (uint16_t)(bytes[2] << 8 | bytes[3]),
		.kind = (enum scene_kind)(bytes[1] >> 4),
		.depth = (enum scene_depth)(bytes[1] & 15),
	};
	*frame = (uint32_t)bytes[4] << 24 | (uint32_t)bytes[5] << 16 | (uint32_t)bytes[6] << 8 | bytes[7];
	marker_bytes(scene, *frame, expected);
	return memcmp(bytes, expected, sizeof bytes) == 0 && scene->kind <= SCENE_SUBTLE &&
	       scene->depth <= SCENE_565;
}

bool scene_kind_parse(const char *name, enum scene_kind *kind) {
	static const char *const names[] = {"desktop", "busy", "still", "subtle"};
	for (size_t i = 0; i < ARRAY_LEN(names); i++) {
		if (strcmp(name, names[i]) == 0) {
			*kind = (enum scene_kind)i;
			return true;
		}
	}
	return false;
}
