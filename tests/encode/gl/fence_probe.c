/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * fence_probe: framebuffers whose writer is not done yet, through the GPU path. For guests with a card and
 * vgem (whose fences stand for a writer's), as root; exits with 77 where one is missing.
 *
 *   fence_probe CARD [--version=N] [--fragment] [--hide=EXTENSIONS]
 *   - what is written last is what is read, and a writer who never ends costs a frame and nothing else
 *   fence_probe CARD --hold=MILLISECONDS
 *   - what CARD scans out is being written to for as long: what the server makes of that is the caller's
 * matter
 *
 * Prints for how long the thread waited and how much of that it was on a processor.
 */
#include <drm_fourcc.h>
#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "capture/base/clock.h"
#include "capture/source.h"
#include "encode/gl/gl.h"
#include "tests/encode/gl/buffer.h"
#include "tests/encode/gl/faults.h"
#include "tests/encode/gl/writer.h"
#include "tests/test.h"

enum { WIDTH = 192, HEIGHT = 128, LATE_MS = 400 };

struct scene {
	struct buffer buffer;
	struct frame frame;
	struct picture picture;
	struct damage damage;
	struct converter_result result;
	struct writer writer;
	atomic_bool written;
	uint32_t colour; /* of the pixel that is written last */
};

static void scene_init(struct scene *scene, int card) {
	memset(scene, 0, sizeof *scene);
	writer_init(&scene->writer);
	buffer_init(&scene->buffer, card, (size_t)WIDTH * HEIGHT * 4);
	frame_set_memory(&scene->frame, WIDTH, HEIGHT, NULL, WIDTH * 4, 0);
	scene->frame.layers[0].plane_id = 31;
	scene->frame.layers[0].planes[0].fd = dup(scene->buffer.fd);
	scene->picture = (struct picture){.width = WIDTH, .height = HEIGHT, .stride = WIDTH * 4};
	scene->picture.pixels = aligned_alloc(64, (size_t)WIDTH * HEIGHT * 4);
	CHECK(scene->picture.pixels);
	damage_init(&scene->damage);
	CHECK(!damage_resize(&scene->damage, WIDTH, HEIGHT));
}

static void scene_finish(struct scene *scene) {
	damage_finish(&scene->damage);
	free(scene->picture.pixels);
	frame_finish(&scene->frame);
	buffer_finish(&scene->buffer);
	writer_finish(&scene->writer);
}

static double thread_ms(void) {
	struct timespec now;
	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
	return (double)now.tv_sec * 1e3 + (double)now.tv_nsec / 1e6;
}

static int convert(struct scene *scene, struct converter *converter, bool fresh, struct reason *reason) {
	double cpu = thread_ms();
	uint64_t begin = clock_now_ns();
	damage_clear(&scene->damage);
	const struct conversion conversion = {
		.frame = &scene->frame,
		.picture = &scene->picture,
		.fresh = fresh,
		.damage = &scene->damage,
		.result = &scene->result,
		.reason = reason,
	};
	int error = converter->impl->convert(converter, &conversion);
	printf("%.1f ms, %.2f of them on a processor\n", (double)(clock_now_ns() - begin) / 1e6,
		thread_ms() - cpu);
	return error;
}

static uint32_t last_pixel(const uint8_t *pixels) {
	return ((const uint32_t *)pixels)[WIDTH * HEIGHT - 1] & 0xffffff;
}

/* Without buffer_begin(), which would wait for the writer that this thread is. */
static void *write_late(void *argument) {
	struct scene *scene = argument;
	nanosleep(&(struct timespec){.tv_nsec = LATE_MS * 1000000L}, NULL);
	((uint32_t *)scene->buffer.bytes)[WIDTH * HEIGHT - 1] = ++scene->colour;
	atomic_store(&scene->written, true);
	writer_end(&scene->writer);
	return NULL;
}

static void check_late(struct scene *scene, struct converter *converter) {
	struct reason reason = {""};
	pthread_t thread;
	for (int i = 0; i < 3; i++) {
		printf("without a writer: ");
		CHECK_SAY(!convert(scene, converter, i == 0, &reason), "%s", reason.text);
		CHECK(!scene->result.fence_waited);
		atomic_store(&scene->written, false);
		writer_begin(&scene->writer, scene->buffer.fd);
		CHECK(!pthread_create(&thread, NULL, write_late, scene));
		printf("its writer is late: ");
		int error = convert(scene, converter, false, &reason);
		bool written = atomic_load(&scene->written);
		pthread_join(thread, NULL);
		CHECK_SAY(!error, "%s", reason.text);
		CHECK(written && scene->result.fence_waited);
		CHECK(last_pixel(scene->picture.pixels) == scene->colour);
		CHECK(damage_count(&scene->damage) == 1);
	}
}

/* Two in a row, which a GPU that fails would not survive. */
static void check_never(struct scene *scene, struct converter *converter) {
	struct reason reason = {""};
	unsigned contexts = faults.contexts;
	writer_begin(&scene->writer, scene->buffer.fd);
	((uint32_t *)scene->buffer.bytes)[WIDTH * HEIGHT - 1] = ++scene->colour;
	for (int i = 0; i < 2; i++) {
		printf("its writer does not end: ");
		int error = convert(scene, converter, false, &reason);
		CHECK_SAY(error == -ETIMEDOUT, "%d: %s", error, reason.text);
		CHECK_SAY(strstr(reason.text, "writer"), "%s", reason.text);
		CHECK(damage_is_empty(&scene->damage));
		CHECK(last_pixel(scene->picture.pixels) == scene->colour - 1);
	}
	writer_end(&scene->writer);
	CHECK_SAY(!convert(scene, converter, false, &reason), "%s", reason.text);
	CHECK(last_pixel(scene->picture.pixels) == scene->colour);
	printf("%s; %u contexts\n", reason.text, faults.contexts - contexts + 1);
}

static int hold(const char *node, int ms) {
	const struct source_options options = {.kind = SOURCE_KMS, .card = node};
	struct source *source;
	struct writer writer;
	struct frame frame;
	struct reason reason;
	writer_init(&writer);
	CHECK_SAY(!source_open(&options, &source, &reason), "%s", reason.text);
	frame_init(&frame);
	CHECK_SAY(!source->impl->acquire(source, 0, &frame, &reason), "%s", reason.text);
	writer_begin(&writer, frame.layers[0].planes[0].fd);
	printf("held\n");
	fflush(stdout);
	nanosleep(&(struct timespec){ms / 1000, ms % 1000 * 1000000L}, NULL);
	writer_end(&writer);
	frame_finish(&frame);
	source_destroy(source);
	writer_finish(&writer);
	return 0;
}

int main(int argc, char **argv) {
	struct gl_options options = {0};
	const char *node = NULL;
	int hold_ms = 0;
	for (int i = 1; i < argc; i++) {
		if (!strncmp(argv[i], "--version=", 10))
			options.version = atoi(argv[i] + 10);
		else if (!strncmp(argv[i], "--hide=", 7))
			faults.hidden = argv[i] + 7;
		else if (!strncmp(argv[i], "--hold=", 7))
			hold_ms = atoi(argv[i] + 7);
		else if (!strcmp(argv[i], "--fragment"))
			options.fragment = true;
		else
			node = argv[i];
	}
	if (!node)
		return 2;
	if (hold_ms)
		return hold(node, hold_ms);
	struct converter *converter;
	struct reason reason = {""};
	struct scene scene;
	int card = buffer_open_card(node);
	scene_init(&scene, card);
	CHECK_SAY(!gl_converter_create(node, &options, &converter, &reason), "%s", reason.text);
	printf("%s: %s\n", converter->renderer, converter->detail);
	fflush(stdout);
	check_late(&scene, converter);
	check_never(&scene, converter);
	converter_destroy(converter);
	scene_finish(&scene);
	close(card);
	return 0;
}
