/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * cursor_server ADDRESS:PORT [WEB_ROOT]: the gateway, libvncserver and the feed of a real server, with a
 * plain grey picture and a cursor as a graphics card would have it, whose alpha grows from left to right. For
 * viewers that somebody else wrote. "place X Y" on standard input puts the tip there, as a program does that
 * warps the pointer. The end of standard input ends the server. Each pointer event is a line on standard
 * output.
 */
#include <string.h>
#include <unistd.h>

#include "encode/picture.h"
#include "server/cursor/feed.h"
#include "server/net/gateway.h"
#include "server/net/viewer/viewer.h"
#include "server/vnc/choice.h"
#include "tests/test.h"

enum { WIDTH = 640, HEIGHT = 400, SIDE = 16, HOT_X = 3, HOT_Y = 5 };

static struct cursor cursor = {.visible = true,
	.placed = true,
	.x = 100 - HOT_X,
	.y = 100 - HOT_Y,
	.shape = 1,
	.has_hotspot = true,
	.hotspot_x = HOT_X,
	.hotspot_y = HOT_Y,
	.width = SIDE,
	.height = SIDE};
static struct feed *feed;
static struct gateway *gateway;
static uv_async_t ready;

/* --- in place of the frame thread --- */

void frames_cursor(struct frames *frames, struct cursor *to) {
	(void)frames;
	cursor_copy(to, &cursor);
}

static void draw_cursor(void) {
	static const uint32_t colour[3] = {240, 120, 40};
	for (uint32_t i = 0; i < SIDE * SIDE; i++) {
		uint32_t alpha = i % SIDE * 17, pixel = alpha << 24;
		for (int j = 0; j < 3; j++)
			pixel |= (colour[j] * alpha + 127) / 255 << (16 - 8 * j);
		cursor.pixels[i] = pixel;
	}
}

static void paint(struct picture_store *store) {
	struct damage damage;
	damage_init(&damage);
	struct picture *picture = picture_store_begin(store, WIDTH, HEIGHT);
	CHECK(picture && damage_resize(&damage, WIDTH, HEIGHT) == 0);
	memset(picture->pixels, 0x60, picture->stride * HEIGHT);
	damage_fill(&damage);
	picture_store_publish(store, &damage);
	damage_finish(&damage);
}

/* --- in place of the session --- */

static void on_wanted(void *context, bool wanted) {
	(void)context;
	(void)wanted;
	uv_async_send(&ready);
}

static void on_ready(uv_async_t *async) {
	(void)async;
	if (gateway)
		gateway_picture_ready(gateway);
}

static void on_joined(void *context, struct viewer *viewer) {
	(void)context;
	feed_join(feed, viewer);
}

static void on_left(void *context, struct viewer *viewer) {
	(void)context;
	feed_leave(feed, viewer);
}

static void on_key(void *context, struct viewer *viewer, uint32_t keysym, uint32_t scancode, bool down) {
	(void)context;
	(void)viewer;
	(void)keysym;
	(void)scancode;
	(void)down;
}

static void on_pointer(void *context, struct viewer *viewer, uint16_t x, uint16_t y, uint32_t buttons) {
	(void)context;
	(void)buttons;
	printf("pointer %u %u\n", x, y);
	fflush(stdout);
	cursor.x = x - HOT_X;
	cursor.y = y - HOT_Y;
	feed_moved(feed, viewer, x, y);
	feed_cursor_changed(feed, true);
}

static void on_motion(void *context, struct viewer *viewer, int32_t dx, int32_t dy, uint32_t buttons) {
	(void)context;
	(void)viewer;
	(void)dx;
	(void)dy;
	(void)buttons;
}

static enum desktop_size_status on_resize(
	void *context, const struct desktop_size_wish *wish, const char **note) {
	(void)context, (void)wish, (void)note;
	return DESKTOP_SIZE_PROHIBITED;
}

static void on_between(void *context, struct viewer *viewer) {
	(void)context;
	feed_between_messages(feed, viewer);
}

static void on_refused(void *context, const struct gateway_refusal *refusal) {
	(void)context;
	(void)refusal;
}

static void on_over(void *context) {
	(void)context;
}

/* --- the script --- */

static void on_command(uv_poll_t *poll, int status, int events) {
	(void)status;
	(void)events;
	static char line[64];
	int x, y;
	ssize_t size = read(STDIN_FILENO, line, sizeof line - 1);
	line[size > 0 ? size : 0] = '\0';
	if (size <= 0) {
		uv_stop(poll->loop);
	} else if (sscanf(line, "place %d %d", &x, &y) == 2) {
		cursor.x = x - HOT_X;
		cursor.y = y - HOT_Y;
		feed_cursor_changed(feed, true);
	}
}

static void on_called(void *context) {
	(void)context;
}

int main(int argc, char **argv) {
	CHECK(argc > 1);
	struct gateway_events events = {.wanted = on_wanted,
		.joined = on_joined,
		.left = on_left,
		.key = on_key,
		.pointer = on_pointer,
		.motion = on_motion,
		.resize = on_resize,
		.between_messages = on_between,
		.refused = on_refused,
		.called = on_called,
		.over = on_over};
	const char *listen[] = {argv[1]};
	struct gateway_options options = {.listen = listen,
		.listen_count = 1,
		.security = "none",
		.web_root = argv[2], /* NULL if there is none */
		.desktop_name = "cursors"};
	struct reason reason = {""};
	uv_loop_t loop;
	uv_poll_t commands;
	struct picture_store *store = picture_store_create();
	draw_cursor();
	paint(store);
	CHECK(uv_loop_init(&loop) == 0);
	struct encoders *encoders = vnc_choice_encoders(&loop, store);
	CHECK(encoders && feed_create(&loop, encoders, &feed) == 0);
	feed_attach(feed, (struct frames *)(void *)&cursor, NULL);
	uv_async_init(&loop, &ready, on_ready);
	CHECK_SAY(gateway_create(&loop, encoders, &options, &events, &gateway, &reason) == 0, "%s",
		reason.text);
	uv_poll_init(&loop, &commands, STDIN_FILENO);
	uv_poll_start(&commands, UV_READABLE, on_command);
	printf("listening\n");
	fflush(stdout);
	uv_run(&loop, UV_RUN_DEFAULT);
	gateway_destroy(gateway);
	gateway = NULL;
	feed_attach(feed, NULL, NULL);
	feed_destroy(feed);
	encoders_destroy(encoders);
	uv_close((uv_handle_t *)&ready, NULL);
	uv_close((uv_handle_t *)&commands, NULL);
	uv_run(&loop, UV_RUN_DEFAULT);
	CHECK(uv_loop_close(&loop) == 0);
	picture_store_destroy(store);
	return 0;
}
