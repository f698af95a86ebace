/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The cpu converter on real dma-bufs, made of memfds by /dev/udmabuf: flipping between three of them, every
 * SYNC answered by the kernel, and no fd or mapping left behind. */
#include <errno.h>
#include <fcntl.h>
#include <linux/udmabuf.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

#include "encode/cpu/cpu.h"
#include "tests/encode/random.h"
#include "tests/process.h"
#include "tests/test.h"

enum { WIDTH = 333, HEIGHT = 222, PITCH = WIDTH * 4 + 52, BUFFERS = 3, FRAMES = 300 };

struct buffer {
	int fd;
	uint32_t *pixels;
	size_t size;
};

static struct buffer buffer_make(int device) {
	struct buffer buffer = {.size = (PITCH * HEIGHT + 4095) / 4096 * 4096};
	int memory = memfd_create("scanout", MFD_CLOEXEC | MFD_ALLOW_SEALING);
	CHECK(memory >= 0 && ftruncate(memory, (off_t)buffer.size) == 0);
	CHECK(fcntl(memory, F_ADD_SEALS, F_SEAL_SHRINK) == 0);
	buffer.pixels = mmap(NULL, buffer.size, PROT_READ | PROT_WRITE, MAP_SHARED, memory, 0);
	CHECK(buffer.pixels != MAP_FAILED);
	struct udmabuf_create create = {
		.memfd = (uint32_t)memory, .flags = UDMABUF_FLAGS_CLOEXEC, .size = buffer.size};
	buffer.fd = ioctl(device, UDMABUF_CREATE, &create);
	CHECK_SAY(buffer.fd >= 0, "UDMABUF_CREATE: %s", strerror(errno));
	close(memory);
	return buffer;
}

static void buffer_free(struct buffer *buffer) {
	munmap(buffer->pixels, buffer->size);
	close(buffer->fd);
}

static void show(struct converter *converter, const struct buffer *buffer, struct picture *picture,
	struct damage *damage) {
	struct frame frame;
	frame_set_memory(&frame, WIDTH, HEIGHT, NULL, PITCH, 0);
	frame.layers[0].planes[0].fd = dup(buffer->fd);
	struct converter_result result;
	struct reason reason;
	damage_clear(damage);
	const struct conversion conversion = {
		.frame = &frame,
		.picture = picture,
		.fresh = false,
		.damage = damage,
		.result = &result,
		.reason = &reason,
	};
	CHECK_SAY(converter->impl->convert(converter, &conversion) == 0, "%s", reason.text);
	CHECK(result.import == CONVERTER_IMPORT_DMABUF_MMAP);
	frame_finish(&frame);
}

static void check(const struct buffer *buffer, const struct picture *picture) {
	for (uint32_t i = 0; i < WIDTH * HEIGHT; i++) {
		uint32_t x = i % WIDTH, y = i / WIDTH;
		CHECK(((const uint32_t *)(picture->pixels + (size_t)y * picture->stride))[x] ==
			(buffer->pixels[y * PITCH / 4 + x] & 0xffffff));
	}
}

int main(void) {
	int device = open("/dev/udmabuf", O_RDWR | O_CLOEXEC);
	if (device < 0)
		SKIP("/dev/udmabuf: %s; real dma-bufs are tested where the kernel has it", strerror(errno));
	struct picture_store *store = picture_store_create();
	struct converter *converter = cpu_converter_create();
	struct picture *picture = picture_store_begin(store, WIDTH, HEIGHT);
	struct damage damage;
	damage_init(&damage);
	CHECK(damage_resize(&damage, WIDTH, HEIGHT) == 0);
	struct random random = {9};
	struct buffer buffers[BUFFERS];
	unsigned fds = process_open_fds();
	for (int i = 0; i < BUFFERS; i++)
		buffers[i] = buffer_make(device);
	for (int frame = 0; frame < FRAMES; frame++) {
		struct buffer *buffer = &buffers[frame % BUFFERS];
		for (uint32_t i = random_below(&random, 2000); i > 0; i--)
			buffer->pixels[random_below(&random, (uint32_t)buffer->size / 4)] =
				(uint32_t)random_next(&random);
		show(converter, buffer, picture, &damage);
		check(buffer, picture);
		show(converter, buffer, picture, &damage);
		CHECK(damage_is_empty(&damage));
		CHECK(process_open_fds() == fds + BUFFERS);
	}
	printf("%d frames of %d dma-bufs: %s\n", FRAMES, BUFFERS, converter->detail);
	for (int i = 0; i < BUFFERS; i++)
		buffer_free(&buffers[i]);
	picture_store_cancel(store, NULL);
	converter_destroy(converter);
	picture_store_destroy(store);
	damage_finish(&damage);
	close(device);
	return 0;
}
