/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A client and the broker, each in a thread of its own, with screens that the test makes up; and clients and
 * brokers that break the rules. */
#include "capture/broker/broker.h"

#include <drm_fourcc.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "capture/broker/client.h"
#include "capture/broker/link.h"
#include "capture/correction.h"
#include "tests/encode/random.h"
#include "tests/test.h"

enum { WIDTH = 70, HEIGHT = 50 };

/* --- a screen that the test makes up --- */

static struct {
	uint32_t pixels[HEIGHT][WIDTH], other[HEIGHT / 2][WIDTH / 2];
	int buffer; /* what stands for a dma-buf: a memory that cannot shrink; -1: none */
	bool two_layers, wants_memory, current, colours;
	uint16_t gamma[256][4];
	struct frame_colour colour;
	struct frame_palette palette;
	bool indexed; /* the first layer has the palette */
	struct frame_signal signal;
	struct cursor cursor;
	int error; /* of the next acquire */
	_Atomic int open, armed;
	unsigned released, let_go, flags, peeks;
	uint64_t token;
} fake;

struct fake_source {
	struct source base;
};

static int fake_peek(struct source *source, uint64_t *token) {
	fake.peeks++;
	source->waited = fake.token % 2;
	*token = fake.token;
	return 0;
}

static void add_memory(struct frame *frame) {
	struct frame_layer *layer = frame_add_layer(frame);
	struct frame_layer lowest = frame->layers[0];
	*layer = lowest;
	for (int i = 0; i < FRAME_MAX_PLANES; i++)
		layer->planes[i].fd = -1;
	layer->plane_id = 9;
	layer->fb_id = 99;
	layer->width = WIDTH / 2;
	layer->height = HEIGHT / 2;
	layer->planes[0].pitch = WIDTH / 2 * 4;
	layer->memory = (const uint8_t *)fake.other;
	layer->memory_size = sizeof fake.other;
	layer->source = (struct rect_fixed){0, 0, WIDTH / 2 << 16, HEIGHT / 2 << 16};
	layer->destination = (struct rect){-3, 5, WIDTH / 2, HEIGHT / 2};
	layer->alpha = 0x8000;
	layer->blend = FRAME_BLEND_COVERAGE;
	layer->zpos = 7;
}

static int fake_acquire(struct source *source, unsigned flags, struct frame *frame, struct reason *reason) {
	fake.flags = flags;
	source->abandoned = fake.error == -EAGAIN;
	if (fake.error)
		return reason_set(reason, fake.error, "it is dark in here");
	frame_set_memory(frame, WIDTH, HEIGHT, fake.pixels[0], WIDTH * 4, 1);
	if (fake.buffer >= 0) {
		frame->layers[0].planes[0].fd = dup(fake.buffer);
		if (!(flags & SOURCE_MAP_MEMORY)) {
			frame->layers[0].memory = NULL;
			frame->layers[0].memory_size = 0;
		}
	}
	if (fake.two_layers)
		add_memory(frame);
	frame->colour = fake.colours ? &fake.colour : NULL;
	frame->layers[0].palette = fake.indexed ? &fake.palette : NULL;
	frame->signal = fake.signal;
	frame->token = fake.token;
	frame->time_ns = 12345;
	source->refresh_mhz = 60000;
	snprintf(source->shortfall.text, sizeof source->shortfall.text, "%s",
		fake.two_layers ? "a plane" : "");
	source->shortfall.missing = fake.two_layers ? shortfall_planes : NULL;
	return 0;
}

static bool fake_is_current(struct source *source, const struct frame *frame) {
	(void)source;
	CHECK(frame->layer_count && frame->layers[0].planes[0].fd < 0); /* the broker keeps no descriptor */
	return fake.current;
}

static int fake_arm(struct source *source) {
	const uint64_t one = 1;
	fake.armed++;
	return write(source->event_fd, &one, sizeof one) == sizeof one ? 0 : -EIO;
}

static bool fake_read_events(struct source *source) {
	uint64_t count;
	return read(source->event_fd, &count, sizeof count) == sizeof count;
}

static int fake_cursor(struct source *source, struct cursor *cursor) {
	(void)source;
	cursor_copy(cursor, &fake.cursor);
	return 0;
}

static void fake_release(struct source *source) {
	(void)source;
	fake.released++;
}

static void fake_let_go(struct source *source) {
	(void)source;
	fake.let_go++;
}

