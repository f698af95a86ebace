/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What follows RSA-AES's key exchange. The first byte of the input chooses the key's size. Then come pieces:
 * a byte that says what the piece is, two bytes for its length, and the piece itself. Some pieces are
 * encrypted as a viewer would do it, and some are passed on as they are. What comes out must be what was
 * encrypted, from the beginning on, and nothing else.
 */
#include "server/net/transport/aes.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "encode/rfb/bytes.h"
#include "tests/fuzz/stream.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void seal(struct transport *viewer, const uint8_t *bytes, size_t size) {
	do { /* an empty piece makes a message, too */
		ssize_t taken = transport_write(viewer, bytes, size);
		if (taken == -EAGAIN)
			continue;
		if (taken < 0)
			abort();
		bytes += taken;
		size -= (size_t)taken;
	} while (size);
	while (transport_flush(viewer) == -EAGAIN)
		;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
	if (!size)
		return 0;
	struct aes_keys keys = {
		.bits = data[0] & 1 ? 256 : 128, .incoming = "one way", .outgoing = "the other"};
	struct aes_keys mirrored = keys;
	memcpy(mirrored.incoming, keys.outgoing, sizeof keys.outgoing);
	memcpy(mirrored.outgoing, keys.incoming, sizeof keys.incoming);
	struct stream wire, stream;
	struct queue plain = {0};
	stream_init(&wire, NULL, 0);
	struct transport *viewer = transport_aes(&wire.transport, &mirrored);
	for (data++, size--; size >= 3;) {
		bool sealed = data[0] & 1;
		size_t length = bytes_get16(data + 1);
		data += 3;
		size -= 3;
		if (length > size)
			length = size;
		if (sealed)
			seal(viewer, data, length);
		if (queue_add(sealed ? &plain : &wire.written, data, length))
			abort();
		data += length;
		size -= length;
	}
	stream_init(&stream, queue_bytes(&wire.written), queue_size(&wire.written));
	struct transport *server = transport_aes(&stream.transport, &keys);
	for (;;) {
		uint8_t bytes[100];
		ssize_t got = transport_read(server, bytes, sizeof bytes);
		if (got == 0 || (got < 0 && got != -EAGAIN))
			break;
		if (got < 0)
			continue;
		if ((size_t)got > queue_size(&plain) || memcmp(queue_bytes(&plain), bytes, (size_t)got) != 0)
			abort();
		queue_take(&plain, (size_t)got);
	}
	transport_destroy(server);
	transport_destroy(viewer);
	stream_finish(&stream);
	stream_finish(&wire);
	queue_finish(&plain);
	return 0;
}
