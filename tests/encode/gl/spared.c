/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Parts of a picture are spared, of one output or two that share tiles: only there are tiles absent, all
 * others are exact, each change is reported, and pixels that nobody needs are not read back. What is not
 * spared any more is stored, whoever converts then: spared VERSION compute|fragment packed|plain BANDS ROUNDS
 */
#include <drm_fourcc.h>
#include <drm_mode.h>
#include <errno.h>
#include <string.h>

#include "encode/cpu/cpu.h"
#include "encode/gl/convert.h"
#include "encode/gl/shader.h"
#include "encode/gl/unpack.h"
#include "encode/path.h"
#include "tests/encode/changes.h"
#include "tests/encode/gl/scene.h"
#include "tests/encode/known_colours.h"
#include "tests/test.h"

enum { VIEWS = 2, HELD = 2, HEADER = sizeof(struct unpack_header) };

/* By whom a frame is converted. LATE: compute shaders have done it when they are said to have failed. */
enum way { WAY_NONE, WAY_COMPUTE, WAY_FRAGMENT, WAY_CPU, WAY_LATE };

static struct gl_options options;

/* --- a gpu that fails when it is told to --- */

static struct gl_converter *newest; /* that was made */
static const struct converter_impl *real;
static enum way wanted; /* of the next frame */

static int gpu_convert(struct converter *converter, const struct conversion *conversion) {
	int error = wanted == WAY_CPU ? 0 : real->convert(converter, conversion);
	CHECK_SAY(!error, "%s", conversion->reason->text);
	return wanted == WAY_COMPUTE || wanted == WAY_FRAGMENT
		       ? 0
		       : reason_set(conversion->reason, -EIO, "it is told to fail");
}

static int gpu_make(
	const char *card_node, struct converter **converter, bool *software, struct reason *reason) {
	static struct converter_impl impl;
	int error = gl_converter_create(card_node, &options, converter, reason);
	if (error)
		SKIP("%s", reason->text);
	real = (*converter)->impl;
	impl = *real;
	impl.convert = gpu_convert;
	(*converter)->impl = &impl;
	newest = (struct gl_converter *)*converter;
	*software = false;
	return 0;
}

static const struct path_makers makers = {.gpu = gpu_make, .cpu = cpu_converter_create};

/* --wrap: a driver that may not take the program that spares tiles. */
static bool refuses;
static int refused;
int __real_shader_create_damage(const struct gles *gl, const struct variant *variant, int threads,
	bool packed, GLuint *program, struct reason *reason);
int __wrap_shader_create_damage(const struct gles *gl, const struct variant *variant, int threads,
	bool packed, GLuint *program, struct reason *reason);
int __wrap_shader_create_damage(const struct gles *gl, const struct variant *variant, int threads,
	bool packed, GLuint *program, struct reason *reason) {
	if (!refuses || !variant->sparing)
		return __real_shader_create_damage(gl, variant, threads, packed, program, reason);
	refused++;
	return reason_set(reason, -ENOTSUP, "the driver does not compile it");
}

/* --- the model --- */

struct view {
	struct scene scene; /* its picture is not used */
	struct rect place;
	struct path *path;
	struct gl_converter *gpu; /* the path's */
	enum way last, way;       /* that converted the last frame, and that is to convert this one */
	bool fresh;               /* this frame is said to be */
	uint32_t *before;         /* what the last frame was; owned */
	struct damage damage, expected;
	uint32_t stored, left; /* tiles, of this frame */
};

struct desk {
	struct random random;
	struct view views[VIEWS];
	uint32_t count, width, height, columns, rows;
	struct picture_store *store;
	struct picture *picture; /* while it is begun */
	const struct picture *held[HELD];
	struct damage damage;
	bool *absent;     /* owned */
	bool computes;    /* there are compute shaders */
	bool spares;      /* which spare tiles */
	uint64_t seen[5]; /* frames, by way */
	uint64_t left;    /* tiles that were left unstored, of all frames */
	char what[64];
};

