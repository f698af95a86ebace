/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Whatever pixel format, encodings, levels and qualities a viewer asks for, the answer is as the
 * specifications have it and shows the picture: exactly, or as near as a JPEG's own tables allow. The answers
 * come through the gateway with the real library behind it. Formats and encodings change on one connection,
 * each under the other, so broken zlib streams show, too.
 *
 *   test_net_encoders              a selection in which each pair of these occurs
 *   test_net_encoders library      the same, if libvncserver makes all encodings
 *   test_net_encoders full [PART]  all of it, half an hour of CPU time; the parts: random, contents,
 *                                  sizes, tall, levels, small
 */
#include <string.h>

#include "capture/base/array.h"
#include "server/vnc/choice.h"
#include "server/vnc/link.h"
#include "tests/server/net/encoders/trial.h"
#include "tests/test.h"

enum { RAW, RRE = 2, CORRE = 4, HEXTILE, ZLIB, TIGHT, ZLIBHEX, ULTRA, ZRLE = 16, ZYWRLE };
enum { LAST_RECT = -224, WITHOUT_ZLIB = -317 };
enum { NONE = -1 };
#define LEVEL(n)       (-256 + (n))
#define QUALITY(n)     (-32 + (n))
#define FINE(n)        (-512 + (n))
#define SUBSAMPLING(n) (-768 + (n))

/* --- the selection --- */

static const struct setting chosen[] = {
	{{RAW}, 1},
	{{RRE}, 1},
	{{HEXTILE}, 1},
	{{ZLIB}, 1},
	{{ZLIB, LEVEL(0)}, 2},
	{{ZLIB, LEVEL(9)}, 2},
	{{ZRLE, LEVEL(1)}, 2},
	{{ZRLE, TIGHT, QUALITY(5), LAST_RECT}, 4},
	{{TIGHT}, 1},
	{{TIGHT, LAST_RECT}, 2},
	{{TIGHT, ZLIB, LAST_RECT}, 3}, /* with the gradient filter */
	{{TIGHT, ZLIB, QUALITY(6), LAST_RECT}, 4},
	{{TIGHT, LEVEL(0)}, 2},
	{{TIGHT, LEVEL(0), LAST_RECT}, 3},
	{{TIGHT, LEVEL(0), WITHOUT_ZLIB}, 3},
	{{TIGHT, LEVEL(0), WITHOUT_ZLIB, LAST_RECT}, 4},
	{{TIGHT, LEVEL(9), LAST_RECT}, 3},
	{{TIGHT, QUALITY(0)}, 2},
	{{TIGHT, QUALITY(9), LAST_RECT}, 3},
	{{TIGHT, LEVEL(0), QUALITY(5), LAST_RECT}, 4},
	{{TIGHT, LEVEL(9), QUALITY(8), SUBSAMPLING(2), LAST_RECT}, 5},
	{{TIGHT, FINE(1), SUBSAMPLING(1)}, 3},
	{{TIGHT, FINE(50), SUBSAMPLING(3), LAST_RECT}, 4},
	{{TIGHT, FINE(100), SUBSAMPLING(0), LAST_RECT}, 4},
	{{TIGHT, QUALITY(3), FINE(0), SUBSAMPLING(5)}, 4},
	{{ULTRA, ZYWRLE, CORRE, ZLIBHEX, HEXTILE, QUALITY(6)}, 6},
	{{LEVEL(0), QUALITY(6), LAST_RECT}, 3},
	{{0}, 0},
};
enum { CHOSEN = ARRAY_LEN(chosen) };

static const struct size wide_sizes[] = {{1, 1}, {2, 1}, {3, 1}, {4, 1}, {5, 1}, {1, 2}, {1, 17}, {17, 1},
	{15, 15}, {16, 16}, {17, 17}, {15, 17}, {16, 1}, {63, 64}, {64, 63}, {64, 64}, {65, 65}, {65, 1},
	{128, 96}, {255, 99}, {256, 100}, {1000, 65}, {2047, 3}, {2048, 2}, {2049, 1}, {2049, 2}, {2048, 32},
	{2048, 33}, {2049, 33}, {2100, 40}};
static const struct size tall_sizes[] = {
	{1, 2047}, {1, 2049}, {2, 2048}, {17, 600}, {16, 300}, {33, 2048}, {64, 1025}, {65, 64}, {40, 2100}};
