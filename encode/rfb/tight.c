/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "encode/rfb/tight.h"

#include <stdlib.h>
#include <string.h>

#include "capture/base/clock.h"
#include "encode/rfb/deflate.h"
#include "encode/rfb/gradient.h"
#include "encode/rfb/looks.h"
#include "encode/memory.h"
#include "encode/rfb/rgb.h"

enum {
	TILE = LOOKS_TILE,
	HEAD_SIZE = 12, /* of a rectangle */
	ENCODING = 7,
	LENGTH_SIZE = 3,     /* of a compact length, at most */
	LITTLE = 1 << 14,    /* pixels of a part for which there is time, */
	TINY = 1 << 10,      /* and so few that a palette may take more bytes than it saves */
	NOT_COMPRESSED = 12, /* fewer bytes than this are sent as they are */
	PIXEL_MOST = 4,      /* bytes */
	STREAMS = 4,         /* of zlib; viewers with several threads decode as many rectangles at a time */
};
/* Compression-control bytes. */
enum { BASIC = 0x00, WITH_FILTER = 0x40, FILL = 0x80, JPEG = 0x90, STREAM_SHIFT = 4 };
enum { FILTER_PALETTE = 1, FILTER_GRADIENT = 2 };

struct tight {
	struct format format;
	struct format_table table;
	bool rgb;            /* pixels are sent as three bytes, red first */
	unsigned pixel_size; /* bytes that a pixel is sent as */
	int quality;
	enum photo_chroma chroma;

	struct deflate *deflate;
	struct photo *photo; /* NULL: none was needed yet */
	bool begun[STREAMS]; /* in this part */
	unsigned stream;     /* of the next rectangle */
	bool gradient;       /* see tight_set_gradient() */

	/* The part that is being encoded. */
	const struct tight_part *part;
	struct looks looks; /* of its pixels as they are sent */
	uint8_t *to;        /* where the next rectangle goes */
	unsigned count;     /* of rectangles */
	struct tally tally;
	uint64_t since; /* when the last rectangle was there */

	/* Owned buffers, which grow. */
	struct rect *photos;  /* see tight_lossy() */
	uint8_t *filtered;    /* a rectangle's pixels before they are deflated */
	uint32_t *translated; /* the part's pixels, if they are not sent as they are in the picture */
	uint8_t *encoded;     /* what the part becomes */
	size_t photos_size, filtered_size, translated_size, encoded_size;
	size_t photo_count;
};

struct tight *tight_create(void) {
	struct tight *tight = calloc(1, sizeof *tight);
	if (!tight)
		return NULL;
	tight->deflate = deflate_create();
	if (!tight->deflate) {
		free(tight);
		return NULL;
	}
	tight_set_format(tight, &format_native);
	return tight;
}

void tight_destroy(struct tight *tight) {
	if (!tight)
		return;
	deflate_destroy(tight->deflate);
	photo_destroy(tight->photo);
	looks_finish(&tight->looks);
	free(tight->photos);
	free(tight->filtered);
	free(tight->translated);
	free(tight->encoded);
	free(tight);
}

static bool has_channels_of_8_bits(const struct format *format) {
	return format->max[FORMAT_RED] == 255 && format->max[FORMAT_GREEN] == 255 &&
	       format->max[FORMAT_BLUE] == 255;
}

/* Three bytes: rfbproto, "TPIXEL". */
void tight_set_format(struct tight *tight, const struct format *format) {
	tight->format = *format;
	tight->rgb = format->bits == 32 && format->depth == 24 && has_channels_of_8_bits(format);
	tight->pixel_size = tight->rgb ? 3 : format->bits / 8u;
	format_table_init(&tight->table, format);
}

void tight_set_quality(struct tight *tight, int quality, enum photo_chroma chroma) {
	tight->quality = quality;
	tight->chroma = chroma;
}

void tight_set_gradient(struct tight *tight, bool taken) {
	tight->gradient = taken;
}

/* --- pixels --- */

static uint8_t *put_pixel(const struct tight *tight, uint8_t *to, uint32_t pixel) {
	if (!tight->rgb)
		return to + format_write(&tight->format, pixel, to);
	to[0] = (uint8_t)(pixel >> 16);
	to[1] = (uint8_t)(pixel >> 8);
	to[2] = (uint8_t)pixel;
	return to + 3;
}

