/* SPDX-License-Identifier: GPL-2.0-or-later */
/* net_painter RATE: a gateway on a free port of 127.0.0.1 whose picture (640x400) changes RATE times a
 * second: a source faster than any screen, so that what limits a viewer is the way to it. Ends with its
 * standard input. */
#include <poll.h>
#include <stdlib.h>
#include <time.h>

#include "tests/server/net/desk.h"

int main(int argc, char **argv) {
	static const char *const listen[] = {"127.0.0.1:0"};
	struct desk desk = {
		.options = {
			.security = "none", .desktop_name = "painter", .listen = listen, .listen_count = 1}};
	long rate = argc > 1 ? atol(argv[1]) : 200;
	desk_start(&desk);
	desk_paint(&desk, 640, 400, 0);
	fprintf(stderr, "listening at %s\n", gateway_address(desk.gateway, 0));
	struct pollfd end = {.fd = STDIN_FILENO, .events = POLLIN};
	for (uint32_t frame = 1; poll(&end, 1, 0) == 0; frame++) {
		desk_paint_square(&desk, frame % 10, frame % 6, frame);
		nanosleep(&(struct timespec){0, 1000000000L / rate}, NULL);
	}
	desk_stop(&desk);
	return 0;
}
