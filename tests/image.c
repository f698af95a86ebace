/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tests/image.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "capture/pattern.h"
#include "tests/test.h"

struct image image_desktop(uint32_t width, uint32_t height) {
	struct pattern *pattern;
	unsigned parts;
	struct image image = {width, height, malloc((size_t)width * height * 4)};
	CHECK(image.pixels && pattern_kind("full", &parts) &&
		!pattern_create(width, height, parts, &pattern));
	pattern_draw(pattern, 1234);
	const struct canvas *canvas = pattern_canvas(pattern);
	for (uint32_t y = 0; y < height; y++)
		memcpy(image.pixels + (size_t)y * width, canvas->pixels + (size_t)y * canvas->stride,
			(size_t)width * 4);
	pattern_destroy(pattern);
	return image;
}

static void die(const char *path) {
	fprintf(stderr, "%s: this is no picture (PPM, P6) that can be read\n", path);
	exit(1);
}

struct image image_read(const char *path) {
	struct image image;
	unsigned most;
	FILE *file = fopen(path, "rb");
	if (!file || fscanf(file, "P6 %u %u %u", &image.width, &image.height, &most) != 3 || most != 255 ||
		fgetc(file) == EOF)
		die(path);
	image.pixels = malloc((size_t)image.width * image.height * sizeof *image.pixels);
	if (!image.pixels)
		die(path);
	for (size_t i = 0; i < (size_t)image.width * image.height; i++) {
		uint8_t rgb[3];
		if (fread(rgb, 1, 3, file) != 3)
			die(path);
		image.pixels[i] = (uint32_t)rgb[0] << 16 | (uint32_t)rgb[1] << 8 | rgb[2];
	}
	fclose(file);
	return image;
}
