/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which parts of made pictures are taken for videos, by a clock of our own: films of several rates and sizes
 * are, and nothing else that moves on a desktop is. */
#include "encode/rfb/video_find.h"

#include <stdbool.h>
#include <string.h>

#include "capture/pattern.h"
#include "tests/encode/rfb/film.h"
#include "tests/test.h"

#define MS 1000000ull
enum { WIDTH = 640, HEIGHT = 480, NEVER = 1u << 30 };

struct scene {
	struct picture_store *store;
	struct canvas canvas;
	struct video_find find;
	struct pattern *pattern; /* what is around the film; NULL: a page of text */
	uint64_t now_ns;
	bool no_moves; /* no viewer knows CopyRect */
};

static void fill_with_text(struct canvas *canvas, unsigned scrolled) {
	static const char *const lines[] = {
		"The quick brown fox jumps over the lazy dog, and 12 boxing wizards follow.",
		"static int number_of(const struct thing *thing) { return thing->number; }",
		"Lorem ipsum dolor sit amet, consectetur adipiscing elit, sed do eiusmod.", ""};
	canvas_fill(canvas, (struct rect){0, 0, canvas->width, canvas->height}, 0xfdfcf8);
	for (unsigned i = 0; i < canvas->height / 18 + 2; i++)
		canvas_text(canvas, 8, (int32_t)(i * 18) - (int32_t)(scrolled % 18), 1,
			0x202020 + (i * 7919 & 0x3f3f), lines[(i + scrolled / 18) % 4]);
}

static struct scene begin(const char *pattern) {
	struct scene scene = {.store = picture_store_create(), .now_ns = 5000 * MS};
	unsigned parts;
	CHECK(scene.store && canvas_init(&scene.canvas, WIDTH, HEIGHT) == 0);
	if (pattern)
		CHECK(pattern_kind(pattern, &parts) &&
			pattern_create(WIDTH, HEIGHT, parts, &scene.pattern) == 0);
	fill_with_text(&scene.canvas, 0);
	return scene;
}

static void end(struct scene *scene) {
	video_find_finish(&scene->find);
	picture_store_destroy(scene->store);
	canvas_finish(&scene->canvas);
	pattern_destroy(scene->pattern);
}

/* Publishes what was drawn, and looks at it. */
static void look(struct scene *scene) {
	if (!scene->no_moves)
		picture_store_want_moves(scene->store);
	film_publish(scene->store, &scene->canvas);
	const struct picture *picture = picture_store_acquire(scene->store);
	video_find_look(&scene->find, picture, scene->now_ns);
	picture_store_release(scene->store, picture);
}

static void wait_ms(struct scene *scene, unsigned ms) {
	scene->now_ns += ms * MS;
}

/* --- films --- */

struct film {
	const char *name;
	struct rect place;
	unsigned film_ms,
		look_ms; /* from one picture of the film to the next, and from one look to the next */
	bool other;      /* something else changes at each look */
};

static void draw_dot(struct canvas *canvas, unsigned i) {
	canvas_fill(canvas, (struct rect){WIDTH - 40, HEIGHT - 40, 20, 20}, 0x800000 | (i * 37 & 0xff));
}

/* Plays for `ms`. Returns after how many of them there was a place, or NEVER. */
static unsigned play(struct scene *scene, const struct film *film, unsigned ms, unsigned *number) {
	unsigned found = NEVER;
	for (unsigned at = 0; at < ms; at += film->look_ms) {
		film_draw(&scene->canvas, film->place, (*number)++ * film->look_ms / film->film_ms);
		if (film->other)
			draw_dot(&scene->canvas, at);
		look(scene);
		if (found == NEVER && scene->find.count)
			found = at;
		wait_ms(scene, film->look_ms);
	}
	return found;
}

static void check_place(const struct scene *scene, const struct film *film) {
	const struct rect *found = &scene->find.places[0].rect;
	struct rect both = rect_intersect(*found, film->place);
	CHECK_SAY(scene->find.count == 1, "%s: %zu places", film->name, scene->find.count);
	CHECK_SAY(found->width % 2 == 0 && found->height % 2 == 0, "%s: %ux%u", film->name, found->width,
		found->height);
	CHECK_SAY(rect_is_inside(*found, WIDTH, HEIGHT), "%s", film->name);
	/* an odd side may be a pixel more, or less at the edge of the picture */
	CHECK_SAY(both.width + 1 >= film->place.width && both.height + 1 >= film->place.height &&
			  found->width <= both.width + 1 && found->height <= both.height + 1,
		"%s: %ux%u at %d,%d", film->name, found->width, found->height, found->x, found->y);
}

