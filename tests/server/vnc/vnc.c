/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A raw RFB client on the link's end of the pair: what it is sent must be
 * the published picture, whole and untorn. */
#include "server/vnc/vnc.h"

#include <endian.h>
#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <string.h>
#include <unistd.h>

#include "capture/base/array.h"
#include "tests/test.h"

enum { RAW = 0, NEW_FB_SIZE = -223, EXTENDED_DESKTOP_SIZE = -308 };

/* A pixel on the wire, little-endian. */
struct format {
	uint8_t bytes;
	uint16_t max[3], shift[3]; /* red, green, blue */
};
static const struct format formats[] = {
	{4, {255, 255, 255}, {16, 8, 0}}, {2, {31, 63, 31}, {11, 5, 0}}, {1, {7, 7, 3}, {0, 3, 6}}};

/* As ExtendedDesktopSize tells it. */
struct screen {
	uint32_t id;
	uint16_t x, y, width, height;
	uint32_t flags;
};

struct client {
	struct vnc_viewer *viewer;
	const struct format *format;
	uint32_t width, height;
	uint32_t *pixels;    /* as on the wire */
	unsigned rectangles; /* number of rectangles with pixels in the last update */
	uint64_t area;
	bool resized;
	unsigned announced[2];     /* how often by DesktopSize and by ExtendedDesktopSize */
	struct screen screens[16]; /* of the last ExtendedDesktopSize */
	unsigned screen_count;
};

static void read_all(struct client *client, void *data, size_t size) {
	int fd = vnc_viewer_stream_fd(client->viewer);
	for (size_t got = 0; got < size;) {
		struct pollfd poller = {.fd = fd, .events = POLLIN};
		CHECK(poll(&poller, 1, 10000) == 1);
		ssize_t n = read(fd, (char *)data + got, size - got);
		CHECK_SAY(n > 0, "read: %zd", n);
		got += (size_t)n;
	}
}

static uint16_t read_u16(struct client *client) {
	uint16_t value;
	read_all(client, &value, sizeof value);
	return be16toh(value);
}

static int32_t read_s32(struct client *client) {
	uint32_t value;
	read_all(client, &value, sizeof value);
	return (int32_t)be32toh(value);
}

static void read_screens(struct client *client) {
	uint8_t header[4];
	read_all(client, header, 4);
	CHECK(header[0] <= ARRAY_LEN(client->screens) && !header[1] && !header[2] && !header[3]);
	client->screen_count = header[0];
	for (unsigned i = 0; i < header[0]; i++) {
		struct screen *screen = &client->screens[i];
		screen->id = (uint32_t)read_s32(client);
		screen->x = read_u16(client);
		screen->y = read_u16(client);
		screen->width = read_u16(client);
		screen->height = read_u16(client);
		screen->flags = (uint32_t)read_s32(client);
	}
}

static void set_size(struct client *client, uint32_t width, uint32_t height) {
	client->width = width;
	client->height = height;
	client->pixels = realloc(client->pixels, (size_t)width * height * 4);
	memset(client->pixels, 0xee, (size_t)width * height * 4);
}

static void open_client(struct vnc *vnc, struct client *client) {
	struct reason reason;
	memset(client, 0, sizeof *client);
	client->format = &formats[0];
	CHECK(vnc_viewer_create(vnc, NULL, &client->viewer, &reason) == 0);
	struct encoder_desktop desktop;
	vnc_viewer_desktop(client->viewer, &desktop);
	set_size(client, desktop.width, desktop.height);
}

static void close_client(struct client *client) {
	vnc_viewer_destroy(client->viewer);
	free(client->pixels);
}

static void send_all(struct client *client, const void *data, size_t size) {
	CHECK(write(vnc_viewer_stream_fd(client->viewer), data, size) == (ssize_t)size);
}

