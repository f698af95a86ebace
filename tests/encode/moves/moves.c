/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What only moved between two pictures, against making the moves: first on pages, whose moves are known, then
 * on random pictures in which random rectangles moved. Whatever is found, the earlier picture becomes the
 * later one by the moves, in their order, and the damage that is left.
 */
#include "encode/moves/moves.h"

#include <stdbool.h>
#include <string.h>

#include "capture/base/array.h"
#include "encode/moves/cells.h"
#include "tests/encode/random.h"
#include "tests/test.h"

struct scene {
	struct random random;
	uint32_t width, height;
	size_t stride; /* pixels */
	uint32_t *before, *after;
	struct damage damage;
	struct moves moves;
	struct moves_finder *finder;
};

static void begin(struct scene *scene, uint32_t width, uint32_t height) {
	scene->width = width;
	scene->height = height;
	scene->stride = (width + 15) / 16 * 16;
	size_t size = scene->stride * height * sizeof(uint32_t);
	scene->before = aligned_alloc(64, size);
	scene->after = aligned_alloc(64, size);
	damage_init(&scene->damage);
	CHECK(scene->before && scene->after);
	memset(scene->before, 0, size);
	memset(scene->after, 0, size);
	CHECK(damage_resize(&scene->damage, width, height) == 0);
}

static void end(struct scene *scene) {
	free(scene->before);
	free(scene->after);
	damage_finish(&scene->damage);
}

static uint32_t *pixel(const struct scene *scene, uint32_t *pixels, int64_t x, int64_t y) {
	return pixels + (size_t)y * scene->stride + x;
}

static void fill(const struct scene *scene, uint32_t *pixels, struct rect r, uint32_t colour) {
	for (uint32_t y = 0; y < r.height; y++)
		for (uint32_t x = 0; x < r.width; x++)
			*pixel(scene, pixels, r.x + (int64_t)x, r.y + (int64_t)y) = colour;
}

/* Lines of text: in each, letters of a few strokes, until the line ends. */
static void write_text(struct scene *scene, uint32_t *pixels, struct rect r) {
	enum { LINE = 17, HIGH = 11, LETTER = 9 };
	for (uint32_t y = 3; y + HIGH <= r.height; y += LINE) {
		uint32_t end = random_below(&scene->random, r.width + 1);
		for (uint32_t x = 4; x + LETTER <= end; x += LETTER) {
			uint64_t strokes = random_next(&scene->random);
			for (uint32_t i = 0; i < 5 * HIGH; i++)
				if (strokes >> i & 1)
					*pixel(scene, pixels, r.x + (int64_t)(x + i % 5),
						r.y + (int64_t)(y + i / 5)) = 0x202020;
		}
	}
}

static void note_damage(struct scene *scene) {
	damage_clear(&scene->damage);
	for (uint32_t y = 0; y < scene->height; y++)
		for (uint32_t x = 0; x < scene->width; x++)
			if (*pixel(scene, scene->before, x, y) != *pixel(scene, scene->after, x, y))
				damage_add(&scene->damage, x / DAMAGE_TILE, y / DAMAGE_TILE);
}

static void find(struct scene *scene) {
	const struct moves_pair pair = {(const uint8_t *)scene->before, (const uint8_t *)scene->after,
		scene->stride * sizeof(uint32_t), scene->width, scene->height};
	moves_find(scene->finder, &pair, &scene->damage, &scene->moves);
}

/* Moves pixels as viewers do: all of them at once. */
static void make_move(const struct scene *scene, uint32_t *pixels, const struct move *move) {
	const struct rect *to = &move->target;
	struct rect from = move_source(move);
	CHECK(rect_is_inside(*to, scene->width, scene->height));
	CHECK(rect_is_inside(from, scene->width, scene->height));
	for (uint32_t i = 0; i < to->height; i++) {
		uint32_t y = move->by.y > 0 ? to->height - 1 - i : i;
		memmove(pixel(scene, pixels, to->x, to->y + (int64_t)y),
			pixel(scene, pixels, from.x, from.y + (int64_t)y), to->width * sizeof *pixels);
	}
}

static bool is_moved(const struct scene *scene, uint32_t x, uint32_t y) {
	const struct rect spot = {(int32_t)x, (int32_t)y, 1, 1};
	for (size_t i = 0; i < scene->moves.count; i++)
		if (rect_area(rect_intersect(scene->moves.list[i].target, spot)))
			return true;
	return false;
}

