/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * kms_probe: looks at a machine's scanout through the source and says what it finds, one line an event. For
 * the guest with real KMS devices and for people; not a test by itself.
 *
 *   kms_probe [--card=NODE] [--output=NAME] [--frames=N] [--rate=HZ] [--map] [--vblank] [--ppm=FILE]
 *
 * Prints each change of size, format, state and reason, and at the end: frames, distinct framebuffers and
 * dma-bufs, flips noticed by peek, open fds before and after, and the checksum of the last picture. Exit 0:
 * frames were acquired and nothing leaked; 1: not.
 */
#include <drm_fourcc.h>
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <inttypes.h>
#include <linux/dma-buf.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <time.h>
#include <xf86drm.h>

#include "capture/base/clock.h"
#include "capture/kms/kms.h"
#include "capture/source.h"
#include "tests/process.h"

static struct {
	struct source_options source;
	unsigned frames, rate, flags;
	bool vblank;
	const char *ppm;
} options = {.source = {.kind = SOURCE_KMS}, .frames = 10, .rate = 30};

static struct {
	unsigned acquired, asleep, flips, not_current, vblanks;
	uint32_t last_fb;
	uint64_t inodes[64];
	unsigned inode_count;
	char state[512];
	uint64_t checksum;
} seen;

/* The number that the next handle of the card's file gets: grows where handles were left open. */
static uint32_t next_handle(const struct source *source) {
	const struct kms_device *device = kms_source_device(source);
	struct drm_mode_create_dumb create = {.width = 64, .height = 64, .bpp = 32};
	if (drmIoctl(device->fd, DRM_IOCTL_MODE_CREATE_DUMB, &create) != 0)
		return 0;
	struct drm_mode_destroy_dumb destroy = {.handle = create.handle};
	drmIoctl(device->fd, DRM_IOCTL_MODE_DESTROY_DUMB, &destroy);
	return create.handle;
}

static void say(const char *state) {
	if (strcmp(state, seen.state) == 0)
		return;
	uint64_t now_ms = clock_now_ns() / 1000000;
	snprintf(seen.state, sizeof seen.state, "%s", state);
	printf("%" PRIu64 ".%03" PRIu64 " %s\n", now_ms / 1000, now_ms % 1000, state);
	fflush(stdout);
}

static void describe(const struct source *source, const struct frame *frame) {
	char text[512];
	int used = snprintf(text, sizeof text, "%s: %ux%u %u.%03u Hz, %d layers", source->output,
		frame->width, frame->height, source->refresh_mhz / 1000, source->refresh_mhz % 1000,
		frame->layer_count);
	for (int i = 0; i < frame->layer_count; i++) {
		const struct frame_layer *layer = &frame->layers[i];
		used += snprintf(text + used, sizeof text - (size_t)used,
			"; fb %ux%u %.4s modifier %" PRIx64
			"%s planes %d pitch %u %s%s from %u,%u rotation %x",
			layer->width, layer->height, (const char *)&layer->fourcc, layer->modifier,
			layer->implicit_linear ? " (linear)" : "", layer->plane_count, layer->planes[0].pitch,
			layer->planes[0].fd >= 0 ? "dma-buf" : "", layer->memory ? " mapped" : "",
			layer->source.x >> 16, layer->source.y >> 16, layer->rotation);
	}
	say(text);
}

static void remember_inode(int fd) {
	struct stat status;
	if (fd < 0 || fstat(fd, &status) != 0)
		return;
	for (unsigned i = 0; i < seen.inode_count; i++)
		if (seen.inodes[i] == status.st_ino)
			return;
	if (seen.inode_count < 64)
		seen.inodes[seen.inode_count++] = status.st_ino;
}

static void write_ppm(const struct frame *frame, const struct frame_layer *layer, const uint8_t *memory) {
	FILE *file = options.ppm ? fopen(options.ppm, "w") : NULL;
	seen.checksum = 0xcbf29ce484222325u;
	if (file)
		fprintf(file, "P6 %u %u 255\n", frame->width, frame->height);
	for (uint32_t y = 0; y < frame->height; y++) {
		const uint32_t *row =
			(const uint32_t *)(memory + layer->planes[0].offset +
					   (size_t)(y + (layer->source.y >> 16)) * layer->planes[0].pitch) +
			(layer->source.x >> 16);
		for (uint32_t x = 0; x < frame->width; x++) {
			uint8_t rgb[3] = {(uint8_t)(row[x] >> 16), (uint8_t)(row[x] >> 8), (uint8_t)row[x]};
			seen.checksum = (seen.checksum ^ (row[x] & 0xffffff)) * 0x100000001b3u;
			if (file)
				fwrite(rgb, 1, 3, file);
		}
	}
	if (file)
		fclose(file);
}