static void set_encodings(struct client *client, int32_t extra) {
	uint8_t message[12] = {2, 0, 0, extra ? 2 : 1};
	uint32_t number = htobe32((uint32_t)extra);
	memcpy(message + 8, &number, 4);
	send_all(client, message, extra ? 12 : 8);
}

static void set_format(struct client *client, const struct format *format) {
	uint8_t message[20] = {0, 0, 0, 0, (uint8_t)(8 * format->bytes), 24, 0, 1};
	message[5] = format->bytes == 4 ? 24 : message[4];
	for (int i = 0; i < 3; i++) {
		message[9 + 2 * i] = (uint8_t)format->max[i];
		message[14 + i] = (uint8_t)format->shift[i];
	}
	send_all(client, message, sizeof message);
	client->format = format;
}

static void request_area(
	struct client *client, bool incremental, uint16_t x, uint16_t y, uint16_t w, uint16_t h) {
	uint16_t area[4] = {htobe16(x), htobe16(y), htobe16(w), htobe16(h)};
	uint8_t message[10] = {3, incremental};
	memcpy(message + 2, area, 8);
	send_all(client, message, sizeof message);
}

static void request(struct client *client, bool incremental) {
	request_area(client, incremental, 0, 0, (uint16_t)client->width, (uint16_t)client->height);
}

static void read_rectangle(struct client *client) {
	uint16_t x = read_u16(client), y = read_u16(client), w = read_u16(client), h = read_u16(client);
	int32_t encoding = read_s32(client);
	if (encoding == NEW_FB_SIZE || encoding == EXTENDED_DESKTOP_SIZE) {
		client->announced[encoding == EXTENDED_DESKTOP_SIZE]++;
		if (encoding == EXTENDED_DESKTOP_SIZE)
			read_screens(client);
		client->resized = client->resized || w != client->width || h != client->height;
		if (w != client->width || h != client->height)
			set_size(client, w, h);
		return;
	}
	CHECK_SAY(encoding == RAW, "encoding %d", encoding);
	CHECK(w && h && x + w <= (int)client->width && y + h <= (int)client->height);
	static uint8_t line[UINT16_MAX * 4];
	for (uint32_t row = y; row < (uint32_t)y + h; row++) {
		read_all(client, line, (size_t)w * client->format->bytes);
		for (uint32_t column = 0; column < w; column++) {
			uint32_t pixel = 0;
			memcpy(&pixel, line + (size_t)column * client->format->bytes, client->format->bytes);
			client->pixels[row * client->width + x + column] = le32toh(pixel);
		}
	}
	client->rectangles++;
	client->area += (uint64_t)w * h;
}

static void read_update(struct client *client) {
	uint8_t head[2];
	client->rectangles = 0;
	client->area = 0;
	read_all(client, head, 2);
	CHECK_SAY(head[0] == 0, "message %u", head[0]);
	for (uint16_t left = read_u16(client); left; left--)
		read_rectangle(client);
}

static uint64_t answered(struct client *client, int timeout) {
	struct pollfd poller = {.fd = vnc_viewer_answered_fd(client->viewer), .events = POLLIN};
	uint64_t count = 0;
	if (poll(&poller, 1, timeout) == 1)
		CHECK(read(poller.fd, &count, sizeof count) == sizeof count);
	return count;
}

static uint32_t pixel_of(uint32_t seed, uint32_t x, uint32_t y) {
	uint32_t v = seed * 2654435761u ^ (x * 40503u + y * 65537u);
	return (v ^ v >> 15) & 0xffffff;
}

/* Publishes a picture of this seed, or only one tile of it. */
static void publish(
	struct picture_store *store, uint32_t w, uint32_t h, uint32_t seed, const uint32_t *tile) {
	struct damage damage;
	damage_init(&damage);
	CHECK(damage_resize(&damage, w, h) == 0);
	struct picture *picture = picture_store_begin(store, w, h);
	CHECK(picture);
	for (uint32_t y = 0; y < h; y++) {
		for (uint32_t x = 0; x < w; x++) {
			if (tile && (x / DAMAGE_TILE != tile[0] || y / DAMAGE_TILE != tile[1]))
				continue;
			((uint32_t *)(void *)(picture->pixels + (size_t)y * picture->stride))[x] =
				pixel_of(seed, x, y);
		}
	}
	if (tile)
		damage_add(&damage, tile[0], tile[1]);
	else
		damage_fill(&damage);
	picture_store_publish(store, &damage);
	damage_finish(&damage);
}

