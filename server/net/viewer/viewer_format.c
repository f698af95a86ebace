/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "server/net/viewer/viewer_format.h"

#include <errno.h>
#include <string.h>

#include "server/rfb/bytes.h"
#include "server/rfb/protocol.h"

enum { BITS_PER_PIXEL, DEPTH, BIG_ENDIAN, TRUE_COLOUR, MAXIMA, SHIFTS = 10, PADDING = 13 }; /* offsets */

struct channel {
	uint16_t maximum;
	uint8_t shift;
};

static const struct channel mapped[3] = {{7, 0}, {7, 3}, {3, 6}}; /* red, green, blue */

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

static int read_colour_map(struct viewer_format *format) {
	for (int i = 0; i < 3; i++)
		put_channel(format->pixels, i, mapped[i]);
	format->colour_map = true;
	if (format->pixels[BITS_PER_PIXEL] != 8) {
		/* true colour is packed more tightly than indices, so the viewer would not understand it */
		format->plain = true;
		format->note = "SetPixelFormat with a colour map for more than 8 bits";
	}
	return 0;
}

/* A channel that is always 0 may have any shift. */
static int read_channels(struct viewer_format *format, struct reason *reason) {
	uint8_t *pixels = format->pixels;
	uint32_t used = 0;
	for (int i = 0; i < 3; i++) {
		struct channel channel = get_channel(pixels, i);
		if (!channel.maximum)
			channel.shift = 0;
		if (channel.shift + bits_of(channel.maximum) > pixels[BITS_PER_PIXEL])
			return reason_set(reason, -EPROTO,
				"SetPixelFormat with a channel of maximum %u and shift %u, for which %u bits are too few",
				channel.maximum, channel.shift, pixels[BITS_PER_PIXEL]);
		put_channel(pixels, i, channel);
		if (channel.maximum & (channel.maximum + 1) || !channel.maximum || used & mask_of(channel)) {
			format->plain = true;
			format->note =
				"SetPixelFormat with channels that are empty, overlap or do not fill their bits";
		}
		used |= mask_of(channel);
	}
	return 0;
}

int viewer_format_read(
	const uint8_t asked[VIEWER_FORMAT_SIZE], struct viewer_format *format, struct reason *reason) {
	*format = (struct viewer_format){.plain = false};
	uint8_t *pixels = format->pixels, bits = asked[BITS_PER_PIXEL];
	memcpy(pixels, asked, PADDING);
	if (bits != 8 && bits != 16 && bits != 32)
		return reason_set(reason, -EPROTO,
			"SetPixelFormat with %u bits per pixel: there may be 8, 16 or 32", bits);
	pixels[BIG_ENDIAN] = asked[BIG_ENDIAN] != 0;
	pixels[TRUE_COLOUR] = true;
	if (pixels[DEPTH] < 1 || pixels[DEPTH] > bits)
		format->note = "SetPixelFormat with a depth that its pixels cannot have";
	return asked[TRUE_COLOUR] ? read_channels(format, reason) : read_colour_map(format);
}

static uint8_t *put_share(uint8_t *to, unsigned value, unsigned maximum) {
	bytes_put16(to, (uint16_t)(value * UINT16_MAX / maximum));
	return to + 2;
}

size_t viewer_format_write_map(uint8_t *to) {
	memcpy(to, (uint8_t[4]){SERVER_SET_COLOUR_MAP}, 4); /* the map begins with colour 0 */
	bytes_put16(to + 4, VIEWER_FORMAT_COLOURS);
	to += 6;
	for (unsigned colour = 0; colour < VIEWER_FORMAT_COLOURS; colour++)
		for (int i = 0; i < 3; i++)
			to = put_share(to, colour >> mapped[i].shift & mapped[i].maximum, mapped[i].maximum);
	return VIEWER_FORMAT_MAP_SIZE;
}