static struct rect tile_at(const struct desk *desk, uint32_t tile) {
	return damage_tile(&desk->damage, tile % desk->columns, tile / desk->columns);
}

static bool contains(struct rect outer, struct rect inner) {
	return rect_equals(rect_intersect(outer, inner), inner);
}

static bool is_spared(const struct desk *desk, const struct view *view, uint32_t tile) {
	struct rect at = tile_at(desk, tile);
	for (uint32_t i = 0; i < desk->picture->spared_count; i++)
		if (contains(desk->picture->spared[i], at) && contains(view->place, at))
			return true;
	return false;
}

static bool lacks_pixels(const struct desk *desk, const struct view *view) {
	for (uint32_t tile = 0; tile < desk->columns * desk->rows; tile++)
		if (desk->absent[tile] && rect_area(rect_intersect(tile_at(desk, tile), view->place)))
			return true;
	return false;
}

/* Where what is shown of a cell, which lies in the view, differs from what it was. */
static struct rect changed_in(const struct view *view, struct rect cell) {
	size_t stride = (size_t)view->place.width * 4;
	cell.x -= view->place.x;
	cell.y -= view->place.y;
	struct rect changed = changes_in(view->before, view->scene.expected, stride, cell);
	if (changed.width) {
		changed.x += view->place.x;
		changed.y += view->place.y;
	}
	return changed;
}

static void expect_change(struct view *view, uint32_t column, uint32_t row, struct rect changed) {
	int32_t x = (int32_t)column * DAMAGE_TILE, y = (int32_t)row * DAMAGE_TILE;
	damage_add_box(&view->expected, column, row,
		(struct damage_box){(uint8_t)(changed.x - x), (uint8_t)(changed.y - y),
			(uint8_t)(changed.x - x + (int32_t)changed.width),
			(uint8_t)(changed.y - y + (int32_t)changed.height)});
}

/* What becomes of a tile that the view touches. `spares`: the converter does. */
static void expect_tile(struct desk *desk, struct view *view, uint32_t tile, bool fresh, bool spares) {
	struct rect cell = rect_intersect(tile_at(desk, tile), view->place);
	bool spared = spares && !fresh && is_spared(desk, view, tile);
	bool all = fresh || (desk->absent[tile] && !spared);
	struct rect changed = all ? cell : changed_in(view, cell);
	if (!changed.width)
		return;
	expect_change(view, tile % desk->columns, tile / desk->columns, changed);
	desk->absent[tile] = spared;
	view->stored += !spared;
	view->left += spared;
}

static void expect_pass(struct desk *desk, struct view *view, bool fresh, bool spares) {
	view->stored = view->left = 0;
	for (uint32_t tile = 0; tile < desk->columns * desk->rows; tile++)
		if (rect_area(rect_intersect(tile_at(desk, tile), view->place)))
			expect_tile(desk, view, tile, fresh, spares);
}

/* Finds out what the view's way must do. */
static void expect(struct desk *desk, struct view *view) {
	memcpy(view->before, view->scene.expected, (size_t)view->place.width * view->place.height * 4);
	scene_expect(&view->scene, false);
	damage_clear(&view->expected);
	enum way way = view->way, first = way == WAY_LATE ? WAY_COMPUTE : way;
	if (first != WAY_CPU)
		expect_pass(
			desk, view, view->fresh || first != view->last, first == WAY_COMPUTE && desk->spares);
	if (way == WAY_CPU || way == WAY_LATE)
		expect_pass(desk, view, view->fresh || lacks_pixels(desk, view), false);
	view->last = way == WAY_LATE ? WAY_CPU : way;
}

/* --- what came of it --- */

static uint32_t pixel_of(const struct picture *picture, uint32_t x, uint32_t y) {
	return ((const uint32_t *)(picture->pixels + (size_t)y * picture->stride))[x];
}

