/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * planes: owns a display and shows random states of its planes. Reads commands from stdin, a line each.
 * Answers with a line for each plane that it changed, and then with "ok ..." or "refused: why".
 *
 *   seed NUMBER
 *      lights some overlay planes and mostly the primary plane. The same number lights the same
 *   flip | move | off | on
 *      another picture in one plane, another place for one, one overlay plane less, and that one again
 *   capture
 *      has the display engine write back what it shows, and compares that with the reference compositor
 *   compare FILE
 *      compares a viewer's picture, a PPM
 *   quit
 *      (or the end of stdin) as a compositor that ends
 */
#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>

#include "capture/base/array.h"
#include "encode/pixel_format.h"
#include "tests/encode/random.h"
#include "tests/vm/content.h"
#include "tests/vm/display.h"
#include "tests/vm/expected.h"
#include "tests/vm/plane_state.h"

enum {
	MOST_OVERLAYS = 5,
	/* vkms of Linux 7.2 multiplies narrow luma by 256/219 instead of 255/219, and takes 0x8080 of 16 bits
	 * for the middle of the chroma of P010. (That of 6.12 has no YUV.) */
	VKMS_YUV_TOLERANCE = 2,
};

struct lit {
	const struct display_plane *plane; // borrowed
	struct frame_layer layer;
	struct buffer buffer;
	bool off;
};

struct planes {
	struct display display;
	struct random random;
	struct lit lit[DISPLAY_MAX_PLANES];
	int lit_count;
	struct lit *last_off; /* NULL: none is off */
	/* What a plane showed before its last flip. The kernel switches a plane off whose framebuffer is
	 * removed while it is lit, so this is removed later. */
	struct buffer before;
	struct expected expected;
};

/* --- lit planes --- */

static bool make_content(struct planes *planes, struct lit *lit) {
	struct frame_layer *layer = &lit->layer;
	if (!buffer_make(planes->display.fd, layer->width, layer->height, layer->fourcc, &lit->buffer))
		return false;
	layer->fb_id = lit->buffer.fb_id;
	layer->memory = lit->buffer.memory;
	layer->memory_size = lit->buffer.size;
	layer->plane_count = pixel_format_find(layer->fourcc)->planes;
	for (int i = 0; i < layer->plane_count; i++)
		layer->planes[i] = (struct frame_plane){-1, lit->buffer.offset[i], lit->buffer.pitch};
	content_fill(&planes->random, layer, lit->buffer.memory);
	return true;
}

static bool light(struct planes *planes, const struct display_plane *plane) {
	struct lit *lit = &planes->lit[planes->lit_count++];
	*lit = (struct lit){.plane = plane};
	plane_state_choose(&planes->random, plane, &planes->display.mode, &lit->layer);
	return make_content(planes, lit);
}

/* Planes of the same zpos lie in the order of their ids (drm_blend.c of the kernel). */
static int compare_places(const void *one, const void *other) {
	const struct frame_layer *a = one, *b = other;
	if (a->zpos != b->zpos)
		return a->zpos < b->zpos ? -1 : 1;
	return a->plane_id < b->plane_id ? -1 : a->plane_id > b->plane_id;
}

static void make_frame(const struct planes *planes, struct frame *frame) {
	frame_init(frame);
	frame->width = planes->display.mode.hdisplay;
	frame->height = planes->display.mode.vdisplay;
	for (int i = 0; i < planes->lit_count; i++)
		if (!planes->lit[i].off)
			*frame_add_layer(frame) = planes->lit[i].layer;
	qsort(frame->layers, (size_t)frame->layer_count, sizeof *frame->layers, compare_places);
}

static bool show(struct planes *planes) {
	struct frame frame;
	make_frame(planes, &frame);
	if (!display_show(&planes->display, &frame)) {
		printf("refused: the card does not take that: %s\n", strerror(errno));
		return false;
	}
	expected_set(&planes->expected, &frame);
	return true;
}

static void print(const struct lit *lit) {
	plane_state_print(&lit->layer);
	printf("%s\n", lit->off ? ", off" : "");
}

/* --- commands --- */

/* Of overlay planes that are on, or of all that are; NULL: there is none. */
static struct lit *some_lit(struct planes *planes, bool overlay) {
	struct lit *fitting[DISPLAY_MAX_PLANES];
	uint32_t count = 0;
	for (int i = 0; i < planes->lit_count; i++) {
		struct lit *lit = &planes->lit[i];
		if (!lit->off && (!overlay || lit->plane->type == DRM_PLANE_TYPE_OVERLAY))
			fitting[count++] = lit;
	}
	return count ? fitting[random_below(&planes->random, count)] : NULL;
}

/* Whether this plane is one of the `wanted` of the `left` that are left to choose from. */
static bool is_chosen(struct planes *planes, uint32_t *wanted, uint32_t *left) {
	bool chosen = random_below(&planes->random, (*left)--) < *wanted;
	*wanted -= chosen;
	return chosen;
}

