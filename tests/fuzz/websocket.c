/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A WebSocket over a stream that gives the input in pieces, with pauses: the bytes that come out may never be
 * more than those that went in, and what is sent back stays small. */
#include "server/net/transport_websocket.h"

#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct stream {
	struct transport transport;
	const uint8_t *data;
	size_t size, sent;
	unsigned turn;
};

static ssize_t stream_read(struct transport *transport, void *bytes, size_t size) {
	struct stream *stream = (struct stream *)transport;
	if (stream->turn++ % 3 == 0)
		return -EAGAIN;
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

static ssize_t stream_write(struct transport *transport, const void *bytes, size_t size) {
	struct stream *stream = (struct stream *)transport;
	if (stream->turn++ % 2)
		return -EAGAIN;
	stream->sent += size;
	return (ssize_t)size;
}

static void stream_destroy(struct transport *transport) {
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
	static const struct transport_impl impl = {
		.name = "stream", .read = stream_read, .write = stream_write, .destroy = stream_destroy};
	struct stream stream = {.transport = {.impl = &impl}, .data = data, .size = size};
	struct transport *websocket = transport_websocket(&stream.transport);
	size_t got = 0;
	for (;;) {
		uint8_t bytes[100];
		ssize_t n = transport_read(websocket, bytes, sizeof bytes);
		if (n == 0 || (n < 0 && n != -EAGAIN))
			break;
		if (n > 0)
			got += (size_t)n;
		transport_flush(websocket);
	}
	if (got > size || stream.sent > 2 * size + 64)
		abort();
	transport_write(websocket, data, size);
	transport_close(websocket);
	transport_destroy(websocket);
	return 0;
}
