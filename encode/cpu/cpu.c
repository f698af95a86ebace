/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "encode/cpu/cpu.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "encode/cpu/decoder.h"
#include "encode/cpu/mapping.h"
#include "encode/cpu/view.h"

/* A writer that needs longer has hung. The screen continues with the next frame. */
enum { FENCE_TIMEOUT_MS = 500 };

struct cpu {
	struct converter converter; /* must be the first member, so that a converter is its cpu */
	const struct kernel *kernel;
	enum cpu_bounce bounce_policy;
	struct mapping_cache mappings;
	struct decoder decoder;
	uint8_t *
		dirty; /* for each tile in a row of tiles: 1 + its first row that was stored; 0 if none was */
	uint8_t *bounce;     /* one row of the framebuffer, as it is */
	uint32_t *line;      /* one row of the picture, if it is not compared in place */
	uint32_t line_width; /* the width in pixels for which these three were made */
};

static int make_room(struct cpu *cpu, uint32_t width) {
	if (cpu->line && cpu->line_width >= width)
		return 0;
	free(cpu->dirty);
	free(cpu->bounce);
	free(cpu->line);
	enum { LARGEST_PIXEL = 8 };
	size_t pixels = ((size_t)width + 15) / 16 * 16;
	cpu->dirty = malloc(width / DAMAGE_TILE + 1);
	cpu->bounce = aligned_alloc(64, pixels * LARGEST_PIXEL);
	cpu->line = aligned_alloc(64, pixels * sizeof *cpu->line);
	cpu->line_width = cpu->dirty && cpu->bounce && cpu->line ? width : 0;
	return cpu->line_width ? 0 : -ENOMEM;
}

/* What one pass needs. */
struct pass {
	struct cpu *cpu;
	const struct view *view;
	const struct kernel_rows *rows;  /* NULL to use the cpu's decoder */
	const struct kernel_rows *plain; /* for rows that are 0x00RRGGBB already */
	const uint8_t *bytes;            /* the first pixel shown; NULL if everything is black */
	bool bounce;
	struct picture *picture;
	const uint8_t *reference; /* pixels to compare with; may be the picture's own */
};

/* A row of the framebuffer, counted from the first row that is shown. */
static const uint8_t *pass_source(const struct pass *pass, uint32_t row) {
	const uint8_t *source = pass->bytes + row * pass->view->pitch;
	if (!pass->bounce)
		return source;
	kernel_stream_copy(
		pass->cpu->bounce, source, (size_t)pass->view->width * pass->view->bytes_per_pixel);
	return pass->cpu->bounce;
}

static void pass_convert(const struct pass *pass, const uint8_t *source, uint32_t *line) {
	if (pass->rows)
		pass->rows->convert(source, line, pass->view->width);
	else
		decoder_convert(&pass->cpu->decoder, source, line, pass->view->width);
}

static void pass_row(const struct pass *pass, uint32_t y) {
	const struct view *view = pass->view;
	struct cpu *cpu = pass->cpu;
	uint32_t width = pass->picture->width;
	size_t offset = (size_t)y * pass->picture->stride;
	struct kernel_row row = {
		.reference = (const uint32_t *)(pass->reference + offset),
		.picture = (uint32_t *)(pass->picture->pixels + offset),
	};
	uint8_t mark = 1 + y % DAMAGE_TILE;
	bool shown = y >= view->y && y - view->y < view->height;
	if (shown && view->width == width && pass->rows) {
		row.source = pass_source(pass, y - view->y);
		pass->rows->update(row, width, cpu->dirty, mark);
		return;
	}
	if (!shown || view->width != width)
		memset(cpu->line, 0, (size_t)width * 4);
	if (shown)
		pass_convert(pass, pass_source(pass, y - view->y), cpu->line + view->x);
	row.source = (const uint8_t *)cpu->line;
	pass->plain->update(row, width, cpu->dirty, mark);
}

/* Copies the first `rows` rows of a tile, which did not differ from the reference, if the picture may not
 * hold the reference's pixels. */
static void pass_copy(const struct pass *pass, uint32_t column, uint32_t y, uint32_t rows) {
	const struct picture *picture = pass->picture;
	uint32_t x = column * DAMAGE_TILE;
	uint32_t width = picture->width - x < DAMAGE_TILE ? picture->width - x : DAMAGE_TILE;
	size_t offset = (size_t)y * picture->stride + (size_t)x * 4;
	for (; rows && pass->reference != picture->pixels; rows--, offset += picture->stride)
		memcpy(picture->pixels + offset, pass->reference + offset, (size_t)width * 4);
}

/* Goes row by row, not tile by tile, so that both memories are each read in one forward stream, as by
 * memcmp(). */
static void pass_run(const struct pass *pass, bool fresh, struct damage *damage) {
	for (uint32_t row = 0; row < damage->rows; row++) {
		uint32_t y = row * DAMAGE_TILE;
		uint32_t end = damage->height - y < DAMAGE_TILE ? damage->height : y + DAMAGE_TILE;
		memset(pass->cpu->dirty, fresh, damage->columns);
		for (; y < end; y++)
			pass_row(pass, y);
		for (uint32_t column = 0; column < damage->columns; column++) {
			if (!pass->cpu->dirty[column])
				continue;
			pass_copy(pass, column, row * DAMAGE_TILE, pass->cpu->dirty[column] - 1u);
			damage_add(damage, column, row);
		}
	}
}

static enum converter_import import_of(const struct frame_layer *layer) {
	if (!layer->memory)
		return CONVERTER_IMPORT_DMABUF_MMAP;
	return layer->plane_id ? CONVERTER_IMPORT_DUMB_MAP : CONVERTER_IMPORT_MEMORY;
}

