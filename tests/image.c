/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tests/image.h"

#include <stdio.h>
#include <stdlib.h>

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
