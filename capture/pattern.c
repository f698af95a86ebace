/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "capture/pattern.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "capture/base/array.h"

enum {
	PAGE_FRAMES = 300, /* after which the page turns */
	TYPING_FRAMES = 6, /* per character */
	SCROLL_FRAMES = 3, /* per step */
	SCROLL_STEP = 27,  /* pixels at scale 1 */
	WINDOW_STEP_X = 4, /* pixels per frame, at scale 1 */
	WINDOW_STEP_Y = 3,
	BAR_HEIGHT = 24, /* pixels at scale 1 */
	COUNTER_DIGITS = 10,
	SQUARE = 8, /* pixels at scale 1 */
	SQUARE_COLUMNS = 16,
	SQUARE_ROWS = 2,
};

struct pattern {
	struct canvas canvas;   /* what was drawn last */
	struct canvas backdrop; /* what never changes */
	unsigned parts;
	uint32_t scale;
	uint64_t drawn; /* the frame in `canvas` */
	struct rect page, typing, video, counter, squares;
	uint32_t typing_columns, typing_rows;
};

/* One thing on the desktop. Its look depends only on its own state number, which depends only on the frame's
 * number. */
struct part {
	unsigned flag;
	uint64_t frames_per_state;
	void (*draw)(struct pattern *pattern, uint64_t state);
	size_t (*damage)(const struct pattern *pattern, uint64_t from, uint64_t to, struct rect *damage);
};

static const char *const page_lines[] = {
	"Every pixel of this desktop is computed from the number of",
	"its frame, so any program can say what must be on screen at",
	"any moment, and compare.",
	"",
	"The quick brown fox jumps over the lazy dog. 0123456789",
	"Zwölf Boxkämpfer jagen Viktor quer über den großen Deich.",
	"Voix ambiguë d'un cœur qui préfère les jattes de kiwis.",
	"Съешь же ещё этих мягких французских булок, да выпей чаю.",
	"Ξεσκεπάζω την ψυχοφθόρα βδελυγμία.",
	"",
	"┌──────────────┬──────────────┐",
	"│ text         │ sharp edges  │",
	"│ window       │ moves        │",
	"│ video        │ every frame  │",
	"└──────────────┴──────────────┘",
	"",
	"If these words are legible and the window moves smoothly,",
	"your viewer and the network between do their work.",
};
static const char typed_text[] = "the typist never tires and never errs; one letter follows the other, ";

static uint32_t mix(uint32_t x) {
	x ^= x >> 16;
	x *= 0x7feb352du;
	x ^= x >> 15;
	x *= 0x846ca68bu;
	return x ^ x >> 16;
}

/* Goes from 0 to `top` and back for ever. */
static int32_t swing(uint64_t way, uint32_t top) {
	if (top == 0)
		return 0;
	uint64_t at = way % (2 * (uint64_t)top);
	return (int32_t)(at <= top ? at : 2 * (uint64_t)top - at);
}

/* --- the page --- */

static void draw_page(struct pattern *pattern, uint64_t state) {
	struct canvas *canvas = &pattern->canvas;
	struct rect clip = canvas->clip, page = pattern->page;
	uint32_t line = canvas_text_height(pattern->scale) + 2 * pattern->scale;
	canvas->clip = rect_intersect(clip, page);
	canvas_fill(canvas, page, 0xfaf8f0);
	canvas_outline(canvas, page, 0x404040);
	char title[48];
	snprintf(title, sizeof title, "Page %" PRIu64, state + 1);
	int32_t x = page.x + 10 * (int32_t)pattern->scale, y = page.y + 8 * (int32_t)pattern->scale;
	canvas_text(canvas, x, y, 2 * pattern->scale, 0x803010, title);
	y += (int32_t)(2 * line);
	size_t count = ARRAY_LEN(page_lines);
	for (size_t i = 0; i < count; i++, y += (int32_t)line)
		canvas_text(canvas, x, y, pattern->scale, 0x202020, page_lines[(i + state * 5) % count]);
	canvas->clip = clip;
}

