/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tests/server/net/desk.h"

#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "capture/base/array.h"
#include "encode/rfb/bytes.h"
#include "server/net/viewer/viewer.h"
#include "server/vnc/choice.h"
#include "tests/test.h"

/* --- what the session would do --- */

void desk_looked(struct desk *desk) {
	uv_async_send(&desk->ready);
}

static void on_wanted(void *context, bool wanted) {
	struct desk *desk = context;
	desk->wanted = wanted;
	if (wanted && !desk->looks_itself)
		desk_looked(desk); /* the picture is always fresh */
}

static struct picture_store *on_receive(void *context, struct viewer *viewer) {
	struct desk *desk = context;
	desk->received = viewer_id(viewer);
	return desk->instead;
}

static void on_withdrew(void *context, struct viewer *viewer) {
	(void)viewer;
	((struct desk *)context)->withdrew++;
}

static void on_joined(void *context, struct viewer *viewer) {
	(void)viewer;
	((struct desk *)context)->joined++;
}

static void on_left(void *context, struct viewer *viewer) {
	(void)viewer;
	struct desk *desk = context;
	desk->left++;
	if (desk->resize && desk->joined == desk->left)
		resize_put_back(desk->resize);
}

/* At most three screens. */
static enum desktop_size_status can_resize(
	void *context, size_t count, struct resize_screens *screens, const char **note) {
	struct desk *desk = context;
	*note = "the desk has no more screens";
	*screens = desk->display;
	return count > 3 ? DESKTOP_SIZE_INVALID : DESKTOP_SIZE_LATER;
}

static int set_display(void *context, const struct resize_screens *screens, struct reason *reason) {
	struct desk *desk = context;
	int error = desk->set_size(desk, screens);
	if (error)
		return reason_set(reason, error, "the desk cannot");
	desk->display = *screens;
	return 0;
}

static void on_resized(void *context, const struct desktop_size_outcome *outcome) {
	struct desk *desk = context;
	gateway_resized(desk->gateway, outcome);
}

static void start_resize(struct desk *desk) {
	struct resize_parts parts = {.loop = &desk->loop,
		.resizer = {.context = desk, .can = can_resize, .set = set_display},
		.sideways = desk->sideways,
		.store = desk->store,
		.context = desk,
		.done = on_resized};
	desk->display = (struct resize_screens){1, {{64, 48}}};
	desk->resize = resize_create(&parts);
	CHECK(desk->resize);
}

static void on_key(void *context, struct viewer *viewer, uint32_t keysym, uint32_t scancode, bool down) {
	struct desk *desk = context;
	if (down)
		desk->pressed_ns = uv_hrtime();
	desk->talk = gateway_talk(desk->gateway, viewer_id(viewer));
	desk->keysym = keysym;
	desk->scancode = scancode;
	desk->keys++;
	if (desk->on_key)
		desk->on_key(keysym);
}

static void on_pointer(void *context, struct viewer *viewer, uint16_t x, uint16_t y, uint32_t buttons) {
	(void)viewer;
	struct desk *desk = context;
	desk->position = (uint32_t)x << 16 | y;
	desk->buttons = buttons;
	desk->pointers++;
}

static void on_motion(void *context, struct viewer *viewer, int32_t dx, int32_t dy, uint32_t buttons) {
	(void)viewer;
	struct desk *desk = context;
	desk->dx = dx;
	desk->dy = dy;
	desk->buttons = buttons;
	desk->motions++;
}

static enum desktop_size_status on_resize(
	void *context, const struct desktop_size_wish *wish, const char **note) {
	struct desk *desk = context;
	if (desk->resize)
		return resize_ask(desk->resize, wish, note);
	*note = "the desk has its size";
	return DESKTOP_SIZE_PROHIBITED;
}

static void on_between(void *context, struct viewer *viewer) {
	/* an update of one rectangle of the pseudo-encoding -232, as a cursor's position would be */
	static const uint8_t update[16] = {0, 0, 0, 1, 0, 5, 0, 6, 0, 0, 0, 0, 0xff, 0xff, 0xff, 0x18};
	struct desk *desk = context;
	if (desk->send_update && viewer_awaits_update(viewer) &&
		viewer_send(viewer, update, sizeof update) == 0)
		desk->send_update = false;
}

