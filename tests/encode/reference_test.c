/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The reference against values that were reckoned by hand, from the kernel's and the ITU's formulas. */
#include "tests/encode/reference.h"

#include <drm_fourcc.h>
#include <drm_mode.h>
#include <string.h>

#include "capture/base/array.h"
#include "encode/pixel_format.h"
#include "tests/test.h"

static const struct reference_options nearest = {.filter = REFERENCE_NEAREST};
static const struct reference_options bilinear = {.filter = REFERENCE_BILINEAR};
static const struct reference_options whole = {.filter = REFERENCE_NEAREST, .whole_source = true};

static void frame_of(struct frame *frame, uint32_t width, uint32_t height) {
	frame_init(frame);
	frame->width = width;
	frame->height = height;
}

/* All of a framebuffer without padding, 1:1 at the top left corner. */
static struct frame_layer *add(
	struct frame *frame, uint32_t fourcc, uint32_t width, uint32_t height, const void *memory) {
	const struct pixel_format *format = pixel_format_find(fourcc);
	struct frame_layer *layer = frame_add_layer(frame);
	layer->fourcc = fourcc;
	layer->modifier = DRM_FORMAT_MOD_LINEAR;
	layer->width = width;
	layer->height = height;
	layer->plane_count = format->planes;
	for (int i = 0; i < format->planes; i++) {
		layer->planes[i].offset = (uint32_t)layer->memory_size;
		layer->planes[i].pitch = (uint32_t)pixel_format_row_bytes(format, i, width);
		layer->memory_size += layer->planes[i].pitch * pixel_format_rows(format, i, height);
	}
	layer->memory = memory;
	layer->memory_id = (uint64_t)frame->layer_count;
	layer->source = (struct rect_fixed){0, 0, width << 16, height << 16};
	layer->destination = (struct rect){0, 0, width, height};
	return layer;
}

static void check_pixel(const struct frame *frame, const struct reference_options *options, uint32_t x,
	uint32_t y, const double want[3], unsigned rounding, const char *what) {
	struct reference_pixel pixel = reference_pixel(frame, x, y, options);
	for (int i = 0; i < 3; i++) {
		double off = pixel.colour[i] - want[i];
		CHECK_SAY(off > -0.002 && off < 0.002, "%s: pixel %u,%u, channel %d is %f, must be %f", what,
			x, y, i, pixel.colour[i], want[i]);
	}
	CHECK_SAY(pixel.rounding == rounding, "%s: pixel %u,%u: rounding is %u, must be %u", what, x, y,
		pixel.rounding, rounding);
}

/* --- blending --- */

/*
 * An ARGB8888 pixel of 100, 50, 20 over one of 200, 100, 0.
 *
 * 128 / 255 = 0.501961, 1 - 0.501961 = 0.498039.
 * 0x8000 / 0xffff = 0.5000076, 1 - 0.5000076 = 0.4999924.
 * 0.5000076 * 0.501961 = 0.2509842, 1 - 0.2509842 = 0.7490158.
 */
static const struct {
	enum frame_blend blend;
	uint8_t alpha;
	uint16_t plane;
	double want[3];
	unsigned rounding;
} blends[] = {
	/* plane * fg + (1 - plane) * bg */
	{FRAME_BLEND_NONE, 0, 0xffff, {100, 50, 20}, 0},
	{FRAME_BLEND_NONE, 128, 0xffff, {100, 50, 20}, 0},
	{FRAME_BLEND_NONE, 255, 0xffff, {100, 50, 20}, 0},
	/* 50.0008 + 99.9985, 25.0004 + 49.9992, 10.0002 + 0, whatever the alpha */
	{FRAME_BLEND_NONE, 0, 0x8000, {149.9992, 74.9996, 10.0002}, REFERENCE_BLENDED},
	{FRAME_BLEND_NONE, 128, 0x8000, {149.9992, 74.9996, 10.0002}, REFERENCE_BLENDED},
	{FRAME_BLEND_NONE, 255, 0x8000, {149.9992, 74.9996, 10.0002}, REFERENCE_BLENDED},

	/* plane * fg + (1 - plane * alpha) * bg */
	/* 100 + 200 = 300, which is clamped; 50 + 100; 20 + 0 */
	{FRAME_BLEND_PREMULTIPLIED, 0, 0xffff, {255, 150, 20}, REFERENCE_BLENDED},
	/* 100 + 0.498039 * 200 = 100 + 99.6078, 50 + 49.8039, 20 + 0 */
	{FRAME_BLEND_PREMULTIPLIED, 128, 0xffff, {199.6078, 99.8039, 20}, REFERENCE_BLENDED},
	{FRAME_BLEND_PREMULTIPLIED, 255, 0xffff, {100, 50, 20}, 0},
	/* 50.0008 + 200, 25.0004 + 100, 10.0002 + 0 */
	{FRAME_BLEND_PREMULTIPLIED, 0, 0x8000, {250.0008, 125.0004, 10.0002}, REFERENCE_BLENDED},
	/* 50.0008 + 0.7490158 * 200 = 50.0008 + 149.8032, 25.0004 + 74.9016, 10.0002 + 0 */
	{FRAME_BLEND_PREMULTIPLIED, 128, 0x8000, {199.8039, 99.9020, 10.0002}, REFERENCE_BLENDED},
	/* 50.0008 + 0.4999924 * 200 = 50.0008 + 99.9985, 25.0004 + 49.9992, 10.0002 + 0 */
	{FRAME_BLEND_PREMULTIPLIED, 255, 0x8000, {149.9992, 74.9996, 10.0002}, REFERENCE_BLENDED},

	/* plane * alpha * fg + (1 - plane * alpha) * bg */
	{FRAME_BLEND_COVERAGE, 0, 0xffff, {200, 100, 0}, 0},
	/* 0.501961 * 100 + 0.498039 * 200 = 50.1961 + 99.6078, 25.0980 + 49.8039, 10.0392 + 0 */
	{FRAME_BLEND_COVERAGE, 128, 0xffff, {149.8039, 74.9020, 10.0392}, REFERENCE_BLENDED},
	{FRAME_BLEND_COVERAGE, 255, 0xffff, {100, 50, 20}, 0},
	{FRAME_BLEND_COVERAGE, 0, 0x8000, {200, 100, 0}, 0},
	/* 0.2509842 * 100 + 0.7490158 * 200 = 25.0984 + 149.8032, 12.5492 + 74.9016, 5.0197 + 0 */
	{FRAME_BLEND_COVERAGE, 128, 0x8000, {174.9016, 87.4508, 5.0197}, REFERENCE_BLENDED},
	{FRAME_BLEND_COVERAGE, 255, 0x8000, {149.9992, 74.9996, 10.0002}, REFERENCE_BLENDED},

	/* A plane that is wholly transparent. */
	{FRAME_BLEND_NONE, 255, 0, {200, 100, 0}, 0},
	{FRAME_BLEND_PREMULTIPLIED, 128, 0, {200, 100, 0}, 0},
	{FRAME_BLEND_COVERAGE, 128, 0, {200, 100, 0}, 0},
};