/* Makes the moves, and returns how many of the pixels that changed they explain. */
static uint64_t check_moves(struct scene *scene) {
	size_t size = scene->stride * scene->height * sizeof(uint32_t);
	uint32_t *seen = malloc(size);
	uint64_t explained = 0;
	CHECK(seen);
	memcpy(seen, scene->before, size);
	for (size_t i = 0; i < scene->moves.count; i++)
		make_move(scene, seen, &scene->moves.list[i]);
	for (uint32_t y = 0; y < scene->height; y++)
		for (uint32_t x = 0; x < scene->width; x++) {
			bool moved = is_moved(scene, x, y);
			bool damaged = damage_has(&scene->damage, x / DAMAGE_TILE, y / DAMAGE_TILE);
			uint32_t shown = *pixel(scene, seen, x, y), right = *pixel(scene, scene->after, x, y);
			CHECK_SAY(shown == right || (damaged && !moved), "%ux%u, pixel %u,%u", scene->width,
				scene->height, x, y);
			explained += moved && *pixel(scene, scene->before, x, y) != right;
		}
	free(seen);
	return explained;
}

static uint64_t changed_pixels(const struct scene *scene) {
	uint64_t count = 0;
	for (uint32_t y = 0; y < scene->height; y++)
		for (uint32_t x = 0; x < scene->width; x++)
			count += *pixel(scene, scene->before, x, y) != *pixel(scene, scene->after, x, y);
	return count;
}

/* --- pages --- */

static const struct page {
	const char *what;
	uint32_t width, height;
	struct rect pane; /* scrolls, in a picture that stays */
	int32_t by;       /* downwards */
	unsigned percent; /* of the changed pixels that moves must explain, at least */
} pages[] = {
	{"a page scrolled by three lines", 1280, 800, {0, 0, 1280, 800}, -51, 90},
	{"a page scrolled back", 1280, 800, {0, 0, 1280, 800}, 51, 90},
	{"a smooth step", 1280, 800, {0, 0, 1280, 800}, -3, 95},
	{"nearly all of a page", 1280, 800, {0, 0, 1280, 800}, -700, 5},
	{"a pane whose edges lie in tiles", 1280, 800, {101, 77, 903, 600}, -51, 88},
	{"a narrow pane", 1280, 800, {500, 40, 170, 700}, 34, 88},
	{"a picture of odd size", 1003, 517, {0, 30, 1003, 487}, -34, 85},
};

static void draw_page(struct scene *scene, const struct page *page) {
	const struct rect *pane = &page->pane;
	uint32_t far = (uint32_t)(page->by < 0 ? -page->by : page->by);
	struct scene paper = {.random = scene->random};
	begin(scene, page->width, page->height);
	begin(&paper, pane->width, pane->height + far);
	fill(&paper, paper.before, (struct rect){0, 0, paper.width, paper.height}, 0xffffff);
	write_text(&paper, paper.before, (struct rect){0, 0, paper.width, paper.height});
	fill(scene, scene->before, (struct rect){0, 0, page->width, page->height}, 0x808080);
	write_text(scene, scene->before, (struct rect){0, 0, page->width, page->height});
	memcpy(scene->after, scene->before, scene->stride * scene->height * sizeof *scene->after);
	uint32_t first = page->by < 0 ? 0 : far, second = far - first;
	for (uint32_t y = 0; y < pane->height; y++) {
		size_t size = pane->width * sizeof(uint32_t);
		int64_t to = (int64_t)pane->y + y;
		memcpy(pixel(scene, scene->before, pane->x, to), pixel(&paper, paper.before, 0, y + first),
			size);
		memcpy(pixel(scene, scene->after, pane->x, to), pixel(&paper, paper.before, 0, y + second),
			size);
	}
	end(&paper);
}

static void pages_scroll(struct scene *scene) {
	for (size_t i = 0; i < ARRAY_LEN(pages); i++) {
		const struct page *page = &pages[i];
		draw_page(scene, page);
		note_damage(scene);
		find(scene);
		uint64_t explained = check_moves(scene), changed = changed_pixels(scene);
		CHECK_SAY(scene->moves.count > 0, "%s", page->what);
		CHECK_SAY(scene->moves.list[0].by.y == page->by, "%s: %d", page->what,
			scene->moves.list[0].by.y);
		CHECK_SAY(explained * 100 >= changed * page->percent, "%s: %u %%", page->what,
			(unsigned)(explained * 100 / changed));
		CHECK_SAY(scene->moves.count <= 6, "%s: %zu moves", page->what, scene->moves.count);
		end(scene);
	}
}

