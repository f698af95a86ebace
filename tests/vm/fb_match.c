/* SPDX-License-Identifier: GPL-2.0-or-later */
/* fb_match FBDEV PPM: whether a picture shows what the console's framebuffer device contains, pixel by
 * pixel. */
#include <fcntl.h>
#include <linux/fb.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <unistd.h>

static _Noreturn void fail(const char *what) {
	fprintf(stderr, "fb_match: %s\n", what);
	exit(1);
}

static uint32_t channel(uint32_t pixel, const struct fb_bitfield *at) {
	uint32_t largest = (1u << at->length) - 1;
	return ((pixel >> at->offset & largest) * 510 + largest) / (2 * largest);
}

int main(int argc, char **argv) {
	struct fb_var_screeninfo shape;
	struct fb_fix_screeninfo memory;
	unsigned width, height;
	int fb = argc == 3 ? open(argv[1], O_RDONLY | O_CLOEXEC) : -1;
	FILE *picture = argc == 3 ? fopen(argv[2], "rb") : NULL;
	if (fb < 0 || !picture || fscanf(picture, "P6 %u %u 255", &width, &height) != 2 ||
		fgetc(picture) != '\n')
		fail("usage: fb_match FBDEV PPM");
	if (ioctl(fb, FBIOGET_VSCREENINFO, &shape) != 0 || ioctl(fb, FBIOGET_FSCREENINFO, &memory) != 0)
		fail("this is no framebuffer device");
	if (shape.xres != width || shape.yres != height)
		fail("the sizes differ");
	uint32_t bytes = shape.bits_per_pixel / 8, lit = 0;
	uint8_t *row = malloc(memory.line_length);
	for (uint32_t y = 0; row && y < height; y++) {
		off_t offset = (off_t)(y + shape.yoffset) * memory.line_length;
		if (pread(fb, row, memory.line_length, offset) != (ssize_t)memory.line_length)
			fail("reading the framebuffer device");
		for (uint32_t x = 0; x < width; x++) {
			uint32_t pixel = 0;
			for (uint32_t i = 0; i < bytes; i++)
				pixel |= (uint32_t)row[x * bytes + i] << 8 * i;
			uint32_t want = channel(pixel, &shape.red) << 16 | channel(pixel, &shape.green) << 8 |
					channel(pixel, &shape.blue);
			uint32_t got = (uint32_t)fgetc(picture) << 16;
			got |= (uint32_t)fgetc(picture) << 8;
			got |= (uint32_t)fgetc(picture);
			if (got != want) {
				printf("fb_match: %u,%u is 0x%06x instead of 0x%06x\n", x, y, got, want);
				return 1;
			}
			lit += want != 0;
		}
	}
	printf("fb_match: %ux%u, all alike, %u of them not black\n", width, height, lit);
	return lit ? 0 : 1; /* a black screen proves nothing */
}
