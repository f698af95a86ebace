/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "encode/gl/readback.h"

#include "encode/cpu/kernel.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static bool fill_buffer(struct readback *readback, int i, const void *zeroes) {
	const struct gles *gl = readback->gl;
	GLsizeiptr size = (GLsizeiptr)readback->size;
	gl->GenBuffers(1, &readback->buffers[i]);
	/* Mesa uses cached memory for a buffer that was bound here first, as for MAP_READ storage, if its
	 * driver has any. */
	gl->BindBuffer(GL_PIXEL_PACK_BUFFER, readback->buffers[i]);
	if (readback->persistent) {
		const GLbitfield flags =
			GL_MAP_READ_BIT | GL_MAP_PERSISTENT_BIT_EXT | GL_MAP_COHERENT_BIT_EXT;
		gl->BufferStorage(GL_PIXEL_PACK_BUFFER, size, zeroes, flags);
		readback->memory[i] = gl->MapBufferRange(GL_PIXEL_PACK_BUFFER, 0, size, flags);
	} else {
		gl->BufferData(GL_PIXEL_PACK_BUFFER, size, zeroes, GL_STREAM_READ);
	}
	gl->BindBuffer(GL_PIXEL_PACK_BUFFER, 0);
	return readback->memory[i] || !readback->persistent;
}

static void measure(struct readback *readback, int bounce) {
	enum { ENOUGH = 1 << 20 };
	size_t size = readback->size < ENOUGH ? readback->size : ENOUGH;
	const void *bytes = bounce ? NULL : readback_map(readback, 0, size);
	if (bytes)
		memory_speed_measure(&readback->speed, bytes, size);
	if (bytes)
		readback_unmap(readback);
	if (bounce)
		readback->speed.bounce = bounce > 0;
}

int readback_init(
	struct readback *readback, const struct gles *gl, size_t size, int bounce, struct reason *reason) {
	*readback = (struct readback){.gl = gl, .persistent = gl->buffer_storage, .size = size};
	void *zeroes = calloc(1, size);
	bool filled = zeroes != NULL;
	for (int i = 0; i < READBACK_RING && filled; i++)
		filled = fill_buffer(readback, i, zeroes);
	free(zeroes);
	if (filled)
		measure(readback, bounce);
	const char *error = gles_error(gl);
	if (filled && !error)
		return 0;
	readback_finish(readback);
	return reason_set(reason, -ENOMEM, "no buffers of %zu bytes for reading back: %s", size,
		error ? error : "out of memory");
}

void readback_finish(struct readback *readback) {
	if (readback->gl)
		readback->gl->DeleteBuffers(READBACK_RING, readback->buffers);
	memset(readback, 0, sizeof *readback);
}

GLuint readback_next(struct readback *readback) {
	readback->turn = (readback->turn + 1) % READBACK_RING;
	return readback_buffer(readback);
}

GLuint readback_buffer(const struct readback *readback) {
	return readback->buffers[readback->turn];
}

const void *readback_map(struct readback *readback, size_t offset, size_t length) {
	if (readback->persistent)
		return (const char *)readback->memory[readback->turn] + offset;
	readback->gl->BindBuffer(GL_PIXEL_PACK_BUFFER, readback->buffers[readback->turn]);
	return readback->gl->MapBufferRange(
		GL_PIXEL_PACK_BUFFER, (GLintptr)offset, (GLsizeiptr)length, GL_MAP_READ_BIT);
}

void readback_unmap(struct readback *readback) {
	if (readback->persistent)
		return;
	readback->gl->UnmapBuffer(GL_PIXEL_PACK_BUFFER);
	readback->gl->BindBuffer(GL_PIXEL_PACK_BUFFER, 0);
}

void readback_copy(const struct readback *readback, void *to, const void *from, size_t size) {
	if (readback->speed.bounce)
		kernel_stream_copy(to, from, size);
	else
		memcpy(to, from, size);
}

const uint32_t *readback_peek(const struct readback *readback) {
	return readback->memory[readback->turn];
}
