/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * painter: owns a display and shows scenes on it. Reads commands from stdin, a line each, and answers each
 * with a line when it is done: "ok ..." or "refused: why" (the card cannot do that).
 *
 *   light WIDTHxHEIGHT[@REFRESH]|preferred FOURCC flip|block|front [X Y RIGHT BELOW]
 *      shows the current frame, or the next one if one is shown already; block: flips by a call that waits
 * for the flip; REFRESH: by a mode that the connector need not have; X Y: where the visible part begins in
 * the framebuffer, RIGHT BELOW: pixels of framebuffer past it kind desktop|busy|still|subtle paint COUNT RATE
 *      as many frames, RATE of them a second (0: as fast as the card goes); the answer tells how many
 *      vertical blanks that took, if the card counts them
 *   dark crtc|dpms
 *      and back: bright
 *   plugs
 *      looks which outputs are connected: switches off those that are not any more, and shows the frame on
 *      those that are again
 *   turn rotate-180|reflect-x|reflect-y
 *      has the primary plane turn what it shows. The next frame and those after it are drawn the other
 *      way round, so that they are upright. And back: turn rotate-0
 *   window X Y WIDTH HEIGHT FOURCC
 *      laid over the picture by an overlay plane, and away: window 0 0 0 0 FOURCC; "_" is a blank
 *   plane overlay
 *      shows the frames, all alone, and back: plane primary
 *   colors warm|inverted
 *      changes them after the planes, and back: colors plain. The next frame and those after it are
 *      drawn inverted if the card inverts them, so that they are seen as they should be
 *   quit
 *      (or the end of stdin) as a compositor that ends
 */
#include <drm_fourcc.h>
#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "capture/base/array.h"
#include "tests/vm/paint_log.h"
#include "tests/vm/scene.h"
#include "tests/vm/screen.h"

struct painter {
	struct screen screen;
	struct paint_log *log;
	struct scene scenes[SCREEN_MAX_HEADS];            /* one for each head, with different seeds */
	uint32_t *canvases[SCREEN_MAX_HEADS];             // owned
	uint32_t drawn[SCREEN_MAX_HEADS][SCREEN_BUFFERS]; /* the frame in each buffer; SCENE_NOTHING: none */
	uint32_t frame;                                   /* the frame that is on the canvases */
	uint16_t seed;
	enum scene_kind kind;
	bool mirror_x, mirror_y; /* of the first head: its plane mirrors what is drawn so */
	bool invert;             /* of the first head, likewise: its CRTC inverts the colours */
};

/* Converts a channel of 8 bits to the nearest one of `bits`, which widens back to the same 8 bits. */
static uint32_t narrow(uint32_t value, unsigned bits) {
	uint32_t largest = (1u << bits) - 1;
	return (value * largest + 127) / 255;
}

static uint32_t pack(uint32_t fourcc, uint32_t pixel) {
	uint32_t red = pixel >> 16 & 255, green = pixel >> 8 & 255, blue = pixel & 255;
	switch (fourcc) {
	case DRM_FORMAT_RGB565:
		return narrow(red, 5) << 11 | narrow(green, 6) << 5 | narrow(blue, 5);
	case DRM_FORMAT_XBGR8888:
	case DRM_FORMAT_ABGR8888:
		return 0x5a000000 | blue << 16 | green << 8 | red;
	case DRM_FORMAT_BGRX8888:
		return blue << 24 | green << 16 | red << 8 | 0x5a;
	case DRM_FORMAT_XRGB2101010:
	case DRM_FORMAT_ARGB2101010:
		return 0x80000000 | narrow(red, 10) << 20 | narrow(green, 10) << 10 | narrow(blue, 10);
	case DRM_FORMAT_XBGR2101010:
	case DRM_FORMAT_ABGR2101010:
		return 0x80000000 | narrow(blue, 10) << 20 | narrow(green, 10) << 10 | narrow(red, 10);
	default:
		return 0x5a000000 | pixel; /* the X byte is garbage on purpose */
	}
}

/* `code`: four letters, with "_" for blanks. */
static uint32_t fourcc_of(const char *code) {
	uint32_t fourcc = 0;
	for (int i = 3; i >= 0; i--)
		fourcc = fourcc << 8 | (uint8_t)(code[i] == '_' ? ' ' : code[i]);
	return fourcc;
}