static uint32_t expected_at(const struct desk *desk, uint32_t x, uint32_t y) {
	for (uint32_t i = 0; i < desk->count; i++) {
		const struct view *view = &desk->views[i];
		uint32_t dx = x - (uint32_t)view->place.x, dy = y - (uint32_t)view->place.y;
		if (dx < view->place.width && dy < view->place.height)
			return view->scene.expected[(size_t)dy * view->place.width + dx];
	}
	return 0;
}

static void check_tile(const struct desk *desk, const struct picture *picture, uint32_t tile) {
	struct rect at = tile_at(desk, tile);
	CHECK_SAY(picture->absent[tile] == desk->absent[tile], "%s: tile %u must%s be absent", desk->what,
		tile, desk->absent[tile] ? "" : " not");
	CHECK(picture_has_pixels(picture, &at) == !desk->absent[tile]);
	if (desk->absent[tile]) {
		CHECK(!picture->colours[tile]);
		return;
	}
	for (uint32_t y = (uint32_t)at.y; y < (uint32_t)at.y + at.height; y++)
		for (uint32_t x = (uint32_t)at.x; x < (uint32_t)at.x + at.width; x++)
			CHECK_SAY(pixel_of(picture, x, y) == expected_at(desk, x, y),
				"%s: pixel %u,%u is %06x, must be %06x", desk->what, x, y,
				pixel_of(picture, x, y), expected_at(desk, x, y));
}

static void check_picture(const struct desk *desk, const struct picture *picture) {
	uint32_t count = 0;
	for (uint32_t tile = 0; tile < desk->columns * desk->rows; tile++) {
		count += desk->absent[tile];
		check_tile(desk, picture, tile);
	}
	CHECK(picture->absent_count == count && picture->spared_count == 0);
	known_colours_check(picture);
}

static void check_conversion(
	const struct desk *desk, const struct view *view, const struct converter_result *result) {
	for (uint32_t tile = 0; tile < desk->columns * desk->rows; tile++)
		CHECK_SAY(changes_are_same(
				  &view->damage, &view->expected, tile % desk->columns, tile / desk->columns),
			"%s, way %d: tile %u", desk->what, view->way, tile);
	if (!desk->computes || view->way != WAY_COMPUTE)
		return;
	uint64_t room = options.coding > 0 ? UNPACK_RGB24_BYTES : UNPACK_PIXELS_BYTES;
	uint64_t headers = (uint64_t)(view->stored + view->left) * HEADER;
	CHECK_SAY(result->tiles_changed == view->stored + view->left, "%s: %u tiles", desk->what,
		result->tiles_changed);
	CHECK_SAY(result->bytes_read_back >= headers &&
			  result->bytes_read_back <= headers + view->stored * room,
		"%s: %llu bytes of %u tiles and %u headers", desk->what,
		(unsigned long long)result->bytes_read_back, view->stored, view->left);
}

/* --- frames --- */

static struct conversion conversion_of(struct desk *desk, struct view *view) {
	return (struct conversion){.frame = &view->scene.frame,
		.picture = desk->picture,
		.x = (uint32_t)view->place.x,
		.y = (uint32_t)view->place.y,
		.fresh = view->fresh,
		.damage = &view->damage};
}

/* No driver stops to have compute shaders when it is told to. */
static void use_way(const struct desk *desk, struct view *view) {
	if (view->gpu)
		view->gpu->can_compute = desk->computes && view->way != WAY_FRAGMENT;
}

/* A gpu that failed twice in a row would not be asked again. */
static void choose_way(struct desk *desk, struct view *view) {
	static const enum way ways[] = {WAY_FRAGMENT, WAY_CPU, WAY_LATE};
	uint32_t choices = view->last == WAY_CPU ? 1 : 3;
	view->way = random_below(&desk->random, view->last == WAY_COMPUTE ? 6 : 2)
			    ? WAY_COMPUTE
			    : ways[random_below(&desk->random, choices)];
	if (view->way == WAY_FRAGMENT && !desk->computes)
		view->way = WAY_COMPUTE; /* there is one way only */
	view->fresh |= random_below(&desk->random, 60) == 0;
	use_way(desk, view);
}