static size_t damage_page(const struct pattern *pattern, uint64_t from, uint64_t to, struct rect *damage) {
	(void)from;
	(void)to;
	damage[0] = pattern->page;
	return 1;
}

/* Lines of an endless text, each of which has its own number. It goes three steps down, two up, and one down.
 */
static void draw_scroll(struct pattern *pattern, uint64_t state) {
	struct canvas *canvas = &pattern->canvas;
	struct rect clip = canvas->clip, page = pattern->page;
	uint32_t line = canvas_text_height(pattern->scale) + 2 * pattern->scale;
	static const uint64_t places[] = {0, 3, 1};
	uint64_t way = (state / 3 * 2 + places[state % 3]) * SCROLL_STEP * pattern->scale;
	uint64_t number = way / line;
	static const uint32_t shades[] = {0xfaf8f0, 0xf0f4fa, 0xf4faf0};
	canvas->clip = rect_intersect(clip, page);
	int32_t x = page.x + 10 * (int32_t)pattern->scale, y = page.y - (int32_t)(way % line);
	for (; y < page.y + (int32_t)page.height; y += (int32_t)line, number++) {
		char text[160];
		canvas_fill(canvas, (struct rect){page.x, y, page.width, line},
			shades[number % ARRAY_LEN(shades)]);
		snprintf(text, sizeof text, "%" PRIu64 " %s", number,
			page_lines[number % ARRAY_LEN(page_lines)]);
		canvas_text(canvas, x, y, pattern->scale, 0x202020, text);
	}
	canvas_outline(canvas, page, 0x404040);
	canvas->clip = clip;
}

/* --- the typing area --- */

static uint32_t typed(const struct pattern *pattern, uint64_t state) {
	return (uint32_t)(state % (pattern->typing_columns * pattern->typing_rows + 1));
}

static struct rect typing_cells(
	const struct pattern *pattern, uint32_t column, uint32_t row, uint32_t columns, uint32_t rows) {
	uint32_t width = canvas_text_width(pattern->scale, " "), height = canvas_text_height(pattern->scale);
	return (struct rect){pattern->typing.x + (int32_t)(column * width),
		pattern->typing.y + (int32_t)(row * height), columns * width, rows * height};
}

static void draw_typing(struct pattern *pattern, uint64_t state) {
	uint32_t count = typed(pattern, state), columns = pattern->typing_columns;
	canvas_fill(&pattern->canvas, pattern->typing, 0x10202c);
	for (uint32_t i = 0; i < count; i++) {
		char letter[2] = {typed_text[i % (sizeof typed_text - 1)]};
		struct rect cell = typing_cells(pattern, i % columns, i / columns, 1, 1);
		canvas_text(&pattern->canvas, cell.x, cell.y, pattern->scale, 0x80ff80, letter);
	}
	if (count < columns * pattern->typing_rows)
		canvas_fill(&pattern->canvas, typing_cells(pattern, count % columns, count / columns, 1, 1),
			0x80ff80);
}

/* The cells between two positions of the caret: part of one row, or whole rows. */
static size_t damage_typing(const struct pattern *pattern, uint64_t from, uint64_t to, struct rect *damage) {
	uint32_t a = typed(pattern, from), b = typed(pattern, to), columns = pattern->typing_columns;
	uint32_t first = a < b ? a : b, last = a < b ? b : a;
	if (first == last)
		return 0;
	if (first / columns == last / columns)
		damage[0] = typing_cells(pattern, first % columns, first / columns, last - first + 1, 1);
	else
		damage[0] = typing_cells(
			pattern, 0, first / columns, columns, last / columns - first / columns + 1);
	damage[0] = rect_intersect(damage[0], pattern->typing);
	return 1;
}

/* --- the video --- */