static void fake_destroy(struct source *source) {
	close(source->event_fd);
	free(source);
	fake.open--;
}

static const struct source_impl fake_impl = {
	.name = "fake",
	.peek = fake_peek,
	.acquire = fake_acquire,
	.is_current = fake_is_current,
	.arm_vblank = fake_arm,
	.read_events = fake_read_events,
	.cursor = fake_cursor,
	.release = fake_release,
	.let_go = fake_let_go,
	.destroy = fake_destroy,
};

static const struct source_impl plain_impl = {
	.name = "plain", .acquire = fake_acquire, .destroy = fake_destroy};

static int fake_open(const struct source_options *options, struct source **source, struct reason *why) {
	if (options->output && strcmp(options->output, "none") == 0)
		return reason_set(why, -ENODEV, "there is no output none");
	bool plain = options->kind == SOURCE_FBDEV;
	struct source *self = calloc(1, sizeof *self);
	CHECK(self);
	self->impl = plain ? &plain_impl : &fake_impl;
	self->event_fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
	snprintf(self->output, sizeof self->output, "fake %s", options->output ? options->output : "any");
	snprintf(self->card_node, sizeof self->card_node, "/dev/dri/card7");
	fake.open++;
	*source = self;
	reason_set(why, 0, "it was asked for");
	return 0;
}

static int fake_heads(const char *card, const char *outputs, struct head heads[HEADS_MAX], size_t *count,
	struct reason *why) {
	if (strcmp(outputs, "none") == 0)
		return reason_set(why, -ENODEV, "there is no such output");
	CHECK(!card || strcmp(card, "/dev/dri/card7") == 0);
	for (size_t i = 0; i < 2; i++) {
		heads[i] = (struct head){.card = "/dev/dri/card7",
			.id = 5 + (uint32_t)i,
			.lit = i == 0,
			.width = 640,
			.height = 480,
			.tile = {i ? 3u : 0u, 2, 1, (uint32_t)i, 0, 640, 480}};
		snprintf(heads[i].output, sizeof heads[i].output, "DP-%zu", i + 1);
	}
	*count = 2;
	reason_set(why, 0, "these two");
	return 0;
}

static int fake_device(enum input_device_kind kind, const struct input_device_options *options, int *fd,
	struct reason *why) {
	if (kind == INPUT_DEVICE_MOUSE)
		return reason_set(why, -ENOENT, "no mouse today");
	*fd = memfd_create("device", MFD_CLOEXEC);
	return write(*fd, options->keys, sizeof options->keys) == sizeof options->keys ? 0 : -EIO;
}

static const struct desk_services services = {fake_open, fake_heads, fake_device};

/* --- a broker in a thread --- */

static char path[64];
static _Atomic bool ended;
static pthread_t thread;
static int listener;
static uid_t allowed;
static int lifeline = -1;

static int listen_at(void) {
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	snprintf(address.sun_path, sizeof address.sun_path, "%s", path);
	unlink(path);
	int fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	CHECK(bind(fd, (const struct sockaddr *)&address, sizeof address) == 0 && listen(fd, 64) == 0);
	return fd;
}

static void *run(void *unused) {
	(void)unused;
	const struct broker_options options = {.listener = listener,
		.lifeline = lifeline,
		.uid = allowed,
		.services = &services,
		.ended = &ended};
	CHECK(broker_run(&options) == 0);
	return NULL;
}

static void start(void) {
	ended = 0;
	listener = listen_at();
	CHECK(pthread_create(&thread, NULL, run, NULL) == 0);
}

static void stop(void) {
	int fd;
	struct reason ignored;
	ended = 1;
	link_connect(path, &fd, &ignored); /* wakes it */
	CHECK(pthread_join(thread, NULL) == 0);
	close(fd);
	close(listener);
	CHECK(fake.open == 0);
}

/* --- frames --- */

static void make_fake(void) {
	struct random random = {7};
	memset(&fake, 0, sizeof fake);
	for (int y = 0; y < HEIGHT; y++)
		for (int x = 0; x < WIDTH; x++)
			fake.pixels[y][x] = (uint32_t)random_next(&random);
	for (int i = 0; i < 256; i++)
		fake.gamma[i][0] = (uint16_t)(65535 - i * 257);
	fake.colour = (struct frame_colour){.serial = 77,
		.gamma = {256, (const uint16_t(*)[4])fake.gamma},
		.has_matrix = true,
		.matrix = {1, 2, 3}};
	fake.buffer = -1;
	fake.token = 4;
	fake.cursor = (struct cursor){.visible = true,
		.placed = true,
		.x = -4,
		.y = 9,
		.shape = 11,
		.has_hotspot = true,
		.hotspot_x = 3,
		.hotspot_y = 2,
		.width = 24,
		.height = 20};
	for (int i = 0; i < 24 * 20; i++)
		fake.cursor.pixels[i] = (uint32_t)random_next(&random);
}

