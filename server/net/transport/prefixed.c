/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdlib.h>
#include <string.h>

#include "server/net/queue.h"
#include "server/net/transport/transport.h"

struct prefixed {
	struct transport transport;
	struct queue bytes;
};

static ssize_t prefixed_read(struct transport *transport, void *bytes, size_t size) {
	struct prefixed *prefixed = (struct prefixed *)transport;
	size_t left = queue_size(&prefixed->bytes);
	if (!left)
		return transport_read(transport->below, bytes, size);
	if (size > left)
		size = left;
	memcpy(bytes, queue_bytes(&prefixed->bytes), size);
	queue_take(&prefixed->bytes, size);
	return (ssize_t)size;
}

static ssize_t prefixed_write(struct transport *transport, const struct iovec *parts, size_t count) {
	return transport_write_parts(transport->below, parts, count);
}

static void prefixed_destroy(struct transport *transport) {
	queue_finish(&((struct prefixed *)transport)->bytes);
	free(transport);
}

static const struct transport_impl prefixed_impl = {
	.name = "prefixed",
	.read = prefixed_read,
	.write = prefixed_write,
	.destroy = prefixed_destroy,
};

struct transport *transport_prefixed(struct transport *below, const void *bytes, size_t size) {
	struct prefixed *prefixed = calloc(1, sizeof *prefixed);
	if (!prefixed || queue_add(&prefixed->bytes, bytes, size)) {
		free(prefixed);
		transport_destroy(below);
		return NULL;
	}
	prefixed->bytes.secret = true;
	prefixed->transport.impl = &prefixed_impl;
	prefixed->transport.below = below;
	return &prefixed->transport;
}