static void draw_video(struct pattern *pattern, uint64_t state) {
	struct rect part = rect_intersect(pattern->canvas.clip, pattern->video);
	uint32_t n = (uint32_t)state;
	for (uint32_t j = 0; j < part.height; j++) {
		uint32_t y = (uint32_t)part.y + j;
		uint32_t *row = pattern->canvas.pixels + (size_t)y * pattern->canvas.stride + part.x;
		for (uint32_t i = 0; i < part.width; i++) {
			uint32_t x = (uint32_t)part.x + i;
			row[i] = ((x * 2 + n * 5) & 0xff) << 16 | ((y * 3 + n * 3) & 0xff) << 8 |
				 ((x + y + n * 7) & 0xff);
		}
	}
}

static size_t damage_video(const struct pattern *pattern, uint64_t from, uint64_t to, struct rect *damage) {
	(void)from;
	(void)to;
	damage[0] = pattern->video;
	return 1;
}

/* --- the window --- */

static struct rect window_place(const struct pattern *pattern, uint64_t state) {
	uint32_t bar = BAR_HEIGHT * pattern->scale;
	uint32_t width = pattern->canvas.width / 5, height = pattern->canvas.height / 5;
	if (pattern->canvas.height <= bar + height)
		return (struct rect){0};
	uint32_t room_x = pattern->canvas.width - width, room_y = pattern->canvas.height - bar - height;
	return (struct rect){swing(state * WINDOW_STEP_X * pattern->scale + room_x / 2, room_x),
		(int32_t)bar + swing(state * WINDOW_STEP_Y * pattern->scale + room_y / 3, room_y), width,
		height};
}

static void draw_window(struct pattern *pattern, uint64_t state) {
	struct rect window = window_place(pattern, state), clip = pattern->canvas.clip;
	struct rect part = rect_intersect(clip, window);
	for (uint32_t j = 0; j < part.height; j++) {
		uint32_t y = (uint32_t)(part.y - window.y) + j;
		uint32_t *row = pattern->canvas.pixels +
				(size_t)(part.y + (int32_t)j) * pattern->canvas.stride + part.x;
		for (uint32_t i = 0; i < part.width; i++) {
			uint32_t x = (uint32_t)(part.x - window.x) + i;
			row[i] = (x + y) / 6 % 2 ? 0xd0d8e8 : 0xb0c0d8 + (y & 0x1f);
		}
	}
	canvas_outline(&pattern->canvas, window, 0x203050);
	struct rect title = {window.x, window.y, window.width, canvas_text_height(pattern->scale) + 4};
	pattern->canvas.clip = rect_intersect(clip, rect_intersect(window, title));
	canvas_fill(&pattern->canvas, title, 0x305090);
	canvas_text(&pattern->canvas, window.x + 4, window.y + 2, pattern->scale, 0xffffff,
		"a window that moves");
	pattern->canvas.clip = clip;
}

static size_t damage_window(const struct pattern *pattern, uint64_t from, uint64_t to, struct rect *damage) {
	damage[0] = window_place(pattern, from);
	damage[1] = window_place(pattern, to);
	return memcmp(&damage[0], &damage[1], sizeof *damage) ? 2 : 0;
}

/* --- the counter --- */

static void counter_text(char text[COUNTER_DIGITS + 1], uint64_t state) {
	snprintf(text, COUNTER_DIGITS + 1, "%0*" PRIu32, COUNTER_DIGITS, (uint32_t)state);
}

static struct rect square(const struct pattern *pattern, uint32_t index) {
	uint32_t side = SQUARE * pattern->scale;
	return (struct rect){pattern->squares.x + (int32_t)(index % SQUARE_COLUMNS * side),
		pattern->squares.y + (int32_t)(index / SQUARE_COLUMNS * side), side, side};
}