enum { SMALL_SIZES = 18 /* number of the wide ones that are not larger than 65x65 */ };
enum { WIDE_SIZES = ARRAY_LEN(wide_sizes), TALL_SIZES = ARRAY_LEN(tall_sizes) };

static struct trial nth(const struct plan *plan, unsigned n, const struct pixel_layout *format,
	const struct setting *setting) {
	unsigned content = (n * 7 + n / 30) % CONTENTS;
	struct size size = plan->down ? tall_sizes[n % TALL_SIZES] : wide_sizes[n % WIDE_SIZES];
	struct trial trial = {format, setting, plan_place(plan, content, size, n), content};
	return trial;
}

/* Each format meets each setting twice: once as a new format, once as new encodings. */
static void select_pairs(const struct plan *plan, unsigned step) {
	struct visit visit;
	unsigned n = 0;
	visit_begin(&visit, plan);
	for (unsigned s = 0; s < CHOSEN; s++)
		for (unsigned f = 0; f < formats_count; f += step, n++)
			visit_attempt(&visit, (struct trial[]){nth(plan, n, &formats[f], &chosen[s])});
	for (unsigned f = 0; f < formats_count; f += step)
		for (unsigned s = 0; s < CHOSEN; s++, n++)
			visit_attempt(&visit, (struct trial[]){nth(plan, n, &formats[f], &chosen[s])});
	visit_end(&visit);
}

/* A few pixels, no two of which are alike. */
static void few_pixels(const struct plan *plan) {
	struct visit visit;
	visit_begin(&visit, plan);
	for (unsigned s = 0; s < CHOSEN; s++)
		for (unsigned n = 0; n < formats_count * 3; n += FORMAT_STEP) {
			struct trial trial = {&formats[n / 3], &chosen[s], {0}, CONTENT_NOISE};
			trial.area =
				plan_place(plan, CONTENT_NOISE, (struct size){(uint16_t)(3 + n % 3), 1}, n);
			visit_attempt(&visit, &trial);
		}
	visit_end(&visit);
}

/* Pictures no larger than that: the library's buffers are as large as its screen. */
static void small_pictures(unsigned step) {
	static const struct size sizes[] = {{1, 1}, {2, 1}, {1, 2}, {5, 1}, {1, 5}, {4, 4}, {16, 16},
		{17, 15}, {65, 63}, {300, 1}, {1, 300}};
	unsigned n = 0;
	for (unsigned i = 0; i < ARRAY_LEN(sizes); i++)
		for (unsigned content = CONTENT_NOISE; content < CONTENT_NOISE + 3; content++) {
			uint32_t pixels[300 * 300];
			struct plan plan = {sizes[i].width, sizes[i].height, pixels, false};
			struct visit visit;
			content_draw(content, pixels, plan.width, plan.width, plan.height);
			plan_show(&plan);
			visit_begin(&visit, &plan);
			for (unsigned s = 0; s < CHOSEN; s++)
				for (unsigned f = n++ % step; f < formats_count; f += step)
					visit_attempt(
						&visit, (struct trial[]){{&formats[f], &chosen[s],
								{0, 0, plan.width, plan.height}, content}});
			visit_end(&visit);
		}
}

/* --- several rectangles --- */

enum { TILE = 64, COLUMNS = 7, ROWS = 5, WIDTH = COLUMNS * TILE - 5, HEIGHT = ROWS * TILE - 9 };

static struct decode_area tile_at(unsigned column, unsigned row) {
	struct decode_area tile = {column * TILE, row * TILE, TILE, TILE};
	tile.width = column == COLUMNS - 1 ? WIDTH - tile.x : TILE;
	tile.height = row == ROWS - 1 ? HEIGHT - tile.y : TILE;
	return tile;
}

/* Repaints every other tile. Nothing else has changed. */
static unsigned paint_tiles(const struct plan *plan, unsigned n, struct decode_area *tiles) {
	unsigned count = 0;
	for (unsigned i = n % 2; i < COLUMNS * ROWS; i += 2) {
		struct decode_area *tile = &tiles[count++];
		uint32_t colour = (n * 64 + i) * 0x02468b & 0xffffff;
		*tile = tile_at(i % COLUMNS, i / COLUMNS);
		desk_paint_square(&trial_desk, i % COLUMNS, i / COLUMNS, colour);
		for (uint32_t y = tile->y; y < tile->y + tile->height; y++)
			for (uint32_t x = tile->x; x < tile->x + tile->width; x++)
				plan->pixels[y * plan->width + x] = colour;
	}
	return count;
}