/* --- windows --- */

static const struct offset drags[] = {{37, 21}, {-64, 0}, {5, -90}, {-130, 64}, {1, 0}};

/* A window with text is dragged over something else. What it uncovers is new. */
static void windows_are_dragged(struct scene *scene) {
	for (size_t i = 0; i < ARRAY_LEN(drags); i++) {
		struct rect window = {300, 200, 500, 400}, moved = window;
		struct moves_finder *finder = scene->finder;
		begin(scene, 1280, 800);
		scene->finder = moves_finder_create();
		CHECK(scene->finder);
		moved.x += drags[i].x;
		moved.y += drags[i].y;
		fill(scene, scene->before, (struct rect){0, 0, 1280, 800}, 0x306090);
		memcpy(scene->after, scene->before, scene->stride * scene->height * sizeof *scene->after);
		fill(scene, scene->before, window, 0xffffff);
		write_text(scene, scene->before, window);
		for (uint32_t y = 0; y < window.height; y++)
			memcpy(pixel(scene, scene->after, moved.x, moved.y + (int64_t)y),
				pixel(scene, scene->before, window.x, window.y + (int64_t)y),
				window.width * sizeof(uint32_t));
		note_damage(scene);
		find(scene);
		uint64_t explained = check_moves(scene), changed = changed_pixels(scene);
		CHECK_SAY(scene->moves.count > 0 && scene->moves.list[0].by.x == drags[i].x &&
				  scene->moves.list[0].by.y == drags[i].y,
			"%d,%d: %zu moves", drags[i].x, drags[i].y, scene->moves.count);
		CHECK_SAY(explained * 100 >= changed * 50, "%d,%d: %u %%", drags[i].x, drags[i].y,
			(unsigned)(explained * 100 / changed));
		moves_finder_destroy(scene->finder);
		scene->finder = finder;
		end(scene);
	}
}

/* --- what moves nowhere --- */

static void noise(struct scene *scene, uint32_t *pixels) {
	for (uint32_t y = 0; y < scene->height; y++)
		for (uint32_t x = 0; x < scene->width; x++)
			*pixel(scene, pixels, x, y) = (uint32_t)random_next(&scene->random) & 0xffffff;
}

static void nothing_moves(struct scene *scene) {
	begin(scene, 640, 480);
	noise(scene, scene->before);
	noise(scene, scene->after);
	note_damage(scene);
	find(scene);
	CHECK(scene->moves.count == 0);

	/* Damage in which nothing changed. */
	memcpy(scene->after, scene->before, scene->stride * 480 * sizeof *scene->after);
	find(scene);
	CHECK(scene->moves.count == 0);

	/* A page that is turned: other text on the same lines. */
	const struct rect all = {0, 0, 640, 480};
	fill(scene, scene->before, all, 0xffffff);
	fill(scene, scene->after, all, 0xffffff);
	write_text(scene, scene->before, all);
	write_text(scene, scene->after, all);
	note_damage(scene);
	find(scene);
	check_moves(scene);
	CHECK(scene->moves.count == 0);
	end(scene);
}

static void hardly_any_damage(struct scene *scene) {
	const struct rect all = {0, 0, 640, 480};
	begin(scene, all.width, all.height);
	write_text(scene, scene->before, all);
	memcpy(scene->after, scene->before + 5 * scene->stride,
		scene->stride * (all.height - 5) * sizeof *scene->after);
	damage_add(&scene->damage, 2, 2);
	damage_add(&scene->damage, 2, 3);
	damage_add(&scene->damage, 2, 4);
	find(scene);
	CHECK(scene->moves.count == 0);
	damage_fill(&scene->damage);
	find(scene);
	CHECK(scene->moves.count > 0);
	end(scene);
}