static void convert(struct desk *desk, struct view *view) {
	struct converter_result result;
	struct reason reason = {""};
	struct conversion conversion = conversion_of(desk, view);
	conversion.result = &result;
	conversion.reason = &reason;
	picture_store_prepare(desk->store, &view->place);
	damage_clear(&view->damage);
	expect(desk, view);
	wanted = view->way;
	newest = view->gpu;
	CHECK_SAY(path_convert(view->path, "", &conversion) == 0, "%s: %s", desk->what, reason.text);
	view->gpu = newest;
	view->fresh = false;
	check_conversion(desk, view, &result);
	damage_merge(&desk->damage, &view->damage);
	desk->seen[view->way]++;
	desk->left += view->left;
}

/* Any rectangle, or all of a view, or of the picture. */
static struct rect some_part(struct desk *desk) {
	const struct view *view = &desk->views[random_below(&desk->random, desk->count)];
	struct rect part = view->place;
	switch (random_below(&desk->random, 4)) {
	case 0:
		return (struct rect){-7, -9, desk->width + 70, desk->height + 70};
	case 1:
		return part;
	default:
		part.x = (int32_t)random_below(&desk->random, desk->width) - 30;
		part.y = (int32_t)random_below(&desk->random, desk->height) - 30;
		part.width = random_below(&desk->random, desk->width);
		part.height = random_below(&desk->random, desk->height);
		return part;
	}
}

static void spare(struct desk *desk) {
	struct rect parts[PICTURE_SPARED_MAX];
	uint32_t count = random_below(&desk->random, PICTURE_SPARED_MAX + 1);
	for (uint32_t i = 0; i < count; i++)
		parts[i] = some_part(desk);
	if (random_below(&desk->random, 200) == 0)
		picture_store_want_pixels(desk->store);
	if (random_below(&desk->random, 3) == 0)
		picture_store_spare(desk->store, parts, count);
}

/* Keeps some pictures, so that the next one has to be written into another buffer. */
static const struct picture *acquire(struct desk *desk) {
	const struct picture **held = &desk->held[random_below(&desk->random, HELD)];
	if (*held)
		picture_store_release(desk->store, *held);
	*held = picture_store_acquire(desk->store);
	CHECK(*held);
	return *held;
}

static void let_go(struct desk *desk) {
	for (int i = 0; i < HELD; i++) {
		if (desk->held[i])
			picture_store_release(desk->store, desk->held[i]);
		desk->held[i] = NULL;
	}
}

static void begin(struct desk *desk, uint32_t which) {
	picture_store_want_colours(desk->store);
	desk->picture = picture_store_begin(desk->store, desk->width, desk->height);
	CHECK(desk->picture);
	if (desk->picture->spared_count && random_below(&desk->random, 8) == 0)
		desk->picture->spared_count--; /* the writer takes one from the list */
	damage_clear(&desk->damage);
	for (uint32_t i = 0; i < desk->count; i++) {
		struct view *view = &desk->views[i];
		const struct conversion conversion = conversion_of(desk, view);
		if (which & 1u << i && random_below(&desk->random, 2))
			path_begin(view->path, "", &conversion);
	}
}

static void end(struct desk *desk) {
	bool empty = damage_is_empty(&desk->damage);
	if (random_below(&desk->random, 4) || !picture_store_generation(desk->store, NULL, NULL))
		picture_store_publish(desk->store, &desk->damage);
	else
		picture_store_cancel(desk->store, empty ? NULL : &desk->damage);
	desk->picture = NULL;
	check_picture(desk, acquire(desk));
	if (random_below(&desk->random, 2))
		let_go(desk);
}