/* The library rounds to the nearest value. */
static uint32_t on_wire(const struct format *format, uint32_t pixel) {
	uint32_t word = 0;
	for (int i = 0; i < 3; i++)
		word |= ((pixel >> (16 - 8 * i) & 0xff) * format->max[i] + 127) / 255 << format->shift[i];
	return word;
}

static bool pixel_is(const struct client *client, uint32_t x, uint32_t y, uint32_t pixel) {
	return client->pixels[(size_t)y * client->width + x] == on_wire(client->format, pixel);
}

/* Whether the client shows the picture of w x h with this seed, cut off or with black beyond it. */
static bool shows(const struct client *client, uint32_t w, uint32_t h, uint32_t seed) {
	for (uint32_t y = 0; y < client->height; y++)
		for (uint32_t x = 0; x < client->width; x++)
			if (!pixel_is(client, x, y, x < w && y < h ? pixel_of(seed, x, y) : 0))
				return false;
	return true;
}

static void sends_only_what_changed(struct vnc *vnc, struct picture_store *store) {
	struct client client;
	publish(store, 301, 203, 1, NULL);
	open_client(vnc, &client);
	CHECK(client.width == 301 && client.height == 203);
	set_encodings(&client, 0);
	request(&client, false);
	read_update(&client);
	CHECK(shows(&client, 301, 203, 1) && answered(&client, 5000) == 1);

	request(&client, true); /* nothing changed: the request stays open */
	CHECK(answered(&client, 50) == 0);
	publish(store, 301, 203, 2, (uint32_t[]){1, 2});
	vnc_picture_published(vnc);
	read_update(&client);
	CHECK(client.rectangles == 1 && client.area == 64 * 64 && answered(&client, 5000) == 1);
	CHECK(client.pixels[130 * 301 + 70] == pixel_of(2, 70, 130) && client.pixels[0] == pixel_of(1, 0, 0));

	request_area(&client, true, 5000, 5000, 10, 10); /* outside of the picture: it is not answered */
	CHECK(answered(&client, 5000) == 1);
	close_client(&client);
}

/* The new size comes first, and then all of the picture, although the request can have covered only the old
 * size. */
static void takes_size(struct client *client, uint32_t width, uint32_t height) {
	read_update(client);
	CHECK(client->resized && client->area == 0 && client->width == width && client->height == height);
	client->resized = false;
	/* the answer to a new size must not be measured by the old one */
	struct encoder_report report;
	vnc_viewer_report(client->viewer, &report);
	CHECK(report.width == width && report.height == height);
}

/* A request for all of the old size that comes after the new size was sent brings all of the new picture. */
static void widens_requests(struct vnc *vnc, struct picture_store *store) {
	struct client client;
	publish(store, 320, 200, 6, NULL);
	open_client(vnc, &client);
	set_encodings(&client, NEW_FB_SIZE);
	request(&client, false);
	read_update(&client);
	publish(store, 500, 300, 7, NULL);
	request(&client, true);
	vnc_picture_published(vnc);
	takes_size(&client, 500, 300);
	read_update(&client);
	CHECK(shows(&client, 500, 300, 7) && answered(&client, 5000) > 0);
	request_area(&client, true, 0, 0, 320, 200);
	publish(store, 500, 300, 8, NULL);
	vnc_picture_published(vnc);
	read_update(&client);
	CHECK(shows(&client, 500, 300, 8) && answered(&client, 5000) == 1);
	/* once the viewer has asked for the new size, a part is just a part */
	request(&client, false);
	read_update(&client);
	CHECK(shows(&client, 500, 300, 8) && answered(&client, 5000) == 1);
	request_area(&client, false, 0, 0, 320, 200);
	read_update(&client);
	CHECK(client.area == 320 * 200 && answered(&client, 5000) == 1);
	close_client(&client);
}

