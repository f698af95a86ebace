/* SPDX-License-Identifier: GPL-2.0-or-later */
/* buffer: memory of a card that lies in a dma-buf, as a framebuffer's does, and that the test may write. */
#ifndef ZEROVNC_TESTS_BUFFER_H
#define ZEROVNC_TESTS_BUFFER_H

#include <stddef.h>
#include <stdint.h>

struct buffer {
	int fd; /* the dma-buf, owned */
	uint8_t *bytes;
	size_t size; /* of the mapping: what was asked for; the dma-buf is a little larger */
};

/* The card's node, opened without becoming its master. Ends the test as skipped where there is none. */
int buffer_open_card(const char *node);

/* A dumb buffer of `card` with `size` bytes at least, all zero. Fails or skips the test, saying why. */
void buffer_init(struct buffer *buffer, int card, size_t size);
void buffer_finish(struct buffer *buffer);

/* Around every writing, so that devices see it. */
void buffer_begin(const struct buffer *buffer);
void buffer_end(const struct buffer *buffer);

#endif
