/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "encode/cpu/cpu.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "encode/cpu/compose.h"
#include "encode/cpu/mapping.h"

/* A writer that needs longer has hung. The screen continues with the next frame. */
enum { FENCE_TIMEOUT_MS = 500 };

/* Neighbouring tiles of one row of tiles whose pixels come from the same place. */
struct run {
	uint32_t column, columns;
	struct layer *owner; /* the only layer that is seen there; NULL if the pixels are composed */
};

struct cpu {
	struct converter converter; /* must be the first member, so that a converter is its cpu */
	const struct kernel *kernel;
	enum cpu_bounce bounce_policy;
	struct mapping_cache mappings;
	struct compose compose;
	struct run *runs;    /* of one row of tiles */
	uint8_t *dirty;      /* for each tile of a row: 1 + its first row that was stored; 0 if none was */
	uint32_t *line;      /* one row of the picture, composed */
	uint32_t line_width; /* the width in pixels for which these three were made */
};

static int make_room(struct cpu *cpu, uint32_t width) {
	if (cpu->line && cpu->line_width >= width)
		return 0;
	free(cpu->runs);
	free(cpu->dirty);
	free(cpu->line);
	size_t pixels = ((size_t)width + 15) / 16 * 16;
	cpu->runs = calloc(width / DAMAGE_TILE + 1, sizeof *cpu->runs);
	cpu->dirty = malloc(width / DAMAGE_TILE + 1);
	cpu->line = aligned_alloc(64, pixels * sizeof *cpu->line);
	cpu->line_width = cpu->runs && cpu->dirty && cpu->line ? width : 0;
	return cpu->line_width ? 0 : -ENOMEM;
}

/* What one pass needs. */
struct pass {
	struct cpu *cpu;
	struct picture *picture;
	const uint8_t *reference; /* pixels to compare with; may be the picture's own */
	struct rect part;         /* of the picture, that the frame fills */
};

/* What the frame fills of a tile. */
static struct rect cell_of(
	const struct pass *pass, const struct damage *damage, uint32_t column, uint32_t row) {
	return rect_intersect(damage_tile(damage, column, row), pass->part);
}

static struct layer *owner_of(
	const struct pass *pass, const struct damage *damage, uint32_t column, uint32_t row) {
	struct rect cell = cell_of(pass, damage, column, row);
	cell.x -= pass->part.x;
	cell.y -= pass->part.y;
	return compose_owner(&pass->cpu->compose, &cell);
}

/* The first of the tiles, in one direction, that a part of the picture does not reach any more. */
static uint32_t end_of(int32_t from, uint32_t size) {
	return ((uint32_t)from + size + DAMAGE_TILE - 1) / DAMAGE_TILE;
}

/* The run from a column on. */
static struct run run_from(
	const struct pass *pass, const struct damage *damage, uint32_t row, uint32_t column) {
	struct run run = {column, 1, owner_of(pass, damage, column, row)};
	uint32_t end = end_of(pass->part.x, pass->part.width);
	while (column + run.columns < end && owner_of(pass, damage, column + run.columns, row) == run.owner)
		run.columns++;
	return run;
}

/* A row from column `left` of the picture on. A kernel's tiles begin where its row does, so what the part has
 * of a tile that begins farther left is a row of its own. */
static void update(const struct kernel_rows *rows, struct kernel_row row, size_t pixel_bytes, uint32_t left,
	uint32_t width, uint8_t *dirty, uint8_t mark) {
	uint32_t cut = left % DAMAGE_TILE ? DAMAGE_TILE - left % DAMAGE_TILE : 0;
	if (cut && cut < width) {
		rows->update(row, cut, dirty++, mark);
		row.source += cut * pixel_bytes;
		row.reference += cut;
		row.picture += cut;
		width -= cut;
	}
	rows->update(row, width, dirty, mark);
}

