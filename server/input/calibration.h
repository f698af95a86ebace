/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * calibration: where on the absolute pointer device a pixel of the picture lies.
 *
 * Compositors stretch such a device over one output, over the bounding box of all of them, or over whatever
 * they were configured for; they do not say. So: one output, the device is the output. Several that share one
 * big framebuffer (X): the device is that. Otherwise what is measured decides: the pointer was sent there,
 * the cursor plane appeared here. Pure; each axis for itself.
 */
#ifndef ZEROVNC_CALIBRATION_H
#define ZEROVNC_CALIBRATION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { CALIBRATION_SAMPLES = 12 };

/* pixel = scale * u + offset, where u goes from 0 to 1 over the device. */
struct calibration_line {
	double scale, offset;
};

struct calibration_sample {
	double u, v;  /* sent */
	double x, y;  /* seen: the cursor's tip, in pixels of the picture */
	double slack; /* the tip may lie so much further right and down */
};

struct calibration {
	uint32_t width, height; /* of the picture */
	struct calibration_line assumed[2], line[2];
	bool measured;
	struct calibration_sample samples[CALIBRATION_SAMPLES];
	size_t count;
};

/* The desktop that the device is taken to cover, and the picture's place in it, all in pixels. Forgets what
 * was measured where that differs from before. */
void calibration_assume(struct calibration *calibration, uint32_t desktop_width, uint32_t desktop_height,
	int32_t x, int32_t y, uint32_t width, uint32_t height);

/* The device coordinate (0 to range - 1) of the middle of a pixel; what lies outside the device comes out at
 * its edge. */
void calibration_map(const struct calibration *calibration, uint32_t x, uint32_t y, uint32_t range,
	int32_t *device_x, int32_t *device_y);

/* Where the pixel of a device coordinate is taken to be. */
void calibration_expect(const struct calibration *calibration, int32_t device_x, int32_t device_y,
	uint32_t range, double *x, double *y);

/*
 * The pointer, at rest, was sent to this device coordinate, and the cursor's tip stands at this pixel.
 * Returns true where that changed the mapping: three places far apart agreed on another one.
 *
 * `slack`: 0, or how much further right and down the tip may lie, where only the image's corner is known.
 * Which part of what is measured then is the hotspot? A picture lies at an edge of its desktop or in its
 * middle, if that is within the slack.
 */
bool calibration_observe(struct calibration *calibration, int32_t device_x, int32_t device_y, uint32_t range,
	int32_t x, int32_t y, uint32_t slack);

#endif