/* If the gateway's request for one pixel comes after the previous request was answered, it brings everything
 * that changed. */
static void pixels_alone_mix_nothing(struct vnc *vnc, struct picture_store *store) {
	struct client client;
	publish(store, 320, 200, 9, NULL);
	open_client(vnc, &client);
	set_encodings(&client, 0);
	request(&client, false);
	read_update(&client);
	publish(store, 320, 200, 10, NULL);
	request_area(&client, false, 0, 0, 1, 1);
	vnc_picture_published(vnc);
	read_update(&client);
	CHECK(shows(&client, 320, 200, 10) && answered(&client, 5000) == 2);
	/* a viewer that asks for a single pixel itself, and asks again, is sent that one */
	publish(store, 320, 200, 11, NULL);
	request_area(&client, false, 0, 0, 1, 1);
	vnc_picture_published(vnc);
	read_update(&client);
	CHECK(client.area == 1 && answered(&client, 5000) == 1);
	close_client(&client);
}

static void follows_sizes(struct vnc *vnc, struct picture_store *store, int32_t encoding) {
	struct client client;
	publish(store, 320, 200, 3, NULL);
	open_client(vnc, &client);
	set_encodings(&client, encoding);
	request(&client, false);
	while (!client.area || !shows(&client, 320, 200, 3))
		read_update(&client);
	CHECK(answered(&client, 5000) == 1);
	publish(store, 500, 130, 4, NULL);
	request(&client, true);
	vnc_picture_published(vnc);
	if (encoding)
		takes_size(&client, 500, 130);
	read_update(&client);
	CHECK(!client.resized && client.width == (encoding ? 500u : 320u));
	CHECK(shows(&client, 500, 130, 4) && answered(&client, 5000) == 1);
	publish(store, 320, 200, 5, NULL); /* back to the old picture, for the viewer that never left */
	request(&client, false);
	vnc_picture_published(vnc);
	if (encoding)
		takes_size(&client, 320, 200);
	read_update(&client);
	CHECK(shows(&client, 320, 200, 5) && answered(&client, 5000) == 1);
	close_client(&client);
}

static const struct picture_screen beside[] = {{7, {0, 0, 200, 200}}, {9, {200, 20, 120, 180}}};
static const struct picture_screen exchanged[] = {{7, {120, 0, 200, 200}}, {9, {0, 20, 120, 180}}};

/* The screens change, and with them one tile, which is of another seed afterwards or looks as before. */
static void publish_screens(struct vnc *vnc, struct picture_store *store,
	const struct picture_screen *screens, unsigned count, uint32_t seed) {
	CHECK(picture_store_set_screens(store, screens, count) == 0);
	publish(store, 320, 200, seed, (const uint32_t[]){1, 1});
	vnc_picture_published(vnc);
}

/* An update came that has nothing but these screens, and the gateway knows them, too. */
static void took_screens(struct client *client, const struct picture_screen *screens, unsigned count) {
	struct encoder_desktop desktop;
	vnc_viewer_desktop(client->viewer, &desktop);
	CHECK(client->area == 0 && client->screen_count == count && desktop.screen_count == count);
	for (unsigned i = 0; i < count; i++) {
		const struct screen *got = &client->screens[i];
		const struct rect *place = &screens[i].place;
		CHECK_SAY(got->id == screens[i].id && got->x == place->x && got->y == place->y &&
				  got->width == place->width && got->height == place->height && !got->flags,
			"screen %u: id %u, %ux%u at %u,%u", i, got->id, got->width, got->height, got->x,
			got->y);
		CHECK(memcmp(&desktop.screens[i], &screens[i], sizeof screens[i]) == 0);
	}
}