static void blends_by_the_formulas(void) {
	static const uint8_t below[] = {0, 100, 200, 0x55};
	for (size_t i = 0; i < ARRAY_LEN(blends); i++) {
		const uint8_t above[] = {20, 50, 100, blends[i].alpha};
		struct frame frame;
		char what[64];
		snprintf(what, sizeof what, "blend %d, alpha %u, plane 0x%x", (int)blends[i].blend,
			blends[i].alpha, blends[i].plane);
		frame_of(&frame, 1, 1);
		add(&frame, DRM_FORMAT_XRGB8888, 1, 1, below);
		struct frame_layer *layer = add(&frame, DRM_FORMAT_ARGB8888, 1, 1, above);
		layer->blend = blends[i].blend;
		layer->alpha = blends[i].plane;
		check_pixel(&frame, &nearest, 0, 0, blends[i].want, blends[i].rounding, what);
	}
}

/* "In these cases, this property has no effect, as all three equations become equivalent." */
static void formats_without_alpha_are_opaque(void) {
	static const uint8_t below[] = {0, 100, 200, 0}, above[] = {20, 50, 100, 0};
	for (int blend = FRAME_BLEND_PREMULTIPLIED; blend <= FRAME_BLEND_NONE; blend++) {
		struct frame frame;
		frame_of(&frame, 1, 1);
		add(&frame, DRM_FORMAT_XRGB8888, 1, 1, below);
		struct frame_layer *layer = add(&frame, DRM_FORMAT_XRGB8888, 1, 1, above);
		layer->blend = (enum frame_blend)blend;
		check_pixel(&frame, &nearest, 0, 0, (const double[]){100, 50, 20}, 0, "opaque");
		layer->alpha = 0x8000; /* 50.0008 + 99.9985 and so on, as above */
		check_pixel(&frame, &nearest, 0, 0, (const double[]){149.9992, 74.9996, 10.0002},
			REFERENCE_BLENDED, "half opaque");
	}
}

static void the_lowest_plane_is_over_black(void) {
	static const uint8_t pixel[] = {20, 50, 100, 128};
	struct frame frame;
	frame_of(&frame, 1, 1);
	check_pixel(&frame, &nearest, 0, 0, (const double[]){0, 0, 0}, 0, "no plane");
	struct frame_layer *layer = add(&frame, DRM_FORMAT_ARGB8888, 1, 1, pixel);
	/* 100 + 0.498039 * 0: nothing to round */
	check_pixel(&frame, &nearest, 0, 0, (const double[]){100, 50, 20}, 0, "premultiplied");
	layer->blend = FRAME_BLEND_NONE;
	check_pixel(&frame, &nearest, 0, 0, (const double[]){100, 50, 20}, 0, "none");
	/* 0.501961 * 100, 50, 20 */
	layer->blend = FRAME_BLEND_COVERAGE;
	check_pixel(&frame, &nearest, 0, 0, (const double[]){50.1961, 25.0980, 10.0392}, REFERENCE_BLENDED,
		"coverage");
}

/*
 * Blue 100, and over it red 255 on a plane of 0x8000 (r) and green 255 with an alpha of 51 / 255 = 0.2 (g).
 * r: red 0.5000076 * 255 = 127.5019, blue 0.4999924 * 100 = 49.9992
 *	g: 0.8 * 127.5019 = 102.0016, 0.2 * 255 = 51, 0.8 * 49.9992 = 39.9994
 * g: green 51, blue 80
 *	r: 127.5019, 0.4999924 * 51 = 25.4996, 0.4999924 * 80 = 39.9994
 */
