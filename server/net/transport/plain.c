/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <stdlib.h>
#include <sys/socket.h>

#include "server/net/transport/transport.h"

struct plain {
	struct transport transport;
	int fd;
};

static ssize_t plain_read(struct transport *transport, void *bytes, size_t size) {
	ssize_t got = recv(((struct plain *)transport)->fd, bytes, size, MSG_DONTWAIT);
	return got < 0 ? (errno == EINTR ? -EAGAIN : -errno) : got;
}

static ssize_t plain_write(struct transport *transport, const struct iovec *parts, size_t count) {
	const struct msghdr message = {.msg_iov = (struct iovec *)(uintptr_t)parts, .msg_iovlen = count};
	ssize_t sent = sendmsg(((struct plain *)transport)->fd, &message, MSG_DONTWAIT | MSG_NOSIGNAL);
	return sent < 0 ? (errno == EINTR ? -EAGAIN : -errno) : sent;
}

static void plain_destroy(struct transport *transport) {
	free(transport);
}

static const struct transport_impl plain_impl = {
	.name = "plain",
	.read = plain_read,
	.write = plain_write,
	.destroy = plain_destroy,
};

struct transport *transport_plain(int fd) {
	struct plain *plain = calloc(1, sizeof *plain);
	if (!plain)
		return NULL;
	plain->transport.impl = &plain_impl;
	plain->fd = fd;
	return &plain->transport;
}