/* A viewer that knows ExtendedDesktopSize learns all screens at its first request, and once when they
 * change. */
static void announces_screens(struct vnc *vnc, struct picture_store *store) {
	static const struct picture_screen only = {1, {0, 0, 320, 200}};
	struct client client;
	CHECK(picture_store_set_screens(store, beside, 2) == 0);
	publish(store, 320, 200, 20, NULL);
	open_client(vnc, &client);
	set_encodings(&client, EXTENDED_DESKTOP_SIZE);
	request(&client, false);
	read_update(&client);
	took_screens(&client, beside, 2);
	read_update(&client);
	CHECK(client.announced[1] == 1 && shows(&client, 320, 200, 20) && answered(&client, 5000) == 1);
	request(&client, true);
	CHECK(answered(&client, 50) == 0); /* they are not news */

	publish_screens(vnc, store, exchanged, 2, 20);
	read_update(&client);
	took_screens(&client, exchanged, 2);
	read_update(&client);
	CHECK(client.announced[1] == 2 && shows(&client, 320, 200, 20) && answered(&client, 5000) == 1);
	request(&client, true);
	CHECK(answered(&client, 50) == 0);

	publish_screens(vnc, store, NULL, 0, 20);
	read_update(&client);
	took_screens(&client, &only, 1);
	read_update(&client);
	CHECK(client.announced[1] == 3 && answered(&client, 5000) == 1);
	close_client(&client);
}

/* A viewer that knows only DesktopSize is told when the size changes, and of no screens until it knows
 * them. */
static void keeps_screens_back(struct vnc *vnc, struct picture_store *store) {
	static const struct picture_screen larger[] = {{7, {0, 0, 200, 200}}, {9, {200, 0, 300, 200}}};
	struct client client;
	CHECK(picture_store_set_screens(store, beside, 2) == 0);
	publish(store, 320, 200, 21, NULL);
	open_client(vnc, &client);
	set_encodings(&client, NEW_FB_SIZE);
	request(&client, false);
	read_update(&client);
	CHECK(shows(&client, 320, 200, 21) && answered(&client, 5000) == 1);
	request(&client, true);
	publish_screens(vnc, store, exchanged, 2, 22);
	read_update(&client);
	CHECK(client.area == 64 * 64 && answered(&client, 5000) == 1 && !client.announced[0]);

	CHECK(picture_store_set_screens(store, larger, 2) == 0);
	publish(store, 500, 200, 23, NULL);
	request(&client, true);
	read_update(&client);
	CHECK(client.announced[0] == 1 && client.resized && client.width == 500);
	read_update(&client);
	CHECK(shows(&client, 500, 200, 23) && answered(&client, 5000) == 1);
	CHECK(client.announced[0] == 1 && !client.announced[1]);
	set_encodings(&client, EXTENDED_DESKTOP_SIZE);
	request(&client, true);
	read_update(&client);
	took_screens(&client, larger, 2);
	close_client(&client);
	CHECK(picture_store_set_screens(store, NULL, 0) == 0);
}

struct painter {
	struct vnc *vnc;
	struct picture_store *store;
	_Atomic bool stop;
};

static void *paint(void *argument) {
	struct painter *painter = argument;
	for (uint32_t seed = 100; !painter->stop; seed++) {
		publish(painter->store, 256, 192, seed, NULL);
		vnc_picture_published(painter->vnc);
		usleep(500);
	}
	return NULL;
}

