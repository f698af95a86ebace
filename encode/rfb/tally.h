/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * tally: which kinds of rectangles encoded pixels became, and what each kind took. Whoever encodes keeps a
 * tally of each piece, and the tallies of the pieces that a viewer was sent are added up for it.
 *
 * A tally belongs to one thread at a time.
 */
#ifndef ZEROVNC_TALLY_H
#define ZEROVNC_TALLY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* What a rectangle is. */
enum tally_class {
	TALLY_SOLID,       /* one colour */
	TALLY_TWO_COLOURS, /* a bit for each pixel */
	TALLY_PALETTE,     /* a byte for each pixel */
	TALLY_TRUE_COLOUR, /* the pixels, compressed without loss */
	TALLY_JPEG,
	TALLY_MIXED, /* a rectangle of ZRLE: its tiles are of several kinds and compressed together */
	TALLY_H264,  /* a picture of a video */
	TALLY_RAW,   /* the pixels as they are */
	TALLY_COPY,  /* CopyRect */
	TALLY_CLASSES,
};

/* As statistics have it. Static. */
const char *tally_class_name(enum tally_class class);

/* Of one piece, which has at most 2^20 pixels. */
struct tally {
	struct tally_count {
		uint32_t rectangles, bytes, pixels; /* bytes with the rectangles' headers */
		uint32_t ns;                        /* that encoding took, by the clock */
	} classes[TALLY_CLASSES];
	uint32_t ns; /* that all of it took, also finding out the classes */
};

void tally_add(struct tally *tally, enum tally_class class, uint64_t pixels, size_t bytes, uint64_t ns);

/* All of it took this long. */
void tally_took(struct tally *tally, uint64_t ns);

/* Of everything that one viewer was sent. */
struct tally_sent {
	struct tally_class_sent {
		uint64_t rectangles, bytes, pixels;       /* all of them */
		uint64_t shared_rectangles, shared_bytes; /* those that were encoded for another viewer */
		uint64_t ns;                              /* without the shared ones */
	} classes[TALLY_CLASSES];
	uint64_t pieces, shared_pieces;
	uint64_t ns;
	/* How many bytes fewer copies took than their pixels would have, if these took as many bytes as the
	 * pixels that were sent before did on average. */
	uint64_t copies_saved;
};

/* A piece was sent. `shared`: it was encoded for another viewer. */
void tally_sent_add(struct tally_sent *sent, const struct tally *tally, bool shared);

#endif