static bool can_pack(uint32_t fourcc) {
	static const uint32_t known[] = {DRM_FORMAT_XRGB8888, DRM_FORMAT_ARGB8888, DRM_FORMAT_XBGR8888,
		DRM_FORMAT_ABGR8888, DRM_FORMAT_BGRX8888, DRM_FORMAT_RGB565, DRM_FORMAT_XRGB2101010,
		DRM_FORMAT_ARGB2101010, DRM_FORMAT_XBGR2101010, DRM_FORMAT_ABGR2101010};
	for (size_t i = 0; i < ARRAY_LEN(known); i++) {
		if (known[i] == fourcc)
			return true;
	}
	return false;
}

static void store_row(const struct painter *painter, int head, const struct scene_rect *part, uint32_t y,
	uint32_t fourcc, uint8_t *row) {
	const struct scene *scene = &painter->scenes[head];
	const uint32_t *from = &painter->canvases[head][y * scene->width];
	uint32_t change = head == 0 && painter->invert ? 0xffffff : 0;
	for (uint32_t x = part->x; x < part->x + part->width; x++) {
		uint32_t to = head == 0 && painter->mirror_x ? scene->width - 1 - x : x;
		if (fourcc == DRM_FORMAT_RGB565)
			((uint16_t *)row)[to] = (uint16_t)pack(fourcc, from[x] ^ change);
		else
			((uint32_t *)row)[to] = pack(fourcc, from[x] ^ change);
	}
}

static void store_part(const struct painter *painter, int head, const struct scene_rect *part,
	uint32_t fourcc, uint8_t *pixels, uint32_t pitch) {
	for (uint32_t y = part->y; y < part->y + part->height; y++) {
		uint32_t to = head == 0 && painter->mirror_y ? painter->scenes[head].height - 1 - y : y;
		store_row(painter, head, part, y, fourcc, pixels + (size_t)to * pitch);
	}
}

/* Brings one buffer of every head up to the frame on the canvases. */
static void store(struct painter *painter, int buffer) {
	for (int head = 0; head < painter->screen.head_count; head++) {
		uint32_t pitch, position = 0, *drawn = &painter->drawn[head][buffer];
		uint8_t *pixels = screen_pixels(&painter->screen, head, buffer, &pitch);
		struct scene_rect part;
		while (scene_next_change(&painter->scenes[head], *drawn, painter->frame, &position, &part))
			store_part(painter, head, &part, painter->screen.shape.fourcc, pixels, pitch);
		*drawn = painter->frame;
	}
}

/* Gives a head another scene, and draws the frame on a canvas of its own. No buffer has anything of it
 * yet. */
static void set_scene(struct painter *painter, int head, uint32_t width, uint32_t height, uint32_t fourcc) {
	struct scene *scene = &painter->scenes[head];
	*scene = (struct scene){
		.width = width,
		.height = height,
		.seed = (uint16_t)(painter->seed + head),
		.kind = painter->kind,
		.depth = fourcc == DRM_FORMAT_RGB565 ? SCENE_565 : SCENE_888,
	};
	free(painter->canvases[head]);
	painter->canvases[head] = calloc((size_t)width * height, sizeof(uint32_t));
	if (!painter->canvases[head])
		abort();
	scene_draw(scene, SCENE_NOTHING, painter->frame, painter->canvases[head], width);
	for (int buffer = 0; buffer < SCREEN_BUFFERS; buffer++)
		painter->drawn[head][buffer] = SCENE_NOTHING;
}

static void set_scenes(struct painter *painter) {
	for (int head = 0; head < painter->screen.head_count; head++) {
		const drmModeModeInfo *mode = &painter->screen.heads[head].mode;
		set_scene(painter, head, mode->hdisplay, mode->vdisplay, painter->screen.shape.fourcc);
	}
}

struct lighting {
	struct painter *painter;
	uint32_t fourcc;
};

static void fill(void *context, int head, uint32_t width, uint32_t height, uint8_t *pixels, uint32_t pitch) {
	const struct lighting *lighting = context;
	struct scene_rect all = {.width = width, .height = height};
	set_scene(lighting->painter, head, width, height, lighting->fourcc);
	store_part(lighting->painter, head, &all, lighting->fourcc, pixels, pitch);
	lighting->painter->drawn[head][0] = lighting->painter->frame;
}