static void draw_counter(struct pattern *pattern, uint64_t state) {
	char text[COUNTER_DIGITS + 1];
	counter_text(text, state);
	canvas_fill(&pattern->canvas, pattern->counter, 0x202830);
	canvas_text(&pattern->canvas, pattern->counter.x, pattern->counter.y, pattern->scale, 0xffffff, text);
	if (pattern->squares.width == 0)
		return;
	for (uint32_t i = 0; i < SQUARE_COLUMNS * SQUARE_ROWS; i++)
		canvas_fill(&pattern->canvas, square(pattern, i),
			(uint32_t)state & 0x80000000u >> i ? 0xffffff : 0x000000);
}

/* From the first digit that differs to the last, and in each row of squares from the first that differs to
 * the last. */
static size_t damage_counter(const struct pattern *pattern, uint64_t from, uint64_t to, struct rect *damage) {
	char a[COUNTER_DIGITS + 1], b[COUNTER_DIGITS + 1];
	counter_text(a, from);
	counter_text(b, to);
	uint32_t same = 0, width = canvas_text_width(pattern->scale, " ");
	while (same < COUNTER_DIGITS && a[same] == b[same])
		same++;
	damage[0] = pattern->counter;
	damage[0].x += (int32_t)(same * width);
	damage[0].width = (COUNTER_DIGITS - same) * width;
	if (pattern->squares.width == 0)
		return 1;
	size_t count = 1;
	for (uint32_t row = 0; row < SQUARE_ROWS; row++) {
		uint32_t bits = ((uint32_t)from ^ (uint32_t)to) >> (row == 0 ? SQUARE_COLUMNS : 0) & 0xffff;
		if (bits == 0)
			continue;
		uint32_t first = (uint32_t)__builtin_clz(bits) - 16,
			 last = 15 - (uint32_t)__builtin_ctz(bits);
		damage[count] = square(pattern, row * SQUARE_COLUMNS + first);
		damage[count++].width *= last - first + 1;
	}
	return count;
}

/* --- busy --- */

static void draw_busy(struct pattern *pattern, uint64_t state) {
	struct rect part = pattern->canvas.clip;
	for (uint32_t j = 0; j < part.height; j++) {
		uint32_t y = (uint32_t)part.y + j;
		uint32_t *row = pattern->canvas.pixels + (size_t)y * pattern->canvas.stride + part.x;
		uint32_t seed = mix((uint32_t)state * 0x9e3779b9u + y);
		for (uint32_t i = 0; i < part.width; i++)
			row[i] = mix(seed + (uint32_t)part.x + i) & 0xffffff;
	}
}

static size_t damage_busy(const struct pattern *pattern, uint64_t from, uint64_t to, struct rect *damage) {
	(void)from;
	(void)to;
	damage[0] = (struct rect){0, 0, pattern->canvas.width, pattern->canvas.height};
	return 1;
}

/* Bottom first. */
static const struct part parts[] = {
	{PATTERN_PAGE, PAGE_FRAMES, draw_page, damage_page},
	{PATTERN_SCROLL, SCROLL_FRAMES, draw_scroll, damage_page},
	{PATTERN_TYPING, TYPING_FRAMES, draw_typing, damage_typing},
	{PATTERN_VIDEO, 1, draw_video, damage_video},
	{PATTERN_BUSY, 1, draw_busy, damage_busy},
	{PATTERN_COUNTER, 1, draw_counter, damage_counter},
	{PATTERN_WINDOW, 1, draw_window, damage_window},
};
enum { PARTS = ARRAY_LEN(parts) };

/* A part that is switched off looks as it does in frame 0. */
static uint64_t state_of(const struct pattern *pattern, const struct part *part, uint64_t frame) {
	return pattern->parts & part->flag ? frame / part->frames_per_state : 0;
}

/* Busy pixels hide everything but a counter that counts. They are only drawn if they were asked for. So is
 * the page that scrolls, in place of the other one. */