static void pass_row(const struct pass *pass, const struct run *run, uint32_t y) {
	struct cpu *cpu = pass->cpu;
	const struct kernel_rows *rows = &cpu->kernel->shapes[KERNEL_PICTURE];
	const struct rect *part = &pass->part;
	uint32_t left = run->column * DAMAGE_TILE, right = left + run->columns * DAMAGE_TILE;
	if (left < (uint32_t)part->x)
		left = (uint32_t)part->x;
	if (right > (uint32_t)part->x + part->width)
		right = (uint32_t)part->x + part->width;
	/* On the mode. */
	uint32_t x = left - (uint32_t)part->x, line = y - (uint32_t)part->y, width = right - left;
	size_t offset = (size_t)y * pass->picture->stride + (size_t)left * 4, pixel_bytes = 4;
	struct kernel_row row = {
		.source = (const uint8_t *)(cpu->line + x),
		.reference = (const uint32_t *)(pass->reference + offset),
		.picture = (uint32_t *)(pass->picture->pixels + offset),
	};
	if (run->owner) {
		row.source = layer_raw(run->owner, x, line, width);
		pixel_bytes = run->owner->format->bytes_per_pixel;
		rows = &cpu->kernel->shapes[run->owner->shape];
	} else {
		compose_row(&cpu->compose, cpu->kernel, x, line, width, cpu->line);
	}
	update(rows, row, pixel_bytes, left, width, cpu->dirty + run->column, 1 + y % DAMAGE_TILE);
}

/* Copies a tile's rows above row `end` of the picture, which did not differ from the reference, if the
 * picture may not hold the reference's pixels. */
static void pass_copy(const struct pass *pass, struct rect cell, uint32_t end) {
	const struct picture *picture = pass->picture;
	size_t offset = (size_t)cell.y * picture->stride + (size_t)cell.x * 4;
	if (pass->reference == picture->pixels)
		return;
	for (uint32_t y = (uint32_t)cell.y; y < end; y++, offset += picture->stride)
		memcpy(picture->pixels + offset, pass->reference + offset, (size_t)cell.width * 4);
}

/* Goes row by row, not tile by tile, so that both memories are each read in one forward stream, as by
 * memcmp(). */
static void pass_rows(const struct pass *pass, const struct damage *damage, uint32_t row) {
	struct run *runs = pass->cpu->runs;
	uint32_t count = 0, column = (uint32_t)pass->part.x / DAMAGE_TILE;
	struct rect first = cell_of(pass, damage, column, row);
	for (; column < end_of(pass->part.x, pass->part.width); column += runs[count++].columns)
		runs[count] = run_from(pass, damage, row, column);
	for (uint32_t y = (uint32_t)first.y; y < (uint32_t)first.y + first.height; y++)
		for (uint32_t i = 0; i < count; i++)
			pass_row(pass, &runs[i], y);
}

static void pass_run(const struct pass *pass, bool fresh, struct damage *damage) {
	const struct rect *part = &pass->part;
	uint32_t end_row = end_of(part->y, part->height), end = end_of(part->x, part->width);
	for (uint32_t row = (uint32_t)part->y / DAMAGE_TILE; row < end_row; row++) {
		memset(pass->cpu->dirty, fresh, damage->columns);
		pass_rows(pass, damage, row);
		for (uint32_t column = (uint32_t)part->x / DAMAGE_TILE; column < end; column++) {
			if (!pass->cpu->dirty[column])
				continue;
			pass_copy(pass, cell_of(pass, damage, column, row),
				row * DAMAGE_TILE + pass->cpu->dirty[column] - 1u);
			damage_add(damage, column, row);
		}
	}
}

static enum converter_import import_of(const struct frame_layer *layer) {
	if (!layer->memory)
		return CONVERTER_IMPORT_DMABUF_MMAP;
	return layer->plane_id ? CONVERTER_IMPORT_DUMB_MAP : CONVERTER_IMPORT_MEMORY;
}

static bool choose_bounce(struct cpu *cpu, struct mapping *mapping, const struct layer_plane *plane) {
	if (!mapping->speed.measured && cpu->bounce_policy == CPU_BOUNCE_MEASURED)
		memory_speed_measure(
			&mapping->speed, mapping->bytes + plane->begin, (size_t)(plane->end - plane->begin));
	return cpu->bounce_policy == CPU_BOUNCE_ALWAYS || mapping->speed.bounce;
}

