/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tests/encode/parts.h"

#include <errno.h>
#include <string.h>

#include "encode/colour.h"
#include "tests/encode/changes.h"
#include "tests/encode/colours.h"
#include "tests/encode/known_colours.h"
#include "tests/encode/layers.h"
#include "tests/encode/reference.h"
#include "tests/test.h"

enum { STEPS = 7, HELD = 2 };

/* Nothing is scaled, so no filter is asked for. Some is blended. */
static const unsigned ALLOWED =
	LAYERS_SEVERAL | LAYERS_PIXEL_ALPHA | LAYERS_PLANE_ALPHA | LAYERS_BLEND | LAYERS_ROTATED;
static const unsigned OPAQUE = LAYERS_SEVERAL | LAYERS_ROTATED;
static const struct reference_options options = {.filter = REFERENCE_NEAREST};

struct head {
	struct layers layers;
	struct colours colours;  /* what corrects its colours, if anything does; nothing is blended then */
	struct colour tables;    /* of that */
	struct rect place, home; /* it never reaches beyond the right and the lower edge of its home */
	bool shown;              /* it was converted */
	bool moved;              /* since it was converted last */
	bool fresh, untold; /* how it was converted: with everything new, or moved but not said to be new */
	struct damage damage;
};

struct desk {
	struct random random;
	struct head heads[PARTS_HEADS];
	uint32_t count;
	struct picture_store *store;
	uint32_t width, height;
	uint32_t *before; /* what was published last; owned */
	const struct picture *held[HELD];
	struct damage damage;
	char what[64];
};

static void place_heads(struct desk *desk) {
	uint32_t x = random_below(&desk->random, 100), bottom = 0;
	for (uint32_t i = 0; i < desk->count; i++) {
		struct head *head = &desk->heads[i];
		const struct frame *frame = &head->layers.frame;
		uint32_t y = random_below(&desk->random, 100);
		if (i == 2) { /* below both others */
			x = random_below(&desk->random, 200);
			y = bottom + random_below(&desk->random, 3);
		}
		head->home = (struct rect){(int32_t)x, (int32_t)y, frame->width, frame->height};
		head->place = head->home;
		x += frame->width + random_below(&desk->random, 3);
		bottom = y + frame->height > bottom ? y + frame->height : bottom;
		desk->width = x > desk->width ? x : desk->width;
		desk->height = bottom;
	}
	desk->width += random_below(&desk->random, 70);
	desk->height += random_below(&desk->random, 70);
}

static void correct(struct desk *desk, struct head *head) {
	colours_fill(&head->colours, &desk->random, random_below(&desk->random, 2));
	head->layers.frame.colour = &head->colours.colour;
	CHECK(colour_set(&head->tables, &head->layers.frame) == 0);
}

static void desk_init(struct desk *desk, uint64_t seed, int layers) {
	*desk = (struct desk){.random = {seed}, .count = seed % 2 ? 3 : 2};
	for (uint32_t i = 0; i < desk->count; i++) {
		struct frame *frame = &desk->heads[i].layers.frame;
		bool corrected = random_below(&desk->random, 3) == 0;
		layers_init(&desk->heads[i].layers, seed * PARTS_HEADS + i, corrected ? OPAQUE : ALLOWED);
		if (corrected)
			correct(desk, &desk->heads[i]);
		if (frame->layer_count > layers)
			frame->layer_count = layers;
		for (int j = 0; j < frame->layer_count; j++)
			frame->layers[j].plane_id = 0; /* as of a source that is no card */
	}
	place_heads(desk);
	desk->store = picture_store_create();
	desk->before = calloc((size_t)desk->width * desk->height, sizeof *desk->before);
	CHECK(desk->store && desk->before && !damage_resize(&desk->damage, desk->width, desk->height));
	for (uint32_t i = 0; i < desk->count; i++)
		CHECK(!damage_resize(&desk->heads[i].damage, desk->width, desk->height));
}

static void desk_finish(struct desk *desk) {
	for (int i = 0; i < HELD; i++)
		if (desk->held[i])
			picture_store_release(desk->store, desk->held[i]);
	for (uint32_t i = 0; i < desk->count; i++) {
		damage_finish(&desk->heads[i].damage);
		layers_finish(&desk->heads[i].layers);
		colour_finish(&desk->heads[i].tables);
	}
	damage_finish(&desk->damage);
	free(desk->before);
	picture_store_destroy(desk->store);
}

static uint32_t pixel_at(const struct picture *picture, uint32_t x, uint32_t y) {
	return ((const uint32_t *)(picture->pixels + (size_t)y * picture->stride))[x];
}