static bool is_drawn(const struct pattern *pattern, const struct part *part) {
	if (pattern->parts & PATTERN_BUSY)
		return part->flag & pattern->parts & (PATTERN_BUSY | PATTERN_COUNTER);
	unsigned other = pattern->parts & PATTERN_SCROLL ? PATTERN_PAGE : PATTERN_SCROLL;
	return part->flag != PATTERN_BUSY && part->flag != other;
}

size_t pattern_damage(
	const struct pattern *pattern, uint64_t from, uint64_t to, struct rect damage[PATTERN_MAX_DAMAGE]) {
	struct rect whole = {0, 0, pattern->canvas.width, pattern->canvas.height};
	size_t count = 0;
	for (int i = 0; i < PARTS; i++) {
		uint64_t a = state_of(pattern, &parts[i], from), b = state_of(pattern, &parts[i], to);
		if (a == b || !is_drawn(pattern, &parts[i]))
			continue;
		struct rect found[3];
		size_t found_count = parts[i].damage(pattern, a, b, found);
		for (size_t j = 0; j < found_count; j++) {
			damage[count] = rect_intersect(found[j], whole);
			count += damage[count].width != 0;
		}
	}
	return count;
}

static void redraw(struct pattern *pattern, struct rect rect, uint64_t frame) {
	canvas_clip(&pattern->canvas, rect);
	canvas_copy(&pattern->canvas, &pattern->backdrop);
	for (int i = 0; i < PARTS; i++)
		if (is_drawn(pattern, &parts[i]))
			parts[i].draw(pattern, state_of(pattern, &parts[i], frame));
	canvas_unclip(&pattern->canvas);
}

void pattern_draw(struct pattern *pattern, uint64_t frame) {
	struct rect damage[PATTERN_MAX_DAMAGE];
	size_t count = pattern_damage(pattern, pattern->drawn, frame, damage);
	for (size_t i = 0; i < count; i++)
		redraw(pattern, damage[i], frame);
	pattern->drawn = frame;
}

const struct canvas *pattern_canvas(const struct pattern *pattern) {
	return &pattern->canvas;
}

/* --- making one --- */

static uint32_t scale_of(uint32_t height) {
	return height < 1440 ? 1 : height / 1080 + (height % 1080 >= 540);
}

static struct rect counter_squares(uint32_t width, uint32_t height) {
	uint32_t scale = scale_of(height), side = SQUARE * scale;
	uint32_t needed = (SQUARE_COLUMNS + 2) * side;
	if (width < needed || height < BAR_HEIGHT * scale)
		return (struct rect){0};
	return (struct rect){(int32_t)(width - (SQUARE_COLUMNS + 1) * side), (int32_t)(4 * scale),
		SQUARE_COLUMNS * side, SQUARE_ROWS * side};
}

static void lay_out(struct pattern *pattern) {
	int32_t width = (int32_t)pattern->canvas.width, height = (int32_t)pattern->canvas.height;
	int32_t scale = (int32_t)pattern->scale, bar = BAR_HEIGHT * scale, margin = width / 40;
	struct rect below = {0, bar, (uint32_t)width, (uint32_t)(height > bar ? height - bar : 0)};
	uint32_t cell = canvas_text_width(pattern->scale, " "), line = canvas_text_height(pattern->scale);

	pattern->page = rect_intersect(below,
		(struct rect){margin, bar + margin, (uint32_t)width * 45 / 100, (uint32_t)height * 3 / 5});
	pattern->typing_columns = (uint32_t)width * 45 / 100 / cell;
	pattern->typing_rows = 3;
	if (pattern->typing_columns == 0)
		pattern->typing_rows = pattern->typing_columns = 1;
	pattern->typing =
		rect_intersect(below, (struct rect){margin, bar + 2 * margin + height * 3 / 5,
					      pattern->typing_columns * cell, pattern->typing_rows * line});
	pattern->video = rect_intersect(below,
		(struct rect){width * 55 / 100, bar + margin, (uint32_t)width / 4, (uint32_t)height / 4});
	pattern->squares = counter_squares(pattern->canvas.width, pattern->canvas.height);
	int32_t right = pattern->squares.width ? pattern->squares.x - 4 * scale : width;
	pattern->counter =
		(struct rect){right - COUNTER_DIGITS * (int32_t)cell, 4 * scale, COUNTER_DIGITS * cell, line};
}

