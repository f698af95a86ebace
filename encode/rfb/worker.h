/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * worker: the encoders that one thread of the pool uses, for one piece after the other, and what a piece is
 * to look like.
 */
#ifndef ZEROVNC_WORKER_H
#define ZEROVNC_WORKER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "capture/base/rect.h"
#include "encode/rfb/format.h"
#include "encode/rfb/photo.h"
#include "encode/rfb/tally.h"
#include "encode/rfb/tight.h"
#include "encode/rfb/zrle.h"

/* What a piece is made for, besides its pixels. */
struct worker_style {
	int32_t encoding;
	struct format format;
	int quality;
	enum photo_chroma chroma;
	bool gradient;
	bool whole; /* a piece is one rectangle */
};

bool worker_style_equals(const struct worker_style *one, const struct worker_style *other);

/* To be zeroed before the first use. */
struct worker {
	struct tight *tight;  /* NULL: none was needed yet */
	struct format format; /* that it was told */
	bool used_tight;      /* for the last part */
};

void worker_finish(struct worker *worker);

/* Pixels 0x00RRGGBB of a part of the viewer's framebuffer, rows `stride` pixels apart. */
struct worker_part {
	struct rect place;
	const uint32_t *pixels;
	size_t stride;
	struct tile_colours_grid colours; /* as far as they are known */
};

/*
 * Encodes a part in Tight or Raw as rectangles with their headers. If memory runs out, Tight becomes Raw and
 * `*poor` true. Returns the bytes, which the caller must free, or NULL if there is no memory even for Raw.
 * `*tally` says what they are.
 */
uint8_t *worker_encode(struct worker *worker, const struct worker_style *style,
	const struct worker_part *part, size_t *size, struct tally *tally, bool *poor);

/* What of that part has lost something, as tight_lossy() has it. */
struct lossy_places worker_lossy(const struct worker *worker);

/* As worker_encode(), in ZRLE, of which each viewer has its own. `zrle` NULL: there is no memory for it.
 * After NULL, what the viewer has got of its stream is not all of it. */
uint8_t *worker_encode_zrle(struct zrle *zrle, const struct worker_style *style,
	const struct worker_part *part, size_t *size, struct tally *tally, bool *poor);

#endif