/* Where a head's own pixels of a tile are others than before. */
static struct rect changed_in(const struct desk *desk, const struct picture *picture, struct rect cell) {
	struct rect changed = {0};
	for (uint32_t y = (uint32_t)cell.y; y < (uint32_t)cell.y + cell.height; y++) {
		for (uint32_t x = (uint32_t)cell.x; x < (uint32_t)cell.x + cell.width; x++) {
			struct rect pixel = {(int32_t)x, (int32_t)y, 1, 1};
			if (pixel_at(picture, x, y) != desk->before[(size_t)y * desk->width + x])
				changed = changed.width ? rect_unite(changed, pixel) : pixel;
		}
	}
	return changed;
}

/* A converter may take everything as new if nobody told it that the head moved. */
static void check_damage(const struct desk *desk, const struct head *head, const struct picture *picture) {
	for (uint32_t row = 0; row < head->damage.rows; row++) {
		for (uint32_t column = 0; column < head->damage.columns; column++) {
			struct rect cell =
				rect_intersect(damage_tile(&head->damage, column, row), head->place);
			struct rect want = head->fresh ? cell : changed_in(desk, picture, cell);
			bool all =
				cell.width && head->untold && changes_are(&head->damage, column, row, cell);
			CHECK_SAY(all || changes_are(&head->damage, column, row, want),
				"%s: tile %u,%u must be damaged in %ux%u", desk->what, column, row,
				want.width, want.height);
		}
	}
}

static void check_head(const struct desk *desk, const struct head *head, const struct picture *picture) {
	const struct frame *frame = &head->layers.frame;
	for (uint32_t y = 0; y < frame->height; y++) {
		for (uint32_t x = 0; x < frame->width; x++) {
			struct reference_pixel want = reference_pixel(frame, x, y, &options);
			uint32_t got =
				pixel_at(picture, (uint32_t)head->place.x + x, (uint32_t)head->place.y + y);
			uint32_t exact = reference_to_xrgb(&want);
			colour_apply(&head->tables, &exact, 1);
			bool right = want.rounding ? reference_distance(&want, got) <= 1 : got == exact;
			CHECK_SAY(right, "%s: a frame of %ux%u at %d,%d: pixel %u,%u is %06x", desk->what,
				frame->width, frame->height, head->place.x, head->place.y, x, y, got);
		}
	}
}

/* What was not converted in this step is as it was. */
static void check_rest(const struct desk *desk, uint32_t which, const struct picture *picture) {
	for (uint32_t y = 0; y < desk->height; y++) {
		for (uint32_t x = 0; x < desk->width; x++) {
			struct rect pixel = {(int32_t)x, (int32_t)y, 1, 1};
			bool written = false;
			for (uint32_t i = 0; i < desk->count; i++)
				written |= which & 1u << i &&
					   rect_area(rect_intersect(pixel, desk->heads[i].place));
			CHECK_SAY(written || pixel_at(picture, x, y) ==
						     desk->before[(size_t)y * desk->width + x],
				"%s: pixel %u,%u of no head that was converted is %06x", desk->what, x, y,
				pixel_at(picture, x, y));
		}
	}
}

static struct conversion conversion_of(struct head *head, struct picture *picture) {
	return (struct conversion){
		.frame = &head->layers.frame,
		.picture = picture,
		.x = (uint32_t)head->place.x,
		.y = (uint32_t)head->place.y,
		.fresh = head->fresh,
		.damage = &head->damage,
	};
}

/* Half of the heads are begun before any is converted. Some of them are then converted as fresh or not, other
 * than it was begun. */
static void begin(
	struct desk *desk, struct head *head, struct converter *converter, struct picture *picture) {
	head->fresh = !head->shown || random_below(&desk->random, head->moved ? 2 : 8) == 0;
	head->untold = head->moved && !head->fresh;
	damage_clear(&head->damage);
	const struct conversion conversion = conversion_of(head, picture);
	if (converter->impl->begin && random_below(&desk->random, 2))
		converter->impl->begin(converter, &conversion);
	head->fresh |= random_below(&desk->random, 8) == 0;
}

static void convert(
	struct desk *desk, struct head *head, struct converter *converter, struct picture *picture) {
	struct converter_result result;
	struct reason reason = {""};
	picture_store_prepare(desk->store, &head->place);
	struct conversion conversion = conversion_of(head, picture);
	conversion.result = &result;
	conversion.reason = &reason;
	int error = converter->impl->convert(converter, &conversion);
	CHECK_SAY(error == 0, "%s: %s", desk->what, reason.text);
	CHECK(result.tiles_changed == damage_count(&head->damage));
	head->shown = true;
	head->moved = false;
	damage_merge(&desk->damage, &head->damage);
}

/* Heads move only to where no other head ever is: the first one to the left and up, the second one up, the
 * third one to the left. */
