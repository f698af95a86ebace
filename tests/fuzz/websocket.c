/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A WebSocket over a stream that gives the input in pieces, with pauses. Never more bytes may come out than
 * went in, and what is sent back stays small. */
#include "server/net/transport/websocket.h"

#include <errno.h>
#include <stdlib.h>

#include "tests/fuzz/stream.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
	struct stream stream;
	stream_init(&stream, data, size);
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
	if (got > size || queue_size(&stream.written) > 2 * size + 64)
		abort();
	transport_write(websocket, data, size);
	transport_close(websocket);
	transport_destroy(websocket);
	stream_finish(&stream);
	return 0;
}
