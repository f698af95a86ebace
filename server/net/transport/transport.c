/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "server/net/transport/transport.h"

#include <stddef.h>
#include <string.h>

ssize_t transport_read(struct transport *transport, void *bytes, size_t size) {
	return transport->impl->read(transport, bytes, size);
}

ssize_t transport_write(struct transport *transport, const void *bytes, size_t size) {
	const struct iovec part = {(void *)(uintptr_t)bytes, size};
	return transport_write_parts(transport, &part, 1);
}

ssize_t transport_write_parts(struct transport *transport, const struct iovec *parts, size_t count) {
	return transport->impl->write(transport, parts, count);
}

/* Bytes of the first part, at most `most`. */
static const uint8_t *pass(struct transport_reader *reader, size_t most, size_t *size) {
	const uint8_t *bytes = (const uint8_t *)reader->parts->iov_base + reader->offset;
	size_t left = reader->parts->iov_len - reader->offset;
	*size = left < most ? left : most;
	reader->offset += *size;
	if (*size == left) {
		reader->parts++;
		reader->count--;
		reader->offset = 0;
	}
	return bytes;
}

/* What is shorter than this is put together with what comes next. */
static bool is_little(const struct transport_reader *reader, size_t most) {
	return reader->parts->iov_len - reader->offset < most / 4;
}

const uint8_t *transport_reader_next(
	struct transport_reader *reader, uint8_t *memory, size_t most, size_t *size) {
	size_t have = 0, some;
	*size = 0;
	if (!reader->count)
		return memory;
	if (reader->count == 1 || !is_little(reader, most))
		return pass(reader, most, size);
	for (; reader->count && have < most && is_little(reader, most); have += some) {
		const uint8_t *bytes = pass(reader, most - have, &some);
		memcpy(memory + have, bytes, some);
	}
	*size = have;
	return memory;
}

size_t transport_unsent(const struct transport *transport) {
	size_t unsent = 0;
	for (; transport; transport = transport->below)
		unsent += transport->impl->unsent ? transport->impl->unsent(transport) : 0;
	return unsent;
}

int transport_drain(struct transport *below, struct queue *unsent) {
	while (queue_size(unsent)) {
		ssize_t sent = transport_write(below, queue_bytes(unsent), queue_size(unsent));
		if (sent < 0)
			return (int)sent;
		queue_take(unsent, (size_t)sent);
	}
	return 0;
}

int transport_flush(struct transport *transport) {
	if (transport->impl->flush) {
		int error = transport->impl->flush(transport);
		if (error)
			return error;
	}
	return transport->below ? transport_flush(transport->below) : 0;
}

void transport_close(struct transport *transport) {
	for (; transport; transport = transport->below)
		if (transport->impl->close)
			transport->impl->close(transport);
}

void transport_destroy(struct transport *transport) {
	while (transport) {
		struct transport *below = transport->below;
		transport->impl->destroy(transport);
		transport = below;
	}
}
