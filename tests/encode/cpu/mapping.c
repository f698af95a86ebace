/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Mappings of sealed memfds in place of dma-bufs. The SYNC calls, which a memfd does not have, are counted on
 * their way to the kernel. */
#include "encode/cpu/mapping.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/dma-buf.h>
#include <pthread.h>
#include <stdarg.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "capture/base/array.h"
#include "encode/cpu/cpu.h"
#include "tests/test.h"

#include <drm_fourcc.h>

enum { SIZE = 1 << 20 };

static int starts, ends, interruptions;
static int sync_result = -1, sync_errno = ENOTTY;

/* In place of libc's, for the whole program. */
int ioctl(int fd, unsigned long request, ...) {
	va_list arguments;
	va_start(arguments, request);
	void *argument = va_arg(arguments, void *);
	va_end(arguments);
	if (request != DMA_BUF_IOCTL_SYNC)
		return (int)syscall(SYS_ioctl, fd, request, argument);
	uint64_t flags = ((struct dma_buf_sync *)argument)->flags;
	if (!(flags & DMA_BUF_SYNC_RW)) {
		errno = sync_result == 0 ? EINVAL : ENOTTY;
		return -1;
	}
	CHECK((flags & DMA_BUF_SYNC_RW) == DMA_BUF_SYNC_READ);
	if (interruptions > 0) {
		interruptions--;
		errno = EINTR;
		return -1;
	}
	if (flags & DMA_BUF_SYNC_END)
		ends++;
	else
		starts++;
	errno = sync_errno;
	return sync_result;
}

static int buffer(size_t size, unsigned seals) {
	int fd = memfd_create("scanout", MFD_CLOEXEC | MFD_ALLOW_SEALING);
	CHECK(fd >= 0 && ftruncate(fd, (off_t)size) == 0);
	CHECK(fcntl(fd, F_ADD_SEALS, seals) == 0);
	return fd;
}

static struct frame_layer layer_of(int fd) {
	struct frame frame;
	frame_init(&frame);
	struct frame_layer *layer = frame_add_layer(&frame);
	layer->planes[0].fd = fd;
	return *layer;
}

static unsigned mappings_in_use(const struct mapping_cache *cache) {
	unsigned count = 0;
	for (int i = 0; i < MAPPING_MAX; i++)
		count += cache->slots[i].bytes != NULL;
	return count;
}

static bool is_mapped(const void *address) {
	unsigned char resident;
	return mincore((void *)address, 1, &resident) == 0;
}

static void maps_each_buffer_once(void) {
	struct mapping_cache cache;
	struct mapping *first, *again, *other;
	mapping_cache_init(&cache);
	int fd = buffer(SIZE, F_SEAL_SHRINK), other_fd = buffer(SIZE, F_SEAL_SHRINK);
	struct frame_layer layer = layer_of(fd);
	CHECK(mapping_cache_get(&cache, &layer, 0, &first, NULL) == 0);
	CHECK(first->bytes && first->size == SIZE && first->owned && first->bytes[SIZE - 1] == 0);
	const uint8_t *bytes = first->bytes;
	/* The same buffer by another fd, as PRIME gives one each frame; then another buffer by the old
	 * number. */
	int copy = dup(fd);
	layer = layer_of(copy);
	CHECK(mapping_cache_get(&cache, &layer, 0, &again, NULL) == 0 && again->bytes == bytes);
	CHECK(dup2(other_fd, copy) == copy);
	CHECK(mapping_cache_get(&cache, &layer, 0, &other, NULL) == 0 && other->bytes != bytes);
	CHECK(mappings_in_use(&cache) == 2);
	mapping_cache_finish(&cache);
	CHECK(!is_mapped(bytes) && mappings_in_use(&cache) == 0);
	close(copy);
	close(other_fd);
	close(fd);
}