static void show_frame(struct painter *painter) {
	int buffer = painter->screen.shape.flip ? !painter->screen.shown : 0;
	store(painter, buffer);
	if (painter->screen.shape.flip)
		screen_flip(&painter->screen, buffer);
	else
		screen_dirty(&painter->screen);
	paint_log_note(painter->log, painter->frame);
}

static void next_frame(struct painter *painter) {
	uint32_t from = painter->frame++;
	for (int head = 0; head < painter->screen.head_count; head++)
		scene_draw(&painter->scenes[head], from, painter->frame, painter->canvases[head],
			painter->scenes[head].width);
	show_frame(painter);
}

static void sleep_until(uint64_t time_ns) {
	struct timespec at = {(time_t)(time_ns / 1000000000), (long)(time_ns % 1000000000)};
	while (clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &at, NULL) == EINTR)
		;
}

static void do_paint(struct painter *painter, const char *arguments) {
	unsigned count = 0;
	double rate = 0;
	if (sscanf(arguments, "%u %lf", &count, &rate) < 1 || !painter->screen.lit) {
		printf("refused: paint COUNT RATE, on a lit screen\n");
		return;
	}
	uint64_t start = paint_log_now();
	uint32_t blanks, blanks_before;
	bool counted = screen_count_vblanks(&painter->screen, &blanks_before);
	for (unsigned i = 0; i < count; i++) {
		if (rate > 0)
			sleep_until(start + (uint64_t)(i * 1e9 / rate));
		next_frame(painter);
	}
	printf("ok frame %u, %.1f a second", painter->frame, count * 1e9 / (double)(paint_log_now() - start));
	if (counted && screen_count_vblanks(&painter->screen, &blanks))
		printf(", %u vertical blanks", blanks - blanks_before);
	putchar('\n');
}

static void do_light(struct painter *painter, const char *arguments) {
	char size[32] = "", code[8] = "", style[8] = "";
	struct screen_shape shape = {0};
	int fields = sscanf(arguments, "%31s %7s %7s %u %u %u %u", size, code, style, &shape.x, &shape.y,
		&shape.pad_right, &shape.pad_below);
	if (fields < 3 || strlen(code) != 4 ||
		(strcmp(size, "preferred") != 0 &&
			sscanf(size, "%ux%u@%u", &shape.width, &shape.height, &shape.refresh) < 2)) {
		printf("refused: light SIZE FOURCC flip|block|front [X Y RIGHT BELOW]\n");
		return;
	}
	shape.fourcc = fourcc_of(code);
	shape.block = strcmp(style, "block") == 0;
	shape.flip = shape.block || strcmp(style, "flip") == 0;
	struct lighting lighting = {painter, shape.fourcc};
	uint32_t before = painter->frame;
	painter->frame += painter->screen.lit;
	if (!can_pack(shape.fourcc) || !screen_light(&painter->screen, &shape, fill, &lighting)) {
		printf("refused: %s %s: %s\n", size, code,
			can_pack(shape.fourcc) ? strerror(errno) : "not known here");
		painter->frame = before;
		if (painter->screen.lit)
			set_scenes(painter);
		return;
	}
	paint_log_note(painter->log, painter->frame);
	printf("ok %ux%u %s frame %u\n", painter->scenes[0].width, painter->scenes[0].height, code,
		painter->frame);
}

static void do_kind(struct painter *painter, const char *arguments) {
	char name[16] = "";
	sscanf(arguments, "%15s", name);
	if (!scene_kind_parse(name, &painter->kind)) {
		printf("refused: kind desktop|busy|still|subtle\n");
		return;
	}
	if (painter->screen.lit) { /* this is another scene: every pixel may differ */
		painter->frame++;
		set_scenes(painter);
		show_frame(painter);
	}
	printf("ok %s frame %u\n", name, painter->frame);
}

static void do_dark(struct painter *painter, const char *arguments) {
	screen_darken(
		&painter->screen, strncmp(arguments, "dpms", 4) == 0 ? SCREEN_DARK_DPMS : SCREEN_DARK_CRTC);
	printf("ok\n");
}

static void do_bright(struct painter *painter, const char *arguments) {
	(void)arguments;
	screen_lighten(&painter->screen);
	printf("ok\n");
}

static void do_plugs(struct painter *painter, const char *arguments) {
	(void)arguments;
	printf("ok %d outputs\n", screen_follow_plugs(&painter->screen));
}

static void answer(bool done, const char *what) {
	if (done)
		printf("ok\n");
	else
		printf("refused: %s: %s\n", what, strerror(errno));
}