static void layers_are_blended_bottom_first(void) {
	static const uint8_t blue[] = {100, 0, 0, 0}, red[] = {0, 0, 255, 255}, green[] = {0, 255, 0, 51};
	static const double red_first[] = {102.0016, 51, 39.9994},
			    green_first[] = {127.5019, 25.4996, 39.9994};
	for (int first = 0; first < 2; first++) {
		struct frame frame;
		frame_of(&frame, 1, 1);
		add(&frame, DRM_FORMAT_XRGB8888, 1, 1, blue);
		for (int i = 0; i < 2; i++) {
			struct frame_layer *layer =
				add(&frame, DRM_FORMAT_ARGB8888, 1, 1, i == first ? red : green);
			layer->blend = FRAME_BLEND_COVERAGE;
			layer->alpha = i == first ? 0x8000 : 0xffff;
		}
		check_pixel(&frame, &nearest, 0, 0, first ? green_first : red_first, REFERENCE_BLENDED,
			first ? "green first" : "red first");
	}
}

static void what_is_covered_rounds_nothing(void) {
	static const uint8_t half[] = {20, 50, 100, 128}, opaque[] = {3, 2, 1, 255};
	struct frame frame;
	frame_of(&frame, 1, 1);
	add(&frame, DRM_FORMAT_ARGB8888, 1, 1, half)->blend = FRAME_BLEND_COVERAGE;
	add(&frame, DRM_FORMAT_ARGB8888, 1, 1, opaque);
	check_pixel(&frame, &nearest, 0, 0, (const double[]){1, 2, 3}, 0, "covered");
}

/* --- places --- */

/* A letter is a pixel of that grey, '.' is the black that no plane covers. A '/' ends a row. */
static void check_letters(const struct frame *frame, const struct reference_options *options,
	const char *want, const char *what) {
	for (uint32_t y = 0; y < frame->height; y++) {
		for (uint32_t x = 0; x < frame->width; x++) {
			char letter = want[y * (frame->width + 1) + x];
			double grey = letter == '.' ? 0 : letter;
			check_pixel(frame, options, x, y, (const double[]){grey, grey, grey}, 0, what);
		}
	}
}

/* As XRGB8888, whose padding is not 0. Valid until the next call. */
static const uint8_t *letters_of(const char *text) {
	static uint8_t pixels[64];
	for (size_t i = 0; text[i]; i++) {
		memset(pixels + 4 * i, text[i], 3);
		pixels[4 * i + 3] = 0x7f;
	}
	return pixels;
}

/*
 * A source of 3x2, ABC above DEF. First it is reflected: by x to CBA FED, by y to DEF ABC, by both to FED
 * CBA. Then it is turned counter-clockwise: its rightmost column becomes the top row.
 */
static const struct {
	uint32_t rotation;
	const char *name, *want;
} rotations[] = {
	{DRM_MODE_ROTATE_0, "0", "ABC/DEF"},
	{DRM_MODE_ROTATE_0 | DRM_MODE_REFLECT_X, "0 x", "CBA/FED"},
	{DRM_MODE_ROTATE_0 | DRM_MODE_REFLECT_Y, "0 y", "DEF/ABC"},
	{DRM_MODE_ROTATE_0 | DRM_MODE_REFLECT_X | DRM_MODE_REFLECT_Y, "0 x y", "FED/CBA"},
	{DRM_MODE_ROTATE_90, "90", "CF/BE/AD"},
	{DRM_MODE_ROTATE_90 | DRM_MODE_REFLECT_X, "90 x", "AD/BE/CF"},
	{DRM_MODE_ROTATE_90 | DRM_MODE_REFLECT_Y, "90 y", "FC/EB/DA"},
	{DRM_MODE_ROTATE_90 | DRM_MODE_REFLECT_X | DRM_MODE_REFLECT_Y, "90 x y", "DA/EB/FC"},
	{DRM_MODE_ROTATE_180, "180", "FED/CBA"},
	{DRM_MODE_ROTATE_180 | DRM_MODE_REFLECT_X, "180 x", "DEF/ABC"},
	{DRM_MODE_ROTATE_180 | DRM_MODE_REFLECT_Y, "180 y", "CBA/FED"},
	{DRM_MODE_ROTATE_180 | DRM_MODE_REFLECT_X | DRM_MODE_REFLECT_Y, "180 x y", "ABC/DEF"},
	{DRM_MODE_ROTATE_270, "270", "DA/EB/FC"},
	{DRM_MODE_ROTATE_270 | DRM_MODE_REFLECT_X, "270 x", "FC/EB/DA"},
	{DRM_MODE_ROTATE_270 | DRM_MODE_REFLECT_Y, "270 y", "AD/BE/CF"},
	{DRM_MODE_ROTATE_270 | DRM_MODE_REFLECT_X | DRM_MODE_REFLECT_Y, "270 x y", "CF/BE/AD"},
};

static void reflects_then_rotates(void) {
	for (size_t i = 0; i < ARRAY_LEN(rotations); i++) {
		bool turned = rotations[i].rotation & (DRM_MODE_ROTATE_90 | DRM_MODE_ROTATE_270);
		struct frame frame;
		frame_of(&frame, turned ? 2 : 3, turned ? 3 : 2);
		struct frame_layer *layer = add(&frame, DRM_FORMAT_XRGB8888, 3, 2, letters_of("ABCDEF"));
		layer->rotation = rotations[i].rotation;
		layer->destination = (struct rect){0, 0, frame.width, frame.height};
		check_letters(&frame, &nearest, rotations[i].want, rotations[i].name);
		/* 1:1 is not filtered, whatever the filter. */
		check_letters(&frame, &bilinear, rotations[i].want, rotations[i].name);
	}
}