static void gives_back_what_is_not_used(void) {
	struct mapping_cache cache;
	struct mapping *used, *idle;
	mapping_cache_init(&cache);
	int used_fd = buffer(SIZE, F_SEAL_SHRINK), idle_fd = buffer(SIZE, F_SEAL_SHRINK);
	struct frame_layer used_layer = layer_of(used_fd), idle_layer = layer_of(idle_fd);
	CHECK(mapping_cache_get(&cache, &idle_layer, 0, &idle, NULL) == 0);
	const uint8_t *idle_bytes = idle->bytes;
	for (int i = 0; i < MAPPING_MAX_FRAMES; i++) {
		mapping_cache_age(&cache);
		CHECK(mapping_cache_get(&cache, &used_layer, 0, &used, NULL) == 0);
		CHECK(is_mapped(idle_bytes));
	}
	mapping_cache_age(&cache);
	CHECK(mappings_in_use(&cache) == 1 && !is_mapped(idle_bytes));
	mapping_cache_finish(&cache);
	close(idle_fd);
	close(used_fd);
}

static void keeps_a_few_only(void) {
	struct mapping_cache cache;
	struct mapping *mapping;
	mapping_cache_init(&cache);
	int first_fd = buffer(SIZE, F_SEAL_SHRINK);
	struct frame_layer first = layer_of(first_fd);
	for (int i = 0; i < 100; i++) {
		int fd = buffer(SIZE, F_SEAL_SHRINK);
		struct frame_layer layer = layer_of(fd);
		mapping_cache_age(&cache);
		CHECK(mapping_cache_get(&cache, &layer, 0, &mapping, NULL) == 0);
		CHECK(mapping_cache_get(&cache, &first, 0, &mapping, NULL) == 0);
		close(fd);
	}
	CHECK(mappings_in_use(&cache) == MAPPING_MAX);
	mapping_cache_finish(&cache);
	close(first_fd);
}

static void notices_another_size(void) {
	struct mapping_cache cache;
	struct mapping *mapping;
	mapping_cache_init(&cache);
	int fd = buffer(SIZE, F_SEAL_SHRINK);
	struct frame_layer layer = layer_of(fd);
	CHECK(mapping_cache_get(&cache, &layer, 0, &mapping, NULL) == 0);
	CHECK(ftruncate(fd, 2 * SIZE) == 0);
	CHECK(mapping_cache_get(&cache, &layer, 0, &mapping, NULL) == 0 && mapping->size == 2 * SIZE);
	CHECK(mapping->bytes[2 * SIZE - 1] == 0 && mappings_in_use(&cache) == 1);
	mapping_cache_finish(&cache);
	close(fd);
}

static void does_not_touch_what_could_vanish(void) {
	struct mapping_cache cache;
	struct mapping *mapping;
	struct reason reason;
	mapping_cache_init(&cache);
	int fd = buffer(SIZE, 0);
	struct frame_layer layer = layer_of(fd);
	CHECK(mapping_cache_get(&cache, &layer, 0, &mapping, &reason) == -EINVAL);
	CHECK(strstr(reason.text, "could shrink") && mappings_in_use(&cache) == 0);
	close(fd);
	fd = open("/dev/null", O_RDONLY | O_CLOEXEC);
	layer = layer_of(fd);
	CHECK(mapping_cache_get(&cache, &layer, 0, &mapping, &reason) == -ENODATA);
	close(fd);
	layer = layer_of(-1);
	CHECK(mapping_cache_get(&cache, &layer, 0, &mapping, &reason) == -ENODATA);
	CHECK(strstr(reason.text, "no dma-buf"));
	mapping_cache_finish(&cache);
}