/* The first head shows the next frame, of which its buffers have nothing yet. */
static void draw_anew(struct painter *painter) {
	for (int buffer = 0; buffer < SCREEN_BUFFERS; buffer++)
		painter->drawn[0][buffer] = SCENE_NOTHING;
	next_frame(painter);
	printf("ok frame %u\n", painter->frame);
}

static void do_turn(struct painter *painter, const char *arguments) {
	bool half = strcmp(arguments, "rotate-180") == 0;
	if (!screen_turn(&painter->screen, arguments)) {
		answer(false, arguments);
		return;
	}
	painter->mirror_x = half || strcmp(arguments, "reflect-x") == 0;
	painter->mirror_y = half || strcmp(arguments, "reflect-y") == 0;
	draw_anew(painter);
}

static void do_window(struct painter *painter, const char *arguments) {
	unsigned x, y, width, height;
	char code[8] = "";
	if (sscanf(arguments, "%u %u %u %u %7s", &x, &y, &width, &height, code) == 5 && strlen(code) == 4)
		answer(screen_window(&painter->screen, fourcc_of(code), x, y, width, height), arguments);
	else
		printf("refused: window X Y WIDTH HEIGHT FOURCC\n");
}

static void do_plane(struct painter *painter, const char *arguments) {
	answer(screen_set_lone(&painter->screen, strcmp(arguments, "overlay") == 0), arguments);
}

static void do_colors(struct painter *painter, const char *arguments) {
	bool invert = strcmp(arguments, "inverted") == 0;
	enum screen_colors colors = invert                           ? SCREEN_COLORS_INVERTED
				    : strcmp(arguments, "warm") == 0 ? SCREEN_COLORS_WARM
								     : SCREEN_COLORS_PLAIN;
	if (!screen_color(&painter->screen, colors)) {
		answer(false, arguments);
		return;
	}
	painter->invert = invert;
	draw_anew(painter);
}

static void obey(struct painter *painter, char *line) {
	static const struct {
		const char *name;
		void (*run)(struct painter *painter, const char *arguments);
	} commands[] = {
		{"light", do_light},
		{"kind", do_kind},
		{"paint", do_paint},
		{"dark", do_dark},
		{"bright", do_bright},
		{"plugs", do_plugs},
		{"turn", do_turn},
		{"window", do_window},
		{"plane", do_plane},
		{"colors", do_colors},
	};
	line[strcspn(line, "\n")] = 0;
	char *arguments = strchr(line, ' ');
	if (arguments)
		*arguments++ = 0;
	for (size_t i = 0; i < ARRAY_LEN(commands); i++) {
		if (strcmp(line, commands[i].name) == 0) {
			commands[i].run(painter, arguments ? arguments : "");
			return;
		}
	}
	printf("refused: no such command: %s\n", line);
}

static int usage(void) {
	fprintf(stderr,
		"usage: painter --card=NODE|DRIVER [--output=NAME] [--log=FILE] [--seed=N] [--frame=N]\n");
	return 2;
}

int main(int argc, char **argv) {
	static const struct option options[] = {
		{"card", required_argument, NULL, 'c'},
		{"output", required_argument, NULL, 'o'},
		{"log", required_argument, NULL, 'l'},
		{"seed", required_argument, NULL, 's'},
		{"frame", required_argument, NULL, 'f'},
		{0},
	};
	struct painter painter = {.seed = 1};
	const char *card = NULL, *output = NULL;
	for (int option; (option = getopt_long(argc, argv, "", options, NULL)) != -1;) {
		switch (option) {
		case 'c':
			card = optarg;
			break;
		case 'o':
			output = optarg;
			break;
		case 'l':
			painter.log = paint_log_open(optarg);
			break;
		case 's':
			painter.seed = (uint16_t)atoi(optarg);
			break;
		case 'f':
			painter.frame = (uint32_t)strtoul(optarg, NULL, 10);
			break;
		default:
			return usage();
		}
	}
	if (!card || optind < argc)
		return usage();
	screen_open(&painter.screen, card, output);
	setvbuf(stdout, NULL, _IOLBF, 0);
	char line[256];
	while (fgets(line, sizeof line, stdin) && strcmp(line, "quit\n") != 0)
		obey(&painter, line);
	screen_close(&painter.screen);
	for (int head = 0; head < SCREEN_MAX_HEADS; head++)
		free(painter.canvases[head]);
	return 0;
}
