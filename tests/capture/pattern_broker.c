/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * pattern_broker SOCKET SIZE: a broker, in its sandbox and with its keyholder, that serves the built-in
 * pattern instead of a card. So a server can be tried that has its screen from a broker on a machine that has
 * none. SIZE is WxH. Runs until it is killed.
 */
#include <errno.h>
#include <malloc.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "capture/broker/broker.h"
#include "capture/broker/entrance.h"
#include "capture/broker/key.h"
#include "capture/broker/sandbox.h"
#include "capture/source.h"

enum { NOBODY = 65534 }; /* the server's user */

static uint32_t width, height;

static int open_pattern(const struct source_options *options, struct source **source, struct reason *why) {
	const struct source_options pattern = {
		.kind = SOURCE_PATTERN, .width = width, .height = height, .pattern = "full"};
	(void)options;
	return source_open(&pattern, source, why);
}

static int find_nothing(const char *card, const char *outputs, struct head heads[HEADS_MAX], size_t *count,
	struct reason *why) {
	(void)card;
	(void)outputs;
	(void)heads;
	*count = 0;
	return reason_set(why, -ENODEV, "there are no heads");
}

static int make_nothing(enum input_device_kind kind, const struct input_device_options *options, int *fd,
	struct reason *why) {
	(void)kind;
	(void)options;
	*fd = -1;
	return reason_set(why, -ENODEV, "there are no devices");
}

int main(int argc, char **argv) {
	static const struct desk_services services = {open_pattern, find_nothing, make_nothing};
	static const _Atomic bool never;
	struct broker_options options = {.uid = NOBODY, .services = &services, .ended = &never};
	struct reason reason;
#ifdef M_MMAP_THRESHOLD
	mallopt(M_MMAP_THRESHOLD, 64 << 10); /* what is freed of the pattern's pictures is not kept */
#endif
	if (argc != 3 || sscanf(argv[2], "%ux%u", &width, &height) != 2) {
		fprintf(stderr, "pattern_broker SOCKET WxH\n");
		return 2;
	}
	if (key_hand_over(&reason) != 0) {
		fprintf(stderr, "%s\n", reason.text);
		return 1;
	}
	int error = entrance_open(argv[1], options.uid, &options.listener);
	if (error) {
		fprintf(stderr, "%s: %s\n", argv[1], strerror(-error));
		return 1;
	}
	if (key_await(&reason) != 0 || sandbox_enter(&reason) != 0) {
		fprintf(stderr, "%s\n", reason.text);
		return 1;
	}
	options.lifeline = key_lifeline();
	return broker_run(&options) ? 1 : 0;
}