static uint32_t count_overlays(const struct display *display) {
	uint32_t count = 0;
	for (int i = 0; i < display->plane_count; i++)
		count += display->planes[i].type == DRM_PLANE_TYPE_OVERLAY;
	return count;
}

/* Now and then without the primary plane, and then with two others at least, so that one may be switched off.
 */
static bool light_some(struct planes *planes) {
	struct display *display = &planes->display;
	uint32_t left = count_overlays(display), most = left < MOST_OVERLAYS ? left : MOST_OVERLAYS;
	uint32_t primary = most < 2 || random_below(&planes->random, 6), least = primary ? 1 : 2;
	uint32_t wanted = most ? least + random_below(&planes->random, most - least + 1) : 0;
	for (int i = 0; i < display->plane_count; i++) {
		const struct display_plane *plane = &display->planes[i];
		bool overlay = plane->type == DRM_PLANE_TYPE_OVERLAY;
		bool chosen = overlay ? is_chosen(planes, &wanted, &left)
				      : plane->type == DRM_PLANE_TYPE_PRIMARY && primary;
		if (chosen && !light(planes, plane))
			return false;
	}
	return true;
}

static void do_seed(struct planes *planes, const char *arguments) {
	struct lit before[DISPLAY_MAX_PLANES];
	int before_count = planes->lit_count;
	memcpy(before, planes->lit, sizeof before);
	planes->random.state = strtoul(arguments, NULL, 10) * 2 + 1;
	for (int i = 0; i < 8; i++)
		random_next(&planes->random); /* seeds that are near each other are so no more */
	planes->lit_count = 0;
	planes->last_off = NULL;
	if (!light_some(planes))
		printf("refused: a framebuffer cannot be made: %s\n", strerror(errno));
	else if (show(planes)) {
		for (int i = 0; i < planes->lit_count; i++)
			print(&planes->lit[i]);
		printf("ok %d planes\n", planes->lit_count);
	}
	for (int i = 0; i < before_count; i++)
		buffer_release(planes->display.fd, &before[i].buffer);
	buffer_release(planes->display.fd, &planes->before);
}

/* --- steps: each returns the plane that it changed; NULL: it could not --- */

static struct lit *flip(struct planes *planes) {
	struct lit *lit = some_lit(planes, false);
	if (!lit)
		return NULL;
	buffer_release(planes->display.fd, &planes->before);
	planes->before = lit->buffer;
	return make_content(planes, lit) ? lit : NULL;
}

static struct lit *move(struct planes *planes) {
	struct lit *lit = some_lit(planes, false);
	if (lit)
		plane_state_move(&planes->random, &planes->display.mode, &lit->layer);
	return lit;
}

static struct lit *switch_off(struct planes *planes) {
	struct lit *lit = some_lit(planes, true);
	if (lit)
		lit->off = true;
	planes->last_off = lit;
	return lit;
}

static struct lit *switch_on(struct planes *planes) {
	struct lit *lit = planes->last_off;
	if (lit)
		lit->off = false;
	planes->last_off = NULL;
	return lit;
}

static void do_step(struct planes *planes, struct lit *(*step)(struct planes *planes)) {
	const struct lit *lit = step(planes);
	if (!lit) {
		printf("refused: no plane can do that now\n");
		return;
	}
	if (!show(planes))
		return;
	print(lit);
	printf("ok\n");
}

/* --- comparing --- */

static void answer(const struct expected_result *result) {
	if (result->wrong)
		printf("refused: %llu pixels are wrong, first %u,%u: 0x%06x instead of 0x%06x\n",
			(unsigned long long)result->wrong, result->x, result->y, result->got, result->want);
	else
		printf("ok %llu pixels to the byte, %llu blended or converted within %.3f, %llu left out\n",
			(unsigned long long)result->exact, (unsigned long long)result->near, result->farthest,
			(unsigned long long)result->left_out);
}

/*
 * vkms of Linux 6.12 mixes up what is turned by 90 or 270 degrees and reflected as well: it reads such a
 * plane in the wrong order, and shows it in rows where it is not. (That of 7.2 is right.) The columns that
 * such a plane covers are left out.
 */
static int find_misread(const struct planes *planes, struct rect *rects) {
	struct utsname kernel;
	int major = 0, minor = 0, count = 0;
	if (uname(&kernel) != 0 || sscanf(kernel.release, "%d.%d", &major, &minor) != 2 || major > 6 ||
		(major == 6 && minor > 12))
		return 0;
	for (int i = 0; i < planes->lit_count; i++) {
		const struct frame_layer *layer = &planes->lit[i].layer;
		if (!planes->lit[i].off && layer->rotation & (DRM_MODE_ROTATE_90 | DRM_MODE_ROTATE_270) &&
			layer->rotation & DRM_MODE_REFLECT_MASK)
			rects[count++] = (struct rect){layer->destination.x, 0, layer->destination.width,
				planes->display.mode.vdisplay};
	}
	return count;
}

