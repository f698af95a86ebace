/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The cache of programs: a variant keeps its place while others come, until it is the one unused for longest.
 */
#include "encode/gl/variant.h"

#include "tests/test.h"

static struct variant variant_of(int number) {
	return (struct variant){.count = 2, .composed = true, .layers = {(uint8_t)number, VARIANT_SCALED}};
}

static int place_of(struct variant_cache *cache, int number, bool expected) {
	struct variant variant = variant_of(number);
	bool found;
	int place = variant_cache_find(cache, &variant, &found);
	CHECK_SAY(found == expected, "variant %d", number);
	CHECK(place >= 0 && place < VARIANT_CACHE);
	return place;
}

int main(void) {
	struct variant_cache cache = {0};
	int places[VARIANT_CACHE];
	for (int i = 0; i < VARIANT_CACHE; i++) {
		places[i] = place_of(&cache, i, false);
		for (int j = 0; j < i; j++)
			CHECK(places[j] != places[i]);
	}
	for (int i = VARIANT_CACHE - 1; i >= 0; i--)
		CHECK(place_of(&cache, i, true) == places[i]);
	/* The last one was used first of all since. */
	CHECK(place_of(&cache, 100, false) == places[VARIANT_CACHE - 1]);
	CHECK(place_of(&cache, 0, true) == places[0]);
	CHECK(place_of(&cache, VARIANT_CACHE - 1, false) == places[VARIANT_CACHE - 2]);
	/* What could not be made is asked for anew, and its place is the first to be taken. */
	variant_cache_drop(&cache, places[3]);
	CHECK(place_of(&cache, 3, false) == places[3]);
	variant_cache_drop(&cache, places[3]);
	CHECK(place_of(&cache, 101, false) == places[3]);
	return 0;
}
