/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "capture/broker/wire_frame.h"

#include <drm_mode.h>
#include <errno.h>
#include <math.h>
#include <string.h>

#include "capture/correction.h"
#include "capture/dmabuf.h"

enum { MAX_TABLE = 1 << 20 };

/* --- sending --- */

static void add_fd(struct wire_fds *fds, int fd) {
	fds->at[fds->count++] = fd;
}

/* Whether the client still needs the descriptor. */
static bool tell(struct share *share) {
	bool news = !share->told;
	share->told = true;
	return news;
}

static void describe_layer(const struct frame_layer *layer, struct wire_layer *wire) {
	*wire = (struct wire_layer){
		.plane_id = layer->plane_id,
		.fb_id = layer->fb_id,
		.width = layer->width,
		.height = layer->height,
		.fourcc = layer->fourcc,
		.implicit_linear = layer->implicit_linear,
		.modifier = layer->modifier,
		.zpos = layer->zpos,
		.plane_count = (uint32_t)layer->plane_count,
		.source = {layer->source.x, layer->source.y, layer->source.width, layer->source.height},
		.x = layer->destination.x,
		.y = layer->destination.y,
		.shown_width = layer->destination.width,
		.shown_height = layer->destination.height,
		.alpha = layer->alpha,
		.blend = layer->blend,
		.rotation = layer->rotation,
		.encoding = layer->encoding,
		.range = layer->range,
		.has_palette = layer->palette != NULL,
	};
	for (int i = 0; i < layer->plane_count; i++) {
		wire->offset[i] = layer->planes[i].offset;
		wire->pitch[i] = layer->planes[i].pitch;
		wire->exported |= (uint32_t)(layer->planes[i].fd >= 0) << i;
	}
}

static int copy_memory(const struct frame_layer *layer, struct share *share, struct wire_layer *wire) {
	if (!layer->memory)
		return 0;
	int error = share_reserve(share, layer->memory_size);
	if (error)
		return error;
	memcpy(share->memory, layer->memory, layer->memory_size);
	wire->memory_size = (uint32_t)layer->memory_size;
	return 0;
}

static size_t table_size(uint32_t count) {
	return count * sizeof(uint16_t[4]);
}

static const struct frame_palette *palette_of(const struct frame *frame) {
	for (int i = 0; i < frame->layer_count; i++)
		if (frame->layers[i].palette)
			return frame->layers[i].palette;
	return NULL;
}

static size_t copy(uint8_t *to, const void *from, size_t size) {
	if (size)
		memcpy(to, from, size);
	return size;
}

static void describe_colour(const struct frame_colour *colour, struct wire_frame *wire) {
	wire->colour_serial = colour->serial;
	wire->degamma_count = colour->degamma.count;
	wire->gamma_count = colour->gamma.count;
	wire->has_matrix = colour->has_matrix;
	memcpy(wire->matrix, colour->matrix, sizeof wire->matrix);
}

static int pack_colours(const struct frame *frame, struct share *share, struct wire_frame *wire) {
	static const struct frame_colour none;
	const struct frame_colour *colour = frame->colour ? frame->colour : &none;
	const struct frame_palette *palette = palette_of(frame);
	size_t degamma = table_size(colour->degamma.count), gamma = table_size(colour->gamma.count), at = 0;
	describe_colour(colour, wire);
	wire->palette_serial = palette ? palette->serial : 0;
	wire->transfer = frame->signal.transfer;
	wire->primaries = frame->signal.primaries;
	wire->peak = frame->signal.peak;
	if (!frame->colour && !palette)
		return 0;
	int error = share_reserve(share, WIRE_PALETTE_SIZE + degamma + gamma);
	if (error)
		return error;
	if (palette)
		at += copy(share->memory, palette->colours, WIRE_PALETTE_SIZE);
	at += copy(share->memory + at, colour->degamma.at, degamma);
	copy(share->memory + at, colour->gamma.at, gamma);
	return 0;
}

int wire_frame_pack(const struct frame *frame, struct wire_memories *memories, struct wire_frame *wire,
	struct wire_fds *fds, struct reason *reason) {
	int error = 0;
	memset(wire, 0, sizeof *wire);
	wire->width = frame->width;
	wire->height = frame->height;
	wire->layer_count = (uint32_t)frame->layer_count;
	wire->token = frame->token;
	wire->time_ns = frame->time_ns;
	for (int i = 0; i < frame->layer_count && !error; i++) {
		const struct frame_layer *layer = &frame->layers[i];
		describe_layer(layer, &wire->layers[i]);
		error = copy_memory(layer, &memories->layers[i], &wire->layers[i]);
		for (int j = 0; j < layer->plane_count; j++)
			if (layer->planes[j].fd >= 0)
				add_fd(fds, layer->planes[j].fd);
	}
	if (!error)
		error = pack_colours(frame, &memories->colours, wire);
	if (error)
		return reason_set(reason, -ENOMEM, "the broker has no memory for a copy of the screen: %s",
			strerror(-error));
	for (int i = 0; i < frame->layer_count; i++) {
		struct share *share = &memories->layers[i];
		wire->layers[i].shared = wire->layers[i].memory_size && tell(share);
		if (wire->layers[i].shared)
			add_fd(fds, share->fd);
	}
	wire->colour_shared = (wire->colour_serial || wire->palette_serial) && tell(&memories->colours);
	if (wire->colour_shared)
		add_fd(fds, memories->colours.fd);
	return 0;
}

