/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * import_probe: a real scanout through the GPU path, every pixel compared with the same dma-buf read by the
 * CPU. For machines and guests with KMS, as root; exits with 77 where there is no card.
 *
 *   import_probe CARD [--frames=N] [--version=N] [--fragment] [--hide=EXTENSIONS] [--expect=WORDS]
 *
 * Somebody may paint meanwhile: a frame in which the two differ is looked at again, and again, before it
 * counts. Prints how many frames were compared, how many had changed, how many buffers were met and how many
 * EGLImages made, and descriptors and memory before and after. --expect: the GPU path must refuse, with these
 * words in its reason.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "capture/source.h"
#include "encode/cpu/cpu.h"
#include "encode/gl/convert.h"
#include "tests/encode/gl/faults.h"
#include "tests/process.h"
#include "tests/test.h"

enum { TRIES = 20, MAX_BUFFERS = 64 };

struct side {
	struct converter *converter;
	struct picture picture;
	struct damage damage;
	bool started;
};

static struct {
	struct source_options source;
	struct gl_options gl;
	const char *expect;
	int frames;
} options = {.source = {.kind = SOURCE_KMS}, .frames = 30};

static struct {
	unsigned compared, changed, again, waited;
	ino_t buffers[MAX_BUFFERS];
	unsigned buffer_count;
} seen;

static void remember_buffer(int fd) {
	struct stat status;
	if (fd < 0 || fstat(fd, &status))
		return;
	for (unsigned i = 0; i < seen.buffer_count; i++) {
		if (seen.buffers[i] == status.st_ino)
			return;
	}
	if (seen.buffer_count < MAX_BUFFERS)
		seen.buffers[seen.buffer_count++] = status.st_ino;
}

static void open_side(struct side *side, const struct frame *frame) {
	side->picture = (struct picture){.width = frame->width, .height = frame->height};
	side->picture.stride = (frame->width * 4 + 63) / 64 * 64;
	side->picture.pixels = aligned_alloc(64, (size_t)side->picture.stride * frame->height);
	CHECK(side->picture.pixels);
	memset(side->picture.pixels, 0xa5, (size_t)side->picture.stride * frame->height);
	damage_init(&side->damage);
	CHECK(!damage_resize(&side->damage, frame->width, frame->height));
}

static void close_side(struct side *side) {
	converter_destroy(side->converter);
	damage_finish(&side->damage);
	free(side->picture.pixels);
}

static int convert(struct side *side, const struct frame *frame, struct converter_result *result,
	struct reason *reason) {
	damage_clear(&side->damage);
	const struct conversion conversion = {
		.frame = frame,
		.picture = &side->picture,
		.fresh = !side->started,
		.damage = &side->damage,
		.result = result,
		.reason = reason,
	};
	int error = side->converter->impl->convert(side->converter, &conversion);
	side->started = !error;
	return error;
}

static bool same_pixels(const struct side *a, const struct side *b, uint32_t *x, uint32_t *y) {
	for (*y = 0; *y < a->picture.height; ++*y) {
		const uint32_t *left = (const uint32_t *)(a->picture.pixels + (size_t)*y * a->picture.stride);
		const uint32_t *right =
			(const uint32_t *)(b->picture.pixels + (size_t)*y * b->picture.stride);
		for (*x = 0; *x < a->picture.width; ++*x) {
			if (left[*x] != right[*x])
				return false;
		}
	}
	return true;
}

static uint32_t pixel_at(const struct side *side, uint32_t x, uint32_t y) {
	return ((const uint32_t *)(side->picture.pixels + (size_t)y * side->picture.stride))[x];
}

static unsigned row_differences(const struct side *a, const struct side *b, uint32_t y) {
	unsigned count = 0;
	for (uint32_t x = 0; x < a->picture.width; x++)
		count += pixel_at(a, x, y) != pixel_at(b, x, y);
	return count;
}

static void acquire(struct source *source, struct frame *frame) {
	struct reason reason;
	int error;
	frame_init(frame);
	for (int tries = 0; (error = source->impl->acquire(source, 0, frame, &reason)) == -EAGAIN; tries++) {
		CHECK_SAY(tries < 100, "%s", reason.text);
		nanosleep(&(struct timespec){.tv_nsec = 100000000}, NULL);
	}
	CHECK_SAY(!error, "%s", reason.text);
}

/* The GPU between two readings of the CPU that agree: then nobody painted meanwhile, and it must agree too.
 */
