/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * readback: a ring of buffers that the GPU writes and the CPU reads.
 *
 * With GL_EXT_buffer_storage they stay mapped for ever, and what the GPU wrote is visible once its fence is
 * signalled. Without it, they are mapped for each reading. Either way it is cached memory on PCs, and
 * write-combined memory on most ARM boards (v3d, lima, panfrost). This is measured once, and slow memory is
 * copied out before it is looked at.
 */
#ifndef ZEROVNC_READBACK_H
#define ZEROVNC_READBACK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "encode/cpu/memory_speed.h"
#include "encode/gl/gles.h"

/* There are two, so that the next frame does not read what an abandoned frame may still be writing. */
enum { READBACK_RING = 2 };

struct readback {
	const struct gles *gl;
	bool persistent;
	size_t size;
	int turn;
	GLuint buffers[READBACK_RING];
	const void *memory[READBACK_RING]; /* if persistent */
	struct memory_speed speed;
};

/*
 * Makes zeroed buffers of `size` bytes each. `bounce`: 0 as the memory's speed suggests, 1 always, -1 never.
 * 0, or -ENOMEM with a reason, and then nothing is left to finish.
 */
int readback_init(
	struct readback *readback, const struct gles *gl, size_t size, int bounce, struct reason *reason);
/* An all-zero one may be finished, too. */
void readback_finish(struct readback *readback);

/* Turns the ring. Returns the buffer for the GPU to write to, which is still owned here. */
GLuint readback_next(struct readback *readback);
/* The ring's present buffer. */
GLuint readback_buffer(const struct readback *readback);

/* The bytes of the ring's present buffer, once the GPU is done with it. NULL if mapping fails. */
const void *readback_map(struct readback *readback, size_t offset, size_t length);
void readback_unmap(struct readback *readback);

/* Copies out of what readback_map() returned. */
void readback_copy(const struct readback *readback, void *to, const void *from, size_t size);

/* The first word of a persistent ring's present buffer, which the GPU may be writing to. */
const uint32_t *readback_peek(const struct readback *readback);

#endif
