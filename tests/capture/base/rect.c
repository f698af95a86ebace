/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "capture/base/rect.h"

#include "capture/base/array.h"
#include "tests/test.h"

static void check_same(struct rect got, struct rect expected) {
	CHECK_SAY(got.x == expected.x && got.y == expected.y && got.width == expected.width &&
			  got.height == expected.height,
		"%ux%u%+d%+d", got.width, got.height, got.x, got.y);
}

static const struct {
	struct rect one, other, both, all;
} pairs[] = {
	{{0, 0, 10, 10}, {5, 6, 10, 10}, {5, 6, 5, 4}, {0, 0, 15, 16}},
	{{0, 0, 10, 10}, {2, 3, 4, 5}, {2, 3, 4, 5}, {0, 0, 10, 10}},
	{{0, 0, 10, 10}, {10, 0, 10, 10}, {0}, {0, 0, 20, 10}}, /* side by side */
	{{0, 0, 10, 10}, {3, 20, 4, 1}, {0}, {0, 0, 10, 21}},
	{{-7, -9, 10, 10}, {0, 0, 100, 100}, {0, 0, 3, 1}, {-7, -9, 107, 109}},
	/* ends that do not fit into 32 bits with a sign */
	{{INT32_MAX, 0, UINT32_MAX, 1}, {INT32_MAX, 0, 8, 1}, {INT32_MAX, 0, 8, 1},
		{INT32_MAX, 0, UINT32_MAX, 1}},
	{{INT32_MIN, 0, UINT32_MAX, 1}, {-3, 0, 8, 1}, {-3, 0, 8, 1}, {INT32_MIN, 0, UINT32_MAX, 1}},
};

static const struct {
	struct rect rect;
	bool inside; /* of 640x480 */
} places[] = {
	{{0, 0, 640, 480}, true},
	{{639, 479, 1, 1}, true},
	{{640, 480, 0, 0}, true},
	{{1, 0, 640, 480}, false},
	{{0, 1, 640, 480}, false},
	{{-1, 0, 10, 10}, false},
	{{0, -1, 10, 10}, false},
	{{1, 1, UINT32_MAX, UINT32_MAX}, false},
};

int main(void) {
	for (size_t i = 0; i < ARRAY_LEN(pairs); i++) {
		check_same(rect_intersect(pairs[i].one, pairs[i].other), pairs[i].both);
		check_same(rect_intersect(pairs[i].other, pairs[i].one), pairs[i].both);
		check_same(rect_unite(pairs[i].one, pairs[i].other), pairs[i].all);
		check_same(rect_unite(pairs[i].other, pairs[i].one), pairs[i].all);
	}
	for (size_t i = 0; i < ARRAY_LEN(places); i++)
		CHECK_SAY(rect_is_inside(places[i].rect, 640, 480) == places[i].inside, "place %zu", i);
	const struct rect_fixed fixed = {UINT32_MAX, 3 << 16 | 0x8000, 5 << 16, 0xffff};
	check_same(rect_from_fixed(&fixed), (struct rect){65535, 3, 5, 0});
	CHECK(rect_area((struct rect){0, 0, UINT32_MAX, 2}) == UINT64_C(2) * UINT32_MAX);
	return 0;
}
