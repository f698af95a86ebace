/* SPDX-License-Identifier: GPL-2.0-or-later */
/* memory: buffers that grow, and blocks that are cut to what was put into them. */
#ifndef ZEROVNC_MEMORY_H
#define ZEROVNC_MEMORY_H

#include <stdbool.h>
#include <stdlib.h>

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

/* Gives back what is behind the first `size` bytes of an owned block, to which `block` points. It mostly
 * stays where it is. */
static inline void memory_trim(void *block, size_t size) {
	void **memory = block;
	void *smaller = realloc(*memory, size);
	if (smaller)
		*memory = smaller;
}

#endif
