/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * net_painter RATE [WHAT [ADDRESS [CONTROL]]]: a gateway on a free port of an address (127.0.0.1) with a
 * picture that does not come from any screen. One tile of 640x400 changes RATE times a second, faster than
 * any screen, so that the link to a viewer is what limits it. With `full`, all of 1024x768 changes as a
 * screen would: there are 60 beats a second while a viewer waits for a picture, and a new page RATE times a
 * second. A key fills the first tile with its keysym's colour at the next beat; "KEYSYM MICROSECONDS" on
 * standard output tells how long it waited for that beat. With `video`, the pages are parts of a photograph
 * of 1024x640, and with `video-as-wished`, what viewers are sent does not follow their lines. CONTROL: TCP's
 * congestion control (cubic), if not the machine's own. Ends with its standard input.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>

#include "server/vnc/choice.h"
#include "tests/server/net/desk.h"
#include "tests/server/net/encoders/content.h"
#include "tests/test.h"

enum { WIDTH = 1024, HEIGHT = 768, PAGES = 16, BEATS = 60 };
enum { VIDEO_WIDTH = 1024, VIDEO_HEIGHT = 640, VIDEO_STEP = 9 };

/* What is shown, page after page. */
struct pages {
	uint32_t width, height;
	uint32_t *pixels; /* owned; of all PAGES pages */
};

static bool goes_on(uint64_t wait_ns) {
	struct pollfd end = {.fd = STDIN_FILENO, .events = POLLIN};
	struct timespec wait = {0, (long)wait_ns};
	return ppoll(&end, 1, &wait, NULL) == 0;
}