/* 3x3 pixels on a mode of 4x3. */
static const struct {
	int32_t x, y;
	uint32_t rotation;
	const char *want;
} clips[] = {
	{0, 0, DRM_MODE_ROTATE_0, "ABC./DEF./GHI."},
	{-2, 0, DRM_MODE_ROTATE_0, "C.../F.../I..."},
	{3, 0, DRM_MODE_ROTATE_0, "...A/...D/...G"},
	{0, -2, DRM_MODE_ROTATE_0, "GHI./..../...."},
	{0, 2, DRM_MODE_ROTATE_0, "..../..../ABC."},
	{2, -1, DRM_MODE_ROTATE_0, "..DE/..GH/...."},
	{-3, 0, DRM_MODE_ROTATE_0, "..../..../...."},
	{4, 0, DRM_MODE_ROTATE_0, "..../..../...."},
	{0, -3, DRM_MODE_ROTATE_0, "..../..../...."},
	{0, 3, DRM_MODE_ROTATE_0, "..../..../...."},
	/* CFI BEH ADG */
	{-1, 1, DRM_MODE_ROTATE_90, "..../FI../EH.."},
	/* GDA HEB IFC */
	{2, -1, DRM_MODE_ROTATE_270, "..HE/..IF/...."},
};

static void clips_what_is_outside_of_the_mode(void) {
	for (size_t i = 0; i < ARRAY_LEN(clips); i++) {
		struct frame frame;
		char what[64];
		snprintf(what, sizeof what, "at %d,%d", clips[i].x, clips[i].y);
		frame_of(&frame, 4, 3);
		struct frame_layer *layer = add(&frame, DRM_FORMAT_XRGB8888, 3, 3, letters_of("ABCDEFGHI"));
		layer->destination.x = clips[i].x;
		layer->destination.y = clips[i].y;
		layer->rotation = clips[i].rotation;
		check_letters(&frame, &nearest, clips[i].want, what);
	}
}

static void shows_a_part_of_a_framebuffer(void) {
	struct frame frame;
	frame_of(&frame, 3, 2);
	struct frame_layer *layer = add(&frame, DRM_FORMAT_XRGB8888, 4, 4, letters_of("ABCDEFGHIJKLMNOP"));
	layer->source = (struct rect_fixed){1 << 16, 2 << 16, 2 << 16, 2 << 16};
	layer->destination = (struct rect){1, 0, 2, 2};
	check_letters(&frame, &nearest, ".JK/.NO", "a part");
	/* KL over OP, of which only K lies inside the mode. */
	layer->source = (struct rect_fixed){2 << 16, 2 << 16, 2 << 16, 2 << 16};
	layer->destination = (struct rect){2, 1, 2, 2};
	check_letters(&frame, &nearest, ".../..K", "a corner");
}

/* --- scaling --- */

/* As XRGB8888. */
static const uint8_t greys[] = {10, 10, 10, 0, 50, 50, 50, 0, 90, 90, 90, 0, 200, 200, 200, 0};

/* A row of the greys, of which 16.16 `start` and `length` are shown on `width` pixels. */
static struct frame_layer *add_greys(struct frame *frame, uint32_t start, uint32_t length, uint32_t width) {
	frame_of(frame, width, 1);
	struct frame_layer *layer = add(frame, DRM_FORMAT_XRGB8888, 4, 1, greys);
	layer->source.x = start;
	layer->source.width = length;
	layer->destination.width = width;
	return layer;
}

static void check_grey(const struct frame *frame, const struct reference_options *options, uint32_t x,
	double grey, unsigned rounding, const char *what) {
	check_pixel(frame, options, x, 0, (const double[]){grey, grey, grey}, rounding, what);
}

/* In the order of the destination's pixels. */
static void check_greys(const struct frame *frame, const struct reference_options *options,
	const double *want, unsigned rounding, const char *what) {
	for (uint32_t x = 0; x < frame->width; x++)
		check_grey(frame, options, x, want[x], rounding, what);
}

static void begins_between_pixels(void) {
	struct frame frame;
	/* From 1.25: the middles of the destination's pixels are at 1.75 and 2.75, in pixels 1 and 2. */
	add_greys(&frame, 0x14000, 0x20000, 2);
	check_greys(&frame, &nearest, (const double[]){50, 90}, 0, "1.25 nearest");
	check_greys(&frame, &whole, (const double[]){50, 90}, 0, "1.25 whole");
	/* 0.75 * 50 + 0.25 * 90 = 37.5 + 22.5, 0.75 * 90 + 0.25 * 200 = 67.5 + 50 */
	check_greys(&frame, &bilinear, (const double[]){60, 117.5}, REFERENCE_FILTERED, "1.25 bilinear");

	/* From 1.5: the middles are at 2 and 3, where pixels meet. */
	add_greys(&frame, 0x18000, 0x20000, 2);
	check_greys(&frame, &nearest, (const double[]){90, 200}, REFERENCE_BETWEEN, "1.5 nearest");
	check_greys(&frame, &whole, (const double[]){50, 90}, 0, "1.5 whole");
	check_greys(&frame, &bilinear, (const double[]){70, 145}, REFERENCE_FILTERED, "1.5 bilinear");

	/* From 0.75: the middles are at 1.25 and 2.25: the next pixels, unless the fraction is dropped. */
	add_greys(&frame, 0xc000, 0x20000, 2);
	check_greys(&frame, &nearest, (const double[]){50, 90}, 0, "0.75 nearest");
	check_greys(&frame, &whole, (const double[]){10, 50}, 0, "0.75 whole");
	/* Dropped to nothing at all. */
	add_greys(&frame, 0, 0xc000, 1);
	check_grey(&frame, &nearest, 0, 10, 0, "0.75 wide");
	check_grey(&frame, &whole, 0, 0, 0, "0.75 wide, whole");
}