static struct source *open_fake(enum source_kind kind, const char *output) {
	const struct source_options options = {.broker = path, .kind = kind, .output = output};
	struct source *source;
	struct reason why;
	CHECK(source_open(&options, &source, &why) == 0);
	return source;
}

static void check_memory(const struct frame *frame) {
	const struct frame_layer *layer = &frame->layers[0];
	CHECK(frame->width == WIDTH && frame->height == HEIGHT && frame->token == fake.token &&
		frame->time_ns == 12345);
	CHECK(layer->memory_size == sizeof fake.pixels &&
		memcmp(layer->memory, fake.pixels, sizeof fake.pixels) == 0);
	CHECK(layer->memory != (const uint8_t *)fake.pixels && layer->memory_id);
	CHECK(layer->fourcc == DRM_FORMAT_XRGB8888 && layer->modifier == DRM_FORMAT_MOD_LINEAR &&
		layer->plane_count == 1 && layer->planes[0].pitch == WIDTH * 4 && layer->planes[0].fd == -1);
}

static void a_frame_in_memory_arrives(void) {
	make_fake();
	start();
	struct source *source = open_fake(SOURCE_KMS, "DP-1");
	struct frame frame;
	struct reason reason;
	frame_init(&frame);
	CHECK(strcmp(source->output, "fake DP-1") == 0 && strcmp(source->card_node, "/dev/dri/card7") == 0);
	CHECK(source_acquire(source, 0, &frame, &reason) == 0 && frame.layer_count == 1 && !frame.colour);
	check_memory(&frame);
	uint64_t id = frame.layers[0].memory_id;
	CHECK(source->refresh_mhz == 60000 && !source->shortfall.missing);
	frame_finish(&frame);
	fake.pixels[3][4] ^= 0xff;
	fake.token = 5;
	CHECK(source_acquire(source, 0, &frame, &reason) == 0);
	check_memory(&frame);
	CHECK(frame.layers[0].memory_id == id);
	frame_finish(&frame);
	source->impl->release(source);
	CHECK(fake.released == 1);
	CHECK(source_acquire(source, 0, &frame, &reason) == 0);
	check_memory(&frame);
	CHECK(frame.layers[0].memory_id != id);
	frame_finish(&frame);
	source_destroy(source);
	stop();
}

static void layers_and_buffers_arrive(void) {
	make_fake();
	fake.two_layers = true;
	fake.buffer = memfd_create("buffer", MFD_CLOEXEC | MFD_ALLOW_SEALING);
	CHECK(ftruncate(fake.buffer, sizeof fake.pixels) == 0 &&
		fcntl(fake.buffer, F_ADD_SEALS, F_SEAL_SHRINK) == 0);
	start();
	struct source *source = open_fake(SOURCE_AUTO, NULL);
	struct frame frame;
	struct reason reason;
	struct stat sent, arrived;
	for (int i = 0; i < 300; i++) { /* no descriptor is left over anywhere */
		frame_init(&frame);
		CHECK(source_acquire(source, i % 2 ? SOURCE_MAP_MEMORY : 0, &frame, &reason) == 0);
		CHECK(fake.flags == (i % 2 ? SOURCE_MAP_MEMORY : 0u) && frame.layer_count == 2);
		CHECK(fstat(fake.buffer, &sent) == 0 && fstat(frame.layers[0].planes[0].fd, &arrived) == 0);
		CHECK(sent.st_ino == arrived.st_ino && frame.layers[0].planes[0].fd < 40);
		CHECK((frame.layers[0].memory != NULL) == (i % 2));
		const struct frame_layer *layer = &frame.layers[1];
		CHECK(layer->planes[0].fd == -1 && memcmp(layer->memory, fake.other, sizeof fake.other) == 0);
		CHECK(layer->destination.x == -3 && layer->alpha == 0x8000 && layer->zpos == 7 &&
			layer->blend == FRAME_BLEND_COVERAGE && layer->plane_id == 9 && layer->fb_id == 99);
		CHECK(source->shortfall.missing == shortfall_planes &&
			strcmp(source->shortfall.text, "a plane") == 0);
		frame_finish(&frame);
	}
	source_destroy(source);
	stop();
	close(fake.buffer);
}

