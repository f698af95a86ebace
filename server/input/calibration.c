/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "server/input/calibration.h"

#include <math.h>
#include <string.h>

#include "capture/base/array.h"

/* Pixels. A cursor stands on whole pixels, and the compositor may round either way. */
static const double tolerance = 1.5;
/* Pixels. We give up the present mapping if it misses by more than this, because then neither rounding nor a
 * hotspot that is slightly off explains the miss. */
static const double doubt = 6;
/* A line is believed only if its points span at least this part of the picture. */
static const double least_span = 0.25;

static bool is_same_line(const struct calibration_line *one, const struct calibration_line *other) {
	return one->scale == other->scale && one->offset == other->offset;
}

void calibration_assume(struct calibration *calibration, uint32_t desktop_width, uint32_t desktop_height,
	int32_t x, int32_t y, uint32_t width, uint32_t height) {
	struct calibration_line lines[2] = {{desktop_width, -x}, {desktop_height, -y}};
	if (calibration->width == width && calibration->height == height &&
		is_same_line(&lines[0], &calibration->assumed[0]) &&
		is_same_line(&lines[1], &calibration->assumed[1]))
		return;
	*calibration = (struct calibration){.width = width, .height = height};
	memcpy(calibration->assumed, lines, sizeof lines);
	memcpy(calibration->line, lines, sizeof lines);
}

static int32_t map_axis(const struct calibration_line *line, double pixel, uint32_t range) {
	if (line->scale == 0)
		return 0;
	double unit = floor((pixel + 0.5 - line->offset) / line->scale * range);
	if (!(unit > 0))
		return 0;
	return unit > range - 1 ? (int32_t)(range - 1) : (int32_t)unit;
}

void calibration_map(const struct calibration *calibration, uint32_t x, uint32_t y, uint32_t range,
	int32_t *device_x, int32_t *device_y) {
	*device_x = map_axis(&calibration->line[0], x, range);
	*device_y = map_axis(&calibration->line[1], y, range);
}

void calibration_expect(const struct calibration *calibration, int32_t device_x, int32_t device_y,
	uint32_t range, double *x, double *y) {
	*x = calibration->line[0].scale * ((device_x + 0.5) / range) + calibration->line[0].offset;
	*y = calibration->line[1].scale * ((device_y + 0.5) / range) + calibration->line[1].offset;
}

static double sent(const struct calibration_sample *sample, int axis) {
	return axis == 0 ? sample->u : sample->v;
}

static double seen(const struct calibration_sample *sample, int axis) {
	return axis == 0 ? sample->x : sample->y;
}

/* A pixel is a square, so a cursor that is seen on it may have been sent anywhere in it. `slackly`: if only
 * the place of a cursor's image is known, its tip may be anywhere in the image. */
static bool fits(const struct calibration *calibration, int axis, const struct calibration_line *line,
	double within, bool slackly) {
	for (size_t i = 0; i < calibration->count; i++) {
		const struct calibration_sample *sample = &calibration->samples[i];
		double pixel = line->scale * sent(sample, axis) + line->offset;
		double off = pixel - seen(sample, axis) - 0.5;
		if (off < -within || off > within + (slackly ? sample->slack : 0))
			return false;
	}
	return true;
}

static double size_of(const struct calibration *calibration, int axis) {
	return axis == 0 ? calibration->width : calibration->height;
}

/* Removes what an unknown hotspot has left in the offset. */
static void settle(const struct calibration *calibration, int axis, struct calibration_line *line) {
	double slack = 0, room = size_of(calibration, axis) - line->scale;
	for (size_t i = 0; i < calibration->count; i++)
		slack = fmax(slack, calibration->samples[i].slack);
	const double usual[] = {0, room, round(room / 2)};
	for (size_t i = 0; slack > 0 && i < ARRAY_LEN(usual); i++) {
		double further = usual[i] - line->offset;
		if (further >= -tolerance && further <= slack) {
			line->offset = usual[i];
			return;
		}
	}
}

/* Nobody stretches a device over an area that hardly overlaps the picture. Such a line comes from a cursor
 * that was seen too late. */
static bool is_plausible(
	const struct calibration *calibration, int axis, const struct calibration_line *line) {
	double size = size_of(calibration, axis);
	return line->scale >= size / 2 && line->offset <= size / 4 &&
	       line->offset + line->scale >= size * 3 / 4;
}

/* Fits a line through the samples by least squares. False: the samples lie too close together. */
static bool fit(const struct calibration *calibration, int axis, struct calibration_line *line) {
	double n = (double)calibration->count, sum_u = 0, sum_x = 0, sum_uu = 0, sum_ux = 0;
	double low = INFINITY, high = -INFINITY;
	for (size_t i = 0; i < calibration->count; i++) {
		double u = sent(&calibration->samples[i], axis), x = seen(&calibration->samples[i], axis);
		sum_u += u;
		sum_x += x + 0.5;
		sum_uu += u * u;
		sum_ux += u * (x + 0.5);
		low = fmin(low, x);
		high = fmax(high, x);
	}
	double divisor = n * sum_uu - sum_u * sum_u;
	if (high - low < least_span * size_of(calibration, axis) || divisor <= 0)
		return false;
	line->scale = (n * sum_ux - sum_u * sum_x) / divisor;
	line->offset = (sum_x - line->scale * sum_u) / n;
	/* Desktops are whole pixels wide. With a rounded line, places far from the samples are exact, too. */
	struct calibration_line whole = {round(line->scale), round(line->offset)};
	if (fits(calibration, axis, &whole, tolerance, false))
		*line = whole;
	return true;
}

/* Keeps the newest samples, but no two of the same place, because a pointer at rest is seen often. */
static void remember(struct calibration *calibration, const struct calibration_sample *sample) {
	size_t i = 0;
	while (i < calibration->count && (fabs(calibration->samples[i].u - sample->u) > 0.01 ||
						 fabs(calibration->samples[i].v - sample->v) > 0.01))
		i++;
	if (i == CALIBRATION_SAMPLES)
		i = 0;
	size_t end = i < calibration->count ? calibration->count - 1 : calibration->count;
	memmove(&calibration->samples[i], &calibration->samples[i + 1],
		(end > i ? end - i : 0) * sizeof *sample);
	calibration->samples[end] = *sample;
	calibration->count = end + 1;
}

bool calibration_observe(struct calibration *calibration, int32_t device_x, int32_t device_y, uint32_t range,
	int32_t x, int32_t y, uint32_t slack) {
	/* At the edges the compositor stops the cursor, so its place there says nothing. */
	if (x <= 0 || y <= 0 || x >= (int32_t)calibration->width - 1 || y >= (int32_t)calibration->height - 1)
		return false;
	struct calibration_sample sample = {(device_x + 0.5) / range, (device_y + 0.5) / range, x, y, slack};
	remember(calibration, &sample);
	if (calibration->count < 3)
		return false;
	bool changed = false;
	for (int axis = 0; axis < 2; axis++) {
		struct calibration_line line;
		if (fits(calibration, axis, &calibration->line[axis], doubt, true) ||
			!fit(calibration, axis, &line))
			continue;
		if (!fits(calibration, axis, &line, tolerance, false) ||
			!is_plausible(calibration, axis, &line)) {
			/* The samples contradict each other: start over. */
			calibration->samples[0] = sample;
			calibration->count = 1;
			return changed;
		}
		settle(calibration, axis, &line);
		calibration->line[axis] = line;
		calibration->measured = changed = true;
	}
	return changed;
}