/* There are several viewers, one of which does not read, and the whole picture changes all the time. */
static void never_tears(struct vnc *vnc, struct picture_store *store) {
	struct painter painter = {.vnc = vnc, .store = store};
	struct client clients[3], deaf;
	pthread_t thread;
	publish(store, 256, 192, 99, NULL);
	open_client(vnc, &deaf);
	set_encodings(&deaf, 0);
	request(&deaf, false);
	for (int i = 0; i < 3; i++) {
		open_client(vnc, &clients[i]);
		set_encodings(&clients[i], 0);
	}
	CHECK(pthread_create(&thread, NULL, paint, &painter) == 0);
	for (int round = 0; round < 60; round++) {
		for (int i = 0; i < 3; i++)
			request(&clients[i], round > 0);
		for (int i = 0; i < 3; i++) {
			read_update(&clients[i]);
			CHECK(clients[i].area == 256 * 192);
			uint32_t seed = 99;
			while (clients[i].pixels[0] != pixel_of(seed, 0, 0))
				CHECK(++seed < 100000);
			CHECK_SAY(shows(&clients[i], 256, 192, seed), "torn update in round %d", round);
		}
	}
	painter.stop = true;
	pthread_join(thread, NULL);
	for (int i = 0; i < 3; i++)
		close_client(&clients[i]);
	close_client(&deaf);
}

/* The picture is wider than a line of Raw that fits into the library's buffer. */
static void wide(struct vnc *vnc, struct picture_store *store, uint32_t width) {
	publish(store, width, 70, width, NULL);
	for (size_t i = 0; i < ARRAY_LEN(formats); i++) {
		struct client client;
		open_client(vnc, &client);
		set_format(&client, &formats[i]);
		set_encodings(&client, 0);
		request(&client, false);
		read_update(&client);
		CHECK_SAY(shows(&client, width, 70, width), "%u pixels wide, %u bytes each", width,
			formats[i].bytes);
		CHECK(answered(&client, 5000) == 1);
		close_client(&client);
	}
}

enum { SLOW = 12, LARGE_WIDTH = 1024, LARGE_HEIGHT = 1500 }; /* more than the socket pair holds */

static unsigned held(struct picture_store *store) {
	struct picture_store_report report;
	picture_store_report(store, &report);
	CHECK_SAY(report.held <= PICTURE_HELD_MAX, "%u pictures are held", report.held);
	return report.held;
}

/* Asks for all of a picture of its own, and does not read the answer yet. */
static void begin_slowly(struct vnc *vnc, struct picture_store *store, struct client *client, uint32_t seed) {
	publish(store, LARGE_WIDTH, LARGE_HEIGHT, seed, NULL);
	vnc_picture_published(vnc);
	open_client(vnc, client);
	set_encodings(client, 0);
	request(client, false);
	struct pollfd begun = {.fd = vnc_viewer_stream_fd(client->viewer), .events = POLLIN};
	CHECK(poll(&begun, 1, 10000) == 1);
	held(store);
}

/* Whether every pixel is from this seed's picture or from a newer one, down to `last`. */
static bool shows_none_older(const struct client *client, uint32_t seed, uint32_t last) {
	for (uint32_t y = 0; y < client->height; y++) {
		for (uint32_t x = 0; x < client->width; x++) {
			uint32_t newer = seed;
			while (newer <= last && !pixel_is(client, x, y, pixel_of(newer, x, y)))
				newer++;
			if (newer > last)
				return false;
		}
	}
	return true;
}

/* More viewers stop in the middle of an update than pictures may be held. A viewer that reads still gets
 * whole pictures. The others are served to the end when they read on, from newer pictures if theirs is
 * gone. */