static void on_refused(void *context, const struct gateway_refusal *refusal) {
	((struct desk *)context)->refused++;
	CHECK(refusal->address[0] && refusal->why[0]);
}

static void on_over(void *context) {
	(void)context;
}

static void on_ready(uv_async_t *async) {
	struct desk *desk = async->data;
	if (!desk->gateway)
		return;
	gateway_set_view_only(desk->gateway, desk->view_only);
	gateway_admit(desk->gateway, desk->admitted);
	desk->looks++;
	gateway_picture_ready(desk->gateway);
}

static void on_stop(uv_async_t *async) {
	struct desk *desk = async->data;
	gateway_destroy(desk->gateway);
	desk->gateway = NULL;
	resize_destroy(desk->resize);
	encoders_destroy(desk->encoders);
	uv_close((uv_handle_t *)&desk->stop, NULL);
	uv_close((uv_handle_t *)&desk->ready, NULL);
}

static void *run(void *argument) {
	struct desk *desk = argument;
	uv_run(&desk->loop, UV_RUN_DEFAULT);
	return NULL;
}

static void on_called(void *context) {
	(void)context;
}

void desk_start(struct desk *desk) {
	struct gateway_events events = {
		.context = desk,
		.wanted = on_wanted,
		.receive = on_receive,
		.withdrew = on_withdrew,
		.joined = on_joined,
		.left = on_left,
		.key = on_key,
		.pointer = on_pointer,
		.motion = on_motion,
		.resize = on_resize,
		.between_messages = on_between,
		.refused = on_refused,
		.called = on_called,
		.over = on_over,
	};
	struct reason reason = {""};
	strcpy(desk->folder, "/tmp/zerovnc-desk-XXXXXX");
	CHECK(mkdtemp(desk->folder));
	snprintf(desk->socket, sizeof desk->socket, "%s/socket", desk->folder);
	snprintf(desk->listen, sizeof desk->listen, "unix:%s", desk->socket);
	const char *listen[] = {desk->listen};
	if (!desk->options.desktop_name)
		desk->options.desktop_name = "the desk";
	if (!desk->options.listen) {
		desk->options.listen = listen;
		desk->options.listen_count = 1;
	}
	damage_init(&desk->damage);
	desk->store = picture_store_create();
	desk_paint(desk, 64, 48, 0x102030);
	CHECK(uv_loop_init(&desk->loop) == 0);
	if (!desk->make_encoders)
		desk->make_encoders = vnc_choice_encoders;
	desk->encoders = desk->make_encoders(&desk->loop, desk->store);
	if (desk->set_size)
		start_resize(desk);
	uv_async_init(&desk->loop, &desk->stop, on_stop);
	uv_async_init(&desk->loop, &desk->ready, on_ready);
	desk->stop.data = desk->ready.data = desk;
	int error =
		gateway_create(&desk->loop, desk->encoders, &desk->options, &events, &desk->gateway, &reason);
	CHECK_SAY(error == 0, "%s", reason.text);
	CHECK(pthread_create(&desk->thread, NULL, run, desk) == 0);
}

void desk_stop(struct desk *desk) {
	uv_async_send(&desk->stop);
	pthread_join(desk->thread, NULL);
	CHECK(uv_loop_close(&desk->loop) == 0); /* nothing was left on the loop */
	CHECK(desk->joined == desk->left);
	picture_store_destroy(desk->store);
	damage_finish(&desk->damage);
	CHECK(access(desk->socket, F_OK) < 0);
	CHECK(rmdir(desk->folder) == 0);
}

void desk_paint(struct desk *desk, uint32_t width, uint32_t height, uint32_t colour) {
	struct picture *picture = picture_store_begin(desk->store, width, height);
	CHECK(picture && damage_resize(&desk->damage, width, height) == 0);
	desk->width = width;
	desk->height = height;
	for (uint32_t y = 0; y < height; y++)
		for (uint32_t x = 0; x < width; x++)
			((uint32_t *)(picture->pixels + (size_t)y * picture->stride))[x] = colour;
	damage_fill(&desk->damage);
	picture_store_publish(desk->store, &desk->damage);
	if (desk->encoders)
		encoders_published(desk->encoders);
}

