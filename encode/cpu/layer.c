/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "encode/cpu/layer.h"

#include <drm_fourcc.h>
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

/* --- preparing --- */

static int check_format(const struct layer *layer, struct reason *reason) {
	const struct frame_layer *of = layer->frame_layer;
	struct pixel_format_text text;
	if (!layer->format)
		return reason_set(reason, -ENOTSUP, "the CPU path cannot read %s",
			pixel_format_describe(of->fourcc, &text));
	if (layer->format->model == PIXEL_PALETTE && !of->palette)
		return reason_set(reason, -ENOTSUP, "the palette of the framebuffer (%s) is not known",
			layer->format->name);
	if (frame_layer_is_linear(of))
		return 0;
	if (of->modifier == DRM_FORMAT_MOD_INVALID)
		return reason_set(reason, -ENOTSUP,
			"the driver does not tell the framebuffer's memory layout, so the CPU path cannot read it; it needs the GPU path");
	return reason_set(reason, -ENOTSUP,
		"the framebuffer's memory layout is %s, and the CPU path reads only linear ones; it needs the GPU path",
		pixel_format_describe_modifier(of->modifier, &text));
}

static int check_planes(const struct layer *layer, struct reason *reason) {
	const struct frame_layer *of = layer->frame_layer;
	const struct pixel_format *format = layer->format;
	if (of->plane_count != format->planes)
		return reason_set(reason, -EINVAL, "a %s framebuffer with %d memory planes", format->name,
			of->plane_count);
	for (int i = 0; i < format->planes; i++)
		if (of->planes[i].pitch < pixel_format_row_bytes(format, i, of->width))
			return reason_set(reason, -EINVAL, "rows %u bytes apart cannot hold %u pixels of %s",
				of->planes[i].pitch, of->width, format->name);
	return 0;
}

static void measure_planes(struct layer *layer) {
	const struct rect *source = &layer->placement.source;
	uint32_t right = (uint32_t)source->x + source->width, bottom = (uint32_t)source->y + source->height;
	for (int i = 0; i < layer->format->planes; i++) {
		struct layer_plane *plane = &layer->planes[i];
		bool halved = i && layer->format->chroma.rows == 2;
		plane->pitch = layer->frame_layer->planes[i].pitch;
		plane->top = (uint32_t)source->y / (halved ? 2 : 1);
		plane->begin = layer->frame_layer->planes[i].offset + (uint64_t)plane->top * plane->pitch;
		plane->end = layer->frame_layer->planes[i].offset +
			     (pixel_format_rows(layer->format, i, bottom) - UINT64_C(1)) * plane->pitch +
			     pixel_format_row_bytes(layer->format, i, right);
	}
}

/* Over black, a premultiplied colour stays as it is. */
static enum layer_effect effect_of(const struct layer *layer, bool lowest) {
	const struct frame_layer *of = layer->frame_layer;
	if (!layer->placement.shown.width || !of->alpha)
		return LAYER_HIDDEN;
	bool by_pixel = layer->format->alpha.bits && of->blend != FRAME_BLEND_NONE;
	if (by_pixel && lowest && of->blend == FRAME_BLEND_PREMULTIPLIED)
		by_pixel = false;
	return of->alpha == 0xffff && !by_pixel ? LAYER_COVERS : LAYER_BLENDS;
}

static int make_room(uint8_t **bytes, size_t *size, size_t wanted) {
	if (*size >= wanted)
		return 0;
	free(*bytes);
	*bytes = aligned_alloc(64, (wanted + 63) / 64 * 64);
	*size = *bytes ? wanted : 0;
	return *bytes ? 0 : -ENOMEM;
}

static int reserve_taps(struct layer *layer) {
	size_t width = layer->placement.shown.width;
	if (layer->taps < width) {
		free(layer->lefts);
		free(layer->rights);
		free(layer->shares);
		layer->lefts = malloc(width * sizeof *layer->lefts);
		layer->rights = malloc(width * sizeof *layer->rights);
		layer->shares = malloc(width * sizeof *layer->shares);
		layer->taps = layer->lefts && layer->rights && layer->shares ? width : 0;
	}
	bool room = layer->taps && !span_reserve(&layer->rows[0], layer->placement.width) &&
		    !span_reserve(&layer->rows[1], layer->placement.width) &&
		    !span_reserve(&layer->mixed, layer->placement.width);
	return room ? 0 : -ENOMEM;
}

/* The two oriented pixels between whose middles a pixel of the destination has its own, and the second one's
 * share. Beyond the outermost middles there is one only. */