static uint64_t now_ns(void) {
	struct timespec now;
	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

static void paint_squares(struct desk *desk, long rate) {
	desk_paint(desk, 640, 400, 0);
	for (uint32_t frame = 1; goes_on((uint64_t)(1000000000 / rate)); frame++)
		desk_paint_square(desk, frame % 10, frame % 6, frame);
}

/* Black on white, as dense as text, and no two pages alike: this is what a scrolling page costs an
 * encoder. */
static void draw_page(uint32_t *page) {
	static uint64_t state = 88172645463325252u;
	for (size_t i = 0; i < WIDTH * HEIGHT; i += 32) {
		state ^= state << 13;
		state ^= state >> 7;
		state ^= state << 17;
		for (unsigned bit = 0; bit < 32; bit++)
			page[i + bit] = state >> bit & state >> (bit / 2 + 32) & 1 ? 0x000000 : 0xffffff;
	}
}

static uint32_t *page_at(const struct pages *pages, size_t page) {
	return pages->pixels + page * pages->width * pages->height;
}

static struct pages create_pages(uint32_t width, uint32_t height) {
	struct pages pages = {width, height, malloc((size_t)PAGES * width * height * 4)};
	CHECK(pages.pixels);
	return pages;
}

static struct pages draw_pages(void) {
	struct pages pages = create_pages(WIDTH, HEIGHT);
	for (size_t i = 0; i < PAGES; i++)
		draw_page(page_at(&pages, i));
	return pages;
}

/* The photograph is moved to the left. */
static struct pages draw_video(void) {
	enum { ALL = VIDEO_WIDTH + PAGES * VIDEO_STEP };
	struct pages pages = create_pages(VIDEO_WIDTH, VIDEO_HEIGHT);
	uint32_t *all = malloc((size_t)ALL * VIDEO_HEIGHT * 4);
	CHECK(all);
	content_draw(CONTENT_PHOTO, all, ALL, ALL, VIDEO_HEIGHT);
	for (size_t i = 0; i < PAGES; i++)
		for (size_t y = 0; y < VIDEO_HEIGHT; y++)
			memcpy(page_at(&pages, i) + y * VIDEO_WIDTH, all + y * ALL + i * VIDEO_STEP,
				(size_t)VIDEO_WIDTH * 4);
	free(all);
	return pages;
}

static void fill_tile(const struct pages *pages, uint32_t *page, uint32_t colour) {
	for (size_t y = 0; y < 64; y++)
		for (size_t x = 0; x < 64; x++)
			page[y * pages->width + x] = colour;
}

/* Counts up to the first beat after the key. If no viewer wanted a picture then, the rest was the gateway's
 * doing. A key that comes just after a beat began is still shown by that beat, and has not waited. */
static void tell_wait(uint32_t key, uint64_t pressed_ns, uint64_t shown_ns, uint64_t beat_ns) {
	uint64_t wait_ns = beat_ns - pressed_ns % beat_ns;
	if (pressed_ns + wait_ns > shown_ns)
		wait_ns = 0;
	printf("%u %u\n", key, (unsigned)(wait_ns / 1000));
	fflush(stdout);
}

/* Pages are drawn beforehand, because drawing is not what is measured. There are so many that no encoder
 * remembers a page when it comes again. */
static void paint_pages(struct desk *desk, const struct pages *pages, long rate) {
	uint32_t key = 0;
	uint64_t beat_ns = 1000000000 / BEATS, page_ns = (uint64_t)(1000000000 / rate);
	uint64_t begin, beats = 0, shown_page = UINT64_MAX;
	desk_paint(desk, pages->width, pages->height, 0xffffff);
	begin = now_ns();
	while (goes_on(beat_ns - (now_ns() - begin) % beat_ns)) {
		uint64_t now = now_ns(), due = (now - begin) / page_ns;
		if (!desk->wanted || (now - begin) / beat_ns == beats)
			continue;
		beats = (now - begin) / beat_ns;
		uint64_t shown = now_ns();
		uint32_t *page = page_at(pages, due % PAGES);
		bool pressed = desk->keysym != key;
		key = desk->keysym;
		if (due != shown_page) {
			fill_tile(pages, page, key);
			desk_show(desk, page);
			shown_page = due;
		} else if (pressed) {
			desk_paint_square(desk, 0, 0, key);
		}
		if (pressed)
			tell_wait(key, desk->pressed_ns - begin, shown - begin, beat_ns);
		desk_looked(desk);
	}
	free(pages->pixels);
}

static struct encoders *as_wished(uv_loop_t *loop, struct picture_store *store) {
	return vnc_choice_encoders_with(loop, store, &(struct own_options){.refreshes = false});
}

/* Opens a listening socket, as an administrator would hand it over. */
static int open_socket(const char *address, const char *control, uint16_t *port) {
	struct sockaddr_in in = {.sin_family = AF_INET};
	socklen_t size = sizeof in;
	int fd = socket(AF_INET, SOCK_STREAM, 0);
	CHECK(fd >= 0 && inet_pton(AF_INET, address, &in.sin_addr) == 1);
	if (control && setsockopt(fd, IPPROTO_TCP, TCP_CONGESTION, control, (socklen_t)strlen(control)))
		fprintf(stderr, "net_painter: no %s here: %s\n", control, strerror(errno));
	CHECK(bind(fd, (struct sockaddr *)&in, size) == 0 && listen(fd, 16) == 0);
	CHECK(getsockname(fd, (struct sockaddr *)&in, &size) == 0);
	*port = ntohs(in.sin_port);
	return fd;
}

int main(int argc, char **argv) {
	char listen[64];
	uint16_t port;
	const char *const addresses[] = {listen};
	struct desk desk = {.options = {.security = "none",
				    .desktop_name = "painter",
				    .listen = addresses,
				    .listen_count = 1}};
	long rate = argc > 1 ? atol(argv[1]) : 200;
	const char *what = argc > 2 ? argv[2] : "tile";
	bool full = strcmp(what, "full") == 0, video = strncmp(what, "video", 5) == 0;
	const char *address = argc > 3 ? argv[3] : "127.0.0.1";
	snprintf(listen, sizeof listen, "fd:%d", open_socket(address, argc > 4 ? argv[4] : NULL, &port));
	desk.looks_itself = full || video;
	if (strcmp(what, "video-as-wished") == 0)
		desk.make_encoders = as_wished;
	desk_start(&desk);
	fprintf(stderr, "listening at %s:%u\n", address, port);
	if (full || video) {
		struct pages pages = full ? draw_pages() : draw_video();
		paint_pages(&desk, &pages, rate);
	} else {
		paint_squares(&desk, rate);
	}
	desk_stop(&desk);
	return 0;
}