static void do_capture(struct planes *planes, const char *arguments) {
	(void)arguments;
	const struct buffer *captured = &planes->display.captured;
	struct rect misread[DISPLAY_MAX_PLANES];
	if (!planes->display.back.id) {
		printf("refused: this card does not write back\n");
		return;
	}
	display_capture(&planes->display);
	struct expected_picture picture = {
		.pixels = (const uint32_t *)captured->memory,
		.stride = captured->pitch,
		.left_out = misread,
		.left_out_count = find_misread(planes, misread),
		.yuv_tolerance = VKMS_YUV_TOLERANCE,
	};
	struct expected_result result = expected_compare(&planes->expected, &picture);
	answer(&result);
}

/* NULL: no such file, or one of another size. */
static uint32_t *read_picture(const char *path, uint32_t width, uint32_t height) {
	FILE *file = fopen(path, "rb");
	if (!file)
		return NULL;
	unsigned its_width = 0, its_height = 0;
	uint32_t *pixels = calloc((size_t)width * height, sizeof *pixels);
	if (fscanf(file, "P6 %u %u 255", &its_width, &its_height) != 2 || fgetc(file) != '\n' ||
		its_width != width || its_height != height || !pixels) {
		free(pixels);
		fclose(file);
		return NULL;
	}
	for (size_t i = 0; i < (size_t)width * height; i++)
		for (int channel = 0; channel < 3; channel++)
			pixels[i] = pixels[i] << 8 | ((uint32_t)fgetc(file) & 255);
	fclose(file);
	return pixels;
}

static void do_compare(struct planes *planes, const char *arguments) {
	const struct expected *expected = &planes->expected;
	uint32_t *pixels = read_picture(arguments, expected->width, expected->height);
	if (!pixels) {
		printf("refused: there is no picture of %ux%u yet\n", expected->width, expected->height);
		return;
	}
	struct expected_picture picture = {
		.pixels = pixels, .stride = expected->width * (uint32_t)sizeof *pixels, .yuv_tolerance = 1};
	struct expected_result result = expected_compare(expected, &picture);
	free(pixels);
	answer(&result);
}

static void obey(struct planes *planes, char *line) {
	static const struct {
		const char *name;
		void (*run)(struct planes *planes, const char *arguments); /* NULL: a step */
		struct lit *(*step)(struct planes *planes);
	} commands[] = {
		{"seed", do_seed, NULL},
		{"flip", NULL, flip},
		{"move", NULL, move},
		{"off", NULL, switch_off},
		{"on", NULL, switch_on},
		{"capture", do_capture, NULL},
		{"compare", do_compare, NULL},
	};
	line[strcspn(line, "\n")] = 0;
	char *arguments = strchr(line, ' ');
	if (arguments)
		*arguments++ = 0;
	for (size_t i = 0; i < ARRAY_LEN(commands); i++) {
		if (strcmp(line, commands[i].name) != 0)
			continue;
		if (commands[i].step)
			do_step(planes, commands[i].step);
		else
			commands[i].run(planes, arguments ? arguments : "");
		return;
	}
	printf("refused: no such command: %s\n", line);
}

static int usage(void) {
	fprintf(stderr, "usage: planes --card=NODE|DRIVER [--size=WxH] [--formats=FOURCC,...]\n");
	return 2;
}

int main(int argc, char **argv) {
	static const struct option options[] = {
		{"card", required_argument, NULL, 'c'},
		{"size", required_argument, NULL, 's'},
		{"formats", required_argument, NULL, 'f'},
		{0},
	};
	static struct planes planes;
	const char *card = NULL, *formats = NULL;
	unsigned width = 202, height = 134; /* no multiples of a tile's side */
	for (int option; (option = getopt_long(argc, argv, "", options, NULL)) != -1;) {
		if (option == 'c')
			card = optarg;
		else if (option == 'f')
			formats = optarg;
		else if (option != 's' || sscanf(optarg, "%ux%u", &width, &height) != 2)
			return usage();
	}
	if (!card || optind != argc)
		return usage();
	display_open(&planes.display, card, width, height);
	if (formats)
		display_restrict(&planes.display, formats);
	setvbuf(stdout, NULL, _IOLBF, 0);
	char line[256];
	while (fgets(line, sizeof line, stdin) && strcmp(line, "quit\n") != 0)
		obey(&planes, line);
	for (int i = 0; i < planes.lit_count; i++)
		buffer_release(planes.display.fd, &planes.lit[i].buffer);
	buffer_release(planes.display.fd, &planes.before);
	expected_finish(&planes.expected);
	display_close(&planes.display);
	return 0;
}
