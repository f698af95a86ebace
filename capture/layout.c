/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "capture/layout.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

/* --- what the user says --- */

/* Reads a coordinate and what follows it. NULL if it is none, or too far away. */
static const char *read_coordinate(const char *at, int32_t *coordinate) {
	const char *digits = at + (*at == '-');
	if (*digits < '0' || *digits > '9')
		return NULL;
	char *end;
	long value = strtol(at, &end, 10); /* cut to the largest there is, which is too large here */
	*coordinate = value < -LAYOUT_MAX_SIDE || value > LAYOUT_MAX_SIDE ? 0 : (int32_t)value;
	return *coordinate == value ? end : NULL;
}

static bool is_same_name(const struct head_name *one, const struct head_name *other) {
	return strcasecmp(one->output, other->output) == 0 && strcasecmp(one->card, other->card) == 0;
}

/* Compares the last place with those before it. */
static int check_last(const struct layout_spec *spec, const char *text, int length, struct reason *why) {
	const struct layout_wish *last = &spec->wishes[spec->count - 1];
	for (const struct layout_wish *place = spec->wishes; place < last; place++) {
		if (is_same_name(&place->name, &last->name))
			return reason_set(why, -EINVAL, "'%.*s' gives %s a second place", length, text,
				last->name.output);
		if (place->x == last->x && place->y == last->y)
			return reason_set(why, -EINVAL, "'%.*s' lies over %s: give it another place", length,
				text, place->name.output);
	}
	return 0;
}

/* Reads one "NAME@X,Y" and sets `*text` to what follows it. */
static int read_place(const char **text, struct layout_spec *spec, struct reason *why) {
	enum { SHOWN = 60 };
	struct layout_wish place;
	const char *start = *text, *at = strchr(start, '@'), *y, *end;
	if (!at || !head_name_parse(start, (size_t)(at - start), &place.name))
		return reason_set(why, -EINVAL,
			"'%.*s' does not begin with an output and its place: write DP-1@0,0,HDMI-A-1@1920,0",
			SHOWN, start);
	y = read_coordinate(at + 1, &place.x);
	end = y && *y == ',' ? read_coordinate(y + 1, &place.y) : NULL;
	if (!end || (*end && *end != ','))
		return reason_set(why, -EINVAL,
			"'%.*s' does not say where %s lies: write %s@X,Y with two whole numbers of at most %d",
			SHOWN, start, place.name.output, place.name.output, LAYOUT_MAX_SIDE);
	if (spec->count == HEADS_MAX)
		return reason_set(why, -EINVAL, "there are more than %d places", HEADS_MAX);
	spec->wishes[spec->count++] = place;
	*text = end;
	return check_last(spec, start, (int)(end - start), why);
}

int heads_layout_parse(const char *text, struct layout_spec *spec, struct reason *reason) {
	memset(spec, 0, sizeof *spec);
	if (!text || !*text)
		return 0;
	int error = read_place(&text, spec, reason);
	while (!error && *text == ',') {
		text++;
		error = read_place(&text, spec, reason);
	}
	return error;
}

static const struct layout_wish *find_place(const struct layout_spec *spec, const struct layout_head *head) {
	for (size_t i = 0; i < spec->count; i++)
		if (head_name_fits(&spec->wishes[i].name, head->head->card, head->head->output))
			return &spec->wishes[i];
	return NULL;
}

/* --- framebuffers that are shared --- */

static bool is_same_card(const struct layout_head *one, const struct layout_head *other) {
	return strcmp(one->head->card, other->head->card) == 0;
}

static bool shares(const struct layout_head *one, const struct layout_head *other) {
	return one->shared.fb_id && one->shared.fb_id == other->shared.fb_id && is_same_card(one, other);
}

/* Whether `one` shows nothing but what `other` shows, too. */
static bool is_part_of(const struct layout_head *one, const struct layout_head *other) {
	return one->width && one->height && shares(one, other) && one->shared.x >= other->shared.x &&
	       one->shared.y >= other->shared.y &&
	       (uint64_t)one->shared.x + one->width <= (uint64_t)other->shared.x + other->width &&
	       (uint64_t)one->shared.y + one->height <= (uint64_t)other->shared.y + other->height;
}