/* An update has as many rectangles as it says, no matter how they are cut up. */
static void changes_in_many_places(void) {
	static uint32_t pixels[WIDTH * HEIGHT];
	struct plan plan = {WIDTH, HEIGHT, pixels, false};
	struct visit visit;
	content_draw(CONTENT_NOISE, pixels, WIDTH, WIDTH, HEIGHT);
	plan_show(&plan);
	visit_begin(&visit, &plan);
	for (unsigned n = 0; n < CHOSEN; n++) {
		struct trial all = {
			&formats[n % formats_count], &chosen[n], {0, 0, WIDTH, HEIGHT}, CONTENT_NOISE};
		struct decode_area tiles[COLUMNS * ROWS];
		struct reason reason = {""};
		if (!visit_attempt(&visit, &all))
			break;
		unsigned count = paint_tiles(&plan, n, tiles);
		seen_request(&visit.view.seen, true, 0, 0, WIDTH, HEIGHT);
		CHECK_SAY(
			view_read(&visit.view, tiles, count, &reason) == 0, "setting %u: %s", n, reason.text);
	}
	visit_end(&visit);
}

/* --- in the middle of the stream --- */

/* The next format and encodings are set as soon as an answer begins. That answer continues in the previous
 * ones. */
static void changes_during_answers(const struct plan *plan) {
	enum { STEPS = 200 };
	struct visit visit;
	struct trial next = nth(plan, 0, &formats[0], &chosen[0]);
	visit_begin(&visit, plan);
	for (unsigned n = 0; n < STEPS; n++) {
		struct trial trial = next;
		view_say_format(&visit.view, trial.format);
		view_say_encodings(&visit.view, trial.setting->list, trial.setting->count);
		view_say_request(&visit.view, &trial.area);
		view_wait(&visit.view);
		next = nth(plan, n + 1, &formats[(n + 1) * 11 % formats_count], &chosen[n / 3 * 5 % CHOSEN]);
		view_say_format(&visit.view, next.format);
		if (n % 2)
			view_say_encodings(&visit.view, next.setting->list, next.setting->count);
		view_expect(&visit.view, trial.format, trial.setting->list, trial.setting->count);
		if (!visit_read(&visit, &trial))
			break;
	}
	visit_end(&visit);
}

/* An open request is answered in the old format and encoding: with one pixel, because nothing has changed. */
static void changes_under_an_open_request(const struct plan *plan) {
	struct visit visit;
	visit_begin(&visit, plan);
	visit_attempt(&visit,
		(struct trial[]){{&formats_native, &chosen[0], {0, 0, plan->width, plan->height}, 0}});
	for (unsigned n = 0; n < formats_count; n++) {
		struct trial old = nth(plan, n, &formats[n * 5 % formats_count], &chosen[n % CHOSEN]);
		struct trial new = nth(plan, n + 1, &formats[n], &chosen[n * 3 % CHOSEN]);
		struct trial answer = old;
		answer.area = (struct decode_area){0, 0, 1, 1};
		if (!visit_attempt(&visit, &old))
			break;
		seen_request(&visit.view.seen, true, 0, 0, (uint16_t)plan->width, (uint16_t)plan->height);
		view_settle(&visit.view);
		view_say_format(&visit.view, new.format);
		view_expect(&visit.view, old.format, old.setting->list, old.setting->count);
		if (!visit_read(&visit, &answer))
			break;
		view_expect(&visit.view, new.format, old.setting->list, old.setting->count);
		visit.format = new.format;
		if (!visit_attempt(&visit, &new))
			break;
	}
	visit_end(&visit);
}

/* --- quality --- */

static struct quality jpeg_for(struct visit *visit, const struct setting *setting, unsigned n) {
	struct trial trial = nth(visit->plan, n, &formats_native, setting);
	trial.area = plan_place(visit->plan, CONTENT_PHOTO, (struct size){65, 64}, n);
	visit->view.quality = (struct quality){0};
	visit->setting = NULL; /* the same setting may have other numbers now */
	visit_attempt(visit, &trial);
	return visit->view.quality;
}