static void check_film(const struct film *film) {
	struct scene scene = begin(NULL);
	unsigned number = 0, found = play(&scene, film, 2500, &number);
	CHECK_SAY(found >= 500 && found <= 2000, "%s: after %u ms", film->name, found);
	check_place(&scene, film);
	uint64_t first = scene.find.places[0].number;
	play(&scene, film, 2000, &number);
	check_place(&scene, film);
	CHECK_SAY(scene.find.places[0].number == first, "%s: the place does not stay", film->name);
	/* it stops, and all of it is to be mended */
	struct region lossy = {0}, still = {0};
	region_add(&lossy, scene.find.places[0].rect);
	wait_ms(&scene, 100);
	look(&scene);
	CHECK(scene.find.count == 1 || film->look_ms > 200);
	video_find_still(&scene.find, &lossy, scene.now_ns, &still);
	CHECK(region_is_empty(&still) || film->look_ms > 200);
	wait_ms(&scene, VIDEO_STILL_MS);
	look(&scene);
	CHECK_SAY(scene.find.count == 0, "%s: it has stopped", film->name);
	video_find_still(&scene.find, &lossy, scene.now_ns, &still);
	CHECK(region_covers(&still, region_rects(&lossy)[0]));
	region_finish(&still);
	region_finish(&lossy);
	end(&scene);
}

static void check_films(void) {
	static const struct film films[] = {
		{"60 Hz", {100, 83, 320, 240}, 16, 16, false},
		{"25 Hz at 60", {100, 83, 320, 240}, 40, 16, true},
		{"30 Hz, seen 4 times a second", {64, 64, 384, 256}, 33, 250, false},
		{"10 Hz", {7, 9, 201, 151}, 100, 16, true},
		{"whole screen", {0, 0, WIDTH, HEIGHT}, 33, 33, false},
		{"at the corner", {WIDTH - 201, HEIGHT - 133, 201, 133}, 33, 16, false},
	};
	for (size_t i = 0; i < sizeof films / sizeof films[0]; i++)
		check_film(&films[i]);
}

static void check_two(void) {
	struct scene scene = begin(NULL);
	const struct rect places[] = {{16, 16, 240, 160}, {330, 250, 300, 200}};
	for (unsigned i = 0; i < 90; i++) {
		film_draw(&scene.canvas, places[0], i);
		film_draw(&scene.canvas, places[1], i + 500);
		look(&scene);
		wait_ms(&scene, 33);
	}
	CHECK(scene.find.count == 2);
	/* one stops, and the other one stays what it was */
	uint64_t number = scene.find.places[1].number;
	struct rect rect = scene.find.places[1].rect;
	if (rect.y < 200) {
		number = scene.find.places[0].number;
		rect = scene.find.places[0].rect;
	}
	for (unsigned i = 90; i < 120; i++) {
		film_draw(&scene.canvas, places[1], i + 500);
		look(&scene);
		wait_ms(&scene, 33);
	}
	CHECK(scene.find.count == 1 && scene.find.places[0].number == number &&
		rect_equals(scene.find.places[0].rect, rect));
	end(&scene);
}

/* A film that moves to another place on the screen, as if its window were dragged, is found there. */
static void check_moved(void) {
	struct scene scene = begin(NULL);
	const struct film before = {"before", {40, 40, 256, 192}, 33, 33, false},
			  after = {"after", {350, 250, 256, 192}, 33, 33, false};
	unsigned number = 0;
	play(&scene, &before, 2000, &number);
	check_place(&scene, &before);
	fill_with_text(&scene.canvas, 0);
	play(&scene, &after, 3000, &number);
	check_place(&scene, &after);
	end(&scene);
}

/* A part of the film may stand still for long. */
static void check_part(void) {
	struct scene scene = begin(NULL);
	const struct film all = {"all", {64, 64, 384, 256}, 33, 33, false},
			  part = {"part", {64, 64, 256, 256}, 33, 33, false};
	unsigned number = 0;
	play(&scene, &all, 2000, &number);
	check_place(&scene, &all);
	uint64_t first = scene.find.places[0].number;
	play(&scene, &part, 3000, &number);
	CHECK(scene.find.count == 1 && scene.find.places[0].number == first);
	end(&scene);
}

/* Pictures of another size have nothing to do with those before. */
static void check_resized(void) {
	struct scene scene = begin(NULL);
	const struct film film = {"before", {40, 40, 256, 192}, 33, 33, false};
	unsigned number = 0;
	play(&scene, &film, 2000, &number);
	CHECK(scene.find.count == 1);
	canvas_finish(&scene.canvas);
	CHECK(canvas_init(&scene.canvas, 200, 100) == 0);
	look(&scene);
	CHECK(scene.find.count == 0);
	end(&scene);
}

/* --- what is no film --- */

static void draw_scrolled(struct scene *scene, unsigned i) {
	fill_with_text(&scene->canvas, i * 5);
}

static void draw_typed(struct scene *scene, unsigned i) {
	canvas_text(&scene->canvas, 8 + (int32_t)(i % 70 * 9), 300, 1, 0x202020, "x");
}

static void draw_caret(struct scene *scene, unsigned i) {
	canvas_fill(&scene->canvas, (struct rect){300, 200, 2, 18}, i / 15 % 2 ? 0xffffff : 0x202020);
}

