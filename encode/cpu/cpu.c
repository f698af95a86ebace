/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "encode/cpu/cpu.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "encode/cpu/compose.h"
#include "encode/cpu/mapping.h"
#include "encode/cpu/pass.h"
#include "encode/cpu/still.h"

/* A writer that needs longer has hung. The screen continues with the next frame. */
enum { FENCE_TIMEOUT_MS = 500 };

struct cpu {
	struct converter converter; /* must be the first member, so that a converter is its cpu */
	const struct kernel *kernel;
	enum cpu_bounce bounce_policy;
	struct mapping_cache mappings;
	struct compose compose;
	struct still still;
	struct pass_room room;
};

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

static int convert_layers(struct cpu *cpu, const struct conversion *conversion, const struct pass *pass) {
	struct reading reading = {.cpu = cpu, .conversion = conversion};
	int error = compose_set(&cpu->compose, conversion->frame, conversion->reason);
	for (int i = 0; !error && i < cpu->compose.count; i++)
		if (cpu->compose.layers[i].effect != LAYER_HIDDEN)
			error = read_layer(&reading, &cpu->compose.layers[i]);
	if (!error) {
		still_begin(&cpu->still, &cpu->compose, conversion);
		pass_run(pass, conversion->fresh, conversion->damage);
	}
	end_reading(&reading);
	return error;
}

/* Nothing is spared here, because the pixels have to be read to be compared. Of a part with absent tiles,
 * which viewers may have seen otherwise, everything is stored and reported. */
static int convert_part(struct cpu *cpu, struct conversion conversion, const struct pass *pass) {
	conversion.fresh |= !picture_has_pixels(conversion.picture, &pass->part);
	int error = convert_layers(cpu, &conversion, pass);
	if (!error && conversion.fresh)
		picture_note_stored(conversion.picture, &pass->part);
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
	if (pass_reserve(&cpu->room, picture->width) != 0)
		return reason_set(reason, -ENOMEM, "out of memory");
	mapping_cache_age(&cpu->mappings);
	snprintf(converter->detail, sizeof converter->detail, "nothing but black");
	const struct pass pass = {
		.kernel = cpu->kernel,
		.compose = &cpu->compose,
		.still = &cpu->still,
		.room = &cpu->room,
		.picture = picture,
		.reference = picture->reference ? picture->reference : picture->pixels,
		.part = part,
	};
	error = convert_part(cpu, *conversion, &pass);
	conversion->result->tiles_changed = damage_count(damage);
	return error;
}

static void cpu_release(struct converter *converter) {
	struct cpu *cpu = (struct cpu *)converter;
	mapping_cache_finish(&cpu->mappings);
	still_release(&cpu->still, &cpu->compose);
}

/* Makes a tile differ. This works because the converter compares with the picture itself, unless the tile is
 * still. */
static void invert(struct picture *picture, struct rect at) {
	for (uint32_t y = 0; y < at.height; y++) {
		uint32_t *row = (uint32_t *)(picture->pixels + ((size_t)at.y + y) * picture->stride +
					     (size_t)at.x * 4);
		for (uint32_t x = 0; x < at.width; x++)
			row[x] ^= 0xffffff;
	}
}

static void cpu_forget(struct converter *converter, struct picture *picture, const struct damage *tiles) {
	still_forget(&((struct cpu *)converter)->still, tiles);
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
	still_finish(&cpu->still);
	pass_finish(&cpu->room);
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
