/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "encode/cpu/mapping.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/dma-buf.h>
#include <poll.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

/* The kernel's own ENOTSUPP, of which libc does not know: what NVIDIA's dma-bufs answer to mmap(). */
enum { KERNEL_ENOTSUPP = 524 };

static void mapping_finish(struct mapping *mapping) {
	if (mapping->owned)
		munmap((void *)mapping->bytes, mapping->size);
	memset(mapping, 0, sizeof *mapping);
}

void mapping_cache_init(struct mapping_cache *cache) {
	memset(cache, 0, sizeof *cache);
}

void mapping_cache_finish(struct mapping_cache *cache) {
	for (int i = 0; i < MAPPING_MAX; i++)
		mapping_finish(&cache->slots[i]);
}

void mapping_cache_age(struct mapping_cache *cache) {
	cache->frame++;
	for (int i = 0; i < MAPPING_MAX; i++) {
		if (cache->slots[i].bytes && cache->frame - cache->slots[i].last_frame > MAPPING_MAX_FRAMES)
			mapping_finish(&cache->slots[i]);
	}
}

/* An empty slot; the one unused for longest is emptied where there is none. */
static struct mapping *take_slot(struct mapping_cache *cache) {
	struct mapping *oldest = &cache->slots[0];
	for (int i = 0; i < MAPPING_MAX; i++) {
		if (!cache->slots[i].bytes)
			return &cache->slots[i];
		if (cache->slots[i].last_frame < oldest->last_frame)
			oldest = &cache->slots[i];
	}
	mapping_finish(oldest);
	return oldest;
}

static int get_memory(
	struct mapping_cache *cache, const struct frame_layer *layer, struct mapping **mapping) {
	struct mapping *slot = NULL;
	for (int i = 0; i < MAPPING_MAX && !slot; i++) {
		struct mapping *m = &cache->slots[i];
		if (m->bytes && !m->owned && m->memory_id == layer->memory_id)
			slot = m;
	}
	if (!slot)
		slot = take_slot(cache);
	if (slot->bytes != layer->memory || slot->size != layer->memory_size) {
		mapping_finish(slot);
		slot->bytes = layer->memory;
		slot->size = layer->memory_size;
		slot->memory_id = layer->memory_id;
	}
	*mapping = slot;
	return 0;
}

/* A dma-buf never shrinks. Of other files only those that are sealed against it may be read through a
 * mapping: a page that vanishes would end the process. */
static bool cannot_shrink(int fd) {
	struct dma_buf_sync nothing = {.flags = 0};
	/* A dma-buf refuses a SYNC without a direction by EINVAL, anything else by ENOTTY. */
	if (ioctl(fd, DMA_BUF_IOCTL_SYNC, &nothing) == 0 || errno == EINVAL)
		return true;
	int seals = fcntl(fd, F_GET_SEALS);
	return seals >= 0 && seals & F_SEAL_SHRINK;
}

static int map(struct mapping *slot, int fd, const struct stat *status, size_t size, struct reason *reason) {
	if (!cannot_shrink(fd))
		return reason_set(
			reason, -EINVAL, "the buffer is no dma-buf, and could shrink while it is read");
	void *bytes = mmap(NULL, size, PROT_READ, MAP_SHARED, fd, 0);
	if (bytes == MAP_FAILED && errno == KERNEL_ENOTSUPP)
		return reason_set(reason, -ENODATA, "its driver does not let the dma-buf be mapped");
	if (bytes == MAP_FAILED)
		return reason_set(reason, -ENODATA, "the dma-buf cannot be mapped (%s)", strerror(errno));
	slot->bytes = bytes;
	slot->size = size;
	slot->owned = true;
	slot->device = status->st_dev;
	slot->inode = status->st_ino;
	return 0;
}

static int get_dmabuf(struct mapping_cache *cache, int fd, struct mapping **mapping, struct reason *reason) {
	struct stat status;
	if (fstat(fd, &status) != 0)
		return reason_set(
			reason, -errno, "the dma-buf's fd cannot be looked at (%s)", strerror(errno));
	/* The size that every kernel tells for a dma-buf. */
	off_t size = lseek(fd, 0, SEEK_END);
	if (size <= 0)
		return reason_set(reason, -ENODATA, "the dma-buf does not tell its size");
	for (int i = 0; i < MAPPING_MAX; i++) {
		struct mapping *m = &cache->slots[i];
		if (!m->bytes || !m->owned || m->inode != status.st_ino || m->device != status.st_dev)
			continue;
		if (m->size == (size_t)size) {
			*mapping = m;
			return 0;
		}
		mapping_finish(m);
	}
	*mapping = take_slot(cache);
	return map(*mapping, fd, &status, (size_t)size, reason);
}

int mapping_cache_get(struct mapping_cache *cache, const struct frame_layer *layer, struct mapping **mapping,
	struct reason *reason) {
	int error;
	if (layer->memory)
		error = get_memory(cache, layer, mapping);
	else if (layer->planes[0].fd >= 0)
		error = get_dmabuf(cache, layer->planes[0].fd, mapping, reason);
	else
		error = reason_set(reason, -ENODATA, "the source exports no dma-buf");
	if (!error)
		(*mapping)->last_frame = cache->frame;
	return error;
}

static int poll_again(int fd, int timeout_ms) {
	struct pollfd writer = {.fd = fd, .events = POLLIN};
	int ready;
	do
		ready = poll(&writer, 1, timeout_ms);
	while (ready < 0 && errno == EINTR);
	return ready;
}

static int sync_again(int fd, uint64_t flags) {
	struct dma_buf_sync sync = {.flags = flags};
	int failed;
	do
		failed = ioctl(fd, DMA_BUF_IOCTL_SYNC, &sync);
	while (failed && (errno == EINTR || errno == EAGAIN));
	return failed ? -errno : 0;
}

int mapping_wait(int fd, int timeout_ms, bool *waited, struct reason *reason) {
	*waited = false;
	/* Polling a dma-buf for reading waits for its writers' fences. Without it SYNC would wait for them,
	 * with no bound. */
	if (fd < 0 || poll_again(fd, 0) != 0)
		return 0;
	*waited = true;
	if (poll_again(fd, timeout_ms) == 0)
		return reason_set(
			reason, -ETIMEDOUT, "the buffer's writer was not done after %d ms", timeout_ms);
	return 0;
}

int mapping_read_begin(const struct mapping *mapping, int fd, struct reason *reason) {
	if (!mapping->owned)
		return 0;
	int error = sync_again(fd, DMA_BUF_SYNC_START | DMA_BUF_SYNC_READ);
	/* A sealed memfd needs no such thing. */
	if (error && error != -ENOTTY)
		return reason_set(reason, error, "the dma-buf refuses to be read (DMA_BUF_IOCTL_SYNC: %s)",
			strerror(-error));
	return 0;
}

void mapping_read_end(const struct mapping *mapping, int fd) {
	if (mapping->owned)
		sync_again(fd, DMA_BUF_SYNC_END | DMA_BUF_SYNC_READ);
}
