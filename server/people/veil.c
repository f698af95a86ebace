/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "server/people/veil.h"

#include <stdlib.h>
#include <string.h>

#include "capture/draw/notice.h"
#include "encode/damage.h"
#include "encode/picture.h"

struct veil {
	const char *headline, *words;
	struct notice *notice;
	struct picture_store *store;
	struct damage damage;
};

struct veil *veil_create(const char *headline, const char *words) {
	struct veil *veil = calloc(1, sizeof *veil);
	if (!veil)
		return NULL;
	veil->headline = headline;
	veil->words = words;
	damage_init(&veil->damage);
	veil->notice = notice_create();
	veil->store = picture_store_create();
	if (veil->notice && veil->store)
		return veil;
	veil_destroy(veil);
	return NULL;
}

void veil_destroy(struct veil *veil) {
	if (!veil)
		return;
	picture_store_destroy(veil->store);
	notice_destroy(veil->notice);
	damage_finish(&veil->damage);
	free(veil);
}

static void copy(const struct frame_layer *from, const struct picture *to) {
	for (uint32_t y = 0; y < to->height; y++)
		memcpy(to->pixels + (size_t)y * to->stride, from->memory + (size_t)y * from->planes[0].pitch,
			(size_t)to->width * 4);
}

static void draw(struct veil *veil) {
	struct frame frame;
	if (notice_draw(veil->notice, veil->headline, veil->words, 0, &frame))
		return;
	const struct picture *picture = damage_resize(&veil->damage, frame.width, frame.height)
						? NULL
						: picture_store_begin(veil->store, frame.width, frame.height);
	if (picture) {
		copy(&frame.layers[0], picture);
		damage_fill(&veil->damage);
		picture_store_publish(veil->store, &veil->damage);
	}
	frame_finish(&frame);
}

struct picture_store *veil_fit(struct veil *veil, uint32_t width, uint32_t height) {
	uint32_t drawn_width, drawn_height;
	const struct frame size = {.width = width, .height = height};
	bool drawn = picture_store_generation(veil->store, &drawn_width, &drawn_height) > 0;
	if (drawn && (!width || (drawn_width == width && drawn_height == height)))
		return veil->store;
	if (width)
		notice_seen(veil->notice, &size);
	draw(veil);
	return veil->store;
}