/* No better quality has larger quantisation steps. */
static void qualities_grow(struct visit *visit) {
	struct quality before = quality_wanted(1);
	for (int i = 0; i <= 9; i++) {
		struct setting setting = {{TIGHT, QUALITY(i)}, 2};
		struct quality quality = jpeg_for(visit, &setting, (unsigned)i);
		for (int k = 0; k < 64; k++)
			CHECK_SAY(quality.steps[k] && quality.steps[k] <= before.steps[k],
				"quality %d, step %d: %u", i, k, quality.steps[k]);
		before = quality;
	}
}

static void fine_qualities_are_libjpegs(struct visit *visit) {
	for (int i = 0; i <= 100; i++) {
		struct setting setting = {{TIGHT, QUALITY(6), FINE(i)}, 3};
		struct quality quality = jpeg_for(visit, &setting, (unsigned)i), wanted = quality_wanted(i);
		CHECK_SAY(
			memcmp(quality.steps, wanted.steps, sizeof wanted.steps) == 0, "fine quality %d", i);
	}
}

/* 8X and 16X are not available; 4X is the nearest. */
static void subsampling_is_heeded(struct visit *visit) {
	static const struct {
		unsigned components, across, down;
	} wanted[] = {{3, 1, 1}, {3, 2, 2}, {3, 2, 1}, {1, 1, 1}, {3, 2, 2}, {3, 2, 2}};
	for (int i = 0; i < 6; i++) {
		struct setting setting = {{TIGHT, QUALITY(9), SUBSAMPLING(i)}, 3};
		struct quality quality = jpeg_for(visit, &setting, (unsigned)i);
		CHECK_SAY(quality.components == wanted[i].components && quality.across == wanted[i].across &&
				  quality.down == wanted[i].down,
			"subsampling %d: %u components, %ux%u", i, quality.components, quality.across,
			quality.down);
	}
}

static void qualities(const struct plan *plan) {
	struct visit visit;
	visit_begin(&visit, plan);
	qualities_grow(&visit);
	fine_qualities_are_libjpegs(&visit);
	subsampling_is_heeded(&visit);
	visit_end(&visit);
}

/* --- all of it --- */

static void every_size_and_content(const struct plan *plan) {
	unsigned sizes = plan->down ? TALL_SIZES : WIDE_SIZES, n = 0;
	struct visit visit;
	visit_begin(&visit, plan);
	for (unsigned size = 0; size < sizes; size++)
		for (unsigned s = 0; s < CHOSEN; s++)
			for (unsigned f = 0; f < formats_count; f++, n++) {
				unsigned contents = f % 8 ? 1 : CONTENTS;
				for (unsigned i = 0; i < contents; i++) {
					struct trial trial = {
						&formats[f], &chosen[s], {0}, (n + i) % CONTENTS};
					trial.area = plan_place(plan, trial.content,
						plan->down ? tall_sizes[size] : wide_sizes[size], n + i);
					visit_attempt(&visit, &trial);
				}
			}
	visit_end(&visit);
}

static void every_content(const struct plan *plan) {
	struct visit visit;
	unsigned n = 0;
	visit_begin(&visit, plan);
	for (unsigned content = 0; content < CONTENTS; content++)
		for (unsigned s = 0; s < CHOSEN; s++)
			for (unsigned f = 0; f < formats_count; f++, n++) {
				struct trial trial = nth(plan, n, &formats[f], &chosen[s]);
				trial.content = content;
				trial.area = plan_place(plan, content, wide_sizes[n % WIDE_SIZES], n);
				visit_attempt(&visit, &trial);
			}
	visit_end(&visit);
}

/* Small areas, and many of them: only what the viewer has asked for changes. */
static void try_setting(struct visit *visit, const struct setting *setting, unsigned *n) {
	for (unsigned f = 0; f < formats_count; f++, ++*n) {
		struct trial trial = nth(visit->plan, *n, &formats[f], setting);
		trial.area = plan_place(visit->plan, trial.content, wide_sizes[*n % SMALL_SIZES], *n);
		if (f == 0)
			visit->setting = NULL; /* the same setting has other numbers now */
		visit_attempt(visit, &trial);
	}
}

static void add(struct setting *setting, int32_t encoding, bool wanted) {
	if (wanted)
		setting->list[setting->count++] = encoding;
}

