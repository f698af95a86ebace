/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tests/server/net/encoders/formats.h"

#include <stdio.h>

#include "capture/base/array.h"
#include "encode/rfb/bytes.h"
#include "server/rfb/format.h"

#define HALVES(max) ((1u << (max)) - 1) >> 8, ((1u << (max)) - 1) & 255
#define FORMAT(name, bits, depth, big, r, g, b, rs, gs, bs)                                                  \
	{                                                                                                    \
		name, {                                                                                      \
			bits, depth, big, 1, HALVES(r), HALVES(g), HALVES(b), rs, gs, bs                     \
		}                                                                                            \
	}
#define BOTH(name, bits, depth, r, g, b, rs, gs, bs)                                                         \
	FORMAT(name, bits, depth, 0, r, g, b, rs, gs, bs),                                                   \
		FORMAT(name ", big-endian", bits, depth, 1, r, g, b, rs, gs, bs)

const struct pixel_layout formats_native = FORMAT("native", 32, 24, 0, 8, 8, 8, 16, 8, 0);

const struct pixel_layout formats[] = {
	{"a colour map", {8, 8}},
	FORMAT("bgr233", 8, 8, 0, 3, 3, 2, 0, 3, 6),
	FORMAT("rgb332", 8, 8, 0, 3, 3, 2, 5, 2, 0),
	FORMAT("rgb222", 8, 6, 0, 2, 2, 2, 4, 2, 0),
	FORMAT("bgr222 of depth 8", 8, 8, 0, 2, 2, 2, 0, 2, 4),
	FORMAT("rgb111", 8, 3, 0, 1, 1, 1, 2, 1, 0),
	FORMAT("rgb413", 8, 8, 1, 4, 1, 3, 4, 3, 0),
	FORMAT("grey of 8 bits", 8, 8, 0, 8, 8, 8, 0, 0, 0),
	BOTH("rgb565", 16, 16, 5, 6, 5, 11, 5, 0),
	BOTH("bgr565", 16, 16, 5, 6, 5, 0, 5, 11),
	BOTH("rgb555", 16, 15, 5, 5, 5, 10, 5, 0),
	BOTH("rgb555 of depth 16", 16, 16, 5, 5, 5, 10, 5, 0),
	BOTH("rgb555, upper bits", 16, 15, 5, 5, 5, 11, 6, 1),
	BOTH("bgr555 with gaps", 16, 15, 5, 5, 5, 0, 6, 11),
	BOTH("rgb444", 16, 12, 4, 4, 4, 8, 4, 0),
	FORMAT("rgb444, upper bits", 16, 12, 0, 4, 4, 4, 12, 8, 4),
	FORMAT("rgb333", 16, 9, 0, 3, 3, 3, 6, 3, 0),
	FORMAT("rgb222 of 16 bits", 16, 6, 0, 2, 2, 2, 4, 2, 0),
	BOTH("rgb556", 16, 16, 5, 5, 6, 11, 6, 0),
	BOTH("rgb466", 16, 16, 4, 6, 6, 12, 6, 0),
	FORMAT("rgb385", 16, 16, 0, 3, 8, 5, 13, 5, 0),
	FORMAT("green of 14 bits", 16, 16, 0, 1, 14, 1, 15, 1, 0),
	BOTH("rgb888", 32, 24, 8, 8, 8, 16, 8, 0),
	BOTH("bgr888", 32, 24, 8, 8, 8, 0, 8, 16),
	BOTH("rgb888, upper bits", 32, 24, 8, 8, 8, 24, 16, 8),
	BOTH("bgr888, upper bits", 32, 24, 8, 8, 8, 8, 16, 24),
	BOTH("grb888", 32, 24, 8, 8, 8, 8, 16, 0),
	BOTH("brg888, upper bits", 32, 24, 8, 8, 8, 16, 8, 24),
	BOTH("rgb888 at both ends", 32, 24, 8, 8, 8, 24, 8, 0),
	BOTH("rgb888 across bytes", 32, 24, 8, 8, 8, 17, 9, 1),
	BOTH("rgb888 with gaps", 32, 24, 8, 8, 8, 24, 12, 0),
	BOTH("bgr888 with gaps", 32, 24, 8, 8, 8, 3, 11, 20),
	BOTH("rgb888 of depth 32", 32, 32, 8, 8, 8, 16, 8, 0),
	BOTH("bgr888 of depth 32, upper bits", 32, 32, 8, 8, 8, 8, 16, 24),
	FORMAT("rgb888 of depth 25", 32, 25, 0, 8, 8, 8, 16, 8, 0),
	FORMAT("rgb888 of depth 16", 32, 16, 0, 8, 8, 8, 16, 8, 0),
	BOTH("rgb 10-10-10", 32, 30, 10, 10, 10, 20, 10, 0),
	BOTH("bgr 10-10-10", 32, 30, 10, 10, 10, 0, 10, 20),
	BOTH("rgb 10-10-10, upper bits", 32, 30, 10, 10, 10, 22, 12, 2),
	BOTH("rgb 11-11-10", 32, 32, 11, 11, 10, 21, 10, 0),
	BOTH("rgb 10-10-10 of depth 24, upper bits", 32, 24, 10, 10, 10, 22, 12, 2),
	BOTH("rgb 16-8-8", 32, 32, 16, 8, 8, 16, 8, 0),
	FORMAT("rgb 1-16-1", 32, 18, 0, 1, 16, 1, 17, 1, 0),
	BOTH("rgb565 of 32 bits", 32, 16, 5, 6, 5, 11, 5, 0),
	BOTH("rgb565 of 32 bits, middle", 32, 16, 5, 6, 5, 19, 13, 8),
	BOTH("rgb565 of 32 bits, upper", 32, 16, 5, 6, 5, 27, 21, 16),
	BOTH("rgb666", 32, 18, 6, 6, 6, 12, 6, 0),
	BOTH("rgb666, upper bits", 32, 18, 6, 6, 6, 26, 20, 14),
	FORMAT("rgb777", 32, 21, 0, 7, 7, 7, 14, 7, 0),
	FORMAT("rgb999 of depth 27", 32, 27, 0, 9, 9, 9, 18, 9, 0),
	FORMAT("rgb111 of 32 bits", 32, 3, 0, 1, 1, 1, 31, 8, 0),
	FORMAT("grey of 32 bits", 32, 8, 0, 8, 8, 8, 0, 0, 0),
};
const size_t formats_count = ARRAY_LEN(formats);