static float taps_at(const struct placement *placement, int axis, uint32_t at, uint32_t size, uint32_t *first,
	uint32_t *second) {
	double place = placement->origin[axis] + (at + 0.5) * placement->scale[axis] - 0.5;
	double below = floor(place), last = size - 1;
	*first = (uint32_t)(below < 0 ? 0 : below > last ? last : below);
	*second = (uint32_t)(below + 1 < 0 ? 0 : below + 1 > last ? last : below + 1);
	return (float)(place - below);
}

static int prepare_scaling(struct layer *layer) {
	const struct placement *placement = &layer->placement;
	layer->row_at[0] = layer->row_at[1] = layer->mixed_at = -1;
	if (!placement->scaled)
		return 0;
	if (reserve_taps(layer) != 0)
		return -ENOMEM;
	for (uint32_t i = 0; i < placement->shown.width; i++)
		layer->shares[i] = taps_at(placement, 0, placement->left + i, placement->width,
			&layer->lefts[i], &layer->rights[i]);
	return 0;
}

bool layer_is_exact(const struct layer *layer) {
	return layer->effect == LAYER_COVERS && !layer->deep && !layer->placement.scaled;
}

static int prepare_decoding(struct layer *layer) {
	const struct frame_layer *of = layer->frame_layer;
	enum { LARGEST_PIXEL = 8 };
	layer->shape = kernel_shape_of(layer->format);
	layer->blends_by_kernel = layer->effect == LAYER_BLENDS && !layer->placement.scaled && !layer->deep &&
				  blend_set(&layer->blend, layer->format, of->blend, of->alpha);
	if (make_room(&layer->raw, &layer->raw_size, (size_t)layer->placement.width * LARGEST_PIXEL + 64) !=
		0)
		return -ENOMEM;
	if (layer->format->model == PIXEL_PALETTE)
		return 0;
	if (layer->format->model == PIXEL_YUV &&
		samples_reserve(&layer->samples, layer->placement.width) != 0)
		return -ENOMEM;
	if (!layer_is_exact(layer) || layer->format->model == PIXEL_YUV)
		return levels_set_format(&layer->levels, layer->format, of->encoding, of->range);
	return layer->shape < 0 ? decoder_set_format(&layer->decoder, layer->format) : 0;
}

int layer_set(struct layer *layer, const struct frame_layer *frame_layer, bool lowest, uint32_t width,
	uint32_t height, struct reason *reason) {
	layer->frame_layer = frame_layer;
	layer->format = pixel_format_find(frame_layer->fourcc);
	int error = check_format(layer, reason);
	if (!error)
		error = check_planes(layer, reason);
	if (!error)
		error = placement_init(&layer->placement, frame_layer, width, height, reason);
	if (error)
		return error;
	layer->effect = effect_of(layer, lowest);
	if (layer->effect == LAYER_HIDDEN)
		return 0;
	measure_planes(layer);
	error = prepare_scaling(layer);
	if (!error)
		error = prepare_decoding(layer);
	return error ? reason_set(reason, error, "out of memory") : 0;
}

uint64_t layer_plane_bytes(const struct layer *layer, int plane) {
	const struct rect *shown = &layer->placement.shown;
	uint64_t pixels = layer->placement.scaled ? rect_area(layer->placement.source) : rect_area(*shown);
	uint64_t bytes = pixels * layer->format->bytes_per_pixel;
	return plane && layer->format->chroma.rows == 2 ? bytes / 2 : bytes;
}

int layer_begin(struct layer *layer, const uint8_t *const buffers[LAYER_PLANES], bool bounce) {
	bool by_row = placement_is_plain(&layer->placement) && layer->format->model != PIXEL_YUV;
	layer->bounce = bounce && by_row;
	layer->from_kept = false;
	for (int i = 0; i < layer->format->planes; i++) {
		struct layer_plane *plane = &layer->planes[i];
		size_t size = (size_t)(plane->end - plane->begin);
		plane->rows = buffers[i] + plane->begin;
		if (!bounce || by_row)
			continue;
		/* What is turned is read in columns, which would make the bus carry each pixel by itself. */
		if (make_room(&plane->copy, &plane->copy_size, size) != 0)
			return -ENOMEM;
		kernel_stream_copy(plane->copy, plane->rows, size);
		plane->rows = plane->copy;
	}
	return 0;
}

void layer_drop_kept(struct layer *layer) {
	for (int i = 0; i < LAYER_PLANES; i++) {
		struct layer_plane *plane = &layer->planes[i];
		if (plane->kept)
			munmap(plane->kept, plane->kept_size);
		plane->kept = NULL;
	}
}