static void colours_arrive(void) {
	make_fake();
	fake.colours = true;
	start();
	struct source *source = open_fake(SOURCE_KMS, NULL);
	struct frame frame;
	struct reason reason;
	uint64_t serial = 0;
	for (int i = 0; i < 4; i++) {
		frame_init(&frame);
		if (i == 2) {
			fake.gamma[5][0] = 9;
			fake.colour.serial++;
		}
		CHECK(source_acquire(source, 0, &frame, &reason) == 0 && frame.colour);
		CHECK(frame.colour->gamma.count == 256 && frame.colour->degamma.count == 0 &&
			memcmp(frame.colour->gamma.at, fake.gamma, sizeof fake.gamma) == 0);
		CHECK(frame.colour->has_matrix && frame.colour->matrix[2] == 3);
		CHECK(frame.colour->serial && (frame.colour->serial == serial) == (i == 1 || i == 3));
		serial = frame.colour->serial;
		frame_finish(&frame);
	}
	source_destroy(source);
	stop();
}

static void palettes_and_signals_arrive(void) {
	make_fake();
	fake.indexed = true;
	fake.palette.serial = 5;
	fake.palette.colours[200] = 0x123456;
	fake.signal = (struct frame_signal){FRAME_TRANSFER_PQ, FRAME_PRIMARIES_BT2020, 1000};
	start();
	struct source *source = open_fake(SOURCE_KMS, NULL);
	struct frame frame;
	struct reason reason;
	uint64_t serial = 0;
	for (int i = 0; i < 6; i++) {
		frame_init(&frame);
		if (i == 2) {
			fake.palette.colours[200] = 0x654321;
			fake.palette.serial++;
		}
		fake.colours = i > 3; /* tables lie behind the palette */
		CHECK(source_acquire(source, 0, &frame, &reason) == 0);
		const struct frame_palette *palette = frame.layers[0].palette;
		CHECK(palette &&
			memcmp(palette->colours, fake.palette.colours, sizeof palette->colours) == 0);
		CHECK(palette->serial && (palette->serial == serial) == (i != 0 && i != 2));
		CHECK(frame.signal.transfer == FRAME_TRANSFER_PQ && frame.signal.peak == 1000 &&
			frame.signal.primaries == FRAME_PRIMARIES_BT2020);
		CHECK(!frame.colour == !fake.colours);
		if (frame.colour)
			CHECK(memcmp(frame.colour->gamma.at, fake.gamma, sizeof fake.gamma) == 0);
		serial = palette->serial;
		frame_finish(&frame);
	}
	source_destroy(source);
	stop();
}

/* A cursor that comes alone, and a peek. */
static void expect_two_questions(struct source *source) {
	static struct cursor cursor;
	uint64_t token;
	unsigned before = fake.peeks;
	CHECK(source_cursor(source, &cursor) == 0 && fake.peeks == before);
	CHECK(source->impl->peek(source, &token) == 0 && token == fake.token && fake.peeks == before + 1);
}

/* Once a peek has followed a cursor, the next one comes with it, unless that is too long ago. */
static void a_beat_is_one_question(void) {
	static struct cursor cursor;
	struct frame frame;
	struct reason reason;
	make_fake();
	start();
	struct source *source = open_fake(SOURCE_KMS, NULL);
	frame_init(&frame);
	expect_two_questions(source);
	fake.token = 5;
	unsigned single = 0;
	while (fake.peeks < 20) { /* if the machine is busy, it may be too long ago */
		unsigned before = fake.peeks;
		uint64_t token;
		CHECK(source_cursor(source, &cursor) == 0 && fake.peeks == before + 1);
		CHECK(source->impl->peek(source, &token) == 0 && token == 5 && source->waited);
		single += fake.peeks == before + 1;
	}
	CHECK(single > 5);
	CHECK(source_cursor(source, &cursor) == 0);
	usleep(2000);
	fake.token = 6;
	uint64_t token;
	unsigned before = fake.peeks;
	CHECK(source->impl->peek(source, &token) == 0 && token == 6 && fake.peeks == before + 1);
	CHECK(source->impl->peek(source, &token) == 0 && fake.peeks == before + 2);
	CHECK(source_cursor(source, &cursor) == 0 && source_acquire(source, 0, &frame, &reason) == 0);
	frame_finish(&frame);
	expect_two_questions(source);
	source_destroy(source);
	stop();
}

