/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tests/vm/buffer.h"

#include <errno.h>
#include <string.h>
#include <sys/mman.h>
#include <xf86drmMode.h>

#include "encode/pixel_format.h"

void buffer_release(int fd, struct buffer *buffer) {
	if (buffer->memory)
		munmap(buffer->memory, buffer->size);
	if (buffer->fb_id)
		drmModeRmFB(fd, buffer->fb_id);
	if (buffer->handle)
		drmModeDestroyDumbBuffer(fd, buffer->handle);
	*buffer = (struct buffer){0};
}

/* The memory planes lie one below the other. A row of chroma is as long as one of luma, or one longer. */
static bool allocate(
	int fd, uint32_t width, uint32_t height, const struct pixel_format *format, struct buffer *buffer) {
	uint32_t rows = height, bytes = format ? format->bytes_per_pixel : 1;
	for (int plane = 1; format && plane < format->planes; plane++)
		rows += pixel_format_rows(format, plane, height);
	return drmModeCreateDumbBuffer(fd, width + width % 2, rows, 8 * bytes, 0, &buffer->handle,
		       &buffer->pitch, &buffer->size) == 0;
}

static bool add(int fd, uint32_t width, uint32_t height, uint32_t fourcc, int planes, struct buffer *buffer) {
	uint32_t handles[4] = {0}, pitches[4] = {0}, offsets[4] = {0};
	for (int plane = 0; plane < planes && plane < BUFFER_PLANES; plane++) {
		handles[plane] = buffer->handle;
		pitches[plane] = buffer->pitch;
		offsets[plane] = buffer->offset[plane] = (uint32_t)plane * buffer->pitch * height;
	}
	return drmModeAddFB2(fd, width, height, fourcc, handles, pitches, offsets, &buffer->fb_id, 0) == 0;
}

static bool map(int fd, struct buffer *buffer) {
	uint64_t offset;
	if (drmModeMapDumbBuffer(fd, buffer->handle, &offset) != 0)
		return false;
	void *memory = mmap(NULL, buffer->size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, (off_t)offset);
	if (memory == MAP_FAILED)
		return false;
	buffer->memory = memory;
	/* Garbage where nobody may look: in the padding of pixels and of rows, and around the visible part.
	 */
	memset(memory, 0xb7, buffer->size);
	return true;
}

bool buffer_make(int fd, uint32_t width, uint32_t height, uint32_t fourcc, struct buffer *buffer) {
	const struct pixel_format *format = pixel_format_find(fourcc);
	*buffer = (struct buffer){0};
	if (allocate(fd, width, height, format, buffer) &&
		add(fd, width, height, fourcc, format ? format->planes : 1, buffer) && map(fd, buffer))
		return true;
	int error = errno;
	buffer_release(fd, buffer);
	errno = error;
	return false;
}