struct pixel_layout formats_random(struct random *random) {
	struct pixel_layout layout = {.wire = {(uint8_t)(8u << random_below(random, 3))}};
	unsigned bits = layout.wire[0], room = bits, width[FORMAT_CHANNELS], at = 0;
	for (unsigned i = 0; i < FORMAT_CHANNELS; i++) {
		unsigned most = room - (FORMAT_CHANNELS - 1 - i);
		width[i] = 1 + random_below(random, most < 16 ? most : 16);
		room -= width[i];
	}
	layout.wire[1] = (uint8_t)(random_below(random, 3) ? bits - room : 1 + random_below(random, bits));
	layout.wire[2] = (uint8_t)random_below(random, 2);
	layout.wire[3] = 1;
	unsigned first = random_below(random, FORMAT_CHANNELS), step = 1 + random_below(random, 2);
	for (unsigned n = 0; n < FORMAT_CHANNELS; n++) {
		unsigned channel = (first + n * step) % FORMAT_CHANNELS, gap = random_below(random, room + 1);
		room -= gap;
		at += gap;
		bytes_put16(layout.wire + 4 + 2 * channel, (uint16_t)((1u << width[channel]) - 1));
		layout.wire[10 + channel] = (uint8_t)at;
		at += width[channel];
	}
	snprintf(layout.name, sizeof layout.name, "%u bits, depth %u%s, %u+%u %u+%u %u+%u", bits,
		layout.wire[1], layout.wire[2] ? ", big" : "", width[0], layout.wire[10], width[1],
		layout.wire[11], width[2], layout.wire[12]);
	return layout;
}