static void put_row(const struct tight *tight, uint8_t *to, const uint32_t *row, unsigned width) {
	if (tight->rgb)
		rgb_pack(to, row, width);
	else
		for (unsigned x = 0; x < width; x++)
			to += format_write(&tight->format, row[x], to);
}

/* --- rectangles --- */

static void put_16(uint8_t *to, uint32_t value) {
	to[0] = (uint8_t)(value >> 8);
	to[1] = (uint8_t)value;
}

/* Begins the rectangle of these pixels of the part. */
static void put_head(struct tight *tight, const struct rect *inside) {
	uint8_t *to = tight->to;
	put_16(to, (uint32_t)(tight->part->place.x + inside->x));
	put_16(to + 2, (uint32_t)(tight->part->place.y + inside->y));
	put_16(to + 4, inside->width);
	put_16(to + 6, inside->height);
	put_16(to + 8, 0);
	put_16(to + 10, ENCODING);
	tight->to += HEAD_SIZE;
	tight->count++;
}

/* rfbproto, Tight: "compact" lengths have seven bits in each of the first two bytes. */
static uint8_t *put_length(uint8_t *to, size_t length) {
	*to++ = (uint8_t)((length & 0x7f) | (length > 0x7f ? 0x80 : 0));
	if (length > 0x7f)
		*to++ = (uint8_t)((length >> 7 & 0x7f) | (length > 0x3fff ? 0x80 : 0));
	if (length > 0x3fff)
		*to++ = (uint8_t)(length >> 14);
	return to;
}

/* Puts data that are in a buffer, or lie a few bytes behind where they are to be. */
static void put_data(struct tight *tight, const uint8_t *data, size_t size) {
	uint8_t length[LENGTH_SIZE];
	size_t length_size = (size_t)(put_length(length, size) - length);
	memmove(tight->to + length_size, data, size);
	memcpy(tight->to, length, length_size);
	tight->to += length_size + size;
}

/* Puts `size` bytes of `tight->filtered`. `steps` NULL: nothing repeats in them. */
static void put_filtered(
	struct tight *tight, unsigned stream, size_t size, const struct deflate_steps *steps) {
	uint8_t *deflated = tight->to + LENGTH_SIZE;
	size_t begun = 0;
	if (size < NOT_COMPRESSED) {
		memcpy(tight->to, tight->filtered, size);
		tight->to += size;
		return;
	}
	if (!tight->begun[stream]) {
		memcpy(deflated, DEFLATE_BEGIN, DEFLATE_BEGIN_SIZE);
		begun = DEFLATE_BEGIN_SIZE;
		tight->begun[stream] = true;
	}
	uint8_t *to = deflated + begun;
	if (steps)
		to += deflate_piece(tight->deflate, tight->filtered, size, steps, to);
	else
		to += deflate_bytes(tight->deflate, tight->filtered, size, to);
	put_data(tight, deflated, (size_t)(to - deflated));
}

/* The bits of a control byte for a rectangle of this stream. The first one of a part begins the stream anew,
 * so that a part can follow any other. */
static unsigned stream_bits(const struct tight *tight, unsigned stream) {
	return stream << STREAM_SHIFT | (tight->begun[stream] ? 0u : 1u << stream);
}

static bool is_little(const struct tight *tight, unsigned most) {
	return tight->part->place.width * tight->part->place.height <= most;
}

static void put_solid(struct tight *tight, const struct rect *inside) {
	put_head(tight, inside);
	*tight->to++ = FILL;
	tight->to = put_pixel(tight, tight->to, *looks_row(&tight->looks, inside, 0));
}

/* Whether each pixel is of the second of two colours, from the lowest bit on,
 * where this row changes colour. */
static uint64_t second_of(uint64_t changes, bool first) {
	uint64_t bits = first ? changes & ~UINT64_C(1) : changes;
	for (unsigned shift = 1; shift < 64; shift *= 2)
		bits ^= bits << shift;
	return bits;
}

/* The highest bit of each byte comes lowest. */
static uint64_t mirror_bytes(uint64_t bits) {
	bits = (bits & UINT64_C(0x0f0f0f0f0f0f0f0f)) << 4 | (bits >> 4 & UINT64_C(0x0f0f0f0f0f0f0f0f));
	bits = (bits & UINT64_C(0x3333333333333333)) << 2 | (bits >> 2 & UINT64_C(0x3333333333333333));
	return (bits & UINT64_C(0x5555555555555555)) << 1 | (bits >> 1 & UINT64_C(0x5555555555555555));
}