/* The head that shows all that this one does. Of two that show the same, the one that the user placed is the
 * better, or else the first. NULL if there is none. */
static const struct layout_head *find_mirrored(
	const struct layout_spec *spec, const struct layout_head *heads, size_t count, size_t index) {
	const struct layout_head *head = &heads[index];
	for (size_t i = 0; i < count; i++) {
		bool better = i < index || find_place(spec, &heads[i]);
		if (i != index && is_part_of(head, &heads[i]) && (better || !is_part_of(&heads[i], head)))
			return &heads[i];
	}
	return NULL;
}

/* --- tiles --- */

/* The tile in a picture that is turned as the head is. */
static struct head_tile tile_of(const struct layout_head *head) {
	struct head_tile tile = head->head->tile;
	head_tile_turn(head->turn, &tile);
	return tile;
}

/* Not while the whole monitor shows what comes over one of its cables, as it does in its smaller modes. */
static bool is_tile(const struct layout_head *head) {
	struct head_tile tile = tile_of(head);
	return tile.group && head->width == tile.width && head->height == tile.height;
}

static bool is_same_monitor(const struct layout_head *one, const struct layout_head *other) {
	return is_tile(one) && is_tile(other) && head_is_of_monitor(one->head, other->head);
}

/* --- placing --- */

struct layout {
	const struct layout_spec *spec;
	const struct layout_head *heads;
	size_t count;
	struct rect *places; /* they may be negative until all are found; 0x0: none yet */
	struct reason *note;
	bool done[HEADS_MAX];             /* has its place or gets none */
	bool any;                         /* has a place */
	int64_t left, top, right, bottom; /* of all places */
};

struct point {
	int64_t x, y;
};

static int64_t least(int64_t one, int64_t other) {
	return one < other ? one : other;
}

static int64_t most(int64_t one, int64_t other) {
	return one > other ? one : other;
}

static void add_note(struct layout *self, size_t index, const char *what, const struct layout_head *other) {
	reason_append(self->note, "%s%s %s%s", self->note->text[0] ? "; " : "",
		self->heads[index].head->output, what, other ? other->head->output : "");
}

static void leave_out_mirrors(struct layout *self) {
	for (size_t i = 0; i < self->count; i++) {
		if (find_place(self->spec, &self->heads[i]))
			continue;
		const struct layout_head *other = find_mirrored(self->spec, self->heads, self->count, i);
		if (!other)
			continue;
		self->done[i] = true;
		add_note(self, i, "is left out because it shows the same as ", other);
	}
}

/* Places a head there, unless the picture would become too large. */
static void put(struct layout *self, size_t index, struct point at) {
	const struct layout_head *head = &self->heads[index];
	int64_t left = at.x, top = at.y, right = at.x + head->width, bottom = at.y + head->height;
	if (self->any) {
		left = least(self->left, left);
		top = least(self->top, top);
		right = most(self->right, right);
		bottom = most(self->bottom, bottom);
	}
	self->done[index] = true;
	if (right - left > LAYOUT_MAX_SIDE || bottom - top > LAYOUT_MAX_SIDE) {
		add_note(self, index, "is left out because the picture would be too large", NULL);
		return;
	}
	self->places[index] = (struct rect){(int32_t)at.x, (int32_t)at.y, head->width, head->height};
	self->any = true;
	self->left = left;
	self->top = top;
	self->right = right;
	self->bottom = bottom;
}

/* The head that would be covered in part. NULL if there is none. */
static const struct layout_head *find_covered(
	const struct layout *self, const struct layout_head *head, struct point at) {
	for (size_t i = 0; i < self->count; i++) {
		const struct rect *other = &self->places[i];
		if (at.x < (int64_t)other->x + other->width && other->x < at.x + head->width &&
			at.y < (int64_t)other->y + other->height && other->y < at.y + head->height)
			return &self->heads[i];
	}
	return NULL;
}

/* Puts a head there, or leaves it to those that get what is left. */
static void put_if_free(struct layout *self, size_t index, struct point at) {
	const struct layout_head *covered = find_covered(self, &self->heads[index], at);
	if (covered)
		add_note(self, index, "lies to the right of the rest because its place is over ", covered);
	else
		put(self, index, at);
}

