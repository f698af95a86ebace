/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tests/server/net/decode/source.h"

#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "encode/rfb/bytes.h"

enum { BUFFER_SIZE = 256 << 10, PATIENCE_MS = 10000 };

void source_memory(struct source *source, const void *bytes, size_t size) {
	*source = (struct source){.bytes = bytes, .size = size, .fd = -1};
}

void source_socket(struct source *source, int fd) {
	*source = (struct source){.fd = fd, .buffer = malloc(BUFFER_SIZE)};
}

void source_finish(struct source *source) {
	free(source->buffer);
	source->buffer = NULL;
}

static bool fill(struct source *source) {
	if (source->size)
		return true;
	struct pollfd poller = {.fd = source->fd, .events = POLLIN};
	ssize_t got = -1;
	if (!source->ended && source->buffer && poll(&poller, 1, PATIENCE_MS) == 1)
		got = read(source->fd, source->buffer, BUFFER_SIZE);
	source->bytes = source->buffer;
	source->size = got > 0 ? (size_t)got : 0;
	source->ended = got <= 0;
	return !source->ended;
}

const uint8_t *source_some(struct source *source, size_t size, size_t *some) {
	if (!fill(source))
		return NULL;
	const uint8_t *bytes = source->bytes;
	*some = size < source->size ? size : source->size;
	source->bytes += *some;
	source->size -= *some;
	source->taken += *some;
	return bytes;
}

bool source_read(struct source *source, void *to, size_t size) {
	uint8_t *at = to;
	size_t some;
	for (; size; size -= some, at += some) {
		const uint8_t *bytes = source_some(source, size, &some);
		if (!bytes) {
			memset(at, 0, size);
			return false;
		}
		memcpy(at, bytes, some);
	}
	return true;
}

uint8_t source_u8(struct source *source) {
	uint8_t byte;
	source_read(source, &byte, 1);
	return byte;
}

uint16_t source_u16(struct source *source) {
	uint8_t bytes[2];
	source_read(source, bytes, sizeof bytes);
	return bytes_get16(bytes);
}

uint32_t source_u32(struct source *source) {
	uint8_t bytes[4];
	source_read(source, bytes, sizeof bytes);
	return bytes_get32(bytes);
}