static void odd_sizes(struct scene *scene) {
	static const uint32_t sizes[][2] = {{1, 1}, {1, 3000}, {3000, 1}, {64, 64}, {31, 500}, {33, 500},
		{CELLS_COLUMNS_MAX * DAMAGE_TILE + 1, 200}, {40, CELLS_ROWS_MAX + 1}, {40, CELLS_ROWS_MAX}};
	for (size_t i = 0; i < ARRAY_LEN(sizes); i++) {
		begin(scene, sizes[i][0], sizes[i][1]);
		noise(scene, scene->before);
		for (uint32_t y = 0; y < scene->height; y++)
			memcpy(pixel(scene, scene->after, 0, y),
				pixel(scene, scene->before, 0, (y + 7) % scene->height),
				scene->width * sizeof(uint32_t));
		damage_fill(&scene->damage);
		find(scene);
		check_moves(scene);
		bool fits =
			scene->width <= CELLS_COLUMNS_MAX * DAMAGE_TILE && scene->height <= CELLS_ROWS_MAX;
		bool enough = scene->width > 32 && scene->height >= 256;
		CHECK_SAY((scene->moves.count > 0) == (fits && enough), "%ux%u", scene->width, scene->height);
		end(scene);
	}
}

/* --- random pictures --- */

static struct rect random_rect(struct scene *scene) {
	uint32_t x = random_below(&scene->random, scene->width),
		 y = random_below(&scene->random, scene->height);
	return (struct rect){(int32_t)x, (int32_t)y, 1 + random_below(&scene->random, scene->width - x),
		1 + random_below(&scene->random, scene->height - y)};
}

/* Lets a random part of the later picture be what some part of the earlier one was. */
static void move_something(struct scene *scene) {
	struct rect to = random_rect(scene);
	int64_t x = to.x, y = random_below(&scene->random, scene->height - to.height + 1);
	if (random_below(&scene->random, 3) == 0)
		x = random_below(&scene->random, scene->width - to.width + 1);
	for (uint32_t row = 0; row < to.height; row++)
		memcpy(pixel(scene, scene->after, to.x, to.y + (int64_t)row),
			pixel(scene, scene->before, x, y + row), to.width * sizeof(uint32_t));
}

static void paint_something(struct scene *scene, uint32_t *pixels) {
	struct rect r = random_rect(scene);
	uint32_t colour = random_below(&scene->random, 3) * 0x404040;
	switch (random_below(&scene->random, 4)) {
	case 0:
		write_text(scene, pixels, r);
		break;
	case 1: /* stripes, which are found in many places */
		for (uint32_t y = 0; y < r.height; y += 8)
			fill(scene, pixels, (struct rect){r.x, r.y + (int32_t)y, r.width, 1}, colour);
		break;
	case 2: /* a few pixels */
		fill(scene, pixels, (struct rect){r.x, r.y, 1, 1}, colour);
		break;
	default:
		fill(scene, pixels, r, colour);
	}
}

static void random_pictures(struct scene *scene) {
	uint64_t explained = 0, rounds_with_moves = 0;
	for (int round = 0; round < 800; round++) {
		begin(scene, 1 + random_below(&scene->random, 700), 1 + random_below(&scene->random, 700));
		for (uint32_t i = random_below(&scene->random, 6); i > 0; i--)
			paint_something(scene, scene->before);
		write_text(scene, scene->before, (struct rect){0, 0, scene->width, scene->height});
		memcpy(scene->after, scene->before, scene->stride * scene->height * sizeof *scene->after);
		for (uint32_t i = 1 + random_below(&scene->random, 4); i > 0; i--)
			move_something(scene);
		for (uint32_t i = random_below(&scene->random, 4); i > 0; i--)
			paint_something(scene, scene->after);
		note_damage(scene);
		if (random_below(&scene->random, 4) == 0)
			damage_fill(&scene->damage);
		find(scene);
		explained += check_moves(scene);
		rounds_with_moves += scene->moves.count > 0;
		end(scene);
	}
	CHECK_SAY(rounds_with_moves > 50 && explained > 300000, "%u rounds, %u pixels",
		(unsigned)rounds_with_moves, (unsigned)explained);
}

int main(void) {
	struct scene scene = {.random = {7}, .finder = moves_finder_create()};
	CHECK(scene.finder);
	pages_scroll(&scene);
	windows_are_dragged(&scene);
	nothing_moves(&scene);
	hardly_any_damage(&scene);
	odd_sizes(&scene);
	random_pictures(&scene);
	moves_finder_destroy(scene.finder);
	return 0;
}