/* Frames of some views, and sometimes a second one into the same picture. */
static void look(struct desk *desk, uint32_t which) {
	begin(desk, which);
	for (uint32_t i = 0; i < desk->count; i++) {
		struct view *view = &desk->views[i];
		if (!(which & 1u << i))
			continue;
		convert(desk, view);
		if (random_below(&desk->random, 5))
			continue;
		scene_mutate(&view->scene);
		picture_store_catch_up(desk->store, &desk->damage);
		choose_way(desk, view);
		convert(desk, view);
	}
	end(desk);
}

/* Nothing is spared any more and the screen stands still: what was absent comes, and then nothing. */
static void check_all_comes(struct desk *desk) {
	for (int i = 0; i < 2; i++) {
		for (uint32_t j = 0; j < desk->count; j++) {
			desk->views[j].way = WAY_COMPUTE;
			use_way(desk, &desk->views[j]);
		}
		begin(desk, (1u << desk->count) - 1);
		CHECK(desk->picture->spared_count == 0);
		for (uint32_t j = 0; j < desk->count; j++)
			convert(desk, &desk->views[j]);
		CHECK(i == 0 || damage_is_empty(&desk->damage));
		end(desk);
	}
	for (uint32_t tile = 0; tile < desk->columns * desk->rows; tile++)
		CHECK(!desk->absent[tile]);
}

static void run(struct desk *desk, uint64_t seed, int rounds) {
	for (int round = 0; round < rounds; round++) {
		uint32_t which = 1 + random_below(&desk->random, (1u << desk->count) - 1);
		snprintf(desk->what, sizeof desk->what, "desk %llu, round %d", (unsigned long long)seed,
			round);
		for (uint32_t i = 0; i < desk->count; i++) {
			if (random_below(&desk->random, 3))
				scene_mutate(&desk->views[i].scene);
			choose_way(desk, &desk->views[i]);
		}
		spare(desk);
		look(desk, which);
		if (round % 20 == 19) {
			picture_store_spare(desk->store, NULL, 0);
			check_all_comes(desk);
		}
	}
	picture_store_want_pixels(desk->store);
	check_all_comes(desk);
}

/* --- desks --- */

static void view_init(struct desk *desk, struct view *view, uint64_t seed, int32_t x, int32_t y) {
	static const uint32_t formats[] = {DRM_FORMAT_XRGB8888, DRM_FORMAT_RGB565, DRM_FORMAT_BGR888};
	const struct pixel_format *format = pixel_format_find(formats[random_below(&desk->random, 3)]);
	uint32_t width = 100 + random_below(&desk->random, 250),
		 height = 60 + random_below(&desk->random, 160);
	scene_init(&view->scene, seed, format, width, height, DRM_MODE_ROTATE_0);
	view->place = (struct rect){x, y, width, height};
	view->before = calloc((size_t)width * height, sizeof *view->before);
	view->path = path_create_with(PATH_GPU, &makers);
	view->fresh = true;
	CHECK(view->before && view->path);
	damage_init(&view->damage);
	damage_init(&view->expected);
}

/* One view at a tile's corner or not, maybe a second one beside it; the picture ends there or not. */
static void desk_init(struct desk *desk, uint64_t seed) {
	memset(desk, 0, sizeof *desk);
	desk->random.state = seed * 2 + 1;
	desk->computes = options.version >= 31 && !options.fragment;
	desk->spares = desk->computes && !refuses;
	desk->count = 1 + random_below(&desk->random, VIEWS);
	int32_t x = 0;
	for (uint32_t i = 0; i < desk->count; i++) {
		struct view *view = &desk->views[i];
		bool odd = random_below(&desk->random, 3);
		view_init(desk, view, seed * VIEWS + i,
			x + (odd ? (int32_t)random_below(&desk->random, 40) : 0),
			odd ? (int32_t)random_below(&desk->random, 70) : 0);
		x = view->place.x + (int32_t)view->place.width;
		uint32_t bottom = (uint32_t)view->place.y + view->place.height;
		desk->width = (uint32_t)x;
		desk->height = bottom > desk->height ? bottom : desk->height;
	}
	if (random_below(&desk->random, 2)) {
		desk->width += random_below(&desk->random, 70);
		desk->height += random_below(&desk->random, 70);
	}
	desk->store = picture_store_create();
	CHECK(desk->store && !damage_resize(&desk->damage, desk->width, desk->height));
	for (uint32_t i = 0; i < desk->count; i++) {
		struct view *view = &desk->views[i];
		CHECK(!damage_resize(&view->damage, desk->width, desk->height));
		CHECK(!damage_resize(&view->expected, desk->width, desk->height));
	}
	desk->columns = desk->damage.columns;
	desk->rows = desk->damage.rows;
	CHECK(desk->absent = calloc((size_t)desk->columns * desk->rows, sizeof *desk->absent));
}