static void slow_viewers(struct vnc *vnc, struct picture_store *store) {
	struct client slow[SLOW], quick;
	const uint32_t first = 1000, last = first + SLOW + 9;
	for (uint32_t i = 0; i < SLOW; i++)
		begin_slowly(vnc, store, &slow[i], first + i);
	open_client(vnc, &quick);
	set_encodings(&quick, 0);
	for (uint32_t seed = first + SLOW; seed <= last; seed++) {
		publish(store, LARGE_WIDTH, LARGE_HEIGHT, seed, NULL);
		request(&quick, seed > first + SLOW);
		read_update(&quick);
		CHECK(shows(&quick, LARGE_WIDTH, LARGE_HEIGHT, seed) && answered(&quick, 5000) == 1);
		held(store);
	}
	unsigned mixed = 0;
	for (uint32_t i = 0; i < SLOW; i++) {
		read_update(&slow[i]);
		CHECK(slow[i].area == LARGE_WIDTH * LARGE_HEIGHT && answered(&slow[i], 5000) == 1);
		CHECK(shows_none_older(&slow[i], first + i, last));
		struct encoder_report report;
		vnc_viewer_report(slow[i].viewer, &report);
		CHECK(report.mixed_updates == 1 || shows(&slow[i], LARGE_WIDTH, LARGE_HEIGHT, first + i));
		mixed += report.mixed_updates > 0;
		request(&slow[i], true);
		read_update(&slow[i]);
		CHECK(shows(&slow[i], LARGE_WIDTH, LARGE_HEIGHT, last));
		close_client(&slow[i]);
	}
	CHECK_SAY(mixed >= SLOW - PICTURE_HELD_MAX, "%u of %d updates were mixed", mixed, SLOW);
	close_client(&quick);
}

/* The picture with which an update continues may have another size than the one with which it began. */
static void sizes_change_in_the_middle(struct vnc *vnc, struct picture_store *store) {
	struct client slow, others[PICTURE_HELD_MAX];
	begin_slowly(vnc, store, &slow, 1);
	for (uint32_t i = 0; i < PICTURE_HELD_MAX; i++)
		begin_slowly(vnc, store, &others[i], 2 + i);
	publish(store, 320, 200, 9, NULL);
	read_update(&slow);
	CHECK(pixel_is(&slow, 0, 0, pixel_of(1, 0, 0)) && !slow.resized);
	CHECK(pixel_is(&slow, LARGE_WIDTH - 1, LARGE_HEIGHT - 1, 0));
	request(&slow, true);
	read_update(&slow);
	CHECK(shows(&slow, 320, 200, 9));
	close_client(&slow);
	for (uint32_t i = 0; i < PICTURE_HELD_MAX; i++)
		close_client(&others[i]);
}

static bool shows_cursor(const struct client *client, const struct cursor *cursor, uint32_t seed) {
	for (uint32_t y = 0; y < client->height; y++) {
		for (uint32_t x = 0; x < client->width; x++) {
			bool inside = x - (uint32_t)cursor->x < cursor->width &&
				      y - (uint32_t)cursor->y < cursor->height;
			if (!pixel_is(client, x, y, inside ? 0xabcdef : pixel_of(seed, x, y)))
				return false;
		}
	}
	return true;
}

/* The cursor is painted across the border of two pieces for a viewer that draws none, until that viewer draws
 * one. */
static void paints_cursor(struct vnc *vnc, struct picture_store *store) {
	static struct cursor cursor = {
		.visible = true, .placed = true, .shape = 1, .width = 20, .height = 20};
	struct client client;
	for (uint32_t i = 0; i < 20 * 20; i++)
		cursor.pixels[i] = 0xffabcdef;
	cursor.x = 4090;
	cursor.y = 10;
	publish(store, 5000, 64, 10, NULL);
	vnc_set_cursor(vnc, &cursor);
	open_client(vnc, &client);
	set_encodings(&client, 0);
	request(&client, false);
	read_update(&client);
	CHECK(shows_cursor(&client, &cursor, 10));
	request(&client, true);
	cursor.x = 4080;
	cursor.y = 30;
	vnc_set_cursor(vnc, &cursor);
	read_update(&client);
	CHECK(client.area < 2 * 30 * 40 && shows_cursor(&client, &cursor, 10));
	vnc_viewer_draws_cursor(client.viewer, true);
	request(&client, true);
	read_update(&client);
	CHECK(shows(&client, 5000, 64, 10));
	close_client(&client);
	cursor.visible = false;
	vnc_set_cursor(vnc, &cursor);
}

