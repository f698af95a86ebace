/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "capture/broker/wire.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define END_OF(type, member) (offsetof(type, member) + sizeof((type){}.member))

size_t wire_request_size(uint32_t kind) {
	static const size_t sizes[WIRE_KINDS] = {
		[WIRE_OPEN] = END_OF(struct wire_request, open),
		[WIRE_PEEK] = END_OF(struct wire_request, processor),
		[WIRE_ACQUIRE] = END_OF(struct wire_request, acquire),
		[WIRE_IS_CURRENT] = END_OF(struct wire_request, processor),
		[WIRE_ARM] = END_OF(struct wire_request, processor),
		[WIRE_CURSOR] = END_OF(struct wire_request, cursor),
		[WIRE_RELEASE] = END_OF(struct wire_request, processor),
		[WIRE_LET_GO] = END_OF(struct wire_request, processor),
		[WIRE_HEADS] = END_OF(struct wire_request, heads),
		[WIRE_DEVICE] = END_OF(struct wire_request, device),
	};
	return kind < WIRE_KINDS ? sizes[kind] : 0;
}

size_t wire_answer_size(uint32_t kind) {
	static const size_t sizes[WIRE_KINDS] = {
		[WIRE_OPEN] = END_OF(struct wire_answer, open),
		[WIRE_PEEK] = END_OF(struct wire_answer, peek),
		[WIRE_ACQUIRE] = END_OF(struct wire_answer, acquire),
		[WIRE_IS_CURRENT] = END_OF(struct wire_answer, is_current),
		[WIRE_ARM] = END_OF(struct wire_answer, reason),
		[WIRE_CURSOR] = END_OF(struct wire_answer, cursor),
		[WIRE_RELEASE] = END_OF(struct wire_answer, reason),
		[WIRE_LET_GO] = END_OF(struct wire_answer, reason),
		[WIRE_HEADS] = END_OF(struct wire_answer, heads),
		[WIRE_DEVICE] = END_OF(struct wire_answer, reason),
	};
	return kind < WIRE_KINDS ? sizes[kind] : 0;
}

/* Room for the descriptors of one message, aligned as the kernel wants it. */
union control {
	struct cmsghdr header;
	char bytes[CMSG_SPACE(WIRE_MAX_FDS * sizeof(int))];
};

int wire_send(int socket, const void *message, size_t size, const int *fds, size_t count) {
	union control control;
	struct iovec part = {.iov_base = (void *)message, .iov_len = size};
	struct msghdr header = {.msg_iov = &part, .msg_iovlen = 1};
	if (count > WIRE_MAX_FDS)
		return -E2BIG;
	if (count) {
		memset(&control, 0, sizeof control);
		header.msg_control = &control;
		header.msg_controllen = CMSG_SPACE(count * sizeof *fds);
		struct cmsghdr *first = CMSG_FIRSTHDR(&header);
		first->cmsg_level = SOL_SOCKET;
		first->cmsg_type = SCM_RIGHTS;
		first->cmsg_len = CMSG_LEN(count * sizeof *fds);
		memcpy(CMSG_DATA(first), fds, count * sizeof *fds);
	}
	ssize_t sent;
	do {
		sent = sendmsg(socket, &header, MSG_NOSIGNAL);
	} while (sent < 0 && errno == EINTR);
	return sent < 0 ? -errno : 0;
}

/* Takes all descriptors out of a message. The control buffer has room for WIRE_MAX_FDS, so more than that
 * never arrive: the kernel closes the rest and sets MSG_CTRUNC. */
static void collect(struct msghdr *header, struct wire_fds *fds) {
	fds->count = fds->taken = 0;
	for (struct cmsghdr *at = CMSG_FIRSTHDR(header); at; at = CMSG_NXTHDR(header, at)) {
		if (at->cmsg_level != SOL_SOCKET || at->cmsg_type != SCM_RIGHTS)
			continue;
		size_t count = (at->cmsg_len - CMSG_LEN(0)) / sizeof(int);
		memcpy(fds->at + fds->count, CMSG_DATA(at), count * sizeof(int));
		fds->count += count;
	}
}

static int receive(int socket, void *message, size_t size, size_t *length, struct wire_fds *fds, int flags) {
	union control control;
	struct wire_fds unwanted;
	struct iovec part = {.iov_base = message, .iov_len = size};
	struct msghdr header = {
		.msg_iov = &part, .msg_iovlen = 1, .msg_control = &control, .msg_controllen = sizeof control};
	ssize_t received;
	do {
		received = recvmsg(socket, &header, MSG_CMSG_CLOEXEC | flags);
	} while (received < 0 && errno == EINTR);
	if (received < 0)
		return errno == ECONNRESET ? -EPIPE : -errno;
	collect(&header, fds ? fds : &unwanted);
	*length = (size_t)received;
	bool whole = !(header.msg_flags & (MSG_TRUNC | MSG_CTRUNC));
	if (!fds || !whole || received == 0)
		wire_close(fds ? fds : &unwanted);
	return !whole ? -EPROTO : received == 0 ? -EPIPE : 0;
}

int wire_receive(int socket, void *message, size_t size, size_t *length, struct wire_fds *fds) {
	return receive(socket, message, size, length, fds, 0);
}

int wire_receive_now(int socket, void *message, size_t size, size_t *length, struct wire_fds *fds) {
	return receive(socket, message, size, length, fds, MSG_DONTWAIT);
}

int wire_take(struct wire_fds *fds) {
	return fds->taken < fds->count ? fds->at[fds->taken++] : -1;
}

void wire_close(struct wire_fds *fds) {
	while (fds->taken < fds->count)
		close(fds->at[fds->taken++]);
	fds->count = fds->taken = 0;
}

bool wire_is_text(const char *text, size_t size) {
	return memchr(text, '\0', size) != NULL;
}
