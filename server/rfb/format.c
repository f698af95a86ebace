/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "server/rfb/format.h"

#include <errno.h>
#include <string.h>

#include "encode/rfb/bytes.h"

enum { BITS_PER_PIXEL, DEPTH, BIG_ENDIAN, TRUE_COLOUR, MAXIMA, SHIFTS = 10, PADDING = 13 }; /* offsets */

/* What is served in the place of a colour map. */
static const struct format mapped = {.bits = 8, .depth = 8, .max = {7, 7, 3}, .shift = {0, 3, 6}};

/* --- what a viewer asks for --- */

struct channel {
	uint16_t maximum;
	uint8_t shift;
};

static struct channel get_channel(const uint8_t *format, int i) {
	return (struct channel){bytes_get16(format + MAXIMA + 2 * i), format[SHIFTS + i]};
}

static void put_channel(uint8_t *format, int i, struct channel channel) {
	bytes_put16(format + MAXIMA + 2 * i, channel.maximum);
	format[SHIFTS + i] = channel.shift;
}

static unsigned bits_of(uint16_t maximum) {
	unsigned bits = 0;
	for (; maximum; maximum >>= 1)
		bits++;
	return bits;
}

static uint32_t mask_of(struct channel channel) {
	return (uint32_t)(((uint64_t)1 << bits_of(channel.maximum)) - 1) << channel.shift;
}

static int read_colour_map(struct format_served *served) {
	for (int i = 0; i < FORMAT_CHANNELS; i++)
		put_channel(served->pixels, i, (struct channel){mapped.max[i], mapped.shift[i]});
	served->colour_map = true;
	if (served->pixels[BITS_PER_PIXEL] != 8) {
		/* true colour is packed more tightly than indices, so the viewer would not understand it */
		served->plain = true;
		served->note = "SetPixelFormat with a colour map for more than 8 bits";
	}
	return 0;
}

/* A channel that is always 0 may have any shift. */
static int read_channels(struct format_served *served, struct reason *reason) {
	uint8_t *pixels = served->pixels;
	uint32_t used = 0;
	for (int i = 0; i < FORMAT_CHANNELS; i++) {
		struct channel channel = get_channel(pixels, i);
		if (!channel.maximum)
			channel.shift = 0;
		if (channel.shift + bits_of(channel.maximum) > pixels[BITS_PER_PIXEL])
			return reason_set(reason, -EPROTO,
				"SetPixelFormat with a channel of maximum %u and shift %u, for which %u bits are too few",
				channel.maximum, channel.shift, pixels[BITS_PER_PIXEL]);
		put_channel(pixels, i, channel);
		if (channel.maximum & (channel.maximum + 1) || !channel.maximum || used & mask_of(channel)) {
			served->plain = true;
			served->note =
				"SetPixelFormat with channels that are empty, overlap or do not fill their bits";
		}
		used |= mask_of(channel);
	}
	return 0;
}

int format_serve(
	const uint8_t asked[PIXEL_FORMAT_SIZE], struct format_served *served, struct reason *reason) {
	*served = (struct format_served){.plain = false};
	uint8_t *pixels = served->pixels, bits = asked[BITS_PER_PIXEL];
	memcpy(pixels, asked, PADDING);
	if (bits != 8 && bits != 16 && bits != 32)
		return reason_set(reason, -EPROTO,
			"SetPixelFormat with %u bits per pixel: there may be 8, 16 or 32", bits);
	pixels[BIG_ENDIAN] = asked[BIG_ENDIAN] != 0;
	pixels[TRUE_COLOUR] = true;
	if (pixels[DEPTH] < 1 || pixels[DEPTH] > bits)
		served->note = "SetPixelFormat with a depth that its pixels cannot have";
	return asked[TRUE_COLOUR] ? read_channels(served, reason) : read_colour_map(served);
}

static uint8_t *put_share(uint8_t *to, unsigned value, unsigned maximum) {
	bytes_put16(to, (uint16_t)(value * UINT16_MAX / maximum));
	return to + 2;
}

size_t format_write_map(uint8_t *to) {
	memcpy(to, (uint8_t[4]){SERVER_SET_COLOUR_MAP}, 4); /* the map begins with colour 0 */
	bytes_put16(to + 4, FORMAT_COLOURS);
	to += 6;
	for (unsigned colour = 0; colour < FORMAT_COLOURS; colour++)
		for (int i = 0; i < FORMAT_CHANNELS; i++)
			to = put_share(to, colour >> mapped.shift[i] & mapped.max[i], mapped.max[i]);
	return FORMAT_MAP_SIZE;
}

/* A flag that is set has always been 255 here, and viewers are used to that. */
void format_write_native(uint8_t to[PIXEL_FORMAT_SIZE]) {
	bool big_endian_here = __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__;
	memset(to, 0, PIXEL_FORMAT_SIZE);
	to[BITS_PER_PIXEL] = 32;
	to[DEPTH] = 24;
	to[BIG_ENDIAN] = big_endian_here ? UINT8_MAX : 0;
	to[TRUE_COLOUR] = UINT8_MAX;
	for (int i = 0; i < FORMAT_CHANNELS; i++)
		put_channel(to, i, (struct channel){UINT8_MAX, (uint8_t)(16 - 8 * i)});
}

/* --- its numbers --- */

struct format format_read(const uint8_t wire[PIXEL_FORMAT_SIZE]) {
	if (!wire[TRUE_COLOUR])
		return mapped;
	struct format format = {
		.bits = wire[BITS_PER_PIXEL], .depth = wire[DEPTH], .big_endian = wire[BIG_ENDIAN]};
	for (int i = 0; i < FORMAT_CHANNELS; i++) {
		struct channel channel = get_channel(wire, i);
		format.max[i] = channel.maximum;
		format.shift[i] = channel.shift;
	}
	return format;
}