static void ask_and_read(struct client *client, bool incremental) {
	request(client, incremental);
	read_update(client);
	CHECK(answered(client, 5000) == 1);
}

/* Returns how many pixels above row 50 and from it on are not those of seed 11 (12 in the tile that
 * changed). */
static void count_other(const struct client *client, bool tile_changed, unsigned *above, unsigned *below) {
	*above = *below = 0;
	for (uint32_t y = 0; y < client->height; y++) {
		for (uint32_t x = 0; x < client->width; x++) {
			bool changed = tile_changed && x / DAMAGE_TILE == 5 && y / DAMAGE_TILE == 0;
			if (!pixel_is(client, x, y, pixel_of(changed ? 12 : 11, x, y)))
				++*(y < 50 ? above : below);
		}
	}
}

static bool shows_banner(const struct client *client, bool tile_changed) {
	unsigned above, below;
	count_other(client, tile_changed, &above, &below);
	CHECK_SAY(below == 0, "%u pixels below the banner are wrong", below);
	return above > 0;
}

/* The banner is laid over the picture for the viewers that are connected and for those that join, whatever is
 * painted below it. It disappears when there is nothing to say, and by itself even if nothing else happens.
 * The picture then shows what it is by that time. */
static void lays_banner(struct vnc *vnc, struct picture_store *store) {
	struct client first, second;
	publish(store, 640, 400, 11, NULL);
	open_client(vnc, &first);
	set_encodings(&first, 0);
	ask_and_read(&first, false);
	CHECK(!shows_banner(&first, false));

	request(&first, true);
	CHECK(answered(&first, 50) == 0);
	vnc_set_banner(vnc, "a video is missing", 60000);
	read_update(&first);
	CHECK(answered(&first, 5000) == 1);
	CHECK(shows_banner(&first, false) && first.area < 640 * 50);
	publish(store, 640, 400, 12, (const uint32_t[]){5, 0});
	ask_and_read(&first, true);
	CHECK(shows_banner(&first, true) && first.area == 64 * 64);
	open_client(vnc, &second);
	set_encodings(&second, 0);
	ask_and_read(&second, false);
	CHECK(shows_banner(&second, true));
	CHECK(memcmp(first.pixels, second.pixels, (size_t)640 * 400 * 4) == 0);

	vnc_set_banner(vnc, "", 60000);
	ask_and_read(&first, true);
	CHECK(!shows_banner(&first, true));
	vnc_set_banner(vnc, "a window is missing", 1000); /* the second viewer saw nothing of all this */
	ask_and_read(&second, true);
	CHECK(shows_banner(&second, true));
	ask_and_read(&second, true);
	CHECK(!shows_banner(&second, true) && second.area < 640 * 50);
	close_client(&first);
	close_client(&second);
	vnc_set_banner(vnc, "", 0);
}

int main(void) {
	struct picture_store *store = picture_store_create();
	struct vnc *vnc = vnc_create(store);
	struct vnc_viewer *viewer;
	struct reason reason;
	CHECK(store && vnc);
	CHECK(vnc_viewer_create(vnc, NULL, &viewer, &reason) == -EAGAIN && reason.text[0]);
	sends_only_what_changed(vnc, store);
	follows_sizes(vnc, store, NEW_FB_SIZE);
	follows_sizes(vnc, store, EXTENDED_DESKTOP_SIZE);
	follows_sizes(vnc, store, 0);
	announces_screens(vnc, store);
	keeps_screens_back(vnc, store);
	widens_requests(vnc, store);
	pixels_alone_mix_nothing(vnc, store);
	never_tears(vnc, store);
	paints_cursor(vnc, store);
	lays_banner(vnc, store);
	wide(vnc, store, 10240);
	wide(vnc, store, 16384);
	wide(vnc, store, 65535);
	slow_viewers(vnc, store);
	sizes_change_in_the_middle(vnc, store);
	vnc_destroy(vnc);
	picture_store_destroy(store);
	return 0;
}