static void the_rest_of_a_source_works(void) {
	static struct cursor cursor;
	make_fake();
	start();
	struct source *source = open_fake(SOURCE_KMS, NULL);
	struct frame frame;
	struct reason reason = {""};
	uint64_t token;
	frame_init(&frame);
	memset(&cursor, 0, sizeof cursor);
	CHECK(source->impl->peek(source, &token) == 0 && token == 4 && !source->waited);
	fake.token = 5;
	CHECK(source->impl->peek(source, &token) == 0 && token == 5 && source->waited);
	CHECK(source_acquire(source, 0, &frame, &reason) == 0);
	CHECK(!source->impl->is_current(source, &frame));
	fake.current = true;
	CHECK(source->impl->is_current(source, &frame));
	frame_finish(&frame);
	for (int i = 0; i < 2; i++) {
		CHECK(source_cursor(source, &cursor) == 0);
		CHECK(!cursor_differs(&cursor, &fake.cursor) &&
			memcmp(cursor.pixels, fake.cursor.pixels, sizeof(uint32_t) * 24 * 20) == 0);
		fake.cursor.shape = 12;
		fake.cursor.pixels[7] = 1;
		fake.cursor.x = 40;
	}
	CHECK(source->event_fd >= 0 && !source->impl->read_events(source));
	CHECK(source->impl->arm_vblank(source) == 0);
	struct pollfd slot = {.fd = source->event_fd, .events = POLLIN};
	CHECK(poll(&slot, 1, 20000) == 1 && source->impl->read_events(source));
	CHECK(!source->impl->read_events(source) && fake.armed == 1);
	source->impl->let_go(source);
	CHECK(fake.let_go == 1);
	fake.error = -EAGAIN;
	CHECK(source_acquire(source, 0, &frame, &reason) == -EAGAIN && source->abandoned);
	CHECK(strcmp(reason.text, "it is dark in here") == 0);
	source_destroy(source);
	/* A source that can do less says so. */
	fake.error = 0;
	source = open_fake(SOURCE_FBDEV, NULL);
	CHECK(!source->impl->peek && !source->impl->cursor && !source->impl->let_go && source->event_fd < 0);
	CHECK(source_acquire(source, 0, &frame, &reason) == 0);
	check_memory(&frame);
	frame_finish(&frame);
	source_destroy(source);
	stop();
}

static void a_broker_comes_back(void) {
	make_fake();
	struct source *source = open_fake(SOURCE_KMS, NULL); /* before there is one */
	struct frame frame;
	struct reason reason = {""};
	frame_init(&frame);
	CHECK(source_acquire(source, 0, &frame, &reason) == -ENODEV && strstr(reason.text, "zerovnc-broker"));
	for (int i = 0; i < 3; i++) {
		start();
		CHECK(source_acquire(source, 0, &frame, &reason) == 0);
		check_memory(&frame);
		frame_finish(&frame);
		stop();
		uint64_t token;
		CHECK(source->impl->peek(source, &token) != 0);
		CHECK(source_acquire(source, 0, &frame, &reason) == -ENODEV && reason.text[0]);
	}
	source_destroy(source);
}

static void what_is_asked_for_is_not_there(void) {
	const struct source_options options = {.broker = path, .kind = SOURCE_KMS, .output = "none"};
	struct head heads[HEADS_MAX];
	struct source *source;
	struct reason reason = {""};
	size_t count;
	int fd;
	make_fake();
	CHECK(broker_find_heads(path, NULL, "all", heads, &count, &reason) == -EAGAIN && reason.text[0]);
	CHECK(broker_check(path, &reason) < 0 && strstr(reason.text, "is it running?"));
	allowed = getuid() + 1;
	start();
	if (getuid() != 0) /* root may always connect */
		CHECK(broker_check(path, &reason) == -EPIPE && strstr(reason.text, "--user"));
	stop();
	allowed = getuid();
	start();
	CHECK(broker_check(path, &reason) == 0);
	CHECK(source_open(&options, &source, &reason) == -ENODEV &&
		strcmp(reason.text, "there is no output none") == 0);
	CHECK(broker_find_heads(path, NULL, "none", heads, &count, &reason) == -ENODEV &&
		strcmp(reason.text, "there is no such output") == 0);
	CHECK(broker_find_heads(path, "/dev/dri/card7", "all", heads, &count, &reason) == 0 && count == 2);
	CHECK(heads[0].id == 5 && heads[0].lit && !heads[1].lit && heads[1].tile.column == 1 &&
		strcmp(heads[1].output, "DP-2") == 0 && strcmp(reason.text, "these two") == 0);
	struct input_device_options keys = {.keys = {0, 2, 4}};
	uint8_t made[sizeof keys.keys];
	CHECK(broker_make_device(path, INPUT_DEVICE_KEYBOARD, &keys, &fd, &reason) == 0);
	CHECK(pread(fd, made, sizeof made, 0) == sizeof made && memcmp(made, keys.keys, sizeof made) == 0);
	close(fd);
	CHECK(broker_make_device(path, INPUT_DEVICE_MOUSE, &keys, &fd, &reason) == -ENOENT && fd == -1 &&
		strcmp(reason.text, "no mouse today") == 0);
	stop();
}