void desk_show(struct desk *desk, const uint32_t *pixels) {
	struct picture *picture = picture_store_begin(desk->store, desk->width, desk->height);
	CHECK(picture);
	for (uint32_t y = 0; y < desk->height; y++)
		memcpy(picture->pixels + (size_t)y * picture->stride, pixels + (size_t)y * desk->width,
			(size_t)desk->width * 4);
	damage_fill(&desk->damage);
	picture_store_publish(desk->store, &desk->damage);
	encoders_published(desk->encoders);
}

void desk_paint_square(struct desk *desk, uint32_t column, uint32_t row, uint32_t colour) {
	struct picture *picture = picture_store_begin(desk->store, desk->width, desk->height);
	CHECK(picture);
	damage_clear(&desk->damage);
	damage_add(&desk->damage, column, row);
	for (uint32_t y = row * 64; y < row * 64 + 64 && y < desk->height; y++)
		for (uint32_t x = column * 64; x < column * 64 + 64 && x < desk->width; x++)
			((uint32_t *)(picture->pixels + (size_t)y * picture->stride))[x] = colour;
	picture_store_publish(desk->store, &desk->damage);
	encoders_published(desk->encoders);
}

/* --- a viewer --- */

int desk_connect(const struct desk *desk) {
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	strcpy(address.sun_path, desk->socket);
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	CHECK(fd >= 0 && connect(fd, (struct sockaddr *)&address, sizeof address) == 0);
	return fd;
}

static bool wait_for(int fd, int timeout_ms) {
	struct pollfd poller = {.fd = fd, .events = POLLIN};
	return poll(&poller, 1, timeout_ms) == 1;
}

void seen_read(int fd, void *bytes, size_t size) {
	for (size_t got = 0; got < size;) {
		CHECK(wait_for(fd, 10000));
		ssize_t n = read(fd, (char *)bytes + got, size - got);
		CHECK_SAY(n > 0, "read %zd after %zu of %zu bytes", n, got, size);
		got += (size_t)n;
	}
}

bool seen_closed(int fd, int timeout_ms) {
	char bytes[4096];
	while (wait_for(fd, timeout_ms))
		if (read(fd, bytes, sizeof bytes) <= 0)
			return true;
	return false;
}

void seen_say(int fd, const void *bytes, size_t size) {
	CHECK(send(fd, bytes, size, MSG_NOSIGNAL) == (ssize_t)size);
}

static void set_size(struct seen *seen, uint32_t width, uint32_t height) {
	seen->width = width;
	seen->height = height;
	free(seen->pixels);
	seen->pixels = calloc((size_t)width * height, 4);
}

void seen_join(const struct desk *desk, struct seen *seen) {
	uint8_t bytes[64];
	memset(seen, 0, sizeof *seen);
	seen->fd = desk_connect(desk);
	seen_read(seen->fd, bytes, 12);
	CHECK(memcmp(bytes, "RFB 003.008\n", 12) == 0);
	seen_say(seen->fd, "RFB 003.008\n", 12);
	seen_read(seen->fd, bytes, 2);
	CHECK(bytes[0] == 1 && bytes[1] == 1);
	seen_say(seen->fd, "\1", 1);
	seen_read(seen->fd, bytes, 4);
	CHECK(bytes_get32(bytes) == 0);
	seen_say(seen->fd, "\1", 1);
	seen_read(seen->fd, bytes, 24);
	set_size(seen, bytes_get16(bytes), bytes_get16(bytes + 2));
	CHECK(bytes_get32(bytes + 20) == 8);
	seen_read(seen->fd, bytes, 8);
	CHECK(memcmp(bytes, "the desk", 8) == 0);
}

void seen_leave(struct seen *seen) {
	close(seen->fd);
	free(seen->pixels);
}

