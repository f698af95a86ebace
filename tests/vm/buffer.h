/* SPDX-License-Identifier: GPL-2.0-or-later */
/* buffer: a framebuffer of dumb memory, of any format, mapped. */
#ifndef ZEROVNC_BUFFER_H
#define ZEROVNC_BUFFER_H

#include <stdbool.h>
#include <stdint.h>

enum { BUFFER_PLANES = 2 };

struct buffer {
	uint32_t handle, fb_id, pitch; /* fb_id 0: there is none. Its memory planes have the same pitch */
	uint32_t offset[BUFFER_PLANES];
	uint64_t size;
	uint8_t *memory; // owned
};

/*
 * Makes one, full of garbage. A format of which encode/pixel_format.h knows nothing is made as if it had a
 * byte for each pixel. False where the card refuses it, with errno.
 */
bool buffer_make(int fd, uint32_t width, uint32_t height, uint32_t fourcc, struct buffer *buffer);

/* Takes an empty one, too. */
void buffer_release(int fd, struct buffer *buffer);

#endif