void layer_finish(struct layer *layer) {
	layer_drop_kept(layer);
	for (int i = 0; i < LAYER_PLANES; i++)
		free(layer->planes[i].copy);
	for (int i = 0; i < 2; i++)
		span_finish(&layer->rows[i]);
	span_finish(&layer->mixed);
	decoder_finish(&layer->decoder);
	levels_finish(&layer->levels);
	samples_finish(&layer->samples);
	free(layer->raw);
	free(layer->lefts);
	free(layer->rights);
	free(layer->shares);
	memset(layer, 0, sizeof *layer);
}

/* --- pixels as they lie in memory, side by side --- */

/* A pixel of the framebuffer. */
struct place {
	int32_t x, y;
};

static struct place place_of(const struct layer *layer, uint32_t x, uint32_t y) {
	const struct placement *placement = &layer->placement;
	const int32_t *steps = placement->steps;
	return (struct place){placement->first[0] + steps[0] * (int32_t)x + steps[2] * (int32_t)y,
		placement->first[1] + steps[1] * (int32_t)x + steps[3] * (int32_t)y};
}

static size_t offset_of(const struct layer_plane *plane, uint32_t y) {
	return (size_t)(y - plane->top) * plane->pitch;
}

static const uint8_t *row_of(const struct layer *layer, int plane, uint32_t y) {
	const struct layer_plane *of = &layer->planes[plane];
	return (layer->from_kept ? of->kept : of->rows) + offset_of(of, y);
}

static const uint8_t *address(const struct layer *layer, struct place at) {
	return row_of(layer, 0, (uint32_t)at.y) + (size_t)at.x * layer->format->bytes_per_pixel;
}

#define GATHER(bytes)                                                                                        \
	for (uint32_t i = 0; i < count; i++, from += step, to += (bytes))                                    \
	memcpy(to, from, (bytes))

/* `step`: bytes from one pixel to the next, which may be any number. */
static void gather(uint8_t *to, const uint8_t *from, ptrdiff_t step, unsigned bytes, uint32_t count) {
	switch (bytes) {
	case 1:
		GATHER(1);
		break;
	case 2:
		GATHER(2);
		break;
	case 4:
		GATHER(4);
		break;
	case 8:
		GATHER(8);
		break;
	default:
		GATHER(bytes);
		break;
	}
}

/* `count` pixels of an oriented row. */
static const uint8_t *raw_row(struct layer *layer, uint32_t x, uint32_t y, uint32_t count) {
	const int32_t *steps = layer->placement.steps;
	unsigned bytes = layer->format->bytes_per_pixel;
	const uint8_t *from = address(layer, place_of(layer, x, y));
	if (steps[0] == 1 && (layer->from_kept || !layer->bounce))
		return from;
	if (steps[0] == 1)
		kernel_stream_copy(layer->raw, from, (size_t)count * bytes);
	else
		gather(layer->raw, from,
			steps[0] * (ptrdiff_t)bytes + steps[1] * (ptrdiff_t)layer->planes[0].pitch, bytes,
			count);
	return layer->raw;
}

/* `count` pixels of an oriented row of YUV. */
static const struct samples *read_samples(struct layer *layer, uint32_t x, uint32_t y, uint32_t count) {
	const struct pixel_format *format = layer->format;
	const int32_t *steps = layer->placement.steps;
	struct place at = place_of(layer, x, y);
	int chroma = format->planes - 1;
	if (steps[0] == 1) {
		samples_read(&layer->samples, format, row_of(layer, 0, (uint32_t)at.y),
			row_of(layer, chroma, (uint32_t)at.y / format->chroma.rows), (uint32_t)at.x, count);
		return &layer->samples;
	}
	const struct samples_layout layout = samples_layout_of(format);
	for (uint32_t i = 0; i < count; i++, at.x += steps[0], at.y += steps[1])
		samples_read_one(&layer->samples, &layout, row_of(layer, 0, (uint32_t)at.y),
			row_of(layer, chroma, (uint32_t)at.y / format->chroma.rows), (uint32_t)at.x, i);
	return &layer->samples;
}

/* --- palettes --- */

static void palette_convert(
	const struct frame_palette *palette, const uint8_t *raw, uint32_t *row, uint32_t width) {
	for (uint32_t i = 0; i < width; i++)
		row[i] = palette->colours[raw[i]];
}

/* Opaque. */
static void palette_levels(
	const struct frame_palette *palette, const uint8_t *raw, struct span *span, uint32_t count) {
	for (uint32_t i = 0; i < count; i++) {
		uint32_t colour = palette->colours[raw[i]];
		span_from_pixels(span, i, &colour, 1);
		span->levels[SPAN_ALPHA][i] = 255;
	}
}

