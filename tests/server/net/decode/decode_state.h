/* SPDX-License-Identifier: GPL-2.0-or-later */
/* decode_state: what the decoders of the encodings share. Each returns 0, or -EPROTO with the reason set. */
#ifndef ZEROVNC_TEST_DECODE_STATE_H
#define ZEROVNC_TEST_DECODE_STATE_H

#include "tests/server/net/decode/decode.h"

#define FAIL(decoder, ...) reason_set((decoder)->reason, -EPROTO, __VA_ARGS__)
enum { DECODE_MAX_PIXEL = 4 };

bool decode_has_asked(const struct decoder *decoder, int32_t first, int32_t last);

/* Convert pixels of the viewer's format (PIXEL) from bytes and from the source. */
unsigned decode_pixel_size(const struct decoder *decoder);
uint32_t decode_pixel(const struct decoder *decoder, const uint8_t *bytes);
uint32_t decode_read_pixel(struct decoder *decoder);

/* These draw. Everything must lie in the framebuffer. */
void decode_put(struct decoder *decoder, uint32_t x, uint32_t y, uint32_t pixel, enum decoded_kind kind);
void decode_fill(struct decoder *decoder, const struct decode_area *area, uint32_t pixel);
/* Draws a rectangle of PIXELs, row by row. */
void decode_draw(struct decoder *decoder, const struct decode_area *area, const uint8_t *bytes);

int decode_rre(struct decoder *decoder, const struct decode_area *area);
int decode_hextile(struct decoder *decoder, const struct decode_area *area);
int decode_tight(struct decoder *decoder, const struct decode_area *area);
int decode_zrle(struct decoder *decoder, const struct decode_area *area);

/* Decodes a whole JFIF stream of this size to 0x00RRGGBB. */
int decode_jpeg(const uint8_t *jpeg, size_t size, uint32_t width, uint32_t height, uint32_t *pixels,
	struct reason *reason);

#endif