/* --- clients that break the rules --- */

/* Whether the broker still answers at this connection. */
static bool is_served(int fd) {
	struct wire_request request = {0};
	struct wire_answer answer;
	struct reason reason;
	return link_ask(fd, WIRE_PEEK, &request, &answer, NULL, &reason) == 0;
}

static int open_raw(void) {
	struct wire_request request = {.open = {.kind = SOURCE_KMS}};
	struct wire_answer answer;
	struct wire_fds fds;
	struct reason reason;
	int fd;
	CHECK(link_connect(path, &fd, &reason) == 0);
	CHECK(link_ask(fd, WIRE_OPEN, &request, &answer, &fds, &reason) == 0);
	wire_close(&fds);
	CHECK(is_served(fd));
	return fd;
}

static void wrong_requests_end_a_connection(void) {
	make_fake();
	start();
	struct wire_request good = {.version = WIRE_VERSION, .kind = WIRE_PEEK};
	int bystander = open_raw();
	for (int i = 0; i < 12; i++) {
		struct wire_request request = good;
		size_t size = wire_request_size(WIRE_PEEK);
		int fd = open_raw(), fds[2] = {fd, fd};
		switch (i) {
		case 0:
			request.version++;
			break;
		case 1:
			request.kind = 0;
			break;
		case 2:
			request.kind = WIRE_KINDS;
			break;
		case 3:
			request.kind = UINT32_MAX;
			break;
		case 4:
			size--;
			break;
		case 5:
			size = sizeof request;
			break;
		case 6:
			size = 1;
			break;
		case 7:
			request.kind = WIRE_OPEN;
			size = wire_request_size(WIRE_OPEN);
			break; /* twice */
		case 8:
			request.kind = WIRE_HEADS;
			size = wire_request_size(WIRE_HEADS);
			break;
		case 9:
			request.kind = WIRE_DEVICE;
			size = wire_request_size(WIRE_DEVICE);
			break;
		case 10:
			request.kind = WIRE_ACQUIRE;
			break; /* too short */
		default:
			break; /* right, but with descriptors: they are closed, and it is answered */
		}
		CHECK(wire_send(fd, &request, size, fds, i == 11 ? 2 : 0) == 0);
		if (i == 11) {
			struct wire_answer answer;
			CHECK(wire_receive(fd, &answer, sizeof answer, &size, NULL) == 0);
		}
		CHECK_SAY(is_served(fd) == (i == 11), "request %d", i);
		close(fd);
	}
	CHECK(is_served(bystander));
	close(bystander);
	stop();
}

static void wrong_first_requests_end_a_connection(void) {
	make_fake();
	start();
	for (int i = 0; i < 9; i++) {
		struct wire_request request = {
			.version = WIRE_VERSION, .kind = WIRE_OPEN, .open.kind = SOURCE_KMS};
		struct wire_answer answer;
		struct reason reason;
		size_t length;
		int fd;
		switch (i) {
		case 0:
			request.open.kind = SOURCE_PATTERN;
			break;
		case 1:
			request.open.kind = 99;
			break;
		case 2:
			request.open.lut = 3;
			break;
		case 3:
			memset(request.open.card, 'x', sizeof request.open.card);
			break;
		case 4:
			memset(request.open.output, 'x', sizeof request.open.output);
			break;
		case 5:
			request.kind = WIRE_ACQUIRE;
			break; /* nothing is open */
		case 6:
			request.kind = WIRE_ARM;
			break;
		case 7:
			request.kind = WIRE_HEADS;
			memset(request.heads.outputs, 'x', sizeof request.heads.outputs);
			break;
		default:
			request.kind = WIRE_DEVICE;
			request.device.kind = INPUT_DEVICE_KINDS;
		}
		CHECK(link_connect(path, &fd, &reason) == 0);
		CHECK(wire_send(fd, &request, wire_request_size(request.kind), NULL, 0) == 0);
		CHECK_SAY(wire_receive(fd, &answer, sizeof answer, &length, NULL) == -EPIPE, "request %d", i);
		close(fd);
	}
	stop();
}