/* --- rows --- */

/* The oriented pixel of a layer that is not scaled. */
static uint32_t oriented_x(const struct layer *layer, uint32_t x) {
	return layer->placement.left + x - (uint32_t)layer->placement.shown.x;
}

static uint32_t oriented_y(const struct layer *layer, uint32_t y) {
	return layer->placement.top + y - (uint32_t)layer->placement.shown.y;
}

const uint8_t *layer_raw(struct layer *layer, uint32_t x, uint32_t y, uint32_t width) {
	return raw_row(layer, oriented_x(layer, x), oriented_y(layer, y), width);
}

void layer_colours(struct layer *layer, const struct kernel *kernel, uint32_t x, uint32_t y, uint32_t width,
	uint32_t *line) {
	if (layer->format->model == PIXEL_YUV) {
		const struct samples *samples =
			read_samples(layer, oriented_x(layer, x), oriented_y(layer, y), width);
		kernel->convert_yuv(&layer->levels.weights, samples, line + x, width);
		return;
	}
	const uint8_t *raw = layer_raw(layer, x, y, width);
	if (layer->shape >= 0)
		kernel->shapes[layer->shape].convert(raw, line + x, width);
	else if (layer->format->model == PIXEL_PALETTE)
		palette_convert(layer->frame_layer->palette, raw, line + x, width);
	else
		decoder_convert(&layer->decoder, raw, line + x, width);
}

static void oriented_levels(struct layer *layer, uint32_t x, uint32_t y, uint32_t count, struct span *span) {
	if (layer->format->model == PIXEL_YUV)
		levels_convert_yuv(&layer->levels, read_samples(layer, x, y, count), span, count);
	else if (layer->format->model == PIXEL_PALETTE)
		palette_levels(layer->frame_layer->palette, raw_row(layer, x, y, count), span, count);
	else
		levels_convert(&layer->levels, raw_row(layer, x, y, count), span, count);
}

/* An oriented row, whole: the same two serve many rows of a plane that is enlarged. */
static const struct span *kept_row(struct layer *layer, uint32_t y, int other) {
	int slot = layer->row_at[0] == y ? 0 : layer->row_at[1] == y ? 1 : other == 0 ? 1 : 0;
	if (layer->row_at[slot] != y)
		oriented_levels(layer, 0, y, layer->placement.width, &layer->rows[slot]);
	layer->row_at[slot] = y;
	return &layer->rows[slot];
}

static void scaled_levels(struct layer *layer, uint32_t x, uint32_t y, uint32_t width, struct span *span) {
	const struct placement *placement = &layer->placement;
	uint32_t above, below, begin = x - (uint32_t)placement->shown.x;
	float share = taps_at(placement, 1, oriented_y(layer, y), placement->height, &above, &below);
	int held = layer->row_at[0] == below ? 0 : layer->row_at[1] == below ? 1 : -1;
	const struct span *first = kept_row(layer, above, held);
	const struct span *second = kept_row(layer, below, first == &layer->rows[0] ? 0 : 1);
	const uint32_t *lefts = layer->lefts + begin, *rights = layer->rights + begin;
	if (layer->mixed_at != y)
		span_mix(&layer->mixed, first, second, share, placement->width);
	layer->mixed_at = y;
	for (int channel = 0; channel < SPAN_CHANNELS; channel++) {
		const float *row = layer->mixed.levels[channel], *shares = layer->shares + begin;
		float *to = span->levels[channel];
		for (uint32_t i = 0; i < width; i++)
			to[i] = row[lefts[i]] + shares[i] * (row[rights[i]] - row[lefts[i]]);
	}
}

void layer_levels(struct layer *layer, uint32_t x, uint32_t y, uint32_t width, struct span *span) {
	if (layer->placement.scaled)
		scaled_levels(layer, x, y, width, span);
	else
		oriented_levels(layer, oriented_x(layer, x), oriented_y(layer, y), width, span);
}

/* --- what a part is made of --- */

/* Those of the framebuffer's pixels that a part of the mode shows. Width 0: none. */
static struct rect pixels_of(const struct layer *layer, const struct rect *part) {
	struct rect seen = rect_intersect(layer->placement.shown, *part);
	if (!seen.width)
		return seen;
	uint32_t x = oriented_x(layer, (uint32_t)seen.x), y = oriented_y(layer, (uint32_t)seen.y);
	struct place one = place_of(layer, x, y),
		     other = place_of(layer, x + seen.width - 1, y + seen.height - 1);
	return rect_unite((struct rect){one.x, one.y, 1, 1}, (struct rect){other.x, other.y, 1, 1});
}