void seen_encodings(struct seen *seen, const int32_t *list, unsigned count) {
	uint8_t message[4 + 4 * 64] = {2, 0, 0, (uint8_t)count};
	for (unsigned i = 0; i < count; i++)
		bytes_put32(message + 4 + 4 * i, (uint32_t)list[i]);
	seen_say(seen->fd, message, 4 + 4 * count);
}

void seen_request(
	struct seen *seen, bool incremental, uint16_t x, uint16_t y, uint16_t width, uint16_t height) {
	uint8_t message[10] = {3, incremental};
	bytes_put16(message + 2, x);
	bytes_put16(message + 4, y);
	bytes_put16(message + 6, width);
	bytes_put16(message + 8, height);
	seen_say(seen->fd, message, sizeof message);
}

static void read_screens(struct seen *seen) {
	uint8_t bytes[16];
	seen_read(seen->fd, bytes, 4);
	CHECK(bytes[0] <= ARRAY_LEN(seen->screens));
	seen->screen_count = bytes[0];
	for (unsigned i = 0; i < seen->screen_count; i++) {
		seen_read(seen->fd, bytes, sizeof bytes);
		seen->screens[i] = (struct picture_screen){
			bytes_get32(bytes), {bytes_get16(bytes + 4), bytes_get16(bytes + 6),
						    bytes_get16(bytes + 8), bytes_get16(bytes + 10)}};
	}
}

static void read_rectangle(struct seen *seen) {
	uint8_t header[12];
	seen_read(seen->fd, header, sizeof header);
	uint16_t x = bytes_get16(header), y = bytes_get16(header + 2);
	uint16_t width = bytes_get16(header + 4), height = bytes_get16(header + 6);
	int32_t encoding = (int32_t)bytes_get32(header + 8);
	if (encoding == 0) {
		CHECK(x + width <= (int)seen->width && y + height <= (int)seen->height);
		for (uint16_t row = 0; row < height; row++)
			seen_read(seen->fd, seen->pixels + (size_t)(y + row) * seen->width + x,
				(size_t)width * 4);
		seen->rectangles++;
		return;
	}
	CHECK_SAY(encoding < 0, "encoding %d", encoding);
	if (encoding == -223 || encoding == -308)
		set_size(seen, width, height);
	if (encoding == -308) {
		seen->reason = x;
		seen->status = y;
		size_t used = strlen(seen->sizes);
		if (x)
			snprintf(seen->sizes + used, sizeof seen->sizes - used, "%u:%u", x, y);
		read_screens(seen);
	}
	if (encoding == -307) {
		uint8_t length[4];
		seen_read(seen->fd, length, 4);
		CHECK(bytes_get32(length) < sizeof seen->name);
		seen_read(seen->fd, seen->name, bytes_get32(length));
	}
	if (seen->pseudo_count < ARRAY_LEN(seen->pseudo))
		seen->pseudo[seen->pseudo_count] = encoding;
	seen->pseudo_count++;
}

static void read_fence(struct seen *seen) {
	uint8_t header[8];
	seen_read(seen->fd, header, sizeof header);
	seen->fence_flags = bytes_get32(header + 3);
	seen->fence_size = header[7];
	CHECK(seen->fence_size <= sizeof seen->fence_payload);
	seen_read(seen->fd, seen->fence_payload, seen->fence_size);
	seen->fences++;
}

int seen_message(struct seen *seen, int timeout_ms) {
	uint8_t type, header[3];
	if (!wait_for(seen->fd, timeout_ms))
		return -1;
	seen_read(seen->fd, &type, 1);
	switch (type) {
	case 0:
		seen_read(seen->fd, header, 3);
		for (unsigned count = bytes_get16(header + 1); count; count--)
			read_rectangle(seen);
		seen->updates++;
		break;
	case 150:
		seen->end_of_continuous++;
		break;
	case 248:
		read_fence(seen);
		break;
	default:
		CHECK_SAY(false, "message %u", type);
	}
	return type;
}

void seen_update(struct seen *seen) {
	unsigned before = seen->rectangles;
	while (seen->rectangles == before)
		CHECK(seen_message(seen, 10000) >= 0);
}
