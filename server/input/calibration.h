/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * calibration: maps pixels of the picture to coordinates of the absolute pointer device.
 *
 * Compositors stretch such a device over one output, over the bounding box of all outputs, or over whatever
 * they were configured for. They do not tell us which. If there is one output, we assume that the device
 * covers it. If several outputs share one big framebuffer (X), we assume that the device covers the
 * framebuffer. Otherwise measurement decides: we know where the pointer was sent and see where the cursor
 * plane appeared. Pure. Each axis is measured on its own.
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
	double u, v;  /* the device coordinate that was sent, 0 to 1 */
	double x, y;  /* where the cursor's tip was seen, in pixels of the picture */
	double slack; /* the tip may lie up to this many pixels further right and down */
};

struct calibration {
	uint32_t width, height; /* of the picture */
	struct calibration_line assumed[2], line[2];
	bool measured; /* `line` was measured on at least one axis */
	struct calibration_sample samples[CALIBRATION_SAMPLES];
	size_t count;
};

/* Sets the desktop that the device is assumed to cover and the picture's place in it, all in pixels. If any
 * of these differs from before, everything measured is forgotten. */
void calibration_assume(struct calibration *calibration, uint32_t desktop_width, uint32_t desktop_height,
	int32_t x, int32_t y, uint32_t width, uint32_t height);

/* Returns the device coordinate (0 to range - 1) of the middle of a pixel. Pixels outside the device are
 * clamped to its edge. */
void calibration_map(const struct calibration *calibration, uint32_t x, uint32_t y, uint32_t range,
	int32_t *device_x, int32_t *device_y);

/* Returns the place in the picture, in pixels, to which the present mapping puts a device coordinate. */
void calibration_expect(const struct calibration *calibration, int32_t device_x, int32_t device_y,
	uint32_t range, double *x, double *y);

/*
 * Reports that the pointer is at rest, that it was sent to this device coordinate, and that the cursor's tip
 * stands at this pixel. Returns true if that changed the mapping, which takes at least three places far apart
 * that agree on another mapping.
 *
 * `slack` is 0, or the number of pixels by which the tip may lie further right and down if only the corner of
 * the cursor's image is known. The measured offset then contains the unknown hotspot. To tell the two apart,
 * we assume that the picture lies at an edge of its desktop or in its middle, if that is within the slack.
 */
bool calibration_observe(struct calibration *calibration, int32_t device_x, int32_t device_y, uint32_t range,
	int32_t x, int32_t y, uint32_t slack);

#endif