static void scales_to_the_nearest(void) {
	struct frame frame;
	/* 2 to 4: at 0.25, 0.75, 1.25, 1.75 */
	add_greys(&frame, 0, 0x20000, 4);
	check_greys(&frame, &nearest, (const double[]){10, 10, 50, 50}, 0, "2 to 4");
	/* 4 to 2: at 1 and 3, where pixels meet */
	add_greys(&frame, 0, 0x40000, 2);
	check_greys(&frame, &nearest, (const double[]){50, 200}, REFERENCE_BETWEEN, "4 to 2");
	/* 3 to 1: at 2.5 of 1..4 */
	add_greys(&frame, 0x10000, 0x30000, 1);
	check_greys(&frame, &nearest, (const double[]){90}, 0, "3 to 1");
	/* 4 to 3: at 0.667, 2, 3.333 */
	add_greys(&frame, 0, 0x40000, 3);
	check_grey(&frame, &nearest, 0, 10, 0, "4 to 3");
	check_grey(&frame, &nearest, 1, 90, REFERENCE_BETWEEN, "4 to 3");
	check_grey(&frame, &nearest, 2, 200, 0, "4 to 3");
}

static void scales_bilinearly(void) {
	struct frame frame;
	/* 2 to 4: at -0.25, 0.25, 0.75, 1.25 from the middle of the first: 10, 10 + 0.25 * 40, 10 + 0.75 *
	 * 40, 50. The pixel behind, which is not in the source rectangle, has no share. */
	struct frame_layer *layer = add_greys(&frame, 0, 0x20000, 4);
	check_greys(&frame, &bilinear, (const double[]){10, 20, 40, 50}, REFERENCE_FILTERED, "2 to 4");
	layer->rotation = DRM_MODE_REFLECT_X | DRM_MODE_ROTATE_0;
	check_greys(&frame, &bilinear, (const double[]){50, 40, 20, 10}, REFERENCE_FILTERED, "2 to 4, x");
	/* The same, with 10 before it: at 1.75, 2.25 and so on. */
	add_greys(&frame, 0x10000, 0x20000, 4);
	check_greys(&frame, &bilinear, (const double[]){50, 60, 80, 90}, REFERENCE_FILTERED, "2 of 4 to 4");
	/* From 1.5 to 3 on three: at 1.25, 1.75, 2.25 from the middle of pixel 0. The last may not mix in
	 * pixel 3. */
	add_greys(&frame, 0x18000, 0x18000, 3);
	check_greys(&frame, &bilinear, (const double[]){60, 80, 90}, REFERENCE_FILTERED, "1.5 to 3");
	/* 1:1 is not filtered, whatever the filter. */
	add_greys(&frame, 0, 0x40000, 4);
	check_greys(&frame, &bilinear, (const double[]){10, 50, 90, 200}, 0, "1:1");
}

static void scales_in_both_directions(void) {
	/* 2x2 to 4x4; at 1,1 a quarter of the way in both: 10 + 0.25 * 40 = 20, 90 + 0.25 * 110 = 117.5, and
	 * 20 + 0.25 * 97.5 = 44.375. At 3,2 the right edge, three quarters down: 50 + 0.75 * 150 = 162.5. */
	struct frame frame;
	frame_of(&frame, 4, 4);
	struct frame_layer *layer = add(&frame, DRM_FORMAT_XRGB8888, 2, 2, greys);
	layer->destination = (struct rect){0, 0, 4, 4};
	check_pixel(
		&frame, &bilinear, 1, 1, (const double[]){44.375, 44.375, 44.375}, REFERENCE_FILTERED, "1,1");
	check_pixel(
		&frame, &bilinear, 3, 2, (const double[]){162.5, 162.5, 162.5}, REFERENCE_FILTERED, "3,2");
	/* Turned by 90 degrees the right column, 50 over 200, is the top row: 1,0 is a quarter between the
	 * two, and at the edge: 50 + 0.25 * 150 = 87.5. */
	layer->rotation = DRM_MODE_ROTATE_90;
	check_pixel(
		&frame, &bilinear, 1, 0, (const double[]){87.5, 87.5, 87.5}, REFERENCE_FILTERED, "turned");
}

/* "After reflection, the rotation is applied ..., before scaling it to fit the destination rectangle." */
static void rotates_before_it_scales(void) {
	struct frame frame;
	frame_of(&frame, 2, 6); /* 3x1, turned: 1x3 */
	struct frame_layer *layer = add(&frame, DRM_FORMAT_XRGB8888, 3, 1, letters_of("ABC"));
	layer->rotation = DRM_MODE_ROTATE_90;
	layer->destination = (struct rect){0, 0, 2, 6};
	check_letters(&frame, &nearest, "CC/CC/BB/BB/AA/AA", "turned and scaled");
}

/* 200 with alpha 255 beside 0 with alpha 0: a quarter from the latter, 50 with alpha 0.25. */
static void filters_alpha_and_then_blends(void) {
	static const uint8_t pixels[] = {0, 0, 0, 0, 200, 200, 200, 255}, below[16] = {0};
	struct frame frame;
	frame_of(&frame, 4, 1);
	add(&frame, DRM_FORMAT_XRGB8888, 4, 1, below);
	struct frame_layer *layer = add(&frame, DRM_FORMAT_ARGB8888, 2, 1, pixels);
	layer->destination.width = 4;
	layer->blend = FRAME_BLEND_COVERAGE; /* 0.25 * 50 */
	check_grey(&frame, &bilinear, 1, 12.5, REFERENCE_FILTERED | REFERENCE_BLENDED, "coverage");
	layer->blend = FRAME_BLEND_PREMULTIPLIED; /* 50 + 0.75 * 0 */
	check_grey(&frame, &bilinear, 1, 50, REFERENCE_FILTERED, "premultiplied");
}