/* The buffers of a frame, while they are read. */
struct reading {
	struct cpu *cpu;
	const struct conversion *conversion;
	struct {
		struct mapping *mapping;
		int fd;
	} held[FRAME_MAX_LAYERS * LAYER_PLANES];
	int count;
};

static void end_reading(struct reading *reading) {
	while (reading->count-- > 0)
		mapping_read_end(reading->held[reading->count].mapping, reading->held[reading->count].fd);
}

static int read_plane(
	struct reading *reading, const struct layer *layer, int plane, struct mapping **mapping) {
	struct reason *reason = reading->conversion->reason;
	int fd = layer->frame_layer->planes[plane].fd;
	bool waited = false;
	int error = mapping_cache_get(&reading->cpu->mappings, layer->frame_layer, plane, mapping, reason);
	if (!error && layer->planes[plane].end > (*mapping)->size)
		error = reason_set(reason, -EINVAL,
			"the framebuffer claims %llu bytes of a buffer that has %zu: it is not read",
			(unsigned long long)layer->planes[plane].end, (*mapping)->size);
	if (!error)
		error = mapping_wait(fd, FENCE_TIMEOUT_MS, &waited, reason);
	reading->conversion->result->fence_waited |= waited;
	if (!error)
		error = mapping_read_begin(*mapping, fd, reason);
	if (error)
		return error;
	reading->held[reading->count].mapping = *mapping;
	reading->held[reading->count++].fd = fd;
	return 0;
}

static int read_layer(struct reading *reading, struct layer *layer) {
	const uint8_t *buffers[LAYER_PLANES] = {NULL};
	struct cpu *cpu = reading->cpu;
	struct converter_result *result = reading->conversion->result;
	bool bounce = false;
	for (int i = 0; i < layer->format->planes; i++) {
		struct mapping *mapping;
		const struct layer_plane *plane = &layer->planes[i];
		int error = read_plane(reading, layer, i, &mapping);
		if (error)
			return error;
		buffers[i] = mapping->bytes;
		bounce |= choose_bounce(cpu, mapping, plane);
		result->bytes_read_back += layer_plane_bytes(layer, i);
		if (result->import == CONVERTER_IMPORT_NONE) { /* the report is about the lowest plane */
			snprintf(cpu->converter.detail, sizeof cpu->converter.detail, "%s",
				mapping->speed.text);
			result->import = import_of(layer->frame_layer);
		}
	}
	if (layer_begin(layer, buffers, bounce) != 0)
		return reason_set(reading->conversion->reason, -ENOMEM, "out of memory");
	return 0;
}

static int convert_layers(const struct conversion *conversion, struct pass *pass) {
	struct cpu *cpu = pass->cpu;
	struct reading reading = {.cpu = cpu, .conversion = conversion};
	int error = compose_set(&cpu->compose, conversion->frame, conversion->reason);
	for (int i = 0; !error && i < cpu->compose.count; i++)
		if (cpu->compose.layers[i].effect != LAYER_HIDDEN)
			error = read_layer(&reading, &cpu->compose.layers[i]);
	if (!error)
		pass_run(pass, conversion->fresh, conversion->damage);
	end_reading(&reading);
	return error;
}

static int cpu_convert(struct converter *converter, const struct conversion *conversion) {
	struct cpu *cpu = (struct cpu *)converter;
	struct picture *picture = conversion->picture;
	struct damage *damage = conversion->damage;
	struct reason *reason = conversion->reason;
	struct rect part;
	memset(conversion->result, 0, sizeof *conversion->result);
	int error = converter_part(conversion, &part);
	if (error)
		return error;
	if (make_room(cpu, picture->width) != 0)
		return reason_set(reason, -ENOMEM, "out of memory");
	mapping_cache_age(&cpu->mappings);
	snprintf(converter->detail, sizeof converter->detail, "nothing but black");
	struct pass pass = {
		.cpu = cpu,
		.picture = picture,
		.reference = picture->reference ? picture->reference : picture->pixels,
		.part = part,
	};
	error = convert_layers(conversion, &pass);
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
	compose_finish(&cpu->compose);
	free(cpu->line);
	free(cpu->dirty);
	free(cpu->runs);
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
