/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "encode/rfb/worker.h"

#include <stdlib.h>
#include <string.h>

#include "capture/base/clock.h"
#include "encode/rfb/rectangle.h"

bool worker_style_equals(const struct worker_style *one, const struct worker_style *other) {
	return one->encoding == other->encoding && format_equals(&one->format, &other->format) &&
	       one->quality == other->quality && one->chroma == other->chroma &&
	       one->gradient == other->gradient && one->whole == other->whole;
}

void worker_finish(struct worker *worker) {
	tight_destroy(worker->tight);
	worker->tight = NULL;
}

static size_t put_head(uint8_t *to, const struct rect *place, int32_t encoding) {
	return rectangle_write(to, (uint16_t)place->x, (uint16_t)place->y, (uint16_t)place->width,
		(uint16_t)place->height, encoding);
}

/* A part has become one rectangle. */
static void note(struct tally *tally, enum tally_class class, const struct worker_part *part, size_t size,
	uint64_t begin) {
	*tally = (struct tally){0};
	tally_add(tally, class, rect_area(part->place), size, clock_now_ns() - begin);
}

/* --- Raw --- */

enum { AT_ONCE = 256 /* pixels */ };

static uint8_t *put_pixels(uint8_t *to, const struct format *format, const struct format_table *table,
	const uint32_t *row, size_t count) {
	uint32_t pixels[AT_ONCE];
	for (size_t done = 0; done < count; done += AT_ONCE) {
		size_t some = count - done < AT_ONCE ? count - done : AT_ONCE;
		format_translate(table, row + done, pixels, some);
		for (size_t i = 0; i < some; i++)
			to += format_write(format, pixels[i], to);
	}
	return to;
}

static bool has_our_bytes(const struct format *format, const struct format_table *table) {
	bool big_endian_here = __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__;
	return table->native && format->bits == 32 && format->big_endian == big_endian_here;
}

static uint8_t *encode_raw(
	const struct format *format, const struct worker_part *part, size_t *size, struct tally *tally) {
	uint64_t begin = clock_now_ns();
	const struct rect *place = &part->place;
	size_t row_size = place->width * (format->bits / 8u);
	uint8_t *bytes = malloc(RECTANGLE_HEADER_SIZE + row_size * place->height);
	struct format_table table;
	if (!bytes)
		return NULL;
	format_table_init(&table, format);
	bool as_it_is = has_our_bytes(format, &table);
	uint8_t *to = bytes + put_head(bytes, place, ENCODING_RAW);
	for (uint32_t y = 0; y < place->height; y++, to += row_size) {
		const uint32_t *row = part->pixels + y * part->stride;
		if (as_it_is)
			memcpy(to, row, row_size);
		else
			put_pixels(to, format, &table, row, place->width);
	}
	*size = RECTANGLE_HEADER_SIZE + row_size * place->height;
	note(tally, TALLY_RAW, part, *size, begin);
	return bytes;
}

/* --- Tight and ZRLE --- */

static bool prepare_tight(struct worker *worker, const struct worker_style *style) {
	if (!worker->tight && (worker->tight = tight_create()))
		worker->format = format_native;
	if (!worker->tight)
		return false;
	if (!format_equals(&worker->format, &style->format)) {
		tight_set_format(worker->tight, &style->format);
		worker->format = style->format;
	}
	tight_set_quality(worker->tight, style->quality, style->chroma);
	tight_set_gradient(worker->tight, style->gradient);
	return true;
}

static uint8_t *encode_tight(struct worker *worker, const struct worker_style *style,
	const struct worker_part *part, size_t *size, struct tally *tally) {
	const struct tight_part pixels = {
		part->place, part->pixels, part->stride, style->whole, part->colours};
	unsigned count;
	uint8_t *bytes =
		prepare_tight(worker, style) ? tight_encode(worker->tight, &pixels, size, &count) : NULL;
	if (bytes)
		*tally = *tight_tally(worker->tight);
	return bytes;
}

uint8_t *worker_encode(struct worker *worker, const struct worker_style *style,
	const struct worker_part *part, size_t *size, struct tally *tally, bool *poor) {
	uint8_t *bytes = NULL;
	if (style->encoding == ENCODING_TIGHT) {
		bytes = encode_tight(worker, style, part, size, tally);
		*poor = !bytes;
	}
	worker->used_tight = bytes;
	return bytes ? bytes : encode_raw(&style->format, part, size, tally);
}

struct lossy_places worker_lossy(const struct worker *worker) {
	return worker->used_tight ? tight_lossy(worker->tight) : (struct lossy_places){0};
}

uint8_t *worker_encode_zrle(struct zrle *zrle, const struct worker_style *style,
	const struct worker_part *part, size_t *size, struct tally *tally, bool *poor) {
	const struct zrle_area area = {part->pixels, part->stride, part->place.width, part->place.height};
	uint64_t begin = clock_now_ns();
	uint8_t *bytes = zrle ? zrle_encode(zrle, &area, RECTANGLE_HEADER_SIZE, size) : NULL;
	*poor = !bytes;
	if (!bytes)
		return encode_raw(&style->format, part, size, tally);
	put_head(bytes, &part->place, ENCODING_ZRLE);
	note(tally, TALLY_MIXED, part, *size, begin);
	return bytes;
}