/* --- receiving --- */

static bool is_turn(uint32_t rotation) {
	const uint32_t turns = DRM_MODE_ROTATE_MASK, known = DRM_MODE_ROTATE_MASK | DRM_MODE_REFLECT_MASK;
	uint32_t turn = rotation & turns;
	return turn && !(turn & (turn - 1)) && (rotation | known) == known;
}

/* As the kernel demands of planes (drm_atomic_plane_check). */
static bool is_placed(const struct wire_layer *wire) {
	return wire->shown_width <= INT32_MAX && wire->shown_height <= INT32_MAX &&
	       wire->x <= INT32_MAX - (int32_t)wire->shown_width &&
	       wire->y <= INT32_MAX - (int32_t)wire->shown_height;
}

static bool has_sane_planes(const struct wire_layer *wire) {
	if (!wire->plane_count || wire->plane_count > FRAME_MAX_PLANES || wire->exported >> wire->plane_count)
		return false;
	for (uint32_t i = 0; i < wire->plane_count; i++)
		if (!wire->pitch[i] || (uint64_t)wire->pitch[i] * wire->height + wire->offset[i] > INT32_MAX)
			return false;
	/* All planes or none: what is not exported is in the memory, which has only one. */
	if (wire->exported)
		return wire->exported == (1u << wire->plane_count) - 1;
	return wire->memory_size && wire->plane_count == 1;
}

static bool is_sane_layer(const struct wire_layer *wire) {
	return wire->width && wire->height && wire->width <= FRAME_MAX_SIDE &&
	       wire->height <= FRAME_MAX_SIDE && has_sane_planes(wire) && is_placed(wire) &&
	       wire->alpha <= UINT16_MAX && wire->blend <= FRAME_BLEND_NONE && is_turn(wire->rotation) &&
	       wire->encoding <= FRAME_ENCODING_BT2020 && wire->range <= FRAME_RANGE_FULL;
}

static void fill_layer(const struct wire_layer *wire, struct frame_layer *layer) {
	layer->plane_id = wire->plane_id;
	layer->fb_id = wire->fb_id;
	layer->width = wire->width;
	layer->height = wire->height;
	layer->fourcc = wire->fourcc;
	layer->modifier = wire->modifier;
	layer->implicit_linear = wire->implicit_linear != 0;
	layer->zpos = wire->zpos;
	layer->plane_count = (int)wire->plane_count;
	for (int i = 0; i < layer->plane_count; i++) {
		layer->planes[i].offset = wire->offset[i];
		layer->planes[i].pitch = wire->pitch[i];
	}
	layer->source =
		(struct rect_fixed){wire->source[0], wire->source[1], wire->source[2], wire->source[3]};
	layer->destination = (struct rect){wire->x, wire->y, wire->shown_width, wire->shown_height};
	layer->alpha = (uint16_t)wire->alpha;
	layer->blend = (enum frame_blend)wire->blend;
	layer->rotation = wire->rotation;
	layer->encoding = (enum frame_encoding)wire->encoding;
	layer->range = (enum frame_range)wire->range;
}

/* A descriptor that only says it is a dma-buf could be a file that shrinks. */
static bool take_buffers(const struct wire_layer *wire, struct wire_fds *fds, struct frame_layer *layer) {
	for (uint32_t i = 0; i < wire->plane_count; i++) {
		if (!(wire->exported & 1u << i))
			continue;
		layer->planes[i].fd = wire_take(fds);
		if (layer->planes[i].fd < 0 || !dmabuf_cannot_shrink(layer->planes[i].fd))
			return false;
	}
	return frame_layer_fits_buffers(layer);
}

static bool take_memory(const struct wire_layer *wire, struct wire_fds *fds, struct shared *shared,
	struct frame_layer *layer) {
	if (wire->shared && shared_map(shared, wire_take(fds)) != 0)
		return false;
	if (!wire->memory_size)
		return true;
	if (wire->memory_size > shared->size || wire->plane_count != 1 ||
		(uint64_t)wire->pitch[0] * (wire->height - 1) + wire->offset[0] >= wire->memory_size)
		return false;
	layer->memory = shared->memory;
	layer->memory_size = wire->memory_size;
	layer->memory_id = shared->id;
	return true;
}

/* The kernel's own numbers are of 31 bits before the point. */
static bool is_sane_matrix(const double matrix[9]) {
	for (int i = 0; i < 9; i++)
		if (!(fabs(matrix[i]) <= 4294967296.0))
			return false;
	return true;
}