static void compare_frame(struct source *source, struct side *gpu, struct side *cpu, struct side *check) {
	struct converter_result result, other;
	struct reason reason = {""};
	uint32_t x = 0, y = 0;
	for (int try = 0; try < TRIES; try++) {
		struct frame frame;
		acquire(source, &frame);
		remember_buffer(frame.layers[0].planes[0].fd);
		CHECK_SAY(!convert(cpu, &frame, &other, &reason), "cpu: %s", reason.text);
		CHECK_SAY(!convert(gpu, &frame, &result, &reason), "gpu: %s", reason.text);
		CHECK_SAY(!convert(check, &frame, &other, &reason), "cpu: %s", reason.text);
		frame_finish(&frame);
		CHECK(result.import == CONVERTER_IMPORT_DMABUF_EGL);
		seen.waited += result.fence_waited;
		if (same_pixels(cpu, check, &x, &y)) {
			bool same = same_pixels(gpu, cpu, &x, &y);
			CHECK_SAY(same,
				"frame %u: pixel %u,%u is %06x, must be %06x; %u of the row's %u differ",
				seen.compared, x, y, pixel_at(gpu, x, y), pixel_at(cpu, x, y),
				row_differences(gpu, cpu, y), gpu->picture.width);
			seen.compared++;
			seen.changed += result.tiles_changed > 0;
			return;
		}
		seen.again++;
	}
	fprintf(stderr, "the scanout changes faster than it can be read\n");
	exit(1);
}

/* The GPU path says why it cannot, when it is made or at the first frame. */
static int expect_refusal(struct source *source) {
	struct side gpu = {0};
	struct reason reason = {""};
	struct converter_result result;
	struct frame frame;
	int error = gl_converter_create(source->card_node, &options.gl, &gpu.converter, &reason);
	if (!error) {
		acquire(source, &frame);
		open_side(&gpu, &frame);
		error = convert(&gpu, &frame, &result, &reason);
		frame_finish(&frame);
	}
	printf("refused: %s\n", reason.text);
	CHECK_SAY(error && strstr(reason.text, options.expect), "not with \"%s\"", options.expect);
	close_side(&gpu);
	return 0;
}

/* Buffers that were ever imported. */
static uint64_t imports_of(const struct converter *converter) {
	return ((const struct gl_converter *)converter)->import.created;
}

static int compare(struct source *source) {
	struct side gpu = {0}, cpu = {0}, check = {0};
	struct reason reason;
	struct frame frame;
	CHECK_SAY(!gl_converter_create(source->card_node, &options.gl, &gpu.converter, &reason), "%s",
		reason.text);
	cpu.converter = cpu_converter_create();
	check.converter = cpu_converter_create();
	CHECK(cpu.converter && check.converter);
	acquire(source, &frame);
	open_side(&gpu, &frame);
	open_side(&cpu, &frame);
	open_side(&check, &frame);
	frame_finish(&frame);
	unsigned fds = 0;
	long resident = 0;
	for (int i = 0; i < options.frames; i++) {
		compare_frame(source, &gpu, &cpu, &check);
		if (i == options.frames / 10) { /* when everything has been met once */
			fds = process_open_fds();
			resident = process_resident_kib();
		}
	}
	printf("%s: %s, %s\n", source->output, gpu.converter->renderer, gpu.converter->detail);
	printf("%u frames compared, %u of them changed, %u looked at again, %u fences waited for; %u buffers, %llu EGLImages; descriptors %u then %u, resident %ld then %ld KiB\n",
		seen.compared, seen.changed, seen.again, seen.waited, seen.buffer_count,
		(unsigned long long)imports_of(gpu.converter), fds, process_open_fds(), resident,
		process_resident_kib());
	CHECK(imports_of(gpu.converter) <= seen.buffer_count);
	CHECK(process_open_fds() <= fds);
	close_side(&gpu);
	close_side(&cpu);
	close_side(&check);
	return 0;
}

static bool parse(char *argument) {
	char *value = strchr(argument, '=');
	value = value ? value + 1 : argument;
	if (!strncmp(argument, "--frames=", 9))
		options.frames = atoi(value);
	else if (!strncmp(argument, "--version=", 10))
		options.gl.version = atoi(value);
	else if (!strncmp(argument, "--hide=", 7))
		faults.hidden = value;
	else if (!strncmp(argument, "--expect=", 9))
		options.expect = value;
	else if (!strcmp(argument, "--fragment"))
		options.gl.fragment = true;
	else if (*argument != '-')
		options.source.card = argument;
	else
		return false;
	return true;
}

int main(int argc, char **argv) {
	struct source *source;
	struct reason reason;
	for (int i = 1; i < argc; i++) {
		if (!parse(argv[i])) {
			fprintf(stderr, "import_probe: what is %s?\n", argv[i]);
			return 2;
		}
	}
	int error = source_open(&options.source, &source, &reason);
	if (error == -ENODEV)
		SKIP("%s", reason.text);
	CHECK_SAY(!error, "%s", reason.text);
	int status = options.expect ? expect_refusal(source) : compare(source);
	source_destroy(source);
	return status;
}
