/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "encode/gl/variant.h"

#include <string.h>

int variant_cache_find(struct variant_cache *cache, const struct variant *variant, bool *found) {
	int place = 0;
	*found = false;
	for (int i = 0; i < VARIANT_CACHE && !*found; i++) {
		*found = memcmp(&cache->variants[i], variant, sizeof *variant) == 0;
		if (*found || cache->used[i] < cache->used[place])
			place = i;
	}
	cache->variants[place] = *variant;
	cache->used[place] = ++cache->time;
	return place;
}

void variant_cache_drop(struct variant_cache *cache, int place) {
	cache->variants[place] = (struct variant){0};
	cache->used[place] = 0;
}