static void remembers_a_sources_memory_by_its_id(void) {
	struct mapping_cache cache;
	struct mapping *mapping;
	mapping_cache_init(&cache);
	static uint8_t memory[SIZE] __attribute__((aligned(4096)));
	struct frame_layer layer = layer_of(-1);
	layer.memory = memory;
	layer.memory_size = SIZE;
	layer.memory_id = 3;
	CHECK(mapping_cache_get(&cache, &layer, 0, &mapping, NULL) == 0 && !mapping->owned);
	mapping->speed.measured = true;
	CHECK(mapping_cache_get(&cache, &layer, 0, &mapping, NULL) == 0 && mapping->speed.measured);
	layer.memory_id = 4;
	CHECK(mapping_cache_get(&cache, &layer, 0, &mapping, NULL) == 0 && !mapping->speed.measured);
	mapping_cache_finish(&cache);
	CHECK(is_mapped(memory) && mappings_in_use(&cache) == 0);
}

static void *write_later(void *argument) {
	usleep(20000);
	CHECK(write(*(int *)argument, "!", 1) == 1);
	return NULL;
}

/* A pipe becomes readable when its writer wrote, as a dma-buf does when its fence is signalled. */
static void waits_for_the_writer_but_not_for_ever(void) {
	bool waited;
	struct reason reason;
	int ends_of_pipe[2];
	CHECK(pipe2(ends_of_pipe, O_CLOEXEC) == 0);
	CHECK(mapping_wait(-1, 10, &waited, &reason) == 0 && !waited);
	CHECK(mapping_wait(ends_of_pipe[0], 10, &waited, &reason) == -ETIMEDOUT && waited);
	CHECK(strstr(reason.text, "10 ms"));
	pthread_t writer;
	CHECK(pthread_create(&writer, NULL, write_later, &ends_of_pipe[1]) == 0);
	CHECK(mapping_wait(ends_of_pipe[0], 60000, &waited, &reason) == 0 && waited);
	CHECK(mapping_wait(ends_of_pipe[0], 60000, &waited, &reason) == 0 && !waited);
	pthread_join(writer, NULL);
	close(ends_of_pipe[0]);
	close(ends_of_pipe[1]);
}

static int convert(struct converter *converter, int fd, uint32_t rows, struct reason *reason) {
	struct frame frame;
	frame_init(&frame);
	frame.width = frame.height = 64;
	struct frame_layer *layer = frame_add_layer(&frame);
	layer->planes[0].fd = dup(fd);
	layer->planes[0].pitch = 256;
	layer->plane_count = 1;
	layer->width = 64;
	layer->height = rows;
	layer->fourcc = DRM_FORMAT_XRGB8888;
	layer->modifier = DRM_FORMAT_MOD_LINEAR;
	layer->source = (struct rect_fixed){0, (rows - 64) << 16, 64 << 16, 64 << 16};
	layer->destination = (struct rect){0, 0, 64, 64};
	static uint8_t pixels[64 * 256] __attribute__((aligned(64)));
	uint64_t tile_generation = 0;
	struct picture picture = {.width = 64,
		.height = 64,
		.stride = 256,
		.pixels = pixels,
		.tile_generation = &tile_generation};
	struct damage damage;
	damage_init(&damage);
	CHECK(damage_resize(&damage, 64, 64) == 0);
	struct converter_result result;
	const struct conversion conversion = {
		.frame = &frame,
		.picture = &picture,
		.fresh = false,
		.damage = &damage,
		.result = &result,
		.reason = reason,
	};
	int error = converter->impl->convert(converter, &conversion);
	damage_finish(&damage);
	frame_finish(&frame);
	return error;
}