/* Whether the pixels before `at` share no chroma with one that follows. `end`: where none does. */
static bool is_between(uint32_t at, uint32_t sharing, uint32_t end) {
	return at % sharing == 0 || at == end;
}

/* Of two parts that share some, this is so for the second one. */
bool layer_has_own_bytes(const struct layer *layer, const struct rect *part) {
	const struct rect *source = &layer->placement.source;
	const struct pixel_view *chroma = &layer->format->chroma;
	struct rect pixels = pixels_of(layer, part);
	uint32_t right = (uint32_t)pixels.x + pixels.width, bottom = (uint32_t)pixels.y + pixels.height;
	if (layer->placement.scaled)
		return false;
	return !pixels.width || layer->format->model != PIXEL_YUV ||
	       (is_between(right, chroma->columns, (uint32_t)source->x + source->width) &&
		       is_between(bottom, chroma->rows, (uint32_t)source->y + source->height));
}

struct layer_bytes layer_bytes(const struct layer *layer, int plane, const struct rect *part) {
	const struct pixel_format *format = layer->format;
	bool shared = format->model == PIXEL_YUV && plane == format->chroma.plane;
	struct rect pixels = pixels_of(layer, part);
	if (!pixels.width)
		return (struct layer_bytes){0};
	uint32_t x = (uint32_t)pixels.x, y = (uint32_t)pixels.y, right = x + pixels.width,
		 bottom = y + pixels.height;
	/* The chroma of the first pixel may be that of the one before it, too. */
	x -= shared ? x % format->chroma.columns : 0;
	y -= shared ? y % format->chroma.rows : 0;
	size_t left = (size_t)pixel_format_row_bytes(format, plane, x);
	uint32_t top = pixel_format_rows(format, plane, y);
	return (struct layer_bytes){
		.left = left,
		.width = (size_t)pixel_format_row_bytes(format, plane, right) - left,
		.top = top,
		.rows = pixel_format_rows(format, plane, bottom) - top,
	};
}

int layer_reserve_kept(struct layer *layer) {
	for (int i = 0; i < layer->format->planes; i++) {
		struct layer_plane *plane = &layer->planes[i];
		if (plane->kept)
			continue;
		plane->kept_size = (size_t)(plane->end - plane->begin);
		/* Pages that are never written to take no memory. */
		void *kept = mmap(NULL, plane->kept_size, PROT_READ | PROT_WRITE,
			MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
		if (kept == MAP_FAILED) {
			layer_drop_kept(layer); /* nothing was copied yet */
			return -ENOMEM;
		}
		plane->kept = kept;
	}
	return 0;
}

void layer_keep(struct layer *layer, const struct rect *part) {
	for (int i = 0; i < layer->format->planes; i++) {
		struct layer_plane *plane = &layer->planes[i];
		struct layer_bytes bytes = layer_bytes(layer, i, part);
		for (uint32_t row = bytes.top; row < bytes.top + bytes.rows; row++)
			memcpy(plane->kept + offset_of(plane, row) + bytes.left,
				layer_row_now(layer, i, &bytes, row), bytes.width);
	}
}

const uint8_t *layer_row_now(struct layer *layer, int plane, const struct layer_bytes *bytes, uint32_t row) {
	const struct layer_plane *of = &layer->planes[plane];
	const uint8_t *now = of->rows + offset_of(of, row) + bytes->left;
	if (!layer->bounce)
		return now;
	kernel_stream_copy(layer->raw, now, bytes->width);
	return layer->raw;
}

const uint8_t *layer_row_kept(
	const struct layer *layer, int plane, const struct layer_bytes *bytes, uint32_t row) {
	const struct layer_plane *of = &layer->planes[plane];
	return of->kept + offset_of(of, row) + bytes->left;
}

static bool plane_is_as_kept(struct layer *layer, int plane) {
	struct layer_bytes bytes = layer_bytes(layer, plane, &layer->placement.shown);
	for (uint32_t row = bytes.top; row < bytes.top + bytes.rows; row++)
		if (memcmp(layer_row_now(layer, plane, &bytes, row),
			    layer_row_kept(layer, plane, &bytes, row), bytes.width) != 0)
			return false;
	return true;
}

bool layer_is_as_kept(struct layer *layer) {
	for (int i = 0; i < layer->format->planes; i++)
		if (!plane_is_as_kept(layer, i))
			return false;
	return true;
}

void layer_read_kept(struct layer *layer, bool kept) {
	layer->from_kept = kept;
}