/* The first picture, which all views must fill. */
static void show_first(struct desk *desk) {
	snprintf(desk->what, sizeof desk->what, "first picture");
	for (uint32_t i = 0; i < desk->count; i++)
		desk->views[i].way = WAY_COMPUTE;
	look(desk, (1u << desk->count) - 1);
}

static void desk_finish(struct desk *desk) {
	let_go(desk);
	for (uint32_t i = 0; i < desk->count; i++) {
		struct view *view = &desk->views[i];
		path_destroy(view->path);
		scene_finish(&view->scene);
		damage_finish(&view->damage);
		damage_finish(&view->expected);
		free(view->before);
	}
	damage_finish(&desk->damage);
	picture_store_destroy(desk->store);
	free(desk->absent);
}

static void check_desks(int desks, int rounds) {
	uint64_t left = 0, seen[5] = {0};
	for (int i = 0; i < desks; i++) {
		struct desk desk;
		desk_init(&desk, 300 + (uint64_t)i);
		show_first(&desk);
		run(&desk, 300 + (uint64_t)i, rounds);
		left += desk.left;
		for (int way = 0; way < 5; way++)
			seen[way] += desk.seen[way];
		desk_finish(&desk);
	}
	printf("%llu tiles left unstored; frames: %llu compute, %llu fragment, %llu cpu, %llu late\n",
		(unsigned long long)left, (unsigned long long)seen[WAY_COMPUTE],
		(unsigned long long)seen[WAY_FRAGMENT], (unsigned long long)seen[WAY_CPU],
		(unsigned long long)seen[WAY_LATE]);
	CHECK(options.version >= 31 && !options.fragment ? left > 100 : left == 0);
	CHECK(seen[WAY_COMPUTE] && seen[WAY_CPU] && seen[WAY_LATE]);
}

/* The program that spares is tried once; all else is as if nothing were spared. */
static void check_refused(void) {
	struct desk desk;
	refuses = true;
	desk_init(&desk, 5);
	show_first(&desk);
	for (int round = 0; round < 10; round++) {
		picture_store_spare(desk.store, &(struct rect){0, 0, desk.width, desk.height}, 1);
		for (uint32_t i = 0; i < desk.count; i++) {
			scene_mutate(&desk.views[i].scene);
			desk.views[i].way = WAY_COMPUTE;
			use_way(&desk, &desk.views[i]);
		}
		begin(&desk, 0);
		for (uint32_t i = 0; i < desk.count; i++)
			convert(&desk, &desk.views[i]);
		end(&desk);
	}
	CHECK_SAY(refused > 0 && refused <= (int)desk.count, "%d times", refused); /* one may be too small */
	refuses = false;
	desk_finish(&desk);
}

int main(int argc, char **argv) {
	if (argc < 6)
		return 2;
	options = (struct gl_options){
		.version = atoi(argv[1]),
		.fragment = !strcmp(argv[2], "fragment"),
		.coding = !strcmp(argv[3], "packed") ? 1 : -1,
		.bands = atoi(argv[4]),
		.hands = 2,
	};
	check_desks(8, atoi(argv[5]));
	if (options.version >= 31 && !options.fragment)
		check_refused();
	return 0;
}