/* --- formats --- */

static const struct {
	uint32_t fourcc;
	uint8_t bytes[8];
	enum frame_blend blend;
	double want[3];
	uint32_t xrgb;
	unsigned rounding;
} pixels[] = {
	/* 31 of 31, 33 of 63 and 4 of 31 */
	{DRM_FORMAT_RGB565, {0x24, 0xfc}, FRAME_BLEND_NONE, {255, 133.5714, 32.9032}, 0xff8621, 0},
	/* 1022, 517 and 140 of 1023 */
	{DRM_FORMAT_XRGB2101010, {0x8c, 0x14, 0xe8, 0xff}, FRAME_BLEND_COVERAGE,
		{254.7507, 128.8710, 34.8974}, 0xff8123, 0},
	/* The same with an alpha of 1 of 3: 254.7507 / 3, 128.8710 / 3, 34.8974 / 3 */
	{DRM_FORMAT_ARGB2101010, {0x8c, 0x14, 0xe8, 0x7f}, FRAME_BLEND_COVERAGE, {84.9169, 42.9570, 11.6325},
		0x552b0c, REFERENCE_BLENDED},
	/* 15, 8, 2 and 7 of 15: 7 / 15 * 255 = 119, 7 / 15 * 136 = 63.4667, 7 / 15 * 34 = 15.8667 */
	{DRM_FORMAT_ARGB4444, {0x82, 0x7f}, FRAME_BLEND_COVERAGE, {119, 63.4667, 15.8667}, 0x773f10,
		REFERENCE_BLENDED},
	{DRM_FORMAT_ARGB4444, {0x82, 0x7f}, FRAME_BLEND_PREMULTIPLIED, {255, 136, 34}, 0xff8822, 0},
	/* 2.0, 0.5, -1.0 */
	{DRM_FORMAT_XRGB16161616F, {0, 0xbc, 0, 0x38, 0, 0x40, 0, 0}, FRAME_BLEND_COVERAGE, {255, 127.5, 0},
		0xff8000, 0},
	/* The same with an alpha of 0.25 (0x3400) */
	{DRM_FORMAT_ARGB16161616F, {0, 0xbc, 0, 0x38, 0, 0x40, 0, 0x34}, FRAME_BLEND_COVERAGE,
		{63.75, 31.875, 0}, 0x402000, REFERENCE_BLENDED},
	/* 0.5 with an alpha of 1.5, which is opaque */
	{DRM_FORMAT_ARGB16161616F, {0, 0x38, 0, 0x38, 0, 0x38, 0, 0x3e}, FRAME_BLEND_COVERAGE,
		{127.5, 127.5, 127.5}, 0x808080, 0},
	/* Not a number; the smallest, 2^-24 * 255 = 0.0000152; 0.75 (0x3a00) * 255 = 191.25 */
	{DRM_FORMAT_XBGR16161616F, {0, 0x7e, 1, 0, 0, 0x3a, 0, 0}, FRAME_BLEND_NONE, {0, 0, 191.25}, 0x0000bf,
		0},
	/* 1.5, infinity and its opposite */
	{DRM_FORMAT_XBGR16161616F, {0, 0x3e, 0, 0x7c, 0, 0xfc, 0, 0}, FRAME_BLEND_NONE, {255, 255, 0},
		0xffff00, 0},
	/* 0x4000, 0x8000 and 0xc000 of 0xffff, blue first: 191.2529, 127.5019, 63.7510 */
	{DRM_FORMAT_XRGB16161616, {0, 0x40, 0, 0x80, 0, 0xc0, 0, 0}, FRAME_BLEND_NONE,
		{191.2529, 127.5019, 63.7510}, 0xbf8040, 0},
};

static void reads_the_formats(void) {
	for (size_t i = 0; i < ARRAY_LEN(pixels); i++) {
		const char *name = pixel_format_find(pixels[i].fourcc)->name;
		struct frame frame;
		frame_of(&frame, 1, 1);
		add(&frame, pixels[i].fourcc, 1, 1, pixels[i].bytes)->blend = pixels[i].blend;
		check_pixel(&frame, &nearest, 0, 0, pixels[i].want, pixels[i].rounding, name);
		struct reference_pixel pixel = reference_pixel(&frame, 0, 0, &nearest);
		CHECK_SAY(reference_to_xrgb(&pixel) == pixels[i].xrgb, "%s: %06x", name,
			reference_to_xrgb(&pixel));
		if (!pixels[i].rounding) /* what the rule in pixel_format.h has to be */
			CHECK_SAY(pixels[i].xrgb == pixel_format_to_xrgb(pixel_format_find(pixels[i].fourcc),
							    pixels[i].bytes),
				"%s", name);
	}
}

