/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "encode/tile_colours.h"

#include <stdlib.h>

static size_t size_of(bool numbered) {
	return sizeof(struct tile_colours) + (numbered ? TILE_PIXELS : 0);
}

struct tile_colours *tile_colours_renew(struct tile_colours *old, bool numbered) {
	if (old && atomic_load_explicit(&old->users, memory_order_acquire) == 1 && old->numbered >= numbered)
		return old;
	tile_colours_drop(old);
	struct tile_colours *colours = malloc(size_of(numbered));
	if (!colours)
		return NULL;
	atomic_init(&colours->users, 1);
	colours->numbered = numbered;
	return colours;
}

size_t tile_colours_bytes(const struct tile_colours *colours) {
	return colours ? size_of(colours->numbered) : 0;
}

struct tile_colours *tile_colours_use(struct tile_colours *colours) {
	if (colours)
		atomic_fetch_add_explicit(&colours->users, 1, memory_order_relaxed);
	return colours;
}

void tile_colours_drop(struct tile_colours *colours) {
	if (colours && atomic_fetch_sub_explicit(&colours->users, 1, memory_order_acq_rel) == 1)
		free(colours);
}
