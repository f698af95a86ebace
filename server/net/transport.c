/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "server/net/transport.h"

#include <stddef.h>

ssize_t transport_read(struct transport *transport, void *bytes, size_t size) {
	return transport->impl->read(transport, bytes, size);
}

ssize_t transport_write(struct transport *transport, const void *bytes, size_t size) {
	return transport->impl->write(transport, bytes, size);
}

bool transport_unsent(const struct transport *transport) {
	for (; transport; transport = transport->below)
		if (transport->impl->unsent && transport->impl->unsent(transport))
			return true;
	return false;
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