/*
 * Red, in whole numbers. The factors follow from Kr and Kb: 0.299 and 0.114 in BT.601, 0.2126 and 0.0722 in
 *BT.709, 0.2627 and 0.0593 in BT.2020.
 *
 * Limited range, y = Y - 16, b = Cb - 128, r = Cr - 128 of 8 bits:
 *	601:  R = 1.16438 y + 1.59603 r, G = 1.16438 y - 0.39176 b - 0.81297 r, B = 1.16438 y + 2.01723 b
 *	709:  R = 1.16438 y + 1.79274 r, G = 1.16438 y - 0.21325 b - 0.53291 r, B = 1.16438 y + 2.11240 b
 *	2020: R = 1.16438 y + 1.67867 r, G = 1.16438 y - 0.18733 b - 0.65042 r, B = 1.16438 y + 2.14177 b
 * Full range, y = Y:
 *	601:  R = y + 1.402 r,  G = y - 0.344136 b - 0.714136 r, B = y + 1.772 b
 *	709:  R = y + 1.5748 r, G = y - 0.187324 b - 0.468124 r, B = y + 1.8556 b
 *	2020: R = y + 1.4746 r, G = y - 0.164553 b - 0.571353 r, B = y + 1.8814 b
 */
static const struct {
	enum frame_encoding encoding;
	enum frame_range range;
	uint32_t luma, blue, red;
	double want[3];
} eight_bits[] =
	{
		/* y 65, b -38, r 112: 75.6849 + 178.7549, 75.6849 + 14.8869 - 91.0525 < 0, 75.6849 - 76.6548
		   < 0 */
		{FRAME_ENCODING_BT601, FRAME_RANGE_LIMITED, 81, 90, 240, {254.4399, 0, 0}},
		/* y 47, b -26, r 112: 54.7260 + 200.7870 > 255, 54.7260 + 5.5445 - 59.6859, 54.7260 - 54.9225
		   < 0 */
		{FRAME_ENCODING_BT709, FRAME_RANGE_LIMITED, 63, 102, 240, {255, 0.5848, 0}},
		/* y 58, b -31, r 112: 67.5342 + 188.0115 > 255, 67.5342 + 5.8071 - 72.8475, 67.5342 - 66.3949
		 */
		{FRAME_ENCODING_BT2020, FRAME_RANGE_LIMITED, 74, 97, 240, {255, 0.4938, 1.1393}},
		/* y 76, b -43, r 127: 76 + 178.054, 76 + 14.7978 - 90.6953, 76 - 76.196 < 0 */
		{FRAME_ENCODING_BT601, FRAME_RANGE_FULL, 76, 85, 255, {254.054, 0.1025, 0}},
		/* y 54, b -29, r 127: 54 + 199.9996, 54 + 5.4324 - 59.4517 < 0, 54 - 53.8124 */
		{FRAME_ENCODING_BT709, FRAME_RANGE_FULL, 54, 99, 255, {253.9996, 0, 0.1876}},
		/* y 67, b -36, r 127: 67 + 187.2742, 67 + 5.9239 - 72.5618, 67 - 67.7304 < 0 */
		{FRAME_ENCODING_BT2020, FRAME_RANGE_FULL, 67, 92, 255, {254.2742, 0.3621, 0}},
		/* The ends of the limited range, and what is beyond them. */
		{FRAME_ENCODING_BT601, FRAME_RANGE_LIMITED, 16, 128, 128, {0, 0, 0}},
		{FRAME_ENCODING_BT709, FRAME_RANGE_LIMITED, 235, 128, 128, {255, 255, 255}},
		{FRAME_ENCODING_BT709, FRAME_RANGE_LIMITED, 1, 128, 128, {0, 0, 0}},
		{FRAME_ENCODING_BT709, FRAME_RANGE_LIMITED, 254, 128, 128, {255, 255, 255}},
		/* 1.16438 * 100 */
		{FRAME_ENCODING_BT2020, FRAME_RANGE_LIMITED, 116, 128, 128, {116.4384, 116.4384, 116.4384}},
		{FRAME_ENCODING_BT2020, FRAME_RANGE_FULL, 116, 128, 128, {116, 116, 116}},
},
  ten_bits[] = {
	  /* Limited: four times the numbers above, and the same colours. */
	  {FRAME_ENCODING_BT601, FRAME_RANGE_LIMITED, 324, 360, 960, {254.4399, 0, 0}},
	  {FRAME_ENCODING_BT709, FRAME_RANGE_LIMITED, 252, 408, 960, {255, 0.5848, 0}},
	  {FRAME_ENCODING_BT2020, FRAME_RANGE_LIMITED, 296, 388, 960, {255, 0.4938, 1.1393}},
	  /* Full, in 1023rds. 306, -173, 511: 306 + 716.422 = 1022.422, 306 + 59.5355 - 364.9235 = 0.6120,
	     306 - 306.556 */
	  {FRAME_ENCODING_BT601, FRAME_RANGE_FULL, 306, 339, 1023, {254.8559, 0.1525, 0}},
	  /* 217, -117, 511: 217 + 804.7228 = 1021.7228, 217 + 21.9169 - 239.2114 < 0, 217 - 217.1052 < 0 */
	  {FRAME_ENCODING_BT709, FRAME_RANGE_FULL, 217, 395, 1023, {254.6816, 0, 0}},
	  /* 269, -143, 511: 269 + 753.5206 = 1022.5206, 269 + 23.5311 - 291.9614 = 0.5697, 269 - 269.0402 < 0
	   */
	  {FRAME_ENCODING_BT2020, FRAME_RANGE_FULL, 269, 369, 1023, {254.8805, 0.1420, 0}},
	  {FRAME_ENCODING_BT2020, FRAME_RANGE_LIMITED, 940, 512, 512, {255, 255, 255}},
	  {FRAME_ENCODING_BT2020, FRAME_RANGE_LIMITED, 64, 512, 512, {0, 0, 0}},
	  /* (465 - 64) / 876 * 255 = 116.7295 */
	  {FRAME_ENCODING_BT709, FRAME_RANGE_LIMITED, 465, 512, 512, {116.7295, 116.7295, 116.7295}},
};

