/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "server/vnc_framebuffer.h"

#include <errno.h>
#include <stdlib.h>

void vnc_framebuffer_init(struct vnc_framebuffer *framebuffer, uint32_t width, uint32_t height) {
	*framebuffer = (struct vnc_framebuffer){
		.width = width, .height = height, .picture_width = width, .picture_height = height};
}

void vnc_framebuffer_finish(struct vnc_framebuffer *framebuffer) {
	free(framebuffer->own);
	free(framebuffer->overlay);
	framebuffer->own = NULL;
	framebuffer->overlay = NULL;
}

static struct overlay_canvas canvas_of(const struct vnc_framebuffer *framebuffer) {
	return (struct overlay_canvas){
		framebuffer->own, (size_t)framebuffer->width * 4, framebuffer->width, framebuffer->height};
}

static void drop_own(struct vnc_framebuffer *framebuffer) {
	free(framebuffer->own);
	framebuffer->own = NULL;
	framebuffer->follows = false;
	if (framebuffer->overlay)
		framebuffer->overlay->painted.width = 0;
}

bool vnc_framebuffer_outdated(
	const struct vnc_framebuffer *framebuffer, const struct picture *picture, bool resizable) {
	return picture->width != framebuffer->picture_width ||
	       picture->height != framebuffer->picture_height ||
	       (framebuffer->own && !framebuffer->follows && resizable);
}

int vnc_framebuffer_resize(
	struct vnc_framebuffer *framebuffer, const struct picture *picture, bool resizable) {
	bool fits = picture->width == framebuffer->width && picture->height == framebuffer->height;
	uint8_t *own = NULL;
	if (!fits && !resizable) {
		own = calloc(framebuffer->height, (size_t)framebuffer->width * 4);
		if (!own)
			return -ENOMEM;
	} else {
		framebuffer->width = picture->width;
		framebuffer->height = picture->height;
	}
	drop_own(framebuffer);
	framebuffer->own = own;
	framebuffer->picture_width = picture->width;
	framebuffer->picture_height = picture->height;
	return 0;
}

void vnc_framebuffer_take_own(struct vnc_framebuffer *framebuffer, const struct picture *picture) {
	if (!framebuffer->overlay)
		framebuffer->overlay = calloc(1, sizeof *framebuffer->overlay);
	if (!framebuffer->overlay || framebuffer->own)
		return;
	framebuffer->own = calloc(framebuffer->height, (size_t)framebuffer->width * 4);
	if (!framebuffer->own)
		return;
	framebuffer->follows = true;
	struct overlay_canvas canvas = canvas_of(framebuffer);
	overlay_copy(&canvas, picture, (struct frame_rect){0, 0, picture->width, picture->height});
}

bool vnc_framebuffer_refresh(
	struct vnc_framebuffer *framebuffer, const struct picture *picture, struct frame_rect *changed) {
	if (!framebuffer->own)
		return true;
	int64_t right = changed->x + (int64_t)changed->width, bottom = changed->y + (int64_t)changed->height;
	right = right < framebuffer->width ? right : framebuffer->width;
	bottom = bottom < framebuffer->height ? bottom : framebuffer->height;
	if (right <= changed->x || bottom <= changed->y)
		return false;
	changed->width = (uint32_t)(right - changed->x);
	changed->height = (uint32_t)(bottom - changed->y);
	struct overlay_canvas canvas = canvas_of(framebuffer);
	overlay_copy(&canvas, picture, *changed);
	return true;
}

size_t vnc_framebuffer_paint(struct vnc_framebuffer *framebuffer, const struct picture *picture,
	const struct cursor *cursor, bool last, struct frame_rect changed[2]) {
	if (!framebuffer->overlay || !framebuffer->own)
		return 0;
	struct overlay_canvas canvas = canvas_of(framebuffer);
	size_t count = overlay_update(framebuffer->overlay, cursor, &canvas, picture, changed);
	if (last && framebuffer->follows)
		drop_own(framebuffer);
	return count;
}

const uint8_t *vnc_framebuffer_pixels(
	const struct vnc_framebuffer *framebuffer, const struct picture *picture, size_t *stride) {
	*stride = framebuffer->own ? (size_t)framebuffer->width * 4 : picture->stride;
	return framebuffer->own ? framebuffer->own : picture->pixels;
}
