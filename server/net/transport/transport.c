/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "server/net/transport/transport.h"

#include <stddef.h>

ssize_t transport_read(struct transport *transport, void *bytes, size_t size) {
	return transport->impl->read(transport, bytes, size);
}

ssize_t transport_write(struct transport *transport, const void *bytes, size_t size) {
	return transport->impl->write(transport, bytes, size);
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