static void put_as_told(struct layout *self) {
	for (size_t i = 0; i < self->count; i++) {
		const struct layout_wish *place = find_place(self->spec, &self->heads[i]);
		if (place && !self->done[i])
			put_if_free(self, i, (struct point){place->x, place->y});
	}
}

/* Where a tile lies in its monitor. */
static struct point tile_at(const struct layout_head *head) {
	struct head_tile tile = tile_of(head);
	return (struct point){(int64_t)tile.column * tile.width, (int64_t)tile.row * tile.height};
}

/* The place of one tile says where its monitor is. */
static void put_tiles_beside(struct layout *self, size_t index) {
	const struct layout_head *head = &self->heads[index];
	for (size_t i = 0; i < self->count; i++) {
		if (self->done[i] || find_place(self->spec, &self->heads[i]) ||
			!is_same_monitor(head, &self->heads[i]))
			continue;
		struct point from = tile_at(head), to = tile_at(&self->heads[i]);
		put_if_free(self, i,
			(struct point){self->places[index].x + to.x - from.x,
				self->places[index].y + to.y - from.y});
	}
}

static struct point share_at(const struct layout_head *head) {
	return (struct point){head->shared.x, head->shared.y};
}

typedef bool (*belongs_fn)(const struct layout_head *one, const struct layout_head *other);
typedef struct point (*at_fn)(const struct layout_head *head);

/* Puts all that are left and belong to this head to the right of the rest. */
static void put_block(struct layout *self, size_t index, belongs_fn belongs, at_fn at) {
	const struct layout_head *head = &self->heads[index];
	struct point corner = at(head), origin = {self->any ? self->right : 0, self->any ? self->top : 0};
	bool is_in[HEADS_MAX] = {false};
	for (size_t i = 0; i < self->count; i++) {
		is_in[i] = !self->done[i] && (i == index || belongs(head, &self->heads[i]));
		if (!is_in[i])
			continue;
		corner.x = least(corner.x, at(&self->heads[i]).x);
		corner.y = least(corner.y, at(&self->heads[i]).y);
	}
	for (size_t i = 0; i < self->count; i++) {
		struct point offset = at(&self->heads[i]);
		struct point place = {origin.x + offset.x - corner.x, origin.y + offset.y - corner.y};
		if (is_in[i])
			put_if_free(self, i, place);
	}
}

static bool shares_with_any(const struct layout *self, size_t index) {
	for (size_t i = 0; i < self->count; i++)
		if (i != index && !self->done[i] && shares(&self->heads[index], &self->heads[i]))
			return true;
	return false;
}

static void put_rest(struct layout *self) {
	for (size_t i = 0; i < self->count; i++) {
		if (self->done[i])
			continue;
		if (shares_with_any(self, i))
			put_block(self, i, shares, share_at);
		else
			put_block(self, i, is_same_monitor, tile_at);
	}
}

static void move_to_origin(struct layout *self) {
	for (size_t i = 0; i < self->count; i++) {
		if (!self->places[i].width)
			continue;
		self->places[i].x -= (int32_t)self->left;
		self->places[i].y -= (int32_t)self->top;
	}
}

void layout_place(const struct layout_head *heads, size_t count, const struct layout_spec *spec,
	struct rect places[HEADS_MAX], uint32_t *width, uint32_t *height, struct reason *note) {
	struct layout self = {.spec = spec, .heads = heads, .count = count, .places = places, .note = note};
	assert(count <= HEADS_MAX);
	memset(places, 0, HEADS_MAX * sizeof *places);
	note->text[0] = '\0';
	for (size_t i = 0; i < count; i++)
		self.done[i] = !heads[i].width || !heads[i].height;
	leave_out_mirrors(&self);
	put_as_told(&self);
	for (size_t i = 0; i < count; i++)
		if (places[i].width)
			put_tiles_beside(&self, i);
	put_rest(&self);
	move_to_origin(&self);
	*width = (uint32_t)(self.right - self.left);
	*height = (uint32_t)(self.bottom - self.top);
}