static bool is_sane_signal(const struct wire_frame *wire) {
	return wire->transfer <= FRAME_TRANSFER_HLG && wire->primaries <= FRAME_PRIMARIES_P3 &&
	       (wire->peak || wire->transfer != FRAME_TRANSFER_PQ);
}

/* Whether all that the memory of colours is said to have fits into it. */
static bool has_room(const struct wire_frame *wire, const struct shared *shared) {
	return shared->memory && wire->degamma_count <= MAX_TABLE && wire->gamma_count <= MAX_TABLE &&
	       (wire->palette_serial ? WIRE_PALETTE_SIZE : 0) + table_size(wire->degamma_count) +
			       table_size(wire->gamma_count) <=
		       shared->size;
}

static void take_palette(const struct wire_frame *wire, struct wire_views *views, struct frame *frame) {
	if (wire->palette_serial != views->palette_serial) {
		memcpy(views->palette.colours, views->colours.memory, WIRE_PALETTE_SIZE);
		views->palette.serial = correction_serial();
	}
	views->palette_serial = wire->palette_serial;
	for (int i = 0; i < frame->layer_count; i++)
		frame->layers[i].palette = wire->layers[i].has_palette ? &views->palette : NULL;
}

static void take_tables(const struct wire_frame *wire, struct wire_views *views) {
	const uint8_t *memory = views->colours.memory + (wire->palette_serial ? WIRE_PALETTE_SIZE : 0);
	const uint16_t(*tables)[4] = (const uint16_t(*)[4])(const void *)memory;
	views->colour = (struct frame_colour){
		.serial = wire->colour_serial == views->colour_serial ? views->colour.serial
								      : correction_serial(),
		.degamma = {wire->degamma_count, tables},
		.gamma = {wire->gamma_count, tables + wire->degamma_count},
		.has_matrix = wire->has_matrix != 0,
	};
	memcpy(views->colour.matrix, wire->matrix, sizeof views->colour.matrix);
	views->colour_serial = wire->colour_serial;
}

static bool has_palette(const struct wire_frame *wire) {
	for (uint32_t i = 0; i < wire->layer_count; i++)
		if (wire->layers[i].has_palette)
			return true;
	return false;
}

static bool take_colours(
	const struct wire_frame *wire, struct wire_fds *fds, struct wire_views *views, struct frame *frame) {
	if (wire->colour_shared && shared_map(&views->colours, wire_take(fds)) != 0)
		return false;
	if (!is_sane_signal(wire) || (has_palette(wire) && !wire->palette_serial))
		return false;
	frame->signal = (struct frame_signal){
		(enum frame_transfer)wire->transfer, (enum frame_primaries)wire->primaries, wire->peak};
	if (!wire->colour_serial && !wire->palette_serial)
		return true;
	if (!is_sane_matrix(wire->matrix) || !has_room(wire, &views->colours))
		return false;
	if (wire->palette_serial)
		take_palette(wire, views, frame);
	if (wire->colour_serial)
		take_tables(wire, views);
	frame->colour = wire->colour_serial ? &views->colour : NULL;
	return true;
}

static bool unpack(
	const struct wire_frame *wire, struct wire_fds *fds, struct wire_views *views, struct frame *frame) {
	if (!wire->width || !wire->height || wire->width > FRAME_MAX_SIDE || wire->height > FRAME_MAX_SIDE ||
		wire->layer_count > FRAME_MAX_LAYERS)
		return false;
	frame->width = wire->width;
	frame->height = wire->height;
	frame->token = wire->token;
	frame->time_ns = wire->time_ns;
	for (uint32_t i = 0; i < wire->layer_count; i++) {
		struct frame_layer *layer = frame_add_layer(frame);
		if (!is_sane_layer(&wire->layers[i]))
			return false;
		fill_layer(&wire->layers[i], layer);
		if (!frame_layer_source_is_inside(layer) || !take_buffers(&wire->layers[i], fds, layer))
			return false;
	}
	for (uint32_t i = 0; i < wire->layer_count; i++)
		if (!take_memory(&wire->layers[i], fds, &views->layers[i], &frame->layers[i]))
			return false;
	return take_colours(wire, fds, views, frame);
}

int wire_frame_unpack(const struct wire_frame *wire, struct wire_fds *fds, struct wire_views *views,
	struct frame *frame, struct reason *reason) {
	frame_init(frame);
	if (unpack(wire, fds, views, frame))
		return 0;
	frame_finish(frame);
	frame_init(frame);
	return reason_set(reason, -EPROTO, "the broker describes a screen that cannot be");
}

void wire_views_finish(struct wire_views *views) {
	for (int i = 0; i < FRAME_MAX_LAYERS; i++)
		shared_finish(&views->layers[i]);
	shared_finish(&views->colours);
	shared_finish(&views->cursor);
	views->colour_serial = views->palette_serial = 0;
}