/* The bits of a tile's row, 1 for the second colour, the leftmost one highest. */
static uint8_t *put_bits(uint8_t *to, bool first, uint64_t changes, unsigned width) {
	uint64_t bits = second_of(changes, first);
	bits = mirror_bytes(width < 64 ? bits & ((UINT64_C(1) << width) - 1) : bits);
	for (unsigned i = 0; i < width; i += 8)
		*to++ = (uint8_t)(bits >> i);
	return to;
}

/* Whether this row of some tiles is equal to the one above, as far as that was found out: not from tile to
 * tile. */
static bool is_repeated(const struct tight *tight, const struct rect *inside, unsigned y) {
	unsigned row = ((unsigned)inside->y + y) / TILE, bit = y % TILE;
	unsigned end = ((unsigned)inside->x + inside->width + TILE - 1) / TILE;
	for (unsigned column = (unsigned)inside->x / TILE; column < end; column++)
		if (!(looks_tile(&tight->looks, column, row)->repeats >> bit & 1))
			return false;
	return true;
}

/* Whether a tile's row begins with the first of two colours. */
static bool begins_with_first(const struct look_tile *tile, const uint8_t *numbers, const uint32_t *row,
	const struct palette *palette) {
	return tile->colours ? tile->indices[numbers ? *numbers : 0] == 0 : *row != palette->colours[1];
}

/* Writes a row of some tiles as indices, or as bits of two colours. */
static void put_indices(struct tight *tight, const struct rect *inside, unsigned y,
	const struct palette *palette, uint8_t *to) {
	const uint32_t *row = looks_row(&tight->looks, inside, y);
	const struct look_tile *tile =
		looks_tile(&tight->looks, (unsigned)inside->x / TILE, ((unsigned)inside->y + y) / TILE);
	for (unsigned x = 0; x < inside->width; x += TILE, tile++) {
		unsigned part = inside->width - x < TILE ? inside->width - x : TILE;
		uint64_t changes = tile->scan.changes[y % TILE];
		const uint8_t *numbers = tile->colours && tile->colours->count > 1
						 ? tile->colours->numbers + y % TILE * TILE
						 : NULL;
		if (palette->count == 2)
			to = put_bits(to, begins_with_first(tile, numbers, row + x, palette), changes, part);
		else if (tile->colours)
			scan_numbers(tile->indices, numbers, changes, part, to + x);
		else
			scan_indices(palette, row + x, changes, part, to + x);
	}
}

static void put_palette(struct tight *tight, const struct rect *inside, const struct palette *palette) {
	unsigned stream = tight->stream++ % STREAMS;
	bool two = palette->count == 2;
	size_t row_size = two ? (inside->width + 7) / 8 : inside->width;
	put_head(tight, inside);
	*tight->to++ = (uint8_t)(WITH_FILTER | stream_bits(tight, stream));
	*tight->to++ = FILTER_PALETTE;
	*tight->to++ = (uint8_t)(palette->count - 1);
	for (unsigned i = 0; i < palette->count; i++)
		tight->to = put_pixel(tight, tight->to, palette->colours[i]);
	for (unsigned y = 0; y < inside->height; y++) {
		uint8_t *to = tight->filtered + y * row_size;
		if (is_repeated(tight, inside, y))
			memcpy(to, to - row_size, row_size);
		else
			put_indices(tight, inside, y, palette, to);
	}
	size_t size = row_size * inside->height;
	put_filtered(tight, stream, size,
		&(struct deflate_steps){
			1, row_size, is_little(tight, LITTLE) ? DEFLATE_THOROUGH : DEFLATE_QUICK});
}

static void put_pixels(struct tight *tight, const struct rect *inside) {
	unsigned stream = tight->stream++ % STREAMS;
	size_t row_size = (size_t)inside->width * tight->pixel_size;
	put_head(tight, inside);
	*tight->to++ = (uint8_t)(BASIC | stream_bits(tight, stream));
	for (unsigned y = 0; y < inside->height; y++)
		put_row(tight, tight->filtered + y * row_size, looks_row(&tight->looks, inside, y),
			inside->width);
	put_filtered(tight, stream, row_size * inside->height,
		&(struct deflate_steps){tight->pixel_size, row_size,
			is_little(tight, LITTLE) ? DEFLATE_THOROUGH : DEFLATE_QUICK});
}