static void draw_backdrop(struct pattern *pattern) {
	struct canvas *canvas = &pattern->backdrop;
	for (uint32_t y = 0; y < canvas->height; y++) {
		uint32_t shade = y * 96 / canvas->height;
		canvas_fill(canvas, (struct rect){0, (int32_t)y, canvas->width, 1},
			0x204050 + (shade << 8 | shade));
	}
	uint32_t bar = BAR_HEIGHT * pattern->scale;
	canvas_fill(canvas, (struct rect){0, 0, canvas->width, bar}, 0x202830);
	char title[64];
	snprintf(title, sizeof title, "zerovnc test desktop, %ux%u", canvas->width, canvas->height);
	int32_t at = 4 * (int32_t)pattern->scale;
	canvas_text(canvas, at, at, pattern->scale, 0xffffff, title);
}

int pattern_create(uint32_t width, uint32_t height, unsigned wanted, struct pattern **result) {
	struct pattern *pattern = calloc(1, sizeof *pattern);
	if (!pattern)
		return -ENOMEM;
	int error = canvas_init(&pattern->canvas, width, height);
	if (!error)
		error = canvas_init(&pattern->backdrop, width, height);
	if (error) {
		pattern_destroy(pattern);
		return error;
	}
	pattern->parts = wanted;
	pattern->scale = scale_of(height);
	lay_out(pattern);
	draw_backdrop(pattern);
	redraw(pattern, (struct rect){0, 0, width, height}, 0);
	*result = pattern;
	return 0;
}

void pattern_destroy(struct pattern *pattern) {
	if (!pattern)
		return;
	canvas_finish(&pattern->backdrop);
	canvas_finish(&pattern->canvas);
	free(pattern);
}

bool pattern_kind(const char *name, unsigned *wanted) {
	static const struct {
		const char *name;
		unsigned parts;
	} kinds[] = {
		{"still", 0},
		{"moving", PATTERN_PAGE | PATTERN_TYPING | PATTERN_WINDOW | PATTERN_COUNTER},
		{"video", PATTERN_VIDEO | PATTERN_COUNTER},
		{"full", PATTERN_PAGE | PATTERN_TYPING | PATTERN_WINDOW | PATTERN_COUNTER | PATTERN_VIDEO},
		{"busy", PATTERN_BUSY | PATTERN_COUNTER},
		{"scroll", PATTERN_SCROLL | PATTERN_COUNTER},
	};
	for (size_t i = 0; i < ARRAY_LEN(kinds); i++) {
		if (strcmp(kinds[i].name, name ? name : "full") == 0) {
			*wanted = kinds[i].parts;
			return true;
		}
	}
	return false;
}

int64_t pattern_read_counter(
	const uint32_t *pixels, uint32_t stride_pixels, uint32_t width, uint32_t height) {
	struct rect squares = counter_squares(width, height);
	uint32_t side = squares.width / SQUARE_COLUMNS, number = 0;
	if (squares.width == 0)
		return -1;
	for (uint32_t i = 0; i < SQUARE_COLUMNS * SQUARE_ROWS; i++) {
		uint32_t x = (uint32_t)squares.x + i % SQUARE_COLUMNS * side + side / 2;
		uint32_t y = (uint32_t)squares.y + i / SQUARE_COLUMNS * side + side / 2;
		uint32_t green = pixels[(size_t)y * stride_pixels + x] >> 8 & 0xff;
		if (green > 0x40 && green < 0xc0)
			return -1;
		number = number << 1 | (green >= 0xc0);
	}
	return number;
}
