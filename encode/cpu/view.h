/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * view: which part of a layer's memory is shown where, checked. This is pure arithmetic that reads no memory.
 */
#ifndef ZEROVNC_CPU_VIEW_H
#define ZEROVNC_CPU_VIEW_H

#include "capture/base/reason.h"
#include "capture/frame.h"
#include "encode/cpu/kernel.h"

struct view {
	const struct pixel_format *format;
	int shape; /* enum kernel_shape; -1 if the format has no kernel */
	uint32_t bytes_per_pixel;
	uint64_t offset;        /* of the first pixel shown, from the start of the buffer */
	size_t pitch;           /* bytes from row to row */
	uint64_t end;           /* the first byte after the last pixel shown */
	uint32_t x, y;          /* where it is shown in the picture */
	uint32_t width, height; /* 0: nothing is shown, and everything is black */
};

/*
 * The view of the frame's only layer, clipped to the frame. If there is no layer, the view is empty.
 * -ENOTSUP: a layout, format or arrangement that the cpu cannot read. -EINVAL: numbers that contradict each
 * other.
 */
int view_init(struct view *view, const struct frame *frame, struct reason *reason);

/* Whether all of it lies in a buffer of `size` bytes. 0 or -EINVAL. */
int view_check(const struct view *view, size_t size, struct reason *reason);

#endif
