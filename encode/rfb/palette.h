/* SPDX-License-Identifier: GPL-2.0-or-later */
/* palette: the colours of some pixels, in the order in which they were seen, found by their hash. Pure. */
#ifndef ZEROVNC_RFB_PALETTE_H
#define ZEROVNC_RFB_PALETTE_H

#include <stdint.h>
#include <string.h>

enum { PALETTE_MAX = 256, PALETTE_PLACES = 1024 };

struct palette {
	unsigned count;
	uint32_t colours[PALETTE_MAX];
	uint16_t places[PALETTE_PLACES]; /* an index and 1, at the colour's hash or after it; 0: free */
};

static inline void palette_clear(struct palette *palette) {
	palette->count = 0;
	memset(palette->places, 0, sizeof palette->places);
}

static inline unsigned palette_hash(uint32_t colour) {
	return colour * 0x9e3779b1u >> 22;
}

/* Where the colour is, or would be. */
static inline unsigned palette_place(const struct palette *palette, uint32_t colour) {
	unsigned place = palette_hash(colour);
	while (palette->places[place] && palette->colours[palette->places[place] - 1] != colour)
		place = (place + 1) % PALETTE_PLACES;
	return place;
}

/* The index of a colour that the palette has. No place is free between its hash and where it is. */
static inline unsigned palette_index(const struct palette *palette, uint32_t colour) {
	unsigned place = palette_hash(colour);
	while (palette->colours[palette->places[place] - 1] != colour)
		place = (place + 1) % PALETTE_PLACES;
	return palette->places[place] - 1u;
}

/* Adds the colour if it is new. Returns its index, or -1 if it is new and there are `limit` others. */
static inline int palette_add(struct palette *palette, uint32_t colour, unsigned limit) {
	unsigned place = palette_place(palette, colour);
	if (!palette->places[place]) {
		if (palette->count >= limit)
			return -1;
		palette->colours[palette->count++] = colour;
		palette->places[place] = (uint16_t)palette->count;
	}
	return palette->places[place] - 1;
}

#endif
