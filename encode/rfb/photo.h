/* SPDX-License-Identifier: GPL-2.0-or-later */
/* photo: JPEG images of parts of a picture, by libjpeg. */
#ifndef ZEROVNC_PHOTO_H
#define ZEROVNC_PHOTO_H

#include <stddef.h>
#include <stdint.h>

/* How many samples of chroma there are. */
enum photo_chroma { PHOTO_444, PHOTO_420, PHOTO_422, PHOTO_GREY };

struct photo;

/* NULL: out of memory. One thread at a time may use it. */
struct photo *photo_create(void);
/* Takes NULL. */
void photo_destroy(struct photo *photo);

/*
 * Compresses pixels 0x00RRGGBB, rows `stride` pixels apart, at a quality of 1 to 100. `width` and `height`
 * are at most 65535. `*data` is borrowed until the next call. Returns its size. 0: libjpeg cannot, mostly
 * because memory ran out; it can be tried again.
 */
size_t photo_compress(struct photo *photo, const uint32_t *pixels, size_t stride, unsigned width,
	unsigned height, int quality, enum photo_chroma chroma, const uint8_t **data);

#endif