/* A client that asks and never reads is dropped, and nobody waits for it. */
static void a_client_that_does_not_read(void) {
	make_fake();
	start();
	int idle = open_raw(), bystander = open_raw();
	const struct wire_request request = {.version = WIRE_VERSION, .kind = WIRE_ACQUIRE};
	int sent = 0;
	while (sent < 100000 && wire_send(idle, &request, wire_request_size(WIRE_ACQUIRE), NULL, 0) == 0)
		sent++;
	CHECK(sent < 100000 && is_served(bystander));
	close(idle);
	close(bystander);
	stop();
}

static void too_many_clients(void) {
	int fds[200];
	make_fake();
	start();
	int first = open_raw();
	for (int i = 0; i < 200; i++) {
		struct reason reason;
		CHECK(link_connect(path, &fds[i], &reason) == 0 || i > 20);
	}
	CHECK(is_served(first));
	for (int i = 0; i < 200; i++)
		close(fds[i]);
	close(first);
	stop();
}

/* --- brokers that break the rules --- */

/* Changes some bytes of what a desk sent, exchanges some descriptors, and now and then cuts it. */
static void spoil(struct random *random, struct wire_answer *answer, size_t *length, struct wire_fds *fds) {
	uint8_t *bytes = (uint8_t *)answer;
	size_t head = offsetof(struct wire_answer, acquire);
	for (uint32_t i = random_below(random, 5); i > 0 && *length > 8; i--) {
		/* mostly where it hurts */
		size_t at = random_below(random, 4) ? head + random_below(random, 1400)
						    : random_below(random, (uint32_t)*length);
		uint8_t values[] = {0, 1, 0x7f, 0x80, 0xff, (uint8_t)random_next(random)};
		if (at < *length)
			bytes[at] = values[random_below(random, 6)];
	}
	if (random_below(random, 20) == 0)
		*length = random_below(random, (uint32_t)*length + 1);
	for (size_t i = 0; i < fds->count; i++) {
		uint32_t choice = random_below(random, 40);
		if (choice > 5)
			continue;
		int other = choice ? memfd_create("shrinks", MFD_CLOEXEC)
				   : fcntl(STDERR_FILENO, F_DUPFD_CLOEXEC, 0);
		close(fds->at[i]);
		fds->at[i] = other;
	}
	if (fds->count && random_below(random, 10) == 0)
		close(fds->at[--fds->count]);
}

/* Stands between a client and the broker. */
static void *stand_between(void *context) {
	int between = *(int *)context;
	struct random random = {11};
	for (int client; (client = accept4(between, NULL, NULL, SOCK_CLOEXEC)) >= 0;) {
		struct wire_request request;
		struct wire_answer answer;
		struct wire_fds fds;
		struct reason ignored;
		size_t length;
		int real;
		CHECK(link_connect(path, &real, &ignored) == 0);
		while (wire_receive(client, &request, sizeof request, &length, NULL) == 0 &&
			wire_send(real, &request, length, NULL, 0) == 0 &&
			wire_receive(real, &answer, sizeof answer, &length, &fds) == 0) {
			spoil(&random, &answer, &length, &fds);
			bool sent = length && wire_send(client, &answer, length, fds.at, fds.count) == 0;
			wire_close(&fds);
			if (!sent)
				break;
		}
		close(client);
		close(real);
	}
	return NULL;
}

static volatile uint8_t seen;

