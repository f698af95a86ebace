/* SPDX-License-Identifier: GPL-2.0-or-later */
/* memory: buffers that grow, and blocks that are taken out of them. */
#ifndef ZEROVNC_MEMORY_H
#define ZEROVNC_MEMORY_H

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

/* Sees to it that an owned buffer, to which `buffer` points, has at least
 * `needed` bytes, and keeps what it has. False: out of memory, and nothing has
 * changed. */
static inline bool memory_grow(void *buffer, size_t *size, size_t needed) {
	void **memory = buffer;
	if (needed <= *size)
		return true;
	void *larger = realloc(*memory, needed);
	if (!larger)
		return false;
	*memory = larger;
	*size = needed;
	return true;
}

/*
 * Returns the first `size` bytes of an owned buffer, to which `buffer` points, as a block that the caller
 * must free. Few bytes are copied, so that the buffer stays: a new one for each block, of which hardly
 * anything is used, would have the kernel map and clear memory each time. Many are given away with the
 * buffer.
 */
static inline void *memory_take(void *buffer, size_t *buffer_size, size_t size) {
	enum { FEW = 1 << 16 };
	void **memory = buffer, *block = size <= FEW ? malloc(size ? size : 1) : NULL;
	if (block)
		return memcpy(block, *memory, size);
	block = realloc(*memory, size); /* it mostly stays where it is */
	if (!block)
		block = *memory;
	*memory = NULL;
	*buffer_size = 0;
	return block;
}

#endif