/* Reads the pixels of a linear 32-bit picture by whichever way there is. */
static void read_pixels(const struct frame *frame) {
	if (frame->layer_count == 0)
		return;
	const struct frame_layer *layer = &frame->layers[0];
	if (layer->memory) {
		write_ppm(frame, layer, layer->memory);
		return;
	}
	size_t size = layer->planes[0].offset + (size_t)layer->planes[0].pitch * layer->height;
	int fd = layer->planes[0].fd;
	void *memory = mmap(NULL, size, PROT_READ, MAP_SHARED, fd, 0);
	if (memory == MAP_FAILED) {
		printf("the dma-buf cannot be mapped: %s\n", strerror(errno));
		return;
	}
	struct dma_buf_sync sync = {.flags = DMA_BUF_SYNC_START | DMA_BUF_SYNC_READ};
	ioctl(fd, DMA_BUF_IOCTL_SYNC, &sync);
	write_ppm(frame, layer, memory);
	sync.flags = DMA_BUF_SYNC_END | DMA_BUF_SYNC_READ;
	ioctl(fd, DMA_BUF_IOCTL_SYNC, &sync);
	munmap(memory, size);
}

static void wait_next(struct source *source) {
	struct pollfd poll_fd = {.fd = source->event_fd, .events = POLLIN};
	int armed = options.vblank ? source->impl->arm_vblank(source) : -EOPNOTSUPP;
	if (options.vblank && armed && seen.vblanks == 0 && seen.acquired < 2)
		printf("vblank: %s\n", strerror(-armed));
	if (armed == 0 && poll(&poll_fd, 1, 500) == 1 && source->impl->read_events(source))
		seen.vblanks++;
	else
		nanosleep(&(struct timespec){.tv_sec = options.rate == 1,
				  .tv_nsec = 1000000000 / options.rate % 1000000000},
			NULL);
}

static int step(struct source *source, bool last) {
	static uint64_t last_token;
	struct frame frame;
	struct reason reason = {""};
	uint64_t token;
	if (source->impl->peek(source, &token) == 0 && token != last_token) {
		seen.flips++;
		last_token = token;
	}
	frame_init(&frame);
	int error = source->impl->acquire(source, options.flags, &frame, &reason);
	if (error == -EAGAIN) {
		seen.asleep++;
		say(reason.text);
		return 0;
	}
	if (error) {
		say(reason.text);
		return error;
	}
	seen.acquired++;
	describe(source, &frame);
	if (frame.layer_count)
		remember_inode(frame.layers[0].planes[0].fd);
	if (last)
		read_pixels(&frame);
	seen.not_current += !source->impl->is_current(source, &frame);
	frame_finish(&frame);
	return 0;
}

static void parse(int argc, char **argv) {
	static const struct option long_options[] = {{"card", 1, 0, 'c'}, {"output", 1, 0, 'o'},
		{"frames", 1, 0, 'n'}, {"rate", 1, 0, 'r'}, {"map", 0, 0, 'm'}, {"vblank", 0, 0, 'v'},
		{"ppm", 1, 0, 'p'}, {0}};
	for (int o; (o = getopt_long(argc, argv, "", long_options, NULL)) != -1;) {
		switch (o) {
		case 'c':
			options.source.card = optarg;
			break;
		case 'o':
			options.source.output = optarg;
			break;
		case 'n':
			options.frames = (unsigned)atoi(optarg);
			break;
		case 'r':
			options.rate = (unsigned)atoi(optarg);
			break;
		case 'm':
			options.flags |= SOURCE_MAP_MEMORY;
			break;
		case 'v':
			options.vblank = true;
			break;
		case 'p':
			options.ppm = optarg;
			break;
		default:
			exit(2);
		}
	}
}

int main(int argc, char **argv) {
	parse(argc, argv);
	struct source *source;
	struct reason why;
	int error = source_open(&options.source, &source, &why);
	printf("%s\n", why.text);
	if (error)
		return 1;
	unsigned fds = 0;
	uint32_t handle = 0;
	for (unsigned i = 0; i < options.frames && !error; i++) {
		error = step(source, i == options.frames - 1);
		if (i == 0) {
			fds = process_open_fds();
			handle = next_handle(source);
		}
		wait_next(source);
	}
	unsigned fds_after = process_open_fds();
	uint32_t handle_after = error == -ENODEV ? handle : next_handle(source);
	printf("acquired %u, asleep %u, flips seen by peek %u, distinct dma-bufs %u, flipped meanwhile %u, vblanks %u\n",
		seen.acquired, seen.asleep, seen.flips, seen.inode_count, seen.not_current, seen.vblanks);
	printf("fds %u -> %u, next handle %u -> %u, picture %016" PRIx64 "\n", fds, fds_after, handle,
		handle_after, seen.checksum);
	source_destroy(source);
	return seen.acquired && fds == fds_after && handle == handle_after ? 0 : 1;
}
