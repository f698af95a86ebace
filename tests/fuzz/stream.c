/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tests/fuzz/stream.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static ssize_t stream_read(struct transport *transport, void *bytes, size_t size) {
	struct stream *stream = (struct stream *)transport;
	if (stream->turn++ % 3 == 0)
		return -EAGAIN;
	if (!stream->size)
		return 0;
	size_t piece = 1 + stream->turn % 7;
	if (piece > size)
		piece = size;
	if (piece > stream->size)
		piece = stream->size;
	memcpy(bytes, stream->data, piece);
	stream->data += piece;
	stream->size -= piece;
	return (ssize_t)piece;
}

static ssize_t stream_write(struct transport *transport, const struct iovec *parts, size_t count) {
	size_t size = 0;
	struct stream *stream = (struct stream *)transport;
	if (stream->turn++ % 2)
		return -EAGAIN;
	for (size_t i = 0; i < count; i++) {
		if (queue_add(&stream->written, parts[i].iov_base, parts[i].iov_len))
			abort();
		size += parts[i].iov_len;
	}
	return (ssize_t)size;
}

static void stream_destroy(struct transport *transport) {
}

void stream_init(struct stream *stream, const uint8_t *data, size_t size) {
	static const struct transport_impl impl = {
		.name = "stream", .read = stream_read, .write = stream_write, .destroy = stream_destroy};
	*stream = (struct stream){.transport = {.impl = &impl}, .data = data, .size = size};
}

void stream_finish(struct stream *stream) {
	queue_finish(&stream->written);
}
