/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "encode/rfb/framebuffer.h"

#include <stdlib.h>
#include <string.h>

void framebuffer_init(struct framebuffer *framebuffer, uint32_t width, uint32_t height) {
	*framebuffer = (struct framebuffer){.picture_width = width, .picture_height = height};
	encoder_desktop_init(&framebuffer->desktop, width, height);
}

void framebuffer_finish(struct framebuffer *framebuffer) {
	free(framebuffer->part);
	free(framebuffer->overlay);
	banner_finish(&framebuffer->banner);
	framebuffer->part = NULL;
	framebuffer->overlay = NULL;
}

/* Returns the picture's desktop for a viewer that follows this much. */
static struct encoder_desktop desktop_of(const struct picture *picture, enum framebuffer_follows follows) {
	struct encoder_desktop desktop;
	encoder_desktop_init(&desktop, picture->width, picture->height);
	if (follows != FRAMEBUFFER_FOLLOWS_SCREENS || !picture->screen_count)
		return desktop;
	desktop.screen_count = picture->screen_count;
	memcpy(desktop.screens, picture->screens, picture->screen_count * sizeof picture->screens[0]);
	return desktop;
}

static bool same_screen(const struct picture_screen *one, const struct picture_screen *other) {
	return one->id == other->id && rect_equals(one->place, other->place);
}

static bool same_screens(const struct encoder_desktop *one, const struct encoder_desktop *other) {
	if (one->screen_count != other->screen_count)
		return false;
	for (unsigned i = 0; i < one->screen_count; i++)
		if (!same_screen(&one->screens[i], &other->screens[i]))
			return false;
	return true;
}

/* Whether the viewer follows something that is not as it knows it. */
static bool is_news(const struct encoder_desktop *known, const struct encoder_desktop *desktop,
	enum framebuffer_follows follows) {
	bool same_size = known->width == desktop->width && known->height == desktop->height;
	return (follows >= FRAMEBUFFER_FOLLOWS_SIZES && !same_size) ||
	       (follows >= FRAMEBUFFER_FOLLOWS_SCREENS && !same_screens(known, desktop));
}

bool framebuffer_outdated(const struct framebuffer *framebuffer, const struct picture *picture,
	enum framebuffer_follows follows) {
	struct encoder_desktop desktop = desktop_of(picture, follows);
	return picture->width != framebuffer->picture_width ||
	       picture->height != framebuffer->picture_height ||
	       is_news(&framebuffer->desktop, &desktop, follows);
}

static void lift(struct framebuffer *framebuffer) {
	if (framebuffer->overlay)
		framebuffer->overlay->painted.width = 0;
	banner_lift(&framebuffer->banner);
}

bool framebuffer_resize(
	struct framebuffer *framebuffer, const struct picture *picture, enum framebuffer_follows follows) {
	struct encoder_desktop desktop = desktop_of(picture, follows);
	bool news = is_news(&framebuffer->desktop, &desktop, follows);
	if (news)
		framebuffer->desktop = desktop;
	framebuffer->picture_width = picture->width;
	framebuffer->picture_height = picture->height;
	lift(framebuffer);
	return news;
}

void framebuffer_adopt(struct framebuffer *framebuffer, const struct framebuffer_state *state) {
	framebuffer->desktop = state->desktop;
	framebuffer->picture_width = state->picture_width;
	framebuffer->picture_height = state->picture_height;
	lift(framebuffer);
}

struct framebuffer_state framebuffer_state(const struct framebuffer *framebuffer) {
	return (struct framebuffer_state){
		framebuffer->desktop, framebuffer->picture_width, framebuffer->picture_height};
}

/* Returns how much of a side of the part lies within this limit. */
static uint32_t within(int32_t at, uint32_t size, uint32_t limit) {
	if ((uint32_t)at >= limit)
		return 0;
	return size < limit - (uint32_t)at ? size : limit - (uint32_t)at;
}

bool framebuffer_clip(const struct framebuffer *framebuffer, struct rect *part) {
	part->width = within(part->x, part->width, framebuffer->desktop.width);
	part->height = within(part->y, part->height, framebuffer->desktop.height);
	return part->width && part->height;
}

size_t framebuffer_move_cursor(
	struct framebuffer *framebuffer, const struct cursor *cursor, struct rect changed[2]) {
	if (!framebuffer->overlay && cursor)
		framebuffer->overlay = calloc(1, sizeof *framebuffer->overlay);
	if (!framebuffer->overlay)
		return 0;
	return overlay_move(framebuffer->overlay, cursor, framebuffer->desktop.width,
		framebuffer->desktop.height, changed);
}

size_t framebuffer_lay_banner(struct framebuffer *framebuffer, uint64_t now_ns, struct rect changed[2]) {
	return banner_lay(&framebuffer->banner, now_ns, framebuffer->desktop.width,
		framebuffer->desktop.height, changed);
}

void framebuffer_overlaid(const struct framebuffer *framebuffer, struct rect places[2]) {
	places[0] = framebuffer->overlay ? framebuffer->overlay->painted : (struct rect){0};
	places[1] = framebuffer->banner.place;
}

static bool make_room(struct framebuffer *framebuffer, size_t size) {
	if (size <= framebuffer->part_size)
		return true;
	uint8_t *part = realloc(framebuffer->part, size);
	if (!part)
		return false;
	framebuffer->part = part;
	framebuffer->part_size = size;
	return true;
}

static const uint8_t *pixel_of(const struct picture *picture, const struct rect *part) {
	return picture->pixels + (size_t)part->y * picture->stride + (size_t)part->x * 4;
}

/* Copies a part of the picture, and black where the picture does not reach. */
static void copy(struct framebuffer *framebuffer, const struct picture *picture, const struct rect *part,
	size_t stride) {
	uint32_t width = within(part->x, part->width, picture->width);
	uint32_t height = within(part->y, part->height, picture->height);
	if (width < part->width || height < part->height)
		memset(framebuffer->part, 0, stride * part->height);
	for (uint32_t row = 0; width && row < height; row++)
		memcpy(framebuffer->part + row * stride,
			pixel_of(picture, part) + row * (size_t)picture->stride, (size_t)width * 4);
}

static bool is_inside(const struct picture *picture, const struct rect *part) {
	return within(part->x, part->width, picture->width) == part->width &&
	       within(part->y, part->height, picture->height) == part->height;
}

bool framebuffer_is_picture(
	const struct framebuffer *framebuffer, const struct picture *picture, const struct rect *part) {
	return is_inside(picture, part) && !banner_touches(&framebuffer->banner, part) &&
	       !(framebuffer->overlay && overlay_touches(framebuffer->overlay, part));
}

const uint8_t *framebuffer_pixels(struct framebuffer *framebuffer, const struct picture *picture,
	const struct rect *part, size_t *stride) {
	bool cursor = framebuffer->overlay && overlay_touches(framebuffer->overlay, part);
	bool banner = banner_touches(&framebuffer->banner, part);
	if (framebuffer_is_picture(framebuffer, picture, part)) {
		*stride = picture->stride;
		return pixel_of(picture, part);
	}
	*stride = (size_t)part->width * 4;
	if (!make_room(framebuffer, *stride * part->height))
		return NULL;
	copy(framebuffer, picture, part, *stride);
	if (banner)
		banner_paint(&framebuffer->banner, part, framebuffer->part, *stride);
	if (cursor)
		overlay_paint(framebuffer->overlay, part, framebuffer->part, *stride);
	return framebuffer->part;
}
