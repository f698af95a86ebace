/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a client that was taken over sends to the broker: any messages, at any time. */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include "capture/broker/desk.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static uint32_t pixels[16 * 16];

static int peek(struct source *source, uint64_t *token) {
	(void)source;
	*token = 1;
	return 0;
}

static int acquire(struct source *source, unsigned flags, struct frame *frame, struct reason *reason) {
	if (!source->refresh_mhz--)
		return reason_set(reason, -EAGAIN, "dark");
	frame_set_memory(frame, 16, 16, pixels, 64, 1);
	if (flags & SOURCE_MAP_MEMORY)
		frame->layers[0].planes[0].fd = memfd_create("fuzz", MFD_CLOEXEC);
	return 0;
}

static bool is_current(struct source *source, const struct frame *frame) {
	(void)source;
	return frame->layer_count > 0;
}

static int arm(struct source *source) {
	(void)source;
	return 0;
}

static bool read_events(struct source *source) {
	(void)source;
	return true;
}

static int cursor_of(struct source *source, struct cursor *cursor) {
	(void)source;
	cursor->shape++;
	cursor->width = cursor->height = CURSOR_MAX_SIDE;
	return 0;
}

static void destroy(struct source *source) {
	close(source->event_fd);
	free(source);
}

static const struct source_impl impl = {.name = "fuzz",
	.peek = peek,
	.acquire = acquire,
	.is_current = is_current,
	.arm_vblank = arm,
	.read_events = read_events,
	.cursor = cursor_of,
	.destroy = destroy};

static int open_screen(const struct source_options *options, struct source **source, struct reason *why) {
	if (options->card && strlen(options->card) > 60)
		return reason_set(why, -ENODEV, "there is no card %s", options->card);
	if (options->kind == SOURCE_PATTERN || options->lut > SOURCE_LUT_NO)
		abort();
	*source = calloc(1, sizeof **source);
	(*source)->impl = &impl;
	(*source)->event_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	(*source)->refresh_mhz = 5;
	return 0;
}

static int find_heads(const char *card, const char *outputs, struct head heads[HEADS_MAX], size_t *count,
	struct reason *why) {
	*count = strlen(outputs) % (HEADS_MAX + 1);
	memset(heads, 0, sizeof *heads * HEADS_MAX);
	return *count ? 0 : reason_set(why, -ENODEV, "nothing on %s", card ? card : "any card");
}

static int make_device(enum input_device_kind kind, const struct input_device_options *options, int *fd,
	struct reason *why) {
	(void)options;
	(void)why;
	if (kind >= INPUT_DEVICE_KINDS)
		abort();
	*fd = memfd_create("device", MFD_CLOEXEC);
	return 0;
}

/* Turned sources have more to free, but the broker's are not turned. */
void source_destroy(struct source *source) {
	if (!source)
		return;
	free(source->cursor);
	source->impl->destroy(source);
}

static const struct desk_services services = {open_screen, find_heads, make_device};

/* The kind and the size of a message are right more often than by chance. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
	int pair[2];
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, pair) != 0)
		return 0;
	struct desk *desk = desk_create(pair[0], &services);
	int error = desk ? 0 : -ENOMEM;
	while (size > 2 && !error) {
		struct wire_request request = {0};
		struct wire_answer answer;
		struct wire_fds fds;
		size_t length = 0;
		uint32_t kind = data[0] % (WIRE_KINDS + 1);
		size_t whole = data[1] ? wire_request_size(kind) : data[2];
		data += 2;
		size -= 2;
		whole = whole ? whole : 1;
		size_t given = whole < size ? whole : size;
		memcpy(&request, data, given);
		if (given < 8 || data[0] % 8) {
			request.version = WIRE_VERSION;
			request.kind = kind;
		}
		data += given;
		size -= given;
		if (send(pair[1], &request, whole, MSG_NOSIGNAL) < 0)
			break;
		error = desk_answer(desk);
		desk_event_fd(desk);
		if (!error && wire_receive(pair[1], &answer, sizeof answer, &length, &fds) == 0) {
			if (length != wire_answer_size(answer.kind))
				abort();
			wire_close(&fds);
		}
	}
	desk_destroy(desk);
	close(pair[1]);
	return 0;
}