static void draw_spinner(struct scene *scene, unsigned i) {
	film_draw(&scene->canvas, (struct rect){400, 300, 48, 48}, i);
}

static void draw_bar(struct scene *scene, unsigned i) {
	canvas_fill(&scene->canvas, (struct rect){100, 400, 500, 24}, 0xe0e0e0);
	canvas_fill(&scene->canvas, (struct rect){100 + (int32_t)(i * 4 % 400), 400, 100, 24}, 0x3070c0);
}

/* A window with a photograph in it. */
static void draw_dragged(struct scene *scene, unsigned i) {
	fill_with_text(&scene->canvas, 0);
	unsigned at = i * 7 % 300;
	film_draw(&scene->canvas, (struct rect){20 + (int32_t)at, 30 + (int32_t)(at / 2), 300, 220}, 3);
}

static void draw_pages(struct scene *scene, unsigned i) {
	fill_with_text(&scene->canvas, i * 577);
}

static void draw_slides(struct scene *scene, unsigned i) {
	film_draw(&scene->canvas, (struct rect){100, 60, 500, 400}, i / 60 * 100);
}

static void draw_strip(struct scene *scene, unsigned i) {
	film_draw(&scene->canvas, (struct rect){100, 100, 400, 60}, i);
}

/* Around something that stands still. */
static void draw_ring(struct scene *scene, unsigned i) {
	const struct rect inner = {120, 80, 360, 260};
	film_draw(&scene->canvas, (struct rect){100, 60, 400, 300}, i);
	film_draw(&scene->canvas, inner, 0);
}

/* Twice a second, while other things move. */
static void draw_preview(struct scene *scene, unsigned i) {
	film_draw(&scene->canvas, (struct rect){100, 60, 400, 300}, i / 15);
	draw_spinner(scene, i);
}

/* Five times a second, while other things move more often. */
static void draw_animation(struct scene *scene, unsigned i) {
	film_draw(&scene->canvas, (struct rect){100, 60, 400, 300}, i / 6);
	draw_spinner(scene, i);
}

/* As a viewer on a slow line sees a film. */
static void draw_seldom(struct scene *scene, unsigned i) {
	film_draw(&scene->canvas, (struct rect){100, 60, 400, 300}, i * 12);
	wait_ms(scene, 370);
}

static void draw_pattern(struct scene *scene, unsigned i) {
	pattern_draw(scene->pattern, i);
	memcpy(scene->canvas.pixels, pattern_canvas(scene->pattern)->pixels,
		(size_t)HEIGHT * scene->canvas.stride * 4);
}

static void check_others(void) {
	static const struct {
		const char *name, *pattern;
		void (*draw)(struct scene *scene, unsigned i);
		bool no_moves;
	} others[] = {
		{"scrolled text", NULL, draw_scrolled, false},
		{"typed text", NULL, draw_typed, false},
		{"a caret", NULL, draw_caret, false},
		{"a spinner", NULL, draw_spinner, false},
		{"a bar", NULL, draw_bar, false},
		{"a window that is dragged", NULL, draw_dragged, false},
		{"pages", NULL, draw_pages, false},
		{"slides", NULL, draw_slides, false},
		{"the pattern that moves", "moving", draw_pattern, false},
		{"the pattern that scrolls", "scroll", draw_pattern, false},
		{"scrolled text, without moves", NULL, draw_scrolled, true},
		{"pages, without moves", NULL, draw_pages, true},
		{"the pattern that scrolls, without moves", "scroll", draw_pattern, true},
		{"a strip", NULL, draw_strip, false},
		{"a ring", NULL, draw_ring, false},
		{"a preview", NULL, draw_preview, false},
		{"an animation", NULL, draw_animation, false},
		{"a film that is seen too seldom", NULL, draw_seldom, false},
	};
	for (size_t k = 0; k < sizeof others / sizeof others[0]; k++) {
		struct scene scene = begin(others[k].pattern);
		scene.no_moves = others[k].no_moves;
		for (unsigned i = 0; i < 90; i++) {
			others[k].draw(&scene, i);
			look(&scene);
			CHECK_SAY(scene.find.count == 0, "%s: picture %u: %ux%u at %d,%d", others[k].name, i,
				scene.find.places[0].rect.width, scene.find.places[0].rect.height,
				scene.find.places[0].rect.x, scene.find.places[0].rect.y);
			wait_ms(&scene, 33);
		}
		end(&scene);
	}
}

/* The built-in video is one, so that it serves tests and benchmarks. */
static void check_pattern(void) {
	struct scene scene = begin("video");
	for (unsigned i = 0; i < 60; i++) {
		draw_pattern(&scene, i);
		look(&scene);
		wait_ms(&scene, 33);
	}
	CHECK(scene.find.count == 1);
	end(&scene);
}

int main(void) {
	check_films();
	check_two();
	check_moved();
	check_part();
	check_resized();
	check_others();
	check_pattern();
	return 0;
}