/* What a converter may rely on. */
static void check_sanity(const struct frame *frame) {
	CHECK(frame->width && frame->height && frame->layer_count <= FRAME_MAX_LAYERS);
	for (int i = 0; i < frame->layer_count; i++) {
		const struct frame_layer *layer = &frame->layers[i];
		CHECK(layer->blend <= FRAME_BLEND_NONE && layer->range <= FRAME_RANGE_FULL &&
			layer->plane_count >= 1 && layer->plane_count <= FRAME_MAX_PLANES);
		CHECK((uint64_t)layer->source.x + layer->source.width <= (uint64_t)layer->width << 16);
		CHECK(layer->memory || layer->planes[0].fd >= 0);
		if (layer->palette)
			seen ^= (uint8_t)layer->palette->colours[255];
		if (layer->memory) { /* every row can be read */
			size_t last = layer->planes[0].offset +
				      (size_t)layer->planes[0].pitch * (layer->height - 1);
			CHECK(last < layer->memory_size);
			seen ^= layer->memory[last] ^ layer->memory[layer->memory_size - 1];
		}
	}
	CHECK(frame->signal.transfer <= FRAME_TRANSFER_HLG && frame->signal.primaries <= FRAME_PRIMARIES_P3);
	if (frame->colour)
		for (uint32_t i = 0; i < frame->colour->gamma.count; i++)
			seen ^= (uint8_t)frame->colour->gamma.at[i][0];
}

static void a_broker_that_lies(void) {
	static struct cursor cursor;
	char own[sizeof path];
	struct frame frame;
	struct reason reason;
	pthread_t liar;
	unsigned good = 0, refused = 0;
	make_fake();
	fake.two_layers = fake.colours = fake.indexed = true;
	fake.palette.serial = 5;
	fake.signal = (struct frame_signal){FRAME_TRANSFER_PQ, FRAME_PRIMARIES_P3, 400};
	fake.buffer = memfd_create("buffer", MFD_CLOEXEC | MFD_ALLOW_SEALING);
	CHECK(ftruncate(fake.buffer, sizeof fake.pixels) == 0 &&
		fcntl(fake.buffer, F_ADD_SEALS, F_SEAL_SHRINK) == 0);
	start();
	memcpy(own, path, sizeof own);
	strcat(path, "-liar");
	int between = listen_at();
	CHECK(fcntl(between, F_SETFL, 0) == 0);
	struct source *source = NULL;
	struct reason why;
	char liars[sizeof path];
	memcpy(liars, path, sizeof liars);
	memcpy(path, own, sizeof own); /* the liar itself talks to the real one */
	const struct source_options lied = {.broker = liars, .kind = SOURCE_KMS};
	CHECK(pthread_create(&liar, NULL, stand_between, &between) == 0);
	for (int i = 0; i < 20000; i++) {
		if (!source && source_open(&lied, &source, &why) != 0)
			continue;
		frame_init(&frame);
		int error = source_acquire(source, i % 3 ? 0 : SOURCE_MAP_MEMORY, &frame, &reason);
		if (!error)
			check_sanity(&frame);
		error ? refused++ : good++;
		CHECK(error || frame.width <= 32768);
		if (source->impl->cursor && source_cursor(source, &cursor) == 0)
			CHECK(cursor.width <= CURSOR_MAX_SIDE && cursor.height <= CURSOR_MAX_SIDE);
		frame_finish(&frame);
		if (i % 50 == 0) {
			source_destroy(source);
			source = NULL;
		}
	}
	source_destroy(source);
	printf("of a broker that lies, %u frames were taken and %u refused\n", good, refused);
	CHECK(good > 1000 && refused > 1000);
	shutdown(between, SHUT_RDWR);
	CHECK(pthread_join(liar, NULL) == 0);
	close(between);
	unlink(liars);
	close(fake.buffer);
	stop();
}

static int open_descriptors(void) {
	int count = 0;
	for (int fd = 0; fd < 1000; fd++)
		count += fcntl(fd, F_GETFD) >= 0;
	return count;
}

int main(void) {
	int before = open_descriptors();
	snprintf(path, sizeof path, "/tmp/broker-%d", (int)getpid());
	allowed = getuid();
	a_frame_in_memory_arrives();
	layers_and_buffers_arrive();
	colours_arrive();
	palettes_and_signals_arrive();
	a_beat_is_one_question();
	the_rest_of_a_source_works();
	a_broker_comes_back();
	what_is_asked_for_is_not_there();
	wrong_requests_end_a_connection();
	wrong_first_requests_end_a_connection();
	a_client_that_does_not_read();
	too_many_clients();
	a_broker_that_lies();
	unlink(path);
	CHECK_SAY(open_descriptors() == before, "%d descriptors became %d", before, open_descriptors());
	return 0;
}
