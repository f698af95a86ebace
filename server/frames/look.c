/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "server/frames/look.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "capture/base/clock.h"
#include "capture/base/utf8.h"

int look_acquire(const struct look *look, struct frame *frame, struct reason *reason) {
	uint64_t start = clock_now_ns();
	frame_init(frame);
	int error = source_acquire(look->source, path_source_flags(look->path), frame, reason);
	if (look->acquired)
		look->acquired(look->context, start, error);
	return error;
}

int look_convert(const struct look *look, struct frame *frame, struct picture *picture, bool fresh,
	struct damage *damage, struct converter_result *result, struct reason *reason) {
	const char *card = look->source->card_node;
	uint32_t width = frame->width, height = frame->height;
	memset(result, 0, sizeof *result);
	if (damage_resize(damage, picture->width, picture->height) < 0)
		return reason_set(reason, -ENOMEM, "out of memory");
	const struct conversion conversion = {
		.frame = frame,
		.picture = picture,
		.x = look->x,
		.y = look->y,
		.fresh = fresh,
		.damage = damage,
		.result = result,
		.reason = reason,
	};
	int error = path_convert(look->path, card, &conversion);
	if (error != -ENODATA)
		return error;
	frame_finish(frame);
	error = look_acquire(look, frame, reason);
	if (error)
		return error;
	if (frame->width != width || frame->height != height)
		return reason_set(reason, -EAGAIN, "the mode is changing");
	return path_convert(look->path, card, &conversion);
}

struct shortfall look_shortfall(const struct source *source, int left_out, const struct reason *why) {
	struct shortfall all = source->shortfall;
	size_t used = strlen(all.text);
	if (!left_out)
		return all;
	snprintf(all.text + used, sizeof all.text - used, "%swhat %d %s on top is missing: %s",
		used ? "; " : "", left_out, left_out == 1 ? "plane shows" : "planes show", why->text);
	utf8_trim(all.text);
	all.missing = shortfall_planes;
	return all;
}