static void every_start_has_its_end(void) {
	struct reason reason;
	struct converter *converter = cpu_converter_create();
	int fd = buffer(SIZE, 0);
	/* What answers SYNC is a dma-buf, and needs no seal. */
	sync_result = 0;
	starts = ends = 0;
	for (int i = 0; i < 5; i++) {
		interruptions = 3;
		CHECK(convert(converter, fd, 64, &reason) == 0 && starts == i + 1 && ends == i + 1);
	}
	/* Frames that are refused before anything is read. */
	CHECK(convert(converter, fd, SIZE / 256 + 1, &reason) == -EINVAL && starts == 5 && ends == 5);
	CHECK(strstr(reason.text, "not read"));
	sync_result = -1;
	sync_errno = EIO;
	CHECK(convert(converter, fd, 64, &reason) == -EIO && starts == 6 && ends == 5);
	CHECK(strstr(reason.text, "DMA_BUF_IOCTL_SYNC"));
	sync_errno = ENOTTY;
	converter_destroy(converter);
	close(fd);
}

static unsigned memfds_mapped(void) {
	FILE *maps = fopen("/proc/self/maps", "re");
	CHECK(maps);
	char line[512];
	unsigned count = 0;
	while (fgets(line, sizeof line, maps))
		count += strstr(line, "memfd:scanout") != NULL;
	fclose(maps);
	return count;
}

/* If a compositor changes to other buffers, the memory of the old ones is not held for ever. */
static void a_converter_lets_go_of_old_buffers(void) {
	struct reason reason;
	struct converter *converter = cpu_converter_create();
	int old = buffer(SIZE, F_SEAL_SHRINK), new = buffer(SIZE, F_SEAL_SHRINK);
	CHECK(convert(converter, old, 64, &reason) == 0 && memfds_mapped() == 1);
	for (int i = 0; i < MAPPING_MAX_FRAMES; i++)
		CHECK(convert(converter, new, 64, &reason) == 0 && memfds_mapped() == 2);
	CHECK(convert(converter, new, 64, &reason) == 0 && memfds_mapped() == 1);
	converter_destroy(converter);
	CHECK(memfds_mapped() == 0);
	close(new);
	close(old);
}

static void decides_by_speed(void) {
	static const struct {
		double plain, streaming; /* MB/s */
		bool bounce;
		const char *words;
	} cases[] = {
		{9100, 12000, false, "cached, 9.1 GB/s"},
		{1100, 900, false, "cached"}, /* emulated: no load is fast there */
		{800, 700, false, "cached"},  /* slow, but nothing would be gained */
		{120, 1900, true,
			"write-combined, 0.12 GB/s; bounce buffer filled by streaming loads, 1.90 GB/s"},
		{236, 900, true, "write-combined"},
		{10, 11, true, "uncached, 0.01 GB/s"},
		{5000, 20000, false, "cached"},
	};
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct memory_speed speed = {0};
		memory_speed_decide(&speed, cases[i].plain, cases[i].streaming);
		CHECK_SAY(speed.bounce == cases[i].bounce && strstr(speed.text, cases[i].words),
			"%g and %g MB/s: %s", cases[i].plain, cases[i].streaming, speed.text);
	}
}

static void measures_within_the_range(void) {
	/* Unreadable on both sides, and any start within a page. */
	uint8_t *pages = mmap(NULL, SIZE + 8192, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	CHECK(pages != MAP_FAILED && mprotect(pages + 4096, SIZE, PROT_READ | PROT_WRITE) == 0);
	for (size_t start = 0; start < 200; start += 3) {
		struct memory_speed speed = {0}, small = {0};
		memory_speed_measure(&speed, pages + 4096 + start, SIZE - start);
		CHECK(speed.measured && speed.text[0]);
		memory_speed_measure(&small, pages + 4096 + SIZE - start - 1, start + 1);
		CHECK(small.measured && !small.bounce);
	}
	munmap(pages, SIZE + 8192);
}

int main(void) {
	maps_each_buffer_once();
	gives_back_what_is_not_used();
	keeps_a_few_only();
	notices_another_size();
	does_not_touch_what_could_vanish();
	remembers_a_sources_memory_by_its_id();
	waits_for_the_writer_but_not_for_ever();
	every_start_has_its_end();
	a_converter_lets_go_of_old_buffers();
	decides_by_speed();
	measures_within_the_range();
	return 0;
}
