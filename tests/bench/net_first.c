/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * net_first own|library PAGES: a gateway on a free port of 127.0.0.1 whose picture, 1920x1080 of text, turns
 * PAGES pages for one viewer, with our own encoders or those of libvncserver. It waits between two pages
 * until the viewer has been sent one and waits for the next. Prints for each page, in microseconds: from the
 * change of the page to the first byte that the socket has taken, by the clock; the processor time of all
 * threads in that time; that of the whole update. Copying the page into the picture, which is what a
 * converter takes at least, is part of each, and printed by itself.
 */
#include <netinet/in.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

#include "capture/base/array.h"
#include "capture/base/clock.h"
#include "capture/draw/canvas.h"
#include "server/vnc/choice.h"
#include "server/vnc/link.h"
#include "tests/server/net/desk.h"
#include "tests/test.h"

enum {
	WIDTH = 1920,
	HEIGHT = 1080,
	KEPT = 12,
	SCALE = 2,
	MARGIN = 20,
	COLUMN = 640,
	REST_US = 30000,
	LONGEST_MS = 10000
};

struct moment {
	uint64_t ns, cpu_ns;
};

static _Atomic bool armed; /* the next bytes that are sent are the first ones of a page */
static struct moment first;
static _Atomic uint64_t writes;

static struct moment now(void) {
	return (struct moment){clock_now_ns(), clock_process_cpu_ns()};
}

/* --- sending --- */

/* Linked in by --wrap. */
struct transport;
ssize_t __real_transport_write_parts(struct transport *transport, const struct iovec *parts, size_t count);
ssize_t __wrap_transport_write_parts(struct transport *transport, const struct iovec *parts, size_t count);

ssize_t __wrap_transport_write_parts(struct transport *transport, const struct iovec *parts, size_t count) {
	ssize_t sent = __real_transport_write_parts(transport, parts, count);
	if (sent > 0 && armed) {
		first = now();
		armed = false;
	}
	writes++;
	return sent;
}

/* --- pages --- */

static void draw_page(struct canvas *canvas, unsigned page) {
	static const char *const lines[] = {
		"Every page of this text is unlike the one before it,",
		"as pages of a book are, or windows of an editor:",
		"	for (size_t i = 0; i < count; i++)",
		"		sum += list[i].size; /* bytes */",
		"",
		"The quick brown fox jumps over the lazy dog. 0123456789",
		"pack my box with five dozen liquor jugs (and 17 more)",
		"static int compare(const void *one, const void *other);",
		"",
		"How vexingly quick daft zebras jump! 3.14159 2.71828",
		"drwxr-xr-x 14 root root 4096 Nov 26 09:12 include",
	};
	uint32_t height = canvas_text_height(SCALE) + 2;
	unsigned number = page * 7;
	canvas_fill(canvas, (struct rect){0, 0, WIDTH, HEIGHT}, page % 2 ? 0xfdfdf8 : 0xffffff);
	for (int32_t x = MARGIN; x < WIDTH; x += COLUMN)
		for (int32_t y = MARGIN; y + (int32_t)height < HEIGHT; y += (int32_t)height, number++)
			canvas_text(canvas, x + (int32_t)(number * page % 5 * 8), y, SCALE,
				number % 9 == page % 9 ? 0x204080 : 0x202020,
				lines[number % ARRAY_LEN(lines)]);
}

/* Waits until the viewer has been sent everything and waits for more. */
static void settle(const struct desk *desk) {
	uint64_t before;
	do {
		before = writes;
		usleep(REST_US);
	} while (!desk->wanted || before != writes);
}

static void turn_page(struct desk *desk, const struct canvas *page) {
	settle(desk);
	struct moment begin = now();
	armed = true;
	desk_show(desk, page->pixels);
	struct moment shown = now();
	desk_looked(desk);
	for (unsigned waits = 0; armed && waits < LONGEST_MS; waits++)
		usleep(1000);
	settle(desk);
	struct moment end = now();
	CHECK(!armed);
	printf("%.0f %.0f %.0f %.0f\n", (double)(first.ns - begin.ns) / 1e3,
		(double)(first.cpu_ns - begin.cpu_ns) / 1e3, (double)(end.cpu_ns - begin.cpu_ns) / 1e3,
		(double)(shown.ns - begin.ns) / 1e3);
	fflush(stdout);
}

int main(int argc, char **argv) {
	struct canvas pages[KEPT] = {{0}};
	struct sockaddr_in in = {.sin_family = AF_INET, .sin_addr = {htonl(INADDR_LOOPBACK)}};
	socklen_t size = sizeof in;
	char listen_at[32];
	const char *const addresses[] = {listen_at};
	struct desk desk = {.options = {.security = "none",
				    .desktop_name = "first",
				    .listen = addresses,
				    .listen_count = 1},
		.looks_itself = true};
	CHECK(argc == 3);
	desk.make_encoders = strcmp(argv[1], "library") == 0 ? vnc_link_encoders : vnc_choice_encoders;
	int fd = socket(AF_INET, SOCK_STREAM, 0);
	CHECK(fd >= 0 && bind(fd, (struct sockaddr *)&in, size) == 0 && listen(fd, 4) == 0);
	CHECK(getsockname(fd, (struct sockaddr *)&in, &size) == 0);
	snprintf(listen_at, sizeof listen_at, "fd:%d", fd);
	for (unsigned i = 0; i < KEPT; i++) {
		CHECK(canvas_init(&pages[i], WIDTH, HEIGHT) == 0 && pages[i].stride == WIDTH);
		draw_page(&pages[i], i);
	}
	desk_start(&desk);
	desk_paint(&desk, WIDTH, HEIGHT, 0xffffff);
	fprintf(stderr, "listening at 127.0.0.1:%u\n", ntohs(in.sin_port));
	while (!desk.joined)
		usleep(1000);
	for (int i = -2; i < atoi(argv[2]); i++) /* the first two are not measured */
		turn_page(&desk, &pages[(unsigned)(i + 2) % KEPT]);
	desk_stop(&desk);
	for (unsigned i = 0; i < KEPT; i++)
		canvas_finish(&pages[i]);
	return 0;
}
