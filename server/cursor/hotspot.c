/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "server/cursor/hotspot.h"

#include <stdlib.h>

enum { APART = 8 }; /* pixels: beyond this distance, two sightings are two places */

static const struct hotspot *find(const struct hotspots *hotspots, uint64_t shape) {
	for (size_t i = 0; i < hotspots->count; i++)
		if (hotspots->known[i].shape == shape)
			return &hotspots->known[i];
	return NULL;
}

static struct hotspot *add(struct hotspots *hotspots, uint64_t shape) {
	struct hotspot *place;
	if (hotspots->count < HOTSPOT_SHAPES) {
		place = &hotspots->known[hotspots->count++];
	} else {
		place = &hotspots->known[hotspots->oldest];
		hotspots->oldest = (hotspots->oldest + 1) % HOTSPOT_SHAPES;
	}
	*place = (struct hotspot){.shape = shape, .x = -1};
	return place;
}

bool hotspots_observe(struct hotspots *hotspots, const struct cursor *cursor, int32_t x, int32_t y) {
	if (!cursor->visible || !cursor->placed || !cursor->shape || cursor->has_hotspot)
		return false;
	int32_t dx = x - cursor->x, dy = y - cursor->y;
	if (dx < 0 || dy < 0 || dx >= (int32_t)cursor->width || dy >= (int32_t)cursor->height)
		return false; /* something else moved it */
	struct hotspot *known = (struct hotspot *)find(hotspots, cursor->shape);
	if (!known)
		known = add(hotspots, cursor->shape);
	bool same = known->x == dx && known->y == dy;
	bool apart = abs(known->seen_x - cursor->x) >= APART || abs(known->seen_y - cursor->y) >= APART;
	if (known->believed || (same && !apart))
		return false;
	known->believed = same && apart;
	known->x = dx;
	known->y = dy;
	known->seen_x = cursor->x;
	known->seen_y = cursor->y;
	return known->believed;
}

static int32_t inside(int32_t value, uint32_t size) {
	if (value < 0 || size == 0)
		return 0;
	return value < (int32_t)size ? value : (int32_t)size - 1;
}

bool hotspots_get(const struct hotspots *hotspots, const struct cursor *cursor, int32_t *x, int32_t *y) {
	*x = *y = 0;
	const struct hotspot *known = find(hotspots, cursor->shape);
	bool learnt = known && known->believed;
	if (cursor->has_hotspot) {
		*x = cursor->hotspot_x;
		*y = cursor->hotspot_y;
	} else if (learnt) {
		*x = known->x;
		*y = known->y;
	}
	*x = inside(*x, cursor->width);
	*y = inside(*y, cursor->height);
	return cursor->has_hotspot || learnt;
}
