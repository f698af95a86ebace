/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a tile's history says, against all changes that there ever were. */
#include "encode/history.h"

#include <stdbool.h>

#include "tests/encode/random.h"
#include "tests/test.h"

enum { CHANGES = 40 };

static bool equals(struct damage_box one, struct damage_box other) {
	return one.left == other.left && one.top == other.top && one.right == other.right &&
	       one.bottom == other.bottom;
}

static struct damage_box random_box(struct random *random, uint32_t side) {
	uint8_t left = (uint8_t)random_below(random, side), top = (uint8_t)random_below(random, side);
	return (struct damage_box){left, top, (uint8_t)(left + 1 + random_below(random, side - left)),
		(uint8_t)(top + 1 + random_below(random, side - top))};
}

/* Whoever saw one of the last few changes is told exactly of the rest; everybody else of no less. */
static void random_changes(void) {
	struct random random = {11};
	for (int round = 0; round < 2000; round++) {
		struct history history = {0};
		struct damage_box boxes[CHANGES];
		uint64_t generations[CHANGES], generation = 0;
		uint32_t side = 1 + random_below(&random, DAMAGE_TILE);
		for (int i = 0; i < CHANGES; i++) {
			generation += 1 + random_below(&random, 3);
			generations[i] = generation;
			boxes[i] = random_box(&random, side);
			history_add(&history, generation, boxes[i]);
			struct damage_box all = boxes[i];
			for (int j = i; j >= 0; j--) {
				all = damage_box_unite(all, boxes[j]);
				struct damage_box told = history_since(&history, generations[j] - 1);
				CHECK(equals(damage_box_unite(told, all), told));
				CHECK(i >= HISTORY_LENGTH || equals(told, all));
			}
			CHECK(equals(history_since(&history, generation - 1), boxes[i]));
		}
		CHECK(equals(history_since(&history, 0), damage_box_unite(history_since(&history, 0),
								 history_since(&history, generation / 2))));
	}
}

/* A caret that blinks in a tile, while a clock changes: no reader is ever told of more than both. */
static void what_comes_again_takes_no_room(void) {
	const struct damage_box whole = {0, 0, 64, 64}, caret = {10, 10, 12, 26}, clock = {40, 2, 60, 12};
	struct history history = {0};
	history_add(&history, 1, whole);
	for (uint64_t generation = 2; generation < 1000; generation++)
		history_add(&history, generation, generation % 7 ? caret : clock);
	CHECK(equals(history_since(&history, 998), caret));
	CHECK(equals(history_since(&history, 1), damage_box_unite(caret, clock)));
	CHECK(equals(history_since(&history, 0), whole));
	history_add(&history, 1000, whole);
	CHECK(history.count == 1);
}

/* Keys typed one after the other. A reader that missed many is told of the line, not of the tile. */
static void neighbours_become_one(void) {
	struct history history = {0};
	history_add(&history, 1, (struct damage_box){0, 0, 64, 64});
	for (uint8_t key = 0; key < 8; key++)
		history_add(&history, key + 2u,
			(struct damage_box){(uint8_t)(key * 7), 16, (uint8_t)(key * 7 + 14), 29});
	CHECK(equals(history_since(&history, 1), (struct damage_box){0, 16, 63, 29}));
	CHECK(equals(history_since(&history, 7), (struct damage_box){42, 16, 63, 29}));
}

int main(void) {
	random_changes();
	what_comes_again_takes_no_room();
	neighbours_become_one();
	return 0;
}
