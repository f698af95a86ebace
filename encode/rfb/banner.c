/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "encode/rfb/banner.h"

#include <string.h>

#include "capture/base/utf8.h"
#include "capture/draw/words.h"

enum { BACKGROUND = 0x302000, EDGE = 0xffc040, WORDS = 0xffffff };

static const uint64_t again_ns = BANNER_AGAIN_S * 1000000000ull;

void banner_finish(struct banner *banner) {
	canvas_finish(&banner->canvas);
	banner_lift(banner);
}

void banner_lift(struct banner *banner) {
	banner->place = (struct rect){0};
}

static bool was_told(const struct banner *banner, const char *words, uint64_t now_ns) {
	return banner->told_ns && now_ns - banner->told_ns < again_ns && strcmp(banner->told, words) == 0;
}

void banner_say(struct banner *banner, const char *words, uint64_t now_ns, uint64_t duration_ns) {
	utf8_copy(banner->words, sizeof banner->words, words);
	banner->until_ns = 0;
	banner->renewed = true;
	if (!banner->words[0] || was_told(banner, banner->words, now_ns))
		return;
	memcpy(banner->told, banner->words, sizeof banner->told);
	banner->told_ns = now_ns;
	banner->until_ns = now_ns + duration_ns;
}

static int draw(struct banner *banner, uint32_t width, uint32_t height) {
	uint32_t scale = height >= 1440 ? 2 : 1, margin = 8 * scale;
	uint32_t room = width > 2 * margin ? width - 2 * margin : 1;
	struct words_size words = words_measure(room, scale, banner->words);
	uint32_t wide = words.width + 2 * margin, high = words.height + 2 * margin;
	struct canvas *canvas = &banner->canvas;
	canvas_finish(canvas);
	int error = canvas_init(canvas, wide < width ? wide : width, high < height ? high : height);
	if (error)
		return error;
	struct rect all = {0, 0, canvas->width, canvas->height};
	canvas_fill(canvas, all, BACKGROUND);
	canvas_outline(canvas, all, EDGE);
	words_draw(canvas, (int32_t)margin, (int32_t)margin, room, scale, WORDS, banner->words);
	return 0;
}

static bool is_over(const struct banner *banner, uint64_t now_ns) {
	return now_ns >= banner->until_ns;
}

size_t banner_lay(
	struct banner *banner, uint64_t now_ns, uint32_t width, uint32_t height, struct rect changed[2]) {
	size_t count = 0;
	bool over = is_over(banner, now_ns);
	if (over || banner->renewed) {
		if (banner->place.width)
			changed[count++] = banner->place;
		banner_finish(banner);
		banner->renewed = false;
	}
	if (!over && !banner->place.width && draw(banner, width, height) == 0) {
		const struct canvas *canvas = &banner->canvas;
		banner->place =
			(struct rect){(int32_t)(width - canvas->width) / 2, 0, canvas->width, canvas->height};
		changed[count++] = banner->place;
	}
	return count;
}

uint64_t banner_left_ns(const struct banner *banner, uint64_t now_ns) {
	if (!banner->place.width)
		return UINT64_MAX;
	return is_over(banner, now_ns) ? 0 : banner->until_ns - now_ns;
}

bool banner_touches(const struct banner *banner, const struct rect *part) {
	return canvas_intersect(banner->place, *part).width;
}

void banner_paint(const struct banner *banner, const struct rect *part, uint8_t *pixels, size_t stride) {
	const struct canvas *canvas = &banner->canvas;
	struct rect both = canvas_intersect(banner->place, *part);
	for (uint32_t row = 0; row < both.height; row++) {
		size_t y = (size_t)(both.y - part->y) + row, from = (size_t)(both.y - banner->place.y) + row;
		memcpy(pixels + y * stride + (size_t)(both.x - part->x) * 4,
			canvas->pixels + from * canvas->stride + (both.x - banner->place.x),
			(size_t)both.width * 4);
	}
}