static void put_smooth(struct tight *tight, const struct rect *inside) {
	static const uint32_t black[TILE * LOOKS_WIDEST];
	unsigned stream = tight->stream++ % STREAMS;
	size_t row_size = (size_t)inside->width * 3;
	uint32_t differences[TILE * LOOKS_WIDEST];
	put_head(tight, inside);
	*tight->to++ = (uint8_t)(WITH_FILTER | stream_bits(tight, stream));
	*tight->to++ = FILTER_GRADIENT;
	for (unsigned y = 0; y < inside->height; y++) {
		const uint32_t *row = looks_row(&tight->looks, inside, y);
		gradient_row(
			differences, row, y ? looks_row(&tight->looks, inside, y - 1) : black, inside->width);
		rgb_pack(tight->filtered + y * row_size, differences, inside->width);
	}
	put_filtered(tight, stream, row_size * inside->height, NULL);
}

/* An image that would be larger than the pixels is of no use. False: they are there as they are. */
static bool put_photo(struct tight *tight, const struct rect *inside) {
	const struct tight_part *part = tight->part;
	const uint8_t *image;
	size_t size =
		photo_compress(tight->photo, part->pixels + (size_t)inside->y * part->stride + inside->x,
			part->stride, inside->width, inside->height, tight->quality, tight->chroma, &image);
	if (!size || size > (size_t)inside->width * inside->height * tight->pixel_size) {
		put_pixels(tight, inside);
		return false;
	}
	put_head(tight, inside);
	*tight->to++ = JPEG;
	put_data(tight, image, size);
	tight->photos[tight->photo_count++] = (struct rect){
		part->place.x + inside->x, part->place.y + inside->y, inside->width, inside->height};
	return true;
}

/* What a rectangle changes besides the bytes that it takes. */
struct streams {
	bool begun[STREAMS];
	unsigned next, count;
};

static struct streams streams_now(const struct tight *tight) {
	struct streams streams = {.next = tight->stream, .count = tight->count};
	memcpy(streams.begun, tight->begun, sizeof streams.begun);
	return streams;
}

static void go_back(struct tight *tight, const struct streams *streams) {
	memcpy(tight->begun, streams->begun, sizeof tight->begun);
	tight->stream = streams->next;
	tight->count = streams->count;
}

/* Puts the pixels behind the same with a palette, and takes what is smaller. */
static enum tally_class put_smaller(
	struct tight *tight, const struct palette *palette, const struct rect *inside) {
	struct streams before = streams_now(tight);
	uint8_t *begin = tight->to;
	put_palette(tight, inside, palette);
	struct streams after = streams_now(tight);
	uint8_t *end = tight->to;
	go_back(tight, &before);
	put_pixels(tight, inside);
	size_t size = (size_t)(tight->to - end);
	if (size < (size_t)(end - begin)) {
		memmove(begin, end, size);
		tight->to = begin + size;
		return TALLY_TRUE_COLOUR;
	}
	go_back(tight, &after);
	tight->to = end;
	return TALLY_PALETTE;
}

static enum tally_class put_rectangle(struct tight *tight, const struct look_group *group) {
	const struct rect *inside = &group->inside;
	const struct palette *palette = &group->palette;
	switch (group->look) {
	case LOOK_SOLID:
		put_solid(tight, inside);
		return TALLY_SOLID;
	case LOOK_PALETTE:
		if (palette->count > 2 && is_little(tight, TINY))
			return put_smaller(tight, palette, inside);
		put_palette(tight, inside, palette);
		return palette->count == 2 ? TALLY_TWO_COLOURS : TALLY_PALETTE;
	case LOOK_SMOOTH:
		put_smooth(tight, inside);
		return TALLY_TRUE_COLOUR;
	case LOOK_PHOTO:
		return put_photo(tight, inside) ? TALLY_JPEG : TALLY_TRUE_COLOUR;
	default:
		put_pixels(tight, inside);
		return TALLY_TRUE_COLOUR;
	}
}

