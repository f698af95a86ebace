/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * match [--mean=M] KIND PPM: whether a picture is a frame of the built-in pattern in the picture's size,
 * pixel by pixel: the one whose number its counter shows, or frame 0 if the kind does not count. With --mean:
 * whether channels are off by at most M (of 255) on average, for pictures that went through a JPEG.
 */
#include <getopt.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "capture/pattern.h"

static uint32_t difference(uint32_t a, uint32_t b) {
	uint32_t sum = 0;
	for (unsigned shift = 0; shift < 24; shift += 8)
		sum += (uint32_t)abs((int)(a >> shift & 255) - (int)(b >> shift & 255));
	return sum;
}

/* Reads the next pixel of a P6 picture. */
static uint32_t read_pixel(FILE *file) {
	uint32_t pixel = (uint32_t)(fgetc(file) & 255) << 16;
	pixel |= (uint32_t)(fgetc(file) & 255) << 8;
	return pixel | (uint32_t)(fgetc(file) & 255);
}

/* NULL: out of memory. */
static uint32_t *read_pixels(FILE *file, uint32_t width, uint32_t height) {
	size_t count = (size_t)width * height;
	uint32_t *pixels = malloc(count * sizeof *pixels);
	for (size_t i = 0; pixels && i < count; i++)
		pixels[i] = read_pixel(file);
	return pixels;
}

/* The number of the frame that the picture shows. */
static uint64_t frame_of(const uint32_t *pixels, uint32_t width, uint32_t height, unsigned parts) {
	int64_t number = parts & PATTERN_COUNTER ? pattern_read_counter(pixels, width, width, height) : 0;
	return number < 0 ? 0 : (uint64_t)number;
}

static int compare(const struct canvas *canvas, const uint32_t *pixels, double largest_mean) {
	uint64_t sum = 0, wrong = 0;
	uint32_t first_x = 0, first_y = 0;
	for (uint32_t y = 0; y < canvas->height; y++) {
		for (uint32_t x = 0; x < canvas->width; x++) {
			uint32_t off = difference(*pixels++, canvas->pixels[y * canvas->stride + x]);
			if (off && wrong++ == 0) {
				first_x = x;
				first_y = y;
			}
			sum += off;
		}
	}
	double mean = (double)sum / (3.0 * canvas->width * canvas->height);
	printf("match: %" PRIu32 "x%" PRIu32 ", %" PRIu64 " pixels differ (first %" PRIu32 ",%" PRIu32
	       "), mean error %.3f\n",
		canvas->width, canvas->height, wrong, first_x, first_y, mean);
	return largest_mean < 0 ? wrong != 0 : mean > largest_mean;
}

int main(int argc, char **argv) {
	static const struct option options[] = {{"mean", required_argument, NULL, 'm'}, {0}};
	double largest_mean = -1;
	for (int option; (option = getopt_long(argc, argv, "", options, NULL)) != -1;) {
		if (option != 'm')
			return 2;
		largest_mean = atof(optarg);
	}
	unsigned parts;
	if (argc - optind != 2 || !pattern_kind(argv[optind], &parts)) {
		fprintf(stderr, "usage: match [--mean=M] KIND PPM\n");
		return 2;
	}
	FILE *file = fopen(argv[optind + 1], "rb");
	uint32_t width, height;
	struct pattern *pattern;
	if (!file || fscanf(file, "P6 %" SCNu32 " %" SCNu32 " 255", &width, &height) != 2 ||
		fgetc(file) == EOF || pattern_create(width, height, parts, &pattern) != 0) {
		fprintf(stderr, "match: %s is no PPM picture\n", argv[optind + 1]);
		return 1;
	}
	uint32_t *pixels = read_pixels(file, width, height);
	int status = 1;
	if (pixels && !feof(file)) {
		pattern_draw(pattern, frame_of(pixels, width, height, parts));
		status = compare(pattern_canvas(pattern), pixels, largest_mean);
	}
	free(pixels);
	pattern_destroy(pattern);
	fclose(file);
	return status;
}