/* NONE: no level, quality or subsampling is asked for. Quality: 0 to 9, then the 101 fine ones. */
static void every_level_and_quality(const struct plan *plan) {
	struct visit visit;
	unsigned n = 0;
	visit_begin(&visit, plan);
	for (int level = NONE; level <= 9; level++)
		for (int quality = NONE; quality <= 110; quality++)
			for (int subsampling = NONE; subsampling <= 5; subsampling++) {
				struct setting setting = {{TIGHT}, 1};
				add(&setting, LEVEL(level), level != NONE);
				add(&setting, quality < 10 ? QUALITY(quality) : FINE(quality - 10),
					quality != NONE);
				add(&setting, SUBSAMPLING(subsampling), subsampling != NONE);
				add(&setting, LAST_RECT, n % 2);
				add(&setting, WITHOUT_ZLIB, n / 2 % 2);
				try_setting(&visit, &setting, &n);
			}
	for (int level = NONE; level <= 9; level++)
		for (unsigned i = 0; i < 5; i++) {
			struct setting setting = {{(const int32_t[]){RAW, RRE, HEXTILE, ZLIB, ZRLE}[i]}, 1};
			add(&setting, LEVEL(level), level != NONE);
			try_setting(&visit, &setting, &n);
		}
	visit_end(&visit);
}

static void random_formats(const struct plan *plan) {
	enum { FORMATS = 3000 };
	struct random random = {.state = 4711};
	struct visit visit;
	visit_begin(&visit, plan);
	for (unsigned n = 0; n < FORMATS * CHOSEN; n++) {
		static struct pixel_layout layout;
		if (n % CHOSEN == 0) {
			layout = formats_random(&random);
			visit.format = NULL;
		}
		struct trial trial = nth(plan, n, &layout, &chosen[n % CHOSEN]);
		trial.area = plan_place(plan, trial.content, wide_sizes[n / CHOSEN % SMALL_SIZES], n);
		visit_attempt(&visit, &trial);
	}
	visit_end(&visit);
}

static void every_small_picture(const struct plan *unused) {
	(void)unused;
	small_pictures(1);
}

static void selection(const struct plan *wide, const struct plan *tall) {
	plan_show(wide);
	select_pairs(wide, FORMAT_STEP);
	few_pixels(wide);
	changes_during_answers(wide);
	changes_under_an_open_request(wide);
	qualities(wide);
	plan_show(tall);
	select_pairs(tall, 5 * FORMAT_STEP);
	small_pictures(20 * FORMAT_STEP);
	changes_in_many_places();
}

/* Each part begins with the picture that it is about. */
static const struct part {
	const char *name;
	void (*run)(const struct plan *plan);
	bool down;
} parts[] = {
	{"random", random_formats, false},
	{"contents", every_content, false},
	{"sizes", every_size_and_content, false},
	{"tall", every_size_and_content, true},
	{"levels", every_level_and_quality, false},
	{"small", every_small_picture, false},
};
enum { PARTS = ARRAY_LEN(parts) };

/* Returns false if there is no such part. */
static bool run_parts(const struct plan *wide, const struct plan *tall, const char *name) {
	bool known = false;
	for (size_t i = 0; i < PARTS; i++)
		if (!name || strcmp(name, parts[i].name) == 0) {
			const struct plan *plan = parts[i].down ? tall : wide;
			known = true;
			plan_show(plan);
			parts[i].run(plan);
		}
	return known;
}

/* So that each answer is the one to what was asked for. */
static struct encoders *without_refresh(uv_loop_t *loop, struct picture_store *store) {
	return vnc_choice_encoders_with(loop, store, &(struct own_options){.refreshes = false});
}

int main(int argc, char **argv) {
	trial_desk.options.security = "none";
	trial_desk.make_encoders = without_refresh;
	if (argc > 1 && strcmp(argv[1], "library") == 0)
		trial_desk.make_encoders = vnc_link_encoders;
	desk_start(&trial_desk);
	struct plan wide = plan_draw(false), tall = plan_draw(true);
	bool known = true;
	if (argc > 1 && strcmp(argv[1], "full") == 0)
		known = run_parts(&wide, &tall, argv[2]);
	else
		selection(&wide, &tall);
	desk_stop(&trial_desk);
	free(wide.pixels);
	free(tall.pixels);
	CHECK_SAY(known, "no such part: %s", argv[2]);
	return trial_report() ? 0 : 1;
}