static void converts_nv12(void) {
	for (size_t i = 0; i < ARRAY_LEN(eight_bits); i++) {
		const uint8_t memory[] = {(uint8_t)eight_bits[i].luma, 0, 0, 0, (uint8_t)eight_bits[i].blue,
			(uint8_t)eight_bits[i].red};
		struct frame frame;
		char what[32];
		snprintf(what, sizeof what, "NV12 %zu", i);
		frame_of(&frame, 2, 2);
		struct frame_layer *layer = add(&frame, DRM_FORMAT_NV12, 2, 2, memory);
		layer->encoding = eight_bits[i].encoding;
		layer->range = eight_bits[i].range;
		layer->blend = FRAME_BLEND_COVERAGE; /* without effect */
		check_pixel(&frame, &nearest, 0, 0, eight_bits[i].want, REFERENCE_CONVERTED, what);
		layer->alpha = 0; /* what is not seen rounds nothing */
		check_pixel(&frame, &nearest, 0, 0, (const double[]){0, 0, 0}, 0, what);
	}
}

static void put_ten_bits(uint8_t *at, uint32_t value) {
	at[0] = (uint8_t)(value << 6 | 0x2a); /* padding, which is to be ignored */
	at[1] = (uint8_t)(value >> 2);
}

static void converts_p010(void) {
	for (size_t i = 0; i < ARRAY_LEN(ten_bits); i++) {
		uint8_t memory[12] = {0};
		struct frame frame;
		char what[32];
		snprintf(what, sizeof what, "P010 %zu", i);
		put_ten_bits(memory, ten_bits[i].luma);
		put_ten_bits(memory + 8, ten_bits[i].blue);
		put_ten_bits(memory + 10, ten_bits[i].red);
		frame_of(&frame, 2, 2);
		struct frame_layer *layer = add(&frame, DRM_FORMAT_P010, 2, 2, memory);
		layer->encoding = ten_bits[i].encoding;
		layer->range = ten_bits[i].range;
		check_pixel(&frame, &nearest, 0, 0, ten_bits[i].want, REFERENCE_CONVERTED, what);
	}
}

/* BT.601, limited, 81 90 240 and 41 240 110, the red and the blue of colour bars; grey is 126 128 128. */
static void shares_chroma(void) {
	/* 3x3: a row has two pairs of chroma, and there are two rows of those. */
	static const uint8_t nv12[] = {81, 81, 41, 81, 81, 41, 126, 126, 126, 90, 240, 240, 110, 128, 128,
		128, 128},
			     yuyv[] = {81, 90, 81, 240, 41, 240, 41, 110};
	/* y 25, b 112, r -18: 29.1096 - 28.7285, 29.1096 - 43.8773 + 14.6334 < 0, 29.1096 + 225.9300 */
	static const double red[] = {254.4399, 0, 0}, blue[] = {0.3811, 0, 255};
	static const double grey[] = {128.0822, 128.0822, 128.0822}; /* 1.164384 * 110 */
	struct frame frame;
	frame_of(&frame, 3, 3);
	add(&frame, DRM_FORMAT_NV12, 3, 3, nv12);
	for (uint32_t y = 0; y < 2; y++) {
		check_pixel(&frame, &nearest, 0, y, red, REFERENCE_CONVERTED, "NV12 red");
		check_pixel(&frame, &nearest, 1, y, red, REFERENCE_CONVERTED, "NV12 red");
		check_pixel(&frame, &nearest, 2, y, blue, REFERENCE_CONVERTED, "NV12 blue");
	}
	check_pixel(&frame, &nearest, 1, 2, grey, REFERENCE_CONVERTED, "NV12 grey");
	check_pixel(&frame, &nearest, 2, 2, grey, REFERENCE_CONVERTED, "NV12 grey");
	frame_of(&frame, 4, 1);
	add(&frame, DRM_FORMAT_YUYV, 4, 1, yuyv);
	check_pixel(&frame, &nearest, 0, 0, red, REFERENCE_CONVERTED, "YUYV red");
	check_pixel(&frame, &nearest, 1, 0, red, REFERENCE_CONVERTED, "YUYV red");
	check_pixel(&frame, &nearest, 2, 0, blue, REFERENCE_CONVERTED, "YUYV blue");
	check_pixel(&frame, &nearest, 3, 0, blue, REFERENCE_CONVERTED, "YUYV blue");
}

static void measures_the_distance(void) {
	const struct reference_pixel pixel = {{10.25, 20, 254.5}, 0};
	CHECK(reference_to_xrgb(&pixel) == 0x0a14ff);
	CHECK(reference_distance(&pixel, 0x0a14ff) == 0.5);
	CHECK(reference_distance(&pixel, 0x0a14fe) == 0.5);
	CHECK(reference_distance(&pixel, 0x0c14ff) == 1.75);
	CHECK(reference_distance(&pixel, 0x0a13ff) == 1);
}

int main(void) {
	blends_by_the_formulas();
	formats_without_alpha_are_opaque();
	the_lowest_plane_is_over_black();
	layers_are_blended_bottom_first();
	what_is_covered_rounds_nothing();
	reflects_then_rotates();
	clips_what_is_outside_of_the_mode();
	shows_a_part_of_a_framebuffer();
	begins_between_pixels();
	scales_to_the_nearest();
	scales_bilinearly();
	scales_in_both_directions();
	rotates_before_it_scales();
	filters_alpha_and_then_blends();
	reads_the_formats();
	converts_nv12();
	converts_p010();
	shares_chroma();
	measures_the_distance();
	return 0;
}