static bool move(struct random *random, struct rect *place, const struct rect *home, uint32_t which) {
	struct rect was = *place;
	if (which != 1)
		place->x = (int32_t)random_below(random, (uint32_t)home->x + 1);
	if (which != 2)
		place->y = (int32_t)random_below(random, (uint32_t)home->y + 1);
	return place->x != was.x || place->y != was.y;
}

static void change(struct desk *desk, uint32_t which) {
	struct head *head = &desk->heads[which];
	layers_mutate(&head->layers);
	if (head->layers.frame.colour && random_below(&desk->random, 4) == 0)
		correct(desk, head);
	if (random_below(&desk->random, 4) == 0)
		head->moved |= move(&desk->random, &head->place, &head->home, which);
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

static void step(struct desk *desk, struct converter *const *converters, uint32_t which) {
	struct picture *written = picture_store_begin(desk->store, desk->width, desk->height);
	damage_clear(&desk->damage);
	for (uint32_t i = 0; i < desk->count; i++)
		if (which & 1u << i)
			begin(desk, &desk->heads[i], converters[i], written);
	for (uint32_t i = 0; i < desk->count; i++)
		if (which & 1u << i)
			convert(desk, &desk->heads[i], converters[i], written);
	picture_store_want_colours(desk->store);
	picture_store_publish(desk->store, &desk->damage);
	const struct picture *picture = acquire(desk);
	known_colours_check(picture);
	for (uint32_t i = 0; i < desk->count; i++) {
		if (!(which & 1u << i))
			continue;
		check_head(desk, &desk->heads[i], picture);
		check_damage(desk, &desk->heads[i], picture);
	}
	check_rest(desk, which, picture);
	for (uint32_t y = 0; y < desk->height; y++)
		memcpy(desk->before + (size_t)y * desk->width, picture->pixels + (size_t)y * picture->stride,
			(size_t)desk->width * 4);
	if (random_below(&desk->random, 2)) {
		for (int i = 0; i < HELD; i++) {
			if (desk->held[i])
				picture_store_release(desk->store, desk->held[i]);
			desk->held[i] = NULL;
		}
	}
}

void parts_check(struct converter *const converters[PARTS_HEADS], uint64_t seed, int layers) {
	struct desk desk;
	desk_init(&desk, seed, layers);
	for (int i = 0; i < STEPS; i++) {
		uint32_t all = (1u << desk.count) - 1, which = 1 + random_below(&desk.random, all);
		snprintf(desk.what, sizeof desk.what, "desk %llu, step %d", (unsigned long long)seed, i);
		step(&desk, converters, which);
		for (uint32_t j = 0; j < desk.count; j++)
			change(&desk, j);
	}
	desk_finish(&desk);
}

void parts_check_moved(struct converter *converter) {
	enum { DESKS = 12 };
	for (uint64_t seed = 0; seed < DESKS; seed++) {
		struct desk desk;
		desk_init(&desk, seed, 1);
		struct head *head = &desk.heads[0];
		snprintf(desk.what, sizeof desk.what, "desk %llu, moved", (unsigned long long)seed);
		for (int32_t x = 5; (uint32_t)x + head->place.width <= desk.width; x += DAMAGE_TILE) {
			head->moved = head->place.x != x;
			head->place.x = x;
			step(&desk, &converter, 1);
		}
		desk_finish(&desk);
	}
}

static int refused_at(struct converter *converter, uint32_t x, uint32_t y, struct picture *picture) {
	struct frame frame;
	struct damage damage;
	struct converter_result result;
	struct reason reason = {""};
	memset(&frame, 0, sizeof frame);
	frame.width = frame.height = 64;
	damage_init(&damage);
	CHECK(damage_resize(&damage, picture->width, picture->height) == 0);
	const struct conversion conversion = {
		.frame = &frame,
		.picture = picture,
		.x = x,
		.y = y,
		.fresh = true,
		.damage = &damage,
		.result = &result,
		.reason = &reason,
	};
	int error = converter->impl->convert(converter, &conversion);
	CHECK(damage_is_empty(&damage) == (error != 0) && (*reason.text != 0) == (error != 0));
	damage_finish(&damage);
	return error;
}

void parts_check_refused(struct converter *converter) {
	static _Alignas(64) uint8_t pixels[100 * 448];
	struct picture picture = {.width = 100, .height = 100, .stride = 448, .pixels = pixels};
	CHECK(refused_at(converter, 36, 36, &picture) == 0);
	CHECK(refused_at(converter, 37, 36, &picture) == -EINVAL);
	CHECK(refused_at(converter, 36, 37, &picture) == -EINVAL);
	CHECK(refused_at(converter, UINT32_MAX, 0, &picture) == -EINVAL);
	CHECK(refused_at(converter, 0, UINT32_MAX - 63, &picture) == -EINVAL);
}