static void put_group(struct tight *tight, const struct look_group *group) {
	const uint8_t *begin = tight->to;
	enum tally_class class = put_rectangle(tight, group);
	uint64_t now = clock_now_ns();
	tally_add(&tight->tally, class, rect_area(group->inside), (size_t)(tight->to - begin),
		now - tight->since);
	tight->since = now;
}

/* Puts the margins of a photograph, which is what is left. */
static void put_margins(struct tight *tight, struct rect *inside) {
	struct look_group margin = {.look = LOOK_SOLID};
	while (looks_cut_margin(&tight->looks, inside, &margin.inside))
		put_group(tight, &margin);
}

static void put_part(struct tight *tight) {
	struct look_group group;
	tight->tally = (struct tally){0};
	tight->since = clock_now_ns();
	if (tight->part->whole) {
		looks_take_all(&tight->looks, &group);
		put_group(tight, &group);
		return;
	}
	while (looks_take(&tight->looks, &group)) {
		if (group.look == LOOK_PHOTO)
			put_margins(tight, &group.inside);
		put_group(tight, &group);
	}
}

/* --- parts --- */

/* The most bytes that a part can become: every tile is a rectangle of pixels. One more has room that is put
 * to be compared. A photograph and its margins have room where a palette would have it. */
static size_t bound(size_t tiles, size_t pixels) {
	size_t rectangle = HEAD_SIZE + 3 + PALETTE_MAX * PIXEL_MOST + LENGTH_SIZE + DEFLATE_BEGIN_SIZE +
			   deflate_bound(0);
	return tiles * rectangle + deflate_bound(pixels * PIXEL_MOST) + rectangle +
	       deflate_bound(TINY * PIXEL_MOST);
}

/* Makes room for the bytes that the part becomes. */
static bool make_room(struct tight *tight, const struct tight_part *part) {
	size_t columns = (part->place.width + TILE - 1) / TILE, rows = (part->place.height + TILE - 1) / TILE,
	       tiles = columns * rows, pixels = (size_t)part->place.width * part->place.height;
	return memory_grow(&tight->photos, &tight->photos_size, tiles * sizeof *tight->photos) &&
	       memory_grow(&tight->filtered, &tight->filtered_size, pixels * PIXEL_MOST + SCAN_SPILL) &&
	       (tight->rgb || memory_grow(&tight->translated, &tight->translated_size,
				      pixels * sizeof *tight->translated)) &&
	       memory_grow(&tight->encoded, &tight->encoded_size, bound(tiles, pixels));
}

/* The part's pixels as they are sent. */
static struct looks_of translate(struct tight *tight, const struct tight_part *part) {
	const struct rect *place = &part->place;
	if (tight->rgb)
		return (struct looks_of){.pixels = part->pixels,
			.stride = part->stride,
			.width = place->width,
			.height = place->height,
			.colours = part->colours};
	for (uint32_t y = 0; y < place->height; y++)
		format_translate(&tight->table, part->pixels + y * part->stride,
			tight->translated + (size_t)y * place->width, place->width);
	return (struct looks_of){.pixels = tight->translated,
		.stride = place->width,
		.width = place->width,
		.height = place->height};
}

/* Whether there can be JPEG: rfbproto, Tight: not for 8 bits. If memory runs out, all is lossless. */
static bool may_be_lossy(struct tight *tight) {
	bool wanted = tight->quality && tight->format.bits > 8;
	if (wanted && !tight->photo)
		tight->photo = photo_create();
	return wanted && tight->photo;
}

uint8_t *tight_encode(struct tight *tight, const struct tight_part *part, size_t *size, unsigned *count) {
	if (!make_room(tight, part))
		return NULL;
	struct looks_of of = translate(tight, part);
	of.photo = may_be_lossy(tight);
	of.smooth = tight->gradient && tight->rgb;
	if (!looks_find(&tight->looks, &of))
		return NULL;
	tight->part = part;
	memset(tight->begun, 0, sizeof tight->begun);
	tight->to = tight->encoded;
	tight->count = 0;
	tight->photo_count = 0;
	put_part(tight);
	*count = tight->count;
	*size = (size_t)(tight->to - tight->encoded);
	return memory_take(&tight->encoded, &tight->encoded_size, *size);
}

const struct tally *tight_tally(const struct tight *tight) {
	return &tight->tally;
}

struct lossy_places tight_lossy(const struct tight *tight) {
	return (struct lossy_places){tight->photos, tight->photo_count};
}