static bool choose_bounce(struct cpu *cpu, struct mapping *mapping, const struct view *view) {
	if (!mapping->speed.measured && cpu->bounce_policy == CPU_BOUNCE_MEASURED)
		memory_speed_measure(
			&mapping->speed, mapping->bytes + view->offset, (size_t)(view->end - view->offset));
	snprintf(cpu->converter.detail, sizeof cpu->converter.detail, "%s", mapping->speed.text);
	return cpu->bounce_policy == CPU_BOUNCE_ALWAYS || mapping->speed.bounce;
}

static int convert_layer(struct cpu *cpu, const struct conversion *conversion, struct pass *pass) {
	const struct frame_layer *layer = &conversion->frame->layers[0];
	struct converter_result *result = conversion->result;
	struct reason *reason = conversion->reason;
	int fd = layer->planes[0].fd;
	const struct view *view = pass->view;
	struct mapping *mapping;
	int error = mapping_cache_get(&cpu->mappings, layer, &mapping, reason);
	if (!error)
		error = view_check(view, mapping->size, reason);
	if (!error && view->shape < 0 && decoder_set_format(&cpu->decoder, view->format) != 0)
		error = reason_set(reason, -ENOMEM, "out of memory");
	if (!error)
		error = mapping_wait(fd, FENCE_TIMEOUT_MS, &result->fence_waited, reason);
	if (!error)
		error = mapping_read_begin(mapping, fd, reason);
	if (error)
		return error;
	pass->rows = view->shape >= 0 ? &cpu->kernel->shapes[view->shape] : NULL;
	pass->bytes = mapping->bytes + view->offset;
	pass->bounce = choose_bounce(cpu, mapping, view);
	pass_run(pass, conversion->fresh, conversion->damage);
	mapping_read_end(mapping, fd);
	result->import = import_of(layer);
	result->bytes_read_back = (uint64_t)view->width * view->height * view->bytes_per_pixel;
	return 0;
}

static int cpu_convert(struct converter *converter, const struct conversion *conversion) {
	struct cpu *cpu = (struct cpu *)converter;
	const struct frame *frame = conversion->frame;
	struct picture *picture = conversion->picture;
	struct damage *damage = conversion->damage;
	struct reason *reason = conversion->reason;
	memset(conversion->result, 0, sizeof *conversion->result);
	if (frame->width != picture->width || frame->height != picture->height ||
		damage->width != picture->width || damage->height != picture->height)
		return reason_set(reason, -EINVAL, "a frame of %ux%u does not fit a picture of %ux%u",
			frame->width, frame->height, picture->width, picture->height);
	struct view view;
	int error = view_init(&view, frame, reason);
	if (error)
		return error;
	if (make_room(cpu, picture->width) != 0)
		return reason_set(reason, -ENOMEM, "out of memory");
	mapping_cache_age(&cpu->mappings);

	struct pass pass = {
		.cpu = cpu,
		.view = &view,
		.plain = &cpu->kernel->shapes[KERNEL_PICTURE],
		.picture = picture,
		.reference = picture->reference ? picture->reference : picture->pixels,
	};
	if (view.width) {
		error = convert_layer(cpu, conversion, &pass);
	} else {
		snprintf(converter->detail, sizeof converter->detail, "nothing but black");
		pass_run(&pass, conversion->fresh, damage);
	}
	conversion->result->tiles_changed = damage_count(damage);
	return error;
}

static void cpu_release(struct converter *converter) {
	mapping_cache_finish(&((struct cpu *)converter)->mappings);
}

/* Makes a tile differ. This works because the converter compares with the picture itself. */
static void invert(struct picture *picture, struct rect at) {
	for (uint32_t y = 0; y < at.height; y++) {
		uint32_t *row = (uint32_t *)(picture->pixels + ((size_t)at.y + y) * picture->stride +
					     (size_t)at.x * 4);
		for (uint32_t x = 0; x < at.width; x++)
			row[x] ^= 0xffffff;
	}
}

static void cpu_forget(struct converter *converter, struct picture *picture, const struct damage *tiles) {
	(void)converter;
	for (uint32_t row = 0; row < tiles->rows; row++) {
		for (uint32_t column = 0; column < tiles->columns; column++) {
			if (damage_has(tiles, column, row))
				invert(picture, damage_tile(tiles, column, row));
		}
	}
}

static void cpu_destroy(struct converter *converter) {
	struct cpu *cpu = (struct cpu *)converter;
	mapping_cache_finish(&cpu->mappings);
	decoder_finish(&cpu->decoder);
	free(cpu->line);
	free(cpu->bounce);
	free(cpu->dirty);
	free(cpu);
}

static const struct converter_impl impl = {
	.name = "cpu",
	.convert = cpu_convert,
	.release = cpu_release,
	.forget = cpu_forget,
	.destroy = cpu_destroy,
};

struct converter *cpu_converter_create_with(const struct kernel *kernel, enum cpu_bounce bounce) {
	struct cpu *cpu = calloc(1, sizeof *cpu);
	if (!cpu)
		return NULL;
	cpu->converter.impl = &impl;
	snprintf(cpu->converter.renderer, sizeof cpu->converter.renderer, "%s", kernel->name);
	cpu->kernel = kernel;
	cpu->bounce_policy = bounce;
	mapping_cache_init(&cpu->mappings);
	return &cpu->converter;
}

struct converter *cpu_converter_create(void) {
	return cpu_converter_create_with(kernel_at(0), CPU_BOUNCE_MEASURED);
}
